"""What answers at `/agui`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from starlette.responses import JSONResponse

from nis_backend.calling import authorise, call
from nis_backend.errors import InvalidRequest, shorten
from nis_backend.surfaces.agui.begin import begin
from nis_backend.surfaces.agui.begun import Begun
from nis_backend.surfaces.agui.events import Asked
from nis_backend.surfaces.agui.request import RunInput, RunNamed, json_object, read, settled, unread
from nis_backend.surfaces.agui.stream import Frames, Reading, place_of, told
from nis_backend.surfaces.agui.thread import asked_in, find_run, kept, labels_of, last_run, messages_of
from nis_backend.surfaces.streamed import streamed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.run import Run
    from nis_backend.surfaces.base import Process

CANCEL, FOLLOW = "runs.cancel_run", "runs.stream_events"


async def run(process: Process, request: Request) -> Response:
    """Do what a `RunAgentInput` asks for, and tell its run: from the start, or after `Last-Event-ID`."""
    given = json_object(await request.body())
    asked = of_agent(read(RunInput, given), request.path_params.get("agent"))
    after = place_of(request.headers.get("last-event-id"))
    ctx = process.context(request.state.caller)
    begun = await begin(process, asked, given["messages"], ctx, on=after > (0, 0))
    if ignored := ", ".join([*unread(given), *(settled(asked) if begun.start else ())]):
        plain = "".join(one if " " <= one <= "~" else "?" for one in ignored[:1000])
        request.state.exchange.marks["x-nis-ignored"] = plain
    ends = asked.forwarded.nis.on_disconnect == "cancel"
    reading = Reading(after=after, catalogs=asked.forwarded.catalogs, ends=ends)
    return await streamed(process, request, told(process, ctx, begun, reading), Frames())


def of_agent(asked: RunInput, agent: str | None) -> RunInput:
    """The input as it is for the agent of an address.

    Raises:
        InvalidRequest: it names another one.
    """
    if agent is None:
        return asked
    named = asked.forwarded.nis.agent
    if named not in {"", agent}:
        raise InvalidRequest(
            f"This is the address of {shorten(agent)!r}.",
            field="forwardedProps.nis.agent",
            value=named,
            remedy="Leave it out, or post to the address of that agent.",
        )
    options = asked.forwarded.nis.model_copy(update={"agent": agent[:64]})
    return asked.model_copy(update={"forwarded_props": asked.forwarded.model_copy(update={"nis": options})})


async def watch(process: Process, request: Request) -> Response:
    """Tell a run of a thread to one who has not begun it here, from where the run begins or after `Last-Event-ID`."""
    ctx, query = process.context(request.state.caller), request.query_params
    catalogs = query.getlist("catalog") if "catalog" in query or query.get("surfaces") == "true" else None
    named = read(RunNamed, {**query, "catalogs": catalogs})
    reading = Reading(after=place_of(request.headers.get("last-event-id")), catalogs=named.catalogs, on=True)
    return await streamed(process, request, told(process, ctx, await watched(named, ctx), reading), Frames())


async def watched(named: RunNamed, ctx: Context) -> Begun:
    """The run, as it is told to one who has seen nothing of it.

    Raises:
        Forbidden: the caller may not read runs.
        NotFound: the caller has no such run.
    """
    authorise(ctx.operations.entry(FOLLOW), ctx)
    run = await _run(named, ctx)
    before = asked_in(run)
    if run.conversation_id is not None and run.input.get("remembers", True):
        before = [*messages_of(await kept(run.conversation_id, ctx, run)), *before]
    facts: Json = run.input.get("context") or {}
    state: Any = facts.get("state")
    asked = Asked(
        thread=named.thread_id,
        run=named.run_id or run.id,
        run_id=run.id,
        conversation=run.conversation_id,
        parent=labels_of(run).get("parent"),
        state=cast("Json", state) if isinstance(state, dict) else {},
        before=before,
        joins=True,
    )
    return Begun(asked=asked)


async def cancel(process: Process, request: Request) -> Response:
    """Stop a run: the one that is named, or the thread's newest; its stream says that it has ended."""
    ctx = process.context(request.state.caller)
    named = read(RunNamed, json_object(await request.body()))
    run = await _run(named, ctx)
    steered = await call(process.operations.find(CANCEL), {"id": run.id}, ctx)
    told = {"threadId": named.thread_id, "runId": named.run_id or run.id, "nis": steered.model_dump(mode="json")}
    return JSONResponse(told)


async def _run(named: RunNamed, ctx: Context) -> Run:
    if named.run_id is None:
        return await last_run(named.thread_id, ctx)
    return await find_run(named.thread_id, named.run_id, ctx)
