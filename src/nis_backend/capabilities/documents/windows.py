"""A document's pages as they are asked for: read by the worker, recognised where they are pictures, in chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.extracting import (
    Extracted,
    ExtractRequest,
    Parted,
    PartRequest,
    extract_pages,
    part_pages,
)
from nis_backend.capabilities.documents.pages import MOST_ANSWERED, MOST_CHARACTERS, MOST_SCANNED
from nis_backend.capabilities.documents.reading.faults import too_large
from nis_backend.capabilities.documents.recognising import recognise
from nis_backend.errors import DeadlineExceeded, WorkerLost

if TYPE_CHECKING:
    from nis_backend.capabilities.documents.pages import Page, ReadRequest
    from nis_backend.capabilities.documents.recognising import Unread
    from nis_backend.context import Context


async def read_pages(
    ctx: Context,
    request: ReadRequest,
    *,
    most_pages: int = MOST_ANSWERED,
    most_characters: int = MOST_CHARACTERS,
    most_scans: int = MOST_SCANNED,
) -> tuple[Extracted, list[Page], list[Unread]]:
    """What the worker says of the document, its pages with what was recognised in them, and what could not be."""
    asked = ExtractRequest(
        document=request.document,
        first=request.first_page,
        last=request.last_page,
        ignore_macros=request.ignore_macros,
        most_pages=most_pages,
        most_characters=most_characters,
        most_scans=most_scans,
    )
    found = await _extracted(ctx, asked)
    if not request.recognise or not found.scans:
        return found, found.pages, []
    return (found, *await recognise(ctx, request.document, found))


async def _extracted(ctx: Context, request: ExtractRequest) -> Extracted:
    """What the worker reads; what it dies of, or is not done with, is told by the file's name.

    Raises:
        TooLarge: its process has died of it, twice, or it was not read in the time that one has.
    """
    try:
        return await ctx.call(extract_pages, request)
    except WorkerLost:
        what = "ends the process that reads it: it takes more memory than one has, or is made to do that"
        raise too_large(request.document.name, what, "Send it in parts, or save it anew.") from None
    except DeadlineExceeded:
        what = f"was not read after {extract_pages.time_limit:g} s"
        raise too_large(request.document.name, what, "Ask for fewer pages, or send it in parts.") from None


async def part(ctx: Context, request: PartRequest) -> Parted:
    """Pages in chunks."""
    # What chunks have no need of does not travel.
    bare = [one.model_copy(update={"tables": [], "blocks": []}) for one in request.pages]
    return await ctx.call(part_pages, request.model_copy(update={"pages": bare}))
