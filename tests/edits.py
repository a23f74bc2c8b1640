"""How far what was read or heard is from what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def distance(one: Sequence[str], other: Sequence[str]) -> int:
    """The fewest signs, or words, to change, add or leave out (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, sign in enumerate(one, 1):
        before, row[0] = row[0], number
        for place, wanted in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (sign != wanted))
    return row[-1]
