"""Agents as operations: kept, changed in versions, run, asked by each other, removed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from nis_backend import versioned
from nis_backend.annotations import Plain
from nis_backend.blob import Blob
from nis_backend.calling import told_under
from nis_backend.capabilities.agents import testing
from nis_backend.capabilities.agents.agent import (
    EVERYBODYS,
    MOST_VERSIONS,
    Agent,
    AgentVersion,
    Definition,
    Name,
    OneAgent,
    agent_of,
    check,
    find,
    model_of,
    warnings_of,
    written,
)
from nis_backend.capabilities.agents.testing import AgentTest, TestAgent
from nis_backend.changed import Changing, with_changes
from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import Conflict, NisError, shorten
from nis_backend.found import keep
from nis_backend.loop.accompanied import LONGEST, Accompanied, check_accompanied
from nis_backend.loop.attached import MOST as ATTACHED
from nis_backend.loop.attached import Attachment, check_attached
from nis_backend.operation import Before, Example, Json, Model, Recorded, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.run import LAST_SECONDS, Wait
from nis_backend.versioned import add_version, refuse_stale
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_KEPT = 1000
"""Agents of one owner."""
DEEPEST = 4
"""Agents that ask each other in a row."""
TITLE = 80
"""Characters of a message that name the conversation it begins."""
ASKED_TIME = 3600.0
"""Seconds that an agent which another one asked may take."""


class CreateAgent(Definition):
    """An agent to be kept."""

    name: Name | None = Field(
        default=None, description="What it is called; it takes the id's place. Unset, the id is the name."
    )
    dry_run: bool = Field(default=False, description="Whether to say only what would come of it, or be refused.")


class UpdateAgent(Changing, OneAgent):
    """Which agent, and its next version."""

    after: int | None = Field(
        default=None,
        ge=1,
        le=MOST_VERSIONS,
        description="The version that is changed: refused where it is not the latest.",
    )
    dry_run: bool = Field(default=False, description="Whether to say only what would come of it, or be refused.")


class CloneAgent(AgentVersion):
    """Which agent, and what its copy is called."""

    name: Name | None = Field(default=None, description="Of the copy; unset, its id.")


class ListAgents(Model):
    """Which agents, the newest first."""

    cursor: Cursor = None
    limit: Limit = 20


class ListAgentVersions(OneAgent):
    """Which agent's versions, the newest first."""

    cursor: Cursor = None
    limit: Limit = 20


class AgentList(Model):
    """One page of agents."""

    agents: list[Agent]
    next_cursor: Next


class AskAgent(OneAgent):
    """Which agent, and what it is to do."""

    message: Annotated[str, Plain] = Field(min_length=1, max_length=LONGEST, description="What it is to do.")
    version: int | None = Field(default=None, ge=1, le=MOST_VERSIONS, description="Unset, the latest.")
    until: float | None = Field(
        default=None,
        ge=0,
        description="When it ends at the latest, seconds since 1970, UTC; its own deadline holds as well.",
    )


class RunAgent(AskAgent, Accompanied):
    """Which agent, what it is to do, and for whom."""

    attachments: list[Attachment] = Field(
        default_factory=list[Attachment],
        max_length=ATTACHED,
        description="Pictures, sounds, documents and texts that the message is about: ids of blobs, data: addresses or "
        "base64, at most 32 MiB in all.",
    )


class Answer(Model):
    """What came of an agent's run."""

    agent_id: str
    agent: str = Field(description="Its name: of the one who had the conversation last.")
    version: int
    response: str = Field(description="The answer in words.")
    output: Any = Field(default=None, description="As its schema says; null where it has none.")
    provider: str
    model: str
    demonstration: bool = Field(description="Whether the model is too small to be relied on.")
    steps: int = Field(description="Times that the model was asked.")
    tokens: int | None = Field(description="Read and written; null where the provider does not tell.")
    input_tokens: int | None = Field(default=None, description="Read; null where an answer's are not told.")
    output_tokens: int | None = Field(default=None, description="Written; as above.")
    run_id: str
    conversation_id: str | None = Field(default=None, description="The conversation that it is a turn of.")
    handed_off: list[str] = Field(
        default_factory=list[str], description="The agents to which the conversation was handed, in their order."
    )
    files: list[Blob] = Field(default_factory=list[Blob], description="What its tools have made.")
    views: list[View] = Field(default_factory=list[View], description="What its tools have shown.")


CLERK: Json = {
    "description": "Answers in one sentence.",
    "instructions": "You are a clerk. Answer in one short sentence.",
    "operations": ["physics.*"],
    "max_tokens": 8,
    "tests": [{"message": "What is a lever?", "expected": ["lever", "bar"]}],
}
KEPT = Before(name="clerk", operation="agents.create_agent", request=CLERK)
CHANGE: Json = {"id": "{clerk.id}", "change": {"instructions": "You are a clerk. Answer in three words."}}
CHANGED = Before(name="changed", operation="agents.update_agent", request=CHANGE)


def _draw(_request: Model, result: AgentList) -> list[View]:
    rows: list[list[str | float]] = [
        [one.name, one.version, one.model or "default", ", ".join(one.operations) or "none", moment(one.updated)]
        for one in result.agents
    ]
    return [Table(title="Agents", columns=["name", "version", "model", "operations", "written (UTC)"], rows=rows)]


def _draw_answer(_request: Model, result: Answer) -> list[View]:
    return [Text(text=result.response), *result.views]


@operation(
    "agents.create_agent",
    effect="writes",
    repeatable=True,
    resource="agent",
    examples=(Example(title="A clerk who computes", request=CLERK),),
)
async def create_agent(request: CreateAgent, ctx: Context) -> Agent:
    """Keep an agent: what it is told, its model, the operations it may use, and its bounds; this is its version 1.

    Raises:
        InvalidRequest: it names operations, agents or a provider that there are not, or its schema is none.
        Conflict: there is one of this name, or there are 1,000.
    """
    await check(request, request.name, ctx)
    warnings = await warnings_of(request, ctx)
    made = await _insert(request.name, request, ctx, dry_run=request.dry_run)
    return made.model_copy(update={"warnings": warnings})


async def _insert(name: str | None, definition: Definition, ctx: Context, *, dry_run: bool = False) -> Agent:
    if name == EVERYBODYS:
        raise Conflict(f"{name!r} is the chat's name.", field="name", value=name, remedy="Give another name.")
    now, id_ = ctx.now(), ctx.new_id("agent")
    row: Row = {
        "id": id_,
        "agent_id": id_,
        "name": name or id_,
        "version": 1,
        "latest": 1,
        "definition": written(definition),
        "created": now,
        "updated": now,
    }
    await keep("agents", "agent", row, MOST_KEPT, ctx, dry_run=dry_run)
    return agent_of(row)


@operation(
    "agents.get_agent",
    effect="reads",
    resource="agent",
    examples=(
        Example(title="The latest version", request={"id": "{clerk.id}"}, before=(KEPT,)),
        Example(title="The first one", request={"id": "{clerk.id}", "version": 1}, before=(KEPT, CHANGED)),
    ),
)
async def get_agent(request: AgentVersion, ctx: Context) -> Agent:
    """Get an agent: its latest version, or another."""
    return agent_of(await find(request.id, ctx, request.version))


@operation(
    "agents.list_agents",
    effect="reads",
    resource="agent",
    view=_draw,
    examples=(Example(title="What there is", request={"limit": 1}, before=(KEPT,)),),
)
async def list_agents(request: ListAgents, ctx: Context) -> AgentList:
    """List the caller's agents, each by its latest version, the newest agent first."""
    rows, following = await ctx.store.page("agents", where={"latest": 1}, cursor=request.cursor, limit=request.limit)
    return AgentList(agents=[agent_of(row) for row in rows], next_cursor=following)


@operation(
    "agents.list_agent_versions",
    effect="reads",
    on="agent",
    view=_draw,
    examples=(Example(title="What has become of it", request={"id": "{clerk.id}"}, before=(KEPT, CHANGED)),),
)
async def list_agent_versions(request: ListAgentVersions, ctx: Context) -> AgentList:
    """List the versions of an agent, the newest first."""
    rows, following = await versioned.page("agents", "agent", request.id, request.cursor, request.limit, ctx)
    return AgentList(agents=[agent_of(row) for row in rows], next_cursor=following)


@operation(
    "agents.update_agent",
    effect="writes",
    repeatable=True,
    resource="agent",
    examples=(Example(title="In fewer words", request=CHANGE, before=(KEPT,)),),
)
async def update_agent(request: UpdateAgent, ctx: Context) -> Agent:
    """Write the next version of an agent; those before stay, and can be run by their number.

    Raises:
        NotFound: the caller has no such agent.
        InvalidRequest: the definition would be wrong.
        Conflict: it was changed meanwhile, or has 200 versions.
    """
    head = await find(request.id, ctx)
    definition = with_changes(Definition, agent_of(head), request.change, "An agent")
    if request.after == head["version"] - 1 and written(definition) == head["definition"]:
        # It was made before, and its answer was lost.
        return agent_of(head)
    refuse_stale("agent", request.id, head, request.after)
    if head["version"] >= MOST_VERSIONS:
        raise Conflict(
            f"The agent {request.id!r} has {MOST_VERSIONS} versions.",
            field="id",
            value=request.id,
            remedy="Clone it, and go on with the copy.",
        )
    with told_under("change"):
        await check(definition, head["name"], ctx)
        warned = {"warnings": await warnings_of(definition, ctx)}
    changes: Row = {"version": head["version"] + 1, "definition": written(definition), "updated": ctx.now()}
    if request.dry_run:
        return agent_of({**head, **changes}).model_copy(update=warned)
    return agent_of(await add_version("agents", "agent", request.id, head, changes, ctx)).model_copy(update=warned)


@operation(
    "agents.clone_agent",
    effect="writes",
    repeatable=True,
    on="agent",
    examples=(Example(title="One more", request={"id": "{clerk.id}"}, before=(KEPT,)),),
)
async def clone_agent(request: CloneAgent, ctx: Context) -> Agent:
    """Keep a copy of an agent under another name; its version 1 is the one that was copied."""
    return await _insert(request.name, agent_of(await find(request.id, ctx, request.version)), ctx)


@operation(
    "agents.delete_agent",
    effect="destroys",
    repeatable=True,
    resource="agent",
    examples=(Example(title="No more", request={"id": "{clerk.id}"}, before=(KEPT, CHANGED)),),
)
async def delete_agent(request: OneAgent, ctx: Context) -> OneAgent:
    """Delete an agent with all its versions; its runs stay, and those under way end as they would have.

    Those that wait for their beginning fail, and say so.
    """
    head = await find(request.id, ctx)
    await versioned.delete("agents", "agent", head, MOST_VERSIONS, ctx)
    return OneAgent(id=head["agent_id"])


async def _prepare(request: RunAgent, ctx: Context) -> RunAgent:
    """Refuse what cannot be run before anything is written down, and hold the run to its budget."""
    from nis_backend.capabilities.agents.running import bound  # noqa: PLC0415 - loads with the first run

    await bound(ctx, DEEPEST)
    check_attached(request.attachments)
    check_accompanied(request)
    agent = agent_of(await find(request.id, ctx, request.version))
    if request.version is None:
        from nis_backend.capabilities.agents.serving import served  # noqa: PLC0415 - as above

        agent = await served(agent, ctx)
    await model_of(agent, ctx)
    if agent.budget is not None:
        ctx.cap(str(ctx.run_id), agent.budget)
    ends = [request.until, None if agent.deadline is None else ctx.now() + agent.deadline]
    ctx.ends.extend(one for one in ends if one is not None)
    changes: Json = {"id": agent.id, "version": agent.version, "until": min(ctx.ends) if ctx.ends else None}
    if request.begins or request.conversation_id is not None:
        from nis_backend.capabilities.chat.operations import in_conversation  # noqa: PLC0415 - few runs are turns

        title = shorten(request.message, TITLE)
        turn = await in_conversation(request.conversation_id, title, ctx, begins=request.begins)
        changes |= {"conversation_id": turn}
    return request.model_copy(update=changes)


@operation(
    "agents.run_agent",
    effect="writes",
    on="agent",
    outward=True,
    view=_draw_answer,
    prepare=_prepare,
    examples=(
        Example(title="A question", request={"id": "{clerk.id}", "message": "What is a lever?"}, before=(KEPT,)),
    ),
)
async def run_agent(request: RunAgent, ctx: Context) -> Recorded[Answer]:
    """Have an agent do something: its model talks, chooses operations, they compute, until it answers.

    Each step is an event of the run, made once however often the run is cut. The agent uses what it names and no more
    than its caller may; before what writes or destroys a person decides, as it says. It may hand the conversation to
    another agent, which goes on in the same run.

    Raises:
        DeadlineExceeded: its time is over.
        Conflict: the agent was deleted before it began.
    """
    from nis_backend.capabilities.agents.running import follow  # noqa: PLC0415 - as above

    return await follow(request, ctx)


@operation(
    "agents.ask_agent",
    effect="writes",
    repeatable=True,
    on="agent",
    outward=True,
    view=_draw_answer,
    time_limit=ASKED_TIME,
    examples=(
        Example(title="A question", request={"id": "{clerk.id}", "message": "What is a lever?"}, before=(KEPT,)),
    ),
)
async def ask_agent(request: AskAgent, ctx: Context) -> Answer:
    """Ask an agent, and wait for its answer: its run goes on within the budget and time of whoever asks.

    Raises:
        Waiting: a person has to decide something first; the run goes on by itself then.
        InvalidRequest: agents asked each other more than 4 deep, or 240 are asked in the run already.
    """
    waits = replace(ctx, waits=Wait(seconds=ASKED_TIME - LAST_SECONDS))
    run = await waits.begin(run_agent, RunAgent(**request.model_dump()))
    try:
        return Answer.model_validate(await ctx.runs.result(run.id))
    except asyncio.CancelledError as stopped:
        if stop_reason(stopped) == CANCELLED:
            with suppress(NisError):
                await ctx.runs.cancel(run.id)
        raise


@operation(
    "agents.test_agent",
    effect="writes",
    on="agent",
    outward=True,
    view=testing.draw,
    prepare=testing.prepare,
    time_limit=86_400.0,
    examples=(
        Example(title="With the tests of its definition", request={"id": "{clerk.id}"}, before=(KEPT,)),
        Example(
            title="With a case of its own",
            request={"id": "{clerk.id}", "cases": [{"message": "What is 2 + 2?", "expected": 4}]},
            before=(KEPT,),
        ),
    ),
)
async def test_agent(request: TestAgent, ctx: Context) -> Recorded[AgentTest]:
    """Try an agent with cases, as a run: which pass, which fail and why, and the interval that so few cases allow.

    Each case is a run of the agent; after a crash none is tried twice. A case passes where all that it expects holds.
    An agent that waits for a person fails its case.

    Raises:
        NotFound: the caller has no such agent.
        InvalidRequest: there are no cases.
    """
    return await testing.try_out(request, ctx)


OPERATIONS = (
    *(create_agent, get_agent, list_agents, list_agent_versions, update_agent, clone_agent, delete_agent),
    *(run_agent, ask_agent, test_agent),
)
