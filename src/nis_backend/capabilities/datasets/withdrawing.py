"""The rows of a person taken out of every version of every dataset, with their bytes; models are marked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from nis_backend.capabilities.datasets.dataset import every_version, formerly
from nis_backend.capabilities.datasets.learned import mark
from nis_backend.capabilities.datasets.sources import sources
from nis_backend.capabilities.datasets.versions import drop_bytes, drop_exports, drop_version, put_bytes, settle_bytes
from nis_backend.capabilities.datasets.work import made_file, path_of, worked
from nis_backend.errors import Conflict

if TYPE_CHECKING:
    from nis_backend.capabilities.datasets.removing import Left
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

PASSES = 20
"""How often all versions are looked through: until a pass finds no row of theirs, for others may add meanwhile."""


class Removed(TypedDict):
    """What was taken out."""

    rows: int
    versions: int
    datasets: list[str]
    files: int
    models: list[str]


async def remove_person(person: str, ctx: Context) -> Removed:
    """Take out all rows that were collected from a person; what is cut is done again, for the sources go last."""
    own = [row async for row in sources({"person": person}, ctx)]
    digests = frozenset(row["digest"] for row in own)
    done = Removed(rows=len(digests), versions=0, datasets=[], files=0, models=[])
    for _ in range(PASSES if digests else 0):
        before, busy = done["versions"], False
        for dataset in await _datasets(ctx):
            busy = await _take_out(dataset, digests, done, ctx) or busy
        if done["versions"] == before and not busy:
            break
    there = {row["id"] for row in await _datasets(ctx)}
    for dataset_id in dict.fromkeys(row["dataset_id"] for row in own):
        if dataset_id not in there:
            # It was deleted: of which version a model learned tells no more whether they were in it.
            done["models"] = list(dict.fromkeys([*done["models"], *await mark(dataset_id, None, ctx)]))
    for row in own:
        await ctx.store.delete("example_sources", row["id"])
    for digest in digests:
        # A row that came from others too is gone all the same.
        async for row in sources({"digest": digest}, ctx):
            await ctx.store.delete("example_sources", row["id"])
    return done


async def _datasets(ctx: Context) -> list[Row]:
    found: list[Row] = []
    before: tuple[float, str] | None = None
    while rows := await ctx.store.select("datasets", before=before, limit=500):
        found += rows
        before = (rows[-1]["created"], rows[-1]["id"])
    return found


async def _take_out(dataset: Row, digests: frozenset[str], done: Removed, ctx: Context) -> bool:
    """Write the versions of one dataset anew that have such rows; whether another call was at one of them."""
    changed, busy = 0, False
    for version in await every_version(dataset["id"], ctx):
        if await _cut(version, ctx):
            continue
        with made_file(ctx) as out:
            try:
                left = await _left(version, digests, out, ctx)
                if not left.removed:
                    continue
                marked = await mark(dataset["id"], {version["digest"], *formerly(version)}, ctx)
                done["models"] = list(dict.fromkeys([*done["models"], *marked]))
                replaced = await _replace(dataset, version, left, out, ctx)
            except Conflict:
                replaced = False
            changed += replaced
            busy = busy or not replaced
    await _name_current(dataset, ctx)
    if changed or await _had(dataset["id"], digests, ctx):
        done["files"] += await drop_exports(dataset["id"], ctx)
    if changed:
        done["versions"] += changed
        done["datasets"] = list(dict.fromkeys([*done["datasets"], dataset["id"]]))
    return busy


async def _cut(version: Row, ctx: Context) -> bool:
    """Go on with what a call that was cut has left of a version; whether there is nothing more of it."""
    note = json.loads(version["note"] or "{}")
    await settle_bytes(version["dataset_id"], version["blob_id"], ctx)
    if leaving := note.pop("leaving", None):
        await drop_bytes(leaving, ctx)
        held = {"note": version["note"]}
        await ctx.store.update("dataset_versions", version["id"], {"note": json.dumps(note)}, only_if=held)
    if await ctx.store.get("blobs", version["blob_id"]) is not None:
        return False
    others = await every_version(version["dataset_id"], ctx)
    gone = any(version["digest"] in formerly(one) for one in others)
    if gone:
        await ctx.store.delete("dataset_versions", version["id"])
    return gone


async def _name_current(dataset: Row, ctx: Context) -> None:
    """Have a dataset name what is left of its current version, where a call was cut before it could."""
    row = await ctx.store.get("datasets", dataset["id"])
    versions = await every_version(dataset["id"], ctx)
    if row is None or any(one["digest"] == row["version"] for one in versions):
        return
    for one in versions:
        if row["version"] in formerly(one):
            changes = {"version": one["digest"], "rows": one["rows"], "updated": ctx.now()}
            await ctx.store.update("datasets", row["id"], changes, only_if={"version": row["version"]})


async def _had(dataset_id: str, digests: frozenset[str], ctx: Context) -> bool:
    """Whether rows of theirs were collected into it: a call that was cut may have left exports."""
    async for row in sources({"dataset_id": dataset_id}, ctx):
        if row["digest"] in digests:
            return True
    return False


async def _left(version: Row, digests: frozenset[str], out: Path, ctx: Context) -> Left:
    from nis_backend.capabilities.datasets.removing import LeaveRows, leave_rows  # noqa: PLC0415 - with the first

    path = str(await path_of(ctx, version["blob_id"]))
    return await worked(ctx, leave_rows, LeaveRows(path=path, out=str(out), without=sorted(digests)), version["bytes"])


async def _replace(dataset: Row, version: Row, left: Left, out: Path, ctx: Context) -> bool:
    """A version becomes what is left of it, or goes where another is that; False where another call was first."""
    old, now = version["digest"], ctx.now()
    others = [one for one in await every_version(dataset["id"], ctx) if one["id"] != version["id"]]
    same = [one for one in others if one["digest"] == left.digest]
    if same:
        kept, changes = same[0], {}
    else:
        kept = version
        blob_id = await put_bytes(dataset, left.digest, out, ctx)
        changes = {"digest": left.digest, "blob_id": blob_id, "rows": left.rows, "bytes": left.bytes}
    note = json.loads(kept["note"] or "{}")
    former = list(dict.fromkeys([*note.get("formerly", ()), *formerly(version), old]))
    note |= {"formerly": former, "withdrawn": note.get("withdrawn", 0) + left.removed}
    if not same:
        # Bytes that are to go are named until they are gone: a call that is cut leaves none behind.
        note["leaving"] = version["blob_id"]
    changes |= {"note": json.dumps(note), "updated": now}
    held = {"digest": kept["digest"], "note": kept["note"]}
    if not await ctx.store.update("dataset_versions", kept["id"], changes, only_if=held):
        if not same:
            await drop_bytes(str(changes["blob_id"]), ctx)
        return False
    for one in await every_version(dataset["id"], ctx):
        if one["parent"] == old:
            parent = None if one["digest"] == left.digest else left.digest
            await ctx.store.update("dataset_versions", one["id"], {"parent": parent})
    current = {"version": left.digest, "rows": left.rows, "updated": now}
    await ctx.store.update("datasets", dataset["id"], current, only_if={"version": old})
    if same:
        await drop_version(version, ctx)
    else:
        await _cut({**kept, **changes}, ctx)
    return True
