"""Medians of few runs and what they are worth: intervals from the runs' order alone, no shape of noise assumed."""

from __future__ import annotations

import math
from functools import cache
from itertools import combinations_with_replacement
from statistics import median
from typing import TYPE_CHECKING

from nis_backend.impact.report import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 0.95
RISK = 0.018
"""That one report calls noise a difference. Of 20 reports two or more then do once in 20 times (binomial: 4.97 %)."""


def interval(values: Sequence[float]) -> Interval:
    """The median, and the order statistics between which it lies with at least `LEVEL`.

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
        if 2 * tail > 1 - LEVEL:
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


@cache
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


def differs(before: Sequence[float], after: Sequence[float], measures: int) -> bool:
    """Whether paired figures differ, at a risk of `RISK` for all the measures of a report together (Bonferroni).

    Either of two: Wilcoxon's signed ranks refuse 0 at RISK / measures, for which ten pairs are needed at five measures;
    or, with as few as six, each figure of one side is above each of the other, which chance alone does once in
    C(2n, n) / 2 times. Each is exact where a pair's two figures could as well have been the other way round.

    Source: Hollander, Wolfe & Chicken, Nonparametric Statistical Methods (2014), 3.1 and 4.1; Dunn (1961), JASA 56, 52.
    """
    count = len(before)
    risk = RISK / measures
    if 2 / math.comb(2 * count, count) <= risk and (max(before) < min(after) or max(after) < min(before)):
        return True
    if 2 / 2**count > risk:
        return False
    found = shift([one - other for one, other in zip(after, before, strict=True)], 1 - risk)
    return not found.low <= 0 <= found.high


def least_runs(measures: int) -> int:
    """The fewest pairs of which any can be said to differ."""
    return next(count for count in range(2, 60) if 2 / math.comb(2 * count, count) <= RISK / measures)
