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

    from nis_backend.operation import Json, Model
    from nis_backend.surfaces.base import Process

log = logging.getLogger("nis.http")

KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment keeps the stream's connection open through proxies."""


def frame(item: Model) -> str:
    """One item of a stream."""
    if isinstance(item, Event):
        return event_frame(item, item.model_dump(mode="json"))
    return f"event: {getattr(item, 'type', 'message')}\ndata: {item.model_dump_json()}\n\n"


def event_frame(event: Event, shown: Json) -> str:
    """One event of a run: `id` is its number, with which `Last-Event-ID` picks the stream up again."""
    return f"id: {event.seq}\nevent: {event.body.type}\ndata: {json.dumps(shown, separators=(',', ':'))}\n\n"


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
    closing = asyncio.create_task(process.closing.wait())
    upcoming: asyncio.Task[str | None] | None = None
    try:
        while True:
            upcoming = upcoming or asyncio.create_task(_next(frames))
            done, _ = await asyncio.wait({upcoming, closing}, timeout=KEEP_ALIVE, return_when=asyncio.FIRST_COMPLETED)
            if upcoming in done:
                text = upcoming.result()
                upcoming = None
                if text is None:
                    return
                yield text
            elif closing in done:
                yield "event: closing\ndata: {}\nretry: 1000\n\n"
                return
            else:
                yield ": still here\n\n"
    except NisError as error:
        yield f"event: error\ndata: {json.dumps(error.problem())}\n\n"
    except Exception:
        log.exception("a stream failed")
        yield f"event: error\ndata: {json.dumps(InternalError('nis failed to answer.').problem())}\n\n"
    finally:
        closing.cancel()
        if upcoming is not None:
            upcoming.cancel()
            await asyncio.wait({upcoming})
        await frames.aclose()


async def _next(frames: AsyncGenerator[str]) -> str | None:
    return await anext(frames, None)
