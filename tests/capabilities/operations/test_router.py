"""Which operation a message is for, or none: by the labelled questions, and rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from conftest import Server
from hypothesis import given
from hypothesis import strategies as st
from scripts import script

from nis_backend.capabilities.operations.guards import asks_for_a_sum
from nis_backend.capabilities.operations.router import pick
from nis_backend.capabilities.operations.sentence import Sentence
from nis_backend.catalog import Catalog, entry_of

CATALOG = Catalog.from_index()
ENTRIES = CATALOG.entries()


BENCHMARK = script("router")


@pytest.fixture(scope="module")
def router(server: Server) -> Iterator[Any]:
    """The router of a running server, as the benchmark asks it."""
    with closing(BENCHMARK.Router(server.url)) as one:
        yield one


@pytest.fixture(scope="module")
def outcomes(router: Any) -> list[Any]:
    """What comes of each question that was looked at while the rules were made."""
    return [router.ask(one) for one in BENCHMARK.questions("seen")]


def routed(router: Any, message: str) -> str | None:
    """The operation that a message is routed to."""
    return router.ask(BENCHMARK.Question(text=message, labels=(BENCHMARK.Label(operation=None),))).operation


def test_the_seen_questions_stay_right(outcomes: list[Any]) -> None:
    """What `make bench-router` prints of them, a little below."""
    found = BENCHMARK.score(outcomes)
    assert found.right_operation.percent >= 96, found
    assert found.false_picks.percent <= 1, found
    assert found.arguments_right.percent >= 98, found
    assert found.wrong_unasked.percent <= 0.8, found


def test_the_seen_questions_cover_every_operation_that_words_may_reach(outcomes: list[Any]) -> None:
    """And questions that are nobody's: at least 170 in all."""
    assert len(outcomes) >= 170
    assert {one.asked.operation for one in outcomes} >= {*(one.name for one in ENTRIES if one.routable), None}


def test_a_share_has_its_interval() -> None:
    """Wilson's own: symmetric about a half, and never beyond 0 and 1."""
    assert BENCHMARK.wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert BENCHMARK.wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert BENCHMARK.wilson(10, 10)[1] == 1.0


@pytest.mark.parametrize("entry", [one for one in ENTRIES if one.routable], ids=lambda entry: entry.name)
def test_an_operation_is_picked_by_the_questions_of_its_own_examples(router: Any, entry: Any) -> None:
    """A declaration that its author's own words do not reach would be dead."""
    for example in entry.examples:
        if example["question"]:
            assert routed(router, example["question"]) == entry.name


@pytest.mark.parametrize(
    "message",
    [
        "what is the heat death of the universe?",
        "how far is the moon?",
        "write a poem about a pendulum",
        "hello",
        "Is 98.6 °F a fever?",
        "I ran 5 km in 25 minutes, is that good?",
        "simulate a pendulum company",
        "a steel rod breaks at 5 kN, how thick is it?",
        "Write a python function that converts miles to kilometers",
        "???",
    ],
)
def test_talk_is_nobodys(router: Any, message: str) -> None:
    """Near misses share words or numbers with an operation and ask for none."""
    assert routed(router, message) is None


@given(st.text(max_size=300))
def test_any_message_can_be_routed(message: str) -> None:
    """Whatever a person sends, routing does not fail."""
    pick(Sentence(message), ENTRIES)


def test_operations_that_change_something_are_never_picked() -> None:
    """Only a reader with a question among its examples is reached by words."""
    assert all(
        entry.by_words or (entry.effect, entry.shape) == ("writes", "run") for entry in ENTRIES if entry.routable
    )
    assert not any(entry.by_words for entry in ENTRIES if entry.effect != "reads")
    unasked = {"batches.create_batch", "chat.send_message", "robots.move_robot"}
    assert not any(entry.routable for entry in ENTRIES if entry.name in unasked)
    writing = [replace(entry_of(CATALOG.find(entry.name)), effect="writes") for entry in ENTRIES]
    question = Sentence("What is the speed of light?")
    assert pick(question, ENTRIES) is not None
    assert pick(question, writing) is None


def test_of_two_operations_as_near_none_is_picked() -> None:
    """Between equals the router would have to guess."""
    question = Sentence("What is the speed of light?")
    picked = pick(question, ENTRIES)
    assert picked is not None
    assert (
        pick(question, [*ENTRIES, replace(entry_of(CATALOG.find(picked.entry.name)), name="physics.get_twin")]) is None
    )


@pytest.mark.parametrize(
    ("message", "is_one"),
    [
        ("What is 17 + 25?", True),
        ("17*23", True),
        ("seven is odd, but what is 12 times 12?", True),
        ("What is the square root of 144?", True),
        ("What is 15 % of 80?", True),
        ("Convert 5 parsecs to bananas", True),
        ("Convert 5 foobars to kilometres, please", False),
        ("Convert 5 foobars to kilometres!", True),
        ("Convert the second chapter to a poem", False),
        ("Write a poem about 2 + 2", False),
        ("Is 7919 prime?", True),
        ("twenty-three times seventeen", True),
        ("gcd of 252 and 198", True),
        ("Is two thirds the same as 0.66?", True),
        ("Is it healthy to sleep 6 hours?", False),
        ("Who won three times in a row?", False),
        ("I was born on 2001-03-04 in Paris", False),
        ("What happened in 1989?", False),
        ("Hello there!", False),
    ],
)
def test_a_sum_is_never_left_to_the_model(message: str, is_one: bool) -> None:
    """A model that gets sums wrong is not asked for one; talk that only holds numbers goes to it."""
    assert asks_for_a_sum(Sentence(message)) is is_one
