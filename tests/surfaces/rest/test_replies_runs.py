"""`Idempotency-Key` where what is done is a run: a repeat joins it, or begins it where that had not happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from durable_app import OPERATIONS, keep_diary

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.calling import begin
from nis_backend.capabilities.operations.operations import call_operation
from nis_backend.capabilities.runs.forking import fork_run
from nis_backend.capabilities.runs.starting import start_run
from nis_backend.context import Context
from nis_backend.drivers.store.base import Table
from nis_backend.errors import Unavailable, Waiting
from nis_backend.operation import Model, Operation
from nis_backend.run import RunLog
from nis_backend.settings import read_settings
from nis_backend.surfaces.rest.replies import Replies

LATER = {"operation": "models.list_models", "delay_seconds": 3600}
HELD = {"id": keep_diary.name, "arguments": {"lines": 0, "ask": True}}


class DiedError(BaseException):
    """The process is gone."""


def no_seat(_queue: str) -> str | None:
    """A run is submitted."""
    return None


async def died(*_: object, **__: object) -> None:
    """What a call does in whose middle the process ends."""
    raise DiedError


@asynccontextmanager
async def process(folder: Path) -> AsyncGenerator[Context]:
    """A whole nis in this process with the diary's operations."""
    one = Process(read_settings({"NIS_MODEL": "scripted:scripted"}, data=folder, scripted=folder / "script.json"))
    one.operations.add(OPERATIONS)
    async with one.open(), asyncio.timeout(60):
        yield one.context(LOCAL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a script for the model."""
    (tmp_path / "script.json").write_text('{"replies": [{"text": "Yes."}]}')
    return tmp_path


async def once(ctx: Context, operation: Operation[Any, Any], asked: dict[str, Any]) -> Any:
    """What a process answers under the key that asks for the first time since its start."""
    return await Replies().once("key", operation, operation.validate(asked), ctx, {})


async def of(ctx: Context, operation: str) -> list[str]:
    """The runs of an operation."""
    return [run.id for run in await ctx.runs.list(where={"operation": operation})]


def test_a_run_that_waits_is_no_answer_for_a_day(folder: Path) -> None:
    """Promise: the repeat of a call by name is answered with what its run has become, and begins no other."""

    async def body() -> None:
        async with process(folder) as ctx:
            for _ in range(2):
                with pytest.raises(Waiting):
                    await once(ctx, call_operation, HELD)
            [run_id] = await of(ctx, keep_diary.name)
            await ctx.runs.provide_input(run_id, {"name": "Ann", "year": 2026})
            await ctx.runs.result(run_id)
            for _ in range(2):
                answered = await once(ctx, call_operation, HELD)
                assert (answered.run_id, answered.result["signed"]) == (run_id, "Ann, 2026")
            assert await of(ctx, keep_diary.name) == [run_id]

    asyncio.run(body())


@pytest.mark.parametrize("operation", [start_run, fork_run])
def test_what_starts_a_run_is_repeated_after_a_death(
    folder: Path, monkeypatch: pytest.MonkeyPatch, operation: Operation[Any, Any]
) -> None:
    """Promise: cut before the run was there it is begun; cut after that it is found: one run, and no conflict."""

    async def body() -> None:
        async with process(folder) as ctx:
            first = await ctx.call_named("runs.start_run", LATER)
            asked = LATER if operation is start_run else {"id": first.id, "after": 0}
            store = ctx.drivers.store
            begins = (RunLog, "write_down") if operation is start_run else (store, "fork")
            for where, what in (begins, (store, "update")):
                with monkeypatch.context() as dying:
                    dying.setattr(where, what, died)
                    with pytest.raises(DiedError):
                        await once(ctx, operation, asked)
            runs = await of(ctx, "models.list_models")
            assert len(runs) == 2
            answered = await once(ctx, operation, asked)
            assert {answered.id} == {*runs} - {first.id}
            assert await once(ctx, operation, asked) == answered
            assert await of(ctx, "models.list_models") == runs

    asyncio.run(body())


def test_a_repeat_that_is_refused_for_now_keeps_its_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: after a death, a repeat that meets a full queue is not the first request of another run."""

    async def away(*_: object) -> None:
        raise Unavailable("Not now.", remedy="Later.")

    async def body() -> None:
        async with process(folder) as ctx:
            with monkeypatch.context() as dying:
                dying.setattr(ctx.drivers.store, "update", died)
                with pytest.raises(DiedError):
                    await once(ctx, start_run, LATER)
            with monkeypatch.context() as full:
                full.setattr(ctx.drivers.dispatch, "admit", away)
                with pytest.raises(Unavailable):
                    await once(ctx, start_run, LATER)
            answered = await once(ctx, start_run, LATER)
            assert await of(ctx, "models.list_models") == [answered.id]

    asyncio.run(body())


def test_two_processes_that_begin_a_promised_run_begin_one(folder: Path) -> None:
    """Promise: the second joins the run of the first; neither is told of a conflict, now or later."""

    async def body() -> None:
        async with process(folder) as ctx:
            promised, gate = asyncio.Event(), asyncio.Event()
            asked = keep_diary.validate({"lines": 0})

            async def slowly(operation: Operation[Any, Any], asked: Model, ctx: Context) -> Any:
                promised.set()
                await gate.wait()
                return await begin(operation, asked, ctx)

            first = asyncio.create_task(Replies().once("key", keep_diary, asked, ctx, {}, slowly))
            await promised.wait()
            second = await once(ctx, keep_diary, {"lines": 0})
            gate.set()
            assert (await first).id == second.id
            assert (await once(ctx, keep_diary, {"lines": 0})).id == second.id
            assert await of(ctx, keep_diary.name) == [second.id]

    asyncio.run(body())


@pytest.mark.parametrize(("target", "asked"), [(start_run, LATER), (keep_diary, {"lines": 0})])
def test_a_run_whose_beginning_was_not_answered_is_not_begun_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch, target: Operation[Any, Any], asked: dict[str, Any]
) -> None:
    """A database that is lost at its commit says to try again: the run may be there, and then it is the one."""

    async def body() -> None:
        async with process(folder) as ctx:
            # As where processes share a database.
            monkeypatch.setattr(ctx.drivers.dispatch, "seat", no_seat)
            insert = ctx.drivers.store.insert

            async def lost(table: Table, *given: Any) -> None:
                await insert(table, *given)
                if table == "runs":
                    raise Unavailable("The database was lost.")

            with monkeypatch.context() as losing:
                losing.setattr(ctx.drivers.store, "insert", lost)
                with pytest.raises(Unavailable):
                    await once(ctx, target, asked)
            await once(ctx, target, asked)
            assert len(await ctx.runs.list()) == 1, [(run.id, run.operation) for run in await ctx.runs.list()]

    asyncio.run(body())
