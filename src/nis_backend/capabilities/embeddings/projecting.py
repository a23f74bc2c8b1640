"""Vectors laid out in a plane, on arrays. Loads in the worker only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.embeddings.projection import (
    NEIGHBOURS,
    PRINCIPAL,
    TRUST,
    Projection,
    VectorProjectionRequest,
)
from nis_backend.capabilities.embeddings.unit import unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SAME = 1e-9
"""Variance below which vectors are one: what padding and rounding may change in a text's vector, squared."""

FEWEST_TRUSTED = 5
"""Vectors of which neighbours can be told from others: trust wants k below half of them."""


def project(request: VectorProjectionRequest) -> Projection:
    """The plane of the greatest variance; see the operation.

    Raises:
        InvalidRequest: vectors of several lengths, or one of zeros.
    """
    vectors = unit(request.vectors)
    centred = vectors - vectors.mean(axis=0)
    total = float((centred**2).sum())
    points = np.zeros((len(vectors), 2))
    shares = None
    if total / len(vectors) > SAME:
        _, values, loadings = np.linalg.svd(centred, full_matrices=False)
        wide = min(2, len(values))
        axes = loadings[:wide]
        largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1, keepdims=True), axis=1)
        points[:, :wide] = centred @ (axes * np.sign(largest)).T
        both = np.zeros(2)
        both[:wide] = values[:wide] ** 2 / total
        shares = [round(float(share), 6) for share in both]
    count = min(NEIGHBOURS, (len(vectors) - 1) // 2) if len(vectors) >= FEWEST_TRUSTED and shares else None
    return Projection(
        points=[(round(float(x), 6) + 0.0, round(float(y), 6) + 0.0) for x, y in points],
        explained=shares,
        trust=None if count is None else trust(vectors, points, count),
        neighbours=count,
        method=PRINCIPAL,
        formula=TRUST,
    )


def trust(vectors: Array, points: Array, count: int) -> float:
    """The trustworthiness of points `(n, 2)` as a picture of vectors `(n, numbers)` over `count` neighbours.

    Source: Venna & Kaski (2001), ICANN, LNCS 2130, 485-491.
    """
    n = len(vectors)
    near = np.argsort(_distances(points), axis=1, kind="stable")[:, 1 : count + 1]
    order = np.argsort(_distances(vectors), axis=1, kind="stable")
    ranks = np.empty((n, n), np.int64)
    # Each itself has rank 0.
    np.put_along_axis(ranks, order, np.arange(n)[None, :], axis=1)
    beyond = np.maximum(np.take_along_axis(ranks, near, axis=1) - count, 0).sum()
    return round(1 - 2 * float(beyond) / (n * count * (2 * n - 3 * count - 1)), 6)


def _distances(points: Array) -> Array:
    """The squared distances `(n, n)`, each to itself below all others."""
    squares = (points**2).sum(axis=1)
    found: Array = squares[:, None] + squares[None, :] - 2 * points @ points.T
    np.fill_diagonal(found, -1.0)
    return found
