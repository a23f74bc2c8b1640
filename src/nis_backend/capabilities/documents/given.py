"""What is asked about: files that are given, or documents that are kept in a collection; as pages, or as passages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.documents.citing import Passage
from nis_backend.capabilities.documents.operations import read_document
from nis_backend.capabilities.documents.pages import ReadRequest
from nis_backend.capabilities.documents.sentences import sentences_of
from nis_backend.errors import InvalidRequest, NisError
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.capabilities.documents.sentences import Sentence
    from nis_backend.context import Context

MOST_FILES = 8
LONGEST_PASSAGE = 900
"""Characters of a passage: some 200 words, as many as the embedding model in the box reads."""


A_FILE = "PDF, Word, Excel, PowerPoint, HTML, Markdown, e-mail, CSV, plain text, a scan or a sound."


class Asked(Model):
    """What is looked in."""

    files: list[Blob] = Field(default_factory=list[Blob], max_length=MOST_FILES, description=f"Files: {A_FILE}")


class OneDocument(Model):
    """Which document."""

    file: Blob | None = Field(default=None, description=f"A file: {A_FILE}")


@dataclass(frozen=True, kw_only=True)
class Given:
    """The passages that an answer is looked for in."""

    passages: Sequence[Passage]
    ranked: bool = False
    """Whether they are the best of more already."""
    notes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document at hand: the text of its pages."""

    name: str
    pages: Sequence[tuple[int, str]]
    """Numbers, from 1, and texts."""
    document_id: str | None = None
    notes: Sequence[str] = ()
    """What was left out when it was read."""

    def passages(self) -> list[Passage]:
        """The pages in parts, cut between sentences."""
        return [self.passage(number, *run) for number, text in self.pages for run in _runs(text)]

    def sentences(self) -> list[Passage]:
        """Each sentence of the pages."""
        return [self.passage(number, one.text, one.start) for number, text in self.pages for one in sentences_of(text)]

    def passage(self, number: int, text: str, start: int) -> Passage:
        """A part of a page."""
        return Passage(text=text, document=self.name, document_id=self.document_id, page=number, start=start)


def _runs(text: str) -> Iterable[tuple[str, int]]:
    """Sentences that follow each other, as many as a passage holds; the text between them too."""
    held: list[Sentence] = []
    for one in sentences_of(text):
        if held and one.end - held[0].start > LONGEST_PASSAGE:
            yield text[held[0].start : held[-1].end], held[0].start
            held = []
        held.append(one)
    if held:
        yield text[held[0].start : held[-1].end], held[0].start


async def read_files(ctx: Context, files: Sequence[Blob], field: str = "files") -> list[Document]:
    """The files' texts.

    Raises:
        NisError: as `documents.read_document` does; by its place among the files.
    """
    return [await _read(ctx, blob, f"{field}.{number}") for number, blob in enumerate(files)]


async def _read(ctx: Context, blob: Blob, field: str) -> Document:
    pages: list[tuple[int, str]] = []
    notes: list[str] = []
    title: str | None = None
    first: int | None = 1
    try:
        while first is not None:
            read = await ctx.call(read_document, ReadRequest(document=blob, first_page=first))
            pages += [(page.number, page.text) for page in read.pages]
            notes += [note for note in read.notes if note not in notes]
            first, title = read.next_page, read.title
    except NisError as error:
        error.field = field
        raise
    return Document(name=blob.name or title or field, pages=pages, notes=notes)


async def passages_for(ctx: Context, asked: Asked, question: str, most: int) -> Given:
    """The passages of all that is given.

    Raises:
        InvalidRequest: nothing is.
    """
    if not asked.files:
        raise InvalidRequest("No document is given.", field="files", value=[], remedy="Give a file.")
    read = await read_files(ctx, asked.files)
    notes = [f"{one.name}: {note}" for one in read for note in one.notes]
    return Given(passages=[passage for one in read for passage in one.passages()], notes=notes)


async def document_for(ctx: Context, asked: OneDocument, field: str = "file") -> Document:
    """The document that is given.

    Raises:
        InvalidRequest: none is.
    """
    if asked.file is None:
        raise InvalidRequest("No document is given.", field=field, value=None, remedy="Give a file.")
    return await _read(ctx, asked.file, field)
