"""A call's way through a pool: blobs by their files, and what becomes of a worker that dies under it."""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opened import opened

from nis_backend.calling import call
from nis_backend.context import Context
from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.errors import InternalError, NotFound, TooLarge, Unavailable, WorkerLost
from nis_backend.made import MADE, opened_of, remove_made
from nis_backend.operation import Operation

WORKERS = Path(__file__).parent / "workers"
POOL = Pool(
    name="science",
    kind="exclusive",
    entry="nis_backend.drivers.compute.operations:perform_operations",
    environment={"PYTHONPATH": os.pathsep.join([str(WORKERS), *filter(None, [os.environ.get("PYTHONPATH")])])},
)


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> Any:  # Any: a module that is found at run time
    """Operations that are computed in a worker."""
    monkeypatch.setattr(sys, "path", [str(WORKERS), *sys.path])
    return importlib.import_module("pool_operations")


@pytest.fixture
def join(operations: Any) -> Operation[Any, Any]:  # Any: see above
    """One that joins blobs."""
    return operations.join_blobs


def within(folder: Path, body: Callable[[Context], Awaitable[None]], pool: Pool = POOL) -> None:
    """Run a test's body with a context whose pool has workers."""

    async def run() -> None:
        compute = WorkerPools([pool])
        try:
            async with asyncio.timeout(60), opened(folder) as ctx:
                await body(replace(ctx, drivers=replace(ctx.drivers, compute=compute)))
        finally:
            await compute.close()

    asyncio.run(run())


def test_a_worker_reads_files_and_answers_a_new_blob(tmp_path: Path, join: Operation[Any, Any]) -> None:
    """Ids, and bytes that came with the call; no bytes of the request travel to the worker."""

    async def body(ctx: Context) -> None:
        kept = await ctx.blobs.put(b"\x00Hello, ")
        joined = await call(join, {"halves": [kept.id, "data:,world"]}, ctx)
        assert (joined.media_type, joined.name) == ("application/x-joined", "joined")
        assert await ctx.blobs.read(joined.id) == b"\x00Hello, world"
        assert {row["id"] for row in await ctx.store.select("blobs")} == {kept.id, joined.id}

    within(tmp_path, body)


def test_a_blob_that_is_removed_before_its_turn_is_not_there(tmp_path: Path, join: Operation[Any, Any]) -> None:
    """Its owner may remove it while the call waits for a worker: a typed refusal, and no fault of ours."""

    async def body(ctx: Context) -> None:
        kept = await ctx.blobs.put(b"Hello, ")
        # The bytes go as its owner's removal would have them go, between the look at the blob and the worker's.
        request = await ctx.blobs.resolve(join.validate({"halves": [kept.id, kept.id]}), [])
        await ctx.blobs.delete(kept.id)
        with pytest.raises(NotFound, match=f"{kept.id}' was removed"):
            await ctx.compute(join, request)

    within(tmp_path, body)


def test_what_a_worker_makes_may_be_larger_than_a_frame(tmp_path: Path, join: Operation[Any, Any]) -> None:
    """It comes by a file, which is gone when it was taken over; beyond `NIS_MAX_BLOB` nothing of it is kept."""

    async def body(ctx: Context) -> None:
        joined = await call(join, {"halves": ["data:," + "x" * 1024], "times": 20_000}, ctx)
        assert await ctx.blobs.read(joined.id) == b"x" * 1024 * 20_000
        await ctx.blobs.delete(joined.id)
        settings = ctx.settings.model_copy(update={"max_blob": 10_000_000})
        small = replace(ctx, drivers=replace(ctx.drivers, settings=settings))
        with pytest.raises(TooLarge, match="more than 10000000 bytes"):
            await call(join, {"halves": ["data:," + "x" * 1024], "times": 20_000}, small)
        with pytest.raises(NotFound):
            await call(join, {"halves": ["blob-0"]}, ctx)
        assert await ctx.store.select("blobs") == []
        assert list((tmp_path / MADE).iterdir()) == []

    within(tmp_path, body)


@pytest.mark.parametrize("name", ["../secret", "0" * 64, "a" * 64, 7, "b" * 64])
def test_a_workers_word_leads_to_no_other_file(tmp_path: Path, name: object) -> None:
    """One that has read hostile input is not trusted: not another's file, no link, no pipe."""
    made = tmp_path / "call"
    (tmp_path / "secret").write_text("secret")
    Path(f"{made}.{'a' * 64}").symlink_to(tmp_path / "secret")
    with pytest.raises(InternalError):
        opened_of(made, [name])
    Path(f"{made}.{'c' * 64}").write_bytes(b"made")
    found = opened_of(made, ["c" * 64])
    remove_made(made)
    with found["c" * 64] as file:
        assert file.read() == b"made"
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize(
    ("name", "times", "asked"), [("die_reading", 1, 2), ("die_reading", 9, 2), ("die_writing", 9, 1)]
)
def test_what_only_reads_is_computed_once_more_when_its_worker_dies(
    tmp_path: Path, operations: Any, name: str, times: int, asked: int
) -> None:
    """A crash is a retry or a typed failure: never a second write, never a third worker lost to one call."""
    marks = tmp_path / "marks"

    async def body(ctx: Context) -> None:
        request = {"marks": str(marks), "times": times}
        if times < asked:
            assert (await call(getattr(operations, name), request, ctx)).total == asked
            return
        with pytest.raises(WorkerLost, match="killed by signal 9"):
            await call(getattr(operations, name), request, ctx)

    within(tmp_path, body)
    assert marks.read_bytes() == b"x" * asked


def test_an_operation_in_a_pool_finds_model_files(tmp_path: Path, operations: Any) -> None:
    """Its pool's options say where they are; what is not there is told with the command that mends it."""
    weights = tmp_path / "weights"
    weights.mkdir()
    pool = replace(POOL, options={"weights": str(weights)})

    async def test(ctx: Context) -> None:
        request = operations.Named(name="minilm-l6-v2-int8")
        with pytest.raises(Unavailable) as failure:
            await call(operations.find_weight, request, ctx)
        assert failure.value.remedy == "Run: nis weights pull minilm-l6-v2-int8."

    within(tmp_path, test, pool)
