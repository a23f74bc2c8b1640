"""A debate of several models or agents, beside a vote that may spend as much."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nis_backend.alongside import each
from nis_backend.annotations import Knob
from nis_backend.answers.extracting import Extraction, extract
from nis_backend.capabilities.metacognition.multipath.speaking import (
    AT_ONCE,
    Question,
    Said,
    Spent,
    Talk,
    Who,
    fenced,
    spent,
)
from nis_backend.capabilities.metacognition.multipath.voting import READ, Votes, counted
from nis_backend.errors import UpstreamFailed
from nis_backend.operation import Model
from nis_backend.view import Table, Text, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.metacognition.multipath.speaking import Voice
    from nis_backend.context import Context

MOST_MEMBERS, MOST_ROUNDS, MOST_SAMPLES = 8, 5, 64
LEAST = 2
ALONE: list[str | None] = [None] * 3
FORMULA = (
    "debate: the answer that most members gave last; vote: that of independent answers of the same "
    f"members in turn, those of the first round among them, as many as cost no more than the debate, {MOST_SAMPLES} at "
    "most. Of as many votes, the one that came first"
)
AGAIN = (
    "Others have answered the same question as below. Look for what is wrong in their answers and in yours, keep what "
    "stands, and answer the question again in the same form as before."
)


class RunDebate(Question):
    """A question, who debates it, and how long."""

    members: list[Who] = Field(
        default_factory=list[str],
        max_length=MOST_MEMBERS,
        description="Two or more, as provider:name, a route, or agent:NAME for an agent kept here; different ones err "
        "differently. Unset, three times the default model.",
    )
    rounds: int = Field(default=2, ge=1, le=MOST_ROUNDS, description="Times that each answers, the first alone.")
    answer: Extraction = Field(default_factory=Extraction, description=READ)
    beside: Annotated[bool, Knob()] = Field(
        default=True, description="Whether a vote of the same cost is taken beside it."
    )


class Turn(Model):
    """What a member said in a round."""

    member: str
    text: str
    answer: str | None = Field(description="What was found in it; null where nothing was.")
    change: Literal["first", "kept", "to the most", "to fewer", "none"] = Field(
        description="From its answer before: towards what most had answered, or away; none: it gave no answer."
    )
    tokens: int | None
    problem: str = Field(description="Why it has not answered.")


class Outcome(Model):
    """What one way of deciding came to."""

    answer: str | None
    votes: list[Votes]
    spent: Spent


class Debate(Model):
    """What was said, and what a vote at the same cost says."""

    answer: str | None = Field(description="The debate's; null where nobody gave one.")
    response: str = Field(description="The words of the first member with that answer in the last round.")
    rounds: list[list[Turn]]
    debate: Outcome
    vote: Outcome | None = Field(description="Null where none was taken.")
    matched_by: Literal["tokens", "calls"] | None = Field(description="By which measure the vote cost no more.")
    formula: str
    warnings: list[str]
    spent: Spent
    demonstration: bool = Field(description="Whether one that answered is too small to be relied on.")
    run_id: str


def draw_debate(_request: Model, result: Debate) -> list[View]:
    """The answer, both ways of deciding, and who changed."""
    ways = [("debate", result.debate), *([("vote", result.vote)] if result.vote else [])]
    rows: list[list[str | float]] = [
        [name, one.answer or "none", one.spent.calls, one.spent.tokens or ""] for name, one in ways
    ]
    turns: list[list[str | float]] = [
        [number, turn.member, turn.answer or turn.problem or "none", turn.change]
        for number, turns in enumerate(result.rounds, 1)
        for turn in turns
    ]
    return [
        Text(text="\n\n".join([result.response or "Nobody gave an answer.", *result.warnings])),
        Table(title="Ways of deciding", columns=["way", "answer", "calls", "tokens"], rows=rows),
        Table(title="Turns", columns=["round", "member", "answer", "change"], rows=turns),
    ]


@dataclass(kw_only=True)
class _Floor:
    """A debate under way."""

    request: RunDebate
    talk: Talk
    members: Sequence[Voice]
    last: dict[int, Said] = field(default_factory=dict[int, Said])
    """What each member said last, by its place."""

    async def round(self) -> list[Said]:
        """Each answers once more, in view of what the others said last."""
        asked = [(place, self._turns(place), next(self.talk.steps)) for place in self._places]
        said = await each(lambda one: self.talk.ask(self.members[one[0]], *one[1:]), asked, AT_ONCE)
        self.last |= {place: one for place, one in enumerate(said) if not one.problem}
        return said

    @property
    def _places(self) -> range:
        return range(len(self.members))

    def _turns(self, place: int) -> list[str]:
        question, own = self.request.question, self.last.get(place)
        others = [(f"Answer {number + 1}", one.text) for number, one in self.last.items() if number != place]
        if not others:
            return [question]
        again = f"{AGAIN}\n\n{fenced(*others)}\n\nThe question:\n{question}"
        return [question, own.text, again] if own else [again]

    def read(self, said: Sequence[Said]) -> list[str | None]:
        """The answers in these."""
        return [None if one.problem else extract(one.text, self.request.answer) for one in said]

    def outcome(self, said: Sequence[Said], took: Sequence[Said]) -> Outcome:
        """What these decide, where `took` is what it took."""
        votes = counted(self.read(said))
        return Outcome(answer=votes[0].answer if votes else None, votes=votes, spent=spent(took))


async def debated(request: RunDebate, ctx: Context) -> Debate:
    """Carry out the run.

    Raises:
        UpstreamFailed: fewer than two members answer.
    """
    talk = Talk(ctx=ctx, how=request)
    floor = _Floor(request=request, talk=talk, members=await talk.voices(request.members or ALONE))
    rounds = [await floor.round() for _ in range(request.rounds)]
    if len(floor.last) < LEAST:
        lost = next((one.problem for one in rounds[0] if one.problem), "")
        raise UpstreamFailed(f"{len(floor.last)} members answered: {lost}", remedy="Name members that answer.")
    everything = list(talk.said)
    # Who is silent in the last round is counted by what it said last.
    final = [floor.last.get(place, rounds[-1][place]) for place in range(len(floor.members))]
    debate = floor.outcome(final, everything)
    vote, matched = await _beside(floor, rounds[0], debate) if request.beside else (None, None)
    turns = _turns_of(floor, rounds)
    first = next((one.text for one, read in zip(final, floor.read(final), strict=True) if read == debate.answer), "")
    return Debate(
        answer=debate.answer,
        response=first if debate.answer is not None else "",
        rounds=turns,
        debate=debate,
        vote=vote,
        matched_by=matched,
        formula=FORMULA,
        warnings=_warnings(turns, debate, vote),
        spent=talk.spent(),
        demonstration=talk.demonstration,
        run_id=ctx.run.run_id,
    )


async def _beside(floor: _Floor, first: Sequence[Said], debate: Outcome) -> tuple[Outcome, Literal["tokens", "calls"]]:
    """A vote of independent answers, begun by those of the first round, that costs no more than the debate did."""
    limit = debate.spent.tokens
    matched: Literal["tokens", "calls"] = "calls" if limit is None else "tokens"
    said, silent = list(first), 0
    # Who fails takes no tokens: where all do, one after the other, none would ever be too many.
    while len(said) < MOST_SAMPLES and silent < len(floor.members):
        took = spent(said)
        # The next one costs about what one has cost so far: where that is too much, the vote is over.
        ahead = (took.tokens or 0) * (1 + 1 / len(said))
        if len(said) >= debate.spent.calls if limit is None else ahead > limit:
            break
        member = floor.members[len(said) % len(floor.members)]
        one = await floor.talk.ask(member, [floor.request.question], next(floor.talk.steps))
        took = spent([*said, one])
        if limit is not None and (took.tokens is None or took.tokens > limit):
            break
        said.append(one)
        silent = silent + 1 if one.problem else 0
    return floor.outcome(said, said), matched


def _turns_of(floor: _Floor, rounds: Sequence[Sequence[Said]]) -> list[list[Turn]]:
    before: dict[int, str] = {}
    turns: list[list[Turn]] = []
    for said in rounds:
        most = counted(list(before.values()))
        read = floor.read(said)
        turns.append(
            [
                Turn(
                    member=floor.members[place].name,
                    text=one.text,
                    answer=answer,
                    change=_change(before.get(place), answer, most[0].answer if most else None),
                    tokens=one.tokens,
                    problem=one.problem,
                )
                for place, (one, answer) in enumerate(zip(said, read, strict=True))
            ]
        )
        before |= {place: answer for place, answer in enumerate(read) if answer is not None}
    return turns


def _change(
    before: str | None, answer: str | None, most: str | None
) -> Literal["first", "kept", "to the most", "to fewer", "none"]:
    if answer is None:
        return "none"
    if before is None:
        return "first"
    if answer == before:
        return "kept"
    return "to the most" if answer == most else "to fewer"


def _warnings(turns: Sequence[Sequence[Turn]], debate: Outcome, vote: Outcome | None) -> list[str]:
    told = [
        f"{turn.member} has not answered in round {number}: {turn.problem}"
        for number, one in enumerate(turns, 1)
        for turn in one
        if turn.problem
    ]
    unread = sum(turn.answer is None and not turn.problem for turn in turns[-1])
    if unread:
        told.append(f"In {unread} of {len(turns[-1])} last answers none of the form asked for was found: no vote.")
    if len(debate.votes) > 1 and debate.votes[0].votes == debate.votes[1].votes:
        told.append(f"The debate ended in a tie of {debate.votes[0].answer!r} and {debate.votes[1].answer!r}.")
    if vote is not None and vote.answer != debate.answer:
        told.append(
            f"A vote at the same cost says {vote.answer!r}. That a debate is better than a vote of as many tokens is "
            "not so in general (Smit et al. 2024)."
        )
    moved = [turn.change for one in turns[1:] for turn in one if turn.change in {"to the most", "to fewer"}]
    if moved and len(debate.votes) == 1 and all(one == "to the most" for one in moved):
        told.append("All who changed their answer took the one that most had: that they agree shows no more than that.")
    return told
