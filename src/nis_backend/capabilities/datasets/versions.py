"""Versions of datasets: kept by what they hold, their bytes in a blob, the newest named by the dataset's row."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.datasets.dataset import MOST_BYTES, every_version
from nis_backend.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.datasets.writing import Written
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row, Table

LINES = "application/jsonl"
TRIES = 100
"""How often a change is made anew, where another came first: of as many callers at once each comes to its turn."""
MOST_HISTORY = 20
"""Times that a version was come back to, of which it is told how."""


def purpose_of(dataset_id: str) -> str:
    """What the blobs of a dataset are for: no word that a caller may give."""
    return f"of {dataset_id}"


async def keep_version(  # noqa: PLR0913 - what is kept of a version
    dataset: Row,
    written: Written,
    path: Path,
    ctx: Context,
    *,
    note: dict[str, Any],  # Any: JSON
    beside: Sequence[tuple[Table, Row]] = (),
) -> bool:
    """Have a dataset's newest version be what a file holds; False where another change came first.

    Rows `beside` are written down with it, or neither.
    """
    now = ctx.now()
    known = [row for row in await every_version(dataset["id"], ctx) if row["digest"] == written.digest]
    note = {**note, "grouped": written.grouped}
    rows: list[tuple[Table, Row]] = [*beside]
    if known and known[0]["run_id"] != (ctx.journal and ctx.journal.run_id):
        await _come_back(known[0], ctx)
    elif not known:
        rows.append(("dataset_versions", await _new_version(dataset, written, path, ctx, note)))
    changes = {"version": written.digest, "rows": written.rows, "updated": now}
    held = {"version": dataset["version"]}
    changed = await ctx.store.update("datasets", dataset["id"], changes, beside=rows, only_if=held)
    if not changed and not known:
        await ctx.blobs.delete(rows[-1][1]["blob_id"])
    return changed


async def _new_version(dataset: Row, written: Written, path: Path, ctx: Context, note: dict[str, Any]) -> Row:
    id_ = ctx.new_id("version")
    name = f"{dataset['name']}-{written.digest[:12]}.jsonl"
    with await asyncio.to_thread(path.open, "rb") as file:
        blob = await ctx.blobs.put(file, MOST_BYTES, media_type=LINES, name=name, purpose=purpose_of(dataset["id"]))
    now = ctx.now()
    return {
        "id": id_,
        "dataset_id": dataset["id"],
        "digest": written.digest,
        "blob_id": blob.id,
        "rows": written.rows,
        "bytes": written.bytes,
        "made_by": ctx.operation,
        "run_id": ctx.journal and ctx.journal.run_id,
        "parent": dataset["version"],
        "note": json.dumps(note),
        "created": now,
        "updated": now,
    }


async def _come_back(version: Row, ctx: Context) -> None:
    """Note that a version was made again: by what, and when."""
    note = json.loads(version["note"] or "{}")
    again = [*note.get("again", ()), {"made_by": ctx.operation, "at": ctx.now()}][-MOST_HISTORY:]
    await ctx.store.update("dataset_versions", version["id"], {"note": json.dumps({**note, "again": again})})


def changed_meanwhile(dataset: Row) -> Conflict:
    """The refusal where others change a dataset without a pause."""
    return Conflict(
        f"The dataset {dataset['name']!r} is changed by others all the time.",
        field="id",
        value=dataset["id"],
        remedy="Do it again.",
    )


async def drop_version(version: Row, ctx: Context) -> None:
    """Remove a version and its bytes."""
    await drop_bytes(version["blob_id"], ctx)
    await ctx.store.delete("dataset_versions", version["id"])


async def drop_bytes(blob_id: str, ctx: Context) -> None:
    """Remove a blob, unless it is gone already: by a call that was cut, say."""
    if await ctx.store.get("blobs", blob_id) is not None:
        await ctx.blobs.delete(blob_id)


async def drop_exports(dataset_id: str, ctx: Context) -> int:
    """Remove every other blob of a dataset: what was exported of it, and what a death has left."""
    kept = {row["blob_id"] for row in await every_version(dataset_id, ctx)}
    found = [row["id"] for row in await blobs_of(dataset_id, ctx) if row["id"] not in kept]
    for blob_id in found:
        await drop_bytes(blob_id, ctx)
    return len(found)


async def blobs_of(dataset_id: str, ctx: Context) -> list[Row]:
    """Every blob of a dataset."""
    found: list[Row] = []
    before: tuple[float, str] | None = None
    where = {"purpose": purpose_of(dataset_id)}
    while rows := await ctx.store.select("blobs", where=where, before=before, limit=500):
        found += rows
        before = (rows[-1]["created"], rows[-1]["id"])
    return found
