"""What only SQLite's index of a collection's words does: it forgets what was removed, a little at a time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from nis_backend.drivers.store.base import Store
from nis_backend.drivers.store.items import EVERY, NewItem, Which
from nis_backend.drivers.store.sqlite import items as statements
from nis_backend.drivers.store.sqlite.store import SqliteStore

NO_MODEL = (None, None, None, None)


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
    await store.put_items(owner, id_, NO_MODEL, items(*texts), 2.0)


async def merged(store: Store, owner: str, id_: str) -> bool:
    """Whether no removed word waits in the index."""
    row = await store.get("collections", owner, id_)
    return row is not None and row["unmerged"] == 0


def test_many_are_removed_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: who else writes waits for a few, and all are gone at the end, their words too."""
    monkeypatch.setattr(statements, "REMOVED", 2)

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        await kept(store, "c-1", "ann", *["tide"] * 5, "ebb")
        which = Which(ids=[f"i-{place}" for place in range(5)])
        assert await store.drop_items("ann", "c-1", which, 3.0) == 5
        assert await store.drop_items("ann", "c-1", which, 3.0) == 0
        row = await store.get("collections", "ann", "c-1")
        assert row is not None
        assert (row["items"], row["revision"]) == (1, 4)
        assert not await store.match_words("ann", "c-1", ["tide"], EVERY, 9)
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
            "ann", "c-1", NO_MODEL, [NewItem(id="i-1", text="it sings", metadata="{}", digest="x")], 4.0
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
