"""What systems of equations and matrices look like: the answer in words, its numbers, the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.numerics.shown import error_words, receipt_table
from nis_backend.numerics.written import format_number
from nis_backend.view import Table, Text

if TYPE_CHECKING:
    from nis_backend.capabilities.mathematics.matrices.tables import LinearSolution, LinearSystem
    from nis_backend.view import View

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
