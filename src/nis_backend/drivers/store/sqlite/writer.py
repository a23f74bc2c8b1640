"""Group commit on SQLite: one thread commits together what has arrived while it was busy."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import queue
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

log = logging.getLogger("nis.store")

T = TypeVar("T")

LATER_SECONDS = 1.0
"""Time after a write until what it leaves for later is done, together with what others have left."""


class _Write:
    """One write that waits for the writer: what to do, and whom to tell."""

    def __init__(
        self, work: Callable[[sqlite3.Connection], Any], then: Callable[[Any], None], *, alone: bool = False
    ) -> None:
        self.work = work
        """May be called twice: the first time may be taken back."""
        self.then = then
        """Called with the result once it is committed, also when the caller has stopped waiting."""
        self.alone = alone
        """Whether it is done outside of a transaction."""
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def tell(self) -> None:
        """Answer the caller; on its loop."""
        try:
            if self.error is None:
                self.then(self.result)
        finally:
            if self.done.done():
                pass
            elif self.error is not None:
                self.done.set_exception(self.error)
            else:
                self.done.set_result(self.result)


class Writer:
    """The thread that owns the connection which writes.

    `later` is called in a transaction some time after writes, and at the start: it does a little of what they leave to
    be done, and says whether more is left; other writes go first.
    """

    def __init__(self, connection: sqlite3.Connection, later: Callable[[sqlite3.Connection], bool]) -> None:
        self._later = later
        self._queue: queue.SimpleQueue[Sequence[_Write] | None] = queue.SimpleQueue()
        self._waiting: dict[asyncio.AbstractEventLoop, list[_Write]] = {}
        self._thread = threading.Thread(target=self._write_loop, args=(connection,), name="nis-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None]) -> T:
        """What `work` answers, once it is committed.

        `then` hears it too, also when the caller has stopped waiting.
        """
        write = _Write(work, then)
        waiting = self._waiting.setdefault(write.loop, [])
        waiting.append(write)
        if len(waiting) == 1:
            write.loop.call_soon(self._hand_over, write.loop)
        return await write.done

    async def alone(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` answers, done outside of a transaction: what SQLite does to a file as a whole.

        What is written meanwhile waits.
        """
        write = _Write(work, lambda _: None, alone=True)
        self._queue.put([write])
        return await write.done

    async def close(self) -> None:
        """Finish what is queued, and close the connection."""
        self._hand_over(asyncio.get_running_loop())
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give the writer what has come in this turn of the loop: to wake a thread costs more than a small write."""
        if waiting := self._waiting.pop(loop, None):
            self._queue.put(waiting)

    # -- in the thread ------------------------------------------------------------------------------------------------

    def _write_loop(self, connection: sqlite3.Connection) -> None:
        stopped = False
        due: float | None = time.monotonic() + LATER_SECONDS
        while not stopped:
            batch = self._next(due)
            stopped = None in batch
            if writes := [write for together in batch if together is not None for write in together]:
                for apart, some in itertools.groupby(writes, lambda write: write.alone):
                    (self._do_alone if apart else self._commit)(connection, [*some])
                due = due or time.monotonic() + LATER_SECONDS
            if due is not None and not stopped and time.monotonic() >= due:
                due = time.monotonic() if self._do_later(connection) else None
        connection.close()

    def _next(self, due: float | None) -> list[Sequence[_Write] | None]:
        """What has come, waited for until there is something to do in any case."""
        try:
            batch = [self._queue.get(timeout=None if due is None else max(0.0, due - time.monotonic()))]
        except queue.Empty:
            return []
        while not self._queue.empty():
            batch.append(self._queue.get())
        return batch

    def _do_later(self, connection: sqlite3.Connection) -> bool:
        try:
            connection.execute("begin immediate")
            more = self._later(connection)
            connection.execute("commit")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("rollback")
            # The next write is followed by another try.
            log.warning("what was left for later has to wait: %s", error)
            return False
        return more

    def _do_alone(self, connection: sqlite3.Connection, batch: Sequence[_Write]) -> None:
        for write in batch:
            try:
                write.result = write.work(connection)
            except sqlite3.Error as error:
                write.error = refused("write", error)
        _wake(batch)

    def _commit(self, connection: sqlite3.Connection, batch: Sequence[_Write]) -> None:
        try:
            for work in (self._together, self._apart):
                connection.execute("begin immediate")
                if work(connection, batch):
                    connection.execute("commit")
                    break
                connection.execute("rollback")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("rollback")
            for write in batch:
                write.error = refused("write", error)
        _wake(batch)

    def _together(self, connection: sqlite3.Connection, batch: Sequence[_Write]) -> bool:
        """Every write of a batch; False when one is refused, and none of them may stay."""
        try:
            for write in batch:
                write.result = write.work(connection)
        except sqlite3.OperationalError:
            # The disk or the file: the whole batch is refused.
            raise
        except Exception:  # noqa: BLE001 - told to its writer when it is met again, by itself
            return False
        return True

    def _apart(self, connection: sqlite3.Connection, batch: Sequence[_Write]) -> bool:
        """Each write under a savepoint: its refusal does not touch the others of its batch."""
        for write in batch:
            connection.execute("savepoint one")
            try:
                write.result = write.work(connection)
            except sqlite3.OperationalError:
                raise
            except Exception as error:  # noqa: BLE001 - a value that cannot be stored is its writer's fault, never the thread's
                connection.execute("rollback to one")
                write.error = error
            connection.execute("release one")
        return True


def _wake(batch: Sequence[_Write]) -> None:
    # One call a batch wakes everyone who waits for it.
    for loop in dict.fromkeys(write.loop for write in batch):
        # Where a loop is closed nobody waits for the answer any more, and the rows are committed.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell, [write for write in batch if write.loop is loop])


def _tell(writes: Sequence[_Write]) -> None:
    for write in writes:
        try:
            write.tell()
        except Exception:
            # What one of them does wrong is no other's matter.
            log.exception("what follows a commit failed")


@contextlib.contextmanager
def usable() -> Generator[None]:
    """Where a file is opened or moved: what hinders it is told.

    Raises:
        Unavailable: the file cannot be used.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise Unavailable(
            f"The database in the data folder cannot be opened: {error}.",
            remedy="Give --data a folder on a local disk that this user may write to.",
        ) from error


def refused(what: str, error: sqlite3.Error) -> Unavailable:
    """What a call is told when the database does not do its part."""
    return Unavailable(
        f"The database refused the {what}: {error}.", remedy="Look to the data folder: is it there, has its disk space?"
    )
