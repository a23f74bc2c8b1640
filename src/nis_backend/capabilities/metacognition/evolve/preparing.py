"""What an evolution is asked for, and whether it can be done."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Knob, Plain
from nis_backend.calling import authorise
from nis_backend.capabilities.evaluations.operations import Measures, Metric
from nis_backend.capabilities.metacognition.evolve.cases import enough, given, measured_by, of_dataset, part, trials_of
from nis_backend.capabilities.metacognition.evolve.evolution import look_at
from nis_backend.errors import Conflict, InvalidRequest, Unavailable
from nis_backend.found import named_in
from nis_backend.numerics.superiority import level_at

if TYPE_CHECKING:
    from nis_backend.capabilities.agents.operations import Agent
    from nis_backend.capabilities.metacognition.evolve.cases import Parts
    from nis_backend.context import Context
    from nis_backend.operation import Json

Simple = Literal["exact_match", "contains", "label", "token_f1", "numeric", "schema_valid"]
MOST_ANSWERS, MOST_EVOLUTIONS = 5000, 10_000
USED = (
    *("agents.create_agent", "agents.run_agent", "agents.update_agent", "agents.delete_agent"),
    *("evaluations.score_answers", "models.complete_chat"),
)
"""What an evolution calls, as its caller."""
MISSING = "The package gepa, by which instructions are evolved, is not installed."


class Searching(Measures):
    """Cases, how their answers are measured, and how far is searched among instructions."""

    metrics: list[Simple | Metric] = Field(  # pyright: ignore[reportIncompatibleVariableOverride] - fewer kinds
        default_factory=lambda: ["exact_match"],
        min_length=1,
        max_length=4,
        description="What tells a right answer: kinds, or kinds with their settings; a candidate's score is their "
        "mean, and a case is passed where each is at least `pass_at`.",
    )
    pass_at: Annotated[float, Knob()] = Field(default=1.0, gt=0, le=1, description="The score at which it is passed.")
    reflection_model: Annotated[str, Plain] | None = Field(
        default=None,
        min_length=1,
        max_length=512,
        description="The model that writes new instructions, as provider:name, or a route; unset, the agent's own.",
    )
    max_tokens: int = Field(default=2048, ge=1, le=32_768, description="Most tokens of what it writes.")
    held_out: Annotated[float, Knob()] = Field(
        default=0.5, ge=0.1, le=0.9, description="The share of cases that decide; of the rest half is learned from."
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="Of who is in which part, and of the search.")
    answers: int = Field(
        default=100, ge=2, le=MOST_ANSWERS, description="Answers after which no further candidate is begun."
    )
    rounds: int = Field(default=20, ge=1, le=200, description="Times that new instructions are written, at most.")
    minibatch: int = Field(default=3, ge=1, le=20, description="Cases that each of them is written from.")
    significance: Annotated[float, Knob()] = Field(
        default=0.05,
        ge=1e-6,
        lt=0.5,
        description="The chance of promoting what is no better; at the n-th look at the same cases it is over n².",
    )
    seconds: float = Field(default=300.0, gt=0, le=3600, description="Seconds that one answer may take.")
    at_once: int = Field(default=4, ge=1, le=16, description="Answers that are made side by side.")
    budget: float | None = Field(default=None, ge=0, le=1e9, description="Dollars that all of it may cost at most.")


class StartEvolution(Searching):
    """Whose instructions are bettered, against what, and when they are taken over."""

    agent: Annotated[str, Plain] = Field(min_length=1, max_length=64, description="The agent, by its id or its name.")
    dataset: str | None = Field(
        default=None, min_length=1, max_length=64, description="In place of `cases` a dataset of cases, by id or name."
    )
    version: str | None = Field(
        default=None, min_length=1, max_length=64, description="Which version of the dataset; unset, the newest."
    )
    promotes: Literal["canary", "at once", "never"] = Field(
        default="canary",
        description="What becomes of a candidate that has proved better: the agent's next version for a share of the "
        "runs first, for all of them at once, or a proposal.",
    )
    canary_share: Annotated[float, Knob()] = Field(
        default=0.25, ge=0.01, le=0.5, description="The share of runs that get the new version at first."
    )
    canary_runs: int = Field(
        default=20, ge=4, le=500, description="Ended runs of either version after which it gets all."
    )


async def undo(_request: Searching, ctx: Context) -> None:
    """Leave nothing of a run that fails or is cancelled: the agents that its candidates were."""
    from nis_backend.capabilities.metacognition.evolve.trying import removed  # noqa: PLC0415 - as with the run

    await removed(ctx)


def able(ctx: Context) -> None:
    """Refuse to evolve without the package, or for a caller who may not do what an evolution does.

    Raises:
        Unavailable: it is not here.
        Forbidden: the caller lacks a scope.
    """
    for name in USED:
        authorise(ctx.operations.entry(name), ctx)
    if importlib.util.find_spec("gepa") is None:
        raise Unavailable(MISSING, remedy="Run: pip install 'nis-backend[evolution]'.")


async def prepare(request: StartEvolution, ctx: Context) -> StartEvolution:
    """Refuse what cannot be proved before it is a run, and write the evolution down beside it."""
    able(ctx)
    measured_by(request.metrics)
    if (request.dataset is None) == (not request.cases):
        raise InvalidRequest(
            "Cases come from one place.", field="cases", value="[]", remedy="Give `cases` or name a `dataset`."
        )
    with named_in("agent"):
        agent: Agent = await ctx.call_named("agents.get_agent", {"id": request.agent})
    await harmless(agent, ctx)
    if request.reflection_model is not None:
        with named_in("reflection_model"):
            await ctx.models.choose(request.reflection_model)
    if request.dataset is not None:
        with named_in("dataset"):
            found = await ctx.call_named("datasets.get_dataset", {"id": request.dataset})
        request = request.model_copy(update={"dataset": found.id, "version": request.version or found.version})
    parts = await parted(request, ctx)
    # Cases that were looked at so often that the next look's level is below any p-value are not searched for nothing.
    look = await look_at("evolutions", {"agent_id": agent.id}, "", [one.digest for one in parts.held_out], ctx)
    enough(parts, level_at(look, request.significance), _cases_in(request))
    if await ctx.store.count("evolutions") >= MOST_EVOLUTIONS:
        raise Conflict(
            f"There are {MOST_EVOLUTIONS} evolutions.",
            remedy="Remove the agents that are not needed: their evolutions go 90 days later.",
        )
    if request.budget is not None:
        ctx.cap(str(ctx.run_id), request.budget)
    row = row_of(str(ctx.run_id), agent.id, agent.name, agent.version, ctx.now())
    ctx.beside.append(("evolutions", row))
    return request.model_copy(update={"agent": agent.id})


async def harmless(agent: Agent, ctx: Context) -> None:
    """Refuse an agent whose trials could write by others: those that it may ask or hand off to, and so on from them.

    Raises:
        Conflict: one of them writes before a person has decided.
    """
    seen, waiting = {agent.name}, [agent]
    while waiting:
        one = waiting.pop()
        for name in [*one.agents, *one.hands_off_to]:
            if name in seen:
                continue
            seen.add(name)
            other: Agent = await ctx.call_named("agents.get_agent", {"id": name})
            if other.asks != "writes":
                raise Conflict(
                    f"{agent.name} may come to {other.name}, which writes before a person decides: so would trials.",
                    field="agent",
                    value=agent.name,
                    remedy=f'Set `asks` of {other.name} to "writes", or evolve an agent that does not come to it.',
                )
            waiting.append(other)


async def parted(request: StartEvolution, ctx: Context) -> Parts:
    """The cases in their parts, which are enough to prove something at a first look.

    Raises:
        InvalidRequest: they are not.
    """
    field = _cases_in(request)
    cases = given(request) if request.dataset is None else await of_dataset(request.dataset, request.version, ctx)
    found = await asyncio.to_thread(trials_of, cases, field)
    return part(found, request.held_out, request.seed, request.significance, field)


def _cases_in(request: StartEvolution) -> str:
    return "cases" if request.dataset is None else "dataset"


def id_of(run_id: str) -> str:
    """What the evolution is called that a run makes."""
    return f"evolution-{run_id.partition('-')[2]}"


def row_of(run_id: str, agent_id: str, agent: str, version: int, now: float) -> Json:
    """The evolution of a run, before anything is known."""
    return {
        "id": id_of(run_id),
        "agent_id": agent_id,
        "run_id": run_id,
        "state": "running",
        "from_version": version,
        "to_version": None,
        "report": json.dumps({"agent": agent}),
        "created": now,
        "updated": now,
    }
