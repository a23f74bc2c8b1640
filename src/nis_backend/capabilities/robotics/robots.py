"""Simulated robots as operations: kept, moved as runs, stopped at once, and released for a reason."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.robotics import views
from nis_backend.capabilities.robotics.kept import (
    MOST_HELD,
    MOST_ROBOTS,
    CreateRobot,
    ListRobots,
    Moved,
    MoveRobot,
    OneRobot,
    ReleaseRobot,
    RobotList,
    RobotState,
    StopRobot,
    find,
    holding,
    line_of,
    motion_of,
    refuse_stopped,
    state_of,
)
from nis_backend.capabilities.robotics.limits import check_positions, limits_of_robot
from nis_backend.capabilities.robotics.moving import begin_motion, carry_out
from nis_backend.capabilities.robotics.operations import plan_trajectory
from nis_backend.errors import Conflict
from nis_backend.found import keep
from nis_backend.operation import Before, Example, Recorded, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

log = logging.getLogger("nis.robots")

ARM: dict[str, Any] = {"preset": "planar 2R"}  # Any: JSON
KEPT = Before(name="arm", operation="robots.create_robot", request=ARM)
STOPPED = Before(name="stopped", operation="robots.stop_robot", request={"id": "{arm.id}", "reason": "A hand is near."})


@operation(
    "robots.create_robot",
    effect="writes",
    repeatable=True,
    resource="robot",
    view=views.draw_robot,
    examples=(Example(title="A flat arm of two links", request=ARM),),
)
async def create_robot(request: CreateRobot, ctx: Context) -> RobotState:
    """Keep a simulated robot: an arm by its Denavit-Hartenberg table, by a URDF, or by a name such as UR5 or Puma 560.

    Raises:
        InvalidRequest: the arm is none, or cannot stand in the positions given.
        Conflict: there is one of this name, or there are 1,000.
    """
    limits = limits_of_robot(request.arm)
    positions = [one.rest for one in limits] if request.positions is None else request.positions
    check_positions(limits, positions)
    now, id_ = ctx.now(), ctx.new_id("robot")
    row: Row = {
        "id": id_,
        "name": request.name or id_,
        "description": request.arm.model_dump_json(exclude_defaults=True),
        "positions": json.dumps(positions),
        "created": now,
        "updated": now,
    }
    await keep("robots", "robot", row, MOST_ROBOTS, ctx)
    return await state_of(row, ctx)


@operation(
    "robots.list_robots",
    effect="reads",
    resource="robot",
    view=views.draw_robots,
    examples=(Example(title="What there is", request={"limit": 1}, before=(KEPT,)),),
)
async def list_robots(request: ListRobots, ctx: Context) -> RobotList:
    """List the caller's simulated robots, the newest first: which move, and which are stopped."""
    rows, following = await ctx.store.page("robots", cursor=request.cursor, limit=request.limit)
    return RobotList(robots=[await line_of(row, ctx) for row in rows], next_cursor=following)


@operation(
    "robots.get_robot",
    effect="reads",
    resource="robot",
    view=views.draw_robot,
    examples=(
        Example(title="At rest", request={"id": "{arm.id}"}, before=(KEPT,)),
        Example(title="Stopped", request={"id": "{arm.id}"}, before=(KEPT, STOPPED)),
    ),
)
async def get_robot(request: OneRobot, ctx: Context) -> RobotState:
    """Get a simulated robot: where its joints are, whether it moves, whether it is stopped and why, and what it is."""
    return await state_of(await find(request.id, ctx), ctx)


@operation(
    "robots.delete_robot",
    effect="destroys",
    repeatable=True,
    resource="robot",
    examples=(Example(title="No more", request={"id": "{arm.id}"}, before=(KEPT,)),),
)
async def delete_robot(request: OneRobot, ctx: Context) -> OneRobot:
    """Delete a simulated robot that neither moves nor is stopped.

    Raises:
        NotFound: the caller has no such robot.
        Conflict: it moves, or a stop holds it: what is stopped is released first, by somebody who says why.
    """
    row = await find(request.id, ctx)
    await refuse_stopped(row, ctx)
    motion = await motion_of(row["id"], ctx)
    if motion is not None:
        raise Conflict(
            f"The robot {row['name']!r} is in the motion {motion}.",
            field="id",
            value=row["name"],
            remedy="Wait for it, or cancel that run.",
        )
    while stops := await ctx.store.select("robot_stops", where={"robot_id": row["id"]}, limit=100, descending=False):
        for stop in stops:
            await ctx.store.delete("robot_stops", stop["id"])
    await ctx.store.delete("robots", row["id"])
    return OneRobot(id=row["id"])


@operation(
    "robots.move_robot",
    effect="writes",
    on="robot",
    scopes=("robots:write", "robotics:read"),
    view=views.draw_moved,
    prepare=begin_motion,
    time_limit=600,
    examples=(
        Example(
            title="An elbow bent and stretched again, a hundred times as fast as in reality",
            request={"id": "{arm.id}", "waypoints": [[0.2, 0.4], [0, 0]], "speed": 100},
            before=(KEPT,),
        ),
    ),
)
async def move_robot(request: MoveRobot, ctx: Context) -> Recorded[Moved]:
    """Move a simulated robot through waypoints or along lines, in real time or faster, within its limits.

    A run that tells where the joints are as it goes. Looks for a stop every 50 ms, also for one of another process, and
    then brakes each joint as its limits of acceleration and jerk allow. A motion that was cut is not taken up again.

    Raises:
        NotFound: the caller has no such robot.
        Conflict: it is stopped, or in another motion.
        InvalidRequest: a waypoint is beyond its ranges, or the motion would take more than 300 s.
        Unavailable: what plans the motion is not installed.
    """
    return await carry_out(request, plan_trajectory, ctx)


@operation(
    "robots.stop_robot",
    effect="writes",
    repeatable=True,
    urgent=True,
    on="robot",
    scopes=("robots:read",),
    view=views.draw_robot,
    examples=(Example(title="At once", request={"id": "{arm.id}", "reason": "A hand is near."}, before=(KEPT,)),),
)
async def stop_robot(request: StopRobot, ctx: Context) -> RobotState:
    """Stop a robot at once, and hold it: an emergency stop. It brakes, and makes no motion until it is released.

    The stop is in the database when this answers: it outlasts restarts and crashes, and every process sees it. Stopping
    what is stopped already is no mistake. Whoever may look at robots may stop them.

    Raises:
        NotFound: the caller has no such robot.
    """
    row = await find(request.id, ctx)
    # Who presses on and on is answered by the stops that hold it already; each of those is there until it is released.
    if len(await holding(row["id"], ctx, MOST_HELD)) < MOST_HELD:
        now = ctx.now()
        stop: Row = {
            "id": ctx.new_id("stop"),
            "robot_id": row["id"],
            "reason": request.reason,
            "by_key": ctx.caller.key,
            "released": 0,
            "release_reason": "",
            "release_key": None,
            "created": now,
            "updated": now,
        }
        await ctx.store.insert("robot_stops", stop)
    log.warning("robot %s is stopped by %s: %s", row["id"], ctx.caller.key or ctx.caller.owner, request.reason or "-")
    return await state_of(row, ctx)


@operation(
    "robots.release_robot",
    effect="writes",
    repeatable=True,
    on="robot",
    view=views.draw_robot,
    examples=(
        Example(
            title="The hand is away",
            request={"id": "{arm.id}", "reason": "The hand is away; the cell is closed."},
            before=(KEPT, STOPPED),
        ),
    ),
)
async def release_robot(request: ReleaseRobot, ctx: Context) -> RobotState:
    """Release a stopped robot, so that it may be moved again; no motion goes on by itself. The reason is logged.

    Raises:
        NotFound: the caller has no such robot.
        Conflict: it is not stopped, or was stopped again meanwhile.
    """
    row = await find(request.id, ctx)
    held = await holding(row["id"], ctx, MOST_HELD)
    if not held:
        raise Conflict(
            f"The robot {row['name']!r} is not stopped.", field="id", value=row["name"], remedy="It may be moved."
        )
    for stop in held:
        changes: Row = {
            "released": 1,
            "release_reason": request.reason,
            "release_key": ctx.caller.key,
            "updated": ctx.now(),
        }
        await ctx.store.update("robot_stops", stop["id"], changes)
    log.warning("robot %s is released by %s: %s", row["id"], ctx.caller.key or ctx.caller.owner, request.reason)
    return await state_of(row, ctx)


OPERATIONS = (create_robot, list_robots, get_robot, delete_robot, move_robot, stop_robot, release_robot)
