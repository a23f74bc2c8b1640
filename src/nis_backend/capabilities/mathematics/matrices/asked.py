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

PARTS = (
    "What is the determinant of this matrix?",
    "Invert a matrix. What is the inverse of the matrix?",
    "What is the rank of the matrix?",
    "Find the eigenvalues and eigenvectors of a square matrix, diagonalize it.",
    "Singular value decomposition, SVD, the singular values of a matrix.",
    "Give me the LU decomposition, the LU factors of a matrix with pivoting.",
    "QR factorization of a matrix: an orthogonal and a triangular one.",
    "Cholesky factor of a symmetric positive definite matrix.",
    "Null space or kernel of a matrix: a basis of it.",
    "Decompose or factorize a matrix. Is the matrix invertible, singular, defective, diagonalizable?",
    "What is the characteristic polynomial of a matrix, its spectrum, its trace, its condition number?",
)
