"""Graphs of vectors in PostgreSQL, by its extension pgvector: what a large collection is searched by.

A graph is made behind the searches, from the items, and brought up to date the same way: until it is there, and where
the extension is not, vectors are compared one by one outside of the database. What was added since stands beside it.

Source: Malkov & Yashunin (2018), Efficient and robust approximate nearest neighbor search using Hierarchical Navigable
Small World graphs, arXiv:1603.09320.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import operator
import struct
from array import array
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, LiteralString, cast

import psycopg
from psycopg.rows import DictRow, dict_row

from nis_backend.drivers.store.postgres.items import conditions, graph_table
from nis_backend.drivers.store.postgres.statements import ours
from nis_backend.drivers.store.queries import vectors_after
from nis_backend.drivers.telemetry.ids import apart
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.store.base import Row
    from nis_backend.drivers.store.items import Found, Side, Which
    from nis_backend.drivers.store.postgres.link import Connection, Link

log = logging.getLogger("nis.store")

LEAST = 50_000
"""Items from which a graph pays: fewer are compared one by one in less than ten milliseconds, and none is missed."""
LATE = 500
"""Items that were added since, and are compared one by one beside the graph; with more it does not serve."""
MORE = 4
"""How many times as many as are wanted are looked for with a filter."""
FEW = 5_000
"""Items that a filter leaves: they are compared one by one, which misses none."""
LOOKED_AT, LOOKED_AT_FILTERED = 100, 400
"""Candidates of a search, at least, and of one with a filter; recall and time by them are in docs/experiments.md."""
BATCH = 500
"""Items that are copied in one transaction."""
LONGEST = 4_000
"""Dimensions of which pgvector makes a graph, with two bytes for each: half the memory, and what is nearest is told by
four."""
VERSION = (0, 8)
"""pgvector's from which a search goes on until a filter has left enough."""
MEMORY = (64, 1_024)
"""Megabytes for making a graph, least and most: one that does not fit is made many times slower."""

ABOUT = """
select c.items, c.dimensions, g.number as graph, g.ready, g.upto, (
    select count(*) from (
        select from items where collection_id = c.id and number > g.upto limit %(late)s
    ) as late
) as late
from collections c left join vector_graphs g on g.collection_id = c.id and g.side = %(side)s
where c.id = %(collection_id)s and c.owner = %(owner)s
"""
THERE = "select extversion as version from pg_extension where extname = 'vector'"
EXTENSION = "create extension if not exists vector"
DEAD = """
delete from {table} where number in (
    select g.number from {table} g where not exists (select from items where items.number = g.number) limit 5000
)"""
SEARCH: dict[str, str] = {
    # In strict order a walk that goes on leaves out what is nearer than what it has answered: the tenth of ten nearest.
    "hnsw.iterative_scan": "relaxed_order",
    # However few the filter leaves, the graph is walked in its order, and never sorted.
    "enable_sort": "off",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


@dataclass(frozen=True, kw_only=True)
class Graph:
    """One graph: a table with an index, of the vectors on one side of a collection."""

    number: int
    dimensions: int

    @property
    def table(self) -> str:
        """Its name, to be written into SQL."""
        return graph_table(self.number)

    def row(self, number: int, vector: bytes) -> bytes:
        """A vector as COPY takes it."""
        numbers = array("f", vector)
        numbers.byteswap()
        cell = numbers.tobytes()
        return struct.pack(">hiqihh", 2, 8, number, 4 + len(cell), len(numbers), 0) + cell


class Graphs:
    """The graphs of a database."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.without = False
        """Whether the database has no pgvector, nor lets this program have it."""
        self._making: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def nearest(  # noqa: PLR0913, PLR0917 - the contract's
        self, owner: str, collection_id: str, side: Side, vector: bytes, which: Which, limit: int
    ) -> list[Found] | None:
        """See `Items.nearest`."""
        if self.without:
            return None
        about = await self._about(owner, collection_id, side)
        if about is None or not _pays(about):
            return None
        number = about["graph"]
        if number is None or not about["ready"] or about["late"]:
            self._make(owner, collection_id, side)
        if number is None or not about["ready"] or about["late"] > LATE:
            return None
        graph = Graph(number=number, dimensions=about["dimensions"])
        search = partial(self._search, owner, collection_id, graph, array("f", vector).tolist(), which, limit)
        try:
            few = not which.all and await self._count(owner, collection_id, which) <= FEW
            found = await search(exact=few)
            if len(found) < limit and not few:
                # What is left by the filter is far from here: the walk has ended before it.
                found = await search(exact=True)
        except psycopg.errors.UndefinedTable:
            return None
        if about["late"]:
            found += await self._late(owner, collection_id, side, about["upto"], vector, which)
        return sorted(found, key=lambda one: (-one[1], one[0]))[:limit]

    async def _about(self, owner: str, collection_id: str, side: Side) -> Row | None:
        given = {"owner": owner, "collection_id": collection_id, "side": side, "late": LATE + 1}
        rows = await self._link.read(ABOUT, given)
        return rows[0] if rows else None

    async def _count(self, owner: str, collection_id: str, which: Which) -> int:
        clauses, given = conditions(owner, collection_id, which)
        sql = f"select count(*) as found from (select from items where {clauses} limit {FEW + 1:d}) as first"  # noqa: S608 - ours
        return int((await self._link.read(sql, given))[0]["found"])

    async def _search(  # noqa: PLR0913, PLR0917 - as above
        self,
        owner: str,
        collection_id: str,
        graph: Graph,
        vector: Sequence[float],
        which: Which,
        limit: int,
        *,
        exact: bool,
    ) -> list[Found]:
        clauses, given = conditions(owner, collection_id, which)
        apart, size = "g.embedding <#> %(vector)s::vector", graph.dimensions
        order = apart if exact else f"g.embedding::halfvec({size:d}) <#> %(vector)s::halfvec({size:d})"
        sql = (
            f"select g.number, -({apart}) as similarity from {graph.table} g"  # noqa: S608 - ours
            f" join (select number from items where {clauses}) i on i.number = g.number"
            f" order by {order} limit %(limit)s"
        )
        # A filter has the walk end early: of more than are wanted the nearest are surer to be among them.
        wanted = limit if exact or which.all else MORE * limit
        given |= {"vector": str([*vector]), "limit": wanted}
        looked_at = max(LOOKED_AT if which.all else LOOKED_AT_FILTERED, 2 * limit)
        if exact:
            rows = await self._link.read(sql, given)
        else:
            candidates = {"hnsw.ef_search": str(min(1000, looked_at))}
            rows = await self._link.read_with(SEARCH | candidates, sql, given)
        return [(row["number"], row["similarity"]) for row in rows]

    async def _late(  # noqa: PLR0913, PLR0917 - as above
        self, owner: str, collection_id: str, side: Side, upto: int, vector: bytes, which: Which
    ) -> list[Found]:
        """The items that the graph has not yet."""
        clauses, given = conditions(owner, collection_id, which)
        sql = (
            f"select number, vector_{side} as vector from items where {clauses} and number > %(upto)s"  # noqa: S608 - ours
            f" and vector_{side} is not null"
        )
        rows = await self._link.read(sql, {**given, "upto": upto})
        asked = array("f", vector)
        return [(row["number"], sum(map(operator.mul, asked, array("f", row["vector"])))) for row in rows]

    # -- making them --------------------------------------------------------------------------------------------------

    def _make(self, owner: str, collection_id: str, side: Side) -> None:
        """Make a graph, or bring it up to date, behind what is going on."""
        key = (collection_id, side)
        if key not in self._making:
            task = asyncio.create_task(self._keep(owner, collection_id, side), name="store graph", context=apart())
            self._making[key] = task
            task.add_done_callback(lambda _: self._making.pop(key, None))

    async def made(self) -> None:
        """Wait until what is being made is."""
        await asyncio.gather(*self._making.values())

    async def close(self) -> None:
        """Leave what is being made as it is: it goes on from there."""
        tasks = [*self._making.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, owner: str, collection_id: str, side: Side) -> None:
        try:
            async with await psycopg.AsyncConnection[DictRow].connect(
                **self._link.connecting, autocommit=True, row_factory=dict_row
            ) as connection:
                if not await self._have_extension(connection):
                    return
                # Of several processes one does it.
                lock = "select pg_try_advisory_lock(hashtextextended(%s, 0)) as ours"
                row = await (await connection.execute(lock, [f"nis graph {collection_id} {side}"])).fetchone()
                if row is not None and row["ours"]:
                    await _bring(connection, owner, collection_id, side)
        except (psycopg.Error, NisError, OSError) as error:
            log.warning("the graph of a collection's vectors is not made: %s", str(error).partition("\n")[0])

    async def _have_extension(self, connection: Connection) -> bool:
        row = await (await connection.execute(THERE)).fetchone()
        if row is None:
            with contextlib.suppress(psycopg.Error):
                await connection.execute(EXTENSION)
            row = await (await connection.execute(THERE)).fetchone()
        self.without = row is None or tuple(map(int, str(row["version"]).split(".")[:2])) < VERSION
        if self.without:
            log.info("large collections are searched without an index: the database has no pgvector of version 0.8")
        return not self.without


def _pays(about: Row) -> bool:
    return about["items"] >= LEAST and about["dimensions"] is not None and about["dimensions"] <= LONGEST


async def _bring(connection: Connection, owner: str, collection_id: str, side: Side) -> None:
    """Make a graph, or go on with one, up to what there is."""
    given = {"owner": owner, "collection_id": collection_id, "side": side, "late": 1}
    about = await (await connection.execute(cast("LiteralString", ABOUT), given)).fetchone()
    if about is None or not _pays(about):
        return
    number = about["graph"]
    if number is None:
        number = await _begin(connection, owner, collection_id, side, about["dimensions"])
        if number is None:
            return
    graph = Graph(number=number, dimensions=about["dimensions"])
    upto = about["upto"] or 0
    while rows := await _after(connection, owner, collection_id, side, upto):
        upto = rows[-1]["number"]
        async with connection.transaction():
            await _copy(connection, graph, rows)
            await connection.execute("update vector_graphs set upto = %s where number = %s", [upto, number])
    if about["ready"]:
        await connection.execute(cast("LiteralString", DEAD.format(table=graph.table)))
    else:
        await _index(connection, graph, about["items"])


async def _begin(connection: Connection, owner: str, collection_id: str, side: Side, dimensions: int) -> int | None:
    """An empty graph; None where the collection serves another side by now."""
    async with connection.transaction():
        lock = "select side from collections where id = %s and owner = %s for update"
        row = await (await connection.execute(lock, [collection_id, owner])).fetchone()
        if row is None or row["side"] != side:
            return None
        sql = "insert into vector_graphs (collection_id, side, upto, ready) values (%s, %s, 0, 0) returning number"
        made = await (await connection.execute(sql, [collection_id, side])).fetchone()
        assert made is not None, "it was added"
        graph = Graph(number=made["number"], dimensions=dimensions)
        columns = f"(embedding vector({dimensions:d}) not null, primary key (number))"
        # Who drops the table of all of them drops each.
        sql = cast("LiteralString", f"create table {graph.table} {columns} inherits (graph_rows)")
        await connection.execute(sql)
    return graph.number


async def _after(connection: Connection, owner: str, collection_id: str, side: Side, upto: int) -> list[Row]:
    sql, given = ours(vectors_after(owner, collection_id, side, upto, BATCH))
    return await (await connection.execute(cast("LiteralString", sql), given)).fetchall()


async def _copy(connection: Connection, graph: Graph, rows: Sequence[Row]) -> None:
    sql = cast("LiteralString", f"copy {graph.table} (number, embedding) from stdin (format binary)")
    async with connection.cursor() as cursor, cursor.copy(sql) as copy:
        await copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for row in rows:
            await copy.write(graph.row(row["number"], row["vector"]))
        await copy.write(b"\xff\xff")


async def _index(connection: Connection, graph: Graph, items: int) -> None:
    """Give a graph that is filled its index; who removes items meanwhile does not wait for it."""
    least, most = MEMORY
    memory = max(least, min(most, items * (2 * graph.dimensions + 700) >> 20))
    await connection.execute("select set_config('maintenance_work_mem', %s, false)", [f"{memory}MB"])
    # Its memory would be shared, of which a container has 64 MB.
    await connection.execute("set max_parallel_maintenance_workers = 0")
    name, half = f"{graph.table}_index", f"(embedding::halfvec({graph.dimensions:d})) halfvec_ip_ops"
    # What a process that died has left is of no use.
    await connection.execute(cast("LiteralString", f"drop index if exists {name}"))
    sql = f"create index concurrently {name} on {graph.table} using hnsw ({half})"
    await connection.execute(cast("LiteralString", sql))
    await connection.execute("update vector_graphs set ready = 1 where number = %s", [graph.number])
