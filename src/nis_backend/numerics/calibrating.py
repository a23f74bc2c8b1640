"""From a score to a probability: maps that are fitted to outcomes. Plain Python.

Sources: Ayer et al. (1955), Ann. Math. Stat. 26, 641-647, pool adjacent violators; Zadrozny & Elkan (2002), KDD,
694-699, as calibration; Platt (1999), Advances in Large Margin Classifiers, 61-74; Guo et al. (2017), ICML, 1321-1330,
temperature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EDGE = 0.001
"""Scores nearer to 0 or 1 are taken for this near: the log-odds of 0 are no number."""
STEPS, SETTLED = 100, 1e-10
"""Steps at most; how little a logarithm of likelihoods is still bettered by."""

Group = tuple[float, int, int]
"""A value, and of the outcomes at it how many are right, and how many there are."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Scores that are taken together: from `low` on, up to the next block's."""

    low: float
    right: int
    of: int

    @property
    def value(self) -> float:
        """The share of right ones."""
        return self.right / self.of


def grouped(pairs: Iterable[tuple[float, bool]]) -> list[Group]:
    """Pairs of a value and whether it was right, by their values, the least first."""
    seen: dict[float, list[int]] = {}
    for value, right in pairs:
        one = seen.setdefault(value, [0, 0])
        one[0] += right
        one[1] += 1
    return [(value, right, of) for value, (right, of) in sorted(seen.items())]


def isotonic(groups: Sequence[Group]) -> list[Block]:
    """The growing step function with the least squared error, by pooling adjacent violators.

    Blocks meet half-way between their scores.
    """
    pooled: list[list[float]] = []  # the least and the greatest score, right, of
    for score, right, of in groups:
        pooled.append([score, score, right, of])
        while len(pooled) > 1 and pooled[-2][2] * pooled[-1][3] >= pooled[-1][2] * pooled[-2][3]:
            _, high, more, many = pooled.pop()
            pooled[-1] = [pooled[-1][0], high, pooled[-1][2] + more, pooled[-1][3] + many]
    lows = [pooled[0][0], *((one[1] + other[0]) / 2 for one, other in pairwise(pooled))]
    return [Block(low=low, right=int(one[2]), of=int(one[3])) for low, one in zip(lows, pooled, strict=True)]


def block_of(blocks: Sequence[Block], score: float) -> Block:
    """The block that a score falls into; the first also has what is below it."""
    return next((one for one in reversed(blocks) if score >= one.low), blocks[0])


def log_odds(score: float) -> float:
    """Of a score between 0 and 1, not nearer to either than `EDGE`."""
    score = min(max(score, EDGE), 1 - EDGE)
    return math.log(score / (1 - score))


def logistic(x: float) -> float:
    """1 / (1 + e⁻ˣ), of any x."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def platt(groups: Sequence[Group]) -> tuple[float, float]:
    """Slope a and shift b of σ(a·log-odds(score) + b), by the greatest likelihood of targets that are never 0 or 1.

    As Platt has it, (R + 1)/(R + 2) stands for a right one and 1/(W + 2) for a wrong one, of R right and W wrong; so
    there is a finite answer also where a score parts the two.
    """
    rows = _rows(groups)
    of = sum(many for _, _, many in rows)
    target = math.fsum(many * one for _, one, many in rows) / of
    level = math.log(target / (1 - target))
    mean = math.fsum(many * x for x, _, many in rows) / of
    spread = math.sqrt(math.fsum(many * (x - mean) ** 2 for x, _, many in rows) / of)
    if spread < SETTLED:
        return 0.0, level
    # About their mean and by their spread, so that scores close to each other are fitted as those far apart are.
    slope, shift = _likeliest([((x - mean) / spread, one, many) for x, one, many in rows], level, shifts=True)
    return slope / spread, shift - slope * mean / spread


def temperature(groups: Sequence[Group]) -> float | None:
    """T of σ(log-odds(score) / T) by the greatest likelihood, targets as Platt's; None where no T above 0 is best."""
    rows = _rows(groups)
    spread = max(abs(x) for x, _, _ in rows)
    if spread < SETTLED:
        return None
    slope, _ = _likeliest([(x / spread, target, many) for x, target, many in rows], 0.0, shifts=False)
    slope /= spread
    return 1 / slope if slope > EDGE else None


def _likeliest(rows: Sequence[tuple[float, float, int]], level: float, *, shifts: bool) -> tuple[float, float]:
    """Slope and shift from 0 and `level` on by Newton's steps, each halved until it betters the likelihood.

    It ends where a step would better it, twice, by less than `SETTLED`.

    Source: Lin, Lin & Weng (2007), Mach. Learn. 68, 267-276, for Platt's method.
    """
    slope, shift = 0.0, level
    loss = _loss(rows, slope, shift)
    for _ in range(STEPS):
        first, second = [0.0, 0.0], [1e-12, 0.0, 1e-12]
        for x, target, of in rows:
            p = logistic(slope * x + shift)
            apart, bend = of * (target - p), of * p * (1 - p)
            first[0] += apart * x
            first[1] += apart
            second[0] += bend * x * x
            second[1] += bend * x
            second[2] += bend
        if shifts:
            inside = max(second[0] * second[2] - second[1] ** 2, 1e-300)
            along = (second[2] * first[0] - second[1] * first[1]) / inside
            up = (second[0] * first[1] - second[1] * first[0]) / inside
        else:
            along, up = first[0] / second[0], 0.0
        gain = along * first[0] + up * first[1]
        if gain < SETTLED:
            # What is left of the way is less than rounding tells apart: the whole step is the best that there is.
            return slope + along, shift + up
        length = 1.0
        while (found := _loss(rows, slope + length * along, shift + length * up)) > loss - 1e-4 * length * gain:
            length /= 2
            if length < SETTLED:
                return slope, shift
        slope, shift, loss = slope + length * along, shift + length * up, found
    return slope, shift


def _loss(rows: Sequence[tuple[float, float, int]], slope: float, shift: float) -> float:
    """The negative logarithm of the likelihood."""

    def one(x: float, target: float) -> float:
        odds = slope * x + shift
        return max(odds, 0.0) + math.log1p(math.exp(-abs(odds))) - target * odds

    return math.fsum(of * one(x, target) for x, target, of in rows)


def _rows(groups: Sequence[Group]) -> list[tuple[float, float, int]]:
    """Log-odds, mean target, count."""
    right, of = sum(one[1] for one in groups), sum(one[2] for one in groups)
    good, bad = (right + 1) / (right + 2), 1 / (of - right + 2)
    return [(log_odds(score), (hits * good + (many - hits) * bad) / many, many) for score, hits, many in groups]
