"""An evaluation as a run: cases are put to the target, answers are measured, and all of it is kept."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.evaluations import likelihood
from nis_backend.capabilities.evaluations.asking import ask
from nis_backend.capabilities.evaluations.cases import checked
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
from nis_backend.capabilities.evaluations.measures import read
from nis_backend.capabilities.evaluations.preparing import asked_of, cases_of, written_down
from nis_backend.capabilities.evaluations.running import Parts, refuse_hopeless, refuse_unanswered
from nis_backend.capabilities.evaluations.scoring import by_tags, score, valued
from nis_backend.capabilities.evaluations.targets import Target
from nis_backend.errors import BudgetExceeded, NisError, TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.evaluations.cases import Case
    from nis_backend.capabilities.evaluations.measures import Metric
    from nis_backend.capabilities.evaluations.preparing import CreateEvaluation
    from nis_backend.capabilities.evaluations.scoring import Pair, Scored
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Json

ASKED_SHARE = 0.7
"""How much of a run's progress the answers are; the rest is what is measured of them."""


async def evaluate(request: CreateEvaluation, ctx: Context) -> Evaluation:
    """The evaluation, done."""
    target, metrics = Target.of(request.target), read(request.metrics)
    await written_down(request, ctx)
    given = await cases_of(request, ctx)
    answers = dict(zip((one.digest for one in given), request.answers, strict=False))
    cases = await asyncio.to_thread(checked, given)
    parts = Parts(ctx=ctx, at_once=request.how.at_once, share=ASKED_SHARE)
    sure = any(one.kind == "bits_per_byte" and one.of == "answer" for one in metrics)
    outcomes: dict[int, Json] = {}
    reason, size = "", 0

    async def one(place: int) -> None:
        nonlocal size
        case, name = cases[place], f"case {place + 1}"
        if target.kind == "given":
            outcomes[place] = {"outcome": "answered", "answer": answers[case.digest]}
            return
        within = parts.within(name, reads=target.kind in ("model", "operation"))
        outcomes[place] = await parts.note(name, lambda: ask(target, request.how, case, within, logprobs=sure))
        await _remove(outcomes[place], ctx)
        refuse_hopeless(outcomes)
        size += len(outcomes[place]["answer"])
        if size > ctx.settings.max_blob:
            raise TooLarge(
                f"The answers have reached {size} characters.", field="cases", remedy="Evaluate fewer, or shorter ones."
            )

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
    summary |= asked_of(request) | {
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
    # As what is exported of a dataset they go with it, and where a consent for rows of it is withdrawn.
    of = f"of {request.dataset}" if request.dataset else ""
    blob = await ctx.blobs.put(lines, media_type="application/jsonl", name=f"{id_}.jsonl", purpose=of)
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
