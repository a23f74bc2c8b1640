"""The worker pool that compares vectors: what a start has to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import Pool

if TYPE_CHECKING:
    from nis_backend.settings import Settings

POOL = "vectors"


def pool(settings: Settings) -> Pool:
    """The pool whose worker maps the files of vectors."""
    return Pool(
        name=POOL,
        kind="shared",
        entry="nis_backend.drivers.vectors.matrices_worker:open_worker",
        idle_seconds=settings.idle_seconds,
        # A search is bound by memory: one thread reads nearly as fast as two.
        environment={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        extra="embeddings",
    )
