"""How a worker that turns texts into vectors is asked."""

from __future__ import annotations

import logging
from array import array
from typing import TYPE_CHECKING

from nis_backend.drivers.embeddings.base import Embedded
from nis_backend.errors import Unavailable, WorkerLost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.compute.base import Compute

log = logging.getLogger("nis.embeddings")


async def asked(
    compute: Compute, pool: str, texts: Sequence[str], dimensions: int, more: Mapping[str, str] | None = None
) -> Embedded:
    """The texts' vectors, of this many numbers each, from the worker of a pool; `more` is what else it is told.

    Raises:
        Unavailable: they have another number of numbers.
        WorkerLost: its process died under them, twice.
    """
    payload = {"texts": list(texts), **(more or {})}
    try:
        answer = await compute.call(pool, payload)
    except WorkerLost as lost:
        # Once: a document of thousands of pages is not lost with a process, nor does a text end every next one.
        log.warning("texts are embedded again: %s", lost.message)
        answer = await compute.call(pool, payload)
    numbers = array("d", answer["vectors"])
    if len(numbers) != dimensions * len(texts):
        raise Unavailable(
            f"The model's vectors have {len(numbers) / len(texts):g} numbers, and its settings say {dimensions}.",
            remedy="Mend the config.json of its folder, or save the model again.",
        )
    return Embedded(
        vectors=[numbers[at : at + dimensions].tolist() for at in range(0, len(numbers), dimensions)],
        input_tokens=answer["input_tokens"],
        truncated=tuple(answer["truncated"]),
    )
