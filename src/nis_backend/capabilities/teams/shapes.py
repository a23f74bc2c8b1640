"""The ways in which a team works: in a row, at once, by a vote, by a debate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.capabilities.teams.answered import Contribution, Vote, voted, with_answers
from nis_backend.capabilities.teams.asking import LONGEST_SHOWN
from nis_backend.errors import UpstreamFailed, from_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.teams.asking import Asking
    from nis_backend.errors import NisError


@dataclass(kw_only=True)
class Outcome:
    """What came of it."""

    response: str
    vote: Vote | None = None
    answer: str | None = None
    told: bool = False
    """Whether the response was told while it came."""
    said: list[Contribution] = field(default_factory=list[Contribution])


async def in_sequence(asking: Asking, message: str) -> Outcome:
    """Each member is asked with what the one before it has said.

    Raises:
        NisError: one had no answer; those after it would go on with nothing.
    """
    for member in asking.team.members:
        before = asking.said[-1:]
        told = f"{message}\n\n{asking.quoted(before)}\n\nGo on from that." if before else message
        one = await asking.ask(member, told)
        if one.problem is not None:
            raise silent([one])
    return Outcome(response=asking.said[-1].text)


async def in_parallel(asking: Asking, message: str) -> Outcome:
    """All are asked at once; a speaker makes one answer of what they say, else all of it is the answer.

    Raises:
        NisError: nobody answered, or the speaker did not.
    """
    speaker = asking.team.speaker
    others = [one for one in asking.team.members if one.name != speaker] or asking.team.members
    said = await asking.ask_all([(one, message) for one in others])
    heard = [one for one in said if one.problem is None]
    if not heard:
        raise silent(said)
    if speaker is None:
        return Outcome(response=shown(heard))
    told = f"{message}\n\nThe others have answered:\n\n{asking.quoted(heard)}\n\nMake one answer of it."
    last = await asking.ask(asking.members[speaker], told, 2)
    if last.problem is not None:
        raise silent([last])
    return Outcome(response=last.text)


async def by_vote(asking: Asking, message: str) -> Outcome:
    """All are asked at once, and none hears the others; the answer of a quorum counts."""
    return _decided(await asking.ask_all([(one, message) for one in asking.team.members]), asking)


async def by_debate(asking: Asking, message: str) -> Outcome:
    """All answer; then each sees what the others said and answers again, and in the end they vote.

    Who has no answer in a round is out of it. A debate can also lead a right majority astray: what a vote in the first
    round would have come to is in the contributions.

    Source: Du et al. (2023), arXiv:2305.14325; Smit et al. (2024), arXiv:2311.17371.
    """
    last = await asking.ask_all([(one, message) for one in asking.team.members])
    for turn in range(2, asking.team.rounds + 1):
        heard = {one.member: one for one in last if one.problem is None}
        if len(heard) < 2:  # noqa: PLR2004 - one alone has nobody to debate with
            break
        asked = [(asking.members[name], _again(asking, message, name, list(heard.values()))) for name in heard]
        again = {one.member: one for one in await asking.ask_all(asked, turn)}
        # Who falls silent now has said something before, which counts no more: silence is no agreement.
        last = [again.get(one.member, one) for one in last]
    return _decided(last, asking)


def _again(asking: Asking, message: str, name: str, heard: Sequence[Contribution]) -> str:
    own = "\n\n".join(one.text[:LONGEST_SHOWN] for one in heard if one.member == name)
    others = asking.quoted([one for one in heard if one.member != name])
    return (
        f"{message}\n\nYou have answered:\n\n{own}\n\nThe others have answered:\n\n{others}\n\n"
        "Look for mistakes in each, also in your own, and answer again. Keep your answer where it is right."
    )


def _decided(said: Sequence[Contribution], asking: Asking) -> Outcome:
    """By the votes of these; what everybody said before stays as it was."""
    last = with_answers(said, asking.team)
    vote = voted(last, asking.team)
    whole = with_answers(asking.said, asking.team)
    if not vote.decided:
        return Outcome(response=undecided(vote), vote=vote, said=whole)
    answer = vote.classes[0].answer
    first = next(one for one in last if one.answer == answer)
    return Outcome(response=first.text, answer=answer, vote=vote, said=whole)


def undecided(vote: Vote) -> str:
    """Why there is no answer, in words."""
    told = [f"{one.answer}: {', '.join(one.members)}" for one in vote.classes]
    if vote.answered < vote.at_least:
        why = f"{vote.answered} answered, and {vote.at_least} have to"
    elif vote.tied:
        why = f"{len(vote.tied)} answers have as many votes"
    else:
        why = f"no answer has the {vote.needed} votes it needs of {vote.answered}"
    return "\n".join([f"The team has not decided: {why}.", *told])


def shown(said: Sequence[Contribution]) -> str:
    """What members said, under their names, for who asked the team."""
    return "\n\n".join(f"{one.member}:\n{one.text}" for one in said)


def silent(said: Sequence[Contribution]) -> NisError:
    """That those asked had no answer; one alone fails the team as it has failed itself."""
    told = "; ".join(f"{one.member}: {(one.problem or {}).get('detail', 'no answer')}" for one in said)
    if len(said) == 1 and said[0].problem is not None:
        return from_problem({**said[0].problem, "detail": told})
    return UpstreamFailed(f"No member has answered: {told}", remedy="See whether they can be reached; run it again.")
