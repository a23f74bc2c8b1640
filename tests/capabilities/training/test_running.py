"""A training's run: what each attempt leaves, what a resumed one tells, and which training it carries out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opened import RUN, opened
from small_trained import write_ternary

from nis_backend.capabilities.training.operations import whole_settings
from nis_backend.capabilities.training.packing.finishing import Facts, finish_model
from nis_backend.capabilities.training.running import follow
from nis_backend.capabilities.training.settings.bitnet import OF_BASE
from nis_backend.capabilities.training.settings.bitnet import Settings as BitNet
from nis_backend.capabilities.training.training import StartTraining, find, folder_of, row_of, told
from nis_backend.capabilities.training.watching import ReadCurves, get_curves
from nis_backend.capabilities.training.worker import train
from nis_backend.context import Context
from nis_backend.drivers.compute.base import Json
from nis_backend.errors import Conflict, Unavailable, WorkerLost
from nis_backend.event import Noted, RetryScheduled, Warned
from nis_backend.history import History
from nis_backend.journal import Journal
from nis_backend.owned import Scope

REQUEST = StartTraining(recipe="bitnet", dataset="data-1", version="v", name="tiny", steps=9)
OUTCOME: Json = {"kind": "ternary", "metrics": {"test_loss": 2.0}, "notes": [], "facts": {"steps": 9}}
DONE: Json = {"kind": "done", "outcome": OUTCOME, "digest": "d"}


def saved(step: int) -> Json:
    """A worker's word of a checkpoint."""
    return {"kind": "checkpoint", "step": step, "spent": 1.5}


class Worker:
    """Says what it is told to, one list a process; a process that says no end is lost."""

    def __init__(self, *lives: Sequence[Json]) -> None:
        self.lives = list(lives)

    async def stream(self, _pool: str, payload: Json, *, patient: bool) -> AsyncGenerator[Json]:
        """As `Compute.stream`."""
        assert patient
        for item in self.lives.pop(0):
            if item["kind"] == "done":
                (Path(payload["folder"]) / "out").mkdir()
                (Path(payload["folder"]) / "out" / "weights").write_text("12345")
            yield item
        msg = "It was killed."
        raise WorkerLost(msg)


def within(ctx: Context, worker: Worker) -> Context:
    """A run whose trainings this worker carries out; its rows are in place."""
    compute: Any = worker
    data = folder_of(ctx.settings, RUN) / "data"
    data.mkdir(parents=True, exist_ok=True)
    (data / "ready.json").write_text('{"splits": null}')
    return replace(ctx, drivers=replace(ctx.drivers, compute=compute), scope=Scope(key=RUN))


def test_each_attempt_leaves_that_it_got_on(tmp_path: Path) -> None:
    """Promise: an attempt with a checkpoint is none of those after which a run is given up; a lost worker is followed.

    What a last attempt did not measure again is told as it was: steps, time and values.
    """

    async def body() -> None:
        async with opened(tmp_path) as plain:
            ctx = within(plain, Worker([saved(3), saved(6)], [DONE]))
            await ctx.store.insert("trainings", {**row_of(REQUEST, RUN, 1.0), "step": 2})
            made = await follow(REQUEST, ctx)
            await ctx.run.flush()
            events = await ctx.runs.all_events(RUN)
            assert [
                one.body.value for one in events if isinstance(one.body, Noted) and one.body.name == "checkpoint"
            ] == [3]
            assert [one.body.aside for one in events if isinstance(one.body, Warned)] == [True]
            assert History(events).idle == 0
            now = await told(await find(RUN, ctx), ctx)
            assert (made.steps, now.step, now.spent, now.model_id) == (9, 9, 1.5, made.model_id)
            # Once more from its log: nothing is learned again, and the answer is the same.
            journal = Journal(ctx.drivers.store, ctx.caller.owner, RUN, 0, History(events))
            again = replace(ctx, journal=journal, scope=Scope(key=RUN))
            assert await follow(REQUEST, again) == made
            assert list(journal.history.left()) == []

    asyncio.run(body())


def test_a_retried_training_goes_on_under_its_id(tmp_path: Path) -> None:
    """Promise: what a run that failed has left one run goes on from; a fork begins a training of its own."""

    async def retry(ctx: Context, run_id: str, *, retried: bool = True) -> Context:
        row = await ctx.store.get("runs", RUN)
        assert row is not None
        given = {**row, "id": run_id, "parent": RUN, "input": REQUEST.model_dump_json()}
        await ctx.drivers.store.insert("runs", ctx.caller.owner, given)
        history = History()
        journal = Journal(ctx.drivers.store, ctx.caller.owner, run_id, 0, history)
        await journal.write(*[RetryScheduled(at=1.0, problem={})] * retried)
        await journal.flush()
        history = History(await ctx.runs.all_events(run_id))
        return replace(
            ctx, journal=Journal(ctx.drivers.store, ctx.caller.owner, run_id, 0, history), scope=Scope(key=run_id)
        )

    async def body() -> None:
        async with opened(tmp_path) as plain:
            ctx = within(plain, Worker([DONE], [DONE]))
            await ctx.store.update("runs", RUN, {"input": REQUEST.model_dump_json()})
            await ctx.store.insert("trainings", {**row_of(REQUEST, RUN, 1.0), "step": 5})
            made = await follow(REQUEST, await retry(ctx, "run-2"))
            assert made.id == RUN
            assert (await told(await find(RUN, ctx), ctx)).run_id == "run-2"
            with pytest.raises(Conflict, match="goes on already, as run run-2"):
                await follow(REQUEST, await retry(ctx, "run-3"))
            forked = await retry(ctx, "run-4", retried=False)
            data = folder_of(ctx.settings, "run-4") / "data"
            data.mkdir(parents=True)
            (data / "ready.json").write_text('{"splits": null}')
            assert (await follow(REQUEST, forked)).id == "run-4"

    asyncio.run(body())


def test_a_base_brings_its_shape(tmp_path: Path) -> None:
    """Promise: a shape that nobody asked for is the base's, and no refusal; a base that was changed is one."""
    started = StartTraining(recipe="bitnet", dataset="data-1", name="tiny", settings={"batch": 4, "layers": 2})
    assert whole_settings(started, BitNet)["context"] == 128
    on = whole_settings(started.model_copy(update={"base": "local:tiny"}), BitNet)
    assert OF_BASE & set(on) == {"layers"}
    assert on["learning_rate"] == 0.004
    base = write_ternary(tmp_path / "base")
    finish_model(base, Facts(kind="ternary"))
    with (base / "config.json").open("a") as file:
        file.write(" ")
    request = started.model_dump() | {"folder": str(tmp_path), "base": {"folder": str(base), "file": None}}
    with pytest.raises(Unavailable, match=r"The base cannot be used: its file config.json was changed"):
        train(request, 1, lambda _: None)


def test_checkpoints_on_another_server_are_missed(tmp_path: Path) -> None:
    """Promise: where servers share no folder a training does not begin anew in silence."""

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            await ctx.store.insert("trainings", {**row_of(REQUEST, RUN, 1.0), "step": 5, "summary": json.dumps({})})
            with pytest.raises(
                Unavailable, match="come to step 5, and its checkpoints are not on this server"
            ) as missed:
                await follow(REQUEST, replace(ctx, scope=Scope(key=RUN)))
            assert missed.value.field == "NIS_TRAINING"
            with pytest.raises(Unavailable, match="not on this server"):
                await get_curves.function(ReadCurves(id=RUN), ctx)

    asyncio.run(body())
