"""Samples described and hypotheses tested, against certified and published values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nis_backend.capabilities.mathematics.data.describing import describe
from nis_backend.capabilities.mathematics.data.samples import (
    HypothesisRequest,
    SampleRequest,
    SampleSummary,
    TestResult,
)
from nis_backend.capabilities.mathematics.data.testing import examine
from nis_backend.errors import InvalidRequest

SLEEP = (
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
)
"""Student (1908): hours of sleep gained with two drugs."""
PLANTS = [
    [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
    [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
]
"""Dobson (1983), table 7.1: weights of plants in three groups."""
DEPRESSION = (
    [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30],
    [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29],
)
"""Hollander & Wolfe (1973), page 29."""


def described(values: list[float], **changes: Any) -> SampleSummary:
    """The sample in numbers."""
    return describe(SampleRequest.model_validate({"values": values, **changes}))


def examined(test: str, **given: Any) -> TestResult:
    """The test's result."""
    return examine(HypothesisRequest.model_validate({"test": test, **given}))


@pytest.mark.parametrize(
    ("values", "mean", "deviation"),
    [
        ([10000000.2, *[10000000.1, 10000000.3] * 500], 10000000.2, 0.1),
        ([1000000.2, *[1000000.1, 1000000.3] * 500], 1000000.2, 0.1),
        ([1.2, *[1.1, 1.3] * 500], 1.2, 0.1),
        ([10000001, 10000003, 10000002], 10000002, 1),
    ],
    ids=["NumAcc4", "NumAcc3", "NumAcc2", "NumAcc1"],
)
def test_the_certified_values_of_nist_are_met(values: list[float], mean: float, deviation: float) -> None:
    """NIST StRD, univariate: what was read as 0.1 of 10⁷ leaves 8 digits of the deviation, whatever the method."""
    found = described(values, resamples=200)
    assert found.mean == pytest.approx(mean, rel=1e-15)
    assert found.standard_deviation == pytest.approx(deviation, rel=4 * 2**-52 * mean / deviation)
    assert all(check.agrees for check in found.receipt.checks)


def test_the_surest_interval_holds_every_number() -> None:
    """Nearer to 1 a float cannot tell an interval's upper end from infinity, and it is refused."""
    found = described([12, 15, 11, 14], confidence=0.999_999_999)
    assert found.bootstrap_low is not None
    assert found.bootstrap_high is not None
    assert 11 <= found.bootstrap_low < found.bootstrap_high <= 15
    with pytest.raises(ValidationError, match="confidence"):
        described([12, 15, 11, 14], confidence=1 - 2**-53)


def test_a_small_sample_by_hand() -> None:
    """3, 5, 8, 13: mean 7.25, variance 227/12, quartiles 4.5 and 9.25, t(3) = 3.18244630528."""
    found = described([3, 5, 8, 13])
    assert (found.mean, found.median, found.first_quartile, found.third_quartile) == (7.25, 6.5, 4.5, 9.25)
    assert found.standard_deviation == pytest.approx(math.sqrt(227 / 12), rel=1e-15)
    assert found.mean_high == pytest.approx(7.25 + 3.18244630528371 * math.sqrt(227 / 12) / 2, rel=1e-12)
    assert found.skewness == pytest.approx(0.829536957, rel=1e-8)


@pytest.mark.parametrize("scale", [2.0**497, 2.0**365, 2.0**-700, 2.0**-990])
def test_samples_of_any_size_have_the_same_shape(scale: float) -> None:
    """Numbers near 10¹⁵⁰ or 10⁻²⁹⁸ have cubes no double holds; shape and intervals are those of multiples."""
    values = [1.0, -1.0, 1.5, 0.25, -0.5, 2.0]
    plain, scaled = described(values), described([scale * one for one in values])
    assert scaled.receipt.met
    assert (scaled.skewness, scaled.excess_kurtosis) == (plain.skewness, plain.excess_kurtosis)
    assert plain.bootstrap_low is not None
    assert scaled.bootstrap_low == scale * plain.bootstrap_low
    assert scaled.histogram.counts == plain.histogram.counts


def test_a_number_too_large_is_named_by_its_sample() -> None:
    """The field is the list that it stands in."""
    with pytest.raises(InvalidRequest) as refused:
        described([1.0, 2.0], others=[[1.0], [1e200, 1.0]])
    assert refused.value.field == "others.1"


def test_intervals_hold_the_true_mean_as_often_as_they_say() -> None:
    """Of 300 normal samples of 15, Student's 90 % hold 0 in 90 ± 4, the bootstrap's in some fewer."""
    draw = np.random.default_rng(5)
    student = bootstrap = 0
    for _ in range(300):
        found = described(draw.normal(size=15).tolist(), confidence=0.9, resamples=400)
        assert found.mean_low is not None
        assert found.mean_high is not None
        assert found.bootstrap_low is not None
        assert found.bootstrap_high is not None
        student += found.mean_low <= 0 <= found.mean_high
        bootstrap += found.bootstrap_low <= 0 <= found.bootstrap_high
    assert 258 <= student <= 282
    assert 240 <= bootstrap <= 282


def test_the_bootstrap_of_few_numbers_is_told_to_be_narrow() -> None:
    """Of 500 samples of 5 normal numbers 413 intervals at 95 % held the mean; of 40 it is 458."""
    assert any("too narrow" in note for note in described([3, 5, 8, 13, 9]).receipt.notes)
    assert not any("too narrow" in note for note in described(list(range(40))).receipt.notes)


def test_the_medians_interval_has_the_confidence_it_says() -> None:
    """Of 10 numbers the 2nd and the 9th: 1 - 2·(1 + 10)/1024 = 0.978515625."""
    found = described([float(one) for one in range(1, 11)], resamples=200)
    assert (found.median_low, found.median_high, found.median_coverage) == (2, 9, 0.978515625)


def test_the_same_seed_draws_the_same_samples() -> None:
    """The bootstrap's ends are the same each time, and others with another seed."""
    ends = [described([3, 5, 8, 13], seed=seed).bootstrap_low for seed in (1, 1, 2)]
    assert ends[0] == ends[1] != ends[2]


def test_outliers_are_those_beyond_tukeys_fences() -> None:
    """One of seven; a single number, and equal ones, have none and no interval."""
    assert described([9.8, 10.1, 10.4, 9.9, 10.0, 10.2, 14.7]).outliers == [14.7]
    assert described([2]).mean_low is None
    assert described([2, 2, 2]).skewness is None


@pytest.mark.parametrize(
    ("test", "given", "statistic", "p"),
    [
        ("paired t-test", {"first": SLEEP[0], "second": SLEEP[1]}, -4.0621, 0.002833),
        ("Welch t-test", {"first": SLEEP[0], "second": SLEEP[1]}, -1.8608, 0.07939),
        ("two-sample t-test", {"first": SLEEP[0], "second": SLEEP[1]}, -1.8608, 0.07919),
        ("one-way ANOVA", {"table": PLANTS}, 4.8461, 0.01591),
        ("Kruskal-Wallis test", {"table": PLANTS}, 7.9882, 0.01842),
        (
            "Wilcoxon signed-rank test",
            {"first": DEPRESSION[0], "second": DEPRESSION[1], "alternative": "greater"},
            40,
            0.01953,
        ),
        ("chi-square test", {"table": [[762, 327, 468], [484, 239, 477]]}, 30.07, 2.954e-07),
        ("Fisher exact test", {"table": [[3, 1], [1, 3]], "alternative": "greater"}, 9, 0.2429),
        ("binomial test", {"successes": 682, "trials": 925, "probability": 0.75}, 682, 0.3825),
        ("Pearson correlation", {"first": SLEEP[0], "second": SLEEP[1]}, 0.7951702, 0.005965),
    ],
)
def test_published_p_values_are_met(test: str, given: dict[str, Any], statistic: float, p: float) -> None:
    """The data and figures of R's own examples (t.test, aov, kruskal.test, wilcox.test, chisq.test, …)."""
    found = examined(test, **given)
    assert found.statistic == pytest.approx(statistic, rel=5e-4)
    assert found.p_value == pytest.approx(p, rel=2e-3)
    assert found.receipt.met
    assert found.receipt.checks[0].agrees


def test_a_binomial_share_has_clopper_and_pearsons_interval() -> None:
    """682 of 925: 0.7076683 to 0.7654066 (R's binom.test)."""
    found = examined("binomial test", successes=682, trials=925, probability=0.75)
    assert (found.low, found.high) == (pytest.approx(0.7076683, abs=1e-7), pytest.approx(0.7654066, abs=1e-7))


def test_ranks_with_ties_are_exact_where_they_are_few() -> None:
    """Mann-Whitney of (1, 2, 2, 3) and (2, 2, 5): all 35 divisions, by hand 17 of them as extreme."""
    found = examined("Mann-Whitney test", first=[1, 2, 2, 3], second=[2, 2, 5])
    assert found.exact
    assert found.p_value == pytest.approx(17 / 35, rel=1e-12)


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_counting_and_the_limit_come_close(alternative: str) -> None:
    """Mann-Whitney of 19 and 20 is counted, of 20 and 21 is the normal limit: both within 0.01 of each other."""
    first, second = [float(i) for i in range(19)], [i + 3.5 for i in range(20)]
    counted = examined("Mann-Whitney test", first=first, second=second, alternative=alternative)
    limit = examined("Mann-Whitney test", first=[*first, 19.0], second=[*second, 23.5], alternative=alternative)
    assert (counted.exact, limit.exact) == (True, False)
    assert counted.p_value == pytest.approx(limit.p_value, abs=0.05)
    assert counted.receipt.checks[0].agrees


def test_ranks_correlate_exactly_where_they_are_few() -> None:
    """Spearman of five in order: 2 of 120 orders are as extreme."""
    found = examined("Spearman correlation", first=[1, 2, 3, 4, 5], second=[2, 3, 5, 7, 11])
    assert found.exact
    assert found.p_value == pytest.approx(2 / 120, rel=1e-12)


def test_an_assumption_that_fails_is_told() -> None:
    """Variances of 1 and 100 do not pass as equal; a limit with small counts is called rough."""
    draw = np.random.default_rng(3)
    unequal = examined(
        "two-sample t-test", first=draw.normal(0, 1, 40).tolist(), second=draw.normal(0, 10, 40).tolist()
    )
    assert next(one for one in unequal.assumptions if one.name == "equal variances").holds is False
    assert examined("chi-square test", table=[[1, 2], [3, 1]]).assumptions[0].holds is False


def test_normality_is_honest_about_its_own_error() -> None:
    """Royston's p-value is an approximation: what was asked is not met, and it says so."""
    found = examined("normality test", first=SLEEP[0])
    assert not found.receipt.met
    assert found.receipt.notes


@pytest.mark.parametrize(
    ("test", "given", "field"),
    [
        ("Welch t-test", {"first": [1, 2]}, "second"),
        ("Welch t-test", {"first": [1, 1], "second": [1, 1]}, "first"),
        ("paired t-test", {"first": [1, 2], "second": [1]}, "second"),
        ("binomial test", {"successes": 7, "trials": 3}, "successes"),
        ("binomial test", {"successes": 7}, "trials"),
        ("Fisher exact test", {"table": [[1, 2, 3], [4, 5, 6]]}, "table"),
        ("chi-square test", {"table": [[1.5, 2], [3, 4]]}, "table"),
        ("one-sample t-test", {"first": [1e200, 2]}, "first"),
        ("Kruskal-Wallis test", {"table": [[1, 1], [1, 1]]}, "table"),
    ],
)
def test_what_cannot_be_tested_is_refused(test: str, given: dict[str, Any], field: str) -> None:
    """Missing samples, no spread, no pairs, more successes than trials, tables that are none."""
    with pytest.raises(InvalidRequest) as refused:
        examined(test, **given)
    assert refused.value.field == field
    assert refused.value.remedy


def test_no_number_is_no_sample() -> None:
    """An empty list and NaN are refused where they come in."""
    for values in ([], [float("nan")]):
        with pytest.raises(ValidationError):
            described(values)
