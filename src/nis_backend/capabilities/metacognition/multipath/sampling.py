"""Self-consistency: one question answered several times, and what the answers, or a check outside the model, decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.alongside import each
from nis_backend.annotations import Knob
from nis_backend.answers.extracting import Extraction, extract
from nis_backend.answers.voting import tally
from nis_backend.capabilities.metacognition.multipath.checking import Check, Verdict, verdict_of
from nis_backend.capabilities.metacognition.multipath.speaking import AT_ONCE, Question, Spent, Talk, Who
from nis_backend.capabilities.metacognition.multipath.voting import READ, Votes, counted
from nis_backend.errors import UpstreamFailed
from nis_backend.numerics.intervals import clopper_pearson
from nis_backend.operation import Model
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.metacognition.multipath.speaking import Said, Voice
    from nis_backend.context import Context

MOST_PATHS = 64
BY_VOTE = "the answer that most paths gave; of as many, the one that came first"
BY_CHECK = "of the paths that passed the check, those of the highest score; of these the answer that most gave"

Decided = Literal["vote", "check", "nothing"]


class SamplePaths(Question):
    """A question, and how often it is answered."""

    model: Who | None = Field(
        default=None, description="As provider:name, a route, or agent:NAME for an agent kept here; unset, the default."
    )
    paths: int = Field(default=5, ge=1, le=MOST_PATHS, description="Times that it is answered, at most.")
    stops: Annotated[bool, Knob()] = Field(
        default=False, description="Whether it ends once no answer to come could take the leader's place."
    )
    answer: Extraction = Field(default_factory=Extraction, description=READ)
    check: Check | None = Field(default=None, description="A signal from outside the model; it decides where given.")
    task: str | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="The task whose recorded outcomes tell what a vote is worth.",
    )


class Path(Model):
    """One answer."""

    number: int
    text: str
    answer: str | None = Field(description="What was found in it; null where nothing was.")
    verdict: Verdict | None = Field(description="What the check says; null without one.")
    tokens: int | None
    problem: str = Field(description="Why there is no answer.")


class Paths(Model):
    """All paths, and what they decide."""

    answer: str | None = Field(
        description="What was decided; null where no path has an answer, or none that passes the check."
    )
    response: str = Field(description="The words of the first path with that answer.")
    decided_by: Decided
    formula: str
    votes: list[Votes] = Field(description="How many paths gave which answer, whatever the check says.")
    paths: list[Path]
    spared: int = Field(description="Paths that were not asked, as none could change the vote any more.")
    warnings: list[str]
    spent: Spent
    model: str
    demonstration: bool = Field(description="Whether the model is too small to be relied on.")
    run_id: str


def draw_paths(_request: Model, result: Paths) -> list[View]:
    """The answer, the votes, the paths."""
    said = result.response or "No path gave an answer that stands."
    shares: list[list[str | float]] = [[one.answer, one.votes, round(one.share, 3)] for one in result.votes]
    rows: list[list[str | float]] = [
        [
            one.number,
            one.answer or one.problem or "none",
            one.verdict.told[:200] if one.verdict else "",
            one.tokens or "",
        ]
        for one in result.paths
    ]
    return [
        Text(text="\n\n".join([said, f"Decided by {result.decided_by}.", *result.warnings])),
        Table(title="Votes", columns=["answer", "votes", "share"], rows=shares),
        Table(title="Paths", columns=["path", "answer", "check", "tokens"], rows=rows),
    ]


async def sampled(request: SamplePaths, ctx: Context) -> Paths:
    """Carry out the run."""
    talk = Talk(ctx=ctx, how=request)
    (voice,) = await talk.voices([request.model])
    paths: list[Path] = []
    while len(paths) < request.paths:
        left = request.paths - len(paths)
        votes = tally([one.answer for one in paths])
        early = request.stops and request.check is None
        if early and votes.settled(left):
            break
        # One that may stop asks no more at once than the leader lacks: each of them is wanted whatever it says.
        paths += await _asked(request, talk, voice, len(paths), votes.soonest(left) if early else left)
    if all(one.problem for one in paths):
        raise UpstreamFailed(f"{voice.name} has answered no path: {paths[0].problem}", remedy="Ask another model.")
    votes = counted([one.answer for one in paths])
    chosen, by = _decided(paths, votes)
    return Paths(
        answer=chosen and chosen.answer,
        response=chosen.text if chosen else "",
        decided_by=by,
        formula=BY_CHECK if any(one.verdict and one.verdict.passed is not None for one in paths) else BY_VOTE,
        votes=votes,
        paths=paths,
        spared=request.paths - len(paths),
        warnings=[*_warnings(paths, votes, by), *await by_outcomes(request.task, by, ctx)],
        spent=talk.spent(),
        model=voice.name,
        demonstration=talk.demonstration,
        run_id=ctx.run.run_id,
    )


async def _asked(request: SamplePaths, talk: Talk, voice: Voice, done: int, wanted: int) -> list[Path]:
    """So many paths more, checked."""
    places = [(done + place + 1, next(talk.steps)) for place in range(wanted)]
    said = await each(lambda one: talk.ask(voice, [request.question], one[1]), places, AT_ONCE)
    paths = [_path(request, number, one) for (number, _), one in zip(places, said, strict=True)]
    check = request.check
    if check is None:
        return paths
    answered = [(one, next(talk.steps)) for one in paths if not one.problem]

    async def judged(asked: tuple[Path, int]) -> Verdict:
        one, step = asked
        return await verdict_of(check, request.question, one.text, one.answer, step, talk.ctx)

    verdicts = await each(judged, answered, AT_ONCE)
    found = {one.number: verdict for (one, _), verdict in zip(answered, verdicts, strict=True)}
    return [one.model_copy(update={"verdict": found.get(one.number)}) for one in paths]


def _path(request: SamplePaths, number: int, said: Said) -> Path:
    return Path(
        number=number,
        text=said.text,
        answer=extract(said.text, request.answer),
        verdict=None,
        tokens=said.tokens,
        problem=said.problem,
    )


def _decided(paths: Sequence[Path], votes: Sequence[Votes]) -> tuple[Path | None, Decided]:
    """The path whose answer it is, and by what."""
    checked = [(one, one.verdict) for one in paths if one.verdict is not None and one.verdict.passed is not None]
    if not checked:
        if not votes:
            return None, "nothing"
        return next(one for one in paths if one.answer == votes[0].answer), "vote"
    passed = [(one, verdict) for one, verdict in checked if verdict.passed]
    if not passed:
        return None, "nothing"
    best = max(verdict.score for _, verdict in passed)
    able = [one for one, verdict in passed if verdict.score == best]
    leader = next((one.answer for one in counted([one.answer for one in able])), None)
    return next(one for one in able if one.answer == leader), "check"


def _warnings(paths: Sequence[Path], votes: Sequence[Votes], by: Decided) -> list[str]:
    told: list[str] = []
    lost = [one for one in paths if one.problem]
    if lost:
        told.append(f"{len(lost)} of {len(paths)} paths have no answer: {lost[0].problem}")
    unread = sum(one.answer is None and not one.problem for one in paths)
    if unread:
        told.append(f"In {unread} of {len(paths)} paths no answer of the form asked for was found: they have no vote.")
    if len(paths) > 1 and not lost and len({one.text for one in paths}) == 1:
        told.append("All paths are the same to the letter, so that their agreement says nothing: give a temperature.")
    if by == "vote" and len(votes) > 1:
        first, second = votes[0].votes, votes[1].votes
        if first == second:
            told.append(f"It is a tie: {first} paths each for {votes[0].answer!r} and {votes[1].answer!r}.")
        elif first - second == 1:
            told.append(f"The vote is near-split: {first} to {second}, so that one other answer would have made a tie.")
    unmade = [one.verdict for one in paths if one.verdict is not None and one.verdict.passed is None]
    if unmade:
        told.append(f"{len(unmade)} checks could not be made: {unmade[0].told}")
    if by == "nothing" and votes and votes[0].share > 1 / 2:
        told.append(f"Most paths agree on {votes[0].answer!r}, which the check refuses: that many say it is no proof.")
    return told


async def by_outcomes(task: str | None, by: Decided, ctx: Context) -> list[str]:
    """What the task's recorded outcomes say of a vote: where most answers are wrong, more of them are more surely so.

    Source: Condorcet (1785), Essai sur l'application de l'analyse à la probabilité des décisions.
    """
    if task is None or by != "vote":
        return []

    async def count() -> list[int]:
        wrong, right = [await ctx.store.count("assessments", where={"task": task, "correct": one}) for one in (0, 1)]
        return [right, right + wrong]

    right, known = await ctx.note("outcomes", count)
    if not known:
        return [f"No outcome of the task {task!r} is recorded: what a vote is worth there is not known."]
    high = clopper_pearson(right, known).high
    if high is not None and high < 1 / 2:
        counts = f"Of {known} recorded outcomes of the task {task!r} {right} were right, at most {high:.0%} by the 95 %"
        why = "interval of Clopper and Pearson: where answers are mostly wrong, a vote may make errors surer."
        return [f"{counts} {why}"]
    return []
