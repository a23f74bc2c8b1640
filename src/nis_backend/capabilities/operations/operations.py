"""The operations themselves: listed, read, found, called by name, for people and agents that choose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.capabilities.operations.message import Evidence, Pending, Route, RouteMessage, UnclearWords
from nis_backend.errors import Forbidden, InvalidRequest, NisError
from nis_backend.operation import Effect, Example, Model, Shape, operation
from nis_backend.run import RunHandle

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.operation import Entry

__all__ = [
    "OPERATIONS",
    "Evidence",
    "Pending",
    "Route",
    "RouteMessage",
    "SearchOperations",
    "UnclearWords",
    "call_operation",
    "get_operation",
    "list_operations",
    "route_message",
    "search_operations",
]


class ListOperations(Model):
    """Which operations to list."""

    family: str | None = Field(default=None, max_length=64, description="Only this family.")


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


class CallOperation(OneOperation):
    """Which operation, and its request."""

    arguments: dict[str, Any] = Field(default_factory=dict, description="The operation's request.")  # Any: JSON


class CalledOperation(Model):
    """What the operation answered."""

    operation: str
    result: Any = Field(description="Its result; of a stream, the last item.")  # Any: JSON
    run_id: str | None = Field(default=None, description="The run it was, where each of its calls is one.")


@operation(
    "operations.list_operations",
    effect="reads",
    resource="operation",
    examples=(
        Example(
            title="Everything here",
            request={},
            question="Which operations are there?",
            also=("List the operations of this server.", "What tools and functions are available?"),
        ),
    ),
)
def list_operations(request: ListOperations, ctx: Context) -> OperationList:
    """List what can be called here, with one line each."""
    entries = [entry for entry in ctx.operations.entries() if request.family in (None, entry.family)]
    return OperationList(operations=[OperationLine(**_line(entry)) for entry in entries])


@operation(
    "operations.get_operation",
    effect="reads",
    essential=True,
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


@operation(
    "operations.search_operations",
    effect="reads",
    # It finds only what the caller may call.
    scopes=(),
    essential=True,
    examples=(
        Example(title="Find what swings", request={"query": "period of a pendulum", "limit": 3}),
        Example(title="Only what stops something", request={"query": "stop a run", "effect": "writes", "limit": 3}),
    ),
)
def search_operations(request: SearchOperations, ctx: Context) -> OperationMatches:
    """Find operations by what they should do, in words; read one with get_operation, call it with call_operation."""
    from nis_backend.capabilities.operations.search import FORMULA, index_of  # noqa: PLC0415 - loads with the first query

    allowed = tuple(
        entry
        for entry in ctx.operations.entries()
        if request.family in (None, entry.family)
        and request.effect in (None, entry.effect)
        and not ctx.caller.lacks(entry.scopes)
    )
    found = index_of(allowed).search(request.query)[: request.limit]
    matches = [OperationMatch(**_line(entry), score=round(score, 4)) for score, entry in found]
    return OperationMatches(operations=matches, formula=FORMULA)


@operation(
    "operations.call_operation",
    # What it calls may: a client that asks before it destroys must ask here.
    effect="destroys",
    on="operation",
    # Those of the operation called are checked, as when it is called directly.
    scopes=(),
    time_limit=600.0,
    essential=True,
    outward=True,
    examples=(
        Example(
            title="Convert a speed",
            request={"id": "physics.convert_unit", "arguments": {"value": 100, "unit": "km/h", "to": "m/s"}},
        ),
    ),
)
async def call_operation(request: CallOperation, ctx: Context) -> CalledOperation:
    """Call any operation by its name: for a caller that was offered only a few of them.

    It answers what the operation itself answers, and refuses as it does. A run is waited for; when the time is over it
    goes on, and is found among the runs.

    Raises:
        InvalidRequest: the operation is this one, or a field under `arguments` is wrong.
        NotFound: there is no operation of this name.
        Forbidden: the caller lacks the operation's scopes.
    """
    if request.id == call_operation.name:
        raise InvalidRequest(
            f"{request.id} does not call itself.",
            field="id",
            value=request.id,
            remedy="Name the operation it should call.",
        )
    try:
        entry = ctx.operations.entry(request.id)
    except NisError as error:
        error.field = "id"
        raise
    try:
        answer = await ctx.call_named(entry.name, request.arguments)
        run_id = answer.id if isinstance(answer, RunHandle) else None
        return CalledOperation(operation=entry.name, result=await _whole(answer), run_id=run_id)
    except NisError as error:
        raise _under_arguments(error) from None


@operation(
    "operations.route_message",
    effect="reads",
    # It picks only what the caller may call.
    scopes=(),
    examples=(
        Example(title="A whole question", request={"message": "Convert 100 km/h to m/s."}),
        Example(title="One that leaves something open", request={"message": "What is the period of a 1 m pendulum?"}),
        Example(title="Talk", request={"message": "Thank you, that was great!"}),
    ),
)
async def route_message(request: RouteMessage, ctx: Context) -> Route:
    """Say which operation a message asks for, with its arguments and where each is from, or that none is meant.

    Rules and words of the declarations, no language model: what is not said is never guessed, but named as missing.
    Nothing is called.

    Raises:
        Unavailable: the message has numbers for an operation, and their reader's package is missing.
    """
    from nis_backend.capabilities.operations.route import route  # noqa: PLC0415 - the rules load with the first message

    return await route(ctx, request.message, request.pending)


async def _whole(answer: Any) -> Any:  # Any: what an operation of any shape answers, then JSON
    """The result as JSON, once there is one: of a run its result, of a stream its last item."""
    if isinstance(answer, RunHandle):
        return await answer.result()
    if isinstance(answer, Model):
        return answer.model_dump(mode="json")
    last = None
    async for item in answer:
        last = item
    return last.model_dump(mode="json") if isinstance(last, Model) else last


def _under_arguments(error: NisError) -> NisError:
    """The refusal, its fields named as they are in this request."""
    if error.field and not isinstance(error, Forbidden):
        error.field = f"arguments.{error.field}"
        error.fields = tuple(replace(one, field=f"arguments.{one.field}".rstrip(".")) for one in error.fields)
    return error


def _line(entry: Entry) -> dict[str, Any]:  # Any: the fields of OperationLine
    return {
        "id": entry.name,
        "summary": entry.summary,
        "effect": entry.effect,
        "shape": entry.shape,
        "routes": list(entry.routes),
    }


OPERATIONS = (list_operations, get_operation, search_operations, call_operation, route_message)
