"""A page from its address: robots.txt heeded, bytes fetched by the one guard, decoded here, read in a worker."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin

from nis_backend.capabilities.research import passages
from nis_backend.capabilities.research.charsets import decoded
from nis_backend.capabilities.research.pages import LONGEST_HTML, ExtractPage, Page, PageText
from nis_backend.capabilities.research.robots import MOST as MOST_ROBOTS
from nis_backend.capabilities.research.robots import allows
from nis_backend.drivers.gateway.addresses import told
from nis_backend.errors import Forbidden, InvalidRequest, NotSupported, TooLarge, UpstreamFailed
from nis_backend.fetched import AGENT, Fetched, Kind, fetched

if TYPE_CHECKING:
    from nis_backend.capabilities.documents.operations import DocumentRead
    from nis_backend.capabilities.research.pages import FetchPage
    from nis_backend.context import Context

SECONDS = 30.0
"""Longest time in which all of a page must have come: a drop every few seconds would take for ever."""
SECONDS_ROBOTS = 15.0
"""The same of a robots.txt."""
LIKE = "https://example.org/article"
HTML = frozenset({"text/html", "application/xhtml+xml"})
PLAIN = re.compile(
    r"text/(?:plain|markdown|csv|x-[\w-]+)|application/(?:[\w.-]+\+)?(?:json|xml|yaml|x-ndjson)|text/xml"
)
"""What is text as it is."""
_BLANK = re.compile(r"\n[^\S\n]*\n")
_HYPHEN = re.compile(r"(?<=[a-zß-ÿ])[-\u00ad]\n\s*(?=[a-zß-ÿ])")
_LOOKS = re.compile(r"^\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)


class Readers(Protocol):
    """What reads what was fetched."""

    async def page(self, request: ExtractPage) -> PageText:
        """The text of a page's HTML."""
        ...

    async def document(self, data: bytes, name: str) -> DocumentRead:
        """The text of a PDF, page by page."""
        ...


async def fetch(request: FetchPage, ctx: Context, readers: Readers) -> Page:
    """The page, read."""
    robots = _Robots(ctx=ctx)
    if request.robots == "heed":
        await robots.heed(request.url)
    kind = Kind(
        whose="a page",
        like=LIKE,
        most=ctx.settings.max_page,
        setting="NIS_MAX_PAGE",
        accept="text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.5",
        onward=robots.heed if request.robots == "heed" else None,
    )
    try:
        async with asyncio.timeout(SECONDS), fetched(request.url, ctx, kind) as came:
            data = await asyncio.to_thread(came.file.read)
    except TimeoutError:
        raise UpstreamFailed(
            f"What is at {told(request.url)} has not all come within {SECONDS:g} s.",
            field="url",
            value=told(request.url),
            remedy="Try again, or another address of it.",
        ) from None
    media_type = _media_type(came)
    if data.startswith(b"%PDF-"):
        text, charset = "", "a document's own"
        read = await _document(data, came, request, readers)
        return await _page(request, ctx, came, data, charset, read)
    text, charset = await _text(data, media_type, came)
    if media_type in HTML or (media_type in {"", "text/plain", "application/octet-stream"} and _LOOKS.match(text)):
        read = await _read(text, came, request, readers)
    else:
        text = _settled(text)
        read = PageText(
            title=None,
            author=None,
            date=None,
            language=None,
            text=text[: request.max_characters],
            method="plain text",
            truncated=len(text) > request.max_characters,
            links=[],
        )
    return await _page(request, ctx, came, data, charset, read)


async def _page(  # noqa: PLR0913, PLR0917 - what is known of a page
    request: FetchPage, ctx: Context, came: Fetched, data: bytes, charset: str, read: PageText
) -> Page:
    gist: list[str] = []
    if request.sentences:
        gist = await asyncio.to_thread(passages.gist, read.title or "", read.text, request.sentences)
    return Page(
        **read.model_dump(),
        gist=gist,
        url=came.url,
        media_type=_media_type(came),
        charset=charset,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        fetched=ctx.now(),
    )


def _media_type(came: Fetched) -> str:
    return came.content_type.partition(";")[0].strip().lower()


async def _document(data: bytes, came: Fetched, request: FetchPage, readers: Readers) -> PageText:
    """A PDF's text: lines that stand together are a paragraph, and a word that a line's end has cut is one again."""
    try:
        read = await readers.document(data, came.name)
    except InvalidRequest as error:
        error.field, error.value = "url", told(came.url)
        raise
    text = "\n".join(paragraph for page in read.pages for paragraph in _paragraphs(page.text))
    if not text:
        raise InvalidRequest(
            f"The PDF at {told(came.url)} has no text: its pages may be pictures.",
            field="url",
            value=told(came.url),
            remedy="Keep it with blobs.fetch_blob and read it with documents.read_document, which recognises text.",
        )
    return PageText(
        title=read.title,
        author=None,
        date=None,
        language=None,
        text=text[: request.max_characters],
        method="document",
        truncated=len(text) > request.max_characters or read.next_page is not None,
        links=[],
    )


def _paragraphs(text: str) -> list[str]:
    joined = (_HYPHEN.sub("", block) for block in _BLANK.split(text))
    return [line for block in joined if (line := " ".join(block.split()))]


async def _text(data: bytes, media_type: str, came: Fetched) -> tuple[str, str]:
    """The bytes as text.

    Raises:
        NotSupported: they are none, or no page.
    """
    if not data.strip():
        raise UpstreamFailed(f"What is at {told(came.url)} is empty.", field="url", value=told(came.url))
    known = media_type in HTML or PLAIN.fullmatch(media_type)
    if not known and media_type not in {"", "application/octet-stream"}:
        raise NotSupported(
            f"What is at {told(came.url)} is {media_type}, and no text.",
            field="url",
            value=media_type,
            remedy="Give the address of a page, or keep the bytes with blobs.fetch_blob.",
        )
    text, charset = await asyncio.to_thread(decoded, data, came.content_type)
    if text[:2000].count("\0") or text.count("\ufffd") > len(text) / 10:
        raise NotSupported(
            f"What is at {told(came.url)} is no text.",
            field="url",
            value=told(came.url),
            remedy="Give the address of a page, or keep the bytes with blobs.fetch_blob.",
        )
    return text, charset


async def _read(text: str, came: Fetched, request: FetchPage, readers: Readers) -> PageText:
    if len(text) > LONGEST_HTML:
        raise TooLarge(f"The page has more than {LONGEST_HTML} characters.", field="url", value=told(came.url))
    try:
        return await readers.page(ExtractPage(html=text, url=came.url, max_characters=request.max_characters))
    except InvalidRequest as error:
        # It is the page's fault, which the caller knows by its address.
        error.field, error.value = "url", told(came.url)
        raise


def _settled(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\0", "").splitlines()).strip()


@dataclass(frozen=True, kw_only=True)
class _Robots:
    """The robots.txt of the sites that one page leads through: of each the file, None where it allows everything."""

    ctx: Context
    files: dict[str, str | None] = field(default_factory=dict[str, "str | None"])

    async def heed(self, url: str) -> None:
        """Ask the site's file; one that is not there allows everything, one that cannot be had nothing.

        Raises:
            Forbidden: the page is kept from robots.
        """
        where = urljoin(url, "/robots.txt")
        if where not in self.files:
            self.files[where] = await self._read(where, url)
        file = self.files[where]
        if file is not None and not allows(file, AGENT, url):
            raise Forbidden(
                f"The robots.txt there keeps {told(url)} from robots.",
                field="url",
                value=told(url),
                remedy='Find another source, or, where you ask for this one page yourself, ask with robots "ignore".',
            )

    async def _read(self, where: str, url: str) -> str | None:
        kind = Kind(whose="a page", like=LIKE, most=MOST_ROBOTS, setting="NIS_MAX_PAGE", accept="text/plain")
        try:
            async with asyncio.timeout(SECONDS_ROBOTS), fetched(where, self.ctx, kind) as came:
                return (await asyncio.to_thread(came.file.read)).decode("utf-8-sig", "replace")
        except (TooLarge, InvalidRequest):
            return None
        except (UpstreamFailed, TimeoutError) as error:
            if isinstance(error, UpstreamFailed) and not _FAULTY.search(error.message):
                return None
            raise UpstreamFailed(
                f"The robots.txt of {told(where)} cannot be had, so that nothing there is fetched.",
                field="url",
                value=told(url),
                remedy='Try again later, or ask with robots "ignore".',
            ) from error


_FAULTY = re.compile(r" (?:answered 5\d\d|sent nothing for .*|broke off)\.$")
"""How a server is at fault: a 4xx says that there is no file, and who is not reached has no page either."""
