"""Dispatch inside the one process that owns the data folder: a task a run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.dispatch.base import CANCELLED, Dispatch, stop_reason
from nis_backend.errors import Busy

if TYPE_CHECKING:
    from nis_backend.drivers.dispatch.base import Execute

WAITING_PER_RUNNING = 16

END_SECONDS = 2.0
"""Time that a stopped run gets to write its end."""


class InProcess(Dispatch):
    """At most `running` runs at once, and 16 times as many waiting."""

    def __init__(self, execute: Execute, running: int) -> None:
        self._execute = execute
        self._running = running
        self._free = asyncio.Semaphore(running)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @override
    async def submit(self, owner: str, run_id: str, attempt: int) -> None:
        if len(self._tasks) >= self._running * (1 + WAITING_PER_RUNNING):
            raise Busy(f"{len(self._tasks)} runs are under way or waiting.", remedy="Try again in a moment.")
        task = asyncio.create_task(self._carry(owner, run_id, attempt), name=run_id)
        self._tasks[run_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(run_id, None))

    async def _carry(self, owner: str, run_id: str, attempt: int) -> None:
        try:
            await self._free.acquire()
        except asyncio.CancelledError as cancelled:
            # It never ran, and its log must still end.
            await self._execute(owner, run_id, attempt, stop_reason(cancelled))
            return
        try:
            await self._execute(owner, run_id, attempt, None)
        finally:
            self._free.release()

    @override
    async def cancel(self, run_id: str) -> bool:
        task = self._tasks.get(run_id)
        # Once: a second cancel would meet the run while it writes its end.
        if task is not None and not task.cancelling():
            task.cancel(CANCELLED)
        return task is not None

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
