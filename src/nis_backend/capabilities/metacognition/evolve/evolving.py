"""An evolution as a run: candidates are made and tried, the best is held against what the agent had, and taken over."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.agents.operations import Definition
from nis_backend.capabilities.metacognition.evolve.cases import measured_by, part
from nis_backend.capabilities.metacognition.evolve.evolution import Canary, Split, Verdict, evolution_of, find, look_at
from nis_backend.capabilities.metacognition.evolve.preparing import id_of, row_of, trials
from nis_backend.capabilities.metacognition.evolve.searching import Bounds, search
from nis_backend.capabilities.metacognition.evolve.trying import Trials
from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import Conflict, NisError
from nis_backend.numerics.intervals import newcombe_paired
from nis_backend.numerics.superiority import fewest_wins, level_at, mcnemar_greater

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.agents.operations import Agent
    from nis_backend.capabilities.metacognition.evolve.evolution import Candidate, Evolution, State
    from nis_backend.capabilities.metacognition.evolve.preparing import Bounded, StartEvolution
    from nis_backend.capabilities.metacognition.evolve.trying import Tried
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Json


async def evolve(request: StartEvolution, ctx: Context) -> Evolution:
    """The evolution, done: each answer and each reflection is noted in the run's log, and made once."""
    row, agent = await _begun(request, ctx)
    parts = part(await trials(request, ctx), request.held_out, request.seed, request.significance)
    attempts = trials_with(agent, request, ctx, request.answers + 2 * len(parts.held_out))
    writing = Writing(agent, request, attempts, ctx)
    try:
        bounds = Bounds(answers=request.answers, rounds=request.rounds, minibatch=request.minibatch, seed=request.seed)
        candidates, best = await search(agent.instructions, parts, bounds, attempts.put, writing.reflect)
        told: Json = {
            "agent": agent.name,
            "split": Split(
                train=len(parts.train),
                validation=len(parts.validation),
                held_out=len(parts.held_out),
                seed=request.seed,
            ).model_dump(),
            "candidates": [one.model_dump() for one in candidates],
            "best": best,
        }
        made: Made = ("kept", None, "")
        if best == 0:
            made = ("kept", None, _none_better(candidates))
        else:
            # Written down before anything is seen of them: two that look at once are told of each other.
            told["held"] = [one.digest for one in parts.held_out]
            await ctx.store.update("evolutions", row["id"], {"report": json.dumps(told), "updated": ctx.now()})
            look = await ctx.note("look", lambda: look_at(row, told["held"], ctx))
            before = await attempts.put(agent.instructions, parts.held_out)
            after = await attempts.put(candidates[best].instructions, parts.held_out)
            verdict = judged(before, after, look, request.significance)
            told["verdict"] = verdict.model_dump()
            made = await _taken(request, agent, candidates[best], verdict, attempts)
            if made[0] == "canary":
                told["canary"] = Canary(share=request.canary_share, runs=request.canary_runs).model_dump()
    except (NisError, asyncio.CancelledError) as stopped:
        if not isinstance(stopped, asyncio.CancelledError) or stop_reason(stopped) == CANCELLED:
            await attempts.close()
        raise
    await attempts.close()
    told |= attempts.spent() | {"reflections": writing.count, "reason": made[2]}
    changes: Row = {"state": made[0], "to_version": made[1], "report": json.dumps(told), "updated": ctx.now()}
    await ctx.store.update("evolutions", row["id"], changes)
    return await evolution_of(await find(row["id"], ctx), ctx)


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


def trials_with(agent: Agent, request: Bounded, ctx: Context, expected: int) -> Trials:
    """The agent, with whose instructions candidates are tried."""
    return Trials(
        ctx=ctx,
        definition=agent.model_dump(mode="json", include=set(Definition.model_fields), exclude_defaults=True),
        metrics=measured_by(request.metrics),
        pass_at=request.pass_at,
        seconds=request.seconds,
        at_once=request.at_once,
        expected=expected,
    )


class Writing:
    """The model that reads what came of instructions, and writes others."""

    def __init__(self, agent: Agent, request: Bounded, attempts: Trials, ctx: Context) -> None:
        self._model = request.reflection_model or agent.model
        self._max_tokens = request.max_tokens
        self._attempts = attempts
        self._ctx = ctx
        self.count = 0

    async def reflect(self, prompt: str) -> str:
        """What it writes, noted once."""
        self.count += 1
        name = f"reflect {self.count} {hashlib.sha256(prompt.encode()).hexdigest()[:16]}"

        async def asked() -> Json:
            request: Json = {"messages": [{"role": "user", "content": prompt}], "max_tokens": self._max_tokens}
            request |= {} if self._model is None else {"model": self._model}
            done = await self._attempts.within(name).call_named("models.complete_chat", request)
            tokens = (done.input_tokens, done.output_tokens)
            return {
                "text": done.answers[0].text,
                "tokens": None if None in tokens else sum(tokens),
                "cost": done.cost,
                "demonstration": done.demonstration,
            }

        told = await self._ctx.note(name, asked)
        self._attempts.count(told)
        return str(told["text"])


def judged(before: Sequence[Tried], after: Sequence[Tried], look: int, significance: float) -> Verdict:
    """What the pairs say: McNemar's exact test, one-sided, at the level that this look has."""
    pairs = [(old.passed, new.passed) for old, new in zip(before, after, strict=True)]
    both, neither = pairs.count((True, True)), pairs.count((False, False))
    wins, losses = pairs.count((False, True)), pairs.count((True, False))
    interval = newcombe_paired(both, wins, losses, neither)
    p_value, level = mcnemar_greater(wins, losses), level_at(look, significance)
    return Verdict(
        cases=len(pairs),
        before=both + losses,
        after=both + wins,
        wins=wins,
        losses=losses,
        gain=(wins - losses) / len(pairs),
        low=interval.low,
        high=interval.high,
        p_value=p_value,
        look=look,
        level=level,
        passed=wins > losses and p_value < level,
    )


def in_words(verdict: Verdict) -> str:
    """Why it passed, or did not."""
    counted = (
        f"of {verdict.cases} held-out cases {verdict.after} are passed and were {verdict.before}: {verdict.wins} won, "
        f"{verdict.losses} lost; p = {verdict.p_value:.3g} by McNemar's exact one-sided test"
    )
    looked = "" if verdict.look == 1 else f" at look {verdict.look} at such cases"
    if verdict.passed:
        return f"Proved better: {counted}, below {verdict.level:.3g}{looked}."
    fewest = fewest_wins(verdict.level)
    few = (
        f" A p-value below it takes {fewest} cases at least that differ: take more, and others."
        if verdict.wins + verdict.losses < fewest
        else ""
    )
    return f"Not proved better: {counted}, not below {verdict.level:.3g}{looked}.{few}"


def _none_better(candidates: Sequence[Candidate]) -> str:
    if candidates[0].validation >= 1:
        return "The agent passes every validation case as it is: there is nothing to better."
    if len(candidates) == 1:
        return "No candidate did better on the cases that it was written from: there was nothing to hold out against."
    return "No candidate did better on the validation cases than what the agent has."


async def _taken(request: StartEvolution, agent: Agent, best: Candidate, verdict: Verdict, attempts: Trials) -> Made:
    """Make it the agent's next version, where it has passed and the agent is still what it was."""
    reason = in_words(verdict)
    if not verdict.passed:
        return "kept", None, reason
    if request.promotes == "never":
        return "proposed", None, f"{reason} It was asked for as a proposal."

    async def write() -> Json:
        change = {"id": agent.id, "change": {"instructions": best.instructions}, "after": agent.version}
        try:
            made = await attempts.within("promote").call_named("agents.update_agent", change)
        except Conflict as error:
            # Written by this very call before a crash, or by somebody else meanwhile.
            made = await attempts.ctx.call_named("agents.get_agent", {"id": agent.id})
            if (made.version, made.instructions) != (agent.version + 1, best.instructions):
                return {"problem": error.message}
        return {"version": made.version}

    told: dict[str, Any] = await attempts.ctx.note("promote", write)  # Any: JSON
    if "problem" in told:
        return "proposed", None, f"{reason} It is a proposal: {told['problem']}"
    state: State = "canary" if request.promotes == "canary" else "promoted"
    return state, int(told["version"]), reason
