"""What a model may call in a turn: operations, tools of other servers, the caller's functions, and who goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.llm.base import Message, Tool
from nis_backend.guardrails.marking import SAID
from nis_backend.guardrails.persons import PERSONS
from nis_backend.loop.remote import as_tools

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.entry import Entry
    from nis_backend.loop.handing import Handing

# Any: a JSON object's values differ in type.
Json = dict[str, Any]

LONGEST_DESCRIPTION = 1024
"""Characters that OpenAI takes for a function's description."""

INSTRUCTIONS = (
    "You have tools that compute. Never calculate, convert or recall a number that a tool can give: call it, in the "
    "units its schema names, and quote its result with units, method and error. When what a tool needs was not said "
    "and has no default, ask for it instead of guessing. When a tool answers with a problem, mend the arguments or say "
    "what is wrong."
)


def one_text(name: str, description: str) -> Json:
    """The schema of arguments that are one text."""
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": description}},
        "required": [name],
        "additionalProperties": False,
    }


TO_DO = one_text("message", "What it is to do, with all that it has to know.")
"""What an agent, or a member of a team, is asked with."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a model may call."""

    operations: dict[str, Entry] = field(default_factory=dict[str, "Entry"])
    far: dict[str, Json] = field(default_factory=dict[str, Json])
    """Remote tools."""
    theirs: Sequence[Tool] = ()
    """The caller's functions."""
    handing: Handing | None = None

    @property
    def hands(self) -> Sequence[Tool]:
        """What hands the conversation on."""
        return self.handing.tools if self.handing else ()

    @property
    def any(self) -> bool:
        """Whether there is something."""
        return bool(self.operations or self.far or self.theirs or self.hands)

    def as_tools(self) -> list[Tool]:
        """As a model reads it."""
        return [*map(_tool, self.operations.values()), *as_tools(self.far.values()), *self.theirs, *self.hands]


def offer_of(
    tools: Sequence[Entry],
    functions: Sequence[Tool],
    remote: Sequence[Json],
    handing: Handing | None,
    asks: Callable[[Entry], str] | None,
) -> Offer:
    """What of these a model may be offered."""
    # What destroys waits for a person, and a log keeps no secret; a run is begun, and not waited for.
    plain = [
        entry
        for entry in tools
        if (entry.shape == "model" or (entry.shape == "run" and entry.by_words))
        and (entry.effect != "destroys" or (asks is not None and asks(entry)))
        and not entry.secret
        and entry.name not in PERSONS
    ]
    # A name that the caller has given is the caller's.
    far = _besides(remote, functions)
    return Offer(operations={tool_name(entry): entry for entry in plain}, far=far, theirs=functions, handing=handing)


def tool_name(entry: Entry) -> str:
    """The operation's name as models may write it: without the dot."""
    return entry.name.replace(".", "-")


def _besides(remote: Sequence[Json], theirs: Sequence[Tool]) -> dict[str, Json]:
    """The remote tools whose names none of these has."""
    taken = {one.name for one in theirs}
    return {one["name"]: one for one in remote if one["name"] not in taken}


@lru_cache(maxsize=512)
def _tool(entry: Entry) -> Tool:
    return Tool(name=tool_name(entry), description=entry.description[:LONGEST_DESCRIPTION], parameters=entry.parameters)


def instructed(messages: Sequence[Message], offer: Offer) -> list[Message]:
    """The messages with ours before them; in one system message, since some models take only one."""
    first, rest = (messages[0].content, messages[1:]) if messages and messages[0].role == "system" else ("", messages)
    ours = f"{INSTRUCTIONS} {SAID}" if offer.operations else SAID
    return [Message(role="system", content=f"{ours}\n\n{first}".strip()), *rest]
