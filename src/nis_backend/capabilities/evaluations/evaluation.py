"""An evaluation as it is answered, and as a row has it: a target's answers to cases, and what was measured of them."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, JsonValue

from nis_backend import found
from nis_backend.capabilities.evaluations.cases import Turn
from nis_backend.capabilities.evaluations.targets import How
from nis_backend.errors import NotFound
from nis_backend.event import Progressed
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

State = Literal["queued", "running", "paused", "waiting", "done", "partial", "failed", "cancelled"]
Outcome = Literal["answered", "refused", "failed", "unasked"]
LEVEL = 0.95


class Confusion(Model):
    """How often each label was answered where each was expected."""

    labels: list[str] = Field(description="The last is (other): answers that are no label.")
    counts: list[list[int]] = Field(description="A row for each expected label, a column for each answered one.")


class MetricValue(Model):
    """What was measured over all cases that have a score."""

    name: str
    kind: str
    formula: str = Field(description="How a case's score is computed; the value is their mean.")
    better: Literal["higher", "lower"]
    unit: str = ""
    value: float | None = Field(description="The mean of the cases' scores; null where there is none.")
    low: float | None = Field(default=None, description="Lower end of the interval; null where nothing bounds it.")
    high: float | None = Field(default=None, description="Upper end of the interval.")
    level: float = Field(default=LEVEL, description="How often such intervals hold the true value.")
    interval: str = Field(default="", description="By which method the interval was made.")
    cases: int = Field(description="Cases that have a score.")
    unscored: int = Field(default=0, description="Cases that have none: nothing was expected, or nobody can tell.")
    unavailable: str | None = Field(default=None, description="Why there is no value, with the remedy.")
    more: dict[str, float] = Field(
        default_factory=dict[str, float],
        description="Figures beside it: macro_f1, corpus_chrf, p50, p95, sum, agreement, ties, longer_preferred.",
    )
    about: dict[str, str] = Field(default_factory=dict[str, str], description="What those figures are.")
    confusion: Confusion | None = None
    judge: str | None = Field(default=None, description="The model that judged.")
    demonstration: bool = Field(default=False, description="Whether the judge is too small to be relied on.")


class TagValue(Model):
    """What was measured of the cases with a tag."""

    tag: str
    name: str = Field(description="The metric's.")
    value: float
    low: float | None
    high: float | None
    cases: int


class Counts(Model):
    """What became of the cases."""

    cases: int = Field(description="Different cases.")
    repeated: int = Field(default=0, description="Cases that were there already: each is asked once.")
    answered: int = 0
    refused: int = Field(default=0, description="The target refuses to answer: counted as wrong.")
    failed: int = Field(default=0, description="There was no answer, by a fault: counted as wrong.")
    unasked: int = Field(default=0, description="Not asked: the budget was reached. Not counted.")


class Evaluation(Model):
    """A target's answers to cases, and what was measured of them."""

    id: str
    name: str
    target: str
    state: State
    reason: str = Field(default="", description="Why it is not done, where it is not, or how far it is.")
    progress: float | None = Field(default=None, description="How far it is, 0 to 1, while it is under way.")
    dataset: str | None = Field(description="The dataset's id; null where the cases were given.")
    version: str | None = Field(description="The dataset's version; of given cases, the SHA-256 of their digests.")
    split: str | None = Field(default=None, description="Which part of the dataset; null where the cases were given.")
    how: How = Field(default_factory=How, description="How the target was asked.")
    counts: Counts
    metrics: list[MetricValue]
    tags: list[TagValue] = Field(default_factory=list[TagValue], description="By the cases' tags.")
    model: str = Field(default="", description="The model that answered last, where one did.")
    demonstration: bool = Field(default=False, description="Whether a model that answered is too small to rely on.")
    input_tokens: int | None = Field(default=None, description="Of all answers; null where one states none.")
    output_tokens: int | None = None
    cost: float | None = Field(default=None, description="Dollars of all answers; null where a price is not known.")
    judging_cost: float | None = Field(default=None, description="Dollars of what judges were asked; as above.")
    from_cache: int = Field(default=0, description="Answers that a route had kept: their times are a cache's.")
    answers: str | None = Field(default=None, description="The blob with cases, answers and scores, JSON lines.")
    run_id: str | None
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


class Answer(Model):
    """A case, what it was answered, and its scores."""

    number: int = Field(description="From 1, in the order of the cases.")
    digest: str = Field(description="SHA-256 of the case: the same case has the same one in every evaluation.")
    input: str | list[Turn]
    expected: JsonValue = None
    tags: list[str] = Field(default_factory=list[str])
    outcome: Outcome
    answer: str = Field(default="", description="What was answered; of a refusal, its words.")
    problem: str | None = Field(default=None, description="Why there is no answer.")
    scores: dict[str, float | None] = Field(default_factory=dict[str, "float | None"], description="By the metrics.")
    why: dict[str, str] = Field(default_factory=dict[str, str], description="What a metric says of its score.")
    latency_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = Field(default=None, description="Dollars.")
    from_cache: bool = False


class OneEvaluation(Model):
    """Which evaluation."""

    id: Annotated[str, Field(min_length=1, max_length=64, description="The evaluation's id.")]


def id_of(run_id: str) -> str:
    """What the evaluation is called that a run makes."""
    return f"evaluation-{run_id.partition('-')[2]}"


find = partial(found.by_id, "evaluations", "evaluation")
"""The row of an evaluation, by its id."""


TAIL = 64
"""Events from the end of a run's log in which it is looked how far it is."""


async def evaluation_of(row: Row, ctx: Context) -> Evaluation:
    """The row's evaluation; of one that is under way, how its run is."""
    told: dict[str, Any] = json.loads(row["summary"])  # Any: fields of `Evaluation`
    given = {name: row[name] for name in ("id", "name", "target", "state", "version", "run_id", "created", "updated")}
    given |= {"dataset": row["dataset_id"], "answers": row["blob_id"], **told}
    if row["state"] == "running":
        given |= await _run(str(row["run_id"]), ctx)
    return Evaluation.model_validate(given)


async def _run(run_id: str, ctx: Context) -> dict[str, Any]:  # Any: as above
    """How the run is that makes it."""
    try:
        run = await ctx.runs.get(run_id)
    except NotFound:
        return {"state": "failed", "reason": "Its run is gone."}
    if run.state == "succeeded":
        return {"state": "running"}
    if run.state == "failed":
        return {"state": "failed", "reason": str((run.problem or {}).get("detail", ""))}
    last = await ctx.runs.events(run_id, max(0, run.last_seq - TAIL), TAIL) if run.last_seq else []
    told = [event.body for event in last if isinstance(event.body, Progressed)]
    return {"state": run.state, **({"progress": told[-1].fraction, "reason": told[-1].message} if told else {})}


async def answers_of(row: Row, ctx: Context, field: str = "id") -> list[Answer]:
    """All its answers, in the order of the cases.

    Raises:
        NotFound: they are gone: with their dataset, by a consent that was withdrawn, or as a blob by itself.
    """
    if row["blob_id"] is None:
        return []
    try:
        text = await ctx.blobs.read(row["blob_id"])
    except NotFound:
        raise NotFound(
            f"The answers of the evaluation {row['id']!r} are gone: as the dataset's rows, or by themselves.",
            field=field,
            value=row["id"],
            remedy="Its values are kept: get the evaluation; or evaluate anew.",
        ) from None
    return await asyncio.to_thread(lambda: [Answer.model_validate_json(line) for line in text.split(b"\n") if line])
