"""Bits per byte: how likely a model takes a text to be, where it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.evaluations.filling import turns
from nis_backend.capabilities.evaluations.scoring import Scored
from nis_backend.capabilities.evaluations.targets import Target
from nis_backend.capabilities.evaluations.wording import accepted
from nis_backend.drivers.llm.base import Message, Prompt
from nis_backend.errors import NisError, NotSupported, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.capabilities.evaluations.cases import Case
    from nis_backend.capabilities.evaluations.measures import Metric
    from nis_backend.capabilities.evaluations.running import Parts
    from nis_backend.capabilities.evaluations.scoring import Pair
    from nis_backend.capabilities.evaluations.targets import How
    from nis_backend.operation import Json

NO_MODEL = "Only a model tells how likely a text is. Name one as the target."
SILENT = "The model tells no probabilities of its words. Choose one that does, such as a model on this machine's disk."


async def of_expected(metric: Metric, pairs: Sequence[Pair], parts: Parts, target: str, how: How) -> Scored:
    """Of the expected texts, each as the model's next turn; none where the model does not tell."""
    scored = Scored(metric=metric, scores=[None] * len(pairs))
    named = Target.of(target)
    if named.kind != "model":
        scored.unavailable = NO_MODEL
        return scored
    problems: list[str] = []
    away: list[Json] = []

    async def one(place: int) -> None:
        case = pairs[place][0]
        text = accepted(case.expected)[0]

        async def tell() -> Json:
            if away:
                return away[0]
            try:
                return {"bits": await _bits(named.name, case, text, how, parts)}
            except (NotSupported, Unavailable) as error:
                # It is so of every case.
                away.append({"problem": f"{error.message} {error.remedy}".strip()})
                return away[0]
            except NisError as error:
                return {"problem": f"{error.message} {error.remedy}".strip()}

        told = await parts.note(f"metric {metric.called} {place + 1}", tell)
        if "problem" in told:
            problems.append(told["problem"])
            scored.why[place] = f"Not told: {told['problem']}"
        else:
            scored.scores[place] = told["bits"] / len(text.encode())

    with_text = [
        place for place, (case, _) in enumerate(pairs) if case.expected is not None and accepted(case.expected)[0]
    ]
    await parts.each(with_text, one, "Tells likelihoods")
    if all(value is None for value in scored.scores):
        scored.unavailable = problems[0] if problems else "No case says what is expected. Give `expected`."
    return scored


async def _bits(model: str, case: Case, text: str, how: How, parts: Parts) -> float:
    driver, info = await parts.ctx.models.choose(model)
    before = [Message(role="system", content=how.system)] if how.system else []
    messages = [*before, *(Message(role=one.role, content=one.content) for one in turns(case))]
    return await driver.surprise(Prompt(model=info.name, messages=messages), text)


def of_answers(metric: Metric, pairs: Sequence[Pair], outcomes: Mapping[int, Json], target: str) -> Scored:
    """Of the answers themselves, whose probabilities came with them."""
    scores: list[float | None] = []
    for place, (_, answer) in enumerate(pairs):
        bits, size = outcomes.get(place, {}).get("bits"), len(answer.answer.encode())
        scores.append(None if bits is None or not size else bits / size)
    scored = Scored(metric=metric, scores=scores)
    if all(one is None for one in scores):
        scored.unavailable = SILENT if Target.of(target).kind == "model" else NO_MODEL
    return scored
