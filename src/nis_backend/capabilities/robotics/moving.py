"""A motion of a simulated robot as a run: followed in time, halted by a stop, and never taken up again after a cut."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.robotics.kept import (
    Halt,
    Moved,
    Track,
    find,
    holding,
    refuse_stopped,
    robot_of,
    stops_so_far,
)
from nis_backend.capabilities.robotics.limits import limits_of_robot
from nis_backend.capabilities.robotics.motions import Plan, PlanRequest
from nis_backend.capabilities.robotics.profiles import Samples, halt
from nis_backend.drivers.store.base import OPEN
from nis_backend.errors import Conflict, InvalidRequest, NisError
from nis_backend.event import Progressed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.robotics.kept import MoveRobot
    from nis_backend.capabilities.robotics.limits import JointLimits
    from nis_backend.capabilities.robotics.profiles import Moment, Profile
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Operation
    from nis_backend.owned import Owned

log = logging.getLogger("nis.robots")

TICK = 0.05
"""Seconds between two looks for a stop, and so the longest until one is heard, beside the store's own time."""
TOLD_EVERY = 5
"""Looks between two words about where it is, which are also what a later start knows."""
BRAKED, MOST_KEPT = 41, 800
"""Moments of the braking, and of the motion before, that are kept."""
MOST_SECONDS = 300.0
"""That the simulation of one motion may take."""
CUT = "the motion was cut: its process ended, or its run was paused or moved elsewhere"


@dataclass(kw_only=True)
class _Track:
    """What a motion was, as it was made."""

    time: list[float] = field(default_factory=list[float])
    moments: list[list[Moment]] = field(default_factory=list["list[Moment]"])
    apart: float = 0.0
    """Least time between two that are kept, beside the first, the last and those of braking."""

    def add(self, time: float, moments: list[Moment], *, always: bool = True) -> None:
        if not self.time or time > self.time[-1] + (0.0 if always else self.apart):
            self.time.append(time)
            self.moments.append(moments)


async def begin_motion(request: MoveRobot, ctx: Context) -> MoveRobot:
    """Have the robot in this motion from the moment its run is written down; a wrong one becomes no run.

    Raises:
        NotFound: the caller has no such robot.
        Conflict: it is stopped, or in another motion.
    """
    row = await find(request.id, ctx)
    ctx.beside.append(("robot_motions", await _claim(row, str(ctx.run_id), ctx)))
    return request


async def _claim(row: Row, run_id: str, ctx: Context) -> Row:
    # They are counted first: one that comes in between is one more.
    seen = str(await stops_so_far(row["id"], ctx))
    await refuse_stopped(row, ctx)
    for other in await ctx.store.select("robot_motions", where={"robot_id": row["id"]}, limit=1):
        run = await ctx.store.get("runs", str(other["id"]))
        if run is not None and run["state"] in OPEN:
            raise Conflict(
                f"The robot {row['name']!r} is in the motion {other['id']}.",
                field="id",
                value=row["name"],
                remedy="Wait for it, or cancel that run.",
            )
        # Its run ended without being carried out: what is left of it is in nobody's way.
        await ctx.store.delete("robot_motions", str(other["id"]))
    now = ctx.now()
    return {"id": run_id, "robot_id": row["id"], "seen": seen, "created": now, "updated": now}


async def carry_out(request: MoveRobot, plan: Operation[Any, Any], ctx: Context) -> Moved:
    """Plan the motion with this operation and follow it; see `robots.move_robot`."""
    row: Row = await ctx.note("robot", lambda: _found(request.id, ctx))
    run_id, begun = ctx.run.run_id, ctx.run.noted("begun") is not None
    # What says where the robot is is written each time: a second attempt's writes are no repetitions of the first's.
    store = replace(ctx, scope=None, journal=None).store
    try:
        seen = "" if begun else await _cleared(row, ctx)
        asked = PlanRequest(
            robot=robot_of(row),
            start=json.loads(row["positions"]),
            waypoints=request.waypoints,
            lines=request.lines,
            method=request.method,
            duration=request.duration,
            scale=request.scale,
        )
        planned: Plan = await ctx.step(plan, asked)
        if planned.duration / request.speed > MOST_SECONDS:
            raise InvalidRequest(
                f"The motion takes {planned.duration:.0f} s, and a run of it at most {MOST_SECONDS:.0f} s.",
                field="speed",
                value=request.speed,
                remedy="Give a greater speed, or fewer waypoints.",
            )
        follower = _Follower(request=request, row=row, seen=seen, plan=planned, ctx=ctx, store=store)
        await ctx.note("begun", lambda: True)
        made = await ctx.note("made", follower.cut if begun else follower.follow)
        return Moved.model_validate(made)
    finally:
        await store.delete("robot_motions", run_id)


async def _found(wanted: str, ctx: Context) -> Row:
    return dict(await find(wanted, ctx))


async def _cleared(row: Row, ctx: Context) -> str:
    """How many stops there were when the motion was asked for, once it is sure that none came since.

    Raises:
        Conflict: one did.
    """
    claim = await ctx.store.get("robot_motions", ctx.run.run_id)
    if claim is None:
        # A run that was begun from another one, a retry say, comes without.
        claim = await _claim(row, ctx.run.run_id, ctx)
        await ctx.store.insert("robot_motions", claim)
    await refuse_stopped(row, ctx)
    _refuse_older(row, str(claim["seen"]), str(await stops_so_far(row["id"], ctx)))
    return str(claim["seen"])


def _refuse_older(row: Row, seen: str, count: str) -> None:
    if count != seen:
        raise Conflict(
            f"The robot {row['name']!r} was stopped after this motion was asked for.",
            field="id",
            value=row["name"],
            remedy="Ask for the motion again.",
        )


@dataclass(kw_only=True)
class _Follower:
    """Follows a plan."""

    request: MoveRobot
    row: Row
    seen: str
    plan: Plan
    ctx: Context
    store: Owned
    track: _Track = field(default_factory=_Track)

    def __post_init__(self) -> None:
        motion = self.plan.motion
        self.samples = Samples(
            time=motion.time, position=motion.position, velocity=motion.velocity, acceleration=motion.acceleration
        )
        self.limits = limits_of_robot(robot_of(self.row))
        self.track.apart = self.plan.duration / MOST_KEPT

    async def follow(self) -> dict[str, Any]:
        """Go along the plan, as long as no stop comes; JSON of `Moved`."""
        loop = asyncio.get_running_loop()
        speed, duration = self.request.speed, self.plan.duration
        since, looks, time = loop.time(), 0, 0.0
        try:
            while True:
                because = await self._stopped()
                time = min((loop.time() - since) * speed, duration)
                moments = self.samples.at(time)
                self.track.add(time, moments, always=bool(because) or time >= duration)
                if not because and (looks % TOLD_EVERY == 0 or time >= duration):
                    because = await self._tell(time / duration, moments)
                if because:
                    return await self._halt(time, moments, because)
                if time >= duration:
                    return self._moved(None)
                looks += 1
                await asyncio.sleep(min(TICK, (duration - time) / speed))
        except asyncio.CancelledError:
            # Whoever cancels the run is told so at once; the robot has braked by the time it is asked for.
            await self._rest(halts(self.samples.at(time), self.limits))
            raise

    async def cut(self) -> dict[str, Any]:
        """The end of a motion that an earlier attempt has begun: the robot is where it was last known, at rest."""
        row = await self.store.get("robots", self.row["id"]) or self.row
        self.track.add(0.0, [(p, 0.0, 0.0) for p in json.loads(row["positions"])])
        return self._moved(Halt(because=CUT, time=0.0, duration=0.0, most_acceleration=0.0, most_jerk=0.0))

    async def _stopped(self) -> str:
        """Why the motion must not go on; empty where it may. A stop that cannot be looked for is one."""
        try:
            robot_id = str(self.row["id"])
            held = await holding(robot_id, self.ctx)
            if held:
                return f"it was stopped: {held[0]['reason']}" if held[0]["reason"] else "it was stopped"
            count = str(await stops_so_far(robot_id, self.ctx))
        except NisError as error:
            return f"nobody can say whether it was stopped: {error.message}"
        return "it was stopped, and released since" if count != self.seen else ""

    async def _halt(self, time: float, moments: Sequence[Moment], because: str) -> dict[str, Any]:
        """Brake each joint as hard as its limits allow, in the simulation's time."""
        ways = halts(moments, self.limits)
        longest = max(way.duration for way in ways)
        log.warning("robot %s halts at %.3f s of its motion: %s", self.row["id"], time, because)
        for number in range(1, BRAKED):
            part = longest * number / (BRAKED - 1)
            self.track.add(time + part, [way.at(part) for way in ways])
        await asyncio.sleep(longest / self.request.speed)
        await self._rest(ways)
        await self.ctx.run.write(Progressed(fraction=time / self.plan.duration, message=f"Halted: {because}"))
        shares = [_shares(way, limit) for way, limit in zip(ways, self.limits, strict=True)]
        return self._moved(
            Halt(
                because=because,
                time=time,
                duration=longest,
                most_acceleration=max(one for one, _ in shares),
                most_jerk=max(one for _, one in shares),
            )
        )

    async def _rest(self, ways: Sequence[Profile]) -> None:
        await self._write([way.at(way.duration)[0] for way in ways])

    async def _tell(self, fraction: float, moments: Sequence[Moment]) -> str:
        """Say and write where it is; why it must not go on, where there is no such robot any more."""
        kept = await self._write([p for p, _, _ in moments])
        values = {f"joint {number}": p for number, (p, _, _) in enumerate(moments, 1)}
        message = "The simulated robot moves"
        await self.ctx.run.write(Progressed(fraction=min(1.0, fraction), message=message, values=values))
        return "" if kept else "the robot is not there any more"

    async def _write(self, positions: list[float]) -> bool:
        # By the store's clock, and not the run's: a measurement is no part of what a replay repeats.
        changes = {"positions": json.dumps(positions), "updated": self.ctx.drivers.store.now()}
        return await self.store.update("robots", str(self.row["id"]), changes)

    def _moved(self, halted: Halt | None) -> dict[str, Any]:
        track = self.track
        made = [list(zip(*moments, strict=True)) for moments in zip(*track.moments, strict=True)]
        done = Moved(
            arrived=halted is None,
            positions=[one[0][-1] for one in made],
            planned=self.plan.duration,
            halt=halted,
            track=Track(
                time=track.time,
                position=[list(one[0]) for one in made],
                velocity=[list(one[1]) for one in made],
                acceleration=[list(one[2]) for one in made],
            ),
            receipt=self.plan.receipt,
        )
        return done.model_dump(mode="json")


def halts(moments: Sequence[Moment], limits: Sequence[JointLimits]) -> list[Profile]:
    """How each joint comes to rest from where it is."""
    return [halt(moment, limit.bounds) for moment, limit in zip(moments, limits, strict=True)]


def _shares(way: Profile, limit: JointLimits) -> tuple[float, float]:
    """The most acceleration and jerk of a halt, of their limits: at its breaks, between which both are monotonic."""
    accelerations = [abs(way.at(time)[2]) for time in way.breaks[:-1]]
    jerks = [abs(phase.jerk) for phase in way.phases]
    return max(accelerations) / limit.bounds.acceleration, max(jerks) / limit.bounds.jerk
