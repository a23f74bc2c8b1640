"""What an agent is, and how a row holds it."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints

from nis_backend import versioned
from nis_backend.capabilities.agents.cases import MOST_CASES, AgentCase
from nis_backend.conforming import hold
from nis_backend.drivers.gateway.base import SETTABLE
from nis_backend.errors import InvalidRequest, NotFound, Unavailable, UpstreamFailed
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nis_backend.context import Context
    from nis_backend.drivers.llm.base import ModelInfo
    from nis_backend.drivers.store.base import Row

A_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
LONGEST_INSTRUCTIONS = 50_000
EVERYBODYS = "chat"
"""The name by which the chat is asked wherever an agent is named: no other is reached by it."""
MOST_PATTERNS, MOST_AGENTS = 64, 16
MOST_VERSIONS = 200
"""Versions of one agent."""
LONGEST_SCHEMA = 20_000
LONGEST_DEADLINE = 604_800.0
"""Seconds: a week."""

LOOK_SECONDS = 5.0
"""How long it is waited, when an agent is written, to hear whether its model is there."""
MARKED = frozenset({"route", "own"})
"""What stands before the name of a route, and of a model that was trained here."""

GET_SERVER, GET_AGENT = "mcp_servers.get_mcp_server", "remote_agents.get_remote_agent"

Name = Annotated[str, StringConstraints(min_length=1, max_length=48, pattern=A_NAME)]
Pattern = Annotated[str, StringConstraints(max_length=80, pattern=r"^(\*|[a-z0-9_]+(\.(\*|[a-z0-9_]+))?)$")]
Far = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^(\*|[A-Za-z0-9][A-Za-z0-9_-]*)$")]
Memory = Literal["none", "recall", "remember"]
Asks = Literal["writes", "destroys", "tainted", "nothing"]


class Definition(Model):
    """What an agent is told, may use, and is bound by."""

    description: str = Field(default="", max_length=1000, description="What it is for, as other agents are told it.")
    instructions: str = Field(
        min_length=1, max_length=LONGEST_INSTRUCTIONS, description="What its model is told before every message."
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="As provider:name, or a route; unset, the default."
    )
    operations: list[Pattern] = Field(
        default_factory=list[str],
        max_length=MOST_PATTERNS,
        description="Operations that it may use, by name or family: physics.*, memory.recall; * is all. Never more "
        "than whoever runs it may.",
        examples=[["physics.*"]],
    )
    servers: list[Far] = Field(
        default_factory=list[str],
        max_length=MOST_AGENTS,
        description="Registered MCP servers whose tools it may use, by name; * is all.",
    )
    remote_agents: list[Far] = Field(
        default_factory=list[str],
        max_length=MOST_AGENTS,
        description="Registered agents of other servers that it may ask, by name; * is all.",
    )
    agents: list[Name] = Field(
        default_factory=list[str], max_length=MOST_AGENTS, description="Agents of the same owner that it may ask."
    )
    hands_off_to: list[Name] = Field(
        default_factory=list[str],
        max_length=MOST_AGENTS,
        description="Agents of the same owner to which it may hand the conversation: they go on in the same run.",
    )
    asks: Asks = Field(
        default="writes",
        description="When a person decides first: before what writes or destroys; before what destroys; tainted: the "
        "same, and once something was read that somebody else may have written, before what writes or reaches out; or "
        "never, and then it is not offered what destroys.",
    )
    memory: Memory = Field(
        default="none",
        description="Of whom it serves, by user_id: recall, it is told what is remembered; remember, it may add to "
        "that as well, and nobody is asked.",
    )
    budget: float | None = Field(default=None, ge=0, le=1e9, description="Dollars that one run may cost at most.")
    deadline: float | None = Field(
        default=None,
        gt=0,
        le=LONGEST_DEADLINE,
        description="Seconds that one run may take, in which it waits for a person included; then it ends.",
    )
    steps: int = Field(default=8, ge=1, le=50, description="Times that its model is asked with tools, at most.")
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000, description="Of each of the model's answers.")
    context_tokens: int | None = Field(
        default=None,
        ge=256,
        le=10_000_000,
        description="Tokens of the conversation and an answer, at most: what nears it is made shorter. Unset, "
        "what the model takes.",
    )
    output_schema: dict[str, Any] | None = Field(  # Any: a JSON schema
        default=None, description="JSON schema that the answer is to follow; unset, it is words."
    )

    tests: list[AgentCase] = Field(
        default_factory=list[AgentCase], max_length=MOST_CASES, description="Cases that agents.test_agent puts to it."
    )


class Agent(Definition):
    """An agent, in one of its versions."""

    id: str
    name: str
    version: int = Field(description="Counted from 1; each change is the next.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="As above.")
    warnings: list[str] = Field(
        default_factory=list[str],
        description="Told where it is written: why its model cannot be asked now. Its runs are refused until it can.",
    )


class OneAgent(Model):
    """Which agent."""

    id: str = Field(min_length=1, max_length=64, description="The agent's id, or its name.")


class AgentVersion(OneAgent):
    """Which agent, and which of its versions."""

    version: int | None = Field(default=None, ge=1, le=MOST_VERSIONS, description="Unset, the latest.")


def agent_of(row: Row) -> Agent:
    """The agent that a row holds."""
    return Agent(
        id=row["agent_id"],
        name=row["name"],
        version=row["version"],
        created=row["created"],
        updated=row["updated"],
        **json.loads(row["definition"]),
    )


def written(definition: Definition) -> str:
    """A definition as a row holds it."""
    return json.dumps(definition.model_dump(mode="json", include=set(Definition.model_fields), exclude_defaults=True))


find = partial(versioned.find, "agents", "agent")
"""The row of a version, the latest when None, of the agent of this id or name."""


async def check(definition: Definition, name: str | None, ctx: Context) -> None:
    """Refuse what could not work: operations and agents that there are not, a schema that is none.

    Raises:
        InvalidRequest: with the field.
    """
    entries = ctx.operations.entries()
    for pattern in definition.operations:
        if not any(entry.fits([pattern]) for entry in entries):
            raise InvalidRequest(
                f"No operation is called {pattern!r}.",
                field="operations",
                value=pattern,
                remedy="operations.list_operations has their names.",
            )
    for field in ("agents", "hands_off_to"):
        await _check_agents(field, getattr(definition, field), name, ctx)
    for field, operation in (("servers", GET_SERVER), ("remote_agents", GET_AGENT)):
        for other in getattr(definition, field):
            await _check_far(field, operation, other, ctx)
    for number, one in enumerate(definition.tests):
        if one.answer_schema is not None:
            await hold(one.answer_schema, f"tests.{number}.answer_schema")
    if definition.output_schema is not None:
        size = len(json.dumps(definition.output_schema))
        if size > LONGEST_SCHEMA:
            raise InvalidRequest(
                f"The answer's schema has {size} characters; {LONGEST_SCHEMA} are allowed.",
                field="output_schema",
                value=size,
                remedy="Give a plainer JSON schema.",
            )
        await hold(definition.output_schema, "output_schema")


async def model_of(agent: Agent, ctx: Context) -> ModelInfo:
    """The model that an agent is run with.

    Raises:
        NotFound: it is not there.
        Unavailable: its provider cannot answer now.
    """
    try:
        return (await ctx.models.choose(agent.model))[1]
    except NotFound as gone:
        if agent.model is None:
            raise
        raise NotFound(
            f"The model {agent.model!r} of the agent {agent.name} is not there.",
            field="model",
            value=agent.model,
            remedy=f"{gone.remedy} Or give the agent another `model`.",
        ) from None


async def warnings_of(definition: Definition, ctx: Context) -> list[str]:
    """Why an agent could not be run now: it may be written before its model is there.

    Raises:
        InvalidRequest: its model is of a provider that there is not, and that no setting would set up.
    """
    if definition.model is None:
        return []
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await ctx.models.choose(definition.model)
    except TimeoutError:
        return [f"Nobody has said within {LOOK_SECONDS:g} s whether there is a model {definition.model!r}."]
    except NotFound as gone:
        provider, colon, _ = definition.model.partition(":")
        there = [one.id for one in await ctx.gateway.providers()]
        if colon and provider not in {*there, *SETTABLE, *MARKED}:
            raise InvalidRequest(
                f"There is no provider {provider!r}.",
                field="model",
                value=definition.model,
                remedy=f"Set it up by providers.create_provider, or take one of: {', '.join(there)}.",
            ) from None
        return [f"{gone.message} {gone.remedy}"]
    except (Unavailable, UpstreamFailed) as error:
        return [f"{error.message} {error.remedy}"]
    return []


async def _check_agents(field: str, others: Iterable[str], name: str | None, ctx: Context) -> None:
    for other in others:
        if other == name:
            raise InvalidRequest(
                f"An agent does not {'ask' if field == 'agents' else 'hand off to'} itself.",
                field=field,
                value=other,
                remedy="Name another agent.",
            )
        try:
            await find(other, ctx)
        except NotFound as error:
            raise InvalidRequest(error.message, field=field, value=other, remedy=error.remedy) from None


async def _check_far(field: str, operation: str, other: str, ctx: Context) -> None:
    if other == "*":
        return
    try:
        await ctx.call_named(operation, {"id": other})
    except NotFound as error:
        raise InvalidRequest(error.message, field=field, value=other, remedy=error.remedy) from None
