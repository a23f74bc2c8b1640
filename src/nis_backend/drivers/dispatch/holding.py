"""The runs that this process executes: what is asked of them reaches their tasks."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import uuid
from typing import TYPE_CHECKING
from weakref import WeakSet

from nis_backend.drivers.dispatch.base import CANCELLED, WANTED, Left
from nis_backend.drivers.store.base import Append
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.drivers.dispatch.base import Execute, StopReason
    from nis_backend.drivers.store.base import Growth, Row, Store

log = logging.getLogger("nis.dispatch")

END_SECONDS = 2.0
"""Time that a stopped run gets to write how it was left."""

AGAIN_SECONDS = 1.0
"""Time until a run that was dropped is taken anew."""

RELEASED = Left(how="released")
COMMANDS: dict[str, StopReason] = {f"{wanted}_requested": reason for wanted, reason in WANTED.items()}


class Holding:
    """A task for each run held."""

    def __init__(self, store: Store, execute: Execute) -> None:
        self.holder = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._store = store
        self._execute = execute
        self._tasks: dict[str, asyncio.Task[Left]] = {}
        self._cancelled: WeakSet[asyncio.Task[Left]] = WeakSet()
        self._missing: frozenset[str] = frozenset()
        self._lost: frozenset[tuple[str, int]] = frozenset()
        store.listen(self._heard)

    def hold(self, row: Row, left: Callable[[Left], None]) -> None:
        """Execute a run that was taken; `left` hears how that went."""
        run_id = str(row["id"])
        task = asyncio.create_task(self._carry(row), name=run_id)
        self._tasks[run_id] = task

        def over(done: asyncio.Task[Left]) -> None:
            if self._tasks.get(run_id) is done:
                del self._tasks[run_id]
            left(RELEASED if done.cancelled() else done.result())

        task.add_done_callback(over)
        if row["wanted"] in WANTED:
            self.stop(run_id, WANTED[row["wanted"]])

    async def _carry(self, row: Row) -> Left:
        try:
            return await self._execute(row["owner"], row["id"], row["attempt"])
        except Exception:
            log.exception("run %s was dropped: it is queued again", row["id"])
            await self._requeue(row)
            return Left(how="again")

    async def _requeue(self, row: Row) -> None:
        """Have a run taken anew that this process holds and nobody executes."""
        again = {"state": "queued", "not_before": self._store.now() + AGAIN_SECONDS}
        append = Append(
            owner=row["owner"],
            run_id=row["id"],
            attempt=row["attempt"],
            events=[],
            changes=again,
            only_in=["running"],
        )
        try:
            await self._store.append(append)
        except NisError as refused:
            log.warning("run %s: %s", row["id"], refused)

    def stop(self, run_id: str, reason: StopReason) -> None:
        """Have the run's task stop, if it is held here."""
        task = self._tasks.get(run_id)
        # Soon, not now: a task that has not begun would end without a word.
        if task is not None:
            asyncio.get_running_loop().call_soon(self._stop, task, reason)

    def _stop(self, task: asyncio.Task[Left], reason: StopReason) -> None:
        # Once; but a cancel does not wait for what a pause lets finish.
        if not task.cancelling() or (reason == CANCELLED and task not in self._cancelled):
            if reason == CANCELLED:
                self._cancelled.add(task)
            task.cancel(reason)

    def _heard(self, growth: Growth) -> None:
        if growth.command in COMMANDS:
            self.stop(growth.run_id, COMMANDS[growth.command])

    async def beat(self, stall: float) -> None:
        """Say that this process lives, and will again within `stall` seconds; hear what was asked of its runs.

        Those that others hold now are let go of.

        What the database says it holds and it does not, because the answer was lost by which it was taken, is queued.
        """
        before = frozenset(self._tasks)
        mine = {str(row["id"]): row for row in await self._store.beat(self.holder, stall)}
        for run_id, row in mine.items():
            if row["wanted"] in WANTED:
                self.stop(run_id, WANTED[row["wanted"]])
        lost = frozenset((run_id, int(row["attempt"])) for run_id, row in mine.items() if run_id not in self._tasks)
        # One that is being taken, or has just ended, is lost for a moment too.
        for run_id, _ in lost & self._lost:
            log.warning("run %s was taken, and never begun: it is queued again", run_id)
            await self._requeue(mine[run_id])
        self._lost = lost
        missing = before - mine.keys()
        # One that has just ended is missing too, until its task is over: only who is missing twice was lost.
        for run_id in missing & self._missing:
            log.warning("run %s goes on elsewhere", run_id)
            self.stop(run_id, "shutdown")
        self._missing = missing

    async def close(self, grace: float) -> None:
        """Let runs finish for `grace` seconds, then have them write how they were left."""
        tasks = set(self._tasks.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace)
        for task in late:
            self.stop(task.get_name(), "shutdown")
        if late:
            # A store that refuses what they write is not waited for.
            _, stuck = await asyncio.wait(late, timeout=END_SECONDS)
            for task in stuck:
                task.cancel()
