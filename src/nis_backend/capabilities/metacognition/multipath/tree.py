"""What is asked of a search along a tree of steps, and what is told of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nis_backend.annotations import Knob
from nis_backend.answers.extracting import Extraction
from nis_backend.capabilities.metacognition.multipath.checking import Check, Verdict
from nis_backend.capabilities.metacognition.multipath.speaking import Question, Spent, Who
from nis_backend.capabilities.metacognition.multipath.voting import READ
from nis_backend.operation import Model
from nis_backend.view import Table, Text, View

MOST_BRANCHES, MOST_BEAM, MOST_DEPTH, MOST_NODES, MOST_VALUES = 8, 8, 8, 200, 5


class SearchTree(Question):
    """A question, and how wide and deep it is searched."""

    model: Who | None = Field(
        default=None, description="As provider:name, a route, or agent:NAME for an agent kept here; unset, the default."
    )
    branches: int = Field(default=3, ge=1, le=MOST_BRANCHES, description="Next steps proposed for each path.")
    beam: int = Field(default=2, ge=1, le=MOST_BEAM, description="Paths that are gone on with at each depth.")
    depth: int = Field(default=3, ge=1, le=MOST_DEPTH, description="Steps of a path, at most.")
    most_nodes: Annotated[int, Knob()] = Field(
        default=60, ge=1, le=MOST_NODES, description="Steps that are proposed, in all."
    )
    values: Annotated[int, Knob()] = Field(
        default=1, ge=1, le=MOST_VALUES, description="Times that the model is asked what a path is worth."
    )
    done: str = Field(
        default="Answer:",
        min_length=1,
        max_length=40,
        description="What a step begins its last line with that answers.",
    )
    answer: Extraction = Field(default_factory=Extraction, description=READ)
    scorer: Check | None = Field(
        default=None, description="Scores each path by something outside the model, in the place of its own word."
    )
    check: Check | None = Field(default=None, description="What an answer has to pass.")


class Node(Model):
    """One step of one path."""

    number: int
    parent: int = Field(description="The step before it; 0 is the question.")
    depth: int
    thought: str
    score: float
    kept: bool = Field(description="Whether it was gone on with.")
    answer: str | None = Field(description="Where it answers: what was found in it.")
    verdict: Verdict | None = Field(description="What the check says of its answer, or the scorer of its path.")


class Tree(Model):
    """All steps that were proposed, and the answer that they came to."""

    answer: str | None = Field(description="Null where no path came to one that stands.")
    response: str = Field(description="The path's steps, one after the other.")
    score: float | None
    formula: str
    nodes: list[Node]
    warnings: list[str]
    spent: Spent
    model: str
    demonstration: bool = Field(description="Whether the model is too small to be relied on.")
    run_id: str


def draw_tree(_request: Model, result: Tree) -> list[View]:
    """The path, then every step."""
    rows: list[list[str | float]] = [
        [one.number, one.parent, one.thought[:200], one.score, "kept" if one.kept else "", one.answer or ""]
        for one in result.nodes
    ]
    return [
        Text(text="\n\n".join([result.response or "No path came to an answer that stands.", *result.warnings])),
        Table(title="Steps", columns=["step", "after", "thought", "score", "", "answer"], rows=rows),
    ]
