"""The store as a call sees it: its owner's rows alone, and no write of a call that is made again made twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.store.base import NOTHING, cursor_of, place_of
from nis_backend.drivers.store.entries import Place
from nis_backend.drivers.store.items import EVERY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.base import Measures, Order, Row, Store, Table
    from nis_backend.drivers.store.forgetting import AboutUser, Mentions
    from nis_backend.drivers.store.items import Found, Models, NewItem, Put, Side, Which
    from nis_backend.drivers.store.spending import Singly
    from nis_backend.journal import Journal


@dataclass(kw_only=True)
class Scope:
    """Where the writes and ids of code are counted that may be executed again: a run's, or one call's.

    It comes to them in the same order, and so under the same keys.
    """

    key: str
    """It begins as an id does, with what it belongs to and when that was made."""
    call: str = ""
    """The call whose outcome is recorded as a whole: ids in it are made from the key, not noted."""
    reads: bool = False
    """Whether it changes nothing: the time it sees is then nobody's matter."""
    counts: Counter[str] = field(default_factory=Counter[str])

    def next(self, what: str) -> str:
        """The next key of what is written or named: a write that is left out the next time takes no other's place."""
        self.counts[what] += 1
        return f"{self.key}:{what}:{self.counts[what]}"

    def digest(self, kind: str) -> str:
        """A number that the next key alone has."""
        return sha256(self.next(kind).encode()).hexdigest()


class Owned:
    """The store, bound to one owner: a query without the owner cannot be written.

    Each write carries the scope's next key; in a run, what is written down of it is committed before.
    """

    def __init__(self, store: Store, owner: str, journal: Journal | None = None, scope: Scope | None = None) -> None:
        self._store = store
        self._owner = owner
        self._journal = journal
        self._scope = scope

    async def once(self, what: str) -> str | None:
        """The key of the next write; what was written of the run before is committed."""
        if self._scope is None:
            return None
        key = self._scope.next(what)
        if self._journal is not None:
            await self._journal.before_effect()
        return key

    async def insert(self, table: Table, row: Row, beside: Sequence[tuple[Table, Row]] = ()) -> None:
        """See `Store.insert`."""
        await self._store.insert(table, self._owner, row, await self.once(f"insert {table}"), beside)

    async def get(self, table: Table, id: str) -> Row | None:  # noqa: A002 - the column's name
        """See `Store.get`."""
        return await self._store.get(table, self._owner, id)

    async def select(  # noqa: PLR0913 - one argument a clause
        self,
        table: Table,
        *,
        where: Mapping[str, Any] | None = None,  # Any: see Row
        before: tuple[float, str] | None = None,
        limit: int = 50,
        descending: bool = True,
        order: Order = "created",
        since: float | None = None,
    ) -> list[Row]:
        """See `Store.select`."""
        return await self._store.select(
            table, self._owner, where=where, before=before, limit=limit, descending=descending, order=order, since=since
        )

    async def count(self, table: Table, *, where: Mapping[str, Any] | None = None) -> int:  # Any: see Row
        """See `Store.count`."""
        return await self._store.count(table, self._owner, where=where)

    async def page(  # noqa: PLR0913 - one argument a clause
        self,
        table: Table,
        *,
        cursor: str | None,
        limit: int,
        where: Mapping[str, Any] | None = None,  # Any: see Row
        order: Order = "created",
        since: float | None = None,
        until: float | None = None,
    ) -> tuple[list[Row], str | None]:
        """A page of a list, its newest rows first, and the cursor of the next one; None on the last.

        Of those whose `order` is at least `since` and less than `until`.

        Raises:
            InvalidRequest: the cursor is not one of this list.
        """
        places = [] if cursor is None else [place_of(cursor)]
        places += [] if until is None else [(until, "")]
        before = min(places, default=None)
        rows = await self.select(table, where=where, before=before, limit=limit + 1, order=order, since=since)
        shown = rows[:limit]
        return shown, cursor_of(shown[-1][order], shown[-1]["id"]) if len(rows) > limit else None

    async def update(
        self,
        table: Table,
        id: str,  # noqa: A002
        changes: Mapping[str, Any],  # Any: see Row
        beside: Sequence[tuple[Table, Row]] = (),
        only_if: Mapping[str, Any] = NOTHING,  # Any: as above
    ) -> bool:
        """See `Store.update`."""
        once = await self.once(f"update {table} {id}")
        return await self._store.update(table, self._owner, id, changes, once, beside, only_if)

    async def delete(self, table: Table, id: str, beside: Sequence[tuple[Table, Row]] = ()) -> bool:  # noqa: A002
        """See `Store.delete`."""
        return await self._store.delete(table, self._owner, id, await self.once(f"delete {table} {id}"), beside)

    async def search(self, words: Sequence[str], limit: int, after: int = 0) -> list[Row]:
        """See `Store.search`."""
        return await self._store.search(self._owner, words, limit, after)

    async def forget(self, conversation_id: str) -> bool:
        """See `Store.forget`."""
        await self.once("forget")
        return await self._store.forget(self._owner, conversation_id)

    async def forget_run(self, run_id: str) -> bool:
        """See `Store.forget_run`."""
        await self.once("forget")
        return await self._store.forget_run(self._owner, run_id)

    async def measure(self, since: float, until: float, most: int) -> Measures:
        """See `Store.measure`."""
        return await self._store.measure(self._owner, since, until, most)

    async def usage(self, since: str, until: str, by: Sequence[str]) -> list[Row]:
        """See `Spending.usage`."""
        return await self._store.usage(self._owner, since, until, by)

    async def singly(self, since: str, until: str, by: Sequence[str]) -> Singly | None:
        """See `Spending.singly`."""
        return await self._store.singly(self._owner, since, until, by)

    async def branch(self, conversation: Row, runs: Mapping[str, str]) -> None:
        """See `Store.branch`."""
        await self.once("branch")
        await self._store.branch(self._owner, conversation, runs)

    async def put_items(self, collection_id: str, models: Models, items: Sequence[NewItem], now: float) -> Put:
        """See `Items.put_items`."""
        await self.once("put items")
        return await self._store.put_items(self._owner, collection_id, models, items, now)

    async def drop_items(self, collection_id: str, which: Which, now: float) -> int:
        """See `Items.drop_items`."""
        await self.once("drop items")
        return await self._store.drop_items(self._owner, collection_id, which, now)

    async def find_items(
        self, collection_id: str, which: Which = EVERY, *, after: int = 0, limit: int = 100
    ) -> list[Row]:
        """See `Items.find_items`."""
        return await self._store.find_items(self._owner, collection_id, which, after=after, limit=limit)

    async def count_items(self, collection_id: str, which: Which = EVERY) -> int:
        """See `Items.count_items`."""
        return await self._store.count_items(self._owner, collection_id, which)

    async def sum_items(self, collection_id: str) -> Row:
        """See `Items.sum_items`."""
        return await self._store.sum_items(self._owner, collection_id)

    async def items_by_number(self, collection_id: str, numbers: Sequence[int]) -> list[Row]:
        """See `Items.items_by_number`."""
        return await self._store.items_by_number(self._owner, collection_id, numbers)

    async def match_words(self, collection_id: str, terms: Sequence[str], which: Which, limit: int) -> list[Found]:
        """See `Items.match_words`."""
        return await self._store.match_words(self._owner, collection_id, terms, which, limit)

    async def unfilled(self, collection_id: str, side: Side, after: int, limit: int) -> list[Row]:
        """See `Items.unfilled`."""
        return await self._store.unfilled(self._owner, collection_id, side, after, limit)

    async def fill_vectors(
        self, collection_id: str, models: Models, side: Side, vectors: Sequence[tuple[int, bytes]]
    ) -> None:
        """See `Items.fill_vectors`."""
        await self.once("fill vectors")
        await self._store.fill_vectors(self._owner, collection_id, models, side, vectors)

    async def name_next(self, collection_id: str, model: str | None, version: str | None, now: float) -> None:
        """See `Items.name_next`."""
        await self.once("name next")
        await self._store.name_next(self._owner, collection_id, model, version, now)

    async def flip_side(self, collection_id: str, now: float) -> bool:
        """See `Items.flip_side`."""
        await self.once("flip side")
        return await self._store.flip_side(self._owner, collection_id, now)

    async def clear_side(self, collection_id: str, side: Side, limit: int) -> bool:
        """See `Items.clear_side`."""
        await self.once("clear side")
        return await self._store.clear_side(self._owner, collection_id, side, limit)

    async def drop_collection(self, collection_id: str) -> bool:
        """See `Items.drop_collection`."""
        await self.once("drop collection")
        return await self._store.drop_collection(self._owner, collection_id)

    async def entry(self, namespace: str, key: str) -> Row | None:
        """See `Entries.entry`."""
        return await self._store.entry(self._at(namespace, key))

    async def entries(self, namespace: str, prefix: str, after: str, limit: int) -> list[Row]:
        """See `Entries.entries`."""
        return await self._store.entries(self._owner, namespace, prefix, after, limit)

    async def put_entry(self, namespace: str, key: str, row: Row, only_if: int | None) -> Row:
        """See `Entries.put_entry`."""
        return await self._store.put_entry(self._at(namespace, key), row, only_if, await self.once("put entry"))

    async def drop_entry(self, namespace: str, key: str, only_if: int | None) -> bool:
        """See `Entries.drop_entry`."""
        return await self._store.drop_entry(self._at(namespace, key), only_if, await self.once("drop entry"))

    async def about_user(self, user: str) -> AboutUser:
        """See `Forgetting.about_user`."""
        return await self._store.about_user(self._owner, user)

    async def mentions(self, ids: Sequence[str]) -> Mentions:
        """See `Forgetting.mentions`."""
        return await self._store.mentions(self._owner, ids)

    async def indexed(self, numbers: Mapping[str, Sequence[int]]) -> int:
        """See `Forgetting.indexed`."""
        return await self._store.indexed(self._owner, numbers)

    async def scrub(self, collections: Sequence[str]) -> list[str]:
        """See `Forgetting.scrub`."""
        return await self._store.scrub(self._owner, collections)

    async def in_files(self, pieces: Sequence[bytes]) -> list[bool] | None:
        """See `Forgetting.in_files`."""
        return await self._store.in_files(pieces)

    def _at(self, namespace: str, key: str) -> Place:
        return Place(owner=self._owner, namespace=namespace, key=key)
