"""An answer in parts as server-sent events, in a dialect's own words."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from starlette.responses import Response
from typing_extensions import override

from nis_backend.errors import InternalError, NisError
from nis_backend.surfaces.waiting import left, settled, stop, stopping

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.http")


class Words(Protocol):
    """How a dialect writes a stream."""

    @property
    def pause(self) -> bytes:
        """What says nothing."""
        ...

    @property
    def end(self) -> bytes:
        """What follows the last part."""
        ...

    def of(self, part: Any) -> Iterator[bytes]:  # Any: a part of the operation's
        """The events of one part."""
        ...

    def failed(self, error: NisError) -> bytes:
        """The last event of a stream that fails."""
        ...


async def streamed(process: Process, request: Request, parts: AsyncGenerator[Any, None], words: Words) -> Streamed:
    """A stream of the parts; what fails before the first one, and soon, is answered with a status of its own.

    Raises:
        Cancelled: the caller has left.
        Unavailable: the server is stopping.
        NisError: the first part failed.
    """
    first = asyncio.ensure_future(anext(parts))
    if await settled(process, request, first, process.settings.quiet_seconds):
        # Whoever has had all of it reads an empty rest.
        with suppress(StopAsyncIteration):
            first.result()
    return Streamed(process, first, parts, words)


class Streamed(Response):
    """Server-sent events of the parts; the end of the connection is the end of the generation.

    Written by one task without a task for each part, for a gateway's sake; this one watches beside it.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        process: Process,
        first: asyncio.Future[Any],
        parts: AsyncGenerator[Any, None],
        words: Words,
    ) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._process = process
        self._first = first
        self._parts = parts
        self._words = words

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        writing = asyncio.create_task(self._write(send))
        watched = [asyncio.ensure_future(one) for one in (self._process.closing.wait(), left(receive))]
        quiet = self._process.settings.quiet_seconds
        try:
            while True:
                done, _ = await asyncio.wait({writing, *watched}, timeout=quiet, return_when=asyncio.FIRST_COMPLETED)
                if done:
                    break
                await send(_body(self._words.pause))
            if watched[1] in done:
                return
            if writing not in done:
                await stop(writing)
                await send(_body(self._words.failed(stopping())))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            for one in (writing, *watched):
                one.cancel()
            await asyncio.wait({writing})

    async def _write(self, send: Send) -> None:
        """Every part, then the mark of the end; a failure is the last event, and the mark is missing."""
        try:
            part = await self._first
            while True:
                await send(_body(b"".join(self._words.of(part))))
                part = await anext(self._parts)
        except StopAsyncIteration:
            await send(_body(self._words.end))
        except NisError as error:
            await send(_body(self._words.failed(error)))
        except Exception:
            log.exception("a stream failed")
            await send(_body(self._words.failed(InternalError("nis failed to answer."))))
        finally:
            self._first.cancel()
            await self._parts.aclose()


def _body(data: bytes) -> dict[str, Any]:  # Any: ASGI's message
    return {"type": "http.response.body", "body": data, "more_body": True}
