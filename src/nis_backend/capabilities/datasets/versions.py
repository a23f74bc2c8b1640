"""Versions of datasets: kept by what they hold, their bytes in a blob, the newest named by the dataset's row."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.datasets.dataset import MOST_BYTES, every_version
from nis_backend.errors import Conflict, NotFound

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
    blob_id = known[0]["blob_id"] if known else rows[-1][1]["blob_id"]
    if changed:
        await settle_bytes(dataset["id"], blob_id, ctx)
    elif not known:
        await drop_bytes(blob_id, ctx)
    return changed


async def put_bytes(dataset: Row, digest: str, path: Path, ctx: Context) -> str:
    """Put down the bytes of a version: for a while, until a version names them and they are settled."""
    name = f"{dataset['name']}-{digest[:12]}.jsonl"
    with await asyncio.to_thread(path.open, "rb") as file:
        return (await ctx.blobs.put(file, MOST_BYTES, media_type=LINES, name=name, of_call=True)).id


async def settle_bytes(dataset_id: str, blob_id: str, ctx: Context) -> None:
    """Have the bytes of a version stay: they are the dataset's, and no export."""
    row = await ctx.store.get("blobs", blob_id)
    if row is not None and row["purpose"] != purpose_of(dataset_id):
        await ctx.store.update("blobs", blob_id, {"purpose": purpose_of(dataset_id), "expires": None})


async def _new_version(dataset: Row, written: Written, path: Path, ctx: Context, note: dict[str, Any]) -> Row:
    id_ = ctx.new_id("version")
    blob_id = await put_bytes(dataset, written.digest, path, ctx)
    now = ctx.now()
    return {
        "id": id_,
        "dataset_id": dataset["id"],
        "digest": written.digest,
        "blob_id": blob_id,
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
    # Where it is written otherwise meanwhile, that counts more.
    held = {"note": version["note"]}
    await ctx.store.update(
        "dataset_versions", version["id"], {"note": json.dumps({**note, "again": again})}, only_if=held
    )


def changed_meanwhile(dataset: Row) -> Conflict:
    """The refusal where others change a dataset without a pause."""
    return Conflict(
        f"The dataset {dataset['name']!r} is changed by others all the time.",
        field="id",
        value=dataset["id"],
        remedy="Do it again.",
    )


async def moved(dataset: Row, ctx: Context) -> bool:
    """Whether a dataset has another version than a try began with: rows of that were withdrawn meanwhile, say."""
    row = await ctx.store.get("datasets", dataset["id"])
    return row is not None and row["version"] != dataset["version"]


async def drop_version(version: Row, ctx: Context) -> None:
    """Remove a version and its bytes."""
    await drop_bytes(version["blob_id"], ctx)
    await ctx.store.delete("dataset_versions", version["id"])


async def drop_bytes(blob_id: str, ctx: Context) -> None:
    """Remove a blob, unless it is gone already: by a call that was cut, say."""
    with suppress(NotFound):
        await ctx.blobs.delete(blob_id)


async def drop_exports(dataset_id: str, ctx: Context) -> int:
    """Remove every other blob of a dataset: what was exported of it, and what a death has left."""
    # In this order: the bytes of a version are settled as the dataset's once the version is there.
    of_dataset = [row["id"] for row in await blobs_of(dataset_id, ctx)]
    kept = {row["blob_id"] for row in await every_version(dataset_id, ctx)}
    found = [blob_id for blob_id in of_dataset if blob_id not in kept]
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
