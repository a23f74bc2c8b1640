"""Contents in a folder: a file for each key, spread over folders by the end of their names."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import shutil
import time
import uuid
from typing import TYPE_CHECKING, BinaryIO

from typing_extensions import override

from nis_backend.drivers.blobs.base import (
    HEAD_BYTES,
    MARK,
    PIECE,
    STALE_SECONDS,
    Contents,
    Written,
    checked,
    missing,
    too_large,
)
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from pathlib import Path

FREE_BYTES = 64 * 2**20
"""Room on the disk that contents leave to the database."""


class FolderContents(Contents):
    """Files below one folder. What is being written has a name of its own until it is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @override
    async def put(self, key: str, data: bytes | BinaryIO, limit: int) -> Written:
        source = io.BytesIO(data) if isinstance(data, bytes) else data
        return await asyncio.to_thread(self._put, key, source, limit)

    @override
    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        file = await asyncio.to_thread(self._open, key)
        try:
            await asyncio.to_thread(file.seek, start)
            left = None if end is None else end - start
            while left is None or left > 0:
                piece = await asyncio.to_thread(file.read, PIECE if left is None else min(PIECE, left))
                if not piece:
                    return
                left = None if left is None else left - len(piece)
                yield piece
        finally:
            file.close()

    @override
    async def local(self, key: str) -> Path:
        path = self._path(key)
        if not await asyncio.to_thread(path.is_file):
            raise missing(key)
        return path

    @override
    async def forget(self, key: str) -> None:
        pass

    @override
    async def delete(self, key: str) -> None:
        try:
            await asyncio.to_thread(self._path(key).unlink, missing_ok=True)
        except OSError as error:
            raise unwritable(error) from None

    @override
    async def tidy(self) -> None:
        await asyncio.to_thread(remove_old, self._folder, "*.part")

    @override
    async def settled(self) -> AsyncGenerator[list[str]]:
        for folder in await asyncio.to_thread(lambda: sorted(self._folder.glob("??"))):
            yield await asyncio.to_thread(_old, folder)

    @override
    async def claimed(self, mark: str) -> str:
        return await asyncio.to_thread(self._claimed, mark)

    @override
    async def check(self) -> str:
        return "the data folder"

    @override
    async def close(self) -> None:
        pass

    def _claimed(self, mark: str) -> str:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / MARK).open("x", encoding="ascii") as file:
                file.write(mark)
        except FileExistsError:
            return (self._folder / MARK).read_text("ascii")
        except OSError as error:
            raise unwritable(error) from None
        return mark

    def _path(self, key: str) -> Path:
        # Ids begin with the time they were made: only their ends are spread evenly.
        return self._folder / checked(key)[-2:] / key

    def _open(self, key: str) -> BinaryIO:
        try:
            return self._path(key).open("rb")
        except OSError:
            raise missing(key) from None

    def _put(self, key: str, source: BinaryIO, limit: int) -> Written:
        digest, size, head = hashlib.sha256(), 0, b""
        with whole(self._path(key), self._folder) as file:
            room = shutil.disk_usage(self._folder).free - FREE_BYTES
            while piece := source.read(PIECE):
                size += len(piece)
                if size > limit:
                    raise too_large(size, limit)
                if size > room:
                    raise nearly_full()
                head = head or piece[:HEAD_BYTES]
                digest.update(piece)
                file.write(piece)
        return Written(size=size, sha256=digest.hexdigest(), head=head)


@contextlib.contextmanager
def whole(path: Path, folder: Path) -> Generator[BinaryIO]:
    """A file to be written, which is at `path` once the block has ended well; until then a part of `folder`.

    Raises:
        Unavailable: it cannot be written.
    """
    part = folder / f"{uuid.uuid4().hex}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise unwritable(error) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def remove_old(folder: Path, names: str) -> None:
    """Remove the files of a folder that nobody touched for `STALE_SECONDS`."""
    for file in folder.glob(names):
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > STALE_SECONDS:
                file.unlink()


def _old(folder: Path) -> list[str]:
    before = time.time() - STALE_SECONDS
    return [one.name for one in folder.iterdir() if one.stat().st_mtime <= before]


def unwritable(error: OSError) -> Unavailable:
    """The refusal of a disk."""
    return Unavailable(
        f"The folder of the blobs cannot be written to: {error.strerror}.",
        remedy="Look to the data folder: is it there, has its disk space?",
    )


def nearly_full() -> Unavailable:
    """The refusal of a disk that has no room."""
    return Unavailable("The disk of the data folder is nearly full.", remedy="Free some space.")
