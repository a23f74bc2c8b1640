"""Integrals over cells by Gauss's eight points, a cell cut in two where its halves say otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.capabilities.physics.nonlinear.spectral import Array

POINTS, WEIGHTS = np.polynomial.legendre.leggauss(8)
DEEPEST = 48
"""Times a cell may be halved: a jump inside is found to its last digit."""


def integrate(values: Callable[[Array], Array], ends: Array, digit: Array) -> Array:
    """The integrals of `values(x)`, `(n, k)` at `(n,)` places, over the cells between `ends`: `(cells, k)`.

    Cells whose halves change an integral by more than `digit`, `(k,)`, are halved again, as long as they are no more
    than there were cells: what is rough everywhere is left as it is.
    """
    low, high = ends[:-1], ends[1:]
    owner = np.arange(len(low))
    whole = _gauss(values, low, high)
    total = np.zeros_like(whole)
    for depth in range(DEEPEST):
        middle = (low + high) / 2
        left, right = _gauss(values, low, middle), _gauss(values, middle, high)
        rough = np.any(np.abs(left + right - whole) > digit, axis=1)
        if depth == DEEPEST - 1 or 2 * np.count_nonzero(rough) > len(total):
            rough[:] = False
        np.add.at(total, owner[~rough], (left + right)[~rough])
        if not np.any(rough):
            break
        low, high = np.append(low[rough], middle[rough]), np.append(middle[rough], high[rough])
        owner, whole = np.tile(owner[rough], 2), np.append(left[rough], right[rough], axis=0)
    return total


def _gauss(values: Callable[[Array], Array], low: Array, high: Array) -> Array:
    half = (high - low) / 2
    places = (low + high)[:, None] / 2 + half[:, None] * POINTS
    found = values(places.ravel()).reshape(*places.shape, -1)
    return np.einsum("cpk,p,c->ck", found, WEIGHTS, half)
