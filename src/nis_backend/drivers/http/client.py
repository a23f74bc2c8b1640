"""The HTTP client of this process: every provider's connections, opened as they are needed and kept a while."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.http.base import Client
from nis_backend.drivers.telemetry.ids import HERE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.drivers.http.base import Response
    from nis_backend.drivers.http.pool import Pool


class Http(Client):
    """Loads what it stands on with the first request; after `close` a later request opens other connections.

    A `public` one is for addresses that callers have given: what a name leads to is looked at for each connection, and
    what lies in a network of our own is `Unreachable`.
    """

    def __init__(self, *, public: bool = False) -> None:
        self._public = public
        self._pool: Pool | None = None
        self._opening = asyncio.Lock()

    @override
    async def request(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None = None, *, silence: float
    ) -> Response:
        pool = self._pool or await self._opened()
        trace = HERE.get().trace
        if trace is not None:
            # Wherever it goes: these are random numbers, and whoever is asked can tell what belongs together.
            headers = {**headers, **trace.headers()}
        return await pool.request(method, url, headers, data, silence)

    async def close(self) -> None:
        """End every connection."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def _opened(self) -> Pool:
        async with self._opening:
            if self._pool is None:
                # Its import takes a fifth of a second: in a thread, so that other calls go on meanwhile.
                await asyncio.to_thread(importlib.import_module, "nis_backend.drivers.http.pool")
                from nis_backend.drivers.http.pool import Pool  # noqa: PLC0415 - now it is at hand

                self._pool = Pool(public=self._public)
            return self._pool
