"""What a field takes of pictures and sounds is refused by its header, in the one place that resolves blobs."""

from __future__ import annotations

import asyncio
import base64
import io
import struct
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
from opened import opened
from PIL import Image
from pydantic import Field

from nis_backend.blob import Blob, blob_fields
from nis_backend.calling import begin, call
from nis_backend.catalog import Catalog, entry_of
from nis_backend.context import Context
from nis_backend.errors import InvalidRequest, NisError, TooLarge, WrongMedia
from nis_backend.limits import PICTURES, USUAL, Limits, Picture, Sound
from nis_backend.operation import Json, Model, operation

Run = Callable[[Callable[[Context], Awaitable[None]]], None]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a test's calls in a context of their own."""

    def to_end(calls: Callable[[Context], Awaitable[None]]) -> None:
        async def within() -> None:
            async with opened(tmp_path) as ctx:
                # Not a part of the run: what came with a call is dropped with it.
                await calls(replace(ctx, journal=None))

        asyncio.run(within())

    return to_end


class Seen(Model):
    """What is given."""

    image: Annotated[Blob, Picture()] = Field(description="A picture.")
    small: Annotated[Blob | None, Picture(pixels=100)] = Field(default=None, description="A small one.")
    sounds: list[Annotated[Blob, Sound(seconds=60)]] = Field(default_factory=list[Blob], description="Sounds.")


class Told(Model):
    """The limits that the operation was told."""

    pixels: list[int]


@operation("tests.look_at", effect="reads")
async def look_at(request: Seen, ctx: Context) -> Told:
    """Look at a picture."""
    return Told(pixels=[one.limits.pixels for one in (request.image, request.small) if one])


def png(width: int, height: int) -> bytes:
    """A PNG whose header says these sides, and that has no more than its header."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def flac(seconds: int) -> bytes:
    """A FLAC's STREAMINFO for this long at 8 kHz."""
    return b"fLaC\x80\x00\x00\x22" + bytes(10) + struct.pack(">Q", 8000 << 44 | seconds * 8000) + bytes(16)


def gif(frames: int) -> bytes:
    """A GIF of one pixel with so many frames."""
    one = b"!\xf9\x04\0\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + one * frames + b";"


def given(data: bytes, media_type: str = "") -> dict[str, str]:
    """Bytes as a request has them."""
    return {"base64": base64.b64encode(data).decode(), "media_type": media_type}


REFUSED: list[tuple[str, bytes, type[NisError], str]] = [
    ("a bomb", png(30_000, 30_000), TooLarge, "image has 30000 × 30000 pixels"),
    ("a line", png(40_000, 1), TooLarge, "no side longer than 32766"),
    ("10,000 frames", gif(10_000), TooLarge, "more than 2000 pictures"),
    ("a huge screen", gif(1)[:6] + b"\xff\xff\xff\xff" + gif(1)[10:], TooLarge, "image has 65535 × 65535"),
    ("no pixels", png(0, 5), InvalidRequest, "no pixels"),
    ("nothing", b"", InvalidRequest, "no bytes"),
    ("a header that is cut", b"\xff\xd8\xff\xe0\x00\x10JFIF", InvalidRequest, "cut short or broken"),
    ("a page", b"<html><script>alert(1)</script>", WrongMedia, "text/html, which is not taken"),
    ("a drawing", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", WrongMedia, "image/svg"),
    ("a sound", flac(1), WrongMedia, "audio/flac"),
    ("an archive", b"PK\x03\x04" + png(1, 1), WrongMedia, "application/zip"),
]


@pytest.mark.parametrize(("name", "data", "kind", "said"), REFUSED, ids=[name for name, *_ in REFUSED])
def test_what_a_field_does_not_take_is_refused_by_its_header(
    name: str, data: bytes, kind: type[NisError], said: str, run: Run
) -> None:
    """Sent with the call or kept before it, called an image or not: typed, the field named, nothing left."""

    async def both(ctx: Context) -> None:
        kept = await ctx.blobs.put(data, media_type="image/png", name="picture.png")
        for image in (given(data, "image/png"), kept.id):
            with pytest.raises(kind, match=said) as failure:
                await call(look_at, {"image": image}, ctx)
            assert failure.value.field == "image"
            assert failure.value.remedy
        rows, _ = await ctx.store.page("blobs", cursor=None, limit=5)
        assert [row["id"] for row in rows] == [kept.id]

    run(both)


def small(colour: str = "red") -> bytes:
    """A picture of 11 × 11."""
    file = io.BytesIO()
    Image.new("RGB", (11, 11), colour).save(file, "PNG")
    return file.getvalue()


def test_a_fields_own_limits_are_narrower_and_are_told_to_the_operation(run: Run) -> None:
    """Eleven by eleven is more than a hundred; where it is taken, the operation knows by what."""

    async def calls(ctx: Context) -> None:
        with pytest.raises(TooLarge, match="small has 11 × 11 pixels; at most 100"):
            await call(look_at, {"image": given(small()), "small": given(small())}, ctx)
        told = await call(look_at, {"image": given(small()), "small": given(png(10, 10))}, ctx)
        assert told.pixels == [USUAL.pixels, 100]
        with pytest.raises(TooLarge, match=r"sounds.1 plays 61.0 s; at most 60 s"):
            await call(look_at, {"image": given(small()), "sounds": [given(flac(9)), given(flac(61))]}, ctx)

    run(calls)


def test_what_comes_with_a_refused_run_goes_with_it(run: Run) -> None:
    """The first field was taken and put down, the second is refused: of neither anything stays."""

    async def calls(ctx: Context) -> None:
        with pytest.raises(WrongMedia):
            await begin(look_at, {"image": given(small()), "small": given(b"words")}, ctx)
        assert await ctx.store.select("blobs") == []

    run(calls)


def test_the_servers_limits_are_settings(run: Run) -> None:
    """`NIS_MAX_PIXELS` holds where a field says nothing; a field cannot say more."""

    async def calls(ctx: Context) -> None:
        settings = ctx.settings.model_copy(update={"max_pixels": 99})
        ctx = replace(ctx, drivers=replace(ctx.drivers, settings=settings))
        with pytest.raises(TooLarge, match="at most 99 are read"):
            await call(look_at, {"image": given(png(10, 10))}, ctx)

    run(calls)
    assert Limits(pixels=5).narrowed(9, None, 2.0) == Limits(pixels=5, seconds=2.0)


def test_the_schema_says_what_is_taken() -> None:
    """Forms, tools and the command line read it there."""
    fields = entry_of(look_at).request_schema["properties"]
    assert fields["image"]["accepts"] == list(PICTURES)
    assert fields["sounds"]["items"]["accepts"][0] == "audio/wav"


def undeclared(schema: Json, definitions: Json, where: str = "", seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The places of a request that take a blob of whatever kind and size."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    own: Json = {**definitions.get(name, {}), **schema}
    if name in seen or "accepts" in own:
        return
    if own.get("blob"):
        yield where
        return
    parts: list[tuple[str, Json]] = [(where, one) for kind in ("anyOf", "oneOf", "allOf") for one in own.get(kind, ())]
    parts += [(f"{where}.{key}", one) for key, one in own.get("properties", {}).items()]
    parts += [(f"{where}[]", own[key]) for key in ("items", "additionalProperties") if isinstance(own.get(key), dict)]
    for place, one in parts:
        yield from undeclared(one, definitions, place, seen | {name} - {""})


# What is decoded in the sandbox is decoded within its bounds, whatever it is.
POOLED = [entry for entry in Catalog.from_index().entries() if entry.pool not in {None, "code"}]


def test_what_computes_on_files_says_which_it_takes() -> None:
    """Promise: nothing is decoded that was not bounded by its header first; source: decision 0060."""
    open_ = {entry.name: [*undeclared(entry.request_schema, entry.request_schema.get("$defs", {}))] for entry in POOLED}
    assert {name: places for name, places in open_.items() if places} == {}
    assert sum(bool(blob_fields(entry.request_schema)) for entry in POOLED) > 20


class Bare(Model):
    """Blobs in each place where one may stand, of which one says what it takes."""

    one: Blob
    said: Annotated[Blob, Picture()]
    maybe: Blob | None = None
    several: list[Blob] = Field(default_factory=list[Blob])
    named: dict[str, Blob] = Field(default_factory=dict[str, Blob])
    within: Seen | None = None
    again: list[Bare] = Field(default_factory=list["Bare"])


def test_a_field_that_says_nothing_is_seen_wherever_it_is() -> None:
    """The test above can fail: nested, in lists, by name, and once in what holds itself."""
    schema = Bare.model_json_schema()
    found = [*undeclared(schema, schema.get("$defs", {}))]
    assert found == [".one", ".maybe", ".several[]", ".named[]"]
