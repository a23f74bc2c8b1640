"""What a store reads by the same statements whichever its database."""

from __future__ import annotations

from abc import abstractmethod
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from nis_backend.drivers.store import keyed, queries, sums
from nis_backend.drivers.store.base import Store
from nis_backend.drivers.store.spending import MOST_ROWS, Singly

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.store.base import Order, Row, Table
    from nis_backend.drivers.store.entries import Place
    from nis_backend.drivers.store.items import Side
    from nis_backend.drivers.store.queries import Statement


class Reading(Store):
    """A store that answers the statements of `queries`."""

    day: str
    """A row's `created` as a day, in the database's words."""

    by_code_point: str
    """What has texts be compared by their code points, in the database's words."""

    @abstractmethod
    async def _ask(self, statement: Statement) -> list[Row]:
        """The rows that a query answers."""

    @override
    async def get(self, table: Table, owner: str, id: str) -> Row | None:
        rows = await self._ask(queries.get(table, owner, id))
        return rows[0] if rows else None

    @override
    async def select(
        self,
        table: Table,
        owner: str,
        *,
        where: Mapping[str, Any] | None = None,
        before: tuple[float, str] | None = None,
        limit: int = 50,
        descending: bool = True,
        order: Order = "created",
        since: float | None = None,
    ) -> list[Row]:
        statement = queries.select(
            table, owner, where=where, before=before, limit=limit, descending=descending, order=order, since=since
        )
        return await self._ask(statement)

    @override
    async def count(
        self,
        table: Table,
        owner: str,
        *,
        where: Mapping[str, Any] | None = None,
        order: Order = "created",
        since: float | None = None,
    ) -> int:
        statement = queries.count(table, owner, where=where, order=order, since=since)
        return int((await self._ask(statement))[0]["found"])

    @override
    async def keys(
        self, where: Mapping[str, Any], *, before: tuple[float, str] | None = None, limit: int = 50
    ) -> list[Row]:
        return await self._ask(queries.keys(where, before=before, limit=limit))

    @override
    async def waiting(self, queue: str, most: int) -> int:
        return int((await self._ask((queries.WAITING, [queue, most])))[0]["found"])

    @override
    async def due(self, now: float, limit: int) -> list[Row]:
        return await self._ask((queries.DUE, [now, limit]))

    @override
    async def unsent(self, limit: int, size: int) -> list[Row]:
        return await self._ask((queries.UNSENT, [limit, size]))

    @override
    async def count_unsent(self, limit: int) -> int:
        return int((await self._ask((queries.COUNT_UNSENT, [limit])))[0]["found"])

    @override
    async def events(self, owner: str, run_id: str, after: int, limit: int = 500) -> list[Row]:
        return await self._ask((queries.EVENTS, [run_id, owner, after, limit]))

    @override
    async def spent(self, periods: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
        return {(row["budget_id"], row["period"]): row["used"] for row in await self._ask(queries.spent(periods))}

    @override
    async def usage(self, owner: str | None, since: str, until: str, by: Sequence[str]) -> list[Row]:
        return whole(await self._ask(sums.read(owner, since, until, by)))

    @override
    async def singly(self, owner: str | None, since: str, until: str, by: Sequence[str]) -> Singly | None:
        from nis_backend.drivers.store import singly  # noqa: PLC0415 - few ask, and a start has no need of it

        if int((await self._ask(singly.many(owner, since, until)))[0]["found"]) > MOST_ROWS:
            return None
        times = await self._ask(singly.percentiles(owner, since, until, by, self.day))
        return Singly(times=times, refused=await self._ask(singly.refusals(owner, since, until, by, self.day)))

    @override
    async def entry(self, at: Place) -> Row | None:
        rows = await self._ask(keyed.get(at, self.now()))
        return rows[0] if rows else None

    @override
    async def entries(self, owner: str, namespace: str, prefix: str, after: str, limit: int) -> list[Row]:
        return await self._ask(keyed.page(owner, namespace, prefix, after, limit, self.now(), self.by_code_point))

    @override
    async def sum_items(self, owner: str, collection_id: str) -> Row:
        return (await self._ask(queries.sum_items(owner, collection_id)))[0]

    @override
    async def vectors_after(
        self, owner: str, collection_id: str, side: Side, number: int, limit: int
    ) -> list[tuple[int, bytes]]:
        rows = await self._ask(queries.vectors_after(owner, collection_id, side, number, limit))
        return [(row["number"], row["vector"]) for row in rows]

    @override
    async def unfilled(self, owner: str, collection_id: str, side: Side, after: int, limit: int) -> list[Row]:
        return await self._ask(queries.unfilled(owner, collection_id, side, after, limit))

    @override
    async def configured(self, table: Table, where: Mapping[str, Any]) -> list[Row]:
        return await self._ask(queries.configured(table, where))

    @override
    async def narrow(self) -> bool:
        return bool((await self._ask((queries.NARROW, [])))[0]["found"])


def whole(rows: Sequence[Row]) -> list[Row]:
    """Rows with sums of whole numbers as such: PostgreSQL answers them as decimal ones."""
    return [{name: int(cell) if isinstance(cell, Decimal) else cell for name, cell in row.items()} for row in rows]
