"""What a team is, and how a row holds it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from nis_backend import versioned
from nis_backend.annotations import Plain
from nis_backend.answers.extracting import Extraction
from nis_backend.operation import Model

if TYPE_CHECKING:
    from nis_backend.drivers.store.base import Row

A_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
MOST_MEMBERS, MOST_ROUNDS, MOST_TRIGGERS = 12, 5, 16
LONGEST_DEADLINE = 86_400.0

Name = Annotated[str, StringConstraints(min_length=1, max_length=48, pattern=A_NAME)]
Shape = Literal["sequence", "parallel", "supervisor", "debate", "vote", "blackboard"]


class Member(Model):
    """Who is in it: one of `agent`, `model` and `remote`."""

    name: Name = Field(description="What it is called in the team.")
    agent: str | None = Field(default=None, min_length=1, max_length=64, description="An agent kept here.")
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="A model, as provider:name, or a route."
    )
    remote: str | None = Field(
        default=None, min_length=1, max_length=64, description="A registered agent of another server."
    )
    instructions: Annotated[str, Plain] = Field(
        default="", max_length=10_000, description="What it is told before each message."
    )
    triggers: list[Annotated[str, StringConstraints(min_length=1, max_length=100)]] = Field(
        default_factory=list[str],
        max_length=MOST_TRIGGERS,
        description="At a blackboard: it writes when one of these words is written there; with none, it bids.",
    )


class Definition(Model):
    """Who is in a team, and how they work together."""

    description: Annotated[str, Plain] = Field(default="", max_length=1000, description="What it is for.")
    shape: Shape = Field(
        description="sequence: each goes on with what the one before it said; parallel: all are asked at once; "
        "supervisor: one asks the others as its tools; debate: all answer, see the others' answers, and answer again, "
        "then they vote; vote: all are asked, and the answer of a quorum counts; blackboard: who bids most, or is "
        "triggered, writes on a board that all see."
    )
    members: list[Member] = Field(min_length=1, max_length=MOST_MEMBERS, description="In the order they are asked.")
    speaker: Name | None = Field(
        default=None,
        description="parallel: who writes one answer out of all; supervisor: who asks the others, unset the first.",
    )
    answer: Extraction = Field(
        default_factory=Extraction, description="Where in the members' words the answer is that is voted on."
    )
    quorum: float = Field(
        default=0.5,
        ge=0.5,
        le=1,
        description="More than this share of those that answered has to say the same; 1: all of them.",
    )
    at_least: int | None = Field(
        default=None,
        ge=1,
        le=MOST_MEMBERS,
        description="Members that have to have answered for a vote to count; unset, more than half.",
    )
    rounds: int = Field(default=2, ge=1, le=MOST_ROUNDS, description="Of a debate or a blackboard, at most.")
    steps: int = Field(default=8, ge=1, le=20, description="Times that a supervisor is asked, at most.")
    max_tokens: int | None = Field(default=None, ge=1, le=32_768, description="Of each answer of a model.")
    seconds: float = Field(
        default=300.0, gt=0, le=3600, description="Time for one answer; who has none by then is late, and left out."
    )
    deadline: float = Field(
        default=3600.0, gt=0, le=LONGEST_DEADLINE, description="Seconds for the whole run, from when it begins."
    )
    budget: float | None = Field(default=None, ge=0, le=1e9, description="Dollars that one run may cost at most.")

    @property
    def lead(self) -> Member:
        """Who asks the others where the shape is a supervisor."""
        named = [one for one in self.members if one.name == self.speaker]
        return (named or self.members)[0]


class Team(Definition):
    """A team that is kept."""

    id: str
    name: str
    version: int = Field(description="Times that it was written.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="As above.")


def team_of(row: Row) -> Team:
    """The team that a row holds."""
    given = {name: row[name] for name in ("name", "version", "created", "updated")}
    return Team(id=row["team_id"], **given, **json.loads(row["definition"]))


def written(definition: Definition) -> str:
    """A definition as a row holds it."""
    return json.dumps(definition.model_dump(mode="json", include=set(Definition.model_fields), exclude_defaults=True))


find = partial(versioned.find, "teams", "team")
"""The row of a version, the latest when None, of the team of this id or name."""
