"""Runs as tools: the words come as progress, and cancelling the call cancels the run, as each era says it."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import Serve, Server
from over_mcp import over_mcp
from rest_client import done
from test_mcp_http import ERAS, Mode, opened

LONG = " ".join(f"word{index}" for index in range(400))


def scripted(folder: Path, pause: float, text: str) -> str:
    """The file of a model that talks slowly."""
    path = folder / "script.json"
    path.write_text(json.dumps({"pause": pause, "replies": [{"text": text}]}))
    return str(path)


@pytest.fixture
def slow(serve: Serve, tmp_path: Path) -> Server:
    """A server whose model would talk for most of a minute."""
    return serve(NIS_SCRIPTED=scripted(tmp_path, 0.2, LONG))


def test_the_words_of_a_run_come_as_progress(serve: Serve, tmp_path: Path) -> None:
    """Promise: a client that asks for progress reads the answer as it is written; the numbers always rise."""
    server = serve(NIS_SCRIPTED=scripted(tmp_path, 0.5, "one two three"))

    async def use(mode: Mode) -> None:
        heard: list[tuple[float, str]] = []

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            assert total is None
            heard.append((progress, message or ""))

        async with opened(server.url, mode) as client:
            answer = await client.call_tool("chat-send_message", {"message": "Count."}, progress_callback=hear)
        assert len(heard) > 1
        assert [number for number, _ in heard] == sorted({number for number, _ in heard})
        assert "".join(word for _, word in heard) == answer.structured_content["response"]

    asyncio.run(use("auto"))
    asyncio.run(use("legacy"))


@ERAS
def test_cancelling_the_call_cancels_the_run(slow: Server, mode: Mode, version: str) -> None:
    """Promise: `notifications/cancelled` in the older era, the dropped request in the newer one (MCP, cancellation)."""

    async def use() -> str:
        async with opened(slow.url, mode) as client:
            with anyio.CancelScope() as scope:

                async def leave(progress: float, total: float | None, message: str | None) -> None:
                    scope.cancel()

                await client.call_tool("chat-send_message", {"message": "Talk."}, progress_callback=leave)
            assert scope.cancelled_caught
            # On the server this follows to the run's end, whichever it is.
            async with asyncio.timeout(120):
                [run] = done(slow, "GET", "/runs")["runs"]
                last = await client.call_tool("runs-stream_events", {"id": run["id"]})
                return str(last.structured_content["body"]["type"])

    assert asyncio.run(use()) == "cancelled"


def test_a_dropped_connection_of_the_older_era_does_not_cancel(slow: Server) -> None:
    """Promise: there a lost connection is no wish to stop (MCP 2025-11-25, transports)."""
    accept = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}

    def post(message: dict[str, Any], **headers: str) -> Any:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        return urllib.request.urlopen(
            urllib.request.Request(f"{slow.url}/mcp", body, {**accept, **headers}), timeout=30
        )

    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
    with post({"id": 1, "method": "initialize", "params": client}) as opening:
        session = opening.headers["Mcp-Session-Id"]
    post({"method": "notifications/initialized"}, **{"Mcp-Session-Id": session}).close()
    call = {"name": "chat-send_message", "arguments": {"message": "Talk."}, "_meta": {"progressToken": "words"}}
    with post({"id": 2, "method": "tools/call", "params": call}, **{"Mcp-Session-Id": session}) as talking:
        while b"notifications/progress" not in talking.readline():
            pass
    [run] = done(slow, "GET", "/runs")["runs"]
    before = done(slow, "GET", f"/runs/{run['id']}")
    events = f"{slow.url}/runs/{run['id']}/events?after={before['last_seq']}"
    asked = urllib.request.Request(events, headers={"Accept": "text/event-stream"})
    with urllib.request.urlopen(asked, timeout=60) as later:
        while not later.readline().startswith(b"event: text_delta"):
            pass
    assert done(slow, "GET", f"/runs/{run['id']}")["state"] == "running"


def test_a_stopping_server_tells_who_waits_and_ends_in_time(slow: Server) -> None:
    """Promise: a call under way at the stop of the server is answered, and its run says what happened."""

    async def use() -> str:
        async with opened(slow.url) as client:

            async def stop(progress: float, total: float | None, message: str | None) -> None:
                slow.process.terminate()

            answer = await client.call_tool("chat-send_message", {"message": "Talk."}, progress_callback=stop)
            assert answer.is_error
            assert answer.meta is not None
            return str(answer.meta["nis/problem"]["code"])

    assert asyncio.run(use()) == "unavailable"
    assert slow.process.wait(60) == 0


def test_a_stream_gives_its_last_item(server: Server) -> None:
    """Promise: a streaming operation has a final result here too."""
    reply = over_mcp(server.url, "chat.send_message", {"message": "Convert 26.2 miles to kilometers"})
    last = over_mcp(server.url, "runs.stream_events", {"id": reply["run_id"]})
    assert last["body"]["type"] == "succeeded"
    assert last["body"]["result"]["response"] == reply["response"]
