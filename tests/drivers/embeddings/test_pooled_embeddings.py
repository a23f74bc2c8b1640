"""How a worker is asked for vectors, and what becomes of texts whose process dies."""

from __future__ import annotations

import asyncio
from array import array
from typing import Any

import pytest

from nis_backend.drivers.embeddings.pooled import asked
from nis_backend.errors import WorkerLost


class Dying:
    """Compute whose process dies under so many calls."""

    def __init__(self, deaths: int) -> None:
        self.deaths = deaths

    async def call(self, _pool: str, payload: dict[str, Any], **_: object) -> dict[str, Any]:
        """Vectors of two numbers."""
        self.deaths -= 1
        if self.deaths >= 0:
            raise WorkerLost("It was killed.")
        return {"vectors": array("d", [1, 0] * len(payload["texts"])).tobytes(), "input_tokens": 1, "truncated": []}


@pytest.mark.parametrize("deaths", [1, 2])
def test_texts_outlive_one_death_of_their_process(deaths: int) -> None:
    """Promise: a long import does not end with a worker; what kills one each time does end."""
    compute: Any = Dying(deaths)  # Any: of the contract only what is asked here
    asking = asked(compute, "embeddings", ["one", "two"], 2)
    if deaths > 1:
        with pytest.raises(WorkerLost):
            asyncio.run(asking)
    else:
        assert asyncio.run(asking).vectors == [[1, 0], [1, 0]]
