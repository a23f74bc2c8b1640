"""What is asked about: files that are given, or documents that are kept in a collection; as pages, or as passages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from nis_backend.annotations import Reads
from nis_backend.blob import Blob
from nis_backend.capabilities.collections.operations import ListItems, list_items
from nis_backend.capabilities.documents.citing import Passage
from nis_backend.capabilities.documents.document import LONGEST_NAME, Which, facts_of, version_of
from nis_backend.capabilities.documents.finding import SearchDocuments
from nis_backend.capabilities.documents.ingesting import search_documents
from nis_backend.capabilities.documents.keeping import collection_of
from nis_backend.capabilities.documents.operations import read_document
from nis_backend.capabilities.documents.pages import ReadRequest
from nis_backend.capabilities.documents.sentences import sentences_of
from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.found import named_in
from nis_backend.operation import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.capabilities.documents.sentences import Sentence
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST_FILES = 8
MOST_KEPT = 5000
"""Documents of a collection among which one is looked for by its name."""
LONGEST_PASSAGE = 900
"""Characters of a passage: some 200 words, as many as the embedding model in the box reads."""


A_FILE = "PDF, Word, Excel, PowerPoint, HTML, Markdown, e-mail, CSV, plain text, a scan or a sound."


A_COLLECTION = 'Where they are kept: the id or name of a collection; unset, "documents".'
Named = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]


class Asked(Model):
    """What is looked in."""

    files: list[Blob] = Field(default_factory=list[Blob], max_length=MOST_FILES, description=f"Files: {A_FILE}")
    documents: Annotated[list[Named], Reads("documents")] = Field(
        default_factory=list[str],
        max_length=MOST_FILES,
        description="Documents that are kept, by name or id; without these and files, all of the collection.",
    )
    collection: Which | None = Field(default=None, description=A_COLLECTION)


class WhichDocument(Model):
    """Which document: a file, or one that is kept."""

    file: Blob | None = Field(default=None, description=f"A file: {A_FILE}")
    document: Annotated[Named, Reads("document")] | None = Field(
        default=None, description="A document that is kept, by name or id; or attach a file."
    )
    collection: Which | None = Field(default=None, description=A_COLLECTION)


@dataclass(frozen=True, kw_only=True)
class Given:
    """The passages that an answer is looked for in."""

    passages: Sequence[Passage]
    ranked: bool = False
    """Whether they are the best of more already."""
    notes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Reading:
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


async def read_files(ctx: Context, files: Sequence[Blob], field: str = "files") -> list[Reading]:
    """The files' texts.

    Raises:
        NisError: as `documents.read_document` does; by its place among the files.
    """
    return [await _read(ctx, blob, f"{field}.{number}") for number, blob in enumerate(files)]


async def _read(ctx: Context, blob: Blob, field: str) -> Reading:
    pages: list[tuple[int, str]] = []
    notes: list[str] = []
    title: str | None = None
    first: int | None = 1
    with named_in(field):
        while first is not None:
            read = await ctx.call(read_document, ReadRequest(document=blob, first_page=first))
            pages += [(page.number, page.text) for page in read.pages]
            notes += [note for note in read.notes if note not in notes]
            first, title = read.next_page, read.title
    return Reading(name=blob.name or title or field, pages=pages, notes=notes)


async def passages_for(ctx: Context, asked: Asked, question: str, most: int) -> Given:
    """The passages of all that is given, or those of what is kept that answer the question best.

    Raises:
        InvalidRequest: nothing is given, and nothing is kept.
        NotFound: there is no such collection or document.
    """
    read = await read_files(ctx, asked.files)
    notes = [f"{one.name}: {note}" for one in read for note in one.notes]
    passages = [passage for one in read for passage in one.passages()]
    if read and not asked.documents and asked.collection is None:
        return Given(passages=passages, notes=notes)
    named = enumerate(asked.documents)
    rows = [await kept_as(ctx, name, asked.collection, f"documents.{number}") for number, name in named]
    found = [await _searched(ctx, asked, question, most, row) for row in rows or [None]]
    kept = [passage for one in found for passage in one.passages]
    notes += list(dict.fromkeys(note for one in found for note in one.notes))
    return Given(passages=[*passages, *kept], ranked=not read and len(rows) <= 1, notes=notes)


async def _searched(ctx: Context, asked: Asked, question: str, most: int, row: Row | None) -> Given:
    """What is found in one document, or in all of a collection."""
    wanted = SearchDocuments(
        query=question,
        collection=asked.collection if row is None else row["collection_id"],
        limit=most,
        document_id=None if row is None else row["id"],
    )
    try:
        found = await ctx.call(search_documents, wanted)
    except NotFound as error:
        error.field = "collection"
        raise
    if not found.collection:
        raise InvalidRequest(
            "No document is given, and none is kept.",
            field="files",
            value=[],
            remedy="Give a file, or add documents with documents.add_document first.",
        )
    passages = [
        Passage(text=one.text, document=one.document, document_id=one.document_id, page=one.page, start=one.start)
        for one in found.passages
    ]
    return Given(passages=passages, ranked=True, notes=found.notes)


async def document_for(ctx: Context, asked: WhichDocument) -> Reading:
    """The document that is meant.

    Raises:
        InvalidRequest: there is not one of file and document.
        NotFound: there is no such document.
    """
    if (asked.file is None) == (asked.document is None):
        raise InvalidRequest(
            "There is one document: a file, or one that is kept.",
            field="file",
            value=None,
            remedy="Give one of file and document.",
        )
    if asked.file is not None:
        return await _read(ctx, asked.file, "file")
    return await kept_pages(ctx, await kept_as(ctx, str(asked.document), asked.collection, "document"))


async def kept_as(ctx: Context, name: str, collection: str | None, field: str) -> Row:
    """The row of a document that is kept, by its id or its name; its name without case, or without its ending, too.

    Raises:
        NotFound: there is none of this name, or it is not all in.
    """
    row = await ctx.store.get("documents", name)
    if row is None:
        where = await collection_of(collection, ctx)
        rows = await ctx.store.select("documents", where={"collection_id": where.id}, limit=MOST_KEPT) if where else []
        row = _named(name, rows)
    if row is None or row["state"] != "ready":
        what = f"No document is called {name!r}." if row is None else f"{name} is not read to its end yet."
        raise NotFound(what, field=field, value=name, remedy="List the documents to see what there is.")
    return row


def _named(name: str, rows: Sequence[Row]) -> Row | None:
    plain = name.casefold()
    for same in (
        [row for row in rows if row["name"] == name],
        [row for row in rows if str(row["name"]).casefold() == plain],
        [row for row in rows if str(row["name"]).casefold().rpartition(".")[0] == plain],
    ):
        if len(same) == 1:
            return same[0]
    return None


async def kept_pages(ctx: Context, row: Row) -> Reading:
    """The text of a document that is kept, from its chunks: each is a part of a page, at its place."""
    pages: dict[int, list[tuple[int, str]]] = {}
    version = version_of(row)
    cursor: int | None = 0
    while cursor is not None:
        wanted = ListItems(id=row["collection_id"], document_id=row["id"], cursor=cursor, limit=100)
        found = await ctx.call(list_items, wanted)
        for item in found.items:
            if item.metadata.get("version") == version:
                pages.setdefault(int(item.metadata["page"]), []).append((int(item.metadata["start"]), item.text))
        cursor = found.next_cursor
    return Reading(
        name=str(row["name"]),
        document_id=str(row["id"]),
        pages=[(number, joined(parts)) for number, parts in sorted(pages.items())],
        notes=facts_of(row).notes,
    )


def joined(parts: Sequence[tuple[int, str]]) -> str:
    """A page's text from parts of it, each with its place; between them was white space."""
    text = ""
    for start, part in sorted(parts):
        gap = start - len(text)
        if gap > 0:
            text += " " if gap == 1 else "\n" * gap
        text += part[max(0, len(text) - start) :]
    return text
