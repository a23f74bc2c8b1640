"""Potentials against exact solutions and published values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nis_backend.capabilities.physics.fields.axes import Cut
from nis_backend.capabilities.physics.fields.fields import PoissonSolution
from nis_backend.capabilities.physics.fields.poisson import read_task, rest
from nis_backend.capabilities.physics.fields.potential import PoissonRequest
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula

Array = NDArray[Any]  # of floats

CLOSED: dict[str, Any] = {"left": {"kind": "neumann"}, "right": {"kind": "neumann"}}  # Any: JSON


def rested(**asked: Any) -> PoissonSolution:
    """What is answered to this request."""
    return rest(PoissonRequest.model_validate(asked))


def square_centre() -> float:
    """Of the unit square with f = 1, by its sine series in one direction, exact in the other."""
    return 1 / 8 - sum(
        4 * math.sin(k * math.pi / 2) / (k * math.pi) ** 3 / math.cosh(k * math.pi / 2) for k in range(1, 200, 2)
    )


def test_the_unit_squares_centre_is_met() -> None:
    """Target: 0.0736713533 to 1e-6; here to what the receipt says."""
    solution = rested(width=1, points=11)
    assert solution.centre == pytest.approx(0.0736713532814, abs=1e-10)
    assert solution.centre == pytest.approx(square_centre(), abs=solution.receipt.error_reached)
    assert solution.mean == pytest.approx(0.0351442537387, abs=1e-9)  # torsion of a square: 0.1405770 / 4
    assert solution.receipt.met
    assert all(one.agrees for one in solution.receipt.checks)


@pytest.mark.parametrize(
    ("asked", "exact"),
    [
        ({}, "x*(1 - x)/2"),
        ({"source": "cos(pi*x)", **CLOSED}, "cos(pi*x)/pi^2"),
        ({"source": 0, "screening": 100, "left": {"value": 1}, "right": {"value": 1}}, "cosh(10*(x - 0.5))/cosh(5)"),
        ({"source": "0", "conductivity_profile": "1 + x", "right": {"value": "1"}}, "log(1 + x)/log(2)"),
        ({"source": 0, "left": {"value": 1}, "right": {"kind": "robin", "coefficient": 1}}, "1 - x/2"),
    ],
)
def test_an_interval_is_met(asked: dict[str, Any], exact: str) -> None:
    """One dimension, each kind of edge, screening, a conductivity of place."""
    solution = rested(**asked)
    assert solution.profile is not None
    x = np.array(solution.profile.position)
    wanted: Array = read_formula(exact).compile("x")(x)
    error = float(np.max(np.abs(np.array(solution.profile.value) - wanted)))
    assert error <= 1e-7
    assert error <= solution.receipt.error_reached + 1e-12
    assert all(one.agrees for one in solution.receipt.checks)


def test_a_harmonic_function_is_its_edges() -> None:
    """Laplace's equation with values on all four sides: e^x sin y."""
    sides = {"left": "sin(y)", "right": "e*sin(y)", "bottom": "0", "top": "exp(x)*sin(2)"}
    solution = rested(width=2, source="0", points=11, **{name: {"value": one} for name, one in sides.items()})
    assert solution.plate is not None
    x, y = np.array(solution.plate.x)[None, :], np.array(solution.plate.y)[:, None]
    assert np.max(np.abs(np.array(solution.plate.value, dtype=float) - np.exp(x) * np.sin(y))) <= 1e-10


def test_volumes_of_a_potential_converge_with_order_two() -> None:
    """Order of finite volumes."""
    task = read_task(PoissonRequest(width=1.0))
    errors = [
        abs(one.grid.middle(one.whole) - square_centre())
        for one in (task.rested(Cut(elements=n, degree=1)) for n in (16, 32, 64))
    ]
    assert math.log2(errors[0] / errors[-1]) / 2 == pytest.approx(2, abs=0.05)


def test_a_source_that_jumps_is_met_by_volumes() -> None:
    """-u'' = 1 on the right half: u(1/2) = 1/16."""
    solution = rested(source="heaviside(x - 0.5)", tolerance=1e-4)
    assert solution.method == "finite volumes"
    assert abs(solution.centre - 1 / 16) <= 2 * solution.receipt.error_reached
    assert solution.receipt.met


def test_a_disc_is_met() -> None:
    """F R²/4 in the middle, f R²/8 on average; r⁴ cos 2φ with its own source."""
    solution = rested(shape="disc", length=2, source="4", points=11)
    assert solution.centre == pytest.approx(1, abs=1e-12)
    assert solution.mean == pytest.approx(0.5, abs=1e-12)
    assert all(one.agrees for one in solution.receipt.checks)
    # u = r⁴ cos 2φ about the middle, (x - 1)⁴ - (y - 1)⁴, Δu = 12 ((x - 1)² - (y - 1)²).
    edge = {"value": "(x - 1)^4 - (y - 1)^4"}
    bent = rested(shape="disc", length=2, source="-12*((x - 1)^2 - (y - 1)^2)", points=11, left=edge)
    assert bent.plate is not None
    x, y = np.array(bent.plate.x)[None, :], np.array(bent.plate.y)[:, None]
    value = np.array(bent.plate.value, dtype=float)
    assert np.nanmax(np.abs(value - ((x - 1) ** 4 - (y - 1) ** 4))) <= 1e-10


def test_an_inward_corner_is_met_within_its_error() -> None:
    """Three unit squares, f = 1: the torsion of an L; u = 4 × (side/2)² of ours, against a finer mesh's."""
    solution = rested(shape="L-shape", length=2, points=9, tolerance=2e-3)
    finer = rested(shape="L-shape", length=2, points=9, tolerance=2e-4)
    assert abs(solution.centre - finer.centre) <= solution.receipt.error_reached
    assert solution.receipt.met
    assert solution.plate is not None
    assert solution.plate.value[-1][-1] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (CLOSED, "source"),
        ({"source": "t"}, "source"),
        ({"shape": "disc", "left": {"kind": "neumann"}}, "left"),
        ({"shape": "disc", "left": {"kind": "periodic"}, "right": {"kind": "periodic"}}, "left"),
        ({"conductivity_profile": "x", "width": 1}, "conductivity_profile"),
    ],
)
def test_potentials_that_do_not_exist_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    """Bad input: a typed error with the field and the remedy."""
    with pytest.raises(InvalidRequest) as refused:
        rested(**changes)
    assert refused.value.field == field
    assert refused.value.remedy
