"""The worker pools of the models of vectors: what a start has to know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import Pool

if TYPE_CHECKING:
    from nis_backend.settings import Settings

MINILM, STATIC = "embeddings", "static"


def embedding_pools(settings: Settings) -> list[Pool]:
    """The workers of the models in the box, and of those on this machine's disk where some are named."""
    pools = [minilm_pool(settings), static_pool(settings)]
    if settings.embedding_models is not None:
        from nis_backend.drivers.embeddings import folders  # noqa: PLC0415 - loads where it is set up

        pools += folders.pools(settings)
    return pools


def minilm_pool(settings: Settings) -> Pool:
    """The pool whose worker holds the model that reads sentences."""
    return Pool(
        name=MINILM,
        kind="shared",
        entry="nis_backend.drivers.embeddings.minilm_worker:open_worker",
        options={"weights": str(settings.weights), "threads": settings.embedded_threads},
        idle_seconds=settings.idle_seconds,
        extra="embeddings",
    )


def static_pool(settings: Settings) -> Pool:
    """The pool whose worker holds the static model."""
    return Pool(
        name=STATIC,
        kind="shared",
        entry="nis_backend.drivers.embeddings.static_worker:open_worker",
        options={"weights": str(settings.weights)},
        idle_seconds=settings.idle_seconds,
        extra="embeddings",
    )
