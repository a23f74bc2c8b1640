"""What is posted of an event: a status, a whole artifact, and at an end or where it waits the whole task."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from a2a.compat.v0_3.conversions import to_compat_task
from a2a.types.a2a_pb2 import (
    TASK_STATE_SUBMITTED,
    TASK_STATE_WORKING,
    Task,
    TaskArtifactUpdateEvent,
    TaskStatusUpdateEvent,
)
from a2a.utils.proto_utils import to_stream_response
from google.protobuf.json_format import MessageToDict

from nis_backend.event import Surface
from nis_backend.surfaces.a2a.drawing import draw_text
from nis_backend.surfaces.a2a.task import ANSWER, TaskFold
from nis_backend.surfaces.a2a.wire import OLDER, whole

if TYPE_CHECKING:
    from nis_backend.drivers.store.base import Row
    from nis_backend.event import Event
    from nis_backend.run import Run

MOVING = (TASK_STATE_SUBMITTED, TASK_STATE_WORKING)


class Told:
    """A task as the receiver of a row is told of it."""

    def __init__(self, run: Run, row: Row) -> None:
        self._fold = TaskFold(run, draw_text, row["base"])
        self._older = row["version"] == OLDER

    async def apply(self, event: Event) -> Any:  # Any: JSON
        """The body for an event; None of one that is not told: the words of an answer come whole, with its end."""
        surface = isinstance(event.body, Surface)
        update = await asyncio.to_thread(self._fold.apply, event) if surface else self._fold.apply(event)
        if isinstance(update, TaskStatusUpdateEvent):
            still = update.status.state in MOVING
            return self._body(update if still and not self._older else self._fold.task())
        if isinstance(update, TaskArtifactUpdateEvent) and update.artifact.artifact_id != ANSWER and not self._older:
            return self._body(update)
        return None

    def _body(self, update: Task | TaskStatusUpdateEvent | TaskArtifactUpdateEvent) -> Any:  # Any: JSON
        if self._older and isinstance(update, Task):
            return whole(to_compat_task(update).model_dump(mode="json", by_alias=True, exclude_none=True))
        return whole(MessageToDict(to_stream_response(update)))
