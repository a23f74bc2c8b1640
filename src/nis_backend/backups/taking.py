"""Taking a backup: a copy of the database at one moment, then the bytes of every blob that it names.

The database is copied by SQLite itself under one read transaction, so a server may go on writing. Blobs are never
changed and are put down before their rows: what the copy names is there, unless its owner has removed it meanwhile.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import shutil
import sqlite3
import tarfile
import time
from contextlib import closing, suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from nis_backend import __version__
from nis_backend.backups.archive import BLOBS, MANIFEST, Hashed, Manifest, Sealed, SealedBlobs, in_files
from nis_backend.backups.swap import DATABASE, sync
from nis_backend.drivers.blobs.chosen import contents_of
from nis_backend.drivers.blobs.sweeping import NOBODY
from nis_backend.errors import Conflict, NotFound, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from nis_backend.backups.archive import Tell
    from nis_backend.drivers.blobs.base import Contents
    from nis_backend.settings import Settings

PAGES = 4096
"""Pages of the database between two words about it."""

BYTES = f"from blobs where owner <> '{NOBODY}'"
"""The rows that name bytes; the other one is the mark of the place where they lie."""

COMPRESSION = 3
"""Of gzip: of its nine levels the one after which time grows faster than space shrinks."""


def take(settings: Settings, file: Path, tell: Tell, *, force: bool = False) -> Manifest:
    """Write the data of `settings` to `file`, which is there only when it is whole.

    Raises:
        NotFound: there is no data.
        Conflict: the file is there already, without `force`.
        Unavailable: the file cannot be written, or a blob cannot be read.
    """
    in_files(settings)
    source = settings.data / DATABASE
    if not source.is_file():
        raise NotFound(
            "There is no data to back up in this folder.",
            field="data",
            value=settings.data.name,
            remedy="Give the --data folder that nis serves.",
        )
    if file.exists() and not force:
        raise Conflict(
            f"{file.name} is there already.", field="file", value=file.name, remedy="Name another, or --force."
        )
    # Names that the next backup to this file uses again: what a killed one has left goes with it.
    part, work = file.with_name(f"{file.name}.part"), file.with_name(f"{file.name}.work")
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        manifest = _write(settings, part, work, tell)
        part.replace(file)
        sync(file.parent)
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(
            f"The backup cannot be written: {getattr(error, 'strerror', None) or error}.",
            field="file",
            value=file.name,
            remedy="Give a file in a folder with room for a copy of the database beside it.",
        ) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        shutil.rmtree(work, ignore_errors=True)
    return manifest


def _write(settings: Settings, part: Path, work: Path, tell: Tell) -> Manifest:
    created = time.time()
    _copy(settings.data / DATABASE, work / DATABASE, tell)
    contents = contents_of(settings, work)
    part.unlink(missing_ok=True)
    # The data of everyone who is served: for the eyes of whoever takes it.
    part.touch(0o600)
    with part.open("wb") as out, asyncio.Runner() as runner:
        with (
            gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=COMPRESSION) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar,
            closing(sqlite3.connect(work / DATABASE)) as database,
        ):
            sealed = _add(tar, DATABASE, work / DATABASE)
            manifest = Manifest(
                nis=__version__,
                database_schema=int(database.execute("pragma user_version").fetchone()[0]),
                created=created,
                database=Sealed(size=sealed.size, sha256=sealed.sha256),
                blobs=_Blobs(tar, contents, runner).add_all(database, tell),
            )
            text = manifest.model_dump_json(indent=1).encode()
            tar.addfile(_member(MANIFEST, len(text)), BytesIO(text))
        runner.run(contents.close())
        out.flush()
        os.fsync(out.fileno())
    return manifest


class _Blobs:
    """The blobs as they go into the archive."""

    def __init__(self, tar: tarfile.TarFile, contents: Contents, runner: asyncio.Runner) -> None:
        self._tar = tar
        self._contents = contents
        self._runner = runner
        self._gone: list[str] = []
        self._damaged: list[str] = []

    def add_all(self, database: sqlite3.Connection, tell: Tell) -> SealedBlobs:
        """Every blob that the database names."""
        if database.execute("select 1 from sqlite_master where name = 'blobs'").fetchone() is None:
            # The first schema had none: its temporary stand-in is gone with the connection.
            database.execute("create temp table blobs (id text, owner text, sha256 text, size integer)")
        count, size, lines = 0, 0, hashlib.sha256()
        total = int(database.execute(f"select coalesce(sum(size), 0) {BYTES}").fetchone()[0])
        for key, wanted in database.execute(f"select id, sha256 {BYTES} order by id"):
            sealed = self._add(key)
            if sealed is None:
                continue
            if sealed.sha256 != wanted:
                self._damaged.append(key)
            count, size = count + 1, size + sealed.size
            lines.update(f"{key} {sealed.sha256}\n".encode())
            tell("blobs", size, max(total, size))
        return SealedBlobs(count=count, size=size, sha256=lines.hexdigest(), gone=self._gone, damaged=self._damaged)

    def _add(self, key: str) -> Hashed | None:
        try:
            return _add(self._tar, f"{BLOBS}{key}", self._runner.run(self._contents.local(key)))
        except (NotFound, FileNotFoundError):
            self._gone.append(key)
            return None
        finally:
            self._runner.run(self._contents.forget(key))


def _copy(source: Path, copy: Path, tell: Tell) -> None:
    """The database as it is now, in one file."""
    with (
        closing(sqlite3.connect(source, isolation_level=None, timeout=30)) as reading,
        closing(sqlite3.connect(copy, isolation_level=None)) as writing,
    ):
        # One transaction: without it each write of the server's would have the copy begin anew.
        reading.execute("begin")
        reading.execute("select count(*) from sqlite_master").fetchone()
        page = int(reading.execute("pragma page_size").fetchone()[0])
        reading.backup(
            writing,
            pages=PAGES,
            progress=lambda _, left, total: tell("database", (total - left) * page, total * page),
            sleep=0,
        )
        reading.execute("rollback")
        # The copy would say that a log belongs beside it.
        writing.execute("pragma journal_mode = delete")


def _add(tar: tarfile.TarFile, name: str, path: Path) -> Hashed:
    with path.open("rb") as file:
        hashed = Hashed(file)
        # Any: tarfile's own type wants a whole file, and only reads.
        tar.addfile(_member(name, os.fstat(file.fileno()).st_size), cast("Any", hashed))
    return hashed


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member
