"""Stored keys: how one is kept, what it proves, and what asking for it costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from stored import cells
from typing_extensions import override

from nis_backend import keys
from nis_backend.caller import ADMIN, LOCAL, Caller
from nis_backend.drivers.store.base import Row
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Unauthenticated
from nis_backend.keys import Keys, hashed, new_secret


class Counting(SqliteStore):
    """A store that counts how often it is asked for keys."""

    asked = 0

    @override
    async def keys(
        self, where: Mapping[str, Any], *, before: tuple[float, str] | None = None, limit: int = 50
    ) -> list[Row]:
        self.asked += 1
        return await super().keys(where, before=before, limit=limit)


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Counting]:
    """A store of this folder."""
    store = Counting(folder / "nis.db")
    try:
        yield store
    finally:
        await store.close()


async def kept(store: Counting, **columns: Any) -> str:
    """The secret of a key that is kept, with these columns."""
    secret = new_secret()
    row: Row = {
        "id": f"key-{secret[4:16]}",
        "name": "test",
        "prefix": secret[:10],
        "hash": hashed(secret),
        "scopes": '["runs:read"]',
        "expires": None,
        "last_used": None,
        "revoked": None,
        "created": time.time(),
        "updated": time.time(),
    }
    await store.insert("keys", "ann", {**row, **columns})
    return secret


def test_a_key_that_is_used_again_and_again_is_looked_up_once(tmp_path: Path) -> None:
    """Promise: no query for each request, also when many come at one moment."""

    async def body() -> None:
        async with opened(tmp_path) as store:
            known = Keys(store)
            secret = await kept(store)
            callers = await asyncio.gather(*(known.caller(secret) for _ in range(50)))
            callers += [await known.caller(secret) for _ in range(50)]
            await known.close()
            assert store.asked == 1
            assert {(one.owner, one.scopes) for one in callers} == {("ann", frozenset({"runs:read"}))}

    asyncio.run(body())


def test_a_key_is_looked_up_anew_after_a_few_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: what another host has revoked is refused here within `FRESH_SECONDS`."""
    monkeypatch.setattr(keys, "FRESH_SECONDS", 0.0)

    async def body() -> None:
        async with opened(tmp_path) as store:
            known, elsewhere = Keys(store), store
            secret = await kept(store, id="key-1")
            await known.caller(secret)
            await elsewhere.update("keys", "ann", "key-1", {"revoked": time.time()})
            with pytest.raises(Unauthenticated, match="was revoked"):
                await known.caller(secret)
            await known.close()

    asyncio.run(body())


def test_a_key_that_was_changed_here_is_looked_up_at_once(tmp_path: Path) -> None:
    """Promise: on the host that revokes, no request passes after the answer to `revoke`."""

    async def body() -> None:
        async with opened(tmp_path) as store:
            known = Keys(store)
            secret = await kept(store, id="key-1")
            looking = asyncio.create_task(known.caller(secret))
            await asyncio.sleep(0)
            await store.update("keys", "ann", "key-1", {"revoked": time.time()})
            known.forget(hashed(secret))
            # What was read before the change is nobody's but of those who asked before it.
            await asyncio.gather(looking, return_exceptions=True)
            with pytest.raises(Unauthenticated, match="was revoked"):
                await known.caller(secret)
            await known.close()

    asyncio.run(body())


def test_what_is_remembered_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: a stranger who tries keys without end fills no memory, and learns one and the same of each."""
    monkeypatch.setattr(keys, "KEPT", 8)

    async def body() -> None:
        async with opened(tmp_path) as store:
            known = Keys(store)
            secret = await kept(store)
            told: set[str] = set()
            # One shares the beginning of a key there is, which is shown to its owner's people.
            tried = [secret[:10] + new_secret()[10:], *(new_secret() for _ in range(50)), "nis_", "nis_ünlike"]
            for one in tried:
                with pytest.raises(Unauthenticated) as refused:
                    await known.caller(one)
                told.add(f"{refused.value.message} {refused.value.remedy} {refused.value.value}")
            assert len(told) == 1
            assert len(known._known) <= 8  # pyright: ignore[reportPrivateUsage] - its size is the promise

    asyncio.run(body())


def test_an_expired_key_says_when(tmp_path: Path) -> None:
    """Promise: each failure is told by what is wrong, to who has the whole key."""

    async def body() -> None:
        async with opened(tmp_path) as store:
            known = Keys(store)
            secret = await kept(store, expires=1.6e9)
            with pytest.raises(Unauthenticated, match=r"expired on 2020-09-13 12:26:40 UTC") as refused:
                await known.caller(secret)
            assert secret not in f"{refused.value.problem()}"
            assert refused.value.remedy

    asyncio.run(body())


def test_a_use_is_noted_at_most_once_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: `last_used` costs one write a minute, whatever is called, and is no part of a request."""
    monkeypatch.setattr(keys, "FRESH_SECONDS", 0.0)

    async def body() -> None:
        async with opened(tmp_path) as store:
            known = Keys(store)
            secret = await kept(store, id="key-1")
            before = time.time()
            await known.caller(secret)
            await known.close()
            (first,) = await store.keys({"id": "key-1"})
            assert first["last_used"] >= before
            for _ in range(20):
                await known.caller(secret)
            await known.close()
            (again,) = await store.keys({"id": "key-1"})
            assert again["last_used"] == first["last_used"]
            await store.update("keys", "ann", "key-1", {"last_used": before - keys.USED_SECONDS})
            await known.caller(secret)
            await known.close()
            (later,) = await store.keys({"id": "key-1"})
            assert later["last_used"] >= before

    asyncio.run(body())


def test_a_key_is_kept_as_its_hash_alone(tmp_path: Path) -> None:
    """Promise: whoever reads the database has no key; not one cell holds more of it than its beginning."""

    async def body() -> str:
        async with opened(tmp_path) as store:
            return await kept(store)

    secret = asyncio.run(body())
    assert not [cell for cell in cells(tmp_path) if secret[: keys.SHOWN + 1] in cell]
    assert hashed(secret) in cells(tmp_path)


HELD: list[tuple[set[str], list[str], list[str]]] = [
    ({"*"}, ["runs:read", "runs:write", "anything:read"], [ADMIN]),
    ({"runs:*"}, ["runs:read", "runs:write", "runs:*"], ["chat:read", "*"]),
    ({"runs:write"}, ["runs:read", "runs:write"], ["runs:*", "chat:read", "chat:write"]),
    ({"runs:read"}, ["runs:read"], ["runs:write", "run:read", "*", ADMIN]),
    ({"identity:*"}, ["identity:write"], [ADMIN]),
    ({ADMIN}, [ADMIN], ["identity:read", "*"]),
    (set(), [], ["runs:read", "*", ADMIN]),
]


@pytest.mark.parametrize(("scopes", "held", "missing"), HELD)
def test_what_scopes_hold(scopes: set[str], held: list[str], missing: list[str]) -> None:
    """Promise: writing includes reading, a star all of one owner's, and no star another owner's keys."""
    caller = Caller(owner="ann", scopes=frozenset(scopes))
    assert caller.lacks([*held, *missing]) == missing
    assert LOCAL.lacks([*held, *missing]) == []
