"""Group commit on PostgreSQL: what has arrived while one transaction was under way is the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, LiteralString, cast

import psycopg

from nis_backend.drivers.telemetry.ids import apart
from nis_backend.errors import InvalidRequest, NisError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.postgres.link import Connection, Link
    from nis_backend.drivers.store.queries import Statement

LARGEST = 200
"""Most writes of one transaction: as many rows stay locked while it commits."""

CLOSE_SECONDS = 5.0
"""Time that a database gets at the end to take what is queued."""


@dataclass(kw_only=True)
class _Write:
    """One write that waits: its statements, of which the first answers, and whom to tell."""

    locks: str
    """The id of the row that it locks: all processes take them in one order."""
    statements: Sequence[Statement]
    then: Callable[[list[Row]], None] | None
    done: asyncio.Future[list[Row]] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def tell(self, answer: list[Row] | BaseException) -> None:
        """Answer the caller, who may have stopped waiting."""
        if isinstance(answer, BaseException):
            if not self.done.done():
                self.done.set_exception(answer)
            return
        if self.then is not None:
            self.then(answer)
        if not self.done.done():
            self.done.set_result(answer)


class Batches:
    """Commits writes together, in the order of their rows' ids and within a row in that of their arrival."""

    def __init__(self, link: Link, lock: int | None = None) -> None:
        self._link = link
        self._lock = lock
        """What each transaction has to itself, over all processes: its statements see what the others committed."""
        self._waiting: deque[_Write] = deque()
        self._task: asyncio.Task[None] | None = None

    async def write(
        self, locks: str, *statements: Statement, then: Callable[[list[Row]], None] | None = None
    ) -> list[Row]:
        """What the first of the statements answers, once they are committed.

        `then` hears it too, also when the caller has stopped waiting.
        """
        write = _Write(locks=locks, statements=statements, then=then)
        self._waiting.append(write)
        if self._task is None:
            self._task = asyncio.create_task(self._commit_all(), name="store writer", context=apart())
        return await write.done

    async def close(self) -> None:
        """Finish what is queued, unless the database is away."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=CLOSE_SECONDS)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _commit_all(self) -> None:
        try:
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(LARGEST, len(self._waiting)))]
                await self._commit(sorted(batch, key=lambda write: write.locks))
        finally:
            self._task = None

    async def _commit(self, batch: Sequence[_Write]) -> None:
        try:
            answers = await self._link.transact(partial(_execute, batch=batch, lock=self._lock))
        except (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError) as error:
            # One of them is wrong, and the transaction with it: the others go on without it.
            if len(batch) == 1:
                batch[0].tell(error)
                return
            for write in batch:
                await self._commit([write])
        except BaseException as error:
            for write in batch:
                write.tell(_own(error))
            # What is wrong with these is no matter of those that wait.
            if not isinstance(error, Exception):
                raise
        else:
            for write, answer in zip(batch, answers, strict=True):
                write.tell(answer)


async def _execute(connection: Connection, batch: Sequence[_Write], lock: int | None) -> list[list[Row]]:
    """What the first statement of each write answers; all are sent before the first answer is read."""
    if lock is not None:
        await connection.execute("select pg_advisory_xact_lock(%s)", [lock])
    first: list[psycopg.AsyncCursor[Row]] = []
    for write in batch:
        cursors = [await connection.execute(cast("LiteralString", sql), given) for sql, given in write.statements]
        first.append(cursors[0])
    return [await cursor.fetchall() for cursor in first]


def _own(error: BaseException) -> BaseException:
    """An error for one caller: each adds its own traceback."""
    return type(error)(str(error), remedy=error.remedy) if isinstance(error, NisError) else error


def wrong_value(error: psycopg.Error) -> InvalidRequest:
    """The refusal of a value that its column does not take."""
    return InvalidRequest(
        f"The database does not take a value: {error.diag.message_primary or type(error).__name__}.",
        remedy="Give another.",
    )
