"""How a document comes into a collection, and how another of its name takes its place.

A row says which version of a document is read: a search answers chunks of that alone. Those of another version come in
beside them, then the row changes, then the old ones go; what a crash cuts is gone on from the last recorded step. One
run has a document at a time: it is the one that the row names, until it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
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
from nis_backend.capabilities.documents.document import (
    USUAL,
    Document,
    Facts,
    Scalars,
    document_of,
    facts_of,
    has_ended,
)
from nis_backend.capabilities.documents.taking import Taken, TakeRequest, take_pages
from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import Cancelled, Conflict, Fenced, InternalError, InvalidRequest, NisError, NotFound

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

    @property
    def how(self) -> Json:
        """How it is to be kept: another version where this differs."""
        return {"metadata": self.metadata, "size": self.size, "overlap": self.overlap, "recognise": self.recognise}


async def collection_of(which: str | None, ctx: Context) -> Collection | None:
    """The collection that is named; None where none is named and the usual one is not there yet.

    Raises:
        NotFound: there is none of this name.
        InvalidRequest: it holds something else.
    """
    try:
        found = await ctx.call(get_collection, OneCollection(id=which or USUAL))
    except NotFound as error:
        if which is None:
            return None
        error.field = "collection"
        raise
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
    fresh, run_id = ctx.new_id("document"), ctx.run.run_id
    try:
        plan: Json = await ctx.note(f"plan {fresh}", lambda: _plan(wanted, fresh, ctx))
        if not plan["unchanged"]:
            await _begin(wanted, plan, ctx)
    except Conflict as busy:
        if not isinstance(busy, Fenced):
            await _drop_file(wanted.document.id if wanted.owned else None, ctx)
        raise
    document_id = str(plan["id"])
    if plan["unchanged"]:
        await _drop_file(wanted.document.id if wanted.owned and wanted.document.id != plan["file"] else None, ctx)
        return "unchanged", document_of(await _row(document_id, ctx))
    try:
        taken = await _take_all(wanted, plan, ctx)
        await _end(wanted, plan, taken, ctx)
    except asyncio.CancelledError as stopped:
        if stop_reason(stopped) == CANCELLED:
            error = Cancelled("It was cancelled.", remedy="Add it again.")
            await asyncio.shield(_undo(wanted, plan, error, run_id, replace(ctx, journal=None, scope=None)))
        raise
    except Fenced:  # it goes on elsewhere, with what came in until now
        raise
    except Exception as error:
        fault = error if isinstance(error, NisError) else InternalError("It could not be read, by a fault inside nis.")
        await _undo(wanted, plan, fault, run_id, ctx)
        raise
    await ctx.call(delete_items, _versions(wanted, plan, {"other_than": plan["version"]}))
    await _drop_file(plan["file"] if plan["owned"] and plan["file"] != wanted.document.id else None, ctx)
    return ("added" if plan["new"] else "replaced"), document_of(await _row(document_id, ctx))


async def _plan(wanted: Wanted, fresh: str, ctx: Context) -> Json:
    """What there is of this name, and whether it is the same."""
    row = await named(wanted.collection_id, wanted.name, ctx)
    # The random half of an id: no two versions of a document have it in common.
    version = fresh[-12:]
    nothing: Json = {"unchanged": False, "file": None, "owned": False, "ready": False, "held": None}
    if row is None:
        return {"id": fresh, "version": version, "new": True, **nothing}
    await _refuse_busy(row, ctx)
    facts = facts_of(row)
    ready = row["state"] == "ready"
    return {
        "id": row["id"],
        "version": version,
        "new": False,
        "unchanged": ready and row["digest"] == wanted.document.sha256 and facts.how == wanted.how and not facts.partly,
        "file": row["blob_id"],
        "owned": facts.owned,
        "ready": ready,
        "held": row["run_id"],
    }


async def named(collection_id: str, name: str, ctx: Context) -> Row | None:
    """The document of this name."""
    rows = await ctx.store.select("documents", where={"collection_id": collection_id, "name": name}, limit=1)
    return rows[0] if rows else None


async def _refuse_busy(row: Row, ctx: Context) -> None:
    if row["run_id"] != ctx.run.run_id and not await has_ended(row["run_id"], ctx):
        raise _busy(str(row["name"]), str(row["run_id"]))


def _busy(name: str, run_id: str = "") -> Conflict:
    which = f"Another run, {run_id}," if run_id else "Another run"
    return Conflict(
        f"{which} is reading a document called {name!r}.",
        field="name",
        value=name,
        remedy="Wait for it or cancel it, and add this one again.",
    )


async def _row(document_id: str, ctx: Context) -> Row:
    row = await ctx.store.get("documents", document_id)
    if row is None:
        raise NotFound(f"The document {document_id!r} was deleted meanwhile.", field="id", value=document_id)
    return row


async def _begin(wanted: Wanted, plan: Json, ctx: Context) -> None:
    """Take the document, where no other run has done so since it was looked at."""
    now = ctx.now()
    if not plan["new"]:
        changes = {"run_id": ctx.run.run_id, "updated": now}
        if not await ctx.store.update("documents", plan["id"], changes, only_if={"run_id": plan["held"]}):
            raise _busy(wanted.name)
        return
    row: Row = {
        "id": plan["id"],
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
    try:
        await ctx.store.insert("documents", row)
    except Fenced:
        raise
    except Conflict:  # of its name there is one meanwhile
        raise _busy(wanted.name) from None


async def _take_all(wanted: Wanted, plan: Json, ctx: Context) -> list[Taken]:
    """Its pages, some a step."""
    taken: list[Taken] = []
    following: int | None = 1
    while following is not None:
        before = taken[-1] if taken else None
        request = TakeRequest(
            document=wanted.document,
            collection_id=wanted.collection_id,
            document_id=plan["id"],
            version=plan["version"],
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


async def _end(wanted: Wanted, plan: Json, taken: list[Taken], ctx: Context) -> None:
    """The row says what is in: from here on it is this version."""
    first, last = taken[0], taken[-1]
    notes = list(dict.fromkeys(note for one in taken for note in one.notes))
    facts = Facts(
        kind=first.kind,
        title=first.title,
        notes=notes[:100],
        owned=wanted.owned,
        given=wanted.metadata,
        version=plan["version"],
        size=wanted.size,
        overlap=wanted.overlap,
        recognise=wanted.recognise,
        partly=any(one.partly for one in taken),
    )
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
    if not await ctx.store.update("documents", plan["id"], changes, only_if={"run_id": ctx.run.run_id}):
        raise NotFound(f"{wanted.name!r} was deleted while it was read.", field="document", value=wanted.name)


async def _undo(wanted: Wanted, plan: Json, error: NisError, run_id: str, ctx: Context) -> None:
    """What came in of it goes again, with its file where no row has that, and the row says why."""
    with contextlib.suppress(NotFound):  # the collection was deleted, and its documents with it
        await ctx.call(delete_items, _versions(wanted, plan, plan["version"]))
    changes: Row = {"problem": json.dumps(error.problem()), "updated": ctx.now()}
    if not plan["ready"]:
        changes["state"] = "failed"
    told = await ctx.store.update("documents", plan["id"], changes, only_if={"run_id": run_id})
    if wanted.owned and not (plan["new"] and told) and wanted.document.id != plan["file"]:
        await _drop_file(wanted.document.id, ctx)


def _versions(wanted: Wanted, plan: Json, version: Json | str) -> DeleteItems:
    """Chunks of this document, of this version or of any but this."""
    which = {"id": wanted.collection_id, "document_id": plan["id"], "where": {"version": version}}
    return DeleteItems.model_validate(which)


async def _drop_file(blob_id: str | None, ctx: Context) -> None:
    if blob_id is not None:
        with contextlib.suppress(NotFound):  # somebody has removed it
            await ctx.blobs.delete(blob_id)
