"""Contents in a bucket: an object for each key, below one prefix.

Threads of their own make the calls, so that a bucket that does not answer holds up nothing else. What an operation
wants as a file is kept in a folder until it was not used for long.
"""

from __future__ import annotations

import asyncio
import io
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from typing_extensions import override

from nis_backend.drivers.blobs.base import PIECE, Contents, Written, checked
from nis_backend.drivers.blobs.bucket import CONNECTIONS, Bucket, Place
from nis_backend.drivers.blobs.folder import FREE_BYTES, nearly_full, remove_old, whole
from nis_backend.errors import Busy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

T = TypeVar("T")

MOST_WAITING = 256
"""Calls that may wait for a thread."""


class S3Contents(Contents):
    """Objects below one prefix; `cache` is the folder of what was wanted as a file."""

    def __init__(self, place: Place, cache: Path) -> None:
        self._bucket = Bucket(place)
        self._cache = cache
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="nis-s3")
        self._under_way = 0

    @override
    async def put(self, key: str, data: bytes | BinaryIO, limit: int) -> Written:
        source = io.BytesIO(data) if isinstance(data, bytes) else data
        return await self._do(lambda: self._bucket.put(key, source, limit))

    @override
    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        if end is not None and end <= start:
            return
        body = await self._do(lambda: self._bucket.open(key, start, end))
        if body is None:
            return
        try:
            while piece := await self._do(lambda: body.read(PIECE)):
                yield piece
        finally:
            body.close()

    @override
    async def local(self, key: str) -> Path:
        return await self._do(lambda: self._local(key))

    @override
    async def forget(self, key: str) -> None:
        await asyncio.to_thread((self._cache / checked(key)).unlink, missing_ok=True)

    @override
    async def settled(self) -> AsyncGenerator[list[str]]:
        found, after = await self._do(lambda: self._bucket.page(None))
        yield found
        while after is not None:
            found, after = await self._do(partial(self._bucket.page, after))
            yield found

    @override
    async def claimed(self, mark: str) -> str:
        return await self._do(lambda: self._bucket.claimed(mark))

    @override
    async def tidy(self) -> None:
        # What nobody wanted for long: no call lasts as long.
        await asyncio.to_thread(remove_old, self._cache, "*")
        await self._do(self._bucket.give_up)

    @override
    async def delete(self, key: str) -> None:
        await self._do(lambda: self._bucket.delete(key))
        await self.forget(key)

    @override
    async def check(self) -> str:
        await self._do(self._bucket.check)
        return f"{self._bucket.place} answers"

    @override
    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _do(self, work: Callable[[], T]) -> T:
        if self._under_way >= CONNECTIONS + MOST_WAITING:
            raise Busy(f"{MOST_WAITING} calls wait for {self._bucket.place}.", remedy="Try again in a moment.")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._under_way -= 1

    def _local(self, key: str) -> Path:
        path = self._cache / checked(key)
        try:
            # The time of its last use.
            os.utime(path)
        except FileNotFoundError:
            self._fetch(key, path)
        return path

    def _fetch(self, key: str, path: Path) -> None:
        body = self._bucket.open(key)
        try:
            with whole(path, self._cache) as file:
                while piece := body and body.read(PIECE):
                    if shutil.disk_usage(self._cache).free < FREE_BYTES:
                        raise nearly_full()
                    file.write(piece)
        finally:
            if body:
                body.close()
