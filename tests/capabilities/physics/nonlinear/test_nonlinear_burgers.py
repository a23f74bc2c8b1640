"""Burgers' equation against exact solutions, published values and its own claims."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.physics.nonlinear.burgers import Box, cole_hopf, flow, solve_on
from nis_backend.capabilities.physics.nonlinear.spectral import sampled
from nis_backend.capabilities.physics.nonlinear.steepening import BurgersRequest, BurgersSolution
from nis_backend.errors import InvalidRequest

HERMITE = np.polynomial.hermite.hermgauss(200)


def solved(**changes: Any) -> BurgersSolution:
    """A sine wave that steepens, changed."""
    return flow(BurgersRequest.model_validate({"viscosity": 0.1, **changes}))


@pytest.fixture(scope="module")
def benchmark() -> BurgersSolution:
    """The benchmark of Basdevant et al., Computers & Fluids 14 (1986), 23-41."""
    return solved(viscosity=0.01 / math.pi)


def gauss_hermite(x: float, t: float, nu: float) -> float:
    """The benchmark's exact solution by another quadrature than the product's."""
    nodes, weights = HERMITE
    y = x - math.sqrt(4 * nu * t) * nodes
    weight = weights * np.exp(-np.cos(np.pi * y) / (2 * np.pi * nu) + 1 / (2 * np.pi * nu) - 60)
    return float(-np.sum(weight * np.sin(np.pi * y)) / np.sum(weight))


def test_the_benchmark_is_within_1e_6_of_the_exact_solution(benchmark: BurgersSolution) -> None:
    """Target: ν = 0.01/π to 1e-6 everywhere, by Gauss-Hermite quadrature of Cole and Hopf's formula."""
    exact = [gauss_hermite(x, 1.0, 0.01 / math.pi) for x in benchmark.position]
    error = np.max(np.abs(np.array(benchmark.velocity) - exact))
    assert error <= 1e-6
    assert error <= 2 * benchmark.receipt.error_reached + 1e-10
    assert benchmark.receipt.met
    assert all(check.agrees for check in benchmark.receipt.checks)


def test_the_benchmark_has_the_published_slope() -> None:
    """Largest slope 152.00516 at 1.6037/π: Basdevant et al. (1986), table 2."""
    solution = solved(viscosity=0.01 / math.pi, duration=1.6037 / math.pi)
    assert solution.steepest_slope == pytest.approx(-152.00516, abs=5e-5)
    assert solution.steepest_position == pytest.approx(0, abs=1e-9)


def test_time_converges_with_order_four() -> None:
    """Promise of the operation's docstring, against the exact solution."""
    box = Box(left=-1.0, length=2.0, start=lambda x: -np.sin(np.pi * x))
    exact = cole_hopf(box, 0.05, 0.5, np.linspace(-1, 1, 33))
    assert exact is not None
    errors = [
        float(np.max(np.abs(sampled(solve_on(box, 0.05, 0.5, 256, steps, None).spectra[-1], 32) - exact)))
        for steps in (64, 128, 256)
    ]
    assert math.log2(errors[0] / errors[2]) / 2 == pytest.approx(4, abs=0.3)


def test_the_exact_solution_is_that_of_one_wave_of_the_heat_equation() -> None:
    """U = 2νπ·e·sin πx / (2 + e·cos πx) with e = exp(-νπ²t), from φ = 2 + e·cos πx: Wood, CNM 22."""
    nu, t, x = 0.2, 0.7, np.linspace(-1, 1, 33)

    def start(y: Any) -> Any:
        return 2 * nu * np.pi * np.sin(np.pi * y) / (2 + np.cos(np.pi * y))

    e = math.exp(-nu * np.pi**2 * t)
    found = cole_hopf(Box(left=-1.0, length=2.0, start=start), nu, t, x)
    assert found == pytest.approx(2 * nu * np.pi * e * np.sin(np.pi * x) / (2 + e * np.cos(np.pi * x)), abs=1e-12)


@pytest.mark.parametrize(
    "changes",
    [
        {"initial": "0.5 + sin(pi x)", "viscosity": 0.05, "duration": 2},
        {"initial": "exp(-20 x^2)", "viscosity": 0.02},
        {"initial": "cos(pi x) - cos(3 pi x)", "viscosity": 0.1, "tolerance": 1e-3},
        {"initial": "sin(pi x)", "ends": "held"},
        {"viscosity": 0, "duration": 0.25},
        {"left": 0, "right": 100, "initial": "3 + sin(2 pi x/100)", "viscosity": 2, "duration": 30},
    ],
)
def test_the_error_reached_bounds_the_error_against_the_exact_solution(changes: dict[str, Any]) -> None:
    """The receipt's estimate, in many settings; the mean stays to rounding."""
    receipt = solved(**changes).receipt
    (check,) = receipt.checks
    assert check.agrees
    assert abs(check.computed - check.expected) <= 2 * receipt.error_reached
    assert receipt.met
    assert receipt.conserved[0].drift <= 1e-10 * (1 + abs(receipt.conserved[0].start))


def test_held_ends_stay_at_rest() -> None:
    """Zero at both ends, whatever moves between them."""
    solution = solved(initial="(1 - x^2)^3", ends="held", viscosity=0.2)
    assert (abs(solution.velocity[0]), abs(solution.velocity[-1])) < (1e-12, 1e-12)


def test_energy_is_lost_and_never_won() -> None:
    """Viscosity takes it."""
    assert solved().energy_left < 0.5
    assert solved(viscosity=0, duration=0.2).energy_left == pytest.approx(1, abs=1e-9)


def test_a_shock_too_thin_is_refused_and_not_shown_ringing() -> None:
    """Promise: the inviscid limit says that the shock is not resolved, when it forms, and what would be."""
    with pytest.raises(InvalidRequest, match=r"shock forms at 0\.3183 s") as refused:
        solved(viscosity=0)
    assert refused.value.field == "viscosity"
    assert "at least 0.001" in refused.value.remedy


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"initial": "x"}, "initial"),
        ({"initial": "1/x"}, "initial"),
        ({"initial": "log(x)"}, "initial"),
        ({"initial": "__import__('os')"}, "initial"),
        ({"initial": "0"}, "initial"),
        ({"initial": "cos(pi x)", "ends": "held"}, "initial"),
        ({"left": 1, "right": 1}, "right"),
        ({"initial": "1e8*sin(pi*x)", "duration": 1e6, "viscosity": 1e6}, "max_steps"),
    ],
)
def test_what_cannot_be_solved_is_a_typed_error(changes: dict[str, Any], field: str) -> None:
    """Starts that jump, that are no numbers, that are too fast."""
    with pytest.raises(InvalidRequest) as refused:
        solved(**changes)
    assert refused.value.field == field
    assert refused.value.remedy
