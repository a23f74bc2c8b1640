"""Parts of matrices against known matrices, their products and their own claims."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.capabilities.mathematics.matrices.decomposing import take_apart
from nis_backend.capabilities.mathematics.matrices.tables import MatrixParts, MatrixRequest
from nis_backend.errors import InvalidRequest

PARTS = ("determinant", "inverse", "rank", "eigenvalues", "singular values", "LU", "QR", "Cholesky", "null space")


def parted(matrix: Any, part: str) -> MatrixParts:
    """That part of the matrix."""
    return take_apart(MatrixRequest.model_validate({"matrix": matrix, "part": part}))


def frank(size: int) -> list[list[float]]:
    """Frank's matrix: determinant 1, eigenvalues in pairs of λ and 1/λ, the small ones ill-conditioned."""
    return [[float(size - max(i, j)) if j >= i - 1 else 0.0 for j in range(size)] for i in range(size)]


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 9), part=st.sampled_from(PARTS))
def test_every_part_agrees_with_its_second_way(seed: int, size: int, part: str) -> None:
    """Random symmetric positive definite matrices have every part; all checks agree and the error is met."""
    draw = np.random.default_rng(seed).normal(size=(size, size))
    receipt = parted((draw @ draw.T + np.eye(size) * 0.1).tolist(), part).receipt
    assert receipt.met
    assert receipt.checks
    assert all(check.agrees for check in receipt.checks)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(seed=st.integers(0, 10_000), size=st.integers(2, 8))
def test_the_error_of_eigenvalues_is_not_flattered(seed: int, size: int) -> None:
    """A matrix of known eigenvalues 1, 2, … behind an ill-conditioned change of basis."""
    draw = np.random.default_rng(seed)
    basis = draw.normal(size=(size, size))
    matrix = basis @ np.diag(np.arange(1.0, size + 1)) @ np.linalg.inv(basis)
    found = parted(matrix.tolist(), "eigenvalues")
    # What the product itself was rounded by is no error of the eigenvalues.
    made = 1e-15 * size * np.linalg.cond(basis) ** 2 * size
    error = max(abs(one.real - want) for one, want in zip(found.values, range(size, 0, -1), strict=True))
    assert error <= found.receipt.error_reached * np.linalg.norm(matrix, 2) + made


def test_franks_small_eigenvalues_are_told_to_be_doubtful() -> None:
    """Frank (1958), 12 rows: the true error, against 40 digits, is beyond rounding and within the told one."""
    matrix = (np.array(frank(12)) + 1e-13).tolist()
    found = parted(matrix, "eigenvalues")
    mpmath: Any = import_module("mpmath")  # Any: it has no types
    with mpmath.workdps(40):
        exact = sorted((float(mpmath.re(one)) for one in mpmath.eig(mpmath.matrix(matrix))[0]), reverse=True)
    size = float(np.linalg.norm(np.array(matrix), 2))
    error = max(abs(one.real - want) for one, want in zip(found.values, exact, strict=True)) / size
    assert 1e-13 < error <= found.receipt.error_reached < 1e-5


def test_a_defective_matrix_is_told() -> None:
    """One eigenvalue, one eigenvector: a Jordan block of three rows."""
    found = parted([[2, 1, 0], [0, 2, 1], [0, 0, 2]], "eigenvalues")
    assert found.defective
    assert [one.exact for one in found.values] == ["2", "2", "2"]
    assert found.receipt.error_reached == 0
    assert parted([[2, 0], [0, 2]], "eigenvalues").defective is False


def test_a_nearly_defective_matrix_of_long_numbers_is_told_with_its_error() -> None:
    """The eigenvalues of a block of three move by the cube root of rounding: about 1e-5."""
    two = 2.0001234567891
    found = parted([[two, 1, 0], [0, two, 1], [0, 0, two]], "eigenvalues")
    assert found.defective is None
    assert not found.receipt.met
    assert found.receipt.notes


def test_eigenvalues_are_written_exactly_where_they_can_be() -> None:
    """Of (2 1; 1 3): (5 ± √5)/2; of a turn by 90°: ±i."""
    assert [one.exact for one in parted([[2, 1], [1, 3]], "eigenvalues").values] == [
        "sqrt(5)/2 + 5/2",
        "5/2 - sqrt(5)/2",
    ]
    assert [one.imaginary for one in parted([[0, -1], [1, 0]], "eigenvalues").values] == [1, -1]


def test_the_singular_values_of_a_published_matrix() -> None:
    """Of (1 2; 3 4; 5 6): 9.525518091565107 and 0.514300580658644 (roots of σ⁴ - 91·σ² + 24)."""
    values = [one.real for one in parted([[1, 2], [3, 4], [5, 6]], "singular values").values]
    assert values == pytest.approx([np.sqrt((91 + s * np.sqrt(8185)) / 2) for s in (1, -1)], rel=1e-13)


def test_a_determinant_is_exact() -> None:
    """Vandermonde's of 1, 2, 3, 4 is the product of the differences: 12."""
    assert parted([[x**k for k in range(4)] for x in (1, 2, 3, 4)], "determinant").exact == "12"


def test_the_factors_make_the_matrix() -> None:
    """P·L·U, Q·R and L·Lᵀ."""
    matrix = [[4.0, 2.0, 1.0], [2.0, 5.0, 3.0], [1.0, 3.0, 6.0]]
    for part in ("LU", "QR", "Cholesky"):
        factors = [np.array(one.rows) for one in parted(matrix, part).factors]
        product = factors[0] @ factors[0].T if part == "Cholesky" else np.linalg.multi_dot([*factors, np.eye(3)])
        assert product == pytest.approx(np.array(matrix), abs=1e-14)


def test_the_null_space_is_sent_to_0() -> None:
    """(1 2 3; 2 4 6) has a null space of two dimensions, spanned by whole numbers."""
    found = parted([[1, 2, 3], [2, 4, 6]], "null space")
    assert found.factors[0].exact == [["-2", "1", "0"], ["-3", "0", "1"]]
    assert found.rank == 1


@pytest.mark.parametrize(
    ("matrix", "part", "says"),
    [
        ([[1, 2], [2, 4]], "inverse", "rank is 1 of 2"),
        ([[1, 2, 3], [4, 5, 6]], "determinant", "not square"),
        ([[1, 2], [2, 1]], "Cholesky", "least eigenvalue is -1"),
        ([[1, 2], [3, 1]], "Cholesky", "not symmetric"),
        ([[1e60 if i == j else 0 for i in range(8)] for j in range(8)], "determinant", "double"),
    ],
)
def test_what_a_matrix_has_not_is_refused(matrix: Any, part: str, says: str) -> None:
    """Singular, not square, not positive definite, not symmetric, too large for a double."""
    with pytest.raises((InvalidRequest, OverflowError)) as refused:
        parted(matrix, part)
    assert says in str(refused.value) or isinstance(refused.value, OverflowError)


def test_a_large_matrix_is_answered() -> None:
    """100 × 100, whose determinant no double holds: its factors are answered all the same."""
    matrix = (np.random.default_rng(1).normal(size=(100, 100)) * 1e6).tolist()
    found = parted(matrix, "LU")
    assert found.determinant is None
    assert found.receipt.met
