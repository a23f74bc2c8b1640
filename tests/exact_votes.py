"""What votes come to exactly, by going through all ways in which answers can fall: for tests and proofs."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from functools import cache

from nis_backend.answers.voting import tally

MOST_VOTES = 150
"""Votes of which chances are counted exactly: a double holds no greater factorial than that of 170."""


def falls(chances: Sequence[float], votes: int) -> Generator[tuple[list[int], float]]:
    """How many of each answer there may be in so many votes, and how likely that is: the multinomial distribution."""

    def ways(left: int, kinds: int) -> Generator[list[int]]:
        if kinds == 1:
            yield [left]
            return
        for first in range(left + 1):
            for rest in ways(left - first, kinds - 1):
                yield [first, *rest]

    for counts in ways(votes, len(chances)):
        chance = math.factorial(votes) * math.prod(
            p**n / math.factorial(n) for p, n in zip(chances, counts, strict=True)
        )
        yield counts, chance


def entropy_of(chances: Sequence[float], votes: int) -> tuple[float, float]:
    """Mean and standard deviation of the entropy of so many votes."""
    values = [
        (tally([str(kind) for kind, count in enumerate(counts) for _ in range(count)]).entropy(), chance)
        for counts, chance in falls(chances, votes)
    ]
    mean = math.fsum(value * chance for value, chance in values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 * chance for value, chance in values))


def asked_until_settled(chances: Sequence[float], most: int) -> tuple[float, float]:
    """Mean and standard deviation of how many votes are cast until no vote to come could change who leads alone."""

    @cache
    def after(counts: tuple[int, ...]) -> tuple[float, float]:
        """The mean and the mean square of those still to be cast."""
        left = most - sum(counts)
        first, second = sorted(counts, reverse=True)[:2]
        if first - second > left or not left:
            return 0.0, 0.0
        mean = square = 0.0
        for kind, chance in enumerate(chances):
            more, squares = after(tuple(count + (at == kind) for at, count in enumerate(counts)))
            mean += chance * (1 + more)
            square += chance * (1 + 2 * more + squares)
        return mean, square

    mean, square = after((0,) * len(chances))
    return mean, math.sqrt(square - mean**2)


def chance_right(right: float, wrong: Sequence[float], votes: int) -> float:
    """The chance that the right answer wins a vote of so many independent answers, a tie drawn by lot. Exact.

    `right` and `wrong` are the answers' probabilities, which come to 1. The sum over the multinomial distribution: for
    each number of right answers, the ways in which no wrong one has more, those with j of them level by 1/(1+j).
    """
    if not 1 <= votes <= MOST_VOTES:
        msg = f"a vote has 1 to {MOST_VOTES} answers"
        raise ValueError(msg)
    return math.fsum(_won(right, wrong, votes, count) for count in range(1, votes + 1))


def _won(right: float, wrong: Sequence[float], votes: int, count: int) -> float:
    """With exactly so many right answers."""
    left = votes - count
    # ways[j][n]: the coefficient of xⁿ in the product of the series Σ pᵏxᵏ/k! of the wrong answers so far, k at most
    # `count`, with j of them at that.
    ways = [[1.0] + [0.0] * left]
    for chance in wrong:
        terms = [chance**mine / math.factorial(mine) for mine in range(min(count, left) + 1)]
        following = [[0.0] * (left + 1) for _ in range(len(ways) + 1)]
        for level, row in enumerate(ways):
            for before, way in enumerate(row):
                for mine, term in enumerate(terms[: left - before + 1] if way else ()):
                    following[level + (mine == count)][before + mine] += way * term
        ways = following
    level = math.fsum(row[left] / (1 + at) for at, row in enumerate(ways))
    return math.factorial(votes) * right**count / math.factorial(count) * level
