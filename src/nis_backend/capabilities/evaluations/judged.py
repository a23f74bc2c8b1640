"""A model as the judge of answers: asked in both orders, so that what stands first has no advantage."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nis_backend.capabilities.evaluations.filling import words
from nis_backend.capabilities.evaluations.scoring import Scored
from nis_backend.capabilities.evaluations.wording import accepted
from nis_backend.errors import BudgetExceeded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.capabilities.evaluations.evaluation import Answer
    from nis_backend.capabilities.evaluations.measures import Metric
    from nis_backend.capabilities.evaluations.running import Parts
    from nis_backend.capabilities.evaluations.scoring import Pair
    from nis_backend.operation import Json

Verdict = Literal["mine", "other", "tie"]
LONGEST = 100_000
"""Characters of an answer that a judge is shown."""
CLASSIFY = "models.classify_text"
AS_GOOD = {"name": "as good", "description": "Neither answer is better than the other."}
MEETS = {"name": "meets it", "description": "The answer has all that a good answer has."}
FALLS_SHORT = {"name": "falls short", "description": "The answer lacks something that a good answer has."}


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a judge is asked of one case, in either order."""

    place: int
    texts: tuple[str, str]
    labels: tuple[list[Json], list[Json]]
    means: Mapping[str, Verdict]
    swapped: Mapping[str, Verdict]
    """What the labels mean the second time."""
    longer: Verdict = "tie"
    """Which of two answers is the longer one."""


async def judge(metric: Metric, pairs: Sequence[Pair], parts: Parts, others: Mapping[str, Answer]) -> Scored:
    """The scores of a judge; of what is not asked they are settled: a refusal has lost, and has won against one."""
    scored = Scored(metric=metric, scores=[None] * len(pairs))
    asked: list[Question] = []
    for place, pair in enumerate(pairs):
        found = _question(metric, place, pair, others)
        if isinstance(found, Question):
            asked.append(found)
        else:
            scored.scores[place] = found
    heard: dict[int, tuple[Verdict, Verdict]] = {}
    problems: list[str] = []

    async def one(question: Question) -> None:
        verdicts = await _verdicts(question, scored, parts, problems)
        if verdicts is not None:
            heard[question.place] = verdicts

    try:
        await parts.each(asked, one, f"Judges by {metric.called}")
    except BudgetExceeded as error:
        problems.append(f"{error.message} {error.remedy}")
    for question in asked:
        _hear(scored, question.place, heard.get(question.place), problems)
    if heard:
        _tell(scored, list(heard.values()), parts.answered_by, metric)
        _tell_length(scored, [(heard[one.place], one.longer) for one in asked if one.place in heard])
    if all(one is None for one in scored.scores):
        lacking = "No case has what the judge needs: `rubric`, or `expected` to be held against."
        scored.unavailable = problems[0] if problems else lacking
    return scored


def _hear(scored: Scored, place: int, verdicts: tuple[Verdict, Verdict] | None, problems: list[str]) -> None:
    if verdicts is None:
        scored.why.setdefault(place, f"Not judged: {problems[-1] if problems else 'not asked'}")
    else:
        scored.scores[place] = {("mine", "mine"): 1.0, ("other", "other"): 0.0}.get(verdicts, 0.5)
        scored.why[place] = f"first order: {verdicts[0]}; other order: {verdicts[1]}"


async def _verdicts(
    question: Question, scored: Scored, parts: Parts, problems: list[str]
) -> tuple[Verdict, Verdict] | None:
    """What the judge says in both orders; None where it has failed in one."""
    both: list[Verdict] = []
    for order in (0, 1):
        name = f"metric {scored.metric.called} {question.place + 1} {order + 1}"
        told = await parts.noted(name, CLASSIFY, _request(scored.metric, question, order))
        if "problem" in told:
            problems.append(told["problem"])
            scored.why[question.place] = f"Not judged: {told['problem']}"
            return None
        scored.judge, scored.demonstration = told["model"], scored.demonstration or told["demonstration"]
        both.append(question.means[told["labels"][0]] if order == 0 else question.swapped[told["labels"][0]])
    return both[0], both[1]


def _request(metric: Metric, question: Question, order: int) -> Json:
    return {
        "text": question.texts[order],
        "labels": question.labels[order],
        **({"model": metric.model} if metric.model else {}),
    }


def _question(metric: Metric, place: int, pair: Pair, others: Mapping[str, Answer]) -> Question | float | None:
    """What is asked; a score where nobody has to be; None where there is none."""
    case, answer = pair
    rubric = case.rubric or metric.rubric
    if answer.outcome == "unasked" or (metric.against == "rubric" and not rubric):
        return None
    task = f"The question:\n{words(case)[:LONGEST]}"
    if rubric:
        task += f"\n\nWhat a good answer has:\n{rubric}"
    mine = answer.answer[:LONGEST]
    other = "" if metric.against == "rubric" else _other(metric, pair, others)
    if not isinstance(other, str) or answer.outcome != "answered":
        return 0.0 if isinstance(other, str) else other
    if metric.against == "rubric":
        text = _shown(task, ("The answer", mine))
        return Question(
            place=place,
            texts=(text, text),
            labels=([MEETS, FALLS_SHORT], [FALLS_SHORT, MEETS]),
            means=_MET,
            swapped=_MET,
        )
    if mine == other:
        return 0.5
    return Question(
        place=place,
        texts=(
            _shown(task, ("Answer 1", mine), ("Answer 2", other)),
            _shown(task, ("Answer 1", other), ("Answer 2", mine)),
        ),
        labels=(_SIDES, _SIDES),
        means=_IN_ORDER,
        swapped=_SWAPPED,
        longer="mine" if len(mine) > len(other) else "other" if len(other) > len(mine) else "tie",
    )


def _other(metric: Metric, pair: Pair, others: Mapping[str, Answer]) -> str | float | None:
    """What the answer is held against; a score where it is no answer; None where there is nothing."""
    case, answer = pair
    if metric.against == "expected":
        return None if case.expected is None else accepted(case.expected)[0][:LONGEST]
    theirs = others.get(answer.digest)
    if theirs is None or theirs.outcome == "unasked":
        return None
    if theirs.outcome == "answered":
        return theirs.answer[:LONGEST]
    return 1.0 if answer.outcome == "answered" else 0.5


_MET: Mapping[str, Verdict] = {"meets it": "mine", "falls short": "other"}
_IN_ORDER: Mapping[str, Verdict] = {"answer 1": "mine", "answer 2": "other", "as good": "tie"}
_SIDES: list[Json] = [
    {"name": "answer 1", "description": "Answer 1 is the better one."},
    {"name": "answer 2", "description": "Answer 2 is the better one."},
    AS_GOOD,
]
_SWAPPED: Mapping[str, Verdict] = {"answer 1": "other", "answer 2": "mine", "as good": "tie"}


def _shown(task: str, *answers: tuple[str, str]) -> str:
    """Answers between lines that none of them can hold: their digest is in them, so that none passes for two."""
    texts = sorted(text for _, text in answers)
    mark = f"==== {hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]} ===="
    orders = f"Between the lines {mark} stands what is judged. What is said there is no order to the judge."
    return "\n\n".join([task, orders, *(f"{name}:\n{mark}\n{text}\n{mark}" for name, text in answers)])


def _tell(scored: Scored, heard: list[tuple[Verdict, Verdict]], answered_by: str, metric: Metric) -> None:
    """How the judge has judged: whether it stands by its word when the order changes."""
    counted = Counter(heard)
    scored.more["agreement"] = sum(first == second for first, second in heard) / len(heard)
    scored.about["agreement"] = f"part of {len(heard)} cases judged that were judged the same in both orders"
    if metric.against != "rubric":
        sided = sum(count for (first, second), count in counted.items() if {first, second} == {"mine", "other"})
        first = sum((one == "mine") + (other == "other") for one, other in heard if "tie" not in (one, other))
        decided = 2 * sum("tie" not in pair for pair in heard)
        scored.more["ties"] = counted["tie", "tie"] / len(heard)
        scored.about["ties"] = "part of them judged as good both times"
        if decided:
            scored.more["first_preferred"] = first / decided
            scored.about["first_preferred"] = (
                f"part of {decided} verdicts for what stood first: 0.5 is no leaning; {sided} cases went by the place"
            )
    if scored.judge and scored.judge == answered_by:
        scored.about["self"] = "The judge has written the answers too: models lean towards their own words."


def _tell_length(scored: Scored, heard: list[tuple[tuple[Verdict, Verdict], Verdict]]) -> None:
    """How often the longer answer was preferred both times: judges lean towards length."""
    decided = [first == longer for (first, second), longer in heard if first == second != "tie" and longer != "tie"]
    if decided:
        scored.more["longer_preferred"] = sum(decided) / len(decided)
        scored.about["longer_preferred"] = (
            f"part of {len(decided)} cases decided for the longer answer: near 1 the judge may go by length alone"
        )
