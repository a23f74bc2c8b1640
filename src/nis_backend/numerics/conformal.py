"""What may be promised of answers to come, from answers whose truth is known: split conformal sets, selective answers.

Sources: Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World; Vovk (2012), ACML, 475-490, for what
one calibration gives; Angelopoulos & Bates (2021), arXiv:2107.07511; Angelopoulos et al. (2021), arXiv:2110.01052, and
Geifman & El-Yaniv (2017), NeurIPS, for the share wrong among what is answered.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nis_backend.numerics.intervals import at_most, beta_below, where

if TYPE_CHECKING:
    from collections.abc import Sequence

GRID = tuple(step / 20 for step in range(20, -1, -1))
"""Thresholds that are tried, from the strictest on: settled before any outcome is seen."""


def place(known: int, alpha: float) -> int:
    """Which of the scores, the least first, is the threshold: ⌈(n + 1)(1 − α)⌉; beyond n there is none."""
    return math.ceil((known + 1) * (1 - alpha) - 1e-9)


def threshold(scores: Sequence[float], alpha: float) -> float | None:
    """The score up to which an answer is in the set; None where so few outcomes bound nothing, or none is finite."""
    at = place(len(scores), alpha)
    found = sorted(scores)[at - 1] if 1 <= at <= len(scores) else math.inf
    return None if math.isinf(found) else found


def coverage(known: int, alpha: float, level: float = 0.9) -> tuple[float, float] | None:
    """Between which shares the coverage of one calibration is, as often as `level` says: of Beta(k, n + 1 − k).

    Exact where scores are never equal; with equal ones more is covered. None where there is no threshold.
    """
    at = place(known, alpha)
    if at > known:
        return None
    tail = (1 - level) / 2

    def below(share: float) -> float:
        return beta_below(share, at, known + 1 - at)

    return where(below, tail, 0, 1), where(below, 1 - tail, 0, 1)


def least_known(alpha: float) -> int:
    """How many outcomes there have to be before any threshold is finite: ⌈1/α⌉ − 1."""
    return math.ceil(1 / alpha - 1e-9) - 1


def selective(pairs: Sequence[tuple[float, bool]], risk: float, delta: float) -> float | None:
    """The least score from which on answers are wrong no more often than `risk`, but for a chance `delta`.

    Fixed sequence testing: the thresholds of `GRID` are tried from the strictest on, each by the exact binomial test
    of "wrong more often than `risk`" at the level `delta`, until one is not rejected. One at which so few
    are answered that it could not be rejected is passed over: that depends on the scores alone, not on what was right.
    """
    found = None
    for one in GRID:
        answered = [right for score, right in pairs if score >= one]
        if at_most(0, len(answered), risk) > delta:
            continue
        wrong = answered.count(False)
        # The chance of as few wrong ones, were the risk exactly this.
        if at_most(wrong, len(answered), risk) > delta:
            break
        found = one
    return found
