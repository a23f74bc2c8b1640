"""What the physics results look like: first the answer in words, then curves, then the receipt as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.view import Axis, Series, Table, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.models import (
        ConstantList,
        ConstantRequest,
        ConstantsRequest,
        ConstantValue,
        Conversion,
        ConversionRequest,
        Flight,
        HeatRequest,
        HeatSolution,
        PendulumMotion,
        PendulumRequest,
        ProjectileRequest,
        Quantities,
        Receipt,
        TextRequest,
    )
    from nis_backend.view import View


def format_number(value: float, digits: int = 4) -> str:
    """`value` to that many significant digits, as a person writes it: 58.31, 0.0001234, 3×10⁻⁷, 12,345."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    size = abs(rounded)
    if size >= 10 ** max(digits, 7) or size < 1e-4:  # noqa: PLR2004 - where zeros get hard to count
        mantissa, _, exponent = f"{rounded:.{digits - 1}e}".partition("e")
        if "." in mantissa:
            mantissa = mantissa.rstrip("0").rstrip(".")
        return f"{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    text = f"{rounded:,.{max(0, digits + 12)}f}" if size < 1 else f"{rounded:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def draw_flight(request: ProjectileRequest, flight: Flight) -> list[View]:
    """Where and when it lands, the path, the speed."""
    path = flight.trajectory
    air = "with air drag" if flight.drag else "without air drag"
    words = (
        f"The body lands **{format_number(flight.range)} m** away after **{format_number(flight.flight_time)} s**, "
        f"{air}. It rises to {format_number(flight.apex_height)} m and hits the ground at "
        f"{format_number(flight.impact_speed)} m/s ({_error(flight.receipt)})."
    )
    return [
        Text(text=words if flight.drag else f"{words} {flight.model}"),
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
        _receipt(flight.receipt),
    ]


def draw_pendulum(request: PendulumRequest, motion: PendulumMotion) -> list[View]:
    """The period, and the angle over time."""
    raise NotImplementedError


def draw_heat(request: HeatRequest, solution: HeatSolution) -> list[View]:
    raise NotImplementedError


def draw_constant(request: ConstantRequest, constant: ConstantValue) -> list[View]:
    raise NotImplementedError


def draw_constants(request: ConstantsRequest, listing: ConstantList) -> list[View]:
    raise NotImplementedError


def draw_conversion(request: ConversionRequest, conversion: Conversion) -> list[View]:
    raise NotImplementedError


def draw_quantities(request: TextRequest, found: Quantities) -> list[View]:
    raise NotImplementedError


def _error(receipt: Receipt) -> str:
    verdict = "against" if receipt.met else "**short of the**"
    return (
        f"{receipt.method}, error {format_number(receipt.error_reached, 1)} {receipt.unit} "
        f"{verdict} {format_number(receipt.error_asked, 1)} {receipt.unit} asked"
    )


def _receipt(receipt: Receipt) -> Table:
    raise NotImplementedError
