"""A call on its way: what a computation says is passed on, what is cancelled stops."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from counting_operations import count_up
from mcp_types import CallToolResult
from opened import opened

from nis_backend.catalog import Catalog, entry_of
from nis_backend.context import Context
from nis_backend.drivers.compute.base import Pool
from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.surfaces.base import Closing
from nis_backend.surfaces.mcp.call import Calls, Progress
from nis_backend.surfaces.mcp.following import Followed

Word = tuple[float, float | None, str | None]


class Told:
    """What a client was told, and a way to wait for a word."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.first = asyncio.Event()

    async def __call__(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Take a word."""
        self.words.append((progress, total, message))
        self.first.set()


@asynccontextmanager
async def counting(folder: Path) -> AsyncGenerator[Context]:
    """A call's context with the pool of the operation above."""
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    compute = WorkerPools(
        [
            Pool(
                name="counting",
                kind="exclusive",
                entry="nis_backend.drivers.compute.operations:perform_operations",
                environment={"PYTHONPATH": paths},
            )
        ]
    )
    async with opened(folder) as ctx:
        try:
            yield replace(
                ctx,
                journal=None,
                drivers=replace(ctx.drivers, compute=compute, operations=Catalog([entry_of(count_up)])),
            )
        finally:
            await compute.close()


def test_what_a_worker_says_reaches_the_client(tmp_path: Path) -> None:
    """Promise: progress of a pool rises up to the whole, and its last word comes before the result."""

    async def use() -> None:
        told = Told()
        async with counting(tmp_path) as ctx:
            answer = await Calls(Closing()).answer(
                entry_of(count_up), {"steps": 3}, ctx, told, Followed(told, ctx, reads=False)
            )
        assert isinstance(answer, CallToolResult)
        assert answer.structured_content == {"steps": 3}
        assert told.words[-1] == (1.0, 1.0, "step 3")
        shares = [share for share, _, _ in told.words]
        assert shares == sorted(set(shares))

    asyncio.run(use())


def test_a_cancelled_call_ends_its_computation(tmp_path: Path) -> None:
    """Promise: what a client cancels costs nothing more: the worker's process is gone."""

    async def use() -> None:
        told = Told()
        async with counting(tmp_path) as ctx:
            calls = Calls(Closing())
            follow = Followed(told, ctx, reads=False)
            call = asyncio.create_task(calls.answer(entry_of(count_up), {"steps": 0}, ctx, told, follow))
            async with asyncio.timeout(120):
                await told.first.wait()
                assert [pool.busy for pool in ctx.drivers.compute.status()] == [1]
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
                while [pool.processes for pool in ctx.drivers.compute.status()] != [0]:  # noqa: ASYNC110 - no event says it
                    await asyncio.sleep(0.01)

    asyncio.run(use())


def test_a_slow_client_gets_the_latest_word_and_never_a_lower_one() -> None:
    """Promise: words that a client has no time for are forgotten, not kept; progress always rises (MCP, progress)."""

    async def use() -> None:
        told = Told()
        progress = Progress(told)
        for share in (0.1, 0.5, 0.4):
            progress.hear(share, f"{share}")
        await progress.flush()
        progress.hear(0.2, "back")
        await progress.flush()
        progress.hear(0.9, "")
        await progress.flush()
        assert told.words == [(0.4, 1.0, "0.4"), (0.9, 1.0, None)]

    asyncio.run(use())
