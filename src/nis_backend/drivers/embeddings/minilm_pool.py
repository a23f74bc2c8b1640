"""The worker pool of the embedding model in the box: what a start has to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import Pool

if TYPE_CHECKING:
    from nis_backend.settings import Settings

POOL = "embeddings"


def pool(settings: Settings) -> Pool:
    """The pool whose worker holds the model."""
    return Pool(
        name=POOL,
        kind="shared",
        entry="nis_backend.drivers.embeddings.minilm_worker:open_worker",
        options={"weights": str(settings.weights), "threads": settings.embedded_threads},
        idle_seconds=settings.idle_seconds,
        extra="embeddings",
    )
