"""Texts as weights of their words and of the beginnings, middles and ends of them: TF-IDF, as a sparse matrix."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WORD = re.compile(r"\b\w\w+\b")
"""What is a word: two letters, digits or underscores at least, as in scikit-learn."""
LONGEST_TEXT = 20_000
"""Characters of a text that are read."""
WORDS, CHARACTERS = (1, 2), (2, 5)
"""Shortest and longest runs: of words, and of characters within a word and the spaces around it."""


def read(text: str) -> str:
    """A text in lower case and one spelling of its characters (NFKC)."""
    return unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).lower()


def runs_of_words(text: str) -> Iterator[str]:
    """Words, and two that follow each other."""
    words = WORD.findall(text)
    yield from words
    for longer in range(WORDS[0] + 1, WORDS[1] + 1):
        yield from (" ".join(words[at : at + longer]) for at in range(len(words) - longer + 1))


def runs_of_characters(text: str) -> Iterator[str]:
    """Two to five characters in a row that are within one word and the spaces around it; a shorter word as it is."""
    for word in text.split():
        padded = f" {word} "
        for longer in range(CHARACTERS[0], CHARACTERS[1] + 1):
            if longer >= len(padded):
                yield padded
                break
            yield from (padded[at : at + longer] for at in range(len(padded) - longer + 1))


NONE: Mapping[str, float] = MappingProxyType({})

BLOCKS = {"words": runs_of_words, "characters": runs_of_characters}


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms of one block that count, each with its inverse document frequency, in order."""

    block: str
    idf: Mapping[str, float]

    @classmethod
    def read(cls, block: str, terms: Sequence[str], idf: Sequence[float]) -> Terms:
        """From two lists."""
        return cls(block=block, idf=dict(zip(terms, idf, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A text's terms that are known, as places and weights; and how much of it was."""

    places: list[int]
    weights: list[float]
    words: int
    """Words of the text."""
    known: int
    """Those of them that were in the texts it was trained on."""


class Reader:
    """Texts as weights of the terms of several blocks, one behind the other; each block's weights have length 1."""

    def __init__(self, blocks: Sequence[Terms]) -> None:
        self.blocks = tuple(blocks)
        self.terms = [(terms.block, term) for terms in blocks for term in terms.idf]
        self._places: list[dict[str, int]] = []
        before = 0
        for terms in blocks:
            self._places.append({term: before + place for place, term in enumerate(terms.idf)})
            before += len(terms.idf)

    def weigh(self, text: str) -> Weighed:
        """(1 + ln tf) · idf of each term, divided by the length of the block's."""
        text = read(text)
        found: list[int] = []
        weights: list[float] = []
        for terms, places in zip(self.blocks, self._places, strict=True):
            counts = {term: count for term, count in Counter(BLOCKS[terms.block](text)).items() if term in places}
            each = [(1 + math.log(count)) * terms.idf[term] for term, count in counts.items()]
            length = math.sqrt(math.fsum(one * one for one in each)) or 1.0
            found += [places[term] for term in counts]
            weights += [one / length for one in each]
        words = WORD.findall(text)
        known: Mapping[str, float] = next((terms.idf for terms in self.blocks if terms.block == "words"), NONE)
        return Weighed(places=found, weights=weights, words=len(words), known=sum(word in known for word in words))
