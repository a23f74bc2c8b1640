"""`POST /v1/chat/completions`: one call of an operation, its answer whole or in parts."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from typing_extensions import override

from nis_backend.errors import Cancelled, InternalError, NisError, NotFound, Unavailable
from nis_backend.operation import call
from nis_backend.surfaces.openai import listing
from nis_backend.surfaces.openai.problem import document
from nis_backend.surfaces.openai.request import json_object, read
from nis_backend.surfaces.openai.wire import Chunks, completion

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from nis_backend.capabilities.models.completion import ChatPart
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.http")

KEEP_ALIVE = 15.0
"""Seconds of silence after which a stream begins, or has a comment, so that proxies keep the connection."""


async def answer(process: Process, request: Request) -> Response:
    """Answer with a completion, or with a stream of its chunks; the model stops when the caller leaves."""
    body = json_object(await request.body())
    ctx = process.context(request.state.caller)
    try:
        model, asked = read(body)
        arguments = asked.arguments(model)
        if asked.stream:
            options = asked.stream_options
            chunks = Chunks(include_usage=options is not None and options.include_usage)
            return await _stream(process, request, arguments, ctx, chunks)
        working = asyncio.ensure_future(call(process.operations.find("models.complete_chat"), arguments, ctx))
        await _settled(process, request, working)
        return JSONResponse(completion(working.result()))
    except NotFound as error:
        raise await listing.unknown(process, ctx, error) if error.field == "model" else error from None


async def _stream(process: Process, request: Request, arguments: Json, ctx: Context, chunks: Chunks) -> Response:
    """A stream; what fails before its first part is answered with a status of its own."""
    parts: AsyncGenerator[ChatPart, None] = await call(process.operations.find("models.stream_chat"), arguments, ctx)
    first = asyncio.ensure_future(anext(parts))
    if await _settled(process, request, first, KEEP_ALIVE):
        first.result()
    return Stream(process, first, parts, chunks)


async def _settled(
    process: Process, request: Request, working: asyncio.Future[Any], seconds: float | None = None
) -> bool:
    """Whether it is done by then; it is stopped when the caller leaves or the server ends.

    Raises:
        Cancelled: the caller has left.
        Unavailable: the server is stopping.
    """
    watched = [asyncio.ensure_future(one) for one in (process.closing.wait(), _left(request.receive))]
    try:
        done, _ = await asyncio.wait({working, *watched}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if working in done or not done:
            return bool(done)
        await _stop(working)
        raise STOPPING if watched[0] in done else Cancelled("The caller left before there was an answer.")
    except asyncio.CancelledError:
        working.cancel()
        raise
    finally:
        for one in watched:
            one.cancel()


STOPPING = Unavailable("The server is stopping.", remedy="Ask again in a moment.")


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stop(working: asyncio.Future[Any]) -> None:
    working.cancel()
    await asyncio.wait({working})


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
        watched = [asyncio.ensure_future(one) for one in (self._process.closing.wait(), _left(receive))]
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
                await _stop(writing)
                await send(_body(_frame(document(STOPPING))))
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
