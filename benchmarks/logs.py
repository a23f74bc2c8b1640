"""Events a second that a store writes and reads, beside what its database does when it is asked directly."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from nis_backend.drivers.store.base import Append, NewEvent, Store
from nis_backend.drivers.store.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from postgresql import PostgreSQL

BODY = '{"step":1,"text":"a few words of the answer "}'
HOLDERS, EVENTS = 32, 500
SLOW = 4
"""An event a transaction takes its time: so much less of them is enough."""
TABLE = (
    "create table events (run_id text not null, seq integer not null, owner text not null, attempt integer not null,"
    " time {real} not null, type text not null, body text not null, primary key (run_id, seq)) {kind}"
)
INSERT = "insert into events values (?, ?, ?, ?, ?, ?, ?)"


def rows(count: int, first: int = 0) -> Iterator[tuple[object, ...]]:
    """Rows of the log's own table."""
    for number in range(first, first + count):
        yield (f"run-{number % HOLDERS}", number // HOLDERS, "local", 1, time.time(), "text_delta", BODY)


def bare_sqlite(path: Path, batch: int) -> tuple[float, float]:
    """SQLite alone, in one thread: so many events a transaction; read a run at a time."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = normal")
        database.execute(TABLE.format(real="real", kind="strict, without rowid"))
        count, begun = HOLDERS * EVENTS // (1 if batch > 1 else SLOW), time.perf_counter()
        for first in range(0, count, batch):
            database.execute("begin immediate")
            for row in rows(batch, first):
                database.execute(INSERT, row)
            database.execute("commit")
        wrote = count / (time.perf_counter() - begun)
    # Opened anew, so that what it may have kept in memory does not answer.
    with closing(sqlite3.connect(path)) as database:
        sql = "select seq, attempt, time, type, body from events where run_id = ?"
        begun = time.perf_counter()
        read = sum(len(database.execute(sql, (f"run-{run}",)).fetchall()) for run in range(HOLDERS))
        return wrote, read / (time.perf_counter() - begun)


def bare_postgresql(url: str, batch: int) -> tuple[float, float]:
    """PostgreSQL asked by psycopg alone over one connection: an `executemany` a transaction, which it pipelines."""
    import psycopg  # noqa: PLC0415 - only where it is wanted

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE.format(real="double precision", kind=""))  # pyright: ignore[reportArgumentType] - ours
        count, begun = HOLDERS * EVENTS // (1 if batch > 1 else SLOW), time.perf_counter()
        for first in range(0, count, batch):
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(INSERT.replace("?", "%s"), [*rows(batch, first)])  # pyright: ignore[reportArgumentType] - ours
        wrote = count / (time.perf_counter() - begun)
    with psycopg.connect(url, autocommit=True) as connection:
        sql = "select seq, attempt, time, type, body from events where run_id = %s order by seq"
        begun = time.perf_counter()
        read = sum(len(connection.execute(sql, [f"run-{run}"]).fetchall()) for run in range(HOLDERS))
        return wrote, read / (time.perf_counter() - begun)


async def our_log(opened: Callable[[], Store], holders: int) -> tuple[float, float]:
    """The store: so many holders that each wait for every commit; read in pages."""
    store = opened()
    await store.check()
    events = EVENTS if holders > 1 else HOLDERS * EVENTS // SLOW // 2

    async def hold(number: int) -> None:
        run_id, now = f"run-{number}", time.time()
        row = {"id": run_id, "operation": "bench.write", "state": "running", "attempt": 1, "last_seq": 0, "format": 1}
        row |= {"conversation_id": None, "created": now, "updated": now, "input": "{}", "result": None, "problem": None}
        await store.insert("runs", "local", row)
        event = NewEvent(type="text_delta", body=BODY)
        for _ in range(events):
            await store.append(Append(owner="local", run_id=run_id, attempt=1, events=[event], changes={}))

    begun = time.perf_counter()
    await asyncio.gather(*(hold(number) for number in range(holders)))
    wrote = holders * events / (time.perf_counter() - begun)
    await store.close()
    store = opened()
    await store.check()
    begun, read = time.perf_counter(), 0
    for number in range(holders):
        seen = 0
        while page := await store.events("local", f"run-{number}", seen):
            read += len(page)
            seen = int(page[-1]["seq"])
    took = time.perf_counter() - begun
    await store.close()
    return wrote, read / took


def measure_log(rounds: int, postgresql: PostgreSQL | None) -> None:
    """Print the table of the log beside its databases."""
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for batch, name in ((1, "an event a transaction"), (100, "100 a transaction")):
                found.setdefault(f"bare sqlite3 in one thread, {name}", []).append(
                    bare_sqlite(Path(folder, f"{batch}.db"), batch)
                )
            for holders, name in ((1, "one holder"), (HOLDERS, f"{HOLDERS} holders")):
                path = Path(folder, f"nis-{holders}.db")
                found.setdefault(f"the store on SQLite, {name} waiting for each commit", []).append(
                    uvloop.run(our_log(lambda path=path: SqliteStore(path), holders))
                )
        if postgresql is not None:
            _measure_postgresql(postgresql, found)
    print("| the log | events written/s | events read/s, pages of 500 |\n|---|---|---|")
    for name, figures in found.items():
        wrote, read = (statistics.median(values) for values in zip(*figures, strict=True))
        print(f"| {name} | {wrote:.0f} | {read:.0f} |")
    print()


def _measure_postgresql(server: PostgreSQL, found: dict[str, list[tuple[float, float]]]) -> None:
    from nis_backend.drivers.store.postgres.store import PostgresStore  # noqa: PLC0415 - only where it is wanted

    for batch, name in ((1, "an event a transaction"), (100, "100 a transaction")):
        bare = bare_postgresql(server.database(), batch)
        found.setdefault(f"bare psycopg over one connection, {name}", []).append(bare)
    for holders, name in ((1, "one holder"), (HOLDERS, f"{HOLDERS} holders")):
        url = server.database()
        ours = uvloop.run(our_log(lambda url=url: PostgresStore(url), holders))
        found.setdefault(f"the store on PostgreSQL, {name} waiting for each commit", []).append(ours)
