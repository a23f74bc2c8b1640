"""Stated intervals against what was observed: how surprising one was, and how good whoever states them is.

Sources: Gneiting & Raftery (2007), J. Am. Stat. Assoc. 102, 359-378, 6.2 (the interval score); Greenland (2019), Am.
Stat. 73, 106-114 (surprise in bits); Clopper & Pearson (1934), Biometrika 26, 404-413.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist, fmean, pstdev
from typing import TYPE_CHECKING

from nis_backend.numerics.binomial import log_mass
from nis_backend.numerics.intervals import clopper_pearson

if TYPE_CHECKING:
    from collections.abc import Sequence

BEYOND_FLOATS = 25.0
"""Where the complement of the error function is taken from its asymptote: it vanishes in floats from about 27 on."""
NEAR = 1e-9
"""Chances that differ by less, in parts of them, are the same but for rounding."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """That a quantity is between two numbers, with a chance."""

    low: float
    high: float
    level: float

    @property
    def middle(self) -> float:
        """Half-way."""
        return self.low + (self.high - self.low) / 2

    def z(self, observed: float) -> float:
        """Standard deviations from the middle, of the normal distribution whose central interval this is."""
        deviation = (self.high - self.low) / 2 / NormalDist().inv_cdf((1 + self.level) / 2)
        return (observed - self.middle) / deviation

    def holds(self, observed: float) -> bool:
        """Whether it was within."""
        return self.low <= observed <= self.high

    def score(self, observed: float) -> float:
        """Width, and 2/α for each unit that it was missed by: least, on average, for the true quantiles."""
        missed = max(self.low - observed, observed - self.high, 0.0)
        return self.high - self.low + 2 / (1 - self.level) * missed


def bits(z: float) -> float:
    """-log2 of the chance to be at least as far from the middle: 0 in the middle, 1 for an even chance."""
    x = abs(z) / math.sqrt(2)
    if x < BEYOND_FLOATS:
        return -math.log2(math.erfc(x))
    return (x * x + math.log(x * math.sqrt(math.pi))) / math.log(2)


def chance(inside: int, of: int, level: float) -> float:
    """How likely a count is that is no likelier than this, where each is within with the chance stated: exact."""
    logs = [log_mass(k, of, level) for k in range(of + 1)]
    return min(1.0, math.fsum(math.exp(one) for one in logs if one <= logs[inside] + NEAR))


@dataclass(frozen=True, kw_only=True)
class Record:
    """How whoever stated intervals of one level for one quantity has done."""

    comparisons: int
    inside: int
    low: float
    high: float
    p_value: float
    mean_z: float
    deviation_z: float
    score: float
    skill: float | None
    """1 less the mean squared error over that of the other observations' mean; None where they do not vary."""


def record(stated: Sequence[Stated], observed: Sequence[float]) -> Record:
    """The record of at least one comparison, all of one level."""
    pairs = list(zip(stated, observed, strict=True))
    of, inside = len(pairs), sum(one.holds(seen) for one, seen in pairs)
    interval = clopper_pearson(inside, of)
    zs = [one.z(seen) for one, seen in pairs]
    return Record(
        comparisons=of,
        inside=inside,
        low=interval.low or 0.0,
        high=1.0 if interval.high is None else interval.high,
        p_value=chance(inside, of, stated[0].level),
        mean_z=fmean(zs),
        deviation_z=pstdev(zs),
        score=fmean(one.score(seen) for one, seen in pairs),
        skill=_skill(pairs),
    )


def _skill(pairs: Sequence[tuple[Stated, float]]) -> float | None:
    of, total = len(pairs), math.fsum(seen for _, seen in pairs)
    if len({seen for _, seen in pairs}) < 2:  # noqa: PLR2004 - what rounding leaves of one value is no variation
        return None
    # The mean of the others: what was observed does not help to predict itself.
    without = math.fsum((seen - (total - seen) / (of - 1)) ** 2 for _, seen in pairs)
    return 1 - math.fsum((seen - one.middle) ** 2 for one, seen in pairs) / without if without else None
