"""Operations by the words of a query: BM25 over the parts of each declaration."""

from __future__ import annotations

import math
from collections import Counter
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.words import stems
from nis_backend.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WEIGHTS = {"name": 3.0, "summary": 2.0, "questions": 2.0, "fields": 1.0, "description": 0.5}
"""What a word counts for in each part of a declaration."""
K1, B = 1.2, 0.75
"""BM25's usual figures: how soon repetition stops counting, and how much a long part is discounted."""
NEAR = 0.5
"""What a word counts for that only begins as the query's does, or is spelled nearly so."""
ALIKE = 0.8
"""Least ratio of difflib for a word that is spelled nearly so."""
NEAREST_KEPT = 4096
"""Words of queries whose nearest are remembered."""

FORMULA = (
    "BM25F: the sum over the query's words of idf·tf/(1.2 + tf), where tf adds up the parts of the declaration (name "
    "3, summary 2, example questions 2, fields 1, description 0.5), each divided by 0.25 + 0.75·length/mean length. A "
    "word that no operation has counts half, for the words that begin with it or are spelled nearly so."
)


class Index:
    """Some operations' words, counted once."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        parts = [_parts(entry) for entry in entries]
        lengths = {name: _mean([len(one[name]) for one in parts]) for name in WEIGHTS}
        counted = [_weighted(one, lengths) for one in parts]
        self.users = Counter(word for counts in counted for word in counts)
        # What each word adds to each operation that has it: a query looks at no other.
        self._adds: dict[str, list[tuple[int, float]]] = {word: [] for word in self.users}
        for at, counts in enumerate(counted):
            for word, count in counts.items():
                self._adds[word].append((at, self._rarity(word) * count / (K1 + count)))
        # Words come again from message to message, and to spell one out against all others takes a tenth of a ms.
        self._near = lru_cache(maxsize=NEAREST_KEPT)(self._nearest)

    def search(self, query: str) -> list[tuple[float, Entry]]:
        """Each operation that shares a word with the query, and its score, greatest first; equals by name."""
        scores: dict[int, float] = {}
        for word, share in self._wanted(stems(query)).items():
            for at, adds in self._adds[word]:
                scores[at] = scores.get(at, 0.0) + share * adds
        scored = [(score, self.entries[at]) for at, score in scores.items()]
        return sorted(scored, key=lambda one: (-one[0], one[1].name))

    def _wanted(self, words: Sequence[str]) -> dict[str, float]:
        """The words of the query that operations use, or those nearest to them, with what each counts."""
        wanted: dict[str, float] = {}
        for word in words:
            if word in self.users:
                wanted[word] = 1.0
                continue
            for one in self._near(word):
                wanted.setdefault(one, NEAR)
        return wanted

    def _nearest(self, word: str) -> list[str]:
        """Words that begin with this one, else the two that are spelled most like it."""
        if begun := [one for one in self.users if one.startswith(word)]:
            return begun
        # What has no letter of it, or too many more or fewer, is below ALIKE in any case.
        size = len(word)
        able = [one for one in self.users if 2 * min(size, len(one)) >= ALIKE * (size + len(one)) and {*one} & {*word}]
        return get_close_matches(word, able, 2, ALIKE)

    def _rarity(self, word: str) -> float:
        users = self.users[word]
        return math.log(1 + (len(self.entries) - users + 0.5) / (users + 0.5))


@lru_cache(maxsize=16)
def index_of(entries: tuple[Entry, ...]) -> Index:
    """The index of these operations; kept for the few sets that callers ask for, and nothing in it is of a caller."""
    return Index(entries)


def _parts(entry: Entry) -> dict[str, list[str]]:
    """The words of each part of a declaration, as stems."""
    fields: Mapping[str, Mapping[str, object]] = entry.request_schema.get("properties", {})
    texts = {
        "name": entry.name,
        "summary": entry.summary,
        "questions": " ".join(f"{one['title']} {one.get('question', '')}" for one in entry.examples),
        "fields": " ".join(f"{name} {schema.get('description', '')}" for name, schema in fields.items()),
        "description": entry.description.partition("\n")[2],
    }
    return {name: stems(text) for name, text in texts.items()}


def _weighted(parts: Mapping[str, Sequence[str]], lengths: Mapping[str, float]) -> Counter[str]:
    """How often each word occurs, by the weight and the length of the part it is in."""
    counts: Counter[str] = Counter()
    for name, words in parts.items():
        discount = 1 - B + B * len(words) / lengths[name]
        for word in words:
            counts[word] += WEIGHTS[name] / discount  # pyright: ignore[reportArgumentType] - a Counter adds floats as well
    return counts


def _mean(lengths: Sequence[int]) -> float:
    return max(1.0, sum(lengths) / max(1, len(lengths)))
