"""What became of answers: outcomes of assessments made here, and of answers that were scored elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from nis_backend.annotations import Plain
from nis_backend.answers.extracting import Extraction, same
from nis_backend.capabilities.metacognition.assess.asking import FORMULAS
from nis_backend.capabilities.metacognition.assess.assessment import (
    GENERAL,
    LONGEST_KEPT,
    Assessment,
    Score,
    Task,
    assessment_of,
    find,
    row_of,
)
from nis_backend.capabilities.metacognition.multipath.speaking import Spent
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row, Table

MOST_RECORDED = 500
GIVEN = "given"
ELSEWHERE = "scored elsewhere"
"""The setting of such answers."""


class Outcome(Model):
    """What became of an assessment, or of an answer that was scored elsewhere."""

    id: str | None = Field(
        default=None, min_length=1, max_length=64, description="The assessment; unset for an answer scored elsewhere."
    )
    correct: bool | None = Field(default=None, description="Whether the answer was right; unset where expected says.")
    expected: Annotated[str, Plain] | None = Field(
        default=None,
        max_length=LONGEST_KEPT,
        description="The right answer, which is compared as answers are. Sets of answers need it where one was wrong.",
    )
    score: float | None = Field(
        default=None, ge=0, le=1, description="Without id: how sure somebody was, as a probability."
    )
    answer: Annotated[str, Plain] = Field(default="", max_length=200, description="Without id: what was answered.")
    question: Annotated[str, Plain] = Field(
        default="", max_length=LONGEST_KEPT, description="Without id: of one question the newest outcome counts."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.correct is None and self.expected is None:
            msg = "give correct or expected"
            raise ValueError(msg)
        if (self.id is None) == (self.score is None):
            msg = "give the id of an assessment, or the score of an answer that was assessed elsewhere"
            raise ValueError(msg)
        if self.score is not None and (self.correct is None or self.expected is not None):
            msg = "an answer scored elsewhere needs correct, and takes no expected"
            raise ValueError(msg)
        return self


class RecordOutcome(Model):
    """What became of answers."""

    outcomes: list[Outcome] = Field(min_length=1, max_length=MOST_RECORDED, description="One, or many.")
    task: Task = Field(default=GENERAL, description="Of answers that were scored elsewhere.")


class OutcomesRecorded(Model):
    """How many there are now."""

    recorded: int
    right: int
    wrong: int
    ids: list[str] = Field(description="The assessments, in the order of the outcomes.")


async def record(request: RecordOutcome, ctx: Context) -> OutcomesRecorded:
    """Write them down: all, or none where one names what there is not.

    Raises:
        NotFound: there is no such assessment.
        InvalidRequest: an expected answer is none of the assessment's kind, or says otherwise than `correct`; or one
            assessment is named twice.
    """
    rows = [
        None if one.id is None else await find(one.id, ctx, f"outcomes.{place}.id")
        for place, one in enumerate(request.outcomes)
    ]
    pairs = list(zip(request.outcomes, rows, strict=True))
    told = [_told(one, row, place) for place, (one, row) in enumerate(pairs)]
    _once(request)
    ids: list[str] = []
    fresh: list[tuple[Table, Row]] = []
    for (one, row), (correct, truth) in zip(pairs, told, strict=True):
        if row is None:
            # Each is newer than the one before, as they are told: of one question the last counts.
            kept = row_of(_scored(one, request.task, ctx.new_id("assessment"), ctx.now() + len(fresh) * 1e-6))
            fresh.append(("assessments", kept))
            ids.append(kept["id"])
            continue
        detail = json.dumps(json.loads(row["detail"]) | {"truth": truth}, ensure_ascii=False)
        changes: Row = {"correct": int(correct), "detail": detail, "updated": ctx.now()}
        await ctx.store.update("assessments", row["id"], changes)
        ids.append(row["id"])
    if fresh:
        # In one piece: after a death half-way nobody could tell which of them are there.
        await ctx.store.insert(*fresh[0], fresh[1:])
    right = sum(correct for correct, _ in told)
    return OutcomesRecorded(recorded=len(told), right=right, wrong=len(told) - right, ids=ids)


def _once(request: RecordOutcome) -> None:
    """Refuse two outcomes of one assessment: one of them would be lost."""
    seen: set[str] = set()
    for place, one in enumerate(request.outcomes):
        if one.id is None:
            continue
        if one.id in seen:
            raise InvalidRequest(
                f"{one.id} is named twice.",
                field=f"outcomes.{place}.id",
                value=one.id,
                remedy="Give one outcome of each assessment.",
            )
        seen.add(one.id)


def _told(one: Outcome, row: Row | None, place: int) -> tuple[bool, str | None]:
    """Whether it was right, and the spelling of the right answer where that is known."""
    if row is None:
        return bool(one.correct), None
    known = assessment_of(row)
    if one.expected is None:
        return bool(one.correct), known.answer if one.correct else None
    truth = same(one.expected, known.extraction)
    if truth is None:
        raise InvalidRequest(
            f"No {known.extraction.kind} is found in {one.expected!r}.",
            field=f"outcomes.{place}.expected",
            value=one.expected,
            remedy="Give the right answer in the form in which answers were looked for.",
        )
    correct = truth == known.answer
    if one.correct not in {None, correct}:
        raise InvalidRequest(
            f"The answer {known.answer!r} is {'' if correct else 'not '}the expected {truth!r}.",
            field=f"outcomes.{place}.correct",
            value=one.correct,
            remedy="Leave out one of correct and expected.",
        )
    return correct, truth


def _scored(one: Outcome, task: str, id_: str, now: float) -> Assessment:
    return Assessment(
        id=id_,
        task=task,
        question=one.question,
        answer=one.answer,
        response=one.answer,
        model=GIVEN,
        method=GIVEN,
        score=one.score,
        confidence=None,
        confidence_from="It was scored elsewhere.",
        scores=[Score(method=GIVEN, value=one.score, formula=FORMULAS[GIVEN])],
        classes=[],
        samples=0,
        missing=0,
        spared=0,
        entropy=None,
        near_split=None,
        warnings=[],
        extraction=Extraction(kind="text"),
        setting=ELSEWHERE,
        spent=Spent(calls=0, tokens=None, cost=None),
        demonstration=False,
        run_id=None,
        correct=one.correct,
        created=now,
    )
