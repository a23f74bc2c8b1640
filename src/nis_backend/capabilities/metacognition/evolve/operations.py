"""Evolution as operations: an agent's instructions bettered against cases, what came of it, and the way back."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend import versioned
from nis_backend.capabilities.metacognition.evolve import preparing, returning, views
from nis_backend.capabilities.metacognition.evolve.evolution import (
    Evolution,
    OneEvolution,
    State,
    evolution_of,
    find,
)
from nis_backend.capabilities.metacognition.evolve.preparing import StartEvolution
from nis_backend.errors import NotFound
from nis_backend.operation import Before, Example, Model, Recorded, operation
from nis_backend.paged import Cursor, Limit, Next

if TYPE_CHECKING:
    from nis_backend.context import Context


class ListEvolutions(Model):
    """Which evolutions, the newest first."""

    agent: str | None = Field(default=None, max_length=64, description="Only of this agent, by its id or its name.")
    state: State | None = Field(default=None, description="Only those that have come to this.")
    cursor: Cursor = None
    limit: Limit = 20


class EvolutionList(Model):
    """One page of evolutions."""

    evolutions: list[Evolution]
    next_cursor: Next


CLERK = Before(
    name="clerk",
    operation="agents.create_agent",
    request={"instructions": "You are a clerk. Answer in one word.", "max_tokens": 2},
)
SUMS: list[dict[str, Any]] = [{"input": f"What is {one} and one?", "expected": one + 1} for one in range(1, 8)]
START: dict[str, Any] = {
    "agent": "{clerk.id}",
    "cases": SUMS,
    "metrics": ["numeric"],
    "held_out": 0.7,
    "answers": 2,
    "rounds": 1,
    "minibatch": 1,
    "max_tokens": 4,
    "promotes": "never",
}
EVOLVED = Before(name="evolved", operation="metacognition.start_evolution", request=START)


@operation(
    "metacognition.start_evolution",
    effect="writes",
    outward=True,
    prepare=preparing.prepare,
    undo=preparing.undo,
    view=views.draw,
    time_limit=86_400.0,
    queue="evaluations",
    examples=(Example(title="Sums, with hardly any tries", request=START, before=(CLERK,)),),
)
async def start_evolution(request: StartEvolution, ctx: Context) -> Recorded[Evolution]:
    """Better an agent's instructions against cases, as a run; they are taken over only where they prove better.

    Candidates are written from training cases by reflection and chosen by validation cases (GEPA, Agrawal et al. 2025).
    The best is held against what the agent had on held-out cases: McNemar's exact test, one-sided, below the
    significance over the square of how often cases of these were looked at. A new version serves a share of the runs
    first, and goes back by itself where it does worse. In trials nothing that writes is done.

    Raises:
        InvalidRequest: there are too few cases to prove anything.
        NotFound: there is no such agent or dataset.
        Unavailable: the package gepa is not installed, or a model cannot answer.
    """
    from nis_backend.capabilities.metacognition.evolve.evolving import evolve  # noqa: PLC0415 - loads with the first

    return await evolve(request, ctx)


@operation(
    "metacognition.get_evolution",
    effect="reads",
    resource="evolution",
    view=views.draw,
    examples=(Example(title="What came of it", request={"id": "{evolved.id}"}, before=(CLERK, EVOLVED)),),
)
async def get_evolution(request: OneEvolution, ctx: Context) -> Evolution:
    """Get an evolution: which instructions were tried, what each was worth, the verdict, and what it cost.

    Raises:
        NotFound: the caller has no such evolution.
    """
    return await evolution_of(await find(request.id, ctx), ctx)


@operation(
    "metacognition.list_evolutions",
    effect="reads",
    resource="evolution",
    view=views.draw_list,
    examples=(Example(title="The newest", request={"limit": 1}, before=(CLERK, EVOLVED)),),
)
async def list_evolutions(request: ListEvolutions, ctx: Context) -> EvolutionList:
    """List the caller's evolutions, the newest first: whose they were, what became of them, and why."""
    agent = request.agent
    if agent is not None:
        # An agent that is gone has no name, and its evolutions are there for a while.
        with suppress(NotFound):
            agent = (await versioned.find("agents", "agent", agent, ctx))["id"]
    where = {"agent_id": agent, "state": request.state}
    wanted = {name: value for name, value in where.items() if value is not None}
    rows, following = await ctx.store.page(
        "evolutions", where=wanted or None, cursor=request.cursor, limit=request.limit
    )
    return EvolutionList(evolutions=[await evolution_of(row, ctx) for row in rows], next_cursor=following)


@operation(
    "metacognition.roll_back_evolution",
    effect="writes",
    repeatable=True,
    on="evolution",
    view=views.draw,
    examples=(
        Example(
            title="As it was",
            request={"id": "{evolved.id}"},
            before=(CLERK, EVOLVED),
        ),
    ),
)
async def roll_back_evolution(request: OneEvolution, ctx: Context) -> Evolution:
    """Take an evolution's new version back: the instructions before it are the agent's next version.

    One that made no version, or is taken back already, is answered as it is.

    Raises:
        NotFound: the caller has no such evolution, or the agent is gone.
        Conflict: the agent was changed since: which of it is to stay is for a person to say.
    """
    return await returning.take_back(await find(request.id, ctx), ctx)


OPERATIONS = (start_evolution, get_evolution, list_evolutions, roll_back_evolution)
