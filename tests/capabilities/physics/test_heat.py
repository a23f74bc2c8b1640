"""Heat in a rod against exact solutions, invariants and its own claims."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nis_backend.capabilities.physics.heat import conduct, diffuse, layers, series
from nis_backend.capabilities.physics.rod import DIFFUSIVITY, HeatRequest, Material
from nis_backend.errors import InvalidRequest

ROD: dict[str, Any] = {  # Any: JSON
    "length": 1,
    "material": "copper",
    "initial_temperature": 20,
    "left_temperature": 100,
    "right_temperature": 0,
    "duration": 60,
}


def request(**changes: Any) -> HeatRequest:
    """A copper rod with its ends held, changed."""
    return HeatRequest.model_validate({**ROD, **changes})


def slope(errors: list[float]) -> float:
    """The power by which the error falls when step and interval are halved."""
    return math.log2(errors[0] / errors[-1]) / (len(errors) - 1)


def test_a_smooth_start_converges_with_order_two() -> None:
    """Promise of the operation's docstring: sin πx decays as exp(-π²·Fo)."""
    errors: list[float] = []
    for n in (10, 20, 40, 80):
        start = np.sin(np.pi * np.linspace(0, 1, n + 1))
        errors.append(float(np.max(np.abs(diffuse(start, 0.1, n) - start * math.exp(-(math.pi**2) * 0.1)))))
    assert slope(errors) == pytest.approx(2, abs=0.15)


def test_ends_that_jump_converge_with_order_two() -> None:
    """Rannacher's start keeps the order where the given ends do not fit the rod."""
    errors: list[float] = []
    for n in (20, 40, 80, 160):
        exact = series(np.ones(n + 1), 0.02, np.linspace(0, 1, n + 1))
        assert exact is not None
        errors.append(float(np.max(np.abs(diffuse(np.ones(n + 1), 0.02, n) - exact)[1:-1])))
    assert slope(errors) == pytest.approx(2, abs=0.25)


def test_long_steps_do_not_ring() -> None:
    """Steps many times dx²/α: no node overshoots, as plain Crank-Nicolson's would."""
    profile = diffuse(np.ones(401), 0.05, 16)
    assert float(np.max(profile)) <= 1 + 1e-3
    assert float(np.min(profile)) >= 0
    assert np.all(np.diff(profile[:200]) >= -1e-3)


def test_the_series_and_the_error_functions_agree() -> None:
    """The two exact solutions of a uniform rod, where both hold."""
    x = np.linspace(0, 1, 41)
    rest = 100 * (1 - x)
    found = series(20 - rest, 0.005, x)
    assert found is not None
    assert np.allclose(found + rest, layers(20, 100, 0, 0.005, x), atol=1e-10)


def test_the_series_begins_as_the_profile_it_was_given() -> None:
    """The series of a piecewise straight profile returns it, for a time as good as none."""
    knots = np.array([0.0, 3.0, -1.0, 2.0, 0.0])
    found = series(knots, 1e-5, np.linspace(0, 1, 5))
    assert found is not None
    # A corner rounds off by its bend of 28 K a length, times √(Fo/π).
    assert np.allclose(found, knots, atol=0.06)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    start=st.floats(-100, 1000),
    left=st.floats(-100, 1000),
    right=st.floats(-100, 1000),
    fourier=st.floats(1e-3, 3),
    tolerance=st.floats(1e-3, 1),
    nodes=st.integers(3, 80),
)
def test_the_error_reached_bounds_the_error_of_every_node(
    start: float, left: float, right: float, fourier: float, tolerance: float, nodes: int
) -> None:
    """The receipt's estimate against the exact series."""
    solution = conduct(
        HeatRequest(
            length=1,
            diffusivity=1e-4,
            initial_temperature=start,
            left_temperature=left,
            right_temperature=right,
            duration=fourier * 1e4,
            nodes=nodes,
            tolerance=tolerance,
        )
    )
    x = np.linspace(0, 1, nodes)
    rest = left + (right - left) * x
    found = series(start - rest, fourier, x)
    assert found is not None
    error = np.abs(np.array(solution.temperature) - found - rest)[1:-1]
    assert solution.receipt.met
    assert float(np.max(error)) <= 3 * solution.receipt.error_reached + 1e-9
    assert all(check.agrees for check in solution.receipt.checks)


def test_the_receipt_reports_the_order_it_saw() -> None:
    """Second order, measured in the call itself."""
    assert conduct(request(tolerance=1e-5)).receipt.observed_order == pytest.approx(2, abs=0.05)


def test_held_ends_do_not_move() -> None:
    """The first and last node are the temperatures given."""
    solution = conduct(request())
    assert (solution.temperature[0], solution.temperature[-1]) == (100, 0)


def test_no_node_is_hotter_or_colder_than_what_it_began_with() -> None:
    """The maximum principle, within the error reached."""
    solution = conduct(request(initial_temperature=40))
    assert max(solution.temperature) <= 100 + solution.receipt.error_reached
    assert min(solution.temperature) >= -solution.receipt.error_reached


def test_a_symmetric_rod_stays_symmetric() -> None:
    """Equal ends, equal halves."""
    temperature = conduct(request(left_temperature=50, right_temperature=50)).temperature
    assert temperature == pytest.approx(temperature[::-1], abs=1e-9)


def test_after_a_very_long_time_the_rod_is_at_rest() -> None:
    """A straight line between the ends, also where a single step would be far too long."""
    solution = conduct(request(duration=1e9))
    assert solution.temperature == pytest.approx(solution.steady, abs=solution.receipt.error_reached)
    assert solution.receipt.met
    assert solution.left_gradient == pytest.approx(-100, rel=1e-4)
    assert solution.right_gradient == pytest.approx(-100, rel=1e-4)


def test_what_flows_in_is_what_the_rod_gains() -> None:
    """Heat balance: the mean temperature changes by the difference of the end gradients, over a short time."""
    early, late = conduct(request(duration=600, tolerance=1e-5)), conduct(request(duration=601, tolerance=1e-5))
    inflow = early.diffusivity * (early.right_gradient - early.left_gradient)
    assert late.mean - early.mean == pytest.approx(inflow, rel=2e-3)


def test_a_given_profile_is_added_to_the_rod() -> None:
    """One wave of a sine at 33 nodes decays as exp(-π²·Fo), to the error of its straight pieces."""
    wave = [10 * math.sin(math.pi * i / 32) for i in range(33)]
    given = {"initial_temperature": 20, "left_temperature": 20, "right_temperature": 20, "duration": 1000}
    solution = conduct(request(**given, departure=wave))
    assert solution.initial == pytest.approx([20 + one for one in wave])
    decay = math.exp(-(math.pi**2) * 117e-6 * 1000)
    assert solution.midpoint - 20 == pytest.approx(10 * decay, rel=2e-3)
    assert [check.agrees for check in solution.receipt.checks] == [True]


@pytest.mark.parametrize("seconds", [1, 1000, 1e6])
def test_a_start_that_fits_its_ends_is_exact_when_asked(seconds: float) -> None:
    """1e-8 K asked: two straight lines' sine series, summed here to 4000 terms, with flux and mean."""
    given = {"initial_temperature": 20, "left_temperature": 20, "right_temperature": 20, "tolerance": 1e-8}
    solution = conduct(
        request(**given, diffusivity=1e-4, material=None, departure=[0, 50, 100, 50, 0], duration=seconds)
    )
    n = np.arange(1, 4000)
    left = 800 * np.sin(n * np.pi / 2) / (n * np.pi) ** 2 * np.exp(-((n * np.pi) ** 2) * 1e-4 * seconds)
    wanted = 20 + np.sin(np.pi * np.outer(np.linspace(0, 1, 5), n)) @ left
    assert solution.receipt.met
    assert np.max(np.abs(np.array(solution.temperature) - wanted)) <= solution.receipt.error_reached + 1e-12
    assert solution.left_gradient == pytest.approx(float(np.pi * n @ left), rel=1e-9, abs=1e-9)
    assert solution.right_gradient == pytest.approx(-solution.left_gradient, rel=1e-9, abs=1e-9)
    assert solution.mean == pytest.approx(20 + float(2 / np.pi * np.sum((left / n)[n % 2 == 1])), abs=1e-9)
    assert [check.agrees for check in solution.receipt.checks] == [True]


def test_a_moment_after_the_start_only_the_ends_have_changed() -> None:
    """A time too short for any grid: the nodes inside are as they were, and checked by the error functions."""
    solution = conduct(request(duration=1e-6))
    assert solution.temperature[1:-1] == pytest.approx([20] * 49, abs=2e-3)
    assert solution.receipt.checks[0].name.startswith("temperature, error functions")


def test_too_few_steps_are_told_and_not_hidden() -> None:
    """The step limit ends the refining short of the error asked; `met` says so."""
    receipt = conduct(request(tolerance=1e-10, max_steps=128)).receipt
    assert not receipt.met
    assert receipt.error_reached > 1e-10
    assert receipt.steps <= 128


@pytest.mark.parametrize("nodes", [3, 4, 5, 51, 512, 513])
def test_the_answer_has_the_nodes_asked_for(nodes: int) -> None:
    """Ends included, evenly spaced, the midpoint found between them when their number is even."""
    solution = conduct(request(nodes=nodes, duration=2000))
    assert len(solution.temperature) == len(solution.position) == nodes
    assert solution.position[-1] == 1
    assert solution.midpoint == pytest.approx(conduct(request(duration=2000)).midpoint, abs=5e-3)


def test_every_material_has_its_diffusivity() -> None:
    """From ice to silver; copper's is the textbook's."""
    assert set(DIFFUSIVITY) == set(Material)
    assert request().alpha == 117e-6
    assert all(1e-7 < value < 2e-4 for value in DIFFUSIVITY.values())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"length": 0}, "length"),
        ({"length": -1}, "length"),
        ({"duration": 0}, "duration"),
        ({"left_temperature": -300}, "left_temperature"),
        ({"initial_temperature": math.nan}, "initial_temperature"),
        ({"material": "cheese"}, "material"),
        ({"nodes": 10**6}, "nodes"),
        ({"max_steps": 10**9}, "max_steps"),
        ({"departure": [0.0] * 514}, "departure"),
    ],
)
def test_wrong_fields_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    """Bounds of the request."""
    with pytest.raises(ValidationError) as refused:
        request(**changes)
    assert [error["loc"][0] for error in refused.value.errors()] == [field]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"material": None}, "material"),
        ({"diffusivity": 1e-4}, "diffusivity"),
        ({"departure": [1, 2]}, "departure"),
    ],
)
def test_fields_that_do_not_go_together_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    """A material or a diffusivity, not both and not neither; two nodes are no rod."""
    with pytest.raises(InvalidRequest) as refused:
        request(**changes)
    assert refused.value.field == field
