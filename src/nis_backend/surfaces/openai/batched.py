"""What dialects with batches share: lines become a batch of one operation, and its log tells what came of them."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any, cast

from nis_backend.blob import Blob
from nis_backend.calling import call
from nis_backend.capabilities.batches.lines import LONGEST_LINE
from nis_backend.capabilities.batches.operations import LINE
from nis_backend.drivers.store.base import LINES
from nis_backend.errors import NisError, TooLarge
from nis_backend.event import Noted
from nis_backend.operation import Json, Model

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from nis_backend.capabilities.batches.operations import Batch, BatchList
    from nis_backend.capabilities.blobs.kept import StoredBlob
    from nis_backend.context import Context
    from nis_backend.run import RunHandle
    from nis_backend.surfaces.base import Process

Outcome = tuple[int, Json, float]
"""The number of a line, what came of it, and when."""


class OneFile(Model):
    """A file whose bytes are wanted."""

    file: Blob


def written(line: Json) -> bytes:
    """A line as the operation reads it; of one that is too long its refusal."""
    text = json.dumps(line, ensure_ascii=False).encode()
    if len(text) >= LONGEST_LINE:
        longer = TooLarge(f"The request has {len(text)} bytes.", remedy=f"Send fewer than {LONGEST_LINE} in each.")
        text = json.dumps({"id": line["id"], "problem": longer.problem()}).encode()
    return text + b"\n"


async def begin(
    process: Process, write: Callable[[IO[bytes]], Json], operation: str, name: str, ctx: Context
) -> RunHandle:
    """Begin a batch of the lines that `write` writes in a thread; it answers more of the operation's request.

    Raises:
        NisError: a line is none; nothing of it is kept then.
    """
    with tempfile.TemporaryFile() as file:
        more = await asyncio.to_thread(write, file)
        file.seek(0)
        content = await asyncio.to_thread(Blob.of, file, media_type="application/jsonl", name=name)
        kept: StoredBlob = await call(
            process.operations.find("blobs.create_blob"), {"content": content, "purpose": LINES}, ctx
        )
    try:
        arguments = {"input": kept.id, "operation": operation, **more}
        handle: RunHandle = await call(process.operations.find("batches.create_batch"), arguments, ctx)
    except NisError:
        await ctx.blobs.delete(kept.id)
        raise
    # From here on they go with it.
    await ctx.store.update("blobs", kept.id, {"name": handle.id})
    return handle


async def listed(
    process: Process, ctx: Context, cursor: str | None, limit: int, shown: Callable[[Batch], Json | None]
) -> list[Json]:
    """The newest batches before the cursor as a dialect shows its own, `limit` of them and one more if there is one."""
    found: list[Json] = []
    # Pages of one call are not counted each.
    within = replace(ctx, depth=1)
    while len(found) <= limit:
        page = {"cursor": cursor, "limit": min(limit + 1, 100)}
        read: BatchList = await call(process.operations.find("batches.list_batches"), page, within)
        found += [card for one in read.batches if (card := shown(one)) is not None]
        cursor = read.next_cursor
        if cursor is None:
            break
    return found


async def outcomes(run_id: str, ctx: Context) -> AsyncGenerator[list[Outcome]]:
    """What came of the lines of a batch, by pages of its log."""
    after = 0
    while events := await ctx.runs.events(run_id, after):
        after = events[-1].seq
        noted = [(event.body, event.time) for event in events if isinstance(event.body, Noted)]
        yield [
            (int(body.name.rpartition(" ")[2]), cast("dict[str, Any]", body.value), at)
            for body, at in noted
            if body.name.startswith(f"{LINE} ")
        ]
