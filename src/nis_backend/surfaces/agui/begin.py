"""What an input asks for: a run that begins, one that is there already, or one that goes on with what it waited for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.calling import authorise, call
from nis_backend.errors import Conflict, InvalidRequest, NisError, NotFound, shorten
from nis_backend.surfaces.a2ui import action_of
from nis_backend.surfaces.a2ui.forms import arguments_of
from nis_backend.surfaces.agui.answers import abandon, answered, answers_in, resumed, unanswered
from nis_backend.surfaces.agui.begun import Begun, asked_of
from nis_backend.surfaces.agui.events import OURS
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
from nis_backend.surfaces.turn_options import TURN
from nis_backend.surfaces.waiting import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.run import Run, RunHandle
    from nis_backend.surfaces.agui.request import Message, RunInput
    from nis_backend.surfaces.base import Process

CHAT = "chat.send_message"

NAMES = {
    "message": "messages",
    "earlier": "messages",
    "attachments": "messages",
    "links": "messages",
    "functions": "tools",
    "context": "context",
    **{name: f"forwardedProps.nis.{name}" for name in ("model", "provider", *TURN)},
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
        conversation = await conversation_of(given.thread_id, ctx)
        there = await _there(given, conversation, sent, ctx)
        if there is not None:
            return there
        if on:
            raise NotFound(
                f"There is no run {shorten(given.run_id)!r} in this thread to go on with.",
                field="runId",
                value=given.run_id,
                remedy="Leave out Last-Event-ID to begin it.",
            )
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


async def _there(given: RunInput, conversation: str, sent: Sequence[Json], ctx: Context) -> Begun | None:
    """The run, where the client has begun it before; who may not begin it is not told it either."""
    authorise(ctx.operations.entry(CHAT), ctx)
    try:
        run = await ctx.runs.get(run_name(given.thread_id, given.run_id, ctx))
    except NotFound:
        return None
    asked = labels_of(run).get("message")
    if asked is not None and asked not in {one.id for one in given.messages}:
        raise Conflict(
            f"Run {shorten(given.run_id)!r} was begun with another message.",
            field="runId",
            value=given.run_id,
            remedy="Give each run a runId of its own.",
        )
    place = next((number for number, one in enumerate(given.messages) if one.id == asked), len(sent))
    told = asked_of(given, run.id, conversation, sent[: place + 1])
    if labels_of(run).get("joins"):
        before = messages_of(await kept(conversation, ctx, run))
        told = replace(told, before=[*before, *told.before], joins=True)
    return Begun(asked=told)


async def _new(process: Process, given: RunInput, conversation: str, sent: Sequence[Json], ctx: Context) -> Begun:
    before, said, message_id = _split(given.messages)
    action = _action(process, given)
    came = [attached(one, 0) for one in _now(given.messages)]
    if not said and action is None and not any(one.blobs or one.links for one in came):
        raise InvalidRequest(
            "The last message is no user's, and answers no call that waits.",
            field="messages",
            value=given.messages[-1].role if given.messages else "",
            remedy="End with a user's message, or with the answers to the calls of the run before.",
        )
    turns, forks = await _before(given, conversation, ctx)
    count = seen(before, turns)
    joins = count == 0 and bool(turns)
    labels: Json = {"thread": given.thread_id, "run": given.run_id, "message": message_id, "joins": joins}
    if given.parent_run_id is not None:
        labels["parent"] = given.parent_run_id
    told = [one for one in before if one.role in INSTRUCTS] if count is not None else before
    options = given.forwarded.nis
    request: Json = {
        "message": said or (str(action["operation"]) if action else ""),
        "attachments": [blob for one in came for blob in one.blobs],
        "links": [link for one in came for link in one.links],
        "conversation_id": conversation,
        "begins": True,
        "earlier": [*_earlier(told), *(turns_of(turns) if forks and count is not None else ())],
        "remembers": count is not None and not forks,
        "context": _facts(given),
        "functions": [
            {"name": one.name, "description": one.description, "parameters": one.parameters or {}}
            for one in given.tools or ()
        ],
        "call": action,
        "labels": {LABEL: labels},
        **options.model_dump(include={"model", "provider", *TURN}),
    }
    run_id = run_name(given.thread_id, given.run_id, ctx)
    handle: RunHandle = await whole(_said(process, request, conversation, run_id, ctx))
    asked = asked_of(given, handle.id, conversation, sent)
    if joins:
        asked = replace(asked, before=[*messages_of(turns), *asked.before], joins=True)
    return Begun(asked=asked, reader=handle.reader)


async def _said(process: Process, request: Json, conversation: str, run_id: str, ctx: Context) -> RunHandle:
    """The run that begins; what it answers no more ends once it has, so that what is refused ends nothing."""
    waiting = await unanswered(conversation, ctx)
    chat, ctx = process.operations.find(CHAT), replace(ctx, run_id=run_id, follows=True)
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


def _now(messages: Sequence[Message]) -> list[Message]:
    """The user's messages at the end."""
    spoken = [one for one in messages if one.role not in UNSAID]
    tail = len(spoken)
    while tail and spoken[tail - 1].role in {"user", *INSTRUCTS}:
        tail -= 1
    return [one for one in spoken[tail:] if one.role == "user"]


def _split(messages: Sequence[Message]) -> tuple[list[Message], str, str | None]:
    """What was said before, what the user says now, and the id of its last message."""
    spoken = [(number, one) for number, one in enumerate(messages) if one.role not in UNSAID]
    tail = len(spoken)
    while tail and spoken[tail - 1][1].role in {"user", *INSTRUCTS}:
        tail -= 1
    now = spoken[tail:]
    said = [words(one, number) for number, one in now if one.role == "user"]
    instructs = [one for _, one in now if one.role in INSTRUCTS]
    last = next((one.id for _, one in reversed(now) if one.role == "user"), messages[-1].id if messages else None)
    return [*(one for _, one in spoken[:tail]), *instructs], "\n\n".join(filter(None, said)).strip(), last


def _earlier(messages: Sequence[Message]) -> list[Json]:
    """Messages as the model is told them; a call that nobody has answered is left out, as providers demand."""
    answered = {one.tool_call_id for one in messages if one.role == "tool"}
    found: list[Json] = []
    for number, one in enumerate(messages):
        calls = [
            {"id": made.id, "name": made.function.name, "arguments": made.function.arguments}
            for made in one.tool_calls or ()
            if made.id in answered
        ]
        role = "system" if one.role in INSTRUCTS else one.role
        content = words(one, number)
        if one.role == "tool" and one.error:
            content = f"{content}\nIt failed: {one.error}".strip()
        came = attached(one, number)
        content = "\n".join(filter(None, [content, *(f"[Attached: {shorten(link, 200)}]" for link in came.links)]))
        if content or calls or came.blobs:
            turn = {"role": role, "content": content, "tool_calls": calls, "tool_call_id": one.tool_call_id}
            found.append({**turn, "attachments": came.blobs} if came.blobs else turn)
    return found


def _facts(given: RunInput) -> Json | None:
    """The context and the state, as facts for the model to know."""
    facts: Json = {}
    for one in given.context or ():
        name, number = one.description, 2
        while name in facts:
            name, number = f"{one.description} ({number})", number + 1
        facts[name] = one.value
    state = {name: value for name, value in (given.state or {}).items() if name != OURS}
    if state:
        facts["state"] = state
    return facts or None


def _action(process: Process, given: RunInput) -> Json | None:
    """The operation that is called by name, or by a surface's button."""
    sent, named = given.forwarded.a2ui_action, given.forwarded.nis.call
    if sent is None or named is not None:
        return named and named.model_dump()
    field = "forwardedProps.a2uiAction"
    try:
        found = action_of({"action": sent.get("userAction")})
    except NisError as error:
        error.field = f"{field}.userAction.context"
        raise
    if found is None:
        raise InvalidRequest(
            "The action calls no operation.",
            field=f"{field}.userAction.name",
            value=sent.get("userAction"),
            remedy='Send the actions of surfaces that came from here: {"userAction": {"name": "call", …}}.',
        )
    operation, arguments = found
    schema = process.operations.entry(operation).request_schema
    return {"operation": operation, "arguments": arguments_of(schema, arguments)}
