"""The protocol's server over HTTP, and the sessions that its older era keeps."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mcp.server import streamable_http
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.datastructures import Headers

from nis_backend.surfaces.mcp.call import Calls
from nis_backend.surfaces.mcp.replays import RETRY_MILLISECONDS, Manager
from nis_backend.surfaces.mcp.server import build

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from mcp.server.lowlevel.server import Server
    from starlette.types import Message, Receive, Scope, Send

    from nis_backend.surfaces.base import Process

    Extend = Callable[[Server[Any]], None]  # Any: nothing is kept in the package's lifespan

SESSIONS = 256
"""Sessions at once, of about 40 kB each. Many clients never end theirs, so the one unused for longest makes room."""
OPENING = 64
"""Sessions that may be opened at the same moment beyond them; one more is refused."""
IDLE_SECONDS = 1800.0
"""Seconds after which a session without a request or an open stream is forgotten."""

SESSION = "mcp-session-id"


@dataclass
class Session:
    """What is known of a session: whose it is, and how many requests of it are under way."""

    owner: str
    requests: int = 0


class Sessions:
    """The server of one process; `extend` adds to it what is no operation."""

    def __init__(self, process: Process, extend: Extend | None = None) -> None:
        # It tells each session's id at "info".
        logging.getLogger("mcp").setLevel(logging.WARNING)
        # The package makes its streams itself, and this is where it looks how long one may be quiet.
        package: Any = streamable_http  # Any: it states neither that it has this class, nor that this may be changed
        package.EventSourceResponse.DEFAULT_PING_INTERVAL = process.settings.quiet_seconds
        self._calls = Calls(process.closing)
        server, self._subscriptions = build(process, self._calls)
        if extend is not None:
            extend(server)
        self._manager = Manager(
            server,
            # The guard has checked host and origin.
            security_settings=None,
            session_idle_timeout=IDLE_SECONDS,
            retry_interval=RETRY_MILLISECONDS,
            max_request_body_size=process.settings.max_body,
            # More than are kept: those that open at this moment, before others have made room for them.
            max_sessions=SESSIONS + OPENING,
        )
        self._known: dict[str, Session] = {}
        """By name, the longest unused first; a session that ended by itself is found out late."""

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[None]:
        """Where the sessions live; they end with it."""
        async with self._manager.run():
            yield

    async def drain(self) -> None:
        """Give calls under way a moment to end."""
        self._subscriptions.close()
        await self._calls.drain()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, whose session was used last from here on; to other owners a session is not there."""
        name, owner = Headers(scope=scope).get(SESSION, ""), scope["state"]["caller"].owner
        scope["user"] = _user(owner)

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._heed(name, owner, message)
            await send(message)

        session = self._known.get(name)
        if session is not None:
            self._known[name] = self._known.pop(name)
            session.requests += 1
        try:
            await self._manager.handle_request(scope, receive, watch)
        finally:
            if session is not None:
                session.requests -= 1
            if scope["method"] == "DELETE":
                self._forget(name, owner)

    async def _heed(self, name: str, owner: str, message: Message) -> None:
        """Note a session that an answer opens; the one unused for longest ends if there are too many."""
        opened = Headers(raw=message["headers"]).get(SESSION)
        if not name and opened is not None and message["status"] == HTTPStatus.OK:
            self._known[opened] = Session(owner)
            idle = [one for one, session in self._known.items() if not session.requests and one != opened]
            if len(self._known) > SESSIONS and idle:
                await self._end(idle[0])
        elif message["status"] == HTTPStatus.NOT_FOUND:
            self._forget(name, owner)

    def _forget(self, name: str, owner: str) -> None:
        """Know a session no more, if it is this owner's."""
        if name in self._known and self._known[name].owner == owner:
            del self._known[name]
            self._subscriptions.forget(name)

    async def _end(self, name: str) -> None:
        """End a session as its client would."""
        user = _user(self._known.pop(name).owner)
        self._subscriptions.forget(name)
        headers = [(SESSION.encode(), name.encode())]
        scope: Scope = {"type": "http", "method": "DELETE", "path": "/", "headers": headers, "query_string": b""}
        scope["user"] = user

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_message: Message) -> None:
            pass

        await self._manager.handle_request(scope, receive, send)


def _user(owner: str) -> AuthenticatedUser:
    """An owner as the package knows the user of a request: it lets a session be used by who opened it."""
    return AuthenticatedUser(AccessToken(token="", client_id=owner, scopes=[]))
