"""How sure an answer is, as operations: assessed, its outcome recorded, its task calibrated, and when to abstain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.metacognition.assess import abstaining, assessing, calibrating, calibration, recording
from nis_backend.capabilities.metacognition.assess.abstaining import AbstentionDecision, DecideAbstention
from nis_backend.capabilities.metacognition.assess.assessing import AssessAnswer
from nis_backend.capabilities.metacognition.assess.assessment import (
    Assessment,
    OneAssessment,
    Task,
    assessment_of,
    find,
)
from nis_backend.capabilities.metacognition.assess.calibrating import CalibrateTask
from nis_backend.capabilities.metacognition.assess.calibration import (
    Calibration,
    OneCalibration,
    WhichCalibration,
    calibration_of,
)
from nis_backend.capabilities.metacognition.assess.recording import OutcomesRecorded, RecordOutcome
from nis_backend.capabilities.metacognition.multipath.speaking import check_voices
from nis_backend.operation import Before, Example, Model, Recorded, operation
from nis_backend.paged import Cursor, Limit, Next
from nis_backend.view import Table, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context


class ListAssessments(Model):
    """Which assessments, the newest first."""

    task: Task | None = Field(default=None, description="Only of this task.")
    correct: bool | None = Field(default=None, description="Only those that turned out right, or wrong.")
    cursor: Cursor = None
    limit: Limit = 20


class AssessmentList(Model):
    """One page of assessments."""

    assessments: list[Assessment]
    next_cursor: Next


ASKED: dict[str, Any] = {
    "question": "Is the sky blue? Answer yes or no.",
    "task": "colours",
    "samples": 2,
    "max_tokens": 4,
    "answer": {"kind": "text"},
}
ASSESSED = Before(name="assessed", operation="metacognition.assess_answer", request=ASKED)
SCORED: list[dict[str, Any]] = [
    {"score": (one % 10) / 10 + 0.05, "correct": one * 7 % 10 < one % 10, "question": f"question {one}"}
    for one in range(60)
]
RECORDED = Before(
    name="recorded", operation="metacognition.record_outcome", request={"task": "weather", "outcomes": SCORED}
)
CALIBRATE: dict[str, Any] = {"task": "weather", "method": "given", "fit": "platt", "bins": 4}
CALIBRATED = Before(name="calibrated", operation="metacognition.calibrate_task", request=CALIBRATE)


def _draw(_request: Model, result: AssessmentList) -> list[View]:
    rows: list[list[str | float]] = [
        [
            one.id,
            one.task,
            one.answer,
            "" if one.score is None else round(one.score, 3),
            "" if one.confidence is None else round(one.confidence, 3),
            {None: "", True: "right", False: "wrong"}[one.correct],
            moment(one.created),
        ]
        for one in result.assessments
    ]
    columns = ["id", "task", "answer", "score", "confidence", "turned out", "asked (UTC)"]
    return [Table(title="Assessments", columns=columns, rows=rows)]


async def _prepare(request: AssessAnswer, ctx: Context) -> AssessAnswer:
    await check_voices([request.model], ctx)
    return request


@operation(
    "metacognition.assess_answer",
    effect="writes",
    outward=True,
    prepare=_prepare,
    view=assessing.draw,
    time_limit=3600.0,
    examples=(Example(title="Two samples of a question", request=ASKED),),
)
async def assess_answer(request: AssessAnswer, ctx: Context) -> Recorded[Assessment]:
    """Answer a question several times, and tell how sure the answer is: votes, entropy, what the model says.

    A score is no confidence: that is null until outcomes of the task have been recorded and the task is calibrated.
    Sampling ends as soon as no answer to come could change the vote.

    Sources: Wang et al. (2022), Farquhar et al. (2024), Kadavath et al. (2022), Tian et al. (2023).

    Raises:
        UpstreamFailed: nothing was answered, or nothing of the kind that was looked for.
    """
    return await assessing.assess(request, ctx)


@operation(
    "metacognition.get_assessment",
    effect="reads",
    resource="assessment",
    view=assessing.draw,
    examples=(Example(title="What was known", request={"id": "{assessed.id}"}, before=(ASSESSED,)),),
)
async def get_assessment(request: OneAssessment, ctx: Context) -> Assessment:
    """Get an assessment: the answer, its scores, and what became of it."""
    return assessment_of(await find(request.id, ctx))


@operation(
    "metacognition.list_assessments",
    effect="reads",
    resource="assessment",
    view=_draw,
    examples=(Example(title="The newest", request={"limit": 1}, before=(ASSESSED,)),),
)
async def list_assessments(request: ListAssessments, ctx: Context) -> AssessmentList:
    """List assessments of answers, the newest first, with what became of each."""
    given = {"task": request.task, "correct": None if request.correct is None else int(request.correct)}
    where = {name: value for name, value in given.items() if value is not None}
    rows, following = await ctx.store.page(
        "assessments", where=where or None, cursor=request.cursor, limit=request.limit
    )
    return AssessmentList(assessments=[assessment_of(row) for row in rows], next_cursor=following)


@operation(
    "metacognition.delete_assessment",
    effect="destroys",
    repeatable=True,
    resource="assessment",
    examples=(Example(title="No more", request={"id": "{assessed.id}"}, before=(ASSESSED,)),),
)
async def delete_assessment(request: OneAssessment, ctx: Context) -> OneAssessment:
    """Delete an assessment and its outcome; calibrations that were made with it stay."""
    row = await find(request.id, ctx)
    await ctx.store.delete("assessments", row["id"])
    return OneAssessment(id=row["id"])


@operation(
    "metacognition.record_outcome",
    effect="writes",
    repeatable=True,
    examples=(
        Example(
            title="An answer turned out right",
            request={"outcomes": [{"id": "{assessed.id}", "correct": True}]},
            before=(ASSESSED,),
        ),
        Example(title="Answers that were scored elsewhere", request={"task": "weather", "outcomes": SCORED[:2]}),
    ),
)
async def record_outcome(request: RecordOutcome, ctx: Context) -> OutcomesRecorded:
    """Record what became of answers: right or wrong, or what the right answer was; one assessment or many.

    Answers that were scored elsewhere are taken too, with their score, so that a task can be calibrated from them.

    Raises:
        NotFound: there is no such assessment; nothing is recorded then.
    """
    return await recording.record(request, ctx)


@operation(
    "metacognition.calibrate_task",
    effect="writes",
    repeatable=True,
    view=calibration.draw,
    examples=(Example(title="Scores from elsewhere", request=CALIBRATE, before=(RECORDED,)),),
)
async def calibrate_task(request: CalibrateTask, ctx: Context) -> Calibration:
    """Learn from a task's outcomes what its scores mean: from then on its assessments have a confidence.

    Part of the questions is fitted, by isotonic regression, Platt's or temperature scaling; the others judge: ECE,
    Brier score with its parts, AUROC, AURC, each with an interval. The map that was judged is the one that serves.

    Raises:
        InvalidRequest: there are too few outcomes that were asked alike.
    """
    return await calibrating.calibrate(request, ctx)


@operation(
    "metacognition.get_calibration",
    effect="reads",
    resource="calibration",
    view=calibration.draw,
    examples=(
        Example(title="How far it is to be believed", request={"id": "{calibrated.id}"}, before=(RECORDED, CALIBRATED)),
    ),
)
async def get_calibration(request: WhichCalibration, ctx: Context) -> Calibration:
    """Get the calibration that serves a task, or one by its id: its map, and its measures on outcomes held out."""
    return calibration_of(await calibration.find(request, ctx))


@operation(
    "metacognition.delete_calibration",
    effect="destroys",
    repeatable=True,
    resource="calibration",
    examples=(Example(title="No more confidence", request={"id": "{calibrated.id}"}, before=(RECORDED, CALIBRATED)),),
)
async def delete_calibration(request: OneCalibration, ctx: Context) -> OneCalibration:
    """Delete a calibration; where it served, assessments have no confidence until the task is calibrated again."""
    row = await calibration.find(request, ctx)
    await ctx.store.delete("calibrations", row["id"])
    return OneCalibration(id=row["id"])


@operation(
    "metacognition.decide_abstention",
    effect="reads",
    on="assessment",
    view=abstaining.draw,
    examples=(Example(title="Too few outcomes to answer", request={"id": "{assessed.id}"}, before=(ASSESSED,)),),
)
async def decide_abstention(request: DecideAbstention, ctx: Context) -> AbstentionDecision:
    """Decide whether to give an assessed answer or to abstain, with a guarantee for finitely many outcomes.

    Either sets of answers that hold the right one but for alpha, by split conformal prediction, or a threshold above
    which at most alpha is wrong. What is promised, and what not, is told in words.

    Sources: Vovk, Gammerman & Shafer (2005); Angelopoulos & Bates (2021); Angelopoulos et al. (2021), Learn then test.
    """
    return await abstaining.decide(request, ctx)


OPERATIONS = (
    *(assess_answer, get_assessment, list_assessments, delete_assessment),
    *(record_outcome, calibrate_task, get_calibration, delete_calibration),
    decide_abstention,
)
