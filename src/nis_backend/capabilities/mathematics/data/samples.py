"""What the description of samples and the tests of hypotheses take and give."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Called, Knob, Names, Reads, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

MOST = 20_000
"""Numbers of a sample."""
MOST_GROUPS = 50

Number = Annotated[float, Unit("")]
Sample = Annotated[list[Number], Field(min_length=1, max_length=MOST)]
Confidence = Annotated[
    float,
    Unit(""),
    Names("confidence level", "confidence", "level"),
    Field(gt=0, le=0.999_999_999, description="How often an interval made like this holds the true value: 0.95."),
]
Seed = Annotated[
    int,
    Knob(),
    Names("seed"),
    Field(ge=0, le=2**31 - 1, description="Where drawing by chance begins: same seed, same numbers."),
]


class SampleRequest(Model):
    """One sample or several, to be described."""

    values: Annotated[Sample, Reads("numbers"), Names("numbers", "data", "sample", "values", "observations")] = Field(
        description="The numbers of the first sample."
    )
    others: Annotated[list[Sample], Field(max_length=MOST_GROUPS)] = Field(
        default=[], description="Further samples, each described by itself."
    )
    names: Annotated[list[str], Field(max_length=MOST_GROUPS + 1)] = Field(
        default=[], description="What the samples are called, the first one first."
    )
    confidence: Confidence = 0.95
    resamples: Annotated[int, Knob(), Names("resamples", "bootstrap samples")] = Field(
        default=2000, ge=200, le=20_000, description="Samples drawn with replacement for the bootstrap's intervals."
    )
    seed: Seed = 0
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy")] = Field(
        default=1e-12, gt=0, le=1, description="Largest relative error of mean and standard deviation to accept."
    )

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        total = len(self.values) + sum(map(len, self.others))
        if total > MOST:
            raise InvalidRequest(
                f"The samples have {total} numbers together.",
                field="others",
                value=total,
                remedy=f"Give at most {MOST}, or ask for one sample at a time.",
            )
        return self


class Description(Model):
    """A sample in numbers."""

    name: str = Field(default="", description="What the sample is called.")
    count: int = Field(description="How many numbers it has.")
    mean: Number = Field(description="Arithmetic mean.")
    median: Number = Field(description="Half of the numbers are below, half above.")
    standard_deviation: Annotated[float, Unit("")] | None = Field(
        description="Of the population, estimated with n - 1; null of a single number."
    )
    standard_error: Annotated[float, Unit("")] | None = Field(description="Of the mean: standard deviation over √n.")
    minimum: Number
    first_quartile: Number = Field(description="A quarter is below it; straight between the neighbours (R's type 7).")
    third_quartile: Number = Field(description="A quarter is above it.")
    maximum: Number
    mean_low: Annotated[float, Unit("")] | None = Field(description="Lower end of the mean's interval, Student's t.")
    mean_high: Annotated[float, Unit("")] | None = Field(description="Upper end of it.")
    bootstrap_low: Annotated[float, Unit("")] | None = Field(
        description="Lower end of the mean's interval by the bootstrap, corrected for bias and skewness (BCa)."
    )
    bootstrap_high: Annotated[float, Unit("")] | None = Field(description="Upper end of it.")
    median_low: Number = Field(description="Lower end of the median's interval, by order statistics.")
    median_high: Number = Field(description="Upper end of it.")
    median_coverage: Number = Field(description="The confidence that the median's interval really has.")
    skewness: Annotated[float, Unit("")] | None = Field(
        description="Third moment, corrected for the sample's size; null of fewer than 3 or of equal numbers."
    )
    excess_kurtosis: Annotated[float, Unit("")] | None = Field(
        description="Fourth moment, 0 of a normal distribution, corrected for size; null of fewer than 4."
    )
    outliers: list[Number] = Field(
        description="Beyond the quartiles by 1.5 times what lies between them (Tukey): at most 100."
    )
    outlier_count: int = Field(description="How many there are.")


class Histogram(Model):
    """How many numbers lie between two edges."""

    edges: list[Number] = Field(description="One more than there are counts.")
    counts: list[Number]


class SampleSummary(Description):
    """The first sample in numbers, and the others."""

    others: list[Description] = Field(default_factory=list[Description], description="The further samples.")
    histogram: Histogram = Field(description="Of the first sample, in bins by Freedman and Diaconis.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class Hypothesis(StrEnum):
    """A test and what it asks."""

    ONE_SAMPLE = "one-sample t-test"
    TWO_SAMPLE = "two-sample t-test"
    WELCH = "Welch t-test"
    PAIRED = "paired t-test"
    MANN_WHITNEY = "Mann-Whitney test"
    WILCOXON = "Wilcoxon signed-rank test"
    ANOVA = "one-way ANOVA"
    KRUSKAL = "Kruskal-Wallis test"
    CHI_SQUARE = "chi-square test"
    FISHER = "Fisher exact test"
    BINOMIAL = "binomial test"
    PEARSON = "Pearson correlation"
    SPEARMAN = "Spearman correlation"
    NORMALITY = "normality test"


PAIRS = (Hypothesis.PAIRED, Hypothesis.PEARSON, Hypothesis.SPEARMAN)
"""What compares number with number."""
TWO = (Hypothesis.TWO_SAMPLE, Hypothesis.WELCH, Hypothesis.MANN_WHITNEY)
"""What compares two samples of any size."""
TABLES = (Hypothesis.CHI_SQUARE, Hypothesis.FISHER)
"""What counts of a table are compared by."""
SEVERAL = (Hypothesis.ANOVA, Hypothesis.KRUSKAL)
"""What compares several samples."""

Alternative = Literal["two-sided", "less", "greater"]


class HypothesisRequest(Model):
    """Samples or counts, and the test that they are put to."""

    test: Annotated[
        Hypothesis,
        Reads("choice"),
        Names("test"),
        Called(
            {
                Hypothesis.ONE_SAMPLE: ("one sample t test", "one-sample t test"),
                Hypothesis.TWO_SAMPLE: ("Student's t-test", "two sample t test", "unpaired t-test"),
                Hypothesis.WELCH: ("t-test", "t test", "Welch's t-test", "Welch test", "Welch"),
                Hypothesis.PAIRED: ("paired t test", "dependent t-test"),
                Hypothesis.MANN_WHITNEY: ("Mann-Whitney U", "Mann Whitney", "rank-sum test", "rank sum"),
                Hypothesis.WILCOXON: ("Wilcoxon", "signed rank"),
                Hypothesis.ANOVA: ("ANOVA", "analysis of variance"),
                Hypothesis.KRUSKAL: ("Kruskal", "Kruskal Wallis"),
                Hypothesis.CHI_SQUARE: ("chi-squared test", "chi square", "chi-square", "chi squared"),
                Hypothesis.FISHER: ("Fisher's exact test", "Fisher"),
                Hypothesis.BINOMIAL: ("binomial", "fair coin", "sign test"),
                Hypothesis.PEARSON: ("correlation", "Pearson", "correlated"),
                Hypothesis.SPEARMAN: ("Spearman", "rank correlation"),
                Hypothesis.NORMALITY: ("Shapiro-Wilk", "Shapiro", "normally distributed", "normality"),
            }
        ),
    ] = Field(description="Which test.")
    first: Annotated[list[Number], Reads("numbers"), Names("first sample", "sample", "group A", "before", "x")] = Field(
        default=[], max_length=MOST, description="The first sample, or the counts of a goodness of fit."
    )
    second: Annotated[list[Number], Reads("numbers"), Names("second sample", "group B", "after", "y")] = Field(
        default=[], max_length=MOST, description="The second sample; of a goodness of fit the counts expected."
    )
    table: Annotated[
        list[Annotated[list[Number], Field(min_length=1, max_length=MOST)]],
        Reads("matrix"),
        Names("table", "groups", "contingency table"),
    ] = Field(default=[], max_length=MOST_GROUPS, description="Several samples, or the rows of a table of counts.")
    mean: Annotated[float, Unit(""), Names("mean of", "population mean", "expected mean", "mean")] = Field(
        default=0.0, description="The mean, or the median, that one sample is held against; 0 for differences."
    )
    successes: Annotated[int, Names("successes", "heads", "hits")] | None = Field(
        default=None, ge=0, le=10**9, description="Of a binomial test: how often it happened."
    )
    trials: Annotated[int, Names("trials", "tosses", "flips", "attempts", "throws")] | None = Field(
        default=None, ge=1, le=10**9, description="Of a binomial test: how often it could have."
    )
    probability: Annotated[float, Unit(""), Names("probability", "chance")] = Field(
        default=0.5, gt=0, lt=1, description="Of a binomial test: the chance of each, if the hypothesis is true."
    )
    alternative: Alternative = Field(
        default="two-sided", description="What else may be true: another value, a lesser one, a greater one."
    )
    confidence: Confidence = 0.95
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance")] = Field(
        default=1e-8, gt=0, le=1, description="Largest error of the p-value to accept."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        sizes = [len(one) for one in self.table]
        if self.test is Hypothesis.BINOMIAL:
            self._require("successes", self.successes is not None)
            self._require("trials", self.trials is not None)
            assert self.successes is not None
            assert self.trials is not None
            if self.successes > self.trials:
                raise InvalidRequest(
                    f"{self.successes} of {self.trials} is more than all.",
                    field="successes",
                    value=self.successes,
                    remedy="Give at most as many successes as trials.",
                )
            return self
        if self.test in TABLES and not (self.test is Hypothesis.CHI_SQUARE and self.first):
            self._require("table", len(sizes) > 1 and len(set(sizes)) == 1 and sizes[0] > 1)
        elif self.test in SEVERAL:
            self._require("table", len(sizes) > 1)
        else:
            self._require("first", bool(self.first))
        if self.test in (*PAIRS, *TWO):
            self._require("second", bool(self.second))
        if sum(sizes) > MOST:
            raise InvalidRequest(f"The table has {sum(sizes)} numbers.", field="table", remedy=f"Give at most {MOST}.")
        if self.test in PAIRS and len(self.first) != len(self.second):
            raise InvalidRequest(
                f"There are {len(self.first)} and {len(self.second)} numbers, and the {self.test.value} wants pairs.",
                field="second",
                value=self.second,
                remedy="Give as many in the second sample as in the first.",
            )
        return self

    def _require(self, field: str, here: bool) -> None:
        if not here:
            wants = {
                "first": "a sample: first=[4.1, 5.2, 3.9]",
                "second": "a second sample: second=[5.0, 6.1, 5.8]",
                "table": "rows: table=[[12, 5], [3, 9]], of counts of equal length or a sample each",
                "successes": "successes, how often it happened",
                "trials": "trials, how often it could have",
            }
            raise InvalidRequest(
                f"The {self.test.value} wants {wants[field]}.",
                field=field,
                remedy=f"Give {field}, or choose another test.",
            )


class Assumption(Model):
    """What a test stands on, and whether these numbers speak against it."""

    name: str
    holds: bool | None = Field(description="Null where the numbers cannot say.")
    detail: str


class TestResult(Model):
    """What a test says of its hypothesis."""

    __test__ = False
    test: Hypothesis = Field(description="The test that was made.")
    hypothesis: str = Field(description="What was assumed, and is doubted where the p-value is small.")
    statistic: Annotated[float, Unit("")] = Field(description="The test's statistic.")
    statistic_name: str = Field(description="t, U, W, F, H, χ², odds ratio, r, …")
    degrees: list[Number] = Field(default_factory=list[float], description="Degrees of freedom, where there are any.")
    p_value: Annotated[float, Unit("")] = Field(
        description="Chance of a statistic at least as extreme, if the hypothesis is true."
    )
    exact: bool = Field(description="Whether the p-value is of the exact distribution, and no limit of large samples.")
    rejected: bool = Field(description="Whether the p-value is below 1 - confidence.")
    effect: Annotated[float, Unit("")] = Field(description="Size of the effect, by `effect_name`.")
    effect_name: str = Field(description="Cohen's d, rank-biserial correlation, η², Cramér's V, …")
    estimate: Annotated[float, Unit("")] = Field(description="What is estimated: a difference, a share, a correlation.")
    estimate_name: str
    low: Annotated[float, Unit("")] | None = Field(
        description="Lower end of the estimate's interval, of both sides whatever the test; null: none known."
    )
    high: Annotated[float, Unit("")] | None = Field(description="Upper end of it.")
    power: str = Field(description="What effect samples of this size would show in 80 of 100 cases.")
    assumptions: list[Assumption] = Field(description="What the test stands on.")
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
