"""Equations that people write: exact solutions, both methods, and what has no solution."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nis_backend.capabilities.physics.nonlinear.differences import solve_on, weights
from nis_backend.capabilities.physics.nonlinear.equation import evolve
from nis_backend.capabilities.physics.nonlinear.evolution import PdeRequest, PdeSolution
from nis_backend.capabilities.physics.nonlinear.written_equations import read_system
from nis_backend.errors import InvalidRequest

TAU = 2 * math.pi


def solved(equation: str, initial: str, **changes: Any) -> PdeSolution:
    """From 0 to 2π until 1, unless told otherwise."""
    return evolve(PdeRequest.model_validate({"equation": equation, "initial": initial, **changes}))


EXACT: list[tuple[dict[str, Any], Callable[[Any], Any]]] = [
    ({"equation": "u_t = 0.1 u_xx", "initial": "sin(x)"}, lambda x: np.exp(-0.1) * np.sin(x)),
    ({"equation": "u_t = -u_x", "initial": "exp(sin(x))"}, lambda x: np.exp(np.sin(x - 1))),
    ({"equation": "u_t = -u_xxx", "initial": "sin(2x)"}, lambda x: np.sin(2 * (x + 4))),
    ({"equation": "-0.01 u_xxxx + u", "initial": "cos(3x)"}, lambda x: np.exp(1 - 0.81) * np.cos(3 * x)),
    ({"equation": "u_t = v_x; v_t = u_x", "initial": "sin(x); 0"}, lambda x: np.sin(x) * np.cos(1)),
    ({"equation": "u_t = -v_xx; v_t = u_xx", "initial": "cos(x); sin(x)"}, lambda x: np.cos(x - 1)),
    ({"equation": "u_t = u (1 - u)", "initial": "0.5 + 0.2 cos(x)"}, lambda x: _logistic(0.5 + 0.2 * np.cos(x))),
    ({"equation": "u_t = u_xx + cos(t) sin(x)", "initial": "0"}, lambda x: _forced(1.0) * np.sin(x)),
    (
        {"equation": "u_t = u_xx", "initial": "sin(x)", "right": math.pi, "ends": "held"},
        lambda x: np.exp(-1) * np.sin(x),
    ),
    (
        {"equation": "u_t = u_xx", "initial": "1 + cos(x)", "right": math.pi, "ends": "insulated"},
        lambda x: 1 + np.exp(-1) * np.cos(x),
    ),
    (
        {"equation": "u_t = -u u_x + 0.05 u_xx", "initial": "-tanh(10 x)", "left": -1, "right": 1, "ends": "held"},
        lambda x: -np.tanh(10 * x),
    ),
]


def _logistic(start: Any) -> Any:
    return start * math.e / (1 + start * (math.e - 1))


def _forced(t: float) -> float:
    return (math.cos(t) + math.sin(t) - math.exp(-t)) / 2


@pytest.mark.parametrize(("request_", "exact"), EXACT, ids=[one["equation"] for one, _ in EXACT])
def test_the_error_reached_bounds_the_true_error(request_: dict[str, Any], exact: Any) -> None:
    """Eleven exact solutions: all orders of derivative, systems, three kinds of ends, a forcing in time."""
    solution = evolve(PdeRequest.model_validate(request_))
    error = np.max(np.abs(np.array(solution.fields[0].final) - exact(np.array(solution.position))))
    assert error <= 2 * solution.receipt.error_reached + 1e-8
    assert solution.receipt.met
    assert error <= 1e-5


@pytest.mark.parametrize("ends", ["held", "insulated", "periodic"])
def test_differences_converge_with_order_four(ends: str) -> None:
    """Promise of the docstring, for each kind of end."""
    start = {"held": "sin(x)", "insulated": "cos(x)", "periodic": "cos(2x)"}[ends]
    request = PdeRequest.model_validate(
        {"equation": "u_t = 0.5 u_xx", "initial": start, "right": math.pi, "duration": 0.5, "ends": ends}
    )
    rate = 1.0 if ends == "periodic" else 0.25
    errors: list[float] = []
    for intervals in (16, 32, 64):
        found = solve_on(request, read_system(request), intervals, 1e-11).values[-1, 0]
        x = np.linspace(0, math.pi, intervals + 1)
        exact = {"held": np.sin(x), "insulated": np.cos(x), "periodic": np.cos(2 * x)}[ends]
        decay = math.exp(-rate)
        errors.append(float(np.max(np.abs(found - decay * exact))))
    # Between insulated ends the two errors of the stencil cancel in part.
    assert 3.6 <= math.log2(errors[0] / errors[2]) / 2 <= 5.2


def test_the_weights_are_those_of_the_textbook() -> None:
    """Fornberg (1988), table 1."""
    assert weights(np.arange(-2.0, 3.0), 2) * 12 == pytest.approx([-1, 16, -30, 16, -1], abs=1e-12)
    assert weights(np.arange(-2.0, 3.0), 1) * 12 == pytest.approx([1, -8, 0, 8, -1], abs=1e-12)


def test_both_methods_agree_on_burgers() -> None:
    """Fourier with ETDRK4, and differences with Radau: a time that is written keeps the second from the first."""
    one = solved("u_t = -u u_x + 0.2 u_xx", "sin(x)")
    other = solved("u_t = -u u_x + 0.2 u_xx + 0 t", "sin(x)")
    assert one.receipt.method.startswith("Fourier")
    assert other.receipt.method.startswith("differences")
    assert one.fields[0].final == pytest.approx(other.fields[0].final, abs=1e-5)


def test_an_equation_in_conservation_form_keeps_its_mean() -> None:
    """Kuramoto and Sivashinsky's."""
    solution = solved("u_t = -u u_x - u_xx - u_xxxx", "cos(x/2)", right=2 * TAU, tolerance=1e-3)
    assert [one.name for one in solution.receipt.conserved] == ["mean of u"]


@pytest.mark.parametrize(
    ("equation", "initial"),
    [
        ("u_t = -u_xx", "sin(x)"),
        ("u_t = u_xxxx", "sin(x)"),
        ("u_t = v_x; v_t = -u_x", "sin(x); 0"),
        ("u_t = -u u_xx", "2 + sin(x)"),
        ("u_t = sin(x) u_xx", "cos(x)"),
        ("u_t = u_xx - 2 v_xx; v_t = -2 u_xx + v_xx", "sin(x); 0"),
    ],
)
def test_what_has_no_solution_is_refused_with_the_reason(equation: str, initial: str) -> None:
    """Short waves that grow the faster the shorter they are: diffusion backwards, elliptic systems, mixed signs."""
    with pytest.raises(InvalidRequest, match="The shorter a wave, the faster it grows") as refused:
        solved(equation, initial)
    assert refused.value.field == "equation"


@pytest.mark.parametrize("equation", ["u_t = u^2", "u_t = 0.01 u_xx + u^2 + 0 t"])
def test_growth_without_bounds_is_told_with_its_time(equation: str) -> None:
    """U' = u² from 2 is infinite at 1/2, by both methods."""
    with pytest.raises(InvalidRequest, match="grows beyond all bounds") as refused:
        solved(equation, "2 + 0*x", duration=1)
    assert float(str(refused.value.message).rsplit("= ", 1)[1].rstrip(".")) == pytest.approx(0.5, abs=0.06)


def test_what_grows_on_a_coarse_grid_only_is_solved_on_finer_ones() -> None:
    """A manufactured wave of KdV, u = 1.97 sin(3x)·e^(-t/2) - cos(x - 2.84t)/3, which 48 intervals do not hold."""
    u = "(1.97 sin(3x) exp(-0.5t) - cos(x - 2.84t)/3)"
    u_x = "(5.91 cos(3x) exp(-0.5t) + sin(x - 2.84t)/3)"
    u_xxx = "(-53.19 cos(3x) exp(-0.5t) - sin(x - 2.84t)/3)"
    u_t = "(-0.985 sin(3x) exp(-0.5t) - 2.84 sin(x - 2.84t)/3)"
    equation = f"u_t = -0.0263 u_xxx - 6 u u_x + {u_t} + 0.0263 {u_xxx} + 6 {u} {u_x}"
    solution = solved(equation, "1.97 sin(3x) - cos(x)/3", duration=0.3, tolerance=1e-2)
    x = np.array(solution.position)
    exact = 1.97 * np.sin(3 * x) * math.exp(-0.15) - np.cos(x - 0.852) / 3
    assert solution.receipt.met
    assert np.max(np.abs(exact - solution.fields[0].final)) <= solution.receipt.error_reached


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"equation": "u_tt = u_xx"}, "equation"),
        ({"equation": "u_t = __import__('os')"}, "equation"),
        ({"equation": "u_t = w"}, "equation"),
        ({"equation": "u_t = 9^9^9 u"}, "equation"),
        ({"equation": "; ;"}, "equation"),
        ({"equation": "u_t = v; v_t = u"}, "initial"),
        ({"equation": "u_t = u/x"}, "equation"),
        ({"equation": "u_t = log(u)"}, "equation"),
        ({"equation": "u_t = tan(x)"}, "equation"),
        ({"equation": "u_t = 1/0"}, "equation"),
        ({"initial": "1/0"}, "initial"),
        ({"initial": "1/x"}, "initial"),
        ({"initial": "x"}, "initial"),
        ({"initial": "u"}, "initial"),
        ({"left": 7}, "right"),
        ({"equation": "u_t = -u_x", "ends": "held"}, "ends"),
        ({"equation": "u_t = -u_xxxx", "ends": "insulated"}, "ends"),
        ({"equation": "u_t = -1e9 u u_x + u_xx"}, "max_steps"),
    ],
)
def test_what_cannot_be_solved_is_a_typed_error(changes: dict[str, Any], field: str) -> None:
    """Each names the field and the remedy."""
    with pytest.raises(InvalidRequest) as refused:
        solved(**{"equation": "u_t = u_xx", "initial": "sin(x)", **changes})
    assert refused.value.field == field
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("equation", "jumps"),
    [
        ("u_t = 0.1 u_xx + x", True),
        ("u_t = 0.1 u_xx - 0.3 x u", True),
        ("u_t = 0.1 u_xx + x sin(t)", True),
        ("u_t = 0.1 u_xx + sin(x)", False),
        ("u_t = 0.1 u_xx - u u_x", False),
    ],
)
def test_what_jumps_where_a_period_ends_is_told(equation: str, jumps: bool) -> None:
    """A coefficient or a source that does not repeat, at any time and of any field."""
    solution = evolve(PdeRequest(equation=equation, initial="sin(x)", tolerance=0.1, max_steps=4096))
    assert any("both ends of the period" in note for note in solution.receipt.notes) is jumps
