"""Intervals of few cases: published values, and how often they hold the true value."""

from __future__ import annotations

import math
import random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.numerics.intervals import (
    beta_below,
    clopper_pearson,
    mean_interval,
    newcombe_paired,
    quantile,
    quantile_interval,
    student,
    wilson,
)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [
        # scipy 1.17.1, stats.binomtest(right, of).proportion_ci(method="exact").
        (0, 10, 0.0, 0.30849710781876083),
        (5, 10, 0.18708602844739855, 0.8129139715526015),
        (1, 3, 0.008403758659612636, 0.9057006759497539),
        (37, 500, 0.052635108548995224, 0.10055887474646993),
        (9990, 10_000, 0.9981617358657894, 0.9995203602762289),
    ],
)
def test_exact_intervals_of_proportions_are_clopper_and_pearsons(right: int, of: int, low: float, high: float) -> None:
    """Promise: as published, from three cases to ten thousand."""
    found = clopper_pearson(right, of)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


@given(of=st.integers(1, 40), share=st.floats(0.01, 0.99))
@settings(max_examples=40)
def test_an_exact_interval_holds_the_true_proportion_as_often_as_it_says(of: int, share: float) -> None:
    """The coverage, summed over all that can happen, is at least 95 %: what the method guarantees."""
    held = 0.0
    for right in range(of + 1):
        found = clopper_pearson(right, of)
        assert found.low is not None
        assert found.high is not None
        if found.low <= share <= found.high:
            held += math.comb(of, right) * share**right * (1 - share) ** (of - right)
    assert held >= 0.95 - 1e-9


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # Newcombe (1998), Stat. Med. 17, 2635-2650, table III, method 10: pairs of a, b, c, d.
        ((36, 12, 2, 0), 0.0569, 0.3404),
        ((20, 12, 2, 16), 0.0562, 0.3292),
        ((18, 14, 0, 18), 0.1441, 0.3963),
        ((16, 16, 0, 18), 0.1775, 0.4391),
    ],
)
def test_differences_of_paired_proportions_are_newcombes(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    """Promise: as his paper has them, to its four digits."""
    found = newcombe_paired(*counts)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("x", "a", "b", "wanted"),
    [
        # scipy 1.17.1, stats.beta.cdf.
        (0.3, 2, 5, 0.5798250000000003),
        (0.9, 0.5, 0.5, 0.7951672353008665),
        (0.001, 3, 1000, 0.08057759036020444),
        (1e-5, 0.5, 20, 0.015857272684664293),
    ],
)
def test_the_incomplete_beta_function_is_as_tabulated(x: float, a: float, b: float, wanted: float) -> None:
    """What every exact interval stands on."""
    assert beta_below(x, a, b) == pytest.approx(wanted, rel=1e-10)


def test_students_t_and_wilson_are_as_tabulated() -> None:
    """Scipy 1.17.1, stats.t.ppf(0.975, n); statsmodels 0.15.0, proportion_confint(5, 10, method="wilson")."""
    found = [student(0.95, freedom) for freedom in (1, 2, 5, 30, 1000)]
    wanted = [12.706204736174694, 4.302652729749462, 2.5705818356363146, 2.0422724563012378, 1.9623390808264083]
    assert found == pytest.approx(wanted, rel=1e-9)
    assert wilson(5, 10) == pytest.approx((0.2365930905125640, 0.7634069094874361), rel=1e-9)


def test_three_of_three_right_is_no_certainty() -> None:
    """Few scores within bounds: the guaranteed interval, which at the ends is Clopper and Pearson's own."""
    few, exact = mean_interval([1.0, 1.0, 1.0], bounds=(0, 1)), clopper_pearson(3, 3)
    assert few.low is not None
    assert exact.low is not None
    assert (few.low, few.high) == pytest.approx((exact.low, 1.0))
    alone = mean_interval([0.4])
    assert (alone.low, alone.high) == (None, None)
    same = mean_interval([0.0] * 50, bounds=(-1, 1))
    assert same.low is not None
    assert same.low < -0.05


@pytest.mark.parametrize("of", [3, 8, 25, 60])
def test_intervals_of_means_hold_the_true_mean(of: int) -> None:
    """Measured over 60 samples of scores that pile up at both ends: 90 % at least where 95 % is said."""
    chance, held = random.Random(of), 0  # noqa: S311 - samples of a test
    for _ in range(60):
        values = [chance.betavariate(0.5, 0.5) for _ in range(of)]
        found = mean_interval(values, bounds=(0, 1))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.5 <= found.high
        assert found.low <= fmean(values) <= found.high
    assert held >= 54


def test_intervals_of_rare_differences_hold_the_true_one() -> None:
    """Pairs of which one in fourteen differs, either way: a bootstrap alone holds the truth in 84 of 100 samples."""
    chance, held = random.Random(7), 0  # noqa: S311 - samples of a test
    for _ in range(40):
        values = [chance.uniform(-1, 1) if chance.random() < 0.07 else 0.0 for _ in range(100)]
        found = mean_interval(values, bounds=(-1, 1))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0 <= found.high
    assert held >= 37


def test_quantiles_and_their_intervals_are_order_statistics() -> None:
    """Of a hundred values the median's interval is from the 40th to the 61st; ten bound no 95th percentile."""
    values = [float(one) for one in range(1, 101)]
    middle = quantile_interval(values, 0.5)
    assert (middle.low, middle.high) == (40.0, 61.0)
    assert quantile_interval(values[:10], 0.95).high is None
    assert (quantile([1, 2, 3, 4], 0.5), quantile([1, 2, 3, 4], 0.95)) == (2, 4)
