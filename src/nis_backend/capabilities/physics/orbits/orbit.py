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
ROUND, PARABOLIC = 1e-11, 1e-11
"""Eccentricities this near to 0 and to 1 are told as a circle and as a parabola."""
TURNS = 20.0
"""Turns up to which the motion is also followed step by step."""
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
        if norm(cross(state.position, state.velocity)) <= 1e-12 * max(r * v, math.sqrt(gm * r)):
            raise InvalidRequest(
                "It moves straight to or from the centre: that is no orbit.",
                field="velocity",
                value=request.velocity,
                remedy="Give a velocity with a part across the line to the centre.",
            )
        return state
    e = request.eccentricity
    periapsis = request.periapsis if request.semi_major_axis is None else request.semi_major_axis * (1 - e)
    if request.altitude is not None and request.body is not None:
        periapsis = KNOWN[request.body].radius + request.altitude
    assert periapsis is not None
    angles = (request.inclination, request.ascending_node, request.argument_of_periapsis, request.true_anomaly)
    inclination, node, argument, anomaly = map(math.radians, angles)
    one = Elements(
        periapsis=periapsis, eccentricity=e, inclination=inclination, node=node, argument=argument, anomaly=anomaly
    )
    return to_state(one, gm)


def _three(values: list[float]) -> Vector:
    return values[0], values[1], values[2] if len(values) > 2 else 0.0  # noqa: PLR2004 - in a plane z is 0


def go_round(request: OrbitRequest, tell: Callable[[float, str], None]) -> Orbit:
    """The orbit that was asked for, and where the body is after the time."""
    gm = gm_of(request.body, request.gm)
    start = start_of(request, gm)
    first = to_elements(start, gm)
    alpha = inverse_axis(start, gm)
    if abs(first.eccentricity - 1) < PARABOLIC:
        alpha = 0.0
    period = math.tau / math.sqrt(gm) / alpha**1.5 if alpha > 0 else None
    duration = request.duration if request.duration is not None else period or _long(start, gm)
    moved = propagate(start, gm, duration, alpha)
    end = moved.state
    last = to_elements(end, gm)
    distance, speed = norm(end.position), norm(end.velocity)
    error = speed * moved.time_error + 8 * EPSILON * distance
    kind = _kind(first.eccentricity)
    tell(0.5, "Drawing the orbit")
    asked = request.tolerance * distance
    energy = -gm * alpha / 2
    return Orbit(
        kind=kind,
        period=period,
        semi_major_axis=1 / alpha if alpha else None,
        eccentricity=first.eccentricity,
        periapsis=first.periapsis,
        apoapsis=first.periapsis * (1 + first.eccentricity) / (1 - first.eccentricity) if alpha > 0 else None,
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
        trajectory=_path(start, gm, duration, alpha, request.points),
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
            checks=_by_steps(start, end, gm, duration, period),
            notes=["Two points alone: no other body, no drag, no flattening, no relativity."],
        ),
    )


def _kind(e: float) -> Literal["circle", "ellipse", "parabola", "hyperbola"]:
    if e < ROUND:
        return "circle"
    if abs(e - 1) < PARABOLIC:
        return "parabola"
    return "ellipse" if e < 1 else "hyperbola"


def _long(start: State, gm: float) -> float:
    """Time to move away to ten times the distance, at about the speed of a parabola."""
    return 2 / 3 * math.sqrt((FAR * norm(start.position)) ** 3 / (2 * gm))


def _path(start: State, gm: float, duration: float, alpha: float, points: int) -> OrbitPath:
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


def _by_steps(start: State, end: State, gm: float, duration: float, period: float | None) -> list[Check]:
    """The distance from the end of the same motion, followed by DOP853."""
    turns = abs(duration) / period if period else 1.0
    if turns > TURNS or duration == 0:
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
    # Its own error grows with the square of the turns, as the period drifts.
    allowed = 1e-9 * (1 + turns) ** 2 * (norm(end.position) + norm(end.velocity) * pace)
    return [compare("distance from the place that DOP853 comes to", far, 0.0, "m", allowed=allowed)]
