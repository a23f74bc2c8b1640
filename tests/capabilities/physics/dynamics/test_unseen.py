"""What a formula of the time does between the steps is found, or the answer is not met."""

from __future__ import annotations

import math

import pytest

from nis_backend.capabilities.physics.dynamics.solving import solve
from nis_backend.capabilities.physics.dynamics.system import OdeRequest

ROOT = math.sqrt(math.pi)


@pytest.mark.parametrize(
    ("equation", "start", "end"),
    [
        ("x' = 1e4*exp(-((t - pi)/1e-4)^2) + cos(t)", 0.0, ROOT + math.sin(10)),
        ("x' = 1e-3*exp(-((t - 3.01)/w)^2) + 1", 0.0, 10 + 1e-7 * ROOT),
        ("x' = 1e4*x*exp(-((t - 3.21)/w)^2)", 1.0, math.exp(ROOT)),
        ("x' = exp(-(sin(t)/w)^2)", 0.0, 9.5e-4 * ROOT),
        ("x' = max(0, 1 - abs(t - 3.456)/w)", 0.0, 1e-4),
        ("x' = heaviside(t - 3.01) - heaviside(t - 3.01 - w)", 0.0, 1e-4),
    ],
)
def test_a_peak_much_narrower_than_the_steps_is_not_stepped_over(equation: str, start: float, end: float) -> None:
    """Between the places that steps look at, bounds of the formula show it; it was 0 with `met`."""
    request = OdeRequest(equations=[equation], initial={"x": start}, duration=30 if "sin(t)" in equation else 10)
    found = solve(request.model_copy(update={"parameters": {"w": 1e-4} if "w" in equation else {}}))
    off = abs(found.final["x"] - end) / max(map(abs, found.trajectory.states["x"]))
    assert off < 3 * found.receipt.error_reached + 1e-8
    assert off < 1e-6


def test_what_no_step_resolves_is_not_met() -> None:
    """A thousand peaks within each step, too many to lay steps for, are told."""
    found = solve(OdeRequest(equations=["x' = 1 + exp(-(sin(1e6*t)/1e-3)^2)"], initial={"x": 0.0}, duration=10))
    assert not found.receipt.met


@pytest.mark.parametrize("late", [3.0, 3.01])
def test_a_step_from_rest_is_followed(late: float) -> None:
    """At the jump a state that was 0 has no size that an error could be relative to."""
    request = OdeRequest(equations=["x' = -x + heaviside(t - late)"], initial={"x": 0.0}, duration=10)
    found = solve(request.model_copy(update={"parameters": {"late": late}}))
    assert found.receipt.met
    assert abs(found.final["x"] - (1 - math.exp(late - 10))) < 1e-10


def test_growth_without_bound_from_rest_is_still_told() -> None:
    """A state that begins at 0 and has no end is no jump."""
    with pytest.raises(Exception, match="grows without bound"):
        solve(OdeRequest(equations=["x' = 1 + x^2"], initial={"x": 0.0}, duration=2))
