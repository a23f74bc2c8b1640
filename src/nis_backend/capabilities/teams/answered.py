"""What a team has said: each member's words, who had none and why, and the vote."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.answers.extracting import extract
from nis_backend.answers.voting import tally
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.teams.team import Team


class Contribution(Model):
    """What a member said when it was asked, or why it said nothing."""

    member: str
    round: int
    text: str = ""
    answer: str | None = Field(default=None, description="The answer in its words, where that is voted on.")
    demonstration: bool = Field(default=False, description="Whether its model is too small to be relied on.")
    input_tokens: int | None = Field(
        default=None,
        description="That a model here read for it, also where it came to no answer; null where that is not told, or "
        "it is on another server.",
    )
    output_tokens: int | None = Field(default=None, description="That one wrote; as above.")
    problem: dict[str, Any] | None = Field(default=None, description="Why it said nothing.")  # Any: a problem document


class AnswerClass(Model):
    """Members that say the same."""

    answer: str
    members: list[str]


class Vote(Model):
    """What was voted."""

    classes: list[AnswerClass] = Field(description="By their votes, of as many the one that was said first.")
    answered: int = Field(description="Members whose words held an answer; the quorum is counted over them.")
    needed: int = Field(
        description="Votes that an answer needs: ⌊quorum · answered⌋ + 1, of a quorum of 1 all that answered."
    )
    at_least: int = Field(description="Members that have to have answered.")
    decided: bool = Field(description="Whether an answer has the votes, and enough have answered.")
    tied: list[str] = Field(description="Answers with as many votes as the first, where there are several.")
    silent: list[str] = Field(description="Members who did not answer, or whose words held no answer.")


def voted(said: Sequence[Contribution], team: Team) -> Vote:
    """The vote over what members said, one contribution each."""
    counted = tally([one.answer for one in said])
    classes = [
        AnswerClass(answer=answer, members=[one.member for one in said if one.answer == answer])
        for answer in counted.counts
    ]
    answered = counted.votes
    needed = min(math.floor(team.quorum * answered) + 1, answered) if answered else 1
    at_least = team.at_least or len(team.members) // 2 + 1
    most = max(counted.counts.values(), default=0)
    return Vote(
        classes=classes,
        answered=answered,
        needed=needed,
        at_least=at_least,
        decided=most >= needed and answered >= at_least and not counted.tied,
        tied=list(counted.tied),
        silent=[one.member for one in said if one.answer is None],
    )


def with_answers(said: Sequence[Contribution], team: Team) -> list[Contribution]:
    """The contributions, with the answer in each one's words."""
    return [
        one if one.problem is not None else one.model_copy(update={"answer": extract(one.text, team.answer)})
        for one in said
    ]
