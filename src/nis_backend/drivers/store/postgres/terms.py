"""The words of an item's text in PostgreSQL, told apart as SQLite's index of words does it.

Each begins with the mark of its collection: one index holds the words of every collection, and none of them costs
another's search anything.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.drivers.store.postgres.stems import stem

if TYPE_CHECKING:
    from collections.abc import Sequence

WORD = re.compile(r"[^\W_]+")
LONGEST, PLACES, LAST_PLACE = 100, 255, 16_383
"""Letters of a word; places of one word, and the last place: what a `tsvector` holds at most."""
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


def words_of(text: str, language: str) -> list[str]:
    """The text's words in order: lower case, without accents, in English without endings."""
    if text.isascii():
        text = text.lower()
    else:
        apart = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(sign for sign in apart if not unicodedata.combining(sign))
    found = WORD.findall(text)
    return [*map(stem, found)] if language == "english" else found


def indexed(text: str, language: str, mark: int) -> Indexed:
    """The text as the index of words takes it."""
    words, beginning = words_of(text, language), marked(mark)
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words[:MOST], start=1):
        known = places.setdefault(word[:LONGEST], [])
        if len(known) < PLACES:
            known.append(min(place, LAST_PLACE))
    vector = " ".join(f"'{beginning}{word}':{','.join(map(str, known))}" for word, known in places.items())
    return Indexed(vector=vector, length=len(words))


def phrases(terms: Sequence[str], language: str, mark: int) -> list[list[str]]:
    """The words of each term that has any, as they are indexed; each term once."""
    beginning = marked(mark)
    found = (tuple(beginning + word[:LONGEST] for word in words_of(term, language)) for term in terms)
    return [[*words] for words in dict.fromkeys(found) if words]


def query(words: Sequence[str]) -> str:
    """Words that follow each other, as a `tsquery` is written."""
    return " <-> ".join(f"'{word}'" for word in words)
