"""Many bodies: orders, what is kept, a published period, and Kepler's own answer for two."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hearing import Hearing

from nis_backend.capabilities.physics.orbits.bodies import YOSHIDA, System, stepped
from nis_backend.capabilities.physics.orbits.motion import BodiesMotion
from nis_backend.capabilities.physics.orbits.operations import simulate_bodies
from nis_backend.capabilities.physics.orbits.systems import EIGHT_PERIOD
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.refinement import Course, silent
from nis_backend.view import Series, Text

Json = dict[str, Any]


def crowd(count: int) -> list[Json]:
    """Bodies in a row."""
    return [{"mass": 1, "position": [number, 0], "velocity": [0, 0]} for number in range(count)]


def motion(**request: Any) -> BodiesMotion:
    """The motion."""
    return simulate_bodies.function(simulate_bodies.validate(request), Hearing())


def ellipse(e: float) -> list[Json]:
    """Two bodies of reduced GM 1 on an ellipse of half-axis 1, from the periapsis, in natural units."""
    far, fast = 1 - e, math.sqrt((1 + e) / (1 - e))
    return [
        {"name": "A", "mass": 0.5, "position": [-far / 2, 0], "velocity": [0, -fast / 2]},
        {"name": "B", "mass": 0.5, "position": [far / 2, 0], "velocity": [0, fast / 2]},
    ]


@pytest.mark.parametrize(("parts", "order"), [((1.0,), 2), (YOSHIDA, 4)], ids=["leapfrog", "yoshida4"])
def test_a_symplectic_step_has_the_order_it_claims(parts: tuple[float, ...], order: int) -> None:
    """One turn of an ellipse of eccentricity 0.3 ends at its start; halving the step divides the miss by 2^order."""
    bodies = ellipse(0.3)
    misses: list[float] = []
    for steps in (400, 800):
        system = System(
            names=["A", "B"],
            mass=np.array([0.5, 0.5]),
            place=np.array([one["position"] for one in bodies], dtype=float),
            velocity=np.array([one["velocity"] for one in bodies]),
            radius=np.zeros(2),
            gravity=1.0,
            softening=0.0,
        )
        run = stepped(system, math.tau, steps, 1, parts, Course(silent))
        misses.append(float(np.max(np.linalg.norm(run.place[-1] - run.place[0], axis=1))))
    assert math.log2(misses[0] / misses[1]) == pytest.approx(order, abs=0.1)


@pytest.mark.parametrize("method", ["dop853", "yoshida4", "leapfrog"])
def test_two_bodies_go_the_way_of_kepler(method: str) -> None:
    """Promise: the true error is within the error told; e = 0.6 for three turns (leapfrog: 0.2, one turn)."""
    e, turns, tolerance = (0.2, 1, 1e-3) if method == "leapfrog" else (0.6, 3, 1e-5)
    result = motion(
        bodies=ellipse(e),
        duration=math.tau * turns,
        gravitational_constant=1,
        method=method,
        tolerance=tolerance,
        points=31,
        max_steps=131_072,
    )
    assert result.receipt.met
    for number, time in enumerate(result.time):
        # Kepler's equation, by Newton.
        mean = time % math.tau
        turned = mean + e * math.sin(mean)
        for _ in range(30):
            turned -= (turned - e * math.sin(turned) - mean) / (1 - e * math.cos(turned))
        x, y = (math.cos(turned) - e) / 2, math.sqrt(1 - e * e) * math.sin(turned) / 2
        far = math.hypot(result.paths[1].x[number] - x, result.paths[1].y[number] - y)
        assert far <= 1.5 * result.receipt.error_reached
    assert result.closest_distance == pytest.approx(1 - e, rel=1e-4)


@pytest.mark.parametrize(("method", "tolerance"), [("dop853", 1e-7), ("yoshida4", 1e-4), ("leapfrog", 1e-2)])
def test_the_closest_approach_is_found_between_the_times_of_the_answer(method: str, tolerance: float) -> None:
    """From the apoapsis of e = 0.6, told at the start and after a turn: 1 - e, half a turn on."""
    start = ellipse(-0.6)
    result = motion(
        bodies=start, duration=math.tau, gravitational_constant=1, method=method, tolerance=tolerance, points=2
    )
    assert abs(result.closest_distance - 0.4) <= 2 * result.receipt.error_reached
    assert result.closest_time == pytest.approx(math.pi, abs=tolerance)


def test_two_that_touch_are_told_though_others_come_closer() -> None:
    """A flyby along a line: 1 m apart after 10 s, of 0.5 m and 0.6 m; two points are always nearer."""
    at: Json = {"mass": 1e-20, "velocity": [0, 0]}
    bodies: list[Json] = [
        {**at, "position": [-10, 1], "velocity": [1, 0], "radius": 0.5},
        {**at, "position": [0, 0], "radius": 0.6},
        {**at, "position": [50, 50]},
        {**at, "position": [50, 50.5]},
    ]
    result = motion(bodies=bodies, duration=20, points=2)
    assert result.closest_pair == "body 3 and body 4"
    assert any("body 1 and body 2 touch at about 10 s" in note for note in result.receipt.notes)


def test_dop853_keeps_an_ellipse_for_a_hundred_time_units() -> None:
    """Target: e = 0.6 to t = 100 within 1e-9, against Kepler's equation."""
    result = motion(bodies=ellipse(0.6), duration=100, gravitational_constant=1, tolerance=1e-9, points=2)
    mean = 100 % math.tau
    turned = mean
    for _ in range(60):
        turned -= (turned - 0.6 * math.sin(turned) - mean) / (1 - 0.6 * math.cos(turned))
    x, y = math.cos(turned) - 0.6, 0.8 * math.sin(turned)
    a, b = result.paths
    error = math.hypot(b.x[1] - a.x[1] - x, b.y[1] - a.y[1] - y)
    assert error <= 2 * result.receipt.error_reached
    assert error <= 1e-9


def test_the_figure_eight_returns_after_its_published_period() -> None:
    """T = 6.32591398, Chenciner & Montgomery (2000); the bodies exchange places after a third of it."""
    result = motion(system="figure eight", duration=EIGHT_PERIOD, points=4)
    for path in result.paths:
        assert path.x[-1] == pytest.approx(path.x[0], abs=1e-5)
        assert path.y[-1] == pytest.approx(path.y[0], abs=1e-5)
    third = {(round(path.x[1], 4), round(path.y[1], 4)) for path in result.paths}
    assert third == {(round(path.x[0], 4), round(path.y[0], 4)) for path in result.paths}


def test_what_newton_keeps_is_kept() -> None:
    """Energy, momentum and angular momentum of the Sun, the Earth and the Moon; the month is a month."""
    result = motion(system="Sun, Earth and Moon", duration=30 * 86_400, points=301, tolerance=1e-8)
    energy, momentum, spin = result.receipt.conserved
    assert energy.drift < 1e-12 * abs(energy.start)
    assert spin.drift < 1e-12 * spin.start
    assert momentum.drift < 1e-12 * 5.97e24 * 3e4
    earth, moon = result.paths[1], result.paths[2]
    far = [math.hypot(a - c, b - d) for a, b, c, d in zip(earth.x, earth.y, moon.x, moon.y, strict=True)]
    assert max(far) < 4.1e8
    assert min(far) > 3.6e8


def test_a_symplectic_method_lets_no_energy_run_away() -> None:
    """Over 50 turns the energy's error of the second half is no larger than that of the first."""
    system = System(
        names=["A", "B"],
        mass=np.array([0.5, 0.5]),
        place=np.array([[-0.35, 0.0], [0.35, 0.0]]),
        velocity=np.array([[0.0, -0.68], [0.0, 0.68]]),
        radius=np.zeros(2),
        gravity=1.0,
        softening=0.0,
    )
    run = stepped(system, 50 * math.tau, 10_000, 500, YOSHIDA, Course(silent))
    energies = np.array([system.energy(p, v) for p, v in zip(run.place, run.velocity, strict=True)])
    off = np.abs(energies - energies[0])
    assert off[250:].max() <= 1.2 * off[:250].max()


def test_bodies_that_touch_are_told_and_those_that_collide_are_refused() -> None:
    """Points have no size: what happens at a collision is not computed."""
    near = [{**one, "radius": 0.3} for one in ellipse(0.6)]
    result = motion(bodies=near, duration=math.tau, gravitational_constant=1, points=51)
    assert any("touch" in note for note in result.receipt.notes)
    falling = [{**one, "velocity": [0, 0]} for one in ellipse(0.0)]
    with pytest.raises(InvalidRequest) as error:
        motion(bodies=falling, duration=10, gravitational_constant=1)
    assert error.value.remedy
    same = [{**falling[0], "velocity": [0, speed]} for speed in (1, -1)]
    assert motion(bodies=same, duration=1, softening=1, method="yoshida4", gravitational_constant=1).receipt.met
    soft = motion(bodies=falling, duration=3, gravitational_constant=1, softening=0.1, points=11)
    assert soft.receipt.met


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"duration": 1}, "bodies"),
        ({"duration": 1, "bodies": ellipse(0.1)[:1]}, "bodies"),
        ({"duration": 1, "bodies": [ellipse(0.1)[0]] * 2}, "bodies"),
        ({"duration": 1, "bodies": [{**ellipse(0.1)[0], "position": [x, 0]} for x in (0, 1e-300)]}, "bodies"),
        ({"duration": 1, "bodies": [ellipse(0.1)[0], {**ellipse(0.1)[1], "position": [1, 2, 3]}]}, "bodies"),
        ({"duration": -1, "system": "figure eight"}, "duration"),
        ({"duration": float("nan"), "system": "figure eight"}, "duration"),
        ({"duration": 1e9, "system": "figure eight", "method": "leapfrog"}, "duration"),
        ({"duration": 1e9, "system": "figure eight"}, "duration"),
        ({"duration": 1, "bodies": crowd(20), "points": 1001}, "points"),
    ],
)
def test_what_cannot_be_followed_is_refused(request_: Json, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """House rule: typed, with the remedy, and before it takes for ever."""
    monkeypatch.setattr("nis_backend.capabilities.physics.orbits.bodies.MOST_CALLS", 20_000)
    with pytest.raises(InvalidRequest) as error:
        motion(**request_)
    assert error.value.field == field
    assert error.value.remedy


def test_the_motion_is_drawn() -> None:
    """Words first, then the paths: a line a body."""
    request = simulate_bodies.validate(dict(simulate_bodies.examples[0].request))
    views = simulate_bodies.draw(request, simulate_bodies.function(request, Hearing()))
    assert isinstance(views[0], Text)
    paths = views[1]
    assert isinstance(paths, Series)
    assert [line.label for line in paths.lines] == ["first", "second", "third"]
    assert all(len(line.values) == len(paths.x.values) for line in paths.lines)
