"""How much each word says: one that few operations use says more."""

from __future__ import annotations

import math
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from nis_backend.capabilities.operations.declared import declared
from nis_backend.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from nis_backend.capabilities.operations.declared import Declared


class Rarity:
    """How few of some operations use each word."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.count = max(1, len(entries))
        self.users = Counter(word for entry in entries for word in declared(entry).words)

    def of(self, word: str) -> float:
        """More for a word that fewer use; most for one that nobody does."""
        users = self.users[word]
        # The usual BM25 form, without its negative range.
        return math.log(1 + (self.count - users + 0.5) / (users + 0.5))

    def shared(self, operation: Declared, said: AbstractSet[str]) -> float:
        """Weight of the message's words that the operation uses."""
        return sum(operation.words[word] * self.of(word) for word in said if word in operation.words)

    def cover(self, said: AbstractSet[str], explained: AbstractSet[str]) -> float:
        """Share of the message's words that are explained."""
        whole = sum(map(self.of, said))
        return sum(map(self.of, said & explained)) / whole if whole else 0.0


@lru_cache(maxsize=8)
def rarity_of(entries: tuple[Entry, ...]) -> Rarity:
    """Kept for the few sets of operations that callers may call; bounded, and nothing in it is of a caller."""
    return Rarity(entries)
