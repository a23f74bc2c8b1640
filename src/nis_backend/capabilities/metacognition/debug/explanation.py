"""What is told of how an answer came to be."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nis_backend.operation import Model
from nis_backend.view import Table, Text, View

MOST_EVENTS = 5000
"""Events of a log that are read, from its beginning."""

Kind = Literal["input", "memory", "default", "operation", "problem", "person", "retry", "warning"]


class ExplainAnswer(Model):
    """Whose answer is asked about."""

    run: str = Field(min_length=1, max_length=64, description="The id of the run that answered.")


class Evidence(Model):
    """One thing that went into the answer."""

    seq: int = Field(description="The event of the log that has it; 0 is the request.")
    kind: Kind
    what: str = Field(description="The operation, or what it is.")
    detail: str


class Question(Model):
    """One time that a model was asked."""

    step: int
    model: str = Field(description="As provider:name; of a route, the one that answered.")
    digest: str = Field(description="SHA-256 of what it was asked.")
    tokens: int | None = Field(description="Read and written; null where the provider states none.")
    cost: float | None = Field(description="Dollars; null where no price is known.")
    called: list[str] = Field(description="What it wanted called.")
    problem: str


class Grounded(Model):
    """A number of the answer, and where it came from."""

    number: str = Field(description="As the answer has it.")
    places: list[int] = Field(
        description="Events whose content has this number, to the digits that the answer gives; 0 is what the request "
        "has beside its defaults. Empty, and no default's either: the model's own."
    )
    defaults: list[str] = Field(
        description="Fields of the request that have this number by default. Whether one was left out, or given just "
        "so, a log does not tell."
    )


class Decision(Model):
    """How several answers became one."""

    by: str
    answer: str | None
    votes: list[str] = Field(description="Each answer with its votes.")


class Explanation(Model):
    """What the log has of how an answer came to be; nothing is said that it does not have."""

    run: str
    operation: str
    state: str
    asked: str
    answer: str
    evidence: list[Evidence]
    questions: list[Question]
    numbers: list[Grounded]
    decision: Decision | None = Field(description="Where several answers were given to the same.")
    tokens: int | None = Field(description="Of all questions; null where one states none.")
    cost: float | None = Field(description="Dollars of all questions; null where a price is not known.")
    complete: bool = Field(description=f"Whether all of the log was read: of a longer one the first {MOST_EVENTS} are.")


def _assumed(number: Grounded) -> str:
    return f"the default of {', '.join(number.defaults)}" if number.defaults else ""


def draw_explanation(_request: Model, result: Explanation) -> list[View]:
    """In words, then the evidence, the questions and the numbers."""
    own = [one.number for one in result.numbers if not one.places and not one.defaults]
    assumed = [one.number for one in result.numbers if one.defaults and not one.places]
    told = f"{len(result.questions)} questions to models, {len(result.evidence)} things that went into it."
    if result.numbers:
        there = len(result.numbers) - len(own) - len(assumed)
        told += f" Of {len(result.numbers)} numbers in the answer {there} stand in what it was given or computed"
        told += f"; by default: {', '.join(assumed[:10])}" if assumed else ""
        told += f"; its own: {', '.join(own[:10])}." if own else "."
    evidence: list[list[str | float]] = [[one.seq, one.kind, one.what, one.detail] for one in result.evidence]
    questions: list[list[str | float]] = [
        [one.step, one.model, one.tokens or "", ", ".join(one.called) or one.problem] for one in result.questions
    ]
    numbers: list[list[str | float]] = [
        [one.number, ", ".join(map(str, one.places)) or _assumed(one) or "the model's own"] for one in result.numbers
    ]
    return [
        Text(text=told),
        Table(title="What went into it", columns=["event", "kind", "what", "detail"], rows=evidence),
        Table(title="Questions to models", columns=["step", "model", "tokens", "called"], rows=questions),
        *([Table(title="Numbers", columns=["number", "stands in"], rows=numbers)] if numbers else []),
    ]
