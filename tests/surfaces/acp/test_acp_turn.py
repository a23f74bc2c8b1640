"""A turn whose run asks several things at once: the editor's user answers all, the run takes one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from nis_backend.errors import Conflict
from nis_backend.event import ApprovalRequired, Approved, Body, Event, Rejected, Released, Succeeded
from nis_backend.surfaces.acp.turn import APPROVE, REJECT, Turn

Json = dict[str, Any]
ALLOWED: Json = {"outcome": {"outcome": "selected", "optionId": "allow"}}
REFUSED: Json = {"outcome": {"outcome": "selected", "optionId": "reject"}}
ASKS = ("first", "second", "third")


class Run:
    """A run that waits for the answers to its calls in their order, and knows no answer before its time."""

    def __init__(self) -> None:
        self.waits_for = ""
        self.refused: list[str] = []
        self.taken: list[Body] = []
        self._early, self._answered = asyncio.Event(), asyncio.Event()

    async def call(self, name: str, arguments: Json) -> Json:
        """What the editor's user has decided."""
        call_id = arguments["call_id"]
        if call_id != self.waits_for:
            self.refused.append(call_id)
            if len(self.refused) == len(ASKS):
                self._early.set()
            raise Conflict(f"It waits for no approval of {call_id!r}.", remedy="Get the run.")
        self.waits_for = ""
        self.taken.append({APPROVE: Approved, REJECT: Rejected}[name](call_id=call_id))
        self._answered.set()
        return {}

    @asynccontextmanager
    async def begin(self, _name: str, _arguments: Json) -> AsyncGenerator[tuple[str, AsyncGenerator[Event]]]:
        """The log."""
        yield "run-1", self._events()

    async def _events(self) -> AsyncGenerator[Event]:
        seq = 0
        asked = [ApprovalRequired(step=1, call_id=one, operation="a.b", arguments={}, reason="Why.") for one in ASKS]
        for body in asked:
            yield Event(run_id="run-1", seq=(seq := seq + 1), time=0, attempt=1, body=body)
        for one in ASKS:
            # All are answered before it rests for the first time, which is too early.
            await self._early.wait()
            self._answered.clear()
            self.waits_for = one
            yield Event(run_id="run-1", seq=(seq := seq + 1), time=0, attempt=1, body=Released(reason="waiting"))
            await self._answered.wait()
            yield Event(run_id="run-1", seq=(seq := seq + 1), time=0, attempt=1, body=self.taken[-1])
        yield Event(run_id="run-1", seq=seq + 1, time=0, attempt=1, body=Succeeded(result={"response": "Done."}))


class Editor:
    """Allows all but the second, at once."""

    async def send_request(self, _method: str, params: Json) -> Json:
        """What its user decides."""
        return REFUSED if params["toolCall"]["toolCallId"].endswith("second") else ALLOWED

    async def send_notification(self, _method: str, _params: Json) -> None:
        """Nothing is kept of it."""


def test_answers_that_are_given_at_once_are_each_taken_when_the_run_waits_for_them() -> None:
    """Promise: no decision of the user's is lost, whenever it is made; else the turn would wait for ever."""

    async def use() -> tuple[Json, Run]:
        run = Run()
        turn = Turn(cast("Any", run), cast("Any", Editor()), "session-1")
        async with asyncio.timeout(10):
            return await turn.said("chat.send_message", {"message": "Do all three."}), run

    ended, run = asyncio.run(use())
    assert ended["stopReason"] == "end_turn"
    assert [(one.type, getattr(one, "call_id", "")) for one in run.taken] == [
        ("approved", "first"),
        ("rejected", "second"),
        ("approved", "third"),
    ]
