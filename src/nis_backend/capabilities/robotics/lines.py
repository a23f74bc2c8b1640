"""Motions of a tool along straight lines: the joints that follow them, and how fast they may."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.robotics.chain import distance
from nis_backend.capabilities.robotics.course import Course, stretch
from nis_backend.capabilities.robotics.forward import most_rank, usual_task
from nis_backend.capabilities.robotics.geometry import axis_motion, from_rpy, rotation_vector
from nis_backend.capabilities.robotics.planning import beyond_range, course_checks, in_time, told, within
from nis_backend.capabilities.robotics.profiles import Bounds, rest_to_rest
from nis_backend.capabilities.robotics.search import Aim, search
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost, Receipt
from nis_backend.numerics.refinement import compare
from nis_backend.numerics.written import format_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.robotics.chain import Chain
    from nis_backend.capabilities.robotics.geometry import Floats
    from nis_backend.capabilities.robotics.motions import LineTarget, Plan, PlanRequest

ROUGH, KNOTS = 33, 129
"""Places of a line at which its slopes are looked at first, and times at which the joints are then solved for."""
SINGULAR = 1e-3
"""Share of the largest singular value below which a line is refused: joints would have to race there."""
JUMP = 0.5
"""rad, or m: what a joint may move from one knot to the next; more is another branch."""
ASKED = 1e-6
"""Of the reach: how far the tool may be off its line."""
LOOKED_AT = 301
POSE = 6
"""Directions, where the tool's turn is followed as well."""
CLOSE = 1e-12
"""Of the reach: what may be left at a knot."""
SLOPE = 1e-5
"""Step of the difference that says how the Jacobian changes along the line."""
SOURCE = "Taylor, IBM J. Res. Dev. 23 (1979), 424-436; Biagiotti & Melchiorri, Trajectory Planning (2008), 3.4 and 9.4"


EVENLY = (
    "Each line is as quick as an even stretching of one profile allows, with a rest at its end; what slows down only "
    "where a joint comes to its limit may be quicker."
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """From one frame to another, moving and turning evenly; s is 0 to 1."""

    begin: Floats
    way: Floats
    axis: Floats
    angle: float

    def at(self, s: float) -> Floats:
        """The frame."""
        frame = self.begin.copy()
        frame[:3, 3] += s * self.way
        frame[:3, :3] = axis_motion(self.axis, s * self.angle, turns=True)[:3, :3] @ frame[:3, :3]
        return frame

    @property
    def twist(self) -> Floats:
        """(6,): how it moves and turns for each unit of s."""
        return np.concatenate([self.way, self.angle * self.axis])


def plan_lines(request: PlanRequest, chain: Chain, limits: Floats, tell: Callable[[float, str], None]) -> Plan:
    """Plan a motion along lines, resting at the end of each."""
    assert request.start is not None
    follows = _Follows(chain=chain, rows=POSE if usual_task(chain) == "pose" else 3)
    q, courses, lines = within(chain, request.start, "start"), list[Course](), list[Line]()
    for number, target in enumerate(request.lines):
        line = _line(chain.pose(q), target, number)
        pieces = follows.along(line, q, limits, number)
        courses.append(pieces)
        lines.append(line)
        q = pieces.at(np.array([pieces.duration]))[0]
        tell((number + 1) / len(request.lines), f"Line {number + 1} of {len(request.lines)}")
    course = in_time(joined(courses), request.duration)
    off, turned = _off(chain, course, lines, follows.rows)
    asked = ASKED * chain.reach
    checks = [
        *course_checks(course, limits),
        compare("largest way beyond a joint's range", beyond_range(chain, course), 0.0, "rad", allowed=1e-9),
        compare("largest turn away from the line's orientation", turned, 0.0, "rad", allowed=1e-5),
    ]
    receipt = Receipt(
        method="double-S profiles along straight lines, joints by inverse kinematics at knots",
        order=None,
        observed_order=None,
        steps=len(course.coefficients),
        error_of="the tool's distance from its line",
        error_asked=asked,
        error_reached=off,
        unit="m",
        estimate="forward kinematics between the knots",
        met=off <= asked and all(check.agrees for check in checks),
        cost=Cost(evaluations=follows.evaluations, of="poses with Jacobians", unknowns=len(chain)),
        source=SOURCE,
        checks=checks,
        notes=[EVENLY],
    )
    return told(chain, course, limits, request.points, receipt)


def _line(begin: Floats, target: LineTarget, number: int) -> Line:
    turn = begin[:3, :3] if target.rotation is None else from_rpy(*target.rotation)[:3, :3]
    vector = rotation_vector(turn @ begin[:3, :3].T)
    angle = float(np.linalg.norm(vector))
    way = np.array(target.position) - begin[:3, 3]
    if float(np.linalg.norm(way)) < 1e-9 and angle < 1e-9:  # noqa: PLR2004 - nowhere to go
        raise InvalidRequest(
            "A line ends where it begins.",
            field=f"lines.{number}",
            remedy="Give a pose that is elsewhere, or leave it out.",
        )
    return Line(begin=begin, way=way, axis=vector / angle if angle > 0 else np.array([0.0, 0.0, 1.0]), angle=angle)


@dataclass(kw_only=True)
class _Follows:
    """Finds joints that follow lines."""

    chain: Chain
    rows: int
    """6 where the tool's turn is followed too, 3 where the place alone is."""
    evaluations: int = 0

    def along(self, line: Line, start: Floats, limits: Floats, number: int) -> Course:
        """The joints' motion along one line from rest to rest: quintics in time between knots."""
        _, first, _ = self._tracked(line, start, np.linspace(0, 1, ROUGH), number)
        steepest = np.maximum(np.max(np.abs(first), axis=0), 1e-12)
        velocity, acceleration, jerk = (float(np.min(limit / steepest)) for limit in limits)
        profile = rest_to_rest(Bounds(velocity=velocity, acceleration=acceleration, jerk=jerk))
        times = np.union1d(np.linspace(0, profile.duration, KNOTS), profile.breaks)
        times = times[np.concatenate([[True], np.diff(times) > 1e-9 * profile.duration])]
        s, v, a = np.array([profile.at(float(time)) for time in times]).T
        q, first, second = self._tracked(line, start, np.clip(s, 0, 1), number)
        velocities = first * v[:, None]
        course = hermite(times, q, velocities, second * v[:, None] ** 2 + first * a[:, None])
        return course.slower(stretch(course, limits))

    def _tracked(self, line: Line, start: Floats, parts: Floats, number: int) -> tuple[Floats, Floats, Floats]:
        """The joints at these parts of a line, and their first and second derivatives by s."""
        full = most_rank(self.chain, self.rows)
        q = [start]
        slopes: list[Floats] = []
        bends: list[Floats] = []
        for part in parts.tolist():
            if part > 0:
                q.append(self._solved(line, part, q, number))
            slope, bend = self._derivatives(line, q[-1], full, part, number)
            slopes.append(slope)
            bends.append(bend)
        return np.array(q), np.array(slopes), np.array(bends)

    def _solved(self, line: Line, part: float, before: list[Floats], number: int) -> Floats:
        frame = line.at(part)
        aim = Aim(place=frame[:3, 3], turn=frame[:3, :3] if self.rows == POSE else None, arm=self.chain.reach / 4)
        found = search(self.chain, aim, before[-1][None], enough=CLOSE * self.chain.reach)
        self.evaluations += found.evaluations
        q = found.positions[0]
        left = float(np.linalg.norm(found.misses[0]))
        jump = float(np.max(np.abs(q - before[-1])))
        if left > 1e-9 * self.chain.reach or jump > JUMP:
            raise InvalidRequest(
                f"The arm cannot follow line {number + 1} beyond {format_number(100 * part, 3)} % of it: "
                f"{format_number(left, 2)} m are left, with its joints at the ends of their ranges or of their reach.",
                field=f"lines.{number}",
                value=part,
                remedy="Give a line that stays in reach, begin it in another stance, or go there through waypoints.",
            )
        return q

    def _derivatives(self, line: Line, q: Floats, full: int, part: float, number: int) -> tuple[Floats, Floats]:
        """The joints' first and second derivatives by s: J q' = twist, and J q'' = -J' q'."""
        jacobian = self.chain.jacobian(q)[: self.rows]
        values = np.linalg.svd(jacobian, compute_uv=False)
        if values[full - 1] < SINGULAR * values[0]:
            raise InvalidRequest(
                f"Line {number + 1} comes to a singularity at {format_number(100 * part, 3)} % of it: the smallest "
                f"singular value is {format_number(float(values[full - 1] / values[0]), 2)} of the largest.",
                field=f"lines.{number}",
                value=part,
                remedy="Give a line that passes it by, begin it in another stance, or go there through waypoints.",
            )
        inverse = np.linalg.pinv(jacobian, rcond=SINGULAR / 10)
        first = inverse @ line.twist[: self.rows]
        ahead, behind = (self.chain.jacobian(q + step * first)[: self.rows] for step in (SLOPE, -SLOPE))
        second = -inverse @ ((ahead - behind) / (2 * SLOPE) @ first)
        self.evaluations += 3
        return first, second


def joined(courses: list[Course]) -> Course:
    """One after the other."""
    starts = np.concatenate([[0.0], np.cumsum([one.duration for one in courses])])
    shifted = [one.breaks[1:] + start for one, start in zip(courses, starts, strict=False)]
    return Course(
        breaks=np.concatenate([[0.0], *shifted]),
        coefficients=np.concatenate([one.coefficients for one in courses]),
        arrivals=starts,
    )


def hermite(times: Floats, q: Floats, velocities: Floats, accelerations: Floats) -> Course:
    """Quintics through positions, velocities and accelerations (times, joints)."""
    h = np.diff(times)[:, None]
    p0, v0, a0 = q[:-1], velocities[:-1] * h, accelerations[:-1] * h**2
    rest = q[1:] - p0 - v0 - a0 / 2
    slope = velocities[1:] * h - v0 - a0
    bend = accelerations[1:] * h**2 - a0
    parts = [
        *(p0, v0, a0 / 2, 10 * rest - 4 * slope + bend / 2, -15 * rest + 7 * slope - bend),
        6 * rest - 3 * slope + bend / 2,
    ]
    coefficients = np.stack([part / h**power for power, part in enumerate(parts)], axis=1)
    return Course(breaks=times, coefficients=coefficients, arrivals=times[[0, -1]])


def _off(chain: Chain, course: Course, lines: list[Line], rows: int) -> tuple[float, float]:
    """How far the tool is off its lines, and turned away from them, at most: m, rad."""
    off = turned = 0.0
    arrivals: list[float] = course.arrivals.tolist()
    for line, (begin, end) in zip(lines, pairwise(arrivals), strict=True):
        for frame in chain.pose(course.at(np.linspace(begin, end, LOOKED_AT))):
            moved = frame[:3, 3] - line.begin[:3, 3]
            turn = rotation_vector(frame[:3, :3] @ line.begin[:3, :3].T)
            length = float(line.way @ line.way)
            s = float(moved @ line.way) / length if length > 0 else float(turn @ line.axis) / line.angle
            place, angle = distance(line.at(s), frame)
            off, turned = max(off, place), max(turned, angle if rows == POSE else 0.0)
    return off, turned
