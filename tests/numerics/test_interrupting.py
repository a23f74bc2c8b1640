"""Work that is ended by counted steps, never by a clock."""

from __future__ import annotations

import math
import sys

import pytest

from nis_backend.capabilities.mathematics.symbolic.terms import Failed, attempt
from nis_backend.numerics.formula import read_formula
from nis_backend.numerics.interrupting import OutOfSteps, charged, spend, within
from nis_backend.numerics.precise import Precise


def _calls(count: int) -> int:
    done = 0
    for _ in range(count):
        math.sqrt(2)
        done += 1
    return done


def test_the_same_work_ends_at_the_same_step() -> None:
    """Neither the machine's load nor what went before decides whether work is done."""
    enough = next(steps for steps in range(100, 400) if attempt(lambda: _calls(100), steps) == 100)
    for _ in range(3):
        assert attempt(lambda: _calls(100), enough) == 100
        assert isinstance(attempt(lambda: _calls(100), enough - 1), Failed)


def test_what_an_inner_block_uses_is_the_outer_ones_too() -> None:
    """Many small pieces end with the whole of a request, and nothing is left counting."""

    def many() -> None:
        with within(2000):
            while True:
                attempt(lambda: _calls(10), 10_000)

    with pytest.raises(OutOfSteps):
        many()
    assert sys.getprofile() is None
    assert _calls(5000) == 5000


def test_evaluations_are_charged_where_calls_are_not_counted() -> None:
    """A quadrature of many digits is bounded by its evaluations, though nothing counts its calls."""
    precise, tree = Precise(30), read_formula("sin(x)/x").tree

    def many() -> None:
        with within(100_000), charged():
            while True:
                precise.value(tree, {"x": precise.mp.mpf(2)})

    with pytest.raises(OutOfSteps):
        many()
    assert sys.getprofile() is None
    with within(1000):
        spend(10**12)
