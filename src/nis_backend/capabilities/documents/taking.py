"""A step of keeping a document: some of its pages are read, parted and put into its collection.

The step is recorded as a whole; one that was cut is made again, and puts the same chunks under the same ids.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.collections.operations import add_items
from nis_backend.capabilities.documents.document import Scalars
from nis_backend.capabilities.documents.extracting import PartRequest
from nis_backend.capabilities.documents.pages import Chunk, Kind, ReadRequest
from nis_backend.capabilities.documents.telling import tell
from nis_backend.capabilities.documents.windows import part, read_pages
from nis_backend.operation import Json, Model, operation

if TYPE_CHECKING:
    from nis_backend.context import Context

PAGES, CHARACTERS, SCANS = 10, 200_000, 4
"""Of a step, at most: what a crash costs is read again."""
AT_ONCE = 200
"""Chunks that are embedded and put in together."""


class TakeRequest(Model):
    """Which pages of which document, and what came before them."""

    document: Blob
    collection_id: str
    document_id: str
    version: str
    name: str
    metadata: Scalars
    first: int
    size: int
    overlap: int
    recognise: bool
    ignore_macros: bool
    above: list[tuple[int, str]]
    done: int


class Taken(Model):
    """What was put in, and where to go on."""

    kind: Kind
    media_type: str
    title: str | None
    total: int
    next: int | None
    characters: int
    chunks: int = Field(description="Of the document, until now.")
    above: list[tuple[int, str]]
    notes: list[str]
    partly: bool = Field(description="Whether a page was not recognised that may be another time.")


@operation("documents.take_pages", effect="writes", repeatable=True, time_limit=3600.0)
async def take_pages(request: TakeRequest, ctx: Context) -> Taken:
    """Read some pages of a document into its collection."""
    # Reading changes nothing and is not recorded: what it names for itself must not depend on how often it was begun.
    apart = replace(ctx, scope=None, quiet=True)
    asked = ReadRequest(
        document=request.document,
        first_page=request.first,
        recognise=request.recognise,
        ignore_macros=request.ignore_macros,
    )
    found, pages, missing = await read_pages(
        apart, asked, most_pages=PAGES, most_characters=CHARACTERS, most_scans=SCANS
    )
    parted = await part(
        apart,
        PartRequest(pages=pages, size=request.size, overlap=request.overlap, above=request.above, done=request.done),
    )
    last = pages[-1].number if pages else request.first
    for start in range(0, len(parted.chunks), AT_ONCE):
        some = parted.chunks[start : start + AT_ONCE]
        await tell(ctx, (some[0].page - 1) / found.total, f"{request.name}: page {some[0].page} of {found.total}")
        items = [_item(request, chunk) for chunk in some]
        await ctx.call(add_items, add_items.validate({"id": request.collection_id, "items": items}))
    await tell(ctx, last / found.total, f"{request.name}: page {last} of {found.total}")
    return Taken(
        kind=found.kind,
        media_type=found.media_type,
        title=found.title,
        total=found.total,
        next=found.next,
        characters=sum(len(one.text) for one in pages),
        chunks=request.done + len(parted.chunks),
        above=parted.above,
        notes=[*found.notes, *(one.note for one in missing)][:20],
        partly=any(one.later for one in missing),
    )


def _item(request: TakeRequest, chunk: Chunk) -> Json:
    return {
        "id": f"{request.document_id}-{request.version}-{chunk.number}",
        "text": chunk.text,
        "document_id": request.document_id,
        "metadata": {
            **request.metadata,
            "name": request.name,
            "page": chunk.page,
            "start": chunk.start,
            "end": chunk.end,
            "heading": " / ".join(chunk.heading)[:500],
            "version": request.version,
            "chunk": chunk.number,
        },
    }
