"""What the results about arms look like: first the answer in words, then the arm from two sides, then the receipt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_number
from nis_backend.view import Axis, Series, Table, Text, moment, verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.robotics.kept import Moved, RobotList, RobotState
    from nis_backend.capabilities.robotics.motions import Plan, PlanRequest
    from nis_backend.capabilities.robotics.poses import (
        Jacobian,
        JacobianRequest,
        Outline,
        Pose,
        PoseRequest,
        Solutions,
        SolveRequest,
    )
    from nis_backend.capabilities.robotics.sweeps import PathRequest, Swept
    from nis_backend.view import View

SIMULATED = "This is computed for a model of the arm; no machine moves."
FLAT = 1e-9
"""Metres: an arm that is no higher lies in its plane, and is seen from above alone."""


NOTHING = 1e-12
"""Metres, or metres a radian: what rounding leaves of a nought."""


def _plain(value: float, digits: int) -> str:
    return format_number(0.0 if abs(value) < NOTHING else value, digits)


def draw_pose(request: PoseRequest, pose: Pose) -> list[View]:
    """Where the tool is, the arm, its frames."""
    turns = ", ".join(
        f"{name} {degrees(one)}" for name, one in zip(TURNS, (pose.roll, pose.pitch, pose.yaw), strict=True)
    )
    return [
        Text(
            text=f"The tool of the {request.arm_name} is at **x = {format_number(pose.x)} m, "
            f"y = {format_number(pose.y)} m, z = {format_number(pose.z)} m**, turned by {turns} "
            f"({error_words(pose.receipt)}).{beyond(pose.outside)} {SIMULATED}"
        ),
        *draw_outlines([("the arm", pose.outline)]),
        Table(
            title="Frames",
            columns=["frame", "x, m", "y, m", "z, m"],
            rows=[[one.name, *(_plain(value, 6) for value in one.position)] for one in pose.frames],
        ),
        receipt_table(pose.receipt),
    ]


def draw_jacobian(request: JacobianRequest, jacobian: Jacobian) -> list[View]:
    """Whether it is singular, the matrix, the singular values."""
    if jacobian.singular:
        gone = jacobian.full_rank - jacobian.rank
        words = (
            f"The {request.arm_name} is **singular** here: of the {jacobian.full_rank} directions that it can move its "
            f"tool in, it has lost {gone}"
        )
    else:
        condition = format_number(jacobian.condition or 0, 3)
        words = (
            f"The {request.arm_name} is not singular here: its tool can move in {jacobian.rank} directions, "
            f"manipulability **{format_number(jacobian.manipulability)}**, condition number {condition}"
        )
    names = ["vx", "vy", "vz", "ωx", "ωy", "ωz"]
    joints = [f"joint {number}" for number in range(1, len(jacobian.matrix[0]) + 1)]
    rows: list[list[str | float]] = [
        [name, *(_plain(value, 5) for value in row)] for name, row in zip(names, jacobian.matrix, strict=True)
    ]
    count = len(jacobian.singular_values)
    values = Axis(label="singular value", values=jacobian.singular_values, mark="bars")
    return [
        Text(text=f"{words} ({error_words(jacobian.receipt)}).{beyond(jacobian.outside)} {SIMULATED}"),
        Table(title="Jacobian", columns=["", *joints], rows=rows),
        Series(
            title="Singular values",
            x=Axis(
                label="",
                values=[float(one) for one in range(1, count + 1)],
                names=[str(one + 1) for one in range(count)],
            ),
            lines=[values],
        ),
        *draw_outlines([("the arm", jacobian.outline)]),
        receipt_table(jacobian.receipt),
    ]


def draw_solutions(request: SolveRequest, found: Solutions) -> list[View]:
    """The joints' positions, all solutions, the arm in the first ones."""
    best = ", ".join(format_number(one) for one in found.positions)
    more = found.count - 1
    others = f"; {more} other way{'s were' if more > 1 else ' was'} found" if more else ""
    between = " Between them lie others: the arm can move on the spot." if found.endless else ""
    joints = [f"joint {number}" for number in range(1, len(found.positions) + 1)]
    rows: list[list[str | float]] = [
        [
            *(format_number(one, 6) for one in solution.positions),
            ", ".join(map(str, solution.at_limits)) or "none",
            "yes" if solution.singular else "no",
        ]
        for solution in found.solutions
    ]
    arms = [(f"solution {number}", one) for number, one in enumerate(found.outlines, 1)]
    return [
        Text(
            text=f"The {request.arm_name} brings its tool there with its joints at **{best}** (rad; m where one slides)"
            f"{others} ({error_words(found.receipt)}).{between} {SIMULATED}"
        ),
        Table(title="Solutions", columns=[*joints, "at an end", "singular"], rows=rows),
        *draw_outlines(arms),
        receipt_table(found.receipt),
    ]


def draw_swept(request: PathRequest, swept: Swept) -> list[View]:
    """Whether the arm comes through, where it touches first, the arm there and what it touches."""
    contact, nearest = swept.contact, swept.nearest
    if contact is not None:
        words = (
            f"The {request.arm_name} **collides**: link {contact.link} touches {verbatim(contact.other)} "
            f"{format_number(100 * contact.part, 3)} % of the way from waypoint {contact.segment} to the next, at "
            f"x = {format_number(contact.x)} m, y = {format_number(contact.y)} m, z = {format_number(contact.z)} m"
        )
    elif nearest is None or swept.clearance is None:
        words = f"Nothing is in the way of the {request.arm_name}: there is nothing that it was looked at against"
    else:
        words = (
            f"The way of the {request.arm_name} is **free**: it stays {format_number(swept.clearance, 3)} m or more "
            f"from everything, and comes nearest, {format_number(nearest.distance, 3)} m, to {verbatim(nearest.other)} "
            f"with link {nearest.link}"
        )
    arms = list(zip(("the arm at first", "the arm at the end of what was looked at"), swept.outlines, strict=True))
    rows: list[list[str | float]] = [
        [one.name, one.kind, ", ".join(f"{value:g}" for value in (one.start or one.center))]
        for one in request.obstacles
    ]
    things = [Table(title="What is in the way", columns=["name", "kind", "at x, y, z (m)"], rows=rows)] if rows else []
    return [
        Text(text=f"{words} ({swept.pairs} pairs, {error_words(swept.receipt)}). {SIMULATED}"),
        *draw_outlines(arms),
        *things,
        receipt_table(swept.receipt),
    ]


TURNS = ("roll", "pitch", "yaw")


def degrees(angle: float) -> str:
    """An angle as people read one."""
    # A millionth of a millionth is rounding, and what is written is read by people.
    return f"{format_number(round(math.degrees(angle), 9) + 0.0)}°"


def beyond(outside: Sequence[int]) -> str:
    """What is to be said of joints beyond their ranges."""
    if not outside:
        return ""
    one = len(outside) == 1
    which = ", ".join(map(str, outside))
    return f" **Joint{'' if one else 's'} {which} would be beyond {'its range' if one else 'their ranges'}.**"


def draw_outlines(arms: Sequence[tuple[str, Outline]]) -> list[View]:
    """Arms as lines: from the side, where they rise at all, and from above."""
    rises = any(max(one.z) - min(one.z) > FLAT for _, one in arms)
    side = [_seen(f"{name}, from the side", one.x, one.z, ("x", "z")) for name, one in arms] if rises else []
    return [*side, *(_seen(f"{name}, from above", one.x, one.y, ("x", "y")) for name, one in arms)]


def _seen(title: str, across: Sequence[float], up: Sequence[float], axes: tuple[str, str]) -> Series:
    return Series(
        title=title[0].upper() + title[1:],
        x=Axis(label=axes[0], unit="m", values=across),
        lines=[Axis(label=axes[1], unit="m", values=up)],
        equal=True,
    )


def draw_plan(request: PlanRequest, plan: Plan) -> list[View]:
    """How long it takes and why, the joints over time with their limits, the tool's way, the arm at its waypoints."""
    most = max(one.velocity / one.velocity_limit for one in plan.peaks)
    near = (
        f" It comes **near a singularity**: the smallest singular value is {format_number(plan.least_share, 2)} of the "
        "largest."
        if plan.least_share < NEAR
        else ""
    )
    arms = [(f"the arm at waypoint {number}", one) for number, one in enumerate(plan.outlines, 1)]
    return [
        Text(
            text=f"The motion of the {request.arm_name} takes **{format_number(plan.duration)} s** "
            f"({error_words(plan.receipt)}), limited by {plan.limited_by}; the fastest joint uses "
            f"{format_number(100 * most, 3)} % of its velocity limit.{near} {SIMULATED}"
        ),
        *draw_curves(plan.motion.time, plan.motion.position, plan.motion.velocity, plan.motion.acceleration),
        _seen("The tool's way, from above", plan.motion.x, plan.motion.y, ("x", "y")),
        Table(
            title="Most of each joint",
            columns=["joint", "velocity, rad/s", "limit", "acceleration, rad/s²", "limit", "jerk, rad/s³", "limit"],
            rows=[
                [
                    str(one.joint),
                    *(
                        format_number(value)
                        for value in (
                            *(one.velocity, one.velocity_limit, one.acceleration),
                            *(one.acceleration_limit, one.jerk, one.jerk_limit),
                        )
                    ),
                ]
                for one in plan.peaks
            ],
        ),
        *draw_outlines(arms[:: max(1, len(arms) - 1)]),
        receipt_table(plan.receipt),
    ]


NEAR = 1e-3
"""Share of the largest singular value below which a stance is called near a singularity."""


def draw_curves(
    time: Sequence[float],
    position: Sequence[Sequence[float]],
    velocity: Sequence[Sequence[float]],
    acceleration: Sequence[Sequence[float]],
) -> list[View]:
    """The joints over time."""
    kinds = (
        ("Positions of the joints", "position", "rad", position),
        ("Velocities of the joints", "velocity", "rad/s", velocity),
        ("Accelerations of the joints", "acceleration", "rad/s²", acceleration),
    )
    return [
        Series(
            title=title,
            x=Axis(label="time", unit="s", values=time),
            lines=[Axis(label=f"joint {number}", unit=unit, values=values) for number, values in enumerate(curves, 1)],
            y=measured,
        )
        for title, measured, unit, curves in kinds
    ]


def draw_robot(_request: object, robot: RobotState) -> list[View]:
    """Whether it may move, where its joints are, its stops."""
    moves = " It is in a motion." if robot.moving else " It is at rest."
    held = [stop for stop in robot.stops if stop.released is None]
    why = f" ({held[-1].reason})" if held and held[-1].reason else ""
    halted = f"**is stopped**{why}: it makes no motion until it is released." if robot.stopped else "may be moved."
    positions = ", ".join(format_number(one) for one in robot.positions)
    rows: list[list[str | float]] = [
        [moment(one.created), one.reason, "" if one.released is None else moment(one.released), one.release_reason]
        for one in robot.stops
    ]
    stops = [Table(title="Stops", columns=["stopped (UTC)", "why", "released (UTC)", "why"], rows=rows)] if rows else []
    return [
        Text(
            text=f"The simulated robot {verbatim(robot.name)} ({robot.joints} joints) {halted}{moves} Its joints are "
            f"at {positions} (rad; m where one slides). No machine moves: it is a simulation."
        ),
        *stops,
    ]


def draw_robots(_request: object, listing: RobotList) -> list[View]:
    """A row for each robot."""
    rows: list[list[str | float]] = [
        [one.id, one.name, one.joints, "yes" if one.moving else "no", "STOPPED" if one.stopped else "no"]
        for one in listing.robots
    ]
    return [Table(title="Simulated robots", columns=["id", "name", "joints", "moves", "stopped"], rows=rows)]


def draw_moved(_request: object, moved: Moved) -> list[View]:
    """Whether it arrived, and the motion as it was made."""
    if moved.halt is None:
        words = f"The simulated robot **arrived** after {format_number(moved.planned)} s."
    else:
        words = (
            f"The simulated robot **did not arrive**: {moved.halt.because}. It came to rest within "
            f"{format_number(moved.halt.duration)} s, at {format_number(moved.halt.time + moved.halt.duration)} s of "
            f"{format_number(moved.planned)} s."
        )
    track = moved.track
    return [
        Text(text=f"{words} No machine moves: it is a simulation."),
        *draw_curves(track.time, track.position, track.velocity, track.acceleration),
        receipt_table(moved.receipt),
    ]
