"""A motion planned, held to every limit it was planned for, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.robotics.bodies import outline
from nis_backend.capabilities.robotics.chain import chain_of
from nis_backend.capabilities.robotics.course import SAME_PEAK, distinct, limits_of, minimum_jerk, time_optimal
from nis_backend.capabilities.robotics.forward import most_rank, usual_task
from nis_backend.capabilities.robotics.motions import Motion, Peak, Plan
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost, Receipt
from nis_backend.numerics.refinement import compare
from nis_backend.numerics.written import format_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.robotics.chain import Chain
    from nis_backend.capabilities.robotics.course import Course
    from nis_backend.capabilities.robotics.geometry import Floats
    from nis_backend.capabilities.robotics.motions import PlanRequest
    from nis_backend.numerics.receipt import Check

METHODS = {
    "time_optimal": (
        "double-S profiles synchronised over the joints, from rest to rest",
        "Biagiotti & Melchiorri, Trajectory Planning for Automatic Machines and Robots (2008), 3.4",
    ),
    "minimum_jerk": (
        "minimum-jerk quintics through the waypoints",
        "Flash & Hogan, J. Neuroscience 5 (1985), 1688-1703",
    ),
}
NAMES = ("velocity", "acceleration", "jerk")
STEP = 1e-4
"""Of the duration: the step of the differences that check the derivatives."""
RESTS = (
    "Time-optimal for the straight way between waypoints in the joints' space, with a rest at each; another way, or "
    "none of the rests, may be quicker."
)
LOOKED_AT = 401
"""Times at which singular values are computed."""


def plan(request: PlanRequest, tell: Callable[[float, str], None]) -> Plan:
    """Plan a motion."""
    chain = chain_of(request.arm)
    limits = limits_of(chain, request.scale)
    if request.lines:
        from nis_backend.capabilities.robotics.lines import plan_lines  # noqa: PLC0415 - it stands on this module

        return plan_lines(request, chain, limits, tell)
    given = ([] if request.start is None else [("start", request.start)]) + [
        (f"waypoints.{number}", one) for number, one in enumerate(request.waypoints)
    ]
    waypoints = np.array([within(chain, one, field) for field, one in given])
    waypoints = distinct(waypoints)
    course = (time_optimal if request.method == "time_optimal" else minimum_jerk)(waypoints, limits)
    tell(0.5, "Checking the limits")
    course = in_time(course, request.duration)
    misses = float(np.max(np.abs(course.at(course.arrivals) - waypoints)))
    method, source = METHODS[request.method]
    rounding = 1e-12 * float(np.max(np.abs(waypoints)) or 1.0)
    checks = [
        compare("largest distance to a waypoint at its time", misses, 0.0, "rad", allowed=max(rounding, 1e-10)),
        *course_checks(course, limits),
        compare("largest way beyond a joint's range", beyond_range(chain, course), 0.0, "rad", allowed=1e-9),
    ]
    receipt = Receipt(
        method=method,
        order=None,
        observed_order=None,
        steps=len(course.coefficients),
        error_of="the positions over time",
        error_asked=0.0,
        error_reached=0.0,
        unit="rad",
        estimate="exact",
        met=all(check.agrees for check in checks),
        cost=Cost(evaluations=len(course.coefficients), of="polynomials", unknowns=0),
        source=source,
        checks=checks,
        notes=_notes(request),
    )
    if not checks[-1].agrees:
        raise InvalidRequest(
            f"The smoothest way through these waypoints leaves a joint's range by "
            f"{format_number(checks[-1].computed, 2)}.",
            field="method",
            value=request.method,
            remedy="Use time_optimal, or add a waypoint where it turns.",
        )
    return told(chain, course, limits, request.points, receipt)


def within(chain: Chain, positions: list[float], field: str) -> Floats:
    """A waypoint that the arm can stand in.

    Raises:
        InvalidRequest: it has another number of joints, or one is beyond its range.
    """
    q = chain.check(positions, field)
    outside = chain.outside(q)
    if outside:
        one = outside[0] - 1
        raise InvalidRequest(
            f"Joint {outside[0]} cannot be at {format_number(q[one])}: its range is "
            f"{format_number(chain.lower[one])} to {format_number(chain.upper[one])}.",
            field=field,
            value=float(q[one]),
            remedy="Give positions within the joints' ranges.",
        )
    return q


def in_time(course: Course, duration: float | None) -> Course:
    """The course made to last as long as was asked.

    Raises:
        InvalidRequest: the limits do not allow that.
    """
    if duration is None:
        return course
    if duration < course.duration * (1 - SAME_PEAK):
        raise InvalidRequest(
            f"The joints' limits do not allow this motion in {duration:g} s.",
            field="duration",
            value=duration,
            remedy=f"Allow {format_number(course.duration * (1 + 1e-3))} s or more, or leave out duration.",
        )
    return course.slower(duration / course.duration)


def course_checks(course: Course, limits: Floats) -> list[Check]:
    """The peaks as shares of the limits, and the derivatives by differences of the positions."""
    shares = np.max(course.peaks() / limits, axis=1)
    checks = [
        compare(
            f"most of the {name} that is used, of its limit", float(share), min(1.0, float(share)), "", allowed=1e-8
        )
        for name, share in zip(NAMES, shares, strict=True)
    ]
    times = np.linspace(0, course.duration, 1002)[1:-1]
    step = STEP * course.duration
    seen = (course.at(times + step) - course.at(times - step)) / (2 * step)
    # Half the jerk's limit times the step squared, over 3: what a central difference misses, at most.
    allowed = float(np.max(limits[2])) * step**2 / 3 + 1e-9
    apart = float(np.max(np.abs(seen - course.at(times, 1))))
    return [*checks, compare("velocity by differences of the positions", apart, 0.0, "rad/s", allowed=allowed)]


def beyond_range(chain: Chain, course: Course) -> float:
    """How far a joint leaves its range."""
    positions = course.at(course.times(2001))
    return float(max(0.0, np.max(chain.lower - positions), np.max(positions - chain.upper)))


def told(chain: Chain, course: Course, limits: Floats, points: int, receipt: Receipt) -> Plan:
    """The plan of a course."""
    times = course.times(points)
    positions = course.at(times)
    tool = chain.pose(positions)[:, :3, 3]
    found = course.peaks()
    stance = chain.stance(course.at(course.arrivals))
    shown = np.unique(np.linspace(0, len(course.arrivals) - 1, 5).astype(int))
    return Plan(
        duration=course.duration,
        arrivals=course.arrivals.tolist(),
        limited_by=_limited(found / limits),
        least_share=least_share(chain, course),
        motion=Motion(
            time=times.tolist(),
            position=positions.T.tolist(),
            velocity=course.at(times, 1).T.tolist(),
            acceleration=course.at(times, 2).T.tolist(),
            x=tool[:, 0].tolist(),
            y=tool[:, 1].tolist(),
            z=tool[:, 2].tolist(),
        ),
        peaks=[
            Peak(
                joint=number + 1,
                velocity=found[0, number],
                velocity_limit=limits[0, number],
                acceleration=found[1, number],
                acceleration_limit=limits[1, number],
                jerk=found[2, number],
                jerk_limit=limits[2, number],
            )
            for number in range(len(chain))
        ],
        outlines=[outline(chain, stance.one(int(number))) for number in shown],
        receipt=receipt,
    )


def least_share(chain: Chain, course: Course) -> float:
    """The smallest singular value over the largest, where it is least."""
    rows = 6 if usual_task(chain) == "pose" else 3
    matrices = chain.jacobian(course.at(np.linspace(0, course.duration, LOOKED_AT)))[:, :rows]
    values = np.linalg.svd(matrices, compute_uv=False)
    full = most_rank(chain, rows)
    return float(np.min(values[:, full - 1] / values[:, 0]))


def _limited(shares: Floats) -> str:
    which, joint = np.unravel_index(int(np.argmax(shares)), shares.shape)
    if shares[which, joint] < 1 - 1e-5:
        return "the duration that was asked"
    return f"the {NAMES[int(which)]} of joint {int(joint) + 1}"


def _notes(request: PlanRequest) -> list[str]:
    if request.method == "time_optimal":
        return [RESTS]
    return ["The waypoints are passed without a rest; times between them are in the ratio of their ways."]
