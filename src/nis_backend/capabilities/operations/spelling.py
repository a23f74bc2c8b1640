"""Words that are spelled nearly as an operation spells them: evidence for it, never an argument."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.declared import declared
from nis_backend.capabilities.operations.words import FUNCTION_WORDS, stem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.operation import Entry

SHORTEST = 5
"""Letters of a word that may be misspelled; a shorter one is too near to others."""
LIKENESS = 0.82
"""Least ratio of letters in common, by difflib's measure: one wrong letter in six, or two changed places."""


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
        near = get_close_matches(word, self.by_first.get(word[0], ()), 1, LIKENESS)
        return near[0] if near else word


@lru_cache(maxsize=8)
def spelling_of(entries: tuple[Entry, ...]) -> Spelling:
    """The spelling of these operations; kept for the few sets that callers may call."""
    return Spelling(sorted({word for entry in entries for word in declared(entry).spelled}))
