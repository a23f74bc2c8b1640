"""Dispatch among the processes that share a database: what one of them holds is another's once it falls silent."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.dispatch.in_process import InProcess
from nis_backend.drivers.telemetry.ids import apart
from nis_backend.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.dispatch.base import Execute
    from nis_backend.drivers.store.base import Growth, Store

log = logging.getLogger("nis.dispatch")

BEATS = 4
"""How often a process says that it lives in the time after which it counts as dead."""


class Leases(InProcess):
    """As in one process; besides, it says that it lives, looks after those that do not, and hears of others' runs.

    What it holds is taken over `stall` seconds after it was last heard of, and a quarter of that. A queue that
    `queues` gives no room is served by other processes.
    """

    def __init__(self, store: Store, execute: Execute, queues: Mapping[str, int], stall: float) -> None:
        super().__init__(store, execute, queues)
        self._stall = stall
        self._beating: asyncio.Task[None] | None = None
        # What nobody has told is found at the next beat.
        self.longest_sleep = stall / BEATS
        store.listen(self._queued)

    def _queued(self, growth: Growth) -> None:
        if growth.command == "queued" and self.has_room:
            self.woken.set()

    @override
    def seat(self, queue: str) -> str | None:
        # Others take what is not known to be held by one who lives: the database says who does.
        return None

    @override
    async def open(self, *, idle: bool = False) -> None:
        # A database that does not answer yet does not delay the start.
        self._idle = idle
        if not idle:
            self.start()

    @override
    def start(self) -> None:
        super().start()
        if self._beating is None:
            self._beating = asyncio.create_task(self._beat(), name="dispatch beat", context=apart())

    async def _beat(self) -> None:
        away = Outage(log, "this process cannot say that it lives")
        while True:
            try:
                await self.holding.beat(self._stall)
                await self.recover()
                away.over()
            except Exception as refused:  # noqa: BLE001 - told with its place
                # Whatever it is: a process that fell silent would lose its runs.
                away.met(refused)
            await asyncio.sleep(self._stall / BEATS)

    @override
    async def close(self, grace: float) -> None:
        await super().close(grace)
        # To the end: what is still held must not be taken over while it finishes.
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
