"""What is asked of the worker that reads: pages of a document, pictures of those that are scans, pages in chunks.

All are operations of the pool `documents` and in no index: `documents.read_document` and others ask for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.documents.pages import Chunk, Kind, Page
from nis_backend.operation import Model, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import ComputingContext


class ExtractRequest(Model):
    """Which pages of which document, and how much of them at most."""

    document: Blob
    first: int
    last: int | None
    ignore_macros: bool
    most_pages: int
    most_characters: int
    most_scans: int


class Extracted(Model):
    """Pages, and which of them are pictures or sounds."""

    kind: Kind
    media_type: str
    title: str | None
    total: int
    next: int | None = Field(description="The first page that is not here and was asked for.")
    pages: list[Page]
    scans: list[int]
    notes: list[str]


class PartRequest(Model):
    """Pages to be parted, and what came before them."""

    pages: list[Page]
    size: int
    overlap: int
    above: list[tuple[int, str]] = Field(description="Level and text of the headings that they stand under.")
    done: int = Field(description="Chunks that there are already.")


class Parted(Model):
    """Chunks, and the headings that what comes next stands under."""

    chunks: list[Chunk]
    above: list[tuple[int, str]]


class PictureRequest(Model):
    """One page of a PDF, to be drawn."""

    document: Blob
    page: int


class PagePicture(Model):
    """The page as a picture."""

    picture: Blob


@operation("documents.extract_pages", effect="reads", pool="documents", time_limit=300.0)
def extract_pages(request: ExtractRequest, ctx: ComputingContext) -> Extracted:
    """Read pages of a document without recognising what is drawn in them."""
    from nis_backend.capabilities.documents.reading.extraction import extract  # noqa: PLC0415 - loads in the worker

    return extract(request, ctx)


@operation("documents.part_pages", effect="reads", pool="documents")
def part_pages(request: PartRequest, ctx: ComputingContext) -> Parted:
    """Part pages into chunks."""
    from nis_backend.capabilities.documents.chunks import Chunking  # noqa: PLC0415 - as above

    parting = Chunking(size=request.size, overlap=request.overlap, above=request.above, done=request.done)
    chunks = [chunk for page in request.pages for chunk in parting.page(page)]
    return Parted(chunks=chunks, above=parting.above)


@operation("documents.draw_page", effect="reads", pool="documents")
def draw_page(request: PictureRequest, ctx: ComputingContext) -> PagePicture:
    """Draw a page of a PDF as it looks on paper."""
    from nis_backend.capabilities.documents.reading.extraction import draw  # noqa: PLC0415 - as above

    return draw(request)
