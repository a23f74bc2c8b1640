"""The agent that an editor talks to: its sessions are conversations, its turns are runs.

Source: https://agentclientprotocol.com/protocol/overview
"""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acp.exceptions import RequestError
from acp.meta import AGENT_METHODS, PROTOCOL_VERSION
from acp.schema import (
    AuthenticateRequest,
    CancelNotification,
    InitializeRequest,
    LoadSessionRequest,
    NewSessionRequest,
    PromptRequest,
)
from pydantic import ValidationError

from nis_backend import __version__
from nis_backend.errors import (
    Busy,
    Conflict,
    Forbidden,
    InternalError,
    InvalidRequest,
    NisError,
    NotFound,
    Unauthenticated,
    WrongMethod,
    shorten,
)
from nis_backend.refusal import invalid
from nis_backend.run import TERMINAL
from nis_backend.surfaces.acp.prompt import message_of
from nis_backend.surfaces.acp.turn import Turn, tell
from nis_backend.surfaces.acp.view import View
from nis_backend.surfaces.answering import ANSWERS, INTRODUCES, id_in, kind_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from acp.connection import Connection
    from pydantic import BaseModel

    from nis_backend.operation import Json
    from nis_backend.surfaces.acp.reach import Reach

log = logging.getLogger("nis.acp")

LIST, GET, EVENTS = "conversations.list_conversations", "conversations.get_conversation", "runs.stream_events"

MOST_SESSIONS = 1000
"""Sessions of one process."""

MOST_TURNS = 1000
"""Turns of a conversation that are told again, the last ones."""

NAMES = {"message": "prompt", "conversation_id": "sessionId", "id": "sessionId"}
"""Fields of the operations, as they are called here."""

KEY = {
    "id": "key",
    "name": "The server's key",
    "description": "Set NIS_API_KEY in the env of this agent in the editor's settings, and start it again.",
}

CODES = {Unauthenticated: -32000, NotFound: -32002}
"""Failures that the protocol has codes of its own for."""


@dataclass
class Session:
    """A conversation that the editor has open."""

    begins: bool
    """Whether it may not have begun yet."""
    turn: Turn | None = None


class Agent:
    """Answers the editor's requests."""

    def __init__(self, reach: Reach, kept: str = "") -> None:
        self.client: Connection
        self._reach = reach
        self._kept = kept
        """The agent that answers, where it is one that is kept and not the chat."""
        self._sessions: dict[str, Session] = {}
        # Any: each takes its own kind of request.
        self._methods: dict[str, tuple[type[BaseModel], Callable[[Any], Awaitable[Json | None]]]] = {
            AGENT_METHODS["initialize"]: (InitializeRequest, self._initialize),
            AGENT_METHODS["authenticate"]: (AuthenticateRequest, self._authenticate),
            AGENT_METHODS["session_new"]: (NewSessionRequest, self._new),
            AGENT_METHODS["session_load"]: (LoadSessionRequest, self._load),
            AGENT_METHODS["session_prompt"]: (PromptRequest, self._prompt),
            AGENT_METHODS["session_cancel"]: (CancelNotification, self._cancel),
        }

    async def handle(self, method: str, params: Any, is_notification: bool) -> Json | None:  # Any: JSON
        """Answer a request, or heed a notification.

        Raises:
            RequestError: with the problem, which says field, value and remedy, as its data.
        """
        try:
            return await self._answer(method, params)
        except NisError as error:
            if is_notification:
                log.warning("%s: %s %s", method, error.message, error.remedy)
                return None
            code = next((code for kind, code in CODES.items() if isinstance(error, kind)), error.codes.jsonrpc)
            message = f"{error.message} {error.remedy}".strip()
            raise RequestError(code, message, error.problem()) from None

    async def _answer(self, method: str, params: Any) -> Json | None:  # Any: JSON
        if method not in self._methods:
            raise WrongMethod(
                f"There is no method {shorten(method)!r}.",
                field="method",
                value=method,
                remedy=f"The methods are: {', '.join(self._methods)}.",
            )
        kind, answer = self._methods[method]
        try:
            request = kind.model_validate({} if params is None else params)
        except ValidationError as error:
            raise invalid(error) from None
        try:
            return await answer(request)
        except (NisError, ConnectionError):
            raise
        except Exception:
            log.exception("%s has failed", method)
            raise InternalError("The request has failed.", remedy="Standard error has the cause.") from None

    async def _initialize(self, _request: InitializeRequest) -> Json:
        try:
            await self._admit()
            methods: list[Json] = []
        except Unauthenticated:
            methods = [KEY]
        except NisError:
            # The server is away; the first session says so.
            methods = []
        return {
            "protocolVersion": PROTOCOL_VERSION,
            "agentInfo": {"name": "nis", "title": "nis", "version": __version__},
            "agentCapabilities": {
                "loadSession": True,
                "promptCapabilities": {"image": True, "audio": True, "embeddedContext": True},
                "mcpCapabilities": {"http": False, "sse": False},
            },
            "authMethods": methods,
        }

    async def _admit(self) -> None:
        """See whether the server lets the key in."""
        # A key that may only chat is one all the same.
        with suppress(Forbidden):
            await self._reach.call(LIST, {"limit": 1})

    async def _authenticate(self, request: AuthenticateRequest) -> Json:
        if request.method_id != KEY["id"]:
            raise InvalidRequest(
                f"There is no method {request.method_id!r}.",
                field="methodId",
                value=request.method_id,
                remedy=f"Give {KEY['id']!r}.",
            )
        try:
            await self._admit()
        except Unauthenticated as error:
            error.remedy = str(KEY["description"])
            raise
        return {}

    async def _new(self, request: NewSessionRequest) -> Json:
        await self._admit()
        if kind_of(self._kept) in INTRODUCES:
            await self._reach.call(INTRODUCES[kind_of(self._kept)], {"id": id_in(self._kept)})
        session = f"conversation-{uuid.uuid4().hex}"
        self._open(session, begins=True)
        return {"sessionId": session, **_left_out(request)}

    def _open(self, session: str, *, begins: bool) -> None:
        if session not in self._sessions and len(self._sessions) >= MOST_SESSIONS:
            raise Busy(f"{MOST_SESSIONS} sessions are open.", remedy="Start the agent again.")
        self._sessions.setdefault(session, Session(begins=begins))

    async def _load(self, request: LoadSessionRequest) -> Json:
        """Tell a kept conversation again: each message, and the log of its answer."""
        session = request.session_id
        try:
            turns = await self._turns(session)
        except NisError as error:
            raise _renamed(error) from None
        self._open(session, begins=False)
        for turn in turns:
            named = [f"[Attached: {one['name'] or one['id']}, {one['media_type']}]" for one in turn["attachments"]]
            words = "\n\n".join(filter(None, [turn["message"], *named]))
            told = {"sessionUpdate": "user_message_chunk", "content": {"type": "text", "text": words}}
            await tell(self.client, session, told)
            view = View(turn["run_id"])
            async with self._reach.events(EVENTS, {"id": turn["run_id"], "wait": 0}) as events:
                async for event in events:
                    for update in view.of(event):
                        await tell(self.client, session, update)
            if turn["state"] not in TERMINAL:
                words = f"This turn is {turn['state']}: load the session again for the rest, or see the console."
                thought = {"sessionUpdate": "agent_thought_chunk", "content": {"type": "text", "text": words}}
                await tell(self.client, session, thought)
        return _left_out(request)

    async def _turns(self, session: str) -> list[Json]:
        """The turns of the conversation, oldest first."""
        turns: list[Json] = []
        cursor: str | None = None
        while len(turns) < MOST_TURNS:
            page = await self._reach.call(GET, {"id": session, **({"cursor": cursor} if cursor else {})})
            turns = [*page["turns"], *turns]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        return turns

    def _session(self, session: str) -> Session:
        if session not in self._sessions:
            raise NotFound(
                f"There is no session {shorten(session)!r} here.",
                field="sessionId",
                value=session,
                remedy="Begin one with session/new, or load it with session/load.",
            )
        return self._sessions[session]

    async def _prompt(self, request: PromptRequest) -> Json:
        session = self._session(request.session_id)
        message = message_of(request)
        if session.turn is not None:
            raise Conflict(
                "The session's turn is under way.",
                field="sessionId",
                value=request.session_id,
                remedy="Wait for its end, or cancel it with session/cancel.",
            )
        session.turn = Turn(self._reach, self.client, request.session_id)
        try:
            said = {**message, "conversation_id": request.session_id, "begins": session.begins}
            if kind_of(self._kept) in INTRODUCES:
                said["id"] = id_in(self._kept)
            ended = await session.turn.said(ANSWERS[kind_of(self._kept)], said)
        except NisError as error:
            raise _renamed(error) from None
        finally:
            session.turn = None
        session.begins = False
        return ended

    async def _cancel(self, request: CancelNotification) -> None:
        turn = self._session(request.session_id).turn
        if turn is not None:
            await turn.cancel()


def _renamed(error: NisError) -> NisError:
    name = (error.field or "").partition(".")[0]
    error.field = "prompt" if name == "attachments" else NAMES.get(error.field or "", error.field)
    return error


def _left_out(request: NewSessionRequest | LoadSessionRequest) -> Json:
    """What is not done with what the editor has given: its servers of tools are those that this server has."""
    if not request.mcp_servers:
        return {}
    log.warning("The editor's MCP servers are left out: register them with `nis mcp_servers create`.")
    return {"_meta": {"nis": {"ignored": ["mcpServers"]}}}
