"""Matrices of short numbers, worked out exactly over the fractions."""

from __future__ import annotations

from fractions import Fraction
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 12
"""Rows and columns that are worked out exactly: the fractions of larger ones fill pages."""
DIGITS = 9
"""Digits of a number that is taken as written."""
SHOWN = 40
"""Characters of a fraction that is shown."""

Rows = list[list[Fraction]]


def written(rows: Sequence[Sequence[float]]) -> Rows | None:
    """The numbers as fractions of what was written, 0.1 a tenth; None where the matrix is large or a number long."""
    if len(rows) > MOST or len(rows[0]) > MOST:
        return None
    if any(len(f"{abs(one)!r}".replace(".", "")) > DIGITS + 1 for row in rows for one in row):
        return None
    return [[Fraction(repr(one)) for one in row] for row in rows]


def reduce(rows: Rows) -> tuple[Rows, list[int], Fraction]:
    """The reduced echelon form, the columns of its pivots, and of a square matrix the determinant.

    Gauss-Jordan elimination over the fractions: no rounding.
    """
    work = [list(row) for row in rows]
    pivots: list[int] = []
    determinant = Fraction(1)
    for column in range(len(work[0])):
        top = len(pivots)
        place = next((row for row in range(top, len(work)) if work[row][column]), None)
        if place is None:
            determinant *= 0
            continue
        if place != top:
            work[top], work[place] = work[place], work[top]
            determinant = -determinant
        lead = work[top][column]
        determinant *= lead
        work[top] = [one / lead for one in work[top]]
        for row in range(len(work)):
            if row != top and (factor := work[row][column]):
                work[row] = [a - factor * b for a, b in zip(work[row], work[top], strict=True)]
        pivots.append(column)
        if len(pivots) == len(work):
            break
    if len(pivots) < len(work):
        determinant *= 0
    return work, pivots, determinant


def rank(rows: Rows) -> int:
    """Rows that are independent of each other."""
    return len(reduce(rows)[1])


def solve(rows: Rows, right: Sequence[Fraction]) -> list[Fraction] | None:
    """The x of a square system; None where it is singular."""
    reduced, pivots, _ = reduce([[*row, b] for row, b in zip(rows, right, strict=True)])
    if pivots != list(range(len(rows))):
        return None
    return [row[-1] for row in reduced]


def consistent(rows: Rows, right: Sequence[Fraction]) -> bool:
    """Whether any x solves the system."""
    return rank(rows) == rank([[*row, b] for row, b in zip(rows, right, strict=True)])


def inverse(rows: Rows) -> Rows | None:
    """The inverse; None where there is none."""
    size = len(rows)
    unit = [[Fraction(int(i == j)) for j in range(size)] for i in range(size)]
    reduced, pivots, _ = reduce([[*row, *one] for row, one in zip(rows, unit, strict=True)])
    return [row[size:] for row in reduced] if pivots == list(range(size)) else None


def null_space(rows: Rows) -> Rows:
    """Vectors that span what the matrix sends to 0, a row each."""
    reduced, pivots, _ = reduce(rows)
    width = len(rows[0])
    found: Rows = []
    for free in (column for column in range(width) if column not in pivots):
        vector = [Fraction(int(column == free)) for column in range(width)]
        for row, pivot in enumerate(pivots):
            vector[pivot] = -reduced[row][free]
        found.append(vector)
    return found


def characteristic(rows: Rows) -> list[Fraction]:
    """The coefficients of det(λ·1 - A), the highest power first, by Faddeev and LeVerrier."""
    size = len(rows)
    coefficients = [Fraction(1)]
    work = [[Fraction(0)] * size for _ in range(size)]
    for step in range(1, size + 1):
        for place in range(size):
            work[place][place] += coefficients[-1]
        work = [[sum((row[k] * work[k][j] for k in range(size)), Fraction(0)) for j in range(size)] for row in rows]
        coefficients.append(-sum((work[i][i] for i in range(size)), Fraction(0)) / step)
    return coefficients


def roots(coefficients: Sequence[Fraction]) -> tuple[str, list[tuple[Any, int]]]:
    """The polynomial's text, and those of its roots that are fractions or square roots, with multiplicity."""
    sympy: Any = import_module("sympy")  # Any: its types do not hold
    unknown = sympy.Symbol("λ")
    parts = [sympy.Rational(one.numerator, one.denominator) for one in coefficients]
    polynomial = sympy.Poly(parts, unknown)
    found: list[tuple[Any, int]] = []
    for factor, times in polynomial.factor_list()[1]:
        if factor.degree() <= 2:  # noqa: PLR2004 - beyond, roots fill lines
            found += [(root, times) for root in sympy.roots(factor, multiple=True)]
    return str(polynomial.as_expr()).replace("**", "^"), found


def told(rows: Rows) -> list[list[str]] | None:
    """The fractions as text; None where one is too long to read."""
    texts = [[str(one) for one in row] for row in rows]
    return None if any(len(one) > SHOWN for row in texts for one in row) else texts
