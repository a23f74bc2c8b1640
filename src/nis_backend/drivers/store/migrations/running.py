"""Brings a database from one version of the schema to another, by Alembic."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from sqlalchemy import Connection


def migrate_sqlite(path: Path, version: int) -> None:
    """Bring the file to `version`, all or nothing.

    The number stays where every program looks for it, in `user_version`: Alembic's own table is there only meanwhile.
    """
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path, isolation_level=None), poolclass=NullPool)
    with _all_or_nothing(), engine.connect() as connection:
        connection.exec_driver_sql("begin immediate")
        found = int(connection.exec_driver_sql("pragma user_version").scalar_one())
        connection.exec_driver_sql("create table alembic_version (version_num text not null)")
        connection.exec_driver_sql("insert into alembic_version values (?)", (f"{found:04d}",))
        _move(connection, found, version)
        connection.exec_driver_sql("drop table alembic_version")
        connection.exec_driver_sql(f"pragma user_version = {version:d}")
        connection.commit()


def migrate_postgresql(connecting: Mapping[str, Any], version: int, lock: int) -> None:  # Any: psycopg's own settings
    """Bring the database to `version`, all or nothing; of several processes one after the other."""
    engine = create_engine("postgresql+psycopg://", connect_args={**connecting}, poolclass=NullPool)
    with _all_or_nothing(), engine.begin() as connection:
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({lock})")
        found = int(connection.exec_driver_sql("select version_num from alembic_version").scalar_one())
        _move(connection, found, version)


def _move(connection: Connection, found: int, version: int) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    if version > found:
        command.upgrade(config, f"{version:04d}")
    elif version < found:
        command.downgrade(config, f"{version:04d}")


@contextlib.contextmanager
def _all_or_nothing() -> Generator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # The first line: the statement follows it.
        reason = str(error).partition("\n")[0]
        raise Unavailable(
            f"The database keeps the schema that it had: {reason}",
            remedy="Look into what was added to it by hand, and who else uses it, or give another --data folder.",
        ) from error
