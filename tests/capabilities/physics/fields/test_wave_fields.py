"""Waves against exact solutions: orders, energy, reflections, and data that bends or jumps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from nis_backend.capabilities.physics.fields import modal
from nis_backend.capabilities.physics.fields.axes import POINT, Cut, Side, lay
from nis_backend.capabilities.physics.fields.fields import WaveSolution
from nis_backend.capabilities.physics.fields.oscillation import WaveRequest
from nis_backend.capabilities.physics.fields.wave import move, read_task
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.formula import read_formula

Array = NDArray[Any]  # of floats

ROUND: dict[str, Any] = {"left": {"kind": "periodic"}, "right": {"kind": "periodic"}}  # Any: JSON
CLOSED: dict[str, Any] = {"left": {"kind": "neumann"}, "right": {"kind": "neumann"}}


def moved(**asked: Any) -> WaveSolution:
    """What is answered to this request."""
    return move(WaveRequest.model_validate({"speed": 1, "duration": 1, **asked}))


def along(solution: WaveSolution) -> tuple[Array, Array]:
    """Places and values in one dimension."""
    assert solution.profile is not None
    return np.array(solution.profile.position), np.array(solution.profile.value)


@pytest.mark.parametrize(
    ("asked", "exact"),
    [
        pytest.param({"initial": "sin(pi*x)", "duration": 2.7}, "sin(pi*x)*cos(2.7*pi)", id="held"),
        pytest.param({"initial": "cos(pi*x)", "speed": 3, **CLOSED}, "cos(pi*x)*cos(3*pi)", id="free ends"),
        pytest.param(
            {"initial": "sin(pi*x)", "initial_velocity": "-pi*cos(pi*x)", "length": 2, "duration": 2.2, **ROUND},
            "sin(pi*(x - 2.2))",
            id="around",
        ),
        pytest.param(
            {"initial": "sin(pi*x)", "initial_velocity": "-0.5*sin(pi*x)", "damping": 1, "duration": 2},
            "sin(pi*x)*exp(-1)*cos(2*sqrt(pi^2 - 0.25))",
            id="damped",
        ),
        pytest.param(
            {"initial": "sin(pi*x)", "initial_velocity": "-pi*sin(pi*x)", "damping": 2 * math.pi},
            "sin(pi*x)*exp(-pi)",
            id="damped critically",
        ),
        pytest.param(
            {"initial_velocity": "2*sin(pi*x)", "source": "(pi^2 - 4)*sin(pi*x)*sin(2*t)", "duration": 2},
            "sin(pi*x)*sin(4)",
            id="driven",
        ),
        pytest.param(
            {"initial": "x", "right": {"value": "1 + t^2"}, "source": "2*x", "duration": 0.8},
            "1.64*x",
            id="pulled at an end",
        ),
        pytest.param({"initial_velocity": "1", "duration": 3, **CLOSED}, "3 + 0*x", id="drifting"),
    ],
)
def test_smooth_waves_are_met_to_1e_8(asked: dict[str, Any], exact: str) -> None:
    """Target: at most 1e-8 off on smooth data, and no more than the receipt says."""
    solution = moved(tolerance=1e-9, **asked)
    x, value = along(solution)
    wanted: Array = np.asarray(read_formula(exact).compile("x")(x))
    error = float(np.max(np.abs(value - wanted)))
    assert solution.method == "spectral elements"
    assert solution.receipt.met
    assert error <= 1e-8
    assert error <= 3 * solution.receipt.error_reached + 1e-12
    assert all(one.agrees for one in solution.receipt.checks)


def test_a_pulse_parts_in_two() -> None:
    """D'Alembert: halves that run apart, met to 1e-8."""
    x, value = along(moved(initial="exp(-400*(x - 0.5)^2)", duration=0.2, tolerance=1e-8))
    exact = (np.exp(-400 * (x - 0.3) ** 2) + np.exp(-400 * (x - 0.7) ** 2)) / 2
    assert np.max(np.abs(value - exact)) <= 1e-8


def test_a_drum_is_met_and_keeps_its_energy() -> None:
    """Two dimensions: a mode of the square; `conserved` holds to rounding."""
    solution = moved(width=2, initial="sin(pi*x)*sin(pi*y/2)", duration=1.3, points=11, tolerance=1e-8)
    assert solution.plate is not None
    x, y = np.array(solution.plate.x)[None, :], np.array(solution.plate.y)[:, None]
    exact = np.sin(np.pi * x) * np.sin(np.pi * y / 2) * math.cos(math.pi * math.sqrt(1.25) * 1.3)
    assert np.max(np.abs(np.array(solution.plate.value, dtype=float) - exact)) <= 1e-9
    assert solution.receipt.conserved[0].start == pytest.approx(math.pi**2 * 1.25 / 4, rel=1e-10)
    assert solution.receipt.conserved[0].drift <= 1e-11
    assert solution.period == pytest.approx(2 / math.sqrt(1.25), rel=1e-9)


def test_driven_oscillations_converge_with_order_eight() -> None:
    """Order of `swing` where what is given depends on time."""
    axis = lay(1.0, Cut(elements=1, degree=20), Side(kind="dirichlet"), Side(kind="dirichlet"), spread=1.0)
    shape = np.sin(np.pi * axis.nodes[axis.free])[:, None]
    plane = modal.plane_of(axis, POINT)

    def given(t: float) -> Array:
        return (math.pi**2 - 81) * shape * math.sin(9 * t)

    errors: list[float] = []
    for steps in (2, 4, 8):
        *_, (end, _) = modal.swing(plane, (0 * shape, 9 * shape), given, 2.0, steps, damping=0, steady=False)
        errors.append(float(np.max(np.abs(end - shape * math.sin(18)))))
    assert math.log2(errors[0] / errors[-1]) / 2 >= 8 - 0.4


def test_a_plucked_string_stays_made_of_straight_lines() -> None:
    """No dispersion: after a whole period the triangle is back, and half way it hangs upside down."""
    half = moved(initial="min(x, 1 - x)", duration=1)
    x, value = along(half)
    assert half.method == "characteristics"
    assert np.max(np.abs(value + np.minimum(x, 1 - x))) <= 1e-12
    x, value = along(moved(initial="min(x, 1 - x)", duration=2))
    assert np.max(np.abs(value - np.minimum(x, 1 - x))) <= 1e-12


@pytest.mark.parametrize("damping", [0, 2])
def test_a_jump_runs_without_ringing(damping: float) -> None:
    """Target: no value beyond the start's bounds, on data that jumps."""
    solution = moved(initial="heaviside(x-0.4)*heaviside(0.6-x)", duration=0.25, damping=damping, tolerance=0.02)
    shown = np.array([one.value for one in solution.snapshots])
    assert solution.method == "characteristics"
    assert shown.min() >= -1e-12
    assert shown.max() <= 1 + 1e-12


def test_a_jump_is_met_on_average_within_the_error_reached() -> None:
    """Two boxes of half the height, between places of the answer."""
    solution = moved(initial="heaviside(x-0.405)*heaviside(0.595-x)", duration=0.2, tolerance=0.005)
    x, value = along(solution)
    exact = 0.5 * ((x > 0.205) & (x < 0.395)) + 0.5 * ((x > 0.605) & (x < 0.795))
    assert np.mean(np.abs(value - exact)) <= 3 * solution.receipt.error_reached


def test_what_bends_and_is_damped_converges_with_order_two() -> None:
    """Order of `String.moved` away from jumps: damped and elastic at an end, against the modes."""
    asked = {"initial": "sin(pi*x)", "damping": 1.5, "right": {"kind": "robin", "coefficient": 2, "value": "-pi"}}
    exact = moved(**asked, duration=0.5, tolerance=1e-9)
    request = WaveRequest.model_validate({"speed": 1, "duration": 0.5, **asked})
    task = read_task(request)
    errors = [
        abs(run.grid.middle(run.fields[-1]) - exact.centre)
        for run in (task.followed(Cut(elements=n, degree=1), 1) for n in (64, 128, 256))
    ]
    assert math.log2(errors[0] / errors[-1]) / 2 == pytest.approx(2, abs=0.3)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"initial_velocity": "q"}, "initial_velocity"),
        ({"duration": 1e9}, "duration"),
        ({"source": "log(x)"}, "source"),
        ({"bottom": {"kind": "periodic"}, "width": 1}, "top"),
    ],
)
def test_waves_that_cannot_be_solved_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    """Bad input: a typed error with the field and the remedy."""
    with pytest.raises(InvalidRequest) as refused:
        moved(**changes)
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_speed_whose_square_is_no_double_is_refused() -> None:
    """From 1e-30 m/s on it is met."""
    with pytest.raises(ValidationError, match="greater than or equal to"):
        moved(speed=1e-308)
    assert moved(speed=1e-30).receipt.met
