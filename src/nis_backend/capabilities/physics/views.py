"""What the physics results look like: first the answer in words, then curves, then the receipt as a table."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import SUPERSCRIPT, format_known, format_number
from nis_backend.view import Axis, Series, Table, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.measures import (
        ConstantList,
        ConstantRequest,
        ConstantsRequest,
        ConstantValue,
        Conversion,
        ConversionRequest,
        Quantities,
        TextRequest,
    )
    from nis_backend.capabilities.physics.motion import Flight, PendulumMotion, PendulumRequest, ProjectileRequest
    from nis_backend.capabilities.physics.rod import HeatRequest, HeatSolution
    from nis_backend.view import View


def draw_flight(request: ProjectileRequest, flight: Flight) -> list[View]:
    """Where and when it lands, the path, the speed."""
    path = flight.trajectory
    error = flight.receipt.error_reached
    rises = (
        f"rises to {format_known(flight.apex_height, error)} m at {format_number(flight.apex_time)} s and "
        if flight.apex_time
        else ""
    )
    words = (
        f"The body lands **{format_known(flight.range, error)} m** away after "
        f"**{format_known(flight.flight_time, error / flight.impact_speed)} s**"
        f"{', with air drag' if flight.drag else ''} ({error_words(flight.receipt)}). "
        f"It {rises}comes down at {format_number(flight.impact_speed)} m/s, "
        f"{format_number(flight.impact_angle, 3)}° below the horizontal. {flight.model}"
    )
    return [
        Text(text=words),
        Series(
            title="Path",
            x=Axis(label="distance", unit="m", values=path.distance),
            lines=[Axis(label="height", unit="m", values=path.height)],
        ),
        Series(
            title="Speed",
            x=Axis(label="time", unit="s", values=path.time),
            lines=[Axis(label="speed", unit="m/s", values=path.speed)],
        ),
        receipt_table(flight.receipt),
    ]


def draw_pendulum(request: PendulumRequest, motion: PendulumMotion) -> list[View]:
    """The period, and the angle over time."""
    curve = motion.trajectory
    return [
        Text(
            text=f"{_say_motion(request, motion)} It reaches {_farthest(motion)}{format_number(motion.max_speed)} m/s. "
            f"Simulated for {format_number(motion.duration)} s "
            f"({error_words(motion.receipt)}; the energy drifts by {format_number(motion.energy_drift, 1)} of itself)."
        ),
        Series(
            title="Angle",
            x=Axis(label="time", unit="s", values=curve.time),
            lines=[Axis(label="angle", unit="°", values=curve.angle)],
        ),
        Series(
            title="Angular velocity",
            x=Axis(label="time", unit="s", values=curve.time),
            lines=[Axis(label="angular velocity", unit="rad/s", values=curve.angular_velocity)],
        ),
        receipt_table(motion.receipt),
    ]


def draw_heat(request: HeatRequest, solution: HeatSolution) -> list[View]:
    """The temperatures half way and on average, and the profile along the rod."""
    error = solution.receipt.error_reached
    stuff = f"{request.material.value} rod" if request.material else "rod"
    return [
        Text(
            text=f"After {format_number(request.duration)} s the middle of the {stuff} is at "
            f"**{format_known(solution.midpoint, error)} °C**, and the rod on average at "
            f"{format_known(solution.mean, error)} °C ({error_words(solution.receipt)}). With both ends held it tends "
            f"to {format_number((request.left_temperature + request.right_temperature) / 2)} °C in the middle; "
            f"what is left to go falls by a factor e every {format_number(solution.time_scale, 3)} s. "
            f"Thermal diffusivity {format_number(solution.diffusivity, 3)} m²/s"
            f"{', the tabulated value near 300 K' if request.material else ''}; no heat passes the sides."
        ),
        Series(
            title="Temperature along the rod",
            x=Axis(label="position", unit="m", values=solution.position),
            lines=[
                Axis(label=f"after {format_number(request.duration)} s", unit="°C", values=solution.temperature),
                Axis(label="at the start", unit="°C", values=solution.initial),
                Axis(label="after a very long time", unit="°C", values=solution.steady),
            ],
        ),
        receipt_table(solution.receipt),
    ]


def draw_constant(request: ConstantRequest, constant: ConstantValue) -> list[View]:
    """Value, unit, uncertainty."""
    unit = _spaced(constant.unit)
    known = "exact by definition" if constant.exact else f"standard uncertainty {_full(constant.uncertainty)}{unit}"
    return [Text(text=f"The {constant.name.value} is **{_measured(constant)}{unit}** ({known}; {constant.source}).")]


def draw_constants(request: ConstantsRequest, listing: ConstantList) -> list[View]:
    """A row for each constant."""
    count = len(listing.constants)
    if not count:
        return [Text(text=f'No constant known here has "{request.containing}" in its name.')]
    kind = f' with "{request.containing}" in the name' if request.containing else ""
    return [
        Text(text=f"{count} constant{'' if count == 1 else 's'}{kind} ({listing.constants[0].source})."),
        Table(
            title="Constants",
            columns=["name", "value", "unit", "uncertainty"],
            rows=[
                [
                    one.name.value,
                    _measured(one),
                    _spaced(one.unit).strip(),
                    "exact" if one.exact else _full(one.uncertainty),
                ]
                for one in listing.constants
            ],
        ),
    ]


def draw_conversion(request: ConversionRequest, conversion: Conversion) -> list[View]:
    """Both sides of the equation."""
    given = f"{_full(conversion.given_value)}{_spaced(conversion.given_unit)}"
    remark = f" {conversion.remark}" if conversion.remark else ""
    return [Text(text=f"{given} = **{format_number(conversion.value, 10)}{_spaced(conversion.unit)}**.{remark}")]


def draw_quantities(request: TextRequest, found: Quantities) -> list[View]:
    """A row for each quantity, with the units wanted."""
    count = len(found.quantities)
    if not count and not found.mentions:
        return [Text(text="There is no number and no unit in the text.")]
    named = f", {len(found.mentions)} more named without a number" if found.mentions else ""
    return [
        Text(text=f"{count} quantit{'y' if count == 1 else 'ies'} in the text{named}."),
        Table(
            title="Quantities",
            columns=["text", "value", "unit", "dimension", "converted"],
            rows=[
                [
                    one.text,
                    one.value,
                    one.unit,
                    one.dimension,
                    ", ".join(f"{format_number(value, 6)} {unit}".strip() for unit, value in one.converted.items()),
                ]
                for one in found.quantities
            ]
            + [[one.text, "", one.unit, one.dimension, ""] for one in found.mentions],
        ),
    ]


def _say_motion(request: PendulumRequest, motion: PendulumMotion) -> str:
    small = f"{format_number(motion.small_angle_period, 5)} s for small swings"
    match motion.motion:
        case "rests":
            return f"The pendulum hangs at rest; pushed, its period would be {small}."
        case "creeps back":
            return f"The damping is so strong that the pendulum creeps back without swinging (undamped, {small})."
        case "turns over":
            turn = f", one turn every **{format_number(motion.period, 5)} s**" if motion.period else ""
            return f"The pendulum turns over the top{turn}."
        case "swings":
            if motion.period is None:
                return f"The pendulum swings, but no full swing was seen in the time simulated ({small})."
            exact = "exact, by the arithmetic-geometric mean" if request.damping == 0 else "the first one, with damping"
            return f"The period is **{format_number(motion.period, 5)} s** ({exact}; {small})."


def _farthest(motion: PendulumMotion) -> str:
    return "" if motion.motion == "turns over" else f"{format_number(motion.amplitude)}° from the vertical and "


def _full(value: float) -> str:
    """Every digit there is."""
    return format_number(value, _digits(value))


def _digits(value: float) -> int:
    return len(f"{value!r}".partition("e")[0].replace(".", "").replace("-", "").strip("0")) or 1


def _measured(constant: ConstantValue) -> str:
    """The digits that are known: down to the last of the uncertainty; of an endless exact value, ten."""
    if constant.exact:
        endless = _digits(constant.value) > 13  # noqa: PLR2004 - no defined constant has more
        mantissa, times, scale = (format_number(constant.value, 10) if endless else _full(constant.value)).partition(
            "×"
        )
        return mantissa + ("…" if endless else "") + times + scale
    last = math.floor(math.log10(constant.uncertainty)) - _digits(constant.uncertainty) + 1
    digits = math.floor(math.log10(abs(constant.value))) - last + 1
    text = format_number(constant.value, digits)
    mantissa, times, scale = text.partition("×")
    lost = digits - _digits(float(mantissa.replace(",", "")))
    return mantissa + "0" * (lost if "." in mantissa else 0) + times + scale


def _spaced(unit: str) -> str:
    """A unit as it follows a number: 5 m, but 5°."""
    if unit in ("deg", "°"):
        return "°"
    raised = re.sub(r"\^(-?\d+)", lambda power: power[1].translate(SUPERSCRIPT), unit)
    return f" {raised}" if raised else ""
