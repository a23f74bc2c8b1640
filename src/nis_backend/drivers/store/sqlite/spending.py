"""What may be spent, and what was, on SQLite: each a function of the writer's thread, and so one after the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nis_backend.drivers.store import queries, sums
from nis_backend.drivers.store.spending import Crossed, Over, opened

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.spending import Cap, Closed

USED = "select coalesce((select used from spending where budget_id = ? and period = ?), 0) as used"
RESERVED = """
select coalesce(sum(ledger.worst), 0) as reserved from ledger, json_each(ledger.caps) as cap
where ledger.state = 'open' and json_extract(cap.value, '$[0]') = ? and json_extract(cap.value, '$[1]') = ?
"""
COUNT = """
insert into spending (budget_id, period, owner, used) values (?, ?, ?, ?)
on conflict (budget_id, period) do update set used = used + excluded.used
"""
SETTLE = "update spending set used = used + ? where budget_id = ? and period = ?"
CROSS = """
update spending set warned = (select cap from budgets where id = budget_id) where budget_id = ? and period = ?
    and exists (select 1 from budgets where id = budget_id and warned < cap and used * 5 >= cap * 4)
returning budget_id, period, used, warned as "limit"
"""
DAY = "strftime('%Y-%m-%d', created, 'unixepoch')"
ADD_UP = sums.add("ledger where id in (select value from json_each(?)) and state <> 'refused'", DAY)
FORGET = """
delete from ledger where id in (select id from ledger where created < ? and state <> 'open' order by created limit 500)
"""
ABANDONED = """
update ledger set state = 'lost', counted = 'worst' where state = 'open' and holder is not ? returning id
"""


def reserve(connection: sqlite3.Connection, row: Row, caps: Sequence[Cap]) -> list[Over]:
    """See `Spending.reserve`: within the caller's transaction."""
    over: list[Over] = []
    for cap in caps:
        used = int(connection.execute(USED, (cap.budget_id, cap.period)).fetchone()["used"])
        if used + row["worst"] > cap.limit:
            reserved = int(connection.execute(RESERVED, (cap.budget_id, cap.period)).fetchone()["reserved"])
            over.append(Over(budget_id=cap.budget_id, period=cap.period, used=used, limit=cap.limit, reserved=reserved))
    if not over:
        connection.execute(*queries.insert("ledger", opened(row, caps)))
        counted = [(cap.budget_id, cap.period, cap.owner, row["worst"]) for cap in caps]
        connection.executemany(COUNT, counted)
    return over


def record(connection: sqlite3.Connection, rows: Sequence[Row], closed: Sequence[Closed]) -> list[Crossed]:
    """See `Spending.record`: within the caller's transaction."""
    added = [row["id"] for row in rows if _add(connection, row)]
    found = {one.id: crossed for one in closed if (crossed := _close(connection, one)) is not None}
    connection.execute(ADD_UP, (json.dumps([*added, *found]),))
    return next(iter(found.values())) if found else []


def _add(connection: sqlite3.Connection, row: Row) -> bool:
    """Whether the row was not there yet; of a run that is gone by now it names nothing."""
    of = row["run_id"]
    if of is not None and connection.execute("select 1 from runs where id = ?", (of,)).fetchone() is None:
        row = {**row, "run_id": None, "conversation_id": None}
    sql, given = queries.insert("ledger", row)
    return connection.execute(f"{sql} on conflict (id) do nothing", given).rowcount == 1


def _close(connection: sqlite3.Connection, closed: Closed) -> list[Crossed] | None:
    """End an open row, and have what it reserved be what it cost; None where it was not open."""
    sql = f"update ledger set {queries.assign(closed.changes)} where id = ? and state = 'open' returning *"  # noqa: S608 - ours
    row = connection.execute(sql, (*closed.changes.values(), closed.id)).fetchone()
    if row is None:
        return None
    crossed: list[Crossed] = []
    for budget_id, period in json.loads(row["caps"] or "[]"):
        connection.execute(SETTLE, (row["cost"] - row["worst"], budget_id, period))
        crossed += (Crossed(**one) for one in connection.execute(CROSS, (budget_id, period)).fetchall())
    return crossed


def abandoned(connection: sqlite3.Connection, holder: str) -> int:
    """See `Spending.abandoned`: within the caller's transaction. What they reserved stays counted."""
    lost = [str(row["id"]) for row in connection.execute(ABANDONED, (holder,)).fetchall()]
    connection.execute(ADD_UP, (json.dumps(lost),))
    return len(lost)
