"""A path of names and numbers leads to one place in JSON, or is told where it ends."""

from __future__ import annotations

from typing import Any

import pytest

from nis_backend.capabilities.plans.references import fill
from nis_backend.places import Nowhere, number_at, reach, value_at, with_texts

HELD: dict[str, Any] = {"labels": [{"score": 2}, {"score": 0.5}], "2": "two", "none": None, "yes": True, "*": "star"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", HELD),
        ("labels.0.score", 2),
        ("labels.-1.score", 0.5),
        ("labels.*.score", [2, 0.5]),
        ("2", "two"),
        ("*", "star"),
        ("none", None),
    ],
)
def test_a_path_leads_to_what_stands_there(path: str, found: object) -> None:
    """Names in objects, numbers in lists; an object's own name comes before what a sign means."""
    assert reach(HELD, path) == found


@pytest.mark.parametrize(
    ("path", "before", "step"),
    [
        ("labels.2", ("labels",), "2"),
        ("labels.-3", ("labels",), "-3"),
        ("labels.²", ("labels",), "²"),
        (f"labels.{'9' * 5000}", ("labels",), "9" * 5000),
        ("labels..score", ("labels",), ""),
        ("labels.*.name", ("labels", "*"), "name"),
        ("none.x", ("none",), "x"),
        ("2.0", ("2",), "0"),
    ],
)
def test_a_path_that_leads_nowhere_tells_where_it_ends(path: str, before: tuple[str, ...], step: str) -> None:
    """A number that no list has, or that is none, is no failure of ours."""
    with pytest.raises(Nowhere) as end:
        reach(HELD, path)
    assert (end.value.before, end.value.step) == (before, step)
    assert value_at(HELD, path) is None


def test_a_truth_is_no_number() -> None:
    """A whole number is told as it is: floats end sooner."""
    assert number_at(HELD, "yes") is None
    assert number_at({"n": 10**400}, "n") == 10**400


def test_texts_are_changed_wherever_they_stand_and_nothing_else_is() -> None:
    """What a text becomes may be no text; names of members are nobody's words."""
    given = {"n": ["n", 1, True, None, {"deep": "n"}], "m": "other"}
    assert with_texts(given, lambda text: 7 if text == "n" else text.upper()) == {
        "n": [7, 1, True, None, {"deep": 7}],
        "m": "OTHER",
    }


def test_a_plans_reference_counts_from_a_lists_end() -> None:
    """As any path does."""
    assert fill("{step.items.-1}", {"step": {"items": [1, 2]}}) == 2
