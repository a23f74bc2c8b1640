"""A conversation handed on: a tool by which a model gives it to another agent, which goes on in the same run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nis_backend.drivers.llm.base import Message

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nis_backend.drivers.llm.answer import ToolCall
    from nis_backend.drivers.llm.base import Tool
    from nis_backend.errors import NisError
    from nis_backend.operation import Json


@dataclass(frozen=True, kw_only=True)
class Handing:
    """To whom a conversation may be handed on, and by what it is."""

    tools: Sequence[Tool]
    """Each is one to hand it to."""
    take: Callable[[int, ToolCall, Json], Awaitable[NisError | None]]
    """Hand it on by a call of a step, with its arguments; answers why it cannot be, and None where it is."""


def as_words(messages: Sequence[Message]) -> list[Message]:
    """A conversation for a model that takes no tools: what was called and answered stands in words."""
    said: list[Message] = []
    for one in messages:
        if one.role == "tool":
            said.append(Message(role="user", content=f"[A tool has answered: {one.content}]"))
        elif one.tool_calls:
            calls = "\n".join(f"[{call.name} was called with {call.arguments}]" for call in one.tool_calls)
            said.append(replace(one, content=f"{one.content}\n\n{calls}".strip(), tool_calls=(), reasoning=()))
        else:
            said.append(one)
    return said
