"""A blob's bytes as an answer: whole, a range of them, or word that the caller has them already.

What is kept came from somebody: a browser must neither guess what it is nor run it as a page of this server.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from nis_backend.errors import OutOfRange, shorten

if TYPE_CHECKING:
    from starlette.requests import Request

    from nis_backend.blob import Blob
    from nis_backend.shelf import Shelf

SHOWN = re.compile(r"image/(png|jpeg|gif|webp|avif|tiff)|(audio|video)/[a-z0-9.+-]+|text/plain|application/json")
"""What a browser may show by itself: it runs nothing. Everything else is to be saved."""

_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


async def content_of(request: Request, blob: Blob, shelf: Shelf) -> Response:
    """The bytes, as RFC 9110 answers a whole, a range or a condition.

    Raises:
        OutOfRange: the range begins behind the end.
        NotFound, Unavailable: as `Shelf.begun`.
    """
    tag = f'"{blob.sha256}"'
    headers = _headers(blob, tag)
    reads = request.method in {"GET", "HEAD"}
    if reads and _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    start, end = _range(request, blob, tag) if reads else (0, blob.size)
    status = HTTPStatus.OK
    if (start, end) != (0, blob.size):
        status = HTTPStatus.PARTIAL_CONTENT
        headers["content-range"] = f"bytes {start}-{end - 1}/{blob.size}"
    headers["content-length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(await shelf.begun(blob, start, end), status, headers)


def _headers(blob: Blob, tag: str) -> dict[str, str]:
    text = blob.media_type.startswith("text/")
    return {
        "content-type": f"{blob.media_type}; charset=utf-8" if text else blob.media_type,
        "content-disposition": disposition(blob.name or blob.id, shown=bool(SHOWN.fullmatch(blob.media_type))),
        "etag": tag,
        "accept-ranges": "bytes",
        # It never changes, and it may be removed: whoever has it asks whether it is there.
        "cache-control": "private, no-cache",
        "vary": "accept",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
    }


def disposition(name: str, *, shown: bool) -> str:
    """RFC 6266: the name for old readers in ASCII, for others in full."""
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name)
    kind = "inline" if shown else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _names(header: str, tag: str) -> bool:
    tags = [one.strip().removeprefix("W/") for one in header.split(",")]
    return "*" in tags or tag in tags


def _range(request: Request, blob: Blob, tag: str) -> tuple[int, int]:
    """The first byte to answer and the one after the last; several ranges, or none that can be read, are the whole."""
    whole = (0, blob.size)
    given = request.headers.get("range", "")
    found = _RANGE.fullmatch(given)
    if found is None or request.headers.get("if-range", tag) != tag:
        return whole
    first, last = found.groups()
    if not first and not last:
        return whole
    if not first:
        start, end = max(blob.size - int(last), 0), blob.size
    else:
        start, end = int(first), min(int(last) + 1 if last else blob.size, blob.size)
    if last and first and int(last) < int(first):
        return whole
    if start >= end:
        request.state.exchange.marks["content-range"] = f"bytes */{blob.size}"
        raise OutOfRange(
            f"The blob has {blob.size} bytes.", field="Range", value=shorten(given), remedy="Begin before its end."
        )
    return start, end
