"""A process that begins a run and is killed in the middle of it: `python dying.py FOLDER BEGINNING POINT`."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any, NoReturn

from durable_app import OPERATIONS, Keep, keep_diary

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.context import Context
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.fork import fork
from nis_backend.run import RunLog
from nis_backend.settings import read_settings


def die(*_: object, **__: object) -> NoReturn:
    """As by `kill -9`: nothing is finished."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


async def before_the_run(_: SqliteStore) -> None:
    """When what comes before the run is done."""
    RunLog.write_down = die
    SqliteStore.fork = die


async def before_the_commit(store: SqliteStore) -> None:
    """When the run is in the database's hands, and its transaction is not committed."""
    begun: list[str] = []

    def hear(sql: str) -> None:
        if sql.startswith("insert into runs"):
            begun.append(sql)
        elif sql == "commit" and begun:
            die()

    def watch(connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(hear)

    await store._write(watch)  # pyright: ignore[reportPrivateUsage] - where a process dies is between two statements


async def after_the_commit(_: SqliteStore) -> None:
    """When the next thing would be written into the run's log."""
    SqliteStore.append = die


POINTS = {one.__name__: one for one in (before_the_run, before_the_commit, after_the_commit)}


async def said(ctx: Context, _: str) -> None:
    """A turn that begins a conversation."""
    await ctx.call_named("chat.send_message", {"message": "Hello."})


async def held(ctx: Context, _: str) -> None:
    """A run that a person has to allow."""
    await ctx.call_named("runs.start_run", {"operation": "models.list_models", "approval": "May I?"})


async def forked(ctx: Context, run_id: str) -> None:
    """A run that goes on from another's log."""
    await fork(ctx, run_id, 2, {})


BEGINNINGS = {one.__name__: one for one in (said, held, forked)}


async def main(folder: Path, beginning: str, point: str) -> None:
    """Begin, and die."""
    one = Process(read_settings({}, data=folder, scripted=folder / "script.json"))
    one.operations.add(OPERATIONS)
    async with one.open():
        ctx = one.context(LOCAL)
        store: Any = ctx.drivers.store
        first = await ctx.start_run(keep_diary, Keep(lines=1))
        await first.result()
        await POINTS[point](store)
        await BEGINNINGS[beginning](ctx, first.id)
        if beginning == "held":
            die()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
