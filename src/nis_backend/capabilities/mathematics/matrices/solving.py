"""Systems of linear equations: square, with more equations than unknowns, with fewer."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nis_backend.capabilities.mathematics.bounded import require_moderate
from nis_backend.capabilities.mathematics.matrices import rational
from nis_backend.capabilities.mathematics.matrices.tables import LinearSolution, LinearSystem
from nis_backend.capabilities.mathematics.receipts import ROUNDING, stated
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from nis_backend.numerics.receipt import Check

    Array = NDArray[np.float64]

linalg: Any = import_module("scipy.linalg")  # Any: scipy has no types

LU = "Gaussian elimination with partial pivoting and one step of refinement"
LU_SOURCE = "Higham, Accuracy and Stability of Numerical Algorithms (2002), 7.1, 9 and 12"
EXACT = "exact elimination over the fractions"
EXACT_SOURCE = "Gauss-Jordan elimination; Golub & Van Loan, Matrix Computations (2013), 3.2"
LEAST = "singular value decomposition"
LEAST_SOURCE = "Golub & Van Loan, Matrix Computations (2013), 5.3 and 5.5; Wedin, BIT 13 (1973), 217-232"


def solve(request: LinearSystem) -> LinearSolution:
    """The x that was asked for.

    Raises:
        InvalidRequest: the matrix lacks rank; the error says which rank it has, and whether any x fits.
    """
    a, b = np.array(request.matrix), np.array(request.right)
    require_moderate("matrix", [*(one for row in request.matrix for one in row), *request.right])
    fractions = rational.written([[*row, one] for row, one in zip(request.matrix, request.right, strict=True)])
    rank = _rank(a, fractions)
    if rank < min(a.shape) and not request.least_norm:
        raise _lacking(request, a, b, rank, fractions)
    if rank == len(b) == a.shape[1]:
        return _square(request, a, b, fractions)
    return _least(request, a, b, rank)


def threshold(values: Array, shape: tuple[int, ...]) -> float:
    """The singular value below which rounding alone may have made it."""
    return max(shape) * ROUNDING * float(values[0]) if len(values) else 0.0


def _rank(a: Array, fractions: rational.Rows | None) -> int:
    if fractions is not None:
        return rational.rank([row[:-1] for row in fractions])
    values: Array = np.linalg.svd(a, compute_uv=False).astype(np.float64)
    return int(np.sum(values > threshold(values, a.shape)))


def _lacking(request: LinearSystem, a: Array, b: Array, rank: int, fractions: rational.Rows | None) -> InvalidRequest:
    """The failure that says the rank, and whether there are many solutions or none."""
    rows, columns = a.shape
    what = ("singular" if rows == columns else "short of rank") + ("" if fractions else " within rounding")
    if fractions is not None:
        fits = rational.consistent([row[:-1] for row in fractions], [row[-1] for row in fractions])
    else:
        x = np.linalg.lstsq(a, b, rcond=None)[0]
        fits = float(np.linalg.norm(a @ x - b)) <= 1e-10 * float(np.linalg.norm(b))
    if fits:
        many, remedy = "the equations agree, so there are infinitely many solutions", "the shortest of them"
    else:
        many, remedy = "the equations contradict each other, so there is none", "the x that misses least"
    return InvalidRequest(
        f"The matrix is {what}: its rank is {rank} of {min(rows, columns)}; {many}.",
        field="matrix",
        value=request.matrix,
        remedy=f"Set least_norm to true for {remedy}, or give independent equations.",
    )


def _square(request: LinearSystem, a: Array, b: Array, fractions: rational.Rows | None) -> LinearSolution:
    values = np.linalg.svd(a, compute_uv=False)
    condition = float(values[0] / values[-1]) if values[-1] else math.inf
    exact = rational.solve([row[:-1] for row in fractions], [row[-1] for row in fractions]) if fractions else None
    if exact is not None:
        return _exactly(request, a, b, exact, condition)
    x, error = _eliminate(a, b)
    size = float(np.max(np.abs(x)))
    return _answer(
        request,
        x,
        kind="unique",
        rank=len(b),
        condition=condition,
        method=LU,
        source=LU_SOURCE,
        reached=max(error / size, ROUNDING) if size else 0.0,
        estimate="the residual, through the inverse (Higham 7.27)",
        checks=_square_checks(a, x, b, error, condition),
    )


def _eliminate(a: Array, b: Array) -> tuple[Array, float]:
    """The x of a square system, and a bound on its largest error."""
    factors = linalg.lu_factor(a, check_finite=False)
    x: Array = linalg.lu_solve(factors, b, check_finite=False)
    # The residual in the longer format of the processor, where it has one: it cancels in doubles.
    x = x + linalg.lu_solve(factors, np.asarray(_residual(a, x, b), dtype=float), check_finite=False)
    return x, _forward(a, x, b, factors)


def _exactly(request: LinearSystem, a: Array, b: Array, exact: list[Fraction], condition: float) -> LinearSolution:
    """Numbers that are short: worked out over the fractions, with elimination in doubles beside it."""
    x = np.array([float(one) for one in exact])
    texts = rational.told([exact])
    checks: list[Check] = []
    if condition * ROUNDING < 1e-3:  # noqa: PLR2004 - beyond, doubles say nothing
        other, error = _eliminate(a, b)
        worst = int(np.argmax(np.abs(other - x)))
        # What was written as 0.1 is no double: the elimination's answer may differ by that as well.
        allowed = 2 * error + 4 * condition * ROUNDING * float(np.max(np.abs(x)))
        checks = [compare(f"x{worst + 1}, {LU}", float(x[worst]), float(other[worst]), "", allowed=allowed)]
    return _answer(
        request,
        x,
        kind="unique",
        rank=len(b),
        condition=condition,
        texts=texts[0] if texts else None,
        method=EXACT,
        source=EXACT_SOURCE,
        reached=0.0,
        estimate="exact",
        checks=checks,
    )


def _residual(a: Array, x: Array, b: Array) -> Any:  # Any: numpy's long double
    return b.astype(np.longdouble) - a.astype(np.longdouble) @ x.astype(np.longdouble)


def _forward(a: Array, x: Array, b: Array, factors: Any) -> float:
    """A bound on the largest error of x: |A⁻¹|·(|r| + what r itself was rounded by)."""
    inverse = np.abs(linalg.lu_solve(factors, np.eye(len(b)), check_finite=False))
    rounded = (len(b) + 1) * float(np.finfo(np.longdouble).eps) * (np.abs(a) @ np.abs(x) + np.abs(b))
    residual = np.abs(np.asarray(_residual(a, x, b), dtype=float))
    return float(np.max(inverse @ (residual + rounded + 1e-300))) + ROUNDING * float(np.max(np.abs(x)))


def _square_checks(a: Array, x: Array, b: Array, error: float, condition: float) -> list[Check]:
    place = int(np.argmax(np.abs(x)))
    size = float(abs(x[place]))
    q, r = np.linalg.qr(a)
    other = linalg.solve_triangular(r, q.T @ b, check_finite=False)
    allowed = 2 * error + 20 * len(b) * condition * ROUNDING * size
    return [compare(f"x{place + 1}, QR by reflections", float(x[place]), float(other[place]), "", allowed=allowed)]


def _least(request: LinearSystem, a: Array, b: Array, rank: int) -> LinearSolution:
    """Least squares and least norm by singular values; those below the rank count as 0."""
    u, values, v = np.linalg.svd(a, full_matrices=False)
    inverted = np.zeros_like(values)
    inverted[:rank] = 1 / values[:rank]
    x = v.T @ (inverted * (u.T @ b))
    condition = float(values[0] / values[rank - 1]) if rank else 1.0  # of a matrix of zeros nothing counts
    residual = float(np.linalg.norm(b - a @ x))
    size = float(np.linalg.norm(x))
    steep = residual / (float(values[0]) * size) if size else 0.0
    # Wedin: the error grows with the condition, and with its square times what is left over.
    reached = ROUNDING + 4 * max(a.shape) * ROUNDING * (condition + condition**2 * steep)
    fits = residual <= 1e3 * max(a.shape) * ROUNDING * (float(np.linalg.norm(b)) + float(values[0]) * size)
    kind: Literal["unique", "least squares", "least norm"] = "least norm" if rank < a.shape[1] else "least squares"
    if rank == a.shape[1] and fits:
        kind = "unique"
    return _answer(
        request,
        x,
        kind=kind,
        rank=rank,
        condition=condition,
        method=f"{kind if kind != 'unique' else 'least squares'} by {LEAST}",
        source=LEAST_SOURCE,
        reached=reached,
        estimate="the condition number (Wedin)",
        checks=_least_checks(a, x, b, rank, reached),
    )


def _least_checks(a: Array, x: Array, b: Array, rank: int, reached: float) -> list[Check]:
    scale = max(float(np.linalg.norm(a)) * float(np.linalg.norm(b)), 1e-300)
    left = float(np.max(np.abs(a.T @ (b - a @ x)))) / scale
    checks = [compare("what is left over, along the columns of A", left, 0.0, "", allowed=1e-10)]
    q, r, order = linalg.qr(a.T if rank == len(b) < a.shape[1] else a, mode="economic", pivoting=True)
    if rank == a.shape[1]:
        other = np.empty_like(x)
        other[order] = linalg.solve_triangular(r, q.T @ b, check_finite=False)
    elif rank == len(b):
        other = q @ linalg.solve_triangular(r, b[order], trans=1, check_finite=False)
    else:
        return checks
    place = int(np.argmax(np.abs(x)))
    size = float(np.linalg.norm(x))
    name = f"x{place + 1}, QR with pivoting"
    return [*checks, compare(name, float(x[place]), float(other[place]), "", allowed=(4 * reached + 1e-14) * size)]


def _answer(  # noqa: PLR0913 - each is one line of the answer
    request: LinearSystem,
    x: Array,
    *,
    kind: Literal["unique", "least squares", "least norm"],
    rank: int,
    condition: float,
    texts: list[str] | None = None,
    method: str,
    source: str,
    reached: float,
    estimate: str,
    checks: list[Check],
) -> LinearSolution:
    a, b = np.array(request.matrix), np.array(request.right)
    residual = float(np.linalg.norm(b - a @ x))
    scale = float(np.linalg.norm(a, 2)) * float(np.linalg.norm(x)) + float(np.linalg.norm(b))
    digits = max(0, min(16, math.floor(-math.log10(max(condition, 1.0) * ROUNDING))))
    notes = [f"The condition number leaves {digits} digits that mean something."] if digits < 8 else []  # noqa: PLR2004 - half of them
    return LinearSolution(
        solution=x.tolist(),
        exact=texts,
        kind=kind,
        rows=a.shape[0],
        columns=a.shape[1],
        rank=rank,
        free=a.shape[1] - rank,
        condition=min(condition, 1e308),
        backward_error=residual / scale if scale and kind == "unique" else 0.0,
        residual=residual,
        digits=digits,
        receipt=stated(
            method=method,
            error_of="any number of x, relative to the largest",
            asked=request.tolerance,
            reached=reached,
            estimate=estimate,
            source=source,
            checks=checks,
            residual=residual,
            residual_of="length of b - A·x",
            cost=Cost(evaluations=1, of="factorisations", unknowns=a.shape[1]),
            notes=notes,
        ),
    )
