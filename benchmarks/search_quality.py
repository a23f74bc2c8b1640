"""How good a ranking is, held to labels: nDCG@10 and recall@10, with intervals by the bootstrap."""

from __future__ import annotations

import json
import math
import random
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABELS = [Path(__file__).with_name(name) for name in ("search_labels.json", "search_labels_packages.json")]
AT = 10
"""Places that count."""
DRAWS = 10_000
SHARE = 0.95
"""Of the draws that lie in an interval."""

Half = Literal["chosen by", "held out", "other texts"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A query, and the passages that answer it (2) or help (1)."""

    query: str
    kind: Literal["name", "paraphrase", "question"]
    half: Half
    """What the way of ranking was chosen by, what no choice has looked at, and what none has of other packages' texts.

    Those last were asked of passages drawn by lot, and labelled among the ten best by words and by vectors, shuffled.
    """
    relevant: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean, and where 95 of 100 means of the same queries drawn anew lie."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """As a table has it."""
        return f"{self.mean:.3f} ({self.low:.3f} to {self.high:.3f})"


def questions() -> list[Question]:
    """All that are labelled."""
    return [Question(**one) for path in LABELS for one in json.loads(path.read_text("utf-8"))]


def ndcg(ranked: Sequence[str], relevant: Mapping[str, int]) -> float:
    """Gain 2^grade - 1, discounted by log2(place + 1), as a share of the best ranking's.

    Source: Järvelin & Kekäläinen (2002), ACM TOIS 20(4), 422-446, with the gain of Burges et al. (2005).
    """
    return _gain([relevant.get(name, 0) for name in ranked[:AT]]) / _gain(sorted(relevant.values(), reverse=True)[:AT])


def _gain(grades: Sequence[int]) -> float:
    return math.fsum((2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, 1))


def recall(ranked: Sequence[str], relevant: Mapping[str, int]) -> float:
    """The share of what is relevant that is among the first, of as many as fit there."""
    return len(set(ranked[:AT]) & relevant.keys()) / min(len(relevant), AT)


def interval(values: Sequence[float]) -> Interval:
    """The mean of queries, and its interval by the percentile bootstrap; the same for the same values.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    draw = random.Random(1)  # noqa: S311 - the same draws each time
    means = sorted(statistics.fmean(draw.choices(values, k=len(values))) for _ in range(DRAWS))
    edge = round((1 - SHARE) / 2 * DRAWS)
    return Interval(mean=statistics.fmean(values), low=means[edge], high=means[-1 - edge])
