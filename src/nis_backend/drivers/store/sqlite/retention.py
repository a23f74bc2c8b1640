"""What SQLite does about what is no longer kept: a little at a time, between other writes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nis_backend.drivers.store.base import EFFECT_SECONDS
from nis_backend.drivers.store.sqlite.conversations import remove_orphans, remove_run

if TYPE_CHECKING:
    import sqlite3

EVENTS, CONVERSATIONS, PAGES = 2000, 200, 200
"""Most of each that one transaction removes: some ten milliseconds."""
ENDED = """
select id from runs where state in ('succeeded', 'failed', 'cancelled') and created < ? and updated < ?
order by created limit 1
"""
EMPTIED = f"""
delete from conversations where id in (
    select id from conversations c where updated < ? and not exists (select 1 from runs where conversation_id = c.id)
    limit {CONVERSATIONS}
)"""  # noqa: S608 - the text is ours
# A key begins with its run's id.
EFFECTS = """
delete from effects where key in (
    select key from effects e where created < ? and not exists (
        select 1 from runs where id = substr(e.key, 1, instr(e.key, ':') - 1)
        and state in ('queued', 'running', 'paused', 'waiting')
    ) limit 2000
)"""


def tidy(connection: sqlite3.Connection, before: float | None) -> bool:
    """See `Store.tidy`: within the caller's transaction."""
    if before is not None:
        run = connection.execute(ENDED, (before, before)).fetchone()
        if run is not None:
            _shorten(connection, run["id"])
            return True
        if connection.execute(EMPTIED, (before,)).rowcount:
            return True
    if connection.execute(EFFECTS, (time.time() - EFFECT_SECONDS,)).rowcount or remove_orphans(connection):
        return True
    if not connection.execute("pragma freelist_count").fetchone()[0]:
        return False
    if connection.execute("pragma auto_vacuum").fetchone()[0] == 0:
        return False
    # It works while its rows are read.
    connection.execute(f"pragma incremental_vacuum({PAGES})").fetchall()
    return True


def _shorten(connection: sqlite3.Connection, run_id: str) -> None:
    """Remove a long log from its end on, and what is left with its run."""
    sql = "delete from events where run_id = ? and seq > (select max(seq) from events where run_id = ?) - ?"
    if connection.execute(sql, (run_id, run_id, EVENTS)).rowcount < EVENTS:
        remove_run(connection, run_id)
