"""Who calls, on each surface: a stored key is its holder's everywhere, and what it holds open ends with it."""

from __future__ import annotations

import asyncio
import http.client
import json
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import Serve
from ground import PATIENCE, Ground
from keyed import Holder, holder
from over_mcp import over_mcp
from rest_client import ask, done
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.settings import read_settings
from nis_backend.surfaces import login

Json = dict[str, Any]
WHO = "identity.get_caller"


def socket_of(server: Any, headers: dict[str, str]) -> ClientConnection:
    """The WebSocket `/a2a`, opened with these headers."""
    address = str(server.url).replace("http", "ws", 1)
    return connect(f"{address}/a2a", compression=None, max_size=None, additional_headers=headers)


def by_socket(who: Holder) -> Json:
    """The operation by a data part on a socket of the caller's."""
    part: Json = {"data": {"operation": WHO, "arguments": {}}}
    message: Json = {"messageId": uuid.uuid4().hex, "role": "ROLE_USER", "parts": [part]}
    frame: Json = {"jsonrpc": "2.0", "id": 1, "method": "SendStreamingMessage", "params": {"message": message}}
    with socket_of(who.server, who.headers) as socket:
        socket.send(json.dumps(frame))
        while (got := json.loads(socket.recv(PATIENCE))).get("method") != "streamEnd":
            if "artifactUpdate" in got["result"]:
                return got["result"]["artifactUpdate"]["artifact"]["parts"][0]["data"]
    raise AssertionError("no artifact came")


def by_mcp(who: Holder) -> Json:
    """The operation as a tool."""
    return over_mcp(who.server.url, WHO, {}, key=who.key)


def test_a_key_is_its_holder_on_every_surface(ground: Ground) -> None:
    """Promise: `Authorization: Bearer` on REST, in the socket's handshake, at MCP and in OpenAI's dialect."""
    ann = holder(ground, owner="ann", scopes=["chat:write", "models:read"])
    told = [ann.done("GET", "/identity/get-caller"), by_socket(ann), by_mcp(ann)]
    assert [one["owner"] for one in told] == ["ann"] * 3
    assert [one["scopes"] for one in told] == [["chat:write", "models:read"]] * 3
    sent = {"messages": [{"role": "user", "content": "Hello"}], "model": "scripted:script"}
    assert ann.ask("GET", "/v1/models")[0] == 200
    poor = holder(ground, owner="ann", scopes=["runs:read"])
    status, problem = poor.ask("POST", "/v1/chat/completions", sent)
    assert (status, problem["error"]["code"]) == (403, "forbidden")


def test_a_wrong_key_is_refused_on_every_surface(ground: Ground) -> None:
    """Promise: also where no key is wanted: whoever sends one of ours is told that it is none."""
    wrong = Holder(server=ground, id="", key=f"nis_{'A' * 43}")
    assert wrong.ask("GET", "/runs")[0] == 401
    assert wrong.ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"})[0] == 401
    assert wrong.ask("GET", "/v1/models")[1]["error"]["code"] == "invalid_api_key"
    with socket_of(ground, wrong.headers) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(PATIENCE)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4401, "The key is not one of this server's.")


@pytest.fixture
def watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is open is looked at with each piece of it, and not every few seconds."""
    monkeypatch.setattr(login, "STILL_SECONDS", 0.0)


@pytest.mark.usefixtures("watchful")
def test_a_stream_ends_with_its_key(ground: Ground) -> None:
    """Promise: a revoked key hears no more of a run; the run goes on, and its owner's other key stops it."""
    lost, kept = (holder(ground, owner="ann", scopes=["*"]) for _ in range(2))
    status, begun = lost.ask("POST", "/chat", {"message": "Tell me a long story."}, {"prefer": "respond-async"})
    assert status == 202
    address = urlsplit(ground.url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)) as connection:
        headers = {**lost.headers, "accept": "text/event-stream"}
        connection.request("GET", f"/runs/{begun['id']}/events", headers=headers)
        response = connection.getresponse()
        assert response.status == 200
        assert response.readline()
        done(ground, "POST", f"/keys/{lost.id}/revoke")
        kept.done("POST", f"/runs/{begun['id']}/cancel")
        rest = response.read().decode()
    assert '"type":"cancelled"' not in rest.replace(" ", "")
    assert lost.ask("GET", f"/runs/{begun['id']}")[0] == 401
    last = kept.done("GET", f"/runs/{begun['id']}/events?wait=60")["items"][-1]
    assert last["body"]["type"] == "cancelled"


@pytest.mark.usefixtures("watchful")
def test_a_socket_closes_with_its_key(ground: Ground) -> None:
    """Promise: what a revoked key sends on an open socket is not done, and the close says why."""
    ann = holder(ground, owner="ann", scopes=["*"])
    with socket_of(ground, ann.headers) as socket:
        frame: Json = {"jsonrpc": "2.0", "id": 1, "method": "ListTasks", "params": {}}
        socket.send(json.dumps(frame))
        assert "result" in json.loads(socket.recv(PATIENCE))
        done(ground, "POST", f"/keys/{ann.id}/revoke")
        socket.send(json.dumps({**frame, "id": 2}))
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_a_server_for_others_starts_with_a_stored_key(serve: Serve, tmp_path: Path) -> None:
    """Promise: beyond loopback a key is wanted of everyone; one that is stored will do, without NIS_API_KEY."""

    async def made() -> str:
        async with Process(read_settings({}, data=tmp_path)).open() as process:
            given = {"name": "first", "scopes": ["runs:read"]}
            return (await process.context(LOCAL).call_named("identity.create_key", given)).key

    key = asyncio.run(made())
    server = serve("--host", "0.0.0.0", data=tmp_path)  # noqa: S104 - that is what is tested
    assert ask(server, "GET", "/runs")[0] == 401
    assert ask(server, "GET", "/identity/get-caller", headers={"authorization": "Bearer none"})[0] == 401
    told = done(server, "GET", "/identity/get-caller", headers={"authorization": f"Bearer {key}"})
    assert (told["owner"], told["scopes"]) == ("local", ["runs:read"])
    assert done(server, "GET", "/.well-known/agent-card.json")["securitySchemes"]


def test_a_stored_key_is_no_first_key(serve: Serve, tmp_path: Path) -> None:
    """A server started from a shell where NIS_API_KEY is a caller's key makes it no more than it was.

    One of the same form that is not stored is a first key like any other.
    """

    async def made() -> str:
        async with Process(read_settings({}, data=tmp_path)).open() as process:
            given = {"name": "reports", "owner": "ann", "scopes": ["runs:read"]}
            return (await process.context(LOCAL).call_named("identity.create_key", given)).key

    key = asyncio.run(made())
    for first, owner in ((key, "ann"), (f"nis_{'A' * 43}", "local")):
        server = serve(data=tmp_path, NIS_API_KEY=first)
        told = done(server, "GET", "/identity/get-caller", headers={"authorization": f"Bearer {first}"})
        assert told["owner"] == owner
        assert ask(server, "GET", "/runs")[0] == 401
        server.kill()
