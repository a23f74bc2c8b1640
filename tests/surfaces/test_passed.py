"""What a stream that passes says while nothing comes, and when its server stops or it fails: on a real application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest

from nis_backend.drivers.gateway.base import Passed
from nis_backend.errors import TooLarge, UpstreamFailed
from nis_backend.surfaces import passed
from nis_backend.surfaces.openai.body import json_object
from nis_backend.surfaces.openai.passing import Chat

Message = dict[str, Any]
FIRST, SECOND = b'data: {"a":1}\n\n', b"data: [DONE]\n\n"


class Wire:
    """What goes out, and word of each message."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.more = asyncio.Event()

    async def send(self, message: Any) -> None:
        """ASGI's own."""
        self.sent.append(message)
        self.more.set()

    async def until(self, count: int) -> None:
        """Wait for so many messages."""
        async with asyncio.timeout(120):
            while len(self.sent) < count:
                self.more.clear()
                await self.more.wait()

    @property
    def bodies(self) -> list[bytes]:
        """What was said."""
        return [message["body"] for message in self.sent if message["type"] == "http.response.body"]


def alone(test: Callable[[], Awaitable[None]]) -> None:
    """Carry a test out."""
    asyncio.run(asyncio.wait_for(test(), 60))  # type: ignore[arg-type]


def out(wire: Wire, quiet: float = 15.0) -> passed.Out:
    """A stream of a chat."""
    return passed.Out(wire.send, Chat(), {"state": {}}, quiet=quiet)


def test_a_stream_that_is_silent_says_so() -> None:
    """Before it has begun, with a status, and after; what passes then is what it would have been."""

    async def test() -> None:
        wire, go = Wire(), asyncio.Event()
        told = out(wire, 0.01)
        await wire.until(2)
        assert wire.sent[0]["status"] == 200
        assert (b"content-type", b"text/event-stream; charset=utf-8") in wire.sent[0]["headers"]

        async def items() -> AsyncGenerator[bytes, None]:
            yield FIRST
            await go.wait()
            yield SECOND

        writing = asyncio.create_task(told.write(Passed(status=200, headers=[], items=items())))
        async with asyncio.timeout(120):
            while FIRST not in wire.bodies or wire.bodies[-1] == FIRST:
                wire.more.clear()
                await wire.more.wait()
        go.set()
        await writing
        told.close()
        assert [message["type"] for message in wire.sent].count("http.response.start") == 1
        assert {body for body in wire.bodies if body not in (FIRST, SECOND, b"")} == {Chat.pause}
        assert wire.bodies[-2:] == [SECOND, b""]
        assert "more_body" not in wire.sent[-1]

    alone(test)


def test_a_stream_that_fails_ends_with_its_failure() -> None:
    """And without the mark of the end."""

    async def test() -> None:
        wire = Wire()
        told = out(wire)

        async def items() -> AsyncGenerator[bytes, None]:
            yield FIRST
            raise UpstreamFailed("It broke off.", remedy="Try again.")

        with pytest.raises(UpstreamFailed) as error:
            await told.write(Passed(status=200, headers=[], items=items()))
        await told.fail(error.value)
        told.close()
        assert wire.bodies[0] == FIRST
        assert json.loads(wire.bodies[1][6:])["error"]["message"] == "It broke off. Try again."
        assert wire.bodies[2:] == [b""]

    alone(test)


def test_what_breaks_in_us_is_told_as_ours() -> None:
    """Without what it was."""

    async def test() -> None:
        wire = Wire()
        told = out(wire)

        async def items() -> AsyncGenerator[bytes, None]:
            yield FIRST
            raise ValueError("/secret/path")

        with pytest.raises(passed.InternalError, match="nis failed to answer"):
            await told.write(Passed(status=200, headers=[], items=items()))
        told.close()

    alone(test)


def test_a_body_of_too_many_values_is_not_read() -> None:
    """A body may be as large as an image is; of small values it would fill the memory. Text may hold what it likes."""
    with pytest.raises(TooLarge, match="250000 values"):
        json_object(b'{"model":"m","x":[' + b"[]," * 300_000 + b"0]}")
    assert len(json_object(b'{"x":"' + b"a,[{" * 300_000 + b'"}')["x"]) == 1_200_000
