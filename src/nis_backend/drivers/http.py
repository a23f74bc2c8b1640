"""The one pooled HTTP client of this process, opened at first use."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import ClientSession


class Http:
    """Hands out one session; `close` ends it, and a later call opens another."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None
        self._opening = asyncio.Lock()

    async def session(self) -> ClientSession:
        """The session that every driver shares."""
        async with self._opening:
            if self._session is None or self._session.closed:
                # Its import takes a fifth of a second: in a thread, so that other calls go on meanwhile.
                await asyncio.to_thread(importlib.import_module, "aiohttp")
                import aiohttp  # noqa: PLC0415 - now it is at hand

                # No limit: runs are limited where they start, and one provider is not to wait for another.
                # What one caller's answer sets in a cookie is nothing for the next one's request.
                self._session = aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
                )
            return self._session

    async def close(self) -> None:
        """End every connection."""
        if self._session is not None:
            await self._session.close()
