"""The link to PostgreSQL: opened behind the start, lost and found again, and what a lost one had committed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from nis_backend.drivers.store.migrations.schema import VERSION, newer, whole
from nis_backend.errors import NisError, Unavailable

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
SCHEMA_LOCK = 0x6E6973
"""Whoever holds this advisory lock changes the schema; others wait for it."""
STATUS_TRIES = 20
MENDED_SECONDS = 0.2
"""Connections that were looked at this long ago are not looked at again."""

AGAIN = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


class Link:
    """A pool of connections to a database of this program's schema version.

    A call meets `Unavailable` while there is none; it is looked for in the background.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.connecting: dict[str, Any] = SETTINGS | conninfo_to_dict(url)  # Any: psycopg's own settings
        self._ready = asyncio.Event()
        self._failed = asyncio.Event()
        self._trouble = Unavailable("The database has not answered yet.", remedy=REMEDY)
        self._pool: Pool | None = None
        self._closing = False
        self._mending = asyncio.Lock()
        self._mended = 0.0
        self._opening: asyncio.Task[None] | None = asyncio.create_task(self._open(), name="store link")

    # -- having one ---------------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        """Look for the database until it is there."""
        pause = 0.1
        while True:
            try:
                await self._make_schema()
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
                await pool.open(wait=True, timeout=CONNECT_SECONDS)
            except (psycopg.Error, PoolTimeout, NisError, OSError) as error:
                self._say(error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._pool, self._opening = pool, None
                self._failed.clear()
                self._ready.set()
                return

    def _say(self, error: Exception) -> None:
        trouble = error if isinstance(error, NisError) else unreachable(error)
        if not self._failed.is_set() or str(trouble) != str(self._trouble):
            log.warning("the store waits for its database: %s", trouble)
        self._trouble = Unavailable(str(trouble), remedy=trouble.remedy)
        self._failed.set()

    async def _make_schema(self) -> None:
        """Bring the schema to this program's version; of several processes one does it, and the others wait."""
        async with await psycopg.AsyncConnection.connect(**self.connecting) as connection:
            version = await _version(connection)
            if version == 0:
                await connection.execute("select pg_advisory_xact_lock(%s)", [SCHEMA_LOCK])
                version = await _version(connection)
                if version == 0:
                    # The statements are ours; without parameters several go at once.
                    await connection.execute(cast("LiteralString", whole("postgresql")))
                    await connection.execute("create table alembic_version (version_num text not null)")
                    await connection.execute("insert into alembic_version values (%s)", [f"{VERSION:04d}"])
                    version = VERSION
        if version > VERSION:
            raise newer(version)
        if version < VERSION:
            log.warning("the database goes from schema version %d to %d", version, VERSION)
            # Alembic and what it stands on load here alone.
            from nis_backend.drivers.store.migrations.running import migrate_postgresql  # noqa: PLC0415

            await asyncio.to_thread(migrate_postgresql, self.url, VERSION)

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
        if self._pool is not pool or self._closing:
            return
        self._pool = None
        self._ready.clear()
        self._say(error)
        self._opening = asyncio.create_task(self._reopen(pool), name="store link")

    async def _reopen(self, old: Pool) -> None:
        with contextlib.suppress(psycopg.Error):
            await old.close(timeout=1)
        await self._open()

    async def close(self) -> None:
        """Let go of every connection."""
        self._closing = True
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

        return await self._try(read)

    async def transact(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Carry `work` out in one transaction, once: when the link breaks at its end, its outcome is asked for."""

        async def transact(pool: Pool) -> T:
            xid, result = None, None
            async with pool.connection() as connection:
                try:
                    async with connection.pipeline() as pipeline, connection.transaction():
                        result = await work(connection)
                        cursor = await connection.execute("select pg_current_xact_id()::text as xid")
                        await pipeline.sync()
                        xid = await cursor.fetchone()
                except psycopg.OperationalError:
                    if xid is None or not connection.broken:
                        raise
            if xid is not None and connection.broken and not await self._committed(xid["xid"]):
                raise psycopg.OperationalError("the connection was lost before its commit")
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
            pool = await self._have()
            try:
                return await once(pool)
            except AGAIN as error:
                # It lost to another transaction: nothing of it was done.
                if last:
                    raise unreachable(error) from None
            except PoolTimeout as error:
                raise unreachable(error) from None
            except (psycopg.OperationalError, psycopg.InterfaceError, PoolClosed) as error:
                if not _lost(error):
                    raise unreachable(error) from None
                await self._replace_broken(pool)
        raise Unavailable(str(self._trouble), remedy=self._trouble.remedy)

    async def _replace_broken(self, pool: Pool) -> None:
        """After one connection was cut: have the others looked at, or let go of them all where none is to be had."""
        async with self._mending:
            if self._pool is not pool or asyncio.get_running_loop().time() - self._mended < MENDED_SECONDS:
                return
            try:
                async with await psycopg.AsyncConnection.connect(**self.connecting):
                    await pool.check()
            except (psycopg.Error, PoolTimeout, OSError) as error:
                self._lose(pool, error)
            self._mended = asyncio.get_running_loop().time()


def _lost(error: Exception) -> bool:
    """Whether the connection is gone, rather than the statement refused (a full disk, a database that only reads)."""
    state = getattr(error, "sqlstate", None)
    return state is None or state[:2] in {"08", "57"}


async def _version(connection: psycopg.AsyncConnection[Any]) -> int:  # Any: rows of any shape
    # Not to_regclass(): after a wait for the lock it answers from before, where another process has made the table.
    cursor = await connection.execute(
        "select count(*) from pg_tables"
        " where tablename = 'alembic_version' and schemaname = any(current_schemas(false))"
    )
    known = await cursor.fetchone()
    if not known or not known[0]:
        return 0
    row = await (await connection.execute("select version_num from alembic_version")).fetchone()
    return int(row[0]) if row else 0


REMEDY = "Look to the database that NIS_DATABASE_URL names: does it run, and may this host reach it?"


def unreachable(error: Exception) -> Unavailable:
    """What a call is told when the database does not do its part: not which hosts and names are behind it."""
    # The first line, after what it was about: what follows may quote the statement.
    reason = str(error).strip().partition("\n")[0].rpartition("failed: ")[2]
    reason = re.sub(r'"[^"]*"', "…", reason).strip(" .") or type(error).__name__
    return Unavailable(f"The database does not answer: {reason}.", remedy=REMEDY)
