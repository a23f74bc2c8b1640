"""Values under keys: of writers that race exactly one wins, and what is over is not there, whichever database."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from nis_backend.drivers.store.base import Row, Store
from nis_backend.drivers.store.entries import Place
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Conflict, InvalidRequest

Body = Callable[[Sequence[Store]], Awaitable[None]]
AT = Place(owner="ann", namespace="n", key="k")


@contextlib.asynccontextmanager
async def opened(folder: Path, database: str | None) -> AsyncGenerator[Sequence[Store]]:
    """Two stores over one database; where only one process may have it, one."""
    stores = [SqliteStore(folder / "nis.db")] if database is None else [PostgresStore(database) for _ in range(2)]
    try:
        yield stores
    finally:
        for store in stores:
            await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def with_stores(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Body], None]:
    """Runs a test's body with each implementation."""
    database = request.getfixturevalue("database") if request.param == "postgresql" else None

    async def within(body: Body) -> None:
        async with opened(tmp_path, database) as stores:
            await body(stores)

    return lambda body: asyncio.run(within(body))


def entry(number: int, value: str = "1", expires: float | None = None) -> Row:
    """What is put there."""
    return {"id": f"entry-{number}", "value": value, "expires": expires, "created": number, "updated": number}


def test_a_version_grows_and_is_compared_and_the_one_there_is_named(with_stores: Callable[[Body], None]) -> None:
    """Promise of only_if_version: set only where it holds; the refusal says which version there is."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        assert await store.entry(AT) is None
        first = await store.put_entry(AT, entry(1), 0)
        assert (first["version"], first["id"], first["created"]) == (1, "entry-1", 1)
        second = await store.put_entry(AT, entry(2, "2"), None)
        assert (second["version"], second["id"], second["created"], second["updated"]) == (2, "entry-1", 1, 2)
        for wrong in (0, 1, 3):
            with pytest.raises(Conflict, match="version 2") as refused:
                await store.put_entry(AT, entry(3, "3"), wrong)
            assert refused.value.value == "2"
        third = await store.put_entry(AT, entry(3, "3"), 2)
        assert (third["version"], third["value"]) == (3, "3")
        with pytest.raises(Conflict, match="has version 3, not 2"):
            await store.drop_entry(AT, 2)
        assert await store.drop_entry(AT, 3)
        assert not await store.drop_entry(AT, None)
        with pytest.raises(Conflict, match="not there") as gone:
            await store.put_entry(AT, entry(4), 3)
        assert gone.value.value == "0"
        assert (await store.put_entry(AT, entry(5), None))["version"] == 1
        assert await store.drop_entry(AT, None)
        assert await store.entry(AT) is None

    with_stores(body)


def test_of_writers_that_race_exactly_one_wins(with_stores: Callable[[Body], None]) -> None:
    """Promise: of all that give the same version at once, one sets it, also from several processes' stores."""

    async def body(stores: Sequence[Store]) -> None:
        for version in range(4):
            tries = [
                stores[number % len(stores)].put_entry(AT, entry(number, str(number)), version) for number in range(12)
            ]
            outcomes = await asyncio.gather(*tries, return_exceptions=True)
            won = [one for one in outcomes if isinstance(one, dict)]
            assert len(won) == 1
            assert all(isinstance(one, Conflict) for one in outcomes if one is not won[0])
            there = await stores[0].entry(AT)
            assert there == won[0]
            assert there is not None
            assert there["version"] == version + 1
        # Every change without a comparison counts too: none is lost between two.
        await asyncio.gather(*(stores[n % len(stores)].put_entry(AT, entry(n), None) for n in range(20)))
        last = await stores[-1].entry(AT)
        assert last is not None
        assert last["version"] == 24

    with_stores(body)


def test_what_is_over_is_not_there_before_anyone_tidies(
    with_stores: Callable[[Body], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise of ttl: exact on reading, listing, comparing and deleting; tidied in the background."""

    async def body(stores: Sequence[Store]) -> None:
        store, clock = stores[0], [1000.0]
        for one in stores:
            monkeypatch.setattr(one, "now", lambda: clock[0])
        other = Place(owner="bob", namespace="n", key="k")
        stays = Place(owner="ann", namespace="n", key="stays")
        for at, expires in ((AT, 1010.0), (other, 1010.0), (stays, None)):
            await store.put_entry(at, entry(len(at.key) * 10 + len(at.owner), expires=expires) | {"id": str(at)}, None)
        clock[0] = 1009.999
        assert await store.entry(AT) is not None
        assert len(await store.entries("ann", "n", "", "", 10)) == 2
        assert not await store.expire_entries()
        clock[0] = 1010.0
        assert await store.entry(AT) is None
        assert [row["key"] for row in await store.entries("ann", "n", "", "", 10)] == ["stays"]
        with pytest.raises(Conflict):
            await store.put_entry(AT, entry(2), 1)
        assert not await store.drop_entry(other, None)
        anew = await store.put_entry(AT, entry(3, "new", 1020.0), 0)
        assert (anew["version"], anew["id"], anew["created"]) == (1, "entry-3", 3)
        clock[0] = 1020.0
        assert await store.expire_entries()
        assert not await store.expire_entries()
        assert await store.count("entries", "ann") == 1

    with_stores(body)


def test_entries_are_listed_by_prefix_and_page_of_one_owner(with_stores: Callable[[Body], None]) -> None:
    """Promise of list_entries: in the order of code points, each once, and nothing of another namespace or owner."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        keys = ["A", "B", "a", "a%b", "a_b", "ab", "é", "z"]
        for number, key in enumerate(keys):
            await store.put_entry(Place(owner="ann", namespace="n", key=key), entry(number), None)
        for number, (owner, namespace) in enumerate([("bob", "n"), ("ann", "m")]):
            await store.put_entry(Place(owner=owner, namespace=namespace, key="ab"), entry(90 + number), None)
        found: list[str] = []
        while page := await store.entries("ann", "n", "", found[-1] if found else "", 3):
            found += [row["key"] for row in page]
        assert found == sorted(keys)
        assert [row["key"] for row in await store.entries("ann", "n", "a", "a", 10)] == ["a%b", "a_b", "ab"]
        assert [row["key"] for row in await store.entries("ann", "n", "a_", "", 10)] == ["a_b"]
        assert [row["id"] for row in await store.entries("bob", "n", "", "", 10)] == ["entry-90"]

    with_stores(body)


def test_a_write_that_is_made_again_under_its_key_happens_once(with_stores: Callable[[Body], None]) -> None:
    """Promise of repeatable: a call that a crash has cut changes no more the second time, and answers as the first."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        for _ in range(2):
            assert (await store.put_entry(AT, entry(1), 0, "run-1:put:1"))["version"] == 1
        await store.put_entry(AT, entry(2, json.dumps("other")), 1)
        for _ in range(2):
            with pytest.raises(Conflict, match="version 2"):
                await store.put_entry(AT, entry(3), 1, "run-1:put:2")
        assert (await store.put_entry(AT, entry(1), 0, "run-1:put:1"))["value"] == '"other"'
        for _ in range(2):
            assert await store.drop_entry(AT, 2, "run-1:drop:1")
        assert (await store.put_entry(AT, entry(1), 0, "run-1:put:1"))["version"] == 1
        assert await store.entry(AT) is None

    with_stores(body)


def test_what_no_database_keeps_is_refused(with_stores: Callable[[Body], None]) -> None:
    """A key with NUL is refused by name, before anything is written."""

    async def body(stores: Sequence[Store]) -> None:
        with pytest.raises(InvalidRequest, match="NUL"):
            await stores[0].put_entry(Place(owner="ann", namespace="n", key="a\0b"), entry(1), None)

    with_stores(body)
