"""Eigenvalues and eigenvectors, with what makes them doubtful."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.mathematics.matrices import rational
from nis_backend.capabilities.mathematics.matrices.found import Found, dense
from nis_backend.capabilities.mathematics.matrices.tables import Factor, Value
from nis_backend.capabilities.mathematics.receipts import ROUNDING
from nis_backend.numerics.refinement import compare

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.matrices.found import Array
    from nis_backend.numerics.receipt import Check

linalg: Any = import_module("scipy.linalg")  # Any: scipy has no types

EXACT = "roots of the characteristic polynomial over the fractions; vectors by LAPACK"
NEARLY = 1e7
"""Condition of the eigenvectors from which on a matrix is close to one that has too few: half the digits are gone."""


def decompose(a: Array, fractions: rational.Rows | None) -> Found:
    """The eigenvalues, largest first, and the eigenvectors as columns."""
    return _symmetric(a, fractions) if np.array_equal(a, a.T) else _general(a, fractions)


def _symmetric(a: Array, fractions: rational.Rows | None) -> Found:
    values, vectors = np.linalg.eigh(a)
    values, vectors = values[::-1], vectors[:, ::-1]
    size = float(np.max(np.abs(values))) or 1.0
    residual = float(np.linalg.norm(a @ vectors - vectors * values, 2))
    skew = float(np.linalg.norm(vectors.T @ vectors - np.eye(len(a)), 2))
    text, exact = _exact(fractions)
    error = residual / size + 2 * skew + ROUNDING
    known = _all_known(exact, len(a))
    return Found(
        method=EXACT if known else "tridiagonalisation and divide and conquer (LAPACK syevd)",
        source="Golub & Van Loan, Matrix Computations (2013), 8.1 and 8.4",
        error_of="eigenvalues, relative to the largest",
        reached=0.0 if known else error,
        estimate="exact" if known else "the residual (Weyl: a symmetric matrix moves no eigenvalue by more)",
        exact=text,
        values=_values(known or values.astype(complex), exact),
        factors=[Factor(name="eigenvectors, a column each", rows=dense(vectors))],
        defective=False,
        checks=_checks(a, values.astype(complex), known, error),
        residual=residual,
        residual_of="A·V - V·Λ",
    )


def _general(a: Array, fractions: rational.Rows | None) -> Found:
    values, left, right = linalg.eig(a, left=True, right=True)
    order = np.lexsort((-values.imag, -values.real))
    values, left, right = values[order], left[:, order], right[:, order]
    size = float(np.linalg.norm(a, 2)) or 1.0
    residual = float(np.linalg.norm(a @ right - right * values, 2))
    error = _error(a, values, left, right, residual) / size
    condition = float(np.linalg.cond(right))
    text, exact = _exact(fractions)
    known = _all_known(exact, len(a))
    defective = _defective(fractions, exact, len(a))
    if defective is None and condition < NEARLY:
        defective = False
    notes: list[str] = []
    if defective or (defective is None and condition > NEARLY):
        sure = "The matrix is defective" if defective else "The matrix is defective or close to one that is"
        notes = [f"{sure}: its eigenvectors do not span the space, and an eigenvalue moves by a root of a change."]
    factor = Factor(
        name="eigenvectors, a column each",
        rows=dense(right.real),
        imaginary=dense(right.imag) if np.any(right.imag) else None,
    )
    return Found(
        method=EXACT if known else "Hessenberg form and the QR iteration (LAPACK geev)",
        source="Golub & Van Loan, Matrix Computations (2013), 7.2, 7.5; Elsner, Linear Algebra Appl. 71 (1985), 77-80",
        error_of="eigenvalues, relative to the norm of A",
        reached=0.0 if known else error,
        estimate="exact"
        if known
        else "the residual over the cosine of left and right eigenvector, or Elsner's bound where that is less",
        exact=text,
        values=_values(known or values, exact),
        factors=[factor],
        defective=defective,
        checks=_checks(a, values, known, error),
        residual=residual,
        residual_of="A·V - V·Λ",
        notes=notes,
    )


def _error(a: Array, values: Any, left: Any, right: Any, residual: float) -> float:  # Any: complex arrays
    """How far any eigenvalue may be off: first order for each, and never more than Elsner's bound for all."""
    change = residual + 4 * len(a) * ROUNDING * float(np.linalg.norm(a, 2))
    cosines = np.abs(np.sum(left.conj() * right, axis=0))
    first = change / max(float(np.min(cosines)), 1e-300)
    size = 2 * float(np.linalg.norm(a, 2)) + change
    return min(first, size ** (1 - 1 / len(a)) * change ** (1 / len(a)))


def _exact(fractions: rational.Rows | None) -> tuple[str, list[tuple[Any, int]]]:
    """The characteristic polynomial as text, and its roots that can be written."""
    if not fractions:
        return "", []
    text, roots = rational.roots(rational.characteristic(fractions))
    return (text if len(text) <= 200 else ""), roots  # noqa: PLR2004 - a line or two


def _defective(fractions: rational.Rows | None, exact: list[tuple[Any, int]], size: int) -> bool | None:
    """Whether eigenvectors are lacking, where all eigenvalues that repeat are fractions."""
    if not fractions or sum(times for _, times in exact) < size:
        return None
    for root, times in exact:
        if times == 1:
            continue
        if not root.is_rational:
            return None
        value = rational.Fraction(int(root.p), int(root.q))
        shifted = [[one - (value if i == j else 0) for j, one in enumerate(row)] for i, row in enumerate(fractions)]
        if size - rational.rank(shifted) < times:
            return True
    return False


def _values(values: Any, exact: list[tuple[Any, int]]) -> list[Value]:  # Any: a complex array
    told: list[Value] = []
    near = [(complex(root), str(root).replace("**", "^").replace("I", "i"), times) for root, times in exact]
    for value in values:
        one = complex(value)
        fits = min(near, key=lambda known: abs(known[0] - one), default=None)
        # Those of a defective matrix are off by a root of rounding.
        close = fits is not None and abs(fits[0] - one) <= 1e-3 * max(1.0, abs(one))
        told.append(
            Value(
                real=one.real + 0.0,
                imaginary=one.imag + 0.0,
                exact=fits[1] if fits and close else "",
                multiplicity=fits[2] if fits and close else 1,
            )
        )
    return told


def _all_known(exact: list[tuple[Any, int]], size: int) -> list[complex]:
    """All eigenvalues by their exact roots, largest first; none where a root cannot be written."""
    if sum(times for _, times in exact) < size:
        return []
    return sorted((complex(root) for root, times in exact for _ in range(times)), key=_place)


def _checks(a: Array, values: Any, known: list[complex], error: float) -> list[Check]:  # Any: a complex array
    size = max(float(np.linalg.norm(a, 2)), 1e-300)
    allowed = 2 * (error + 8 * len(a) * ROUNDING) * size
    if known:
        found = [complex(one) for one in values]
        apart = max(min(abs(one - other) for other in known) for one in found)
        return [compare("distance from the exact roots, the QR iteration", apart, 0.0, "", allowed=allowed)]
    name, trace = "sum of the eigenvalues, trace", float(np.trace(a))
    return [compare(name, float(np.sum(values).real), trace, "", allowed=len(a) * allowed)]


def _place(value: complex) -> tuple[float, float]:
    return -value.real, -value.imag
