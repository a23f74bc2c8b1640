"""Minima and maxima against known ones and their own claims."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nis_backend.capabilities.mathematics.data.optima import Optimization, Optimum
from nis_backend.capabilities.mathematics.data.optimising import search
from nis_backend.errors import InvalidRequest


def found(formula: str, **given: Any) -> Optimum:
    """Its optimum."""
    return search(Optimization.model_validate({"formula": formula, **given}))


@pytest.mark.parametrize(
    ("formula", "given", "value", "places"),
    [
        ("(1 - x)^2 + 100*(y - x^2)^2", {"starts": 8}, 0, [1, 1]),
        (
            "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
            {"variables": [{"name": "x", "low": 0}, {"name": "y", "low": 0}], "starts": 8},
            0,
            [3, 2],
        ),
        ("x*exp(-x)", {"goal": "maximum", "variables": [{"name": "x", "low": 0, "high": 5}]}, math.exp(-1), [1]),
        ("x^2 + y^2", {"constraints": ["x + y = 1"]}, 0.5, [0.5, 0.5]),
        ("x + y", {"constraints": ["x^2 + y^2 <= 1"], "goal": "maximum"}, math.sqrt(2), [math.sqrt(0.5)] * 2),
        (
            "x + 2*y",
            {"variables": [{"name": "x", "low": 3, "high": 4}, {"name": "y", "low": -1, "high": 9}]},
            1,
            [3, -1],
        ),
    ],
)
def test_known_optima_are_met(formula: str, given: dict[str, Any], value: float, places: list[float]) -> None:
    """Rosenbrock, Himmelblau, a disc and a line, corners of a box: the true error is within the receipt's."""
    best = found(formula, **given)
    assert best.value == pytest.approx(value, abs=1e-12)
    error = max(abs(one.value - want) / max(1, abs(want)) for one, want in zip(best.variables, places, strict=True))
    assert error <= best.receipt.error_reached + 1e-15
    assert best.receipt.met
    assert best.kind == "strict"
    assert all(check.agrees for check in best.receipt.checks)


def test_hock_and_schittkowski_71_meets_its_published_optimum() -> None:
    """17.0140173 at (1, 4.7429994, 3.8211503, 1.3794082), problem 71 of Hock & Schittkowski (1981)."""
    names = [{"name": name, "low": 1, "high": 5} for name in ("a", "b", "c", "d")]
    best = found(
        "a*d*(a + b + c) + c", variables=names, constraints=["a*b*c*d >= 25", "a^2 + b^2 + c^2 + d^2 = 40"], starts=12
    )
    assert best.value == pytest.approx(17.0140173, abs=1e-6)
    assert [one.value for one in best.variables] == pytest.approx([1, 4.7429994, 3.8211503, 1.3794082], abs=1e-6)
    assert best.variables[0].bound == "low"
    assert best.stationarity < 1e-8


def test_a_multiplier_is_what_the_constraint_costs() -> None:
    """x² + y² on x + y = 1: the value is 1/2, and moves by the multiplier 1 as the constraint gives way."""
    pull = found("x^2 + y^2", constraints=["x + y = 1"]).constraints[0]
    assert pull.active
    assert abs(pull.multiplier) == pytest.approx(1, rel=1e-9)


def test_the_best_of_many_valleys_is_the_global_one() -> None:
    """Rastrigin's function in two variables: 0 at 0, among hundreds of valleys; others are counted."""
    box = [{"name": name, "low": -5.12, "high": 5.12} for name in ("x", "y")]
    best = found("20 + x^2 + y^2 - 10*cos(2*pi*x) - 10*cos(2*pi*y)", variables=box, starts=60)
    assert best.value == pytest.approx(0, abs=1e-10)
    assert best.others > 3
    assert best.reached < best.searches


@pytest.mark.parametrize("formula", ["x^4", "abs(x - 1)"])
def test_what_second_derivatives_do_not_tell_is_not_met(formula: str) -> None:
    """A flat valley and a kink: the place is near, and the receipt does not claim more than it knows."""
    best = found(formula)
    assert best.kind != "strict"
    assert not best.receipt.met
    assert best.value == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize(
    ("formula", "given", "field"),
    [
        ("x", {}, "formula"),
        ("x^3", {}, "formula"),
        ("3", {}, "formula"),
        ("__import__('os')", {}, "formula"),
        ("x + y", {"constraints": ["x^2 + y^2 <= -1"]}, "constraints"),
        ("x", {"constraints": ["x"]}, "constraints"),
        ("x", {"constraints": ["x < q"]}, "constraints"),
        ("x", {"variables": [{"name": "z"}]}, "variables"),
        ("x", {"variables": [{"name": "x", "low": 2, "high": 1}]}, "variables"),
    ],
)
def test_what_has_no_optimum_is_refused(formula: str, given: dict[str, Any], field: str) -> None:
    """Without bound, nothing to vary, hostile, constraints that nothing meets or that compare nothing."""
    with pytest.raises(InvalidRequest) as refused:
        found(formula, **given)
    assert refused.value.field == field


@pytest.mark.parametrize("seed", [0, 3, 7])
def test_the_deepest_of_a_hundred_valleys_is_found(seed: int) -> None:
    """Rastrigin's: 24 starts see it, for they begin where many places are lowest."""
    box = [{"name": name, "low": -5.12, "high": 5.12} for name in "xy"]
    best = found("20 + x^2 + y^2 - 10*cos(2*pi*x) - 10*cos(2*pi*y)", variables=box, seed=seed)
    assert best.value == pytest.approx(0, abs=1e-12)
    assert best.receipt.met
