"""Servers of tools as a driver: where names lead is looked at when they are asked, and programs are bounded."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from nis_backend.drivers.tools import remote
from nis_backend.drivers.tools.base import ToolServer
from nis_backend.drivers.tools.remote import Remote
from nis_backend.errors import Busy, Forbidden, Unavailable, UpstreamFailed

ECHO = (sys.executable, "-m", "nis_backend.drivers.tools.echo")


def test_a_name_that_leads_into_our_own_network_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: the guard of addresses that callers give: a public name with a private address is refused."""

    async def lookup(_loop: object, host: str, port: int | None, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", port))]

    async def use() -> None:
        monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", lookup)
        server = ToolServer(id="one", url="https://tools.example.org/mcp", seconds=20)
        with pytest.raises(Forbidden, match=r"tools\.example\.org is an address of the server's own network"):
            await Remote().tools(server)

    asyncio.run(use())


def test_nobody_there_is_told_as_such() -> None:
    """Promise: no answer is invented: a server that is not there is `Unavailable`, and so is a program."""

    async def use() -> None:
        driver = Remote()
        for server in (
            ToolServer(id="one", url="http://127.0.0.1:1/mcp", inside=True, seconds=20),
            ToolServer(id="two", command=("/no/such/program",), seconds=20),
        ):
            with pytest.raises(Unavailable, match="does not answer"):
                await driver.tools(server)
        await driver.close()

    asyncio.run(use())


@asynccontextmanager
async def _answering(*pieces: bytes) -> AsyncGenerator[str]:
    """The address of a server that greets, and then says this to anything, the head included."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            found = re.search(r"content-length: (\d+)", head)
            asked: Any = json.loads(await reader.readexactly(int(found[1]))) if found else {}  # Any: JSON
            if asked.get("method") == "initialize":
                version = asked["params"]["protocolVersion"]
                told = {"protocolVersion": version, "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}}
                body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": told}).encode()
                writer.write(HEAD % b"" + body)
            elif "id" in asked:
                for piece in pieces:
                    writer.write(piece.replace(b"{id}", str(asked["id"]).encode()))
                    await writer.drain()
            else:
                writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
    finally:
        server.close()


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n%b\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD % b"", *[b" " * 2**20] * 17],
        [HEAD % b"content-encoding: gzip\r\n", gzip.compress(b" " * 2**20)],
    ],
    ids=["large", "packed"],
)
def test_an_answer_that_does_not_end_is_not_read_on(pieces: list[bytes]) -> None:
    """Promise: bounded: a server's answer costs so much memory and no more, also where it unpacks to more."""

    async def use() -> None:
        async with _answering(*pieces) as url:
            with pytest.raises(UpstreamFailed, match="more than"):
                await Remote().tools(ToolServer(id="one", url=url, inside=True, seconds=60))

    asyncio.run(use())


def test_a_token_that_its_server_repeats_is_not_told() -> None:
    """Promise: a token is sent and never shown, by a refusal neither."""
    body = b'{"jsonrpc":"2.0","id":{id},"error":{"code":-32000,"message":"No: Bearer sesame-1"}}'

    async def use() -> None:
        async with _answering(HEAD % b"" + body) as url:
            server = ToolServer(id="one", url=url, inside=True, seconds=60, token=SecretStr("sesame-1"))
            with pytest.raises(UpstreamFailed, match=r"No: Bearer \*\*\*"):
                await Remote().tools(server)

    asyncio.run(use())


def test_a_program_is_started_once_and_asked_again() -> None:
    """Promise: one program a server, which goes on after a refusal; `forget` ends it."""

    async def use() -> None:
        driver, server = Remote(), ToolServer(id="one", command=ECHO, seconds=60)
        assert [one.name for one in await driver.tools(server)] == ["echo", "add"]
        first = driver._programs["one"].living  # pyright: ignore[reportPrivateUsage] - no other sign
        with pytest.raises(UpstreamFailed, match="There is no tool"):
            await driver.call(server, "none", {"a": 1, "b": 2})
        answers = await asyncio.gather(*(driver.call(server, "add", {"a": n, "b": 1}) for n in range(5)))
        assert [one.text for one in answers] == ["1", "2", "3", "4", "5"]
        assert driver._programs["one"].living is first  # pyright: ignore[reportPrivateUsage] - as above
        assert first is not None
        driver.forget("one")
        async with asyncio.timeout(60):
            await first
        await driver.close()

    asyncio.run(use())


def test_programs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: the one unused for longest makes room; where all are asked, one more is refused."""
    monkeypatch.setattr(remote, "MOST_PROGRAMS", 1)

    async def use() -> None:
        driver = Remote()
        one, two = (ToolServer(id=name, command=ECHO, seconds=60) for name in ("one", "two"))
        await driver.tools(one)
        await driver.tools(two)
        assert list(driver._programs) == ["two"]  # pyright: ignore[reportPrivateUsage] - no other sign
        slow = ToolServer(id="slow", command=(sys.executable, "-c", "import sys; sys.stdin.read()"), seconds=60)
        waiting = asyncio.create_task(driver.tools(slow))
        async with asyncio.timeout(60):
            while "slow" not in driver._programs:  # noqa: ASYNC110  # pyright: ignore[reportPrivateUsage] - as above
                await asyncio.sleep(0.01)
        with pytest.raises(Busy):
            await driver.tools(one)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await driver.close()

    asyncio.run(use())


def test_the_end_waits_for_a_program_that_was_given_up(tmp_path: Path) -> None:
    """Promise: nothing outlives its server: neither what never greeted nor what does not heed the end of its input."""
    told = tmp_path / "pid"
    deaf = f"import os, pathlib, signal; pathlib.Path({str(told)!r}).write_text(str(os.getpid())); signal.pause()"

    async def use() -> None:
        driver = Remote()
        server = ToolServer(id="deaf", command=(sys.executable, "-c", deaf), seconds=60)
        waiting = asyncio.create_task(driver.tools(server))
        async with asyncio.timeout(60):
            while not (told.exists() and told.read_text()):  # noqa: ASYNC110 - it is another process's file
                await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await driver.close()

    asyncio.run(use())
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)
