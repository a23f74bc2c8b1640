"""Hears what other processes have appended, by PostgreSQL's NOTIFY; what was missed while deaf is looked up."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

import psycopg

from nis_backend.drivers.store.base import ANY_RUN, Growth

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.drivers.store.postgres.link import Link

log = logging.getLogger("nis.store")

CHANNEL = "nis_runs"
QUIET_SECONDS = 20.0
"""After this long without a word the listener asks whether its connection still lives."""
LONGEST_PAUSE = 5.0

NOTIFY = f"pg_notify('{CHANNEL}', concat_ws(' ', %s::text, last_seq, %s::text, id))"
"""Part of the statement that appends: this process's name, the command or `-`."""
QUEUED = f"select pg_notify('{CHANNEL}', concat_ws(' ', %s::text, 0, 'queued', %s::text))"
"""Tells the other processes' dispatchers that a run waits for one of them."""
# By indexes of the runs that are under way: no index names what would tell which others have grown.
MISSED = """
select id, last_seq, wanted || '_requested' from runs where state = 'running' and wanted is not null
union all (select id, last_seq, state from runs where state = 'queued' limit 1)
"""


class Listener:
    """One connection that listens; found again when it is lost."""

    def __init__(self, link: Link, name: str, heard: Callable[[Growth], None]) -> None:
        self._link = link
        self._name = name
        self._heard = heard
        self._task = asyncio.create_task(self._listen(), name="store listener")
        self.listening = asyncio.Event()
        """Set while what others append is heard as it is committed."""

    async def close(self) -> None:
        """Stop listening."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        pause = 0.1
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **self._link.connecting, autocommit=True
                ) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    await self._catch_up(connection)
                    self.listening.set()
                    pause = 0.1
                    await self._hear(connection)
            except (psycopg.Error, OSError) as error:
                log.debug("the listener lost its database: %s", error)
            self.listening.clear()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _catch_up(self, connection: psycopg.AsyncConnection[Any]) -> None:  # Any: rows of any shape
        # Whoever reads a run here looks for themselves.
        self._heard(Growth(run_id=ANY_RUN, last_seq=0))
        # A database that is still empty has no runs.
        with contextlib.suppress(psycopg.errors.UndefinedTable):
            async for run_id, last_seq, command in await connection.execute(MISSED):
                self._heard(Growth(run_id=run_id, last_seq=last_seq, command=command))

    async def _hear(self, connection: psycopg.AsyncConnection[Any]) -> None:  # Any: rows of any shape
        while True:
            async for notice in connection.notifies(timeout=QUIET_SECONDS):
                name, last_seq, command, run_id = notice.payload.split(" ", 3)
                # What this process appends it hears at its commit.
                if name != self._name:
                    known = None if command == "-" else command
                    self._heard(Growth(run_id=run_id, last_seq=int(last_seq), command=known))
            await connection.execute("select 1")
