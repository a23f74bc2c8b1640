"""Any operation called by its name: the same answer, the same refusal, each shape of result."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opened import opened

from nis_backend.caller import LOCAL, Caller
from nis_backend.capabilities.operations.operations import CalledOperation, CallOperation, call_operation
from nis_backend.errors import Forbidden, InvalidRequest, NisError, NotFound
from nis_backend.operation import Model, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


class Count(Model):
    """How far to count."""

    to: int


class Number(Model):
    """A number."""

    number: int


@operation("numbers.double_number", effect="reads")
def double_number(request: Count, ctx: Context) -> Number:
    """Double a number."""
    return Number(number=2 * request.to)


@operation("numbers.count_up", effect="reads")
async def count_up(request: Count, ctx: Context) -> AsyncIterator[Number]:
    """Count to a number."""
    for number in range(request.to):
        yield Number(number=number + 1)


@operation("numbers.find_number", effect="destroys")
async def find_number(request: Count, ctx: Context) -> Number:
    """Find no number."""
    raise NotFound(f"There is no {request.to}.", field="to", value=request.to)


def call(
    folder: Path,
    name: str,
    arguments: Mapping[str, Any],
    caller: Caller = LOCAL,  # Any: JSON
) -> CalledOperation:
    """What the operation answers to this caller."""
    folder.mkdir(exist_ok=True)

    async def ask() -> CalledOperation:
        async with opened(folder, operations=(double_number, count_up, find_number, call_operation)) as ctx:
            asker = replace(ctx, caller=caller)
            return await asker.call(call_operation, CallOperation(id=name, arguments=dict(arguments)))

    return asyncio.run(ask())


def test_it_answers_what_the_operation_answers(tmp_path: Path) -> None:
    """A model whole, of a stream the last item, and null of an empty one."""
    assert call(tmp_path / "1", "numbers.double_number", {"to": 4}).result == {"number": 8}
    counted = call(tmp_path / "2", "numbers.count_up", {"to": 3})
    assert (counted.operation, counted.result, counted.run_id) == ("numbers.count_up", {"number": 3}, None)
    assert call(tmp_path / "3", "numbers.count_up", {"to": 0}).result is None


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "field"),
    [
        ("numbers.double_number", {"to": "x"}, InvalidRequest, "arguments.to"),
        ("numbers.double_number", {}, InvalidRequest, "arguments.to"),
        ("numbers.double_number", {"to": 1, "by": 2}, InvalidRequest, "arguments.by"),
        ("numbers.find_number", {"to": 1}, NotFound, "arguments.to"),
        ("numbers.no_such", {}, NotFound, "id"),
        ("operations.call_operation", {"id": "numbers.count_up"}, InvalidRequest, "id"),
    ],
)
def test_it_refuses_as_the_operation_does(
    tmp_path: Path, name: str, arguments: Mapping[str, Any], kind: type[NisError], field: str
) -> None:
    """The same class of error; a field is named as it stands in this request."""
    with pytest.raises(kind) as refused:
        call(tmp_path, name, arguments)
    assert refused.value.field == field
    assert all(one.field.startswith("arguments.") for one in refused.value.fields)


def test_a_field_that_is_wrong_is_named_in_words_as_it_stands(tmp_path: Path) -> None:
    """Who reads the message alone finds the field in what was sent."""
    with pytest.raises(InvalidRequest) as refused:
        call(tmp_path, "numbers.double_number", {"to": "x"})
    assert refused.value.message.startswith("arguments.to: ")


def test_the_caller_needs_the_scopes_of_what_is_called(tmp_path: Path) -> None:
    """Naming an operation instead of calling it grants nothing, and needs nothing more."""
    reader = Caller(owner="local", scopes=frozenset({"numbers:read"}))
    assert call(tmp_path / "1", "numbers.double_number", {"to": 4}, reader).result == {"number": 8}
    with pytest.raises(Forbidden) as refused:
        call(tmp_path / "2", "numbers.find_number", {"to": 4}, reader)
    assert (refused.value.field, refused.value.value) == ("scope", "numbers:write")
