"""Tests of means: Student, Welch, pairs, and one-way analysis of variance."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.data.outcomes import BETA, Outcome, enough, fisher, student
from nis_backend.capabilities.mathematics.data.samples import Assumption, Hypothesis, HypothesisRequest
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.data.outcomes import Array

stats: Any = import_module("scipy.stats")  # Any: scipy has no types

STUDENT = "Student, Biometrika 6 (1908), 1-25; Cohen, Statistical Power Analysis (1988), 2"
WELCH = "Welch, Biometrika 34 (1947), 28-35; Satterthwaite, Biometrics Bull. 2 (1946), 110-114"
FISHER = "Fisher, Statistical Methods for Research Workers (1925), VII; Levene's test after Brown & Forsythe (1974)"
POWER = 2.8
"""1.96 + 0.84: standard errors that show at 5 % in 80 of 100 cases."""
LARGE = 30
"""Numbers from which on a mean is nearly normal whatever the numbers are, unless they are very skew."""


def require(a: Array, least: int, field: str, test: Hypothesis) -> None:
    """Refuse samples that are too small.

    Raises:
        InvalidRequest: there are fewer than `least`.
    """
    if len(a) < least:
        raise InvalidRequest(
            f"The {test.value} wants at least {least} numbers in a sample; there {'is' if len(a) == 1 else 'are'} "
            f"{len(a)}.",
            field=field,
            value=a.tolist(),
            remedy="Give more numbers.",
        )


def normality(a: Array, name: str) -> Assumption:
    """Whether numbers look normal: Shapiro and Wilk."""
    if len(a) < 3 or np.ptp(a) == 0:  # noqa: PLR2004 - what the test wants
        return Assumption(name=f"{name} normal", holds=None, detail="too few different numbers to tell")
    p = float(stats.shapiro(a[:5000]).pvalue)
    large = f"; with {len(a)} numbers the mean is nearly normal all the same" if p < 0.05 and len(a) >= LARGE else ""  # noqa: PLR2004
    return Assumption(
        name=f"{name} normal",
        holds=p >= 0.05,  # noqa: PLR2004 - one in twenty
        detail=f"Shapiro-Wilk p = {p:.3g}{large}",
    )


def one_sample(request: HypothesisRequest, a: Array, *, pairs: bool = False) -> Outcome:
    """Student's t of a mean against a given one; of pairs, of their differences."""
    require(a, 2, "first", request.test)
    mean, deviation = float(np.mean(a)), float(np.std(a, ddof=1))
    _require_spread(deviation, float(np.max(np.abs(a))), "first")
    error = deviation / math.sqrt(len(a))
    t, degrees = (mean - request.mean) / error, len(a) - 1
    p, again = student(t, degrees, request.alternative)
    half = float(stats.t.ppf((1 + request.confidence) / 2, degrees)) * error
    of = "mean of the differences" if pairs else "mean"
    return Outcome(
        hypothesis=f"The {of} is {request.mean:g}.",
        statistic=t,
        statistic_name="t",
        p=p,
        again=again,
        way=BETA,
        degrees=(degrees,),
        effect=(mean - request.mean) / deviation,
        effect_name="Cohen's d of the differences" if pairs else "Cohen's d",
        estimate=mean,
        estimate_name=of,
        low=mean - half,
        high=mean + half,
        power=enough(POWER / math.sqrt(len(a)), "Cohen's d"),
        assumptions=[normality(a, "differences" if pairs else "sample")],
        method="Student's t of differences" if pairs else "Student's t",
        source=STUDENT,
    )


def two_samples(request: HypothesisRequest, a: Array, b: Array, *, equal: bool) -> Outcome:
    """The difference of two means, with one variance for both (Student) or with one for each (Welch)."""
    require(a, 2, "first", request.test)
    require(b, 2, "second", request.test)
    n, m = len(a), len(b)
    va, vb = float(np.var(a, ddof=1)), float(np.var(b, ddof=1))
    _require_spread(math.sqrt(va + vb), float(max(np.max(np.abs(a)), np.max(np.abs(b)))), "first")
    pooled = ((n - 1) * va + (m - 1) * vb) / (n + m - 2)
    if equal:
        error, degrees = math.sqrt(pooled * (1 / n + 1 / m)), float(n + m - 2)
    else:
        error = math.sqrt(va / n + vb / m)
        degrees = error**4 / ((va / n) ** 2 / (n - 1) + (vb / m) ** 2 / (m - 1))
    difference = float(np.mean(a) - np.mean(b))
    t = difference / error
    p, again = student(t, degrees, request.alternative)
    half = float(stats.t.ppf((1 + request.confidence) / 2, degrees)) * error
    assumptions = [normality(a, "first sample"), normality(b, "second sample")]
    if equal:
        assumptions.append(_equal([a, b]))
    return Outcome(
        hypothesis="Both means are the same.",
        statistic=t,
        statistic_name="t",
        p=p,
        again=again,
        way=BETA,
        degrees=(degrees,),
        effect=difference / math.sqrt(pooled),
        effect_name="Cohen's d",
        estimate=difference,
        estimate_name="difference of the means",
        low=difference - half,
        high=difference + half,
        power=enough(POWER * math.sqrt(1 / n + 1 / m), "Cohen's d"),
        assumptions=assumptions,
        method="Student's t of two samples" if equal else "Welch's t",
        source=STUDENT if equal else WELCH,
    )


def variance(request: HypothesisRequest, groups: list[Array]) -> Outcome:
    """One-way analysis of variance."""
    for one in groups:
        require(one, 2, "table", request.test)
    every = np.concatenate(groups)
    mean = float(np.mean(every))
    between = math.fsum(len(one) * (float(np.mean(one)) - mean) ** 2 for one in groups)
    within = math.fsum(float(np.sum((one - np.mean(one)) ** 2)) for one in groups)
    _require_spread(math.sqrt(within / len(every)), float(np.max(np.abs(every))), "table")
    upper, lower = len(groups) - 1, len(every) - len(groups)
    f = between / upper / (within / lower)
    p, again = fisher(f, upper, lower)
    spread = math.sqrt(within / lower)
    share = between / (between + within)
    size = POWER / math.sqrt(len(every) / len(groups))
    return Outcome(
        hypothesis=f"All {len(groups)} means are the same.",
        statistic=f,
        statistic_name="F",
        p=p,
        again=again,
        way=BETA,
        degrees=(upper, lower),
        effect=share,
        effect_name="η², share of the variance between the groups",
        estimate=float(max(np.mean(one) for one in groups) - min(np.mean(one) for one in groups)),
        estimate_name="difference of the largest and the least mean",
        power=enough(size * spread, "a difference of two means"),
        assumptions=[
            normality(np.concatenate([one - np.mean(one) for one in groups]), "what is left within groups"),
            _equal(groups),
        ],
        method="one-way analysis of variance",
        source=FISHER,
    )


def _equal(groups: list[Array]) -> Assumption:
    """Whether variances look equal: Levene's test of distances from the medians."""
    if all(np.ptp(one) == 0 for one in groups) or min(map(len, groups)) < 3:  # noqa: PLR2004 - what the test wants
        return Assumption(name="equal variances", holds=None, detail="too few different numbers to tell")
    p = float(stats.levene(*groups, center="median").pvalue)
    if not math.isfinite(p):
        return Assumption(name="equal variances", holds=None, detail="too few different numbers to tell")
    return Assumption(name="equal variances", holds=p >= 0.05, detail=f"Brown-Forsythe p = {p:.3g}")  # noqa: PLR2004


def _require_spread(deviation: float, size: float, field: str) -> None:
    if deviation <= 1e-13 * size or deviation == 0:
        raise InvalidRequest(
            "The numbers do not differ, so there is no spread to hold a difference against.",
            field=field,
            remedy="Give numbers that differ, or compare the means by eye.",
        )
