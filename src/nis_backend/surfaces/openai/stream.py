"""A completion as server-sent events."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from starlette.responses import Response
from typing_extensions import override

from nis_backend.errors import InternalError, NisError
from nis_backend.surfaces.openai.problem import document
from nis_backend.surfaces.waiting import left, stop, stopping

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Receive, Scope, Send

    from nis_backend.capabilities.models.completion import ChatPart
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.openai.wire import Chunks

log = logging.getLogger("nis.http")

KEEP_ALIVE = 15.0
"""Seconds of silence after which a stream begins, or has a comment, so that proxies keep the connection."""


class Stream(Response):
    """Server-sent events of the chunks; the end of the connection is the end of the generation.

    Written by one task without a task for each part, for a gateway's sake; this one watches beside it.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        process: Process,
        first: asyncio.Future[ChatPart],
        parts: AsyncGenerator[ChatPart, None],
        chunks: Chunks,
    ) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._process = process
        self._first = first
        self._parts = parts
        self._chunks = chunks

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        writing = asyncio.create_task(self._write(send))
        watched = [asyncio.ensure_future(one) for one in (self._process.closing.wait(), left(receive))]
        try:
            while True:
                done, _ = await asyncio.wait(
                    {writing, *watched}, timeout=KEEP_ALIVE, return_when=asyncio.FIRST_COMPLETED
                )
                if done:
                    break
                await send(_body(": still here\n\n"))
            if watched[1] in done:
                return
            if writing not in done:
                await stop(writing)
                await send(_body(_frame(document(stopping()))))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            for one in (writing, *watched):
                one.cancel()
            await asyncio.wait({writing})

    async def _write(self, send: Send) -> None:
        """Every chunk, then the mark of the end; a failure is the last event, and the mark is missing."""
        try:
            part = await self._first
            while True:
                await send(_body("".join(map(_frame, self._chunks.of(part)))))
                part = await anext(self._parts)
        except StopAsyncIteration:
            await send(_body("data: [DONE]\n\n"))
        except NisError as error:
            await send(_body(_frame(document(error))))
        except Exception:
            log.exception("a stream failed")
            await send(_body(_frame(document(InternalError("nis failed to answer.")))))
        finally:
            self._first.cancel()
            await self._parts.aclose()


def _frame(chunk: Json) -> str:
    return f"data: {json.dumps(chunk, separators=(',', ':'), ensure_ascii=False)}\n\n"


def _body(text: str) -> Json:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}
