"""Items of collections on SQLite, as the store offers them."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

from nis_backend.drivers.store import queries
from nis_backend.drivers.store.items import Found, Items, Models, NewItem, Put, Side, Which, no_collection
from nis_backend.drivers.store.refusals import check_cells
from nis_backend.drivers.store.sqlite import items as statements

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from nis_backend.drivers.store.base import Row

T = TypeVar("T")


class KeepingItems(Items):
    """Items over one writer and readers."""

    @abstractmethod
    async def _write(self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None) -> T:
        """Have it committed."""

    @abstractmethod
    async def _read(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        """The rows that a query answers."""

    async def _commit(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Have it committed; it concerns no run."""
        return await self._write(work, lambda _: None)

    @override
    async def put_items(
        self,
        owner: str,
        collection_id: str,
        models: Models,
        items: Sequence[NewItem],
        now: float,
    ) -> Put:
        for item in items:
            check_cells({"id": item.id, "text": item.text, "metadata": item.metadata})
        about = await self._read(*queries.get("collections", owner, collection_id))
        if not about:
            raise no_collection(collection_id)

        def all_of_them() -> list[str]:
            return [statements.indexed_as(item.text, about[0]["language"]) for item in items]

        # Beside the event loop, and before the one writer's turn.
        words = await asyncio.to_thread(all_of_them)
        return await self._commit(lambda c: statements.put_items(c, owner, collection_id, models, items, words, now))

    @override
    async def drop_items(self, owner: str, collection_id: str, which: Which, now: float) -> int:
        sql = "select coalesce(max(number), 0) as last from items where collection_id = ?"
        last = int((await self._read(sql, [collection_id]))[0]["last"])
        gone, more = 0, statements.REMOVED
        # What is added meanwhile stays: else there might be no end.
        while more == statements.REMOVED:
            more = await self._commit(lambda c: statements.drop_items(c, owner, collection_id, which, last, now))
            gone += more
        return gone

    @override
    async def find_items(
        self, owner: str, collection_id: str, which: Which, *, after: int = 0, limit: int = 100
    ) -> list[Row]:
        return await self._read(*statements.find_items(owner, collection_id, which, after, limit))

    @override
    async def count_items(self, owner: str, collection_id: str, which: Which) -> int:
        clauses, given = statements.conditions(owner, collection_id, which)
        rows = await self._read(f"select count(*) as found from items where {clauses}", given)  # noqa: S608 - ours
        return int(rows[0]["found"])

    @override
    async def item_numbers(self, owner: str, collection_id: str, which: Which) -> list[int]:
        clauses, given = statements.conditions(owner, collection_id, which)
        rows = await self._read(f"select number from items where {clauses} order by number", given)  # noqa: S608 - ours
        return [row["number"] for row in rows]

    @override
    async def items_by_number(self, owner: str, collection_id: str, numbers: Sequence[int]) -> list[Row]:
        return await self._read(*statements.items_by_number(owner, collection_id, numbers))

    @override
    async def match_words(
        self, owner: str, collection_id: str, terms: Sequence[str], which: Which, limit: int
    ) -> list[Found]:
        about = await self._read(*queries.get("collections", owner, collection_id))
        # Without an item there is no index yet.
        if not about or not about[0]["items"]:
            return []
        from nis_backend.drivers.store.words import words_of_term  # noqa: PLC0415 - as a text's

        told_apart = [tuple(words_of_term(term, about[0]["language"])) for term in terms]
        asked = [words for words in dict.fromkeys(told_apart) if words]
        if not asked:
            return []
        rows = await self._read(*statements.match_words(owner, collection_id, asked, which, limit))
        return [(row["number"], row["score"]) for row in rows]

    @override
    async def nearest(
        self, owner: str, collection_id: str, side: Side, vector: bytes, which: Which, limit: int
    ) -> list[Found] | None:
        return None

    @override
    async def fill_vectors(
        self, owner: str, collection_id: str, models: Models, side: Side, vectors: Sequence[tuple[int, bytes]]
    ) -> None:
        await self._commit(lambda c: statements.fill_vectors(c, owner, collection_id, models, side, vectors))

    @override
    async def name_next(
        self, owner: str, collection_id: str, model: str | None, version: str | None, now: float
    ) -> None:
        sql, given = queries.name_next(owner, collection_id, model, version, now)
        await self._commit(lambda c: c.execute(sql, given))

    @override
    async def flip_side(self, owner: str, collection_id: str, now: float) -> bool:
        return await self._commit(lambda c: statements.flip_side(c, owner, collection_id, now))

    @override
    async def clear_side(self, owner: str, collection_id: str, side: Side, limit: int) -> bool:
        return await self._commit(lambda c: statements.clear_side(c, owner, collection_id, side, limit))

    @override
    async def drop_collection(self, owner: str, collection_id: str) -> bool:
        return await self._commit(lambda c: statements.drop_collection(c, owner, collection_id))
