"""Documents as operations: read, and parted into chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.documents import asked
from nis_backend.capabilities.documents.extracting import Extracted, ExtractRequest, extract_pages
from nis_backend.capabilities.documents.pages import (
    MOST_ANSWERED,
    MOST_CHARACTERS,
    MOST_SCANNED,
    DocumentRead,
    ReadRequest,
)
from nis_backend.capabilities.documents.recognising import recognise
from nis_backend.capabilities.documents.views import draw_document
from nis_backend.operation import Example, operation

if TYPE_CHECKING:
    from nis_backend.context import Context

LONGEST = 600.0
"""Seconds that forty scanned pages may take, or an hour of speech."""


@operation(
    "documents.read_document",
    effect="reads",
    view=draw_document,
    time_limit=LONGEST,
    essential=True,
    examples=(
        Example(
            title="A report in Markdown",
            request={"document": asked.REPORT},
            question="Read this document: what does it say?",
            also=asked.READ,
        ),
        Example(
            title="A page printed as PDF, with a table",
            request={"document": asked.INVOICE},
            question="Extract the text and the tables of this PDF.",
        ),
    ),
)
async def read_document(request: ReadRequest, ctx: Context) -> DocumentRead:
    """Read a document: text page by page in reading order, with headings and tables, and where each stands.

    PDF (columns and tables by their place on the page), Word, Excel, PowerPoint, HTML, Markdown, e-mail with what is
    attached, CSV, plain text; scanned pages and pictures by text recognition, sounds by transcription. What a file is
    is told by its bytes. Nothing in it is run or fetched.

    Raises:
        InvalidRequest: it is encrypted, cut short or broken; the message names it, the remedy says what to do.
        TooLarge: it has more than 5000 pages, or unpacks to more than is given to one.
        WrongMedia: it is of a kind that is not read.
        NotSupported: it has macros.
        Unavailable: what reads it is not installed.
    """
    found = await extracted(
        ctx,
        ExtractRequest(
            document=request.document,
            first=request.first_page,
            last=request.last_page,
            ignore_macros=request.ignore_macros,
            most_pages=MOST_ANSWERED,
            most_characters=MOST_CHARACTERS,
            most_scans=MOST_SCANNED,
        ),
    )
    pages, missing = (found.pages, []) if not request.recognise else await recognise(ctx, request.document, found)
    return DocumentRead(
        name=request.document.name,
        kind=found.kind,
        media_type=found.media_type,
        sha256=request.document.sha256,
        size=request.document.size,
        title=found.title,
        total_pages=found.total,
        next_page=found.next,
        characters=sum(len(one.text) for one in pages),
        pages=pages,
        notes=[*found.notes, *missing],
    )


async def extracted(ctx: Context, request: ExtractRequest) -> Extracted:
    """A window of pages, as the worker reads it; one that has read hostile input is not trusted."""
    return await ctx.call(extract_pages, request)


OPERATIONS = (read_document,)
