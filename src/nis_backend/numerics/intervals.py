"""Intervals of what was measured on few cases: proportions, means, quantiles, differences of pairs. Plain Python.

Each says by which method it was made. A sample that does not vary still has an interval with a width: three of three
right is no certainty.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESAMPLES = 2000
SEED = 20_260_101
"""Of the resamples: the same scores have the same interval each time."""
FEW, MANY = 20, 1000
"""Below the first a bootstrap is too narrow; beyond the second Student's t says the same for less."""
HALVINGS = 80
LEAST, SETTLED = 1e-300, 1e-15


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Where the true value is, as often as its level says; None where the sample does not bound it."""

    low: float | None
    high: float | None
    method: str


def beta_below(x: float, a: float, b: float) -> float:
    """The chance that a beta variable is at most `x`: the regularised incomplete beta function.

    By its continued fraction, evaluated as Lentz does. Source: Abramowitz & Stegun (1964), 26.5.8.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_below(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    value, upper, lower = 1.0, 1.0, 0.0
    for step in range(100_000):
        half = step // 2
        if step == 0:
            term = 1.0
        elif step % 2:
            term = -(a + half) * (a + b + half) * x / ((a + step - 1) * (a + step))
        else:
            term = half * (b - half) * x / ((a + step - 1) * (a + step))
        lower = 1 / ((1 + term * lower) or LEAST)
        upper = (1 + term / upper) or LEAST
        change = upper * lower
        value *= change
        if step and abs(change - 1) < SETTLED:
            break
    return math.exp(front) / a * (value - 1)


def at_most(count: int, of: int, chance: float) -> float:
    """The chance that a binomial variable is at most `count`."""
    return 1.0 if count >= of else 1 - beta_below(chance, count + 1, of - count)


def where(below: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """Where a growing function has the wanted value, by halving."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if below(middle) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def clopper_pearson(right: int, of: int, level: float = 0.95) -> Interval:
    """The exact interval of a proportion: it holds the true one at least as often as `level` says.

    Source: Clopper & Pearson (1934), Biometrika 26, 404-413.
    """
    tail = (1 - level) / 2
    low = 0.0 if right == 0 else where(lambda x: beta_below(x, right, of - right + 1), tail, 0, 1)
    high = 1.0 if right == of else where(lambda x: beta_below(x, right + 1, of - right), 1 - tail, 0, 1)
    return Interval(low=low, high=high, method="Clopper-Pearson, exact")


def wilson(right: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """The score interval of a proportion. Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209-212."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, square = right / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe_paired(both: int, first: int, second: int, neither: int, level: float = 0.95) -> Interval:
    """The interval of the first's share right less the second's, on the same cases: `first` had it right alone.

    Source: Newcombe (1998), Stat. Med. 17, 2635-2650, method 10.
    """
    of = both + first + second + neither
    one, other = (both + first) / of, (both + second) / of
    (one_low, one_high), (other_low, other_high) = (
        wilson(both + first, of, level),
        wilson(both + second, of, level),
    )
    product = (both + first) * (second + neither) * (both + second) * (first + neither)
    cross = both * neither - first * second
    cross = cross - of / 2 if cross > of / 2 else min(cross, 0)
    phi = cross / math.sqrt(product) if product else 0.0

    def away(a: float, b: float) -> float:
        return math.sqrt(max(0.0, a * a - 2 * phi * a * b + b * b))

    return Interval(
        low=max(-1.0, one - other - away(one - one_low, other_high - other)),
        high=min(1.0, one - other + away(one_high - one, other - other_low)),
        method="Newcombe's method 10, of paired proportions",
    )


def mean_interval(values: Sequence[float], level: float = 0.95, bounds: tuple[float, float] | None = None) -> Interval:
    """The interval of a mean; `bounds` are the least and the greatest that a value can be.

    Bounded and few, or all the same: by Hoeffding's inequality, which holds for any scores within the bounds. From 20
    on the wider end of bootstrap and Student's t: where few values differ from the rest the one misses what is rare and
    the other bends too far. From 1,000 on, or without bounds and few, Student's t. One value without bounds has none.
    """
    same = len(set(values)) == 1
    if bounds is not None and (same or len(values) < FEW):
        return _bounded(values, level, *bounds)
    if len(values) < 2 or (same and bounds is None):  # noqa: PLR2004 - one value varies from nothing
        return Interval(low=None, high=None, method="none: the values do not vary, and nothing bounds them")
    low, high = _student(values, level)
    method = f"Student's t, {len(values) - 1} degrees of freedom"
    if FEW <= len(values) <= MANY:
        ends = _bootstrap(values, level)
        low, high = min(low, ends[0]), max(high, ends[1])
        method = f"bootstrap, BCa, {RESAMPLES} resamples, seed {SEED}, or Student's t where that is wider"
    if bounds is not None:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    return Interval(low=low, high=high, method=method)


def _bounded(values: Sequence[float], level: float, least: float, most: float) -> Interval:
    """Where n times the divergence of the mean is at most ln(2 / (1 - level)).

    Source: Hoeffding (1963), J. Am. Stat. Assoc. 58, 13-30, theorem 1.
    """
    span, of = most - least, len(values)
    mean = min(1.0, max(0.0, (fmean(values) - least) / span))
    allowed = math.log(2 / (1 - level)) / of

    def apart(true: float) -> float:
        parts = ((mean, true), (1 - mean, 1 - true))
        return sum(a * math.log(a / b) if b > 0 else math.inf for a, b in parts if a > 0)

    low = where(lambda x: -apart(x), -allowed, 0, mean)
    high = where(apart, allowed, mean, 1)
    return Interval(low=least + span * low, high=least + span * high, method="Hoeffding's inequality, for few scores")


def _bootstrap(values: Sequence[float], level: float) -> tuple[float, float]:
    """By 2,000 resamples with a fixed seed, bias-corrected and accelerated.

    Source: Efron (1987), J. Am. Stat. Assoc. 82, 171-185.
    """
    chance, of, normal = random.Random(SEED), len(values), NormalDist()  # noqa: S311 - resamples, no secret
    means = sorted(fmean(chance.choices(values, k=of)) for _ in range(RESAMPLES))
    mean = fmean(values)
    below = (sum(one < mean for one in means) + sum(one == mean for one in means) / 2) / RESAMPLES
    shift = normal.inv_cdf(min(max(below, 1 / RESAMPLES), 1 - 1 / RESAMPLES))
    apart = [one - mean for one in values]
    bent = sum(one**3 for one in apart) / (6 * sum(one * one for one in apart) ** 1.5)

    def at(share: float) -> float:
        z = shift + normal.inv_cdf(share)
        moved = normal.cdf(shift + z / (1 - bent * z))
        return means[min(RESAMPLES - 1, max(0, round(moved * (RESAMPLES - 1))))]

    tail = (1 - level) / 2
    return at(tail), at(1 - tail)


def _student(values: Sequence[float], level: float) -> tuple[float, float]:
    of, mean = len(values), fmean(values)
    half = student(level, of - 1) * math.sqrt(sum((one - mean) ** 2 for one in values) / (of - 1) / of)
    return mean - half, mean + half


def student(level: float, freedom: int) -> float:
    """How many standard errors hold `level` of Student's t."""
    x = where(lambda x: 1 - beta_below(1 - x, freedom / 2, 0.5), level, 0, 1)
    return math.sqrt(freedom * x / (1 - x))


def quantile(values: Sequence[float], share: float) -> float:
    """The nearest rank: the least value that `share` of all are at most."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered) - 1e-9) - 1)]


def quantile_interval(values: Sequence[float], share: float, level: float = 0.95) -> Interval:
    """Two of the values between which the true quantile is, whatever the distribution; None where there are too few.

    Source: David & Nagaraja (2003), Order Statistics, 7.1.
    """
    ordered, of, tail = sorted(values), len(values), (1 - level) / 2
    # By the chance that at most so many of all are below the quantile.
    low = max((place for place in range(of) if at_most(place, of, share) <= tail), default=None)
    high = min((place for place in range(of) if 1 - at_most(place, of, share) <= tail), default=None)
    return Interval(
        low=None if low is None else ordered[low],
        high=None if high is None else ordered[high],
        method="order statistics, exact",
    )
