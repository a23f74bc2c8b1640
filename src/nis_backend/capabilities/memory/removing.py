"""Removing what is about a user, and looking for it afterwards wherever it was."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pydantic import BaseModel

from nis_backend.drivers.store.forgetting import AN_ID, namespace_of
from nis_backend.drivers.store.items import Which
from nis_backend.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.forgetting import AboutUser, Mentions

AT_ONCE = 500
MOST_TOLD = 20
"""Rows that still name what was removed, told by their names."""
MARK = "forgetting"
"""Key of the user's entry that holds what is being removed, until it is: where that was cut, the next one goes on."""
STAYING = {
    "effects": "names of writes that hold ids of runs and no content: they keep a lost process from writing again, and "
    "go after a day",
    "outbox": "numbers of events that the bus has not acknowledged yet: their content is gone, and they go with it",
}
"""Tables whose rows name what was removed, stay on purpose, and why."""


class Mark(BaseModel):
    """What one call of forgetting set out to remove."""

    ids: list[str]
    numbers: dict[str, list[int]]
    blobs: list[str]


@dataclass(kw_only=True)
class Evidence:
    """What was there, by which it is looked for."""

    ids: Sequence[str]
    numbers: dict[str, list[int]]
    """The items by their collections."""
    blobs: Sequence[str]
    kept: list[str] = field(default_factory=list[str])
    naming: list[str] = field(default_factory=list[str])
    """What names it and is not about the user, in words."""
    how: dict[str, str] = field(default_factory=dict[str, str])

    async def found(self, ctx: Context) -> dict[str, int]:
        """How much of it is where: rows of tables that hold an id, words, vectors, bytes."""
        mentions = await ctx.store.mentions([*self.ids, *self.blobs])
        found = {f"table {table}": _rows(ids) for table, ids in mentions.items() if table not in STAYING}
        staying = [f"{_rows(ids)} {STAYING[table]}" for table, ids in mentions.items() if table in STAYING]
        self.kept = [*(one for one in self.kept if not one.endswith(tuple(STAYING.values()))), *staying]
        self.naming = _naming(mentions)
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


async def about_user(ctx: Context, user: str) -> tuple[AboutUser, Mark | None]:
    """All that is about a user but the run that asks, and what an earlier call that was cut set out to remove."""
    about = await ctx.store.about_user(user)
    marks = [row for row in about.entries if (row["namespace"], row["key"]) == (namespace_of(user), MARK)]
    mark = None
    with suppress(ValueError):
        mark = Mark.model_validate_json(marks[0]["text"]) if marks else None
    own = ctx.journal and ctx.journal.run_id
    return replace(
        about,
        entries=[row for row in about.entries if mark is None or row is not marks[0]],
        runs=[row for row in about.runs if row["id"] != own],
    ), mark


async def evidence_of(ctx: Context, about: AboutUser, mark: Mark | None) -> Evidence:
    """By what it is looked for afterwards, what was left of an earlier call included."""
    before = mark or Mark(ids=[], numbers={}, blobs=[])
    numbers = {collection: [*some] for collection, some in before.numbers.items()}
    for row in about.items:
        numbers.setdefault(row["collection_id"], []).append(row["number"])
    blobs = sorted({*await _blobs_of(ctx, about), *before.blobs})
    there = [blob for blob in blobs if await ctx.store.get("blobs", blob) is not None]
    return Evidence(ids=list(dict.fromkeys([*about.ids, *before.ids])), numbers=numbers, blobs=there)


async def _blobs_of(ctx: Context, about: AboutUser) -> set[str]:
    """What documents, entries, items, runs and their logs name as blobs."""
    named = {str(row["blob_id"]) for row in about.documents if row["blob_id"]}
    texts = [row["text"] for row in about.entries]
    texts += [f"{row['text']} {row['metadata']}" for row in about.items]
    for run in about.runs:
        row = await ctx.store.get("runs", run["id"])
        texts += [] if row is None else [str(row[column] or "") for column in ("input", "result", "problem")]
        texts += [event["body"] async for event in _events(ctx, run["id"])]
        named |= _blobs_in(texts)
        texts.clear()
    return named | _blobs_in(texts)


def _blobs_in(texts: Iterable[str]) -> set[str]:
    return {one for text in texts for one in AN_ID.findall(text) if one.startswith("blob-")}


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
        "kept replies": len(about.replies),
        "examples": len(about.examples),
        "consents": len(about.consents),
        "blobs": sum([await ctx.store.get("blobs", blob) is not None for blob in evidence.blobs]),
    }


async def remove(ctx: Context, user: str, about: AboutUser, evidence: Evidence) -> list[str]:
    """Remove all of it; what cannot be, in words."""
    await _put_mark(ctx, user, evidence)
    await _remove_examples(ctx, user, about)
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
    for reply in about.replies:
        await ctx.store.delete("replies", reply)
    await _remove_blobs(ctx, evidence)
    await _remove_replies(ctx, [*evidence.ids, *evidence.blobs])
    with suppress(Unavailable):
        # It removes what a process that has ended left, too.
        kept = ctx.drivers.vectors_kept
        for collection in evidence.numbers:
            kept.forget(collection)
    await ctx.store.drop_entry(namespace_of(user), MARK, None)
    return await ctx.store.scrub(list(evidence.numbers))


async def _remove_examples(ctx: Context, user: str, about: AboutUser) -> None:
    if about.examples or about.consents:
        await ctx.call_named("datasets.withdraw_consent", {"user": user, "erase": True})


async def _put_mark(ctx: Context, user: str, evidence: Evidence) -> None:
    mark = Mark(ids=[*evidence.ids], numbers=evidence.numbers, blobs=[*evidence.blobs])
    now = ctx.now()
    row = {"id": ctx.new_id("entry"), "value": mark.model_dump_json(), "expires": None, "created": now, "updated": now}
    await ctx.store.put_entry(namespace_of(user), MARK, row, None)


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
    # A kept reply goes with what it names, and the mark of this names them all.
    holding = {table: ids for table, ids in mentions.items() if table not in {"blobs", "replies", *STAYING}}
    staying = {
        one for table, ids in holding.items() for one, rows in ids.items() if table != "entries" or len(rows) > 1
    }
    for blob in evidence.blobs:
        if blob not in staying:
            await ctx.blobs.delete(blob)
    if staying:
        evidence.kept.append(
            f"{len(staying)} blobs that something else names: {', '.join(sorted(staying)[:MOST_TOLD])}"
        )
    evidence.blobs = [blob for blob in evidence.blobs if blob not in staying]


def _rows(ids: dict[str, list[str]]) -> int:
    """Ids in rows: one row may hold several."""
    return sum(len(rows) for rows in ids.values())


def _naming(mentions: Mentions) -> list[str]:
    """The rows that hold ids, told with what removes them."""
    by_table: dict[str, dict[str, None]] = {}
    for table, ids in mentions.items():
        if table not in STAYING:
            of = by_table.setdefault("runs" if table == "events" else table, {})
            of.update({row: None for rows in ids.values() for row in rows if row})
    told: list[str] = []
    for table, rows in by_table.items():
        some = ", ".join([*rows][:MOST_TOLD]) + (f" and {len(rows) - MOST_TOLD} more" if len(rows) > MOST_TOLD else "")
        remedy = (
            ": runs.delete_run, or conversations.delete_conversation of theirs, removes them" if table == "runs" else ""
        )
        told.append(
            f"What was removed is named in {table}{f' {some}' if some else ''}, which the user is not named in{remedy}."
        )
    return told


def _files(ctx: Context, collection: str) -> int:
    """Files of vectors that are named after a collection."""
    return sum(1 for _ in (ctx.settings.data / "vectors").rglob(f"{collection}-*"))


async def _readable(ctx: Context, blob: str) -> bool:
    try:
        await ctx.drivers.contents.local(blob)
    except NotFound:
        return False
    return True
