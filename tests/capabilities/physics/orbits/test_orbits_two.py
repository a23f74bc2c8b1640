"""Two bodies: Kepler's equation against more digits, transfers against published values."""

from __future__ import annotations

import math
from typing import Any

import mpmath  # pyright: ignore[reportMissingTypeStubs] - it has none
import pytest
from hearing import Hearing

from nis_backend.capabilities.physics.orbits import kepler
from nis_backend.capabilities.physics.orbits.motion import Orbit, Transfer
from nis_backend.capabilities.physics.orbits.operations import plan_transfer, solve_orbit
from nis_backend.errors import InvalidRequest
from nis_backend.view import Series, Text

Json = dict[str, Any]
mp: Any = mpmath.mp  # Any: mpmath has no types


def orbit(**request: Any) -> Orbit:
    """The orbit."""
    return solve_orbit.function(solve_orbit.validate(request), Hearing())


def transfer(**request: Any) -> Transfer:
    """The transfer."""
    return plan_transfer.function(plan_transfer.validate(request), Hearing())


def exact(e: float, time: float) -> tuple[float, float]:
    """The place on an orbit of half-axis 1 and GM 1 that began at its periapsis, by 40 digits."""
    with mp.workdps(40):
        mean = mp.mpf(time) % (2 * mp.pi)

        def miss(one: Any) -> Any:  # Any: a number of mpmath
            return one - mp.mpf(e) * mp.sin(one) - mean

        turned = mp.findroot(miss, mean + mp.mpf(e) * mp.sin(mean))
        return float(mp.cos(turned) - mp.mpf(e)), float(mp.sqrt(1 - mp.mpf(e) ** 2) * mp.sin(turned))


@pytest.mark.parametrize("e", [0.0, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("time", [0.7, 12.0, 100.0, 1000.0])
def test_keplers_equation_is_solved_to_rounding(e: float, time: float) -> None:
    """Promise: the true error is within the error told, and at e = 0.6, t = 100 below 1e-9 by far."""
    result = orbit(gm=1, semi_major_axis=1, eccentricity=e, duration=time)
    x, y = exact(e, time)
    error = math.hypot(result.position[0] - x, result.position[1] - y)
    assert error <= 1.5 * result.receipt.error_reached
    assert result.receipt.met
    assert error < 1e-10
    assert all(check.agrees for check in result.receipt.checks)


def test_a_parabola_obeys_barkers_equation() -> None:
    """D + D³/3 = 2t√(GM/p³), D = tan ν/2. Source: Vallado (2013), 2.2."""
    result = orbit(gm=1, periapsis=1, eccentricity=1, inclination=30, duration=10)
    half = math.tan(math.radians(result.true_anomaly) / 2)
    assert (half + half**3 / 3) * math.sqrt(2) == pytest.approx(10, rel=1e-12)
    assert (result.kind, result.period, result.semi_major_axis, result.apoapsis) == ("parabola", None, None, None)
    assert result.inclination == pytest.approx(30)


def test_a_hyperbola_obeys_its_own_equation_and_comes_back() -> None:
    """M = e sinh F - F, and the way back ends at the start."""
    result = orbit(gm=1, periapsis=1, eccentricity=2.5, duration=100)
    a = 1 / 1.5
    f = math.acosh((result.distance / a + 1) / 2.5)
    assert 2.5 * math.sinh(f) - f == pytest.approx(100 / a**1.5, rel=1e-12)
    assert result.kind == "hyperbola"
    back = orbit(gm=1, position=result.position, velocity=result.velocity, duration=-100)
    assert back.position == pytest.approx([1, 0, 0], abs=1e-11)
    assert all(check.agrees for check in result.receipt.checks)


def test_what_hardly_differs_from_a_parabola_is_none() -> None:
    """At e = 1 - 5e-12 a turn takes 2π(q/(1 - e))^1.5, and after half of it the body is at its apoapsis."""
    e = 1 - 5e-12
    turn = 2 * math.pi * (1 / (1 - e)) ** 1.5
    result = orbit(gm=1, periapsis=1, eccentricity=e, duration=turn / 2)
    assert result.kind == "ellipse"
    assert result.period == pytest.approx(turn, rel=1e-12)
    assert result.apoapsis is not None
    assert abs(result.distance - result.apoapsis) <= result.receipt.error_reached
    with mp.workdps(30):
        far = orbit(gm=1, periapsis=1, eccentricity=1, true_anomaly=120, duration=1e6)
        # Barker's equation from 120 degrees on.
        half = mp.tan(mp.radians(120) / 2)
        whole = half + half**3 / 3 + mp.mpf(10) ** 6 / mp.sqrt(2)

        def miss(one: Any) -> Any:  # Any: a number of mpmath
            return one + one**3 / 3 - whole

        later = mp.findroot(miss, mp.cbrt(3 * whole))
        assert abs(far.distance - (1 + later**2)) <= 3 * far.receipt.error_reached


def test_elements_and_state_are_two_names_of_one_orbit() -> None:
    """There and back for tilted ellipses, and the angles that mean nothing are 0."""
    for e, tilt, node, argument, anomaly in ((0.3, 40, 50, 60, 70), (0.7, 120, 300, 10, 200), (1.4, 80, 20, 340, 30)):
        angles = map(math.radians, (tilt, node, argument, anomaly))
        one = kepler.Elements(
            **dict(
                zip(
                    ("periapsis", "eccentricity", "inclination", "node", "argument", "anomaly"),
                    (2.0, e, *angles),
                    strict=True,
                )
            )
        )
        found = kepler.to_elements(kepler.to_state(one, 3.0), 3.0)
        for name in ("periapsis", "eccentricity", "inclination", "node", "argument", "anomaly"):
            assert getattr(found, name) == pytest.approx(getattr(one, name), rel=1e-12)
    flat = orbit(gm=1, semi_major_axis=1)
    assert (flat.kind, flat.ascending_node, flat.argument_of_periapsis) == ("circle", 0, 0)
    assert flat.period == pytest.approx(math.tau)


def test_the_year_and_the_day_are_those_of_the_sky() -> None:
    """The Earth's sidereal year is 365.256 d, a geostationary satellite's turn a sidereal day of 86164.1 s."""
    year = orbit(body="Sun", semi_major_axis=149_598_023_000, eccentricity=0.0167086)
    assert year.period == pytest.approx(365.256363 * 86_400, rel=1e-5)
    day = orbit(body="Earth", semi_major_axis=42_164_170)
    assert day.period == pytest.approx(86_164.1, abs=0.1)


def test_published_transfers_are_found() -> None:
    """Source: Vallado, Fundamentals of Astrodynamics and Applications (2013), examples 6-1 and 6-2."""
    gm, surface = 3.986004418e14, 6_378_137
    low, high, far = surface + 191_344.11, surface + 35_781_348.57, surface + 376_310_000
    half = transfer(gm=gm, start_radius=low, end_radius=high)
    assert half.delta_v == pytest.approx(3935.224, abs=1e-3)
    assert half.time == pytest.approx(315.403 * 60, abs=0.05)
    out = transfer(gm=gm, kind="bi-elliptic", start_radius=low, end_radius=far, middle_radius=surface + 503_873_000)
    assert out.delta_v == pytest.approx(3904.057, abs=1e-3)
    assert out.time == pytest.approx(593.92 * 3600, rel=1e-5)
    assert "saves" in out.advice
    assert all(check.agrees for check in (*half.receipt.checks, *out.receipt.checks))


def test_the_plane_is_turned_where_it_is_cheapest() -> None:
    """From 28.5 degrees to geostationary: less than all of it at the top, by the known two degrees at the bottom."""
    request: Json = {"body": "Earth", "start_altitude": 300_000, "end_altitude": 35_786_000}
    shared = transfer(**request, plane_change=28.5)
    assert shared.delta_v is not None
    flat = transfer(**request)
    circle, top = (math.sqrt(shared.gm / one) for one in (shared.start_radius, shared.end_radius))
    first = flat.burns[0].delta_v
    slow = top - flat.burns[1].delta_v
    at_top = first + math.sqrt(slow**2 + top**2 - 2 * slow * top * math.cos(math.radians(28.5)))
    assert shared.delta_v < at_top
    assert shared.burns[0].turn == pytest.approx(2.2, abs=0.1)
    assert first < circle


def test_bi_elliptic_wins_beyond_its_ratio_and_not_below() -> None:
    """The ratios 11.94 and 15.58, whatever GM. Source: Vallado (2013), 6.3.2."""
    for ratio, wins in ((11.9, False), (12.0, True), (16.0, True)):
        found = transfer(gm=1, start_radius=1, end_radius=ratio)
        assert found.delta_v is not None
        assert found.bi_elliptic_delta_v is not None
        assert (found.bi_elliptic_delta_v < found.delta_v) == wins
    near = transfer(gm=1, kind="bi-elliptic", start_radius=1, end_radius=16, middle_radius=16.5)
    half = transfer(gm=1, start_radius=1, end_radius=16)
    assert (near.delta_v or 9) < (half.delta_v or 0)


def test_lamberts_problem_has_the_published_velocities() -> None:
    """Source: Vallado (2013), example 7-5; the long way round ends at the same place."""
    request: Json = {
        "gm": 3.986004418e14,
        "kind": "lambert",
        "start_position": [15_945_340, 0, 0],
        "end_position": [12_214_833.99, 10_249_467.31, 0],
        "time_of_flight": 4560,
    }
    found = transfer(**request, start_velocity=[0, 5_000, 0], end_velocity=[-3_000, 3_500, 0])
    assert found.start_velocity == pytest.approx([2058.913, 2915.965, 0], abs=2e-3)
    assert found.end_velocity == pytest.approx([-3451.565, 910.315, 0], abs=2e-3)
    assert found.delta_v == pytest.approx(sum(one.delta_v for one in found.burns))
    long = transfer(**request, prograde=False)
    assert long.delta_v is None
    for one in (found, long):
        assert one.receipt.met
        assert all(check.agrees for check in one.receipt.checks)


def test_an_answer_begins_with_words_and_draws_the_way() -> None:
    """The first view is the answer; curves have a value for each place."""
    operations: tuple[Any, ...] = (solve_orbit, plan_transfer)  # Any: each has models of its own
    for operation in operations:
        for example in operation.examples:
            request = operation.validate(dict(example.request))
            views = operation.draw(request, operation.function(request, Hearing()))
            assert isinstance(views[0], Text)
            for view in views:
                if isinstance(view, Series):
                    assert all(len(line.values) == len(view.x.values) for line in view.lines)


def test_a_circle_is_drawn_round_and_its_distance_flat() -> None:
    """Promise: what rounding leaves is no curve, and an orbit has its shape."""
    request = solve_orbit.validate({"body": "Earth", "semi_major_axis": 6_798_000, "inclination": 51.6})
    views = solve_orbit.draw(request, solve_orbit.function(request, Hearing()))
    shape, distance = (view for view in views if isinstance(view, Series))
    assert shape.equal
    assert len(set(distance.lines[0].values)) == 1


@pytest.mark.parametrize(
    ("operation", "request_", "field"),
    [
        (solve_orbit, {"semi_major_axis": 1}, "body"),
        (solve_orbit, {"body": "Earth"}, "semi_major_axis"),
        (solve_orbit, {"body": "Earth", "semi_major_axis": 1e7, "periapsis": 1e7}, "semi_major_axis"),
        (solve_orbit, {"gm": 1, "semi_major_axis": 1, "eccentricity": 1.5}, "eccentricity"),
        (solve_orbit, {"gm": 1, "periapsis": 1, "eccentricity": 1.5, "true_anomaly": 170}, "true_anomaly"),
        (solve_orbit, {"gm": 1, "position": [1, 0, 0], "velocity": [1, 0, 0]}, "velocity"),
        (solve_orbit, {"gm": 1, "position": [1, 0, 0]}, "position"),
        (solve_orbit, {"body": "Earth", "semi_major_axis": -1}, "semi_major_axis"),
        (plan_transfer, {"body": "Earth", "start_altitude": 3e5}, "end_altitude"),
        (plan_transfer, {"gm": 1, "start_altitude": 3e5, "end_radius": 1e7}, "start_altitude"),
        (plan_transfer, {"gm": 1, "start_radius": 1, "end_radius": 1}, "end_altitude"),
        (plan_transfer, {"gm": 1, "kind": "bi-elliptic", "start_radius": 1, "end_radius": 2}, "middle_radius"),
        (
            plan_transfer,
            {"gm": 1, "kind": "bi-elliptic", "start_radius": 1, "end_radius": 2, "middle_radius": 1.5},
            "middle_radius",
        ),
        (plan_transfer, {"gm": 1, "kind": "lambert"}, "start_position"),
        (plan_transfer, {"gm": 1, "start_radius": 1e20, "end_radius": 1}, "end_radius"),
        (plan_transfer, {"gm": 1, "start_radius": 1e-300, "end_radius": 1}, "start_radius"),
        (plan_transfer, {"gm": 1e-300, "start_radius": 1, "end_radius": 2}, "gm"),
        (solve_orbit, {"gm": 1, "semi_major_axis": 1e-300}, "semi_major_axis"),
        (solve_orbit, {"gm": 1, "position": [1e-300, 0], "velocity": [0, 1]}, "velocity"),
        (solve_orbit, {"gm": 1, "periapsis": 1, "eccentricity": 1, "true_anomaly": 179.9999999}, "true_anomaly"),
        (
            plan_transfer,
            {
                "gm": 1,
                "kind": "lambert",
                "start_position": [1, 0, 0],
                "end_position": [-2, 0, 0],
                "time_of_flight": 3,
            },
            "end_position",
        ),
    ],
)
def test_what_is_no_orbit_is_refused_by_its_field(operation: Any, request_: Json, field: str) -> None:
    """House rule: typed, with the remedy."""
    with pytest.raises(InvalidRequest) as error:
        operation.function(operation.validate(request_), Hearing())
    assert error.value.field == field
    assert error.value.remedy
