"""Chebyshev points on [0, 1] and what differentiates and interpolates on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nis_backend.capabilities.physics.nonlinear.spectral import Array


@dataclass(frozen=True, kw_only=True)
class Chebyshev:
    """A polynomial of degree `n`, by its values at `n + 1` points; two boundary conditions at each end.

    Source: Trefethen, Spectral Methods in MATLAB (2000), chapters 6 and 14; Berrut & Trefethen, SIAM Rev. 46 (2004),
    501-517.
    """

    n: int

    @cached_property
    def x(self) -> Array:
        """The points, from 0 to 1."""
        return np.sin(np.pi * np.arange(self.n + 1) / (2 * self.n)) ** 2

    @cached_property
    def first(self) -> Array:
        """The matrix of the first derivative; its rows sum to zero exactly."""
        weights = (-1.0) ** np.arange(self.n + 1)
        weights[[0, -1]] /= 2
        apart = np.sin(np.pi * np.subtract.outer(np.arange(self.n + 1), np.arange(self.n + 1)) / (2 * self.n))
        apart = apart * np.sin(np.pi * np.add.outer(np.arange(self.n + 1), np.arange(self.n + 1)) / (2 * self.n))
        np.fill_diagonal(apart, 1.0)
        matrix = weights[None, :] / weights[:, None] / apart
        np.fill_diagonal(matrix, 0.0)
        np.fill_diagonal(matrix, -matrix.sum(axis=1))
        return matrix

    @cached_property
    def clamped(self) -> tuple[Array, Array]:
        """A polynomial's values from those at all but two points at each end, and from (u, u') at 0, (u', u) at 1."""
        n, d = self.n, self.first
        ends, beside, inner = [0, n], [1, n - 1], list(range(2, n - 1))
        solve = np.linalg.inv(d[np.ix_(ends, beside)])
        within = np.zeros((n + 1, n - 3))
        within[inner, np.arange(n - 3)] = 1
        within[beside] = -solve @ d[np.ix_(ends, inner)]
        given = np.zeros((n + 1, 4))
        given[0, 0] = given[n, 3] = 1
        given[np.ix_(beside, [1, 2])] = solve
        given[np.ix_(beside, [0, 3])] = -solve @ d[np.ix_(ends, ends)]
        return within, given

    def at(self, places: Array) -> Array:
        """The matrix that takes values at the points to values at `places`."""
        weights = (-1.0) ** np.arange(self.n + 1)
        weights[[0, -1]] /= 2
        apart = np.subtract.outer(places, self.x)
        hit = np.abs(apart) < 1e-15  # noqa: PLR2004 - a point itself
        with np.errstate(divide="ignore", invalid="ignore"):
            matrix = weights / np.where(hit, 1.0, apart)
            matrix = matrix / matrix.sum(axis=1, keepdims=True)
        exact = hit.any(axis=1)
        matrix[exact] = hit[exact]
        return matrix
