"""Medians of few runs and what they are worth: intervals from the runs' order alone, no shape of noise assumed."""

from __future__ import annotations

import math
from itertools import combinations_with_replacement
from statistics import median
from typing import TYPE_CHECKING

from nis_backend.impact.report import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 0.95


def interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """The median, and the order statistics between which it lies with at least this probability.

    The number of values below the median is binomial, whatever their distribution is. Where there are too few for the
    level, the ends are the least and the greatest.

    Source: Conover, Practical Nonparametric Statistics (1999), 3.2; David & Nagaraja, Order Statistics (2003), 7.1.
    """
    ordered = sorted(values)
    count = len(ordered)
    inner = 0
    tail = 0.0
    for below in range(count // 2):
        tail += math.comb(count, below) / 2**count
        if 2 * tail > 1 - level:
            break
        inner = below + 1
    at = max(inner - 1, 0)
    return Interval(median=median(ordered), low=ordered[at], high=ordered[count - 1 - at], runs=count)


def shift(differences: Sequence[float], level: float = LEVEL) -> Interval:
    """How far pairs lie apart: the Hodges-Lehmann estimate, and the interval of Wilcoxon's signed ranks.

    The median of the means of all pairs of differences; the interval's ends are those means that the test of signed
    ranks at this level does not refuse, exactly. It assumes that a difference is as likely above its middle as below.

    Source: Hollander, Wolfe & Chicken, Nonparametric Statistical Methods (2014), 3.2 and 3.3.
    """
    means = sorted((one + other) / 2 for one, other in combinations_with_replacement(differences, 2))
    out = max(_critical(len(differences), 1 - level) - 1, 0)
    return Interval(median=median(means), low=means[out], high=means[len(means) - 1 - out], runs=len(differences))


def _critical(count: int, risk: float) -> int:
    """How many of the least means lie outside the interval: the greatest T with P(signed ranks < T) at most risk/2.

    With fewer runs than the risk allows for, none does, and the interval has less confidence than was asked for.
    """
    ways = [1]
    for rank in range(1, count + 1):
        ways = [
            (ways[total] if total < len(ways) else 0) + (ways[total - rank] if 0 <= total - rank < len(ways) else 0)
            for total in range(len(ways) + rank)
        ]
    most, seen, critical = 2**count * risk / 2, 0, 0
    for total, number in enumerate(ways):
        seen += number
        if seen > most:
            break
        critical = total + 1
    return critical


def least_runs(level: float) -> int:
    """The fewest pairs whose interval can have this level at all: below, even the widest one has less."""
    return next(count for count in range(2, 60) if 2 / 2**count <= 1 - level)
