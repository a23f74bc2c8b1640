"""What a run waited for, in the next input of its thread: answers of the client's functions, or to an interrupt."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from nis_backend.calling import call
from nis_backend.errors import Conflict, Forbidden, InvalidRequest, NotFound, shorten
from nis_backend.event import Approved, InputProvided, InputRequired, Rejected
from nis_backend.surfaces.agui.begun import Begun, asked_of
from nis_backend.surfaces.agui.request import words
from nis_backend.surfaces.agui.spoken import call_name
from nis_backend.surfaces.agui.thread import UNSAID, conversation_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.event import Body, Event
    from nis_backend.operation import Json
    from nis_backend.run import Run
    from nis_backend.surfaces.agui.request import Message, Resume, RunInput
    from nis_backend.surfaces.base import Process

APPROVE, REJECT, PROVIDE, CANCEL = "runs.approve_run", "runs.reject_run", "runs.provide_input", "runs.cancel_run"


def answers_in(messages: Sequence[Message]) -> dict[str, str]:
    """What an input ends with, where it answers calls: by their ids."""
    found: dict[str, str] = {}
    for one in reversed([one for one in messages if one.role not in UNSAID]):
        if one.role != "tool":
            break
        found[str(one.tool_call_id)] = _content(one)
    return found


async def answered(
    process: Process, given: RunInput, answers: dict[str, str], sent: Sequence[Json], ctx: Context
) -> Begun:
    """The run that goes on with what the client's functions have answered."""
    conversation = await conversation_of(given.thread_id, ctx)
    run, asked = await _asking(next(iter(answers)), conversation, ctx)
    step = int(asked.call_id.rpartition("-")[2])
    names = {one.id: call_name(run.id, step, one.id) for one in asked.calls}
    missing = [name for name in names.values() if name not in answers]
    if missing:
        raise InvalidRequest(
            f"The call {missing[0]} is not answered.",
            field="messages",
            value=missing[0],
            remedy="End with a tool message for each of pendingToolCallIds.",
        )
    values = {call_id: answers[name] for call_id, name in names.items()}
    start = await _command(process, PROVIDE, {"id": run.id, "call_id": asked.call_id, "values": values}, ctx)
    return Begun(asked=asked_of(given, run.id, conversation, sent), start=start)


def _content(one: Message) -> str:
    content = words(one, 0)
    return f"{content}\nIt failed: {one.error}".strip() if one.error else content


async def unanswered(conversation: str, ctx: Context) -> list[str]:
    """The runs that wait for functions of the client's."""
    waiting = await ctx.runs.list(where={"conversation_id": conversation, "state": "waiting"})
    return [run.id for run in waiting if (run.waiting or {}).get("calls")]


async def abandon(process: Process, run_ids: Sequence[str], ctx: Context) -> None:
    """End what waits for functions that are answered no more; whoever may not cancel it leaves it waiting."""
    for run_id in run_ids:
        with suppress(Conflict, Forbidden):
            await call(process.operations.find(CANCEL), {"id": run_id}, ctx)


async def _asking(name: str, conversation: str, ctx: Context) -> tuple[Run, InputRequired]:
    """The run that has made this call of a function, and all that it wanted with it.

    Raises:
        NotFound: none of this conversation has.
    """
    run_id, _, rest = name.partition(":")
    with suppress(NotFound):
        run = await ctx.runs.get(run_id)
        if run.conversation_id == conversation:
            for event in await ctx.runs.all_events(run_id):
                body = event.body
                if isinstance(body, InputRequired) and rest in {
                    f"{body.call_id.rpartition('-')[2]}:{one.id}" for one in body.calls
                }:
                    return run, body
    raise NotFound(
        f"No run of this thread waits for the call {shorten(name)!r}.",
        field="messages",
        value=name,
        remedy="Answer a call of pendingToolCallIds, in its thread; or say something.",
    )


async def resumed(process: Process, given: RunInput, sent: Sequence[Json], ctx: Context) -> Begun:
    """The run that goes on with the answer to its interrupt."""
    entry, *others = given.resume or []
    if others:
        raise InvalidRequest(
            "A run waits for one thing at a time.",
            field="resume.1.interruptId",
            value=others[0].interrupt_id,
            remedy="Answer the interrupt that the run has ended with, and no other.",
        )
    run, seq, asked = await _interrupted(given.thread_id, entry, ctx)
    name, more = _decision(asked, entry)
    about = {"id": run.id, **({} if name == CANCEL else {"call_id": asked["call_id"]})}
    try:
        start = await _command(process, name, {**about, **more}, ctx, seq)
    except InvalidRequest as error:
        error.field = f"resume.0.payload.{(error.field or '').removeprefix('values.')}"
        raise
    return Begun(asked=asked_of(given, run.id, run.conversation_id, sent), start=start)


async def _interrupted(thread: str, entry: Resume, ctx: Context) -> tuple[Run, int, Json]:
    """The run, the entry of its log that asks, and what it asks for."""
    run_id, _, number = entry.interrupt_id.partition(":")
    seq = int(number[:9]) if number.isascii() and number.isdecimal() else 0
    with suppress(NotFound):
        run = await ctx.runs.get(run_id)
        events = await ctx.runs.events(run_id, seq - 1, 1) if seq else []
        body: Body | None = events[0].body if events else None
        asks = body is not None and body.type in {"approval_required", "input_required"}
        # A run outside conversations is a thread of its own.
        if body is not None and asks and run.conversation_id in {None, await conversation_of(thread, ctx)}:
            return run, seq, body.model_dump(mode="json")
    raise NotFound(
        f"There is no interrupt {shorten(entry.interrupt_id)!r} in this thread.",
        field="resume.0.interruptId",
        value=entry.interrupt_id,
        remedy="Give the id that RUN_FINISHED has told.",
    )


def _decision(asked: Json, entry: Resume) -> tuple[str, Json]:
    """The command that an entry is, and what goes with it."""
    payload: Any = entry.payload
    if asked["type"] == "approval_required":
        return _leave(entry)
    if entry.status == "cancelled":
        return CANCEL, {}
    if isinstance(payload, dict):
        return PROVIDE, {"values": payload}
    raise InvalidRequest(
        "The payload is no object.",
        field="resume.0.payload",
        value=payload,
        remedy="Give a value for each field that the responseSchema names.",
    )


def _leave(entry: Resume) -> tuple[str, Json]:
    """Whether it is allowed, and why not."""
    if entry.status == "cancelled":
        return REJECT, {}
    payload: Any = {"approved": entry.payload} if isinstance(entry.payload, bool) else entry.payload
    if isinstance(payload, dict):
        given = cast("Json", payload)
        approved, reason = given.get("approved"), given.get("reason", "")
        if isinstance(approved, bool) and isinstance(reason, str) and given.keys() <= {"approved", "reason"}:
            return (APPROVE, {}) if approved else (REJECT, {"reason": reason[:2000]})
    raise InvalidRequest(
        "The payload does not say whether it is allowed.",
        field="resume.0.payload",
        value=entry.payload,
        remedy='Give {"approved": true}, or {"approved": false, "reason": "…"}; arguments are not edited here.',
    )


async def _command(process: Process, name: str, arguments: Json, ctx: Context, after: int = 0) -> int:
    """Command the run; the entry of its log that says so. What it was told before is not told again.

    Raises:
        Conflict: it was told something else, or waits for nothing.
    """
    told = None
    try:
        await call(process.operations.find(name), arguments, ctx)
    except Conflict:
        told = await _told(str(arguments["id"]), arguments.get("call_id"), ctx, after)
        if told is None or not _same(told.body, name, arguments):
            raise
    told = told or await _told(str(arguments["id"]), arguments.get("call_id"), ctx, after)
    return told.seq if told else 0


async def _told(run_id: str, call_id: str | None, ctx: Context, after: int) -> Event | None:
    """The entry that answers this call, or that ends the run where no call is named."""
    for event in await ctx.runs.all_events(run_id):
        body = event.body
        if event.seq <= after or (isinstance(body, InputProvided) and body.rest):
            continue
        if isinstance(body, Approved | Rejected | InputProvided) and body.call_id == call_id:
            return event
        if call_id is None and body.type == "cancel_requested":
            return event
    return None


def _same(body: Body, name: str, arguments: Json) -> bool:
    """Whether an entry says what the command would."""
    kinds = {APPROVE: "approved", REJECT: "rejected", PROVIDE: "input_provided", CANCEL: "cancel_requested"}
    values = body.values if isinstance(body, InputProvided) else None
    return body.type == kinds[name] and values == arguments.get("values")
