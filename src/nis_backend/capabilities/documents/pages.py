"""What a document is read into: pages of text, and what stands where in them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nis_backend.annotations import Knob
from nis_backend.blob import Blob
from nis_backend.operation import Model

MOST_PAGES = 5_000
"""Pages of a document; the longest printed ones have some 4000."""
MOST_ANSWERED = 1_000
"""Pages of one answer."""
MOST_CHARACTERS = 2_000_000
"""Characters of one answer: a novel has half as many."""
MOST_SCANNED = 40
"""Pages of one answer that are read as pictures: each takes a second or more."""
LONGEST_PAGE = 100_000
"""Characters of a page; what has no pages of its own is parted at the ends of lines so that none has more."""

Kind = Literal["pdf", "word", "sheet", "slides", "html", "markdown", "mail", "table", "text", "picture", "sound"]
"""What a document is, told by its bytes."""


class Heading(Model):
    """A heading, and where it stands."""

    text: str
    level: int = Field(ge=1, le=6, description="1 is the highest.")
    start: int = Field(ge=0, description="Its first character in the page's text, counted from 0.")


class Table(Model):
    """A table, whose rows also stand in the page's text: a row a line, with tabs between cells."""

    rows: list[list[str]]
    start: int = Field(ge=0, description="Its first character in the page's text.")
    end: int = Field(ge=0, description="One past its last character.")


class Block(Model):
    """Lines that stand together on paper, and where: in points (1/72 inch) from the page's upper left corner."""

    start: int = Field(ge=0, description="Its first character in the page's text.")
    end: int = Field(ge=0, description="One past its last character.")
    left: float
    top: float
    right: float
    bottom: float


class Recognised(Model):
    """How a page was read that is a picture or a sound."""

    by: Literal["vision.read_text", "voice.transcribe_audio"]
    confidence: float | None = Field(
        description="Of a picture: mean of its lines' scores, weighted by their lengths; no probability of being "
        "right. Null where nothing was read, and of a sound."
    )
    lines: int = Field(description="Lines, or stretches of speech.")


class Page(Model):
    """A page, slide, sheet, message or part of a document."""

    number: int = Field(ge=1, description="Counted from 1.")
    title: str | None = Field(default=None, description="What a sheet, slide or attachment is called.")
    text: str = Field(description="In reading order: a line for each line or paragraph, empty lines between blocks.")
    headings: list[Heading] = Field(default_factory=list[Heading])
    tables: list[Table] = Field(default_factory=list[Table])
    blocks: list[Block] = Field(default_factory=list[Block], description="Of a PDF: where on the page the text stands.")
    ocr: Recognised | None = Field(default=None, description="Set where the text was recognised, and how well.")


class ReadRequest(Model):
    """A document, and which of its pages."""

    document: Blob = Field(
        description="PDF, Word (.docx), Excel (.xlsx), PowerPoint (.pptx), HTML, Markdown, e-mail, CSV, plain text, "
        "a picture or a sound. What it is is told by its bytes."
    )
    first_page: int = Field(default=1, ge=1, le=MOST_PAGES, description="The first page to read.")
    last_page: int | None = Field(default=None, ge=1, le=MOST_PAGES, description="The last one; unset, to the end.")
    recognise: Annotated[bool, Knob()] = Field(
        default=True, description="Read pictures of pages by text recognition, and sounds by transcription."
    )
    ignore_macros: Annotated[bool, Knob()] = Field(
        default=False, description="Read a file that has macros all the same. None is ever run."
    )


class DocumentRead(Model):
    """What a document says."""

    name: str = Field(description="What it is called.")
    kind: Kind
    media_type: str = Field(description="Told by the bytes.")
    sha256: str
    size: int = Field(description="Bytes.")
    title: str | None = Field(description="What it says of itself.")
    total_pages: int = Field(description="Pages of the whole document.")
    next_page: int | None = Field(
        description="Where to go on: the answer ends before this page, because it would be too long with it."
    )
    characters: int = Field(description="Of the pages that are here.")
    pages: list[Page]
    notes: list[str] = Field(description="What was left out or guessed: pictures without text, attachments unread.")


SIZE, OVERLAP = 220, 40
"""Word pieces of a chunk, and of what it repeats of the one before: the model in the box reads 254 of a text."""


class SplitRequest(ReadRequest):
    """A document, which of its pages, and how large its parts are to be."""

    size: Annotated[int, Knob()] = Field(default=SIZE, ge=16, le=2000, description="Word pieces of a chunk, at most.")
    overlap: Annotated[int, Knob()] = Field(
        default=OVERLAP, ge=0, le=500, description="Word pieces at the end of a chunk that the next one repeats."
    )


class Chunk(Model):
    """A part of a page that is found and quoted as one: `page.text[start:end]`."""

    number: int = Field(ge=1, description="Its place among the document's chunks, counted from 1.")
    text: str
    page: int = Field(ge=1)
    heading: list[str] = Field(description="The headings above it, the highest first.")
    start: int = Field(ge=0, description="Its first character in the page's text.")
    end: int = Field(ge=0, description="One past its last character.")
    tokens: int = Field(description="Word pieces of the embedding model in the box.")


class DocumentSplit(Model):
    """A document in chunks."""

    name: str = Field(description="What the document is called.")
    kind: Kind
    media_type: str = Field(description="Told by the bytes.")
    total_pages: int = Field(description="Pages of the whole document.")
    next_page: int | None = Field(description="Where to go on: the answer ends before this page.")
    chunks: list[Chunk]
    notes: list[str] = Field(description="What was left out or guessed.")
