"""Laplace transforms turned back, against pairs from the tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.mathematics.signals.inversion import invert
from nis_backend.capabilities.mathematics.signals.transforms import Inversion, Inverted
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula


def inverted(formula: str, *times: float, **changes: Any) -> Inverted:
    """F at these times."""
    return invert(Inversion.model_validate({"formula": formula, "times": times, **changes}))


@pytest.mark.parametrize(
    ("formula", "exact"),
    [
        ("1/(s + 1)^2", "t*exp(-t)"),
        ("s/(s^2 + 4)", "cos(2*t)"),
        ("exp(-sqrt(s))/s", "erfc(1/(2*sqrt(t)))"),
        ("1/sqrt(s)", "1/sqrt(pi*t)"),
        ("log(s)/s", "-log(t) - 0.5772156649015329"),
        ("1/(s - 2)", "exp(2*t)"),
        ("2/(s^2 - 2*s + 5)", "exp(t)*sin(2*t)"),
    ],
)
def test_standard_pairs_are_met_within_1e_10(formula: str, exact: str) -> None:
    """Abramowitz & Stegun 29.3; the true error is within the receipt's, and both methods agree."""
    function, times = read_formula(exact).compile("t", arrays=False), (0.3, 2.0)
    found = inverted(formula, *times)
    for t, value in zip(times, found.values, strict=True):
        error = abs(value - function(t)) / max(1.0, abs(function(t)))
        assert error <= 1e-10
        assert error <= found.receipt.error_reached + 1e-15
    assert found.receipt.met
    assert all(check.agrees for check in found.receipt.checks)


def test_a_quotient_of_polynomials_has_its_formula() -> None:
    """(s + 3)/((s + 1)·(s² + 4)): partial fractions, and the matrix exponential agrees."""
    found = inverted("(s + 3)/((s + 1)*(s^2 + 4))", 1.5)
    assert found.exact
    assert found.exact_values == pytest.approx(found.values, abs=1e-12)
    exact = 0.4 * math.exp(-1.5) - 0.4 * math.cos(3) + 0.7 * math.sin(3)
    assert found.values[0] == pytest.approx(exact, abs=1e-12)


def test_a_branch_in_the_left_half_plane_is_seen() -> None:
    """1/√(s² + 1) is of J₀: J₀(5) = -0.177596771314338 (Abramowitz & Stegun 9.1), where Talbot's contour fails."""
    found = inverted("1/sqrt(s^2 + 1)", 5)
    assert found.values[0] == pytest.approx(-0.1775967713143383, abs=1e-10)
    assert any("Talbot" in note for note in found.receipt.notes)


def test_fast_oscillation_is_never_passed_off_as_silence() -> None:
    """With few terms both methods agree on 0 where sin(10·t) has turned 16 times: it is not met, and is told."""
    found = inverted("1/(s^2 + 100)", 10, max_degree=32)
    assert not found.receipt.met
    assert any("turns" in note for note in found.receipt.notes)
    hidden = inverted("1/sqrt(s^2 + 100)", 8, max_degree=32)
    assert not hidden.receipt.met


def test_many_late_times_share_what_f_is_asked() -> None:
    """1/√(s² + 1) at 30 times of J₀, 7 turns each octave: one continued fraction serves an octave."""
    times = [1 + 39 * i / 29 for i in range(30)]
    found = inverted("1/sqrt(s^2 + 1)", *times)
    assert found.receipt.met
    around = np.linspace(0, math.pi, 400, endpoint=False)
    exact = np.cos(np.outer(times, np.sin(around))).mean(axis=1)
    assert np.max(np.abs(np.array(found.values) - exact)) < 1e-12
    assert found.receipt.cost is not None
    # Each time by itself takes 772 evaluations for de Hoog's fractions alone.
    assert found.receipt.cost.evaluations < 30 * 772


def test_oscillation_beyond_the_slowest_place_looked_at_is_seen() -> None:
    """J₀(10·t) at t = 50 turns 80 times: methods that see none of it agree on 0."""
    assert not inverted("1/sqrt(s^2 + 100)", 1, 50).receipt.met


@pytest.mark.parametrize("formula", ["s", "abs(s)", "__import__('os')", "x + s", "s^2/(s + 1)"])
def test_what_is_no_transform_is_refused(formula: str) -> None:
    """Polynomials, what is not analytic, hostile text, other names."""
    with pytest.raises(InvalidRequest) as refused:
        inverted(formula, 1)
    assert refused.value.field == "formula"
