"""Numbers that a run has answered, in the place of the pointers to them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from nis_backend.capabilities.visuals.asked import Look
from nis_backend.errors import InvalidRequest, NisError, NotFound
from nis_backend.event import ToolAnswered
from nis_backend.fields import referred
from nis_backend.found import named_in
from nis_backend.places import Nowhere, reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.context import Context
    from nis_backend.operation import Json
    from nis_backend.run import Run

R = TypeVar("R", bound=Look)

PATIENCE = 20.0
"""Seconds that a run's end is waited for."""
PAGE = 500
MOST_EVENTS = 20_000
"""Entries of a run's log that are searched for an operation's result."""


async def filled(request: R, ctx: Context) -> R:
    """The request with numbers for its pointers, and with their names and units where it names none.

    Raises:
        InvalidRequest: a pointer leads nowhere, or there is no run for it.
        NotFound: the caller has no such run.
    """
    given = request.model_dump(mode="json", exclude_unset=True)
    pointers = list(_pointers(given))
    if not pointers:
        return request
    if request.run is None:
        field, pointer = _path(pointers[0][0]), pointers[0][1]
        raise InvalidRequest(
            f"{field} points into a run's result, and no run is named.",
            field="run",
            value=pointer,
            remedy="Name the run in `run`, or give the numbers themselves.",
        )
    name, result = await _result(request, ctx)
    schema = _schema(name, ctx)
    for path, pointer in pointers:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        holder = _holder(given, path)
        holder[path[-1]] = _picked(result, steps, _path(path), pointer)
        if path[-1] == "values":
            _name(holder, steps, schema)
    given = {name: part for name, part in given.items() if name not in {"run", "operation"}}
    return type(request).model_validate(given)


def _pointers(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The pointers in a request, with where they stand: texts in the place of lists."""
    if isinstance(value, dict):
        for key, part in cast("Json", value).items():
            if isinstance(part, str) and key in PLACES and part.startswith("/"):
                yield (*path, key), part
            else:
                yield from _pointers(part, (*path, key))
    elif isinstance(value, list):
        for at, part in enumerate(cast("list[object]", value)):
            if isinstance(part, (dict, list)):
                yield from _pointers(cast("object", part), (*path, at))


PLACES = frozenset({"values", "errors", "x", "y", "cells", "categories"})
"""Fields that take a pointer."""


async def _result(request: Look, ctx: Context) -> tuple[str, Any]:  # Any: JSON
    """The result that is meant, and the operation that it is of."""
    assert request.run is not None
    run = await _ended(request.run, ctx)
    if request.operation is None or request.operation == run.operation:
        if run.result is None:
            raise InvalidRequest(
                f"The run {run.id} has no result: it is {run.state}.",
                field="run",
                value=run.id,
                remedy="Wait until it has succeeded, or name another.",
            )
        return run.operation, run.result
    found, after = None, 0
    while after < min(run.last_seq, MOST_EVENTS):
        events = await ctx.runs.events(run.id, after, PAGE)
        if not events:
            break
        for event in events:
            body = event.body
            if isinstance(body, ToolAnswered) and body.operation == request.operation and body.problem is None:
                found = body.result
        after = events[-1].seq
    if found is None:
        raise NotFound(
            f"The run {run.id} has no result of {request.operation}.",
            field="operation",
            value=request.operation,
            remedy="Read the run's events to see what it has called.",
        )
    return request.operation, found


async def _ended(run_id: str, ctx: Context) -> Run:
    """The run; one that is under way is waited for a moment."""
    with named_in("run"):
        run = await ctx.runs.get(run_id)
    if run.finished:
        return run
    with suppress(NisError, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await ctx.runs.result(run_id)
    return await ctx.runs.get(run_id)


def _schema(name: str, ctx: Context) -> Json:
    try:
        return ctx.operations.entry(name).result_schema
    except NotFound:
        return {}


def _holder(given: Any, path: tuple[str | int, ...]) -> Any:  # Any: JSON
    for part in path[:-1]:
        given = given[part]
    return given


def _path(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))


def _picked(value: Any, steps: list[str], field: str, pointer: str) -> Any:  # Any: JSON
    """What a pointer leads to."""
    try:
        return reach(value, steps)
    except Nowhere as end:
        there = ", ".join(end.members[:12]) or ("a list" if isinstance(end.held, list) else "no more")
        raise InvalidRequest(
            f"{field}: the result has no {end.step!r} at /{'/'.join(end.before)}; there: {there}.",
            field=field,
            value=pointer,
            remedy="Point to a list in the result, as /trajectory/height, or with * for each of a list.",
        ) from None


def _name(holder: Json, steps: list[str], schema: Json) -> None:
    """The column's name and unit, as the operation's result declares them."""
    words = [step for step in steps if step != "*" and not step.isdecimal()]
    if words and not holder.get("label"):
        holder["label"] = words[-1].replace("_", " ")
    definitions: Json = schema.get("$defs", {})
    for step in steps:
        own = referred(schema, definitions)
        inner = own.get("items") if step == "*" or step.isdecimal() else own.get("properties", {}).get(step)
        if not isinstance(inner, dict):
            return
        schema = cast("Json", inner)
    own = referred(schema, definitions)
    items = own.get("items")
    unit = own.get("unit") or (cast("Json", items).get("unit") if isinstance(items, dict) else None)
    if unit and not holder.get("unit"):
        holder["unit"] = unit
