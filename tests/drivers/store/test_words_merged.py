"""What only SQLite's index of a collection's words has: it is each collection's own, and forgets what was removed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nis_backend.drivers.store.base import Store
from nis_backend.drivers.store.items import EVERY, NewItem, Which
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import Conflict, NotFound


def collection_row(id_: str, **given: Any) -> dict[str, Any]:
    """A collection without items."""
    row = {"name": id_, "description": "", "kind": "plain", "language": "english", "model": None, "side": "a"}
    return {"id": id_, **row, "items": 0, "revision": 0, "unmerged": 0, "created": 1.0, "updated": 1.0, **given}


def items(*texts: str) -> list[NewItem]:
    """Items named by their places."""
    return [NewItem(id=f"i-{n}", text=text, metadata="{}", digest=text) for n, text in enumerate(texts)]


async def kept(store: Store, id_: str, owner: str, *texts: str) -> None:
    """A collection with these."""
    await store.insert("collections", owner, collection_row(id_))
    await store.put_items(owner, id_, (None, None), items(*texts), 2.0)


async def merged(store: Store, owner: str, id_: str) -> bool:
    """Whether no removed word waits in the index."""
    row = await store.get("collections", owner, id_)
    return row is not None and row["unmerged"] == 0


def test_scores_tell_nothing_of_other_owners_texts(tmp_path: Path) -> None:
    """A word that is rare for one owner and common for another counts for each as it is there."""

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        await kept(store, "c-ann", "ann", "the tide rises", "the moon sets")
        alone = await store.match_words("ann", "c-ann", ["tide"], EVERY, 9)
        await kept(store, "c-bob", "bob", *["the tide rises and rises"] * 1, *[f"tide {n}" for n in range(300)])
        assert await store.match_words("ann", "c-ann", ["tide"], EVERY, 9) == alone
        # Not by the collection's id either, nor by a filter.
        assert await store.match_words("bob", "c-ann", ["tide"], EVERY, 9) == []
        assert await store.match_words("bob", "c-ann", ["tide"], Which(ids=["i-0"]), 9) == []
        assert await store.find_items("bob", "c-ann", EVERY) == []
        with pytest.raises(NotFound):
            await store.put_items("bob", "c-ann", (None, None), items("mine"), 3.0)
        assert await store.drop_items("bob", "c-ann", EVERY, 3.0) == 0
        assert not await store.drop_collection("bob", "c-ann")
        await store.close()

    asyncio.run(body())


def test_words_of_removed_texts_leave_the_file(tmp_path: Path) -> None:
    """Removed or replaced, a text's words are soon in no page of the file: of the table, or of the index."""
    path = tmp_path / "nis.db"

    async def body() -> None:
        store = SqliteStore(path)
        await kept(
            store, "c-1", "ann", "quokkaland shivers", "zyzzyvaland hums", *[f"word{n} more" for n in range(500)]
        )
        await store.drop_items("ann", "c-1", Which(ids=["i-0"]), 3.0)
        await store.put_items(
            "ann", "c-1", (None, None), [NewItem(id="i-1", text="it sings", metadata="{}", digest="x")], 4.0
        )
        async with asyncio.timeout(60):
            while not await merged(store, "ann", "c-1"):  # noqa: ASYNC110 - the writer's to do
                await asyncio.sleep(0.02)
        assert [row["id"] for row in await store.find_items("ann", "c-1", Which(ids=["i-0", "i-1"]))] == ["i-1"]
        assert not await store.match_words("ann", "c-1", ["quokkaland", "zyzzyvaland"], EVERY, 9)
        assert len(await store.match_words("ann", "c-1", ["sings"], EVERY, 9)) == 1
        await store.close()

    asyncio.run(body())
    content = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    for word in (b"quokkaland", b"zyzzyvaland"):
        assert word not in content, word
    assert b"word77 more" in content


def test_what_is_the_same_stays_and_what_changes_gets_a_new_number(tmp_path: Path) -> None:
    """Numbers are never used again, and vectors of another model than the collection's are refused."""

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        await kept(store, "c-1", "ann", "one", "two")
        before = {row["id"]: row for row in await store.find_items("ann", "c-1", EVERY)}
        put = await store.put_items("ann", "c-1", (None, None), items("one", "three"), 5.0)
        assert (put.added, put.replaced) == ([], [1])
        after = {row["id"]: row for row in await store.find_items("ann", "c-1", EVERY)}
        assert after["i-0"] == before["i-0"]
        assert after["i-1"]["number"] > before["i-1"]["number"]
        assert (after["i-1"]["created"], after["i-1"]["updated"]) == (2.0, 5.0)
        with pytest.raises(Conflict, match="changed its model"):
            await store.put_items("ann", "c-1", ("other", None), items("four"), 6.0)
        row = await store.get("collections", "ann", "c-1")
        assert row is not None
        assert (row["items"], row["revision"]) == (2, 2)
        assert await store.drop_collection("ann", "c-1")
        assert await store.find_items("ann", "c-1", EVERY) == []
        await store.close()

    asyncio.run(body())
