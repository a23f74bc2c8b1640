"""An answer revised: by what something outside the model finds, or else only where a blind comparison prefers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Knob, Plain
from nis_backend.answers.extracting import Extraction, extract
from nis_backend.capabilities.metacognition.multipath.checking import Check, Verdict, verdict_of
from nis_backend.capabilities.metacognition.multipath.speaking import (
    LONGEST,
    Question,
    Spent,
    Talk,
    Who,
    fenced,
)
from nis_backend.capabilities.metacognition.multipath.voting import READ
from nis_backend.errors import UpstreamFailed
from nis_backend.event import ToolCalled
from nis_backend.operation import Model
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from nis_backend.capabilities.metacognition.multipath.speaking import Voice
    from nis_backend.context import Context
    from nis_backend.operation import Json

MOST_ROUNDS = 5
JUDGE = "models.classify_text"
BY_CHECK = "the first version that passes the check; where none does, the original stands, unverified"
BY_COMPARISON = "the revision where a blind comparison prefers it in both orders of the two; else the original stands"
FOUND = "Your answer did not pass a check. What the check found:"
REVISE = (
    "Read your answer again as a critic: is a step wrong, a condition left out, a number miscalculated? Then answer "
    "the question again, whole and in the same form; where nothing is wrong, repeat your answer."
)

Preferred = Literal["original", "revision", "neither"]


class ReflectOnAnswer(Question):
    """A question, an answer to it, and what it is checked against."""

    first: Annotated[str, Plain] | None = Field(
        default=None, min_length=1, max_length=LONGEST, description="The answer to be revised; unset, the model's own."
    )
    model: Who | None = Field(
        default=None, description="As provider:name, a route, or agent:NAME for an agent kept here; unset, the default."
    )
    answer: Extraction = Field(default_factory=Extraction, description=READ)
    check: Check | None = Field(
        default=None, description="A signal from outside the model; without one only a blind comparison can replace."
    )
    rounds: Annotated[int, Knob()] = Field(
        default=2, ge=1, le=MOST_ROUNDS, description="Revisions at most; without a check there is one."
    )
    judge: Who | None = Field(
        default=None,
        description="The model that compares; unset, the default. Another than wrote it is the better one.",
    )


class Version(Model):
    """The answer, as it was at first or after a revision."""

    text: str
    answer: str | None = Field(description="What was found in it; null where nothing was.")
    verdict: Verdict | None = Field(description="What the check says; null without one.")
    problem: str = Field(default="", description="Why there is no revision.")


class Compared(Model):
    """What a judge preferred, not knowing which was which, in both orders."""

    first_order: Preferred
    other_order: Preferred
    judge: str
    problem: str = Field(description="Why it has not judged; the original stands then.")


class Reflected(Model):
    """The answer that stands, and why."""

    response: str
    answer: str | None = Field(description="What was found in it; null where nothing was.")
    stands: Literal["original", "revision"]
    verified: bool | None = Field(description="Whether it passes the check; null without one, or where none was made.")
    formula: str
    versions: list[Version]
    compared: Compared | None
    warnings: list[str]
    spent: Spent = Field(description="Of the versions; a judge's answers are in the run's own count.")
    model: str
    demonstration: bool = Field(description="Whether the model is too small to be relied on.")
    run_id: str


def draw_reflection(_request: Model, result: Reflected) -> list[View]:
    """What stands and why, then each version."""
    why = {True: "It passes the check.", False: "It does not pass the check.", None: "Nothing outside the model has "
           "checked it."}[result.verified]  # fmt: skip
    rows: list[list[str | float]] = [
        [number, one.answer or one.problem or "none", one.verdict.told[:200] if one.verdict else ""]
        for number, one in enumerate(result.versions)
    ]
    return [
        Text(text="\n\n".join([result.response, f"The {result.stands} stands. {why}", *result.warnings])),
        Table(title="Versions", columns=["revision", "answer", "check"], rows=rows),
    ]


async def reflected(request: ReflectOnAnswer, ctx: Context) -> Reflected:
    """Carry out the run."""
    talk = Talk(ctx=ctx, how=request)
    (voice,) = await talk.voices([request.model])
    text = request.first
    if text is None:
        said = await talk.ask(voice, [request.question], next(talk.steps))
        if said.problem:
            raise UpstreamFailed(f"{voice.name} has not answered: {said.problem}", remedy="Ask another model.")
        text = said.text
    versions = [await _version(request, talk, text)]
    check, compared = request.check, None
    if check is not None and versions[0].verdict is not None and versions[0].verdict.passed is None:
        check = None
    if check is not None:
        await _mended(request, talk, voice, versions)
        kept = next((one for one in versions if one.verdict and one.verdict.passed), versions[0])
    else:
        revised = await _revised(request, talk, voice, versions[0], REVISE)
        versions.append(revised)
        compared = await _compared(request, versions[0], revised, talk) if _differs(*versions) else None
        wins = compared is not None and compared.first_order == compared.other_order == "revision"
        kept = revised if wins else versions[0]
    verdict = kept.verdict
    return Reflected(
        response=kept.text,
        answer=kept.answer,
        stands="original" if kept is versions[0] else "revision",
        verified=verdict.passed if verdict is not None else None,
        formula=BY_COMPARISON if check is None else BY_CHECK,
        versions=versions,
        compared=compared,
        warnings=_warnings(request, versions, compared),
        spent=talk.spent(),
        model=voice.name,
        demonstration=talk.demonstration,
        run_id=ctx.run.run_id,
    )


async def _version(request: ReflectOnAnswer, talk: Talk, text: str) -> Version:
    answer = extract(text, request.answer)
    verdict = None
    if request.check is not None:
        verdict = await verdict_of(request.check, request.question, text, answer, next(talk.steps), talk.ctx)
    return Version(text=text, answer=answer, verdict=verdict)


async def _mended(request: ReflectOnAnswer, talk: Talk, voice: Voice, versions: list[Version]) -> None:
    """Revise by what the check finds until one passes."""
    for _ in range(request.rounds):
        last = versions[-1]
        if last.problem or last.verdict is None or last.verdict.passed is not False:
            return
        told = f"{FOUND}\n\n{fenced(('Finding', last.verdict.told))}\n\n{REVISE}"
        versions.append(await _revised(request, talk, voice, last, told))


async def _revised(request: ReflectOnAnswer, talk: Talk, voice: Voice, last: Version, told: str) -> Version:
    turns = [request.question, last.text, told]
    said = await talk.ask(voice, turns, next(talk.steps))
    if said.problem:
        return Version(text="", answer=None, verdict=None, problem=said.problem)
    return await _version(request, talk, said.text)


def _differs(original: Version, revision: Version) -> bool:
    return not revision.problem and original.text.split() != revision.text.split()


async def _compared(request: ReflectOnAnswer, original: Version, revision: Version, talk: Talk) -> Compared:
    """Which a judge prefers, shown once in each order and told of neither which it is."""
    heard: list[Preferred] = []
    judge = problem = ""
    for order in (0, 1):
        both = (original, revision) if order == 0 else (revision, original)
        shown = fenced(("Answer 1", both[0].text), ("Answer 2", both[1].text))
        arguments: Json = {
            "text": f"The question:\n{request.question}\n\n{shown}",
            "labels": [
                {"name": "answer 1", "description": "Answer 1 is right, or the better one."},
                {"name": "answer 2", "description": "Answer 2 is right, or the better one."},
                {"name": "as good", "description": "Neither is better than the other."},
            ],
            **({"model": request.judge} if request.judge else {}),
        }
        called = ToolCalled(step=next(talk.steps), call_id=f"judge-{order}", operation=JUDGE, arguments=arguments)
        used = await talk.ctx.use(called)
        if used.event.problem is not None:
            problem = str(used.event.problem.get("detail", ""))
            heard.append("neither")
            continue
        judge, said = used.event.result["model"], used.event.result["labels"][0]
        named = {"answer 1": both[0], "answer 2": both[1]}.get(said)
        heard.append("neither" if named is None else "original" if named is original else "revision")
    return Compared(first_order=heard[0], other_order=heard[1], judge=judge, problem=problem)


def _warnings(request: ReflectOnAnswer, versions: list[Version], compared: Compared | None) -> list[str]:
    told: list[str] = []
    if request.check is None:
        told.append(
            "Nothing outside the model has looked at the answer: a model that revises by itself makes right answers "
            "wrong at least as often as it mends wrong ones (Huang et al. 2023)."
        )
    verdicts = [one.verdict for one in versions if one.verdict is not None]
    if any(one.passed is None for one in verdicts):
        told.append(f"The check could not be made: {next(one.told for one in verdicts if one.passed is None)}")
    elif verdicts and not any(one.passed for one in verdicts):
        told.append("No version passes the check: the original stands, and is not verified.")
    lost = next((one.problem for one in versions if one.problem), "")
    if lost:
        told.append(f"There is no revision: {lost}")
    if compared is not None and compared.problem:
        told.append(f"The two were not compared: {compared.problem}")
    elif compared is not None and {compared.first_order, compared.other_order} == {"original", "revision"}:
        told.append("The judge went by the order in which it was shown the two.")
    return told
