"""A transfer planned: the way asked for, what the other way would cost, and the check of both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nis_backend.capabilities.physics.orbits.central import GM_SOURCE, KNOWN
from nis_backend.capabilities.physics.orbits.kepler import EPSILON, State, cross, norm, propagate
from nis_backend.capabilities.physics.orbits.motion import Burn, Transfer
from nis_backend.capabilities.physics.orbits.orbit import gm_of
from nis_backend.capabilities.physics.orbits.transfer import ALWAYS, NEVER, bi_elliptic, hohmann, lambert, speed
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Check, Cost, Receipt
from nis_backend.numerics.refinement import compare
from nis_backend.numerics.written import format_number

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.orbits.kepler import Vector
    from nis_backend.capabilities.physics.orbits.motion import TransferRequest
    from nis_backend.capabilities.physics.orbits.transfer import Way

CIRCLES = "Vallado, Fundamentals of Astrodynamics and Applications (2013), 6.3"
LAMBERT = "Bate, Mueller & White, Fundamentals of Astrodynamics (1971), 5.3"
DRAWN = 101
"""Points of the way."""
TOLERANCE = 1e-9
"""Largest error to accept, of the numbers' size: the formulas leave no more than rounding."""
FARTHEST = 1e8
"""Ratio of radii beyond which the inner end of an ellipse is lost among the digits of the outer one."""
POINTS_BURNS = "Burns take no time, and nothing but the central body attracts."


def plan(request: TransferRequest) -> Transfer:
    """The transfer that was asked for."""
    gm = gm_of(request.body, request.gm)
    return _between_places(request, gm) if request.kind == "lambert" else _between_circles(request, gm)


def _radius(request: TransferRequest, which: str) -> float:
    radius: float | None = getattr(request, f"{which}_radius")
    if radius is not None:
        return radius
    assert request.body is not None
    return KNOWN[request.body].radius + float(getattr(request, f"{which}_altitude"))


def _between_circles(request: TransferRequest, gm: float) -> Transfer:
    start, end = _radius(request, "start"), _radius(request, "end")
    turn = math.radians(request.plane_change)
    if start == end and turn == 0:
        raise InvalidRequest(
            "Both orbits are the same.", field="end_altitude", value=end, remedy="Give another end, or a plane change."
        )
    middle = request.middle_radius
    _near(start, end, middle or start)
    half = hohmann(gm, start, end, turn)
    if request.kind == "bi-elliptic":
        assert middle is not None
        if middle < max(start, end):
            raise InvalidRequest(
                f"A bi-elliptic way turns beyond both orbits; {middle:g} m lies within.",
                field="middle_radius",
                value=middle,
                remedy=f"Give more than {max(start, end):g} m.",
            )
        way = bi_elliptic(gm, start, end, middle, turn)
        axes = [(start, middle), (middle, end)]
    else:
        way, axes = half, [(start, end)]
    # Out to infinity and back: at the middle there is nothing to pay, and it takes for ever.
    endless = sum(speed(gm, one, math.inf) - speed(gm, one, one) for one in (start, end))
    times = [math.pi * math.sqrt(((a + b) / 2) ** 3 / gm) for a, b in axes]
    at = [0.0, *(math.fsum(times[: number + 1]) for number in range(len(times)))]
    x, y = _ellipses(axes)
    error = 8 * EPSILON * math.fsum(speed(gm, one, one) for one in (start, end))
    asked = TOLERANCE * way.total
    return Transfer(
        kind=request.kind,
        delta_v=way.total,
        time=way.time,
        burns=[
            Burn(delta_v=burn, turn=math.degrees(own), time=when)
            for burn, own, when in zip(way.burns, way.turns, at, strict=True)
        ],
        start_radius=start,
        end_radius=end,
        start_velocity=[],
        end_velocity=[],
        bi_elliptic_delta_v=endless,
        advice=_advice(request, start, end, half, way, endless),
        x=x,
        y=y,
        gm=gm,
        receipt=Receipt(
            method="vis-viva on each arc" + (", the turn shared by golden section" if turn else ""),
            order=None,
            observed_order=None,
            steps=len(way.burns),
            error_of="all burns together",
            error_asked=asked,
            error_reached=error,
            unit="m/s",
            estimate="rounding of the speeds, which the burns are differences of",
            met=error <= asked,
            cost=Cost(evaluations=4 + 2 * len(axes), of="speeds", unknowns=0),
            source=CIRCLES if request.gm is not None else f"{CIRCLES}; {GM_SOURCE}",
            checks=_checks(gm, axes, times),
            notes=[POINTS_BURNS],
        ),
    )


def _near(*radii: float) -> None:
    if max(radii) > FARTHEST * min(radii):
        raise InvalidRequest(
            f"The orbits lie too far apart: their radii are as 1 to {max(radii) / min(radii):.3g}.",
            field="end_radius",
            value=max(radii),
            remedy=f"Give radii of which none is {FARTHEST:g} times another.",
        )


def _advice(  # noqa: PLR0913, PLR0917 - the ways that are compared
    request: TransferRequest, start: float, end: float, half: Way, way: Way, endless: float
) -> str:
    ratio = max(start, end) / min(start, end)
    if request.kind == "bi-elliptic":
        saved = half.total - way.total
        cheaper = f"saves {format_number(saved)} m/s" if saved > 0 else f"costs {format_number(-saved)} m/s more"
        longer = format_number(way.time / half.time, 3)
        return f"Against Hohmann's transfer it {cheaper}, and takes {longer} times as long."
    if request.plane_change:
        saved = half.total - endless
        if saved <= 0:
            return "No bi-elliptic way that turns the plane far out is cheaper."
        return (
            f"A bi-elliptic way that turns the plane far out can save up to {format_number(saved)} m/s, for more time."
        )
    if ratio > ALWAYS:
        return (
            f"At a ratio of radii of {ratio:.4g}, above 15.58, any bi-elliptic way beyond the outer orbit is cheaper."
        )
    if ratio > NEVER:
        return (
            f"At a ratio of radii of {ratio:.4g}, between 11.94 and 15.58, a bi-elliptic way is cheaper if it goes far "
            f"enough out: at most by {format_number(half.total - endless)} m/s."
        )
    return f"At a ratio of radii of {ratio:.4g}, below 11.94, no way with two or three burns is cheaper."


def _checks(gm: float, axes: list[tuple[float, float]], times: list[float]) -> list[Check]:
    """Each arc followed by Kepler's equation: it ends where the next burn is."""
    checks: list[Check] = []
    for number, ((here, there), time) in enumerate(zip(axes, times, strict=True), 1):
        begin = State(position=(here, 0.0, 0.0), velocity=(0.0, speed(gm, here, there), 0.0))
        reached = norm(propagate(begin, gm, time, 2 / (here + there)).state.position)
        checks.append(
            compare(
                f"radius at the end of arc {number}, Kepler's equation",
                reached,
                there,
                "m",
                allowed=1e-9 * there + 1e-14 * here,
            )
        )
    return checks


def _ellipses(axes: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Half an ellipse after the other, each from apse to apse."""
    x: list[float] = []
    y: list[float] = []
    for number, (here, there) in enumerate(axes):
        e, latus = (there - here) / (there + here), 2 * here * there / (here + there)
        for point in range(DRAWN):
            angle = math.pi * point / (DRAWN - 1)
            radius = latus / (1 + e * math.cos(angle))
            x.append(radius * math.cos(angle + math.pi * number))
            y.append(radius * math.sin(angle + math.pi * number))
    return x, y


def _between_places(request: TransferRequest, gm: float) -> Transfer:
    assert request.start_position is not None
    assert request.end_position is not None
    assert request.time_of_flight is not None
    start, end = _vector(request.start_position), _vector(request.end_position)
    if not norm(start) or not norm(end):
        raise InvalidRequest(
            "A place at the centre has no orbit.", field="start_position", remedy="Give places beside the centre."
        )
    time = request.time_of_flight
    arc = lambert(gm, start, end, time, prograde=request.prograde)
    there = propagate(State(position=start, velocity=arc.start), gm, time).state.position
    miss = math.dist(there, end)
    burns = [
        Burn(delta_v=math.dist(own, given), turn=0.0, time=when)
        for own, given, when in (
            (arc.start, request.start_velocity, 0.0),
            (arc.end, request.end_velocity, time),
        )
        if given is not None
    ]
    asked = TOLERANCE * norm(end)
    pole = cross(start, end)
    x, y = _flown(State(position=start, velocity=arc.start), gm, time, pole)
    return Transfer(
        kind="lambert",
        delta_v=math.fsum(one.delta_v for one in burns) if len(burns) == 2 else None,  # noqa: PLR2004 - both are known
        time=time,
        burns=burns,
        start_radius=norm(start),
        end_radius=norm(end),
        start_velocity=list(arc.start),
        end_velocity=list(arc.end),
        bi_elliptic_delta_v=None,
        advice="The way of less than one turn.",
        x=x,
        y=y,
        gm=gm,
        receipt=Receipt(
            method="Lambert's problem in universal variables, by halving",
            order=None,
            observed_order=None,
            steps=arc.rounds,
            error_of="the place that the orbit found comes to in the time",
            error_asked=asked,
            error_reached=max(miss, 8 * EPSILON * norm(end)),
            unit="m",
            estimate="the orbit found, followed by Kepler's equation",
            met=miss <= asked,
            residual=arc.residual,
            residual_of="time of flight, s",
            cost=Cost(evaluations=arc.rounds, of="times of flight", unknowns=1),
            source=LAMBERT if request.gm is not None else f"{LAMBERT}; {GM_SOURCE}",
            checks=[compare("distance missed, Kepler's equation", miss, 0.0, "m", allowed=1e-8 * norm(end))],
            notes=[POINTS_BURNS],
        ),
    )


def _vector(values: list[float]) -> Vector:
    return values[0], values[1], values[2]


def _flown(start: State, gm: float, time: float, pole: Vector) -> tuple[list[float], list[float]]:
    """The way in its own plane, x along the first place."""
    size = norm(start.position)
    along = (start.position[0] / size, start.position[1] / size, start.position[2] / size)
    side = cross((pole[0] / norm(pole), pole[1] / norm(pole), pole[2] / norm(pole)), along)
    places = [propagate(start, gm, time * point / (DRAWN - 1)).state.position for point in range(DRAWN)]
    return [math.fsum(a * b for a, b in zip(place, along, strict=True)) for place in places], [
        math.fsum(a * b for a, b in zip(place, side, strict=True)) for place in places
    ]
