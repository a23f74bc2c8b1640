"""The operations themselves: listed, read, found, called by name, for people and agents that choose."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nis_backend.caller import Caller
from nis_backend.capabilities.operations.lines import (
    CalledOperation,
    CallOperation,
    ListOperations,
    OneOperation,
    OperationDetail,
    OperationLine,
    OperationList,
    OperationMatch,
    OperationMatches,
    SearchOperations,
)
from nis_backend.capabilities.operations.message import Evidence, Pending, Route, RouteMessage, UnclearWords
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.entry import Entry

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
    "permitted",
    "ranked",
    "route_message",
    "search_operations",
]


def permitted(ctx: Context) -> tuple[Entry, ...]:
    """The operations that the caller may call."""
    return _held(tuple(ctx.operations.entries()), ctx.caller.scopes)


@lru_cache(maxsize=64)
def _held(entries: tuple[Entry, ...], scopes: frozenset[str]) -> tuple[Entry, ...]:
    caller = Caller(owner="", scopes=scopes)
    return tuple(entry for entry in entries if not caller.lacks(entry.scopes))


async def ranked(ctx: Context, query: str, entries: tuple[Entry, ...]) -> list[Entry]:
    """The entries that have something of the query, the likeliest first."""
    from nis_backend.capabilities.operations.finding import find  # noqa: PLC0415 - loads with the first query

    return [entry for _, entry in (await find(ctx, query, entries)).scored]


@operation(
    "operations.list_operations",
    effect="reads",
    resource="operation",
    examples=(
        Example(
            title="Everything here",
            request={},
            question="Which operations are there?",
            also=(
                "List the operations of this server.",
                "What tools and functions are available that I can call or use?",
                "What functions does this server offer, provide, support, expose or have?",
                "Show me every tool that you have got, your commands and capabilities, an overview.",
                "What can you do: which operations, functions or tools can you perform?",
                "Which operations does the family have, are there in it, belong to it?",
                "What can I call here?",
                "Help, what tools are there?",
                "What functions does nis have?",
            ),
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
async def search_operations(request: SearchOperations, ctx: Context) -> OperationMatches:
    """Find operations by what they should do, in words; read one with get_operation, call it with call_operation."""
    from nis_backend.capabilities.operations.finding import find  # noqa: PLC0415 - loads with the first query

    allowed = tuple(
        entry
        for entry in permitted(ctx)
        if request.family in (None, entry.family) and request.effect in (None, entry.effect)
    )
    found = await find(ctx, request.query, allowed)
    matches = [OperationMatch(**_line(entry), score=round(score, 4)) for score, entry in found.scored[: request.limit]]
    return OperationMatches(operations=matches, formula=found.formula, unused=found.unused)


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
    # It is counted by what it calls, of which a stop is let in always.
    urgent=True,
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
    from nis_backend.capabilities.operations.calling import call_it  # noqa: PLC0415 - loads with the first call

    if request.id == call_operation.name:
        raise InvalidRequest(
            f"{request.id} does not call itself.",
            field="id",
            value=request.id,
            remedy="Name the operation it should call.",
        )
    return await call_it(ctx, request)


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

    return await route(ctx, request.message, request.pending, request.excluding, request.among)


def _line(entry: Entry) -> dict[str, Any]:  # Any: the fields of OperationLine
    return {
        "id": entry.name,
        "summary": entry.summary,
        "effect": entry.effect,
        "shape": entry.shape,
        "routes": list(entry.routes),
    }


OPERATIONS = (list_operations, get_operation, search_operations, call_operation, route_message)
