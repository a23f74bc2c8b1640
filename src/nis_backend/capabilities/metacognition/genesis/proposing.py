"""A proposal as a run: failures are gathered and classed, an agent is searched for them, and registered or not."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from nis_backend.annotations import Knob, Plain
from nis_backend.capabilities.agents.operations import Name
from nis_backend.capabilities.metacognition.evolve.cases import enough, measured_by, part, trials_of
from nis_backend.capabilities.metacognition.evolve.contest import contested, defined, in_words, none_better
from nis_backend.capabilities.metacognition.evolve.evolution import look_at
from nis_backend.capabilities.metacognition.evolve.preparing import Searching, able, harmless
from nis_backend.capabilities.metacognition.genesis.failures import (
    MOST_CLASSES,
    Failure,
    classed,
    described,
    gather,
    vectors,
)
from nis_backend.capabilities.metacognition.genesis.proposal import find, proposal_of
from nis_backend.errors import Conflict, InvalidRequest, NisError
from nis_backend.found import named_in
from nis_backend.numerics.superiority import level_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.agents.operations import Agent
    from nis_backend.capabilities.metacognition.evolve.contest import Contest
    from nis_backend.capabilities.metacognition.genesis.proposal import Proposal
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Json

MOST_PROPOSALS, MOST_TESTS = 10_000, 100
"""Proposals of one owner; tests that a definition is given."""


class ProposeAgent(Searching):
    """Whose failures are looked at, and what a proposed agent has to pass."""

    agent: Annotated[str, Plain] = Field(
        min_length=1, max_length=64, description="The agent whose failures they are, by its id or its name."
    )
    name: Name | None = Field(default=None, description="Of the proposed agent; unset, its id.")
    runs: int = Field(default=500, ge=1, le=5000, description="Newest runs of agents that are looked at.")
    at_least: Annotated[float, Knob()] = Field(
        default=0.8, gt=0, le=1, description="The share of held-out tests that it has to pass."
    )


async def prepare(request: ProposeAgent, ctx: Context) -> ProposeAgent:
    """Refuse what cannot be done before it is a run, and write the proposal down beside it."""
    able(ctx)
    measured_by(request.metrics)
    trials_of([one.model_dump(mode="json") for one in request.cases])
    with named_in("agent"):
        agent = await ctx.call_named("agents.get_agent", {"id": request.agent})
    await harmless(agent, ctx)
    if request.reflection_model is not None:
        with named_in("reflection_model"):
            await ctx.models.choose(request.reflection_model)
    if await ctx.store.count("proposals") >= MOST_PROPOSALS:
        raise Conflict(f"There are {MOST_PROPOSALS} proposals.", remedy="Look at those there are.")
    if request.budget is not None:
        ctx.cap(str(ctx.run_id), request.budget)
    ctx.beside.append(("proposals", _row(str(ctx.run_id), request.name, agent.name, ctx.now())))
    return request.model_copy(update={"agent": agent.id})


def _row(run_id: str, name: str | None, agent: str, now: float) -> Row:
    id_ = f"proposal-{run_id.partition('-')[2]}"
    return {
        "id": id_,
        "name": name or id_,
        "state": "running",
        "run_id": run_id,
        "agent_id": None,
        "definition": "null",
        "report": json.dumps({"agent": agent}),
        "created": now,
        "updated": now,
    }


async def propose(request: ProposeAgent, ctx: Context) -> Proposal:
    """The proposal, done."""
    run_id, now = ctx.run.run_id, ctx.now()
    base = await _settled(request, ctx)
    row = _row(run_id, request.name, base.name, now)
    if await ctx.store.get("proposals", row["id"]) is None:
        with suppress(Conflict):
            await ctx.store.insert("proposals", row)
    told, changes = await _proposed(request, base, row, ctx)
    changes |= {"report": json.dumps(told), "updated": ctx.now()}
    await ctx.store.update("proposals", row["id"], changes)
    return await proposal_of(await find(row["id"], ctx), ctx)


async def _settled(request: ProposeAgent, ctx: Context) -> Agent:
    """The agent as it was when this began."""

    async def version() -> int:
        return int((await ctx.call_named("agents.get_agent", {"id": request.agent})).version)

    of = await ctx.note("version", version)
    return await ctx.call_named("agents.get_agent", {"id": request.agent, "version": of})


async def _proposed(request: ProposeAgent, base: Agent, row: Row, ctx: Context) -> tuple[Json, Row]:
    """What is told of it, and what its row becomes."""
    known = {one.message: one.case.get("expected") for one in trials_of(_given(request))}

    async def failed() -> list[Json]:
        return [one.model_dump(mode="json") for one in await gather(base, request.runs, known, ctx)]

    failures = [Failure.model_validate(one) for one in await ctx.note("failures", failed)]
    classes, said = await asyncio.to_thread(classes_of, failures)
    told: Json = {"agent": base.name, "classes": said}
    if not classes:
        return told | {"reason": f"Of the runs of {base.name} that were looked at none failed or was rated bad."}, {
            "state": "kept"
        }
    members = [one for one in classes[0] if one.expected is not None]
    tests: list[Json] = [{"input": one.message, "expected": one.expected} for one in members]
    told["tests"] = tests
    try:
        parts = part(trials_of(tests), request.held_out, request.seed, request.significance)
        held = [one.digest for one in parts.held_out]
        number: int = await ctx.note("next look", lambda: look_at("proposals", {}, row["id"], held, ctx))
        enough(parts, level_at(number, request.significance))
    except InvalidRequest as few:
        return told | {"reason": f"{few.message} Say what is right of more of its failures, in `cases`."}, {
            "state": "kept"
        }

    async def look(so_far: Json, held: list[str]) -> int:
        # Not within what is noted: its write is counted each time that this is executed.
        await ctx.store.update("proposals", row["id"], {"report": json.dumps(told | so_far), "updated": ctx.now()})
        return await ctx.note("look", lambda: look_at("proposals", {}, row["id"], held, ctx))

    async with contested(base, request, parts, look, ctx) as contest:
        if contest.verdict is None:
            return told | contest.told() | {"reason": none_better(contest.candidates)}, {"state": "kept"}
        return await _registered(request, base, told, contest)


def classes_of(failures: Sequence[Failure]) -> tuple[list[list[Failure]], list[Json]]:
    """The classes of failures, and the first of them in words."""
    classes, known = classed(failures), vectors(failures)
    return classes, [described(one, known).model_dump() for one in classes[:MOST_CLASSES]]


def _given(request: ProposeAgent) -> list[Json]:
    return [one.model_dump(mode="json", exclude_defaults=True) for one in request.cases]


async def _registered(request: ProposeAgent, base: Agent, told: Json, contest: Contest) -> tuple[Json, Row]:
    """Keep it as an agent where it passes its tests and beats the other; else as a proposal."""
    verdict = contest.verdict
    assert verdict is not None
    definition = {
        **defined(base),
        "description": f"For {', '.join(told['classes'][0]['words'])}: what {base.name} failed at.",
        "instructions": contest.candidates[contest.best].instructions,
        "tests": [
            {"message": one["input"], "expected": one["expected"]}
            for one in told["tests"]
            if isinstance(one["expected"], str | int | float)
        ][:MOST_TESTS],
    }
    share = verdict.after / verdict.cases
    told = told | contest.told() | {"passed": share}
    kept: Row = {"definition": json.dumps(definition), "state": "kept"}
    reason = in_words(verdict)
    if share < request.at_least:
        return told | {"reason": f"It passes {share:.0%} of its tests, not {request.at_least:.0%}. {reason}"}, kept
    if not verdict.passed:
        return told | {"reason": reason}, kept

    async def register() -> Json:
        asked: dict[str, Any] = (
            definition if request.name is None else {**definition, "name": request.name}
        )  # Any: JSON
        try:
            made = await contest.attempts.within("register").call_named("agents.create_agent", asked)
        except NisError as error:
            return {"problem": f"{error.message} {error.remedy}".strip()}
        return {"id": made.id, "name": made.name}

    made: Json = await contest.attempts.ctx.note("register", register)
    if "problem" in made:
        return told | {"reason": f"{reason} It could not be registered: {made['problem']}"}, kept
    return told | {"reason": reason}, kept | {"state": "registered", "agent_id": made["id"], "name": made["name"]}
