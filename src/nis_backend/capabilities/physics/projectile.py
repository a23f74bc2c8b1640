"""Bodies thrown over level ground, with quadratic drag."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.motion import Flight, ProjectileRequest, Trajectory
from nis_backend.capabilities.physics.ode import METHOD, ORDER, SOURCE, advance, between, cross
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.refinement import (
    ROUNDING,
    TELL_EVERY,
    Course,
    compare,
    refine,
    silent,
    write_receipt,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.ode import Rate, State
    from nis_backend.numerics.receipt import Check
    from nis_backend.numerics.refinement import Refined

X, Y, VX, VY = range(4)

VACUOUS = 1e-3
"""Relative difference from which on an agreement would say nothing."""


@dataclass(frozen=True, kw_only=True)
class Path:
    """A flight on one grid: states at equal steps `h`, then at the landing."""

    h: float
    states: list[State]
    time: float
    landing: State
    apex_time: float
    apex: float

    @property
    def steps(self) -> int:
        """Steps taken, the short last one included."""
        return len(self.states)


def rate(gravity: float, k: float) -> Rate:
    """The equations of motion: drag per mass is k·v², against the velocity."""

    def f(y: State) -> State:
        _, _, vx, vy = y
        drag = k * math.hypot(vx, vy)
        return vx, vy, -drag * vx, -gravity - drag * vy

    return f


def trace(f: Rate, start: State, h: float, most: int, heard: Callable[[int], None] | None = None) -> Path | None:
    """Follow the body to the ground; None when that takes more than `most` steps. `heard` is told of those taken."""
    states, y = [start], start
    apex_time, apex = 0.0, start[Y]
    while len(states) <= most:
        if heard is not None and len(states) % TELL_EVERY == 0:
            heard(len(states))
        following = advance(f, y, h)
        if y[VY] > 0 >= following[VY]:
            s, top = cross(f, y, h, VY)
            apex_time, apex = (len(states) - 1) * h + s, top[Y]
        # `not >=` also ends a path that is no longer finite.
        if not following[Y] >= 0:
            s, landing = cross(f, y, h, Y)
            time = (len(states) - 1) * h + s
            return Path(h=h, states=states, time=time, landing=landing, apex_time=apex_time, apex=apex)
        states.append(following)
        y = following
    return None


def drag_constant(request: ProjectileRequest) -> float:
    """Drag per mass and squared speed, 1/m: density·coefficient·area / (2·mass)."""
    if not request.has_drag:
        return 0.0
    assert request.mass is not None
    assert request.diameter is not None
    area = math.pi / 4 * request.diameter**2
    return request.air_density * request.drag_coefficient * area / (2 * request.mass)


def launch(request: ProjectileRequest) -> State:
    """The state at launch."""
    angle = math.radians(request.angle)
    # cos(90°) is 6e-17 in doubles, and straight up is a case of its own.
    vx = 0.0 if abs(request.angle) == 90 else request.speed * math.cos(angle)  # noqa: PLR2004
    return 0.0, request.height, vx, request.speed * math.sin(angle)


def free_flight_time(start: State, gravity: float) -> float:
    """Seconds to the ground without drag."""
    fall = math.sqrt(start[VY] ** 2 + 2 * gravity * start[Y])
    # The two forms of the root; each is exact where the other cancels.
    return (start[VY] + fall) / gravity if start[VY] > 0 else 2 * start[Y] / (fall - start[VY])


def first_step(start: State, gravity: float, k: float) -> float:
    """A step that is stable and resolves the flight coarsely."""
    step = free_flight_time(start, gravity) / 16
    if k:
        fastest = max(math.hypot(start[VX], start[VY]), math.sqrt(gravity / k))
        step = min(step, 1 / (k * fastest))
    return step


def fly(request: ProjectileRequest, tell: Callable[[float, str], None] = silent) -> Flight:
    """The flight that was asked for; `tell` hears how far it is."""
    course = Course(tell)
    expected = request.max_steps
    k, start = drag_constant(request), launch(request)
    f, h = rate(request.gravity, k), first_step(start, request.gravity, k)

    def solve(halvings: int) -> Path:
        nonlocal expected
        path = trace(f, start, h / 2**halvings, request.max_steps, lambda steps: course.tell(steps / expected))
        if path is None:
            raise InvalidRequest(
                f"The body is still in the air after {request.max_steps} steps of {h / 2**halvings:.3g} s.",
                field="max_steps",
                value=request.max_steps,
                remedy="Allow more steps, or give a heavier, smaller body or a lower launch.",
            )
        expected = 2 * path.steps
        return path

    refined = refine(
        solve,
        _gap,
        order=ORDER,
        most=request.max_steps,
        tolerance=request.tolerance,
        rounding=ROUNDING * _size(solve(0)),
        course=course,
    )
    path = refined.solution
    _, _, vx, vy = path.landing
    return Flight(
        range=path.landing[X],
        flight_time=path.time,
        apex_height=path.apex,
        apex_time=path.apex_time,
        impact_speed=_impact(path),
        impact_angle=math.degrees(math.atan2(-vy, vx)),
        drag=request.has_drag,
        model=_describe(request),
        trajectory=sample(f, path, request.points),
        receipt=write_receipt(
            refined,
            method=METHOD,
            order=ORDER,
            error_of="landing place, apex height, and flight time times impact speed",
            unit="m",
            tolerance=request.tolerance,
            source=SOURCE,
            checks=_check(request, k, start, refined),
        ),
    )


def sample(f: Rate, path: Path, points: int) -> Trajectory:
    """The path at evenly spaced times."""
    knots = [*path.states, path.landing]
    last = path.time - (len(path.states) - 1) * path.h
    taken: list[State] = []
    times = [path.time * i / (points - 1) for i in range(points)]
    for time in times[:-1]:
        i = min(int(time / path.h), len(path.states) - 1)
        h = path.h if i < len(path.states) - 1 else last
        taken.append(between(f, knots[i], knots[i + 1], h, min(1.0, (time - i * path.h) / h)))
    taken.append(path.landing)
    return Trajectory(
        time=times,
        distance=[y[X] for y in taken],
        height=[max(0.0, y[Y]) for y in taken[:-1]] + [0.0],
        speed=[math.hypot(y[VX], y[VY]) for y in taken],
    )


def _impact(path: Path) -> float:
    return math.hypot(path.landing[VX], path.landing[VY])


def _size(path: Path) -> float:
    return max(path.landing[X], path.apex)


def _gap(coarse: Path, fine: Path) -> float:
    """Difference in landing place, apex, and the way flown in the difference of flight time, m."""
    late = abs(coarse.time - fine.time) * _impact(fine)
    return max(abs(coarse.landing[X] - fine.landing[X]), abs(coarse.apex - fine.apex), late)


def _describe(request: ProjectileRequest) -> str:
    ground = f"level ground, gravity {request.gravity:g} m/s²"
    if request.has_drag:
        return (
            f"Quadratic drag, coefficient {request.drag_coefficient:g}, in still air of {request.air_density:g} kg/m³; "
            f"{ground}."
        )
    missing = [name for name in ("mass", "diameter") if getattr(request, name) is None]
    why = f" ({' and '.join(missing)} not given)" if missing and request.drag is None else ""
    return f"No air drag{why}; {ground}."


def _check(request: ProjectileRequest, k: float, start: State, refined: Refined[Path]) -> list[Check]:
    """The landing by closed forms: all of it without drag, its speed with drag."""
    path, g = refined.solution, request.gravity
    # The estimate is of the coarser digits: an agreement within 20 of it is one, 20 000 would not be.
    relative = max(20 * refined.error / _size(path), 1e-11)
    if k == 0:
        time = free_flight_time(start, g)
        return [
            compare("flight time, closed form", path.time, time, "s", allowed=relative * time),
            compare("range, closed form", path.landing[X], start[VX] * time, "m", allowed=relative * start[VX] * time),
        ]
    speed, (_, _, vx, vy) = _impact(path), path.landing
    if start[VX] == 0:
        name, expected = "impact speed, closed form of the vertical fall", _vertical_impact(start, g, k)
        return [compare(name, speed, expected, "m/s", allowed=relative * speed)]
    # A steep path has a slope that its small horizontal speed makes uncertain, and with it what follows from the slope.
    doubt = relative * speed / vx
    expected, steeper = (_hodograph_speed(start, vy / vx * (1 + by), g, k) for by in (0.0, doubt))
    allowed = relative * speed + abs(steeper - expected)
    if not allowed < VACUOUS * speed:
        return []
    return [compare("impact speed, first integral of the hodograph", speed, expected, "m/s", allowed=allowed)]


def _vertical_impact(start: State, g: float, k: float) -> float:
    """Speed at the ground of a body thrown straight up or down."""
    drop, squared = start[Y], start[VY] ** 2
    if start[VY] > 0:
        drop, squared = drop + math.log1p(k * squared / g) / (2 * k), 0.0
    return math.sqrt(squared * math.exp(-2 * k * drop) - g / k * math.expm1(-2 * k * drop))


def _hodograph_speed(start: State, slope: float, g: float, k: float) -> float:
    """Speed where the path has this slope p, from d(1/vx²)/dp = -(2k/g)·√(1 + p²); nan where it never has."""

    def integral(p: float) -> float:
        return (p * math.sqrt(1 + p * p) + math.asinh(p)) / 2

    inverse = start[VX] ** -2 + 2 * k / g * (integral(start[VY] / start[VX]) - integral(slope))
    return math.sqrt((1 + slope * slope) / inverse) if inverse > 0 else math.nan
