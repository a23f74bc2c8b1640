"""What a blob is in a request and in a result, and whose it is."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opened import opened
from pydantic import Field

from nis_backend.blob import Blob, blob_fields
from nis_backend.caller import Caller
from nis_backend.calling import begin, call
from nis_backend.catalog import Catalog, entry_of
from nis_backend.context import Context
from nis_backend.errors import Conflict, InvalidRequest, NotFound, TooLarge
from nis_backend.operation import Model, Operation, operation
from nis_backend.run import Terms
from nis_backend.shelf import CALL_SECONDS, OF_CALL

BOB = Caller(owner="bob")
HELLO = base64.b64encode(b"Hello").decode()


class Pictures(Model):
    """What is given."""

    one: Blob
    maybe: Blob | None = None
    more: list[Blob] = Field(default_factory=list[Blob])
    fail: bool = False


class Sizes(Model):
    """What was read."""

    text: str
    ids: list[str]


@operation("pictures.read_sizes", effect="reads")
def read_sizes(request: Pictures, ctx: Context) -> Sizes:
    """Read them, in a thread."""
    if request.fail:
        raise Conflict("Refused.")
    given = [request.one, *([request.maybe] if request.maybe else []), *request.more]
    return Sizes(text=" ".join(one.path.read_text() for one in given), ids=[])


@operation("pictures.keep_one", effect="writes")
async def keep_one(request: Pictures, ctx: Context) -> Sizes:
    """Keep what was given: its result names it."""
    return Sizes(text="", ids=[request.one.id])


@operation("pictures.count_rows", effect="reads")
async def count_rows(request: Pictures, ctx: Context) -> Sizes:
    """What the store has of blobs, while the call is under way."""
    del request
    return Sizes(text=json.dumps([[row["purpose"], row["expires"]] for row in await ctx.store.select("blobs")]), ids=[])


@operation("pictures.draw_one", effect="reads")
async def draw_one(request: Pictures, ctx: Context) -> Blob:
    """Make a new one."""
    return Blob.of(request.one.path.read_bytes().upper(), media_type="text/plain", name="loud.txt")


OPERATIONS: tuple[Operation[Any, Any], ...] = (read_sizes, keep_one, count_rows, draw_one)


def within(folder: Path, body: Callable[[Context], Awaitable[None]]) -> None:
    """Run a test's body with a context on real drivers."""

    async def run() -> None:
        async with opened(folder, operations=OPERATIONS) as ctx:
            await body(ctx)

    asyncio.run(run())


def files(folder: Path) -> int:
    """How many contents are kept."""
    return sum(path.is_file() for path in (folder / "blobs").rglob("*"))


GIVEN = [
    {"base64": HELLO},
    {"base64": HELLO, "media_type": "text/plain", "name": "h.txt"},
    f"data:text/plain;base64,{HELLO}",
    "data:,Hello",
    Blob.of(b"Hello"),
]


@pytest.mark.parametrize("given", GIVEN, ids=str)
def test_bytes_come_with_the_request_in_each_of_its_ways(tmp_path: Path, given: Any) -> None:
    """Resolved in the one place where every surface calls; and gone after the call, which nobody else knows of."""

    async def body(ctx: Context) -> None:
        result = await call(read_sizes, {"one": given, "maybe": given, "more": [given]}, ctx)
        assert result.text == "Hello Hello Hello"
        assert (files(tmp_path), await ctx.store.select("blobs")) == (0, [])

    within(tmp_path, body)


def test_a_blob_that_is_kept_is_given_by_its_id(tmp_path: Path) -> None:
    """As text, as an object, or as it was answered; and it stays."""

    async def body(ctx: Context) -> None:
        blob = await ctx.blobs.put(b"Hello", name="h.txt")
        request = {"one": blob.id, "maybe": {"id": blob.id}, "more": [blob.model_dump(), blob]}
        assert (await call(read_sizes, request, ctx)).text == "Hello Hello Hello Hello"
        assert await ctx.blobs.read(blob.id) == b"Hello"

    within(tmp_path, body)


def test_what_a_result_names_is_kept_and_what_a_failure_leaves_is_not(tmp_path: Path) -> None:
    """No bytes stay that nobody can find."""

    async def body(ctx: Context) -> None:
        kept = await call(keep_one, {"one": "data:,Hello"}, ctx)
        assert await ctx.blobs.read(kept.ids[0]) == b"Hello"
        with pytest.raises(Conflict):
            await call(read_sizes, {"one": "data:,Hello", "fail": True}, ctx)
        assert files(tmp_path) == 1

    within(tmp_path, body)


def test_what_a_dead_process_leaves_of_a_call_is_gone_by_itself(tmp_path: Path) -> None:
    """Bytes that came with a call go with it: where nobody is left to remove them they expire, and are on no list."""

    async def body(ctx: Context) -> None:
        now = ctx.drivers.store.now()
        under_way = json.loads((await call(count_rows, {"one": "data:,Hello"}, ctx)).text)
        assert under_way == [[OF_CALL, pytest.approx(now + CALL_SECONDS, abs=60)]]
        kept = await call(keep_one, {"one": "data:,Hello"}, ctx)
        (row,) = await ctx.store.select("blobs")
        assert (row["id"], row["purpose"], row["expires"]) == (kept.ids[0], "", None)

    within(tmp_path, body)


def test_a_caller_who_removes_what_is_made_for_it_leaves_nothing_for_good(tmp_path: Path) -> None:
    """A sound that is made for one answer: its reader may die before it lets go of it."""

    async def body(ctx: Context) -> None:
        made = await call(draw_one, {"one": "data:,Hello"}, replace(ctx, passing=True))
        (row,) = await ctx.store.select("blobs")
        assert (row["id"], row["purpose"]) == (made.id, OF_CALL)
        assert row["expires"] == pytest.approx(row["created"] + CALL_SECONDS)

    within(tmp_path, body)


def test_what_came_for_a_run_that_there_was_no_room_for_is_not_kept(tmp_path: Path) -> None:
    """A queue that is full, or none, refuses it before it is written down."""

    async def body(ctx: Context) -> None:
        with pytest.raises(InvalidRequest, match="nowhere"):
            await begin(keep_one, {"one": "data:,Hello"}, replace(ctx, journal=None), Terms(queue="nowhere"))
        assert (files(tmp_path), await ctx.store.select("blobs")) == (0, [])

    within(tmp_path, body)


def test_of_a_name_that_cannot_be_stored_no_bytes_stay(tmp_path: Path) -> None:
    """They were put down before their row was refused."""

    async def body(ctx: Context) -> None:
        with pytest.raises(InvalidRequest):
            await ctx.blobs.put(b"Hello", name="a\0b")
        assert files(tmp_path) == 0

    within(tmp_path, body)


def test_no_call_takes_longer_than_the_bytes_that_came_with_it_stay() -> None:
    """A run keeps its own; a call that is none has its time limit."""
    catalog = Catalog.from_index()
    taking = [one for one in catalog.entries() if one.shape == "model" and blob_fields(one.request_schema)]
    assert taking
    assert all(one.time_limit <= CALL_SECONDS for one in taking)


def test_a_new_blob_of_a_result_is_put_down(tmp_path: Path) -> None:
    """It has an id, and what it is is told anew."""

    async def body(ctx: Context) -> None:
        drawn = await call(draw_one, {"one": "data:,Hello"}, ctx)
        assert (drawn.name, drawn.media_type, drawn.size) == ("loud.txt", "text/plain", 5)
        assert await ctx.blobs.read(drawn.id) == b"HELLO"
        assert files(tmp_path) == 1

    within(tmp_path, body)


def test_another_owners_blob_is_not_there(tmp_path: Path) -> None:
    """Not to be read, given, deleted or listed; nor is it told apart from one that never was."""

    async def body(ctx: Context) -> None:
        blob = await ctx.blobs.put(b"Hello")
        theirs = replace(ctx, caller=BOB)
        told: list[str] = []
        for doing in (theirs.blobs.get(blob.id), theirs.blobs.read(blob.id), theirs.blobs.delete(blob.id)):
            with pytest.raises(NotFound) as refused:
                await doing
            told.append(refused.value.message)
        with pytest.raises(NotFound) as refused:
            await call(read_sizes, {"one": "data:,x", "more": [blob.model_dump()]}, theirs)
        assert refused.value.field == "more.0"
        with pytest.raises(NotFound) as never:
            await theirs.blobs.get("blob-0")
        assert {one.replace(blob.id, "blob-0") for one in told} == {never.value.message}
        assert await theirs.store.select("blobs") == []
        assert await ctx.blobs.read(blob.id) == b"Hello"

    within(tmp_path, body)


@pytest.mark.parametrize(
    "given",
    [
        "no id/at all",
        "data:no comma",
        "data:;base64,%%%",
        {"base64": "%%%"},
        {"base64": 3},
        {"base64": HELLO, "id": "blob-1"},
        {"base64": HELLO, "media_type": 3},
        {"id": 3},
        {},
        3,
        None,
        [HELLO],
    ],
    ids=str,
)
def test_what_is_no_blob_is_refused_by_its_field(tmp_path: Path, given: Any) -> None:
    """Before anything is put down."""

    async def body(ctx: Context) -> None:
        with pytest.raises((InvalidRequest, NotFound)) as refused:
            await call(read_sizes, {"one": given}, ctx)
        assert str(refused.value.field).partition(".")[0] == "one"
        assert files(tmp_path) == 0

    within(tmp_path, body)


def test_a_blob_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """`NIS_MAX_BLOB`, whichever way it comes."""

    async def body(ctx: Context) -> None:
        limit = ctx.settings.max_blob
        small = replace(ctx, drivers=replace(ctx.drivers, settings=ctx.settings.model_copy(update={"max_blob": 1024})))
        assert limit > 1024
        with pytest.raises(TooLarge):
            await call(read_sizes, {"one": Blob.of(io.BytesIO(bytes(1025)))}, small)
        assert files(tmp_path) == 0

    within(tmp_path, body)


def test_a_schema_says_where_blobs_are() -> None:
    """What a form, a command and a client read: `"blob": true`."""
    assert blob_fields(entry_of(read_sizes).request_schema) == {"one": False, "maybe": False, "more": True}
    assert entry_of(draw_one).result_schema["blob"] is True
    assert not read_sizes.result.model_json_schema().get("blob")


def test_a_long_address_is_base64() -> None:
    """Escaped bytes are read one by one: of megabytes the server would do nothing else for half a second."""
    with pytest.raises(InvalidRequest, match="without base64"):
        read_sizes.validate({"one": "data:," + "%41" * 100_000})
