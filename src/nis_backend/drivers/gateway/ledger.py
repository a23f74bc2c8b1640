"""The ledger: a row for each call that was sent, what it cost, and rows that wait to be written together.

A call under a cap has an open row before it is sent, which its end closes. Any other call has a row behind it, written
with those of the next 50 ms: a process that is killed loses as many, none of which a cap had counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.drivers.store.spending import Closed
from nis_backend.drivers.telemetry.counting import Counts
from nis_backend.drivers.telemetry.ids import apart
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.drivers.gateway.base import Who
    from nis_backend.drivers.gateway.rates import Rates
    from nis_backend.drivers.gateway.route import Target
    from nis_backend.drivers.llm.answer import Usage
    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.spending import Crossed, Spending
    from nis_backend.errors import NisError

log = logging.getLogger("nis.ledger")

FLUSH_SECONDS = 0.05
TOGETHER = 200
"""Rows that are written without waiting for more."""
MOST = 10_000
"""Rows that wait at most, while the database is away: then nothing is asked any more."""
AGAIN_SECONDS = 1.0
CLOSE_SECONDS = 5.0
LONGEST = 200
"""Characters of a name that a caller chose."""


@dataclass(frozen=True, kw_only=True)
class End:
    """How a call ended, and what is known of its tokens."""

    state: str
    """`ok`; `failed`; `cut` in the middle; `left` by its caller; `cached`, and never sent."""
    status: int = 200
    problem: str = ""
    """The code of its failure: no words of a provider's."""
    used: Usage | None = None
    """None where nothing was used: it was refused, or never sent."""
    counted: str = "stated"
    """Who says what was used: `stated` by the provider, `estimated` from bytes, `worst`: nobody, so all was."""
    wait_ms: float = 0
    first_ms: float | None = None
    total_ms: float | None = None


class Ledger:
    """Writes down what was asked, in groups, and again when the database was away."""

    def __init__(
        self,
        store: Spending,
        holder: str,
        clock: Callable[[], float] = time.time,
        *,
        every: float = FLUSH_SECONDS,
        counts: Counts | None = None,
    ) -> None:
        """Each call is told to `counts` too, when it has ended."""
        self._counts = counts or Counts()
        self._store = store
        self._holder = holder
        self._clock = clock
        self._every = every
        self._rows: list[Row] = []
        self._closed: list[Closed] = []
        self._writing: asyncio.Task[None] | None = None
        self._full = asyncio.Event()
        self._one = asyncio.Lock()
        self._settling: set[asyncio.Task[None]] = set()
        self._heard: list[Callable[[Row, Sequence[Crossed]], None]] = []

    def listen(self, heard: Callable[[Row, Sequence[Crossed]], None]) -> None:
        """Have `heard` called with each row that was open and is closed now, and caps of which little is left by it."""
        self._heard.append(heard)

    def admit(self) -> None:
        """Let a call pass that can be written down.

        Raises:
            Unavailable: too many wait to be: the database is away.
        """
        if len(self._rows) + len(self._closed) >= MOST:
            raise Unavailable(
                f"{MOST} calls of models wait to be written down.",
                remedy="Look to the database; calls go on when it does.",
            )

    def open_row(  # noqa: PLR0913 - one argument a part of the row
        self, *, who: Who, route: str, target: Target, kind: str, call_id: str, attempt: int, streamed: bool
    ) -> Row:
        """The row of a call that is about to be sent; it is `open` in the store only once it was reserved for."""
        now = self._clock()
        texts = {
            "end_user": who.end_user,
            "operation": who.operation,
            "kind": kind,
            "route": route,
            "provider": target.provider,
            "model": target.model,
        }
        return {
            "id": f"{call_id}-{attempt}",
            "owner": who.owner,
            "call_id": call_id,
            "attempt": attempt,
            "key_id": who.key,
            "run_id": who.run_id,
            "conversation_id": who.conversation_id,
            **{name: plain(text) for name, text in texts.items()},
            "state": "new",
            "problem": "",
            "status": 0,
            "streamed": int(streamed),
            "wait_ms": 0.0,
            "first_ms": None,
            "total_ms": None,
            **dict.fromkeys(("input", "cached", "written", "output", "reasoning", "over", "cost", "worst", "saved"), 0),
            "counted": "stated",
            "priced": 0,
            "cache": "",
            "caps": None,
            "holder": self._holder,
            "created": now,
            "updated": now,
        }

    async def settle(self, row: Row, end: End, rates: Rates | None) -> None:
        """Write down how a call ended; one of a run that was reserved for is settled when this returns.

        Of a run, for what its log is told then belongs before its end; any other caller waits for no commit. Until it
        is there, what was reserved stays counted, and so it does after a death. When the database is away it is made
        up for later.
        """
        reserved = row["state"] == "open"
        changes = _ended(row, end, rates, reserved=reserved)
        changes["updated"] = self._clock()
        self._count(row | changes, end)
        if not reserved:
            self.write(row | changes)
            return
        row.update(changes)
        task = asyncio.create_task(self._close_row(row, Closed(id=row["id"], changes=changes)), name="settlement")
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        if row["run_id"] is not None:
            await asyncio.shield(task)

    async def settled(self) -> None:
        """Return when every call that has ended by now is settled, or waits for a database that is away."""
        if self._settling:
            await asyncio.wait([*self._settling])

    def write(self, row: Row) -> None:
        """Have a row written with the next ones."""
        self._rows.append(row)
        if len(self._rows) >= TOGETHER:
            self._full.set()
        self._begin()

    def refuse(self, row: Row, error: NisError, problem: str) -> None:
        """Have it written down that a call was not sent, and why: it is counted, and costs nothing."""
        refused = {"state": "refused", "status": error.codes.http, "problem": plain(problem), "priced": 1}
        self._counts.asked(_model(row), problem, None, None)
        self.write(row | refused)

    def take_back(self, row: Row) -> None:
        """Undo the reservation of a call that was not sent, where it may have been made."""
        changes = {"state": "left", "cost": 0, "updated": self._clock()}
        self._closed.append(Closed(id=row["id"], changes=changes))
        self._begin()

    async def flush(self) -> None:
        """Write what waits.

        Raises:
            NisError: the database did not take it; it waits on.
        """
        async with self._one:
            rows, self._rows = self._rows, []
            closed, self._closed = self._closed, []
            self._full.clear()
            if not rows and not closed:
                return
            try:
                await self._store.record(rows, closed)
            except BaseException as error:
                if isinstance(error, Unavailable) or not isinstance(error, Exception):
                    self._rows, self._closed = rows + self._rows, closed + self._closed
                    raise
                await self._each(rows, closed)

    async def close(self) -> None:
        """Write what waits, unless the database is away."""
        self._full.set()
        if self._settling:
            await asyncio.wait(self._settling, timeout=CLOSE_SECONDS)
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=CLOSE_SECONDS)
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])
        if left := len(self._rows) + len(self._closed):
            log.error("%d calls of models were not written down: the database is away", left)

    def count_cached(self, row: Row) -> None:
        """Count a call that a kept answer was given to: no model was asked."""
        self._counts.asked(_model(row), "cached", None, None)

    def _count(self, row: Row, end: End) -> None:
        first = None if end.first_ms is None else end.first_ms / 1e3
        self._counts.asked(_model(row), row["problem"] or row["state"], row if end.used else None, first)

    async def _close_row(self, row: Row, closed: Closed) -> None:
        try:
            crossed = await self._store.record([], [closed])
        except Exception as refused:  # noqa: BLE001 - whatever it is, what was reserved stays counted until it is made up for
            log.warning("a call is settled later: %s", refused)
            self._closed.append(closed)
            self._begin()
            return
        for heard in self._heard:
            heard(row, crossed)

    def _begin(self) -> None:
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all(), name="ledger", context=apart())

    async def _write_all(self) -> None:
        try:
            while self._rows or self._closed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._every):
                        await self._full.wait()
                try:
                    await self.flush()
                except Unavailable as refused:
                    log.warning("%d calls of models wait to be written down: %s", len(self._rows), refused)
                    await asyncio.sleep(AGAIN_SECONDS)
        finally:
            self._writing = None

    async def _each(self, rows: Sequence[Row], closed: Sequence[Closed]) -> None:
        """One by one, after one of them was refused: the others are not its fault."""
        for some, ends in (*(([row], []) for row in rows), *(([], [one]) for one in closed)):
            try:
                await self._store.record(some, ends)
            except Unavailable:
                self._rows += some
                self._closed += ends
            except Exception:
                log.exception("a call cannot be written down")


def _ended(row: Row, end: End, rates: Rates | None, *, reserved: bool) -> Row:
    """The columns that a call's end changes."""
    used = end.used
    cost = 0 if rates is None or used is None else rates.cost(used)
    if reserved and end.counted == "worst":
        cost = row["worst"]
    elif reserved and end.counted == "estimated":
        cost = min(cost, row["worst"])
    tokens = {name: max(0, getattr(used, name) or 0) if used else 0 for name in TOKENS}
    return {
        "state": end.state,
        "status": end.status,
        "problem": plain(end.problem),
        "counted": end.counted,
        "wait_ms": end.wait_ms,
        "first_ms": end.first_ms,
        "total_ms": end.total_ms,
        **tokens,
        "priced": int(rates is not None),
        "cost": cost,
        "over": int(reserved and cost > row["worst"]),
    }


def _model(row: Row) -> str:
    return f"{row['provider']}:{row['model']}"


TOKENS = ("input", "cached", "written", "output", "reasoning")


def new_call(at: float) -> str:
    """An id for a call of that time; its tries have it in common."""
    return f"call-{int(at * 1000):012x}{random.getrandbits(48):012x}"


def plain(text: str) -> str:
    """A name as every database takes it, and no longer than a name is."""
    if text.isascii() and "\0" not in text:
        return text[:LONGEST]
    return text[:LONGEST].encode("utf-8", "replace").replace(b"\0", b"?").decode()
