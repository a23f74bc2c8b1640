"""Runge-Kutta steps, the events they are cut at, and the values between them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from nis_backend.capabilities.physics.ode import advance, between, cross, crossings

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.ode import State


def turn(y: State) -> State:
    """The unit oscillator: (cos t, -sin t)."""
    return y[1], -y[0]


def orbit(steps: int, time: float) -> list[State]:
    """The oscillator's states at equal steps."""
    states: list[State] = [(1.0, 0.0)]
    for _ in range(steps):
        states.append(advance(turn, states[-1], time / steps))
    return states


def slope(errors: list[float]) -> float:
    """The power by which the error falls when the step is halved, over all the halvings."""
    return math.log2(errors[0] / errors[-1]) / (len(errors) - 1)


def test_the_error_falls_with_the_fourth_power_of_the_step() -> None:
    """Promise of the module's ORDER, against (cos t, -sin t)."""
    ends = [orbit(n, 3.0)[-1] for n in (10, 20, 40, 80)]
    errors = [math.hypot(x - math.cos(3.0), v + math.sin(3.0)) for x, v in ends]
    assert slope(errors) == pytest.approx(4, abs=0.2)


def test_a_crossing_is_found_to_the_order_of_the_steps() -> None:
    """An event found between two steps keeps the method's order: the zero of cos t is at π/2."""
    errors: list[float] = []
    for n in (10, 20, 40, 80):
        time, state = next(crossings(turn, orbit(n, 3.0), 3.0 / n, 0))
        errors.append(abs(time - math.pi / 2))
        assert abs(state[0]) < 1e-14
    assert slope(errors) == pytest.approx(4, abs=0.4)


def test_a_start_at_zero_is_no_crossing() -> None:
    """The sine passes zero at π and 2π, not at its start."""
    states: list[State] = [(0.0, 1.0)]
    for _ in range(70):
        states.append(advance(turn, states[-1], 0.1))
    times = [time for time, _ in crossings(turn, states, 0.1, 0)]
    assert times == pytest.approx([math.pi, 2 * math.pi], abs=1e-4)


@pytest.mark.parametrize("h", [1e-9, 1e-3, 1.0])
def test_a_crossing_lies_within_its_step(h: float) -> None:
    """Newton's method is held by the bracket, however small the step."""
    s, state = cross(turn, (h / 2, -1.0), h, 0)
    assert 0 < s < h
    assert abs(state[0]) < 1e-12


def test_values_between_the_steps_keep_the_order() -> None:
    """The cubic between two steps errs by the fourth power of the step."""
    errors: list[float] = []
    for n in (10, 20, 40):
        states, h = orbit(n, 3.0), 3.0 / n
        inner = [between(turn, states[i], states[i + 1], h, 0.5)[0] - math.cos((i + 0.5) * h) for i in range(n)]
        errors.append(max(abs(one) for one in inner))
    assert slope(errors) == pytest.approx(4, abs=0.3)
