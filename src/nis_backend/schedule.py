"""A schedule that is due: as whom it begins its run, and what is kept of it when it does not."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from typing import TYPE_CHECKING

from nis_backend.caller import Caller
from nis_backend.calling import begin
from nis_backend.context import Context
from nis_backend.cron import next_times
from nis_backend.errors import Conflict, Forbidden, InvalidRequest, NisError
from nis_backend.outage import Outage
from nis_backend.within import joined, of_row

if TYPE_CHECKING:
    from nis_backend.drivers.store.base import Row
    from nis_backend.opened import Drivers


log = logging.getLogger("nis.schedule")

MOST = 100
"""Schedules that are read at once."""

RETRY_SECONDS = 5.0
LATE_SECONDS = 60.0
"""What begins this much later than it was due was missed: no process ran, or the database was away."""


class Clock:
    """Fires what is due at each full minute, which is when cron's times are: one of several processes does it."""

    def __init__(self, drivers: Drivers) -> None:
        self._drivers = drivers
        self._away = Outage(log, "schedules have to wait")

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                now = self._drivers.store.now()
                await self.tick(now)
                seconds = until_next(now, self._drivers.store.now())
                self._away.over()
            except Exception as refused:  # noqa: BLE001 - told with its place
                # Whatever it is: without this loop no schedule would begin anything any more.
                self._away.met(refused)
                seconds = RETRY_SECONDS
            await asyncio.sleep(seconds)

    async def tick(self, now: float) -> None:
        """Fire each schedule that is due, once, however often it was due since the last look.

        Each due time is one run, whoever looks and whenever one dies over it: the run's id is made of the schedule and
        the time, and the schedule moves on only when that run is there.
        """
        while await self._drivers.store.leads("schedules"):
            rows = await self._drivers.store.due(now, MOST)
            fired = [await self._fire(row, now) for row in rows]
            if len(rows) < MOST or not any(fired):
                return

    async def _fire(self, row: Row, now: float) -> bool:
        """Whether the schedule goes on; what it meets that may pass is tried again at the next look."""
        due = float(row["next_at"])
        if now - due > LATE_SECONDS:
            log.warning("schedule %s was due %.0f s ago: it is made up for once", row["id"], now - due)
        try:
            [following] = next_times(row["cron"], row["timezone"], now)
            await fire(self._drivers, row, run_id_of(row["id"], due))
        except InvalidRequest as unread:
            # A zone that this host does not know.
            changes = {"problem": json.dumps(unread.problem()), "enabled": 0}
            return await self._drivers.store.update("schedules", row["owner"], row["id"], changes)
        except Exception as refused:
            # One that fails in an unforeseen way holds up no other.
            log.warning("schedule %s has to wait: %s", row["id"], refused, exc_info=not isinstance(refused, NisError))
            return False
        return await self._drivers.store.move(row["id"], due, following)


def until_next(looked: float, now: float) -> float:
    """Seconds to the minute after the one looked at: a look that begins just before it may end when it is past."""
    return max(0.0, looked - looked % 60 + 60 - now)


def run_id_of(schedule_id: str, due: float) -> str:
    """The id of the run that a schedule begins at this time."""
    return f"run-{int(due * 1000):012x}{hashlib.sha256(schedule_id.encode()).hexdigest()[:12]}"


async def fire(drivers: Drivers, row: Row, run_id: str) -> str | None:
    """Begin the run of a schedule that is due; answers its id, or None where it was refused.

    A refusal is kept in the schedule. One whose author may no longer ask for it is disabled. A run of this id that is
    there already is the one.

    Raises:
        NisError: one that may pass: the queue is full, the database is away.
    """
    changes: Row
    begun: str | None = None
    try:
        if not await _is_there(drivers, row, run_id):
            caller = await author_of(drivers, row)
            made_in = of_row(row)
            # What made it may spend what it may, and ends; what it begins, year after year, is no part of that tree.
            origin = joined(made_in, (("schedule", row["id"]),)) if made_in else ()
            ctx = Context(drivers=drivers, caller=caller, run_id=run_id, origin=origin)
            await begin(drivers.operations.find(row["operation"]), json.loads(row["arguments"]), ctx)
    except NisError as refused:
        if refused.codes.retry:
            raise
        if isinstance(refused, Conflict) and await _is_there(drivers, row, run_id):
            return run_id
        changes = {"problem": json.dumps(refused.problem())}
        if isinstance(refused, Forbidden):
            changes["enabled"] = 0
    else:
        begun = run_id
        changes = {"problem": None, "last_run_id": begun}
    await drivers.store.update("schedules", row["owner"], row["id"], {**changes, "last_at": time.time()})
    return begun


async def _is_there(drivers: Drivers, row: Row, run_id: str) -> bool:
    return await drivers.store.get("runs", row["owner"], run_id) is not None


async def author_of(drivers: Drivers, row: Row) -> Caller:
    """Who a schedule's runs begin as: its author, who may do what the key that was sent may do now.

    Raises:
        Forbidden: the key was revoked, has expired or is gone.
    """
    scopes = frozenset[str](json.loads(row["scopes"]))
    if row["key_id"] is None:
        return Caller(owner=row["owner"], scopes=scopes)
    key = await drivers.store.get("keys", row["owner"], row["key_id"])
    if key is None or key["revoked"] is not None or (key["expires"] is not None and key["expires"] <= time.time()):
        raise Forbidden(
            f"The key {row['key_id']}, with which schedule {row['id']} was written, counts no more.",
            field="id",
            value=row["id"],
            remedy="Update the schedule with a key that counts: it is that key's from then on.",
        )
    return Caller(owner=row["owner"], scopes=frozenset(json.loads(key["scopes"])), key=key["id"])
