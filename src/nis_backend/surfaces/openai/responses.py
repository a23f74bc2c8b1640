"""`/v1/responses`: each is a run, read back as often as it is asked for; one that is not to be kept is a call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from starlette.responses import JSONResponse

from nis_backend.calling import call
from nis_backend.capabilities.models.responding import NAME, ResponseRequest, turns_before
from nis_backend.errors import Cancelled, InvalidRequest, NisError, NotFound, NotSupported, shorten
from nis_backend.event import Event, Started
from nis_backend.run import RunHandle
from nis_backend.surfaces.answering import ANSWERS, answerer_of
from nis_backend.surfaces.openai import listing
from nis_backend.surfaces.openai.agent_answers import begin
from nis_backend.surfaces.openai.agents import conversation_of, is_agent, message, named
from nis_backend.surfaces.openai.body import HINTS, hinted, json_object
from nis_backend.surfaces.openai.pages import limit_of, page_of
from nis_backend.surfaces.openai.response_events import Asked, View, response_of, view
from nis_backend.surfaces.openai.response_items import ITEM, ReferenceItem, input_items, place_of
from nis_backend.surfaces.openai.response_prompt import prompted
from nis_backend.surfaces.openai.response_request import PREFIX, ResponsesRequest, read, run_of, suffix_of, unknown
from nis_backend.surfaces.openai.response_told import bodies_of, response_told
from nis_backend.surfaces.streamed import streamed
from nis_backend.surfaces.waiting import settled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from nis_backend.capabilities.models.completion import ChatCompletion, ChatPart
    from nis_backend.context import Context
    from nis_backend.event import Body
    from nis_backend.operation import Json
    from nis_backend.run import Run
    from nis_backend.surfaces.base import Process
    from nis_backend.surfaces.openai.response_items import Item

CANCEL_SECONDS = 10.0
"""How long a cancel waits for the run to end: most end at once."""

NAMES = {
    "messages": "input",
    "answer_as": "text.format",
    "answer_schema": "text.format",
    "max_tokens": "max_output_tokens",
    "labels": "metadata",
    "logprobs": "top_logprobs",
}
"""Fields of the operation, as they are called here."""

UNCOUNTED = frozenset({"include", "background", "stream", "store", "max_output_tokens", "top_logprobs"})
"""What of a request for a response says nothing of what is read."""

MOST_KEPT = 4096
"""Items of kept responses that one request may refer to."""

Entry = tuple["Body", float]
"""An entry of a log, and when it was written."""


class Events:
    """A response's events as server-sent ones, from a number on."""

    pause = b": still here\n\n"
    end = b""

    def __init__(self, asked: Asked, after: int = -1) -> None:
        self._view = View(asked)
        self._after = after

    def of(self, part: Entry | None) -> Iterator[bytes]:
        """The events of an entry of the log; None is its beginning."""
        events = self._view.begin() if part is None else self._view.of(*part)
        for event in events:
            if event["sequence_number"] > self._after:
                yield frame(event)

    def failed(self, error: NisError) -> bytes:
        """The stream cannot go on; the response may."""
        return frame(self._view.failed(error.code, f"{error.message} {error.remedy}".strip()))


def frame(event: Json) -> bytes:
    """One event."""
    data = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    return f"event: {event['type']}\ndata: {data}\n\n".encode()


# -- asking ------------------------------------------------------------------------------------------------------------


async def create(process: Process, request: Request) -> Response:
    """Answer with a response, its stream, or where it goes on by itself with what it is now."""
    body = json_object(await request.body())
    ctx = process.context(request.state.caller)
    hinted(body, HINTS, request.scope)
    try:
        body = await prompted(process, body, ctx)
        model, asked = read(body)
        asked = asked.model_copy(update={"input": await _referred(process, asked.input, ctx)})
        arguments = asked.arguments(model, body)
        if asked.store is False and is_agent(model):
            raise NotSupported(
                f"What {model} answers is kept: it is a turn of a conversation.", field="store", remedy="Leave it out."
            )
        if asked.store is False:
            return await _unkept(process, request, asked, arguments, ctx)
        ctx = replace(ctx, follows=bool(asked.stream))
        handle: RunHandle = await _begun(process, arguments, ctx)
    except NotFound as error:
        raise await _missing(process, ctx, error) from None
    except NisError as error:
        raise _renamed(error) from None
    if asked.stream:
        run = await ctx.runs.get(handle.id)
        return await _streamed(process, request, await asked_of(run, ctx), handle)
    if not asked.background:
        await _ended(process, request, handle, ctx)
    return JSONResponse(await _object(handle.id, ctx))


async def _referred(process: Process, items: Sequence[Item], ctx: Context) -> list[Item]:
    """The items, with those that are kept here in the places where they are referred to.

    Raises:
        InvalidRequest: one is not there.
    """
    kept: dict[str, Json] = {}
    whole: list[Item] = []
    for number, item in enumerate(items):
        if not isinstance(item, ReferenceItem):
            whole.append(item)
            continue
        place = place_of(item.id)
        if place is not None and item.id not in kept and len(kept) < MOST_KEPT:
            with suppress(NotFound):
                run = await _run(process, f"{PREFIX}{place[0]}", ctx)
                output = (await _object(run.id, ctx))["output"]
                kept |= {one["id"]: one for one in (*input_items(_said(run), suffix_of(run.id)), *output)}
        if item.id not in kept:
            raise InvalidRequest(
                f"There is no item {shorten(item.id)!r}.",
                field=f"input.{number}.id",
                value=shorten(item.id),
                remedy="Send the item itself.",
            )
        whole.append(ITEM.validate_python(kept[item.id]))
    return whole


def _said(run: Run) -> list[Json]:
    """The turns that a run was told."""
    given = run.input
    said = given.get("messages") or [*given["earlier"], {"role": "user", "content": given["message"], **given}]
    return [_with_parts(one) for one in said]


def _with_parts(turn: Json) -> Json:
    """A turn of an agent's, with its attachments as the parts that they are of a model's."""
    parts = [
        {"kind": "image" if one["media_type"].startswith("image/") else "file", "blob": one}
        for one in turn.get("attachments") or ()
    ]
    return {**turn, "parts": parts} if parts else turn


async def _begun(process: Process, arguments: Json, ctx: Context) -> RunHandle:
    agent = arguments["model"]
    if not is_agent(agent):
        handle: RunHandle = await call(process.operations.find(NAME), arguments, ctx)
        return handle
    # How it is waited for is none of its matters.
    labels = {name: value for name, value in arguments["labels"].items() if name != "background"}
    one = await named(agent, ctx)
    asked = message({**arguments, "labels": labels}, one, ctx)
    if arguments["previous"] is not None:
        asked["conversation_id"] = await conversation_of(arguments["previous"], agent, one, ctx)
    elif one.card is not None:
        # So that the next response can follow it; the chat's turns are in one anyway.
        asked["begins"] = True
    return await begin(process, one, asked, ctx)


async def _missing(process: Process, ctx: Context, error: NotFound) -> NotFound:
    if error.field == "model":
        return await listing.unknown(process, ctx, error)
    if error.field == "previous":
        return unknown(f"{PREFIX}{suffix_of(str(error.value))}", "previous_response_id")
    return cast("NotFound", _renamed(error))


def _renamed(error: NisError) -> NisError:
    """The refusal in this dialect's names."""
    head, dot, rest = (error.field or "").partition(".")
    if head in NAMES:
        # Which turn it is says nothing: several items may be one.
        error.field = NAMES[head] if head == "messages" else f"{NAMES[head]}{dot}{rest}"
    if error.field == "previous":
        run_id = str(error.value)
        error.field, error.value = "previous_response_id", f"{PREFIX}{suffix_of(run_id)}"
        error.message = error.message.replace(f"Run {run_id}", error.value).replace(run_id, error.value)
    return error


async def _ended(process: Process, request: Request, handle: RunHandle, ctx: Context) -> None:
    """Wait for the end; who leaves without an id could never ask for it again, so it ends then.

    Raises:
        NisError: why it has no answer.
    """
    waiting = asyncio.ensure_future(handle.result())
    try:
        await settled(process, request, waiting)
    except Cancelled:
        with suppress(NisError):
            await ctx.runs.cancel(handle.id)
        raise
    with suppress(Cancelled):
        waiting.result()


async def _streamed(process: Process, request: Request, asked: Asked, handle: RunHandle, after: int = -1) -> Response:
    entries = _entries(handle.follow(waits=False))
    return await streamed(process, request, entries, Events(asked, after))


async def _entries(events: AsyncIterator[Event]) -> AsyncGenerator[Entry | None, None]:
    yield None
    async with aclosing(cast("AsyncGenerator[Event]", events)) as coming:
        async for event in coming:
            yield event.body, event.time


async def count(process: Process, request: Request) -> Response:
    """Answer with the count of all that the model would read."""
    body = json_object(await request.body())
    ctx = process.context(request.state.caller)
    try:
        body = await prompted(process, body, ctx)
        if body.get("input") is None and body.get("previous_response_id") is not None:
            body["input"] = []
        model, asked = read({name: value for name, value in body.items() if name not in UNCOUNTED})
        asked = asked.model_copy(update={"input": await _referred(process, asked.input, ctx)})
        if is_agent(model):
            raise NotSupported(f"What {model} reads is its own.", field="model", remedy="Name a model.")
        told = await _told(asked.arguments(model, body), ctx)
        counted = {name: told[name] for name in ("messages", "tools", "model", "answer_schema")}
        working = asyncio.ensure_future(call(process.operations.find("models.count_tokens"), counted, ctx))
        await settled(process, request, working)
    except NotFound as error:
        raise await _missing(process, ctx, error) from None
    except NisError as error:
        raise _renamed(error) from None
    return JSONResponse({"object": "response.input_tokens", "input_tokens": working.result().tokens})


# -- what is not kept --------------------------------------------------------------------------------------------------


async def _unkept(process: Process, request: Request, asked: ResponsesRequest, given: Json, ctx: Context) -> Response:
    """A call: nothing of it is written down."""
    whole = await _told(given, ctx)
    kept = Asked(
        suffix=suffix_of(ctx.new_id("run")), created=ctx.now(), model=str(given["model"]), input=given, kept=False
    )
    if asked.stream:
        parts: AsyncGenerator[ChatPart, None] = await call(process.operations.find("models.stream_chat"), whole, ctx)
        entries = _told_entries(parts, ctx)
        return await streamed(process, request, entries, Events(kept))
    working = asyncio.ensure_future(call(process.operations.find("models.complete_chat"), whole, ctx))
    await settled(process, request, working)
    done: ChatCompletion = working.result()
    return JSONResponse(response_told(replace(kept, model=done.model), done, ctx.now()))


async def _told(given: Json, ctx: Context) -> Json:
    """What the model is told: the turns before, which are kept, and what is said now."""
    asked = ResponseRequest.model_validate(given)
    before = [one.model_dump(mode="json") for one in await turns_before(ctx, asked.previous)]
    first = [{"role": "system", "content": asked.instructions}] if asked.instructions else []
    more = {name: value for name, value in given.items() if name not in {"instructions", "previous", "labels"}}
    return {**more, "messages": [*first, *before, *given["messages"]]}


async def _told_entries(parts: AsyncGenerator[ChatPart, None], ctx: Context) -> AsyncGenerator[Entry | None, None]:
    """The parts of an answer as the log of a run would have them."""
    yield None
    yield Started(operation=NAME, attempt=1), ctx.now()
    async with aclosing(parts) as coming:
        async for part in coming:
            for body in bodies_of(part):
                yield body, ctx.now()


# -- what is kept ------------------------------------------------------------------------------------------------------


async def asked_of(run: Run, ctx: Context) -> Asked:
    """What the response of a run is of."""
    agent = await answerer_of(run, ctx)
    if agent is not None:
        return Asked(suffix=suffix_of(run.id), created=run.created, model=agent, input={}, agent=True)
    return Asked(suffix=suffix_of(run.id), created=run.created, model=str(run.input["model"]), input=run.input)


async def retrieve(process: Process, request: Request) -> Response:
    """The response as it is now; or its stream, from a number on."""
    ctx = process.context(request.state.caller)
    run = await _run(process, request.path_params["id"], ctx)
    if request.query_params.get("stream") not in {"true", "1"}:
        return JSONResponse(await _object(run.id, ctx))
    after = _after(request.query_params.get("starting_after"))
    asked = await asked_of(run, ctx)
    if run.finished:
        events = await ctx.runs.all_events(run.id)
        last = max((one["sequence_number"] for one in view(asked, events)), default=0)
        if after > last:
            raise InvalidRequest(
                f"The stream has no event after {after}: its last is {last}.",
                field="starting_after",
                value=after,
                remedy="Give the sequence_number of the last event you have seen.",
            )
    handle = RunHandle(id=run.id, log=ctx.runs)
    return await _streamed(process, request, asked, handle, after)


def _after(given: str | None) -> int:
    if given is None or given.isdecimal():
        return -1 if given is None else int(given[:9])
    raise InvalidRequest(
        "starting_after is a number of an event.",
        field="starting_after",
        value=given,
        remedy="Give the sequence_number of the last event you have seen.",
    )


async def delete(process: Process, request: Request) -> Response:
    """Forget a response that has ended."""
    ctx = process.context(request.state.caller)
    name = request.path_params["id"]
    run = await _run(process, name, ctx)
    await call(process.operations.find("runs.delete_run"), {"id": run.id}, ctx)
    return JSONResponse({"id": name, "object": "response", "deleted": True})


async def cancel(process: Process, request: Request) -> Response:
    """Stop a response; one that has ended is answered as it is."""
    ctx = process.context(request.state.caller)
    run = await _run(process, request.path_params["id"], ctx)
    if not run.finished:
        await call(process.operations.find("runs.cancel_run"), {"id": run.id}, ctx)
        with suppress(NisError, TimeoutError):
            async with asyncio.timeout(CANCEL_SECONDS):
                await ctx.runs.result(run.id)
    return JSONResponse(await _object(run.id, ctx))


async def items(process: Process, request: Request) -> Response:
    """What was said to the model with this response, the last first."""
    ctx, query = process.context(request.state.caller), request.query_params
    run = await _run(process, request.path_params["id"], ctx)
    found = input_items(_said(run), suffix_of(run.id))
    ordered = found if query.get("order") == "asc" else found[::-1]
    return JSONResponse(page_of(ordered, query.get("after"), limit_of(query)))


async def _run(process: Process, response_id: str, ctx: Context) -> Run:
    """The run of a response.

    Raises:
        NotFound: the caller has no such response.
    """
    try:
        run: Run = await call(process.operations.find("runs.get_run"), {"id": run_of(response_id)}, ctx)
    except NotFound:
        raise unknown(response_id) from None
    if run.operation not in {NAME, *ANSWERS.values()}:
        raise unknown(response_id)
    return run


async def _object(run_id: str, ctx: Context) -> Json:
    """The response of a run as it is now: to whoever has begun it here an answer, to others what they may look up."""
    run = await ctx.runs.get(run_id)
    return response_of(await asked_of(run, ctx), run, await ctx.runs.all_events(run_id))
