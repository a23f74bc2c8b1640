"""Simulated robots as they are kept and told, and the latch that a stop is.

A robot is stopped as long as one of its stops is not released. A stop adds a row and changes none; a release changes
the rows that it has seen. So whichever of the two is later in the store, a stop that a release has not seen holds.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend import found
from nis_backend.annotations import Names, Unit
from nis_backend.capabilities.robotics.description import ArmRequest, Positions, Robot
from nis_backend.capabilities.robotics.motions import Waypoints
from nis_backend.capabilities.robotics.poses import SIMULATION
from nis_backend.drivers.store.base import OPEN
from nis_backend.errors import Conflict
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model
from nis_backend.paged import Cursor, Limit, Next

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_ROBOTS, MOST_HELD, MOST_TOLD = 1000, 100, 20
"""Robots of one owner; stops that hold one robot at once; stops that are told of."""

A_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class CreateRobot(ArmRequest):
    """An arm to be kept as a simulated robot."""

    name: str | None = Field(
        default=None, max_length=64, pattern=A_NAME, description="Takes the id's place; unset, the id is the name."
    )
    positions: Positions | None = Field(
        default=None, description="Where its joints are at first; unset, at 0 or as near to it as their ranges allow."
    )


class OneRobot(Model):
    """Which robot."""

    id: Annotated[str, Names("robot", "robot id", "robot name")] = Field(
        min_length=1, max_length=64, description="The robot's id, or its name."
    )


class ListRobots(Model):
    """Which robots, the newest first."""

    cursor: Cursor = None
    limit: Limit = 20


class StopRobot(OneRobot):
    """Which robot to stop, and why."""

    reason: str = Field(default="", max_length=500, description="Why; may be left out: a stop waits for no reason.")


class ReleaseRobot(OneRobot):
    """Which robot to release, and why that is safe."""

    reason: str = Field(min_length=3, max_length=500, description="Why it is safe to move again; it is logged.")


class Stop(Model):
    """A stop that holds a robot, or has held it."""

    id: str
    created: float = Field(description="When it was stopped, seconds since 1970, UTC.")
    reason: str
    by_key: str | None = Field(description="The key of who stopped it; null where no stored key was sent.")
    released: float | None = Field(description="When it was released, seconds since 1970, UTC; null while it holds.")
    release_reason: str


class RobotLine(Model):
    """A robot in a list."""

    id: str
    name: str
    joints: int
    moving: bool = Field(description="Whether a motion is under way, or about to be.")
    stopped: bool = Field(description="Whether a stop holds it: it makes no motion until it is released.")
    simulation: bool = Field(default=True, description=SIMULATION)
    created: float
    updated: float = Field(description="When its joints' positions were written last.")


class RobotState(RobotLine):
    """A robot: what it is, where its joints are, whether it moves, and whether it is stopped."""

    positions: list[Annotated[float, Unit("rad")]] = Field(description="Of its joints: rad; m where one slides.")
    motion: str | None = Field(description="The run of the motion that it is in.")
    stops: list[Stop] = Field(description="Its last stops, the newest first.")
    robot: Robot = Field(description="What it is: to be given to operations of the family robotics as `robot`.")


class RobotList(Model):
    """One page of robots."""

    robots: list[RobotLine]
    next_cursor: Next


class MoveRobot(OneRobot, Waypoints):
    """Which robot is to go where, from where it is."""

    speed: Annotated[float, Unit("")] = Field(
        default=1.0, ge=0.1, le=1000, description="How many times faster than in reality the simulation goes."
    )


class Halt(Model):
    """How a motion was halted before its end."""

    because: str
    time: Annotated[float, Unit("s")] = Field(description="When it began to brake, in the motion's time.")
    duration: Annotated[float, Unit("s")] = Field(description="How long it braked.")
    most_acceleration: Annotated[float, Unit("")] = Field(description="Most of any joint while braking, of its limit.")
    most_jerk: Annotated[float, Unit("")] = Field(description="The same of the jerk.")


class Track(Model):
    """A motion as it was made, braking included; of a joint that slides, what is in rad is in m."""

    time: list[Annotated[float, Unit("s")]]
    position: list[list[Annotated[float, Unit("rad")]]] = Field(description="A list for each joint.")
    velocity: list[list[Annotated[float, Unit("rad/s")]]] = Field(description="A list for each joint.")
    acceleration: list[list[Annotated[float, Unit("rad/s²")]]] = Field(description="A list for each joint.")


class Moved(Model):
    """What came of a motion."""

    arrived: bool = Field(description="Whether it came to its end; else `halt` says why not.")
    positions: list[Annotated[float, Unit("rad")]] = Field(description="Where the joints are now.")
    planned: Annotated[float, Unit("s")] = Field(description="How long the motion was planned to take.")
    halt: Halt | None
    track: Track = Field(description="The motion as it was made.")
    simulation: bool = Field(default=True, description=SIMULATION)
    receipt: Receipt = Field(description="Of the plan: how it was computed and which limits it was held to.")


find = partial(found.by_name, "robots", "robot")
"""The row of a robot, by its id or its name."""


async def holding(robot_id: str, ctx: Context, most: int = 1) -> list[Row]:
    """The stops that hold a robot, the oldest first."""
    where = {"robot_id": robot_id, "released": 0}
    return await ctx.store.select("robot_stops", where=where, limit=most, descending=False)


async def stops_so_far(robot_id: str, ctx: Context) -> int:
    """How many there were, released or not: more means that one came since, whatever the clocks of hosts say."""
    return await ctx.store.count("robot_stops", where={"robot_id": robot_id})


async def motion_of(robot_id: str, ctx: Context) -> str | None:
    """The run of the motion that a robot is in; a motion whose run has ended, or is gone, is none."""
    for row in await ctx.store.select("robot_motions", where={"robot_id": robot_id}, limit=1):
        run = await ctx.store.get("runs", str(row["id"]))
        if run is not None and run["state"] in OPEN:
            return str(row["id"])
    return None


async def refuse_stopped(row: Row, ctx: Context) -> None:
    """Let a robot pass that no stop holds.

    Raises:
        Conflict: one does.
    """
    for stop in await holding(str(row["id"]), ctx):
        why = f": {stop['reason'].rstrip('.')}" if stop["reason"] else ""
        raise Conflict(
            f"The robot {row['name']!r} is stopped{why}. It makes no motion.",
            field="id",
            value=row["name"],
            remedy="See that it is safe, then release it: robots.release_robot with a reason.",
        )


def robot_of(row: Row) -> Robot:
    """What a robot is."""
    return Robot.model_validate_json(row["description"])


async def line_of(row: Row, ctx: Context) -> RobotLine:
    """A robot as a list tells it."""
    return RobotLine(
        id=row["id"],
        name=row["name"],
        joints=len(json.loads(row["positions"])),
        moving=await motion_of(row["id"], ctx) is not None,
        stopped=bool(await holding(row["id"], ctx)),
        created=row["created"],
        updated=row["updated"],
    )


async def state_of(row: Row, ctx: Context) -> RobotState:
    """A robot as it is told."""
    line = await line_of(row, ctx)
    stops = await ctx.store.select("robot_stops", where={"robot_id": row["id"]}, limit=MOST_TOLD)
    return RobotState(
        **dict(line),
        positions=json.loads(row["positions"]),
        motion=await motion_of(row["id"], ctx),
        stops=[
            Stop(
                id=one["id"],
                created=one["created"],
                reason=one["reason"],
                by_key=one["by_key"],
                released=one["updated"] if one["released"] else None,
                release_reason=one["release_reason"],
            )
            for one in stops
        ],
        robot=robot_of(row),
    )
