"""Phases that part: order, energy, interfaces, and what is kept."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.physics.nonlinear.phase_field import Medium, part
from nis_backend.capabilities.physics.nonlinear.phases import PhaseRequest, PhaseSolution
from nis_backend.errors import InvalidRequest


def solved(**changes: Any) -> PhaseSolution:
    """Domains on a line, changed."""
    return part(PhaseRequest.model_validate({"duration": 3, **changes}))


@pytest.fixture(scope="module")
def line() -> PhaseSolution:
    """Allen-Cahn on a line."""
    return solved()


def test_time_converges_with_order_four() -> None:
    """Promise of the docstring: of a uniform field, u = 1/√(1 + (1/u₀² - 1)·exp(-2t)) exactly."""
    medium = Medium(length=1.0, width=0.1, plane=False, conserving=False, start=lambda x, _y: 0.2 + 0 * x)
    exact = 1 / math.sqrt(1 + (25 - 1) * math.exp(-4.0))
    errors = [
        float(np.max(np.abs(medium.values(medium.solve_on(2.0, 16, steps).spectra[-1], 16) - exact)))
        for steps in (64, 128, 256)
    ]
    assert math.log2(errors[0] / errors[2]) / 2 == pytest.approx(4, abs=0.3)


def test_the_energy_never_rises_and_the_field_stays_within_bounds(line: PhaseSolution) -> None:
    """The equation is the gradient flow of its energy; its reaction keeps to [-1, 1]."""
    assert np.all(np.diff(line.energies) <= 1e-12)
    assert line.energy < line.energy_at_start
    assert max(abs(line.highest), abs(line.lowest)) <= 1 + line.receipt.error_reached
    assert all(check.agrees for check in line.receipt.checks)
    assert line.receipt.met


def test_an_interface_has_the_width_and_energy_of_a_tanh() -> None:
    """At rest it is tanh(x/(√2·ε)), with an energy of 2√2·ε/3: two of them in this box."""
    solution = solved(initial="tanh(10*cos(pi*x))", duration=10)
    assert solution.interface == pytest.approx(2, abs=2e-3)
    assert solution.thickness == pytest.approx(math.sqrt(2) * 0.05, rel=1e-3)


def test_a_circle_shrinks_by_its_curvature() -> None:
    """R² falls by 2·ε²·t: Allen & Cahn, Acta Metall. 27 (1979); to the order of the interface's width."""
    solution = solved(
        initial="tanh((0.6 - sqrt(x^2 + y^2))/0.1414)", dimensions=2, width=0.1, duration=4, tolerance=2e-2
    )
    radius = solution.interface / (2 * math.pi)
    assert radius == pytest.approx(math.sqrt(0.36 - 2 * 0.1**2 * 4), rel=2e-2)
    assert solution.initial is not None
    assert len(solution.field.value) == len(solution.field.y) <= 97


def test_cahn_and_hilliard_keep_the_mean_and_lose_energy() -> None:
    """Conservation to rounding, and order out of noise."""
    solution = solved(equation="Cahn-Hilliard", initial="0.1", noise=0.1, width=0.1, duration=0.3, tolerance=1e-3)
    (kept,) = solution.receipt.conserved
    assert (kept.start, kept.drift) == (pytest.approx(0.1), pytest.approx(0, abs=1e-14))
    assert solution.energy < solution.energy_at_start
    assert solution.highest > 0.8


def test_the_same_seed_is_the_same_noise() -> None:
    """And another one another: noise is part of the question, not of the machine."""
    settings = {"initial": "0", "noise": 0.3, "duration": 0.5, "width": 0.2, "tolerance": 1e-2}
    one, same, other = (solved(**settings, seed=seed) for seed in (1, 1, 2))
    assert one.field == same.field
    assert one.field != other.field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"initial": "x"}, "initial"),
        ({"initial": "y"}, "initial"),
        ({"initial": "x*y", "dimensions": 2}, "initial"),
        ({"initial": "1e8"}, "max_steps"),
        ({"width": 1e-4}, "width"),
        ({"duration": 1e5}, "max_steps"),
    ],
)
def test_what_the_grid_cannot_hold_is_refused(changes: dict[str, Any], field: str) -> None:
    """Each names the field and the remedy."""
    with pytest.raises(InvalidRequest) as refused:
        solved(**changes)
    assert refused.value.field == field
    assert refused.value.remedy
