"""What answers at `/agui`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from starlette.responses import JSONResponse

from nis_backend.calling import call
from nis_backend.errors import InvalidRequest
from nis_backend.surfaces.agui.begin import begin
from nis_backend.surfaces.agui.begun import Begun
from nis_backend.surfaces.agui.events import Asked
from nis_backend.surfaces.agui.request import json_object, read, unread
from nis_backend.surfaces.agui.stream import Frames, Reading, place_of, told
from nis_backend.surfaces.agui.thread import asked_in, find_run, kept, last_run, messages_of
from nis_backend.surfaces.streamed import streamed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.surfaces.base import Process

CANCEL = "runs.cancel_run"


async def run(process: Process, request: Request) -> Response:
    """Do what a `RunAgentInput` asks for, and tell its run: from the start, or after `Last-Event-ID`."""
    given = json_object(await request.body())
    asked = read(given)
    after = place_of(request.headers.get("last-event-id"))
    if ignored := ", ".join(unread(given)):
        request.state.exchange.marks["x-nis-ignored"] = ignored.encode("ascii", "replace").decode()[:1000]
    ctx = process.context(request.state.caller)
    begun = await begin(process, asked, given["messages"], ctx)
    ends = asked.forwarded.nis.on_disconnect == "cancel"
    reading = Reading(after=after, catalogs=asked.forwarded.catalogs, ends=ends)
    return await streamed(process, request, told(process, ctx, begun, reading), Frames())


async def watch(process: Process, request: Request) -> Response:
    """Tell a run of a thread, its newest where none is named, to one who has not begun it here."""
    ctx, query = process.context(request.state.caller), request.query_params
    after = place_of(request.headers.get("last-event-id"))
    begun = await watched(query, ctx)
    catalogs = query.getlist("catalog") if "catalog" in query or query.get("surfaces") == "true" else None
    reading = Reading(after=after, catalogs=catalogs, on=True)
    return await streamed(process, request, told(process, ctx, begun, reading), Frames())


async def watched(query: Mapping[str, str], ctx: Context) -> Begun:
    """The run that a query names, told to one who has seen nothing of it."""
    thread, name = _named(query, "threadId"), query.get("runId")
    run = await (last_run(thread, ctx) if name is None else find_run(thread, name, ctx))
    turns = [] if run.conversation_id is None else await kept(run.conversation_id, ctx, run)
    told_before = run.input.get("remembers", True)
    before = [*(messages_of(turns) if told_before else ()), *asked_in(run)]
    facts: Json = run.input.get("context") or {}
    state: Any = facts.get("state")
    asked = Asked(
        thread=thread,
        run=name or run.id,
        run_id=run.id,
        conversation=run.conversation_id,
        state=cast("Json", state) if isinstance(state, dict) else {},
        before=before,
        joins=True,
    )
    return Begun(asked=asked)


async def cancel(process: Process, request: Request) -> Response:
    """Stop a run: the one that is named, or the thread's newest; its stream says that it has ended."""
    given = json_object(await request.body())
    ctx = process.context(request.state.caller)
    for name in sorted(given.keys() - {"threadId", "runId"}):
        raise InvalidRequest(f"There is no member {name!r}.", field=name, remedy="Give threadId, and runId.")
    if not isinstance(given.get("runId"), str | None):
        raise InvalidRequest("runId is no string.", field="runId", value=given["runId"], remedy="Name a run.")
    thread, name = _named(given, "threadId"), given.get("runId")
    run = await (last_run(thread, ctx) if name is None else find_run(thread, name, ctx))
    steered = await call(process.operations.find(CANCEL), {"id": run.id}, ctx)
    return JSONResponse({"threadId": thread, "runId": name or run.id, "nis": steered.model_dump(mode="json")})


def _named(given: Mapping[str, object], field: str) -> str:
    value = given.get(field)
    if not isinstance(value, str) or not value:
        raise InvalidRequest(f"{field} names no thread.", field=field, value=value, remedy=f"Give {field}.")
    return value
