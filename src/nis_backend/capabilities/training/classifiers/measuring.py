"""How good a classifier is on rows it has not seen: each measure with its interval, beside that of a floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Places = NDArray[np.int64]

FORMULAS: Mapping[str, str] = {
    "accuracy": "Rows whose label is right, of all; interval by Wilson's score.",
    "macro_f1": "Mean over labels of 2 tp / (2 tp + fp + fn), of those that occur in the rows or the answers.",
    "log_loss": "Mean of -ln of the probability of the right label, none below 1e-15.",
    "brier": "Mean over rows of the sum over labels of (p - y)²; half of it where there are two labels.",
    "ece": "Expected calibration error: 15 equal bins of the highest probability; mean over rows of the gap between a "
    "bin's mean probability and its share of right labels. Drawing rows anew raises it: the interval is widened to "
    "hold the value.",
    "r2": "1 - Σ (y - f)² / Σ (y - mean y)².",
    "mae": "Mean of |y - f|.",
    "rmse": "Square root of the mean of (y - f)².",
    "coverage": "Rows whose number lies in the interval told for it, of all; interval by Wilson's score.",
}
"""What each measure is. Intervals are of 95 %, by the percentiles of a bootstrap over rows where nothing is said."""

SMALLEST = 1e-15
"""The least probability that log loss counts."""
BINS = 15
"""Of the expected calibration error, as in Guo et al., ICML 2017."""
DRAWS, FEWEST_DRAWS, MOST_DRAWN = 1000, 200, 5_000_000
"""Samples of the bootstrap, and how many rows are drawn in all: fewer samples where there are many rows."""
TWO_SIDED = 1.959963984540054
"""Standard deviations of a normal distribution that hold 95 %."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A figure and the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    def plain(self) -> dict[str, float]:
        """As JSON has it."""
        return {"value": self.value, "low": self.low, "high": self.high}


def sorted_rows(truth: Places, chances: Array, answers: Places, seed: int) -> dict[str, Measure]:
    """Measures of a classifier: places of right labels (rows,), probabilities (rows, labels), labels answered (rows,).

    Source: Wilson, J. Am. Stat. Assoc. 22 (1927), 209-212; Efron, Ann. Stat. 7 (1979), 1-26.
    """
    rows, labels = chances.shape
    at_truth = chances[np.arange(rows), truth]
    miss = chances.copy()
    miss[np.arange(rows), truth] -= 1
    loss = -np.log(np.maximum(at_truth, SMALLEST))
    brier = (miss**2).sum(axis=1) / (2 if labels == 2 else 1)  # noqa: PLR2004 - two labels
    drawn = _drawn(rows, seed)
    right = int((truth == answers).sum())
    return {
        "accuracy": share(right, rows),
        "macro_f1": _resampled(lambda at: macro_f1(truth[at], answers[at], labels), rows, drawn),
        "log_loss": _resampled(lambda at: float(loss[at].mean()), rows, drawn),
        "brier": _resampled(lambda at: float(brier[at].mean()), rows, drawn),
        "ece": _resampled(lambda at: calibration_error(truth[at], chances[at]), rows, drawn),
    }


def measured_numbers(truth: Array, told: Array, within: NDArray[np.bool_] | None, seed: int) -> dict[str, Measure]:
    """Measures of numbers that were told: of both (rows,), and whether each lay within its interval."""
    rows = len(truth)
    drawn = _drawn(rows, seed)
    found = {
        "r2": _resampled(lambda at: explained(truth[at], told[at]), rows, drawn),
        "mae": _resampled(lambda at: float(np.abs(truth[at] - told[at]).mean()), rows, drawn),
        "rmse": _resampled(lambda at: float(np.sqrt(((truth[at] - told[at]) ** 2).mean())), rows, drawn),
    }
    return found if within is None else {**found, "coverage": share(int(within.sum()), rows)}


def share(count: int, of: int) -> Measure:
    """A share and Wilson's interval of it."""
    value, squared = count / of, TWO_SIDED**2
    middle = (value + squared / (2 * of)) / (1 + squared / of)
    half = TWO_SIDED * float(np.sqrt(value * (1 - value) / of + squared / (4 * of * of))) / (1 + squared / of)
    return Measure(value=value, low=max(0.0, middle - half), high=min(1.0, middle + half))


def macro_f1(truth: Places, answers: Places, labels: int) -> float:
    """See `FORMULAS`."""
    there = np.bincount(truth, minlength=labels)
    said = np.bincount(answers, minlength=labels)
    right = np.bincount(truth[truth == answers], minlength=labels)
    occurs = (there + said) > 0
    return float((2 * right[occurs] / (there + said)[occurs]).mean())


def log_loss(truth: Places, chances: Array) -> float:
    """See `FORMULAS`."""
    return float(-np.log(np.maximum(chances[np.arange(len(truth)), truth], SMALLEST)).mean())


def calibration_error(truth: Places, chances: Array) -> float:
    """See `FORMULAS`.

    Source: Guo, Pleiss, Sun & Weinberger, ICML 2017 (arXiv:1706.04599).
    """
    best = chances.argmax(axis=1)
    surety = chances[np.arange(len(best)), best]
    bins = np.minimum((surety * BINS).astype(np.int64), BINS - 1)
    sure = np.bincount(bins, weights=surety, minlength=BINS)
    right = np.bincount(bins, weights=(best == truth).astype(np.float64), minlength=BINS)
    return float(np.abs(sure - right).sum() / len(truth))


def explained(truth: Array, told: Array) -> float:
    """See `FORMULAS`; 0 where all numbers are one."""
    spread = float(((truth - truth.mean()) ** 2).sum())
    return 1 - float(((truth - told) ** 2).sum()) / spread if spread else 0.0


def better(difference: Array, seed: int) -> Measure:
    """The mean of what each row gains over the floor, with its interval."""
    return _resampled(lambda at: float(difference[at].mean()), len(difference), _drawn(len(difference), seed))


def confusion(truth: Places, answers: Places, labels: int) -> Places:
    """How often each label (a row) was given each answer (a column)."""
    return np.bincount(truth * labels + answers, minlength=labels * labels).reshape(labels, labels)


def _drawn(rows: int, seed: int) -> Places:
    """Rows of each sample, (samples, rows)."""
    samples = max(FEWEST_DRAWS, min(DRAWS, MOST_DRAWN // rows))
    return np.random.default_rng([seed, rows]).integers(0, rows, (samples, rows), dtype=np.int32)  # pyright: ignore[reportReturnType] - places of 32 bits


def _resampled(measure: Callable[[Places], float], rows: int, drawn: Places) -> Measure:
    found = np.array([measure(at) for at in drawn])
    low, high = map(float, np.quantile(found, (0.025, 0.975)))
    value = measure(np.arange(rows))
    return Measure(value=value, low=min(low, value), high=max(high, value))
