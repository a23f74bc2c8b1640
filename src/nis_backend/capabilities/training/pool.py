"""The worker pool that trains: what a start has to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import Pool

if TYPE_CHECKING:
    from nis_backend.settings import Settings

POOL, PACKING = "training", "packing"
PROCESSES = 2
"""Trainings at once: a small one need not wait for one that takes days."""


def pool(settings: Settings) -> Pool:
    """The pool whose workers train, one training a process: a pause or a cancel ends it."""
    return Pool(
        name=POOL,
        kind="exclusive",
        entry="nis_backend.capabilities.training.worker:open_worker",
        options={"threads": settings.training_threads},
        processes=PROCESSES,
        idle_seconds=settings.idle_seconds,
        environment={
            "OMP_NUM_THREADS": str(settings.training_threads),
            # Threads that spin lose most of their speed beside a busy process.
            "OMP_WAIT_POLICY": "passive",
            "HF_HUB_OFFLINE": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "TRANSFORMERS_VERBOSITY": "error",
            "TOKENIZERS_PARALLELISM": "false",
            "PYTHONHASHSEED": "0",
        },
        extra="training",
    )


def packing_pool(settings: Settings) -> Pool:
    """The pool whose worker makes files of models, one at a time: two calls never make the same."""
    return Pool(
        name=PACKING,
        kind="exclusive",
        entry="nis_backend.capabilities.training.packing.worker:open_worker",
        idle_seconds=settings.idle_seconds,
        environment={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"},
        extra="training",
    )
