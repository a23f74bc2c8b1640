"""What orbits look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_number
from nis_backend.view import Axis, Series, Table, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.orbits.motion import (
        BodiesMotion,
        BodiesRequest,
        Orbit,
        OrbitRequest,
        Transfer,
        TransferRequest,
    )
    from nis_backend.view import View

DAY, HOUR, YEAR = 86_400.0, 3_600.0, 31_557_600.0
ROUNDING = 1e-9
"""Of a distance: what a circle seems to leave it by."""
DRAWN = 12
"""Bodies whose distance is drawn; more lines cannot be told apart."""


def draw_bodies(request: BodiesRequest, motion: BodiesMotion) -> list[View]:
    """How close they come, the paths, the distances from the centre."""
    count = len(motion.paths)
    text = (
        f"{count} bodies followed for **{_span(motion.duration)}** ({error_words(motion.receipt)}). "
        f"{motion.closest_pair} come closest, to **{_metres(motion.closest_distance)}** after "
        f"{_span(motion.closest_time)}. The energy drifts by {format_number(motion.energy_drift, 2)} of itself."
    )
    scale, unit = _scale(max(abs(one) for path in motion.paths for one in (*path.x, *path.y)))
    # A line has one x: bodies follow one another along it, with a gap between.
    x: list[float | None] = []
    for path in motion.paths:
        x += [one / scale for one in path.x]
    lines: list[Axis] = []
    for number, path in enumerate(motion.paths):
        before, after = number * len(path.x), (count - 1 - number) * len(path.x)
        lines.append(
            Axis(
                label=path.name,
                unit=unit,
                values=[*[None] * before, *(one / scale for one in path.y), *[None] * after],
            )
        )
    views: list[View] = [Text(text=text)]
    if count <= DRAWN:
        views.append(Series(title="Paths", x=Axis(label="x", unit=unit, values=x), lines=lines, y="y", equal=True))
    seconds, clock = _clock(motion.duration)
    views.append(
        Series(
            title="Distance from the origin",
            x=Axis(label="time", unit=clock, values=[one / seconds for one in motion.time]),
            lines=[
                Axis(
                    label=path.name,
                    unit=unit,
                    values=[
                        (a * a + b * b + c * c) ** 0.5 / scale
                        for a, b, c in zip(path.x, path.y, path.z or [0.0] * len(path.x), strict=True)
                    ],
                )
                for path in motion.paths[:DRAWN]
            ],
        )
    )
    return [*views, receipt_table(motion.receipt)]


def draw_orbit(request: OrbitRequest, orbit: Orbit) -> list[View]:
    """The period and where the body is, the orbit, the distance."""
    period = f"One turn takes **{_span(orbit.period)}**. " if orbit.period else "It does not return. "
    least = f"{_metres(orbit.periapsis)} at the closest"
    most = f", {_metres(orbit.apoapsis)} at the farthest" if orbit.apoapsis else ""
    oval = "" if orbit.kind == "circle" else f" of eccentricity {format_number(orbit.eccentricity)}"
    text = (
        f"The orbit is {'an' if orbit.kind == 'ellipse' else 'a'} {orbit.kind}{oval}: {least}{most}. "
        f"{period}After {_span(orbit.duration)} the body is "
        f"**{_metres(orbit.distance)}** from the centre, at a true anomaly of {format_number(orbit.true_anomaly)}°, "
        f"and moves at **{format_number(orbit.speed)} m/s** ({error_words(orbit.receipt)})."
    )
    path = orbit.trajectory
    scale, unit = _scale(max(path.radius))
    seconds, clock = _clock(abs(orbit.duration))
    return [
        Text(text=text),
        Series(
            title="Orbit",
            x=Axis(label="x", unit=unit, values=[one / scale for one in path.x]),
            lines=[Axis(label="y", unit=unit, values=[one / scale for one in path.y])],
            equal=True,
        ),
        Series(
            title="Distance from the centre",
            x=Axis(label="time", unit=clock, values=[one / seconds for one in path.time]),
            lines=[Axis(label="distance", unit=unit, values=_steady([one / scale for one in path.radius]))],
        ),
        receipt_table(orbit.receipt),
    ]


def draw_transfer(request: TransferRequest, way: Transfer) -> list[View]:
    """All burns together and the time, the way, each burn."""
    if way.kind == "lambert":
        leaves, comes = (
            ", ".join(format_number(one, 6) for one in velocity) for velocity in (way.start_velocity, way.end_velocity)
        )
        told = f"It leaves at **({leaves}) m/s** and arrives at **({comes}) m/s** after {_span(way.time)}"
        told += f"; both burns together are **{format_number(way.delta_v, 5)} m/s**" if way.delta_v is not None else ""
    else:
        assert way.delta_v is not None
        burns = " and ".join(f"{format_number(one.delta_v, 5)} m/s" for one in way.burns)
        told = (
            f"The transfer takes **{format_number(way.delta_v, 5)} m/s** in all, burns of {burns}, and "
            f"**{_span(way.time)}**"
        )
    scale, unit = _scale(max(way.start_radius, way.end_radius, *(abs(one) for one in way.x)))
    views: list[View] = [
        Text(text=f"{told} ({error_words(way.receipt)}). {way.advice}"),
        Series(
            title="The way, in its plane",
            x=Axis(label="x", unit=unit, values=[one / scale for one in way.x]),
            lines=[Axis(label="y", unit=unit, values=[one / scale for one in way.y])],
            equal=True,
        ),
    ]
    if way.burns:
        views.append(
            Table(
                title="Burns",
                columns=["after", "delta-v, m/s", "turn, °"],
                rows=[[_span(one.time), one.delta_v, one.turn] for one in way.burns],
            )
        )
    return [*views, receipt_table(way.receipt)]


def _steady(values: list[float]) -> list[float]:
    """The values, of a circle its radius: rounding is no curve."""
    middle = values[len(values) // 2]
    return [middle] * len(values) if max(values) - min(values) <= ROUNDING * middle else values


def _clock(seconds: float) -> tuple[float, str]:
    for size, unit in ((YEAR, "yr"), (DAY, "d"), (HOUR, "h")):
        if seconds >= 3 * size:
            return size, unit
    return 1.0, "s"


def _span(seconds: float) -> str:
    size, unit = _clock(abs(seconds))
    words = {"yr": "years", "d": "days", "h": "hours", "s": "s"}[unit]
    exact = "" if unit == "s" else f" ({format_number(seconds, 6)} s)"
    return f"{format_number(seconds / size, 5)} {words}{exact}"


def _scale(metres: float) -> tuple[float, str]:
    for size, unit in ((149_597_870_700.0, "au"), (1e3, "km")):
        if metres >= size:
            return size, unit
    return 1.0, "m"


def _metres(metres: float) -> str:
    size, unit = _scale(metres)
    return f"{format_number(metres / size, 6)} {unit}"
