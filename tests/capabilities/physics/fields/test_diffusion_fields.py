"""What spreads, against exact solutions: orders, bounds, what is kept, and errors that are honest."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.special import erfc  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] - scipy has none

from nis_backend.capabilities.physics.fields import modal, stages
from nis_backend.capabilities.physics.fields.axes import MOST_CONDITION, POINT, Cut, Side, lay, modes
from nis_backend.capabilities.physics.fields.diffuse import spread
from nis_backend.capabilities.physics.fields.diffusion import DiffusionRequest
from nis_backend.capabilities.physics.fields.fields import DiffusionSolution
from nis_backend.errors import InvalidRequest
from nis_backend.fields import flat
from nis_backend.numerics.formula import read_formula
from nis_backend.surfaces.a2ui.forms import resolve

Array = NDArray[Any]  # of floats
linalg: Any = import_module("scipy.linalg")  # Any: scipy has no types

HELD = Side(kind="dirichlet")
CLOSED: dict[str, Any] = {"left": {"kind": "neumann"}, "right": {"kind": "neumann"}}  # Any: JSON
ROUND: dict[str, Any] = {"left": {"kind": "periodic"}, "right": {"kind": "periodic"}}


def solved(**asked: Any) -> DiffusionSolution:
    """What is answered to this request."""
    return spread(DiffusionRequest.model_validate({"diffusivity": 1, "duration": 0.1, **asked}))


@pytest.mark.parametrize("number", [0, -1.5e-07, 1e300])
def test_a_number_is_a_formula_and_the_schema_says_so(number: float) -> None:
    """It is read as the text that is written; a form, which has one kind for a field, asks for the text."""
    given = DiffusionRequest.model_validate(
        {"diffusivity": 1, "duration": 1, "source": number, "left": {"value": number}}
    )
    assert float(given.source) == float(given.left.value) == number
    schema = DiffusionRequest.model_json_schema()
    source: dict[str, Any] = schema["properties"]["source"]  # Any: JSON
    assert [one["type"] for one in source["anyOf"]] == ["string", "number"]
    assert flat(source, {})["type"] == resolve(source, schema)["type"] == "string"


@pytest.mark.parametrize("wrong", [True, math.inf, math.nan, None, [0]], ids=str)
def test_what_is_no_finite_number_is_no_formula(wrong: object) -> None:
    """Nor is a truth value, which Python takes for a number."""
    with pytest.raises(ValidationError, match="source"):
        DiffusionRequest.model_validate({"diffusivity": 1, "duration": 1, "source": wrong})


def along(solution: DiffusionSolution) -> tuple[Array, Array]:
    """Places and values in one dimension."""
    assert solution.profile is not None
    return np.array(solution.profile.position), np.array(solution.profile.value)


@pytest.mark.parametrize(
    ("asked", "exact"),
    [
        pytest.param({"initial": "sin(pi*x)"}, "sin(pi*x) * exp(-pi^2/10)", id="held"),
        pytest.param(
            {"length": math.pi, "initial": "cos(x)", "duration": 1, **CLOSED},
            "exp(-1) * cos(x)",
            id="closed",
        ),
        pytest.param(
            {"initial": "sin(2pi*x)", "diffusivity": 0.01, "velocity": 1, "duration": 10, **ROUND},
            "exp(-0.4*pi^2) * sin(2*pi*(x - 10))",
            id="carried around",
        ),
        pytest.param(
            {"initial": "sin(pi*x)", "source": "sin(pi*x)*(pi^2*cos(5t) - 5*sin(5t))", "duration": 1},
            "sin(pi*x) * cos(5)",
            id="driven",
        ),
        pytest.param(
            {"initial": "x", "left": {"value": "-t"}, "right": {"kind": "robin", "coefficient": 2, "value": "3 - 2t"}}
            | {"source": "-1"},
            "x - 0.1",
            id="edges in time",
        ),
        pytest.param(
            {"initial": "x", "diffusivity_profile": "1 + x^2", "right": {"value": "1"}, "source": "-2*x", "rate": 0},
            "x",
            id="diffusivity of place at rest",
        ),
        pytest.param(
            # u = e^(v x/2D) w: the exact solution of what is carried, held at both ends.
            {"initial": "exp(10*x)*sin(pi*x)", "velocity": 20, "duration": 0.05},
            "exp(10*x - (100 + pi^2)*0.05) * sin(pi*x)",
            id="carried against an end",
        ),
        pytest.param(
            {"initial": "cos(pi*x)", "rate": 3, **CLOSED},
            "cos(pi*x) * exp(0.3 - pi^2/10)",
            id="growing",
        ),
    ],
)
def test_smooth_data_is_met_to_1e_8(asked: dict[str, Any], exact: str) -> None:
    """Target: heat at most 1e-8 off on smooth data, and no more than the receipt says."""
    solution = solved(tolerance=1e-9, **asked)
    x, value = along(solution)
    wanted: Array = read_formula(exact).compile("x")(x)
    error = float(np.max(np.abs(value - wanted)))
    assert solution.method == "spectral elements"
    assert solution.receipt.met
    assert error <= 1e-8
    assert error <= 3 * solution.receipt.error_reached + 1e-13 * float(np.max(np.abs(wanted))) + 1e-12
    assert all(one.agrees for one in solution.receipt.checks)


def test_a_plate_of_smooth_data_is_met_to_1e_8() -> None:
    """The same in two dimensions, a different kind of edge on each axis."""
    edges = {"bottom": {"kind": "neumann"}, "top": {"kind": "neumann"}}
    solution = solved(width=2, initial="sin(pi*x)*cos(pi*y/2)", points=11, tolerance=1e-9, **edges)
    assert solution.plate is not None
    x, y = np.array(solution.plate.x)[None, :], np.array(solution.plate.y)[:, None]
    exact = np.sin(np.pi * x) * np.cos(np.pi * y / 2) * math.exp(-(math.pi**2) * 1.25 * 0.1)
    assert np.max(np.abs(np.array(solution.plate.value) - exact)) <= 1e-10
    assert all(one.agrees for one in solution.receipt.checks)


def test_volumes_converge_with_order_two() -> None:
    """Order of `finite volumes`: a sine decays."""
    errors: list[float] = []
    for n in (16, 32, 64, 128):
        axis = lay(1.0, Cut(elements=n, degree=1), HELD, HELD, spread=1.0)
        start = np.sin(np.pi * axis.nodes[axis.free])[:, None]
        *_, end = modal.relax(modal.plane_of(axis, POINT), start, np.zeros_like(start), 0.1, 1)
        errors.append(float(np.max(np.abs(end - start * math.exp(-(math.pi**2) * 0.1)))))
    assert math.log2(errors[0] / errors[-1]) / 3 == pytest.approx(2, abs=0.05)


def test_elements_converge_faster_than_any_power() -> None:
    """Spectral: four degrees more take three digits off."""
    errors: list[float] = []
    for degree in (6, 10, 14):
        axis = lay(1.0, Cut(elements=1, degree=degree), HELD, HELD, spread=1.0)
        start = np.sin(2 * np.pi * axis.nodes[axis.free])[:, None]
        *_, end = modal.relax(modal.plane_of(axis, POINT), start, np.zeros_like(start), 0.02, 1)
        errors.append(float(np.max(np.abs(end - start * math.exp(-(math.pi**2) * 0.08)))))
    assert errors[1] < errors[0] / 100
    assert errors[2] < errors[1] / 1000


def driven(t: float) -> float:
    """A source whose answer is known: u = sin 9t for u' = -λu + this."""
    return math.sin(9 * t)


def test_what_depends_on_time_converges_with_order_eight() -> None:
    """Order of `diffuse`: exponential collocation."""
    axis = lay(1.0, Cut(elements=1, degree=20), HELD, HELD, spread=1.0)
    shape = np.sin(np.pi * axis.nodes[axis.free])[:, None]
    plane = modal.plane_of(axis, POINT)
    errors: list[float] = []
    for steps in (2, 4, 8):
        *_, end = modal.diffuse(
            plane,
            0 * shape,
            lambda t: shape * (9 * math.cos(9 * t) + math.pi**2 * math.sin(9 * t)),
            2.0,
            steps,
        )
        errors.append(float(np.max(np.abs(end - shape * math.sin(18)))))
    assert math.log2(errors[0] / errors[-1]) / 2 >= 8 - 0.4


def test_stages_converge_with_order_nine() -> None:
    """Order of `carry`: Radau IIA of five stages on y' = cos(t) y made autonomous by its exact forcing."""
    errors: list[float] = []
    for steps in (8, 12, 16):
        *_, end = stages.carry(
            np.array([[-1.0, 6.0], [-6.0, -1.0]]),
            np.array([1.0, 0.0]),
            lambda t: np.array([math.cos(t), 0.0]),
            4.0,
            steps,
        )
        errors.append(float(np.max(np.abs(end - _forced_spiral(4.0)))))
    assert math.log2(errors[0] / errors[-1]) == pytest.approx(9, abs=0.5)


@pytest.mark.parametrize("duration", [0.01, 40.0], ids=["by powers", "by squaring"])
def test_steps_of_what_is_carried_are_exponentials(duration: float) -> None:
    """Exact in time: `repeat` beside scipy's exponential, Péclet 100, a source that takes and gives."""
    axis = lay(1.0, Cut(elements=60, degree=1), HELD, Side(kind="robin", coefficient=1.0), spread=1.0, velocity=100)
    start, given = np.where(axis.nodes[axis.free] < 0.5, 1.0, 0.0), 30 * np.cos(9 * axis.nodes[axis.free])
    *_, end = stages.repeat(axis.operator, start, given, duration, 4)
    grown: Array = linalg.expm(axis.operator * duration)
    assert np.max(np.abs(end - grown @ start - np.linalg.solve(axis.operator, grown @ given - given))) <= 1e-11


@pytest.mark.parametrize("velocity", [-20.0, 3.0, 300.0])
def test_modes_of_what_is_carried_make_up_its_operator_or_say_too_little(velocity: float) -> None:
    """Volumes: symmetric once scaled, by e^(Péclet/2) at most."""
    axis = lay(1.0, Cut(elements=200, degree=1), HELD, Side(kind="neumann"), spread=1.0, velocity=velocity)
    found = modes(axis)
    assert math.log(found.condition) == pytest.approx(abs(velocity) / 2, rel=0.3, abs=1)
    if found.condition < MOST_CONDITION:
        again = found.vectors @ np.diag(found.values) @ found.inverse
        assert np.max(np.abs(again - axis.operator)) <= 1e-10 * np.max(np.abs(axis.operator))


@pytest.mark.parametrize("peclet", [30, 450, 1000])
def test_a_jump_that_is_carried_is_met_within_the_error_told(peclet: int) -> None:
    """Volumes and upwind volumes, never both in one estimate: an endless medium's error function."""
    asked = {"initial": "heaviside(0.37 - x)", "left": {"value": "1"}, "right": {"kind": "neumann"}, "velocity": 1}
    solution = solved(**asked, diffusivity=1 / peclet, duration=0.2, tolerance=1e-3)
    x, value = along(solution)
    exact: Array = np.asarray(erfc((x - 0.57) / 2 / math.sqrt(0.2 / peclet))) / 2
    off = np.abs(value - exact)
    assert ("on average" in solution.receipt.error_of) == (solution.method == "upwind volumes") == (peclet > 900)
    error = float(np.mean(off) if peclet > 900 else np.max(off))
    assert error <= 1.5 * solution.receipt.error_reached
    assert solution.receipt.met


def _forced_spiral(t: float) -> Array:
    """Of z' = (-1 - 6i) z + cos t, z(0) = 1: (Re, Im)."""
    rate = complex(-1, -6)
    one, other = 0.5 / (1j - rate), 0.5 / (-1j - rate)
    z = one * np.exp(1j * t) + other * np.exp(-1j * t) + (1 - one - other) * np.exp(rate * t)
    return np.array([z.real, z.imag])


@pytest.mark.parametrize("duration", [1e-4, 0.01, 1])
@pytest.mark.parametrize("edges", [{}, CLOSED, ROUND], ids=["held", "closed", "round"])
def test_a_jump_sets_nothing_ringing(duration: float, edges: dict[str, Any]) -> None:
    """Target: no value beyond the start's bounds on data that jumps, at any time."""
    solution = solved(
        diffusivity=0.01, duration=duration, initial="heaviside(x - 0.3) - heaviside(x - 0.6)", tolerance=1e-3, **edges
    )
    shown = np.array([one.value for one in solution.snapshots])
    assert solution.method == "finite volumes"
    assert shown.min() >= -1e-12
    assert shown.max() <= 1 + 1e-12


def test_a_jump_is_met_within_the_error_reached() -> None:
    """A step in an endless medium: the error function."""
    solution = solved(diffusivity=0.01, initial="heaviside(0.5 - x)", tolerance=1e-4, **CLOSED)
    x, value = along(solution)
    error = float(np.max(np.abs(value - erfc((x - 0.5) / 2 / math.sqrt(1e-3)) / 2)))
    assert error <= 2 * solution.receipt.error_reached
    assert solution.receipt.met
    assert solution.receipt.observed_order == pytest.approx(2, abs=0.3)


@pytest.mark.parametrize("initial", ["sin(pi*x)", "abs(x - 0.4)"])
def test_how_closely_the_data_was_looked_at_is_told(initial: str) -> None:
    """A peak that no place meets is in no answer: `reason` says how narrow one may hide."""
    assert "looked at in 1201 places along a side" in solved(initial=initial, tolerance=1e-2).reason


def test_a_start_that_jumps_where_a_circle_closes_is_rough() -> None:
    """A ramp on a circle falls from 1 to 0 at the seam: polynomials would meet it, and miss what comes of it."""
    solution = solved(diffusivity=0.01, initial="x", tolerance=1e-3, **ROUND)
    x, value = along(solution)
    k = np.arange(1, 200)[:, None]
    exact = 0.5 - np.sum(np.sin(2 * np.pi * k * x) / (np.pi * k) * np.exp(-((2 * np.pi * k) ** 2) * 1e-3), axis=0)
    assert solution.method == "finite volumes"
    assert "jumps across it" in solution.reason
    assert float(np.max(np.abs(value - exact))) <= 3 * solution.receipt.error_reached


@pytest.mark.parametrize("flow", [{}, {"velocity": 0.5, **ROUND}], ids=["at rest", "carried"])
def test_between_closed_ends_the_amount_is_kept(flow: dict[str, Any]) -> None:
    """`conserved`: the amount, to rounding."""
    solution = solved(diffusivity=0.01, initial="1 + cos(2*pi*x)", **(flow or CLOSED))
    assert solution.receipt.conserved[0].start == pytest.approx(1, abs=1e-10)
    assert solution.receipt.conserved[0].drift <= 1e-12


def test_what_is_carried_far_faster_than_it_spreads_has_no_new_extrema() -> None:
    """Péclet 10⁶: limited upwind differences, on a jump."""
    solution = solved(
        diffusivity=1e-6, velocity=1, duration=0.3, initial="heaviside(x-0.1)*heaviside(0.4-x)", tolerance=0.01
    )
    shown = np.array([one.value for one in solution.snapshots])
    assert solution.method == "upwind volumes"
    assert solution.peclet == pytest.approx(1e6)
    assert shown.min() >= -1e-12
    assert shown.max() <= 1 + 1e-12
    x, value = along(solution)
    exact = (x > 0.4) & (x < 0.7)
    assert np.mean(np.abs(value - exact)) <= 2 * solution.receipt.error_reached + 1 / 51


def test_samples_of_a_smooth_start_are_met() -> None:
    """Numbers in the place of a formula."""
    samples = [[math.sin(math.pi * i / 100) for i in range(101)]]
    solution = solved(samples=samples, tolerance=1e-5)
    x, value = along(solution)
    assert np.max(np.abs(value - np.sin(np.pi * x) * math.exp(-(math.pi**2) / 10))) <= 1e-5


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"initial": "__import__('os')"}, "initial"),
        ({"initial": "1/x"}, "initial"),
        ({"initial": "y"}, "initial"),
        ({"source": "9^9^9"}, "source"),
        ({"source": "1/(t - 0.05)"}, "source"),
        ({"initial": "heaviside(x - y)", "width": 1, "velocity": 300, "velocity_y": -300}, "duration"),
        ({"left": {"kind": "periodic"}}, "right"),
        ({"velocity_y": 1}, "velocity_y"),
        ({"rate": 1e6}, "rate"),
        ({"diffusivity_profile": "x - 0.5"}, "diffusivity_profile"),
        ({"samples": [[1.0], [2.0]]}, "samples"),
        ({"diffusivity": 1e-9, "velocity": 1e4, "duration": 1e6, "initial": "heaviside(x - 0.5)"}, "duration"),
    ],
)
def test_what_cannot_be_solved_is_refused_by_name(changes: dict[str, Any], field: str) -> None:
    """Bad input: a typed error with the field and the remedy."""
    with pytest.raises(InvalidRequest) as refused:
        solved(**changes)
    assert refused.value.field == field
    assert refused.value.remedy
