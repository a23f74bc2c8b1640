"""Vectors compared: the heavy half, a worker process of the pool `vectors`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from numpy.typing import NDArray

    from nis_backend.drivers.compute.base import Json, WorkerContext

    Floats = NDArray[np.float32]
    Numbers = NDArray[np.int64]

FEW = 0.2
"""Share of the rows up to which the wanted ones are gathered; beyond it all are multiplied, and the others left out."""


def open_worker(_options: Json) -> Searching:
    """The pool's entry."""
    return Searching()


class Searching:
    """Answers `{"path", "numbers", "dimensions", "rows", "vector", "top", "all", "among"}` with the best rows."""

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:  # noqa: ARG002 - nothing of it is needed
        """See `Handler.handle`."""
        yield await asyncio.to_thread(_search, payload)


def _search(payload: Json) -> dict[str, Any]:  # Any: bytes
    shape = (payload["rows"], payload["dimensions"])
    # (rows, dimensions) float32, each of length 1
    matrix: Floats = np.memmap(payload["path"], np.float32, "r", shape=shape)
    numbers: Numbers = np.memmap(payload["numbers"], np.int64, "r", shape=shape[:1])
    vector: Floats = np.frombuffer(payload["vector"], np.float32)
    if payload["all"]:
        cosines, known = matrix @ vector, numbers
    else:
        rows = _rows(numbers, np.frombuffer(payload["among"], np.int64))
        cosines = matrix[rows] @ vector if len(rows) < FEW * len(numbers) else (matrix @ vector)[rows]
        known = numbers[rows]
    best = _top(cosines, known, payload["top"])
    return {"found": known[best].tobytes(), "cosines": np.clip(cosines[best], -1, 1).astype(np.float64).tobytes()}


def _rows(numbers: Numbers, wanted: Numbers) -> NDArray[np.intp]:
    """Where the wanted numbers stand among these, which are in order."""
    places = np.searchsorted(numbers, wanted)
    places = places[places < len(numbers)]
    return places[np.isin(numbers[places], wanted)]


def _top(cosines: Floats, numbers: Numbers, count: int) -> NDArray[np.intp]:
    """The places of the greatest, in order; of equal ones the lower number first."""
    some = np.argpartition(-cosines, count - 1)[:count] if count < len(cosines) else np.arange(len(cosines))
    order = np.lexsort((numbers[some], -cosines[some]))
    return some[order]
