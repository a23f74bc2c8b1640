"""Two ways of handing runs to processes on PostgreSQL, side by side: our rows and leases, and procrastinate's jobs.

    python benchmarks/dispatch.py postgresql://USER@HOST/EMPTY_DATABASE

Needs `procrastinate` besides the extra `postgres`. Both make the same durable row of a run and end it; procrastinate's
job is deferred in the row's own transaction, by its SQL function. Prints start latency (commit of the row → first line
of the run), runs a second of a burst, and what each import costs.
"""

from __future__ import annotations

import asyncio
import importlib
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

from load import share

from nis_backend.drivers.dispatch.base import Left
from nis_backend.drivers.dispatch.leases import Leases
from nis_backend.drivers.store.base import Append
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.operation import Model
from nis_backend.run import RunLog, Tail

PACED, BURST, AT_ONCE = 100, 500, 32


class Nothing(Model):
    """A request without fields."""


class Runs:
    """What both do with a run: note when it began, and end it."""

    def __init__(self, store: PostgresStore) -> None:
        self.store = store
        self.began: dict[str, float] = {}
        self.committed: dict[str, float] = {}
        self.ended = asyncio.Semaphore(0)
        self.log = RunLog(store, Tail(store), "bench", ["*"])

    async def execute(self, owner: str, run_id: str, attempt: int) -> Left:
        """A run that does nothing."""
        self.began[run_id] = time.perf_counter()
        await self.store.append(
            Append(owner=owner, run_id=run_id, attempt=attempt, events=[], changes={"state": "succeeded"})
        )
        self.ended.release()
        return Left(how="ended")

    async def wait(self, number: int) -> None:
        """Until as many more have ended."""
        for _ in range(number):
            await self.ended.acquire()

    def say(self, name: str, paced: list[str], seconds: float) -> None:
        """A line of the table."""
        waits = [1e3 * (self.began[run_id] - self.committed[run_id]) for run_id in paced]
        p99 = share(waits, 0.99)
        print(
            f"{name:14} start p50 {statistics.median(waits):6.1f} ms  p99 {p99:6.1f} ms  burst {BURST / seconds:6.0f}/s"
        )


async def leases(url: str) -> None:
    """Rows, leases and NOTIFY."""
    store = PostgresStore(url)
    runs = Runs(store)
    dispatch = Leases(store, runs.execute, {"default": AT_ONCE}, 20.0)
    await dispatch.open()

    async def submit(run_id: str) -> None:
        await runs.log.create(run_id, "bench.run", Nothing(), None)
        runs.committed[run_id] = time.perf_counter()
        await dispatch.submit("bench", run_id)

    await measure("leases", runs, submit)
    await dispatch.close(1)
    await store.close()


async def jobs(url: str) -> None:
    """A job for each run, deferred in the transaction of its row."""
    import psycopg  # noqa: PLC0415
    from psycopg.types.json import Jsonb  # noqa: PLC0415

    procrastinate = importlib.import_module("procrastinate")  # measured, not depended on
    store = PostgresStore(url)
    runs = Runs(store)
    await store.check()
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    async with app.open_async():
        await app.schema_manager.apply_schema_async()

        @app.task(name="carry", queue="default")
        async def carry(run_id: str) -> None:  # pyright: ignore[reportUnusedFunction] - called by its name
            taken = await begin(run_id)
            if taken is not None:
                await runs.execute("bench", run_id, taken)

        async def begin(run_id: str) -> int | None:
            sql = (
                "update runs set state = 'running', attempt = attempt + 1"
                " where id = %s and state = 'queued' returning attempt"
            )
            rows = await store._link.read(sql, [run_id])  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            return int(rows[0]["attempt"]) if rows else None

        pool = await psycopg.AsyncConnection.connect(url)
        turn = asyncio.Lock()

        async def submit(run_id: str) -> None:
            now = time.time()
            async with turn, pool.transaction():
                await pool.execute(
                    "insert into runs (id, owner, operation, state, attempt, last_seq, format, created, updated, input,"
                    " not_before) values (%s, 'bench', 'bench.run', 'queued', 0, 0, 1, %s, %s, '{}', %s)",
                    [run_id, now, now, now],
                )
                await pool.execute(
                    "select procrastinate_defer_jobs_v1(array[row('default', 'carry', 0, null, null, %s, null)"
                    "::procrastinate_job_to_defer_v1])",
                    [Jsonb({"run_id": run_id})],
                )
            runs.committed[run_id] = time.perf_counter()

        working = asyncio.create_task(
            app.run_worker_async(concurrency=AT_ONCE, install_signal_handlers=False, delete_jobs="successful")
        )
        await asyncio.sleep(1)
        await measure("procrastinate", runs, submit)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await pool.close()
    await store.close()


async def measure(name: str, runs: Runs, submit: Callable[[str], Awaitable[None]]) -> None:
    """Paced runs for the latency, then a burst."""
    paced = [f"run-{name}-{number}" for number in range(PACED)]
    for run_id in paced:
        await submit(run_id)
        await runs.wait(1)
    begun = time.perf_counter()
    await asyncio.gather(*(submit(f"run-{name}-burst-{number}") for number in range(BURST)))
    await runs.wait(BURST)
    runs.say(name, paced, time.perf_counter() - begun)


def cost(module: str) -> None:
    """What an import adds to a process that has the store."""
    program = (
        "import sys, time, resource\nimport nis_backend.drivers.store.postgres.store, nis_backend.run\n"
        "before, m, t = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(sys.modules), time.perf_counter()\n"
        f"import {module}\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"print(f'{module:40} {{1e3 * (time.perf_counter() - t):6.0f}} ms  +{{len(sys.modules) - m}} modules"
        "  +{(after - before) / 1024:.1f} MiB')"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


if __name__ == "__main__":
    cost("nis_backend.drivers.dispatch.leases")
    cost("procrastinate")
    asyncio.run(leases(sys.argv[1]))
    asyncio.run(jobs(sys.argv[1]))
