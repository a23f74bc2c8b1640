"""What medians and differences of few runs are worth: exact tables, and how often noise alone is called one."""

from __future__ import annotations

import random

import pytest

from nis_backend.impact.measuring.statistics import LEVEL, interval, least_runs, shift


@pytest.mark.parametrize(
    ("count", "least"),
    [(6, 0), (8, 3), (10, 8), (12, 13), (15, 25), (20, 52)],
)
def test_the_ends_of_a_difference_are_those_of_the_tables(count: int, least: int) -> None:
    """Source: Wilcoxon's critical values at 5 %, two-sided: as many of the least means lie outside."""
    means = sorted((a + b) / 2 for a in range(count) for b in range(a, count))

    found = shift([float(value) for value in range(count)])

    assert (found.low, found.high) == (means[least], means[-1 - least])


@pytest.mark.parametrize(("count", "at"), [(6, 0), (9, 1), (10, 1), (15, 3), (20, 5)])
def test_the_ends_of_a_median_are_order_statistics(count: int, at: int) -> None:
    """Source: Conover (1999), table of the sign test: the interval of at least 95 %."""
    found = interval([float(value) for value in range(count)])

    assert (found.low, found.high, found.runs) == (at, count - 1 - at, count)


def test_noise_alone_is_rarely_called_a_difference() -> None:
    """Promise: 95 %; the noise has heavy tails, and a drift that both of a pair share."""
    chance = random.Random(7)  # noqa: S311 - the same noise each time
    missed, rounds = 0, 1000
    for _ in range(rounds):
        drift, pairs = 0.0, list[float]()
        for _ in range(10):
            drift += chance.gauss(0, 1)
            before, after = (drift + chance.gauss(0, 1) * chance.choice((1, 1, 1, 8)) for _ in range(2))
            pairs.append(after - before)
        found = shift(pairs)
        missed += not found.low <= 0 <= found.high

    assert missed / rounds < 1.4 * (1 - LEVEL)


def test_a_shift_is_found_as_large_as_it_is() -> None:
    """Promise: the estimate is of the shift, whatever a few runs that were disturbed say."""
    found = shift([5.0, 5.2, 4.9, 5.1, 4.8, 5.0, 40.0, 5.1, 4.9, 5.0])

    assert found.low > 4.7
    assert abs(found.median - 5.0) < 0.1


def test_too_few_runs_cannot_have_the_level() -> None:
    """Promise: five pairs never give 95 %, six do; for 99 % eight are wanted."""
    assert [least_runs(level) for level in (0.95, 0.99)] == [6, 8]
