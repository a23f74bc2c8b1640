"""The schema of a PostgreSQL database: which version it has, and how it comes to this program's."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, LiteralString, cast

import psycopg

from nis_backend.drivers.store.migrations.schema import VERSION, newer, whole
from nis_backend.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    Connection = psycopg.AsyncConnection[Any]  # Any: rows of any shape

log = logging.getLogger("nis.store")

LOCK = 0x6E6973
"""Whoever holds this advisory lock changes the schema; others wait for it."""
# Not `to_regclass`: within a transaction it may remember that the table was not there before the lock was waited for.
KNOWN = "select 1 from pg_tables where tablename = 'alembic_version' and schemaname = any(current_schemas(false))"
OTHERS = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and application_name = 'nis' and pid <> pg_backend_pid()"
)


async def version_of(connecting: Mapping[str, Any]) -> int:  # Any: psycopg's own settings
    """The version of the schema in the database; 0 where there is none.

    Raises:
        Unavailable: it is another program's.
    """
    async with await psycopg.AsyncConnection.connect(**connecting) as connection:
        return await _version(connection)


async def bring(connecting: Mapping[str, Any]) -> None:  # Any: as above
    """Bring the schema to this program's version; of several processes one does it, and the others wait.

    Raises:
        Unavailable: a newer program has been here.
    """
    async with await psycopg.AsyncConnection.connect(**connecting) as connection:
        version = await _version(connection)
        if version == 0:
            version = await _make(connection)
    if version > VERSION:
        raise newer(version)
    if version < VERSION:
        log.warning("the database goes from schema version %d to %d", version, VERSION)
        await _migrate(connecting, VERSION)


async def move(connecting: Mapping[str, Any], version: int) -> None:  # Any: as above
    """Bring the schema to any version.

    Raises:
        Conflict: on the way back, while other processes use the newer schema.
        Unavailable: a newer program has been here.
    """
    async with await psycopg.AsyncConnection.connect(**connecting) as connection:
        found = await _version(connection)
        others = await (await connection.execute(OTHERS)).fetchone()
        if version < found and others and others[0]:
            raise Conflict(
                f"{others[0]} connections of nis use the database.",
                remedy="Stop every nis that uses it, then try again.",
            )
        if found == 0:
            await _make(connection)
    if found > VERSION:
        raise newer(found)
    await _migrate(connecting, version)


async def _version(connection: Connection) -> int:
    if not await (await connection.execute(KNOWN)).fetchone():
        return 0
    row = await (await connection.execute("select version_num from alembic_version")).fetchone()
    if row is not None and not str(row[0]).isdecimal():
        raise Unavailable(
            f"The database belongs to another program: its schema has version {row[0]}.",
            remedy="Give NIS_DATABASE_URL the address of a database of nis's own.",
        )
    return int(row[0]) if row else 0


async def _make(connection: Connection) -> int:
    """Make the whole schema, unless another process has while this one waited for its turn."""
    await connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
    version = await _version(connection)
    if version == 0:
        # The statements are ours; without parameters several go at once.
        await connection.execute(cast("LiteralString", whole("postgresql")))
        await connection.execute("create table alembic_version (version_num text not null)")
        await connection.execute("insert into alembic_version values (%s)", [f"{VERSION:04d}"])
    return version or VERSION


async def _migrate(connecting: Mapping[str, Any], version: int) -> None:  # Any: as above
    # Alembic and what it stands on load here alone.
    from nis_backend.drivers.store.migrations.running import migrate_postgresql  # noqa: PLC0415

    await asyncio.to_thread(migrate_postgresql, connecting, version, LOCK)
