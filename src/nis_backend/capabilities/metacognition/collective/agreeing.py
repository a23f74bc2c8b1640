"""Answers of several, as classes of those that say the same: who agrees, and whether that is a quorum."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DISAGREEMENT = (
    "1 - Σ n(n-1) / N(N-1) over the classes of n answers among N: the chance that two peers drawn from those that "
    "answered say different things (Simpson 1949)"
)


def classes(answers: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Who said which, the most first; of as many, the order of the answers."""
    who: defaultdict[str, list[str]] = defaultdict(list)
    for name, answer in answers.items():
        who[answer].append(name)
    return sorted(who.items(), key=lambda one: -len(one[1]))


def leader(sizes: Sequence[int], quorum: int) -> bool:
    """Whether the first of the classes, the largest first, has the quorum and stands alone."""
    return bool(sizes) and sizes[0] >= quorum and (len(sizes) == 1 or sizes[0] > sizes[1])


def disagreement(sizes: Sequence[int]) -> float | None:
    """See `DISAGREEMENT`; None where fewer than two answered."""
    of = sum(sizes)
    return None if of < 2 else 1 - sum(one * (one - 1) for one in sizes) / (of * (of - 1))  # noqa: PLR2004 - a pair
