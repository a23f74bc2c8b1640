"""An operation of a pool that says how far it is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from pydantic import Field

from nis_backend.operation import Model, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.compute.base import WorkerContext


class Count(Model):
    """How far to count."""

    steps: int = Field(ge=0, le=100, description="How many steps; without one it never ends.")


class Counted(Model):
    """How far was counted."""

    steps: int


@operation("counting.count_up", effect="reads", pool="counting")
def count_up(request: Count, ctx: Context) -> Counted:
    """Count, and say so at each step."""
    # In a worker the context is another one, which the declaration does not say.
    worker = cast("WorkerContext", ctx)
    for step in range(request.steps):
        worker.progress((step + 1) / request.steps, f"step {step + 1}")
    if not request.steps:
        worker.progress(0.5, "without end")
        threading.Event().wait()
    return Counted(steps=request.steps)


OPERATIONS = (count_up,)
