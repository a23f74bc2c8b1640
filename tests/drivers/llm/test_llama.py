"""The engine of GGUF files around a stand-in for llama.cpp's server: what a cancel waits for, when a slot is free."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from nis_backend.drivers.llm.llama import Engine
from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.drivers.compute.base import Json

USAGE = {"prompt_tokens": 1, "completion_tokens": 1}
END: Json = {"choices": [{"delta": {"content": "Yes"}, "finish_reason": "stop"}], "usage": USAGE}


class Reading:
    """A server that reads the first prompt until it is let go of, and then fails as its callback says."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.read = threading.Event()
        self.asked = 0

    def handle_chat_completions(self, request: Json, take: Callable[[Json], bool]) -> None:
        """The engine's call."""
        del request
        self.asked += 1
        if self.asked == 1:
            self.begun.set()
            assert self.read.wait(60)
            raise RuntimeError("cancelled")
        take(END)


class Loaded(Engine):
    """An engine of one slot."""

    def __init__(self, server: Reading) -> None:
        self._called = "It"
        self._context = 64
        self._free = asyncio.Semaphore(1)
        self._threads = ThreadPoolExecutor(1)
        self._server: Any = server


async def ask(engine: Engine) -> list[Json]:
    """The chunks of an answer."""
    async with aclosing(engine.answer({}, schema=None, held_seconds=1)) as chunks:
        return [chunk async for chunk in chunks]


def test_a_cancelled_answer_waits_for_no_batch_of_the_engine() -> None:
    """Else a large model's slow batch has its process killed, and every answer with it; its slot is taken till then."""

    async def test() -> None:
        server = Reading()
        engine = Loaded(server)
        asking = asyncio.ensure_future(ask(engine))
        try:
            assert await asyncio.to_thread(server.begun.wait, 20)
            asking.cancel()
            await asyncio.wait({asking}, timeout=20)
            assert asking.cancelled()
            other = asyncio.ensure_future(ask(engine))
            await asyncio.sleep(0)
            assert server.asked == 1
        finally:
            server.read.set()
        assert await asyncio.wait_for(other, 20) == [END]

    asyncio.run(test())


def test_what_the_engine_refuses_is_the_callers() -> None:
    """And its slot is free again."""

    async def test() -> None:
        server = Reading()
        server.read.set()
        engine = Loaded(server)
        with pytest.raises(InvalidRequest, match="cannot be asked this: cancelled"):
            await ask(engine)
        assert await asyncio.wait_for(ask(engine), 20) == [END]

    asyncio.run(test())
