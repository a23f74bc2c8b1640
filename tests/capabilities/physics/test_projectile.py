"""The flight of thrown bodies against closed forms, invariants and their own claims."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nis_backend.capabilities.physics.motion import ProjectileRequest
from nis_backend.capabilities.physics.projectile import drag_constant, first_step, fly, launch, rate, trace
from nis_backend.errors import InvalidRequest

BALL: dict[str, Any] = {"speed": 20, "angle": 40, "mass": 0.145, "diameter": 0.074}  # Any: JSON


def request(**changes: Any) -> ProjectileRequest:
    """A thrown baseball, changed."""
    return ProjectileRequest.model_validate({**BALL, **changes})


def coarse_flights(asked: ProjectileRequest, halvings: range) -> list[tuple[float, float]]:
    """Landing place and time on grids of the first step halved so often."""
    k, start = drag_constant(asked), launch(asked)
    step = first_step(start, asked.gravity, k)
    paths = [trace(rate(asked.gravity, k), start, step / 2**i, 100_000) for i in halvings]
    return [(path.landing[0], path.time) for path in paths if path]


def test_the_landing_place_converges_with_order_four() -> None:
    """Promise of the operation's docstring, with drag, landing included: against a very fine solution."""
    *flights, fine = coarse_flights(request(speed=60, angle=50), range(8))
    errors = [abs(x - fine[0]) for x, _ in flights[:5]]
    assert math.log2(errors[0] / errors[4]) / 4 == pytest.approx(4, abs=0.35)


def test_the_flight_time_converges_with_order_four_to_the_exact_one() -> None:
    """A body dropped with drag falls h in (v/g)·arcosh(exp(k·h)), v² = g/k: the event must not lose the order."""
    asked = request(speed=1e-9, angle=-90, height=300)
    k, g = drag_constant(asked), asked.gravity
    exact = math.sqrt(1 / (g * k)) * math.acosh(math.exp(k * 300))
    errors = [abs(time - exact) for _, time in coarse_flights(asked, range(4))]
    assert math.log2(errors[0] / errors[3]) / 3 == pytest.approx(4, abs=0.35)


@pytest.mark.parametrize(("angle", "height"), [(45, 0), (40, 0), (90, 0), (0, 80), (-30, 25), (60, 1.8)])
def test_without_drag_it_is_the_parabola(angle: float, height: float) -> None:
    """Range, time, apex and impact speed of the closed forms."""
    flight = fly(ProjectileRequest(speed=20, angle=angle, height=height))
    g, vx, vy = 9.80665, 20 * math.cos(math.radians(angle)), 20 * math.sin(math.radians(angle))
    time = (vy + math.sqrt(vy**2 + 2 * g * height)) / g
    assert flight.flight_time == pytest.approx(time, rel=1e-12)
    assert flight.range == pytest.approx(vx * time, rel=1e-12, abs=1e-9)
    assert flight.apex_height == pytest.approx(height + max(vy, 0) ** 2 / (2 * g), rel=1e-12)
    assert flight.impact_speed == pytest.approx(math.sqrt(400 + 2 * g * height), rel=1e-12)


def test_straight_up_with_drag_is_the_closed_form() -> None:
    """Apex ln(1 + k·v²/g)/(2k), and no way to the side."""
    asked = request(angle=90)
    flight, k = fly(asked), drag_constant(asked)
    assert flight.apex_height == pytest.approx(math.log1p(k * 400 / asked.gravity) / (2 * k), rel=1e-8)
    assert flight.range == 0
    assert flight.receipt.checks[0].name.endswith("vertical fall")
    assert flight.receipt.checks[0].agrees


def test_a_long_fall_ends_at_terminal_speed() -> None:
    """Drag balances weight: v² = g/k."""
    asked = request(angle=0, height=5000)
    assert fly(asked).impact_speed == pytest.approx(math.sqrt(asked.gravity / drag_constant(asked)), rel=1e-6)


def test_energy_is_only_lost() -> None:
    """With drag the mechanical energy falls from sample to sample; without, it stays."""
    for drag in (True, False):
        flight = fly(request(drag=drag))
        path = flight.trajectory
        energy = [v * v / 2 + 9.80665 * y for v, y in zip(path.speed, path.height, strict=True)]
        if drag:
            assert all(b < a for a, b in pairwise(energy))
        else:
            assert energy == pytest.approx([energy[0]] * len(energy), rel=1e-9)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    speed=st.floats(0.5, 400),
    angle=st.floats(1, 89),
    height=st.floats(0, 500),
    mass=st.floats(0.05, 50),
    diameter=st.floats(0.005, 0.1),
    tolerance=st.floats(1e-6, 1e-2),
)
def test_the_error_reached_does_not_flatter(
    speed: float, angle: float, height: float, mass: float, diameter: float, tolerance: float
) -> None:
    """Three times the receipt's estimate holds against a much finer solution, and every check agrees."""
    given = {"speed": speed, "angle": angle, "height": height, "mass": mass, "diameter": diameter}
    rough = fly(ProjectileRequest.model_validate({**given, "tolerance": tolerance}))
    fine = fly(ProjectileRequest.model_validate({**given, "tolerance": tolerance / 1000}))
    bound = 3 * rough.receipt.error_reached + fine.receipt.error_reached
    assert rough.receipt.met
    assert abs(rough.range - fine.range) <= bound
    assert abs(rough.apex_height - fine.apex_height) <= bound
    assert all(check.agrees for check in rough.receipt.checks)


def test_the_check_of_the_landing_can_fail() -> None:
    """A flight in denser air does not pass for this one: the hodograph's speed differs by more than is allowed."""
    check = fly(request()).receipt.checks[0]
    assert abs(fly(request(air_density=1.2251)).impact_speed - check.expected) > check.allowed


def test_too_few_steps_are_told_and_not_hidden() -> None:
    """The step limit ends the refining short of the error asked; `met` says so."""
    receipt = fly(request(speed=300, tolerance=1e-12, max_steps=256)).receipt
    assert not receipt.met
    assert receipt.error_reached > receipt.error_asked == 1e-12
    assert receipt.steps <= 256


def test_a_feather_that_never_lands_is_refused() -> None:
    """Steps in the air are bounded, and the message names the field."""
    with pytest.raises(InvalidRequest) as refused:
        fly(request(mass=1e-9, diameter=100, height=1e5, max_steps=1000))
    assert refused.value.field == "max_steps"


def test_without_mass_or_diameter_the_answer_says_there_is_no_drag() -> None:
    """Nothing is assumed in silence."""
    flight = fly(ProjectileRequest(speed=20, angle=40, mass=1))
    assert not flight.drag
    assert "diameter not given" in flight.model
    assert flight.range > fly(request()).range


def test_the_path_begins_at_the_launch_and_ends_on_the_ground() -> None:
    """As many points as asked for, none below the ground."""
    flight = fly(request(height=2, points=37))
    path = flight.trajectory
    assert len(path.time) == len(path.distance) == len(path.height) == len(path.speed) == 37
    assert (path.time[0], path.distance[0], path.height[0], path.speed[0]) == pytest.approx((0, 0, 2, 20))
    assert (path.time[-1], path.distance[-1], path.height[-1]) == (flight.flight_time, flight.range, 0)
    assert min(path.height) >= 0
    assert max(path.height) == pytest.approx(flight.apex_height, rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"speed": math.nan}, "speed"),
        ({"speed": math.inf}, "speed"),
        ({"speed": -1}, "speed"),
        ({"angle": 91}, "angle"),
        ({"height": -1}, "height"),
        ({"mass": 0}, "mass"),
        ({"diameter": -0.1}, "diameter"),
        ({"gravity": 0}, "gravity"),
        ({"tolerance": 0}, "tolerance"),
        ({"max_steps": 10**9}, "max_steps"),
        ({"points": 10**9}, "points"),
        ({"wind": 3}, "wind"),
    ],
)
def test_wrong_fields_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    """Bounds of the request: nothing that cannot be computed gets as far as the solver."""
    with pytest.raises(ValidationError) as refused:
        request(**changes)
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"drag": True, "mass": None}, "mass"),
        ({"drag": True, "diameter": None}, "diameter"),
        ({"angle": 0}, "height"),
        ({"angle": -10, "height": 0}, "angle"),
        ({"speed": 0}, "speed"),
    ],
)
def test_fields_that_do_not_go_together_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    """Drag needs mass and diameter; from the ground one throws upwards."""
    with pytest.raises(InvalidRequest) as refused:
        request(**changes)
    assert refused.value.field == field
    assert refused.value.remedy
