"""Numbers about numbers: quartiles, bins, straight lines. Only the standard library is used."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from nis_backend.capabilities.visuals.charts import Trend
from nis_backend.view import Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_BINS = 200
"""That the rule may ask for: more are thinner than a line."""
REACH = 1.5
"""Quartile distances that a whisker goes at most. Source: Tukey, Exploratory Data Analysis (1977), 2C."""


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """By straight lines between the ordered values, method 7 of Hyndman & Fan (1996), as numpy and R do by default."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    first, median, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, median, third


def spread(label: str, values: Sequence[float]) -> Spread:
    """The box of a group: whiskers end at the last values within 1.5 quartile distances of the box."""
    first, median, third = quartiles(values)
    reach = REACH * (third - first)
    inside = [one for one in values if first - reach <= one <= third + reach]
    low, high = min(inside), max(inside)
    return Spread(
        label=label,
        count=len(values),
        low=low,
        first_quartile=first,
        median=median,
        third_quartile=third,
        high=high,
        outliers=sorted(one for one in values if not low <= one <= high),
    )


def edges_of(values: Sequence[float], bins: int | None) -> tuple[list[float], str]:
    """Where equal bins begin and end, and by which rule there are so many.

    Freedman & Diaconis (1981): the width is 2 IQR / n^(1/3). Without a quartile distance, Sturges (1926): log2 n + 1.
    """
    low, high = min(values), max(values)
    if math.isinf(high - low):
        raise OverflowError
    if low == high:
        edge = abs(low) / 10 or 0.5
        return [low - edge, high + edge], "All numbers are the same: there is one bin."
    if bins is not None:
        return _even(low, high, bins), f"{bins} bins were asked for."
    first, _, third = quartiles(values)
    width = 2 * (third - first) / len(values) ** (1 / 3)
    if width > 0:
        count = math.ceil((high - low) / width)
        if count <= MOST_BINS:
            return _even(low, high, count), f"{count} bins by the rule of Freedman and Diaconis."
        return _even(low, high, MOST_BINS), (
            f"{MOST_BINS} bins: the rule of Freedman and Diaconis asks for {count}, more than can be seen."
        )
    count = math.ceil(math.log2(len(values)) + 1)
    return _even(low, high, count), f"{count} bins by Sturges' rule: half of the numbers are too alike for another."


def _even(low: float, high: float, count: int) -> list[float]:
    return [low + (high - low) * at / count for at in range(count)] + [high]


def counted(values: Sequence[float], edges: Sequence[float]) -> list[int]:
    """How many fall into each bin, which has its lower edge; the last one has both."""
    counts = [0] * (len(edges) - 1)
    width = (edges[-1] - edges[0]) / len(counts)
    for one in values:
        at = min(len(counts) - 1, max(0, int((one - edges[0]) / width)))
        # The division rounds: the edges decide.
        if one < edges[at]:
            at -= 1
        elif at + 1 < len(counts) and one >= edges[at + 1]:
            at += 1
        counts[at] += 1
    return counts


def trend(label: str, x: Sequence[float | None], y: Sequence[float | None]) -> Trend:
    """The line of least squares and Pearson's correlation, of the pairs that are whole."""
    pairs = [(a, b) for a, b in zip(x, y, strict=False) if a is not None and b is not None]
    slope = intercept = correlation = None
    if len({a for a, _ in pairs}) > 1:
        # By powers of two, which is exact: squares and sums of the greatest doubles overflow.
        (xs, wide), (ys, high) = (_halved(column) for column in zip(*pairs, strict=True))
        slope, intercept = statistics.linear_regression(xs, ys)
        slope, intercept = math.ldexp(slope, high - wide), math.ldexp(intercept, high)
        if len(set(ys)) > 1:
            correlation = max(-1.0, min(1.0, statistics.correlation(xs, ys)))
    return Trend(label=label, count=len(pairs), slope=slope, intercept=intercept, correlation=correlation)


def _halved(values: Sequence[float]) -> tuple[list[float], int]:
    """The values as parts of the power of two above the greatest, and that power."""
    power = math.frexp(max(map(abs, values)))[1]
    return [math.ldexp(one, -power) for one in values], power
