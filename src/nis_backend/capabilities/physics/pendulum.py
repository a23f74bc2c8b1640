"""The plane pendulum at any amplitude."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nis_backend.capabilities.physics.motion import PendulumMotion, PendulumRequest, Swing
from nis_backend.capabilities.physics.ode import METHOD, ORDER, SOURCE, advance, between, crossings
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.refinement import ROUNDING, Course, compare, refine, silent, write_receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.ode import Rate, State
    from nis_backend.numerics.receipt import Check

ANGLE, RATE, LOST = range(3)


@dataclass(frozen=True, kw_only=True)
class Motion:
    """The motion on one grid: states (angle, its rate, energy lost per mass and length²) at equal steps `h`."""

    h: float
    states: list[State]

    @property
    def steps(self) -> int:
        """Steps taken."""
        return len(self.states) - 1


def rate(stiffness: float, damping: float) -> Rate:
    """θ'' = -stiffness·sin θ - damping·θ', and the power lost."""

    def f(y: State) -> State:
        theta, omega, _ = y
        return omega, -stiffness * math.sin(theta) - damping * omega, damping * omega * omega

    return f


def energy(y: State, stiffness: float) -> float:
    """Kinetic, potential and lost energy per mass and length², 1/s²; constant along an exact motion."""
    return y[RATE] ** 2 / 2 + 2 * stiffness * math.sin(y[ANGLE] / 2) ** 2 + y[LOST]


def mean(a: float, b: float) -> float:
    """The arithmetic-geometric mean; doubles its digits each round."""
    while abs(a - b) > ROUNDING * a:
        a, b = (a + b) / 2, math.sqrt(a * b)
    return a


def exact_period(angle: float, omega: float, stiffness: float) -> float | None:
    """Time of one swing, or of one turn over the top, without damping; None on the border between the two."""
    modulus = math.sin(angle / 2) ** 2 + omega**2 / (4 * stiffness)
    if modulus < 1:
        # cos² of half the amplitude, without the cancellation of 1 - modulus.
        rest = math.cos(angle / 2) ** 2 - omega**2 / (4 * stiffness)
        return 2 * math.pi / (math.sqrt(stiffness) * mean(1.0, math.sqrt(rest))) if rest > 0 else None
    if modulus > 1:
        return math.pi / (math.sqrt(stiffness * modulus) * mean(1.0, math.sqrt(1 - 1 / modulus)))
    return None


def swing(request: PendulumRequest, tell: Callable[[float, str], None] = silent) -> PendulumMotion:
    """The motion that was asked for; `tell` hears how far it is."""
    course = Course(tell)
    stiffness, damping = request.gravity / request.length, request.damping
    start = (math.radians(request.angle), request.angular_velocity, 0.0)
    f = rate(stiffness, damping)
    small = 2 * math.pi / math.sqrt(stiffness)
    exact = exact_period(start[ANGLE], start[RATE], stiffness) if damping == 0 else None
    duration = request.duration or 4 * (exact or small)
    first = _first_steps(request, duration, stiffness)

    def solve(halvings: int) -> Motion:
        steps = first * 2**halvings
        states: list[State] = [start]
        for _ in course.over(steps):
            states.append(advance(f, states[-1], duration / steps))
        return Motion(h=duration / steps, states=states)

    refined = refine(
        solve,
        _gap,
        order=ORDER,
        most=request.max_steps,
        tolerance=request.tolerance,
        rounding=ROUNDING * max(abs(start[ANGLE]), abs(start[RATE]) * duration),
        course=course,
    )
    motion = refined.solution
    passes = list(crossings(f, motion.states, motion.h, ANGLE))
    turns = [state for _, state in crossings(f, motion.states, motion.h, RATE)]
    kind = _classify(start, motion, stiffness, damping)
    seen = _measured_period(passes) if kind == "swings" else None
    fastest = max(abs(y[RATE]) for y in [*motion.states, *(state for _, state in passes)])
    total = energy(start, stiffness)
    drift = max(abs(energy(y, stiffness) - total) for y in motion.states)
    checks: list[Check] = []
    if exact and seen:
        allowed = 20 * refined.error / fastest + 1e-11 * exact
        checks.append(compare("period, arithmetic-geometric mean", seen, exact, "s", allowed=allowed))
    if total:
        pull = math.sqrt(stiffness) + damping
        checks.append(
            compare(
                "energy at the end with what was lost, against the start",
                energy(motion.states[-1], stiffness),
                total,
                "1/s²",
                allowed=20 * refined.error * (stiffness + fastest * pull) + 1e-11 * total,
            )
        )
    return PendulumMotion(
        motion=kind,
        period=exact if damping == 0 else seen,
        period_method="arithmetic-geometric mean"
        if damping == 0
        else "two passes of the lowest point in one direction",
        small_angle_period=small,
        amplitude=math.degrees(max(abs(y[ANGLE]) for y in [*motion.states, *turns])),
        max_speed=fastest * request.length,
        duration=duration,
        energy_drift=drift / total if total else 0.0,
        trajectory=sample(f, motion, request.points),
        receipt=write_receipt(
            refined,
            method=METHOD,
            order=ORDER,
            error_of="angle, at any time",
            unit="rad",
            tolerance=request.tolerance,
            source=SOURCE,
            checks=checks,
        ),
    )


def sample(f: Rate, motion: Motion, points: int) -> Swing:
    """The motion at evenly spaced times."""
    taken: list[State] = []
    for i in range(points):
        whole, part = divmod(i * motion.steps, points - 1)
        if part == 0:
            taken.append(motion.states[whole])
        else:
            taken.append(between(f, motion.states[whole], motion.states[whole + 1], motion.h, part / (points - 1)))
    return Swing(
        time=[motion.h * motion.steps * i / (points - 1) for i in range(points)],
        angle=[math.degrees(y[ANGLE]) for y in taken],
        angular_velocity=[y[RATE] for y in taken],
    )


def _first_steps(request: PendulumRequest, duration: float, stiffness: float) -> int:
    """Steps of the coarsest grid: half a radian of the fastest motion each, and stable under the damping."""
    fastest = math.sqrt(request.angular_velocity**2 + 4 * stiffness)
    steps = max(16, math.ceil(duration * max(2 * fastest / math.pi, request.damping)))
    if 4 * steps > request.max_steps:
        raise InvalidRequest(
            f"{request.max_steps} steps do not resolve {duration:g} s of this motion.",
            field="duration",
            value=duration,
            remedy=f"Give a duration below {duration * request.max_steps / (4 * steps):.3g} s, or allow more steps.",
        )
    return steps


def _gap(coarse: Motion, fine: Motion) -> float:
    return max(abs(a[ANGLE] - b[ANGLE]) for a, b in zip(coarse.states, fine.states[::2], strict=True))


def _classify(
    start: State, motion: Motion, stiffness: float, damping: float
) -> Literal["swings", "turns over", "creeps back", "rests"]:
    if start[ANGLE] == 0 and start[RATE] == 0:
        return "rests"
    if max(abs(y[ANGLE]) for y in motion.states) > math.pi:
        return "turns over"
    return "creeps back" if damping >= 2 * math.sqrt(stiffness) else "swings"


def _measured_period(passes: list[tuple[float, State]]) -> float | None:
    """Time between the first two passes of the lowest point in one direction."""
    return passes[2][0] - passes[0][0] if len(passes) > 2 else None  # noqa: PLR2004 - one pass is the other way
