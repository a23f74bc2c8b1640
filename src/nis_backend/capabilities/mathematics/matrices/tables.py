"""What systems of linear equations and the parts of a matrix take and give."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Called, Knob, Names, Reads, Unit
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Receipt
from nis_backend.operation import Model

LARGEST = 100
"""Rows and columns of a matrix."""

Number = Annotated[float, Unit("")]
Row = Annotated[list[Number], Field(min_length=1, max_length=LARGEST)]
Matrix = Annotated[list[Row], Field(min_length=1, max_length=LARGEST)]


def require_rectangle(rows: list[list[float]]) -> None:
    """Refuse rows of different lengths.

    Raises:
        InvalidRequest: a row is longer or shorter than the first.
    """
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise InvalidRequest(
                f"Row {number} of the matrix has {len(row)} numbers and row 1 has {len(rows[0])}.",
                field="matrix",
                value=row,
                remedy="Give rows of equal length, as in [[2, 1], [1, 3]].",
            )


class LinearSystem(Model):
    """A matrix A and a right side b: A·x = b is to be solved."""

    matrix: Annotated[Matrix, Reads("matrix"), Names("matrix", "coefficients", "A")] = Field(
        description="The matrix A, row by row: at most 100 × 100."
    )
    right: Annotated[
        list[Number], Reads("numbers"), Names("right side", "right hand side", "right-hand side", "vector", "b")
    ] = Field(min_length=1, max_length=LARGEST, description="The right side b: a number for each row.")
    least_norm: Annotated[
        bool, Names("least norm", "least-norm", "minimum norm", "pseudo-inverse", "pseudoinverse")
    ] = Field(
        default=False,
        description="Whether a matrix that lacks rank is answered all the same, by the shortest of all x that fit "
        "best.",
    )
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy")] = Field(
        default=1e-8, gt=0, le=1, description="Largest error to accept, relative to the largest number of x."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        require_rectangle(self.matrix)
        if len(self.right) != len(self.matrix):
            raise InvalidRequest(
                f"The right side has {len(self.right)} numbers and the matrix {len(self.matrix)} rows.",
                field="right",
                value=self.right,
                remedy="Give one number for each row.",
            )
        return self


class LinearSolution(Model):
    """The x of A·x = b, and what can be said of it."""

    solution: list[Number] = Field(description="The numbers of x.")
    exact: list[str] | None = Field(
        default=None, description="The same as fractions, where the system is small and its numbers are short."
    )
    kind: Literal["unique", "least squares", "least norm"] = Field(
        description="unique: the only x; least squares: the x that misses least; least norm: the shortest of many."
    )
    rows: int = Field(description="Equations.")
    columns: int = Field(description="Unknowns.")
    rank: int = Field(description="Equations that are independent of each other.")
    free: int = Field(description="Directions in which x could be changed without changing A·x.")
    condition: Annotated[float, Unit("")] = Field(
        description="Ratio of the largest to the least singular value that counts: how much a relative error grows."
    )
    backward_error: Annotated[float, Unit("")] = Field(
        description="Smallest relative change of A and b that makes x exact (Rigal & Gaches)."
    )
    residual: Annotated[float, Unit("")] = Field(description="Length of b - A·x.")
    digits: int = Field(
        description="Significant digits that mean something where A and b are themselves only right to a double's 16."
    )
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")


class Part(StrEnum):
    """What is wanted of a matrix."""

    DETERMINANT = "determinant"
    INVERSE = "inverse"
    RANK = "rank"
    EIGENVALUES = "eigenvalues"
    SINGULAR_VALUES = "singular values"
    LU = "LU"
    QR = "QR"
    CHOLESKY = "Cholesky"
    NULL_SPACE = "null space"


class MatrixRequest(Model):
    """A matrix, and which part of it is wanted."""

    matrix: Annotated[Matrix, Reads("matrix"), Names("matrix", "A")] = Field(
        description="The matrix, row by row: at most 100 × 100."
    )
    part: Annotated[
        Part,
        Reads("choice"),
        Names("part", "decomposition", "factorization"),
        Called(
            {
                Part.DETERMINANT: ("det",),
                Part.INVERSE: ("inverted", "invert"),
                Part.EIGENVALUES: ("eigenvectors", "eigenvalue", "eigen", "diagonalize", "spectrum of the matrix"),
                Part.SINGULAR_VALUES: ("SVD", "singular value decomposition", "singular vectors"),
                Part.LU: ("LU decomposition", "LU factorization"),
                Part.QR: ("QR decomposition", "QR factorization"),
                Part.CHOLESKY: ("Cholesky factor", "Cholesky decomposition"),
                Part.NULL_SPACE: ("nullspace", "kernel"),
            }
        ),
    ] = Field(description="Determinant, inverse, rank, eigenvalues, singular values, LU, QR, Cholesky or null space.")
    tolerance: Annotated[float, Unit(""), Knob(), Names("tolerance", "accuracy")] = Field(
        default=1e-8, gt=0, le=1, description="Largest relative error to accept of what was asked for."
    )

    @model_validator(mode="after")
    def _is_matrix(self) -> Self:
        require_rectangle(self.matrix)
        return self


class Value(Model):
    """An eigenvalue or a singular value."""

    real: Annotated[float, Unit("")]
    imaginary: Annotated[float, Unit("")] = 0.0
    exact: str = Field(default="", description="The same written exactly, where it is a fraction or a square root.")
    multiplicity: int = Field(default=1, description="How often it is counted, where it is known exactly.")


class Factor(Model):
    """A matrix that was found."""

    name: str = Field(description="L, U, Q, R, eigenvectors, …")
    rows: list[list[Number]] = Field(description="Its numbers, row by row; the real parts where there are others.")
    imaginary: list[list[Number]] | None = Field(default=None, description="Imaginary parts, where there are any.")
    exact: list[list[str]] | None = Field(default=None, description="The same as fractions, where they are short.")


class MatrixParts(Model):
    """What a matrix is made of."""

    part: Part = Field(description="What was asked for.")
    rows: int = Field(description="Rows of the matrix.")
    columns: int = Field(description="Columns of the matrix.")
    rank: int = Field(description="Rows that are independent of each other.")
    condition: Annotated[float, Unit("")] | None = Field(
        description="Ratio of the largest to the least singular value; null where the least is 0."
    )
    determinant: Annotated[float, Unit("")] | None = Field(default=None, description="Of a square matrix.")
    exact: str = Field(default="", description="The determinant or the characteristic polynomial, written exactly.")
    values: list[Value] = Field(default_factory=list[Value], description="Eigenvalues or singular values.")
    factors: list[Factor] = Field(default_factory=list[Factor], description="The matrices that were found.")
    defective: bool | None = Field(
        default=None,
        description="Whether there are fewer independent eigenvectors than rows; null if it cannot be told.",
    )
    receipt: Receipt = Field(description="How it was computed and how wrong it may be.")
