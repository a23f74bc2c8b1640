"""How a route calls its operation, and how each shape of result is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic_core import to_json
from starlette.responses import JSONResponse, Response

from nis_backend.blob import Blob
from nis_backend.calling import begin, call, last_of
from nis_backend.errors import NotAcceptable
from nis_backend.operation import Model
from nis_backend.record import record
from nis_backend.run import RunHandle
from nis_backend.surfaces.rest.accept import JSON, SSE, VIEWS, chosen, names
from nis_backend.surfaces.rest.arguments import arguments_of
from nis_backend.surfaces.rest.chat import AsIs, Chat
from nis_backend.surfaces.rest.content import content_of
from nis_backend.surfaces.rest.fixed import CHAT, CONTENT, PUBLIC, may_be_run
from nis_backend.surfaces.rest.log import WAIT, gathered, going_on, is_log, patience
from nis_backend.surfaces.rest.replies import HEADER
from nis_backend.surfaces.rest.stream import event_frame, frame, stream
from nis_backend.surfaces.waiting import unless_left, unless_stopped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from nis_backend.context import Context
    from nis_backend.entry import Entry
    from nis_backend.operation import Operation
    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.rest.derive import RestRoute
    from nis_backend.surfaces.rest.replies import Replies

OFFERED = {"model": (JSON, VIEWS), "stream": (JSON, VIEWS, SSE), "run": (JSON, VIEWS, SSE)}
"""The media types of each shape's answer, from the plain to the special."""


@record
class Call:
    """One request on its way: what was asked of which operation, and how it shall be answered."""

    request: Request
    process: Process
    operation: Operation[Any, Any]
    asked: Model
    shown: AsIs
    kind: str
    is_log: bool

    @property
    def is_head(self) -> bool:
        """Whether only the headers are wanted."""
        return self.request.method == "HEAD"


def endpoint(
    process: Process, replies: Replies, route: RestRoute, entry: Entry
) -> Callable[[Request], Awaitable[Response]]:
    """The function that answers one route."""

    async def answer(request: Request) -> Response:
        try:
            return await answered(request)
        finally:
            # The files of a form.
            await request.close()

    async def answered(request: Request) -> Response:
        log, kind = is_log(entry), _kind(request.headers.get("accept", ""), entry)
        arguments = await arguments_of(request, entry, process.settings)
        if log and kind != SSE:
            arguments.setdefault(WAIT, patience(_preferences(request)))
        ctx = _context(process, request, follows=kind == SSE, probes=route.path in PUBLIC)
        shown = Chat(arguments, ctx) if route is CHAT else AsIs()
        operation = process.operations.find(entry.name)
        asked = operation.validate(arguments)
        key = request.headers.get(HEADER)
        alone = may_be_run(route, entry) and "respond-async" in _preferences(request)
        if key is not None and entry.effect != "reads":
            work = begin if alone else call
            result = await replies.once(key, operation, asked, ctx, request.state.exchange.marks, work)
        elif alone:
            result = await begin(operation, asked, ctx)
        elif entry.effect == "reads":
            result = await unless_left(request, call(operation, asked, ctx))
        else:
            result = await call(operation, asked, ctx)
        one = Call(
            request=request,
            process=process,
            operation=operation,
            asked=asked,
            shown=shown,
            kind=kind,
            is_log=log,
        )
        if isinstance(result, RunHandle):
            return await _answer_run(one, result, ctx)
        if isinstance(result, Blob):
            return await _answer_blob(one, result, ctx)
        if isinstance(result, Model):
            return _answer(one, result)
        return await _answer_stream(one, result, ctx)

    return answer


def _context(process: Process, request: Request, *, follows: bool, probes: bool) -> Context:
    ctx = process.context(request.state.caller)
    return replace(ctx, follows=follows, probes=probes) if follows or probes else ctx


def _kind(accept: str, entry: Entry) -> str:
    """The media type to answer in; that of a blob is known with the blob, so here it is JSON that stands for it."""
    if not entry.is_blob:
        return chosen(accept, OFFERED[entry.shape])
    return SSE if entry.shape != "model" and names(accept, SSE) else JSON


def _answer(one: Call, result: Model | None) -> Response:
    """The result as JSON, with its views where they are wanted; a stream that had no item answers null."""
    headers = _next_page(one, result)
    if one.kind == VIEWS:
        shown = result and result.model_dump(mode="json")
        return _drawn(shown, [] if result is None else one.operation.draw(one.asked, result), headers)
    return Response("null" if result is None else result.model_dump_json(), media_type=JSON, headers=headers)


async def _answer_blob(one: Call, result: Blob, ctx: Context) -> Response:
    """The bytes where their media type is accepted, else what is known of them and a link."""
    blob = await ctx.blobs.get(result.id)
    bytes_are = blob.media_type
    try:
        # Named, or by a range that it is in: the bytes come first.
        kind = chosen(one.request.headers.get("accept", ""), (bytes_are, JSON, VIEWS, bytes_are))
    except NotAcceptable:
        kind = JSON
    if kind == bytes_are:
        return await content_of(one.request, blob, ctx.blobs)
    answer = _answer(replace(one, kind=kind), blob)
    answer.headers["vary"] = "accept"
    answer.headers["link"] = f'<{CONTENT.path.replace("{id}", blob.id)}>; rel="alternate"; type="{bytes_are}"'
    return answer


def _next_page(one: Call, result: Model | None) -> dict[str, str]:
    """Where a list goes on, as RFC 8288 links it."""
    cursor = getattr(result, "next_cursor", None)
    if cursor is None or one.request.method not in {"GET", "HEAD"}:
        return {}
    query = urlencode({**one.request.query_params, "cursor": cursor})
    return {"link": f'<{one.request.url.path}?{query}>; rel="next"'}


def _drawn(result: Any, views: list[Any], headers: dict[str, str]) -> Response:  # Any: JSON, views
    shown = {"result": result, "views": [view.model_dump(mode="json") for view in views]}
    return JSONResponse(shown, media_type=VIEWS, headers=headers)


async def _answer_stream(one: Call, items: AsyncIterator[Model], ctx: Context) -> Response:
    if one.kind == SSE:
        return stream(one.process, (frame(item) async for item in items), head=one.is_head)
    if not one.is_log:
        return _answer(one, await unless_left(one.request, last_of(items)))
    found = await unless_left(one.request, gathered(items))
    headers = await going_on(one.request, one.asked, found, ctx)
    if WAIT in _preferences(one.request) and WAIT not in one.request.query_params:
        headers["preference-applied"] = WAIT
    shown = {"items": [item.model_dump(mode="json") for item in found]}
    return _drawn(shown, [], headers) if one.kind == VIEWS else JSONResponse(shown, headers=headers)


async def _answer_run(one: Call, run: RunHandle, ctx: Context) -> Response:
    headers = {"location": f"/runs/{run.id}"}
    if one.kind == SSE:
        frames = (event_frame(event, await one.shown.event(event)) async for event in run.follow())
        return stream(one.process, frames, headers)
    if "respond-async" in _preferences(one.request):
        shown = (await run.log.get(run.id)).model_dump(mode="json")
        return JSONResponse(shown, 202, {**headers, "preference-applied": "respond-async"})
    result = await unless_stopped(one.process.closing, run.result(), run.id)
    if issubclass(one.operation.result, Blob):
        answer = await _answer_blob(one, Blob.model_validate(result), ctx)
        answer.headers.update(headers)
        return answer
    if one.kind == VIEWS:
        views = one.operation.draw(one.asked, one.operation.result.model_validate(result))
        return _drawn(await one.shown.result(result), views, headers)
    return Response(to_json(await one.shown.result(result)), media_type=JSON, headers=headers)


def _preferences(request: Request) -> dict[str, str]:
    """What `Prefer` asks for, RFC 7240, and the values: of a preference that is given twice, the first."""
    given: dict[str, str] = {}
    for line in request.headers.getlist("prefer"):
        for preference in line.split(","):
            name, _, value = preference.partition(";")[0].partition("=")
            given.setdefault(name.strip().lower(), value.strip().strip('"'))
    return given
