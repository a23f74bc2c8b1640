"""Statements and values as psycopg takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.drivers.store.queries import in_psycopg
from nis_backend.drivers.store.refusals import check_cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.base import Row, Table
    from nis_backend.drivers.store.queries import Statement


def stored(row: Mapping[str, Any]) -> Row:  # Any: see Row
    """As they are stored: what is true is 1, as in SQLite."""
    return {column: _cell(cell) for column, cell in row.items()}


def _cell(cell: Any) -> Any:  # Any: see Row
    return int(cell) if isinstance(cell, bool) else cell


def ours(statement: Statement) -> Statement:
    """A statement of `queries` as psycopg takes it."""
    sql, given = statement
    return in_psycopg(sql), [_cell(one) for one in given]


def telling(statement: Statement, owner: str = "", beside: Sequence[tuple[Table, Row]] = ()) -> Statement:
    """The same of a statement that changes a row, with an answer that it did; rows `beside` are added where it does."""
    sql, given = statement
    sql, given = f"{sql} returning 1", [*given]
    if not beside:
        return ours((sql, given))
    sql = f"with changed as ({sql})"
    for number, (table, row) in enumerate(beside):
        check_cells(row)
        cells = {"owner": owner, **row}
        marks = ", ".join("?" * len(cells))
        sql += f", beside_{number} as (insert into {table} ({', '.join(cells)})"
        sql += f" select {marks} where exists (select from changed))"  # noqa: S608 - names are ours
        given += cells.values()
    return ours((f"{sql} select 1 from changed", given))  # noqa: S608 - as above


def json_field(column: str, name: str) -> str:
    """A member of the JSON in a column, as text."""
    return f"{column}::json ->> '{name}'"


def json_number(column: str, name: str) -> str:
    """The same of a whole number."""
    return f"({json_field(column, name)})::bigint"
