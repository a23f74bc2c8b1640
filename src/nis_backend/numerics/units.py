"""Units of measurement: read from text by a small grammar, measured and converted by pint where that is loaded.

    unit   = factor { ("/" | "per" | "a" | "·" | "*" | " ") factor }
    factor = [ "square" | "cubic" ] spelling [ "^" digits | "²" | "squared" ] | "(" unit ")"

Nothing a caller writes is handed to pint to evaluate: pint would compute 9**9**9.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from nis_backend.errors import InvalidRequest
from nis_backend.numerics.lexicon import (
    ANGLES,
    BESIDE,
    ELECTRIC,
    OFFSET,
    SCALE_WORDS,
    SCALES,
    SPELLINGS,
    Factors,
    look_up,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pint

MOST_POWER = 9
MOST_FACTORS = 8
LETTER = r"[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹]"
"""A letter; for `re` a superscript digit is one too."""
_WORD = re.compile(rf"{LETTER}+|[°℃℉%\u2032\u2033]")
_NAME = re.compile(rf"{LETTER}[A-Za-z0-9_]*")
_MORE = re.compile(rf"[ \u00a0-]({LETTER}+)")
_DEGREE = re.compile(rf"(?:°|degrees?|deg)[ \u00a0]?({'|'.join(SCALE_WORDS)})(?!{LETTER}|_)", re.IGNORECASE)
_INCH = re.compile(rf"in(?!{LETTER}|_)")
_POWER = re.compile(r"\s?(?:\^|\*\*)\s?([-\u2212]?\d)(?!\.?\d)|(⁻?[¹²³⁴⁵⁶⁷⁸⁹])(?![⁰¹²³⁴⁵⁶⁷⁸⁹])|\s(squared|cubed)\b")
_GLUED_POWER = re.compile(rf"([-\u2212]?[123])(?!\d|[.,]\d|{LETTER})")
_BEFORE = re.compile(r"(square|sq\.?|cubic|cu\.?)\s", re.IGNORECASE)
_TIMES = re.compile(rf"\s?[·⋅*×]\s?(?={LETTER}|[°(])")
_OVER = re.compile(r"\s?/\s?|\s+per\s+", re.IGNORECASE)
_ONE_OVER = re.compile(r"1\s*/\s*")
_EACH = re.compile(r"\s+an?\s+(?=(?:second|minute|hour|day|week|month|year)\b)", re.IGNORECASE)
_AFTER_OVER = re.compile(r"(?:/|\bper)\s*$")
_DIGITS = str.maketrans("⁻¹²³⁴⁵⁶⁷⁸⁹\u2212", "-123456789-")
_LONGEST = max(word.count(" ") for word in SPELLINGS) + 1
_PAIRS = frozenset({"N m", "kN m", "kg m", "g cm", "Pa s", "N s", "J s", "kW h", "A h", "m K"})
"""Symbols that multiply with only a space between them; any other factor needs a sign or a negative power."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A unit that was read: its factors, and where it ends in the text."""

    factors: Factors
    end: int

    @cached_property
    def unit(self) -> pint.Unit:
        """The unit as pint's object; in a product a temperature scale is its degree alone."""
        alone = self.factors in ({name: 1} for name in OFFSET)
        names = {
            (f"delta_{name}" if name in OFFSET and not alone else name): power for name, power in self.factors.items()
        }
        registry = _registry()
        return registry.Unit(registry.UnitsContainer(names))

    @property
    def name(self) -> str:
        """`meter / second`."""
        return str(self.unit) if self.factors else ""

    @property
    def symbol(self) -> str:
        """`m/s`."""
        return f"{self.unit:~P}" if self.factors else ""

    @property
    def angle(self) -> int:
        """The power of angle in it."""
        return sum(ANGLES.get(name, 0) * power for name, power in self.factors.items())

    @cached_property
    def dimension(self) -> str:
        """`[length] / [time]`, `angle`, `temperature`; empty for a pure number."""
        powers = dict(cast("Mapping[str, float]", self.unit.dimensionality))
        if self.angle:
            powers["[angle]"] = self.angle
        if powers in ({"[angle]": 1}, {"[temperature]": 1}):
            return next(iter(powers)).strip("[]")
        # In one order: pint's depends on how the unit is composed, and equal dimensions are to be equal texts.
        above = [_raise(name, power) for name, power in sorted(powers.items()) if power > 0]
        below = [_raise(name, -power) for name, power in sorted(powers.items()) if power < 0]
        return " / ".join([" * ".join(above) or "1", *below]) if powers else ""

    def other(self) -> Measure | None:
        """The other meaning of a bare C, F or g; None where there is none."""
        name = next(iter(self.factors), "")
        if self.factors != {name: 1} or name not in BESIDE:
            return None
        return Measure(factors={BESIDE[name]: 1}, end=self.end)


def _registry() -> Any:  # Any: pint's signatures leave arguments untyped
    """pint, which takes a third of a second to load: texts of the lexicon are read without it."""
    from nis_backend.numerics.registry import REGISTRY  # noqa: PLC0415 - see above

    return REGISTRY


def _raise(name: str, power: float) -> str:
    return name if power == 1 else f"{name} ** {power:g}"


PURE = Measure(factors={}, end=0)


def scan(text: str, start: int, *, inch: bool = False) -> Measure | None:
    """The unit that begins at `start` in a text, as much of it as reads as one; None where there is none.

    `inch` says that an "in" at `start` is no preposition.
    """
    return _Scanner(text, strict=True, inch_at=start if inch else -1).product(start)


def invert(measure: Measure) -> Measure:
    """One over the first factor: the unit behind "5 per" or "1/"."""
    if not measure.factors:
        return measure
    first = next(iter(measure.factors))
    return Measure(factors=measure.factors | {first: -measure.factors[first]}, end=measure.end)


def parse(text: str, field: str) -> Measure:
    """The unit that `text` is, all of it; takes every unit pint knows, besides the spellings of the lexicon.

    Raises:
        InvalidRequest: it is none; near spellings are named.
    """
    stripped = text.strip()
    if stripped in ("", "1", "dimensionless"):
        return PURE
    scanner = _Scanner(stripped, strict=False)
    over = _ONE_OVER.match(stripped)
    measure = scanner.product(over.end() if over else 0)
    if measure is None or measure.end != len(stripped):
        raise unknown(text, field, measure)
    if over:
        return invert(measure)
    return measure


def parse_listed(text: str, start: int = 0, *, whole: bool = True) -> Measure | None:
    """The unit of the lexicon that `text` is from `start` on, or begins with; None where it is none."""
    if whole and text.strip() in ("", "1"):
        return PURE
    over = _ONE_OVER.match(text, start)
    at = over.end() if over else start
    measure = _Scanner(text, strict=True, inch_at=at if _INCH.match(text, at) else -1).product(at)
    measure = invert(measure) if measure and over else measure
    return measure if measure and (not whole or measure.end == len(text.rstrip())) else None


def unknown(text: str, field: str, read: Measure | None) -> InvalidRequest:
    """Why `text` is not a unit."""
    rest = text.strip()[read.end if read else 0 :].strip(" /*·")
    word = match.group() if (match := _NAME.search(rest)) else text
    known: Iterable[str] = SPELLINGS
    if len(word) > 2:  # noqa: PLR2004 - two letters are near to everything
        known = [*SPELLINGS, *cast("Iterable[str]", dir(_registry()))]
    # A name may be in both.
    near = difflib.get_close_matches(word, dict.fromkeys(known), n=3, cutoff=0.7)
    how = 'Write it like "m/s", "kg/m³", "degF" or "kilowatt hour".'
    if word in near:
        return InvalidRequest(f"{text!r} does not read as a unit.", field=field, value=text, remedy=how)
    hint = f"Did you mean {' or '.join(near)}?" if near else how
    return InvalidRequest(f"{word!r} is not a unit known here.", field=field, value=text, remedy=hint)


def convert_value(value: float, source: Measure, target: Measure) -> float:
    """`value` from one unit into another of the same dimension; infinite where a double cannot hold it.

    Raises:
        ArithmeticError: one is a level, such as the decibel: pint takes no logarithm of the decimals that it counts in.
    """
    if source.factors == target.factors:
        return value
    registry = _registry()
    try:
        return float(registry.convert(Decimal(repr(value)), source.unit, target.unit))
    except TypeError as error:
        msg = "levels are not converted"
        raise ArithmeticError(msg) from error


class _Scanner:
    """The grammar over one text. Strict takes the lexicon only, and a space as a product only between known pairs."""

    def __init__(self, text: str, *, strict: bool, inch_at: int = -1) -> None:
        self.text = text
        self.strict = strict
        self.inch_at = inch_at

    def product(self, start: int, depth: int = 0) -> Measure | None:
        first = self._factor(start, depth)
        if first is None:
            return None
        factors, at = dict(first.factors), first.end
        for _ in range(MOST_FACTORS):
            found = self._next(at, depth)
            if found is None:
                break
            sign, following = found
            for name, power in following.factors.items():
                factors[name] = factors.get(name, 0) + sign * power
            at = following.end
        if len(first.factors) < len(factors) or list(factors.values()) != [1]:
            letters = set(re.findall(rf"(?<!°|{LETTER})(?<!deg )(?<!degrees )[CF](?!{LETTER})", self.text[start:at]))
            swaps = {"degree_Celsius": "C", "degree_Fahrenheit": "F"}
            factors = {ELECTRIC[name] if swaps.get(name) in letters else name: power for name, power in factors.items()}
        factors = {name: power for name, power in factors.items() if power}
        if any(abs(power) > MOST_POWER for power in factors.values()):
            return None
        return Measure(factors=factors, end=at)

    def _next(self, at: int, depth: int) -> tuple[int, Measure] | None:
        """The sign of the next factor's power, and the factor."""
        if each := _EACH.match(self.text, at):
            following = self._factor(each.end(), depth)
            return (-1, following) if following else None
        if over := _OVER.match(self.text, at):
            following = self._factor(over.end(), depth)
            return (-1, following) if following else None
        if times := _TIMES.match(self.text, at):
            following = self._factor(times.end(), depth)
            return (1, following) if following else None
        if self.text[at : at + 1] in (" ", "\u00a0", "-"):
            following = self._factor(at + 1, depth)
            if following and self._adjoins(at, following, depth):
                return 1, following
        return None

    def _adjoins(self, at: int, following: Measure, depth: int) -> bool:
        """Whether only a space makes a product here: "m s⁻¹", "N m", not "40° N"."""
        if self.text[at] != "-" and (not self.strict or depth or next(iter(following.factors.values()), 0) < 0):
            return True
        before = re.search(rf"{LETTER}+$", self.text[max(0, at - 4) : at])
        after = _WORD.match(self.text, at + 1)
        return bool(before and after and f"{before.group()} {after.group()}" in _PAIRS)

    def _factor(self, start: int, depth: int) -> Measure | None:
        if self.text[start : start + 1] == "(":
            inner = self.product(start + 1, depth + 1) if depth < 3 else None  # noqa: PLR2004 - deeper is no unit
            if inner is None or self.text[inner.end : inner.end + 1] != ")":
                return None
            return self._raised(Measure(factors=inner.factors, end=inner.end + 1), power=1)
        power = 1
        if before := _BEFORE.match(self.text, start):
            power, start = (2 if before.group(1)[0] in "sS" else 3), before.end()
        spelt = self._spelling(start)
        return self._raised(spelt, power) if spelt else None

    def _raised(self, spelt: Measure, power: int) -> Measure:
        """The factor with the power that follows it."""
        end = spelt.end
        if found := _POWER.match(self.text, end):
            word = found.group(3)
            power *= (
                {"squared": 2, "cubed": 3}[word] if word else int(found.group(found.lastindex or 1).translate(_DIGITS))
            )
            end = found.end()
        elif (found := _GLUED_POWER.match(self.text, end)) and self.text[end - 1].isalpha():
            power *= int(found.group(1).translate(_DIGITS))
            end = found.end()
        return Measure(factors={name: own * power for name, own in spelt.factors.items()}, end=end)

    def _spelling(self, start: int) -> Measure | None:
        """The longest spelling that begins here."""
        if start == self.inch_at:
            return Measure(factors={"inch": 1}, end=start + 2)
        if degree := _DEGREE.match(self.text, start):
            return Measure(factors={SCALES[degree.group(1)[0].lower()]: 1}, end=degree.end())
        return self._listed(start) or (None if self.strict else self._named(start))

    def _listed(self, start: int) -> Measure | None:
        """A spelling of the lexicon."""
        word = _WORD.match(self.text, start)
        if word is None:
            return None
        if word.group() == "in" and _AFTER_OVER.search(self.text, 0, start):
            return Measure(factors={"inch": 1}, end=word.end())
        ends, words = [word.end()], [word.group()]
        while len(words) < _LONGEST and (more := _MORE.match(self.text, ends[-1])):
            words.append(more.group(1))
            ends.append(more.end())
        for count in range(len(words), 0, -1):
            factors = _look_up(" ".join(words[:count]))
            # lb ft² is a pound by a square foot.
            raised = len(factors or ()) > 1 and self._has_power(ends[count - 1])
            if factors and not raised and self.text[ends[count - 1] : ends[count - 1] + 1] != "_":
                return Measure(factors=factors, end=ends[count - 1])
        return None

    def _has_power(self, at: int) -> bool:
        return bool(_POWER.match(self.text, at) or _GLUED_POWER.match(self.text, at))

    def _named(self, start: int) -> Measure | None:
        """A unit by pint's own name, which may contain digits and underscores."""
        name = _NAME.match(self.text, start)
        if name is None:
            return None
        if name.group() == "in":
            return Measure(factors={"inch": 1}, end=name.end())
        found = _registry().parse_unit_name(name.group())
        return Measure(factors={found[0][0] + found[0][1]: 1}, end=name.end()) if found else None


def _look_up(word: str) -> Factors | None:
    """A spelling of the lexicon; of pints and gallons the United States'."""
    # Alone, US is no microsecond.
    return SPELLINGS.get(word[3:].lower()) if word.startswith("US") and word not in SPELLINGS else look_up(word)
