"""What a matrix is made of: determinant, inverse, rank, eigenvalues, singular values, and factors."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from nis_backend.capabilities.mathematics.bounded import require_moderate
from nis_backend.capabilities.mathematics.matrices import rational
from nis_backend.capabilities.mathematics.matrices.eigenvalues import decompose as eigen
from nis_backend.capabilities.mathematics.matrices.found import Found, dense, largest, require_square
from nis_backend.capabilities.mathematics.matrices.solving import threshold
from nis_backend.capabilities.mathematics.matrices.tables import Factor, MatrixParts, MatrixRequest, Part, Value
from nis_backend.capabilities.mathematics.receipts import ROUNDING, stated
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Cost
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.matrices.found import Array
    from nis_backend.numerics.receipt import Check

linalg: Any = import_module("scipy.linalg")  # Any: scipy has no types

GOLUB = "Golub & Van Loan, Matrix Computations (2013)"


def take_apart(request: MatrixRequest) -> MatrixParts:
    """The part that was asked for.

    Raises:
        InvalidRequest: the matrix has no such part: it is not square, singular, or not positive definite.
    """
    a = np.array(request.matrix)
    require_moderate("matrix", (one for row in request.matrix for one in row))
    fractions = rational.written(request.matrix)
    values: Array = np.linalg.svd(a, compute_uv=False).astype(np.float64)
    rank = rational.rank(fractions) if fractions else int(np.sum(values > threshold(values, a.shape)))
    with np.errstate(over="ignore"):
        found = _find(request.part, a, fractions, values, rank)
        determinant = _determinant(request.part, a, fractions, rank) if a.shape[0] == a.shape[1] else None
    condition = float(values[0] / values[-1]) if values[-1] > 0 and rank == min(a.shape) else None
    return MatrixParts(
        part=request.part,
        rows=a.shape[0],
        columns=a.shape[1],
        rank=rank,
        condition=condition if condition is not None and math.isfinite(condition) else None,
        determinant=determinant,
        exact=found.exact,
        values=found.values,
        factors=found.factors,
        defective=found.defective,
        receipt=stated(
            method=found.method,
            error_of=found.error_of,
            asked=request.tolerance,
            reached=found.reached,
            estimate=found.estimate,
            source=found.source,
            checks=found.checks,
            residual=found.residual,
            residual_of=found.residual_of,
            cost=Cost(evaluations=1, of="factorisations", unknowns=a.size),
            notes=found.notes,
        ),
    )


def _find(part: Part, a: Array, fractions: rational.Rows | None, values: Array, rank: int) -> Found:  # noqa: PLR0911 - one a part
    match part:
        case Part.DETERMINANT:
            return _determined(a, fractions, values)
        case Part.INVERSE:
            return _inverse(a, fractions, rank)
        case Part.RANK:
            return _ranked(a, fractions, values, rank)
        case Part.EIGENVALUES:
            require_square(a, "eigenvalues")
            return eigen(a, fractions)
        case Part.SINGULAR_VALUES:
            return _singular(a)
        case Part.LU:
            return _lu(a)
        case Part.QR:
            return _qr(a)
        case Part.CHOLESKY:
            return _cholesky(a)
        case Part.NULL_SPACE:
            return _null_space(a, fractions, rank)
        case _:
            assert_never(part)


def _determinant(part: Part, a: Array, fractions: rational.Rows | None, rank: int) -> float | None:
    if fractions:
        return float(rational.reduce(fractions)[2])
    value = float(np.linalg.det(a)) if rank == len(a) else 0.0
    if not math.isfinite(value):
        if part is not Part.DETERMINANT:
            return None
        raise InvalidRequest(
            "The determinant is beyond what a double holds.",
            field="matrix",
            remedy="Divide each row by a number, and multiply the determinant by the product of these.",
        )
    return value


def _determined(a: Array, fractions: rational.Rows | None, values: Array) -> Found:
    require_square(a, "determinant")
    by_elimination = float(np.linalg.det(a))
    size = float(np.prod(values))
    if fractions:
        exact = rational.reduce(fractions)[2]
        text = str(exact)
        # An elimination's rounding is that of the largest product of pivots it could have had.
        allowed = 16 * len(a) * ROUNDING * math.prod(np.sqrt(np.sum(a**2, axis=1)).tolist()) + 1e-300
        return Found(
            method="exact elimination over the fractions",
            source=f"Gauss-Jordan elimination; {GOLUB}, 3.2",
            error_of="determinant",
            exact=text if len(text) <= rational.SHOWN else "",
            checks=[compare("determinant by LU in doubles", float(exact), by_elimination, "", allowed=allowed)],
        )
    condition = float(values[0] / values[-1]) if values[-1] else math.inf
    return Found(
        method="LU with partial pivoting",
        source=f"{GOLUB}, 3.4; Higham, Accuracy and Stability of Numerical Algorithms (2002), 14.6",
        error_of="determinant, relative",
        reached=4 * len(a) * ROUNDING * condition,
        estimate="the condition number",
        checks=[
            compare(
                "its size, product of the singular values",
                abs(by_elimination),
                size,
                "",
                allowed=8 * len(a) * ROUNDING * condition * max(size, 1e-300),
            )
        ],
    )


def _inverse(a: Array, fractions: rational.Rows | None, rank: int) -> Found:
    require_square(a, "inverse")
    if rank < len(a):
        raise InvalidRequest(
            f"The matrix is singular{'' if fractions else ' within rounding'}: its rank is {rank} of {len(a)}, and it "
            "has no inverse.",
            field="matrix",
            value=a.tolist(),
            remedy="Ask for its null space or its singular values, or solve a system with least_norm.",
        )
    exact = rational.inverse(fractions) if fractions else None
    with np.errstate(all="ignore"):
        computed: Array = linalg.inv(a) if exact is None or _solvable(a) else np.full_like(a, math.nan)
    inverse: Any = (
        np.array([[float(one) for one in row] for row in exact]) if exact else computed
    )  # Any: of two libraries
    residual = float(np.linalg.norm(a @ inverse - np.eye(len(a)), 2))
    left = float(np.linalg.norm(computed @ a - np.eye(len(a)), 2)) if np.all(np.isfinite(computed)) else math.inf
    factor = Factor(name="inverse", rows=dense(inverse), exact=rational.told(exact) if exact else None)
    if exact:
        worst = np.unravel_index(int(np.argmax(np.abs(computed - inverse))), a.shape)
        allowed = 2 * (left + 4 * ROUNDING * np.linalg.cond(a)) * largest(inverse)
        checks = [
            compare(
                f"number {worst[0] + 1}, {worst[1] + 1} of it, LU in doubles",
                float(inverse[worst]),
                float(computed[worst]),
                "",
                allowed=allowed,
            )
        ]
        return Found(
            method="exact elimination over the fractions",
            source=f"Gauss-Jordan elimination; {GOLUB}, 3.2",
            error_of="any number of the inverse",
            factors=[factor],
            checks=checks if left < 1e-3 else [],  # noqa: PLR2004 - beyond, doubles say nothing
            residual=residual,
            residual_of="A·A⁻¹ - 1",
        )
    return Found(
        method="LU with partial pivoting",
        source="Higham, Accuracy and Stability of Numerical Algorithms (2002), 14",
        error_of="the inverse, relative, in the spectral norm",
        reached=left / (1 - left) + ROUNDING if left < 1 else math.inf,
        estimate="‖X·A - 1‖/(1 - ‖X·A - 1‖)",
        factors=[factor],
        checks=[
            compare(
                "trace of A·A⁻¹", float(np.trace(a @ inverse)), float(len(a)), "", allowed=len(a) * (residual + 1e-15)
            )
        ],
        residual=residual,
        residual_of="A·A⁻¹ - 1",
    )


def _solvable(a: Array) -> bool:
    """Whether doubles find an inverse at all."""
    return bool(np.linalg.matrix_rank(a) == len(a))


def _ranked(a: Array, fractions: rational.Rows | None, values: Array, rank: int) -> Found:
    by_values = int(np.sum(values > threshold(values, a.shape)))
    listed = [Value(real=float(one)) for one in values]
    if fractions:
        return Found(
            method="exact elimination over the fractions",
            source=f"Gauss-Jordan elimination; {GOLUB}, 3.2",
            error_of="rank",
            values=listed,
            checks=[compare("rank, singular values above rounding", float(rank), float(by_values), "", allowed=0.0)]
            if by_values == rank or values[rank - 1] > 1e3 * threshold(values, a.shape)
            else [],
        )
    below = float(values[rank]) if rank < len(values) else 0.0
    near = threshold(values, a.shape)
    doubtful = rank > 0 and (values[rank - 1] < 1e3 * near or below > 1e-3 * max(near, 1e-300))
    last = float(values[rank - 1]) if rank else 0.0
    parts = f"The singular values {last:.2g} and {below:.2g} part it from another rank; rounding is {near:.2g}."
    notes = [parts] if doubtful else []
    _, r, _ = linalg.qr(a, mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(r))
    pivots = int(np.sum(diagonal > threshold(diagonal, a.shape))) if diagonal.size and diagonal[0] else 0
    return Found(
        method="singular values above rounding",
        source=f"{GOLUB}, 5.4",
        error_of="singular values, relative to the largest",
        reached=max(a.shape) * ROUNDING,
        estimate="rounding (Weyl)",
        values=listed,
        checks=[] if doubtful else [compare("rank, QR with pivoting", float(rank), float(pivots), "", allowed=0.0)],
        notes=notes,
    )


def _singular(a: Array) -> Found:
    u, values, v = np.linalg.svd(a, full_matrices=False)
    residual = float(np.linalg.norm(u * values @ v - a, 2))
    size = float(values[0]) or 1.0
    skew = max(
        float(np.linalg.norm(u.T @ u - np.eye(len(values)), 2)), float(np.linalg.norm(v @ v.T - np.eye(len(values)), 2))
    )
    return Found(
        method="bidiagonalisation and divide and conquer (LAPACK gesdd)",
        source=f"{GOLUB}, 8.6",
        error_of="singular values, relative to the largest",
        reached=residual / size + 2 * skew + ROUNDING,
        estimate="the residual and how far the vectors are from orthogonal (Weyl)",
        values=[Value(real=float(one)) for one in values],
        factors=[Factor(name="U", rows=dense(u)), Factor(name="V", rows=dense(v.T))],
        checks=[
            compare(
                "sum of their squares, sum of the squares of the matrix",
                float(np.sum(values**2)),
                float(np.sum(a**2)),
                "",
                allowed=40 * max(a.shape) * ROUNDING * float(np.sum(a**2)) + 1e-300,
            )
        ],
        residual=residual,
        residual_of="U·Σ·Vᵀ - A",
    )


def _product(name: str, product: Array, a: Array, **more: Any) -> Found:  # Any: the fields of `Found`
    """Factors whose product is the matrix; the error is by how much it is not."""
    residual = float(np.linalg.norm(product - a))
    size = float(np.linalg.norm(a)) or 1.0
    return Found(
        error_of=f"{name}, relative to A",
        reached=residual / size + ROUNDING,
        estimate="the product of the factors",
        residual=residual,
        residual_of=f"{name} - A",
        **more,
    )


def _lu(a: Array) -> Found:
    p: Array
    lower: Array
    upper: Array
    p, lower, upper = linalg.lu(a)
    checks: list[Check] = []
    doubt = 40 * len(a) * ROUNDING * float(np.linalg.cond(a)) if a.shape[0] == a.shape[1] else math.inf
    if doubt < 0.1:  # noqa: PLR2004 - of what is nearer to singular the second way says nothing
        product = abs(float(np.prod(np.diag(upper))))
        other = abs(float(np.prod(np.diag(np.linalg.qr(a, mode="r")))))
        if math.isfinite(product) and math.isfinite(other):
            name = "size of the determinant by the pivots, by Householder's reflections"
            checks = [compare(name, product, other, "", allowed=doubt * other + 1e-300)]
    return _product(
        "P·L·U",
        p @ lower @ upper,
        a,
        method="LU with partial pivoting",
        source=f"{GOLUB}, 3.4",
        factors=[
            Factor(name="P", rows=dense(p)),
            Factor(name="L", rows=dense(lower)),
            Factor(name="U", rows=dense(upper)),
        ],
        checks=checks,
    )


def _qr(a: Array) -> Found:
    q, r = np.linalg.qr(a)
    skew = float(np.linalg.norm(q.T @ q - np.eye(q.shape[1]), 2))
    return _product(
        "Q·R",
        q @ r,
        a,
        method="QR by Householder's reflections",
        source=f"{GOLUB}, 5.2",
        factors=[Factor(name="Q", rows=dense(q)), Factor(name="R", rows=dense(r))],
        checks=[compare("QᵀQ - 1", skew, 0.0, "", allowed=100 * max(a.shape) * ROUNDING)],
    )


def _cholesky(a: Array) -> Found:
    require_square(a, "Cholesky factor")
    if not np.array_equal(a, a.T):
        i, j = np.unravel_index(int(np.argmax(np.abs(a - a.T))), a.shape)
        raise InvalidRequest(
            f"The matrix is not symmetric: its numbers at {i + 1}, {j + 1} and {j + 1}, {i + 1} are {a[i, j]:g} and "
            f"{a[j, i]:g}.",
            field="matrix",
            value=a.tolist(),
            remedy="Ask for LU or QR, or give a symmetric matrix.",
        )
    try:
        lower: Array = linalg.cholesky(a, lower=True)
    except linalg.LinAlgError:
        least = float(np.linalg.eigvalsh(a)[0])
        raise InvalidRequest(
            f"The matrix is not positive definite: its least eigenvalue is {least:.6g}.",
            field="matrix",
            value=a.tolist(),
            remedy="Ask for LU or eigenvalues, or add more than that to its diagonal.",
        ) from None
    logarithm = 2 * float(np.sum(np.log(np.diag(lower))))
    values = np.linalg.eigvalsh(a)
    allowed = 20 * len(a) ** 2 * ROUNDING * float(values[-1] / max(values[0], 1e-300)) + 1e-12
    return _product(
        "L·Lᵀ",
        lower @ lower.T,
        a,
        method="Cholesky",
        source=f"{GOLUB}, 4.2",
        factors=[Factor(name="L", rows=dense(lower))],
        checks=[
            compare(
                "logarithm of the determinant, eigenvalues",
                logarithm,
                float(np.sum(np.log(np.abs(values)))),
                "",
                allowed=allowed,
            )
        ],
    )


def _null_space(a: Array, fractions: rational.Rows | None, rank: int) -> Found:
    _, values, v = np.linalg.svd(a)
    basis = v[rank:].T
    exact = rational.null_space(fractions) if fractions else []
    residual = float(np.linalg.norm(a @ basis)) if basis.size else 0.0
    size = float(values[0]) or 1.0
    factors = [Factor(name="orthonormal basis, a vector in each row", rows=dense(basis.T))] if basis.size else []
    if exact:
        rows = [[float(one) for one in row] for row in exact]
        factors.insert(0, Factor(name="basis, a vector in each row", rows=rows, exact=rational.told(exact)))
    checks = [compare("dimension and rank, columns", float(basis.shape[1] + rank), float(a.shape[1]), "", allowed=0.0)]
    if exact:
        spanned = np.array([[float(one) for one in row] for row in exact]).T
        apart = float(np.linalg.norm(spanned - basis @ (basis.T @ spanned))) / float(np.linalg.norm(spanned))
        checks.append(compare("the exact basis outside the computed one", apart, 0.0, "", allowed=1e-8))
    return Found(
        method="singular values that are 0" + (", and exact elimination over the fractions" if fractions else ""),
        source=f"{GOLUB}, 2.4 and 5.4",
        error_of="A·n for a vector n of length 1, relative to A",
        reached=residual / size + ROUNDING if basis.size else 0.0,
        estimate="the residual" if basis.size else "exact",
        factors=factors,
        checks=checks,
        residual=residual,
        residual_of="A·N",
        notes=[] if basis.size else ["Only 0 is sent to 0."],
    )
