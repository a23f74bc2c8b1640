"""What references come to, and what comparisons say of values of any kind."""

from __future__ import annotations

from typing import Any

import pytest

from nis_backend.capabilities.plans.comparing import unmet
from nis_backend.capabilities.plans.plan import Condition
from nis_backend.capabilities.plans.references import LARGEST, fill, words
from nis_backend.errors import InvalidRequest


@pytest.mark.parametrize(
    ("left", "compare", "right", "holds"),
    [
        ({"a": 1}, "contains", "a", True),
        ({"a": 1}, "contains", [1], False),
        ({"a": 1}, "lacks", {}, True),
        ([1, [2]], "contains", [2], True),
        ("abc", "contains", "b", True),
        ("abc", "contains", 1, False),
        (10**400, "equals", 1.5, False),
        (10**400, "equals", 10**400, True),
        (10**400, "more", 1.5, True),
        (1.0, "equals", 1, True),
        (1, "equals", True, False),
        (0, "differs", False, True),
        ([1], "contains", True, False),
        (None, "equals", None, True),
        (None, "less", 1, False),
    ],
)
def test_a_comparison_has_an_answer_whatever_is_compared(left: Any, compare: Any, right: Any, holds: bool) -> None:
    """House rule: no value that a step comes to ends a plan as a fault of the server's; true is no 1 in JSON."""
    assert (unmet([Condition(left=left, compare=compare, right=right)], {}) == "") == holds


@pytest.mark.parametrize("known", ["x" * 100_000, ["x" * 100_000]], ids=["text", "list"])
def test_what_references_come_to_is_bounded(known: Any) -> None:
    """House rule: a request of some kB that names a large result again and again does not fill the memory."""
    often = LARGEST // 100_000 + 1
    for value in ("{a}" * often, ["{a}"] * often, {str(number): "{a}" for number in range(often)}):
        with pytest.raises(InvalidRequest, match="comes to more than"):
            fill(value, {"a": known})
    with pytest.raises(InvalidRequest, match="comes to more than"):
        words("{a}" * often, {"a": known}, str)
    assert len(fill(["{a}"] * 100, {"a": known})) == 100


def test_words_of_steps_alone_are_marked() -> None:
    """Promise: what a step said is data to a model; what a run was given is its caller's word, and {{x}} is a text."""
    known = {"given": {"n": "mia"}, "a": {"text": "Go.", "n": 3}}
    assert words("{given.n} {a.text} {a.n} {{a}}", known, lambda text: f"<{text}>") == "mia <Go.> 3 {a}"
