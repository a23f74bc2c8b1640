"""Backups: taken from a system in use, brought back whole or not at all."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from opened import opened
from rest_client import done, send
from s3_server import KEYS, new_bucket

from nis_backend.backups.restoring import restore
from nis_backend.backups.swap import READY, RESTORING, finish
from nis_backend.backups.taking import take
from nis_backend.drivers.store.migrations.schema import VERSION
from nis_backend.errors import Conflict, Malformed, NisError, NotFound, Unavailable
from nis_backend.lock import FolderLock
from nis_backend.settings import Settings, read_settings

BLOBS = {f"text {number}": bytes([number]) * 100_000 for number in range(5)}


def ignore(_what: str, _done: int, _total: int) -> None:
    """Nobody looks on."""


def settings_of(folder: Path, **more: str) -> Settings:
    """The settings of a data folder."""
    return read_settings({"NIS_DATA": str(folder), **more})


def fill(folder: Path) -> dict[str, str]:
    """A data folder with a run and some blobs; the blobs' ids by their names."""

    async def put() -> dict[str, str]:
        async with opened(folder) as ctx:
            return {name: (await ctx.blobs.put(data, name=name)).id for name, data in BLOBS.items()}

    folder.mkdir(parents=True, exist_ok=True)
    return asyncio.run(put())


def held(folder: Path) -> dict[str, bytes]:
    """The blobs that a data folder holds, by their names."""
    with closing(sqlite3.connect(folder / "nis.db")) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        rows = database.execute("select id, name from blobs where owner <> ''").fetchall()
    return {name: (folder / "blobs" / key[-2:] / key).read_bytes() for key, name in rows}


def members(backup: Path) -> dict[str, bytes]:
    """What an archive holds."""
    with tarfile.open(backup) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar.getmembers()}  # pyright: ignore[reportOptionalMemberAccess] - all are files


def pack(backup: Path, parts: list[tuple[tarfile.TarInfo | str, bytes]]) -> None:
    """Write an archive by hand."""
    with tarfile.open(backup, "w:gz") as tar:
        for one, data in parts:
            member = tarfile.TarInfo(one) if isinstance(one, str) else one
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A backup of a filled folder, `tmp_path / "data"`."""
    fill(tmp_path / "data")
    take(settings_of(tmp_path / "data"), tmp_path / "backup.nis", ignore)
    return tmp_path / "backup.nis"


def test_what_was_backed_up_is_brought_back(tmp_path: Path, backup: Path) -> None:
    """Promise: rows and bytes, in a folder that only its owner reads, and nothing beside them."""
    manifest = restore(settings_of(tmp_path / "new"), backup, ignore)
    assert held(tmp_path / "new") == BLOBS
    assert (manifest.database_schema, manifest.blobs.count) == (VERSION, len(BLOBS))
    assert backup.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["backup.nis", "data", "new"]
    assert sorted(one.name for one in (tmp_path / "new").iterdir()) == ["blobs", "nis.db", "server.json"]


def test_a_backup_is_taken_while_a_server_writes(tmp_path: Path, serve: Serve) -> None:
    """Promise: a running system's data: what its copy of the database names is all there, and is served elsewhere."""
    server = serve()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            blob = done(server, "POST", "/blobs", {"content": {"base64": "SGVsbG8="}})
            if blob["id"][-1] in "0123":
                send(server, "DELETE", f"/blobs/{blob['id']}")

    writers = [threading.Thread(target=write) for _ in range(3)]
    for one in writers:
        one.start()
    try:
        kept = [done(server, "POST", "/blobs", {"content": {"base64": "SGVsbG8="}})["id"] for _ in range(20)]
        manifest = take(settings_of(server.data), tmp_path / "backup.nis", ignore)
    finally:
        stop.set()
        for one in writers:
            one.join()
    restore(settings_of(tmp_path / "new"), tmp_path / "backup.nis", ignore)
    assert manifest.blobs.count >= len(kept)
    assert len(held(tmp_path / "new")) >= 1
    again = serve(data=tmp_path / "new")
    for blob_id in kept:
        assert send(again, "GET", f"/blobs/{blob_id}/content")[2] == b"Hello"


def test_no_key_is_in_it(tmp_path: Path, serve: Serve) -> None:
    """Promise: never keys in clear; of those that were made only fingerprints are kept, of the server's none."""
    given = "a-key-of-this-server-alone"
    server = serve(NIS_API_KEY=given)
    bearer = {"authorization": f"Bearer {given}"}
    made = done(server, "POST", "/keys", {"name": "tests"}, bearer)
    clear = max((str(value) for value in made.values() if isinstance(value, str)), key=len)
    take(settings_of(server.data), tmp_path / "backup.nis", ignore)
    inside = gzip.decompress((tmp_path / "backup.nis").read_bytes())
    assert b"tests" in inside
    assert given.encode() not in inside
    assert clear.encode() not in inside


def test_what_is_removed_meanwhile_is_gone_with_its_row(tmp_path: Path) -> None:
    """Nothing newer in rows than in blobs: a row without its bytes is not brought back."""
    ids = fill(tmp_path / "data")
    lost = ids["text 4"]

    def remove(what: str, _done: int, _total: int) -> None:
        if what == "blobs":
            (tmp_path / "data" / "blobs" / lost[-2:] / lost).unlink(missing_ok=True)

    manifest = take(settings_of(tmp_path / "data"), tmp_path / "backup.nis", remove)
    assert manifest.blobs.gone == [lost]
    restore(settings_of(tmp_path / "new"), tmp_path / "backup.nis", ignore)
    assert held(tmp_path / "new") == {name: data for name, data in BLOBS.items() if name != "text 4"}


def test_what_was_damaged_before_is_told_and_brought_back_as_it_was(tmp_path: Path) -> None:
    """One bad sector must not keep everything else from being backed up."""
    ids = fill(tmp_path / "data")
    bad = ids["text 2"]
    (tmp_path / "data" / "blobs" / bad[-2:] / bad).write_bytes(b"bad")
    manifest = take(settings_of(tmp_path / "data"), tmp_path / "backup.nis", ignore)
    assert manifest.blobs.damaged == [bad]
    restore(settings_of(tmp_path / "new"), tmp_path / "backup.nis", ignore)
    assert held(tmp_path / "new") == {**BLOBS, "text 2": b"bad"}


def test_blobs_move_between_a_bucket_and_a_folder(
    tmp_path: Path, backup: Path, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup says nothing of where blobs were kept."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    bucket = {"NIS_BLOBS": f"s3://{new_bucket(s3)}/nis", "NIS_S3_ENDPOINT": s3}
    restore(settings_of(tmp_path / "in-bucket", **bucket), backup, ignore)
    assert not (tmp_path / "in-bucket" / "blobs").exists()
    take(settings_of(tmp_path / "in-bucket", **bucket), tmp_path / "again.nis", ignore)
    restore(settings_of(tmp_path / "new"), tmp_path / "again.nis", ignore)
    assert held(tmp_path / "new") == BLOBS


def test_a_folder_in_use_and_one_that_holds_data_are_refused(tmp_path: Path, backup: Path) -> None:
    """Nothing is overwritten but by word, and nothing under a server's feet at all."""
    with FolderLock(tmp_path / "data"), pytest.raises(Conflict, match="held by process"):
        restore(settings_of(tmp_path / "data"), backup, ignore, force=True)
    with pytest.raises(Conflict, match="holds data already"):
        restore(settings_of(tmp_path / "data"), backup, ignore)
    with closing(sqlite3.connect(tmp_path / "data" / "nis.db")) as database, database:
        database.execute("delete from blobs where name = 'text 1'")
    restore(settings_of(tmp_path / "data"), backup, ignore, force=True)
    assert held(tmp_path / "data") == BLOBS
    with pytest.raises(Conflict, match="there already"):
        take(settings_of(tmp_path / "data"), backup, ignore)
    with pytest.raises(NotFound, match="no data"):
        take(settings_of(tmp_path / "nothing"), tmp_path / "other.nis", ignore)


def of_type(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    """A member that is no file."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


def first(parts: dict[str, bytes]) -> list[tuple[tarfile.TarInfo | str, bytes]]:
    """The database."""
    return [("nis.db", parts["nis.db"])]


def last(parts: dict[str, bytes]) -> list[tuple[tarfile.TarInfo | str, bytes]]:
    """The manifest."""
    return [("manifest.json", parts["manifest.json"])]


HOSTILE: dict[str, Callable[[dict[str, bytes]], list[tuple[tarfile.TarInfo | str, bytes]]]] = {
    "a path out of the folder": lambda parts: [*first(parts), ("blobs/../../evil", b"x"), *last(parts)],
    "an absolute path": lambda parts: [*first(parts), ("/evil/path", b"x"), *last(parts)],
    "a deeper path": lambda parts: [*first(parts), ("blobs/a/evil1", b"x"), *last(parts)],
    "a link": lambda parts: [*first(parts), (of_type("blobs/evil", tarfile.SYMTYPE, "/etc"), b""), *last(parts)],
    "a hard link": lambda parts: [*first(parts), (of_type("blobs/evil", tarfile.LNKTYPE, "nis.db"), b""), *last(parts)],
    "a device": lambda parts: [*first(parts), (of_type("blobs/evil", tarfile.CHRTYPE), b""), *last(parts)],
    "a folder": lambda parts: [*first(parts), (of_type("blobs/evil", tarfile.DIRTYPE), b""), *last(parts)],
    "a long header": lambda parts: [
        *first(parts),
        (of_type("././@PaxHeader", tarfile.XHDTYPE), b"9" * 99),
        *last(parts),
    ],
    "a blob that no row names": lambda parts: [*first(parts), ("blobs/blob-none", b"x"), *last(parts)],
    "no database": last,
    "a database that is none": lambda parts: [("nis.db", b"x" * 200), *last(parts)],
    "no manifest": first,
    "no blobs": lambda parts: [*first(parts), *last(parts)],
    "another blob": lambda parts: [
        (name, b"other" if name.startswith("blobs/") else data) for name, data in parts.items()
    ],
    "something after the end": lambda parts: [*parts.items(), ("blobs/blob-none", b"x")],
    "a manifest that is none": lambda parts: [*first(parts), ("manifest.json", b"{}")],
    "another database": lambda parts: [
        (name, data + b"\0" if name == "nis.db" else data) for name, data in parts.items()
    ],
}


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_an_archive_that_is_not_as_it_was_written_brings_nothing_back(tmp_path: Path, backup: Path, what: str) -> None:
    """Promise: damaged, or made to do harm: refused with the reason, the folder's own data untouched."""
    pack(tmp_path / "bad.nis", HOSTILE[what](members(backup)))
    fill(tmp_path / "mine")
    before = held(tmp_path / "mine")
    with pytest.raises(Malformed, match="damaged"):
        restore(settings_of(tmp_path / "mine"), tmp_path / "bad.nis", ignore, force=True)
    assert held(tmp_path / "mine") == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["backup.nis", "bad.nis", "data", "mine"]
    assert not (tmp_path / "mine" / RESTORING).exists()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9])
def test_an_archive_that_was_cut_brings_nothing_back(tmp_path: Path, backup: Path, share: float) -> None:
    """Wherever it was cut."""
    whole = backup.read_bytes()
    backup.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(Malformed, match="damaged"):
        restore(settings_of(tmp_path / "new"), backup, ignore)
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["server.json"]


def test_data_in_postgresql_are_pg_dumps_to_back_up(tmp_path: Path, backup: Path) -> None:
    """A clear refusal, not an empty backup of a folder that holds nothing."""
    settings = settings_of(tmp_path / "data", NIS_DATABASE_URL="postgresql://127.0.0.1/nis")
    for doing in (take, restore):
        with pytest.raises(Unavailable, match="in PostgreSQL") as refused:
            doing(settings, backup, ignore, force=True)
        assert "pg_dump" in refused.value.remedy


def test_a_newer_schema_is_refused(tmp_path: Path, backup: Path) -> None:
    """Before any of it is looked into."""
    with closing(sqlite3.connect(tmp_path / "data" / "nis.db")) as database:
        database.execute(f"pragma user_version = {VERSION + 1}")
    take(settings_of(tmp_path / "data"), backup, ignore, force=True)
    with pytest.raises(Unavailable, match=f"schema version {VERSION + 1}"):
        restore(settings_of(tmp_path / "new"), backup, ignore)


KILLED = """
import os, signal, sys
from pathlib import Path
from nis_backend.backups.restoring import restore
from nis_backend.backups.taking import take
from nis_backend.settings import read_settings

what, data, file, left = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])

def tell(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

{"take": take, "restore": restore}[what](read_settings({"NIS_DATA": data}), file, tell, force=True)
"""


def killed(what: str, data: Path, file: Path, after: int) -> int:
    """Do it in a process that is killed after so many words; answers its code."""
    command = [sys.executable, "-c", KILLED, what, str(data), str(file), str(after)]
    return subprocess.run(command, timeout=180, check=False).returncode


@pytest.mark.parametrize("after", [0, 3, 5])
def test_a_backup_that_was_killed_leaves_the_one_before_it(tmp_path: Path, backup: Path, after: int) -> None:
    """Promise: a file by its name is whole; what a killed one left goes with the next."""
    before = backup.read_bytes()
    assert killed("take", tmp_path / "data", backup, after) == -signal.SIGKILL
    assert backup.read_bytes() == before
    take(settings_of(tmp_path / "data"), backup, ignore, force=True)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["backup.nis", "data"]


@pytest.mark.parametrize("after", [0, 3, 5])
def test_a_restore_that_was_killed_leaves_the_data_that_were_there(tmp_path: Path, backup: Path, after: int) -> None:
    """Promise: the old data or the backup's, whole; the next one begins anew."""
    mine = tmp_path / "mine"
    shutil.copytree(tmp_path / "data", mine)
    with closing(sqlite3.connect(mine / "nis.db")) as database, database:
        database.execute("update blobs set name = 'mine ' || name")
    assert killed("restore", mine, backup, after) == -signal.SIGKILL
    finish(mine)
    assert held(mine) == {f"mine {name}": data for name, data in BLOBS.items()}
    restore(settings_of(mine), backup, ignore, force=True)
    assert held(mine) == BLOBS


@pytest.mark.parametrize("cut", ["at once", "after the database", "before the blobs", "after the blobs"])
def test_what_was_checked_is_put_in_place_by_whoever_opens_the_folder(tmp_path: Path, backup: Path, cut: str) -> None:
    """A death within the last step: it is finished at the next opening, whichever part of it was done."""
    mine, new = tmp_path / "mine", tmp_path / "new"
    fill(mine)
    (mine / "nis.db-wal").write_bytes(b"an older log")
    restore(settings_of(new), backup, ignore)
    work = mine / RESTORING
    work.mkdir()
    for name in ("nis.db", "blobs"):
        (new / name).rename(work / name)
    (work / READY).touch()
    if cut != "at once":
        (mine / "nis.db-wal").unlink()
        (work / "nis.db").replace(mine / "nis.db")
    if cut in {"before the blobs", "after the blobs"}:
        shutil.rmtree(mine / "blobs")
    if cut == "after the blobs":
        (work / "blobs").replace(mine / "blobs")
    finish(mine)
    assert held(mine) == BLOBS
    assert not work.exists()


def test_the_two_commands_say_what_they_did(tmp_path: Path, backup: Path) -> None:
    """As a stranger would use them: words, or JSON with `--json`; a failure says what to do."""

    def nis(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nis_backend", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)

    told = nis("--data", str(tmp_path / "new"), "restore", str(backup))
    assert (told.returncode, "5 blobs of 0.5 MB" in told.stdout) == (0, True)
    told = nis("--data", str(tmp_path / "new"), "backup", str(tmp_path / "again.nis"), "--json")
    found: dict[str, Any] = json.loads(told.stdout)
    assert found["blobs"]["count"] == len(BLOBS)
    told = nis("--data", str(tmp_path / "new"), "restore", str(backup))
    assert (told.returncode, "--force" in told.stderr) == (5, True)
    assert str(tmp_path) not in told.stderr


def test_what_has_no_room_is_told_without_a_path(tmp_path: Path, backup: Path) -> None:
    """No path of the machine is in a failure."""
    with pytest.raises(NisError) as refused:
        take(settings_of(tmp_path / "data"), tmp_path / "no" / "folder" / "b.nis", ignore)
    assert str(tmp_path) not in refused.value.message + refused.value.remedy
