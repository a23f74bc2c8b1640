"""What the steps make of an empty SQLite file, as one text.

SQLite reads the whole schema anew with each column that a step adds: that was half of the time that a new file took.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
from importlib import resources

FILE = "at_once.sql"
_SHADOWS = re.compile(r"sqlite_.*|.*_(data|idx|docsize|config)")
"""Tables that SQLite makes for itself: for counters, and for an index of words."""


def at_once(steps: str) -> str:
    """The shorter way to the same schema where it was generated from these steps, else the steps themselves."""
    first, _, text = (
        resources.files("nis_backend.drivers.store.migrations").joinpath(FILE).read_text("utf-8").partition("\n")
    )
    return text if first == _heading(steps) else steps


def generated(steps: str) -> str:
    """What `make generate` writes to the file."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(steps)
        made = connection.execute("select type, name, sql from sqlite_master where sql is not null order by rowid")
        own = [(kind, name, sql) for kind, name, sql in made if kind != "table" or not _SHADOWS.fullmatch(name)]
        rows = [
            f"insert into {name} values ({', '.join(map(_written, row))});"  # noqa: S608 - as below
            for kind, name, sql in own
            if kind == "table" and "VIRTUAL TABLE" not in sql
            for row in connection.execute(f"select * from {name}")  # noqa: S608 - a table that the steps made
        ]
    return "\n".join([_heading(steps), *(f"{sql};" for _, _, sql in own), *rows, ""])


def _heading(steps: str) -> str:
    return f"-- {hashlib.sha256(steps.encode()).hexdigest()} of the steps. Generated: `make generate`."


def _written(value: float | str | None) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, int | float) else "'" + value.replace("'", "''") + "'"
