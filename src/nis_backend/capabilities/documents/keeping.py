"""How a document comes into a collection, and how another of its name takes its place.

A row says which bytes a document is: a search answers chunks of those alone. Chunks of other bytes come in beside
them, then the row changes, then the old ones go; what a crash cuts is gone on from the last recorded step.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from nis_backend.capabilities.collections.operations import (
    CreateCollection,
    DeleteItems,
    OneCollection,
    create_collection,
    delete_items,
    get_collection,
)
from nis_backend.capabilities.documents.document import USUAL, Document, Facts, Scalars, document_of, facts_of, mark_of
from nis_backend.capabilities.documents.taking import Taken, TakeRequest, take_pages
from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import Cancelled, Conflict, InternalError, InvalidRequest, NisError, NotFound
from nis_backend.run import TERMINAL

if TYPE_CHECKING:
    from nis_backend.blob import Blob
    from nis_backend.capabilities.collections.operations import Collection
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.operation import Json

Outcome = Literal["added", "replaced", "unchanged"]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A document to be kept, and how."""

    document: Blob
    collection_id: str
    name: str
    owned: bool
    metadata: Scalars
    size: int
    overlap: int
    recognise: bool
    ignore_macros: bool


async def collection_of(which: str | None, ctx: Context) -> Collection | None:
    """The collection that is named; None where none is named and the usual one is not there yet.

    Raises:
        NotFound: there is none of this name.
        InvalidRequest: it holds something else.
    """
    try:
        found = await ctx.call(get_collection, OneCollection(id=which or USUAL))
    except NotFound:
        if which is not None:
            raise
        return None
    if found.kind != "documents":
        raise InvalidRequest(
            f"The collection {found.name!r} is of kind {found.kind}.",
            field="collection",
            value=which,
            remedy="Name one that was made with kind=documents, or leave it out.",
        )
    return found


async def collection_for(which: str | None, ctx: Context) -> Collection:
    """The same; the usual one is made where it is not there."""
    found = await collection_of(None if which == USUAL else which, ctx)
    if found is not None:
        return found
    try:
        return await ctx.call(create_collection, CreateCollection(name=USUAL, kind="documents"))
    except Conflict:  # another call has made it meanwhile
        return await ctx.call(get_collection, OneCollection(id=USUAL))


async def keep(wanted: Wanted, ctx: Context) -> tuple[Outcome, Document]:
    """Have the document in its collection; in a run, whose steps these are.

    Raises:
        NisError: it cannot be read; the one of its name that was there stays.
        Conflict: another run is reading one of this name.
    """
    fresh = ctx.new_id("document")
    plan: Json = await ctx.note(f"plan {fresh}", lambda: _plan(wanted, fresh, ctx))
    document_id = str(plan["id"])
    if plan["unchanged"]:
        await _drop_file(wanted.document.id if wanted.owned and wanted.document.id != plan["file"] else None, ctx)
        return "unchanged", document_of(await _row(document_id, ctx))
    await _begin(wanted, document_id, plan, ctx)
    try:
        taken = await _take_all(wanted, document_id, ctx)
    except asyncio.CancelledError as stopped:
        if stop_reason(stopped) == CANCELLED:
            error = Cancelled("It was cancelled.", remedy="Add it again.")
            await asyncio.shield(_undo(wanted, document_id, plan, error, replace(ctx, journal=None, scope=None)))
        raise
    except Exception as error:
        fault = error if isinstance(error, NisError) else InternalError("It could not be read, by a fault inside nis.")
        await _undo(wanted, document_id, plan, fault, ctx)
        raise
    await _end(wanted, document_id, taken, ctx)
    await ctx.call(delete_items, _versions(wanted, document_id, {"other_than": mark_of(wanted.document.sha256)}))
    await _drop_file(plan["file"] if plan["owned"] and plan["file"] != wanted.document.id else None, ctx)
    return ("added" if plan["new"] else "replaced"), document_of(await _row(document_id, ctx))


async def _plan(wanted: Wanted, fresh: str, ctx: Context) -> Json:
    """What there is of this name, and whether it is the same."""
    row = await named(wanted.collection_id, wanted.name, ctx)
    if row is None:
        return {"id": fresh, "new": True, "unchanged": False, "file": None, "owned": False, "ready": False}
    await _refuse_busy(row, ctx)
    facts = facts_of(row)
    same = row["digest"] == wanted.document.sha256 and row["state"] == "ready" and facts.given == wanted.metadata
    return {
        "id": row["id"],
        "new": False,
        "unchanged": same,
        "file": row["blob_id"],
        "owned": facts.owned,
        "ready": row["state"] == "ready",
    }


async def named(collection_id: str, name: str, ctx: Context) -> Row | None:
    """The document of this name."""
    rows = await ctx.store.select("documents", where={"collection_id": collection_id, "name": name}, limit=1)
    return rows[0] if rows else None


async def _refuse_busy(row: Row, ctx: Context) -> None:
    run_id = row["run_id"]
    if run_id is None or run_id == ctx.run.run_id:
        return
    try:
        run = await ctx.runs.get(str(run_id))
    except NotFound:
        return
    if run.state not in TERMINAL:
        raise Conflict(
            f"Another run, {run.id}, is reading a document called {row['name']!r}.",
            field="name",
            value=row["name"],
            remedy="Wait for it or cancel it, and add this one again.",
        )


async def _row(document_id: str, ctx: Context) -> Row:
    row = await ctx.store.get("documents", document_id)
    if row is None:
        raise NotFound(f"The document {document_id!r} was deleted meanwhile.", field="id", value=document_id)
    return row


async def _begin(wanted: Wanted, document_id: str, plan: Json, ctx: Context) -> None:
    now = ctx.now()
    if not plan["new"]:
        await ctx.store.update("documents", document_id, {"run_id": ctx.run.run_id, "updated": now})
        return
    row: Row = {
        "id": document_id,
        "collection_id": wanted.collection_id,
        "name": wanted.name,
        "digest": wanted.document.sha256,
        "media_type": wanted.document.media_type,
        "blob_id": wanted.document.id,
        "pages": None,
        "characters": 0,
        "chunks": 0,
        "state": "reading",
        "problem": None,
        "run_id": ctx.run.run_id,
        "metadata": Facts(owned=wanted.owned, given=wanted.metadata).model_dump_json(),
        "created": now,
        "updated": now,
    }
    await ctx.store.insert("documents", row)


async def _take_all(wanted: Wanted, document_id: str, ctx: Context) -> list[Taken]:
    """Its pages, some a step."""
    taken: list[Taken] = []
    following: int | None = 1
    while following is not None:
        before = taken[-1] if taken else None
        request = TakeRequest(
            document=wanted.document,
            collection_id=wanted.collection_id,
            document_id=document_id,
            name=wanted.name,
            metadata=wanted.metadata,
            first=following,
            size=wanted.size,
            overlap=wanted.overlap,
            recognise=wanted.recognise,
            ignore_macros=wanted.ignore_macros,
            above=before.above if before else [],
            done=before.chunks if before else 0,
        )
        taken.append(await ctx.step(take_pages, request))
        following = taken[-1].next
    return taken


async def _end(wanted: Wanted, document_id: str, taken: list[Taken], ctx: Context) -> None:
    """The row says what is in: from here on it is these bytes."""
    first, last = taken[0], taken[-1]
    notes = list(dict.fromkeys(note for one in taken for note in one.notes))
    facts = Facts(kind=first.kind, title=first.title, notes=notes[:100], owned=wanted.owned, given=wanted.metadata)
    changes = {
        "digest": wanted.document.sha256,
        "media_type": first.media_type,
        "blob_id": wanted.document.id,
        "pages": first.total,
        "characters": sum(one.characters for one in taken),
        "chunks": last.chunks,
        "state": "ready",
        "problem": None,
        "metadata": facts.model_dump_json(),
        "updated": ctx.now(),
    }
    if not await ctx.store.update("documents", document_id, changes):
        raise NotFound(f"{wanted.name!r} was deleted while it was read.", field="document", value=wanted.name)


async def _undo(wanted: Wanted, document_id: str, plan: Json, error: NisError, ctx: Context) -> None:
    """What came in of it goes again, and the row says why."""
    mark = mark_of(wanted.document.sha256)
    row = await ctx.store.get("documents", document_id)
    if row is None or not (plan["ready"] and mark_of(str(row["digest"])) == mark):
        try:
            await ctx.call(delete_items, _versions(wanted, document_id, mark))
        except NotFound:  # the collection was deleted, and its documents with it
            return
    changes: Row = {"problem": json.dumps(error.problem()), "updated": ctx.now()}
    if not plan["ready"]:
        changes["state"] = "failed"
    await ctx.store.update("documents", document_id, changes)


def _versions(wanted: Wanted, document_id: str, digest: Json | str) -> DeleteItems:
    """Chunks of this document, of these bytes or of any but these."""
    which = {"id": wanted.collection_id, "document_id": document_id, "where": {"digest": digest}}
    return DeleteItems.model_validate(which)


async def _drop_file(blob_id: str | None, ctx: Context) -> None:
    if blob_id is not None:
        try:
            await ctx.blobs.delete(blob_id)
        except NotFound:  # somebody has removed it
            return
