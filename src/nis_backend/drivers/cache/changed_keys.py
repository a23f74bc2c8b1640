"""Which keys have changed, told among the processes that share a cache: a revoked one ends everywhere at once."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from nis_backend.drivers.cache.base import Cache
    from nis_backend.keys import Keys

log = logging.getLogger("nis.cache")

CHANNEL = "changed keys"


class ChangedKeys:
    """Tells and hears hashes of keys. While the cache is away, others look a key up anew within seconds anyway."""

    def __init__(self, cache: Cache, keys: Keys) -> None:
        self._cache = cache
        self._keys = keys
        self._tasks: set[asyncio.Task[None]] = set()
        self._keep(self._listen())
        keys.tell = self._tell

    async def close(self) -> None:
        """Say what is not said yet."""
        await asyncio.gather(*self._tasks)

    async def _listen(self) -> None:
        await self._cache.subscribe(
            CHANNEL, lambda digest: self._keys.hear(None if digest is None else digest.decode())
        )

    def _tell(self, digest: str) -> None:
        self._keep(self._say(digest))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _say(self, digest: str) -> None:
        try:
            await self._cache.publish(CHANNEL, digest.encode())
        except Unavailable as away:
            log.warning("other processes hear of a changed key within seconds, not now: %s", away)
