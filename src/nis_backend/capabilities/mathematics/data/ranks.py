"""Tests of ranks: Mann and Whitney, Wilcoxon, Kruskal and Wallis, and correlations."""

from __future__ import annotations

import math
from importlib import import_module
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.data.means import POWER, normality, require
from nis_backend.capabilities.mathematics.data.outcomes import BETA, GAMMA, Outcome, chi_square, enough, normal, student
from nis_backend.capabilities.mathematics.data.samples import Assumption, HypothesisRequest
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.data.outcomes import Array
    from nis_backend.capabilities.mathematics.data.samples import Alternative

stats: Any = import_module("scipy.stats")  # Any: scipy has no types

MOST_EXACT = 200_000
"""Ways to divide or sign that are gone through one by one; what has no ties is counted by recursion for more."""
PERMUTED = 8
"""Pairs whose orders are gone through one by one: 40 320."""
COUNTED = 400
"""Product of two sizes up to which the distribution without ties is counted."""
EFFICIENCY = math.sqrt(3 / math.pi)
"""Of ranks against means, where the numbers are normal: what the power's effect is divided by."""


def mann_whitney(request: HypothesisRequest, a: Array, b: Array) -> Outcome:
    """The rank-sum test: exact for small samples, with ties too."""
    n, m = len(a), len(b)
    every = np.concatenate([a, b])
    ranks: Array = stats.rankdata(every)
    u = float(np.sum(ranks[:n])) - n * (n + 1) / 2
    p, again, way, exact, notes = _rank_sum(u, ranks, n, m, request.alternative)
    shift = np.sort(np.subtract.outer(a[:500], b[:500]).ravel())
    low, high = _walsh_ends(shift, n, m, request.confidence) if n <= 500 and m <= 500 else (None, None)  # noqa: PLR2004 - 250 000 pairs
    return Outcome(
        hypothesis="A number of the first is as likely above one of the second as below it.",
        statistic=u,
        statistic_name="U of the first sample",
        p=p,
        again=again,
        way=way,
        exact=exact,
        effect=2 * u / (n * m) - 1,
        effect_name="rank-biserial correlation",
        estimate=float(np.median(shift)),
        estimate_name="shift (Hodges-Lehmann)",
        low=low,
        high=high,
        power=enough(POWER * math.sqrt(1 / n + 1 / m) / EFFICIENCY, "a shift in standard deviations"),
        assumptions=[
            Assumption(
                name="the same shape",
                holds=None,
                detail="needed to read the shift as one of medians; the test itself needs independent numbers alone",
            )
        ],
        method="Mann-Whitney U",
        source="Mann & Whitney, Ann. Math. Stat. 18 (1947), 50-60; Hodges & Lehmann, ibid. 34 (1963), 598-611",
        notes=notes,
    )


def _rank_sum(
    u: float, ranks: Array, n: int, m: int, alternative: Alternative
) -> tuple[float, float | None, str, bool, list[str]]:
    """The p-value, the same by a second way, which way, whether it is exact, and what is to be noted."""
    ties = len(np.unique(ranks)) < len(ranks)
    if math.comb(n + m, n) <= MOST_EXACT:
        sums = np.array([sum(one) for one in combinations(ranks.tolist(), n)]) - n * (n + 1) / 2
        p = _of_many(sums, u, n * m / 2, alternative)
        again = None if ties else _counted(u, n, m, alternative)
        return p, again, "counted by recursion, against going through all divisions", True, []
    if not ties and n * m <= COUNTED:
        p = _counted(u, n, m, alternative)
        return p, _scipy_rank_sum(u, n, m, alternative), "scipy's count", True, []
    size = n + m
    _, counts = np.unique(ranks, return_counts=True)
    tied = float(np.sum(counts.astype(float) ** 3 - counts)) / (size * (size - 1))
    deviation = math.sqrt(n * m / 12 * (size + 1 - tied))
    if deviation == 0:
        raise InvalidRequest("All numbers are the same.", field="first", remedy="Give numbers that differ.")
    gap = u - n * m / 2
    z = _continuous(gap, alternative) / deviation
    p, again = normal(z, alternative)
    return (
        p,
        again,
        "error function in 30 digits",
        False,
        ["The p-value is the normal limit, with ties and continuity."],
    )


def _continuous(gap: float, alternative: Alternative) -> float:
    """A difference of whole numbers as a continuous one."""
    if alternative == "two-sided":
        return math.copysign(max(0.0, abs(gap) - 0.5), gap)
    return gap - 0.5 if alternative == "greater" else gap + 0.5


def _of_many(values: Array, seen: float, middle: float, alternative: Alternative) -> float:
    """The share of values at least as extreme as the one seen."""
    slack = 1e-9
    if alternative == "greater":
        return float(np.mean(values >= seen - slack))
    if alternative == "less":
        return float(np.mean(values <= seen + slack))
    return float(np.mean(np.abs(values - middle) >= abs(seen - middle) - slack))


def _counted(u: float, n: int, m: int, alternative: Alternative) -> float:
    """The share of divisions without ties, counted by Mann and Whitney's recursion."""
    counts = np.zeros(n * m + 1, dtype=object)
    counts[0] = 1
    # The generating function of U is a Gaussian binomial: product of (1 - q^(m+i))/(1 - q^i).
    for i in range(1, n + 1):
        for power in range(n * m, m + i - 1, -1):
            counts[power] -= counts[power - m - i]
        for power in range(i, n * m + 1):
            counts[power] += counts[power - i]
    total = math.comb(n + m, n)
    below = int(sum(counts[: math.floor(u) + 1]))
    above = int(sum(counts[math.ceil(u) :]))
    if alternative == "two-sided":
        return min(1.0, 2 * min(below, above) / total)
    return (above if alternative == "greater" else below) / total


def _scipy_rank_sum(u: float, n: int, m: int, alternative: Alternative) -> float:
    # Any samples with this U: the first one's numbers are put where they reach it.
    places = list(range(n))
    left = round(u)
    for i in reversed(range(n)):
        step = min(m, left)
        places[i] += step
        left -= step
    first = [float(one) for one in places]
    second = [float(one) for one in range(n + m) if one not in places]
    return float(stats.mannwhitneyu(first, second, alternative=alternative, method="exact").pvalue)


def _walsh_ends(shift: Array, n: int, m: int, confidence: float) -> tuple[float, float]:
    """The shift's interval, by the normal limit of U."""
    z = float(stats.norm.ppf((1 + confidence) / 2))
    place = max(0, math.floor(n * m / 2 - z * math.sqrt(n * m * (n + m + 1) / 12)))
    return float(shift[min(place, len(shift) - 1)]), float(shift[max(0, len(shift) - 1 - place)])


def wilcoxon(request: HypothesisRequest, a: Array) -> Outcome:
    """The signed-rank test of differences, zeros left out; exact for small samples, with ties too."""
    left = a[a != request.mean] - request.mean
    require(left, 1, "first", request.test)
    n = len(left)
    ranks: Array = stats.rankdata(np.abs(left))
    w = float(np.sum(ranks[left > 0]))
    total = float(np.sum(ranks))
    exact = n <= 200  # noqa: PLR2004 - a table of twice the rank sum
    notes: list[str] = []
    if n < len(a):
        notes.append(f"{len(a) - n} of {len(a)} are exactly {request.mean:g} and left out (Wilcoxon).")
    if exact:
        p = _signed(w, ranks, request.alternative)
        again, way = _signed_again(w, ranks, left, request.alternative)
    else:
        deviation = math.sqrt(float(np.sum(ranks**2)) / 4)
        p, again = normal(_continuous(w - total / 2, request.alternative) / deviation, request.alternative)
        way = "error function in 30 digits"
        notes.append("The p-value is the normal limit, with continuity.")
    walsh = np.add.outer(a[:1000], a[:1000])[np.triu_indices(min(len(a), 1000))] / 2
    return Outcome(
        hypothesis=f"The numbers lie evenly around {request.mean:g}.",
        statistic=w,
        statistic_name="W, ranks of the positive",
        p=p,
        again=again,
        way=way,
        exact=exact,
        effect=2 * w / total - 1,
        effect_name="rank-biserial correlation",
        estimate=float(np.median(walsh)),
        estimate_name="pseudo-median (Hodges-Lehmann)",
        power=enough(POWER / math.sqrt(n) / EFFICIENCY, "a shift in standard deviations"),
        assumptions=[Assumption(name="symmetric differences", holds=None, detail="look at their histogram")],
        method="Wilcoxon's signed ranks",
        source="Wilcoxon, Biometrics Bull. 1 (1945), 80-83; Pratt & Gibbons, Nonparametric Theory (1981), 3",
        notes=notes,
    )


def _signed(w: float, ranks: Array, alternative: Alternative) -> float:
    """The share of signs at least as extreme, counted over twice the ranks, which are whole."""
    doubled = [round(2 * one) for one in ranks.tolist()]
    counts = np.zeros(sum(doubled) + 1)
    counts[0] = 1.0
    for one in doubled:
        shifted = np.zeros_like(counts)
        shifted[one:] = counts[: len(counts) - one]
        counts = (counts + shifted) / 2
    seen = round(2 * w)
    below, above = float(np.sum(counts[: seen + 1])), float(np.sum(counts[seen:]))
    if alternative == "two-sided":
        return min(1.0, 2 * min(below, above))
    return above if alternative == "greater" else below


def _signed_again(w: float, ranks: Array, left: Array, alternative: Alternative) -> tuple[float | None, str]:
    n = len(left)
    if n <= 16:  # noqa: PLR2004 - 65 536 signs
        numbers = np.arange(2**n, dtype=np.int64)
        signs = np.stack([(numbers >> bit) & 1 for bit in range(n)], axis=1).astype(np.float64)
        sums = signs @ ranks
        below, above = float(np.mean(sums <= w + 1e-9)), float(np.mean(sums >= w - 1e-9))
        two = min(1.0, 2 * min(below, above))
        return {"two-sided": two, "greater": above, "less": below}[alternative], "all signs one by one"
    if len(np.unique(ranks)) == n <= 50:  # noqa: PLR2004 - what scipy counts
        return float(stats.wilcoxon(left, alternative=alternative, method="exact").pvalue), "scipy's count"
    return None, ""


def kruskal(request: HypothesisRequest, groups: list[Array]) -> Outcome:
    """Kruskal and Wallis, with ties; the p-value is χ²'s limit."""
    every = np.concatenate(groups)
    size = len(every)
    require(every, len(groups) + 1, "table", request.test)
    ranks: Array = stats.rankdata(every)
    _, counts = np.unique(every, return_counts=True)
    tied = 1 - float(np.sum(counts.astype(float) ** 3 - counts)) / (size**3 - size)
    if tied == 0:
        raise InvalidRequest("All numbers are the same.", field="table", remedy="Give numbers that differ.")
    ends = np.cumsum([len(one) for one in groups])
    parts = np.split(ranks, ends[:-1])
    h = (12 / (size * (size + 1)) * sum(float(np.sum(one)) ** 2 / len(one) for one in parts) - 3 * (size + 1)) / tied
    p, again = chi_square(max(0.0, h), len(groups) - 1)
    least = min(map(len, groups))
    return Outcome(
        hypothesis=f"All {len(groups)} groups are drawn from one distribution.",
        statistic=h,
        statistic_name="H",
        p=p,
        again=again,
        way=GAMMA,
        degrees=(len(groups) - 1,),
        exact=False,
        effect=max(0.0, (h - len(groups) + 1) / (size - len(groups))),
        effect_name="η² of ranks",
        estimate=float(max(np.median(one) for one in groups) - min(np.median(one) for one in groups)),
        estimate_name="difference of the largest and the least median",
        power=enough(POWER / math.sqrt(size / len(groups)) / EFFICIENCY, "a shift in standard deviations"),
        assumptions=[
            Assumption(
                name="groups of 5 and more",
                holds=least >= 5,  # noqa: PLR2004 - Kruskal & Wallis
                detail=f"the least has {least}; below 5 the limit of χ² is rough",
            )
        ],
        method="Kruskal-Wallis H",
        source="Kruskal & Wallis, J. Am. Stat. Assoc. 47 (1952), 583-621",
        notes=["The p-value is the limit of large samples."],
    )


def correlation(request: HypothesisRequest, a: Array, b: Array, *, ranks: bool) -> Outcome:
    """Pearson's r, or Spearman's of the ranks, with Fisher's interval."""
    require(a, 3, "first", request.test)
    x, y = (stats.rankdata(a), stats.rankdata(b)) if ranks else (a, b)
    x, y = x - np.mean(x), y - np.mean(y)
    size = math.sqrt(float(x @ x)) * math.sqrt(float(y @ y))
    if size == 0:
        raise InvalidRequest("One of the samples does not vary.", field="second", remedy="Give numbers that differ.")
    r = max(-1.0, min(1.0, float(x @ y) / size))
    n = len(a)
    sure = abs(r) > 1 - 1e-14
    t = math.copysign(1e308, r) if sure else r * math.sqrt((n - 2) / (1 - r * r))
    p, again = (_sure(r, request.alternative), None) if sure else student(t, n - 2, request.alternative)
    exact, notes = not ranks, ["The p-value is the limit of large samples."] if ranks else []
    if ranks and n <= PERMUTED:
        p, again, exact, notes = _permuted(x, y, r * size, request.alternative), None, True, []
    low = high = None
    if n > 3 and not sure:  # noqa: PLR2004 - what Fisher's interval divides by
        # Bonett & Wright: ranks spread a little more.
        spread = float(stats.norm.ppf((1 + request.confidence) / 2)) * math.sqrt(
            (1 + r * r / 2 if ranks else 1) / (n - 3)
        )
        low, high = math.tanh(math.atanh(r) - spread), math.tanh(math.atanh(r) + spread)
    return Outcome(
        hypothesis="The two are not correlated.",
        statistic=r,
        statistic_name="ρ" if ranks else "r",
        p=p,
        again=again,
        way=BETA,
        degrees=(n - 2,),
        exact=exact,
        effect=r * r,
        effect_name="share of the variance that a line explains" + (", of ranks" if ranks else ""),
        estimate=r,
        estimate_name="correlation of ranks" if ranks else "correlation",
        low=low,
        high=high,
        power=enough(math.tanh(POWER / math.sqrt(n - 3)) if n > 3 else math.inf, "a correlation"),  # noqa: PLR2004
        assumptions=[] if ranks else [normality(a, "first"), normality(b, "second")],
        method="Spearman's ρ" if ranks else "Pearson's r",
        source="Fisher, Biometrika 10 (1915), 507-521; Bonett & Wright, Psychometrika 65 (2000), 23-28",
        notes=notes,
    )


def _permuted(x: Array, y: Array, seen: float, alternative: Alternative) -> float:
    """The share of orders of the second that are correlated at least as much, gone through one by one."""
    orders = np.array(list(permutations(y.tolist())))
    return _of_many(orders @ x, seen, 0.0, alternative)


def _sure(r: float, alternative: Alternative) -> float:
    return 0.0 if alternative == "two-sided" or (r > 0) == (alternative == "greater") else 1.0
