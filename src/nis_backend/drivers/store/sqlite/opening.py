"""A database file, opened: how its connections are set, and the schema that it has to have."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from typing import TYPE_CHECKING

from nis_backend.drivers.store.migrations.schema import VERSION, newer, whole
from nis_backend.drivers.store.sqlite.copies import keep_copy

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger("nis.store")


def connect(path: Path, synchronous: str) -> sqlite3.Connection:
    """A connection, which any one thread may use at a time."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    connection.row_factory = sqlite3.Row
    connection.execute(f"pragma synchronous = {synchronous}")
    if connection.execute("pragma page_count").fetchone()[0] == 0:
        # Before anything else: space that is freed can be given back. Said of a file with pages, it writes to it.
        connection.execute("pragma auto_vacuum = incremental")
    connection.execute("pragma journal_mode = wal")
    # What is deleted is overwritten in the file too; some builds of SQLite do it anyway.
    connection.execute("pragma secure_delete = on")
    # The writer checkpoints by itself every 1000 pages (SQLite's default); readers never wait for it.
    connection.execute("pragma cache_size = -2000")
    return connection


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Give the file the schema of this version.

    Raises:
        Unavailable: a newer version of nis has written it.
    """
    version = connection.execute("pragma user_version").fetchone()[0]
    if version > VERSION:
        raise newer(version)
    if version == 0:
        connection.executescript(f"begin immediate; {whole('sqlite')} pragma user_version = {VERSION}; commit;")
    elif version < VERSION:
        migrate(path, VERSION)


def migrate(path: Path, version: int) -> int:
    """Bring a file to a version of the schema, a copy of it being kept beside it; answers the version it had."""
    # Alembic and what it stands on load here alone.
    from nis_backend.drivers.store.migrations.running import migrate_sqlite  # noqa: PLC0415

    with contextlib.closing(sqlite3.connect(path)) as connection:
        found = int(connection.execute("pragma user_version").fetchone()[0])
    copy = keep_copy(path, found)
    log.warning("the database goes from schema version %d to %d; as it was, it is kept in %s", found, version, copy)
    migrate_sqlite(path, version)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        # An earlier nis made files that never become smaller.
        if connection.execute("pragma auto_vacuum").fetchone()[0] == 0:
            connection.execute("pragma auto_vacuum = incremental")
            connection.execute("vacuum")
    return found
