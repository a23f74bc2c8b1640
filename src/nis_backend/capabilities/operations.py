"""The operations themselves: found, read, for people and agents that choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.operation import Effect, Example, Model, Shape, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.operation import Entry


class ListOperations(Model):
    """Which operations to list."""

    family: str | None = Field(default=None, max_length=64, description="Only this family.")


class OperationLine(Model):
    """An operation in a list."""

    id: str = Field(description="Its name, family.verb_object.")
    summary: str
    effect: Effect
    shape: Shape


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


@operation(
    "operations.list_operations",
    effect="reads",
    resource="operation",
    examples=(Example(title="Everything here", request={}),),
)
def list_operations(request: ListOperations, ctx: Context) -> OperationList:
    """List what can be called here, with one line each."""
    entries = [entry for entry in ctx.operations.entries() if request.family in (None, entry.family)]
    return OperationList(operations=[OperationLine(**_line(entry)) for entry in entries])


@operation(
    "operations.get_operation",
    effect="reads",
    resource="operation",
    examples=(Example(title="Read one", request={"id": "operations.list_operations"}),),
)
def get_operation(request: OneOperation, ctx: Context) -> OperationDetail:
    """Get an operation's description, schemas and examples."""
    entry = ctx.operations.entry(request.id)
    return OperationDetail(
        **_line(entry),
        description=entry.description,
        scopes=list(entry.scopes),
        pool=entry.pool,
        resource=entry.resource,
        on=entry.on,
        time_limit=entry.time_limit,
        request_schema=entry.request_schema,
        result_schema=entry.result_schema,
        examples=list(entry.examples),
    )


def _line(entry: Entry) -> dict[str, Any]:  # Any: the fields of OperationLine
    return {"id": entry.name, "summary": entry.summary, "effect": entry.effect, "shape": entry.shape}


OPERATIONS = (list_operations, get_operation)
