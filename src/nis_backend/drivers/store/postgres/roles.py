"""Which of the processes that share a database plays a role: the one that holds the role's advisory lock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg

from nis_backend.drivers.store.postgres.link import unreachable
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from nis_backend.drivers.store.postgres.link import Link


class Roles:
    """The locks that this process holds, over one connection of their own: they end with it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._held: set[str] = set()
        self._closed = False
        self._turn = asyncio.Lock()
        self._connection: psycopg.AsyncConnection[Any] | None = None  # Any: rows of any shape

    async def leads(self, role: str) -> bool:
        """See `Store.leads`."""
        async with self._turn:
            if self._closed:
                raise Unavailable("The store is closed.", remedy="Start the server again.")
            try:
                return await self._ask(role)
            except (psycopg.Error, OSError) as error:
                await self._let_go()
                raise unreachable(error) from None

    async def _ask(self, role: str) -> bool:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(**self._link.connecting, autocommit=True)
        ask = "select true" if role in self._held else "select pg_try_advisory_lock(hashtextextended(%s, 0))"
        cursor = await self._connection.execute(ask, None if role in self._held else [f"nis role {role}"])
        found = await cursor.fetchone()
        if found and found[0]:
            self._held.add(role)
            return True
        return False

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        self._held.clear()
        if connection is not None:
            await connection.close()

    async def close(self) -> None:
        """Leave every role to the others, for good: whoever asks again here would take it from them."""
        async with self._turn:
            self._closed = True
            await self._let_go()
