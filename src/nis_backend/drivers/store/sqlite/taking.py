"""What dispatch asks of the store on SQLite: runs are taken, and queued again when their process is gone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.store.base import Row, Taken

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

HOLD = "update runs set state = 'running', attempt = attempt + 1, holder = ?, updated = ? where id in"

ONLY = "and id in (select value from json_each(?))"

READY = """(
    select id from runs where state = 'queued' and queue = ? and not_before <= ? {only}
    order by priority desc, not_before, id limit ?
) returning *"""

OVERDUE = """(
    select id from runs where queue = ? and deadline <= ? and state in ('queued', 'paused', 'waiting') {only}
) returning *"""

# One look into an index each.
NEXT_DUE = (
    "select not_before from runs where state = 'queued' and queue = ? and not_before > ? order by not_before limit 1"
)
NEXT_DEADLINE = """
select deadline from runs where queue = ? and deadline > ? and state in ('queued', 'paused', 'waiting')
order by deadline limit 1"""

# What rests and is to be cancelled was cut after its release, before it heeded that.
RECOVER = """
update runs set state = 'queued', holder = null where id in (
    select id from runs where state = 'running' and holder is not ?
    union all select id from runs where wanted = 'cancel' and (state = 'paused' or state = 'waiting')
) returning id"""


def take(
    connection: sqlite3.Connection, room: Mapping[str, int], holder: str, now: float, only: Sequence[str] | None
) -> Taken:
    """See `Store.take`."""
    overdue, ready = (HOLD + sql.format(only="" if only is None else ONLY) for sql in (OVERDUE, READY))
    named = () if only is None else (json.dumps([*only]),)
    rows: list[Row] = []
    times: list[float] = []
    for queue, most in room.items():
        rows += _rows(connection, overdue, (holder, now, queue, now, *named))
        if most > 0:
            rows += _rows(connection, ready, (holder, now, queue, now, *named, most))
        for sql in (NEXT_DUE, NEXT_DEADLINE):
            times += [float(row[0]) for row in connection.execute(sql, (queue, now))]
    # What an update returns is in no order.
    rows.sort(key=lambda row: (-row["priority"], row["not_before"], row["id"]))
    return Taken(rows=rows, next_at=min(times, default=None))


def recover(connection: sqlite3.Connection, holder: str) -> list[str]:
    """See `Store.recover`."""
    return sorted(str(row[0]) for row in connection.execute(RECOVER, (holder,)))


def _rows(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(sql, parameters)]
