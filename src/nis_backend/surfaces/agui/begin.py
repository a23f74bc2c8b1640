"""What an input asks for: a run that begins, one that is there already, or one that goes on with what it waited for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.calling import authorise, call
from nis_backend.errors import Conflict, InvalidRequest, NisError, NotFound, NotSupported, shorten
from nis_backend.surfaces.agui.answers import abandon, answered, answers_in, resumed, unanswered
from nis_backend.surfaces.agui.asking import asked_now, earlier_of, place_asked
from nis_backend.surfaces.agui.begun import Begun, asked_of
from nis_backend.surfaces.agui.request import attached, words
from nis_backend.surfaces.agui.thread import (
    INSTRUCTS,
    LABEL,
    UNSAID,
    conversation_of,
    find_run,
    kept,
    labels_of,
    messages_of,
    run_name,
    seen,
    turns_of,
)
from nis_backend.surfaces.answering import ANSWERS, CHAT, answerer
from nis_backend.surfaces.turn_options import TURN
from nis_backend.surfaces.waiting import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.run import Run, RunHandle
    from nis_backend.surfaces.agui.request import Message, RunInput
    from nis_backend.surfaces.answering import Answerer
    from nis_backend.surfaces.base import Process

NAMES = {
    "message": "messages",
    "earlier": "messages",
    "attachments": "messages",
    "links": "messages",
    "functions": "tools",
    "context": "context",
    **{name: f"forwardedProps.nis.{name}" for name in ("agent", "model", "provider", *TURN)},
    "user_id": "forwardedProps.nis.userId",
}
"""Fields of the operation, as they are called here."""


async def begin(process: Process, given: RunInput, sent: Sequence[Json], ctx: Context, *, on: bool = False) -> Begun:
    """Do what the input asks for; asked for twice, it is done once. Who goes `on` with a stream begins no run.

    Raises:
        NotFound: it is to go on, and there is no such run.
        NisError: with the field as the client knows it.
    """
    _check(given.messages)
    try:
        if given.resume:
            return await resumed(process, given, sent, ctx)
        if answers := answers_in(given.messages):
            return await answered(process, given, answers, sent, ctx)
        one = await answerer(given.forwarded.nis.agent, ctx)
        conversation = None if one.card else await conversation_of(given.thread_id, ctx)
        there = await _there(given, one, conversation, sent, ctx)
        if there is not None:
            return there
        if on:
            raise NotFound(
                f"There is no run {shorten(given.run_id)!r} in this thread to go on with.",
                field="runId",
                value=given.run_id,
                remedy="Leave out Last-Event-ID to begin it.",
            )
        if conversation is None:
            return await _by_agent(process, given, one, sent, ctx)
        return await _new(process, given, conversation, sent, ctx)
    except NisError as error:
        raise _renamed(error, given) from None


def _check(messages: Sequence[Message]) -> None:
    """Refuse what says nothing, and an answer to no call.

    Raises:
        InvalidRequest: by its place among the messages.
    """
    called: set[str] = set()
    # Those at the end answer what a run waits for.
    end = len(messages)
    while end and messages[end - 1].role in {"tool", *UNSAID}:
        end -= 1
    for number, one in enumerate(messages):
        if one.role in UNSAID:
            continue
        words(one, number)
        attached(one, number)
        called |= {made.id for made in one.tool_calls or ()}
        known = number >= end or one.tool_call_id in called
        if one.role == "tool" and (one.tool_call_id is None or not known):
            raise InvalidRequest(
                "A tool message answers no call of the messages before it.",
                field=f"messages.{number}.toolCallId",
                value=one.tool_call_id,
                remedy="Send the assistant's message with its toolCalls, or leave this one out.",
            )


def _renamed(error: NisError, given: RunInput) -> NisError:
    head, dot, rest = (error.field or "").partition(".")
    if head == "call":
        where = "nis.call" if given.forwarded.nis.call else "a2uiAction.userAction.context"
        error.field = f"forwardedProps.{where}{dot}{rest}"
    elif head in NAMES:
        # Which turn it is says nothing: system messages and those before it are told apart.
        error.field = NAMES[head] if NAMES[head] == "messages" else f"{NAMES[head]}{dot}{rest}"
    return error


# -- a run of its own --------------------------------------------------------------------------------------------------


async def _there(
    given: RunInput, one: Answerer, conversation: str | None, sent: Sequence[Json], ctx: Context
) -> Begun | None:
    """The run, where the client has begun it before; who may not begin it is not told it either."""
    authorise(ctx.operations.entry(one.operation), ctx)
    try:
        run = await ctx.runs.get(run_name(given.thread_id, given.run_id, ctx))
    except NotFound:
        return None
    place = _place(given, one, run)
    if place is None:
        raise Conflict(
            f"Run {shorten(given.run_id)!r} was begun with another message.",
            field="runId",
            value=given.run_id,
            remedy="Give each run a runId of its own.",
        )
    told = asked_of(given, run.id, conversation, sent[: place + 1])
    if conversation is not None and labels_of(run).get("joins"):
        before = messages_of(await kept(conversation, ctx, run))
        told = replace(told, before=[*before, *told.before], joins=True)
    return Begun(asked=told)


def _place(given: RunInput, one: Answerer, run: Run) -> int | None:
    """The place of the message that the run answers; None where it is another's, or its answerer is."""
    if not one.answered(run):
        return None
    if one.card is not None:
        return place_asked(given.messages, run.input["message"])
    asked = labels_of(run).get("message")
    if asked is None:
        return len(given.messages)
    return next((number for number, one in enumerate(given.messages) if one.id == asked), None)


async def _new(process: Process, given: RunInput, conversation: str, sent: Sequence[Json], ctx: Context) -> Begun:
    before, now, message_id = asked_now(process, given)
    turns, forks = await _before(given, conversation, ctx)
    count = seen(before, turns)
    joins = count == 0 and bool(turns)
    labels: Json = {"thread": given.thread_id, "run": given.run_id, "message": message_id, "joins": joins}
    if given.parent_run_id is not None:
        labels["parent"] = given.parent_run_id
    told = [one for one in before if one.role in INSTRUCTS] if count is not None else before
    options = given.forwarded.nis
    request: Json = {
        **now,
        "conversation_id": conversation,
        "begins": True,
        "earlier": [*earlier_of(told), *(turns_of(turns) if forks and count is not None else ())],
        "remembers": count is not None and not forks,
        "labels": {LABEL: labels},
        **options.model_dump(include={"model", "provider", *TURN}),
    }
    run_id = run_name(given.thread_id, given.run_id, ctx)
    handle: RunHandle = await whole(_said(process, request, run_id, ctx))
    asked = asked_of(given, handle.id, conversation, sent)
    if joins:
        asked = replace(asked, before=[*messages_of(turns), *asked.before], joins=True)
    return Begun(asked=asked, reader=handle.reader)


async def _by_agent(process: Process, given: RunInput, one: Answerer, sent: Sequence[Json], ctx: Context) -> Begun:
    """A run of an agent that is kept: the client keeps the conversation, and what the agent settles is not asked of it.

    Raises:
        NotSupported: it is.
    """
    before, now, _ = asked_now(process, given)
    if any(turn.role in INSTRUCTS for turn in before):
        raise NotSupported(
            f"The agent {one.name} has instructions of its own.",
            field="messages",
            remedy="Leave system messages out, or write them into the agent.",
        )
    said = [turn for turn in earlier_of(before) if turn["role"] != "tool"]
    if any(turn.get("attachments") for turn in said):
        raise NotSupported(
            f"The agent {one.name} reads the words of earlier messages alone.",
            field="messages",
            remedy="Leave out what is attached to them, or attach it to the last message.",
        )
    earlier = [{"role": turn["role"], "content": turn["content"]} for turn in said if turn["content"]]
    options = given.forwarded.nis.model_dump(include={"model", "provider", *TURN}, exclude_unset=True)
    request = one.request({**now, "earlier": earlier, **options}, ctx)
    began = replace(ctx, run_id=run_name(given.thread_id, given.run_id, ctx), follows=True)
    handle: RunHandle = await whole(call(process.operations.find(one.operation), request, began))
    return Begun(asked=asked_of(given, handle.id, None, sent), reader=handle.reader)


async def _said(process: Process, request: Json, run_id: str, ctx: Context) -> RunHandle:
    """The run that begins; what it answers no more ends once it has, so that what is refused ends nothing."""
    waiting = await unanswered(request["conversation_id"], ctx)
    chat, ctx = process.operations.find(ANSWERS[CHAT]), replace(ctx, run_id=run_id, follows=True)
    try:
        handle = await call(chat, request, ctx)
    except Conflict:
        # Another run of the thread has begun its conversation at this moment: now it is there.
        handle = await call(chat, request, ctx)
    await abandon(process, waiting, ctx)
    return handle


async def _before(given: RunInput, conversation: str, ctx: Context) -> tuple[list[Run], bool]:
    """The turns that are kept here, and whether they are those up to a parent that later ones follow."""
    turns = await kept(conversation, ctx)
    if given.parent_run_id is not None:
        with suppress(NotFound):
            parent = await find_run(given.thread_id, given.parent_run_id, ctx)
            place = next((number for number, run in enumerate(turns, 1) if run.id == parent.id), len(turns))
            return turns[:place], place < len(turns)
    return turns, False
