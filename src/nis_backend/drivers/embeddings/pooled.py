"""How a worker that turns texts into vectors is asked."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from nis_backend.drivers.embeddings.base import Embedded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.compute.base import Compute


async def asked(compute: Compute, pool: str, texts: Sequence[str], dimensions: int) -> Embedded:
    """The texts' vectors, of this many numbers each, from the worker of a pool."""
    answer = await compute.call(pool, {"texts": list(texts)})
    numbers = array("d", answer["vectors"])
    return Embedded(
        vectors=[numbers[at : at + dimensions].tolist() for at in range(0, len(numbers), dimensions)],
        input_tokens=answer["input_tokens"],
        truncated=tuple(answer["truncated"]),
    )
