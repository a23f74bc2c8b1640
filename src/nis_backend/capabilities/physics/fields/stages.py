"""Linear fields advanced by stages, where modes say too little: what is carried along faster than it spreads."""

from __future__ import annotations

import math
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

linalg: Any = import_module("scipy.linalg")  # Any: scipy has no types
sparse: Any = import_module("scipy.sparse")

STAGES = 5
ORDER = 2 * STAGES - 1
LONGEST = 256.0
"""Mean number of powers of one sum: e^-700 is no double."""
MOST_TERMS = 1e5
"""Powers in all, beyond which squaring is faster."""


@lru_cache(maxsize=2)
def radau(stages: int) -> tuple[Array, Array]:
    """Places (the last is 1) and matrix of the Radau IIA method.

    Source: Hairer & Wanner, Solving Ordinary Differential Equations II (1996), IV.5.
    """
    legendre = np.polynomial.legendre
    top = np.zeros(stages + 1)
    top[-2:] = -1.0, 1.0
    places = (np.sort(legendre.legroots(top)) + 1) / 2
    places[-1] = 1.0
    powers = np.vander(places, increasing=True)
    raised = places[:, None] ** np.arange(1, stages + 1) / np.arange(1, stages + 1)
    return places, raised @ np.linalg.inv(powers)


def carry(
    operator: Array, start: Array, forcing: Callable[[float], Array], duration: float, steps: int
) -> Iterator[Array]:
    """Advance u' = A u + forcing(t), `(m,)`, and yield it after each step.

    Radau IIA of five stages: order 9, L-stable. In the eigenvectors of the method's matrix the stages part: each is one
    system, factored once.
    """
    places, matrix = radau(STAGES)
    values, vectors = np.linalg.eig(matrix)
    back, step, one = np.linalg.inv(vectors), duration / steps, np.eye(len(start))
    solve = [_solver(one - step * value * operator) for value in values]
    u = start
    for number in range(steps):
        given = np.array([forcing((number + place) * step) for place in places])
        right = back @ (u[None, :] + step * matrix @ given)
        parted = np.array([each(row) for each, row in zip(solve, right, strict=True)])
        u = np.real(vectors[-1] @ parted)
        yield u


def _solver(matrix: Any) -> Callable[[Any], Any]:
    """What solves with this matrix; one of three diagonals is not filled."""
    if len(matrix) > 3 and not np.any(np.triu(matrix, 2)) and not np.any(np.tril(matrix, -2)):  # noqa: PLR2004 - diagonals
        bands = np.zeros((3, len(matrix)), dtype=matrix.dtype)
        bands[0, 1:], bands[1], bands[2, :-1] = (np.diag(matrix, one) for one in (1, 0, -1))
        return lambda right: linalg.solve_banded((1, 1), bands, right, check_finite=False)
    factors = linalg.lu_factor(matrix)
    return lambda right: linalg.lu_solve(factors, right)


def repeat(operator: Array, start: Array, forcing: Array, duration: float, steps: int) -> Iterator[Array]:
    """Advance u' = A u + forcing, which does not change, by the exponential of a step, and yield it after each.

    Exact; of an operator without negative entries off its diagonal the exponential has none at all, so that no value
    leaves the bounds of the start. Summed by powers of what an operator with few entries leaves of a field, all of them
    positive (uniformization); of very many of these, by squaring.

    Source: Jensen, Skand. Aktuarietidskr. 36 (1953), 87-91; squaring: Al-Mohy & Higham, SIAM J. Matrix Anal. Appl. 31
    (2009), 970-989.
    """
    count = len(start)
    wider = np.zeros((count + 1, count + 1))
    wider[:count, :count], wider[:count, count] = operator, forcing
    u, step = np.append(start, 1.0), duration / steps
    pace = max(float(-np.min(np.diag(operator))), 0.0)
    terms = pace * duration
    if 0 < terms <= MOST_TERMS:
        inner = math.ceil(pace * step / LONGEST)
        moved = sparse.csr_array(wider / pace + np.eye(count + 1))
        for _ in range(steps):
            for _ in range(inner):
                u = _summed(moved, u, pace * step / inner)
            yield u[:count]
        return
    whole = linalg.expm(wider * step)
    for _ in range(steps):
        u = whole @ u
        yield u[:count]


def _summed(moved: Any, u: Array, mean: float) -> Array:
    """Σ e^-mean mean^k/k! moved^k u."""
    weight = math.exp(-mean)
    total, power, k = weight * u, u, 0
    while True:
        k += 1
        weight *= mean / k
        power = moved @ power
        total = total + weight * power
        if k > mean and weight * np.max(np.abs(power)) <= 1e-18 * np.max(np.abs(total)):
            return total
