"""What a statement says of which number: that it is so, or within bounds; and what no comparison answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from nis_backend.capabilities.physics.claims.claimed import Claim
from nis_backend.fields import flat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.physics.claims.claimed import Relation
    from nis_backend.capabilities.physics.measures import Quantity
    from nis_backend.entry import Entry
    from nis_backend.operation import Json

ABOUT = 0.05
"""What 'about' allows, relative."""

Named = tuple[str, str, tuple[str, ...]]
"""A number of a result: its path, its unit, and the words people use for it."""

_LONGER = {"max": ("maximum", "maximal", "largest", "top", "peak"), "min": ("minimum", "minimal", "smallest", "least")}

_AT_MOST = (
    r"at most|(?:no|not) (?:more|greater|longer|larger|higher|farther|further|faster) than|not (?:over|above|exceed)|"
    r"less than|fewer than|(?:smaller|lower|shorter|slower) than|below|under|up to|<=?|≤"
)
_AT_LEAST = (
    r"at least|(?:no|not) (?:less|fewer|smaller|lower|shorter|slower) than|not (?:below|under)|more than|"
    r"(?:greater|larger|longer|higher|farther|further|faster) than|exceeds|exceeding|over|above|beyond|>=?|≥"
)
_BOUND = re.compile(rf"(?:(?P<most>{_AT_MOST})|(?P<least>{_AT_LEAST}))\s*$", re.IGNORECASE)
_ABOUT = re.compile(
    r"(?:about|around|approximately|approx\.?|roughly|nearly|almost|circa|some|ca\.|~|≈)\s*$", re.IGNORECASE
)
_TO = re.compile(r"\s*(?:and|to|-|\u2013|or)\s*", re.IGNORECASE)
_FROM = re.compile(r"(?:between|from|of|is|in|lies|has)\s*$", re.IGNORECASE)
_MORE_OR_LESS = re.compile(r"\s*(?:±|\+/-|\+-|plus or minus|give or take)\s*", re.IGNORECASE)
_JOINS = re.compile(r"\b(?:and|but|while|whereas)\b|;|,(?=\s+(?:an?|its|the|with an?)\b)", re.IGNORECASE)
_GIVES = re.compile(
    r"\b(?:and|,)\s+(?:is |was |it is )?"
    r"(?:released|let go|thrown|launched|fired|shot|started|starting|dropped|begun|at|from|in)\b[^\d]*$",
    re.IGNORECASE,
)
"""What follows is no second claim but how the thing is begun."""
_SAYS = re.compile(
    r"\b(?:has|have|had|is|are|shows?|gives?|reaches|needs|takes)\b(?:(?!\b(?:when|if|at|from)\b)\D)*$", re.IGNORECASE
)
_PLAIN = re.compile(r"[+\-\u2212]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\d,])")
_DENIES = re.compile(r"\b(?:not|never|cannot|neither|nor)\b|n['\u2019]t\b", re.IGNORECASE)
_COMES_TO = re.compile(
    r"\s*(?:=|\b(?:is|are|equals?|equal to|comes to|makes|gives|at|with|of)\b)\s*"
    r"(?:(?:about|around|approximately|roughly|nearly|exactly|equal to|~|≈)\s*)?$",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"[\[({][\d\s.,;+\-eE\[\](){}]*[\])}]"
    r"|(?<![\w.])[-+]?\d+(?:\.\d+)?(?:\s*,\s*(?:and\s+)?[-+]?\d+(?:\.\d+)?)+(?:\s+and\s+[-+]?\d+(?:\.\d+)?)"
    r"|(?<![\w.])[-+]?\d+(?:\.\d+)?(?:\s*,\s*(?:and\s+)?[-+]?\d+(?:\.\d+)?){2,}"
)
_MULTIPLE = re.compile(
    r"\b(?:twice|thrice|double|triple|times)\b|\bhalf (?:the|of|as|that|its)\b|"
    r"(?:%|per ?cent) (?:longer|shorter|more|less|greater|higher|lower|faster|slower)\b",
    re.IGNORECASE,
)
"""The number in it is another than the one that is computed."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a statement claims, and the statement without it."""

    claims: list[Claim]
    rest: str


def numbers_of(entry: Entry) -> list[Named]:
    """The result's own numbers."""
    schema = entry.result_schema
    definitions: Json = schema.get("$defs", {})
    fields = [(name, flat(one, definitions)) for name, one in schema.get("properties", {}).items()]
    return [
        (name, str(one["unit"]), (*_called(name.replace("_", " ")), *cast("list[str]", one.get("names", []))))
        for name, one in fields
        if one.get("type") in ("number", "integer") and "unit" in one
    ]


def _called(name: str) -> list[str]:
    """A name, and the longer words that people have for its short ones."""
    first, _, rest = name.partition(" ")
    return [name, *(f"{word} {rest}" for word in _LONGER.get(first, ()))]


def read(statement: str, entry: Entry, quantities: Sequence[Quantity]) -> Said | str:
    """What the statement claims of what `entry` answers; or why that cannot be told."""
    fields, quantities = numbers_of(entry), _measured(statement, _free(statement, quantities))
    found = _nearest(statement, fields, quantities) or _last(statement, entry, quantities)
    if found is None:
        return f"It names no number that {entry.name} computes: {', '.join(sorted(path for path, _, _ in fields))}."
    path, quantity = found
    first = last = quantities.index(quantity)
    claims, reach = _claims(statement, path, quantities, first)
    start, last = quantity.start, first + reach
    while last + 1 < len(quantities) and _joined(statement, quantities, last):
        between = statement[quantities[last].end : quantities[last + 1].start]
        if _GIVES.search(between):
            break
        named = _nearest(between, fields, [_moved(quantities[last + 1], len(between))])
        if named is None:
            return _two(entry, fields)
        more, reach = _claims(statement, named[0], quantities, last + 1)
        claims, last = [*claims, *more], last + 1 + reach
    while first > 0 and _joined(statement, quantities, first - 1):
        before = statement[: quantities[first - 1].start]
        if not _SAYS.search(before):
            break
        named = _nearest(before, fields, [_moved(quantities[first - 1], len(before))])
        if named is None or named[0] == path:
            return _two(entry, fields)
        first -= 1
        more, _ = _claims(statement, named[0], quantities, first)
        claims, start = [*more, *claims], quantities[first].start
    # "17 * 23 =": what is left asks for the number.
    rest = f"{_COMES_TO.sub('', statement[:start])} {statement[quantities[last].end :]}".strip()
    bounds_left_out = re.sub(rf"{_AT_MOST}|{_AT_LEAST}", " ", statement, flags=re.IGNORECASE)
    if odd := _DENIES.search(bounds_left_out) or _MULTIPLE.search(statement):
        return f"It does not say plainly what a number is ({odd[0]!r}): say it as one, as in 'has a period of 2 s'."
    return Said(claims=claims, rest=rest)


def _measured(statement: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities, where of `2.03 ± 0.02 s` the first has the unit too, and the second is no number of its own."""
    whole = list(quantities)
    for place, (one, spread) in enumerate(pairwise(quantities)):
        if _MORE_OR_LESS.fullmatch(statement[one.end : spread.start]):
            whole[place + 1] = spread.model_copy(update={"converted": {}})
            if not one.unit and spread.unit != "percent" and spread.value:
                many = one.value / spread.value
                of_it = {unit: value * many for unit, value in spread.converted.items()}
                changes = {"unit": spread.unit, "dimension": spread.dimension, "converted": of_it}
                whole[place] = one.model_copy(update=changes)
    return whole


def _two(entry: Entry, fields: Sequence[Named]) -> str:
    names = ", ".join(sorted(path for path, _, _ in fields))
    return f"It says more than one thing, and {entry.name} computes only {names}: say one at a time."


def _joined(statement: str, quantities: Sequence[Quantity], place: int) -> bool:
    between = statement[quantities[place].end : quantities[place + 1].start]
    return _JOINS.search(between) is not None


def _moved(quantity: Quantity, start: int) -> Quantity:
    return quantity.model_copy(update={"start": start, "end": start + len(quantity.text)})


def _claims(statement: str, path: str, quantities: Sequence[Quantity], place: int) -> tuple[list[Claim], int]:
    """What is said of the number at a place of the quantities, and how many more of these belong to it."""
    one = quantities[place]
    before = statement[: one.start]
    following = quantities[place + 1] if place + 1 < len(quantities) else None
    earlier = quantities[place - 1] if place else None
    between = statement[one.end : following.start] if following else ""
    if earlier and _TO.fullmatch(statement[earlier.end : one.start]) and _of_one_kind(earlier, one):
        # The name was nearer to the upper end.
        return _within(path, _text(earlier), _text(one)), 0
    if following and _TO.fullmatch(between) and _FROM.search(before) and _of_one_kind(one, following):
        return _within(path, _text(one), _text(following)), 1
    if following and _MORE_OR_LESS.fullmatch(between):
        spread = abs(following.value) * (abs(one.value) / 100 if following.unit == "percent" else 1)
        unit = one.unit or ("" if following.unit == "percent" else following.unit)
        return _within(path, f"{one.value - spread!r} {unit}", f"{one.value + spread!r} {unit}"), 1
    bound = _BOUND.search(before)
    relation: Relation = "is" if bound is None else "at most" if bound["most"] else "at least"
    return [
        Claim(path=path, value=_text(one), relation=relation, tolerance=ABOUT if _ABOUT.search(before) else None)
    ], 0


def _of_one_kind(one: Quantity, other: Quantity) -> bool:
    return one.dimension == other.dimension


def _text(quantity: Quantity) -> str:
    """The number, with the digits as written where these are plain, and its unit."""
    plain = _PLAIN.match(quantity.text)
    digits = plain[0].replace("\u2212", "-") if plain else ""
    if not plain or float(digits) != quantity.value:
        digits = f"{quantity.value:.15g}"
    return f"{digits} {quantity.unit.replace('_', ' ')}".rstrip()


def _within(path: str, low: str, high: str) -> list[Claim]:
    return [Claim(path=path, value=low, relation="at least"), Claim(path=path, value=high, relation="at most")]


def _last(statement: str, entry: Entry, quantities: Sequence[Quantity]) -> tuple[str, Quantity] | None:
    """Of an operation that answers one value: what the statement ends with."""
    properties = entry.result_schema.get("properties", {})
    measured = [one for one in quantities if one.unit]
    if measured and {"value", "unit"} <= properties.keys():
        return "value", measured[-1]
    ended = ended_by(statement, quantities)
    return ("value", ended) if ended and "value" in properties else None


def ended_by(statement: str, quantities: Sequence[Quantity]) -> Quantity | None:
    """The number that a statement ends with: "… is 9", "… = 9"."""
    last = quantities[-1] if quantities else None
    if last is None or statement[last.end :].strip(" .!") or not _COMES_TO.search(statement[: last.start]):
        return None
    return last


def question_of(statement: str, ended: Quantity) -> str:
    """The statement as a question, without the number that it ends with: "100 km/h in m/s?"."""
    before = _COMES_TO.sub("", statement[: ended.start]).strip()
    plain = re.fullmatch(r"[-+\d.,eE]+\s*[^\s\d]\S*(?:\s\S+){0,2}", before)
    return f"Convert {before} to {ended.unit.replace('_', ' ')}." if plain and ended.unit else f"{before}?"


def _free(statement: str, quantities: Sequence[Quantity]) -> list[Quantity]:
    """The quantities that are no part of a list: not those of "the mean of 2, 4 and 9"."""
    spans = [one.span() for one in _LIST.finditer(statement)]
    return [one for one in quantities if not any(start <= one.start < end for start, end in spans)]


def _nearest(statement: str, fields: Sequence[Named], quantities: Sequence[Quantity]) -> tuple[str, Quantity] | None:
    """The field that the statement names, and the quantity next to its name that has its dimension."""
    low = statement.lower()
    best: tuple[int, str, Quantity] | None = None
    for path, unit, names in fields:
        for name in names:
            for match in re.finditer(rf"\b{re.escape(name.lower())}\b", low):
                for one in quantities:
                    if unit not in one.converted:
                        continue
                    # What follows a name is nearer than what stands before it.
                    gap = one.start - match.end() if one.start >= match.end() else 40 + match.start() - one.end
                    gap -= len(name)
                    if best is None or gap < best[0]:
                        best = (gap, path, one)
    return None if best is None else best[1:]
