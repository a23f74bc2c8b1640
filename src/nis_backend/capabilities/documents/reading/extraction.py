"""The worker's side of reading: a window of pages, within its bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.blob import Blob
from nis_backend.capabilities.documents.extracting import Extracted, PagePicture
from nis_backend.capabilities.documents.pages import MOST_PAGES
from nis_backend.capabilities.documents.reading.building import Whole
from nis_backend.capabilities.documents.reading.faults import broken, too_large
from nis_backend.capabilities.documents.reading.opening import opened
from nis_backend.errors import OutOfRange

if TYPE_CHECKING:
    from typing import BinaryIO

    from nis_backend.capabilities.documents.extracting import ExtractRequest, PictureRequest
    from nis_backend.capabilities.documents.pages import Page
    from nis_backend.capabilities.documents.reading.building import Opened
    from nis_backend.drivers.compute.base import ComputingContext


def extract(request: ExtractRequest, ctx: ComputingContext) -> Extracted:
    """Pages from the first that is asked for, as many as the bounds let."""
    name = request.document.name
    held = ctx.keep("document", Held)
    try:
        with request.document.path.open("rb") as file:
            document, media_type = held.opened(request, file)
            found = _window(request, document, media_type, ctx)
        held.keep(request, (document, media_type) if found.next is not None else None)
    except MemoryError:
        held.keep(request, None)
        raise too_large(
            name, "takes more memory to be read than is given to one", "Send it in parts, or raise NIS_WORKER_MEMORY."
        ) from None
    except RecursionError:
        raise broken(name, "its parts lie in each other deeper than is read") from None
    else:
        return found


class Held:
    """The document that was read last, where it was read at once and not all of it was asked for yet.

    Whoever reads a long table some pages at a time would else have it read anew each time.
    """

    def __init__(self) -> None:
        self._key: tuple[str, str, bool] | None = None
        self._document: tuple[Opened, str] | None = None

    def opened(self, request: ExtractRequest, file: BinaryIO) -> tuple[Opened, str]:
        """The document; what was held of another one is let go first."""
        if self._document is not None and self._key == _key(request):
            return self._document
        self.keep(request, None)
        return opened(file, request.document.name, request.document.media_type, ignore_macros=request.ignore_macros)

    def keep(self, request: ExtractRequest, document: tuple[Opened, str] | None) -> None:
        """Hold it for the next call; what reads its file page by page is opened anew at no cost."""
        self._key = _key(request)
        self._document = document if document is not None and isinstance(document[0], Whole) else None


def _key(request: ExtractRequest) -> tuple[str, str, bool]:
    return request.document.sha256, request.document.name, request.ignore_macros


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
