"""What systems of equations and matrices look like: the answer in words, its numbers, the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.mathematics.matrices.tables import Part
from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_complex, format_number
from nis_backend.view import Table, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.matrices.tables import (
        Factor,
        LinearSolution,
        LinearSystem,
        MatrixParts,
        MatrixRequest,
        Value,
    )
    from nis_backend.view import View

SHOWN = 12
"""Columns of a matrix that is drawn; of a larger one the first are."""
SPOKEN = 6
"""Numbers that are told in a sentence; more stand in the table alone."""


def draw_solution(request: LinearSystem, solution: LinearSolution) -> list[View]:
    """x, how sure it is, and the residual."""
    texts = solution.exact or [format_number(one, 6) for one in solution.solution]
    named = ", ".join(f"x{number} = **{text}**" for number, text in enumerate(texts[:SPOKEN], 1))
    more = f" and {len(texts) - SPOKEN} more" if len(texts) > SPOKEN else ""
    return [
        Text(
            text=f"{named}{more} ({error_words(solution.receipt)}). {_kind(solution)} The condition number is "
            f"{format_number(solution.condition, 3)}: {solution.digits} digits mean something where the numbers given "
            f"are right to a double's 16. The residual is {format_number(solution.residual, 2)}."
        ),
        Table(
            title="Solution",
            columns=["unknown", "value", *(["exactly"] if solution.exact else [])],
            rows=[
                [f"x{number}", value, *([solution.exact[number - 1]] if solution.exact else [])]
                for number, value in enumerate(solution.solution, 1)
            ],
        ),
        receipt_table(solution.receipt),
    ]


def draw_parts(request: MatrixRequest, parts: MatrixParts) -> list[View]:
    """What was asked for in words, the matrices found, the receipt."""
    size = f"{parts.rows} × {parts.columns} matrix of rank {parts.rank}"
    condition = f", condition number {format_number(parts.condition, 3)}" if parts.condition is not None else ""
    words = f"{_say(parts)} ({error_words(parts.receipt)}). It is a {size}{condition}."
    if parts.part is Part.EIGENVALUES and parts.exact:
        words += f" Characteristic polynomial: {parts.exact}."
    if parts.defective:
        words += " It is **defective**: its eigenvectors do not span the space."
    tables = [_values(parts)] if parts.values else []
    return [Text(text=words), *tables, *(_matrix(one) for one in parts.factors), receipt_table(parts.receipt)]


def _say(parts: MatrixParts) -> str:
    match parts.part:
        case Part.DETERMINANT:
            value = format_number(parts.determinant or 0.0, 10)
            return f"The determinant is **{parts.exact or value}**"
        case Part.RANK:
            return f"The rank is **{parts.rank}**"
        case Part.EIGENVALUES | Part.SINGULAR_VALUES:
            told = ", ".join(f"**{_number(one)}**" for one in parts.values[:SPOKEN])
            return f"The {parts.part.value} are {told}{' and more' if len(parts.values) > SPOKEN else ''}"
        case Part.INVERSE:
            return "The inverse is below"
        case Part.NULL_SPACE:
            free = parts.columns - parts.rank
            return f"The null space has dimension **{free}**" + ("" if free else ": only 0 is sent to 0")
        case Part.LU | Part.QR | Part.CHOLESKY:
            names = {Part.LU: "A = P·L·U", Part.QR: "A = Q·R", Part.CHOLESKY: "A = L·Lᵀ"}
            return f"{names[parts.part]}, with the factors below"


def _number(value: Value) -> str:
    if value.exact:
        return value.exact
    return format_complex(value.real, value.imaginary) if value.imaginary else format_number(value.real, 6)


def _values(parts: MatrixParts) -> Table:
    complex_ = any(one.imaginary for one in parts.values)
    exact = any(one.exact for one in parts.values)
    columns = ["number", "real part" if complex_ else "value"]
    columns += (["imaginary part"] if complex_ else []) + (["exactly"] if exact else [])
    rows: list[list[str | float]] = [
        [number, one.real, *([one.imaginary] if complex_ else []), *([one.exact] if exact else [])]
        for number, one in enumerate(parts.values, 1)
    ]
    return Table(title=parts.part.value.capitalize(), columns=columns, rows=rows)


def _matrix(factor: Factor) -> Table:
    width = min(SHOWN, len(factor.rows[0]))
    shown: list[list[str | float]] = []
    for i, row in enumerate(factor.rows[:SHOWN]):
        cells: list[str | float] = []
        for j in range(width):
            imaginary = factor.imaginary[i][j] if factor.imaginary else 0.0
            if factor.exact:
                cells.append(factor.exact[i][j])
            else:
                cells.append(format_complex(row[j], imaginary) if factor.imaginary else row[j])
        shown.append(cells)
    whole = len(factor.rows) <= SHOWN and len(factor.rows[0]) <= SHOWN
    title = factor.name[:1].upper() + factor.name[1:] + ("" if whole else f", the first {SHOWN} rows and columns")
    return Table(title=title, columns=[str(number) for number in range(1, width + 1)], rows=shown)


def _kind(solution: LinearSolution) -> str:
    size = f"{_count(solution.rows, 'equation')} with {_count(solution.columns, 'unknown')}, rank {solution.rank}"
    match solution.kind:
        case "unique":
            return f"It is the only solution ({size})."
        case "least squares":
            return f"No x fits all of it: this one misses least ({size})."
        case "least norm":
            many = f"{_count(solution.free, 'direction')} of x left free"
            return f"Of all that fit best it is the shortest: {many} ({size})."


def _count(many: int, of: str) -> str:
    return f"{many} {of}{'' if many == 1 else 's'}"
