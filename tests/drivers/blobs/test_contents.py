"""The contract of contents, run over every implementation."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from opened import opened
from s3_server import KEYS, client, new_bucket

from nis_backend.drivers.blobs.base import HEAD_BYTES, PIECE, STALE_SECONDS, Contents
from nis_backend.drivers.blobs.bucket import PART, Place
from nis_backend.drivers.blobs.folder import FolderContents
from nis_backend.drivers.blobs.s3 import S3Contents
from nis_backend.drivers.blobs.sweeping import sweep
from nis_backend.errors import NisError, NotFound, TooLarge, Unavailable

MUCH = 3 * PART
DATA = bytes(range(256)) * (3 * PIECE // 256) + b"end"
LONG = bytes(range(256)) * (2 * PART // 256) + b"end"


@pytest.fixture(params=["folder", "s3"])
def contents(request: pytest.FixtureRequest, tmp_path: Path) -> Contents:
    """Each implementation."""
    if request.param == "folder":
        return FolderContents(tmp_path / "blobs")
    return request.getfixturevalue("in_bucket")


@pytest.fixture
def in_bucket(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S3Contents:
    """In a bucket of its own, below a prefix."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return S3Contents(Place.of(f"s3://{new_bucket(s3)}/some/where", s3), tmp_path / "cache")


async def all_of(contents: Contents, key: str, start: int = 0, end: int | None = None) -> bytes:
    """The pieces, joined."""
    return b"".join([piece async for piece in contents.read(key, start, end)])


@pytest.mark.parametrize("data", [b"", b"x", DATA, LONG[:PART], LONG], ids=len)
def test_what_is_put_is_read(contents: Contents, data: bytes) -> None:
    """Bytes or a file, whole, with their size and fingerprint."""

    async def body() -> None:
        for key, given in (("blob-1", data), ("blob-2", io.BytesIO(data))):
            written = await contents.put(key, given, MUCH)
            assert (written.size, written.sha256) == (len(data), hashlib.sha256(data).hexdigest())
            assert written.head == data[:HEAD_BYTES]
            assert await all_of(contents, key) == data
            assert (await contents.local(key)).read_bytes() == data

    asyncio.run(body())


@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 5), (PIECE - 1, PIECE + 1), (7, None), (len(DATA), None)])
def test_a_part_is_read(contents: Contents, start: int, end: int | None) -> None:
    """Wherever the pieces are cut."""

    async def body() -> None:
        await contents.put("blob-1", DATA, MUCH)
        assert await all_of(contents, "blob-1", start, end) == DATA[start:end]

    asyncio.run(body())


def test_a_file_is_put_from_its_place_on(contents: Contents) -> None:
    """What was read of it before is not part of it."""

    async def body() -> None:
        file = io.BytesIO(b"head and body")
        file.seek(5)
        assert (await contents.put("blob-1", file, MUCH)).size == 8

    asyncio.run(body())


def test_what_is_too_large_leaves_nothing(contents: Contents, tmp_path: Path) -> None:
    """Refused while it is read, before more than the limit is kept."""

    async def body() -> None:
        with pytest.raises(TooLarge, match="more than 10 bytes"):
            await contents.put("blob-1", io.BytesIO(DATA), 10)
        with pytest.raises(NotFound):
            await all_of(contents, "blob-1")

    asyncio.run(body())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("key", ["blob-0", "../nis.db", "..", "/etc/passwd", "a/b/c/d", "blob-\x001", ""])
def test_what_is_not_there_is_not_found(contents: Contents, key: str) -> None:
    """No key leads out of the folder, whoever made it up."""

    async def body() -> None:
        with pytest.raises(NotFound):
            await all_of(contents, key)
        with pytest.raises(NotFound):
            await contents.local(key)

    asyncio.run(body())


def test_what_cannot_be_removed_is_told(tmp_path: Path) -> None:
    """As a failure with a remedy: a hand that meddles with the folder is no fault of ours."""
    contents = FolderContents(tmp_path)
    (tmp_path / "-1" / "blob-1").mkdir(parents=True)
    with pytest.raises(Unavailable, match="cannot be written to"):
        asyncio.run(contents.delete("blob-1"))


def test_what_is_deleted_is_gone(contents: Contents) -> None:
    """Twice is once."""

    async def body() -> None:
        await contents.put("blob-1", b"x", MUCH)
        await contents.delete("blob-1")
        await contents.delete("blob-1")
        with pytest.raises(NotFound):
            await contents.local("blob-1")

    asyncio.run(body())


def test_a_writers_remains_are_removed_and_its_works_are_not(tmp_path: Path) -> None:
    """A process that died while it wrote; one that writes now is left alone."""
    contents = FolderContents(tmp_path / "blobs")
    asyncio.run(contents.put("blob-1", b"x", MUCH))
    old, new = tmp_path / "blobs" / "old.part", tmp_path / "blobs" / "new.part"
    for path in (old, new):
        path.write_bytes(b"half")
    long_ago = time.time() - STALE_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    asyncio.run(contents.tidy())
    assert (old.exists(), new.exists()) == (False, True)
    assert asyncio.run(all_of(contents, "blob-1")) == b"x"


def test_a_folder_that_cannot_be_written_to_is_unavailable(tmp_path: Path) -> None:
    """No path of the machine is told."""
    (tmp_path / "blobs").write_text("a file")
    with pytest.raises(Unavailable) as refused:
        asyncio.run(FolderContents(tmp_path / "blobs").put("blob-1", b"x", MUCH))
    assert isinstance(refused.value, NisError)
    assert str(tmp_path) not in refused.value.message


def test_a_bucket_that_does_not_answer_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: named by readiness, and told with what to look at; no address of the machine's and no key is told."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    contents = S3Contents(Place.of("s3://nowhere/at/all", "http://127.0.0.1:1"), tmp_path)

    async def body() -> None:
        for doing in (contents.check(), contents.put("blob-1", b"x", MUCH), contents.local("blob-1")):
            with pytest.raises(Unavailable, match="s3://nowhere/at/all does not answer") as refused:
                await doing
            assert "NIS_S3_ENDPOINT" in refused.value.remedy
        await contents.close()

    asyncio.run(body())


def test_a_bucket_that_is_not_there_is_unavailable(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bucket's own word for it is told."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    contents = S3Contents(Place.of("s3://no-such-bucket", s3), tmp_path)
    with pytest.raises(Unavailable, match="NoSuchBucket"):
        asyncio.run(contents.put("blob-1", b"x", MUCH))
    with pytest.raises(Unavailable, match="refuses"):
        asyncio.run(contents.check())


def test_what_is_put_is_below_the_prefix_and_nothing_else_is_listed(in_bucket: S3Contents, s3: str) -> None:
    """A bucket may be shared; only what was put down an hour ago is listed, for its row may be on its way."""

    async def body() -> None:
        await in_bucket.put("blob-1", b"x", MUCH)
        assert [key async for page in in_bucket.settled() for key in page] == []

    asyncio.run(body())
    [bucket] = [one["Name"] for one in client(s3).list_buckets()["Buckets"][-1:]]
    assert [one["Key"] for one in client(s3).list_objects_v2(Bucket=bucket)["Contents"]] == ["some/where/blob-1"]


def test_a_file_that_was_wanted_is_kept_until_it_is_long_unused(in_bucket: S3Contents, tmp_path: Path) -> None:
    """It is fetched once; forgotten, it is fetched anew."""

    async def body() -> None:
        await in_bucket.put("blob-1", DATA, MUCH)
        path = await in_bucket.local("blob-1")
        assert path.parent == tmp_path / "cache"
        path.write_bytes(b"as it was fetched")
        assert (await in_bucket.local("blob-1")).read_bytes() == b"as it was fetched"
        long_ago = time.time() - STALE_SECONDS - 60
        os.utime(path, (long_ago, long_ago))
        await in_bucket.tidy()
        assert not path.exists()
        assert (await in_bucket.local("blob-1")).read_bytes() == DATA

    asyncio.run(body())


def test_the_first_mark_stays(contents: Contents) -> None:
    """Whose contents these are is said once; a bucket's rule keeps two hosts from saying it at once."""

    async def body() -> None:
        assert await contents.claimed("place-1") == "place-1"
        assert await contents.claimed("place-2") == "place-1"

    asyncio.run(body())


def age(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is there be of long ago."""
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + STALE_SECONDS + 60)


def test_bytes_that_no_row_names_are_removed(
    contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: a death between bytes and row leaves nothing for ever; what is new may yet get its row."""

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            store = ctx.drivers.store
            shelf = replace(ctx, drivers=replace(ctx.drivers, contents=contents)).blobs
            kept = await shelf.put(b"named")
            await contents.put("blob-lost", b"not named", MUCH)
            assert await sweep(store, contents) == 0
            age(monkeypatch)
            assert await sweep(store, contents) == 1
            assert await all_of(contents, kept.id) == b"named"
            with pytest.raises(NotFound):
                await all_of(contents, "blob-lost")

    asyncio.run(body())


def claimed_and_cut(contents: Contents) -> Callable[[str], Awaitable[str]]:
    """Puts the mark, and goes no further."""
    claimed = contents.claimed

    async def cut(mark: str) -> str:
        await claimed(mark)
        raise Unavailable("The database is away.")

    return cut


def test_a_first_look_that_is_cut_does_not_make_the_bytes_anothers(
    contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that ended, or lost its database, once it had put its mark: the next one knows it for its own."""

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            store = ctx.drivers.store
            with monkeypatch.context() as cut:
                cut.setattr(contents, "claimed", claimed_and_cut(contents))
                with pytest.raises(Unavailable):
                    await sweep(store, contents)
            await contents.put("blob-lost", b"not named", MUCH)
            age(monkeypatch)
            assert await sweep(store, contents) == 1

    asyncio.run(body())


def test_nothing_is_removed_where_another_database_has_its_bytes(
    contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two databases with one prefix, or a folder that was served with another database: its rows are not seen here."""

    async def body() -> None:
        for name in ("theirs", "ours"):
            (tmp_path / name).mkdir()
        async with opened(tmp_path / "theirs") as ctx:
            await sweep(ctx.drivers.store, contents)
            await contents.put("blob-theirs", b"theirs", MUCH)
        age(monkeypatch)
        async with opened(tmp_path / "ours") as ctx:
            assert await sweep(ctx.drivers.store, contents) == 0
        assert await all_of(contents, "blob-theirs") == b"theirs"

    asyncio.run(body())
