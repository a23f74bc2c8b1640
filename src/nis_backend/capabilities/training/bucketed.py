"""Batches of rows of like lengths, each a function of the seed and the step alone."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW = 16
"""Batches within whose rows lengths are sorted: more cost less padding and mix less."""


class Bucketed:
    """Rows by their lengths in batches of at most `tokens` tokens, padding included."""

    def __init__(self, lengths: Sequence[int], *, tokens: int, seed: int) -> None:
        self._lengths = tuple(lengths)
        self._tokens = tokens
        self._seed = seed
        self._epoch = lru_cache(maxsize=2)(self._made)
        self._begins = [0]
        """The first step of each epoch, as far as was asked."""

    def at(self, step: int) -> list[int]:
        """The rows of a step, the shortest first."""
        while self._begins[-1] <= step:
            self._begins.append(self._begins[-1] + len(self._epoch(len(self._begins) - 1)))
        number = next(i for i in range(len(self._begins) - 1) if step < self._begins[i + 1])
        return self._epoch(number)[step - self._begins[number]]

    def pieces(self, step: int, most: int) -> list[list[int]]:
        """The rows of a step in pieces of at most `most` tokens, or of one row."""
        return filled(self.at(step), self._lengths, most)

    def _made(self, number: int) -> list[list[int]]:
        """The batches of an epoch: each row once."""
        order = shuffled(len(self._lengths), f"{self._seed} {number} rows")
        mean = sum(self._lengths) / len(self._lengths)
        width = max(1, round(WINDOW * self._tokens / mean))
        batches: list[list[int]] = []
        for begin in range(0, len(order), width):
            window = sorted(order[begin : begin + width], key=lambda row: self._lengths[row])
            batches += filled(window, self._lengths, self._tokens)
        return [batches[i] for i in shuffled(len(batches), f"{self._seed} {number} batches")]


def drawn(word: str) -> int:
    """A number of 63 bits that depends on the word alone, on any machine."""
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:8]) >> 1


def shuffled(count: int, word: str) -> list[int]:
    """The numbers below `count` in an order that depends on the word alone."""
    return sorted(range(count), key=lambda one: drawn(f"{word} {one}"))


def filled(rows: Sequence[int], lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """Rows, sorted by length, in groups of at most `tokens` tokens when padded to the longest; a long row is alone."""
    groups: list[list[int]] = []
    for row in rows:
        if groups and (len(groups[-1]) + 1) * lengths[row] <= tokens:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups
