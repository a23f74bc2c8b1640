"""Tests of counts: χ², Fisher's exact test, the binomial; and of normality."""

from __future__ import annotations

import math
from fractions import Fraction
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.data.means import POWER, require
from nis_backend.capabilities.mathematics.data.outcomes import GAMMA, Outcome, chi_square, enough
from nis_backend.capabilities.mathematics.data.samples import Assumption, HypothesisRequest
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.data.outcomes import Array

stats: Any = import_module("scipy.stats")  # Any: scipy has no types
mpmath: Any = import_module("mpmath")  # Any: it has no types

MOST_SUMMED = 10_000
"""Terms of an exact sum that are added one by one as a second way."""


def _require_counts(table: Array, field: str) -> None:
    if np.any(table < 0) or np.any(table != np.floor(table)) or float(np.sum(table)) > 1e12:  # noqa: PLR2004 - all of them
        raise InvalidRequest(
            "Counts are whole numbers of 0 and more.", field=field, value=table.tolist(), remedy="Give counts."
        )


def independence(request: HypothesisRequest, table: Array) -> Outcome:
    """χ² of a table of counts: whether rows and columns have nothing to do with each other."""
    _require_counts(table, "table")
    rows, columns, total = table.sum(axis=1), table.sum(axis=0), float(table.sum())
    if np.any(rows == 0) or np.any(columns == 0):
        raise InvalidRequest("A row or a column has no counts.", field="table", remedy="Leave it out.")
    expected = np.outer(rows, columns) / total
    x = float(np.sum((table - expected) ** 2 / expected))
    degrees = (table.shape[0] - 1) * (table.shape[1] - 1)
    p, again = chi_square(x, degrees)
    size = math.sqrt(x / total / (min(table.shape) - 1))
    return Outcome(
        hypothesis="Rows and columns are independent.",
        statistic=x,
        statistic_name="χ²",
        p=p,
        again=again,
        way=GAMMA,
        degrees=(degrees,),
        exact=False,
        effect=size,
        effect_name="Cramér's V",
        estimate=size,
        estimate_name="Cramér's V",
        power=enough(POWER / math.sqrt(total), "an effect w"),
        assumptions=[_large(expected)],
        method="Pearson's χ², without a correction of continuity",
        source="Pearson, Phil. Mag. 50 (1900), 157-175; Cramér, Mathematical Methods of Statistics (1946), 21",
        notes=["The p-value is the limit of large counts."],
    )


def fit(request: HypothesisRequest, seen: Array, wanted: Array) -> Outcome:
    """χ² of counts against those expected; without any, against equal ones."""
    _require_counts(seen, "first")
    require(seen, 2, "first", request.test)
    if len(wanted) and (len(wanted) != len(seen) or np.any(wanted <= 0)):
        raise InvalidRequest(
            f"There are {len(seen)} counts and {len(wanted)} expected ones.",
            field="second",
            value=wanted.tolist(),
            remedy="Give an expected count above 0, or a share, for each, or none for equal ones.",
        )
    total = float(np.sum(seen))
    if total == 0:
        raise InvalidRequest("Nothing was counted.", field="first", remedy="Give counts.")
    expected = wanted / np.sum(wanted) * total if len(wanted) else np.full(len(seen), total / len(seen))
    x = float(np.sum((seen - expected) ** 2 / expected))
    p, again = chi_square(x, len(seen) - 1)
    size = math.sqrt(x / total)
    return Outcome(
        hypothesis="The counts are as expected" + ("." if len(wanted) else ": all equal."),
        statistic=x,
        statistic_name="χ²",
        p=p,
        again=again,
        way=GAMMA,
        degrees=(len(seen) - 1,),
        exact=False,
        effect=size,
        effect_name="Cohen's w",
        estimate=size,
        estimate_name="Cohen's w",
        power=enough(POWER / math.sqrt(total), "an effect w"),
        assumptions=[_large(expected)],
        method="Pearson's χ² of fit",
        source="Pearson, Phil. Mag. 50 (1900), 157-175",
        notes=["The p-value is the limit of large counts."],
    )


def _large(expected: Array) -> Assumption:
    least = float(np.min(expected))
    return Assumption(
        name="expected counts of 5 and more",
        holds=least >= 5,  # noqa: PLR2004 - Cochran 1954
        detail=f"the least is {least:.3g}; below 5 the limit is rough"
        + (", Fisher's test is exact" if least < 5 else ""),  # noqa: PLR2004
    )


def fisher_exact(request: HypothesisRequest, table: Array) -> Outcome:
    """Fisher's exact test of two rows and two columns."""
    _require_counts(table, "table")
    if table.shape != (2, 2):
        raise InvalidRequest(
            f"Fisher's test is of a table of 2 × 2; this one is {table.shape[0]} × {table.shape[1]}.",
            field="table",
            value=table.tolist(),
            remedy="Use the chi-square test, or give two rows of two counts.",
        )
    (a, b), (c, d) = ([int(one) for one in row] for row in table)
    odds = stats.fisher_exact([[a, b], [c, d]], alternative=request.alternative)
    ratio = a * d / (b * c) if b * c else math.inf
    if math.isinf(ratio):
        ratio = 1e308 if a * d else 1.0
    adjusted = (a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))
    error = math.sqrt(sum(1 / (one + 0.5) for one in (a, b, c, d)))
    z = float(stats.norm.ppf((1 + request.confidence) / 2))
    again = _hypergeometric(a, b, c, d, request.alternative)
    return Outcome(
        hypothesis="The odds are the same in both rows.",
        statistic=ratio,
        statistic_name="odds ratio",
        p=float(odds.pvalue),
        again=again,
        way="sum of exact fractions",
        effect=math.log(adjusted),
        effect_name="logarithm of the odds ratio (Haldane)",
        estimate=adjusted,
        estimate_name="odds ratio, each count half larger (Haldane)",
        low=math.exp(math.log(adjusted) - z * error),
        high=math.exp(math.log(adjusted) + z * error),
        power=enough(POWER * error, "a logarithm of the odds ratio"),
        assumptions=[
            Assumption(name="fixed sums of rows and columns", holds=None, detail="the test is conditional on them")
        ],
        method="Fisher's exact test",
        source="Fisher, J. R. Stat. Soc. 98 (1935), 39-82",
    )


def _hypergeometric(a: int, b: int, c: int, d: int, alternative: str) -> float | None:
    """The same p-value as a sum of fractions; None where it would be long."""
    row, column, total = a + b, a + c, a + b + c + d
    low, high = max(0, row + column - total), min(row, column)
    if high - low > MOST_SUMMED or total > 5000:  # noqa: PLR2004 - binomials of thousands of digits
        return None
    ways = {k: math.comb(column, k) * math.comb(total - column, row - k) for k in range(low, high + 1)}
    every = sum(ways.values())
    if alternative == "greater":
        chosen = sum(way for k, way in ways.items() if k >= a)
    elif alternative == "less":
        chosen = sum(way for k, way in ways.items() if k <= a)
    else:
        chosen = sum(way for way in ways.values() if way <= ways[a])
    return float(Fraction(chosen, every))


def binomial(request: HypothesisRequest) -> Outcome:
    """The exact binomial test, with Clopper and Pearson's interval."""
    assert request.successes is not None
    assert request.trials is not None
    k, n, q = request.successes, request.trials, request.probability
    result = stats.binomtest(k, n, q, alternative=request.alternative)
    interval = stats.binomtest(k, n, q).proportion_ci(request.confidence, method="exact")
    share = k / n
    return Outcome(
        hypothesis=f"The chance is {q:g}.",
        statistic=float(k),
        statistic_name="successes",
        p=float(result.pvalue),
        again=_binomial_again(k, n, q, request.alternative),
        way="sum of the chances in 30 digits",
        effect=2 * math.asin(math.sqrt(share)) - 2 * math.asin(math.sqrt(q)),
        effect_name="Cohen's h",
        estimate=share,
        estimate_name="share",
        low=float(interval.low),
        high=float(interval.high),
        power=enough(POWER / math.sqrt(n), "Cohen's h"),
        assumptions=[Assumption(name="independent trials", holds=None, detail="of one chance")],
        method="exact binomial test",
        source="Clopper & Pearson, Biometrika 26 (1934), 404-413",
    )


def _binomial_again(k: int, n: int, q: float, alternative: str) -> float | None:
    if n > MOST_SUMMED:
        return None
    with mpmath.workdps(30):
        chance = mpmath.mpf(q)
        terms: list[Any] = []  # Any: mpmath has no types
        term = (1 - chance) ** n
        for i in range(n + 1):
            terms.append(term)
            term = term * (n - i) / (i + 1) * chance / (1 - chance)
        if alternative == "greater":
            return float(mpmath.fsum(terms[k:]))
        if alternative == "less":
            return float(mpmath.fsum(terms[: k + 1]))
        return float(mpmath.fsum(one for one in terms if one <= terms[k] * (1 + mpmath.mpf("1e-7"))))


def shapiro(request: HypothesisRequest, a: Array) -> Outcome:
    """Shapiro and Wilk's test of normality, with D'Agostino and Pearson's beside it."""
    require(a, 3, "first", request.test)
    if len(a) > 5000 or np.ptp(a) == 0:  # noqa: PLR2004 - Royston's limit
        raise InvalidRequest(
            "The test is of 3 to 5000 numbers that differ.", field="first", remedy="Give a part of the sample."
        )
    result = stats.shapiro(a)
    notes = ["The p-value is Royston's approximation, good to about two digits."]
    if len(a) >= 20:  # noqa: PLR2004 - what the other test wants
        notes.append(
            f"D'Agostino and Pearson's test, of skewness and kurtosis, gives p = {stats.normaltest(a).pvalue:.3g}."
        )
    skewness = float(stats.skew(a, bias=False))
    return Outcome(
        hypothesis="The numbers are drawn from a normal distribution.",
        statistic=float(result.statistic),
        statistic_name="W",
        p=float(result.pvalue),
        again=None,
        way="",
        exact=False,
        effect=skewness,
        effect_name="skewness",
        estimate=skewness,
        estimate_name="skewness",
        power="A small sample is hardly ever told from a normal one: that it is not rejected proves nothing.",
        assumptions=[Assumption(name="independent numbers", holds=None, detail="")],
        method="Shapiro-Wilk",
        source="Shapiro & Wilk, Biometrika 52 (1965), 591-611; Royston, Appl. Stat. 44 (1995), 547-551",
        notes=notes,
    )
