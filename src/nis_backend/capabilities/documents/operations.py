"""Documents as operations: read, and parted into chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.capabilities.documents import asked
from nis_backend.capabilities.documents.extracting import PartRequest
from nis_backend.capabilities.documents.pages import DocumentRead, DocumentSplit, ReadRequest, SplitRequest
from nis_backend.capabilities.documents.views import draw_chunks, draw_document
from nis_backend.capabilities.documents.windows import part, read_pages
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
        OutOfRange: it ends before the first page that was asked for.
        TooLarge: it has more than 5000 pages, or unpacks to more than is given to one.
        WrongMedia: it is of a kind that is not read.
        NotSupported: it has macros.
        Unavailable: what reads it is not installed.
    """
    found, pages, missing = await read_pages(ctx, request)
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
        notes=[*found.notes, *(one.note for one in missing)],
    )


@operation(
    "documents.split_document",
    effect="reads",
    view=draw_chunks,
    time_limit=LONGEST,
    examples=(
        Example(
            title="A report in chunks of 40 word pieces",
            request={"document": asked.REPORT, "size": 40, "overlap": 0},
            question="Split this document into chunks of at most 40 tokens.",
            also=asked.SPLIT,
        ),
        Example(
            title="An invoice",
            request={"document": asked.INVOICE},
            question="Part this PDF into passages that can be embedded.",
        ),
    ),
)
async def split_document(request: SplitRequest, ctx: Context) -> DocumentSplit:
    """Split a document into chunks for search: by headings and paragraphs, then by size; each with page and place.

    A chunk is of one page, begins at a heading, a paragraph, a row or a sentence, and has the headings above it and the
    place of its first and last character in the page's text as `documents.read_document` answers it.

    Raises:
        OutOfRange: it ends before the first page that was asked for.
        NisError: the document cannot be read; see `documents.read_document`.
    """
    found, pages, missing = await read_pages(ctx, request)
    parted = await part(ctx, PartRequest(pages=pages, size=request.size, overlap=request.overlap, above=[], done=0))
    return DocumentSplit(
        name=request.document.name,
        kind=found.kind,
        media_type=found.media_type,
        total_pages=found.total,
        next_page=found.next,
        chunks=parted.chunks,
        notes=[*found.notes, *(one.note for one in missing)],
    )


OPERATIONS = (read_document, split_document)
