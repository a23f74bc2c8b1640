"""Bytes that no row names: what a process that died between the two left behind."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from nis_backend.drivers.blobs.base import Contents
    from nis_backend.drivers.store.base import Store

log = logging.getLogger("nis.blobs")

NOBODY = ""
"""Who owns the row of the mark: no caller has no name."""

AT_ONCE = 500


async def sweep(store: Store, contents: Contents) -> int:
    """Remove the bytes that no row names, put down an hour ago or longer; answers of how many.

    A mark beside the bytes names a row of the database that they belong to. Where another database has put its mark,
    nothing is removed: its rows are not seen from here.
    """
    now = time.time()
    found = await contents.claimed(await _mark(store, now))
    if not await store.update("blobs", NOBODY, found, {"updated": now}):
        log.warning("The blobs are marked as another database's: bytes that no row names stay.")
        return 0
    removed = 0
    async for keys in contents.settled():
        for first in range(0, len(keys), AT_ONCE):
            some = keys[first : first + AT_ONCE]
            for key in set(some) - await store.known("blobs", some):
                log.info("removed the bytes of %s, which no row names", key)
                await contents.delete(key)
                removed += 1
    return removed


async def _mark(store: Store, now: float) -> str:
    """The mark of this database, whose row is there before it lies anywhere: a death between the two loses nothing."""
    rows = await store.select("blobs", NOBODY, limit=1)
    if rows:
        return str(rows[0]["id"])
    mark = f"place-{uuid4().hex[:24]}"
    row = {"sha256": "", "media_type": "", "size": 0, "name": "the mark of this database", "created": now}
    await store.insert("blobs", NOBODY, {**row, "id": mark, "updated": now})
    return mark
