"""Events are appended to a run's log on SQLite, where its row lets them in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nis_backend.drivers.store import queries
from nis_backend.drivers.store.limits import ends, size
from nis_backend.drivers.store.refusals import refused_append
from nis_backend.drivers.store.sqlite.rows import row_of

if TYPE_CHECKING:
    import sqlite3

    from nis_backend.drivers.store.base import Append, Row
    from nis_backend.drivers.store.limits import Limits

FITS = "and last_seq + ? <= ? and log_bytes + ? <= ?"


def append_to(connection: sqlite3.Connection, append: Append, limits: Limits, outbox: bool) -> tuple[Row, list[Row]]:
    """The run's row and the events, as they are now."""
    now, count, length = time.time(), len(append.events), size(append)
    changes = {**append.changes, "updated": now}
    fits = () if ends(append) else (count, limits.events, length, limits.log_bytes)
    found = connection.execute(
        f"update runs set last_seq = last_seq + ?, log_bytes = log_bytes + ?, {queries.assign(changes)}"  # noqa: S608 - ours
        f" where id = ? and owner = ? and state in ({', '.join('?' * len(append.only_in))})"
        f" and attempt = coalesce(?, attempt) {FITS if fits else ''} returning *",
        (
            *(count, length, *changes.values()),
            *(append.run_id, append.owner, *append.only_in, append.attempt, *fits),
        ),
    ).fetchone()
    if found is None:
        run = connection.execute(queries.REFUSING, (append.run_id, append.owner)).fetchone()
        raise refused_append(append, run, limits)
    row = row_of(found)
    first, attempt = row["last_seq"] - count + 1, row["attempt"]
    events: list[Row] = [
        {"seq": first + index, "attempt": attempt, "time": event.time or now, "type": event.type, "body": event.body}
        for index, event in enumerate(append.events)
    ]
    connection.executemany(
        "insert into events (run_id, owner, seq, attempt, time, type, body) values (?, ?, ?, ?, ?, ?, ?)",
        [(append.run_id, append.owner, *event.values()) for event in events],
    )
    if outbox:
        connection.executemany(
            "insert into outbox (owner, run_id, seq) values (?, ?, ?)",
            [(append.owner, append.run_id, event["seq"]) for event in events],
        )
    return row, events
