"""The schema's steps: forward and back on each database, with what was written kept."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
import pytest

from nis_backend.database import move_schema, schema_of
from nis_backend.drivers.store import queries
from nis_backend.drivers.store.migrations.schema import VERSION, steps, whole
from nis_backend.drivers.store.postgres.conversations import ENDED
from nis_backend.drivers.store.postgres.listener import MISSED
from nis_backend.drivers.store.queries import Statement, in_psycopg
from nis_backend.drivers.store.sqlite.opening import migrate
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Unavailable
from nis_backend.settings import read_settings

EARLIER = range(1, VERSION)
Shape = list[tuple[str, ...]]

WRITTEN = """
insert into conversations (id, owner, title, created, updated) values ('c-1', 'ann', 'Tides', 1.5, 2.5);
insert into runs
    (id, owner, operation, state, attempt, last_seq, format, conversation_id, created, updated, input, result)
    values ('r-1', 'ann', 'chat.send_message', 'succeeded', 1, 1, 1, 'c-1', 1.5, 2.5,
        '{"message": "When is high water?"}', '{"response": "At noon."}');
insert into events values ('r-1', 1, 'ann', 1, 2.5, 'text_delta', '{"step": 1, "text": "At noon."}');
"""
READ = (
    "select * from (select id, title from conversations union all select id, result from runs"
    " union all select run_id, body from events) as all_of_them order by 1, 2"
)
KEPT = [
    ("c-1", "Tides"),
    ("r-1", '{"response": "At noon."}'),
    ("r-1", '{"step": 1, "text": "At noon."}'),
]


class File:
    """A database in a file."""

    kind = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path

    def execute(self, sql: str) -> list[tuple[str, ...]]:
        """What a statement answers; several answer nothing."""
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            if sql.startswith("select"):
                return [tuple(str(cell) for cell in row) for row in connection.execute(sql)]
            connection.executescript(sql)
            return []

    def make(self, version: int) -> None:
        """What the program of that version made of nothing."""
        self.execute(
            "".join(step.upgrade("sqlite") for step in steps()[:version]) + f"pragma user_version = {version};"
        )

    def open(self) -> None:
        """Start on it as the program does, and stop."""

        async def start() -> None:
            await SqliteStore(self.path).close()

        asyncio.run(start())

    def migrate(self, version: int) -> int:
        """Bring it to a version."""
        return migrate(self.path, version)

    def shape(self) -> Shape:
        """Everything that is declared in it."""
        return self.execute("select type, name, sql from sqlite_master where name != 'sqlite_sequence' order by 1, 2")


@pytest.fixture
def database_of(tmp_path: Path) -> Callable[[str], File]:
    """Empty databases by name."""
    return lambda name: File(tmp_path / f"{name}.db")


@pytest.mark.parametrize("version", EARLIER)
def test_a_database_of_an_earlier_version_becomes_what_a_fresh_one_is(
    database_of: Callable[[str], File], version: int
) -> None:
    """By itself, at the start; what an earlier nis wrote is still there, and is found by its words."""
    fresh, old = database_of("fresh"), database_of("old")
    fresh.open()
    old.make(version)
    old.execute(WRITTEN)
    old.open()
    assert old.shape() == fresh.shape()
    assert old.execute(READ) == KEPT
    assert sorted(old.execute("select text from said")) == [("At noon.",), ("Tides",), ("When is high water?",)]


@pytest.mark.parametrize("version", EARLIER)
def test_a_database_goes_back_to_what_an_earlier_version_made(database_of: Callable[[str], File], version: int) -> None:
    """A rollback of the program: it finds the schema it knows, and its data; and forward again."""
    old, new = database_of("old"), database_of("new")
    old.make(version)
    new.open()
    new.execute(WRITTEN)
    fresh = new.shape()
    assert new.migrate(version) == VERSION
    assert new.shape() == old.shape()
    assert new.execute(READ) == KEPT
    new.open()
    assert new.shape() == fresh
    assert new.execute(READ) == KEPT


def test_what_was_not_indexed_yet_is_found_by_an_earlier_version(database_of: Callable[[str], File]) -> None:
    """It indexes what is said at once and looks for nothing that was left: the way back does that."""
    database = database_of("one")
    found = "select text from said where id in (select rowid from said_words where said_words match 'noon')"
    database.open()
    database.execute(WRITTEN)
    assert database.execute(found) == []
    database.migrate(2)
    assert database.execute(found) == [("At noon.",)]
    database.open()
    database.execute("update conversations set title = 'Noon'; delete from runs where id = 'none';")
    assert sorted(database.execute(found)) == [("At noon.",), ("Noon",)]


def test_runs_that_an_earlier_version_cannot_carry_on_end_on_the_way_back(database_of: Callable[[str], File]) -> None:
    """It knows no run that waits for a person."""
    database = database_of("one")
    database.open()
    database.execute(WRITTEN)
    database.execute("update runs set state = 'waiting', result = null;")
    database.migrate(2)
    assert database.execute("select state from runs") == [("cancelled",)]


def test_what_was_made_with_collections_goes_on_the_way_back(tmp_path: Path, database: str) -> None:
    """Each collection's index of words, and each one's of vectors, which no step names."""
    file = File(tmp_path / "nis.db")
    file.open()
    file.execute("create virtual table words_c1 using fts5(text, content='items', content_rowid='number');")
    file.migrate(10)
    assert file.execute("select name from sqlite_master where name like 'words%'") == []
    settings = read_settings({"NIS_DATABASE_URL": database})
    move_schema(settings, VERSION)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create table graph_1 (primary key (number)) inherits (graph_rows)")
        move_schema(settings, 10)
        assert connection.execute("select tablename from pg_tables where tablename like 'graph%'").fetchall() == []


def test_a_file_is_kept_as_it_was_before_it_is_changed(tmp_path: Path) -> None:
    """Beside it, under the version it had: whoever regrets the new program has the old data."""
    File(tmp_path / "nis.db").make(1)
    File(tmp_path / "nis.db").execute(WRITTEN)
    File(tmp_path / "nis.db").open()
    copy = File(tmp_path / "nis-version-1.db")
    assert copy.execute(READ) == KEPT
    assert copy.execute("select user_version from pragma_user_version") == [("1",)]


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    """A file that somebody has added a table to stays at its version, whole."""
    database = File(tmp_path / "nis.db")
    database.make(1)
    database.execute(f"{WRITTEN} create table keys (id text);")
    shape = database.shape()
    with pytest.raises(Unavailable, match="table keys already exists"):
        database.open()
    assert database.shape() == shape
    assert database.execute("select user_version from pragma_user_version") == [("1",)]


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """An older nis does not touch what it cannot read, and says who can take it back."""
    database = File(tmp_path / "nis.db")
    database.execute("pragma user_version = 99;")
    with pytest.raises(Unavailable, match="version 99") as refused:
        database.open()
    assert f"nis database downgrade {VERSION}" in refused.value.remedy


def test_alembic_loads_only_where_a_schema_changes(tmp_path: Path) -> None:
    """Its import, with SQLAlchemy's, takes longer than the whole start may."""
    program = (
        "import sys; from pathlib import Path; from nis_backend.drivers.store.sqlite.store import SqliteStore;"
        "SqliteStore(Path(sys.argv[1])); print('alembic' in sys.modules or 'sqlalchemy' in sys.modules)"
    )

    def loaded() -> str:
        command = [sys.executable, "-c", program, str(tmp_path / "nis.db")]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=180).stdout.strip()

    assert [loaded(), loaded()] == ["False", "False"]
    File(tmp_path / "nis.db").migrate(2)
    assert [loaded(), loaded()] == ["True", "False"]


DECLARED = """
select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
    where table_schema = 'public'
union all select tablename, indexname, indexdef, null, null from pg_indexes where schemaname = 'public'
union all select event_object_table, trigger_name, action_statement, null, null from information_schema.triggers
order by 1, 2, 3
"""


@pytest.mark.parametrize("version", EARLIER)
def test_a_postgresql_database_goes_back_and_forward_again(database: str, version: int) -> None:
    """As a file does: what was written is kept both ways, and the schema comes to be the same again."""
    settings = read_settings({"NIS_DATABASE_URL": database})
    assert move_schema(settings, VERSION).version == VERSION
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(WRITTEN)
        fresh = connection.execute(DECLARED).fetchall()
        assert move_schema(settings, version).version == version
        assert connection.execute(READ).fetchall() == KEPT
        assert connection.execute(DECLARED).fetchall() != fresh
        assert move_schema(settings, VERSION) == schema_of(settings)
        assert connection.execute(READ).fetchall() == KEPT
        assert connection.execute(DECLARED).fetchall() == fresh


MANY = """
insert into runs (id, owner, operation, state, attempt, last_seq, format, created, updated, input, holder, dedupe)
select 'run-' || n, 'ann', 'tests.carry_run', 'succeeded', 1, 3, 2, n, n, repeat('x', 200), 'one', 'key-' || n
from generate_series(1, 20000) as n
"""


def select_runs(**where: str) -> Statement:
    """A page of an owner's newest runs that are so."""
    return queries.select(
        "runs", "ann", where=where, before=None, limit=50, descending=True, order="created", since=None
    )


def test_no_index_of_runs_names_what_each_event_changes(database: str) -> None:
    """PostgreSQL then changes a run's row where it lies; else each event would write every index of the row anew.

    Source: PostgreSQL 18, Heap-Only Tuples; the columns are those that `PostgresStore.append` always sets.
    """
    move_schema(read_settings({"NIS_DATABASE_URL": database}), VERSION)
    with psycopg.connect(database) as connection:
        found = connection.execute("select indexdef from pg_indexes where tablename = 'runs'").fetchall()
    assert len(found) > 5
    assert not [sql for (sql,) in found if re.search(r"\b(updated|last_seq|log_bytes)\b", sql)]


@pytest.mark.parametrize(
    ("index", "sql", "given"),
    [
        ("runs_held", MISSED, ()),
        ("runs_ended", ENDED, (1.0, 1.0)),
        ("runs_by_dedupe", *select_runs(dedupe="once")),
        ("runs_resting", *select_runs(state="waiting")),
        ("runs_resting", *select_runs(state="paused")),
    ],
)
def test_few_of_many_runs_are_found_by_an_index(database: str, index: str, sql: str, given: Sequence[object]) -> None:
    """A million runs that have ended cost those nothing that are looked for often."""
    move_schema(read_settings({"NIS_DATABASE_URL": database}), VERSION)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(MANY)
        connection.execute("analyze runs")
        plan = connection.execute(f"explain {in_psycopg(sql)}".encode(), given).fetchall()
    assert index in str(plan)
    assert "Seq Scan" not in str(plan)


@pytest.mark.parametrize(
    ("index", "sql", "given"),
    [
        ("runs_by_dedupe", *select_runs(dedupe="once")),
        ("runs_resting", *select_runs(state="waiting")),
        ("runs_resting", *select_runs(state="paused")),
        ("runs_under_way", *select_runs(state="queued")),
        ("runs_under_way", *select_runs(state="running")),
    ],
)
def test_few_of_many_runs_are_found_by_an_index_in_a_file(
    tmp_path: Path, index: str, sql: str, given: Sequence[object]
) -> None:
    """As in PostgreSQL."""
    with contextlib.closing(sqlite3.connect(tmp_path / "nis.db")) as connection:
        connection.executescript(whole("sqlite"))
        plan = connection.execute(f"explain query plan {sql}", given).fetchall()
    assert f"USING INDEX {index}" in str(plan)
