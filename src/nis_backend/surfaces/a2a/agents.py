"""The agents that are called here, each by its name: a card and an address of its own, and a tenant of `/a2a`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.errors import NotFound, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Agent:
    """Who answers messages."""

    name: str
    title: str
    description: str
    operation: str
    """What a message to it begins: takes `message`, `call` and `conversation_id`, and is a run."""


CHAT = Agent(
    name="chat",
    title="nis",
    description=(
        "A self-hosted agent whose numbers are computed by typed operations and checked. It reads words, and data "
        'parts {"operation": "family.action", "arguments": {…}}, whose result is the artifact `result`.'
    ),
    operation="chat.send_message",
)
AGENTS: Mapping[str, Agent] = {CHAT.name: CHAT}
"""By name; the first answers where none is named."""


def named(name: str) -> Agent:
    """The agent of this name, or the first where none is given.

    Raises:
        NotFound: there is none.
    """
    agent = AGENTS.get(name) if name else next(iter(AGENTS.values()))
    if agent is None:
        raise NotFound(
            f"There is no agent {shorten(name)!r}.",
            field="tenant",
            value=name,
            remedy=f"Leave it out, or name one of {', '.join(AGENTS)}.",
        )
    return agent
