"""Exact one-sided tests of what is better, against enumeration and worked cases."""

from __future__ import annotations

import math
from itertools import product

import pytest

from nis_backend.numerics.superiority import (
    fewest_wins,
    level_at,
    mcnemar_greater,
    mcnemar_power,
)


def test_a_win_is_as_likely_as_a_loss_where_none_is_better() -> None:
    """McNemar (1947): of pairs that differ each is a coin; all 2^n outcomes, counted."""
    for of in range(1, 11):
        outcomes = [sum(one) for one in product((0, 1), repeat=of)]
        for wins in range(of + 1):
            as_many = sum(one >= wins for one in outcomes) / len(outcomes)
            assert mcnemar_greater(wins, of - wins) == as_many


def test_no_pair_that_differs_is_no_evidence() -> None:
    """Promise: two that answer alike are not told apart."""
    assert mcnemar_greater(0, 0) == 1


def test_five_wins_without_a_loss_are_the_fewest_for_a_twentieth() -> None:
    """2^-5 < 0.05 < 2^-4."""
    assert fewest_wins(0.05) == 5
    assert mcnemar_greater(5, 0) == 1 / 32


@pytest.mark.parametrize("pairs", [5, 6, 20, 60])
@pytest.mark.parametrize("differ", [0.1, 0.4, 1.0])
def test_the_size_is_never_above_the_level(pairs: int, differ: float) -> None:
    """Promise: what is no better passes with at most 5 %, however often the two differ."""
    assert mcnemar_power(pairs, differ / 2, differ / 2, 0.05) <= 0.05


def test_power_is_what_enumeration_says() -> None:
    """The trinomial of wins, losses and ties, summed over where the test passes."""
    pairs, win, loss = 9, 0.5, 0.1
    passed = 0.0
    for wins in range(pairs + 1):
        for losses in range(pairs - wins + 1):
            ties = pairs - wins - losses
            if mcnemar_greater(wins, losses) < 0.05:
                ways = math.factorial(pairs) / math.prod(map(math.factorial, (wins, losses, ties)))
                passed += ways * win**wins * loss**losses * (1 - win - loss) ** ties
    assert mcnemar_power(pairs, win, loss, 0.05) == pytest.approx(passed)
    assert mcnemar_power(pairs, 0, 0, 0.05) == 0


def test_looks_without_end_spend_a_bounded_share() -> None:
    """Basel: Σ 1/n² = π²/6; the first look has the whole level."""
    assert level_at(1, 0.05) == 0.05
    assert sum(level_at(look, 0.05) for look in range(1, 10_000)) < 0.05 * math.pi**2 / 6
