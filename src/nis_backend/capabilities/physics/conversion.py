"""Conversion of a number from one unit to another."""

from __future__ import annotations

import math

import pint

from nis_backend.capabilities.physics.measures import Conversion, ConversionRequest
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.units import Measure, convert_value, parse


def convert(request: ConversionRequest) -> Conversion:
    """The conversion that was asked for.

    Raises:
        InvalidRequest: a unit is unknown, or the two have different dimensions.
    """
    source, target = _agree(parse(request.unit, "unit"), parse(request.to, "to"))
    by_cycles = _count_cycles(source, target)
    if by_cycles is None and source.dimension != target.dimension:
        raise InvalidRequest(
            f"{request.unit} measures {_say(source)} and {request.to} measures {_say(target)}: "
            "one does not convert into the other.",
            field="to",
            value=request.to,
            remedy=f"Give a unit of {_say(source)}.",
        )
    try:
        value = convert_value(request.value, by_cycles or source, target)
    except (pint.PintError, ArithmeticError) as error:
        raise InvalidRequest(
            f"{request.unit} does not convert into {request.to}: {error}.",
            field="to",
            value=request.to,
            remedy="Give both as plain units, neither logarithmic nor a difference of temperatures.",
        ) from None
    if not math.isfinite(value):
        raise InvalidRequest(
            f"{request.value:g} {request.unit} is beyond the range of numbers in {request.to}.",
            field="value",
            value=request.value,
            remedy="Give a smaller value, or a larger unit to convert to.",
        )
    return Conversion(
        value=value,
        unit=target.symbol,
        given_value=request.value,
        given_unit=source.symbol,
        dimension=source.dimension,
        remark="One cycle counted as one turn." if by_cycles else "",
    )


def _agree(source: Measure, target: Measure) -> tuple[Measure, Measure]:
    """The two units, a bare C or F read as coulomb or farad where only that fits the other."""
    if source.dimension == target.dimension:
        return source, target
    for one, other in (
        (source, target.other()),
        (source.other(), target),
        (source.other(), target.other()),
    ):
        if one and other and one.dimension == other.dimension:
            return one, other
    return source, target


def _count_cycles(source: Measure, target: Measure) -> Measure | None:
    """The source with its turns counted as cycles, or the reverse, where that makes 50 Hz of 3000 rpm."""
    lacking = target.angle - source.angle
    if abs(lacking) != 1 or "[time]" not in source.dimension:
        return None
    factors = dict(source.factors)
    factors["turn"] = factors.get("turn", 0) + lacking
    counted = Measure(factors={name: power for name, power in factors.items() if power}, end=0)
    return counted if counted.dimension == target.dimension else None


def _say(measure: Measure) -> str:
    return measure.dimension.replace("[", "").replace("]", "").replace(" ** ", "^") or "a pure number"
