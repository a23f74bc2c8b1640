"""Instructions against those that an agent has: candidates are searched, and the best is judged on held-out cases."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.capabilities.agents.operations import Definition
from nis_backend.capabilities.metacognition.evolve.cases import measured_by
from nis_backend.capabilities.metacognition.evolve.evolution import Split, Verdict
from nis_backend.capabilities.metacognition.evolve.searching import Bounds, search
from nis_backend.capabilities.metacognition.evolve.trying import Trials
from nis_backend.numerics.intervals import newcombe_paired
from nis_backend.numerics.superiority import fewest_wins, level_at, mcnemar_greater

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from nis_backend.capabilities.agents.operations import Agent
    from nis_backend.capabilities.metacognition.evolve.cases import Parts
    from nis_backend.capabilities.metacognition.evolve.evolution import Candidate
    from nis_backend.capabilities.metacognition.evolve.preparing import Searching
    from nis_backend.capabilities.metacognition.evolve.trying import Tried
    from nis_backend.context import Context
    from nis_backend.operation import Json


@dataclass(kw_only=True)
class Contest:
    """What was tried, what it was worth, and what it took."""

    agent: str
    split: Split
    candidates: list[Candidate]
    best: int
    held: list[str]
    """The held-out cases that were looked at."""
    verdict: Verdict | None
    attempts: Trials
    writing: Writing

    def told(self) -> Json:
        """As a row keeps it."""
        return {
            "agent": self.agent,
            "split": self.split.model_dump(),
            "candidates": [one.model_dump() for one in self.candidates],
            "best": self.best,
            "held": self.held,
            "verdict": self.verdict and self.verdict.model_dump(),
            "reflections": self.writing.count,
            **self.attempts.spent(),
        }


@asynccontextmanager
async def contested(
    agent: Agent,
    request: Searching,
    parts: Parts,
    look: Callable[[Json, list[str]], Awaitable[int]],
    ctx: Context,
) -> AsyncGenerator[Contest]:
    """The contest, while the agents that candidates were are still there; where it fails, `removed` takes them away.

    `look` writes down that held-out cases are looked at, before anything is seen of them, so that two who look at once
    are told of each other; it answers which look it is.
    """
    attempts = _trials(agent, request, ctx, request.answers + 2 * len(parts.held_out))
    writing = Writing(agent, request, attempts, ctx)
    bounds = Bounds(answers=request.answers, rounds=request.rounds, minibatch=request.minibatch, seed=request.seed)
    candidates, best = await search(agent.instructions, parts, bounds, attempts.put, writing.reflect)
    contest = Contest(
        agent=agent.name,
        split=Split(
            train=len(parts.train),
            validation=len(parts.validation),
            held_out=len(parts.held_out),
            seed=request.seed,
        ),
        candidates=candidates,
        best=best,
        held=[],
        verdict=None,
        attempts=attempts,
        writing=writing,
    )
    if best:
        contest.held = [one.digest for one in parts.held_out]
        number = await look(contest.told(), contest.held)
        before = await attempts.put(agent.instructions, parts.held_out)
        after = await attempts.put(candidates[best].instructions, parts.held_out)
        contest.verdict = judged(before, after, number, request.significance)
    yield contest
    await attempts.close()


def defined(agent: Agent, without: Sequence[str] = ()) -> Json:
    """An agent's definition, as another one with it is asked for."""
    fields = set(Definition.model_fields) - {*without}
    return agent.model_dump(mode="json", include=fields, exclude_defaults=True)


def _trials(agent: Agent, request: Searching, ctx: Context, expected: int) -> Trials:
    return Trials(
        ctx=ctx,
        definition=defined(agent, without=("tests",)),
        metrics=measured_by(request.metrics),
        pass_at=request.pass_at,
        seconds=request.seconds,
        at_once=request.at_once,
        expected=expected,
    )


class Writing:
    """The model that reads what came of instructions, and writes others."""

    def __init__(self, agent: Agent, request: Searching, attempts: Trials, ctx: Context) -> None:
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


def none_better(candidates: Sequence[Candidate]) -> str:
    """Why there was nothing to hold out against."""
    if candidates[0].validation >= 1:
        return "The agent passes every validation case as it is: there is nothing to better."
    if len(candidates) == 1:
        return "No candidate did better on the cases that it was written from: there was nothing to hold out against."
    return "No candidate did better on the validation cases than what the agent has."
