"""Curves fitted by least squares: polynomials in many digits, others by Levenberg and Marquardt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.bounded import require_moderate
from nis_backend.capabilities.mathematics.data.curves import (
    CurveFit,
    Fitted,
    FittedCurve,
    Parameter,
    Residuals,
    Shape,
)
from nis_backend.capabilities.mathematics.data.descent import Family, descend
from nis_backend.capabilities.mathematics.data.guesses import model_of
from nis_backend.capabilities.mathematics.receipts import ROUNDING, stated
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import compare, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]

stats: Any = import_module("scipy.stats")  # Any: scipy has no types
mpmath: Any = import_module("mpmath")  # Any: it has no types

DIGITS = 60
"""Digits of a polynomial's normal equations: their condition number is the square of the powers'."""
MOST_IN_DIGITS = 4000
"""Numbers of a matrix of powers that is worked out in that many digits; a larger one in doubles, by QR."""
SHOWN = 2000
"""Residuals in the answer."""


@dataclass(frozen=True, kw_only=True)
class Solution:
    """Best parameters: `error` is how far the computation may be off, relative to each."""

    values: Array
    error: float
    estimate: str
    method: str
    source: str
    checks: list[Check]
    work: Cost


def fit(request: CurveFit, tell: Callable[[float, str], None] = silent) -> Fitted:
    """The curve that was asked for; `tell` hears how far it is."""
    require_moderate("x", request.x)
    require_moderate("y", request.y)
    x, y = np.array(request.x), np.array(request.y)
    weights = 1 / np.array(request.uncertainties) if request.uncertainties else np.ones(len(x))
    model = model_of(request, x, y)
    if len(set(request.x)) < len(model.names) or len(x) <= len(model.names) - 1:
        raise InvalidRequest(
            f"{len(model.names)} parameters want at least as many different x; there are {len(set(request.x))}.",
            field="x",
            value=len(set(request.x)),
            remedy="Give more points, or a curve with fewer parameters.",
        )
    if request.shape is Shape.POLYNOMIAL:
        solution = _polynomial(request.degree, x, y, weights)
    else:
        solution = _curved(model, x, y, weights, tell)
    return _told(request, model, solution, x, y, weights)


def _polynomial(degree: int, x: Array, y: Array, weights: Array) -> Solution:
    """The normal equations in 60 digits; of many points, QR of Chebyshev's polynomials in doubles."""
    scaled = np.polynomial.Chebyshev.fit(x, y, degree, w=weights)
    by_qr = _padded(scaled.convert(kind=np.polynomial.Polynomial), degree)
    source = (
        "NIST/SEMATECH e-Handbook of Statistical Methods, 4.1.4; Björck, Numerical Methods for Least Squares (1996)"
    )
    if len(x) * (degree + 1) > MOST_IN_DIGITS:
        condition = float(np.linalg.cond(np.vander(x, degree + 1, increasing=True) * weights[:, None]))
        gap = _apart(by_qr, _padded(np.polynomial.Polynomial.fit(x, y, degree, w=weights).convert(), degree))
        return Solution(
            values=by_qr,
            error=10 * max(gap, len(x) ** 0.5 * ROUNDING * min(condition, 1e16)),
            estimate="the condition number, and the same in another basis",
            method="QR in Chebyshev's polynomials",
            source=source,
            checks=[],
            work=Cost(evaluations=1, of="factorisations", unknowns=degree + 1),
        )
    values = _in_digits(degree, x, y, weights)
    checks: list[Check] = []
    curve = np.polynomial.Polynomial(values)(x)
    size = float(np.max(np.abs(curve))) or 1.0
    spread = float(np.max(np.abs(curve - scaled(x))))
    terms = float(np.max(np.abs(np.vander(x, degree + 1, increasing=True)) @ np.abs(values)))
    allowed = 1e-9 * size + 40 * ROUNDING * terms
    checks.append(compare("the curve at the points, QR in Chebyshev's polynomials", spread, 0.0, "", allowed=allowed))
    return Solution(
        values=values,
        error=ROUNDING,
        estimate=f"{DIGITS} digits, rounded once",
        method=f"normal equations in {DIGITS} digits",
        source=source,
        checks=checks,
        work=Cost(evaluations=1, of="solutions of the normal equations", unknowns=degree + 1),
    )


def _padded(polynomial: Any, degree: int) -> Array:  # Any: a polynomial of numpy's
    """Its coefficients, with those that numpy leaves out as 0."""
    found = np.asarray(polynomial.coef, dtype=np.float64)
    return np.concatenate([found, np.zeros(degree + 1 - len(found))])


def _in_digits(degree: int, x: Array, y: Array, weights: Array) -> Array:
    with mpmath.workdps(DIGITS):
        places = [mpmath.mpf(one) for one in x.tolist()]
        heavy = [mpmath.mpf(one) ** 2 for one in weights.tolist()]
        heights = [mpmath.mpf(one) for one in y.tolist()]
        powers = [heavy]
        for _ in range(2 * degree):
            powers.append([a * b for a, b in zip(powers[-1], places, strict=True)])
        sums = [mpmath.fsum(one) for one in powers]
        right = [mpmath.fsum(a * b for a, b in zip(power, heights, strict=True)) for power in powers[: degree + 1]]
        matrix = mpmath.matrix([[sums[i + j] for j in range(degree + 1)] for i in range(degree + 1)])
        solution = mpmath.lu_solve(matrix, mpmath.matrix(right))
        return np.array([float(one) for one in solution])


def _curved(model: Family, x: Array, y: Array, weights: Array, tell: Callable[[float, str], None]) -> Solution:
    """Levenberg and Marquardt from several starts, then Gauss and Newton until the steps are rounding."""
    found = descend(model, x, y, weights, tell)
    floor = 1e-28 * float(np.sum((weights * y) ** 2)) + 1e-300
    # A second way that ended higher has found another valley, and says nothing against this one.
    checks = [compare("sum of squares, dogleg", found.squares, found.again, "", allowed=1e-6 * found.squares + floor)]
    if found.again > found.squares * (1 + 1e-6) + floor:
        checks = []
    return Solution(
        values=found.values,
        error=found.error,
        estimate="the last step of Gauss and Newton, and the rounding of the gradient through the Hessian",
        method=f"Levenberg-Marquardt from {found.starts} starts, then Gauss-Newton",
        source="Moré, Lecture Notes in Math. 630 (1978), 105-116; Nocedal & Wright, Numerical Optimization (2006), 10",
        checks=checks,
        work=Cost(evaluations=found.evaluations, of="evaluations of the curve", unknowns=len(found.values)),
    )


def _apart(a: Array, b: Array) -> float:
    return float(np.max(np.abs(a - b) / np.maximum(np.abs(a), 1e-300)))


def _told(  # noqa: PLR0913, PLR0917 - each is one thing that the answer is made of
    request: CurveFit, model: Family, solution: Solution, x: Array, y: Array, weights: Array
) -> Fitted:
    values = solution.values
    left = weights * (y - model.value(x, values))
    jacobian = weights[:, None] * model.slopes(x, values)
    degrees = len(x) - len(values)
    squares = math.fsum((left**2).tolist())
    variance = squares / degrees if degrees else 0.0
    covariance, singular = _covariance(jacobian, variance)
    errors = np.sqrt(np.diag(covariance))
    wide = float(stats.t.ppf((1 + request.confidence) / 2, degrees)) if degrees else 0.0
    grid = np.linspace(float(np.min(x)), float(np.max(x)), request.points)
    line = model.value(grid, values)
    slopes = model.slopes(grid, values)
    band = wide * np.sqrt(np.maximum(0.0, np.einsum("ij,jk,ik->i", slopes, covariance, slopes)))
    notes = [*model.notes]
    if not degrees:
        notes.append("There are as many parameters as points: the curve passes through all, and no error is known.")
    if singular:
        notes.append("Some parameters cannot be told apart by these points: their standard errors mean nothing.")
    order = np.argsort(x)
    total = math.fsum(((weights * (y - np.average(y, weights=weights**2))) ** 2).tolist())
    tests = _residual_tests(left[order])
    if tests[0] is not None and tests[0] < 0.01:  # noqa: PLR2004 - one in a hundred
        notes.append("What is left over has a pattern along x: another shape would fit better.")
    gradient = float(np.max(np.abs(jacobian.T @ left)))
    return Fitted(
        formula=model.text,
        parameters=[
            Parameter(
                name=name,
                value=float(values[i]),
                standard_error=float(errors[i]),
                low=float(values[i] - wide * errors[i]),
                high=float(values[i] + wide * errors[i]),
            )
            for i, name in enumerate(model.names)
        ],
        count=len(x),
        degrees=degrees,
        residual_deviation=math.sqrt(variance),
        sum_of_squares=squares,
        r_squared=1 - squares / total if total else None,
        aic=len(x) * math.log(squares / len(x)) + 2 * (len(values) + 1) if squares > 0 else None,
        runs_p=tests[0],
        normal_p=tests[1],
        durbin_watson=tests[2],
        curve=FittedCurve(x=grid.tolist(), y=line.tolist(), low=(line - band).tolist(), high=(line + band).tolist()),
        residuals=Residuals(x=x[order][:SHOWN].tolist(), left=left[order][:SHOWN].tolist()),
        receipt=stated(
            method=solution.method,
            error_of="a parameter, relative, by the computation; what the points leave open is its standard error",
            asked=request.tolerance,
            reached=math.inf if singular else solution.error,
            estimate=solution.estimate,
            source=solution.source,
            checks=solution.checks,
            residual=gradient,
            residual_of="gradient of half the sum of squares",
            cost=solution.work,
            notes=notes,
        ),
    )


def _covariance(jacobian: Array, variance: float) -> tuple[Array, bool]:
    """s²·(JᵀJ)⁻¹ by singular values of scaled columns, and whether these are dependent."""
    scale = np.sqrt(np.sum(jacobian**2, axis=0))
    scale[scale == 0] = 1.0
    _, values, v = np.linalg.svd(jacobian / scale, full_matrices=False)
    singular = bool(values[-1] <= 1e-14 * values[0])
    inverse = v.T / np.maximum(values, 1e-150)
    return variance * (inverse @ inverse.T) / np.outer(scale, scale), singular


def _residual_tests(left: Array) -> tuple[float | None, float | None, float | None]:
    """Runs of signs (Wald & Wolfowitz), Shapiro-Wilk, Durbin-Watson; None where there is too little, or no rest."""
    above = int(np.sum(left > 0))
    below = int(np.sum(left < 0))
    n = above + below
    runs_p = normal_p = watson = None
    if above > 4 and below > 4:  # noqa: PLR2004 - where the normal limit holds roughly
        runs = 1 + int(np.sum(np.diff(np.sign(left[left != 0])) != 0))
        mean = 2 * above * below / n + 1
        variance = (mean - 1) * (mean - 2) / (n - 1)
        runs_p = 2 * float(stats.norm.sf(abs(runs - mean) / math.sqrt(variance)))
    if 3 <= len(left) <= 5000 and np.ptp(left) > 0:  # noqa: PLR2004 - Royston's limits
        normal_p = float(stats.shapiro(left).pvalue)
    if float(np.sum(left**2)) > 0:
        watson = float(np.sum(np.diff(left) ** 2) / np.sum(left**2))
    return runs_p, normal_p, watson
