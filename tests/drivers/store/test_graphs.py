"""Large collections on PostgreSQL are searched by a graph of their vectors, which is made behind the searches."""

from __future__ import annotations

import asyncio
import json
import math
import random
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from postgresql import PostgreSQL
from test_items import make

from nis_backend.drivers.store.items import EVERY, Condition, Found, NewItem, Which
from nis_backend.drivers.store.postgres import graphs
from nis_backend.drivers.store.postgres.store import PostgresStore

SIZE, COUNT = 24, 400
MODEL = ("embedded:mini", None, None, None)
BOTH = ("embedded:mini", None, "embedded:maxi", "2")
ODD = Which(where=[Condition(key="odd", comparison="in", values=[True])])
ONE = Which(where=[Condition(key="number", comparison="in", values=[7])])


def vectors(count: int, seed: int) -> list[bytes]:
    """Vectors of length 1 in all directions."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    made: list[bytes] = []
    for _ in range(count):
        numbers = [chance.gauss(0, 1) for _ in range(SIZE)]
        size = math.hypot(*numbers)
        made.append(struct.pack(f"<{SIZE}f", *(number / size for number in numbers)))
    return made


def items(given: list[bytes], first: int = 0) -> list[NewItem]:
    """Items with these vectors."""
    return [
        NewItem(
            id=str(number),
            text="tide",
            metadata=json.dumps({"odd": number % 2 == 1, "number": number}),
            digest=str(number),
            vector=vector,
        )
        for number, vector in enumerate(given, start=first)
    ]


async def nearest_of(store: PostgresStore, vector: bytes, which: Which = EVERY, limit: int = 10) -> list[Found]:
    """The nearest items by comparing each."""
    numbers = {*await store.item_numbers("ann", "c-1", which)}
    asked = struct.unpack(f"<{SIZE}f", vector)
    rows = await store.vectors_after("ann", "c-1", "a", 0, 10_000)
    found: list[Found] = [
        (number, math.fsum(a * b for a, b in zip(asked, struct.unpack(f"<{SIZE}f", other), strict=True)))
        for number, other in rows
        if number in numbers
    ]
    return sorted(found, key=lambda one: -one[1])[:limit]


@asynccontextmanager
async def filled(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[PostgresStore]:
    """A store with a collection that is large enough."""
    monkeypatch.setattr(graphs, "LEAST", COUNT)
    monkeypatch.setattr(graphs, "FEW", 10)
    monkeypatch.setattr(graphs, "LATE", 5)
    store = PostgresStore(database)
    try:
        await make(store, model="embedded:mini")
        await store.put_items("ann", "c-1", MODEL, items(vectors(COUNT, 1)), 2.0)
        yield store
    finally:
        await store.close()


def same(found: list[Found] | None, wanted: list[Found]) -> bool:
    """Whether nine of ten of what is nearest were found, with what they are near by."""
    assert found is not None
    near = dict(wanted)
    both = [(number, score) for number, score in found if number in near]
    assert all(score == pytest.approx(near[number], abs=1e-5) for number, score in both)
    return len(found) == len(wanted) and len(both) >= 0.9 * len(wanted)


def test_a_graph_finds_what_comparing_each_finds(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With filters that leave much and little; until it is there nothing is answered, and each is compared."""

    async def body() -> None:
        async with filled(database, monkeypatch) as store:
            [asked] = vectors(1, 2)
            assert await store.nearest("ann", "c-1", "a", asked, EVERY, 10) is None
            await store.graphs.made()
            for which in (EVERY, ODD, ONE):
                found = await store.nearest("ann", "c-1", "a", asked, which, 10)
                assert same(found, await nearest_of(store, asked, which))
            assert await store.nearest("bob", "c-1", "a", asked, EVERY, 10) is None

    asyncio.run(body())


def test_what_is_added_and_removed_is_known_at_once(
    postgresql: PostgreSQL, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: a search sees what is committed; with more than a few new ones the graph is brought up to date first."""

    async def body() -> None:
        async with filled(database, monkeypatch) as store:
            asked, *more = vectors(21, 3)
            assert await store.nearest("ann", "c-1", "a", asked, EVERY, 10) is None
            await store.graphs.made()
            [best, *_] = await nearest_of(store, asked)
            await store.drop_items("ann", "c-1", Which(numbers=[best[0]]), 3.0)
            await store.put_items("ann", "c-1", MODEL, items([asked], COUNT), 3.0)
            found = await store.nearest("ann", "c-1", "a", asked, EVERY, 10)
            assert found is not None
            assert found[0][1] == pytest.approx(1)
            assert best[0] not in dict(found)
            gone = f"select count(*) from graph_rows where number = {best[0]}"  # noqa: S608 - ours
            assert postgresql.execute(gone, database) == "0"
            await store.put_items("ann", "c-1", MODEL, items(more, COUNT + 1), 3.0)
            await store.graphs.made()
            await store.put_items("ann", "c-1", MODEL, items(vectors(10, 4), COUNT + 100), 3.0)
            assert await store.nearest("ann", "c-1", "a", asked, EVERY, 10) is None
            await store.graphs.made()
            assert same(
                await store.nearest("ann", "c-1", "a", asked, EVERY, 10),
                await nearest_of(store, asked),
            )

    asyncio.run(body())


def test_a_graph_goes_with_its_side_and_with_its_collection(
    postgresql: PostgreSQL, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: of a collection that is gone nothing stays; the new model's vectors get a graph of their own."""
    tables = "select count(*) from pg_tables where tablename like 'graph\\_%' and tablename <> 'graph_rows'"

    async def body() -> None:
        async with filled(database, monkeypatch) as store:
            [asked] = vectors(1, 5)
            await store.nearest("ann", "c-1", "a", asked, EVERY, 10)
            await store.graphs.made()
            assert postgresql.execute(tables, database) == "1"
            await store.name_next("ann", "c-1", "embedded:maxi", "2", 3.0)
            rows = await store.vectors_after("ann", "c-1", "a", 0, 10_000)
            await store.fill_vectors("ann", "c-1", BOTH, "b", rows)
            assert await store.flip_side("ann", "c-1", 3.0)
            assert postgresql.execute(tables, database) == "0"
            assert await store.nearest("ann", "c-1", "b", asked, EVERY, 10) is None
            await store.graphs.made()
            assert await store.nearest("ann", "c-1", "b", asked, EVERY, 10) is not None
            assert await store.drop_collection("ann", "c-1")
            assert postgresql.execute(tables, database) == "0"
            left = "select (select count(*) from items) + (select count(*) from item_words)"
            left += " + (select count(*) from item_lengths) + (select count(*) from vector_graphs)"
            assert postgresql.execute(left, database) == "0"

    asyncio.run(body())


def test_without_the_right_to_the_extension_everything_else_goes(
    postgresql: PostgreSQL, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: a database whose user may not create extensions is brought to the schema, and searched."""
    name = database.rpartition("/")[2]
    postgresql.execute(f"create role plain_{name} login", database)
    postgresql.execute(f"grant all on schema public to plain_{name}", database)
    theirs = database.replace("postgres@", f"plain_{name}@")

    async def body() -> None:
        async with filled(theirs, monkeypatch) as store:
            [asked] = vectors(1, 6)
            assert store.indexes_vectors
            for _ in range(2):
                assert await store.nearest("ann", "c-1", "a", asked, EVERY, 10) is None
                await store.graphs.made()
            assert not store.indexes_vectors
            assert len(await store.match_words("ann", "c-1", ["tide"], EVERY, 10)) == 10

    asyncio.run(body())
    assert postgresql.execute("select count(*) from pg_extension where extname = 'vector'", database) == "0"
