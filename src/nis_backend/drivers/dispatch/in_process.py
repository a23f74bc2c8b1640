"""Dispatch inside one process, from the rows of its store: those that are due are taken while there is room."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.dispatch.base import Dispatch
from nis_backend.drivers.dispatch.holding import END_SECONDS, Holding
from nis_backend.drivers.telemetry.ids import apart
from nis_backend.errors import Busy, InvalidRequest
from nis_backend.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from nis_backend.drivers.dispatch.base import Execute, Left
    from nis_backend.drivers.store.base import Row, Store

log = logging.getLogger("nis.dispatch")

WAITING_PER_RUNNING = 16
"""A queue holds this many waiting runs for each that may run at once."""

ELSEWHERE = 64
"""As how many the others' room counts, in a queue that this process does not serve."""

LONGEST_SLEEP = 3600.0
"""Seconds after which the rows are looked at in any case: the wall's clock may be set while the loop's runs on."""


@dataclass
class _Place:
    """Where a run is executed."""

    queue: str
    waits: int = 0
    """For how many others it waits; while there are some, the place is not its own."""
    left: bool = False


class InProcess(Dispatch):
    """`queues` says how many runs of each queue are executed at once."""

    def __init__(self, store: Store, execute: Execute, queues: Mapping[str, int]) -> None:
        self._store = store
        self._queues = dict(queues)
        self._running = dict.fromkeys(queues, 0)
        self._places: dict[str, _Place] = {}
        self._submitted = 0
        """Runs since the last look, which are under way to being taken."""
        self._full: set[str] = set()
        """Queues that may hold more than there was room for."""
        self.woken = asyncio.Event()
        self.longest_sleep = LONGEST_SLEEP
        self._closing = False
        self._idle = False
        """Whether the first run that is submitted here begins it, and no others than such are taken."""
        self._own: set[str] = set()
        """What was submitted here while that is so."""
        self._loop: asyncio.Task[None] | None = None
        self.holding = Holding(store, execute)

    @override
    async def open(self, *, idle: bool = False) -> None:
        await self.recover()
        self._idle = idle
        if not idle:
            self.start()

    async def recover(self) -> None:
        """Queue again what is held by processes that have fallen silent."""
        for run_id in await self._store.recover(self.holding.holder):
            log.warning("run %s was under way when its process ended: it is queued again", run_id)
            self.woken.set()

    def start(self) -> None:
        """Begin to take runs, unless it has begun or is closing."""
        if self._loop is None and not self._closing:
            self._loop = asyncio.create_task(self._serve(), name="dispatch", context=apart())

    @property
    def has_room(self) -> bool:
        """Whether one more run could be executed here."""
        return any(most > self._running[queue] for queue, most in self._queues.items())

    @override
    async def admit(self, queue: str) -> None:
        if queue not in self._queues:
            raise InvalidRequest(
                f"No queue {queue!r} has room here.",
                field="queue",
                value=queue,
                remedy=f"Take {' or '.join(sorted(self._queues))}, or give it room at the start: NIS_QUEUES={queue}=2",
            )
        most = self._queues[queue]
        if self._running[queue] + self._submitted < most:
            return
        bound = WAITING_PER_RUNNING * (most or ELSEWHERE)
        waiting = await self._store.waiting(queue, bound)
        if waiting >= bound:
            raise Busy(f"{waiting} runs wait in the queue {queue!r}.", remedy="Try again in a moment.")

    @override
    def seat(self, queue: str) -> str | None:
        # What is looked for this moment may be due before it.
        waits = self._submitted or queue in self._full or self.woken.is_set()
        serves = self._loop is not None and not self._idle and not self._closing
        if waits or not serves or self._running[queue] >= self._queues[queue]:
            return None
        self._running[queue] += 1
        return self.holding.holder

    @override
    def begin(self, owner: str, run_id: str, queue: str) -> None:
        # At once, so that what is commanded finds its task. What a process that ends has not begun, the next one takes.
        if self._closing:
            self.give_back(queue)
        else:
            self._hold_seated({"id": run_id, "owner": owner, "attempt": 1, "wanted": None}, queue)

    @override
    def give_back(self, queue: str) -> None:
        self._running[queue] -= 1
        if queue in self._full:
            self.woken.set()

    @override
    async def submit(self, owner: str, run_id: str) -> None:
        self._submitted += 1
        if self._idle:
            self._own.add(run_id)
            self.start()
        self.woken.set()

    @override
    @contextmanager
    def resting(self, run_id: str) -> Generator[None]:
        place = self._places.get(run_id)
        if place is None:
            yield
            return
        place.waits += 1
        if place.waits == 1:
            self.give_back(place.queue)
        try:
            yield
        finally:
            place.waits -= 1
            # It goes on, also where there is no room now: none begins until there is.
            if not place.waits and not place.left:
                self._running[place.queue] += 1

    @override
    def under_way(self) -> Mapping[str, tuple[int, int]]:
        return {queue: (self._running[queue], most) for queue, most in self._queues.items()}

    @override
    async def close(self, grace: float) -> None:
        self._closing = True
        self.woken.set()
        if self._loop is not None:
            # A store that does not answer is not waited for; what it may have taken meanwhile is recovered.
            await asyncio.wait([self._loop], timeout=END_SECONDS)
            self._loop.cancel()
        await self.holding.close(grace)

    async def _serve(self) -> None:
        pause, away = 0.1, Outage(log, "runs have to wait")
        while not self._closing:
            self.woken.clear()
            try:
                next_at = await self._take()
                pause = 0.1
                away.over()
            except Exception as refused:  # noqa: BLE001 - told with its place
                # Whatever it is: without this loop no run would begin any more.
                away.met(refused)
                next_at = self._store.now() + pause
                pause = min(2 * pause, 10.0)
            await self._sleep(next_at)

    async def _sleep(self, until: float | None) -> None:
        seconds = self.longest_sleep if until is None else min(max(until - self._store.now(), 0.0), self.longest_sleep)
        try:
            async with asyncio.timeout(seconds):
                await self.woken.wait()
        except TimeoutError:
            return

    async def _take(self) -> float | None:
        """Take what is due and there is room for; answers when to look again if nothing happens until then."""
        room = {queue: most - self._running[queue] for queue, most in self._queues.items()}
        submitted, only = self._submitted, [*self._own] if self._idle else None
        taken = await self._store.take(room, self.holding.holder, self._store.now(), only)
        got = Counter(str(row["queue"]) for row in taken.rows)
        for row in taken.rows:
            self._hold(row)
        self._submitted -= submitted
        self._full = {queue for queue, left in room.items() if got[queue] >= left}
        # Room that came while these were taken was not offered to them.
        if any(self._running[queue] < self._queues[queue] for queue in self._full):
            self.woken.set()
        return taken.next_at

    def _hold(self, row: Row) -> None:
        queue = str(row["queue"])
        self._running[queue] += 1
        self._hold_seated(row, queue)

    def _hold_seated(self, row: Row, queue: str) -> None:
        run_id, place = str(row["id"]), _Place(queue)
        self._places[run_id] = place

        def done(left: Left) -> None:
            place.left = True
            if self._places.get(run_id) is place:
                del self._places[run_id]
            if not place.waits:
                self.give_back(queue)
            if left.how != "ended":
                # One that rests may have a deadline, which nobody has looked at yet.
                self.woken.set()

        self.holding.hold(row, done)
