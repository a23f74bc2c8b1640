"""Words that are spelled nearly as an operation spells them: evidence for it, never an argument."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.declared import declared
from nis_backend.capabilities.operations.words import FUNCTION_WORDS, stem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.entry import Entry

SHORTEST = 5
"""Letters of a word that may be misspelled; a shorter one is too near to others."""
LONG = 8
"""Letters of a word in which two may be wrong."""


class Spelling:
    """The words that some operations use, by their first letter."""

    def __init__(self, words: Iterable[str]) -> None:
        self.stems = frozenset(map(stem, words))
        self.by_first: dict[str, list[str]] = {}
        for word in words:
            if len(word) >= SHORTEST:
                self.by_first.setdefault(word[0], []).append(word)

    def mend(self, word: str) -> str:
        """The word that is meant; the word itself where it is known, short, or like none."""
        if len(word) < SHORTEST or word in FUNCTION_WORDS or stem(word) in self.stems:
            return word
        slips = 2 if len(word) >= LONG else 1
        # One letter for another makes another word of a short one: "power" is no "poker".
        alike = (one for one in self.by_first.get(word[0], ()) if slips > 1 or _same_letters(word, one))
        near = [(distance(word, one, slips), one) for one in alike]
        best = min(near, default=(slips + 1, word))
        return best[1] if best[0] <= slips else word


def _same_letters(word: str, other: str) -> bool:
    """Whether a letter is missing, too many or in another place, and none is another."""
    return len(word) != len(other) or sorted(word) == sorted(other)


def distance(a: str, b: str, most: int) -> int:
    """Letters wrong, left out or put in, or neighbours that changed places, from `a` to `b`; `most` + 1 for more.

    Source: the optimal string alignment distance; Boytsov, J. Exp. Algorithmics 16 (2011), 1.1.
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before, last = list[int](), list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        row = [i]
        for j, other in enumerate(b, start=1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]


@lru_cache(maxsize=8)
def spelling_of(entries: tuple[Entry, ...]) -> Spelling:
    """The spelling of these operations; kept for the few sets that callers may call."""
    return Spelling(sorted({word for entry in entries for word in declared(entry).spelled}))
