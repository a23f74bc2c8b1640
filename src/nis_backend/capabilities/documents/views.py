"""Documents as a person would rather look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import shorten
from nis_backend.view import Table, Text, View, moment, plain, verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.documents.document import Document, DocumentList, ListDocuments, OneDocument
    from nis_backend.capabilities.documents.finding import FoundPassages, SearchDocuments
    from nis_backend.capabilities.documents.ingesting import DocumentKept, DocumentsKept
    from nis_backend.capabilities.documents.pages import DocumentRead, DocumentSplit, Page, ReadRequest, SplitRequest
    from nis_backend.operation import Model

SHOWN = 4_000
"""Characters of a document that are shown: whoever wants all has the answer itself."""
TABLES = 5
ROWS = 50
QUOTES = 3
NAMED = 10
"""Documents that are named in words."""
SHORT = 120
"""Characters of a chunk in a list."""


def draw_document(request: ReadRequest, read: DocumentRead) -> list[View]:
    """What it is, its text from the beginning, its tables, and what was left out."""
    called = f"“{plain(read.name)}”" if read.name else "The document"
    pages = f"{read.total_pages} page{'s' if read.total_pages != 1 else ''}"
    told = f"{called} ({read.kind}, {pages}): {read.characters} characters were read."
    if read.next_page is not None:
        told += f" The answer ends before page {read.next_page}."
    scanned = [one for one in read.pages if one.ocr]
    if scanned:
        told += f" {_scanned(scanned)}"
    text = "\n\n".join(one.text for one in read.pages)
    shown = verbatim(text[:SHOWN], lines=True) + ("…" if len(text) > SHOWN else "")
    tables = [(page, table) for page in read.pages for table in page.tables if table.rows]
    return [
        Text(text=told),
        Text(text=shown),
        *(_table(page, table.rows) for page, table in tables[:TABLES]),
        *([Text(text="\n".join(f"- {verbatim(one)}" for one in read.notes))] if read.notes else []),
    ]


def draw_chunks(request: SplitRequest, split: DocumentSplit) -> list[View]:
    """How many there are, and where each stands."""
    called = f"“{plain(split.name)}”" if split.name else "The document"
    told = f"{called} in {len(split.chunks)} chunks of at most {request.size} word pieces."
    rows: list[list[str | float]] = [
        [one.number, one.page, " / ".join(one.heading), one.tokens, shorten(one.text, SHORT)] for one in split.chunks
    ]
    columns = ["Chunk", "Page", "Under", "Word pieces", "Text"]
    return [Text(text=told), Table(title="Chunks", columns=columns, rows=rows[:ROWS])]


def _scanned(pages: list[Page]) -> str:
    scores = [one.ocr.confidence for one in pages if one.ocr and one.ocr.confidence is not None]
    how = f", mean score {sum(scores) / len(scores):.2f}" if scores else ""
    return f"{len(pages)} of them by recognition{how}."


def _table(page: Page, rows: list[list[str]]) -> Table:
    width = max(len(one) for one in rows)
    padded: list[list[str | float]] = [[*one, *[""] * (width - len(one))] for one in rows]
    columns = [str(one) or f"{place + 1}" for place, one in enumerate(padded[0])]
    return Table(title=page.title or f"Page {page.number}", columns=columns, rows=padded[1 : ROWS + 1])


def draw_kept(request: OneDocument, document: Document) -> list[View]:
    """One document in words, and what went wrong with it."""
    return [Text(text=_said(document)), *_listed([document]), *_notes(document)]


def draw_added(request: Model, kept: DocumentKept) -> list[View]:
    """What has become of it."""
    return [Text(text=f"{kept.outcome.capitalize()}. {_said(kept.document)}"), *_notes(kept.document)]


def draw_several(request: Model, kept: DocumentsKept) -> list[View]:
    """What has become of each."""
    told = f"{len(kept.documents) - kept.failed} of {len(kept.documents)} documents are in."
    rows: list[list[str | float]] = [
        [one.name, one.outcome, one.document.chunks if one.document else 0, str((one.problem or {}).get("detail", ""))]
        for one in kept.documents
    ]
    return [Text(text=told), Table(title="Documents", columns=["Name", "Outcome", "Chunks", "Problem"], rows=rows)]


def _said(document: Document) -> str:
    pages = f"{document.pages} page{'s' if document.pages != 1 else ''}, " if document.pages else ""
    told = f"“{plain(document.name)}” is {document.state}: {pages}{document.chunks} chunks."
    if document.problem:
        told += f" {document.problem.get('detail', '')} {document.problem.get('remedy', '')}"
    return told.rstrip()


def _notes(document: Document) -> list[View]:
    return [Text(text="\n".join(f"- {verbatim(one)}" for one in document.notes))] if document.notes else []


def draw_list(request: ListDocuments, result: DocumentList) -> list[View]:
    """A row for each."""
    if not result.documents:
        return [Text(text="There are no such documents.")]
    names = [one.name + ("" if one.state == "ready" else f" ({one.state})") for one in result.documents[:NAMED]]
    more = f" and {len(result.documents) - NAMED} more" if len(result.documents) > NAMED else ""
    many = len(result.documents)
    told = f"{many} document{'s' if many > 1 else ''}: {', '.join(map(verbatim, names))}{more}."
    return [Text(text=told), *_listed(result.documents)]


def _listed(documents: Sequence[Document]) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.name, one.state, one.kind or "", one.pages or 0, one.chunks, moment(one.created)]
        for one in documents
    ]
    return [
        Table(title="Documents", columns=["id", "name", "state", "kind", "pages", "chunks", "added (UTC)"], rows=rows)
    ]


def draw_passages(request: SearchDocuments, found: FoundPassages) -> list[View]:
    """The best quotes with their places, then all passages."""
    notes = [Text(text="\n".join(f"- {verbatim(one)}" for one in found.notes))] if found.notes else []
    if not found.passages:
        return [Text(text="No passage was found."), *notes]
    quotes = "\n".join(
        f"- “{verbatim(one.quote)}” ({plain(one.document)}, page {one.page})" for one in found.passages[:QUOTES]
    )
    rows: list[list[str | float]] = [
        [one.document, one.page, one.heading, round(one.score, 4), shorten(one.text, SHORT)] for one in found.passages
    ]
    columns = ["Document", "Page", "Under", "Score", "Text"]
    return [Text(text=quotes), Table(title="Passages", columns=columns, rows=rows), *notes]
