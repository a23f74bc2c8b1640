"""A sample in numbers: sums without rounding, intervals by Student and by the bootstrap."""

from __future__ import annotations

import math
import statistics
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.bounded import require_moderate
from nis_backend.capabilities.mathematics.data.samples import Description, Histogram, SampleRequest, SampleSummary
from nis_backend.capabilities.mathematics.receipts import ROUNDING, stated
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

stats: Any = import_module("scipy.stats")  # Any: scipy has no types

SOURCE = (
    "Snedecor & Cochran, Statistical Methods (1989), 4-5; Hyndman & Fan, Am. Stat. 50 (1996), 361-365; "
    "Efron & Tibshirani, An Introduction to the Bootstrap (1993), 14.3"
)
FENCE = 1.5
"""Times the spread of the quartiles: Tukey's outliers."""
FEW = 30
"""Numbers up to which the bootstrap's interval is told to be narrow."""
NARROW = (
    "Of few numbers the bootstrap's interval is too narrow: where 95 of 100 are to hold the mean, 83 do of 5 normal "
    "numbers and 92 of 40. Student's holds it as often as asked."
)
AT_ONCE = 2_000_000
"""Numbers that are drawn at once."""


def describe(request: SampleRequest, tell: Callable[[float, str], None] = silent) -> SampleSummary:
    """The samples that were asked for; `tell` hears how far it is."""
    samples = [request.values, *request.others]
    told = [*request.names, *("" for _ in samples)]
    for number, values in enumerate(samples):
        require_moderate(f"others.{number - 1}" if number else "values", values)
    found: list[Description] = []
    for number, values in enumerate(samples):
        found.append(_described(values, request, told[number]))
        tell((number + 1) / len(samples), f"Sample {number + 1} of {len(samples)}")
    first = found[0]
    a = np.array(request.values)
    size = float(np.mean(np.abs(a)))
    checks = [
        compare("mean, pairwise sums of doubles", first.mean, float(np.mean(a)), "", allowed=1e-13 * size + 1e-300)
    ]
    if first.standard_deviation is not None:
        scale = _scale(a)
        second = scale * _two_passes(a / scale)
        allowed = 1e-11 * first.standard_deviation + 1e-13 * size
        checks.append(compare("standard deviation, two passes", first.standard_deviation, second, "", allowed=allowed))
    return SampleSummary(
        **{name: getattr(first, name) for name in Description.model_fields},
        others=found[1:],
        histogram=_histogram(a),
        receipt=stated(
            method="exact sums, rounded once",
            error_of="mean and standard deviation, relative",
            asked=request.tolerance,
            reached=ROUNDING,
            estimate="one rounding; the bootstrap's ends vary by chance beyond it",
            source=SOURCE,
            checks=checks,
            cost=Cost(evaluations=request.resamples * len(samples), of="samples drawn", unknowns=0),
            notes=[
                f"The bootstrap draws {request.resamples} samples from seed {request.seed}.",
                *([NARROW] if 1 < min(map(len, samples)) < FEW else []),
            ],
        ),
    )


def _described(values: list[float], request: SampleRequest, name: str) -> Description:
    a = np.sort(np.array(values))
    n = len(a)
    mean = statistics.mean(values)
    deviation = statistics.stdev(values) if n > 1 else None
    error = deviation / math.sqrt(n) if deviation is not None else None
    half = float(stats.t.ppf((1 + request.confidence) / 2, n - 1)) * error if error is not None else None
    # Third and fourth powers of what is near 1 neither overflow nor vanish; powers of two round nothing.
    scale = _scale(a)
    low, high = (scale * end for end in _bootstrap(a / scale, request)) if deviation else (None, None)
    lower, upper, coverage = _median_interval(n, request.confidence)
    first, third = (float(np.quantile(a, q)) for q in (0.25, 0.75))
    beyond = a[(a < first - FENCE * (third - first)) | (a > third + FENCE * (third - first))]
    skewness, kurtosis = _shape(a / scale, deviation / scale if deviation else None)
    return Description(
        name=name,
        count=n,
        mean=mean,
        median=float(np.median(a)),
        standard_deviation=deviation,
        standard_error=error,
        minimum=float(a[0]),
        first_quartile=first,
        third_quartile=third,
        maximum=float(a[-1]),
        mean_low=mean - half if half is not None else None,
        mean_high=mean + half if half is not None else None,
        bootstrap_low=low,
        bootstrap_high=high,
        median_low=float(a[lower]),
        median_high=float(a[upper]),
        median_coverage=coverage,
        skewness=skewness,
        excess_kurtosis=kurtosis,
        outliers=beyond[:100].tolist(),
        outlier_count=len(beyond),
    )


def _scale(a: Array) -> float:
    """The power of two near the largest of the numbers."""
    return math.ldexp(1.0, max(-1000, math.frexp(float(np.max(np.abs(a))))[1]))


def _two_passes(a: Array) -> float:
    """The standard deviation with the mean taken off first, and what that rounded away."""
    left = a - np.mean(a)
    squares = float(np.sum(left**2)) - float(np.sum(left)) ** 2 / len(a)
    return math.sqrt(max(0.0, squares) / (len(a) - 1))


def _shape(a: Array, deviation: float | None) -> tuple[float | None, float | None]:
    """Skewness and excess kurtosis, corrected for the sample's size (G1 and G2 of Joanes & Gill 1998)."""
    n = len(a)
    # Of numbers that differ by their rounding alone the shape would be that of the rounding.
    if not deviation or deviation <= 1e-13 * float(np.max(np.abs(a))):
        return None, None
    skewness = float(stats.skew(a, bias=False)) if n > 2 else None  # noqa: PLR2004 - what the correction divides by
    kurtosis = float(stats.kurtosis(a, bias=False)) if n > 3 else None  # noqa: PLR2004 - as above
    return skewness, kurtosis


def _median_interval(n: int, confidence: float) -> tuple[int, int, float]:
    """The places of the two numbers that hold the median with at least this confidence, and with which.

    Where even the least and the largest do not, they are taken.
    """
    place = int(stats.binom.ppf((1 - confidence) / 2, n, 0.5))
    lower = max(0, min(place - 1, (n - 1) // 2))
    coverage = 1 - 2 * float(stats.binom.cdf(lower, n, 0.5))
    return lower, n - 1 - lower, max(0.0, coverage)


def _bootstrap(a: Array, request: SampleRequest) -> tuple[float, float]:
    """The mean's interval, corrected for bias and acceleration."""
    draw = np.random.default_rng(request.seed)
    n = len(a)
    rows = max(1, AT_ONCE // n)
    means = np.concatenate(
        [
            a[draw.integers(0, n, size=(min(rows, request.resamples - done), n))].mean(axis=1)
            for done in range(0, request.resamples, rows)
        ]
    )
    center = float(np.mean(a))
    below = (np.sum(means < center) + 0.5 * np.sum(means == center)) / len(means)
    bias = float(stats.norm.ppf(min(max(below, 1e-6), 1 - 1e-6)))
    # Of a mean the jackknife's acceleration is the skewness over 6·√n.
    left = a - center
    acceleration = float(np.sum(left**3)) / (6 * float(np.sum(left**2)) ** 1.5)
    ends: list[float] = []
    for q in ((1 - request.confidence) / 2, (1 + request.confidence) / 2):
        z = bias + float(stats.norm.ppf(q))
        ends.append(float(np.quantile(means, float(stats.norm.cdf(bias + z / (1 - acceleration * z))))))
    return ends[0], ends[1]


def _histogram(a: Array) -> Histogram:
    if np.ptp(a) <= 1e-12 * float(np.max(np.abs(a))):
        width = max(0.5, abs(float(a[0])) * 1e-6)
        return Histogram(edges=[float(a[0]) - width, float(a[0]) + width], counts=[float(len(a))])
    spread = float(np.subtract(*np.quantile(a, [0.75, 0.25])))
    wanted = math.ceil(float(np.ptp(a)) / (2 * spread / len(a) ** (1 / 3))) if spread > 0 else 10
    counts, edges = np.histogram(a, bins=max(1, min(60, wanted)))
    return Histogram(edges=edges.tolist(), counts=[float(one) for one in counts])
