"""Sessions of the older era: there are never more than a bound, and who uses one keeps it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit

from conftest import Serve, Server
from keyed import holder

from nis_backend.surfaces.mcp.sessions import SESSIONS

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}


class Caller:
    """A client that never ends a session."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self._key = {} if key is None else {"Authorization": f"Bearer {key}"}
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
            **self._key,
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


def test_a_session_is_its_owners(server: Server) -> None:
    """Promise: another owner that knows its id finds no session, and does not end it; its owner's other keys use it."""
    ann, again, bob = (holder(server, owner=owner).key for owner in ("ann", "ann", "bob"))
    with (
        closing(Caller(server.url, ann)) as first,
        closing(Caller(server.url, again)) as second,
        closing(Caller(server.url, bob)) as other,
        closing(Caller(server.url)) as local,
    ):
        session = first.open()
        for one in (other, local):
            assert one.ask("ping", session=session)[0] == 404
            assert one.ask("", session=session, verb="DELETE")[0] == 404
        assert first.ask("ping", session=session)[0] == 200
        assert second.ask("ping", session=session)[0] == 200
