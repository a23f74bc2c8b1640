"""What a data folder's database holds, read past the store: for promises that something is nowhere left."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path


def cells(folder: Path, *, but: str = "") -> list[str]:
    """Every cell of every table, as text; of all tables `but` one."""
    with contextlib.closing(sqlite3.connect(folder / "nis.db")) as connection:
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        return [
            cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
            for table in tables
            if table != but
            for row in connection.execute(f"select * from {table}")  # noqa: S608 - the database names them
            for cell in row
        ]
