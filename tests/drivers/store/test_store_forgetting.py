"""What is about a user is found whole, one owner's alone, and afterwards nowhere, whichever database."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
from store_rows import conversation_row, events, run_row

from nis_backend.drivers.store.base import Row, Store
from nis_backend.drivers.store.entries import Place
from nis_backend.drivers.store.items import NewItem, Which
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.sqlite.forgetting import rewrite
from nis_backend.drivers.store.sqlite.opening import connect, prepare
from nis_backend.drivers.store.sqlite.store import SqliteStore

Body = Callable[[Store], Awaitable[None]]
NEEDLE = "zwiebelfisch"


@contextlib.asynccontextmanager
async def opened(folder: Path, database: str | None) -> AsyncGenerator[Store]:
    """The store over a folder's file or a database."""
    store = SqliteStore(folder / "nis.db") if database is None else PostgresStore(database)
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def with_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Body], None]:
    """Runs a test's body with each implementation."""
    database = request.getfixturevalue("database") if request.param == "postgresql" else None

    async def within(body: Body) -> None:
        async with opened(tmp_path, database) as store:
            await body(store)

    return lambda body: asyncio.run(within(body))


def an_id(kind: str, owner: str, number: int) -> str:
    """An id as the process makes them."""
    return f"{kind}-{ord(owner[0]):04x}{number:020x}"


async def fill(store: Store, owner: str) -> None:
    """An owner with things about two users, ada and bob."""
    collection: Row = {
        "id": an_id("collection", owner, 1),
        "name": "notes",
        "description": "",
        "kind": "plain",
        "language": "english",
        "model": None,
        "side": "a",
        "items": 0,
        "revision": 0,
        "created": 1.0,
        "updated": 1.0,
    }
    await store.insert("collections", owner, collection)
    items = [
        NewItem(
            id=an_id("item", owner, number),
            text=f"{NEEDLE} of {user}",
            metadata=json.dumps({"user": user}),
            digest=str(number),
            document_id=document,
        )
        for number, (user, document) in enumerate([("ada", None), ("bob", None), ("", an_id("document", owner, 1))])
    ]
    await store.put_items(owner, collection["id"], (None, None, None, None), items, 1.0)
    document: Row = {
        "id": an_id("document", owner, 1),
        "collection_id": collection["id"],
        "name": "letter.txt",
        "digest": "",
        "media_type": "text/plain",
        "characters": 1,
        "chunks": 1,
        "state": "ready",
        "metadata": json.dumps({"kind": "text", "given": {"user": "ada"}}),
        "created": 1.0,
        "updated": 1.0,
    }
    await store.insert("documents", owner, document)
    for number, namespace in enumerate(["user:ada", "user:ada/settings", "user:adalbert", "user:bob"]):
        row = {"id": an_id("entry", owner, number), "value": f'"{NEEDLE}"', "expires": None, "created": 1, "updated": 1}
        await store.put_entry(Place(owner=owner, namespace=namespace, key="k"), row, None)
    for number, user in enumerate(["ada", "bob"]):
        conversation, run = an_id("conversation", owner, number), an_id("run", owner, number)
        await store.insert("conversations", owner, conversation_row(conversation))
        asked = {"message": f"{NEEDLE} says {user}", "user_id": user}
        await store.insert("runs", owner, run_row(run, conversation_id=conversation, input=json.dumps(asked)))
        # A second turn, in which nobody is named, and a run that the first one has started.
        later = run_row(
            an_id("run", owner, 10 + number), conversation_id=conversation, input='{"message": "and then?"}'
        )
        await store.insert("runs", owner, later)
        started = run_row(an_id("run", owner, 20 + number), within=json.dumps([["run", run]]))
        await store.insert("runs", owner, started)
        for one in (run, later["id"], started["id"]):
            await store.append(events(one, f"{NEEDLE} {one}", owner=owner, state="succeeded"))
    # JSON may escape a NUL, which PostgreSQL answers no text with.
    asked = {"user": "ada", "note": "\0\0", "text": "\\u0000"}
    memory = run_row(an_id("run", owner, 30), operation="memory.remember", input=json.dumps(asked))
    await store.insert("runs", owner, memory)
    await store.append(events(memory["id"], "done", owner=owner, state="succeeded"))
    # Half of a surrogate pair, which PostgreSQL takes for no JSON, beside what is named deep within.
    deep = {"parts": [{"text": "\ud800", "metadata": {"user": "ada"}}]}
    one = run_row(an_id("run", owner, 31), operation="notes.keep", input=json.dumps(deep))
    # A turn of bob's may speak of her in what it calls.
    other = {"message": "", "user_id": "bob", "call": {"arguments": {"user": "ada"}}}
    two = run_row(an_id("run", owner, 32), conversation_id=an_id("conversation", owner, 1), input=json.dumps(other))
    for row in (one, two):
        await store.insert("runs", owner, row)
        await store.append(events(row["id"], "done", owner=owner, state="succeeded"))
    for name, namespace in (("r1", "user:ada/settings"), ("r2", "user:adalbert")):
        said = json.dumps({"result": {"namespace": namespace, "key": "k"}})
        row = {"id": f"{name}-{owner}", "request": "", "status": "done", "reply": said, "created": 1.0, "updated": 1.0}
        await store.insert("replies", owner, row)


def test_all_that_is_about_a_user_is_found_and_nothing_else(with_store: Callable[[Body], None]) -> None:
    """Promise of the definition: by namespace, metadata and request, and what follows from these; of one owner."""

    async def body(store: Store) -> None:
        for owner in ("ann", "bea"):
            await fill(store, owner)
        about = await store.about_user("ann", "ada")
        assert [row["id"] for row in about.entries] == [an_id("entry", "ann", 0), an_id("entry", "ann", 1)]
        assert [row["id"] for row in about.items] == [an_id("item", "ann", 0), an_id("item", "ann", 2)]
        assert [row["id"] for row in about.documents] == [an_id("document", "ann", 1)]
        assert about.conversations == [an_id("conversation", "ann", 0)]
        assert sorted(row["id"] for row in about.runs) == [
            an_id("run", "ann", number) for number in (0, 10, 20, 30, 31)
        ]
        assert about.replies == ["r1-ann"]
        assert not (await store.about_user("ann", "nobody")).ids
        assert not (await store.about_user("cat", "ada")).ids

    with_store(body)


def test_what_is_removed_is_found_nowhere_afterwards(with_store: Callable[[Body], None], tmp_path: Path) -> None:
    """Promise of the proof: it finds what is there before, and nothing after, in tables, indexes and SQLite's files."""

    async def body(store: Store) -> None:
        for owner in ("ann", "bea"):
            await fill(store, owner)
        about = await store.about_user("ann", "ada")
        before = await store.mentions("ann", about.ids)
        assert {"items", "documents", "entries", "runs", "events", "conversations"} <= set(before)
        assert set(await store.mentions("ann", ["item"])) == {"items"}
        assert await store.mentions("bea", about.ids) == {}
        collection = an_id("collection", "ann", 1)
        numbers = {collection: [row["number"] for row in about.items]}
        assert await store.indexed("ann", numbers) == 2
        pieces = [one.encode() for one in about.ids]
        there = await store.in_files(pieces)
        assert there is None or all(there)
        assert await store.forget("ann", about.conversations[0])
        for row in about.runs:
            if row["conversation_id"] is None:
                assert await store.forget_run("ann", row["id"])
        await store.drop_items("ann", collection, Which(ids=[row["id"] for row in about.items]), 2.0)
        for row in about.documents:
            await store.delete("documents", "ann", row["id"])
        for row in about.entries:
            assert await store.drop_entry(Place(owner="ann", namespace=row["namespace"], key=row["key"]), None)
        notes = await store.scrub("ann", [collection])
        assert await store.mentions("ann", about.ids) == {}
        assert await store.indexed("ann", numbers) == 0
        assert (await store.about_user("ann", "ada")).ids == []
        there = await store.in_files(pieces)
        if there is None:
            assert "VACUUM" in notes[0]
        else:
            assert (notes, any(there)) == ([], False)
            # The words themselves are gone as well: what is left of them is bob's and the other owner's.
            raw = (tmp_path / "nis.db").read_bytes()
            assert raw.count(b"of ada") == 1
            assert raw.count(b"says ada") == raw.count(b"says bob") // 2
        assert len((await store.about_user("ann", "bob")).ids) == 7
        assert len((await store.about_user("bea", "ada")).ids) == 11

    with_store(body)


async def fill_in_disorder(store: Store, seed: int = 0) -> list[str]:
    """Long keys in no order, so that pages are split often, and those of one user removed again; their ids."""
    rng = random.Random(seed)  # noqa: S311 - rows in an order that can be had again
    gone: list[str] = []
    for _ in range(600):
        user = "ada" if rng.random() < 0.1 else "bob"
        key = f"{rng.getrandbits(64):016x}{NEEDLE if user == 'ada' else 'other'}{'k' * rng.randint(0, 400)}"
        row: Row = {"id": f"entry-{rng.getrandbits(96):024x}", "expires": None, "created": 1.0, "updated": 1.0}
        row["value"] = json.dumps("y" * rng.randint(0, 900))
        await store.put_entry(Place(owner="ann", namespace=f"user:{user}/{key[:2]}", key=key), row, None)
        if user == "ada":
            gone.append(str(row["id"]))
    for row in (await store.about_user("ann", "ada")).entries:
        await store.drop_entry(Place(owner="ann", namespace=row["namespace"], key=row["key"]), None)
    return gone


def test_no_copy_of_a_removed_row_stays_in_the_pages_of_the_file(tmp_path: Path) -> None:
    """Rows that SQLite moves between pages leave copies, which no delete overwrites: the file is written anew."""

    async def body() -> None:
        async with opened(tmp_path, None) as store:
            rows = 0
            # Whether a copy stays is a matter of the order: until one does, for else there is nothing to remove.
            for seed in range(30):
                gone = await fill_in_disorder(store, seed)
                rows += 600 - len(gone)
                with contextlib.closing(sqlite3.connect(tmp_path / "nis.db")) as other:
                    other.execute("pragma wal_checkpoint(truncate)")
                if NEEDLE.encode() in (tmp_path / "nis.db").read_bytes():
                    break
            else:
                pytest.fail("No copy has stayed in 30 orders.")
            assert await store.scrub("ann", []) == []
            assert await store.in_files([one.encode() for one in gone]) == [False] * len(gone)
            assert NEEDLE.encode() not in (tmp_path / "nis.db").read_bytes()
            assert (tmp_path / "nis.db-wal").stat().st_size == 0
            assert len((await store.about_user("ann", "bob")).entries) == rows

    asyncio.run(body())


def test_a_file_that_cannot_be_written_anew_is_told(tmp_path: Path) -> None:
    """Who holds the file from outside hinders it, and what is left then is said; afterwards it is done as ever."""
    connection = connect(tmp_path / "nis.db", "normal")
    prepare(connection, tmp_path / "nis.db")
    with contextlib.closing(connection), contextlib.closing(sqlite3.connect(tmp_path / "nis.db")) as other:
        connection.execute("pragma busy_timeout = 50")
        other.execute("begin immediate")
        could_not_write, could_not_cut = rewrite(connection)
        assert "could not be written anew (database is locked)" in could_not_write
        assert "could not be cut" in could_not_cut
        other.execute("rollback")
        assert rewrite(connection) == []
