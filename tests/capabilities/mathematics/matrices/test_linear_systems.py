"""Systems of linear equations against exact solutions, known matrices and their own claims."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nis_backend.capabilities.mathematics.matrices.rational import inverse, rank
from nis_backend.capabilities.mathematics.matrices.rational import solve as solve_exactly
from nis_backend.capabilities.mathematics.matrices.solving import solve
from nis_backend.capabilities.mathematics.matrices.tables import LinearSolution, LinearSystem
from nis_backend.errors import InvalidRequest


def solved(matrix: Any, right: Any, **changes: Any) -> LinearSolution:
    """The solution of a system."""
    return solve(LinearSystem.model_validate({"matrix": matrix, "right": right, **changes}))


def hilbert(size: int) -> list[list[float]]:
    """1/(i + j - 1): the condition number grows with each row by a factor of about 30."""
    return [[1 / (i + j + 1) for j in range(size)] for i in range(size)]


def test_a_small_system_is_answered_in_fractions() -> None:
    """X = 4/5, 7/5, with elimination in doubles as a second way."""
    answer = solved([[2, 1], [1, 3]], [3, 5])
    assert answer.exact == ["4/5", "7/5"]
    assert answer.solution == [0.8, 1.4]
    assert answer.receipt.error_reached == 0
    assert answer.receipt.checks[0].agrees


@pytest.mark.parametrize("size", range(3, 11))
def test_the_error_of_an_ill_conditioned_system_is_not_flattered(size: int) -> None:
    """Hilbert's matrix in doubles: the true error, over the fractions, is within the receipt's."""
    matrix, right = hilbert(size), [1.0] * size
    exact = solve_exactly([[Fraction(one) for one in row] for row in matrix], [Fraction(1)] * size)
    assert exact is not None
    answer = solved(matrix, right, tolerance=1)
    largest = max(abs(float(one)) for one in exact)
    error = max(abs(float(Fraction(x) - one)) for x, one in zip(answer.solution, exact, strict=True)) / largest
    assert error <= answer.receipt.error_reached <= 1e4 * max(error, 1e-16)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 12))
def test_the_true_error_stays_within_the_reported_one(seed: int, size: int) -> None:
    """Systems of random doubles against the exact solution of those very doubles."""
    draw = np.random.default_rng(seed)
    matrix, right = draw.normal(size=(size, size)).tolist(), draw.normal(size=size).tolist()
    exact = solve_exactly([[Fraction(one) for one in row] for row in matrix], [Fraction(one) for one in right])
    assert exact is not None
    answer = solved(matrix, right)
    largest = max(abs(float(one)) for one in exact)
    error = max(abs(float(Fraction(x) - one)) for x, one in zip(answer.solution, exact, strict=True)) / largest
    assert error <= answer.receipt.error_reached
    assert all(check.agrees for check in answer.receipt.checks)


def test_an_error_that_was_not_reached_is_told() -> None:
    """Hilbert's matrix of 10 rows leaves few digits: `met` is false where more are asked for."""
    answer = solved(hilbert(10), [1.0] * 10, tolerance=1e-15)
    assert not answer.receipt.met
    assert answer.receipt.notes
    assert answer.digits < 4


@pytest.mark.parametrize(("right", "says"), [([3, 6], "infinitely many"), ([3, 7], "contradict")])
def test_a_singular_system_is_refused_with_its_rank(right: list[float], says: str) -> None:
    """The failure says the rank, whether there are solutions, and what to set."""
    with pytest.raises(InvalidRequest, match=r"rank is 1 of 2") as refused:
        solved([[1, 2], [2, 4]], right)
    assert says in refused.value.message
    assert "least_norm" in refused.value.remedy


def test_a_singular_matrix_of_long_numbers_is_refused_too() -> None:
    """Rank by singular values, where fractions would not be those that were meant."""
    third = 1 / 3
    with pytest.raises(InvalidRequest, match=r"rank is 1 of 2"):
        solved([[third, 2 * third], [2 * third, 4 * third]], [1, 2])


def test_the_least_norm_solution_is_the_pseudo_inverses() -> None:
    """X = A⁺·b of (1 2; 2 4): (0.6, 1.2), orthogonal to what A sends to 0."""
    answer = solved([[1, 2], [2, 4]], [3, 6], least_norm=True)
    assert answer.kind == "least norm"
    assert answer.free == 1
    assert answer.solution == pytest.approx([0.6, 1.2], rel=1e-14)


def test_the_least_squares_solution_is_the_normal_equations() -> None:
    """The line through four points: 1.09 + 1.94·x by hand."""
    answer = solved([[1, 0], [1, 1], [1, 2], [1, 3]], [1.1, 2.9, 5.2, 6.8])
    assert answer.kind == "least squares"
    assert answer.solution == pytest.approx([1.09, 1.94], rel=1e-13)
    assert all(check.agrees for check in answer.receipt.checks)


def test_more_equations_that_agree_have_one_solution() -> None:
    """Three equations of which two say the same."""
    answer = solved([[1, 1], [1, -1], [2, 0]], [3, 1, 4])
    assert answer.kind == "unique"
    assert answer.solution == pytest.approx([2, 1], rel=1e-14)


def test_a_matrix_of_zeros_has_rank_0() -> None:
    """Its shortest solution is 0."""
    answer = solved([[0, 0], [0, 0]], [0, 0], least_norm=True)
    assert (answer.rank, answer.solution) == (0, [0, 0])


@pytest.mark.parametrize(
    ("matrix", "right", "field"),
    [([[1, 2], [3]], [1, 2], "matrix"), ([[1, 2], [3, 4]], [1], "right"), ([[1e200]], [1], "matrix")],
)
def test_what_is_no_system_is_refused(matrix: Any, right: Any, field: str) -> None:
    """Rows of different lengths, a right side of another length, numbers whose squares no double holds."""
    with pytest.raises(InvalidRequest) as refused:
        solved(matrix, right)
    assert refused.value.field == field


def test_fractions_invert_a_hilbert_matrix() -> None:
    """The inverse of Hilbert's matrix has whole numbers: its corner of 3 rows is 9, and it has full rank."""
    rows = [[Fraction(1, i + j + 1) for j in range(3)] for i in range(3)]
    found = inverse(rows)
    assert found is not None
    assert found[0] == [9, -36, 30]
    assert rank(rows) == 3
