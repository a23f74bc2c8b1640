"""How people ask for each of these operations, beside its examples."""

from __future__ import annotations

SYSTEM = (
    "Solve the linear system A x = b for the matrix A and the vector b.",
    "Solve a system of linear equations given by its matrix of coefficients and its right-hand side.",
    "Which x satisfies A·x = b? Find the unknown vector.",
    "Least squares solution of an overdetermined linear system, more equations than unknowns.",
    "Minimum norm solution of an underdetermined linear system of equations.",
    "Is this linear system well conditioned? Its condition number, residual and backward error.",
    "Use Gaussian elimination on this matrix with this right side.",
    "Compute x from a square matrix and a vector: linear algebra, matrix equation.",
)
