"""Bringing a backup back: everything beside the folder's own data first, checked, and then put in their place."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
import struct
import tarfile
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from pydantic import ValidationError
from typing_extensions import override

from nis_backend.backups.archive import BLOBS, LONGEST_MANIFEST, MANIFEST, PIECE, Hashed, Manifest, damaged, in_files
from nis_backend.backups.swap import DATABASE, READY, RESTORING, finish, sync
from nis_backend.drivers.blobs.base import checked
from nis_backend.drivers.blobs.chosen import contents_of
from nis_backend.drivers.blobs.folder import FREE_BYTES
from nis_backend.drivers.blobs.sweeping import NOBODY
from nis_backend.drivers.store.migrations.schema import VERSION, newer
from nis_backend.errors import Conflict, NotFound, Unavailable
from nis_backend.lock import FolderLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nis_backend.backups.archive import Tell
    from nis_backend.drivers.blobs.base import Contents
    from nis_backend.settings import Settings

WHERE_VERSION, HEADER = 60, 100
"""Where SQLite's header has `user_version`, four bytes, and its length. Source: https://sqlite.org/fileformat2.html"""


def restore(settings: Settings, file: Path, tell: Tell, *, force: bool = False) -> Manifest:
    """Bring the data of `file` into the folder of `settings`, whose own are replaced with `force`.

    Raises:
        NotFound: there is no such file.
        Conflict: the folder is in use, or holds data, without `force`.
        Malformed: the backup is damaged, or none.
        Unavailable: a newer nis wrote it, or there is no room.
    """
    in_files(settings)
    if not file.is_file():
        raise NotFound(f"There is no file {file.name!r}.", field="file", value=file.name, remedy="Name a backup.")
    with FolderLock(settings.data):
        finish(settings.data)
        if not force and _holds_data(settings.data):
            raise Conflict(
                "The folder holds data already.",
                field="data",
                value=settings.data.name,
                remedy="Give an empty --data folder, or --force to have its data replaced.",
            )
        work = settings.data / RESTORING
        shutil.rmtree(work, ignore_errors=True)
        try:
            work.mkdir(mode=0o700)
            manifest = _unpack(settings, file, work, tell)
            (work / READY).touch()
            finish(settings.data)
        except (tarfile.TarError, EOFError, zlib.error, sqlite3.DatabaseError) as error:
            raise damaged(str(error) or type(error).__name__) from None
        except OSError as error:
            raise Unavailable(
                f"The backup cannot be brought back: {error.strerror or error}.",
                remedy="Look to the data folder: may this user write to it, has its disk space?",
            ) from None
        finally:
            if not (work / READY).exists():
                shutil.rmtree(work, ignore_errors=True)
    return manifest


def _holds_data(folder: Path) -> bool:
    return (folder / DATABASE).exists() or any((folder / "blobs").glob("*"))


def _unpack(settings: Settings, file: Path, work: Path, tell: Tell) -> Manifest:
    # Where blobs are in a bucket they are put there; nothing names them before the database is in its place.
    contents = contents_of(settings.model_copy(update={"data": work}), work)
    if settings.blobs is None:
        (work / "blobs").mkdir()
    total = file.stat().st_size
    with (
        asyncio.Runner() as runner,
        file.open("rb") as raw,
        tarfile.open(fileobj=raw, mode="r|gz", tarinfo=_Plain) as tar,
    ):
        try:
            reading = _Reading(tar, work, contents, runner, lambda: tell("backup", min(raw.tell(), total), total))
            manifest = reading.all()
        finally:
            runner.run(contents.close())
    with closing(sqlite3.connect(work / DATABASE)) as database, database:
        if database.execute("select 1 from sqlite_master where name = 'blobs'").fetchone():
            database.executemany("delete from blobs where id = ?", [(key,) for key in manifest.blobs.gone])
            # The mark of the place that the blobs came from.
            database.execute("delete from blobs where owner = ?", (NOBODY,))
    sync(work / DATABASE)
    return manifest


class _Plain(tarfile.TarInfo):
    """A member that is a file: what names others, or says more than its header has room for, is refused unread."""

    @classmethod
    @override
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The member of one header."""
        member = super().frombuf(buf, encoding, errors)
        if member.type not in tarfile.REGULAR_TYPES:
            raise damaged(f"{member.name[:80]!r} is no file")
        return member


class _Reading:
    """One archive from its beginning to its end. Nothing in it says where anything goes: names are checked."""

    def __init__(
        self,
        tar: tarfile.TarFile,
        work: Path,
        contents: Contents,
        runner: asyncio.Runner,
        tell: Callable[[], None],
    ) -> None:
        self._tar = tar
        self._work = work
        self._contents = contents
        self._runner = runner
        self._tell = tell

    def all(self) -> Manifest:
        """Bring everything to where it waits; answers the manifest that it agrees with."""
        database, schema = self._database()
        count, size, lines, wrong = 0, 0, hashlib.sha256(), list[str]()
        with closing(_looked_into(self._work / DATABASE)) as rows:
            while (member := self._next()).name != MANIFEST:
                key = _key(member)
                row = rows.execute("select sha256 from blobs where id = ?", (key,)).fetchone()
                if row is None:
                    raise damaged(f"no row names {key}")
                written = self._runner.run(self._contents.put(key, self._file(member), member.size))
                if written.sha256 != row[0]:
                    wrong.append(key)
                count, size = count + 1, size + written.size
                lines.update(f"{key} {written.sha256}\n".encode())
                self._tell()
        manifest = self._manifest(member)
        blobs = manifest.blobs
        if (manifest.database.sha256, manifest.database.size) != (database.sha256, database.size):
            raise damaged("the database is not as it was written")
        if (blobs.count, blobs.size, blobs.sha256) != (count, size, lines.hexdigest()) or blobs.damaged != wrong:
            raise damaged("the blobs are not as they were written")
        if manifest.database_schema != schema:
            raise damaged("the schema is another one")
        return manifest

    def _next(self) -> tarfile.TarInfo:
        member = self._tar.next()
        if member is None:
            raise damaged("its end is missing")
        return member

    def _file(self, member: tarfile.TarInfo) -> BinaryIO:
        file = self._tar.extractfile(member)
        assert file is not None, "it is a file"
        return cast("BinaryIO", file)

    def _database(self) -> tuple[Hashed, int]:
        member = self._next()
        if member.name != DATABASE:
            raise damaged(f"it begins with {member.name[:80]!r}")
        if shutil.disk_usage(self._work).free - FREE_BYTES < member.size:
            raise Unavailable("The disk of the data folder has no room for the backup.", remedy="Free some space.")
        hashed, path = Hashed(self._file(member)), self._work / DATABASE
        with path.open("wb") as out:
            while piece := hashed.read(PIECE):
                out.write(piece)
                self._tell()
        with path.open("rb") as written:
            header = written.read(HEADER)
        if len(header) < HEADER or not header.startswith(b"SQLite format 3\0"):
            raise damaged("its database is none")
        (schema,) = struct.unpack_from("!I", header, WHERE_VERSION)
        if schema > VERSION:
            raise newer(schema)
        return hashed, schema

    def _manifest(self, member: tarfile.TarInfo) -> Manifest:
        if member.size > LONGEST_MANIFEST:
            raise damaged("its manifest is too long")
        try:
            manifest = Manifest.model_validate_json(self._file(member).read())
        except ValidationError:
            raise damaged("its manifest is none") from None
        if self._tar.next() is not None:
            raise damaged("something comes after its end")
        return manifest


def _key(member: tarfile.TarInfo) -> str:
    """The blob that a member is."""
    head, slash, key = member.name.rpartition("/")
    try:
        if f"{head}{slash}" == BLOBS:
            return checked(key)
    except NotFound:
        pass
    raise damaged(f"it has a part {member.name[:80]!r}")


def _looked_into(path: Path) -> sqlite3.Connection:
    """The database, to be read: whatever its schema says is not executed."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.execute("pragma trusted_schema = off")
    return connection
