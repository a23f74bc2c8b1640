"""What listing, finding and calling operations take and give."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from nis_backend.annotations import Called, Reads
from nis_backend.operation import Effect, Model, Shape

FAMILIES = (
    *("agents", "batches", "blobs", "budgets", "cache", "chat", "code", "collections", "conversations", "datasets"),
    *("deployment", "documents"),
    *("embeddings", "evaluations", "feedback", "identity", "impact", "mathematics", "mcp_servers", "memory"),
    *("metacognition", "models"),
    *("physics", "prompts", "providers", "remote_agents", "research", "robotics", "robots", "routes", "runs"),
    *("plans", "teams"),
    *("schedules", "skills", "system", "training", "usage", "vision", "visuals", "voice", "weights"),
)
"""What names start with; that of these operations is also the word for all of them."""


class ListOperations(Model):
    """Which operations to list."""

    family: Annotated[str, Reads("choice"), Called({one: (one,) for one in FAMILIES})] | None = Field(
        default=None, max_length=64, description="Only this family."
    )


class OperationLine(Model):
    """An operation in a list."""

    id: str = Field(description="Its name, family.verb_object.")
    summary: str
    effect: Effect
    shape: Shape
    routes: list[str] = Field(description="Where it answers over HTTP: method and path.")


class OperationList(Model):
    """Operations by name."""

    operations: list[OperationLine]


class OneOperation(Model):
    """Which operation."""

    id: str = Field(min_length=3, max_length=64, description="Its name, family.verb_object.")


class OperationDetail(OperationLine):
    """An operation's whole declaration."""

    description: str
    scopes: list[str]
    pool: str | None
    resource: str | None
    on: str | None
    time_limit: float
    request_schema: dict[str, Any] = Field(description="JSON schema of the request.")  # Any: JSON
    result_schema: dict[str, Any] = Field(description="JSON schema of the result.")  # Any: JSON
    examples: list[dict[str, Any]]  # Any: JSON


class SearchOperations(Model):
    """What is looked for."""

    query: str = Field(
        min_length=1, max_length=1000, description="What it should do, in words; part of a name will do."
    )
    effect: Effect | None = Field(default=None, description="Only operations with this effect.")
    family: str | None = Field(default=None, max_length=64, description="Only this family.")
    limit: int = Field(default=10, ge=1, le=50, description="Most operations to answer.")


class OperationMatch(OperationLine):
    """An operation that was found."""

    score: float = Field(description="How well it matches, by `formula`; it compares matches of one query only.")


class OperationMatches(Model):
    """Operations that the caller may call, best first; none when nothing in them matches."""

    operations: list[OperationMatch]
    formula: str = Field(description="How the scores are made.")
    unused: str | None = Field(default=None, description="Evidence that could not be had, and the remedy.")


class CallOperation(OneOperation):
    """Which operation, and its request."""

    arguments: dict[str, Any] = Field(default_factory=dict, description="The operation's request.")  # Any: JSON


class CalledOperation(Model):
    """What the operation answered."""

    operation: str
    result: Any = Field(description="Its result; of a stream, the last item.")  # Any: JSON
    run_id: str | None = Field(default=None, description="The run it was, where each of its calls is one.")
