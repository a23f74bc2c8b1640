"""Evaluations as operations: cases are put to a target, answers are measured, and what differs is told from chance."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from nis_backend.annotations import Names, Reads
from nis_backend.blob import Blob
from nis_backend.capabilities.evaluations import asked, comparing, evaluating, gating, preparing, reporting, views
from nis_backend.capabilities.evaluations.cases import MOST_CASES, checked
from nis_backend.capabilities.evaluations.comparing import CompareEvaluations, EvaluationComparison
from nis_backend.capabilities.evaluations.evaluation import (
    Answer,
    Evaluation,
    MetricValue,
    OneEvaluation,
    Outcome,
    answers_of,
    evaluation_of,
    find,
)
from nis_backend.capabilities.evaluations.gating import CheckGate, Gate
from nis_backend.capabilities.evaluations.measures import TRAITS, Metric
from nis_backend.capabilities.evaluations.preparing import CreateEvaluation, GivenAnswer, Measures
from nis_backend.capabilities.evaluations.reporting import EvaluationReport, ReportEvaluation
from nis_backend.capabilities.evaluations.scoring import score, valued
from nis_backend.errors import Conflict, InvalidRequest, NotFound, NotSupported
from nis_backend.operation import Before, Example, Model, Recorded, operation
from nis_backend.paged import Cursor, Next

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.evaluations.scoring import Scored
    from nis_backend.context import Context


class ListEvaluations(Model):
    """Which evaluations, the newest first."""

    target: str | None = Field(default=None, max_length=512, description="Only those of this target.")
    dataset: str | None = Field(default=None, max_length=64, description="Only those on this dataset.")
    cursor: Cursor = None
    limit: Annotated[int, Reads("count")] = Field(default=20, ge=1, le=100, description="Most to answer.")


class EvaluationList(Model):
    """One page of evaluations."""

    evaluations: list[Evaluation]
    next_cursor: Next


class GetAnswers(OneEvaluation):
    """Which answers of which evaluation."""

    outcome: Outcome | None = Field(default=None, description="Only those that were refused, say.")
    metric: str | None = Field(default=None, max_length=64, description="With below: the metric that is looked at.")
    below: float | None = Field(default=None, description="Only answers whose score by the metric is less than this.")
    after: int = Field(default=0, ge=0, description="`next_after` of the page before.")
    limit: int = Field(default=50, ge=1, le=500, description="Most to answer.")


class AnswerPage(Model):
    """One page of answers, in the order of the cases."""

    answers: list[Answer]
    total: int = Field(description="How many there are such.")
    next_after: int | None = Field(description="Give it as `after` for the next page; null on the last one.")


class ScoreAnswers(Measures):
    """Answers that there are already, and what is measured of them."""

    answers: Annotated[list[GivenAnswer], Names("answer")] = Field(
        min_length=1, max_length=MOST_CASES, description="An answer for each case, in their order."
    )


class Scores(Model):
    """What was measured of given answers."""

    metrics: list[MetricValue]
    answers: list[Answer] = Field(description="Each case's scores.")


CAPITALS: Sequence[dict[str, Any]] = (
    {"input": "What is the capital of France?", "expected": "Paris", "tags": ["europe"]},
    {"input": "What is the capital of Japan?", "expected": "Tokyo", "tags": ["asia"]},
    {"input": "What is the capital of Australia?", "expected": "Canberra"},
)
_GIVEN: dict[str, Any] = {"target": "given", "cases": list(CAPITALS), "metrics": ["exact_match", "token_f1"]}
BEFORE = Before(
    name="before",
    operation="evaluations.create_evaluation",
    request={**_GIVEN, "name": "The old one", "answers": ["Paris", "Kyoto", "Sydney"]},
)
MADE = Before(
    name="made",
    operation="evaluations.create_evaluation",
    request={**_GIVEN, "name": "The new one", "answers": ["Paris.", "Tokyo", "the city of Sydney"]},
)


@operation(
    "evaluations.create_evaluation",
    effect="writes",
    resource="evaluation",
    outward=True,
    prepare=preparing.prepare,
    view=views.draw_evaluation,
    time_limit=86_400.0,
    queue="evaluations",
    examples=(
        Example(
            title="Answers that there are already",
            request={**_GIVEN, "answers": ["Paris.", "Tokyo", "the city of Sydney"]},
        ),
        Example(
            title="An operation on cases of its own",
            request={
                "target": "operation:physics.convert_unit",
                "cases": [
                    {"input": '{"value": 5, "unit": "mile", "to": "km"}', "expected": 8.04672},
                    {"input": '{"value": 5, "unit": "mile", "to": "kg"}', "expected": 5},
                ],
                "metrics": [{"kind": "numeric", "relative": 1e-9}],
                "how": {"answer": "value"},
            },
        ),
    ),
)
async def create_evaluation(request: CreateEvaluation, ctx: Context) -> Recorded[Evaluation]:
    """Evaluate a model, route, the chat, a remote agent or an operation on cases, as a run: answers, scores, intervals.

    Each answer is noted in the run's log at once: after a crash no model is asked again for a case of which that is
    known. A refusal counts as wrong, and is told apart. Few cases give wide intervals.

    Raises:
        NotFound: there is no such target or dataset.
        Unavailable: the target cannot answer.
    """
    return await evaluating.evaluate(request, ctx)


@operation(
    "evaluations.list_evaluations",
    effect="reads",
    resource="evaluation",
    view=views.draw_evaluations,
    examples=(
        Example(
            title="The newest",
            request={"limit": 1},
            before=(MADE,),
            question="Which evaluations have I run?",
            also=asked.LIST,
        ),
    ),
)
async def list_evaluations(request: ListEvaluations, ctx: Context) -> EvaluationList:
    """List the caller's evaluations, the newest first: target, state, values with intervals."""
    where: dict[str, Any] = {"target": request.target, "dataset_id": request.dataset}
    wanted = {name: value for name, value in where.items() if value is not None}
    rows, following = await ctx.store.page(
        "evaluations", where=wanted or None, cursor=request.cursor, limit=request.limit
    )
    return EvaluationList(evaluations=[await evaluation_of(row, ctx) for row in rows], next_cursor=following)


@operation(
    "evaluations.get_evaluation",
    effect="reads",
    resource="evaluation",
    view=views.draw_evaluation,
    examples=(Example(title="What came of it", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def get_evaluation(request: OneEvaluation, ctx: Context) -> Evaluation:
    """Get an evaluation: each metric's value with its interval and formula, what was refused and what failed.

    Raises:
        NotFound: the caller has no such evaluation.
    """
    return await evaluation_of(await find(request.id, ctx), ctx)


@operation(
    "evaluations.get_answers",
    effect="reads",
    on="evaluation",
    view=views.draw_answers,
    examples=(
        Example(title="All of them", request={"id": "{made.id}"}, before=(MADE,)),
        Example(
            title="Those that are wrong",
            request={"id": "{made.id}", "metric": "exact_match", "below": 1},
            before=(MADE,),
        ),
    ),
)
async def get_answers(request: GetAnswers, ctx: Context) -> AnswerPage:
    """Get an evaluation's answers by page, with each one's scores; there are none while it is under way.

    Raises:
        NotFound: the caller has no such evaluation.
        InvalidRequest: a score is to be less, and no metric is named that it has.
    """
    row = await find(request.id, ctx)
    if request.below is not None and request.metric is None:
        raise InvalidRequest(
            "A score is to be less, by no metric.", field="metric", value=None, remedy="Name the metric."
        )
    answers = await answers_of(row, ctx)
    if request.metric is not None and answers and request.metric not in answers[0].scores:
        raise InvalidRequest(
            f"The evaluation has no metric {request.metric!r}.",
            field="metric",
            value=request.metric,
            remedy=f"It has: {', '.join(answers[0].scores)}.",
        )
    found = [one for one in answers if _wanted(one, request)]
    page = [one for one in found if one.number > request.after][: request.limit]
    more = bool(page) and page[-1].number < found[-1].number
    return AnswerPage(answers=page, total=len(found), next_after=page[-1].number if more else None)


def _wanted(one: Answer, request: GetAnswers) -> bool:
    if request.outcome is not None and one.outcome != request.outcome:
        return False
    value = None if request.metric is None else one.scores.get(request.metric)
    return request.below is None or (value is not None and value < request.below)


@operation(
    "evaluations.delete_evaluation",
    effect="destroys",
    repeatable=True,
    resource="evaluation",
    examples=(Example(title="It is no more", request={"id": "{made.id}"}, before=(MADE,)),),
)
async def delete_evaluation(request: OneEvaluation, ctx: Context) -> OneEvaluation:
    """Delete an evaluation with its answers.

    Raises:
        NotFound: the caller has no such evaluation.
        Conflict: it is under way.
    """
    row = await find(request.id, ctx)
    about = await evaluation_of(row, ctx)
    if about.state in ("queued", "running", "paused", "waiting"):
        raise Conflict(
            f"The evaluation {request.id} is {about.state}.",
            field="id",
            value=request.id,
            remedy=f"Cancel its run {about.run_id} first.",
        )
    await ctx.store.delete("evaluations", row["id"])
    if row["blob_id"] is not None:
        with suppress(NotFound):
            await ctx.blobs.delete(row["blob_id"])
    return OneEvaluation(id=row["id"])


@operation(
    "evaluations.score_answers",
    effect="reads",
    view=views.draw_scores,
    examples=(
        Example(
            title="Two answers",
            request={
                "cases": list(CAPITALS[:2]),
                "answers": ["paris", "Kyoto"],
                "metrics": ["exact_match", "token_f1", "chrf"],
            },
            question="Score my answers against the expected ones.",
            also=asked.SCORE,
        ),
        Example(
            title="Labels",
            request={
                "cases": [
                    {"input": "The parcel was late.", "expected": "complaint"},
                    {"input": "Thank you!", "expected": "praise"},
                ],
                "answers": ["complaint", "complaint"],
                "metrics": ["label"],
            },
        ),
    ),
)
async def score_answers(request: ScoreAnswers, ctx: Context) -> Scores:
    """Score answers that there are already against what is expected, without a model: values, intervals, formulas.

    Raises:
        InvalidRequest: there are not as many answers as cases.
        NotSupported: a metric needs a model.
    """
    if len(request.answers) != len(request.cases):
        raise InvalidRequest(
            f"There are {len(request.answers)} answers to {len(request.cases)} cases.",
            field="answers",
            value=len(request.answers),
            remedy="Give one for each of `cases`.",
        )
    metrics = await preparing.readable(request, ctx)
    for number, one in enumerate(metrics):
        if one.kind in ("judge", "bits_per_byte") or TRAITS[one.kind].unit:
            raise NotSupported(
                f"{one.kind} is measured where a model is asked.",
                field=f"metrics.{number}",
                value=one.kind,
                remedy="Leave it out, or create an evaluation.",
            )
    checked(request.cases)
    return await asyncio.to_thread(_scores, request, metrics)


def _scores(request: ScoreAnswers, metrics: Sequence[Metric]) -> Scores:
    pairs = [
        (
            case,
            Answer(
                number=number,
                digest=case.digest,
                input=case.input,
                expected=case.expected,
                tags=case.tags,
                outcome="answered",
                answer=answer,
            ),
        )
        for number, (case, answer) in enumerate(zip(request.cases, request.answers, strict=True), 1)
    ]
    scored: list[Scored] = [score(metric, pairs) for metric in metrics]
    answers = [
        answer.model_copy(
            update={
                "scores": {one.metric.called: one.scores[place] for one in scored},
                "why": {one.metric.called: one.why[place] for one in scored if place in one.why},
            }
        )
        for place, (_, answer) in enumerate(pairs)
    ]
    return Scores(metrics=[valued(one) for one in scored], answers=answers)


@operation(
    "evaluations.compare_evaluations",
    effect="reads",
    view=views.draw_comparison,
    examples=(
        Example(
            title="Before and after",
            request={"baseline": "{before.id}", "candidates": ["{made.id}"]},
            before=(BEFORE, MADE),
            question='Compare evaluation "evaluation-0199" with evaluation "evaluation-0200".',
            also=asked.COMPARE,
        ),
    ),
)
async def compare_evaluations(request: CompareEvaluations, ctx: Context) -> EvaluationComparison:
    """Compare evaluations on the cases that they share: differences, intervals, exact paired tests, corrected by Holm.

    Right or wrong: McNemar's exact test. Scores: sign flips, all of them up to 30 cases that differ, else drawn.

    Raises:
        NotFound: the caller has no such evaluation.
        Conflict: one is not done.
    """
    return await comparing.compare(request, ctx)


@operation(
    "evaluations.check_gate",
    effect="reads",
    view=views.draw_gate,
    examples=(
        Example(
            title="Three cases are too few",
            request={"candidate": "{made.id}", "baseline": "{before.id}", "metric": "exact_match"},
            before=(BEFORE, MADE),
        ),
        Example(
            title="Right often enough",
            request={"candidate": "{made.id}", "metric": "token_f1", "at_least": 0.1},
            before=(MADE,),
        ),
    ),
)
async def check_gate(request: CheckGate, ctx: Context) -> Gate:
    """Check whether an evaluation lets its target through: better than a baseline beyond chance, or hardly worse.

    What cannot be decided does not pass, and the reason says what would decide it.

    Raises:
        NotFound: there is no such evaluation or metric.
        Conflict: the two share no case, or measure it differently.
    """
    return await gating.gate(request, ctx)


@operation(
    "evaluations.report_evaluation",
    effect="reads",
    on="evaluation",
    view=views.draw_report,
    examples=(
        Example(title="As Markdown", request={"id": "{made.id}", "examples": 2}, before=(MADE,)),
        Example(title="As a page", request={"id": "{made.id}", "format": "html"}, before=(MADE,)),
    ),
)
async def report_evaluation(request: ReportEvaluation, ctx: Context) -> EvaluationReport:
    """Report an evaluation as a file and to look at: figures, confusions, the worst cases first, how to repeat it.

    Raises:
        NotFound: the caller has no such evaluation.
    """
    row = await find(request.id, ctx)
    about, answers = await evaluation_of(row, ctx), list[Answer]()
    with suppress(NotFound):
        answers = await answers_of(row, ctx)
    worst = reporting.ranked(answers, about.metrics, request.examples)
    command = await _command(about, row["metrics"], ctx)
    write = reporting.markdown if request.format == "markdown" else reporting.page
    text = await asyncio.to_thread(write, about, worst, command)
    kinds: dict[Literal["markdown", "html"], tuple[str, str]] = {
        "markdown": ("text/markdown", "md"),
        "html": ("text/html", "html"),
    }
    media_type, ending = kinds[request.format]
    report = Blob.of(text.encode(), media_type=media_type, name=f"{about.id}.{ending}")
    return EvaluationReport(evaluation=about, worst=worst, report=report, command=command)


async def _command(about: Evaluation, metrics: str, ctx: Context) -> str:
    """What repeats it: the run's own request where that is still there, and can be said in a line."""
    request: dict[str, Any] = {"target": about.target, "metrics": json.loads(metrics)}
    if about.dataset is not None:
        request |= {"dataset": about.dataset, "version": about.version}
    try:
        run = await ctx.runs.get(str(about.run_id))
        asked_for = CreateEvaluation.model_validate(run.input)
        request = asked_for.model_dump(mode="json", exclude_defaults=True)
    except NotFound:
        return reporting.command_of(request)
    return reporting.command_of(request)


OPERATIONS = (
    create_evaluation,
    list_evaluations,
    get_evaluation,
    get_answers,
    delete_evaluation,
    score_answers,
    compare_evaluations,
    check_gate,
    report_evaluation,
)
