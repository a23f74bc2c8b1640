"""Whether quotes bear a sentence out, as far as words tell: its numbers, names and denials are theirs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nis_backend.capabilities.research.evidence import UNITS, YEAR, Said, weigh
from nis_backend.capabilities.research.passages import missing_numbers, shared, stem, words

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_SHARED = 0.25
"""Share of a sentence's telling words that its quotes must have: below it, it is not of them."""
SHARED = (
    "share of the statement's telling words, as stems, that its quotes have; below 0.25, or with a number, a unit, a "
    "name or a denial that no quote has, or where a quote says the opposite, a sentence is left out"
)
# Not "one", which stands for anything.
_SPELT = {
    word: value
    for value, word in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"), 2
    )
} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100, "thousand": 1000}
_WORD = re.compile(rf"\b(?:{'|'.join(_SPELT)})\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[\w,;] )[^\W\d_a-zß-ÿ][^\W\d_]+")
"""A word with a capital that begins no sentence."""
_ENGLISH = frozenset({"the", "of", "is", "was", "are", "were", "and", "in", "to", "has"})
"""Where one of them stands, a capital is a name's: in German it may be any noun's."""


def bears_out(text: str, quotes: Sequence[str], known: Sequence[str] = ()) -> bool:
    """Whether the sentence says nothing that its quotes do not; names may also be of what is `known` anyway."""
    text, quotes = _in_digits(text), [_in_digits(one) for one in quotes]
    if not quotes or shared(text, quotes) < LEAST_SHARED or missing_numbers(text, quotes):
        return False
    verdicts = {found.speaks for quote in quotes if (found := weigh(text, quote))}
    if verdicts == {"against"}:
        return False
    said, theirs = Said.of(text), [Said.of(quote) for quote in quotes]
    if said.denied and not any(one.denied or one.open for one in theirs):
        return False
    return _measures(said, theirs) and _names(text, [*quotes, *known])


def _in_digits(text: str) -> str:
    return _WORD.sub(lambda one: str(_SPELT[one[0].lower()]), text)


def _measures(said: Said, theirs: Sequence[Said]) -> bool:
    """Whether each number that has a unit has no other one there."""
    had = [one for quote in theirs for one in quote.measured]
    return all(
        any(other.value == one.value and (other.unit == one.unit or other.unit not in {*UNITS, YEAR}) for other in had)
        for one in said.measured
        if one.unit in UNITS
    )


def _names(text: str, known: Sequence[str]) -> bool:
    if _ENGLISH.isdisjoint(words(text)):
        return True
    had = {stem(word) for one in known for word in words(one)}
    return all(stem(word) in had for one in _NAME.findall(text) for word in words(one))
