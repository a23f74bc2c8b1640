"""What SQLite and PostgreSQL are asked in the same words; a `?` stands for each value."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from nis_backend.drivers.store.base import OPEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.base import Age, Order, Row, Table
    from nis_backend.drivers.store.items import Side

Statement = tuple[str, "Sequence[Any]"]  # Any: see Row
"""SQL, and what stands for its marks."""

DUE = "select * from schedules where enabled = 1 and next_at <= ? order by next_at, id limit ?"
MOVE = "update schedules set next_at = ? where id = ? and next_at = ?"
WAITING = "select count(*) as found from (select 1 from runs where state = 'queued' and queue = ? limit ?) as waiting"
EVENTS = """
select seq, attempt, time, type, body from events where run_id = ? and owner = ? and seq > ? order by seq limit ?
"""
REFUSING = "select state, attempt, last_seq, log_bytes from runs where id = ? and owner = ?"
"""What `refused_append` wants to know of a run."""
UNSENT = """
select id, owner, run_id, seq, attempt, time, type, body from (
    select oldest.id, oldest.owner, oldest.run_id, oldest.seq, events.attempt, events.time, events.type, events.body,
        sum(coalesce(length(events.body), 0)) over (order by oldest.id) - coalesce(length(events.body), 0) as beginning
    from (select * from outbox order by id limit ?) as oldest
    left join events on events.run_id = oldest.run_id and events.seq = oldest.seq
) as sized where beginning < ? order by id
"""
COUNT_UNSENT = "select count(*) as found from (select 1 from outbox limit ?) as waiting"


def in_psycopg(sql: str) -> str:
    """The same with marks as psycopg writes them."""
    return sql.replace("?", "%s")


def assign(columns: Mapping[str, Any]) -> str:  # Any: see Row
    """What an update sets."""
    return ", ".join(f"{column} = ?" for column in columns)


def insert(table: str, row: Row) -> Statement:
    """Add a row."""
    return _insert(table, tuple(row)), [*row.values()]


@lru_cache(maxsize=256)
def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"insert into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})"  # noqa: S608 - names are ours


def get(table: Table, owner: str, id: str) -> Statement:  # noqa: A002 - the column's name
    """See `Store.get`."""
    return f"select * from {table} where id = ? and owner = ?", [id, owner]  # noqa: S608 - as above


def select(  # noqa: PLR0913 - one argument a clause
    table: Table,
    owner: str,
    *,
    where: Mapping[str, Any] | None,  # Any: see Row
    before: tuple[float, str] | None,
    limit: int,
    descending: bool,
    order: Order,
    since: float | None,
) -> Statement:
    """See `Store.select`."""
    clauses, given = _conditions(owner, where, order, since)
    if before is not None:
        clauses.append(f"({order}, id) {'<' if descending else '>'} (?, ?)")
        given.extend(before)
    way = "desc" if descending else "asc"
    sql = f"select * from {table} where {' and '.join(clauses)} order by {order} {way}, id {way} limit ?"  # noqa: S608 - as above
    return sql, [*given, limit]


def count(
    table: Table,
    owner: str,
    *,
    where: Mapping[str, Any] | None,  # Any: see Row
    order: Order,
    since: float | None,
) -> Statement:
    """See `Store.count`."""
    clauses, given = _conditions(owner, where, order, since)
    return f"select count(*) as found from {table} where {' and '.join(clauses)}", given  # noqa: S608 - as above


def update(
    table: Table,
    owner: str,
    id: str,  # noqa: A002
    changes: Mapping[str, Any],  # Any: see Row
    only_if: Mapping[str, Any],  # Any: as above
) -> Statement:
    """See `Store.update`."""
    held = "".join(f" and {column} {'is null' if cell is None else '= ?'}" for column, cell in only_if.items())
    sql = f"update {table} set {assign(changes)} where id = ? and owner = ?{held}"  # noqa: S608 - as above
    return sql, [*changes.values(), id, owner, *(cell for cell in only_if.values() if cell is not None)]


def delete(table: Table, owner: str, id: str) -> Statement:  # noqa: A002
    """See `Store.delete`."""
    return f"delete from {table} where id = ? and owner = ?", [id, owner]  # noqa: S608 - as above


def keys(
    where: Mapping[str, Any],  # Any: see Row
    *,
    before: tuple[float, str] | None,
    limit: int,
) -> Statement:
    """See `Store.keys`."""
    # By `=`, for which PostgreSQL has an index: for `is not distinct from` it has none.
    clauses = ["true", *(f"{column} {'is null' if at is None else '= ?'}" for column, at in where.items())]
    given = [at for at in where.values() if at is not None]
    if before is not None:
        clauses.append("(created, id) < (?, ?)")
        given.extend(before)
    sql = f"select * from keys where {' and '.join(clauses)} order by created desc, id desc limit ?"  # noqa: S608 - as above
    return sql, [*given, limit]


def spent(periods: Sequence[tuple[str, str]]) -> Statement:
    """See `Spending.spent`."""
    either = " or ".join(["(budget_id = ? and period = ?)"] * len(periods)) or "false"
    sql = f"select budget_id, period, used from spending where {either}"  # noqa: S608 - as above
    return sql, [cell for period in periods for cell in period]


UNSPENT = "delete from spending where budget_id = ? and not exists (select 1 from budgets where id = ?)"
"""What was counted of a budget goes with it."""

UNOWNED = "delete from spending where budget_id not in (select id from budgets)"
"""What a call has counted of a budget that was deleted at that moment."""

NAMED = """
(exists (select 1 from runs where within is not null and state in ('queued', 'running', 'paused', 'waiting')
    and {holds})
or exists (select 1 from schedules where within is not null and {holds})
or exists (select 1 from conversations where within is not null and {holds}))
"""
"""Whether what may yet ask a model was started in a run or conversation: its budgets outlive it so long."""

NARROW = """
select exists (select 1 from budgets where scope in ('run', 'conversation') and subject <> '*') as found
"""
"""See `Spending.narrow`."""


def configured(table: Table, where: Mapping[str, Any]) -> Statement:  # Any: see Row, or several of them
    """See `Spending.configured`."""
    given = {
        column: cast("list[Any]", cell) if isinstance(cell, list) else [cell]  # Any: as above
        for column, cell in where.items()
    }
    clauses = ["true", *(f"{column} in ({', '.join('?' * len(cells))})" for column, cells in given.items())]
    sql = f"select * from {table} where {' and '.join(clauses)} order by created, id"  # noqa: S608 - as above
    return sql, [cell for cells in given.values() for cell in cells]


HELD: dict[Table, str] = {
    # The bytes of a dataset's version are its rows: nothing else has them.
    "blobs": " and not exists (select 1 from dataset_versions v where v.blob_id = blobs.id)",
    "calibrations": " and latest = 0",
    "canary_runs": " and not exists (select 1 from evolutions e where e.id = evolution_id and e.state = 'canary')",
    # How often an agent's cases were looked at is counted as long as there is the agent.
    "evolutions": " and not exists (select 1 from agents a where a.owner = evolutions.owner"
    " and a.agent_id = evolutions.agent_id)",
}
"""What stays, however old it is: what something that is there goes by."""


def expire(table: Table, before: float, column: Age) -> Statement:
    """See `Store.expire`."""
    return f"delete from {table} where {column} < ?{HELD.get(table, '')} returning *", [before]  # noqa: S608 - as above


def expire_unheld(purpose: str) -> Statement:
    """See `Store.expire_unheld`."""
    return (
        "delete from blobs where id in (select id from blobs b where purpose = ? and substr(name, 1, 4) = 'run-'"
        " and not exists (select 1 from runs where id = b.name) limit 500) returning *"
    ), [purpose]


ITEM = "number, id, document_id, text, metadata, digest, created, updated"
"""The columns of an item, but for its vectors."""


def name_next(owner: str, collection_id: str, model: str | None, version: str | None, now: float) -> Statement:
    """See `Items.name_next`."""
    sql = "update collections set next_model = ?, next_version = ?, updated = ? where id = ? and owner = ?"
    return sql, [model, version, now, collection_id, owner]


def sum_items(owner: str, collection_id: str) -> Statement:
    """See `Items.sum_items`."""
    return (
        "select coalesce(sum(length(text)), 0) as characters, coalesce(max(length(text)), 0) as longest,"
        " count(distinct document_id) as documents,"
        " count(case when c.side = 'a' then vector_a else vector_b end) as vectors"
        " from items i join collections c on c.id = i.collection_id where i.collection_id = ? and i.owner = ?"
    ), [collection_id, owner]


def vectors_after(owner: str, collection_id: str, side: Side, number: int, limit: int) -> Statement:
    """See `Items.vectors_after`."""
    return (
        f"select number, vector_{side} as vector from items where collection_id = ? and owner = ? and number > ?"  # noqa: S608 - as above
        f" and vector_{side} is not null order by number limit ?"
    ), [collection_id, owner, number, limit]


def unfilled(owner: str, collection_id: str, side: Side, after: int, limit: int) -> Statement:
    """See `Items.unfilled`."""
    return (
        f"select {ITEM} from items where collection_id = ? and owner = ? and vector_{side} is null"  # noqa: S608 - as above
        " and number > ? order by number limit ?"
    ), [collection_id, owner, after, limit]


def _conditions(
    owner: str,
    where: Mapping[str, Any] | None,  # Any: see Row
    order: Order,
    since: float | None,
) -> tuple[list[str], list[Any]]:
    given = {**(where or {}), "owner": owner}
    # The state of few runs stands in the text: SQLite finds rows by an index of such alone where it knows the value.
    told = {"state"} if given.get("state") in OPEN else set[str]()
    clauses = [f"{column} = '{given[column]}'" if column in told else f"{column} = ?" for column in given]
    values = [value for column, value in given.items() if column not in told]
    if since is not None:
        clauses.append(f"{order} >= ?")
        values.append(since)
    return clauses, values
