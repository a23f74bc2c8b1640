"""The pendulum against elliptic functions, invariants and its own claims."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.special import ellipj, ellipk  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType] - scipy has none

from nis_backend.capabilities.physics.motion import PendulumRequest
from nis_backend.capabilities.physics.ode import advance
from nis_backend.capabilities.physics.pendulum import exact_period, rate, swing
from nis_backend.errors import InvalidRequest


def request(**changes: Any) -> PendulumRequest:
    """A metre-long pendulum let go at 30 degrees, changed."""
    return PendulumRequest.model_validate({"length": 1, "angle": 30, **changes})


def exact_angle(amplitude: float, time: float, stiffness: float) -> float:
    """The angle of a pendulum let go at rest, by Jacobi's elliptic sine, rad."""
    k = math.sin(amplitude / 2)
    sn = ellipj(float(ellipk(k * k)) - math.sqrt(stiffness) * time, k * k)[0]
    return 2 * math.asin(k * float(sn))


def test_the_angle_converges_with_order_four_to_the_exact_one() -> None:
    """Promise of the operation's docstring, at an amplitude of 120 degrees."""
    f, start = rate(9.8, 0.0), math.radians(120)
    errors: list[float] = []
    for steps in (100, 200, 400, 800):
        y = (start, 0.0, 0.0)
        for _ in range(steps):
            y = advance(f, y, 4.0 / steps)
        errors.append(abs(y[0] - exact_angle(start, 4.0, 9.8)))
    assert math.log2(errors[0] / errors[-1]) / 3 == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize("amplitude", [0.01, 1, 30, 90, 150, 179, 179.99])
def test_the_period_is_the_complete_elliptic_integral(amplitude: float) -> None:
    """T = 4·K(sin²(θ/2))·√(L/g), here by the arithmetic-geometric mean."""
    angle = math.radians(amplitude)
    expected = 4 * float(ellipk(math.sin(angle / 2) ** 2)) / math.sqrt(9.8)
    assert exact_period(angle, 0.0, 9.8) == pytest.approx(expected, rel=1e-9)


def test_a_small_swing_has_the_textbook_period() -> None:
    """2π√(L/g), approached as θ²/16."""
    motion = swing(request(angle=0.1))
    assert motion.period == pytest.approx(motion.small_angle_period, rel=1e-6)
    assert motion.small_angle_period == pytest.approx(2.006409, rel=1e-6)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(amplitude=st.floats(1, 170), length=st.floats(0.05, 20), tolerance=st.floats(1e-7, 1e-3))
def test_the_error_reached_bounds_the_error_of_every_angle(amplitude: float, length: float, tolerance: float) -> None:
    """The receipt's estimate against Jacobi's functions, at every point given; every check agrees."""
    motion = swing(request(angle=amplitude, length=length, tolerance=tolerance, points=9))
    stiffness = 9.80665 / length
    assert motion.receipt.met
    for time, angle in zip(motion.trajectory.time, motion.trajectory.angle, strict=True):
        error = math.radians(angle) - exact_angle(math.radians(amplitude), time, stiffness)
        # Between two steps the cubic adds its own error, of the same order.
        assert abs(error) <= 3 * motion.receipt.error_reached + 1e-9
    assert len(motion.receipt.checks) == 2
    assert all(check.agrees for check in motion.receipt.checks)


def test_energy_is_kept_and_what_damping_takes_is_counted() -> None:
    """The drift is small with and without damping, while the damped swing itself dies out."""
    free, damped = swing(request(duration=20)), swing(request(duration=20, damping=0.5))
    assert free.energy_drift < 1e-6
    assert damped.energy_drift < 1e-6
    assert max(abs(angle) for angle in damped.trajectory.angle[-30:]) < 1
    assert max(free.trajectory.angle[-60:]) == pytest.approx(30, abs=0.1)


def test_a_small_damped_swing_is_the_linear_one() -> None:
    """θ·exp(-ct/2)·cos(ωt) + …, ω² = g/L - c²/4, at 0.01 degrees."""
    motion = swing(request(angle=0.01, damping=0.6, duration=5, tolerance=1e-9))
    omega = math.sqrt(9.80665 - 0.09)
    end = 0.01 * math.exp(-1.5) * (math.cos(5 * omega) + 0.3 / omega * math.sin(5 * omega))
    assert motion.trajectory.angle[-1] == pytest.approx(end, abs=1e-7)
    assert motion.period == pytest.approx(2 * math.pi / omega, rel=1e-6)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "swings"),
        ({"angular_velocity": 8.0}, "turns over"),
        ({"angular_velocity": -8.0}, "turns over"),
        ({"damping": 7.0}, "creeps back"),
        ({"angle": 0}, "rests"),
    ],
)
def test_the_kind_of_motion_is_named(changes: dict[str, Any], kind: str) -> None:
    """The four ways a pendulum moves."""
    assert swing(request(**changes)).motion == kind


def test_a_pendulum_that_turns_over_has_the_period_of_a_turn() -> None:
    """The simulated angle advances by 2π in the exact period."""
    motion = swing(request(angular_velocity=8.0, points=2))
    assert motion.period
    turned = swing(request(angular_velocity=8.0, duration=motion.period, points=2))
    assert turned.trajectory.angle[-1] - turned.trajectory.angle[0] == pytest.approx(360, abs=1e-3)


def test_the_speed_is_greatest_at_the_lowest_point() -> None:
    """v² = 2gL(1 - cos θ), found between the steps."""
    assert swing(request()).max_speed == pytest.approx(math.sqrt(2 * 9.80665 * (1 - math.cos(math.pi / 6))), rel=1e-6)


def test_left_and_right_are_mirror_images() -> None:
    """The motion from -30 degrees is the negative of that from 30."""
    left, right = swing(request(angle=-30)), swing(request(angle=30))
    assert left.trajectory.angle == [-angle for angle in right.trajectory.angle]


def test_the_border_between_swinging_and_turning_has_no_period() -> None:
    """At the energy of the upright position the period is infinite, so it is not given."""
    assert exact_period(0.0, 2.0, 1.0) is None


def test_too_many_swings_for_the_steps_are_refused_with_the_duration_that_fits() -> None:
    """The coarsest grid must resolve the motion; the remedy names the time that would."""
    with pytest.raises(InvalidRequest) as refused:
        swing(request(length=0.01, duration=1e6))
    assert refused.value.field == "duration"
    assert "below" in refused.value.remedy


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"length": 0}, "length"),
        ({"length": -1}, "length"),
        ({"angle": 180}, "angle"),
        ({"angle": math.nan}, "angle"),
        ({"damping": -0.1}, "damping"),
        ({"duration": 0}, "duration"),
        ({"max_steps": 10**9}, "max_steps"),
        ({"points": 1}, "points"),
    ],
)
def test_wrong_fields_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    """Bounds of the request."""
    with pytest.raises(ValidationError) as refused:
        request(**changes)
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]
