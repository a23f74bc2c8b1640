"""The schema of a new SQLite file as one text: what the steps make, and the steps where it is of others."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

from nis_backend.drivers.store.migrations.at_once import at_once
from nis_backend.drivers.store.migrations.schema import stepwise, whole


def made(text: str) -> tuple[list[Any], dict[str, list[Any]]]:
    """Everything that a text makes of an empty file: what there is, in words of SQLite, and every row."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(f"begin immediate; {text} commit;")
        there = connection.execute("select type, name, tbl_name, sql from sqlite_master order by type, name").fetchall()
        tables = [name for kind, name, _, sql in there if kind == "table" and "VIRTUAL" not in sql]
        return there, {name: connection.execute(f"select * from {name}").fetchall() for name in tables}  # noqa: S608 - of the schema


def test_the_short_way_makes_what_the_steps_make() -> None:
    """Promise: of `at_once`; tables with their columns in order, indexes, triggers, views, and what is in them."""
    short, steps = whole("sqlite"), stepwise("sqlite")
    assert short != steps, "run `make generate`"
    assert "alter table" not in short.lower()
    assert made(short) == made(steps)


def test_a_changed_step_is_followed_until_the_text_is_generated_anew() -> None:
    """Promise: of `at_once`; what was generated from other steps is not taken for these."""
    changed = stepwise("sqlite") + "create table more (id text) strict;"
    assert at_once(changed) == changed
    assert whole("postgresql") == stepwise("postgresql")
