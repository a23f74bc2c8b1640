"""The words of an item's text as PostgreSQL has them.

Each begins with the mark of its collection: one index holds the words of every collection, and none of them costs
another's search anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.drivers.store.words import words_of, words_of_term

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACES, LAST_PLACE = 255, 16_383
"""Places of one word, and the last place: what a `tsvector` holds at most."""
MOST = 60_000
"""Words of a text that are indexed: a `tsvector` has at most a megabyte."""


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """A text as it is indexed."""

    vector: str
    """As a `tsvector` is written."""
    length: int
    """Its words, each time that they occur."""


def marked(mark: int) -> str:
    """What each word of a collection begins with."""
    return f"{mark:x}:"


def indexed(text: str, language: str, mark: int) -> Indexed:
    """The text as the index of words takes it."""
    words, beginning = words_of(text, language), marked(mark)
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words[:MOST], start=1):
        known = places.setdefault(word, [])
        if len(known) < PLACES:
            known.append(min(place, LAST_PLACE))
    vector = " ".join(f"'{beginning}{word}':{','.join(map(str, known))}" for word, known in places.items())
    return Indexed(vector=vector, length=len(words))


def phrases(terms: Sequence[str], language: str, mark: int) -> list[list[str]]:
    """The words of each term that has any, as they are indexed; each term once."""
    beginning = marked(mark)
    found = (tuple(beginning + word for word in words_of_term(term, language)) for term in terms)
    return [[*words] for words in dict.fromkeys(found) if words]


def query(words: Sequence[str]) -> str:
    """Words that follow each other, as a `tsquery` is written."""
    return " <-> ".join(f"'{word}'" for word in words)
