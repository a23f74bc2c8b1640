"""Which database the rows are in, and the version of its schema."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from importlib.util import find_spec
from typing import TYPE_CHECKING

from nis_backend.drivers.store.limits import Limits
from nis_backend.drivers.store.migrations.schema import VERSION, newer, unknown_version
from nis_backend.drivers.store.sqlite.opening import migrate
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.drivers.store.sqlite.writer import usable
from nis_backend.errors import NotFound, Unavailable
from nis_backend.lock import FolderLock
from nis_backend.record import record

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.drivers.store.base import Store
    from nis_backend.settings import Settings


@record
class Schema:
    """A database and the version of its schema, beside the newest that this program knows."""

    database: str
    version: int
    newest: int = VERSION


def open_store(settings: Settings) -> Store:
    """The store that is set up: PostgreSQL where an address is given, a file in the data folder otherwise.

    Raises:
        Unavailable: the file cannot be used, or what speaks to PostgreSQL is not installed.
    """
    outbox = settings.kafka_servers is not None
    limits = Limits(events=settings.max_run_events, log_bytes=settings.max_run_bytes, event_bytes=settings.max_event)
    url = _address(settings)
    if url is None:
        return SqliteStore(_file(settings), settings.durability, limits=limits, outbox=outbox)
    from nis_backend.drivers.store.postgres.store import PostgresStore  # noqa: PLC0415 - its packages load where it is used

    return PostgresStore(url, limits=limits, outbox=outbox)


def schema_of(settings: Settings) -> Schema:
    """The database that is set up, as it is.

    Raises:
        NotFound: there is none yet.
        Unavailable: it does not answer.
    """
    url = _address(settings)
    if url is not None:
        return Schema(database="PostgreSQL", version=asyncio.run(_ask(url)))
    path = _file(settings)
    if not path.is_file():
        raise NotFound("There is no database in the data folder.", remedy="The first start of nis makes it.")
    with usable(), contextlib.closing(sqlite3.connect(path)) as connection:
        return Schema(database="SQLite", version=int(connection.execute("pragma user_version").fetchone()[0]))


def move_schema(settings: Settings, version: int) -> Schema:
    """Bring the database to a version of the schema, data included; of a file a copy is kept beside it.

    Raises:
        InvalidRequest: there is no such version.
        NotFound: there is no database yet.
        Conflict: a process uses it.
        Unavailable: it does not answer, or a newer program has been here.
    """
    if not 1 <= version <= VERSION:
        raise unknown_version(version)
    url = _address(settings)
    if url is not None:
        asyncio.run(_move(url, version))
    else:
        with FolderLock(settings.data):
            found = schema_of(settings).version
            if found > VERSION:
                raise newer(found)
            if found != version:
                with usable():
                    migrate(_file(settings), version)
    return schema_of(settings)


async def _ask(url: str) -> int:
    from nis_backend.drivers.store.postgres.link import connecting_to, reached  # noqa: PLC0415 - as in `open_store`
    from nis_backend.drivers.store.postgres.schema import version_of  # noqa: PLC0415 - as above

    return await reached(version_of(connecting_to(url)))


async def _move(url: str, version: int) -> None:
    from nis_backend.drivers.store.postgres.link import connecting_to, reached  # noqa: PLC0415 - as in `open_store`
    from nis_backend.drivers.store.postgres.schema import move  # noqa: PLC0415 - as above

    await reached(move(connecting_to(url), version))


def _address(settings: Settings) -> str | None:
    if settings.database_url is None:
        return None
    if find_spec("psycopg") is None or find_spec("psycopg_pool") is None:
        raise Unavailable(
            "NIS_DATABASE_URL is set, and what speaks to PostgreSQL is not installed.",
            field="NIS_DATABASE_URL",
            remedy="pip install 'nis-backend[postgres]'",
        )
    return settings.database_url.get_secret_value()


def _file(settings: Settings) -> Path:
    return settings.data / "nis.db"
