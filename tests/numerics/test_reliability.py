"""Measures of stated probabilities, against counting by hand."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from nis_backend.numerics.calibrating import Group, grouped
from nis_backend.numerics.reliability import (
    Bin,
    aurc,
    auroc,
    brier,
    brier_score,
    ece,
    ece_by_chance,
    equal_mass,
    resampled,
)


def some(seed: int, many: int = 60, values: int = 12) -> list[tuple[float, bool]]:
    """Pairs of a value and an outcome, with equal values among them."""
    chance = random.Random(seed)  # noqa: S311 - draws, no secret
    stated = [chance.randint(0, values) / values for _ in range(many)]
    return [(value, chance.random() < value) for value in stated]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bins", [1, 3, 10])
def test_the_parts_of_a_brier_score_come_to_it(seed: int, bins: int) -> None:
    """Murphy's identity with what is within bins: exact for any bins."""
    groups = grouped(some(seed))
    found = brier(groups, equal_mass(groups, bins))
    parts = found.reliability - found.resolution + found.uncertainty + found.within
    assert found.score == pytest.approx(parts, abs=1e-12)


def test_nothing_is_within_bins_of_one_value_each() -> None:
    """Then it is Murphy (1973) as written: 0.04 − 0.05 + 0.24 for 0.2 and 0.8 of ten, of which 2 and 6 came."""
    groups: list[Group] = [(0.2, 2, 5), (0.8, 4, 5)]
    found = brier(groups, equal_mass(groups, 2))
    assert found.within == pytest.approx(0)
    assert (found.reliability, found.resolution, found.uncertainty) == pytest.approx((0.02, 0.04, 0.24))


def test_ece_is_the_mean_distance() -> None:
    """Half of 0.2 against 0.4 and half of 0.8 against 0.8: 0.1."""
    assert ece(equal_mass([(0.2, 2, 5), (0.8, 4, 5)], 2)) == pytest.approx(0.1)


@pytest.mark.parametrize(("of", "chance"), [(1, 0.5), (7, 0.3), (20, 0.95), (20, 0.99), (5, 0.0), (5, 1.0)])
def test_what_chance_alone_is_off_by_is_exact(of: int, chance: float) -> None:
    """De Moivre's formula against adding up |k/n − p| over the binomial distribution."""
    by_hand = sum(abs(k / of - chance) * math.comb(of, k) * chance**k * (1 - chance) ** (of - k) for k in range(of + 1))
    found = ece_by_chance([Bin(low=0, high=1, mean=chance, right=0, of=of)])
    assert found == pytest.approx(by_hand, abs=1e-12)


def test_bins_hold_their_share_and_part_no_equal_values() -> None:
    """Each but the last has n / bins or more, and there are no more bins than asked for."""
    for seed, wanted in itertools.product(range(10), (1, 2, 5, 10)):
        groups = grouped(some(seed))
        bins = equal_mass(groups, wanted)
        assert len(bins) <= wanted
        assert sum(one.of for one in bins) == 60
        assert all(one.of >= 60 / wanted for one in bins[:-1])
        assert all(one.high < other.low for one, other in itertools.pairwise(bins))


@pytest.mark.parametrize("seed", range(5))
def test_auroc_counts_pairs(seed: int) -> None:
    """Every right one against every wrong one; none of one kind alone."""
    pairs = some(seed)
    right = [value for value, hit in pairs if hit]
    wrong = [value for value, hit in pairs if not hit]
    won = sum((a > b) + (a == b) / 2 for a in right for b in wrong) / (len(right) * len(wrong))
    assert auroc(grouped(pairs)) == pytest.approx(won)
    assert auroc([(0.5, 3, 3)]) is None


def test_aurc_is_the_mean_over_orders_of_equal_values() -> None:
    """By going through all orders of six, of which four are equal."""
    pairs = [(0.9, True), (0.5, True), (0.5, False), (0.5, False), (0.5, True), (0.1, False)]
    risks: list[float] = []
    for middle in itertools.permutations(pairs[1:5]):
        order = [pairs[0], *middle, pairs[5]]
        wrong = list(itertools.accumulate(not hit for _, hit in order))
        risks.append(sum(count / (at + 1) for at, count in enumerate(wrong)) / 6)
    assert aurc(grouped(pairs)) == pytest.approx(sum(risks) / len(risks))


def test_intervals_of_drawing_again_hold_a_binomials_quantiles() -> None:
    """Of one value with 30 of 100 right the Brier score is 0.25 − … : its share of right ones is binomial."""
    (ends,) = resampled([(1.0, 30, 100)], lambda groups: [brier_score(groups)], 2000)
    # 1 − the share: 2.5 % and 97.5 % of a binomial of 100 and 0.7 are at 61 and 79.
    assert ends == pytest.approx((0.61, 0.79), abs=0.011)


def test_what_may_be_none_has_no_interval() -> None:
    """An AUROC of right ones alone."""
    assert resampled([(0.5, 5, 5)], lambda groups: [auroc(groups)], 10) == [None]


def test_bins_are_counted_once() -> None:
    """Cost: an outcome is added up a bounded number of times, however many stand in one bin."""
    added = 0

    class Counted(int):
        """A number that counts what it is added to."""

        def __radd__(self, other: int) -> int:
            nonlocal added
            added += 1
            return int(other) + int(self)

    groups = [(at / 2000, Counted(1), Counted(1)) for at in range(2000)]
    assert sum(one.of for one in equal_mass(groups, 2)) == 2000
    assert added <= 10 * 2000
