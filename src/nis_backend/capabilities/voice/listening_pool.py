"""The worker pool of what listens to open microphones: what a start has to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import Pool

if TYPE_CHECKING:
    from nis_backend.settings import Settings

POOL = "listening"


def pool(settings: Settings) -> Pool:
    """The pool whose worker holds the detector: one process for every sound that is listened to."""
    return Pool(
        name=POOL,
        kind="shared",
        entry="nis_backend.capabilities.voice.listening_worker:open_worker",
        options={"weights": str(settings.weights)},
        idle_seconds=settings.idle_seconds,
        # One window after the other is computed: more threads only spin.
        environment={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        extra="voice",
    )
