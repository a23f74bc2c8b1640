"""An evaluation as a run: cases are put to the target, answers are measured, and all of it is kept."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints

from nis_backend.annotations import Plain
from nis_backend.capabilities.evaluations import likelihood
from nis_backend.capabilities.evaluations.cases import MOST_CASES, Case, checked
from nis_backend.capabilities.evaluations.evaluation import (
    Answer,
    Counts,
    Evaluation,
    answers_of,
    evaluation_of,
    find,
    id_of,
)
from nis_backend.capabilities.evaluations.judged import judge
from nis_backend.capabilities.evaluations.measures import MOST_METRICS, Kind, Metric, read
from nis_backend.capabilities.evaluations.running import Parts, refuse_hopeless, refuse_unanswered
from nis_backend.capabilities.evaluations.scoring import Scored, by_tags, score, valued
from nis_backend.capabilities.evaluations.targets import LONGEST_ANSWER, How, Target, ask, check
from nis_backend.conforming import Held, hold
from nis_backend.errors import BudgetExceeded, InvalidRequest, NisError, TooLarge
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.evaluations.scoring import Pair
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Json

CASES = "evaluations.create_evaluation"
MOST_EVALUATIONS = 10_000
ASKED_SHARE = 0.7
"""How much of a run's progress the answers are; the rest is what is measured of them."""


class Measures(Model):
    """Cases, and what is measured of their answers."""

    cases: list[Case] = Field(
        default_factory=list[Case], max_length=MOST_CASES, description="What is asked, and what is expected."
    )
    metrics: list[Kind | Metric] = Field(
        min_length=1, max_length=MOST_METRICS, description="What is measured: kinds, or kinds with their settings."
    )


GivenAnswer = Annotated[str, StringConstraints(max_length=LONGEST_ANSWER), Plain]


class CreateEvaluation(Measures):
    """Whom the cases are put to, and what is measured of the answers."""

    target: Annotated[str, Plain] = Field(
        min_length=1,
        max_length=512,
        description="provider:model, a model's or a route's name, as embedded or local:NAME; chat, or chat:MODEL, the "
        "agent here with its operations; agent:NAME, a remote one; operation:NAME, one that reads; given: `answers`.",
    )
    name: Annotated[str, Plain] = Field(default="", max_length=200, description="What a person calls it.")
    dataset: str | None = Field(
        default=None, min_length=1, max_length=64, description="A dataset of cases, in place of `cases`: id or name."
    )
    version: str | None = Field(
        default=None, min_length=1, max_length=64, description="Which version of it; unset, the newest."
    )
    split: Literal["all", "train", "validation", "test"] = Field(
        default="all", description="Which part of the dataset."
    )
    most: int | None = Field(
        default=None, ge=1, le=MOST_CASES, description="Only the first so many cases; unset, all of them."
    )
    how: How = Field(default_factory=How, description="How the target is asked.")
    answers: list[GivenAnswer] = Field(
        default_factory=list[str],
        max_length=MOST_CASES,
        description="For the target given: an answer for each case, in their order.",
    )
    budget: float | None = Field(
        default=None, ge=0, le=1e9, description="Dollars that all calls may cost at most; then the rest is not asked."
    )


async def prepare(request: CreateEvaluation, ctx: Context) -> CreateEvaluation:
    """Refuse what cannot be evaluated, before it is a run, and write the evaluation down beside it."""
    metrics = await readable(request, ctx)
    target = Target.of(request.target)
    await check(target, request.how, ctx)
    if (request.dataset is None) == (not request.cases):
        raise InvalidRequest(
            "Cases come from one place.", field="cases", value="[]", remedy="Give `cases` or name a `dataset`."
        )
    version = request.version
    if request.dataset is None:
        version = await asyncio.to_thread(lambda: _digest(checked(request.cases)))
    else:
        version = await _version(request, ctx)
    if target.kind == "given" and (request.dataset is not None or len(request.answers) != len(request.cases)):
        raise InvalidRequest(
            f"There are {len(request.answers)} answers to {len(request.cases)} cases.",
            field="answers",
            value=len(request.answers),
            remedy="Give one for each of `cases`.",
        )
    if target.kind == "given" and len(checked(request.cases)) < len(request.cases):
        raise InvalidRequest(
            "Two cases are the same.",
            field="cases",
            value=len(request.cases),
            remedy="Give each once, with its answer.",
        )
    if await ctx.store.count("evaluations") >= MOST_EVALUATIONS:
        raise InvalidRequest(f"There are {MOST_EVALUATIONS} evaluations already.", remedy="Delete some.")
    if request.budget is not None:
        ctx.cap(str(ctx.run_id), request.budget)
    now = ctx.now()
    row: Row = {
        "id": id_of(str(ctx.run_id)),
        "name": request.name,
        "dataset_id": request.dataset,
        "version": version,
        "target": request.target,
        "metrics": json.dumps([one.model_dump(mode="json", exclude_defaults=True) for one in metrics]),
        "summary": json.dumps({"counts": {"cases": len(request.cases)}, "metrics": []}),
        "blob_id": None,
        "state": "running",
        "run_id": ctx.run_id,
        "created": now,
        "updated": now,
    }
    ctx.beside.append(("evaluations", row))
    return request.model_copy(update={"version": version if request.dataset else None})


async def readable(request: Measures, ctx: Context) -> list[Metric]:
    """The metrics that are wanted, each of which can be read.

    Raises:
        InvalidRequest: a metric or a schema is none.
        NotFound: the evaluation that answers are held against is none of the caller's.
    """
    metrics = read(request.metrics)
    for number, one in enumerate(metrics):
        if one.answer_schema is not None:
            await hold(dict(one.answer_schema), f"metrics.{number}.answer_schema")
        if one.kind == "judge" and one.against not in ("expected", "rubric"):
            await find(one.against, ctx, f"metrics.{number}.against")
        if one.kind == "judge" and one.model is not None:
            await ctx.models.choose(one.model)
    if any(one.kind == "schema_valid" for one in metrics):
        await asyncio.to_thread(_hold_all, request.cases)
    return metrics


def _hold_all(cases: Sequence[Case]) -> None:
    for number, case in enumerate(cases):
        if case.answer_schema is not None:
            Held(dict(case.answer_schema), f"cases.{number}.answer_schema")


def _digest(cases: Sequence[Case]) -> str:
    return hashlib.sha256("\n".join(one.digest for one in cases).encode()).hexdigest()


async def _version(request: CreateEvaluation, ctx: Context) -> str | None:
    """The version of the dataset that is meant, which stays the same for as long as the run goes on."""
    try:
        found = await ctx.call_named("datasets.get_dataset", {"id": request.dataset})
    except NisError as error:
        error.field = "dataset"
        raise
    if found.kind != "cases":
        raise InvalidRequest(
            f"{request.dataset} is a dataset of {found.kind}.",
            field="dataset",
            value=request.dataset,
            remedy="Name one of the kind cases.",
        )
    return request.version or found.version


async def cases_of(request: CreateEvaluation, ctx: Context) -> list[Case]:
    """The cases of a run, as often as it is begun the same."""
    if request.dataset is None:
        return request.cases[: request.most]
    asked = {"id": request.dataset, "version": request.version, "split": request.split, "format": "jsonl"}
    blob = await ctx.call_named("datasets.export_dataset", asked)
    text = await ctx.blobs.read(blob.id)
    lines = [line for line in text.splitlines() if line.strip()][: request.most or MOST_CASES + 1]
    return await asyncio.to_thread(lambda: [_case(number, line) for number, line in enumerate(lines, 1)])


KNOWN = {"input", "expected", "schema", "answer_schema", "rubric", "tags"}


def _case(number: int, line: bytes) -> Case:
    try:
        given: Json = json.loads(line)
        return Case.model_validate({name: one for name, one in given.items() if name in KNOWN and one is not None})
    except (ValueError, AttributeError) as error:
        raise InvalidRequest(
            f"Row {number} of the dataset is no case: {str(error)[:200]}.",
            field="dataset",
            value=number,
            remedy="Validate the dataset, and mend it.",
        ) from None


async def evaluate(request: CreateEvaluation, ctx: Context) -> Evaluation:
    """The evaluation, done."""
    target, metrics = Target.of(request.target), read(request.metrics)
    given = await cases_of(request, ctx)
    answers = dict(zip((one.digest for one in given), request.answers, strict=False))
    cases = await asyncio.to_thread(checked, given)
    parts = Parts(ctx=ctx, at_once=request.how.at_once, share=ASKED_SHARE)
    sure = any(one.kind == "bits_per_byte" and one.of == "answer" for one in metrics)
    outcomes: dict[int, Json] = {}
    reason = ""

    async def one(place: int) -> None:
        case, name = cases[place], f"case {place + 1}"
        if target.kind == "given":
            outcomes[place] = {"outcome": "answered", "answer": answers[case.digest]}
            return
        within = parts.within(name, reads=target.kind in ("model", "operation"))
        outcomes[place] = await parts.note(name, lambda: ask(target, request.how, case, within, logprobs=sure))
        await _remove(outcomes[place], ctx)
        refuse_hopeless(outcomes)

    try:
        await parts.each(range(len(cases)), one, "Asks")
    except BudgetExceeded as error:
        reason = f"{error.message} {error.remedy}".strip()
    refuse_unanswered(outcomes)
    pairs: list[Pair] = [(case, _answer(place, case, outcomes.get(place))) for place, case in enumerate(cases)]
    parts.answered_by = next((told["model"] for told in outcomes.values() if told.get("model")), "")
    scored: list[Scored] = []
    parts.begun, parts.share = ASKED_SHARE, (1 - ASKED_SHARE) / len(metrics)
    for metric in metrics:
        scored.append(await _scored(metric, pairs, parts, outcomes, request))
        parts.begun += parts.share
    return await _keep(request, ctx, pairs, scored, parts, outcomes, reason, len(given) - len(cases))


async def _remove(told: Json, ctx: Context) -> None:
    """The conversation that a case was put to the chat in is nobody's to see."""
    conversation = told.pop("conversation", None)
    if conversation is not None:
        try:
            await ctx.call_named("conversations.delete_conversation", {"id": conversation})
        except NisError:
            # It is gone already, or the caller may not delete any: then it stays.
            return


def _answer(place: int, case: Case, told: Json | None) -> Answer:
    told = told or {"outcome": "unasked"}
    known = {name: told[name] for name in Answer.model_fields if name in told}
    given = {"number": place + 1, "digest": case.digest, "input": case.input, "expected": case.expected}
    return Answer.model_validate({**given, "tags": case.tags, **known})


async def _scored(
    metric: Metric, pairs: Sequence[Pair], parts: Parts, outcomes: dict[int, Json], request: CreateEvaluation
) -> Scored:
    if metric.kind == "judge":
        others: dict[str, Answer] = {}
        if metric.against not in ("expected", "rubric"):
            row = await find(metric.against, parts.ctx, "metrics")
            others = {one.digest: one for one in await answers_of(row, parts.ctx)}
        return await judge(metric, pairs, parts, others)
    if metric.kind == "bits_per_byte":
        if metric.of == "answer":
            return likelihood.of_answers(metric, pairs, outcomes, request.target)
        return await likelihood.of_expected(metric, pairs, parts, request.target, request.how)
    return await asyncio.to_thread(score, metric, pairs)


async def _keep(  # noqa: PLR0913, PLR0917 - all that an evaluation is made of
    request: CreateEvaluation,
    ctx: Context,
    pairs: Sequence[Pair],
    scored: Sequence[Scored],
    parts: Parts,
    outcomes: dict[int, Json],
    reason: str,
    repeated: int,
) -> Evaluation:
    """Write down what was answered and measured."""
    answers = [answer for _, answer in pairs]
    summary, lines = await asyncio.to_thread(_summed, pairs, scored, repeated)
    told = list(outcomes.values())
    summary |= {
        "reason": reason,
        "model": parts.answered_by,
        "demonstration": any(one.get("demonstration") for one in told),
        "input_tokens": _sum([one.input_tokens for one in answers if one.outcome != "unasked"]),
        "output_tokens": _sum([one.output_tokens for one in answers if one.outcome != "unasked"]),
        "cost": _sum([one.cost for one in answers if one.outcome != "unasked"]),
        "judging_cost": _sum(parts.judging) if parts.judging else None,
        "from_cache": sum(one.from_cache for one in answers),
    }
    if len(lines) > ctx.settings.max_blob:
        raise TooLarge(
            f"The answers have {len(lines)} bytes.", field="cases", value=len(answers), remedy="Evaluate fewer cases."
        )
    id_ = id_of(ctx.run.run_id)
    blob = await ctx.blobs.put(lines, media_type="application/jsonl", name=f"{id_}.jsonl")
    state = "partial" if reason else "done"
    changes: Row = {"summary": json.dumps(summary), "blob_id": blob.id, "state": state, "updated": ctx.now()}
    if not await ctx.store.update("evaluations", id_, changes):
        await ctx.blobs.delete(blob.id)
    row = await find(id_, ctx)
    return await evaluation_of(row, ctx)


def _summed(pairs: Sequence[Pair], scored: Sequence[Scored], repeated: int) -> tuple[Json, bytes]:
    """The figures of the whole, and the lines of the answers."""
    counts = Counts(cases=len(pairs), repeated=repeated, **_counted([answer for _, answer in pairs]))
    lines: list[str] = []
    for place, (_, answer) in enumerate(pairs):
        scores = {one.metric.called: one.scores[place] for one in scored}
        why = {one.metric.called: one.why[place] for one in scored if place in one.why}
        lines.append(answer.model_copy(update={"scores": scores, "why": why}).model_dump_json())
    summary: dict[str, Any] = {  # Any: fields of `Evaluation`
        "counts": counts.model_dump(),
        "metrics": [valued(one).model_dump(mode="json") for one in scored],
        "tags": [one.model_dump() for one in by_tags(scored, [case for case, _ in pairs])],
    }
    return summary, "".join(f"{line}\n" for line in lines).encode()


def _counted(answers: Sequence[Answer]) -> dict[str, int]:
    kinds = ("answered", "refused", "failed", "unasked")
    return {kind: sum(one.outcome == kind for one in answers) for kind in kinds}


def _sum(values: Sequence[float | None]) -> Any:  # Any: whole where the values are
    """The sum, unknown where one is."""
    return None if not values or any(one is None for one in values) else sum(one or 0 for one in values)
