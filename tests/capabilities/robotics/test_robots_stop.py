"""Simulated robots: kept, moved in time, and above all stopped: during a motion, before one, and after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, cast

import pytest
from conftest import Serve
from ground import Ground
from keyed import holder
from outliving import begun
from rest_client import ask, followed

from nis_backend.caller import LOCAL, Caller
from nis_backend.capabilities.robotics.profiles import Bounds, halt, rest_to_rest
from nis_backend.errors import Conflict, InvalidRequest, NisError, NotFound
from nis_backend.event import Event, Progressed
from nis_backend.run import RunHandle

Json = dict[str, Any]

FAR = {"waypoints": [[3.0, -3.0], [-3.0, 3.0]]}
"""A motion of ten seconds and more for the flat arm."""
_numbers = itertools.count()


def made(ground: Ground, **request: Any) -> Json:
    """A new robot."""
    return ground.call("robots.create_robot", {"preset": "planar 2R", "name": f"arm-{next(_numbers)}", **request})


def until_it_moves(ground: Ground, run_id: str, values: int = 2) -> None:
    """Wait for its first words of where it is."""

    async def watched() -> None:
        seen = 0
        following = cast("AsyncGenerator[Event, None]", ground.process.context(LOCAL).runs.follow(run_id))
        async with contextlib.aclosing(following) as events:
            async for event in events:
                seen += isinstance(event.body, Progressed) and bool(event.body.values)
                if seen >= values:
                    return
        pytest.fail("it ended before it moved")

    ground.run(asyncio.wait_for(watched(), 60))


def test_a_motion_arrives_where_it_was_to_go(ground: Ground) -> None:
    """Promise: the state is written, the result says that it is a simulation."""
    robot = made(ground)
    moved = ground.call("robots.move_robot", {"id": robot["id"], "waypoints": [[0.5, -0.4]], "speed": 50})
    assert (moved["arrived"], moved["simulation"], moved["halt"]) == (True, True, None)
    assert moved["positions"] == pytest.approx([0.5, -0.4], abs=1e-9)
    state = ground.call("robots.get_robot", {"id": robot["name"]})
    assert state["positions"] == pytest.approx([0.5, -0.4], abs=1e-9)
    assert (state["moving"], state["stopped"], state["simulation"]) == (False, False, True)


def test_a_stop_halts_a_motion_within_its_limits(ground: Ground) -> None:
    """Promise: braking under way, by the greatest deceleration and jerk and no more; the latch holds afterwards."""
    robot = made(ground)
    run = ground.call("robots.move_robot", {"id": robot["id"], **FAR}, wait=False)["id"]
    until_it_moves(ground, run, 3)
    stopped = ground.call("robots.stop_robot", {"id": robot["id"], "reason": "A hand is near."})
    assert stopped["stopped"]
    moved = result(ground, run)
    assert not moved["arrived"]
    assert "A hand is near." in moved["halt"]["because"]
    assert moved["halt"]["most_acceleration"] <= 1 + 1e-9
    assert moved["halt"]["most_jerk"] <= 1 + 1e-9
    track = moved["track"]
    for joint in range(2):
        assert track["velocity"][joint][-1] == pytest.approx(0, abs=1e-9)
        assert track["acceleration"][joint][-1] == pytest.approx(0, abs=1e-9)
        assert max(abs(one) for one in track["acceleration"][joint]) <= 2 * (1 + 1e-9)
    state = ground.call("robots.get_robot", {"id": robot["id"]})
    assert state["positions"] == pytest.approx(moved["positions"])
    assert (state["moving"], state["stopped"]) == (False, True)
    refused(ground, robot)
    released = ground.call("robots.release_robot", {"id": robot["id"], "reason": "The hand is away."})
    assert not released["stopped"]
    assert released["stops"][0]["release_reason"] == "The hand is away."
    assert ground.call("robots.move_robot", {"id": robot["id"], "waypoints": [[0, 0]], "speed": 100})["arrived"]


def result(ground: Ground, run_id: str) -> Json:
    """What came of a run."""

    async def waited() -> Json:
        handle = RunHandle(id=run_id, log=ground.process.context(LOCAL).runs)
        return await handle.result()

    return ground.run(waited())


def refused(ground: Ground, robot: Json) -> None:
    """Every operation that moves, or gets around the latch, is refused by name."""
    with pytest.raises(Conflict, match="stopped") as error:
        ground.call("robots.move_robot", {"id": robot["id"], "waypoints": [[0.1, 0.1]]})
    assert "release_robot" in error.value.remedy
    with pytest.raises(Conflict, match="stopped"):
        ground.call("robots.delete_robot", {"id": robot["id"]})


def test_stopping_twice_is_no_mistake_and_one_release_ends_both(ground: Ground) -> None:
    """Promise: idempotent; a release of what is not stopped is refused."""
    robot = made(ground)
    for _ in range(3):
        assert ground.call("robots.stop_robot", {"id": robot["id"]})["stopped"]
    assert not ground.call("robots.release_robot", {"id": robot["id"], "reason": "Checked."})["stopped"]
    with pytest.raises(Conflict, match="not stopped"):
        ground.call("robots.release_robot", {"id": robot["id"], "reason": "Checked."})
    with pytest.raises(InvalidRequest):
        ground.call("robots.release_robot", {"id": robot["id"], "reason": ""})


def test_a_robot_is_in_one_motion_at_a_time(ground: Ground) -> None:
    """And is not deleted in it; a cancelled motion leaves it at rest where it braked, free for the next."""
    robot = made(ground)
    run = ground.call("robots.move_robot", {"id": robot["id"], **FAR}, wait=False)["id"]
    until_it_moves(ground, run)
    for name in ("robots.move_robot", "robots.delete_robot"):
        with pytest.raises(Conflict, match="in the motion"):
            ground.call(name, {"id": robot["id"], **(FAR if "move" in name else {})})
    ground.call("runs.cancel_run", {"id": run})
    with pytest.raises(NisError):
        result(ground, run)
    assert ground.call("robots.move_robot", {"id": robot["id"], "waypoints": [[0, 0]], "speed": 100})["arrived"]
    assert ground.call("robots.delete_robot", {"id": robot["name"]})["id"] == robot["id"]


def test_a_stop_always_wins_the_race_with_a_move(ground: Ground) -> None:
    """Many moves and a stop at once, in any order: none arrives, and every later one is refused."""
    robot = made(ground)

    async def raced() -> list[Any]:
        ctx = ground.process.context(LOCAL)

        async def move(before: float) -> Any:
            await asyncio.sleep(before)
            handle = await ctx.call_named("robots.move_robot", {"id": robot["id"], **FAR, "speed": 1})
            return await handle.result()

        async def stop() -> Any:
            await asyncio.sleep(0.01)
            return await ctx.call_named("robots.stop_robot", {"id": robot["id"]})

        moves = [move(0.004 * number) for number in range(6)]
        return await asyncio.gather(*moves, stop(), return_exceptions=True)

    *moves, stopped = ground.run(raced())
    assert stopped.stopped
    for one in moves:
        if isinstance(one, BaseException):
            assert isinstance(one, Conflict), one
        else:
            assert not one.arrived if hasattr(one, "arrived") else not one["arrived"]
    refused(ground, robot)


@pytest.mark.parametrize("behind", [0.0, 3600.0])
def test_a_stop_and_a_release_between_two_looks_still_halt_the_motion(ground: Ground, behind: float) -> None:
    """Promise: no motion goes on by itself after a release, however quick it was, and be its host's clock behind."""
    robot = made(ground)
    ground.call("robots.stop_robot", {"id": robot["id"]})
    ground.call("robots.release_robot", {"id": robot["id"], "reason": "One of before."})
    run = ground.call("robots.move_robot", {"id": robot["id"], **FAR}, wait=False)["id"]
    until_it_moves(ground, run)

    async def pressed() -> None:
        ctx = ground.process.context(LOCAL)
        now = ctx.drivers.store.now
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ctx.drivers.store, "now", lambda: now() - behind)
            await ctx.call_named("robots.stop_robot", {"id": robot["id"]})
            await ctx.call_named("robots.release_robot", {"id": robot["id"], "reason": "A test of a quick one."})

    ground.run(pressed())
    assert not result(ground, run)["arrived"]


def test_a_release_does_not_undo_a_stop_that_it_has_not_seen(ground: Ground) -> None:
    """Two people at once: the stop that comes after the release has looked holds."""
    robot = made(ground)
    ground.call("robots.stop_robot", {"id": robot["id"]})

    async def both() -> None:
        ctx = ground.process.context(LOCAL)
        store = ctx.drivers.store
        update = store.update

        async def late(*args: Any, **kwargs: Any) -> bool:
            if args[0] == "robot_stops":
                await ctx.call_named("robots.stop_robot", {"id": robot["id"], "reason": "Late."})
            return await update(*args, **kwargs)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "update", late)
            await ctx.call_named("robots.release_robot", {"id": robot["id"], "reason": "It looks safe."})

    ground.run(both())
    state = ground.call("robots.get_robot", {"id": robot["id"]})
    assert state["stopped"]
    assert [one["reason"] for one in state["stops"] if one["released"] is None] == ["Late."]


def test_another_owner_neither_sees_nor_stops_it(ground: Ground) -> None:
    """Promise: another owner's robot is not there; one name may be two owners'."""
    robot = made(ground)

    async def others() -> None:
        ctx = ground.process.context(Caller(owner="somebody else"))
        for name in ("stop_robot", "get_robot", "delete_robot"):
            with pytest.raises(NotFound):
                await ctx.call_named(f"robots.{name}", {"id": robot["name"]})
        await ctx.call_named("robots.create_robot", {"preset": "UR5", "name": robot["name"]})
        await ctx.call_named("robots.stop_robot", {"id": robot["name"]})

    ground.run(others())
    assert not ground.call("robots.get_robot", {"id": robot["name"]})["stopped"]


def test_whoever_may_move_or_look_may_stop_and_no_lookers_may_release(ground: Ground) -> None:
    """Promise: stopping is never harder than moving."""
    looker = holder(ground, owner=LOCAL.owner, scopes=["robots:read"])
    mover = holder(ground, owner=LOCAL.owner, scopes=["robots:write", "robotics:read"])
    robot = made(ground)
    assert looker.ask("POST", f"/robots/{robot['id']}/stop", {})[1]["stopped"]
    assert looker.ask("POST", f"/robots/{robot['id']}/release", {"reason": "I say so."})[0] == 403
    assert looker.ask("POST", f"/robots/{robot['id']}/move", {"waypoints": [[0, 0.1]]})[0] == 403
    assert mover.ask("POST", f"/robots/{robot['id']}/stop", {})[1]["stopped"]
    status, moved = mover.ask("POST", f"/robots/{robot['id']}/release", {"reason": "Checked."})
    assert (status, moved["stopped"]) == (200, False)
    assert moved["stops"][0]["by_key"] == mover.id


def test_a_stop_outlives_the_death_of_the_server_and_the_motion_is_not_taken_up_again(
    serve: Serve, tmp_path: Path
) -> None:
    """`kill -9` in a motion: the robot rests where it was last known; a stop of before still holds."""
    data = tmp_path / "data"
    server = serve(data=data)
    robots = [ask(server, "POST", "/robots", {"preset": "planar 2R"})[2] for _ in range(2)]
    assert ask(server, "POST", f"/robots/{robots[0]['id']}/stop", {"reason": "For the night."})[0] == 200
    run = begun(server, f"/robots/{robots[1]['id']}/move", FAR)
    told = 0
    for event in followed(server, run, 0):
        told += bool(event["body"].get("values"))
        if told >= 3:
            break
    server.kill()
    server = serve(data=data)
    assert ask(server, "GET", f"/robots/{robots[0]['id']}")[2]["stopped"]
    assert ask(server, "POST", f"/robots/{robots[0]['id']}/move", {"waypoints": [[0, 0.1]]})[0] == 409
    *_, last = followed(server, run, 0)
    moved = last["body"]["result"]
    assert not moved["arrived"]
    assert "cut" in moved["halt"]["because"]
    state = ask(server, "GET", f"/robots/{robots[1]['id']}")[2]
    assert (state["moving"], state["positions"]) == (False, moved["positions"])
    assert state["positions"] != [0.0, 0.0]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"waypoints": [[9, 0]]}, "waypoints.0"),
        ({"waypoints": [[1, 1, 1]]}, "waypoints.0"),
        ({"waypoints": [[1, 1]], "duration": 0.01}, "duration"),
        ({"waypoints": [[1, 1]], "duration": 4000}, "speed"),
        ({"waypoints": [[0, 0]]}, "waypoints"),
        ({}, "waypoints"),
    ],
)
def test_a_wrong_motion_is_refused_and_the_robot_is_free(ground: Ground, wrong: Json, field: str) -> None:
    """Promise: a typed error, and no motion is left behind."""
    robot = made(ground)
    with pytest.raises(InvalidRequest) as error:
        ground.call("robots.move_robot", {"id": robot["id"], **wrong})
    assert error.value.field == field
    assert not ground.call("robots.get_robot", {"id": robot["id"]})["moving"]


def test_a_robot_is_refused_that_is_none(ground: Ground) -> None:
    """A name taken, positions that it cannot stand in, a URDF that is none."""
    robot = made(ground)
    with pytest.raises(Conflict, match="There is a robot"):
        made(ground, name=robot["name"])
    for wrong, field in (({"positions": [4, 0]}, "positions"), ({"positions": [0]}, "positions")):
        with pytest.raises(InvalidRequest) as error:
            made(ground, **wrong)
        assert error.value.field == field
    with pytest.raises(InvalidRequest) as error:
        ground.call("robots.create_robot", {"robot": {"urdf": "<robot/>"}})
    assert error.value.field == "urdf"


@pytest.mark.parametrize(
    "bounds", [Bounds(velocity=1, acceleration=2, jerk=10), Bounds(velocity=3, acceleration=1, jerk=50)]
)
@pytest.mark.parametrize("distance", [1e-6, 0.01, 0.3, 7.0])
def test_the_double_s_covers_its_way_within_its_bounds(bounds: Bounds, distance: float) -> None:
    """At rest at both ends, a bound reached, and no quicker than a trapezoid of velocity."""
    way = rest_to_rest(bounds, distance)
    end = way.phases[-1].at(way.duration)
    assert end == pytest.approx((distance, 0, 0), abs=1e-9)
    moments = [way.at(way.duration * k / 1000) for k in range(1001)]
    assert max(v for _, v, _ in moments) <= bounds.velocity * (1 + 1e-12)
    assert max(abs(a) for _, _, a in moments) <= bounds.acceleration * (1 + 1e-12)
    v, a = bounds.velocity, bounds.acceleration
    trapezoid = distance / v + v / a if distance > v * v / a else 2 * math.sqrt(distance / a)
    assert way.duration >= trapezoid
    assert any(
        math.isclose(found, most, rel_tol=1e-9)
        for found, most in (
            (max(v for _, v, _ in moments), v),
            (max(a for _, _, a in moments), a),
            (max(abs(phase.jerk) for phase in way.phases), bounds.jerk),
        )
    )


@pytest.mark.parametrize("velocity", [-1.0, -0.01, 0.0, 0.2, 1.0])
@pytest.mark.parametrize("acceleration", [-2.0, -0.3, 0.0, 0.5, 2.0])
def test_a_halt_comes_to_rest_within_its_bounds(velocity: float, acceleration: float) -> None:
    """From every moment; and no quicker one is found by trying other peaks of the deceleration."""
    bounds = Bounds(velocity=1, acceleration=2, jerk=10)
    way = halt((0.7, velocity, acceleration), bounds)
    assert way.phases[0].moment == (0.7, velocity, acceleration)
    assert way.phases[-1].at(way.duration)[1:] == pytest.approx((0, 0), abs=1e-12)
    assert all(abs(way.at(time)[2]) <= 2 + 1e-12 for time in way.breaks)
    assert all(abs(phase.jerk) <= bounds.jerk for phase in way.phases)
    least = abs(velocity) / bounds.acceleration
    assert way.duration >= least
