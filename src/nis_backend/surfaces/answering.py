"""Who answers a message, where a protocol lets its caller choose: the chat, or an agent or a team that is kept here.

The one table of it: a dialect asks for an answerer by its name, and never names an operation that answers.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING

from nis_backend.errors import NotFound, NotSupported, shorten
from nis_backend.record import record

if TYPE_CHECKING:
    from nis_backend.capabilities.agents.agent import Agent
    from nis_backend.capabilities.agents.introducing import AgentCard
    from nis_backend.capabilities.teams.team import Team
    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.run import Run

AGENT, TEAM = "agent:", "team:"
"""What stands before the name of one that answers, where a protocol lets its caller name a model; a team's name has it
everywhere."""
CHAT = "chat"
"""The name of the one that is everybody's; every other is an agent's or a team's that its owner keeps."""
ANSWERS = {CHAT: "chat.send_message", AGENT: "agents.run_agent", TEAM: "teams.run_team"}
"""The operation that a message begins, by who is named."""
INTRODUCES = {AGENT: "agents.get_agent_card", TEAM: "teams.get_team"}
GETS = {AGENT: "agents.get_agent", TEAM: "teams.get_team"}
LISTS = {AGENT: ("agents.list_agents", "agents"), TEAM: ("teams.list_teams", "teams")}
"""What lists them, and where they are in what it answers."""

SETTLED: Json = {"operations": True, "memory": False, "remembers": True, "user_id": "anonymous"}
"""What of the chat's request asks a kept agent for nothing that it settles itself; of anything else, what is empty."""


@record
class Kept:
    """One that answers, as the models of a list are told."""

    model: str
    created: float
    description: str


@record
class Answerer:
    """Who answers."""

    name: str
    operation: str
    """What a message begins, which is a run."""
    card: AgentCard | None = field(default=None, compare=False)
    """Of a kept agent or team, what is told of it."""

    @property
    def model(self) -> str:
        """Its name, where a protocol lets its caller name a model."""
        return model_of(self.name)

    def answered(self, run: Run) -> bool:
        """Whether it is who was asked in this run."""
        return run.operation == self.operation and (self.card is None or run.input.get("id") == self.card.id)

    def request(self, asked: Json, ctx: Context) -> Json:
        """What a message asks of it, which is what it would ask of the chat, without what is left open.

        Raises:
            NotSupported: it asks a kept agent or team for what that settles itself, or has not.
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
                    f"{self.model} takes no {name}: what it uses and how it answers is settled with it.",
                    field=name,
                    remedy=f"Leave it out, or change the {_noun(self.name)}.",
                )
        return given


def named_in(model: str) -> str | None:
    """The name of who answers that stands where a model is named; None where it is a model's."""
    if model.startswith(AGENT):
        name = model.removeprefix(AGENT)
        # A team's name stands by itself.
        return model if name.startswith(TEAM) else name or model
    return model if model.startswith(TEAM) else None


def model_of(name: str) -> str:
    """The name of who answers, where a model is named."""
    return name if name.startswith(TEAM) else f"{AGENT}{name}"


def kind_of(name: str) -> str:
    """Who is called so: the chat, an agent or a team."""
    return CHAT if name in {"", CHAT} else TEAM if name.startswith(TEAM) else AGENT


def id_in(name: str) -> str:
    """By which a kept one is asked."""
    return name.removeprefix(TEAM)


def _noun(name: str) -> str:
    return kind_of(name).removesuffix(":")


async def answerer(name: str, ctx: Context) -> Answerer:
    """Who is called this; nobody named is the chat.

    Raises:
        NotFound: the caller has no such agent or team.
        Forbidden: it may not know its agents, or its teams.
    """
    kind = kind_of(name)
    if kind == CHAT:
        return Answerer(name=CHAT, operation=ANSWERS[CHAT])
    try:
        found = await ctx.call_named(INTRODUCES[kind], {"id": id_in(name)[:64] or "-"})
    except NotFound:
        raise NotFound(
            f"There is no {_noun(name)} {shorten(id_in(name))!r}.",
            field="agent",
            value=shorten(name),
            remedy=f"Leave it out, or name one of {CHAT}, or of your own {_noun(name)}s: {LISTS[kind][0]} has their "
            "names.",
        ) from None
    card = found if kind == AGENT else _card(found)
    return Answerer(name=card.name, operation=ANSWERS[kind], card=card)


def _card(team: Team) -> AgentCard:
    """A team as others may know it: who is in it is its own matter."""
    from nis_backend.capabilities.agents.introducing import AgentCard  # noqa: PLC0415 - loads with the first of them

    return AgentCard(
        id=team.id,
        name=f"{TEAM}{team.name}",
        version=team.version,
        description=team.description,
        operations=[],
        agents=[],
        output_schema=None,
    )


async def answerer_of(run: Run, ctx: Context) -> str | None:
    """Who was asked in a run, as a model is named; None where nobody was. One that was deleted is told by its id."""
    kind = next((kind for kind, operation in ANSWERS.items() if operation == run.operation), None)
    if kind is None:
        return None
    name = CHAT if kind == CHAT else f"{TEAM if kind == TEAM else ''}{run.input['id']}"
    with suppress(NotFound):
        name = (await answerer(name, ctx)).name
    return model_of(name)


async def kept(ctx: Context) -> list[Kept]:
    """The agents and teams that the caller keeps, without those that it may not know."""
    found: list[Kept] = []
    for kind, (lists, member) in LISTS.items():
        cursor: str | None = None
        while not ctx.caller.lacks(ctx.operations.entry(lists).scopes):
            page = await ctx.call_named(lists, {"limit": 100, "cursor": cursor})
            found += [_kept(kind, one) for one in getattr(page, member)]
            if (cursor := page.next_cursor) is None:
                break
    return found


async def kept_as(name: str, ctx: Context) -> Kept:
    """The one that is called this."""
    kind = kind_of(name)
    return _kept(kind, await ctx.call_named(GETS[kind], {"id": id_in(name)}))


def _kept(kind: str, one: Agent | Team) -> Kept:
    return Kept(model=f"{kind}{one.name}", created=one.created, description=one.description)
