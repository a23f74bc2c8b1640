"""What is asked of the worker that reads: pages of a document, and pictures of those that are scans.

Both are operations of the pool `documents` and in no index: `documents.read_document` asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.documents.pages import Kind, Page
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


class PictureRequest(Model):
    """One page of a PDF, to be drawn."""

    document: Blob
    page: int


class PagePicture(Model):
    """The page as a picture."""

    picture: Blob


@operation("documents.extract_pages", effect="reads", pool="documents", time_limit=600.0)
def extract_pages(request: ExtractRequest, ctx: ComputingContext) -> Extracted:
    """Read pages of a document without recognising what is drawn in them."""
    from nis_backend.capabilities.documents.reading.extraction import extract  # noqa: PLC0415 - loads in the worker

    return extract(request, ctx)


@operation("documents.draw_page", effect="reads", pool="documents")
def draw_page(request: PictureRequest, ctx: ComputingContext) -> PagePicture:
    """Draw a page of a PDF as it looks on paper."""
    from nis_backend.capabilities.documents.reading.extraction import draw  # noqa: PLC0415 - as above

    return draw(request)
