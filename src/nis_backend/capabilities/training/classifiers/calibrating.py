"""Probabilities that mean what they say: a map from a model's scores, fitted on rows that the model has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.training.classifiers.measuring import log_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Places = NDArray[np.int64]

LEAST = 1e-12
"""The least probability of a score: its logarithm is what is mapped."""
FEWEST = {"temperature": 20, "platt": 60, "isotonic": 1000}
"""Rows from which each way is tried. Isotonic maps have many steps: scikit-learn's guide wants some thousand rows."""
FEWEST_EACH = {"temperature": 1, "platt": 8, "isotonic": 50}
"""Rows of each label, likewise."""
FOLDS = 5
"""By which the ways are compared: no row judges a map that was fitted with it."""
WORDS = {
    "none": "as the model says them",
    "temperature": "all scores divided by one number",
    "platt": "a logistic curve for each label (Platt), then divided by their sum",
    "isotonic": "a rising step function for each label, then divided by their sum",
}

Lists = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A way, and its numbers: `slope`, `offset` a label; or of each label the corners of its steps."""

    method: str = "none"
    slope: tuple[float, ...] = ()
    offset: tuple[float, ...] = ()
    steps: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = ()
    rows: int = 0
    tried: Mapping[str, float] = field(default_factory=dict[str, float])
    """Log loss of each way that was tried, by rows held out of its fit."""

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "method": self.method,
            "slope": list(self.slope),
            "offset": list(self.offset),
            "steps": [[list(x), list(y)] for x, y in self.steps],
            "rows": self.rows,
            "tried": dict(self.tried),
        }

    @classmethod
    def read(cls, saved: Lists) -> Calibration:
        """From what `plain` answered."""
        return cls(
            method=str(saved["method"]),
            slope=tuple(map(float, saved["slope"])),
            offset=tuple(map(float, saved["offset"])),
            steps=tuple((tuple(map(float, x)), tuple(map(float, y))) for x, y in saved["steps"]),
            rows=int(saved["rows"]),
            tried={str(name): float(value) for name, value in saved["tried"].items()},
        )

    def apply(self, scores: Array) -> Array:
        """Probabilities (rows, labels) of a model's own (rows, labels)."""
        if self.method == "none":
            return scores
        logs = np.log(np.maximum(scores, LEAST))
        if self.method == "temperature":
            return softmax(logs * self.slope[0])
        odds = _odds(logs)
        if self.method == "platt":
            each = sigmoid(odds * np.array(self.slope) + np.array(self.offset))
        else:
            each = np.column_stack([np.interp(odds[:, k], x, y) for k, (x, y) in enumerate(self.steps)])
            least = 1 / (self.rows + 2)  # no step function knows that a thing never happens
            each = np.clip(each, least, 1 - least)
        return each / each.sum(axis=1, keepdims=True)


def softmax(scores: Array) -> Array:
    """e^z / Σ e^z along the rows."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def calibrated(scores: Array, truth: Places, seed: int) -> Calibration:
    """The way with the least log loss on rows held out of its fit; none where there are too few rows.

    Source: Platt, Advances in Large Margin Classifiers (1999), 61-74; Zadrozny & Elkan, KDD 2002, 694-699; Guo et al.,
    ICML 2017 (arXiv:1706.04599).
    """
    rows, labels = scores.shape
    rarest = int(np.bincount(truth, minlength=labels).min())
    ways = [way for way in FEWEST if rows >= FEWEST[way] and rarest >= FEWEST_EACH[way]]
    if not ways:
        return Calibration()
    fold = np.random.default_rng([seed, 5]).permutation(rows) % FOLDS
    tried = {"none": log_loss(truth, scores)}
    for way in ways:
        held = np.empty_like(scores)
        for number in range(FOLDS):
            out = fold == number
            held[out] = _fitted(way, scores[~out], truth[~out]).apply(scores[out])
        tried[way] = log_loss(truth, held)
    best = min(tried, key=lambda way: tried[way])
    made = _fitted(best, scores, truth)
    return Calibration(method=best, slope=made.slope, offset=made.offset, steps=made.steps, rows=rows, tried=tried)


def _fitted(way: str, scores: Array, truth: Places) -> Calibration:
    if way == "none":
        return Calibration()
    logs = np.log(np.maximum(scores, LEAST))
    if way == "temperature":
        return Calibration(method=way, slope=(_temperature(logs, truth),))
    odds = _odds(logs)
    labels = range(scores.shape[1])
    if way == "platt":
        lines = [_platt(odds[:, k], truth == k) for k in labels]
        slope, offset = zip(*lines, strict=True)
        return Calibration(method=way, slope=slope, offset=offset)
    steps = tuple(rising(odds[:, k], (truth == k).astype(np.float64)) for k in labels)
    return Calibration(method=way, steps=steps, rows=len(truth))


def _odds(logs: Array) -> Array:
    """Logarithm of p / (1 - p), of the logarithm of p."""
    return logs - np.log(np.maximum(-np.expm1(logs), LEAST))


def _temperature(logs: Array, truth: Places) -> float:
    """The factor with the least log loss, by golden section: in the factor the loss is convex.

    No target is 0 or 1: where all rows are right, the factor would grow without end.
    """
    rows, labels = logs.shape
    right = (rows + 1) / (rows + 2)
    target = np.full((rows, labels), (1 - right) / (labels - 1))
    target[np.arange(rows), truth] = right
    ratio = (5**0.5 - 1) / 2

    def loss(exponent: float) -> float:
        return -float((target * np.log(np.maximum(softmax(logs * 2**exponent), LEAST))).sum())

    low, high = -5.0, 5.0
    for _ in range(40):
        left, more = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, more) if loss(left) <= loss(more) else (left, high)
    return float(2 ** ((low + high) / 2))


def _platt(odds: Array, is_label: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of a logistic curve by Newton's method, with Platt's targets, which are none of 0 and 1."""
    positive = int(is_label.sum())
    target = np.where(is_label, (positive + 1) / (positive + 2), 1 / (len(odds) - positive + 2))
    columns = np.column_stack([odds, np.ones_like(odds)])
    at = np.array([1.0, 0.0])
    for _ in range(50):
        chance = sigmoid(columns @ at)
        weight = np.maximum(chance * (1 - chance), 1e-9)
        curvature = (columns * weight[:, None]).T @ columns + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, columns.T @ (chance - target))
        at -= np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:  # noqa: PLR2004 - of Newton's steps, whose next is its square
            break
    return float(max(at[0], 1e-6)), float(at[1])  # a falling curve would turn the order of rows round


def rising(odds: Array, is_label: Array) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Corners of the rising step function that is nearest: pools of neighbours that violate the order.

    Source: Ayer et al., Ann. Math. Stat. 26 (1955), 641-647.
    """
    places, first = np.unique(odds, return_inverse=True)
    weight = np.bincount(first).astype(np.float64)
    mean = np.bincount(first, weights=is_label) / weight
    pools: list[list[float]] = []  # mean, weight, first, last
    for place, (one, heavy) in enumerate(zip(mean, weight, strict=True)):
        pools.append([float(one), float(heavy), place, place])
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            last, before = pools.pop(), pools.pop()
            both = last[1] + before[1]
            pools.append([(last[0] * last[1] + before[0] * before[1]) / both, both, before[2], last[3]])
    x = [float(places[int(end)]) for pool in pools for end in dict.fromkeys(pool[2:])]
    y = [pool[0] for pool in pools for _ in dict.fromkeys(pool[2:])]
    return tuple(x), tuple(y)
