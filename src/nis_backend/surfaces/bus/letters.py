"""The messages themselves: a command as it comes in; a reply and a dead letter as they go out."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any, cast

from pydantic import Field
from pydantic_core import from_json

from nis_backend.drivers.bus.base import LARGEST_MESSAGE, Message
from nis_backend.errors import shorten
from nis_backend.operation import Json, Model

if TYPE_CHECKING:
    from nis_backend.drivers.bus.base import Taken
    from nis_backend.errors import NisError

AUTHORIZATION = "authorization"
"""The header of a command that holds its key, as `Bearer KEY`; it goes out again in no message."""


GROUP = "nis"
"""The group whose members share the commands."""

LONGEST_KEY = 256
"""Characters of a command's key that go out again: with a longer one no message about it might be taken."""

COMMAND_ID = r"^[\x21-\x7e]{1,200}$"


class Command(Model):
    """A call of an operation; sent again under its id within a day, it is done once and answered as before."""

    id: str = Field(
        pattern=COMMAND_ID,
        description="The sender's own name for the command, such as a UUID: visible ASCII.",
    )
    operation: str = Field(max_length=64, description="The operation's name.")
    arguments: dict[str, Any] = Field(  # Any: the operation's own model reads them
        default_factory=dict[str, Any], description="The operation's request."
    )


class Reply(Model):
    """What became of a command: one of `result`, `run_id`, `problem` and `omitted`; a stream without items has none."""

    id: str = Field(description="The command's id.")
    operation: str = Field(description="The operation's name, as the command had it.")
    replayed: bool = Field(default=False, description="Whether it was done before, and this is the outcome it had.")
    result: Any = Field(
        default=None, description="What the operation answered; of a stream its last item."
    )  # Any: JSON
    run_id: str | None = Field(
        default=None, description="The run that was begun: its events, the last one too, go out."
    )
    problem: dict[str, Any] | None = Field(default=None, description="Why it was not done.")  # Any: a problem document
    omitted: int | None = Field(default=None, description="Bytes of a result that is too large for a message.")


class DeadLetter(Model):
    """A command that was not done: why, where it lies, and the message itself without its key."""

    problem: dict[str, Any] = Field(description="Why it was not done.")  # Any: a problem document
    topic: str = Field(description="Where it was taken from.")
    partition: int
    offset: int
    key: str = Field(description="Its key.")
    headers: dict[str, str] = Field(description="Its headers.")
    value: str | None = Field(default=None, description="The message, where it is text.")
    value_base64: str | None = Field(default=None, description="The message, where it is not.")
    omitted: int | None = Field(default=None, description="Bytes of a message that is too large to be sent along.")


def named_in(taken: Taken) -> tuple[str, str] | None:
    """The id and the operation that a message names, though the command it holds cannot be done."""
    try:
        held = from_json(taken.value[:LARGEST_MESSAGE])
    except ValueError:
        return None
    given = cast("Json", held) if isinstance(held, dict) else Json()
    id_, operation = given.get("id"), given.get("operation", "")
    if not isinstance(id_, str) or not re.fullmatch(COMMAND_ID, id_):
        return None
    return id_, shorten(operation, 64)


def reply_to(taken: Taken, reply: Reply) -> Message:
    """The reply as it goes out, under the command's key."""
    message = _message(taken, reply)
    if len(message.value) <= LARGEST_MESSAGE:
        return message
    short = Reply(id=reply.id, operation=reply.operation, replayed=reply.replayed, omitted=len(message.value))
    return _message(taken, short)


def dead_letter(taken: Taken, problem: NisError) -> Message:
    """The letter as it goes out, under the command's key."""
    letter = DeadLetter(
        problem=problem.problem(),
        topic=taken.topic,
        partition=taken.partition,
        offset=taken.offset,
        key=shorten(taken.key, LONGEST_KEY),
        headers={name: value for name, value in taken.headers.items() if name.lower() != AUTHORIZATION},
        value=_text(taken.value),
    )
    if letter.value is None:
        letter = letter.model_copy(update={"value_base64": base64.b64encode(taken.value).decode()})
    message = _message(taken, letter)
    if len(message.value) <= LARGEST_MESSAGE:
        return message
    nothing: dict[str, str] = {}
    short = {"value": None, "value_base64": None, "headers": nothing, "omitted": len(taken.value)}
    return _message(taken, letter.model_copy(update=short))


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _message(taken: Taken, content: Model) -> Message:
    shown = content.model_dump(mode="json", exclude_defaults=True)
    return Message(key=taken.key[:LONGEST_KEY], value=json.dumps(shown, ensure_ascii=False).encode("utf-8", "replace"))
