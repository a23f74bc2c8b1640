"""The votes of several answers, as they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.answers.voting import tally
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

READ = "What of an answer's words is the answer, by which two are the same."


class Votes(Model):
    """Answers that say the same."""

    answer: str
    votes: int
    share: float = Field(description="Of the answers that gave one.")


def counted(answers: Sequence[str | None]) -> list[Votes]:
    """The classes by their votes, of as many the one that came first; what gave no answer has no vote."""
    votes = tally(answers)
    return [Votes(answer=answer, votes=count, share=count / votes.votes) for answer, count in votes.counts.items()]
