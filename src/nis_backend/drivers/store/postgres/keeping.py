"""Items of collections on PostgreSQL, as the store offers them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import psycopg
from typing_extensions import override

from nis_backend.drivers.store import queries
from nis_backend.drivers.store.items import Found, Items, Models, NewItem, Put, Side, Which, no_collection
from nis_backend.drivers.store.postgres import items as statements
from nis_backend.drivers.store.postgres.batches import wrong_value
from nis_backend.drivers.store.postgres.matching import COUNT_PHRASE, COUNTS, Term, best, many, rarest, reaching
from nis_backend.drivers.store.postgres.statements import telling
from nis_backend.drivers.store.postgres.terms import Indexed, indexed, phrases, query
from nis_backend.drivers.store.refusals import check_cells

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.postgres.graphs import Graphs
    from nis_backend.drivers.store.postgres.link import Connection, Link, T


class KeepingItems(Items):
    """Items over a link."""

    _link: Link
    graphs: Graphs

    @property
    @override
    def indexes_vectors(self) -> bool:
        return not self.graphs.without

    async def _commit(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        try:
            return await self._link.transact(work)
        except psycopg.DataError as error:
            raise wrong_value(error) from None

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
        words = await self._indexed(owner, collection_id, [item.text for item in items])
        return await self._commit(
            partial(
                statements.put_items,
                owner=owner,
                collection_id=collection_id,
                models=models,
                items=items,
                words=words,
                now=now,
            )
        )

    async def _indexed(self, owner: str, collection_id: str, texts: Sequence[str]) -> list[Indexed]:
        """The texts' words, told apart beside the event loop."""
        about = await self._about(owner, collection_id)
        if about is None:
            raise no_collection(collection_id)
        if about["mark"] is None:
            about = await self._link.transact(partial(statements.make_mark, owner=owner, collection_id=collection_id))

        def all_of_them() -> list[Indexed]:
            return [indexed(text, about["language"], about["mark"]) for text in texts]

        return await asyncio.to_thread(all_of_them)

    async def _about(self, owner: str, collection_id: str) -> Row | None:
        """What a collection's words are told apart by and counted in: `language, items, mark, words`."""
        rows = await self._link.read(statements.ABOUT, [collection_id, owner])
        return rows[0] if rows else None

    @override
    async def drop_items(self, owner: str, collection_id: str, which: Which, now: float) -> int:
        return await self._commit(
            partial(statements.drop_items, owner=owner, collection_id=collection_id, which=which, now=now)
        )

    @override
    async def find_items(
        self, owner: str, collection_id: str, which: Which, *, after: int = 0, limit: int = 100
    ) -> list[Row]:
        return await self._link.read(*statements.find_items(owner, collection_id, which, after, limit))

    @override
    async def count_items(self, owner: str, collection_id: str, which: Which) -> int:
        clauses, given = statements.conditions(owner, collection_id, which)
        rows = await self._link.read(f"select count(*) as found from items where {clauses}", given)  # noqa: S608 - ours
        return int(rows[0]["found"])

    @override
    async def item_numbers(self, owner: str, collection_id: str, which: Which) -> list[int]:
        clauses, given = statements.conditions(owner, collection_id, which)
        rows = await self._link.read(f"select number from items where {clauses} order by number", given)  # noqa: S608 - ours
        return [row["number"] for row in rows]

    @override
    async def items_by_number(self, owner: str, collection_id: str, numbers: Sequence[int]) -> list[Row]:
        return await self._link.read(*statements.items_by_number(owner, collection_id, numbers))

    @override
    async def match_words(
        self, owner: str, collection_id: str, terms: Sequence[str], which: Which, limit: int
    ) -> list[Found]:
        about = await self._about(owner, collection_id)
        if about is None or about["mark"] is None or not about["items"]:
            return []
        asked = await self._counted(collection_id, phrases(terms, about["language"], about["mark"]))
        if not asked:
            return []
        count = max(about["items"], *(term.items for term in asked))

        async def among(some: str) -> list[Found]:
            sql, given = best(owner, collection_id, asked, some, which, limit, count, about["words"])
            return [(row["number"], row["score"]) for row in await self._link.read(sql, given)]

        score = 0.0
        if many(asked):
            found = await among(rarest(asked))
            score = found[-1][1] if len(found) == limit else 0.0
        return await among(reaching(asked, score, count))

    async def _counted(self, collection_id: str, found: Sequence[Sequence[str]]) -> list[Term]:
        """Those terms that occur, and in how many items."""
        single = [words[0] for words in found if len(words) == 1]
        rows = await self._link.read(COUNTS, [single]) if single else []
        counts = {row["word"]: row["items"] for row in rows}
        terms = [Term(words=[word], items=counts[word]) for word in single if word in counts]
        for words in found:
            if len(words) > 1:
                rows = await self._link.read(COUNT_PHRASE, [collection_id, query(words)])
                terms.append(Term(words=words, items=rows[0]["items"]))
        return [term for term in terms if term.items]

    @override
    async def nearest(
        self, owner: str, collection_id: str, side: Side, vector: bytes, which: Which, limit: int
    ) -> list[Found] | None:
        return await self.graphs.nearest(owner, collection_id, side, vector, which, limit)

    @override
    async def fill_vectors(
        self, owner: str, collection_id: str, models: Models, side: Side, vectors: Sequence[tuple[int, bytes]]
    ) -> None:
        await self._commit(
            partial(
                statements.fill_vectors,
                owner=owner,
                collection_id=collection_id,
                models=models,
                side=side,
                vectors=vectors,
            )
        )

    @override
    async def name_next(
        self, owner: str, collection_id: str, model: str | None, version: str | None, now: float
    ) -> None:
        await self._link.read(*telling(queries.name_next(owner, collection_id, model, version, now)))

    @override
    async def flip_side(self, owner: str, collection_id: str, now: float) -> bool:
        return await self._commit(partial(statements.flip_side, owner=owner, collection_id=collection_id, now=now))

    @override
    async def clear_side(self, owner: str, collection_id: str, side: Side, limit: int) -> bool:
        return await self._commit(
            partial(statements.clear_side, owner=owner, collection_id=collection_id, side=side, limit=limit)
        )

    @override
    async def drop_collection(self, owner: str, collection_id: str) -> bool:
        return await self._commit(partial(statements.drop_collection, owner=owner, collection_id=collection_id))
