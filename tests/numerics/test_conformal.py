"""What is promised of answers to come, against the exact distribution of what happens."""

from __future__ import annotations

import math
import random

import pytest

from nis_backend.numerics.conformal import coverage, least_known, place, selective, threshold
from nis_backend.numerics.intervals import at_most


def beta(a: float, b: float) -> float:
    """The logarithm of the beta function."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def beta_binomial(count: int, of: int, a: int, b: int) -> float:
    """The chance of so many, of a beta-binomial variable."""
    return math.comb(of, count) * math.exp(beta(count + a, of - count + b) - beta(a, b))


def test_coverage_is_beta_binomial() -> None:
    """Of 2,000 calibrations by 39 outcomes, each judged by 20 answers, as many are covered as Vovk (2012) says.

    The counts are held against the exact distribution by a chi-squared test at its 99.9 % point.
    """
    chance, known, judged, alpha = random.Random(7), 39, 20, 0.1  # noqa: S311 - draws, no secret
    at = place(known, alpha)
    seen = [0] * (judged + 1)
    for _ in range(2000):
        limit = threshold([chance.random() for _ in range(known)], alpha)
        assert limit is not None
        seen[sum(chance.random() <= limit for _ in range(judged))] += 1
    wanted = [2000 * beta_binomial(count, judged, at, known + 1 - at) for count in range(judged + 1)]
    tail = sum(wanted[:13]), sum(seen[:13])
    pairs = [tail, *zip(wanted[13:], seen[13:], strict=True)]
    chi = sum((found - mean) ** 2 / mean for mean, found in pairs)
    assert sum(wanted) == pytest.approx(2000)
    assert chi < 26.1  # of 8 degrees of freedom
    mean = sum(count * found for count, found in enumerate(seen)) / (2000 * judged)
    assert mean == pytest.approx(at / (known + 1), abs=4 * math.sqrt(0.1 * 0.9 / 2000 / 10))


def test_a_threshold_takes_enough_outcomes() -> None:
    """⌈1/α⌉ − 1 of them: nine for a tenth; with one less nothing is bounded."""
    assert least_known(0.1) == 9
    assert threshold([0.5] * 9, 0.1) == 0.5
    assert threshold([0.5] * 8, 0.1) is None
    assert coverage(8, 0.1) is None
    for alpha in (0.01, 0.05, 0.1, 0.2, 0.3, 0.5):
        assert place(least_known(alpha), alpha) <= least_known(alpha)
        assert place(least_known(alpha) - 1, alpha) > least_known(alpha) - 1


def test_what_was_never_seen_counts_as_infinite() -> None:
    """So that a threshold that leaves it out is none."""
    assert threshold([0.1] * 18 + [math.inf], 0.1) == 0.1
    assert threshold([0.1] * 17 + [math.inf] * 3, 0.1) is None


def test_the_range_of_coverage_is_that_of_the_beta_distribution() -> None:
    """Of one outcome and α = 1/2 coverage is uniform: from 0.05 to 0.95 nine times of ten."""
    assert coverage(1, 0.5) == pytest.approx((0.05, 0.95))


def test_the_binomial_tail_is_exact() -> None:
    """By adding up."""
    by_hand = sum(math.comb(20, one) * 0.3**one * 0.7 ** (20 - one) for one in range(5))
    assert at_most(4, 20, 0.3) == pytest.approx(by_hand)


def test_a_threshold_misleads_no_oftener_than_it_may() -> None:
    """Of scores that tell nothing, and a risk just above what is allowed, a threshold is found in 10 % at most.

    By fixed sequence testing the chance is at most δ; four standard deviations are allowed above it.
    """
    chance, found = random.Random(3), 0  # noqa: S311 - draws, no secret
    for _ in range(2000):
        pairs = [(chance.random(), chance.random() >= 0.2001) for _ in range(100)]
        found += selective(pairs, 0.2, 0.1) is not None
    assert found / 2000 <= 0.1 + 4 * math.sqrt(0.1 * 0.9 / 2000)


def test_a_threshold_is_found_where_scores_tell() -> None:
    """Right from 0.5 on and wrong below: the least threshold of the grid that is proven."""
    pairs = [(one / 200, one >= 100) for one in range(201)]
    assert selective(pairs, 0.1, 0.1) == pytest.approx(0.5)
    assert selective(pairs[:100], 0.1, 0.1) is None
