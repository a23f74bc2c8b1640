"""A document that is kept in a collection: as it is told, and as its row has it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, JsonValue, StrictBool, StrictFloat, StrictInt, StringConstraints

from nis_backend import found
from nis_backend.annotations import Reads
from nis_backend.capabilities.documents.pages import Kind
from nis_backend.errors import Cancelled, NotFound
from nis_backend.operation import Model
from nis_backend.paged import Cursor, Next
from nis_backend.run import TERMINAL

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

USUAL = "documents"
"""The collection that is meant where none is named: made with the first document."""
LONGEST_NAME = 200
OWN = ("name", "page", "start", "end", "heading", "version", "chunk")
"""Members of a chunk's metadata that are ours."""

Which = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Scalars = dict[
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")],
    StrictBool | StrictInt | StrictFloat | Annotated[str, StringConstraints(max_length=512)],
]
Keeping = Literal["reading", "ready", "failed"]


class Facts(Model):
    """What a row has in its column `metadata`."""

    kind: Kind | None = None
    title: str | None = None
    notes: list[str] = Field(default_factory=list[str])
    owned: bool = False
    """Whether its file came with it, and goes with it."""
    given: Scalars = Field(default_factory=dict[str, bool | int | float | str])
    version: str = ""
    """What chunks of what is read say of themselves: those of another time that it was read are none of it."""
    size: int = 0
    overlap: int = 0
    recognise: bool = True
    partly: bool = False
    """Whether a page was not recognised that may be another time: what does that is not here, or was busy."""

    @property
    def how(self) -> dict[str, Any]:  # Any: JSON
        """How it was kept."""
        return {"metadata": self.given, "size": self.size, "overlap": self.overlap, "recognise": self.recognise}


class Document(Model):
    """A document whose text is searched."""

    id: str
    collection_id: str
    name: str = Field(description="One document of a collection has it: another file of this name replaces it.")
    state: Keeping = Field(description="reading: it is not all in; ready: it is searched; failed: see `problem`.")
    problem: dict[str, JsonValue] | None = Field(description="Why it, or what was to replace it, could not be read.")
    kind: Kind | None
    media_type: str
    title: str | None
    sha256: str = Field(description="Of its bytes.")
    version: str = Field(description="What the metadata of its chunks has: others are of what it was, or will be.")
    blob_id: str | None = Field(description="Its file; null where that is gone.")
    pages: int | None
    characters: int
    chunks: int
    notes: list[str] = Field(description="What was left out or guessed.")
    metadata: Scalars = Field(description="What its caller said of it; each of its chunks has it too.")
    run_id: str | None = Field(description="The run that has read it, or is reading it.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


class OneDocument(Model):
    """Which document."""

    id: str = Field(min_length=1, max_length=64, description="The document's id.")


class ListDocuments(Model):
    """Which documents, the newest first."""

    collection: Which | None = Field(default=None, description="Only of this collection: its id or name.")
    state: Annotated[Keeping, Reads("choice")] | None = Field(default=None, description="Only in this state.")
    cursor: Cursor = None
    limit: Annotated[int, Reads("count")] = Field(default=20, ge=1, le=100, description="Most to answer.")


class DocumentList(Model):
    """One page of documents."""

    documents: list[Document]
    next_cursor: Next


class DeletedDocument(Model):
    """A document that is gone."""

    id: str
    chunks: int = Field(description="How many of its chunks have gone.")


def facts_of(row: Row) -> Facts:
    """What its column `metadata` says."""
    return Facts.model_validate_json(str(row["metadata"]))


def document_of(row: Row) -> Document:
    """A row as it is told."""
    facts = facts_of(row)
    problem: Any = row["problem"] and json.loads(row["problem"])
    same = ("id", "collection_id", "name", "state", "media_type", "blob_id", "pages", "characters", "chunks", "run_id")
    return Document(
        **{one: row[one] for one in (*same, "created", "updated")},
        problem=problem,
        sha256=row["digest"],
        kind=facts.kind,
        title=facts.title,
        notes=facts.notes,
        version=facts.version,
        metadata=facts.given,
    )


find = partial(found.by_id, "documents", "document")
"""The row of a document, by its id."""


async def told(row: Row, ctx: Context) -> Document:
    """A row as it is told: one that is being read by a run that was ended while it rested is read by nobody."""
    document = document_of(row)
    if document.state != "reading" or not await has_ended(document.run_id, ctx):
        return document
    cut = Cancelled("Its run was ended before all of it was in.", remedy="Add it again.")
    return document.model_copy(update={"state": "failed", "problem": cut.problem()})


def version_of(row: Row) -> str | None:
    """The version that its chunks are of; None where it is not all in yet."""
    return facts_of(row).version if row["state"] == "ready" else None


async def has_ended(run_id: str | None, ctx: Context) -> bool:
    """Whether the run has ended that reads, or has read, a document."""
    if run_id is None:
        return True
    try:
        return (await ctx.runs.get(run_id)).state in TERMINAL
    except NotFound:
        return True
