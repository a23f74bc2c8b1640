"""Quantities that stand as text where a number with a unit is wanted: "72 km/h" in a field of m/s.

Read and converted in the server's process by a table that `make generate` writes from pint, which is slow to load.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from nis_backend.errors import InvalidRequest
from nis_backend.fields import flat
from nis_backend.numerics.lexicon import ANGLES, OFFSET, SPELLINGS
from nis_backend.numerics.units import Measure, invert, parse_listed
from nis_backend.numerics.written import format_powers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import BaseModel, ValidationError

    from nis_backend.operation import Json

TABLE = "numerics/units.json"
"""The table's file, from the package."""

LONGEST = 80
"""Characters of a quantity."""

_THOUSANDS = r"[1-9]\d{0,2}(?:,\d{3})+(?![\d,])"
_NUMBER = re.compile(rf"\s*([+\-\u2212]?(?:{_THOUSANDS}(?:\.\d*)?|\d+(?:[.,]\d*)?(?!,)|\.\d+)(?:[eE][+-]?\d+)?)\s*")
"""A comma before threes of digits parts thousands, as in 1,000; else it is the decimals', as in 1,5 and 0,145."""

_OF_SI = {"gauss": ("0.0001", "tesla")}
"""Units that pint counts in a system of their own, with roots of kilograms."""
_MARKS = str.maketrans({"'": "\u2032", '"': "\u2033", "\u2019": "\u2032", "\u201d": "\u2033", "º": "°"})
"""What keyboards have in the place of the signs of feet, inches and degrees."""
_DOT = re.compile(r"(?<=[A-Za-z])\.(?=\s|$)")
"""The dot of an abbreviation: 5 ft. 3 in."""
_PER = re.compile(r"(?:per\s+|/\s*)(?=\D)", re.IGNORECASE)
_DIVISOR = re.compile(r"/\s*(kg|g|lb|mol|m(?:\^?[23]|[²³])?)\s*[·*⋅ .-]?\s*(K|°?C|°?F)\s*$")
"""What is written behind one stroke and means all of it: W/mK, J/kg·K, cal/g °C."""

_METERS = re.compile(r"(?<![^\W\d])ms(?=\s?(?:\^\s?)?[-\u2212⁻][12¹²])")


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How a unit counts: `value · factor + offset` is in SI's base units, of which `dimension` has the powers."""

    factor: Decimal
    offset: Decimal
    dimension: tuple[tuple[str, int], ...]


def from_text(text: str, unit: str, field: str) -> float | None:
    """The quantity of `text` in `unit`; None where it is none, or `unit` is not of the table.

    Raises:
        InvalidRequest: it measures something else; both are named.
    """
    target = scale_of(unit)
    parts = list(_parts(text)) if target and len(text) <= LONGEST else []
    if target and len(text) <= LONGEST and not _fits(parts, target):
        parts = next((other for other in map(list, map(_parts, _meant(text))) if _fits(other, target)), parts)
    if not target or not parts:
        return None
    total = Decimal(0)
    for value, measure in parts:
        source = _scale(_wanted(measure, target))
        if source is None:
            return None
        if source.dimension != target.dimension:
            wanted = format_powers(target.dimension)
            raise InvalidRequest(
                f"{field}: {text!r} measures {format_powers(source.dimension)}, and {field} is {wanted}, in {unit}.",
                field=field,
                value=text,
                remedy=f"Give {field} in {unit} or another unit of {wanted}, or as a plain number in {unit}.",
            )
        total += value * source.factor + source.offset
    found = float((total - target.offset) / target.factor)
    return found if math.isfinite(found) else None


def base_of(text: str, field: str) -> tuple[float | None, tuple[tuple[str, int], ...]]:
    """A quantity in SI's base units and its dimension; of a unit alone the value is None.

    Raises:
        InvalidRequest: it is neither a quantity, a unit nor a number.
    """
    unit = scale_of(text)
    if unit is not None and text.strip() != "1":
        return None, unit.dimension
    number = _NUMBER.fullmatch(text)
    if number:
        return float(_decimal(number[1])), ()
    parts = [(value, _scale(measure)) for value, measure in _parts(text)] if len(text) <= LONGEST else []
    scales = [scale for _, scale in parts if scale is not None]
    if not parts or len(scales) < len(parts) or len({one.dimension for one in scales}) > 1:
        raise InvalidRequest(
            f"{field}: {text!r} is no quantity.",
            field=field,
            value=text,
            remedy='Give a number with its unit, such as "9.81 m/s^2", or a unit alone.',
        )
    total = sum((value * scale.factor + scale.offset for value, scale in parts if scale), Decimal(0))
    return float(total), scales[0].dimension


def measured(error: ValidationError, kind: type[BaseModel], given: Any) -> Any:  # Any: JSON
    """`given` with each refused text that is a quantity as a number in its field's unit; None where there is none.

    Raises:
        InvalidRequest: a quantity measures something else than its field.
    """
    wrong = [
        (one["loc"], one["input"])
        for one in error.errors(include_url=False, include_context=False)
        if one["type"] in ("float_parsing", "int_parsing") and isinstance(one["input"], str)
    ]
    if not wrong:
        return None
    schema, changed = kind.model_json_schema(), False
    found = json.loads(json.dumps(from_json(given) if isinstance(given, (bytes, str)) else given, default=str))
    for place, text in wrong:
        unit = _unit_at(schema, place)
        value = from_text(text, unit, ".".join(map(str, place))) if unit else None
        if value is not None:
            changed |= _put(found, place, value)
    return found if changed else None


def _decimal(digits: str) -> Decimal:
    comma = "" if re.match(rf"[+\-\u2212]?{_THOUSANDS}", digits) else "."
    return Decimal(digits.replace(",", comma).replace("\u2212", "-"))


def scale_of(unit: str) -> Scale | None:
    """How a field's unit counts."""
    measure = parse_listed(unit)
    return _scale(measure) if measure else None


def table() -> dict[str, list[Any]]:  # Any: JSON
    """The table, made from pint: of each unit its factor, its offset and its dimension."""
    from nis_backend.numerics.registry import REGISTRY  # noqa: PLC0415 - `make generate` alone loads it

    registry: Any = REGISTRY  # Any: pint's signatures leave arguments untyped
    names = sorted({name for factors in SPELLINGS.values() for name in factors})
    rows: dict[str, list[Any]] = {}
    for name in names:
        times, of = _OF_SI.get(name, ("1", name))
        zero, one = (registry.Quantity(Decimal(at) * Decimal(times), of).to_base_units() for at in (0, 1))
        powers = {str(key).strip("[]"): int(power) for key, power in one.dimensionality.items()}
        rows[name] = [str(one.magnitude - zero.magnitude), str(zero.magnitude), powers]
    return rows


def _parts(text: str) -> Iterator[tuple[Decimal, Measure]]:
    """The numbers with units that the whole text is: one, or several as in 5 ft 3 in; nothing where it is not."""
    at, found = 0, list[tuple[Decimal, Measure]]()
    text = _DOT.sub("", text.translate(_MARKS))
    while at < len(text.rstrip()):
        number = _NUMBER.match(text, at)
        measure = _unit_behind(text, number.end()) if number else None
        if number is None or measure is None:
            return
        found.append((_decimal(number[1]), measure))
        at = measure.end
    if len(found) == 1 or not any(name in OFFSET for _, one in found for name in one.factors):
        yield from found


def _unit_behind(text: str, start: int) -> Measure | None:
    """The unit that begins here; of "60 per minute" and "60/min" one over it."""
    over = _PER.match(text, start)
    measure = parse_listed(text, over.end() if over else start, whole=False)
    return invert(measure) if measure and over else measure


def _wanted(measure: Measure, target: Scale) -> Measure:
    """20 C is a charge where a charge is wanted, and 2 g an acceleration."""
    other = measure.other()
    scale = _scale(other) if other else None
    return other if other and scale and scale.dimension == target.dimension else measure


def _meant(text: str) -> Iterator[str]:
    """What else the same signs may mean: W/mK, 3 ms⁻¹, KM/H."""
    yield _DIVISOR.sub(r"/(\1*\2)", text)
    yield _METERS.sub("m·s", text)
    if text.isupper() and "/" in text:
        yield text.lower()


def _fits(parts: list[tuple[Decimal, Measure]], target: Scale) -> bool:
    scales = [_scale(measure) for _, measure in parts]
    return bool(scales) and all(scale and scale.dimension == target.dimension for scale in scales)


@cache
def _rows() -> dict[str, list[Any]]:
    return cast("dict[str, list[Any]]", json.loads((Path(__file__).parent / "units.json").read_text("utf-8")))


def _scale(measure: Measure) -> Scale | None:
    factor, offset = Decimal(1), Decimal(0)
    powers: dict[str, int] = {}
    for name, power in measure.factors.items():
        row = _rows().get(name)
        if row is None:
            return None
        factor *= Decimal(row[0]) ** power
        if measure.factors == {name: 1}:
            offset = Decimal(row[1])
        # An angle is no pure number here, so that 2 Hz never passes for 2 rad/s.
        for one, own in (*row[2].items(), ("angle", ANGLES.get(name, 0))):
            powers[one] = powers.get(one, 0) + own * power
    return Scale(
        factor=factor, offset=offset, dimension=tuple(sorted((one, power) for one, power in powers.items() if power))
    )


def _unit_at(schema: Json, place: Sequence[int | str]) -> str | None:
    """The unit of the field at this place of a request."""
    definitions: Json = schema.get("$defs", {})
    here = schema
    for part in place:
        here = flat(here, definitions)
        here = here.get("items", {}) if isinstance(part, int) else here.get("properties", {}).get(part, here)
    return flat(here, definitions).get("unit")


def _put(found: Any, place: Sequence[int | str], value: float) -> bool:  # Any: JSON
    """Put a value where the text stood; False where the place is not one of the request's own."""
    try:
        for part in place[:-1]:
            found = found[part]
        found[place[-1]] = value
    except (KeyError, IndexError, TypeError):
        return False
    return True
