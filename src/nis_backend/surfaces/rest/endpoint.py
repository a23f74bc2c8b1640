"""How a route calls its operation, and how each shape of result is answered."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json
from starlette.responses import JSONResponse, Response, StreamingResponse

from nis_backend.errors import InternalError, Malformed, NisError, TooLarge, Unavailable
from nis_backend.event import Event
from nis_backend.operation import Model, call
from nis_backend.run import RunHandle
from nis_backend.surfaces.rest.accept import JSON, SSE, VIEWS, chosen
from nis_backend.surfaces.rest.chat import AsIs, Chat
from nis_backend.surfaces.rest.fixed import CHAT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request

    from nis_backend.operation import Entry, Json, Operation
    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.rest.derive import RestRoute

log = logging.getLogger("nis.http")

KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment keeps the stream's connection open through proxies."""

MOST_FIELDS = 1000
"""Fields of a request: far more than any has, few enough to name the wrong ones quickly."""

OFFERED = {"model": (JSON, VIEWS), "stream": (JSON, VIEWS, SSE), "run": (JSON, VIEWS, SSE)}
"""The media types of each shape's answer, from the plain to the special."""


def endpoint(process: Process, route: RestRoute, entry: Entry) -> Callable[[Request], Awaitable[Response]]:
    """The function that answers one route."""

    async def answer(request: Request) -> Response:
        kind = chosen(request.headers.get("accept", ""), OFFERED[entry.shape])
        arguments = await _arguments(request, entry)
        shown = Chat(arguments) if route is CHAT else AsIs()
        operation = process.operations.find(entry.name)
        asked = operation.validate(arguments)
        result = await call(operation, asked, process.context(request.state.caller))
        if isinstance(result, RunHandle):
            return await _answer_run(process, request, (operation, asked, result), shown, kind)
        if isinstance(result, Model):
            return _answer(operation, asked, result, kind)
        if kind == SSE:
            return _stream(process, (_frame(item) async for item in result))
        last = None
        async for item in result:
            last = item
        return _answer(operation, asked, last, kind)

    return answer


def _answer(operation: Operation[Any, Any], asked: Model, result: Model | None, kind: str) -> Response:
    """The result as JSON, with its views where they are wanted; a stream that had no item answers null."""
    if kind == VIEWS:
        views = [] if result is None else operation.draw(asked, result)
        return _drawn(result and result.model_dump(mode="json"), views)
    return Response("null" if result is None else result.model_dump_json(), media_type=JSON)


def _drawn(result: Any, views: Sequence[Model], headers: Mapping[str, str] | None = None) -> Response:  # Any: JSON
    shown = {"result": result, "views": [view.model_dump(mode="json") for view in views]}
    return JSONResponse(shown, media_type=VIEWS, headers=headers)


async def _arguments(request: Request, entry: Entry) -> Json:
    """The request's fields from the path, the query or the JSON body; the path's `id` wins."""
    if request.method in {"GET", "DELETE"}:
        arguments: Json = dict(request.query_params)
        if "last-event-id" in request.headers and "after" in entry.request_schema.get("properties", {}):
            arguments["after"] = request.headers["last-event-id"]
    else:
        arguments = _object(await request.body())
    return {**arguments, **request.path_params}


def _object(body: bytes) -> Json:
    try:
        given: Any = from_json(body) if body else {}
    except ValueError as error:
        raise Malformed(
            f"The body is not JSON: {error}.",
            field="body",
            value=body[:60].decode("utf-8", "replace"),
            remedy="Send one JSON object, in UTF-8.",
        ) from None
    if not isinstance(given, dict):
        raise Malformed("The body is not a JSON object.", field="body", value=given, remedy="Send one JSON object.")
    fields = cast("Json", given)  # isinstance says nothing of the keys, which JSON has as text
    count = len(fields)
    if count > MOST_FIELDS:
        raise TooLarge(
            f"The body has {count} fields.", field="body", value=count, remedy=f"Send at most {MOST_FIELDS}."
        )
    return fields


async def _answer_run(
    process: Process, request: Request, started: tuple[Operation[Any, Any], Model, RunHandle], shown: AsIs, kind: str
) -> Response:
    operation, asked, run = started
    location = {"location": f"/runs/{run.id}"}
    if kind == SSE:
        return _stream(
            process, (_event_frame(event, await shown.event(event)) async for event in run.follow()), location
        )
    if "respond-async" in request.headers.get("prefer", ""):
        return JSONResponse((await run.log.get(run.id)).model_dump(mode="json"), 202, location)
    result = await _result(process, run)
    if kind == VIEWS:
        views = operation.draw(asked, operation.result.model_validate(result))
        return _drawn(await shown.result(result), views, location)
    return JSONResponse(await shown.result(result), headers=location)


async def _result(process: Process, run: RunHandle) -> Any:  # Any: JSON
    """The run's result, or word that the server stops first: the run's log has its end."""
    waiting = {asyncio.create_task(run.result()), closing := asyncio.create_task(process.closing.wait())}
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if done == {closing}:
            raise Unavailable("The server is stopping.", field="run", value=run.id, remedy=f"See /runs/{run.id} later.")
        return next(task.result() for task in done if task is not closing)
    finally:
        for task in waiting:
            task.cancel()


def _frame(item: Model) -> str:
    if isinstance(item, Event):
        return _event_frame(item, item.model_dump(mode="json"))
    return f"event: {getattr(item, 'type', 'message')}\ndata: {item.model_dump_json()}\n\n"


def _event_frame(event: Event, shown: Json) -> str:
    return f"id: {event.seq}\nevent: {event.body.type}\ndata: {json.dumps(shown, separators=(',', ':'))}\n\n"


def _stream(process: Process, frames: AsyncIterator[str], headers: Mapping[str, str] | None = None) -> Response:
    return StreamingResponse(
        _kept_alive(process, frames),
        media_type=SSE,
        headers={**(headers or {}), "cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _kept_alive(process: Process, frames: AsyncIterator[str]) -> AsyncIterator[str]:
    """The frames, a comment in long silences, a problem as the last event of a stream that fails or is shut down."""
    closing = asyncio.create_task(process.closing.wait())
    upcoming: asyncio.Task[str | None] | None = None
    try:
        while True:
            upcoming = upcoming or asyncio.create_task(_next(frames))
            done, _ = await asyncio.wait({upcoming, closing}, timeout=KEEP_ALIVE, return_when=asyncio.FIRST_COMPLETED)
            if upcoming in done:
                frame = upcoming.result()
                if frame is None:
                    return
                upcoming = None
                yield frame
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


async def _next(frames: AsyncIterator[str]) -> str | None:
    return await anext(frames, None)
