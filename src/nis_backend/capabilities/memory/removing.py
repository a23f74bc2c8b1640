"""Removing what is about a user, and looking for it afterwards wherever it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.drivers.store.forgetting import AN_ID
from nis_backend.drivers.store.items import Which
from nis_backend.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.forgetting import AboutUser, Mentions

AT_ONCE = 500
STAYING = {
    "effects": "names of writes that hold ids of runs and no content: they keep a lost process from writing again, and "
    "go after a day",
    "outbox": "numbers of events that the bus has not acknowledged yet: their content is gone, and they go with it",
}
"""Tables whose rows name what was removed, stay on purpose, and why."""


@dataclass(kw_only=True)
class Evidence:
    """What was there, by which it is looked for."""

    ids: Sequence[str]
    numbers: dict[str, list[int]]
    """The items by their collections."""
    blobs: Sequence[str]
    kept: list[str] = field(default_factory=list[str])
    how: dict[str, str] = field(default_factory=dict[str, str])

    async def found(self, ctx: Context) -> dict[str, int]:
        """How much of it is where: rows of tables that hold an id, words, vectors, bytes."""
        mentions = await ctx.store.mentions([*self.ids, *self.blobs])
        found = {f"table {table}": _rows(ids) for table, ids in mentions.items() if table not in STAYING}
        self.kept = [f"{_rows(ids)} {STAYING[table]}" for table, ids in mentions.items() if table in STAYING]
        self.how["index of words"] = "items that an index of words knows"
        found["index of words"] = await ctx.store.indexed(self.numbers)
        self.how["vectors"] = "files of vectors of collections that had its items"
        found["vectors"] = sum(_files(ctx, collection) for collection in self.numbers)
        self.how["blob bytes"] = "blobs whose bytes can be read"
        found["blob bytes"] = sum([await _readable(ctx, blob) for blob in self.blobs])
        return {**found, **await self._in_files(ctx, mentions)}

    async def _in_files(self, ctx: Context, mentions: Mentions) -> dict[str, int]:
        """Ids that are in the database's files, those of rows that stay left out."""
        staying = {one for table in STAYING for one in mentions.get(table, {})}
        # What a caller could have named may be another owner's too, and of that nothing is told.
        made = [one for one in self.ids if AN_ID.fullmatch(one) and not one.startswith("text-") and one not in staying]
        there = await ctx.store.in_files([one.encode() for one in made]) if made else None
        if there is None:
            return {}
        self.how["database files"] = (
            f"of {len(made)} ids, those whose bytes are in the file or its write-ahead log, free pages included"
        )
        return {"database files": sum(there)}


async def evidence_of(ctx: Context, about: AboutUser) -> Evidence:
    """By what it is looked for afterwards."""
    numbers: dict[str, list[int]] = {}
    for row in about.items:
        numbers.setdefault(row["collection_id"], []).append(row["number"])
    return Evidence(ids=about.ids, numbers=numbers, blobs=await _blobs_of(ctx, about))


async def _blobs_of(ctx: Context, about: AboutUser) -> list[str]:
    """The caller's blobs that documents, runs and their logs name."""
    named = {str(row["blob_id"]) for row in about.documents if row["blob_id"]}
    for run in about.runs:
        row = await ctx.store.get("runs", run["id"])
        texts = [] if row is None else [str(row[column] or "") for column in ("input", "result", "problem")]
        texts += [event["body"] async for event in _events(ctx, run["id"])]
        named |= {one for text in texts for one in AN_ID.findall(text) if one.startswith("blob-")}
    return [blob for blob in sorted(named) if await ctx.store.get("blobs", blob) is not None]


async def _events(ctx: Context, run_id: str):  # noqa: ANN202 - an async generator of rows
    after = 0
    while rows := await ctx.drivers.store.events(ctx.caller.owner, run_id, after):
        for row in rows:
            yield row
        after = rows[-1]["seq"]


async def count(ctx: Context, about: AboutUser, evidence: Evidence) -> dict[str, int]:
    """How much there is of each kind."""
    memories = sum(row["kind"] == "memories" for row in about.items)
    return {
        "entries": len(about.entries),
        "memories": memories,
        "items": len(about.items) - memories,
        "documents": len(about.documents),
        "conversations": len(about.conversations),
        "runs": len(about.runs),
        "schedules": len(about.schedules),
        "model calls": len(about.calls),
        "blobs": sum([await ctx.store.get("blobs", blob) is not None for blob in evidence.blobs]),
    }


async def remove(ctx: Context, about: AboutUser, evidence: Evidence) -> list[str]:
    """Remove all of it; what cannot be, in words."""
    for conversation in about.conversations:
        await ctx.store.forget(conversation)
    for run in about.runs:
        if run["conversation_id"] is None:
            await ctx.store.forget_run(run["id"])
    await _remove_items(ctx, about.items)
    for document in about.documents:
        await ctx.store.delete("documents", document["id"])
    for entry in about.entries:
        await ctx.store.drop_entry(entry["namespace"], entry["key"], None)
    for schedule in about.schedules:
        await ctx.store.delete("schedules", schedule)
    for call in about.calls:
        # What it cost stays counted.
        await ctx.store.update("ledger", call, {"end_user": ""})
    await _remove_replies(ctx, about.ids)
    await _remove_blobs(ctx, evidence)
    if "vectors_kept" in vars(ctx.drivers):
        for collection in evidence.numbers:
            ctx.drivers.vectors_kept.forget(collection)
    return await ctx.store.scrub(list(evidence.numbers))


async def _remove_items(ctx: Context, items: Iterable[Row]) -> None:
    by_collection: dict[str, list[str]] = {}
    for row in items:
        by_collection.setdefault(row["collection_id"], []).append(row["id"])
    for collection, ids in by_collection.items():
        for start in range(0, len(ids), AT_ONCE):
            await ctx.store.drop_items(collection, Which(ids=ids[start : start + AT_ONCE]), ctx.now())


async def _remove_replies(ctx: Context, ids: Sequence[str]) -> None:
    """What was kept for callers that repeat a write, where it names one of these."""
    wanted, before = frozenset(ids), None
    while rows := await ctx.store.select("replies", before=before, limit=AT_ONCE):
        before = (rows[-1]["created"], rows[-1]["id"])
        for row in rows:
            if not wanted.isdisjoint(AN_ID.findall(f"{row['request']} {row['reply'] or ''}")):
                await ctx.store.delete("replies", row["id"])


async def _remove_blobs(ctx: Context, evidence: Evidence) -> None:
    """Remove those that nothing names which stays; the others are no longer looked for."""
    mentions = await ctx.store.mentions(evidence.blobs)
    staying = {one for table, ids in mentions.items() if table not in {"blobs", *STAYING} for one in ids}
    for blob in evidence.blobs:
        if blob not in staying:
            await ctx.blobs.delete(blob)
    evidence.blobs = [blob for blob in evidence.blobs if blob not in staying]


def _rows(ids: dict[str, int]) -> int:
    """Ids in rows: one row may hold several."""
    return sum(ids.values())


def _files(ctx: Context, collection: str) -> int:
    """Files of vectors that are named after a collection."""
    return sum(1 for _ in (ctx.settings.data / "vectors").rglob(f"{collection}-*"))


async def _readable(ctx: Context, blob: str) -> bool:
    try:
        await ctx.drivers.contents.local(blob)
    except NotFound:
        return False
    return True
