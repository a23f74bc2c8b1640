"""Server-sent events: how items become frames, and how a stream is kept open and ended."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from nis_backend.errors import InternalError, NisError
from nis_backend.event import Event
from nis_backend.surfaces.rest.accept import SSE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from nis_backend.operation import Model
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.http")

AHEAD = 256
"""Frames that are read ahead of the connection, which takes them together."""


def frame(item: Model) -> str:
    """One item of a stream."""
    if isinstance(item, Event):
        return event_frame(item, item.model_dump_json())
    return f"event: {getattr(item, 'type', 'message')}\ndata: {item.model_dump_json()}\n\n"


def event_frame(event: Event, shown: str) -> str:
    """One event of a run: `id` is its number, with which `Last-Event-ID` picks the stream up again."""
    return f"id: {event.seq}\nevent: {event.body.type}\ndata: {shown}\n\n"


def stream(
    process: Process, frames: AsyncGenerator[str], headers: Mapping[str, str] | None = None, *, head: bool = False
) -> Response:
    """The frames as an answer; with `head`, its headers alone."""
    told = {**(headers or {}), "cache-control": "no-store", "x-accel-buffering": "no"}
    if head:
        return Response(media_type=SSE, headers=told)
    return StreamingResponse(_kept_alive(process, frames), media_type=SSE, headers=told)


async def _kept_alive(process: Process, frames: AsyncGenerator[str]) -> AsyncGenerator[str]:
    """The frames, a comment in long silences, a problem as the last event of a stream that fails or is shut down."""
    ahead = _Ahead(frames)
    closing = asyncio.create_task(process.closing.wait())
    closing.add_done_callback(lambda _: ahead.news.set())
    try:
        while True:
            ended = ahead.ended
            if text := ahead.take():
                yield text
            elif ended:
                ahead.task.result()
                return
            elif closing.done():
                yield "event: closing\ndata: {}\nretry: 1000\n\n"
                return
            elif not await ahead.wait(process.settings.quiet_seconds):
                yield ": still here\n\n"
    except NisError as error:
        yield f"event: error\ndata: {json.dumps(error.problem())}\n\n"
    except Exception:
        log.exception("a stream failed")
        yield f"event: error\ndata: {json.dumps(InternalError('nis failed to answer.').problem())}\n\n"
    finally:
        closing.cancel()
        await ahead.close()


class _Ahead:
    """Frames that have come and wait to be taken: all at once, since each write to a connection has its price."""

    def __init__(self, frames: AsyncGenerator[str]) -> None:
        self._frames = frames
        self._held: list[str] = []
        self._room = asyncio.Event()
        self.news = asyncio.Event()
        self.ended = False
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for text in self._frames:
                self._held.append(text)
                self.news.set()
                if len(self._held) >= AHEAD:
                    self._room.clear()
                    await self._room.wait()
        finally:
            self.ended = True
            self.news.set()

    def take(self) -> str:
        """All that has come; empty when nothing has."""
        text = "".join(self._held)
        self._held.clear()
        self._room.set()
        self.news.clear()
        return text

    async def wait(self, seconds: float) -> bool:
        """Whether there is news by then."""
        try:
            async with asyncio.timeout(seconds):
                return await self.news.wait()
        except TimeoutError:
            return False

    async def close(self) -> None:
        """Read no further."""
        self.task.cancel()
        await asyncio.wait({self.task})
        if not self.task.cancelled():
            # Whoever streams has heard of a failure, or has left.
            self.task.exception()
        await self._frames.aclose()
