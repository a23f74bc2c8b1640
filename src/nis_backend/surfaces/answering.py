"""Who answers a message, where a protocol lets its caller choose: the chat, or an agent that is kept here.

The one table of it: a dialect asks for an answerer by its name, and never names an operation that answers.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from nis_backend.errors import NotFound, NotSupported, shorten
from nis_backend.record import record

if TYPE_CHECKING:
    from nis_backend.capabilities.agents.introducing import AgentCard
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.run import Run

AGENT = "agent:"
"""What stands before the name of one that answers, where a protocol lets its caller name a model."""
CHAT = "chat"
"""The name of the one that is everybody's; every other is an agent's that its owner keeps."""
ANSWERS = {CHAT: "chat.send_message", "": "agents.run_agent"}
"""The operation that a message begins, by who is named; the last is every other agent's."""
INTRODUCES, LISTS = "agents.get_agent_card", "agents.list_agents"

SETTLED: Json = {"operations": True, "memory": False, "remembers": True, "user_id": "anonymous"}
"""What of the chat's request asks a kept agent for nothing that it settles itself; of anything else, what is empty."""


@record
class Answerer:
    """Who answers."""

    name: str
    operation: str
    """What a message begins, which is a run."""
    card: AgentCard | None = field(default=None, compare=False)
    """Of a kept agent, what is told of it."""

    def answered(self, run: Run) -> bool:
        """Whether it is who was asked in this run."""
        return run.operation == self.operation and (self.card is None or run.input.get("id") == self.card.id)

    def request(self, asked: Json, ctx: Context) -> Json:
        """What a message asks of it, which is what it would ask of the chat, without what is left open.

        Raises:
            NotSupported: it asks a kept agent for what that settles itself, or has not.
        """
        if self.card is None:
            return asked
        takes = ctx.operations.entry(self.operation).request_schema["properties"]
        given: Json = {"id": self.card.id}
        for name, value in asked.items():
            if name in takes:
                given |= {} if value is None else {name: value}
            elif value != SETTLED.get(name) and (value or name in SETTLED):
                raise NotSupported(
                    f"The agent {self.name} takes no {name}: what it uses and how it answers is settled with it.",
                    field=name,
                    remedy="Leave it out, or change the agent.",
                )
        return given


def named_in(model: str) -> str | None:
    """The name of who answers that stands where a model is named; None where it is a model's."""
    return model.removeprefix(AGENT) or model if model.startswith(AGENT) else None


async def answerer(name: str, ctx: Context) -> Answerer:
    """Who is called this; nobody named is the chat.

    Raises:
        NotFound: the caller has no such agent.
        Forbidden: it may not know its agents.
    """
    if name in {"", CHAT}:
        return Answerer(name=CHAT, operation=ANSWERS[CHAT])
    try:
        card: AgentCard = await ctx.call_named(INTRODUCES, {"id": name[:64]})
    except NotFound:
        raise NotFound(
            f"There is no agent {shorten(name)!r}.",
            field="agent",
            value=shorten(name),
            remedy=f"Leave it out, or name one of {CHAT}, or of your own agents: {LISTS} has their names.",
        ) from None
    return Answerer(name=card.name, operation=ANSWERS[""], card=card)
