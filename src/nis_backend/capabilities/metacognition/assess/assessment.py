"""An assessment: what was known of an answer before its outcome, and what became of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from nis_backend import found
from nis_backend.answers.extracting import Extraction
from nis_backend.capabilities.metacognition.multipath.speaking import Spent
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

Method = Literal["vote", "entropy", "truth", "verbal", "likelihood"]
Scored = Literal["vote", "entropy", "truth", "verbal", "likelihood", "given"]

Task = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._:-]+$")]
GENERAL = "general"
MOST_OUTCOMES = 3000
"""Outcomes of a task, right and wrong each, that are looked at: the newest."""
PAGE = 500
"""Rows of them that are read at a time."""
LONGEST_KEPT = 4000
"""Characters of a question and of an answer that are kept with what was known of it."""


_CUT = re.compile("\u2026 [0-9a-f]{16}$")


def kept(question: str) -> str:
    """As much of a question as is kept; of a longer one with its digest, so that two that begin alike are two."""
    if len(question) <= LONGEST_KEPT:
        return question
    mark = f"\u2026 {hashlib.sha256(question.encode(errors='replace')).hexdigest()[:16]}"
    return question[: LONGEST_KEPT - len(mark)] + mark


def was_cut(question: str) -> bool:
    """Whether this is what was kept of a longer one."""
    return len(question) == LONGEST_KEPT and _CUT.search(question) is not None


class Score(Model):
    """What one method says of the answer."""

    method: Scored
    value: float | None = Field(description="As its formula has it: no confidence, until outcomes have shown that.")
    formula: str
    why: str = Field(default="", description="Why there is none.")


class AnswerClass(Model):
    """Answers that say the same."""

    answer: str
    votes: int
    share: float = Field(description="Of all samples that were asked, those without an answer among them.")


class Assessment(Model):
    """What is known of an answer."""

    id: str
    task: str
    question: str
    answer: str = Field(description="In one spelling, by which it is compared.")
    response: str = Field(description="The words of the first sample with it.")
    model: str
    method: Scored = Field(description="Whose score this is.")
    score: float | None = Field(description="By that method's formula; null where it says nothing.")
    confidence: float | None = Field(
        description="The chance that the answer is right, as the task's outcomes have it; null until it is calibrated."
    )
    confidence_from: str = Field(description="What the confidence rests on, or why there is none.")
    scores: list[Score]
    classes: list[AnswerClass] = Field(description="What the samples answered, the most first.")
    samples: int = Field(description="That were asked.")
    missing: int = Field(description="Samples in which no answer was found.")
    spared: int = Field(description="Samples that could not have changed the vote, and were not asked.")
    entropy: float | None = Field(
        description="Of the classes, in nats: discrete semantic entropy, Farquhar et al. (2024), Nature 630, 625-630; "
        "of few samples too low on average, by about (classes - 1) / (2 samples)."
    )
    near_split: float | None = Field(
        description="How likely so great a lead is where the first two answers are as likely: an exact sign test."
    )
    warnings: list[str]
    extraction: Extraction
    setting: str = Field(description="How it was asked: a calibration is read for what was asked alike.")
    spent: Spent
    demonstration: bool = Field(description="Whether the model is too small to be relied on.")
    run_id: str | None
    correct: bool | None = Field(description="What became of it; null until that is recorded.")
    created: float = Field(description="Seconds since 1970.")


class OneAssessment(Model):
    """Which assessment."""

    id: str = Field(min_length=1, max_length=64, description="The assessment's id.")


def row_of(one: Assessment, earlier: Sequence[str] = ()) -> Row:
    """Its row; what is no column is its detail, and of what was said before the question a digest."""
    columns = {"id", "task", "method", "model", "run_id", "answer", "score", "confidence", "correct", "created"}
    detail = one.model_dump(mode="json", exclude=columns)
    if earlier:
        detail["earlier"] = hashlib.sha256(json.dumps([*earlier]).encode()).hexdigest()[:16]
    return {
        **{name: getattr(one, name) for name in columns},
        "correct": None if one.correct is None else int(one.correct),
        "detail": json.dumps(detail, ensure_ascii=False),
        "updated": one.created,
    }


def assessment_of(row: Row) -> Assessment:
    """The assessment that a row holds."""
    detail: dict[str, Any] = json.loads(row["detail"])  # Any: JSON
    for name in ("truth", "earlier"):
        detail.pop(name, None)
    columns = {name: row[name] for name in ("id", "task", "method", "model", "run_id", "answer", "score", "confidence")}
    correct = None if row["correct"] is None else bool(row["correct"])
    return Assessment.model_validate({**detail, **columns, "correct": correct, "created": row["created"]})


def asked_in(id_: str, detail: Mapping[str, Any]) -> str:  # Any: JSON
    """What was asked, by which two are the same question: its text, and what was said before it; its id if not known.

    "And of Spain?" is another question after other words.
    """
    return f"{detail['question']}{detail.get('earlier', '')}" or id_


find = partial(found.by_id, "assessments", "assessment")
"""The row of an assessment, by its id."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was known of an answer, and whether it was right."""

    id: str
    question: str
    """As `asked_in` has it."""
    setting: str
    """How it was asked: scores of different settings do not mean the same."""
    scores: dict[str, float]
    shares: dict[str, float]
    """Of the samples, by their answers."""
    truth: str | None
    """The right answer, where it is known."""
    correct: bool
    recorded: tuple[float, str]
    """When, and its id: the order of outcomes."""


async def outcomes(task: str, ctx: Context) -> list[Outcome]:
    """The newest outcomes of a task; of a question that was asked alike more than once, the newest one alone.

    Questions are drawn independently of each other, answers to one question are not.
    """
    kinds = [await _newest(task, correct, ctx) for correct in (0, 1)]
    # Where there are more of one kind than are read, the other is cut at the same time: else the share of right ones
    # would be that of the bounds.
    since = max((min(one.recorded for one in some) for some in kinds if len(some) == MOST_OUTCOMES), default=(0.0, ""))
    return each_question_once([one for some in kinds for one in some if one.recorded >= since])


async def _newest(task: str, correct: int, ctx: Context) -> list[Outcome]:
    """A page at a time, of which no more is held than what counts: a row has the samples' words too."""
    found: list[Outcome] = []
    while len(found) < MOST_OUTCOMES:
        limit = min(PAGE, MOST_OUTCOMES - len(found))
        before = found[-1].recorded if found else None
        rows = await ctx.store.select(
            "assessments", where={"task": task, "correct": correct}, before=before, limit=limit, order="updated"
        )
        found += await asyncio.to_thread(list[Outcome], map(outcome_of, rows))
        if len(rows) < limit:
            break
    return found


def outcome_of(row: Row) -> Outcome:
    """What a row holds of an outcome."""
    detail = json.loads(row["detail"])
    return Outcome(
        id=row["id"],
        question=asked_in(row["id"], detail),
        setting=detail["setting"],
        scores={one["method"]: one["value"] for one in detail["scores"] if one["value"] is not None},
        shares={one["answer"]: one["share"] for one in detail["classes"]},
        truth=detail.get("truth"),
        correct=bool(row["correct"]),
        recorded=(row["updated"], row["id"]),
    )


def each_question_once(every: Iterable[Outcome]) -> list[Outcome]:
    """Of a question that was asked alike more than once, the newest."""
    ordered = sorted(every, key=lambda one: one.recorded)
    return list({(one.setting, one.question): one for one in ordered}.values())
