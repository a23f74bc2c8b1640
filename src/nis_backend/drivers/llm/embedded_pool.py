"""The worker pool of the model in the box: what a start has to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.compute.base import Pool

if TYPE_CHECKING:
    from nis_backend.settings import Settings

POOL = "llm"

SLOTS = 4
"""Answers at once; more wait their turn."""

CONTEXT = 2048
"""Tokens of prompt and answer together, for each of the answers at once. 1,000 tokens of all slots take 92 MB."""

HELD_SECONDS = 45.0
"""Time for an answer that is held to a schema: by some the model may write without end. It is below the 60 s of a plain
call, so that the caller is told the reason."""


def pool(settings: Settings) -> Pool:
    """The pool whose worker holds the model."""
    return Pool(
        name=POOL,
        kind="shared",
        entry="nis_backend.drivers.llm.embedded_worker:open_worker",
        options={
            "weights": str(settings.weights),
            "weight": settings.embedded_weight,
            "threads": settings.embedded_threads,
            "context": CONTEXT,
            "slots": SLOTS,
            "held_seconds": HELD_SECONDS,
        },
        idle_seconds=settings.idle_seconds,
        # Threads that spin while they wait for each other lose most of their speed when something else wants the cores:
        # measured beside one busy process on two cores, 7-9 tokens/s against 34 with this.
        environment={"OMP_WAIT_POLICY": "passive"},
        extra="local",
    )
