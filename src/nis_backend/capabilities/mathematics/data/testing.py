"""Tests of hypotheses: which one is made of which numbers, and its receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from nis_backend.capabilities.mathematics.bounded import require_moderate
from nis_backend.capabilities.mathematics.data import counts, means, ranks
from nis_backend.capabilities.mathematics.data.samples import Hypothesis, HypothesisRequest, TestResult
from nis_backend.capabilities.mathematics.receipts import ROUNDING, stated
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.data.outcomes import Outcome


def examine(request: HypothesisRequest) -> TestResult:
    """The test that was asked for."""
    numbers = [*request.first, *request.second, *(one for row in request.table for one in row), request.mean]
    require_moderate("first", numbers)
    found = _made(request)
    away = abs(found.p - found.again) if found.again is not None else 0.0
    checks = []
    if found.again is not None:
        name = f"p-value, {found.way}"
        checks = [compare(name, found.p, found.again, "", allowed=1e-9 + 1e-7 * found.again)]
    return TestResult(
        test=request.test,
        hypothesis=found.hypothesis,
        statistic=found.statistic,
        statistic_name=found.statistic_name,
        degrees=list(found.degrees),
        p_value=min(1.0, max(0.0, found.p)),
        exact=found.exact,
        rejected=found.p < 1 - request.confidence,
        effect=found.effect,
        effect_name=found.effect_name,
        estimate=found.estimate,
        estimate_name=found.estimate_name,
        low=found.low,
        high=found.high,
        power=found.power,
        assumptions=found.assumptions,
        receipt=stated(
            method=found.method,
            error_of="the p-value, of the distribution named" + ("" if found.exact else ", which is a limit"),
            asked=request.tolerance,
            reached=max(away, 100 * ROUNDING) if found.again is not None else _untold(request.test),
            estimate="a second way" if found.again is not None else "what the method's source states",
            source=found.source,
            checks=checks,
            notes=found.notes,
        ),
    )


def _untold(test: Hypothesis) -> float:
    """The error of a p-value that has no second way here: Royston's approximation, or one counted."""
    return 0.005 if test is Hypothesis.NORMALITY else 1e-12


def _made(request: HypothesisRequest) -> Outcome:  # noqa: C901, PLR0911, PLR0912 - one a test
    a, b = np.array(request.first), np.array(request.second)
    rows = [np.array(one) for one in request.table]
    match request.test:
        case Hypothesis.ONE_SAMPLE:
            return means.one_sample(request, a)
        case Hypothesis.PAIRED:
            return means.one_sample(request, a - b, pairs=True)
        case Hypothesis.TWO_SAMPLE:
            return means.two_samples(request, a, b, equal=True)
        case Hypothesis.WELCH:
            return means.two_samples(request, a, b, equal=False)
        case Hypothesis.MANN_WHITNEY:
            return ranks.mann_whitney(request, a, b)
        case Hypothesis.WILCOXON:
            if len(b) and len(b) != len(a):
                raise InvalidRequest("Pairs have as many numbers each.", field="second", remedy="Give pairs.")
            return ranks.wilcoxon(request, a - b if len(b) else a)
        case Hypothesis.ANOVA:
            return means.variance(request, rows)
        case Hypothesis.KRUSKAL:
            return ranks.kruskal(request, rows)
        case Hypothesis.CHI_SQUARE:
            return counts.independence(request, np.array(request.table)) if rows else counts.fit(request, a, b)
        case Hypothesis.FISHER:
            return counts.fisher_exact(request, np.array(request.table))
        case Hypothesis.BINOMIAL:
            return counts.binomial(request)
        case Hypothesis.PEARSON | Hypothesis.SPEARMAN:
            return ranks.correlation(request, a, b, ranks=request.test is Hypothesis.SPEARMAN)
        case Hypothesis.NORMALITY:
            return counts.shapiro(request, a)
        case _:
            assert_never(request.test)
