"""Pages fetched from servers of this machine, good ones and hostile ones: text, or an error that says why."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from ground import Ground
from indexes import PAGES, TOWER
from opened import opened

from nis_backend.capabilities.documents.pages import DocumentRead
from nis_backend.capabilities.documents.pages import Page as Sheet
from nis_backend.capabilities.research import fetching
from nis_backend.capabilities.research.extracting import extract
from nis_backend.capabilities.research.pages import ExtractPage, FetchPage, Page, PageText
from nis_backend.capabilities.research.passages import gist
from nis_backend.drivers.http.client import Http
from nis_backend.errors import (
    Forbidden,
    InvalidRequest,
    NisError,
    NotSupported,
    TooLarge,
    UpstreamFailed,
)

MOST = 300_000
DANISH = (
    "<html><head><title>Rug</title></head><body><article><p>Ærlige bønder høster rug på de høje marker, og sælger den"
    " siden på torvet i Århus, hvor den bliver malet til mel hver eneste mandag i året.</p></article></html>"
)
DEEP = "<html><body>" + "<div>" * 50_000 + "x"
KINDS = {
    "/page": ("text/html; charset=utf-8", PAGES[TOWER].encode()),
    "/danish": ("text/html; charset=utf-8", DANISH.encode("cp1252")),
    "/note.txt": ("text/plain", b"A note.\r\nOf two lines.  \r\n"),
    "/called.txt": ("text/plain", PAGES[TOWER].encode()),
    "/facts.json": ("application/json", b'{"height": 330}'),
    "/paper.pdf": ("application/pdf", b"%PDF-1.7\n%\xe2\xe3"),
    "/disguised": ("text/html", b"%PDF-1.7\n%\xe2\xe3"),
    "/picture.png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "/bytes": ("application/octet-stream", bytes(range(256)) * 40),
    "/empty": ("text/html", b"  \n"),
    "/scripted": ("text/html", b"<html><head><script>draw()</script></head><body><div id=app></div></body></html>"),
    "/deep": ("text/html", DEEP.encode()),
    "/private/page": ("text/html", PAGES[TOWER].encode()),
    "/a page": ("text/html", PAGES[TOWER].encode()),
}
ONWARD = {
    "/cloud": "http://169.254.169.254/latest/meta-data/",
    "/local": "http://localhost/admin",
    "/file": "file:///etc/passwd",
    "/moved": "/page",
    "/circle": "/circle",
    "/nowhere": "",
    "/place": "/page#part 2",
    "/spaced": "/a page",
    "/inside": "/private/page",
}
_BARE = zlib.compressobj(wbits=-15)
_HALF = len(PAGES[TOWER].encode()) // 2
PACKED = {
    "/twice": gzip.compress(PAGES[TOWER].encode()[:_HALF]) + gzip.compress(PAGES[TOWER].encode()[_HALF:]) + bytes(9),
    "/bare": _BARE.compress(PAGES[TOWER].encode()) + _BARE.flush(),
    "/brotli": b"\x0b\x02\x80hello\x03",
    "/bomb": gzip.compress(bytes(50 * MOST)),
    "/packed": gzip.compress(PAGES[TOWER].encode()),
    "/broken": b"\x1f\x8bno",
}
ROBOTS = "User-agent: *\nDisallow: /private/\n"


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    for _ in range(1000):
        await response.write(b"<p>and on" * 1000)
    return response


async def _still(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    await response.write(b"<html>")
    await asyncio.Event().wait()
    return response


async def _answer(request: web.Request) -> web.StreamResponse:
    path = request.path
    if path in ONWARD:
        return web.Response(status=302, headers={"Location": ONWARD[path]} if ONWARD[path] else {})
    if path in KINDS:
        media_type, body = KINDS[path]
        return web.Response(body=body, headers={"Content-Type": media_type})
    if path in PACKED:
        coding = {"/bare": "deflate", "/brotli": "br"}.get(path, "gzip")
        headers = {"Content-Type": "text/html", "Content-Encoding": coding}
        return web.Response(body=PACKED[path], headers=headers)
    if path in {"/endless", "/still"}:
        return await (_endless if path == "/endless" else _still)(request)
    return web.Response(status=500 if path == "/fault" else 404, text="No.")


@asynccontextmanager
async def site(robots: str | int = ROBOTS) -> AsyncGenerator[str]:
    """The address of a site on this machine, with a robots.txt or the status in its place."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(text=robots) if isinstance(robots, str) else web.Response(status=robots)
        return await _answer(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Here:
    """What reads in this process."""

    async def page(self, request: ExtractPage) -> PageText:
        """A page, as the worker reads it."""
        return await asyncio.to_thread(extract, request)

    async def document(self, data: bytes, name: str) -> DocumentRead:
        """A PDF of two pages; its reader has tests of its own."""
        pages = [Sheet(number=1, text="A head\n\nThe brid-\nges were\nbuilt."), Sheet(number=2, text="\n\n")]
        return DocumentRead(
            name=name,
            kind="pdf",
            media_type="application/pdf",
            sha256="",
            size=len(data),
            title="Bridges",
            total_pages=2,
            next_page=None,
            characters=0,
            pages=pages if name == "paper.pdf" else pages[1:],
            notes=[],
        )


def fetch(
    path: str, folder: Path, *, robots: str | int = ROBOTS, ignore: bool = False, allowed: str = "127.0.0.1"
) -> Page:
    """The page at this path of the site, fetched."""

    async def within() -> Page:
        anywhere, outside = Http(), Http(public=True)
        try:
            async with opened(folder) as ctx, site(robots) as url:
                settings = ctx.settings.model_copy(update={"allowed_sources": allowed, "max_page": MOST})
                clients = {"anywhere": anywhere, "outside": outside}
                plain = replace(ctx, journal=None, drivers=replace(ctx.drivers, settings=settings, clients=clients))
                where = path if "//" in path else url + path
                request = FetchPage(url=where, robots="ignore" if ignore else "heed")
                page = await fetching.fetch(request, plain, Here())
                return page.model_copy(update={"url": page.url.removeprefix(url)})
        finally:
            await anywhere.close()
            await outside.close()

    return asyncio.run(within())


@pytest.mark.parametrize(
    "path", ["/page", "/page#part", "/moved", "/place", "/spaced", "/packed", "/twice", "/bare", "/called.txt"]
)
def test_an_article_is_read_without_what_is_around_it(path: str, tmp_path: Path) -> None:
    """Promise: clean text, and the title, author, date and links that the page states."""
    page = fetch(path, tmp_path)
    assert page.text.startswith("The tower and its height\nThe Eiffel tower stands in Paris")
    assert "Cookies" not in page.text
    assert "About us" not in page.text
    assert (page.title, page.author, page.date) == ("The tower and its height", "Ada Byron", "2024-05-01")
    assert (page.language, page.method, page.truncated) == ("en", "article", False)
    assert ("the steel", "https://example.net/steel") in [(one.text, one.url) for one in page.links]
    onward = {"/page#part": "/page", "/moved": "/page", "/place": "/page", "/spaced": "/a%20page"}
    assert page.url == onward.get(path, path)
    assert (page.size, len(page.sha256)) == (len(PAGES[TOWER].encode()), 64)


def test_a_gist_is_sentences_of_the_page() -> None:
    """Promise: word for word, in their order; what the title and the text speak of most."""
    text = (
        "Roses were here first.\nThe old bridge of Mostar was built of limestone by Hayruddin in nine years.\n"
        "Some like tea.\nThe bridge fell in the war, and the bridge of Mostar was built anew from the old stones.\n"
        "It rains."
    )
    told = gist("The bridge of Mostar", text, 2)
    assert [text.index(one) for one in told] == sorted(text.index(one) for one in told)
    assert len(told) == 2
    assert all("bridge" in one for one in told)
    assert gist("", "", 3) == []


def test_a_wrong_word_of_its_charset_costs_no_letters(tmp_path: Path) -> None:
    """Promise: a page in Windows-1252 whose server says UTF-8 is read as it is."""
    page = fetch("/danish", tmp_path)
    assert "Ærlige bønder høster rug på de høje marker" in page.text
    assert page.charset == "cp1252 (the last that is tried; its server says utf-8, which it is not)"


def test_plain_text_is_itself(tmp_path: Path) -> None:
    """Promise: a note and JSON are text as they are."""
    assert fetch("/note.txt", tmp_path).text == "A note.\nOf two lines."
    facts = fetch("/facts.json", tmp_path)
    assert (facts.text, facts.method) == ('{"height": 330}', "plain text")


def test_a_pdf_is_read_as_a_document(tmp_path: Path) -> None:
    """Promise: what is a PDF by its bytes goes to the reader of documents; its lines are joined to paragraphs."""
    page = fetch("/paper.pdf", tmp_path)
    assert (page.title, page.method, page.text) == ("Bridges", "document", "A head\nThe bridges were built.")


@pytest.mark.parametrize(
    ("path", "kind", "says"),
    [
        ("/cloud", Forbidden, "own network"),
        ("/local", Forbidden, "own network"),
        ("http://169.254.169.254/latest/meta-data/", Forbidden, "own network"),
        ("http://[::1]/", Forbidden, "own network"),
        ("http://0x7f000001/", Forbidden, "own network"),
        ("/file", InvalidRequest, "not that of a page"),
        ("/circle", InvalidRequest, "more than 5 times"),
        ("/nowhere", UpstreamFailed, "no address"),
        ("/endless", TooLarge, "more than 300000 bytes"),
        ("/bomb", TooLarge, "more than 300000 bytes"),
        ("/broken", UpstreamFailed, "broken"),
        ("/brotli", UpstreamFailed, "packed as br"),
        ("/inside", Forbidden, "robots"),
        ("/deep", InvalidRequest, "no text"),
        ("/scripted", InvalidRequest, "no text"),
        ("/disguised", InvalidRequest, "may be pictures"),
        ("/picture.png", NotSupported, "image/png"),
        ("/bytes", NotSupported, "no text"),
        ("/empty", UpstreamFailed, "empty"),
        ("/fault", UpstreamFailed, "500"),
        ("/gone", UpstreamFailed, "404"),
        ("/private/page", Forbidden, "robots"),
    ],
)
def test_what_is_no_page_is_an_error_that_says_why(path: str, kind: type[NisError], says: str, tmp_path: Path) -> None:
    """Promise: endless, packed, leading inwards, no page: bounded, refused by name, with what to do."""
    with pytest.raises(kind, match=says) as caught:
        fetch(path, tmp_path)
    assert type(caught.value) is kind
    assert caught.value.field == "url"
    assert caught.value.remedy or path == "/empty"


def test_what_drips_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: a page has a time to come; a server that keeps the connection open holds nobody."""
    monkeypatch.setattr(fetching, "SECONDS", 0.3)
    with pytest.raises(UpstreamFailed, match=r"not all come within 0\.3 s"):
        fetch("/still", tmp_path)


def test_an_address_of_our_own_needs_the_setting(tmp_path: Path) -> None:
    """Promise: this machine is reached by no page's address, but where NIS_ALLOWED_SOURCES lists it."""
    with pytest.raises(Forbidden) as caught:
        fetch("/page", tmp_path, allowed="")
    assert "NIS_ALLOWED_SOURCES" in caught.value.remedy


def test_robots_are_heeded_where_nobody_asks_himself(tmp_path: Path) -> None:
    """RFC 9309, 2.3.1: no file allows all, a faulty server nothing; a person may ask for one page all the same."""
    assert fetch("/private/page", tmp_path, ignore=True).title
    assert fetch("/page", tmp_path, robots=404).title
    with pytest.raises(UpstreamFailed, match=r"robots\.txt"):
        fetch("/page", tmp_path, robots=503)
    with pytest.raises(Forbidden):
        fetch("/page", tmp_path, robots="User-agent: nis\nDisallow: /")


def test_a_page_of_too_many_tags_is_refused_or_read_whole() -> None:
    """Promise: a main text is told apart in the square of a page's tags: large pages are read whole, huge ones not."""
    large = extract(ExtractPage(html="<html><body>" + "<p>Some words.</p>" * 30_001))
    assert (large.method, large.truncated) == ("whole page", True)
    assert large.text.startswith("Some words.\nSome words.")
    with pytest.raises(TooLarge, match="1000000 are read"):
        extract(ExtractPage(html="<b>" * 1_000_001))


def test_the_date_is_the_pages_own() -> None:
    """Promise: a date that the page does not state is none: not one of its words, nor today."""
    words = "<p>On 4 May 2011 the bridge was opened, in rain, and since then it has been crossed by many people.</p>"
    page = extract(ExtractPage(html=f"<html><body><article>{words * 3}</article>© 2019</body></html>"))
    assert (page.date, page.author, page.title) == (None, None, None)


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("Read https://example.org/tower and summarise it.", "The Eiffel tower is 330 metres tall"),
        ("What does https://example.org/gone say?", "answered 404"),
        ("Read http://10.0.0.1/admin", "own network"),
        ("Search the web for the height of the Eiffel tower.", "2 pages that searxng has found"),
        ("Find papers on surface codes.", "2 of 1000 papers on arXiv"),
    ],
)
def test_chat_reads_and_searches_and_says_why_not(ground: Ground, message: str, says: str) -> None:
    """Promise: asked in words, without a model that could; what is not to be had is told, and never made up."""
    assert says in ground.call("chat.send_message", {"message": message})["response"]
