"""Linear algebra: systems of equations and what a matrix is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.mathematics.matrices import asked, views
from nis_backend.capabilities.mathematics.matrices.tables import (
    LinearSolution,
    LinearSystem,
    MatrixParts,
    MatrixRequest,
)
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext


@operation(
    "mathematics.solve_linear_system",
    effect="reads",
    pool="science",
    view=views.draw_solution,
    examples=(
        Example(
            title="Two equations",
            request={"matrix": [[2, 1], [1, 3]], "right": [3, 5]},
            question="Solve the linear system [[2, 1], [1, 3]] x = [3, 5].",
            also=asked.SYSTEM,
        ),
        Example(
            title="A line through four points",
            request={"matrix": [[1, 0], [1, 1], [1, 2], [1, 3]], "right": [1.1, 2.9, 5.2, 6.8]},
            question="Find the least squares solution of the matrix [[1, 0], [1, 1], [1, 2], [1, 3]] with right side "
            "[1.1, 2.9, 5.2, 6.8].",
        ),
        Example(
            title="Many solutions",
            request={"matrix": [[1, 2], [2, 4]], "right": [3, 6], "least_norm": True},
            question="What is the least norm solution of A x = b with A = [[1, 2], [2, 4]] and b = [3, 6]?",
        ),
    ),
)
def solve_linear_system(request: LinearSystem, ctx: WorkerContext) -> LinearSolution:
    """Solve a system of linear equations A x = b given by a matrix and a right side, square or not.

    Short numbers are worked out exactly over the fractions. Else a square system by elimination with partial pivoting
    and one step of refinement, with a bound on its error; any other by singular values, as least squares or least norm.

    Source: Higham, Accuracy and Stability of Numerical Algorithms (2002), 7, 9, 12; Golub & Van Loan, Matrix
    Computations (2013), 5.

    Raises:
        InvalidRequest: the matrix lacks rank, and `least_norm` is not set; which rank it has is told.
    """
    from nis_backend.capabilities.mathematics.matrices.solving import solve  # noqa: PLC0415 - loads in the worker only

    return solve(request)


@operation(
    "mathematics.decompose_matrix",
    effect="reads",
    pool="science",
    view=views.draw_parts,
    examples=(
        Example(
            title="Eigenvalues",
            request={"matrix": [[4, 1], [2, 3]], "part": "eigenvalues"},
            question="What are the eigenvalues of the matrix [[4, 1], [2, 3]]?",
            also=asked.PARTS,
        ),
        Example(
            title="Determinant",
            request={"matrix": [[2, 0, 1], [1, 3, 2], [1, 1, 1]], "part": "determinant"},
            question="Compute the determinant of [[2, 0, 1], [1, 3, 2], [1, 1, 1]].",
        ),
        Example(
            title="Singular values",
            request={"matrix": [[1, 2], [3, 4], [5, 6]], "part": "singular values"},
            question="Give me the singular values of [[1, 2], [3, 4], [5, 6]].",
        ),
        Example(
            title="Inverse",
            request={"matrix": [[4, 7], [2, 6]], "part": "inverse"},
            question="Invert the matrix [[4, 7], [2, 6]].",
        ),
    ),
)
def decompose_matrix(request: MatrixRequest, ctx: WorkerContext) -> MatrixParts:
    """Find the determinant, inverse, rank, eigenvalues, singular values, LU, QR, Cholesky or null space of a matrix.

    LAPACK's decompositions, each held against its product; small matrices of short numbers are also worked out over the
    fractions, and then determinant, inverse, rank and many eigenvalues are exact. Defective matrices are told.

    Source: Golub & Van Loan, Matrix Computations (2013), 3, 4, 5, 7, 8.

    Raises:
        InvalidRequest: the matrix has no such part: it is not square, is singular, or is not positive definite.
    """
    from nis_backend.capabilities.mathematics.matrices.decomposing import take_apart  # noqa: PLC0415 - loads in the worker only

    return take_apart(request)


OPERATIONS = (solve_linear_system, decompose_matrix)
