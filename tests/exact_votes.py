"""What votes come to exactly, by going through all ways in which answers can fall: for tests and proofs."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from functools import cache

from nis_backend.answers.voting import tally


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
