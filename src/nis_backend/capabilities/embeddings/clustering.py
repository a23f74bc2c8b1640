"""The arithmetic of clusters, on arrays. Loads in the worker only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy.cluster import hierarchy  # pyright: ignore[reportMissingTypeStubs] - scipy has none

from nis_backend.capabilities.embeddings.clusters import (
    METHOD,
    MOST_TRIED,
    SILHOUETTE,
    Grouping,
    Trial,
    VectorsRequest,
)
from nis_backend.capabilities.embeddings.unit import unit
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Labels = NDArray[np.int64]

SAME = 1e-6
"""Vectors nearer than this are one: what padding and rounding may change in a text's vector."""


def group(request: VectorsRequest) -> Grouping:
    """Group vectors; see the operation.

    Raises:
        InvalidRequest: vectors of several lengths, one of zeros, or fewer different ones than clusters.
    """
    vectors = unit(request.vectors)
    # (n - 1, 4): the two joined, how far apart they were, how many are in it
    tree = _linkage(vectors)
    # As many as the joins of vectors that differ, and one.
    different = 1 + int(np.count_nonzero(tree[:, 2] > SAME))
    wanted = request.clusters
    if wanted is not None and wanted > different:
        raise InvalidRequest(
            f"There are {different} different vectors, fewer than {wanted} clusters.",
            field="clusters",
            value=wanted,
            remedy=f"Ask for at most {different}.",
        )
    distances = 1 - vectors @ vectors.T
    tried = [wanted] if wanted else list(range(min(2, different), min(MOST_TRIED, different) + 1))
    cuts = {count: _cut(tree, count) for count in tried}
    scores = {count: silhouette(distances, labels) for count, labels in cuts.items()}
    # Of equal ones the fewest.
    best = max(tried, key=lambda count: (scores[count] or 0.0, -count))
    labels = _by_size(cuts[best])
    return Grouping(
        labels=[int(label) for label in labels],
        typical=_typical(vectors, labels),
        method=METHOD,
        silhouette=scores[best],
        formula=SILHOUETTE,
        trials=[] if wanted else [Trial(clusters=k, silhouette=s) for k, s in scores.items() if s is not None],
    )


def silhouette(distances: Array, labels: Labels) -> float | None:
    """The mean silhouette `(n, n) distances, (n,) labels` of a grouping; None for one cluster."""
    counts = np.bincount(labels)
    if len(counts) == 1:
        return None
    own = np.arange(len(labels)), labels
    sums = distances @ np.eye(len(counts))[labels]
    within = sums[own] / np.maximum(counts[labels] - 1, 1)
    between = sums / counts
    between[own] = np.inf
    nearest = between.min(axis=1)
    larger = np.maximum(within, nearest)
    # Those alone in their cluster count 0, and so do texts that are all the same.
    known = (counts[labels] > 1) & (larger > 0)
    scores = np.divide(nearest - within, larger, out=np.zeros(len(labels)), where=known)
    return round(float(scores.mean()), 6)


def _linkage(vectors: Array) -> Array:
    if len(vectors) == 1:
        return np.empty((0, 4))
    ward = cast("Any", hierarchy).linkage  # Any: scipy has no types
    return np.asarray(ward(vectors, method="ward"), np.float64)


def _cut(tree: Array, count: int) -> Labels:
    if not len(tree):
        return np.zeros(1, np.int64)
    cut = cast("Any", hierarchy).cut_tree  # Any: scipy has no types
    return np.asarray(cut(tree, n_clusters=count), np.int64)[:, 0]


def _by_size(labels: Labels) -> Labels:
    """The same clusters, the largest first; of equal ones that with the earliest member."""
    _, first, inverse, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -counts))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    renamed: Labels = place[inverse]
    return renamed


def _typical(vectors: Array, labels: Labels) -> list[int]:
    found: list[int] = []
    for label in range(int(labels.max()) + 1):
        members = np.flatnonzero(labels == label)
        near = vectors[members] @ vectors[members].mean(axis=0)
        # Of the same texts, whose numbers may differ in the last place, the first.
        found.append(int(members[np.argmax(near >= near.max() - SAME)]))
    return found
