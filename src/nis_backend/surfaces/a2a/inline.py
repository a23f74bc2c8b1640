"""A task for clients that read nothing but the messages of its statuses, as Flutter's `genui_a2a` 0.10 does.

They speak 0.3 with the extension for A2UI. A surface is the message of a status, one A2UI message a data part; the
words of the answer come whole, with the last status; what the task says about its way there is left out, because they
would show it as words of the answer.

Source: https://pub.dev/packages/genui_a2a, `a2ui_agent_connector.dart`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from a2a.types.a2a_pb2 import ROLE_AGENT, Message, Part, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent
from typing_extensions import override

from nis_backend.event import Progressed, RetryScheduled, Succeeded, Surface, ToolAnswered, ToolCalled, Warned
from nis_backend.surfaces.a2a.task import TaskFold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.event import Event
    from nis_backend.surfaces.a2a.task import Update

ON_THE_WAY = ToolCalled | ToolAnswered | Progressed | RetryScheduled | Warned
"""Events whose statuses say how it goes."""


class InlineFold(TaskFold):
    """The same events; its updates are statuses alone."""

    _surfaces: tuple[Part, ...] = ()

    @override
    def apply(self, event: Event) -> Update | None:
        update, body = super().apply(event), event.body
        if isinstance(body, ON_THE_WAY):
            self._message = None
            return None
        if isinstance(update, TaskArtifactUpdateEvent):
            if not isinstance(body, Surface):
                return None
            # It is in the message of a status, and need not come twice.
            parts = self._artifacts.pop().parts
            self._surfaces += tuple(parts)
            return self._telling(event, parts)
        if isinstance(update, TaskStatusUpdateEvent) and isinstance(body, Succeeded) and self.text:
            return self._telling(event, [Part(text=self.text), *update.status.message.parts])
        return update

    def _telling(self, event: Event, parts: Iterable[Part]) -> TaskStatusUpdateEvent:
        self._message = self._spoken(event, ROLE_AGENT, [*parts])
        return self._updated()

    @override
    def task(self, history_length: int | None = None) -> Task:
        """The task, whose status has every surface: who comes back gets them with it."""
        task = super().task(history_length)
        if self._surfaces:
            said = [part for part in task.status.message.parts if part not in self._surfaces]
            task.status.message.MergeFrom(Message(message_id=f"{self.run.id}-{self.last_seq}", role=ROLE_AGENT))
            del task.status.message.parts[:]
            task.status.message.parts.extend([*self._surfaces, *said])
        return task
