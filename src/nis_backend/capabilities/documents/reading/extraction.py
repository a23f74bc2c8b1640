"""The worker's side of reading: a window of pages, within its bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.blob import Blob
from nis_backend.capabilities.documents.extracting import Extracted, PagePicture
from nis_backend.capabilities.documents.pages import MOST_PAGES
from nis_backend.capabilities.documents.reading.faults import broken, too_large
from nis_backend.capabilities.documents.reading.opening import opened
from nis_backend.errors import OutOfRange

if TYPE_CHECKING:
    from nis_backend.capabilities.documents.extracting import ExtractRequest, PictureRequest
    from nis_backend.capabilities.documents.pages import Page
    from nis_backend.capabilities.documents.reading.building import Opened
    from nis_backend.drivers.compute.base import ComputingContext


def extract(request: ExtractRequest, ctx: ComputingContext) -> Extracted:
    """Pages from the first that is asked for, as many as the bounds let."""
    name = request.document.name
    try:
        with request.document.path.open("rb") as file:
            document, media_type = opened(file, name, request.document.media_type, ignore_macros=request.ignore_macros)
            return _window(request, document, media_type, ctx)
    except MemoryError:
        raise too_large(
            name, "takes more memory to be read than is given to one", "Send it in parts, or raise NIS_WORKER_MEMORY."
        ) from None
    except RecursionError:
        raise broken(name, "its parts lie in each other deeper than is read") from None


def _window(request: ExtractRequest, document: Opened, media_type: str, ctx: ComputingContext) -> Extracted:
    name = request.document.name
    if document.total > MOST_PAGES:
        raise too_large(
            name, f"has {document.total} pages; at most {MOST_PAGES} are read", "Split it, and send it in parts."
        )
    if request.first > document.total:
        raise OutOfRange(
            f"{name!r} has {document.total} pages: there is no page {request.first}.",
            field="first_page",
            value=request.first,
            remedy=f"Ask for pages from 1 to {document.total}.",
        )
    last = min(request.last or document.total, document.total)
    pages: list[Page] = []
    scans: list[int] = []
    characters = 0
    following: int | None = None
    for number in range(request.first, last + 1):
        page = document.page(number)
        scan = document.is_scan(number)
        characters += len(page.text)
        full = len(pages) >= request.most_pages or characters > request.most_characters
        if pages and (full or (scan and len(scans) >= request.most_scans)):
            following = number
            break
        pages.append(page)
        if scan:
            scans.append(number)
        ctx.progress((number - request.first + 1) / (last - request.first + 1), f"page {number} of {document.total}")
    return Extracted(
        kind=document.kind,
        media_type=media_type,
        title=document.title[:500] if document.title else None,
        total=document.total,
        next=following,
        pages=pages,
        scans=scans,
        notes=document.notes[:100],
    )


def draw(request: PictureRequest) -> PagePicture:
    """One page, drawn."""
    from nis_backend.capabilities.documents.reading.pdf import draw_page  # noqa: PLC0415 - for scans alone

    with request.document.path.open("rb") as file:
        png = draw_page(file, request.document.name, request.page)
    return PagePicture(picture=Blob.of(png, media_type="image/png", name=f"page {request.page}"))
