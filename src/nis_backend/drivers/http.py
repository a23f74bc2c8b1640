"""The one pooled HTTP client of this process, opened at first use."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import ClientSession


class Http:
    """Called, it answers the one aiohttp session; `close` ends it, and a later call opens another."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None
        self._opening = asyncio.Lock()

    async def __call__(self) -> ClientSession:
        async with self._opening:
            if self._session is None or self._session.closed:
                # Its import takes a fifth of a second: in a thread, so that other calls go on meanwhile.
                aiohttp = await asyncio.to_thread(__import__, "aiohttp")
                # No limit here: runs are limited where they start, and a limit would make one provider wait for another.
                self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
            return self._session

    async def close(self) -> None:
        """End every connection."""
        if self._session is not None:
            await self._session.close()
