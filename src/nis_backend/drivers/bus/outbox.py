"""Run events out: what the store has put into its outbox goes to the bus, and is forgotten once that is acknowledged.

An event enters the outbox in the transaction that appends it, so none is lost. Of each run they are sent in order, at
least once: whoever publishes sends all that it finds, oldest first, so a process that begins anew repeats events and
skips none.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from nis_backend.drivers.bus.base import LARGEST_MESSAGE, RUNS, Message
from nis_backend.errors import InternalError, NisError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.bus.base import Bus
    from nis_backend.drivers.store.base import Growth, Row, Store

log = logging.getLogger("nis.outbox")

BATCH, BATCH_SIZE = 500, 4 * 2**20
"""Events and characters that are under way at once: what this process holds, however much waits."""

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0
"""Seconds before it is tried again, doubled each time."""

LOOK_SECONDS = 5.0
"""Time between two looks without a call: whether the process that published is gone, whether another left events."""

LOOK = "See the server's log; it is tried again by itself."

MANY = 100_000
"""Events beyond which those that wait are not counted."""


class Outbox:
    """Publishes in one process at a time, whichever of those that share the database asks first."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._grown = asyncio.Event()
        self._refused: NisError | None = None
        store.listen(self._hear)

    async def publish(self) -> None:
        """Send what waits and what comes, until this is cancelled."""
        pause = FIRST_PAUSE
        while True:
            try:
                more = await self._send()
            except Exception as error:
                refused = error if isinstance(error, NisError) else InternalError("The outbox failed.", remedy=LOOK)
                if self._refused is None:
                    log.warning("run events wait in the outbox: %s", error, exc_info=refused is not error)
                self._refused = refused
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            if self._refused is not None:
                log.info("run events go out again")
            self._refused, pause = None, FIRST_PAUSE
            if not more:
                await self._wait()

    async def check(self) -> str:
        """How many wait, while the bus answers and takes them.

        Raises:
            Unavailable: it does not.
        """
        waiting = await self._store.count_unsent(MANY)
        many = f"{waiting} run event{'' if waiting == 1 else 's'}" if waiting < MANY else f"{MANY} run events or more"
        try:
            answered = await self._bus.check()
        except Unavailable as away:
            raise Unavailable(f"{away.message} {many} kept.", remedy=away.remedy) from None
        if self._refused is not None:
            raise Unavailable(f"{self._refused.message} {many} kept.", remedy=self._refused.remedy)
        return f"{answered}; {many} on the way"

    async def _send(self) -> bool:
        """One batch; False when there was none to send here."""
        self._grown.clear()
        if not await self._store.leads("outbox"):
            return False
        rows = await self._store.unsent(BATCH, BATCH_SIZE)
        # Of a run that was deleted nothing is told any more.
        await self._bus.publish(RUNS, [message_of(row) for row in rows if row["body"] is not None])
        if rows:
            await self._store.sent([row["id"] for row in rows])
        return bool(rows)

    def _hear(self, _growth: Growth) -> None:
        self._grown.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._grown.wait()
        except TimeoutError:
            return


def message_of(row: Row) -> Message:
    """An event as it goes out: as every surface shows it, under its run's id; a very long one without its body."""
    whole = {
        "run_id": row["run_id"],
        "seq": row["seq"],
        "time": row["time"],
        "attempt": row["attempt"],
        "body": {**json.loads(row["body"]), "type": row["type"]},
    }
    value = _encoded(whole)
    if len(value) > LARGEST_MESSAGE:
        value = _encoded({**whole, "body": {"type": row["type"]}, "omitted": len(value)})
    return Message(key=row["run_id"], value=value, headers={"owner": row["owner"], "type": row["type"]})


def _encoded(whole: Mapping[str, object]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
