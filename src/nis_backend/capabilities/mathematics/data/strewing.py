"""Where searches for an optimum begin: strewn evenly, and at the lowest of many places that are looked at."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.mathematics.data.optima import Optimization

    Array = NDArray[np.float64]

qmc: Any = import_module("scipy.stats.qmc")  # Any: scipy has no types
spatial: Any = import_module("scipy.spatial")  # Any: as above

WIDE = 10.0
"""Where a variable without bounds begins: between -10 and 10."""
LOOKED_AT = 13
"""Power of two: how many places are looked at before, in one sweep over arrays."""
LOW_SHARE = 2 / 3
"""Of the starts, those that begin at the lowest places seen."""


def strew(
    request: Optimization, names: list[str], low: Array, high: Array, rough: Callable[..., Array] | None
) -> Array:
    """Starts by Sobol's sequence, seeded, the given one first; some of them lowest of many, where `rough` has values.

    Of two valleys the deeper one may be narrow: of 8192 places those below all their neighbours are taken, lowest
    first.
    """
    given = {one.name: one.start for one in request.variables}
    floor = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high - 2 * WIDE, -WIDE))
    roof = np.where(np.isfinite(high), high, np.where(np.isfinite(low), low + 2 * WIDE, WIDE))
    power = math.ceil(math.log2(max(2, request.starts)))
    sequence = qmc.Sobol(len(names), rng=np.random.default_rng(request.seed))
    looked: Array = sequence.random_base2(LOOKED_AT if rough else power)
    strewn: Array = floor + (roof - floor) * looked[: request.starts]
    if rough is not None and request.starts > 1:
        deep = _valleys(looked, rough(*(floor + (roof - floor) * looked).T))[: int(LOW_SHARE * request.starts)]
        strewn[len(strewn) - len(deep) :] = floor + (roof - floor) * looked[deep]
    first = [given.get(name) for name in names]
    strewn[0] = [one if one is not None else strewn[0][i] for i, one in enumerate(first)]
    return np.clip(strewn, low, high)


def _valleys(places: Array, values: Array) -> list[int]:
    """The places that are below all their nearest neighbours, lowest first."""
    heights = np.where(np.isfinite(values), values, math.inf)
    near = spatial.cKDTree(places).query(places, k=2 * places.shape[1] + 3)[1]
    least = heights <= np.min(heights[near], axis=1)
    found = np.nonzero(least & np.isfinite(heights))[0]
    return found[np.argsort(heights[found], kind="stable")].tolist()
