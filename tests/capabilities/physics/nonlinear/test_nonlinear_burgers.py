"""Burgers' equation against exact solutions, published values and its own claims."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.physics.nonlinear.burgers import flow, march
from nis_backend.capabilities.physics.nonlinear.cole_hopf import Box, Viscous
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


def block(x: float, t: float, nu: float) -> float:
    """Exact velocity from 1 between 0.3 and 0.6 of every period of 2, 0 elsewhere: pieces of Gauss's integral."""
    total = carried = 0.0
    for period in range(-4, 5):
        level = 0.3 * period
        for begin, end, u in ((-1, 0.3, 0), (0.3, 0.6, 1), (0.6, 1, 0)):
            a, b = begin + 2 * period, end + 2 * period
            # On a piece ∫u₀ = level + u·(y - a): the weight is a bell around x - u·t.
            power = (level + u * (x - a) - u * u * t / 2) / (2 * nu)
            z = [(y - x + u * t) / math.sqrt(4 * nu * t) for y in (a, b)]
            part = math.exp(-power) * (math.erf(z[1]) - math.erf(z[0]))
            total, carried = total + part, carried + u * part
            level += u * (b - a)
    return carried / total


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
    assert solution.steepest_position == pytest.approx(0, abs=1e-6)


def test_the_march_converges_with_order_four() -> None:
    """The second way's order, against the exact solution."""
    box = Box(left=-1.0, length=2.0, start=lambda x: -np.sin(np.pi * x))
    x = np.linspace(-1, 1, 33)
    exact = Viscous(box, 0.05, 36, 256).at(x, np.full(33, 0.5))
    errors = [float(np.max(np.abs(sampled(march(box, 0.05, 0.5, 256, steps), 32) - exact))) for steps in (64, 128, 256)]
    assert math.log2(errors[0] / errors[2]) / 2 == pytest.approx(4, abs=0.3)


def test_twice_the_nodes_have_four_times_the_digits() -> None:
    """Promise: the error falls faster than any power of the step: as exp(-c/h²)."""
    box = Box(left=-1.0, length=2.0, start=lambda x: -np.sin(np.pi * x))
    x = np.linspace(-1, 1, 33)
    exact = np.array([gauss_hermite(place, 0.5, 0.05) for place in x.tolist()])
    few, many = (np.max(np.abs(Viscous(box, 0.05, 36, nodes).at(x, np.full(33, 0.5)) - exact)) for nodes in (8, 16))
    assert 1e-4 < few < 0.1
    assert math.log(many) < 3 * math.log(few)


def test_the_exact_solution_is_that_of_one_wave_of_the_heat_equation() -> None:
    """U = 2νπ·e·sin πx / (2 + e·cos πx) with e = exp(-νπ²t), from φ = 2 + e·cos πx: Wood, CNM 22."""
    nu, x = 0.2, np.linspace(-1, 1, 33)

    def start(y: Any) -> Any:
        return 2 * nu * np.pi * np.sin(np.pi * y) / (2 + np.cos(np.pi * y))

    sums = Viscous(Box(left=-1.0, length=2.0, start=start), nu, 36, 512)
    # By sums, by sums near their end, by waves.
    for t in (0.7, 1.2, 3.0):
        e = math.exp(-nu * np.pi**2 * t)
        u = 2 * nu * np.pi * e * np.sin(np.pi * x) / (2 + e * np.cos(np.pi * x))
        assert sums.at(x, np.full(33, t)) == pytest.approx(u, abs=1e-12)
        slope = 2 * nu * np.pi**2 * e * (2 * np.cos(np.pi * x) + e) / (2 + e * np.cos(np.pi * x)) ** 2
        assert sums.slope(x, np.full(33, t)) == pytest.approx(slope, abs=1e-11)


def test_a_start_that_jumps_is_as_exact_as_its_receipt_says() -> None:
    """A block, against pieces of Gauss's integral: sums that jumps slow down."""
    solution = solved(initial="heaviside(x - 0.3)*heaviside(0.6 - x)", viscosity=0.05, tolerance=1e-3)
    error = max(abs(block(x, 1.0, 0.05) - u) for x, u in zip(solution.position, solution.velocity, strict=True))
    assert 0 < error <= solution.receipt.error_reached <= 1e-3


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
def test_steps_from_the_start_agree_with_the_transform(changes: dict[str, Any]) -> None:
    """The second way has no part of the first; the mean stays to rounding."""
    receipt = solved(**changes).receipt
    (check,) = receipt.checks
    assert check.agrees
    assert check.allowed <= 1e-5 * (1 + abs(check.expected))
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


def test_a_shock_thinner_than_any_grid_has_its_exact_slope() -> None:
    """A front of ν = 1e-5 moves as a step, and is as steep as (u₁ - u₂)²/8ν between its sides, to its thickness."""
    solution = solved(initial="0.5 - sin(pi x)", viscosity=1e-5, duration=0.8)
    assert solution.receipt.met
    jump = solution.highest - solution.lowest
    assert solution.steepest_slope == pytest.approx(-(jump**2) / 8e-5, rel=1e-3)
    assert solution.steepest_position == pytest.approx(0.4, abs=1e-6)


def test_a_front_too_thin_for_its_sums_is_refused() -> None:
    """Promise: without viscosity it says when the wave breaks; both say which viscosity has an answer."""
    with pytest.raises(InvalidRequest, match=r"breaks at 0\.3183 s") as refused:
        solved(viscosity=0)
    assert (refused.value.field, refused.value.remedy[:30]) == ("viscosity", "Give a viscosity of at least 1")
    with pytest.raises(InvalidRequest, match="fronts get so thin"):
        solved(viscosity=1e-9)


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
        ({"initial": "1e8*sin(pi*x)", "duration": 1e6, "viscosity": 1e-3}, "viscosity"),
        ({"duration": 5e-324}, "duration"),
        ({"duration": 1e-310, "viscosity": 10}, "duration"),
    ],
)
def test_what_cannot_be_solved_is_a_typed_error(changes: dict[str, Any], field: str) -> None:
    """Starts that jump, that are no numbers, that are too fast."""
    with pytest.raises(InvalidRequest) as refused:
        solved(**changes)
    assert refused.value.field == field
    assert refused.value.remedy
