"""Servers of tools as a driver: where names lead is looked at when they are asked, and programs are bounded."""

from __future__ import annotations

import asyncio
import socket
import sys

import pytest

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
