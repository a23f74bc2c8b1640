"""Where the time of a run went, by its events: the same rule as `drivers/store/measures.py` has in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.event import Event

Part = Literal["queued", "waiting", "model", "tools", "own"]

FORMULA = (
    "The time between two events of a run counts to what had begun and not ended before it: waiting after it was let "
    "go, and before an attempt that follows one that was cut, model from model_called to model_answered or "
    "step_retried, tools while an operation that the agent called has not answered, queued until it started, own "
    "otherwise."
)


class Spent(Model):
    """Seconds of each kind; together they are the time from the creation to the last event."""

    queued: float = Field(description="Until it started.")
    waiting: float = Field(description="Paused, waiting for a person, or held by nobody until it was taken up again.")
    model: float = Field(description="A language model was answering.")
    tools: float = Field(description="Operations that the agent called were under way.")
    own: float = Field(description="The rest: the operation's own work, and nis.")


def spent(created: float, events: Sequence[Event]) -> Spent:
    """What the time from `created` to the last of the events went to."""
    seconds: dict[Part, float] = dict.fromkeys(("queued", "waiting", "model", "tools", "own"), 0.0)
    doing, at = _Doing(), created
    for event in events:
        seconds[doing.before(event)] += event.time - at
        doing.hear(event)
        at = event.time
    return Spent.model_validate(seconds)


class _Doing:
    """What a run is doing, by the events so far."""

    def __init__(self) -> None:
        self._started = self._released = self._asked = False
        self._calls = 0

    def before(self, event: Event) -> Part:
        """What it was doing up to this event."""
        if not self._started:
            return "queued"
        if self._released or event.body.type == "started":
            return "waiting"
        if self._asked:
            return "model"
        return "tools" if self._calls > 0 else "own"

    def hear(self, event: Event) -> None:
        """Take in the next event."""
        match str(event.body.type):
            case "started":
                self._started, self._released = True, False
            case "released":
                self._released = True
            case "model_called":
                self._asked = True
            case "model_answered" | "step_retried":
                self._asked = False
            case "tool_called":
                self._calls += 1
            case "tool_answered":
                self._calls -= 1
            case _:
                pass
