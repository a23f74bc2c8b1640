"""What a model states of an answer, read as it was meant: guesses, letters, words; and what runs count for."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nis_backend.answers.extracting import Extraction
from nis_backend.capabilities.metacognition.assess.asking import of_letters, stated_of
from nis_backend.capabilities.metacognition.debug.counterfactual import Outcome, ReplayCounterfactual
from nis_backend.capabilities.metacognition.debug.varying import arm_of, reading_of
from nis_backend.capabilities.metacognition.multipath.searching import worth_of
from nis_backend.drivers.llm.openai_parts import LEAST, logprobs_of

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("G1: 42\nP1: 0.8\nG2: 41\nP2: 0.1", 0.8),
        ("G1: 42 P1: 0.8 G2: 41 P2: 0.1", 0.8),
        ("G1:42\nP1:0.8", 0.8),
        ("**G1:** 42\n**P1:** 0.8", 0.8),
        ("G1: 42\nP1: 0,9", 0.9),
        ("G1: 42\nP1: <0.9>", 0.9),
        ("G1: 42\nP1: 85 %", 0.85),
        ("G1: 42\nP1: 0.9.", 0.9),
        ("G1: 42\nP1: .5\nG2: 42.0\nP2: .4", 0.9),
        ("G1: 42\nP1: 0.8\nG2: 42\nP2: 0.7", 1.0),
        ("G1: 42\nP1: 0.3\n\nThe question is: 6 x 9\nG1: 54\nP1: 0.9", 0.3),
        ("G1: 42\nP1: 1e-3", None),
        ("G1: 42\nP1: 9/10", None),
        ("G1: 42\nP1: 85", None),
        ("G1: 41\nP1: 0.8", None),
        ("G1: 42", None),
        ("", None),
    ],
)
def test_the_probability_of_a_guess_is_read_or_is_none(text: str, wanted: float | None) -> None:
    """Promise of `verbal`: what the model states, of the answer; what is no probability from 0 to 1 is none."""
    found = stated_of(text, "42", Extraction(kind="number"))
    assert found == (wanted if wanted is None else pytest.approx(wanted))


@pytest.mark.parametrize(
    ("chances", "wanted"),
    [
        ({"A": math.log(0.6), "B": math.log(0.2)}, 0.75),
        ({" A": math.log(0.3), "(A": math.log(0.3), "B": math.log(0.2)}, 0.75),
        ({"A": -9999.0, "B": -9999.0}, 0.5),
        ({"A": -2000.0, "B": -2000.0 + math.log(3)}, 0.25),
        ({"B": -0.1, "C": -3.0}, 0.0),
        ({"C": -0.1}, None),
    ],
)
def test_true_is_weighed_against_false(chances: dict[str, float], wanted: float | None) -> None:
    """P(A) / (P(A) + P(B)), also where both are nought as doubles; None where neither was likely."""
    told = [{"token": token, "logprob": value} for token, value in chances.items()]
    found = of_letters([{"token": told[0]["token"], "logprob": told[0]["logprob"], "alternatives": told[1:]}])
    assert found == (wanted if wanted is None else pytest.approx(wanted))


def test_what_a_server_states_of_its_tokens_is_a_logarithm_of_a_chance() -> None:
    """What is no number, or more than certain, is none."""
    stated: list[Json] = [{"token": "a", "logprob": value} for value in (-1.5, math.nan, -math.inf, math.inf, 1e-7)]
    assert [one.logprob for one in logprobs_of(stated)] == [-1.5, LEAST, LEAST, 0.0, 0.0]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        *(("Sure.", 20.0), ("It is likely.", 1.0), ("impossible", 0.001), ("**Likely**", 1.0)),
        *(("I am not sure.", None), ("It is unlikely.", None), ("It isn't likely", None), ("unsure", None)),
        ("Not likely: impossible", 0.001),
    ],
)
def test_a_word_that_is_denied_is_not_taken(said: str, wanted: float | None) -> None:
    """Promise of search_tree's score: the model's word, by Yao et al.; its opposite counts nothing."""
    assert worth_of(said) == wanted


def test_a_run_that_says_something_else_has_not_given_the_answer() -> None:
    """Promise of replay_counterfactual: runs that came to no such answer differ; those that failed say nothing."""

    def outcome(state: str, answer: str | None) -> Outcome:
        return Outcome(run_id="run-1", state=state, answer=answer, response="", called=[], tokens=None, problem="")

    original = outcome("succeeded", "77")
    arm = arm_of([original, outcome("succeeded", None), outcome("failed", None), outcome("succeeded", "5")], original)
    assert (arm.same, arm.ended) == (1, 3)
    # Four were asked for each; of those that succeeded there are too few: 1 / C(6, 3), either way.
    request = ReplayCounterfactual(run="run-1", without_memory=True, times=4)
    assert "3 and 3 runs cannot show any: the least p is 0.1." in reading_of(request, arm, arm, 1.0)
