"""The link to PostgreSQL: opened behind the start, lost and found again, and what a lost one had committed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from nis_backend.drivers.store.postgres.clock import Clock
from nis_backend.drivers.store.postgres.schema import bring
from nis_backend.drivers.telemetry.ids import apart
from nis_backend.errors import InvalidRequest, NisError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from nis_backend.drivers.store.base import Row

log = logging.getLogger("nis.store")

T = TypeVar("T")
Connection = psycopg.AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]
Parameters = "Sequence[Any] | Mapping[str, Any]"  # Any: see Row

CONNECTIONS = 8
"""Most connections of a process, its listener aside."""
CONNECT_SECONDS = 5
"""Time to connect, and to wait for a free connection."""
FIRST_SECONDS = 1.5
"""Time that a call waits for the first link; a prober gives up after 2 s."""
NOW = "extract(epoch from clock_timestamp())::double precision"
"""The database's clock: hosts differ in theirs. Read under the row's lock, it never goes back within a run."""
CLOCK: LiteralString = f"select {NOW} as now"
TRIES = 3
LONGEST_PAUSE = 5.0
SETTINGS = {
    "application_name": "nis",
    "connect_timeout": CONNECT_SECONDS,
    # A host that vanishes is noticed within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
STATUS_TRIES = 20

AGAIN = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


def connecting_to(url: str) -> dict[str, Any]:  # Any: psycopg's own settings
    """How to connect; what the address says wins.

    Raises:
        InvalidRequest: it is no address.
    """
    try:
        return SETTINGS | conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise InvalidRequest(
            "NIS_DATABASE_URL is no address of PostgreSQL.",
            field="NIS_DATABASE_URL",
            value="***",
            remedy="Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE.",
        ) from None


class Link:
    """A pool of connections to a database of this program's schema version.

    A call meets `Unavailable` while there is none; it is looked for in the background.
    """

    def __init__(self, url: str) -> None:
        # What they warn of is told here, once and in fewer words.
        logging.getLogger("psycopg").setLevel(logging.ERROR)
        self.connecting = connecting_to(url)
        self.clock = Clock()
        self._ready = asyncio.Event()
        self._failed = asyncio.Event()
        self._trouble = Unavailable("The database has not answered yet.", remedy=REMEDY)
        self._pool: Pool | None = None
        self.closed = False
        self._mending = asyncio.Lock()
        self._mended = 0
        """How often connections were looked at after one was cut."""
        self._opening: asyncio.Task[None] | None = asyncio.create_task(self._open(), name="store link")

    # -- having one ---------------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        """Look for the database until it is there."""
        pause = 0.1
        while True:
            try:
                await bring(self.connecting)
                pool = await self._fill()
            except (psycopg.Error, PoolTimeout, NisError, OSError) as error:
                self._say(error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                if self._failed.is_set():
                    log.warning("the store has its database again")
                self._pool, self._opening = pool, None
                self._failed.clear()
                self._ready.set()
                return

    async def _fill(self) -> Pool:
        """A pool that has its first connection."""
        pool = AsyncConnectionPool(
            kwargs={**self.connecting, "autocommit": True, "row_factory": dict_row},
            connection_class=Connection,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=CONNECT_SECONDS,
            reconnect_timeout=CONNECT_SECONDS,
            reconnect_failed=self._reconnect_failed,
            open=False,
        )
        try:
            await pool.open(wait=True, timeout=CONNECT_SECONDS)
            await self._read_clock(pool)
        except BaseException:
            # Its workers take a cancel for a connection that failed, and would go on for ever.
            await pool.close(timeout=1)
            raise
        return pool

    async def _read_clock(self, pool: Pool) -> None:
        async with pool.connection() as connection:
            asked = time.monotonic()
            row = await (await connection.execute(CLOCK)).fetchone()
            if row:
                self.clock.hear(row["now"], asked)

    def _say(self, error: Exception) -> None:
        trouble = error if isinstance(error, NisError) else unreachable(error)
        if not self._failed.is_set() or str(trouble) != str(self._trouble):
            log.warning("the store waits for its database: %s", trouble)
        self._trouble = Unavailable(str(trouble), remedy=trouble.remedy)
        self._failed.set()

    async def _have(self) -> Pool:
        if not self._ready.is_set() and not self._failed.is_set():
            waits = [asyncio.ensure_future(one.wait()) for one in (self._ready, self._failed)]
            await asyncio.wait(waits, timeout=FIRST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        if self._pool is None:
            raise Unavailable(str(self._trouble), remedy=self._trouble.remedy)
        return self._pool

    def _reconnect_failed(self, pool: AsyncConnectionPool[Any]) -> None:  # Any: rows of any shape
        self._lose(pool, psycopg.OperationalError("connections are refused"))

    def _lose(self, pool: Pool, error: Exception) -> None:
        """Let go of a pool whose database is gone, and look for it anew."""
        if self._pool is not pool or self.closed:
            return
        self._pool = None
        self._ready.clear()
        self._say(error)
        self._opening = asyncio.create_task(self._reopen(pool), name="store link", context=apart())

    async def _reopen(self, old: Pool) -> None:
        with contextlib.suppress(psycopg.Error):
            await old.close(timeout=1)
        await self._open()

    async def close(self) -> None:
        """Let go of every connection."""
        self.closed = True
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        if self._pool is not None:
            await self._pool.close(timeout=CONNECT_SECONDS)

    # -- using it -----------------------------------------------------------------------------------------------------

    async def read(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:  # Any: see Row
        """The rows that a query answers."""

        async def read(pool: Pool) -> list[Row]:
            async with pool.connection() as connection:
                return await (await connection.execute(cast("LiteralString", sql), parameters)).fetchall()

        try:
            return await self._try(read)
        except psycopg.DataError as error:
            if "NUL" not in str(error):
                raise
            raise InvalidRequest(
                "A text that is looked for holds the character NUL.", remedy="Leave that character out."
            ) from None

    async def read_with(
        self,
        settings: Mapping[str, str],
        sql: str,
        parameters: Sequence[Any] | Mapping[str, Any],  # Any: see Row
    ) -> list[Row]:
        """The rows that a query answers under settings of its own."""
        chosen = ", ".join(["set_config(%s, %s, true)"] * len(settings))

        async def read(pool: Pool) -> list[Row]:
            async with pool.connection() as connection, connection.pipeline(), connection.transaction():
                given = [part for setting in settings.items() for part in setting]
                await connection.execute(cast("LiteralString", f"select {chosen}"), given)
                return await (await connection.execute(cast("LiteralString", sql), parameters)).fetchall()

        return await self._try(read)

    async def transact(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Carry `work` out in one transaction, once: when the link breaks at its end, its outcome is asked for."""

        async def transact(pool: Pool) -> T:
            xid, result = None, None
            try:
                async with pool.connection() as connection, connection.pipeline() as pipeline, connection.transaction():
                    result = await work(connection)
                    cursor = await connection.execute("select pg_current_xact_id()::text as xid")
                    await pipeline.sync()
                    xid = await cursor.fetchone()
            except psycopg.OperationalError as error:
                # What ends a connection may reach it after its commit.
                if xid is None or not _lost(error) or not await self._committed(xid["xid"]):
                    raise
            return cast("T", result)

        return await self._try(transact)

    async def _committed(self, xid: str) -> bool:
        """Whether a transaction whose connection broke at its commit was committed."""
        for _ in range(STATUS_TRIES):
            with contextlib.suppress(psycopg.OperationalError):
                async with await psycopg.AsyncConnection.connect(**self.connecting) as connection:
                    cursor = await connection.execute("select pg_xact_status(%s::xid8)", [xid])
                    status = (await cursor.fetchone() or ("aborted",))[0]
                    if status != "in progress":
                        return status == "committed"
            await asyncio.sleep(0.25)
        raise Unavailable("The database was lost while it committed.", remedy=REMEDY)

    async def _try(self, once: Callable[[Pool], Awaitable[T]]) -> T:
        for last in [False] * (TRIES - 1) + [True]:
            pool, mended = await self._have(), self._mended
            try:
                return await once(pool)
            except AGAIN as error:
                # It lost to another transaction: nothing of it was done.
                if last:
                    raise unreachable(error) from None
            except psycopg.errors.FeatureNotSupported:
                # A table has changed under plans that were made for it, by a migration elsewhere: nothing was done.
                if last:
                    raise
                await pool.drain()
            except PoolTimeout as error:
                raise unreachable(error) from None
            except (psycopg.OperationalError, psycopg.InterfaceError, PoolClosed) as error:
                if not _lost(error):
                    raise unreachable(error) from None
                await self._replace_broken(pool, mended)
        raise Unavailable(str(self._trouble), remedy=self._trouble.remedy)

    async def _replace_broken(self, pool: Pool, mended: int) -> None:
        """After one connection was cut: have the others looked at, or let go of them all where none is to be had.

        Once for all calls that were under way together: `mended` is from before the call.
        """
        async with self._mending:
            if self._pool is not pool or self._mended != mended:
                return
            try:
                async with await psycopg.AsyncConnection.connect(**self.connecting):
                    await pool.check()
            except (psycopg.Error, PoolTimeout, OSError) as error:
                self._lose(pool, error)
            self._mended += 1


def _lost(error: Exception) -> bool:
    """Whether the connection is gone, rather than the statement refused (a full disk, a database that only reads)."""
    state = getattr(error, "sqlstate", None)
    return state is None or state[:2] in {"08", "57"}


REMEDY = "Look to the database that NIS_DATABASE_URL names: does it run, and may this host reach it?"


def unreachable(error: Exception) -> Unavailable:
    """What a call is told when the database does not do its part: not which hosts and names are behind it."""
    # The first line, after what it was about: what follows may quote the statement.
    reason = str(error).strip().partition("\n")[0].rpartition("failed: ")[2]
    reason = re.sub(r'"[^"]*"', "…", reason).strip(" .") or type(error).__name__
    does = "does not answer" if _lost(error) else "refuses"
    return Unavailable(f"The database {does}: {reason}.", remedy=REMEDY)


async def reached(asking: Awaitable[T]) -> T:
    """What a single question answers; `Unavailable` when the database does not."""
    try:
        return await asking
    except (psycopg.Error, OSError) as error:
        raise unreachable(error) from None
