"""Neighbours and duplicates among vectors, on arrays. Loads in the worker only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.embeddings.nearest import (
    COSINE_OF_VECTORS,
    LEADER,
    MOST_PAIRS,
    Neighbour,
    Neighbours,
    VectorDuplicates,
    VectorDuplicatesRequest,
    VectorSearch,
)
from nis_backend.capabilities.embeddings.unit import unit
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DECIMALS = 6
"""Digits kept of a cosine: what padding changes in a text's vector lies below."""


def neighbours(request: VectorSearch) -> Neighbours:
    """The nearest of each; see the operation.

    Raises:
        InvalidRequest: vectors of several lengths, one of zeros, or more neighbours in all than are answered.
    """
    vectors = unit(request.vectors)
    itself = request.queries is None
    queries = vectors if request.queries is None else unit(request.queries, "queries", vectors.shape[1])
    limit = min(request.limit, len(vectors) - itself)
    if limit * len(queries) > MOST_PAIRS:
        raise InvalidRequest(
            f"{len(queries)} times {limit} neighbours are more than {MOST_PAIRS}.",
            field="limit",
            value=request.limit,
            remedy=f"Ask for at most {MOST_PAIRS // len(queries)} of each.",
        )
    cosines = rounded(queries @ vectors.T)
    if itself:
        np.fill_diagonal(cosines, -np.inf)
    # A stable order: of equal ones the earlier comes first.
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :limit]
    return Neighbours(
        formula=COSINE_OF_VECTORS,
        neighbours=[
            [
                Neighbour(index=int(index), similarity=float(row[index]))
                for index in places
                if row[index] >= request.least
            ]
            for row, places in zip(cosines, order, strict=True)
        ],
    )


def duplicates(request: VectorDuplicatesRequest) -> VectorDuplicates:
    """Which are kept, and of which the others are duplicates; see the operation.

    Raises:
        InvalidRequest: vectors of several lengths, or one of zeros.
    """
    vectors = unit(request.vectors)
    kept: list[int] = []
    of: list[int | None] = []
    similarities: list[float | None] = []
    # (n, numbers): the kept ones so far, in its first rows
    leaders = np.empty_like(vectors)
    for index, vector in enumerate(vectors):
        near = rounded(leaders[: len(kept)] @ vector)
        best = int(np.argmax(near)) if kept else -1
        if kept and near[best] >= request.threshold:
            of.append(kept[best])
            similarities.append(float(near[best]))
            continue
        leaders[len(kept)] = vector
        kept.append(index)
        of.append(None)
        similarities.append(None)
    return VectorDuplicates(kept=kept, of=of, similarities=similarities, formula=LEADER)


def rounded(cosines: Array) -> Array:
    """Within [-1, 1], and without a negative zero."""
    found: Array = np.clip(np.round(cosines, DECIMALS), -1.0, 1.0) + 0.0
    return found
