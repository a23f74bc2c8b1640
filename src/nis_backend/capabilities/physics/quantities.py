"""Quantities: numbers with units, found in a text."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pint

from nis_backend.capabilities.physics.measures import Quantities, Quantity, UnitMention
from nis_backend.capabilities.physics.numbers import find_numbers
from nis_backend.numerics.lexicon import ONE_OF, ONLY_AFTER_NUMBER
from nis_backend.numerics.units import LETTER, PURE, Measure, convert_value, invert, parse, scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.physics.numbers import Number

# "5 in" is five inches where "in" has no other meaning: by what follows it, or by a length named before the number.
_INCH = re.compile(
    r"in(?=\.?\s*(?:$|[,;:?!)×*/²³^\"]|\.\s|"
    r"(?:to|into|and|or|is|are|as|at|with|from|long|wide|tall|high|deep|thick|across|above|below|off|over|under|apart|diameter|radius|per|x|in\s+[a-z]+)\b))",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"\b(?:length|width|height|depth|thickness|diameter|radius|distance|altitude)\s*(?:of|is|=|:)?\s*$", re.IGNORECASE
)
_IN = re.compile(rf"in\s+(?!(?:an?|the)\b)(?={LETTER})", re.IGNORECASE)
_TO_INCH = re.compile(r"\b(?:to|into|in)\s+(in)\s*[?.!]*\s*$", re.IGNORECASE)
_GAP = re.compile(r"-|[ \u00a0\u202f]{0,2}")
_OVER = re.compile(rf"(?:[ \u00a0]1)?\s?/\s?(?={LETTER})|\s+per\s+(?={LETTER})")
_FEET_INCHES = re.compile(
    r"(?<![\w.,+\-\u2212])(\d+)\s?['\u2019\u2032]\s?(\d+(?:\.\d+)?)(?:\s?[\"\u201d\u2033]|'')?(?!\w)"
)
_AND_A_HALF = re.compile(r"\s+and\s+a\s+half\b(?!\s+an?\b)", re.IGNORECASE)
_BESIDE = re.compile(r"(?:,?\s+and\s+|,?\s*)", re.IGNORECASE)
_SHARES = re.compile(
    r"[-\u2013]|\s+\u2013\s+|\s+(?:and|or|to)\s+(?:(?:maybe|perhaps|possibly|even)\s+)?", re.IGNORECASE
)
_WAS_IT = re.compile(r",?\s+or\s+(?:was|is)\s+it\s+", re.IGNORECASE)
_CORRECTS = re.compile(
    r"\W+(?:(?:sorry|no|wait|oops|er|erm|i mean|i meant|rather|make (?:it|that)|actually|correction|scratch that"
    r"|not that|or rather|better)\b\W*){1,4}",
    re.IGNORECASE,
)
"""What stands between a slip and its correction."""
_ONE = re.compile(rf"(?<![^\W_])an?\s+(?={LETTER}{{3}})", re.IGNORECASE)
_TOWARDS = re.compile(r"(?:\b(?:in|into|to|as|many|much|per)|[-=]>|\u2192|=)\s+(?:the\s+)?$", re.IGNORECASE)
_EITHER = re.compile(r"\s+(?:or|and)\s+", re.IGNORECASE)
_WORD = re.compile(rf"(?<![\w°]){LETTER}+|[°℃℉%]")

_PARTS = frozenset(
    {
        ("foot", "inch"),
        ("yard", "foot"),
        ("mile", "foot"),
        ("day", "hour"),
        ("hour", "minute"),
        ("hour", "second"),
        ("minute", "second"),
        ("pound", "ounce"),
        ("stone", "pound"),
        ("degree", "arcminute"),
        ("arcminute", "arcsecond"),
    }
)
"""What is one quantity when written side by side: 5 ft 3 in, 1 hour 30 minutes."""
_UNSAID = (("foot", "inch"), ("stone", "pound"), ("hour", "minute"))
"""Pairs of them of which the second may be left out: 5 foot 3."""

_ELECTRIC = frozenset({parse("farad", "").dimension, parse("coulomb", "").dimension})


@dataclass(frozen=True, kw_only=True)
class Found:
    """A number with its unit, before it is converted."""

    value: float
    measure: Measure
    start: int
    end: int
    spelt: bool = False
    """In words, where only a unit makes a quantity of a number: "one end" is none."""


def read(text: str, units: Sequence[str]) -> Quantities:
    """The quantities of a text, in `units` where the dimension is theirs.

    Raises:
        InvalidRequest: a wanted unit is unknown.
    """
    wanted = [(unit, parse(unit, "units")) for unit in units]
    found = _read_numbers(text)
    dimensions = {measure.dimension for _, measure in wanted}
    if dimensions & _ELECTRIC and "temperature" not in dimensions:
        found = [_prefer_electric(text, one) for one in found]
    return Quantities(
        quantities=[
            Quantity(
                text=text[one.start : one.end],
                value=one.value,
                unit=one.measure.name,
                dimension=one.measure.dimension,
                start=one.start,
                end=one.end,
                converted=_convert_to(one, wanted),
            )
            for one in found
        ],
        mentions=_read_mentions(text, found),
    )


def _convert_to(one: Found, wanted: Sequence[tuple[str, Measure]]) -> dict[str, float]:
    converted: dict[str, float] = {}
    for unit, measure in wanted:
        if measure.dimension == one.measure.dimension:
            try:
                value = convert_value(one.value, one.measure, measure)
            except (pint.PintError, ArithmeticError):
                continue  # a difference of temperatures has no place on a scale
            if math.isfinite(value):
                converted[unit] = value
    return converted


def _prefer_electric(text: str, one: Found) -> Found:
    other = one.measure.other() if text[one.end - 1] in "CF" and text[one.end - 2] in " \u00a00123456789" else None
    return replace(one, measure=other) if other else one


def _read_numbers(text: str) -> list[Found]:
    """Every number, with its unit; parts of one quantity added up, a unit shared by several given to each."""
    found = [
        Found(
            value=int(match[1]) + float(match[2]) / 12,
            measure=Measure(factors={"foot": 1}, end=match.end()),
            start=match.start(),
            end=match.end(),
        )
        for match in _FEET_INCHES.finditer(text)
    ]
    covered = _cover(text, found)
    end = 0
    for number in find_numbers(text):
        if number.start >= end and not covered[number.start] and (one := _with_unit(text, number)):
            found.append(one)
            end = one.end
    found.extend(_read_ones(text, _cover(text, found)))
    found.sort(key=lambda one: one.start)
    shared = _share(text, _add_parts(text, found))
    return [one for one in shared if one.measure.factors or not one.spelt]


def _cover(text: str, found: Sequence[Found]) -> bytearray:
    """A mark for each character that belongs to a quantity, and one past the end."""
    covered = bytearray(len(text) + 1)
    for one in found:
        covered[one.start : one.end] = b"\1" * (one.end - one.start)
    return covered


def _with_unit(text: str, number: Number) -> Found | None:
    """The number with the unit behind it; None for what is no quantity: 3D, 1st, the 1990s."""
    if over := _OVER.match(text, number.end):
        measure = scan(text, over.end())
        measure = invert(measure) if measure and "per cent" not in text[number.end : measure.end].lower() else None
        if measure:
            return _extend(text, Found(value=number.value, measure=measure, start=number.start, end=measure.end))
    gap = _GAP.match(text, number.end)
    at = gap.end() if gap else number.end
    measure = scan(text, at, inch=_is_inch(text, number.start, at))
    glued = at == number.end and text[at : at + 1].isalpha()
    if measure and measure.factors:
        decade = glued and number.end - number.start == 4 and text[at : measure.end] == "s"  # noqa: PLR2004 - a year
        a_stone = number.spelt and text[at : measure.end].lower() == "stone"
        if not decade and not a_stone:
            return _extend(text, Found(value=number.value, measure=measure, start=number.start, end=measure.end))
    if glued:
        return None
    return Found(value=number.value, measure=PURE, start=number.start, end=number.end, spelt=number.spelt)


def _is_inch(text: str, number: int, at: int) -> bool:
    """Whether an "in" at `at` is the unit of the number at `number`."""
    if _INCH.match(text, at):
        return True
    before = _LENGTH.search(text[max(0, number - 20) : number])
    word = _IN.match(text, at)
    return before is not None and word is not None and scan(text, word.end()) is None


def _extend(text: str, one: Found) -> Found:
    """With "and a half" behind the unit."""
    half = _AND_A_HALF.match(text, one.end)
    return replace(one, value=one.value + 0.5, end=half.end()) if half else one


def _read_ones(text: str, covered: bytearray) -> list[Found]:
    """One of a unit whose name has no other meaning: "an hour", "a mile"."""
    ones: list[Found] = []
    for match in _ONE.finditer(text):
        measure = scan(text, match.end())
        word = _WORD.match(text, match.end())
        if measure is None or word is None or any(covered[match.start() : measure.end]):
            continue
        # Not by a symbol: "a min temperature".
        if next(iter(measure.factors), "") in ONE_OF and (len(word.group()) > 3 or word.group() == "day"):  # noqa: PLR2004
            one = _extend(text, Found(value=1.0, measure=measure, start=match.start(), end=measure.end))
            covered[one.start : one.end] = b"\1" * (one.end - one.start)
            ones.append(one)
    return ones


def _add_parts(text: str, found: Sequence[Found]) -> list[Found]:
    """5 ft 3 in as one quantity, in feet."""
    added: list[Found] = []
    last: Found | None = None
    for given in found:
        one = _part_unsaid(text, last, given)
        before, last = last, one
        if before and before.value.is_integer() and _is_part(before.measure, one.measure):
            gap, whole = text[before.end : one.start], added[-1]
            part = convert_value(one.value, one.measure, whole.measure)
            # 3 in of a foot, not 30: what is a foot or more is a quantity of its own.
            if _BESIDE.fullmatch(gap) and 0 <= part < convert_value(1.0, before.measure, whole.measure):
                added[-1] = replace(whole, value=whole.value + part, end=one.end)
                continue
        added.append(one)
    return added


def _part_unsaid(text: str, before: Found | None, one: Found) -> Found:
    """With the unit that is left out behind a greater one: the 11 of "5 foot 11" is inches."""
    if before is None or one.measure.factors or text[before.end : one.start] != " ":
        return one
    part = next((part for whole, part in _UNSAID if before.measure.factors == {whole: 1}), None)
    return replace(one, measure=Measure(factors={part: 1}, end=one.end)) if part else one


def _is_part(whole: Measure, part: Measure) -> bool:
    pairs = [(a, b) for (a, m), (b, n) in zip(whole.factors.items(), part.factors.items(), strict=False) if m == n == 1]
    return len(whole.factors) == len(part.factors) == 1 and bool(pairs) and pairs[0] in _PARTS


def _share(text: str, found: Sequence[Found]) -> list[Found]:
    """In "100 and 0 °C" the first number has the second's unit."""
    shared = list(found)
    for i in range(len(shared) - 2, -1, -1):
        one, following = shared[i], shared[i + 1]
        if not one.measure.factors and following.measure.factors and _SHARES.fullmatch(text, one.end, following.start):
            shared[i] = replace(one, measure=following.measure)
    for i, (one, following) in enumerate(pairwise(shared)):
        # "20 m/s, no, make it 25": the unit stays.
        bare = one.measure.factors and not following.measure.factors
        beside = (text, one.end, following.start)
        if bare and (_CORRECTS.fullmatch(*beside) or _WAS_IT.fullmatch(*beside)):
            shared[i + 1] = replace(following, measure=one.measure)
    return shared


def _read_mentions(text: str, found: Sequence[Found]) -> list[UnitMention]:
    """Units without a number: any behind "in", "to" or "how many", else only words that are nothing but units."""
    mentions: list[UnitMention] = []
    covered, at = _cover(text, found), 0
    for word in _WORD.finditer(text):
        start = word.start()
        if start < at or covered[start]:
            continue
        measure = scan(text, start)
        if measure is None or not measure.factors or text[measure.end : measure.end + 2] in ("'s", "\u2019s"):
            continue
        towards = _TOWARDS.search(text[max(0, start - 20) : start]) is not None
        spelt = text[start : measure.end]
        plain = len(spelt) > 2 and spelt.lower() not in ONLY_AFTER_NUMBER  # noqa: PLR2004 - symbols are words too
        either = bool(mentions) and _EITHER.fullmatch(text, mentions[-1].end, start) is not None
        if (towards and spelt.lower() != "second") or plain or either:
            mentions.append(_mention(text, start, measure))
            at = measure.end
    if last := _TO_INCH.search(text):
        mentions.append(_mention(text, last.start(1), Measure(factors={"inch": 1}, end=last.end(1))))
    return mentions


def _mention(text: str, start: int, measure: Measure) -> UnitMention:
    return UnitMention(
        text=text[start : measure.end],
        unit=measure.name,
        dimension=measure.dimension,
        start=start,
        end=measure.end,
    )
