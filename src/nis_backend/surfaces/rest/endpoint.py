"""How a route calls its operation, and how each shape of result is answered."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json
from starlette.responses import JSONResponse, Response, StreamingResponse

from nis_backend.errors import InternalError, InvalidRequest, Malformed, NisError
from nis_backend.operation import Model, call
from nis_backend.run import Event, RunHandle
from nis_backend.surfaces.rest.fixed import CHAT, GENUI_FIELD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from starlette.requests import Request

    from nis_backend.operation import Entry, Json
    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.rest.derive import RestRoute

log = logging.getLogger("nis.http")

KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment keeps the stream's connection open through proxies."""

SSE = "text/event-stream"


def endpoint(process: Process, route: RestRoute, entry: Entry) -> Callable[[Request], Awaitable[Response]]:
    """The function that answers one route."""

    async def answer(request: Request) -> Response:
        arguments = await _arguments(request, entry)
        genui = route is CHAT and _take_genui(arguments)
        ctx = process.context(request.state.caller)
        result = await call(process.operations.find(entry.name), arguments, ctx)
        wants_stream = SSE in request.headers.get("accept", "")
        if isinstance(result, RunHandle):
            shown = Chat(genui=genui) if route is CHAT else AsIs()
            return await _answer_run(process, request, result, shown, stream=wants_stream)
        if isinstance(result, Model):
            return Response(result.model_dump_json(), media_type="application/json")
        if wants_stream:
            return _stream(process, (_frame(item) async for item in result))
        last = None
        async for item in result:
            last = item
        return Response(last.model_dump_json() if last else "null", media_type="application/json")

    return answer


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
    return cast("Json", given)  # isinstance says nothing of the keys, which JSON has as text


def _take_genui(arguments: Json) -> bool:
    wanted = arguments.pop(GENUI_FIELD, False)
    if not isinstance(wanted, bool):
        raise InvalidRequest(
            f"{GENUI_FIELD} is neither true nor false.", field=GENUI_FIELD, value=wanted, remedy="Give true or false."
        )
    return wanted


class AsIs:
    """A run's events and result as the log has them."""

    async def result(self, result: Any) -> Any:  # Any: JSON
        """What the caller gets at the end."""
        return result

    async def event(self, event: Event) -> Json:
        """What the stream carries."""
        return event.model_dump(mode="json")


class Chat(AsIs):
    """The reply in the shape of earlier callers: views become A2UI messages when they were asked for."""

    def __init__(self, *, genui: bool) -> None:
        self._genui = genui

    async def result(self, result: Any) -> Any:  # Any: JSON
        """The reply, with `a2ui` in place of `views`."""
        kept = {key: value for key, value in result.items() if key not in {"views", "pending"}}
        return {**kept, "a2ui": await self._surface(result)} if self._genui else kept

    async def event(self, event: Event) -> Json:
        """The event as the log has it; one that shows something has its A2UI messages beside it."""
        shown = event.model_dump(mode="json")
        if self._genui and event.body.type == "succeeded":
            shown["body"]["result"]["a2ui"] = await self._surface(shown["body"]["result"])
        elif self._genui and event.body.type == "surface":
            shown["body"]["a2ui"] = await _a2ui(shown["body"]["views"], f"{event.run_id}-{event.seq}")
        return shown

    async def _surface(self, result: Json) -> list[Json]:
        """The reply's views; its words are the first of them, so that nothing of the text is lost."""
        views = result["views"]
        if not any(view["kind"] == "text" for view in views):
            views = [{"kind": "text", "text": result["response"]}, *views]
        return await _a2ui(views, result["run_id"])


async def _a2ui(views: list[Json], surface_id: str) -> list[Json]:
    from nis_backend.surfaces.a2ui import messages_of  # noqa: PLC0415 - loads with the first surface asked for

    return await messages_of(views, surface_id)


async def _answer_run(process: Process, request: Request, run: RunHandle, shown: AsIs, *, stream: bool) -> Response:
    location = {"location": f"/runs/{run.id}"}
    if stream:
        return _stream(
            process, (_event_frame(event, await shown.event(event)) async for event in run.follow()), location
        )
    if "respond-async" in request.headers.get("prefer", ""):
        return JSONResponse((await run.log.get(run.id)).model_dump(mode="json"), 202, location)
    return JSONResponse(await shown.result(await run.result()), headers=location)


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
