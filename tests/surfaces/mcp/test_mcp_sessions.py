"""Sessions of the older era: there are never more than a bound, and who uses one keeps it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit

from conftest import Serve, Server

from nis_backend.surfaces.mcp.sessions import SESSIONS

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}


class Caller:
    """A client that never ends a session."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def ask(
        self, method: str, params: object = None, session: str | None = None, verb: str = "POST"
    ) -> tuple[int, str]:
        """The answer's status, and its session."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}})
        headers: Mapping[str, str] = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            **({"Mcp-Session-Id": session} if session else {}),
        }
        self._connection.request(verb, "/mcp", body, headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Mcp-Session-Id", "")

    def open(self) -> str:
        """A new session."""
        status, session = self.ask("initialize", HELLO)
        assert status == 200
        return session


def test_the_session_unused_for_longest_makes_room(serve: Serve) -> None:
    """Promise: clients that never end their sessions (most do not) neither fill the memory nor shut others out."""
    with closing(Caller(serve().url)) as caller:
        first, second = caller.open(), caller.open()
        for _ in range(SESSIONS - 2):
            caller.open()
        assert caller.ask("ping", session=first)[0] == 200
        last = caller.open()
        # The second was the one unused for longest; a client told 404 begins a new one (transports, sessions).
        assert caller.ask("ping", session=second)[0] == 404
        assert caller.ask("ping", session=first)[0] == 200
        assert caller.ask("ping", session=last)[0] == 200


def test_a_session_ends_when_its_client_ends_it(server: Server) -> None:
    """Promise: DELETE ends it, and an unknown session is 404 (MCP 2025-11-25, transports, sessions)."""
    with closing(Caller(server.url)) as caller:
        session = caller.open()
        assert caller.ask("", session=session, verb="DELETE")[0] == 200
        assert caller.ask("ping", session=session)[0] == 404
        assert caller.ask("ping", session="none-of-ours")[0] == 404
