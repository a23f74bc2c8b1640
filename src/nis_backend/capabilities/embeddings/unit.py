"""Vectors as callers give them, at length 1. Loads in the worker only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.capabilities.embeddings.clusters import MOST_DIMENSIONS
from nis_backend.errors import InvalidRequest, NisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def unit(given: Sequence[Sequence[float]], field: str = "vectors", numbers: int | None = None) -> Array:
    """The vectors `(n, numbers)` at length 1.

    Raises:
        InvalidRequest: they have several lengths, or another than `numbers`, or one has no direction.
    """
    wanted = len(given[0]) if numbers is None else numbers
    wrong = next((index for index, vector in enumerate(given) if len(vector) != wanted), None)
    if wrong is not None or not 0 < wanted <= MOST_DIMENSIONS:
        index = wrong or 0
        remedy = f"Give {wanted} numbers in each." if numbers else f"Give 1 to {MOST_DIMENSIONS}, as many in each."
        raise _bad(field, index, f"has {len(given[index])} numbers", remedy)
    vectors = np.array(given, np.float64)
    with np.errstate(over="ignore"):
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    for index, norm in enumerate(norms[:, 0]):
        if not 0 < norm < np.inf:
            raise _bad(field, index, "has no direction: it is all zeros, or too large", "Leave it out.")
    found: Array = vectors / norms
    return found


def _bad(field: str, index: int, what: str, remedy: str) -> NisError:
    return InvalidRequest(f"{field}.{index} {what}.", field=f"{field}.{index}", remedy=remedy)
