"""Ways of handing runs to a process, side by side: our rows and leases, procrastinate's jobs, and SQLite in process.

    make bench-dispatch                                  # the table on standard output, as Markdown
    make bench-dispatch ARGS="--rounds 5"

A PostgreSQL of its own is started, without `fsync`, and every way has a database of its own in it. Each makes the same
durable row of a run and ends it; procrastinate's job is deferred in the row's own transaction, by its SQL function. A
run's start latency is the time from the commit of its row to its first line. The environment that this is executed in
has procrastinate besides, which nis does not use.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import itertools
import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from load import share

from nis_backend.drivers.dispatch.base import Dispatch, Left
from nis_backend.drivers.dispatch.in_process import InProcess
from nis_backend.drivers.dispatch.leases import Leases
from nis_backend.drivers.store.base import Append, Store
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.operation import Model
from nis_backend.run import RunLog, Tail

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from postgresql import PostgreSQL, running_postgresql

PACED, BURST, AT_ONCE = 100, 500, 32
QUEUES = {"default": AT_ONCE}
STALL_SECONDS = 20.0
LEASES, JOBS, FILE = "rows and leases, PostgreSQL", "procrastinate, PostgreSQL", "rows, SQLite in process"
IMPORTS = {
    LEASES: "nis_backend.drivers.dispatch.leases",
    JOBS: "procrastinate",
    FILE: "nis_backend.drivers.dispatch.in_process",
}

Submit = Callable[[str], Awaitable[None]]


class Nothing(Model):
    """A request without fields."""


class Runs:
    """What all do with a run: note when it began, and end it."""

    def __init__(self, store: Store) -> None:
        self.began: dict[str, float] = {}
        self.committed: dict[str, float] = {}
        self.store = store
        self._ended = asyncio.Semaphore(0)
        self._log = RunLog(store, Tail(store), "bench", ["*"])

    async def create(self, run_id: str) -> None:
        """Write its row."""
        await self._log.write_down(run_id, "bench.run", Nothing(), None)
        self.committed[run_id] = time.perf_counter()

    async def execute(self, owner: str, run_id: str, attempt: int) -> Left:
        """A run that does nothing."""
        self.began[run_id] = time.perf_counter()
        await self.store.append(
            Append(owner=owner, run_id=run_id, attempt=attempt, events=[], changes={"state": "succeeded"})
        )
        self._ended.release()
        return Left(how="ended")

    async def wait(self, number: int) -> None:
        """Until as many more have ended."""
        for _ in range(number):
            await self._ended.acquire()


@contextlib.asynccontextmanager
async def by_rows(store: Store, dispatcher: Callable[[Runs], Dispatch]) -> AsyncGenerator[tuple[Runs, Submit]]:
    """The row of a run is its place in the queue."""
    runs = Runs(store)
    dispatch = dispatcher(runs)
    await store.check()
    await dispatch.open()

    async def submit(run_id: str) -> None:
        await runs.create(run_id)
        await dispatch.submit("bench", run_id)

    yield runs, submit
    await dispatch.close(1)
    await store.close()


@contextlib.asynccontextmanager
async def by_jobs(url: str) -> AsyncGenerator[tuple[Runs, Submit]]:
    """A job for each run, deferred in the transaction of its row."""
    import psycopg  # noqa: PLC0415
    from psycopg.types.json import Jsonb  # noqa: PLC0415

    procrastinate = importlib.import_module("procrastinate")  # measured, not depended on
    # It warns of an app in the main module, which workers elsewhere could not import.
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    store = PostgresStore(url)
    runs = Runs(store)
    await store.check()
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    async with app.open_async(), await psycopg.AsyncConnection.connect(url) as connection:
        await connection.set_autocommit(True)
        await app.schema_manager.apply_schema_async()

        @app.task(name="carry", queue="default")
        async def carry(run_id: str) -> None:  # pyright: ignore[reportUnusedFunction] - called by its name
            sql = (
                "update runs set state = 'running', attempt = attempt + 1"
                " where id = %s and state = 'queued' returning attempt"
            )
            rows = await store._link.read(sql, [run_id])  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            if rows:
                await runs.execute("bench", run_id, int(rows[0]["attempt"]))

        turn = asyncio.Lock()

        async def submit(run_id: str) -> None:
            now = time.time()
            async with turn, connection.transaction():
                await connection.execute(
                    "insert into runs (id, owner, operation, state, attempt, last_seq, format, created, updated, input,"
                    " not_before) values (%s, 'bench', 'bench.run', 'queued', 0, 0, 1, %s, %s, '{}', %s)",
                    [run_id, now, now, now],
                )
                await connection.execute(
                    "select procrastinate_defer_jobs_v1(array[row('default', 'carry', 0, null, null, %s, null)"
                    "::procrastinate_job_to_defer_v1])",
                    [Jsonb({"run_id": run_id})],
                )
            runs.committed[run_id] = time.perf_counter()

        working = asyncio.create_task(
            app.run_worker_async(concurrency=AT_ONCE, install_signal_handlers=False, delete_jobs="successful")
        )
        yield runs, submit
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    await store.close()


@dataclass(kw_only=True)
class Figures:
    """What one way came to."""

    waits: list[float] = field(default_factory=list[float])
    """Seconds from a paced run's commit to its first line."""
    rates: list[float] = field(default_factory=list[float])
    """Runs a second of each burst."""


async def measure(runs: Runs, submit: Submit, figures: Figures) -> None:
    """Runs one after the other for the latency, then a burst; the first, which finds all cold, counts nowhere."""
    names = map("run-{:012}".format, itertools.count())
    await submit(next(names))
    await runs.wait(1)
    paced = list(itertools.islice(names, PACED))
    for run_id in paced:
        await submit(run_id)
        await runs.wait(1)
    figures.waits += [runs.began[run_id] - runs.committed[run_id] for run_id in paced]
    begun = time.perf_counter()
    await asyncio.gather(*(submit(run_id) for run_id in itertools.islice(names, BURST)))
    await runs.wait(BURST)
    figures.rates.append(BURST / (time.perf_counter() - begun))


async def once(name: str, server: PostgreSQL, file: Path, figures: Figures) -> None:
    """One round of one way, over an empty database."""
    if name == FILE:
        way = by_rows(SqliteStore(file), lambda runs: InProcess(runs.store, runs.execute, QUEUES))
    elif name == LEASES:
        store = PostgresStore(server.database())
        way = by_rows(store, lambda runs: Leases(runs.store, runs.execute, QUEUES, STALL_SECONDS))
    else:
        way = by_jobs(server.database())
    async with way as (runs, submit):
        await measure(runs, submit, figures)


def cost(module: str) -> str:
    """What an import adds to a process that has both stores: time, modules, memory."""
    program = (
        "import sys, time, resource\nimport nis_backend.drivers.store.postgres.store, nis_backend.run\n"
        "import nis_backend.drivers.store.sqlite.store\n"
        "before, m, t = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(sys.modules), time.perf_counter()\n"
        f"import {module}\n"
        "took = 1e3 * (time.perf_counter() - t)\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(f'{took:.0f} ms, {len(sys.modules) - m} modules, {(after - before) / 1024:.0f} MiB')"
    )
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--rounds", type=int, default=3, help="rounds of each way, in turn (default 3)")
    given = arguments.parse_args()
    found = {name: Figures() for name in IMPORTS}
    with tempfile.TemporaryDirectory() as folder, running_postgresql() as server:
        for turn in range(given.rounds):
            for name, figures in found.items():
                print(f"\rround {turn + 1}/{given.rounds}: {name:30}", end="", file=sys.stderr, flush=True)
                uvloop.run(once(name, server, Path(folder, f"{turn}.db"), figures))
    print(file=sys.stderr)
    load = " / ".join(f"{one:.1f}" for one in os.getloadavg())
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    print(f"{time.strftime('%Y-%m-%d')}, {machine}; load of the last 1 / 5 / 15 minutes, this included: {load}\n")
    print("| | commit to first line, p50 | p99 | a burst of 500 | import |\n|---|---|---|---|---|")
    for name, figures in found.items():
        p50, p99 = (f"{1e3 * share(figures.waits, part):.1f} ms" for part in (0.5, 0.99))
        rate = f"{statistics.median(figures.rates):.0f} ({min(figures.rates):.0f}-{max(figures.rates):.0f}) runs/s"
        print(f"| {name} | {p50} | {p99} | {rate} | {cost(IMPORTS[name])} |")


if __name__ == "__main__":
    main()
