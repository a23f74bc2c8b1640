"""Documents that are kept to be searched: added, told of, found, removed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, JsonValue

from nis_backend.annotations import Knob
from nis_backend.blob import Blob
from nis_backend.capabilities.collections.operations import DeleteItems, add_items, delete_items
from nis_backend.capabilities.documents import asked, views
from nis_backend.capabilities.documents.document import (
    LONGEST_NAME,
    OWN,
    USUAL,
    DeletedDocument,
    Document,
    DocumentList,
    ListDocuments,
    OneDocument,
    Scalars,
    Which,
    facts_of,
    find,
    told,
)
from nis_backend.capabilities.documents.finding import FoundPassages, SearchDocuments, search
from nis_backend.capabilities.documents.keeping import Wanted, collection_for, collection_of, keep
from nis_backend.capabilities.documents.pages import OVERLAP, SIZE
from nis_backend.errors import Fenced, InvalidRequest, NisError, NotFound
from nis_backend.operation import Before, Example, Model, Recorded, operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context

LONGEST = 86_400.0
"""Seconds that a run may take which reads documents: five thousand scanned pages take some hours."""
CAME = "of a document"
"""What a file is for that came with the request: it goes with the document. No word that a caller may give."""
MOST_DOCUMENTS = 200
"""In one request."""


class Keeping(Model):
    """How documents are kept."""

    collection: Which | None = Field(
        default=None, description='A collection of kind documents, by its id or name; unset: "documents".'
    )
    metadata: Scalars = Field(
        default_factory=dict[str, bool | int | float | str],
        max_length=16,
        description="What is known of it, by names: searches may ask for it.",
    )
    size: Annotated[int, Knob()] = Field(default=SIZE, ge=16, le=2000, description="Word pieces of a chunk, at most.")
    overlap: Annotated[int, Knob()] = Field(
        default=OVERLAP, ge=0, le=500, description="Word pieces at the end of a chunk that the next one repeats."
    )
    recognise: Annotated[bool, Knob()] = Field(
        default=True, description="Read pictures of pages by text recognition, and sounds by transcription."
    )
    ignore_macros: Annotated[bool, Knob()] = Field(
        default=False, description="Read a file that has macros all the same. None is ever run."
    )


class AddDocument(Keeping):
    """A document to be kept."""

    document: Blob = Field(description="The file: see documents.read_document for what is read.")
    name: str = Field(
        default="",
        max_length=LONGEST_NAME,
        description="What it is called; unset, the file's name. One of this name in the collection is replaced.",
    )


class AddFiles(Keeping):
    """Documents to be kept, each under its file's name."""

    documents: list[Blob] = Field(min_length=1, max_length=MOST_DOCUMENTS, description="The files.")


class DocumentKept(Model):
    """What has become of a document."""

    id: str = Field(description="The document's id.")
    outcome: Literal["added", "replaced", "unchanged"] = Field(
        description="unchanged: one of this name with the same bytes, kept in the same way, was there."
    )
    document: Document


class OneOutcome(Model):
    """What has become of one of several."""

    name: str
    outcome: Literal["added", "replaced", "unchanged", "failed"]
    document: Document | None
    problem: dict[str, JsonValue] | None = Field(description="Why it could not be read.")


class DocumentsKept(Model):
    """What has become of each, in the order in which they came."""

    documents: list[OneOutcome]
    failed: int


async def _prepare(request: Any, ctx: Context) -> Any:  # Any: AddDocument or AddFiles
    """Refuse what would never do, and name the collection that is meant."""
    taken = sorted(set(request.metadata) & set(OWN))
    if taken:
        raise InvalidRequest(
            f"metadata.{taken[0]} is what a chunk itself says.",
            field=f"metadata.{taken[0]}",
            value=request.metadata[taken[0]],
            remedy=f"Use another name than {', '.join(OWN)}.",
        )
    _refuse_metadata(request.metadata)
    if isinstance(request, AddFiles):
        _refuse_doubles(request.documents)
    collection = await collection_for(request.collection, ctx)
    for blob_id in ctx.came:
        await ctx.blobs.settle(blob_id, {"purpose": CAME})
    return request.model_copy(update={"collection": collection.id})


def _refuse_metadata(metadata: Scalars) -> None:
    """Each chunk is to have it: what no item may have is refused before anything is read."""
    try:
        add_items.validate({"id": USUAL, "items": [{"text": "any", "metadata": metadata}]})
    except InvalidRequest as error:
        where = "items.0."
        raise InvalidRequest(
            error.message.replace(where, ""),
            field=(error.field or "metadata").removeprefix(where),
            value=error.value,
            remedy=error.remedy.replace(where, ""),
        ) from None


def _refuse_doubles(documents: Sequence[Blob]) -> None:
    """Of two files of one name the second would take the place of the first."""
    known: dict[str, str] = {}
    for place, one in enumerate(documents):
        if one.name and known.setdefault(one.name, one.sha256) != one.sha256:
            raise InvalidRequest(
                f"Two of the files are called {one.name!r}, and are not the same.",
                field=f"documents.{place}.name",
                value=one.name,
                remedy="Give each a name of its own: with its folder, say.",
            )


async def _wanted(request: Keeping, document: Blob, name: str, ctx: Context) -> Wanted:
    return Wanted(
        document=document,
        collection_id=str(request.collection),
        name=name or document.name or f"document {document.sha256[:12]}",
        owned=(await ctx.blobs.find(document.id, "document"))[0]["purpose"] == CAME,
        **request.model_dump(include={"metadata", "size", "overlap", "recognise", "ignore_macros"}),
    )


KEPT = Before(name="kept", operation="documents.add_document", request={"document": asked.REPORT, "name": "report.md"})


@operation(
    "documents.add_document",
    effect="writes",
    view=views.draw_added,
    prepare=_prepare,
    outward=True,
    time_limit=LONGEST,
    queue="compute",
    examples=(
        Example(
            title="A report",
            request={"document": asked.REPORT, "name": "harbour.md"},
            question="Add this document to my library so that I can search it.",
            also=asked.ADD,
        ),
    ),
)
async def add_document(request: AddDocument, ctx: Context) -> Recorded[DocumentKept]:
    """Read a document into a collection, as a run: its text is found by its words and by what it means.

    The same bytes under the same name are left as they are; other bytes replace what was there, which stays until they
    are all in. The run tells page by page how far it is, can be cancelled, and goes on where a crash has cut it,
    without a chunk twice.

    Raises:
        NisError: the document cannot be read; see `documents.read_document`.
        NotFound: there is no such collection.
        Conflict: another run is reading a document of this name.
    """
    outcome, document = await keep(await _wanted(request, request.document, request.name, ctx), ctx)
    return DocumentKept(id=document.id, outcome=outcome, document=document)


@operation(
    "documents.add_files",
    effect="writes",
    view=views.draw_several,
    prepare=_prepare,
    outward=True,
    time_limit=LONGEST,
    queue="compute",
    examples=(
        Example(
            title="Two files",
            request={
                "documents": [
                    {"base64": asked.REPORT.partition(",")[2], "name": "one.md"},
                    {"base64": asked.NOTE.partition(",")[2], "name": "two.txt"},
                ]
            },
            question="Add all of these files to my documents.",
            also=asked.ADD_MANY,
        ),
    ),
)
async def add_files(request: AddFiles, ctx: Context) -> Recorded[DocumentsKept]:
    """Read several documents into a collection, as a run: each is told of, and one that cannot be read stops no other.

    Raises:
        NotFound: there is no such collection.
    """
    outcomes: list[OneOutcome] = []
    for document in request.documents:
        wanted = await _wanted(request, document, "", ctx)
        try:
            outcome, kept = await keep(wanted, ctx)
        except Fenced:  # the rest goes on elsewhere
            raise
        except NisError as error:
            outcomes.append(OneOutcome(name=wanted.name, outcome="failed", document=None, problem=error.problem()))
        else:
            outcomes.append(OneOutcome(name=wanted.name, outcome=outcome, document=kept, problem=None))
    return DocumentsKept(documents=outcomes, failed=sum(one.outcome == "failed" for one in outcomes))


@operation(
    "documents.get_document",
    effect="reads",
    resource="document",
    view=views.draw_kept,
    examples=(Example(title="By its id", request={"id": "{kept.id}"}, before=(KEPT,)),),
)
async def get_document(request: OneDocument, ctx: Context) -> Document:
    """Get what is known of a document that is kept: its pages, chunks, file, and what went wrong.

    Raises:
        NotFound: the caller has none such.
    """
    return await told(await find(request.id, ctx), ctx)


@operation(
    "documents.list_documents",
    effect="reads",
    resource="document",
    view=views.draw_list,
    examples=(
        Example(
            title="The newest",
            request={"limit": 1},
            before=(KEPT,),
            question="Which documents do I have?",
            also=asked.LIST,
        ),
    ),
)
async def list_documents(request: ListDocuments, ctx: Context) -> DocumentList:
    """List the documents that are kept, the newest first.

    Raises:
        NotFound: there is no such collection.
    """
    where: dict[str, Any] = {} if request.state is None else {"state": request.state}
    if request.collection is not None:
        collection = await collection_of(request.collection, ctx)
        where["collection_id"] = collection and collection.id
    rows, following = await ctx.store.page("documents", where=where, cursor=request.cursor, limit=request.limit)
    return DocumentList(documents=[await told(row, ctx) for row in rows], next_cursor=following)


@operation(
    "documents.delete_document",
    effect="destroys",
    repeatable=True,
    resource="document",
    examples=(Example(title="No more", request={"id": "{kept.id}"}, before=(KEPT,)),),
)
async def delete_document(request: OneDocument, ctx: Context) -> DeletedDocument:
    """Delete a document with its chunks; its file too, where it came with it.

    Raises:
        NotFound: the caller has none such.
    """
    row = await find(request.id, ctx)
    gone = await ctx.call(delete_items, DeleteItems(id=row["collection_id"], document_id=request.id))
    await ctx.store.delete("documents", request.id)
    if facts_of(row).owned and row["blob_id"] is not None:
        with contextlib.suppress(NotFound):
            await ctx.blobs.delete(row["blob_id"])
    return DeletedDocument(id=request.id, chunks=gone.deleted)


@operation(
    "documents.search_documents",
    effect="reads",
    outward=True,
    essential=True,
    view=views.draw_passages,
    time_limit=120,
    examples=(
        Example(
            title="By words and meaning",
            request={"query": "how long was the pier closed", "limit": 2},
            before=(KEPT,),
            question='Search my documents for "how long was the pier closed".',
            also=asked.FIND,
        ),
    ),
)
async def search_documents(request: SearchDocuments, ctx: Context) -> FoundPassages:
    """Search the documents that are kept: passages with their document, page, place and the sentence that answers best.

    By words (BM25) and by meaning (cosine), fused; by words alone where there is no embedding model, which is said.

    Raises:
        NotFound: there is no such collection.
        Unavailable: by vectors alone, where there are none.
    """
    return await search(request, ctx)


OPERATIONS = (
    add_document,
    add_files,
    get_document,
    list_documents,
    delete_document,
    search_documents,
)
