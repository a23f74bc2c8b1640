"""Blobs: found by type and fingerprint, gone when they expire, and fetched from addresses within bounds."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from opened import opened

from nis_backend.caller import Caller
from nis_backend.calling import call
from nis_backend.capabilities.blobs.operations import (
    create_blob,
    fetch_blob,
    get_blob,
    list_blobs,
    read_content,
    update_blob,
)
from nis_backend.context import Context
from nis_backend.drivers.http.client import Http
from nis_backend.errors import Forbidden, InvalidRequest, NisError, NotFound, TooLarge, UpstreamFailed
from nis_backend.operation import Operation

PNG = b"\x89PNG\r\n\x1a\n" + bytes(99)
Run = Callable[[Callable[[Context], Awaitable[None]]], None]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a test's calls in a context of their own, whose clients reach this machine where it is allowed."""

    def to_end(calls: Callable[[Context], Awaitable[None]]) -> None:
        async def within() -> None:
            anywhere, outside = Http(), Http(public=True)
            async with opened(tmp_path) as ctx:
                clients = {"anywhere": anywhere, "outside": outside}
                settings = ctx.settings.model_copy(update={"allowed_sources": "127.0.0.1", "max_blob": 5000})
                await calls(
                    replace(ctx, journal=None, drivers=replace(ctx.drivers, settings=settings, clients=clients))
                )
            await anywhere.close()
            await outside.close()

        asyncio.run(within())

    return to_end


@asynccontextmanager
async def served(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncGenerator[str]:
    """The address of a server on this machine that answers so."""
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def given(text: str) -> dict[str, Any]:
    """A request that keeps a text."""
    return {"content": f"data:text/plain,{text}"}


def test_blobs_are_listed_by_type_and_found_by_fingerprint(run: Run) -> None:
    """Content-addressed: who has bytes learns whether they are kept, and under which ids; of others', nothing."""

    async def calls(ctx: Context) -> None:
        text = await call(create_blob, given("Hello"), ctx)
        await call(create_blob, {"content": {"base64": "R0lGODlhAQABAAAAADs="}}, ctx)
        again = await call(create_blob, given("Hello"), ctx)
        found = await call(list_blobs, {"sha256": hashlib.sha256(b"Hello").hexdigest()}, ctx)
        assert [one.id for one in found.blobs] == [again.id, text.id]
        for media_type, number in (("image/gif", 1), ("image/", 1), ("text/plain", 2), ("audio/", 0)):
            assert len((await call(list_blobs, {"media_type": media_type}, ctx)).blobs) == number
        others = replace(ctx, caller=Caller(owner="bob"))
        assert (await call(list_blobs, {"sha256": text.sha256}, others)).blobs == []

    run(calls)


def test_a_page_is_full_though_others_are_left_out(run: Run) -> None:
    """Every second blob is of another type: pages of two have two, in order, until there are no more."""

    async def calls(ctx: Context) -> None:
        made = [
            await call(create_blob, {"content": f"data:{kind},{n}"}, ctx)
            for n in range(5)
            for kind in ("application/json", "text/csv")
        ]
        wanted = [one.id for one in reversed(made) if one.media_type == "text/csv"]
        seen: list[str] = []
        cursor = None
        while True:
            page = await call(list_blobs, {"media_type": "text/", "limit": 2, "cursor": cursor}, ctx)
            seen += [one.id for one in page.blobs]
            assert len(page.blobs) == 2 or page.next_cursor is None
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == wanted

    run(calls)


def test_what_has_expired_is_not_there_and_its_row_goes(run: Run) -> None:
    """It is not found at once; the tidier finds every owner's; what has another time, or none, stays."""

    async def calls(ctx: Context) -> None:
        store = ctx.drivers.store
        soon = await call(create_blob, {**given("soon"), "expires_after": 3600}, ctx)
        assert soon.expires == pytest.approx(soon.created + 3600, abs=60)
        later = await call(create_blob, {**given("later"), "expires_after": 9e6}, ctx)
        kept = await call(create_blob, given("kept"), ctx)
        await store.update("blobs", ctx.caller.owner, soon.id, {"expires": 5.0})
        for found in (get_blob, read_content, update_blob):
            with pytest.raises(NotFound):
                await call(cast("Operation[Any, Any]", found), {"id": soon.id}, ctx)
        with pytest.raises(NotFound):
            await call(create_blob, {"content": soon.id}, ctx)
        assert [one.id for one in (await call(list_blobs, {}, ctx)).blobs] == [kept.id, later.id]
        assert [row["id"] for row in await store.expire("blobs", ctx.now(), "expires")] == [soon.id]

    run(calls)


def test_what_is_there_for_one_call_alone_is_on_no_list(run: Run) -> None:
    """What is kept is: for good, or for as long as was asked, though it came with a call too."""

    async def calls(ctx: Context) -> None:
        await ctx.blobs.put(b"passing", of_call=True)
        assert (await call(list_blobs, {}, ctx)).blobs == []
        kept = await call(create_blob, given("kept"), ctx)
        assert (kept.purpose, kept.expires) == ("", None)
        hour = await call(create_blob, {**given("an hour"), "expires_after": 3600}, ctx)
        assert (await call(list_blobs, {}, ctx)).blobs == [hour, kept]
        assert hour.expires == pytest.approx(hour.created + 3600, abs=60)

    run(calls)


def test_a_blob_is_given_another_name_and_time_and_keeps_its_bytes(run: Run) -> None:
    """What is not said stays; a time of 0 keeps it for good."""

    async def calls(ctx: Context) -> None:
        made = await call(create_blob, {**given("words"), "purpose": "notes"}, ctx)
        named = await call(update_blob, {"id": made.id, "name": "b.txt", "expires_after": 60}, ctx)
        assert (named.name, named.purpose, named.sha256) == ("b.txt", "notes", made.sha256)
        assert named.expires == pytest.approx(ctx.now() + 60, abs=30)
        again = await call(update_blob, {"id": made.id, "expires_after": 0, "purpose": ""}, ctx)
        assert (again.name, again.purpose, again.expires) == ("b.txt", "", None)
        with pytest.raises(InvalidRequest):
            await call(update_blob, {"id": made.id, "expires_after": -1}, ctx)

    run(calls)


def test_bytes_are_fetched_and_told_by_themselves(run: Run) -> None:
    """After two redirections; the type is the bytes' own, the name the end of the address, or the caller's."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/":
            raise web.HTTPFound("/next")
        if request.path == "/next":
            raise web.HTTPPermanentRedirect("folder/a%20b.png?key=1")
        return web.Response(body=PNG, content_type="text/html")

    async def calls(ctx: Context) -> None:
        async with served(answer) as url:
            kept = await call(fetch_blob, {"url": url, "purpose": "seen", "expires_after": 60}, ctx)
            assert (kept.media_type, kept.size, kept.name, kept.purpose) == ("image/png", len(PNG), "a b.png", "seen")
            assert await ctx.blobs.read(kept.id) == PNG
            named = await call(fetch_blob, {"url": f"{url}/x", "name": "mine"}, ctx)
            assert (named.name, named.expires) == ("mine", None)
        held = await call(fetch_blob, {"url": "data:text/csv;base64,YSxi", "name": "a.csv"}, ctx)
        assert (held.media_type, held.size, held.name) == ("text/csv", 3, "a.csv")

    run(calls)


def test_bytes_that_come_packed_unasked_are_unpacked_and_names_have_no_marks(run: Run) -> None:
    """Of a server that heeds no `accept-encoding`; one leads to an address whose end would move a terminal's cursor."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/led":
            raise web.HTTPFound("/a%1B%5B31m%09b%00.png")
        form = zlib.MAX_WBITS | 16 if "gzip" in request.path else zlib.MAX_WBITS
        work = zlib.compressobj(wbits=form)
        body = work.compress(PNG) + work.flush()
        coding = "gzip" if "gzip" in request.path else "deflate"
        return web.Response(body=body, headers={"content-encoding": coding})

    async def calls(ctx: Context) -> None:
        async with served(answer) as url:
            for path, name in (("gzip.png", "gzip.png"), ("deflate.png", "deflate.png"), ("led", "a[31mb.png")):
                kept = await call(fetch_blob, {"url": f"{url}/{path}"}, ctx)
                assert (kept.media_type, kept.name) == ("image/png", name)
                assert await ctx.blobs.read(kept.id) == PNG

    run(calls)


def _squeezed() -> web.StreamResponse:
    """A few bytes that become a million."""
    response = web.Response(body=bytes(1_000_000))
    response.enable_compression(web.ContentCoding.gzip)
    return response


def _packed(body: bytes) -> Callable[[], web.StreamResponse]:
    return lambda: web.Response(body=body, headers={"content-encoding": "gzip"})


ANSWERS: list[tuple[str, Callable[[], web.StreamResponse], type[NisError], str]] = [
    ("missing", lambda: web.Response(status=404), UpstreamFailed, "answered 404"),
    ("nothing", lambda: web.Response(status=204), UpstreamFailed, "answered 204"),
    ("announced", lambda: web.Response(body=bytes(5001)), TooLarge, "more than 5000 bytes"),
    ("bomb", _squeezed, TooLarge, "more than 5000 bytes"),
    ("broken", _packed(b"no gzip"), UpstreamFailed, "broken"),
    ("cut", _packed(gzip.compress(bytes(range(256)) * 9)[:99]), UpstreamFailed, "cut short"),
    ("nowhere", lambda: web.Response(status=302), UpstreamFailed, "leads on to no address"),
    ("none", lambda: web.Response(status=302, headers={"location": "http://[::1"}), UpstreamFailed, "no address"),
    ("circle", lambda: web.Response(status=302, headers={"location": "/circle"}), InvalidRequest, "more than 5 times"),
    ("file", lambda: web.Response(status=302, headers={"location": "file:///etc/passwd"}), InvalidRequest, "address"),
    ("inside", lambda: web.Response(status=302, headers={"location": "http://10.0.0.1/"}), Forbidden, "own network"),
    ("link", lambda: web.Response(status=302, headers={"location": "http://169.254.169.254/"}), Forbidden, "own"),
]


@pytest.mark.parametrize(("name", "made", "kind", "said"), ANSWERS, ids=[name for name, *_ in ANSWERS])
def test_what_is_no_answer_is_refused_with_nothing_kept(
    name: str, made: Callable[[], web.StreamResponse], kind: type[NisError], said: str, run: Run
) -> None:
    """By its status, its size however it is packed, and where it leads: each is looked at by the same guard."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return made()

    async def calls(ctx: Context) -> None:
        async with served(answer) as url:
            with pytest.raises(kind, match=said) as refused:
                await call(fetch_blob, {"url": f"{url}/{name}?secret=1"}, ctx)
        assert refused.value.field == "url"
        assert "secret" not in str(refused.value.problem())
        assert (await call(list_blobs, {}, ctx)).blobs == []

    run(calls)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("ftp://example.org/a", InvalidRequest),
        ("http://user:secret@example.org/", InvalidRequest),
        ("http://[::1]/", Forbidden),
        ("http://0x7f000001/", Forbidden),
        ("http://localhost:9/", Forbidden),
        ("http://127.0.0.1:1/", UpstreamFailed),
        ("data:text/plain;base64,%%%", InvalidRequest),
    ],
)
def test_addresses_that_are_not_asked_are_refused(url: str, kind: type[NisError], run: Run) -> None:
    """Of another scheme, with credentials, of this machine in any spelling, where nobody listens."""

    async def calls(ctx: Context) -> None:
        with pytest.raises(kind) as refused:
            await call(fetch_blob, {"url": url}, ctx)
        assert refused.value.field == "url"
        assert "secret" not in str(refused.value.problem())

    run(calls)
