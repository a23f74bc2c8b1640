"""A model as the judge of answers: asked in both orders, so that what stands first has no advantage."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nis_backend.capabilities.evaluations.scoring import Scored
from nis_backend.capabilities.evaluations.targets import words
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
    means: tuple[Mapping[str, Verdict], Mapping[str, Verdict]]


async def judge(metric: Metric, pairs: Sequence[Pair], parts: Parts, others: Mapping[str, Answer]) -> Scored:
    """The scores of a judge; of what is not asked they are settled: a refusal has lost, and has won against one."""
    scored = Scored(metric=metric, scores=[None] * len(pairs))
    asked: list[Question] = []
    for place, pair in enumerate(pairs):
        found = _question(metric, place, pair, others)
        if isinstance(found, Question):
            asked.append(found)
        elif found is not None:
            scored.scores[place] = found
    heard: dict[int, tuple[Verdict, Verdict]] = {}
    problems: list[str] = []

    async def one(question: Question) -> None:
        both: list[Verdict] = []
        for order in (0, 1):
            name = f"{metric.called} {question.place + 1} {order + 1}"
            told = await parts.noted(name, CLASSIFY, _request(metric, question, order))
            if "problem" in told:
                problems.append(told["problem"])
                scored.why[question.place] = f"Not judged: {told['problem']}"
                return
            scored.judge, scored.demonstration = told["model"], scored.demonstration or told["demonstration"]
            both.append(question.means[order][told["labels"][0]])
        heard[question.place] = (both[0], both[1])

    try:
        await parts.each(asked, one, f"Judges by {metric.called}")
    except BudgetExceeded as error:
        problems.append(f"{error.message} {error.remedy}")
    for place, verdicts in heard.items():
        scored.scores[place] = {("mine", "mine"): 1.0, ("other", "other"): 0.0}.get(verdicts, 0.5)
        scored.why.setdefault(place, f"first order: {verdicts[0]}; other order: {verdicts[1]}")
    if heard:
        _tell(scored, list(heard.values()), parts.answered_by, metric)
    if all(one is None for one in scored.scores):
        lacking = "No case has what the judge needs: `rubric`, or `expected` to be held against."
        scored.unavailable = problems[0] if problems else lacking
    return scored


def _request(metric: Metric, question: Question, order: int) -> Json:
    return {
        "text": question.texts[order],
        "labels": question.labels[order],
        **({"model": metric.model} if metric.model else {}),
    }


def _question(metric: Metric, place: int, pair: Pair, others: Mapping[str, Answer]) -> Question | float | None:
    """What is asked; a score where nobody has to be; None where there is none."""
    case, answer = pair
    if answer.outcome == "unasked":
        return None
    rubric = case.rubric or metric.rubric
    task = f"The question:\n{words(case)[:LONGEST]}"
    if rubric:
        task += f"\n\nWhat a good answer has:\n{rubric}"
    mine = answer.answer[:LONGEST]
    if metric.against == "rubric":
        if not rubric:
            return None
        labels, means = [MEETS, FALLS_SHORT], {MEETS["name"]: "mine", FALLS_SHORT["name"]: "other"}
        text = f"{task}\n\nThe answer:\n{mine}"
        question = Question(
            place=place,
            texts=(text, text),
            labels=(list(labels), labels[::-1]),
            means=(_verdicts(means), _verdicts(means)),
        )
        return question if answer.outcome == "answered" else 0.0
    if metric.against == "expected":
        if case.expected is None:
            return None
        other = accepted(case.expected)[0]
    else:
        theirs = others.get(answer.digest)
        if theirs is None or theirs.outcome == "unasked":
            return None
        if theirs.outcome != "answered":
            return 1.0 if answer.outcome == "answered" else 0.5
        other = theirs.answer
    if answer.outcome != "answered":
        return 0.0
    if mine == other:
        return 0.5
    return Question(
        place=place,
        texts=(_beside(task, mine, other[:LONGEST]), _beside(task, other[:LONGEST], mine)),
        labels=(_SIDES, _SIDES),
        means=({"answer 1": "mine", "answer 2": "other", "as good": "tie"}, _SWAPPED),
    )


_SIDES: list[Json] = [
    {"name": "answer 1", "description": "Answer 1 is the better one."},
    {"name": "answer 2", "description": "Answer 2 is the better one."},
    AS_GOOD,
]
_SWAPPED: Mapping[str, Verdict] = {"answer 1": "other", "answer 2": "mine", "as good": "tie"}


def _verdicts(means: Mapping[str, str]) -> Mapping[str, Verdict]:
    return {name: "mine" if one == "mine" else "other" for name, one in means.items()}


def _beside(task: str, first: str, second: str) -> str:
    return f"{task}\n\nAnswer 1:\n{first}\n\nAnswer 2:\n{second}"


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
