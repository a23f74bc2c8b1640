"""Whether to answer or to abstain: what the task's outcomes bear out of an answer, and what they do not."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Knob
from nis_backend.capabilities.metacognition.assess.assessment import (
    OneAssessment,
    asked_in,
    assessment_of,
    find,
    outcomes,
)
from nis_backend.errors import NotSupported
from nis_backend.numerics.conformal import coverage, least_known, place, selective, threshold
from nis_backend.operation import Model
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.capabilities.metacognition.assess.assessment import Assessment, Outcome
    from nis_backend.context import Context

SETS = (
    "split conformal: an answer is in the set where 1 − its share of the samples is at most the ⌈(n + 1)(1 − α)⌉-th "
    "least such number of the right answers of n outcomes; one that no sample gave counts as infinite"
)
SELECTIVE = (
    "fixed sequence testing of thresholds 1, 0.95, … by exact binomial tests: answered from the least threshold on at "
    "which “wrong more often than α” is rejected at the level δ"
)
NOT = (
    "It is no promise about this one question, nor about any kind of question by itself, nor where questions, model or "
    "setting have changed since: outcomes and this question have to be drawn alike (exchangeable)."
)


class DecideAbstention(OneAssessment):
    """Which assessment, and how often it may be wrong."""

    alpha: float = Field(default=0.1, ge=0.005, le=0.5, description="How often the promise may be broken.")
    promise: Literal["answer_sets", "selective_risk"] = Field(
        default="answer_sets",
        description="answer_sets: the right answer is in the set but for alpha, and who has one answer alone answers; "
        "selective_risk: of what is answered no more than alpha is wrong.",
    )
    delta: Annotated[float, Knob()] = Field(
        default=0.1, ge=0.001, le=0.5, description="Of selective_risk: chance that these outcomes mislead."
    )


class AbstentionDecision(Model):
    """Whether to answer, and what that rests on."""

    id: str
    task: str
    decision: Literal["answer", "abstain"]
    answer: str = Field(description="The assessment's.")
    why: str
    answer_set: list[str] | None = Field(description="Of answer_sets; null where nothing bounds it.")
    threshold: float | None = Field(description="By the formula; null where there are too few outcomes for one.")
    outcomes: int = Field(description="Of the task, asked alike, other questions than this one.")
    unknown: int = Field(description="Of these, wrong ones of which the right answer is not known: taken for unseen.")
    alpha: float
    promised: str = Field(description="What is guaranteed, exactly.")
    not_promised: str
    coverage_low: float | None
    coverage_high: float | None = Field(
        description="With coverage_low: where the coverage of these outcomes' threshold is nine times of ten, by "
        "Beta(k, n + 1 − k), Vovk (2012)."
    )
    formula: str


async def decide(request: DecideAbstention, ctx: Context) -> AbstentionDecision:
    """Hold the assessment against the other outcomes of its task.

    Raises:
        NotFound: there is no such assessment.
        NotSupported: it was scored elsewhere, where nothing is known of other answers.
    """
    row = await find(request.id, ctx)
    known = assessment_of(row)
    alike = [one for one in await outcomes(known.task, ctx) if one.setting == known.setting and one.id != known.id]
    asked = asked_in(known.id, json.loads(row["detail"]))
    others = [one for one in alike if one.question != asked]
    if request.promise == "selective_risk":
        return _selective(request, known, others)
    if known.run_id is None:
        raise NotSupported(
            f"{known.id} was scored elsewhere: of other answers to its question nothing is known.",
            field="promise",
            value=request.promise,
            remedy="Ask for selective_risk.",
        )
    return _sets(request, known, others)


def _sets(request: DecideAbstention, known: Assessment, others: list[Outcome]) -> AbstentionDecision:
    scores = [_strange(one) for one in others]
    limit = threshold(scores, request.alpha)
    among = None if limit is None else [one.answer for one in known.classes if 1 - one.share <= limit + 1e-12]
    ends = None if limit is None else coverage(len(others), request.alpha)
    alone = among == [known.answer]
    if limit is None and place(len(others), request.alpha) > len(others):
        why = f"Nothing is bounded by {len(others)} outcomes: it takes {least_known(request.alpha)} at least."
    elif limit is None:
        why = "The right answer was too often one that no sample gave: every answer would be in the set."
    elif alone:
        why = "It is the only answer in the set."
    elif not among:
        why = "No answer is in the set: the samples differ more than they did where one of them was right."
    else:
        why = f"{len(among)} answers are in the set: which of them is right, the outcomes do not tell."
    return AbstentionDecision(
        id=known.id,
        task=known.task,
        decision="answer" if alone else "abstain",
        answer=known.answer,
        why=why,
        answer_set=among,
        threshold=limit,
        outcomes=len(others),
        unknown=sum(one.truth is None for one in others),
        alpha=request.alpha,
        promised=f"Over questions and outcomes drawn alike the set holds the right answer in at least "
        f"{1 - request.alpha:.1%} of cases, whatever their distribution and however many outcomes there are; one that "
        "nothing bounds holds every answer.",
        not_promised=f"{NOT} Nor that of the questions which are answered as few are wrong: that is selective_risk.",
        coverage_low=ends and ends[0],
        coverage_high=ends and ends[1],
        formula=SETS,
    )


def _strange(one: Outcome) -> float:
    """1 − the share of the right answer among the samples; infinite where none gave it, or nobody has told it."""
    return 1 - one.shares[one.truth] if one.truth in one.shares else math.inf


def _selective(request: DecideAbstention, known: Assessment, others: list[Outcome]) -> AbstentionDecision:
    found = ((one.scores.get(known.method), one.correct) for one in others)
    pairs = [(score, right) for score, right in found if score is not None and 0 <= score <= 1]
    limit = selective(pairs, request.alpha, request.delta)
    answers = limit is not None and known.score is not None and known.score >= limit
    if limit is None:
        why = f"By {len(pairs)} outcomes there is no score from which on it is proven that so few are wrong."
    elif known.score is None:
        why = f"{known.method} gave no score."
    else:
        why = f"Its score is {known.score:.3f}, the threshold {limit:g}."
    return AbstentionDecision(
        id=known.id,
        task=known.task,
        decision="answer" if answers else "abstain",
        answer=known.answer,
        why=why,
        answer_set=None,
        threshold=limit,
        outcomes=len(pairs),
        unknown=0,
        alpha=request.alpha,
        promised=f"But for a chance of {request.delta:.1%} that these outcomes mislead, at most {request.alpha:.1%} of "
        "the questions that are answered by this threshold are answered wrongly, over questions drawn alike.",
        not_promised=NOT,
        coverage_low=None,
        coverage_high=None,
        formula=SELECTIVE,
    )


def draw(_request: Model, result: AbstentionDecision) -> list[View]:
    """What to do, why, and what is promised."""
    said = f"**{result.decision.capitalize()}**: {result.answer}. {result.why}"
    views: list[View] = [Text(text=f"{said}\n\n{result.promised}\n\n{result.not_promised}")]
    if result.answer_set is not None:
        views.append(Table(title="Answers in the set", columns=["answer"], rows=[[one] for one in result.answer_set]))
    return views
