"""What is asked of a run that might have been otherwise, and what is told of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Knob, Plain
from nis_backend.answers.extracting import Extraction
from nis_backend.capabilities.metacognition.multipath.voting import READ, Votes
from nis_backend.operation import Model
from nis_backend.view import Table, Text, View

MOST_TIMES = 8
FORMULA = (
    "p: Fisher's exact test, two-sided, of how many runs gave the answer of the run that is asked about: the sum of "
    "the hypergeometric probabilities of all tables with the same margins that are no likelier than this one"
)
OTHERWISE = ("without_operation", "without_memory", "model", "instructions")


class ReplayCounterfactual(Model):
    """Which run, and what is to be otherwise in it: one thing."""

    run: str = Field(min_length=1, max_length=64, description="The id of a run that has ended.")
    without_operation: str | None = Field(
        default=None, min_length=1, max_length=128, description="An operation, or a tool, that it is not to be offered."
    )
    without_memory: bool = Field(default=False, description="Whether what it recalled is not told it.")
    model: str | None = Field(
        default=None, min_length=1, max_length=512, description="Another model, as provider:name."
    )
    instructions: Annotated[str, Plain] | None = Field(
        default=None, min_length=1, max_length=50_000, description="Other instructions of the agent."
    )
    times: int = Field(
        default=3, ge=1, le=MOST_TIMES, description="How often it is done anew: so, and as often as it was."
    )
    answer: Extraction = Field(default_factory=Extraction, description=READ)
    acts: Annotated[bool, Knob()] = Field(
        default=False,
        description="Whether what writes and destroys is offered too: it would happen again. Else what reads alone.",
    )


class Outcome(Model):
    """What one run came to."""

    run_id: str
    state: str
    answer: str | None = Field(description="What was found in its words; null where nothing was.")
    response: str
    called: list[str] = Field(description="Operations that it called.")
    tokens: int | None
    problem: str


class Arm(Model):
    """Runs under one condition."""

    same: int = Field(description="Runs that gave the answer of the run that is asked about.")
    ended: int = Field(description="Runs that succeeded, with an answer of that kind or without.")
    votes: list[Votes]
    outcomes: list[Outcome]


class Counterfactual(Model):
    """What the run says, and what it says otherwise."""

    run: str
    otherwise: str = Field(description="What was changed.")
    original: Outcome
    as_it_was: Arm = Field(description="Done anew with nothing changed: how far its answers differ by chance.")
    changed: Arm
    p_value: float | None = Field(description="By `formula`; null where of one side no run succeeded.")
    formula: str
    reading: str = Field(description="What that says.")
    warnings: list[str]
    run_id: str


def draw_counterfactual(_request: Model, result: Counterfactual) -> list[View]:
    """The reading, then each run."""
    rows: list[list[str | float]] = [
        [name, one.answer or one.problem or one.state, ", ".join(one.called), one.tokens or "", one.run_id]
        for name, several in (
            ("asked about", [result.original]),
            ("as it was", result.as_it_was.outcomes),
            (result.otherwise, result.changed.outcomes),
        )
        for one in several
    ]
    return [
        Text(text="\n\n".join([result.reading, *result.warnings])),
        Table(title="Runs", columns=["condition", "answer", "called", "tokens", "run"], rows=rows),
    ]
