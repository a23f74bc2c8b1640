"""Solitons against their closed forms, what the equations keep, and order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.physics.nonlinear import exact_waves
from nis_backend.capabilities.physics.nonlinear.soliton import Wave, travel, values
from nis_backend.capabilities.physics.nonlinear.waves import SolitonRequest, SolitonSolution
from nis_backend.errors import InvalidRequest


def solved(**changes: Any) -> SolitonSolution:
    """A wave in a box."""
    return travel(SolitonRequest.model_validate(changes))


def breather(x: Any, t: float) -> Any:
    """From 2 sech x: Satsuma & Yajima, Prog. Theor. Phys. Suppl. 55 (1974), 284-306, with time halved."""
    above = np.cosh(3 * x) + 3 * np.exp(8j * t) * np.cosh(x)
    return 4 * np.exp(1j * t) * above / (np.cosh(4 * x) + 4 * np.cosh(2 * x) + 3 * np.cos(8 * t))


def test_kdv_converges_with_order_four() -> None:
    """Promise of the docstring, against one soliton."""
    wave = Wave(length=40.0, start=lambda x: exact_waves.kdv(x, 0.0, [1.0], [-5.0]) + 0j, kdv=True, sign=1)
    exact = exact_waves.kdv(wave.x(256), 1.0, [1.0], [-5.0])
    errors = [
        float(np.max(np.abs(values(wave.solve_on(1.0, 256, steps).spectra[-1], 256) - exact)))
        for steps in (64, 128, 256)
    ]
    assert math.log2(errors[0] / errors[2]) / 2 == pytest.approx(4, abs=0.3)


def test_nls_converges_with_order_four() -> None:
    """The same for the breather of the focusing equation."""
    wave = Wave(length=40.0, start=lambda x: 2 / np.cosh(x) + 0j, kdv=False, sign=1)
    exact = breather(wave.x(1024), 0.5)
    errors = [
        float(np.max(np.abs(values(wave.solve_on(0.5, 1024, steps).spectra[-1], 1024) - exact)))
        for steps in (64, 128, 256)
    ]
    assert math.log2(errors[0] / errors[2]) / 2 == pytest.approx(4, abs=0.4)


@pytest.mark.parametrize(
    "changes",
    [
        {"amplitudes": [1], "duration": 1.5, "length": 30},
        {"amplitudes": [1.5, 0.5], "duration": 4, "positions": [-14, -6], "length": 40},
        {"equation": "focusing NLS", "amplitudes": [1], "speeds": [1.5], "duration": 1.5, "length": 40},
    ],
)
def test_solitons_are_their_closed_forms_within_the_error_reached(changes: dict[str, Any]) -> None:
    """One and two KdV solitons, the second pair through its collision; one of NLS."""
    solution = solved(**changes)
    (check,) = solution.receipt.checks
    assert check.agrees
    assert abs(check.computed - check.expected) <= 2 * solution.receipt.error_reached + 1e-6
    assert solution.receipt.met
    for one in solution.receipt.conserved:
        assert one.drift <= 1e-5 * (1 + abs(one.start))


def test_two_solitons_pass_and_are_shifted() -> None:
    """Hirota's solution solves the equation: its time derivative is -6uu_x - u_xxx, in the middle of the collision."""
    x, h = np.linspace(-10, 10, 41), 1e-3

    def u(place: Any, t: float) -> Any:
        return exact_waves.kdv(place, t, [2.0, 0.5], [-3.0, 0.0])

    t = 1.0
    rate = (u(x, t + h) - u(x, t - h)) / (2 * h)
    slope = (u(x + h, t) - u(x - h, t)) / (2 * h)
    g = 0.02
    third = (u(x + 2 * g, t) - 2 * u(x + g, t) + 2 * u(x - g, t) - u(x - 2 * g, t)) / (2 * g**3)
    assert np.max(np.abs(rate + 6 * u(x, t) * slope + third)) < 0.05
    assert np.max(np.abs(rate)) > 1


def test_a_kdv_soliton_travels_at_twice_its_height() -> None:
    """C = 2a, round the periodic box as well; with its mass 4·√(a/2)."""
    solution = solved(amplitudes=[1], duration=7, length=24, positions=[0], tolerance=1e-3)
    assert solution.peak_speed == pytest.approx(2, abs=1e-3)
    assert solution.peak == pytest.approx(1, abs=1e-3)
    assert solution.receipt.conserved[0].start == pytest.approx(4 * math.sqrt(0.5), abs=1e-3)


def test_the_breather_reaches_four() -> None:
    """The focusing equation squeezes 2 sech x to a height of 4 at π/8."""
    solution = solved(equation="focusing NLS", initial="2/cosh(x)", length=30, duration=math.pi / 8, tolerance=1e-4)
    assert solution.peak == pytest.approx(4, abs=1e-4)
    assert solution.receipt.conserved[0].start == pytest.approx(8, abs=1e-9)


def test_the_defocusing_equation_spreads_a_pulse() -> None:
    """Where focusing raises it."""
    start = {"initial": "exp(-x^2/4)", "length": 30, "duration": 1, "tolerance": 1e-2}
    assert solved(equation="defocusing NLS", **start).peak < 0.7
    assert solved(equation="focusing NLS", **start).peak > 0.9


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "amplitudes"),
        ({"amplitudes": [1], "initial": "sin(x)"}, "amplitudes"),
        ({"amplitudes": [1, 1]}, "amplitudes"),
        ({"amplitudes": [1], "positions": [1, 2]}, "positions"),
        ({"amplitudes": [1], "equation": "defocusing NLS"}, "equation"),
        ({"amplitudes": [0.01]}, "length"),
        ({"amplitudes": [1], "positions": [500]}, "length"),
        ({"initial": "x"}, "initial"),
        ({"initial": "0"}, "initial"),
        ({"initial": "1/x"}, "initial"),
        ({"amplitudes": [100], "length": 1000, "duration": 1000}, "max_steps"),
    ],
)
def test_what_is_no_soliton_in_this_box_is_refused(changes: dict[str, Any], field: str) -> None:
    """Each names the field and the remedy."""
    with pytest.raises(InvalidRequest) as refused:
        solved(**changes)
    assert refused.value.field == field
    assert refused.value.remedy
