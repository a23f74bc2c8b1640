"""Dispatch inside the one process that owns the data folder: a task a run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.dispatch.base import CANCELLED, PAUSED, Dispatch
from nis_backend.drivers.store.base import Append
from nis_backend.errors import Busy, NisError

if TYPE_CHECKING:
    from nis_backend.drivers.dispatch.base import Execute, StopReason
    from nis_backend.drivers.store.base import Growth, Store

COMMANDS: dict[str | None, StopReason] = {"cancel_requested": CANCELLED, "pause_requested": PAUSED}

WAITING_PER_RUNNING = 16

END_SECONDS = 2.0
"""Time that a stopped run gets to write its end."""


class InProcess(Dispatch):
    """At most `running` runs at once, and 16 times as many waiting."""

    def __init__(self, store: Store, execute: Execute, running: int) -> None:
        self._store = store
        store.listen(self._commanded)
        self._execute = execute
        self._running = running
        self._free = asyncio.Semaphore(running)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @override
    async def submit(self, owner: str, run_id: str) -> None:
        if len(self._tasks) >= self._running * (1 + WAITING_PER_RUNNING):
            raise Busy(f"{len(self._tasks)} runs are under way or waiting.", remedy="Try again in a moment.")
        task = asyncio.create_task(self._carry(owner, run_id), name=run_id)
        self._tasks[run_id] = task
        task.add_done_callback(lambda done: self._tasks.get(run_id) is done and self._tasks.pop(run_id))

    async def _carry(self, owner: str, run_id: str) -> None:
        async with self._free:
            attempt = await self._take(owner, run_id)
            if attempt is not None:
                await self._execute(owner, run_id, attempt)

    async def _take(self, owner: str, run_id: str) -> int | None:
        """Begin the next attempt of a queued run; None where there is nothing to begin."""
        row = await self._store.get("runs", owner, run_id)
        if row is None:
            return None
        attempt = row["attempt"] + 1
        changes = {"state": "running", "attempt": attempt}
        try:
            await self._store.append(
                Append(
                    owner=owner,
                    run_id=run_id,
                    attempt=row["attempt"],
                    events=[],
                    changes=changes,
                    only_in=["queued"],
                )
            )
        except NisError:
            return None
        return attempt

    def _commanded(self, growth: Growth) -> None:
        task, reason = self._tasks.get(growth.run_id), COMMANDS.get(growth.command)
        # Once: a second cancel would meet the run while it writes its end.
        if reason and task is not None and not task.cancelling():
            task.cancel(reason)

    @override
    async def close(self, grace: float) -> None:
        tasks = set(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                if not task.cancelling():
                    task.cancel()
            if late:
                # Their ends are being written; a store that refuses them is not waited for.
                _, stuck = await asyncio.wait(late, timeout=END_SECONDS)
                for task in stuck:
                    task.cancel()
