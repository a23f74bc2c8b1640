"""One body around another: the answer by Kepler's equation, and the same by steps beside it."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from nis_backend.capabilities.physics.orbits.central import GM_SOURCE, KNOWN
from nis_backend.capabilities.physics.orbits.kepler import (
    EPSILON,
    Elements,
    State,
    cross,
    dot,
    inverse_axis,
    norm,
    propagate,
    to_elements,
    to_state,
)
from nis_backend.capabilities.physics.orbits.motion import Orbit, OrbitPath
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Conserved, Cost, Receipt
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.orbits.central import Central
    from nis_backend.capabilities.physics.orbits.kepler import Vector
    from nis_backend.capabilities.physics.orbits.motion import OrbitRequest
    from nis_backend.numerics.receipt import Check

METHOD = "Kepler's equation in universal variables"
SOURCE = "Battin, An Introduction to the Mathematics and Methods of Astrodynamics (1999), 4.5"
ROUND = 1e-11
"""An eccentricity this near to 0 is told as a circle."""
LEAST = 1e-12
"""m: nearer to the centre there is nothing; and 1 + e cos ν below which an anomaly lies beyond any distance."""
TURNS = 20.0
"""Turns up to which the motion is also followed step by step."""
LONG = 1e3
"""Ratio of the distances that it comes to, up to which steps tell something: beyond, their own error is larger."""
FAR = 10.0
"""Distance to which an orbit that does not return is drawn, of its periapsis."""


def gm_of(body: Central | None, gm: float | None) -> float:
    """GM of what is gone around."""
    if gm is not None:
        return gm
    assert body is not None
    return KNOWN[body].gm


def start_of(request: OrbitRequest, gm: float) -> State:
    """The state at the start.

    Raises:
        InvalidRequest: it falls straight to the centre.
    """
    if request.position is not None and request.velocity is not None:
        state = State(position=_three(request.position), velocity=_three(request.velocity))
        r, v = norm(state.position), norm(state.velocity)
        if r < LEAST or norm(cross(state.position, state.velocity)) <= 1e-12 * max(r * v, math.sqrt(gm * r)):
            raise InvalidRequest(
                "It moves straight to or from the centre: that is no orbit.",
                field="velocity",
                value=request.velocity,
                remedy="Give a velocity with a part across the line to the centre.",
            )
        return state
    e, periapsis, _ = _form(request)
    angles = (request.inclination, request.ascending_node, request.argument_of_periapsis, request.true_anomaly)
    inclination, node, argument, anomaly = map(math.radians, angles)
    if 1 + e * math.cos(anomaly) < LEAST:
        raise InvalidRequest(
            f"At {request.true_anomaly!r} degrees this orbit is farther than numbers go.",
            field="true_anomaly",
            value=request.true_anomaly,
            remedy="Give an anomaly nearer to the periapsis.",
        )
    one = Elements(
        periapsis=periapsis, eccentricity=e, inclination=inclination, node=node, argument=argument, anomaly=anomaly
    )
    return to_state(one, gm)


def _form(request: OrbitRequest) -> tuple[float, float, float]:
    """Eccentricity, periapsis and 1/a as they are given: a state tells them with fewer digits."""
    e = request.eccentricity
    if request.semi_major_axis is not None:
        return e, request.semi_major_axis * (1 - e), 1 / request.semi_major_axis
    periapsis = request.periapsis
    if request.altitude is not None and request.body is not None:
        periapsis = KNOWN[request.body].radius + request.altitude
    assert periapsis is not None
    return e, periapsis, (1 - e) / periapsis


def _blur(request: OrbitRequest, start: State) -> float:
    """Distance by which rounding moves the start; far out on an open orbit, much, and that of its speed adds up."""
    if request.position is not None:
        return 0.0
    e = request.eccentricity
    late = 2 * EPSILON * norm(start.velocity) * abs(request.duration or 0.0) if e >= 1 else 0.0
    return late + 4 * EPSILON * norm(start.position) * (1 + e) / (1 + e * math.cos(math.radians(request.true_anomaly)))


def _three(values: list[float]) -> Vector:
    return values[0], values[1], values[2] if len(values) > 2 else 0.0  # noqa: PLR2004 - in a plane z is 0


def go_round(request: OrbitRequest, tell: Callable[[float, str], None]) -> Orbit:
    """The orbit that was asked for, and where the body is after the time."""
    gm = gm_of(request.body, request.gm)
    start = start_of(request, gm)
    first = to_elements(start, gm)
    given = None if request.position is not None else _form(request)
    e, periapsis, alpha = given or (first.eccentricity, first.periapsis, inverse_axis(start, gm))
    if given is None and abs(alpha) * periapsis < 8 * EPSILON:
        alpha = 0.0
    known = alpha if given else None
    period = math.tau / math.sqrt(gm) / alpha**1.5 if alpha > 0 else None
    duration = request.duration if request.duration is not None else period or _long(start, gm)
    moved = propagate(start, gm, duration, known)
    end = moved.state
    last = to_elements(end, gm)
    distance, speed = norm(end.position), norm(end.velocity)
    error = moved.error + 8 * EPSILON * distance + _blur(request, start) * (1 + speed / norm(start.velocity))
    kind = _kind(e, alpha)
    tell(0.5, "Drawing the orbit")
    asked = request.tolerance * distance
    energy = -gm * alpha / 2
    return Orbit(
        kind=kind,
        period=period,
        semi_major_axis=1 / alpha if alpha else None,
        eccentricity=e,
        periapsis=periapsis,
        apoapsis=2 / alpha - periapsis if alpha > 0 else None,
        inclination=math.degrees(first.inclination),
        ascending_node=math.degrees(first.node),
        argument_of_periapsis=math.degrees(first.argument),
        true_anomaly=math.degrees(last.anomaly),
        duration=duration,
        position=list(end.position),
        velocity=list(end.velocity),
        distance=distance,
        speed=speed,
        energy=energy,
        gm=gm,
        trajectory=_path(start, gm, duration, known, request.points),
        receipt=Receipt(
            method=METHOD,
            order=None,
            observed_order=None,
            steps=1,
            error_of="position after the time",
            error_asked=asked,
            error_reached=error,
            unit="m",
            estimate="what the equation misses, and rounding of the numbers given, carried along the orbit",
            met=error <= asked,
            residual=moved.residual,
            residual_of="time put into Kepler's equation, s",
            conserved=_kept(start, end, gm),
            cost=Cost(evaluations=request.points + 1, of="solutions of Kepler's equation", unknowns=1),
            source=SOURCE if request.gm is not None else f"{SOURCE}; {GM_SOURCE}",
            checks=_by_steps(start, end, gm, duration, period, _reach(start, end, periapsis, alpha)),
            notes=["Two points alone: no other body, no drag, no flattening, no relativity."],
        ),
    )


def _kind(e: float, alpha: float) -> Literal["circle", "ellipse", "parabola", "hyperbola"]:
    if e < ROUND:
        return "circle"
    if alpha == 0:
        return "parabola"
    return "ellipse" if alpha > 0 else "hyperbola"


def _reach(start: State, end: State, periapsis: float, alpha: float) -> float:
    """How far it may come, of its least distance."""
    most = max(norm(start.position), norm(end.position))
    return (max(most, 2 / alpha) if alpha > 0 else most) / periapsis


def _long(start: State, gm: float) -> float:
    """Time to move away to ten times the distance, at about the speed of a parabola."""
    return 2 / 3 * math.sqrt((FAR * norm(start.position)) ** 3 / (2 * gm))


def _path(start: State, gm: float, duration: float, alpha: float | None, points: int) -> OrbitPath:
    times = [duration * number / (points - 1) for number in range(points)]
    places = [propagate(start, gm, time, alpha).state.position for time in times]
    x, y, z = ([place[axis] for place in places] for axis in range(3))
    return OrbitPath(time=times, x=x, y=y, z=z, radius=[norm(place) for place in places])


def _kept(start: State, end: State, gm: float) -> list[Conserved]:
    def energy(one: State) -> float:
        return dot(one.velocity, one.velocity) / 2 - gm / norm(one.position)

    def momentum(one: State) -> Vector:
        return cross(one.position, one.velocity)

    before, after = momentum(start), momentum(end)
    left = norm((after[0] - before[0], after[1] - before[1], after[2] - before[2]))
    return [
        Conserved(
            name="energy of a kilogram", start=energy(start), drift=abs(energy(end) - energy(start)), unit="J/kg"
        ),
        Conserved(name="angular momentum of a kilogram", start=norm(before), drift=left, unit="m²/s"),
    ]


def _by_steps(  # noqa: PLR0913, PLR0917 - an orbit, and a part of it
    start: State, end: State, gm: float, duration: float, period: float | None, reach: float
) -> list[Check]:
    """The distance from the end of the same motion, followed by DOP853."""
    turns = abs(duration) / period if period else 1.0
    if turns > TURNS or duration == 0 or reach > LONG:
        return []
    integrate: Any = import_module("scipy.integrate")  # Any: scipy has no types
    size, pace = norm(start.position), math.sqrt(norm(start.position) ** 3 / gm)

    def rate(_time: float, y: Any) -> list[float]:  # Any: an array
        cube = math.hypot(y[0], y[1], y[2]) ** 3
        return [y[3], y[4], y[5], -y[0] / cube, -y[1] / cube, -y[2] / cube]

    begin = [*(one / size for one in start.position), *(one * pace / size for one in start.velocity)]
    found = integrate.solve_ivp(
        rate, (0, duration / pace), begin, method="DOP853", rtol=1e-12, atol=1e-14, t_eval=[duration / pace]
    )
    if not found.success:
        return []
    there = [float(one[-1]) * size for one in found.y[:3]]
    far = math.dist(there, end.position)
    # Its own error grows with the square of the turns, as the period drifts, and with how far the orbit goes out.
    allowed = 1e-9 * (1 + turns) ** 2 * (1 + reach / 100) * (norm(end.position) + norm(end.velocity) * pace)
    return [compare("distance from the place that DOP853 comes to", far, 0.0, "m", allowed=allowed)]
