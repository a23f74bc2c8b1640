"""A turn: a prompt becomes a run, its log the updates; a person is asked through the editor where the run asks."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from acp.exceptions import RequestError
from acp.schema import AllowedOutcome, RequestPermissionResponse
from pydantic import ValidationError

from nis_backend.errors import Conflict, NisError, Unavailable
from nis_backend.event import ApprovalRequired, Approved, Rejected, Released
from nis_backend.surfaces.acp.view import View

if TYPE_CHECKING:
    from acp.connection import Connection

    from nis_backend.operation import Json
    from nis_backend.surfaces.acp.reach import Reach

log = logging.getLogger("nis.acp")

CANCEL, APPROVE, REJECT = "runs.cancel_run", "runs.approve_run", "runs.reject_run"

OPTIONS = (
    {"optionId": "allow", "name": "Allow once", "kind": "allow_once"},
    {"optionId": "reject", "name": "Reject", "kind": "reject_once"},
)


class Turn:
    """A prompt under way in a session."""

    def __init__(self, reach: Reach, client: Connection, session: str) -> None:
        self._reach = reach
        self._client = client
        self._session = session
        self._run_id: str | None = None
        self._stopped = False
        self._asking: dict[str, asyncio.Task[None]] = {}
        """Questions that the editor was asked, by their calls."""
        self._answered: set[str] = set()
        self._settled: dict[str, asyncio.Event] = {}
        """Of each question, whether the log has its answer."""
        self._rests = 0
        """Times that the run was let go, which then waits for the answer to one of its questions."""
        self._moved = asyncio.Condition()

    async def said(self, operation: str, request: Json) -> Json:
        """Have the message answered by an operation; answers why the turn has ended.

        Raises:
            NisError: there is no answer, and why.
        """
        async with self._reach.begin(operation, request) as (run_id, events):
            self._run_id = run_id
            view = View(run_id)
            if self._stopped:
                await self._steer(CANCEL, {"id": run_id})
            try:
                async for event in events:
                    for update in view.of(event):
                        await tell(self._client, self._session, update)
                    await self._heed(event.body, view)
                    if view.failure is not None:
                        raise view.failure
                    if view.stop is not None:
                        return {"stopReason": view.stop, "_meta": {"nis": {"runId": run_id}}}
            finally:
                for asking in self._asking.values():
                    asking.cancel()
        raise Unavailable(
            "The server stopped before the turn's end.",
            field="run",
            value=run_id,
            remedy="The run goes on once a server is there again: load the session to see what came of it.",
        )

    async def cancel(self) -> None:
        """Stop the run, also one that is only about to begin."""
        self._stopped = True
        if self._run_id is not None:
            await self._steer(CANCEL, {"id": self._run_id})

    async def _heed(self, body: object, view: View) -> None:
        """Ask what is to be asked; what was answered elsewhere is asked no more."""
        if isinstance(body, ApprovalRequired):
            # Providers number the calls of each answer from the first: it may be the name of another before.
            self._answered.discard(body.call_id)
            settled = self._settled[body.call_id] = asyncio.Event()
            task = asyncio.create_task(self._ask(body, view.call_name(body.call_id), settled))
            self._asking[body.call_id] = task
        elif isinstance(body, Approved | Rejected | Released):
            async with self._moved:
                if isinstance(body, Released):
                    self._rests += 1
                elif body.call_id in self._settled:
                    self._settled[body.call_id].set()
                self._moved.notify_all()
            if not isinstance(body, Released) and body.call_id in self._asking.keys() - self._answered:
                self._asking[body.call_id].cancel()

    async def _ask(self, asked: ApprovalRequired, name: str, settled: asyncio.Event) -> None:
        """Have the editor ask its user, and hand on the answer."""
        question = {"type": "content", "content": {"type": "text", "text": asked.reason}}
        call = {
            "toolCallId": name,
            "title": asked.operation or asked.reason,
            "status": "pending",
            "content": [question],
            "rawInput": asked.arguments,
        }
        params = {"sessionId": self._session, "toolCall": call, "options": list(OPTIONS)}
        told: Json = {"id": self._run_id, "call_id": asked.call_id}
        try:
            answer: Any = await self._client.send_request("session/request_permission", params)
            outcome = RequestPermissionResponse.model_validate(answer).outcome
            self._answered.add(asked.call_id)
        except (RequestError, ValidationError) as error:
            self._answered.add(asked.call_id)
            log.warning("the editor did not ask its user: %s", error)
            await self._decide(REJECT, {**told, "reason": "The editor did not ask its user."}, settled)
            return
        except ConnectionError:
            # The editor has gone; the run waits for whoever answers.
            return
        if not isinstance(outcome, AllowedOutcome):
            await self._steer(CANCEL, {"id": self._run_id})
        elif outcome.option_id == OPTIONS[0]["optionId"]:
            await self._decide(APPROVE, told, settled)
        else:
            await self._decide(REJECT, told, settled)

    async def _decide(self, command: str, request: Json, settled: asyncio.Event) -> None:
        """Hand on what the user has decided: of several questions the run takes the answers one after the other."""
        while not settled.is_set():
            seen = self._rests
            if await self._steer(command, request):
                return
            # It is on its way, or waits for another answer: this one it takes when it has come to rest again.
            async with self._moved:
                await self._moved.wait_for(lambda seen=seen: self._rests > seen or settled.is_set())

    async def _steer(self, command: str, request: Json) -> bool:
        """Write a command into the run's log; answers whether the run is in a state that takes it."""
        try:
            await self._reach.call(command, request)
        except Conflict:
            return False
        except NisError as error:
            # The run waits on, or goes on: who reads the turn learns why.
            words = f"\n\n{command} was refused: {error.message} {error.remedy}\n\n"
            content = {"type": "text", "text": words}
            await tell(self._client, self._session, {"sessionUpdate": "agent_message_chunk", "content": content})
        return True


async def tell(client: Connection, session: str, update: Json) -> None:
    """Send one update."""
    await client.send_notification("session/update", {"sessionId": session, "update": update})
