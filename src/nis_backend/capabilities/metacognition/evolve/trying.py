"""Candidates put to cases: the agent runs with the instructions of each, and each answer is noted once in the log."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from nis_backend.alongside import each
from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import (
    BudgetExceeded,
    Cancelled,
    InvalidRequest,
    NisError,
    NotFound,
    TooLarge,
    Unavailable,
    UpstreamFailed,
    Waiting,
)
from nis_backend.event import Noted, Progressed
from nis_backend.owned import Scope
from nis_backend.run import Wait

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.metacognition.evolve.cases import Trial
    from nis_backend.context import Context
    from nis_backend.operation import Json

LONGEST = 50_000
"""Characters of an answer that are kept and scored."""
CANDIDATE = "candidate "
"""How a note of an agent begins that is made for a candidate."""
WAITS = "It wanted to use {operation}, before which a person decides: in a trial nobody allows anything."


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of a candidate on a case."""

    answer: str
    score: float
    passed: bool
    why: str
    """What is wrong with it, as far as it is known."""


@dataclass(kw_only=True)
class Trials:
    """An agent's candidates on cases: each of both is tried once, and what it took is counted."""

    ctx: Context
    definition: Json
    """The agent's, whose instructions are exchanged."""
    metrics: list[Json]
    pass_at: float
    seconds: float
    at_once: int
    expected: int
    """Answers that the whole is likely to take, of which it tells how many there are."""
    agents: dict[str, Json] = field(default_factory=dict[str, "Json"])
    known: dict[tuple[str, str], Tried] = field(default_factory=dict[tuple[str, str], Tried])
    costs: list[float | None] = field(default_factory=list["float | None"])
    tokens: list[int | None] = field(default_factory=list["int | None"])
    demonstration: bool = False
    answers: int = 0

    async def put(self, instructions: str, trials: Sequence[Trial]) -> list[Tried]:
        """What comes of the instructions on each case, in their order.

        Raises:
            BudgetExceeded: no more may be spent.
            Unavailable: nobody can answer.
            UpstreamFailed: of the first cases not one was answered.
        """
        digest = hashlib.sha256(instructions.encode()).hexdigest()[:16]
        fresh = [one for one in trials if (digest, one.digest) not in self.known]
        if fresh:
            agent = await self._agent(digest, instructions)

            async def one(trial: Trial) -> Json:
                if "problem" in agent:
                    return {"answer": "", **agent}
                return await self._noted(digest, agent["id"], trial)

            told = await each(one, fresh, self.at_once)
            if not self.known and all(tried.get("lost") for tried in told):
                raise UpstreamFailed(
                    f"Not one of {len(told)} cases was answered: {told[0]['problem']}",
                    remedy="See that the agent answers, then start again.",
                )
            for trial, tried in zip(fresh, await self._scored(fresh, told), strict=True):
                self.known[digest, trial.digest] = tried
            await self.ctx.run.write(
                Progressed(
                    fraction=min(0.99, self.answers / self.expected), message=f"{self.answers} answers of candidates"
                )
            )
        return [self.known[digest, one.digest] for one in trials]

    async def close(self) -> None:
        """Remove the agents that candidates were."""
        for digest, agent in self.agents.items():
            if "id" in agent:
                with suppress(NisError):
                    await self.within(f"remove {digest}").call_named("agents.delete_agent", {"id": agent["id"]})

    def count(self, told: Json) -> None:
        """Count what an answer or a reflection took."""
        self.costs.append(told.get("cost"))
        self.tokens.append(told.get("tokens"))
        self.demonstration |= bool(told.get("demonstration"))

    def spent(self) -> Json:
        """What all of it took; unknown where one part is."""
        known = [one for one in self.costs if one is not None]
        counted = [one for one in self.tokens if one is not None]
        return {
            "answers": self.answers,
            "tokens": sum(counted) if len(counted) == len(self.tokens) else None,
            "cost": sum(known) if len(known) == len(self.costs) else None,
            "demonstration": self.demonstration,
        }

    def within(self, name: str) -> Context:
        """The context of one part, under whose name its writes and ids are counted."""
        return replace(self.ctx, scope=Scope(key=f"{self.ctx.run.run_id}:{name}", call=name), quiet=True)

    async def _agent(self, digest: str, instructions: str) -> Json:
        """The agent that the candidate is for now, or why it can be none."""
        if digest not in self.agents:
            name = f"{CANDIDATE}{digest}"

            async def made() -> Json:
                # Whatever the agent may do unasked, in a trial a person decides before what writes: nobody does.
                request = {**self.definition, "instructions": instructions, "asks": "writes"}
                try:
                    agent = await self.within(name).call_named("agents.create_agent", request)
                except (InvalidRequest, TooLarge) as error:
                    return {"problem": f"It can be no agent's: {error.message}"}
                return {"id": agent.id}

            self.agents[digest] = await self.ctx.note(name, made)
        return self.agents[digest]

    async def _noted(self, digest: str, agent: str, trial: Trial) -> Json:
        name = f"try {digest} {trial.digest}"
        told: Json = await self.ctx.note(name, lambda: self._asked(agent, trial, self.within(name)))
        self.answers += 1
        self.count(told)
        return told

    async def _asked(self, agent: str, trial: Trial, ctx: Context) -> Json:
        """A run of the agent, and what it cost; one that waits for a person, or for too long, is ended."""
        earlier = [{"role": role, "content": content} for role, content in trial.earlier]
        request = {"id": agent, "message": trial.message, "earlier": earlier}
        handle = await replace(ctx, waits=Wait()).call_named("agents.run_agent", request)
        told: Json = {"answer": ""}
        try:
            async with asyncio.timeout(self.seconds):
                reply: Json = await handle.result()
            told |= {"answer": reply["response"][:LONGEST], "demonstration": reply["demonstration"]}
        except (Unavailable, Cancelled):
            raise
        except BudgetExceeded as error:
            # Its own of each run is a bound like its steps; any other ends the whole.
            budget = await ctx.store.get("budgets", str(error.value))
            if budget is None or budget["subject"] != handle.id:
                raise
            told["problem"] = error.message
        except Waiting:
            waiting = (await ctx.runs.get(handle.id)).waiting or {}
            told["problem"] = WAITS.format(operation=waiting.get("operation") or "a tool")
        except TimeoutError:
            told["problem"] = f"It had not answered after {self.seconds:g} s."
        except NisError as error:
            told |= {"problem": f"{error.message} {error.remedy}".strip(), "lost": True}
        except asyncio.CancelledError as stopped:
            if stop_reason(stopped) == CANCELLED:
                await _end(handle.id, ctx)
            raise
        if "problem" in told:
            await _end(handle.id, ctx)
        await ctx.gateway.settled()
        rows = await ctx.store.select("ledger", where={"run_id": handle.id}, limit=1000)
        known = all(row["priced"] for row in rows)
        cost = sum(int(row["cost"]) for row in rows) / 1e9
        tokens = sum(int(row["input"]) + int(row["output"]) for row in rows)
        return told | {"cost": cost if known else None, "tokens": tokens}

    async def _scored(self, trials: Sequence[Trial], told: Sequence[Json]) -> list[Tried]:
        request = {
            "cases": [one.case for one in trials],
            "answers": [one["answer"] for one in told],
            "metrics": self.metrics,
        }
        scores = await self.ctx.call_named("evaluations.score_answers", request)
        return [self._judged(one, answer) for one, answer in zip(told, scores.answers, strict=True)]

    def _judged(self, told: Json, scored: Any) -> Tried:  # Any: evaluations' `Answer`
        """The mean of the metrics' scores; what has none, for want of an answer, has failed it."""
        scores = [0.0 if "problem" in told else (one or 0.0) for one in scored.scores.values()]
        passed = all(one >= self.pass_at for one in scores)
        said = "; ".join([told.get("problem", ""), *scored.why.values()]).strip("; ")
        wanted = "" if scored.expected is None else f"Expected: {scored.expected}"
        why = "Right." if passed else " ".join(filter(None, ["Wrong.", said, wanted]))
        return Tried(answer=told["answer"], score=sum(scores) / len(scores), passed=passed, why=why)


async def removed(ctx: Context) -> None:
    """Remove the agents that a run has made for candidates, by its log: of one that fails or is cancelled."""
    row = await ctx.store.get("runs", ctx.run.run_id)
    # Those of a run that this one was forked from are its own.
    shared: int = 0 if row is None else row["parent_seq"] or 0
    since = [event.body for event in ctx.run.history.events if event.seq > shared]
    noted: list[Any] = [one.value for one in since if isinstance(one, Noted) and one.name.startswith(CANDIDATE)]
    for value in noted:
        # What such a note's writing has noted itself, as its time, is none.
        made = cast("Json", value) if isinstance(value, dict) else {}
        if "id" in made:
            with suppress(NotFound):
                await ctx.call_named("agents.delete_agent", {"id": made["id"]})


async def _end(run_id: str, ctx: Context) -> None:
    with suppress(NisError):
        await ctx.runs.cancel(run_id)
