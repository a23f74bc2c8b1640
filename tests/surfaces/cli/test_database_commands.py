"""`nis database`: forward and back on a folder and on PostgreSQL, and what it refuses, by exit code and message."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from conftest import Serve
from nis_command import nis

from nis_backend.drivers.store.migrations.schema import VERSION

WRITTEN = (
    "insert into conversations (id, owner, title, created, updated) values ('conversation-1', 'ann', 'Tides', 1.5, 2.5)"
)
READ = "select title from conversations"
PASSWORD = "swordfish"  # noqa: S105 - nobody's
WRONG, NOT_FOUND, CONFLICT, UNAVAILABLE = 2, 4, 5, 69

Done = subprocess.CompletedProcess[str]


def schema(*arguments: str, data: Path, url: str = "") -> Done:
    """`nis database …` on a folder, or on the database of an address."""
    return nis("--data", str(data), "database", *arguments, **({"NIS_DATABASE_URL": url} if url else {}))


def version_told(done: Done) -> int:
    """What a command that succeeded and was asked for JSON says."""
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["newest"] == VERSION
    return int(told["version"])


def check_refused(done: Done, code: int, *says: str) -> None:
    """Check a refusal's code and words; nothing is printed as a result, no traceback, and no password."""
    assert done.returncode == code, done.stderr
    assert not done.stdout
    assert not [one for one in says if one not in done.stderr], done.stderr
    assert "Traceback" not in done.stderr
    assert PASSWORD not in done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that a nis has made."""
    assert nis("--data", str(tmp_path), "runs", "list").returncode == 0
    return tmp_path


def test_a_folder_goes_back_and_forward_again(folder: Path) -> None:
    """Promise: each command says where the schema is; what was written is there both ways; no version is the newest."""
    with closing(sqlite3.connect(folder / "nis.db")) as connection:
        connection.execute(WRITTEN)
        connection.commit()
    assert version_told(schema("current", "--json", data=folder)) == VERSION
    back = schema("downgrade", "1", "--json", data=folder)
    assert version_told(back) == 1
    assert "Start the nis that knows version 1 now" in back.stderr
    assert version_told(schema("current", "--json", data=folder)) == 1
    assert version_told(schema("upgrade", "2", "--json", data=folder)) == 2
    last = schema("upgrade", data=folder)
    assert last.stdout == f"SQLite, schema version {VERSION}; this nis knows up to {VERSION}.\n"
    assert version_told(schema("upgrade", "--json", data=folder)) == VERSION
    with closing(sqlite3.connect(folder / "nis.db")) as connection:
        assert connection.execute(READ).fetchall() == [("Tides",)]


def test_a_postgresql_goes_back_and_forward_again(database: str, tmp_path: Path) -> None:
    """The same from an empty database on, which has version 0; the data folder is not made."""
    data = tmp_path / "none"

    def asked(*arguments: str) -> int:
        return version_told(schema(*arguments, "--json", data=data, url=database))

    assert asked("current") == 0
    assert asked("upgrade") == VERSION
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(WRITTEN)
        assert asked("downgrade", "1") == 1
        assert asked("upgrade", "2") == 2
        last = schema("upgrade", data=data, url=database)
        assert last.stdout == f"PostgreSQL, schema version {VERSION}; this nis knows up to {VERSION}.\n"
        assert connection.execute(READ).fetchall() == [("Tides",)]
    assert not data.exists()


def test_a_folder_that_a_server_owns_is_asked_and_left_as_it_is(serve: Serve) -> None:
    """Promise: a schema does not change under a running server; it is named, and what to do."""
    server = serve()
    assert version_told(schema("current", "--json", data=server.data)) == VERSION
    for arguments in (("downgrade", "1"), ("upgrade",)):
        refused = schema(*arguments, data=server.data)
        check_refused(refused, CONFLICT, f"held by process {server.pid} at {server.url}", "stop it")
    assert version_told(schema("current", "--json", data=server.data)) == VERSION


def test_a_postgresql_that_a_server_uses_is_not_taken_back(serve: Serve, database: str, tmp_path: Path) -> None:
    """The same where the database is shared: of those that use it it is only known how many connections they have."""
    serve(NIS_DATABASE_URL=database)
    check_refused(schema("downgrade", "1", data=tmp_path, url=database), CONFLICT, "use the database", "Stop every nis")
    assert version_told(schema("upgrade", "--json", data=tmp_path, url=database)) == VERSION


WRONG_VERSIONS = {
    ("upgrade", "99"): ("99", f"Give 1 to {VERSION}."),
    ("downgrade", "0"): ("0", f"Give 1 to {VERSION}."),
    ("downgrade", "head"): ("head", "not a valid integer"),
    ("downgrade",): ("VERSION",),
    ("upgrade", "1"): ("From version 2 to 1", "nis database downgrade 1"),
    ("downgrade", "3"): ("From version 2 to 3", "nis database upgrade 3"),
}


@pytest.mark.parametrize("where", ["folder", "database"])
def test_a_wrong_version_is_refused_and_changes_nothing(
    request: pytest.FixtureRequest, tmp_path: Path, where: str
) -> None:
    """One that there is not, none, and one that lies the other way: what takes data away is asked for by its name."""
    made = request.getfixturevalue(where)
    url = made if isinstance(made, str) else ""
    if url:
        assert version_told(schema("upgrade", "--json", data=tmp_path, url=url)) == VERSION
    assert version_told(schema("downgrade", "2", "--json", data=tmp_path, url=url)) == 2
    for arguments, says in WRONG_VERSIONS.items():
        check_refused(schema(*arguments, data=tmp_path, url=url), WRONG, *says)
    assert version_told(schema("current", "--json", data=tmp_path, url=url)) == 2


def test_a_folder_without_a_database_is_not_given_one(tmp_path: Path) -> None:
    """No address and no file: there is nothing to ask or to move."""
    for arguments in (("current",), ("upgrade",), ("downgrade", "1")):
        check_refused(schema(*arguments, data=tmp_path), NOT_FOUND, "no database in the data folder", "first start")
    assert not (tmp_path / "nis.db").exists()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """Whatever stands where the database should: it is named and left alone."""
    content = b"not a database at all" * 100
    (tmp_path / "nis.db").write_bytes(content)
    for arguments in (("current",), ("upgrade",), ("downgrade", "1")):
        check_refused(schema(*arguments, data=tmp_path), UNAVAILABLE, "database")
    assert (tmp_path / "nis.db").read_bytes() == content


def test_a_newer_schema_is_told_and_left_alone(folder: Path, database: str) -> None:
    """What a newer nis has made only that one takes back."""
    with closing(sqlite3.connect(folder / "nis.db")) as connection:
        connection.execute("pragma user_version = 99")
    assert version_told(schema("upgrade", "--json", data=folder, url=database)) == VERSION
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update alembic_version set version_num = '0099'")
    for url in ("", database):
        assert version_told(schema("current", "--json", data=folder, url=url)) == 99
        for arguments in (("upgrade",), ("downgrade", "1")):
            refused = schema(*arguments, data=folder, url=url)
            check_refused(refused, UNAVAILABLE, "schema version 99", f"nis database downgrade {VERSION}")


def test_another_programs_database_is_not_taken_for_ours(database: str, tmp_path: Path) -> None:
    """Alembic's table is many programs'; what stands in it is no version of ours."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create table alembic_version (version_num varchar(32) not null)")
        connection.execute("insert into alembic_version values ('1975ea83b712')")
    for arguments in (("current",), ("upgrade",), ("downgrade", "1")):
        check_refused(schema(*arguments, data=tmp_path, url=database), UNAVAILABLE, "another program")


def test_a_database_that_cannot_be_had_is_told_without_its_password(
    database: str, free_port: int, tmp_path: Path
) -> None:
    """Nobody listens there, no such database, no address at all: the variable is named, never what it holds."""
    nowhere = f"postgresql://ann:{PASSWORD}@127.0.0.1:{free_port}/nis"
    missing = f"{database.replace('postgres@', f'postgres:{PASSWORD}@')}x"
    for arguments in (("current",), ("upgrade",), ("downgrade", "1")):
        check_refused(schema(*arguments, data=tmp_path, url=nowhere), UNAVAILABLE, "NIS_DATABASE_URL", "refused")
    check_refused(schema("current", data=tmp_path, url=missing), UNAVAILABLE, "NIS_DATABASE_URL", "does not exist")
    for wrong in (f"postgresql://ann:{PASSWORD}@/nis?what=ever", f"ann:{PASSWORD}"):
        check_refused(schema("upgrade", data=tmp_path, url=wrong), WRONG, "NIS_DATABASE_URL")
