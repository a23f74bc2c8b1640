"""The agents that are called here, each by its name: a card and an address of its own, and a tenant of `/a2a`."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from nis_backend.errors import NotFound
from nis_backend.record import record
from nis_backend.surfaces.answering import ANSWERS, answerer
from nis_backend.surfaces.answering import CHAT as CHAT_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.context import Context
    from nis_backend.surfaces.answering import Answerer


@record
class Agent:
    """Who answers messages."""

    name: str
    title: str
    description: str
    operation: str
    """What a message to it begins: takes `message`, and is a run."""
    files: bool = True
    """Whether pictures, sounds and documents may come with a message."""
    version: str = ""
    """Its own, where it has one."""
    owner: str = ""
    """Whose it is; of everybody's, nobody."""
    kept: Answerer | None = field(default=None, compare=False)
    """The agent that its owner keeps; None of everybody's."""


CHAT = Agent(
    name=CHAT_NAME,
    title="nis",
    description=(
        "A self-hosted agent whose numbers are computed by typed operations and checked. It reads words, and data "
        'parts {"operation": "family.action", "arguments": {…}}, whose result is the artifact `result`.'
    ),
    operation=ANSWERS[CHAT_NAME],
)
AGENTS: Mapping[str, Agent] = {CHAT.name: CHAT}
"""Everybody's, by name; the first answers where none is named."""


def everybodys(name: str) -> Agent | None:
    """The agent of this name that is everybody's, or the first where none is given."""
    return AGENTS.get(name) if name else next(iter(AGENTS.values()))


async def named(name: str, ctx: Context) -> Agent:
    """The agent of this name: everybody's, or one that the caller keeps.

    Raises:
        NotFound: there is none.
        Forbidden: the caller may not know its agents.
    """
    agent = everybodys(name)
    if agent is not None:
        return agent
    try:
        found = await answerer(name, ctx)
    except NotFound as error:
        error.field = "tenant"
        raise
    assert found.card is not None
    return Agent(
        name=found.name,
        title=found.name,
        description=found.card.description or f"The agent {found.name}.",
        operation=found.operation,
        files="attachments" in ctx.operations.entry(found.operation).request_schema["properties"],
        version=str(found.card.version),
        owner=ctx.caller.owner,
        kept=found,
    )
