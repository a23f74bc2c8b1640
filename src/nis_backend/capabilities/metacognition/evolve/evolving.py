"""An evolution as a run: candidates are made and tried, the best is held against what the agent had, and taken over."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.metacognition.evolve.contest import contested, in_words, none_better
from nis_backend.capabilities.metacognition.evolve.evolution import Canary, evolution_of, find, look_at
from nis_backend.capabilities.metacognition.evolve.preparing import id_of, parted, row_of
from nis_backend.errors import Conflict

if TYPE_CHECKING:
    from nis_backend.capabilities.agents.operations import Agent
    from nis_backend.capabilities.metacognition.evolve.contest import Contest
    from nis_backend.capabilities.metacognition.evolve.evolution import Evolution, State
    from nis_backend.capabilities.metacognition.evolve.preparing import StartEvolution
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Json


async def evolve(request: StartEvolution, ctx: Context) -> Evolution:
    """The evolution, done: each answer and each reflection is noted in the run's log, and made once."""
    row, agent = await _begun(request, ctx)
    parts = await parted(request, ctx)

    async def look(told: Json, held: list[str]) -> int:
        # Not within what is noted: its write is counted each time that this is executed.
        await _keep(row, {"report": json.dumps(told)}, ctx)
        where = {"agent_id": agent.id}
        return await ctx.note("look", lambda: look_at("evolutions", where, row["id"], held, ctx))

    async with contested(agent, request, parts, look, ctx) as contest:
        made: Made = ("kept", None, none_better(contest.candidates))
        if contest.verdict is not None:
            made = await _taken(request, agent, contest)
    told = contest.told() | {"reason": made[2]}
    if made[0] == "canary":
        told["canary"] = Canary(share=request.canary_share, runs=request.canary_runs).model_dump()
    await _keep(row, {"state": made[0], "to_version": made[1], "report": json.dumps(told)}, ctx)
    return await evolution_of(await find(row["id"], ctx), ctx)


async def _keep(row: Row, changes: Row, ctx: Context) -> None:
    await ctx.store.update("evolutions", row["id"], {**changes, "updated": ctx.now()})


Made = tuple["State", int | None, str]
"""What became of it, the version that it made, and why."""


async def _begun(request: StartEvolution, ctx: Context) -> tuple[Row, Agent]:
    """Its row, and the agent as it was when it began; one that goes on from another's log has no row yet."""
    run_id, now = ctx.run.run_id, ctx.now()

    async def version() -> int:
        return int((await ctx.call_named("agents.get_agent", {"id": request.agent})).version)

    begun = await ctx.store.get("evolutions", id_of(run_id))
    of = await ctx.note("version", version) if begun is None else begun["from_version"]
    agent = await ctx.call_named("agents.get_agent", {"id": request.agent, "version": of})
    if begun is None:
        begun = row_of(run_id, agent.id, agent.name, of, now)
        with suppress(Conflict):
            await ctx.store.insert("evolutions", begun)
    return begun, agent


async def _taken(request: StartEvolution, agent: Agent, contest: Contest) -> Made:
    """Make it the agent's next version, where it has passed and the agent is still what it was."""
    verdict, best = contest.verdict, contest.candidates[contest.best]
    assert verdict is not None
    reason = in_words(verdict)
    if not verdict.passed:
        return "kept", None, reason
    if request.promotes == "never":
        return "proposed", None, f"{reason} It was asked for as a proposal."

    async def write() -> Json:
        change = {"id": agent.id, "change": {"instructions": best.instructions}, "after": agent.version}
        try:
            made = await contest.attempts.within("promote").call_named("agents.update_agent", change)
        except Conflict as error:
            # Written by this very call before a crash, or by somebody else meanwhile.
            made = await contest.attempts.ctx.call_named("agents.get_agent", {"id": agent.id})
            if (made.version, made.instructions) != (agent.version + 1, best.instructions):
                return {"problem": error.message}
        return {"version": made.version}

    told: dict[str, Any] = await contest.attempts.ctx.note("promote", write)  # Any: JSON
    if "problem" in told:
        return "proposed", None, f"{reason} It is a proposal: {told['problem']}"
    state: State = "canary" if request.promotes == "canary" else "promoted"
    return state, int(told["version"]), reason
