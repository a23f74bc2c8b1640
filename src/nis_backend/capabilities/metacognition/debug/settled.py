"""What a run settles once and goes by from then on, as its log notes it: so that one thing of it can be another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.errors import Conflict, InvalidRequest, NotSupported
from nis_backend.event import Noted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nis_backend.event import Event
    from nis_backend.operation import Json
    from nis_backend.run import Run

AGENT, CHAT = "agents.run_agent", "chat.send_message"
NAMED: Mapping[str, tuple[str, str]] = {AGENT: ("agent", "operations"), CHAT: ("turn", "tools")}
"""The note in which a run's operations has what it settled, and the member that lists the operations it may use."""


class Settled:
    """What a run has noted of itself; changed copies are handed to another run."""

    def __init__(self, run: Run, events: Sequence[Event]) -> None:
        """Read the notes.

        Raises:
            Conflict: it had settled nothing yet.
        """
        self.operation = run.operation
        self.notes: dict[str, Any] = {}  # Any: JSON
        if run.operation not in NAMED:
            return
        self._name, self._offers = NAMED[run.operation]
        for event in events:
            body = event.body
            if isinstance(body, Noted) and body.name in {self._name, "tools", "recalled"}:
                self.notes.setdefault(body.name, body.value)
        if self._name not in self.notes:
            raise Conflict(
                f"Run {run.id} had not begun to answer.",
                field="run",
                value=run.id,
                remedy="Name a run that has called a model.",
            )
        self.notes[self._name] = dict(self.notes[self._name])

    @property
    def _main(self) -> Json:
        if self.operation not in NAMED:
            raise NotSupported(
                f"What {self.operation} settles is not known: only its model can be another.",
                field="run",
                value=self.operation,
                remedy=f"Name a run of {AGENT} or {CHAT}, or give model.",
            )
        return self.notes[self._name]

    @property
    def offered(self) -> list[str]:
        """What it was offered to call: operations, and tools of others by their names."""
        return [*self._main[self._offers], *(one["name"] for one in self._main.get("remote", ()))]

    def keep(self, able: Callable[[str], bool]) -> None:
        """Offer those alone that are able, which is asked by the operation's name; and nobody to hand on to.

        What another agent may use is settled when it takes over.
        """
        main = self._main
        if "hands" in main:
            main["hands"] = []
        main[self._offers] = [one for one in main[self._offers] if able(one)]
        if "remote" in main:
            main["remote"] = [one for one in main["remote"] if able(one["operation"])]
        if "tools" in self.notes:
            self.notes["tools"] = [one for one in self.notes["tools"] if able(one)]

    def without(self, name: str) -> None:
        """Offer all but this one.

        Raises:
            InvalidRequest: it was not offered.
        """
        if name not in self.offered:
            raise InvalidRequest(
                f"No model of the run was offered {name!r}.",
                field="without_operation",
                value=name,
                remedy=f"It was offered: {', '.join(self.offered[:40]) or 'nothing'}. What rules chose, for a model "
                "that chooses no tools, cannot be left out.",
            )
        main = self._main
        main[self._offers] = [one for one in main[self._offers] if one != name]
        if "remote" in main:
            main["remote"] = [one for one in main["remote"] if one["name"] != name]
        if "tools" in self.notes:
            self.notes["tools"] = [one for one in self.notes["tools"] if one != name]

    def forget(self) -> None:
        """Recall nothing.

        Raises:
            InvalidRequest: nothing was recalled.
        """
        main = self._main
        if not main.get("remembered") and not self.notes.get("recalled"):
            raise InvalidRequest(
                "The run recalled nothing.", field="without_memory", value=True, remedy="Change something else."
            )
        if "remembered" in main:
            main["remembered"] = []
        if "recalled" in self.notes:
            self.notes["recalled"] = []

    def instruct(self, words: str) -> None:
        """Tell the agent something else.

        Raises:
            NotSupported: it is no agent's run.
        """
        if self.operation != AGENT:
            raise NotSupported(
                f"{self.operation} has no instructions of its own.",
                field="instructions",
                remedy=f"Name a run of {AGENT}.",
            )
        self._main["agent"] = {**self._main["agent"], "instructions": words}

    def ask(self, info: Json) -> None:
        """Put it to another model."""
        self._main["model"] = info
