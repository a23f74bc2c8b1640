"""How good stated probabilities are, by their outcomes: each measure by its published formula. Plain Python.

Outcomes that were given one value are one group, and what is the same is never parted by the order it came in.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.numerics.binomial import log_mass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.numerics.calibrating import Group

SEED = 20_260_101
"""Of resamples: the same outcomes have the same interval each time."""

ECE = (
    "Σ nᵦ/n · |mean stated − share right| over bins of equal mass, none of which parts equal values. Source: Nguyen & "
    "O'Connor (2015), EMNLP, 1587-1598"
)
BRIER = "mean (stated − outcome)². Source: Brier (1950), Mon. Weather Rev. 78, 1-3"
AUROC = "the chance that a right one has more than a wrong one, as much counting half: Mann & Whitney (1947)"
AURC = (
    "mean over coverages k/n of the share wrong among the k with the most, equal ones in expectation. Source: Geifman "
    "et al. (2019), ICLR, arXiv:1805.08206"
)


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Values next to each other."""

    low: float
    high: float
    mean: float
    right: int
    of: int

    @property
    def share(self) -> float:
        """Of right ones."""
        return self.right / self.of


@dataclass(frozen=True, kw_only=True)
class Brier:
    """The mean squared error, and its parts: score = reliability − resolution + uncertainty + within.

    Sources: Murphy (1973), J. Appl. Meteorol. 12, 595-600; Stephenson et al. (2008), Weather Forecast. 23, 752-757,
    for what values differ by within a bin.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def equal_mass(groups: Sequence[Group], bins: int) -> list[Bin]:
    """At most so many bins, each but the last with its share of the outcomes or more."""
    wanted = sum(of for _, _, of in groups) / bins - 1e-9
    found: list[Bin] = []
    held: list[Group] = []
    many = 0
    for group in groups:
        held.append(group)
        many += group[2]
        if many >= wanted:
            found.append(_bin(held))
            held, many = [], 0
    return [*found, _bin(held)] if held else found


def _bin(groups: Sequence[Group]) -> Bin:
    of = sum(one[2] for one in groups)
    return Bin(
        low=groups[0][0],
        high=groups[-1][0],
        mean=math.fsum(value * many for value, _, many in groups) / of,
        right=sum(one[1] for one in groups),
        of=of,
    )


def ece(bins: Sequence[Bin]) -> float:
    """See `ECE`."""
    return math.fsum(one.of * abs(one.mean - one.share) for one in bins) / sum(one.of for one in bins)


def ece_by_chance(bins: Sequence[Bin]) -> float:
    """The ECE to be expected of exact probabilities on as few outcomes: the mean distance of binomials.

    By de Moivre's formula, 2 k C(n, k) p^k (1 − p)^(n − k + 1) / n with k = ⌊n p⌋ + 1. Source: Diaconis & Zabell
    (1991), Stat. Sci. 6, 284-302.
    """
    return math.fsum(one.of * _distance(one.of, one.mean) for one in bins) / sum(one.of for one in bins)


def _distance(of: int, chance: float) -> float:
    if not 0 < chance < 1:
        return 0.0
    at = math.floor(of * chance) + 1
    if at > of:
        return 2 * (1 - chance) * chance**of
    return 2 * at / of * (1 - chance) * math.exp(log_mass(at, of, chance))


def brier(groups: Sequence[Group], bins: Sequence[Bin]) -> Brier:
    """See `Brier`; its parts are over these bins."""
    total = sum(one.of for one in bins)
    base = sum(one.right for one in bins) / total
    within = 0.0
    for one in bins:
        for value, right, of in groups:
            if one.low <= value <= one.high:
                apart = value - one.mean
                within += of * apart**2 - 2 * apart * (right - of * one.share)
    return Brier(
        score=brier_score(groups),
        reliability=math.fsum(one.of * (one.mean - one.share) ** 2 for one in bins) / total,
        resolution=math.fsum(one.of * (one.share - base) ** 2 for one in bins) / total,
        uncertainty=base * (1 - base),
        within=within / total,
    )


def brier_score(groups: Sequence[Group]) -> float:
    """See `BRIER`."""
    errors = (right * (1 - value) ** 2 + (of - right) * value**2 for value, right, of in groups)
    return math.fsum(errors) / sum(of for _, _, of in groups)


def auroc(groups: Sequence[Group]) -> float | None:
    """See `AUROC`; None where all are right, or none."""
    below, won = 0, 0.0
    for _, right, of in groups:
        won += right * (below + (of - right) / 2)
        below += of - right
    right = sum(one[1] for one in groups)
    return won / (right * below) if right and below else None


def aurc(groups: Sequence[Group]) -> float:
    """See `AURC`."""
    covered, wrong, risks = 0, 0, 0.0
    for _, right, of in reversed(groups):
        share = (of - right) / of
        risks += sum((wrong + share * more) / (covered + more) for more in range(1, of + 1))
        covered, wrong = covered + of, wrong + of - right
    return risks / covered


def resampled(
    groups: Sequence[Group],
    measure: Callable[[Sequence[Group]], Sequence[float | None]],
    resamples: int,
    level: float = 0.95,
) -> list[tuple[float, float] | None]:
    """The percentile intervals of measures, by drawing outcomes again with a fixed seed; None of one that may be none.

    Source: Efron (1979), Ann. Stat. 7, 1-26. An ECE is never below 0 and grows by noise, so that its interval is too
    high rather than too low.
    """
    chance = random.Random(SEED)  # noqa: S311 - resamples, no secret
    cells = [
        (place, hit) for place, (_, right, of) in enumerate(groups) for hit in (1, 0) if (right if hit else of - right)
    ]
    weights = [groups[place][1] if hit else groups[place][2] - groups[place][1] for place, hit in cells]
    total = sum(weights)
    seen: list[Sequence[float | None]] = []
    for _ in range(resamples):
        drawn: dict[int, list[int]] = {}
        for place, hit in chance.choices(cells, weights, k=total):
            one = drawn.setdefault(place, [0, 0])
            one[0] += hit
            one[1] += 1
        seen.append(measure([(groups[place][0], right, of) for place, (right, of) in sorted(drawn.items())]))
    tail = (1 - level) / 2
    found: list[tuple[float, float] | None] = []
    for values in zip(*seen, strict=True):
        known = sorted(one for one in values if one is not None)
        ends = (known[int(tail * len(known))], known[int((1 - tail) * len(known) - 1e-9)]) if known else None
        found.append(ends)
    return found
