"""Maps from scores to probabilities, against what they must be exactly."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

import pytest

from nis_backend.numerics import calibrating
from nis_backend.numerics.calibrating import (
    Group,
    block_of,
    grouped,
    isotonic,
    log_odds,
    logistic,
    platt,
    temperature,
)


def least_squares(groups: list[Group]) -> float:
    """The least squared error of any growing step function, by trying all ways to part the groups into blocks."""
    best = math.inf
    for cuts in itertools.product((False, True), repeat=len(groups) - 1):
        blocks: list[list[Group]] = [[groups[0]]]
        for cut, group in zip(cuts, groups[1:], strict=True):
            if cut:
                blocks.append([group])
            else:
                blocks[-1].append(group)
        means = [sum(right for _, right, _ in one) / sum(of for *_, of in one) for one in blocks]
        if means == sorted(means):
            best = min(best, sum(_error(one, mean) for one, mean in zip(blocks, means, strict=True)))
    return best


def _error(groups: list[Group], mean: float) -> float:
    return sum(right * (1 - mean) ** 2 + (of - right) * mean**2 for _, right, of in groups)


def test_pooling_finds_the_least_squares() -> None:
    """Of all growing functions of up to eight scores (Ayer et al. 1955), and it grows."""
    chance = random.Random(5)  # noqa: S311 - draws, no secret
    for _ in range(60):
        groups: list[Group] = []
        for place in range(chance.randint(1, 8)):
            of = chance.randint(1, 4)
            groups.append((place / 10, chance.randint(0, of), of))
        blocks = isotonic(groups)
        values = [one.value for one in blocks]
        assert values == sorted(values)
        found = sum(_error([one], block_of(blocks, one[0]).value) for one in groups)
        assert found == pytest.approx(least_squares(groups), abs=1e-9)


def test_scores_between_blocks_belong_to_the_nearer() -> None:
    """Blocks meet half-way; below the first is the first."""
    blocks = isotonic([(0.2, 0, 2), (0.4, 2, 2)])
    assert [block_of(blocks, score).value for score in (0.0, 0.29, 0.31, 1.0)] == [0, 0, 1, 1]


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 0.0), (0.5, -0.7), (2.0, 1.0)])
def test_platt_finds_what_made_the_outcomes(slope: float, shift: float) -> None:
    """Outcomes in exactly the proportions of σ(a·x + b): a and b come back, but for the smoothing of the targets."""
    of = 1_000_000
    scores = [0.1, 0.3, 0.5, 0.7, 0.9]
    groups = [(one, round(of * logistic(slope * log_odds(one) + shift)), of) for one in scores]
    assert platt(groups) == (pytest.approx(slope, abs=1e-4), pytest.approx(shift, abs=1e-4))


def test_platt_ends_where_a_score_parts_right_from_wrong() -> None:
    """Where the likelihood alone has no maximum; the targets of Platt (1999) bound it."""
    slope, shift = platt([(0.1, 0, 10), (0.9, 10, 10)])
    assert logistic(slope * log_odds(0.9) + shift) == pytest.approx(11 / 12, abs=1e-6)
    assert logistic(slope * log_odds(0.1) + shift) == pytest.approx(1 / 12, abs=1e-6)


@pytest.mark.parametrize("apart", [0.2, 1e-3, 1e-5])
def test_platt_is_as_sure_where_scores_are_close(apart: float) -> None:
    """That they are parted is what counts, not how far: of 1,500 each the targets are 1501/1502 and 1/1502."""
    low, high = 0.6, 0.6 + apart
    slope, shift = platt([(low, 0, 1500), (high, 1500, 1500)])
    assert logistic(slope * log_odds(high) + shift) == pytest.approx(1501 / 1502, abs=1e-6)
    assert logistic(slope * log_odds(low) + shift) == pytest.approx(1 / 1502, abs=1e-6)
    assert temperature([(0.5 - apart, 0, 1500), (0.5 + apart, 1500, 1500)]) == pytest.approx(
        log_odds(0.5 + apart) / math.log(1501), rel=1e-6
    )


def test_a_fit_ends_where_rounding_tells_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cost: the likelihood is looked at some dozens of times, also where scores part right from wrong."""
    looked = 0
    loss = calibrating._loss  # pyright: ignore[reportPrivateUsage] - how often it is looked at is what is counted

    def counted(rows: Sequence[tuple[float, float, int]], slope: float, shift: float) -> float:
        nonlocal looked
        looked += 1
        return loss(rows, slope, shift)

    monkeypatch.setattr(calibrating, "_loss", counted)
    chance = random.Random(1)  # noqa: S311 - draws, no secret
    scores = [chance.random() for _ in range(3600)]
    for groups in (grouped((one, one > 0.5) for one in scores), grouped((one, one < 0.5) for one in scores)):
        platt(groups)
        temperature(groups)
    assert looked <= 4 * 60


def test_platt_of_one_score_is_the_share_that_is_right() -> None:
    """Of 10 right and 30 wrong, by their targets: (10 · 11/12 + 30 · 1/32) / 40."""
    slope, shift = platt([(0.7, 10, 40)])
    assert logistic(slope * log_odds(0.7) + shift) == pytest.approx((10 * 11 / 12 + 30 / 32) / 40)


def test_temperature_finds_what_made_the_outcomes() -> None:
    """T = 2 of outcomes half as sure in log-odds; none where higher scores are less often right."""
    of = 1_000_000
    groups = [(one, round(of * logistic(log_odds(one) / 2)), of) for one in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert temperature(groups) == pytest.approx(2, abs=1e-3)
    assert temperature([(0.1, 9, 10), (0.9, 1, 10)]) is None


def test_groups_are_of_equal_values() -> None:
    """In their order, with how many are right."""
    assert grouped([(0.5, True), (0.1, False), (0.5, False)]) == [(0.1, 0, 1), (0.5, 1, 2)]
