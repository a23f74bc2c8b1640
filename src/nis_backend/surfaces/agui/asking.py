"""What an input's messages ask for, in the words of the operation that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest, shorten
from nis_backend.found import named_in
from nis_backend.surfaces.a2ui import action_of
from nis_backend.surfaces.a2ui.forms import arguments_of
from nis_backend.surfaces.agui.events import OURS
from nis_backend.surfaces.agui.request import attached, words
from nis_backend.surfaces.agui.thread import INSTRUCTS, UNSAID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.operation import Json
    from nis_backend.surfaces.agui.request import Message, RunInput
    from nis_backend.surfaces.base import Process


def asked_now(process: Process, given: RunInput) -> tuple[list[Message], Json, str | None]:
    """What was said before, what is asked now, and the id of the message that asks.

    Raises:
        InvalidRequest: nothing is.
    """
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
    functions = [
        {"name": one.name, "description": one.description, "parameters": one.parameters or {}}
        for one in given.tools or ()
    ]
    asked: Json = {
        "message": said or (str(action["operation"]) if action else ""),
        "attachments": [blob for one in came for blob in one.blobs],
        "links": [link for one in came for link in one.links],
        "context": _facts(given),
        "functions": functions,
        "call": action,
    }
    return before, asked, message_id


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


def place_asked(messages: Sequence[Message], asked: str) -> int | None:
    """The place of the message with which a user has asked this, alone or with those right before it, if any has."""
    said: list[str] = []
    for number, one in enumerate(messages):
        if one.role == "user":
            said.append(words(one, number))
            if "\n\n".join(filter(None, said)).strip() == asked:
                return number
        elif one.role not in {*UNSAID, *INSTRUCTS}:
            said = []
    return None


def earlier_of(messages: Sequence[Message]) -> list[Json]:
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
    with named_in(f"{field}.userAction.context"):
        found = action_of({"action": sent.get("userAction")})
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
