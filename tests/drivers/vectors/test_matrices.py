"""Vectors compared one by one: the answer is NumPy's over what is committed now, whatever came and went before."""

from __future__ import annotations

import asyncio
import os
from array import array
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.store.base import Store
from nis_backend.drivers.store.items import NewItem, Which
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.drivers.vectors import matrices
from nis_backend.drivers.vectors.matrices import Matrices
from nis_backend.drivers.vectors.matrices_pool import pool
from nis_backend.errors import Unavailable
from nis_backend.settings import read_settings

SIZE = 16
OWNER, ID = "ann", "c-1"
ROW = {"name": "c", "description": "", "kind": "plain", "language": "english", "model": "m", "side": "a"}


def unit(random: np.random.Generator, count: int) -> Any:
    """Vectors `(count, SIZE)` of length 1."""
    vectors = random.standard_normal((count, SIZE)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


async def put(store: Store, given: dict[str, Any], at: float) -> None:
    """Keep these vectors, by the items' ids."""
    items = [
        NewItem(id=key, text=key, metadata="{}", digest=f"{key} {at}", vector=vector.tobytes())
        for key, vector in given.items()
    ]
    await store.put_items(OWNER, ID, ("m", None, None, None), items, at)


def test_the_closest_are_those_of_all_that_are_there(tmp_path: Path) -> None:
    """After each of many changes: added, replaced, removed, all of them removed; among all, and among some."""
    random = np.random.default_rng(7)

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        whole = {"id": ID, **ROW, "items": 0, "revision": 0, "unmerged": 0, "created": 1.0, "updated": 1.0}
        await store.insert("collections", OWNER, whole)
        compute = WorkerPools([pool(read_settings({}, data=tmp_path))])
        near = Matrices(store, compute, tmp_path / "vectors")
        live: dict[str, Any] = {}
        for step in range(24):
            fresh = {f"i-{int(n)}": v for n, v in zip(random.integers(0, 900, 60), unit(random, 60), strict=True)}
            await put(store, fresh, float(step))
            live |= fresh
            gone = [key for key in live if random.random() < (0.9 if step == 15 else 0.15)]
            await store.drop_items(OWNER, ID, Which(ids=gone), float(step))
            for key in gone:
                del live[key]
            now = await store.get("collections", OWNER, ID)
            assert now is not None
            assert now["items"] == len(live)
            query = unit(random, 1)[0]
            known = {one["number"]: one["id"] for one in await store.find_items(OWNER, ID, Which(), limit=1000)}
            exact = sorted(live, key=lambda key: -float(live[key] @ query))
            found = await near.nearest(OWNER, now, query.tobytes(), 10)
            assert [known[number] for number, _ in found if number in known][:10] == exact[:10]
            some = sorted(number for number, key in known.items() if int(key[2:]) % 3 == 0)
            found = await near.nearest(OWNER, now, query.tobytes(), 10, some)
            assert [known[number] for number, _ in found] == [key for key in exact if int(key[2:]) % 3 == 0][:10]
            for number, cosine in found:
                assert abs(cosine - float(live[known[number]] @ query)) < 1e-6
        near.close()
        assert not list((tmp_path / "vectors").glob("*/*"))
        await compute.close()
        await store.close()

    asyncio.run(body())


def test_a_row_that_was_cut_by_a_full_disk_shifts_no_other(tmp_path: Path) -> None:
    """What stands behind the rows that are known is written over, in both files."""
    matrix = matrices.Matrix(path=tmp_path / "c", dimensions=2)
    first, second = np.array([1, 0], np.float32).tobytes(), np.array([0, 1], np.float32).tobytes()
    matrix.append([(3, first)])
    for path in (matrix.path, matrix.numbers):
        with path.open("ab") as file:
            file.write(b"cut")
    matrix.append([(5, second)])
    assert (matrix.rows, matrix.last) == (2, 5)
    assert matrix.path.read_bytes() == first + second
    assert matrix.numbers.read_bytes() == array("q", [3, 5]).tobytes()
    with pytest.raises(Unavailable, match="vectors"):
        matrices.Matrix(path=tmp_path / "none" / "c", dimensions=2).append([(1, first)])


def test_rows_that_come_twice_stand_once(tmp_path: Path) -> None:
    """Promise: of a search that was given up its thread goes on, and the next one brings the same rows."""
    matrix = matrices.Matrix(path=tmp_path / "c", dimensions=1)
    one, two = np.array([1], np.float32).tobytes(), np.array([-1], np.float32).tobytes()
    matrix.append([(3, one)])
    matrix.append([(3, one), (5, two)])
    assert (matrix.rows, matrix.last, matrix.path.read_bytes()) == (2, 5, one + two)


def test_a_file_stays_until_those_who_read_it_are_through(tmp_path: Path) -> None:
    """Promise: a collection that is deleted, or served by another side, while it is searched takes no file away."""

    async def body() -> None:
        store = SqliteStore(tmp_path / "nis.db")
        whole = {"id": ID, **ROW, "items": 0, "revision": 0, "unmerged": 0, "created": 1.0, "updated": 1.0}
        await store.insert("collections", OWNER, whole)
        await put(store, {"x": unit(np.random.default_rng(1), 1)[0]}, 1.0)
        row = await store.get("collections", OWNER, ID)
        assert row is not None
        asked, go_on = asyncio.Event(), asyncio.Event()
        there: list[bool] = []

        class Waiting:
            async def call(self, _pool: str, payload: dict[str, Any]) -> dict[str, bytes]:
                asked.set()
                await go_on.wait()
                there.extend(os.path.isfile(payload[name]) for name in ("path", "numbers"))  # noqa: ASYNC240, PTH113 - a look
                return {"found": b"", "cosines": b""}

        compute: Any = Waiting()
        near = Matrices(store, compute, tmp_path / "vectors")
        search = asyncio.create_task(near.nearest(OWNER, row, bytes(4 * SIZE), 10))
        await asked.wait()
        asked.clear()
        later = asyncio.create_task(near.nearest(OWNER, {**row, "flips": 1}, bytes(4 * SIZE), 10))
        await asked.wait()
        near.forget(ID)
        go_on.set()
        await asyncio.gather(search, later)
        assert there == [True] * 4
        assert not list((tmp_path / "vectors").glob("*/*"))
        near.close()
        await store.close()

    asyncio.run(body())


def test_files_of_processes_that_were_killed_are_removed(tmp_path: Path) -> None:
    """Their numbers may be another database's by now; those of a process that lives stay."""
    for name in ("999999999", "1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "c-1-a-0").write_bytes(b"x")
    store: Any = None
    compute: Any = None
    matrices.Matrices(store, compute, tmp_path).close()
    assert [one.name for one in tmp_path.iterdir()] == ["1"]
