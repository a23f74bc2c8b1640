"""What a run was started in holds for it: however it was begun, and whoever goes on with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from opened import RUN, Nothing, opened

from nis_backend.capabilities.conversations.branching import BranchConversation, branch_conversation
from nis_backend.capabilities.runs.starting import StartRun, start_run
from nis_backend.capabilities.schedules.operations import (
    CreateSchedule,
    UpdateSchedule,
    create_schedule,
    update_schedule,
)
from nis_backend.context import Context
from nis_backend.errors import InvalidRequest
from nis_backend.fork import fork
from nis_backend.journal import Journal
from nis_backend.operation import operation
from nis_backend.schedule import fire
from nis_backend.within import MOST, Within, joined, of_row, place, tree, written

Test = Callable[[Context], Awaitable[None]]


@operation("tests.carry_run", effect="reads")
async def rest(request: Nothing, ctx: Context) -> Nothing:
    """Do nothing."""
    return request


@pytest.fixture
def in_a_run(tmp_path: Path) -> Callable[[Test], None]:
    """Runs a test's body in the run `RUN`, a turn of the conversation `c-1`, which the run `run-0` has started."""

    async def within(body: Test) -> None:
        async with opened(tmp_path, operations=[rest, start_run]) as ctx:
            for name in ("c-1", "c-2"):
                await ctx.store.insert("conversations", {"id": name, "title": "", "created": 0.0, "updated": 0.0})
            journal = Journal(ctx.drivers.store, "local", RUN, 0, None, "c-1", None, (("run", "run-0"),))
            await body(replace(ctx, journal=journal))

    return lambda body: asyncio.run(within(body))


HERE: Within = (("run", "run-0"), ("conversation", "c-1"), ("run", RUN))


async def chain(ctx: Context, run_id: str) -> Within:
    """What a run's row says it was started in."""
    row = await ctx.drivers.store.get("runs", "local", run_id)
    assert row is not None
    return of_row(row)


def test_what_a_run_starts_is_within_it_and_a_fork_within_both(in_a_run: Callable[[Test], None]) -> None:
    """Promise: what was to cost no more costs no more; who forks by themselves goes on with what is left."""

    async def body(ctx: Context) -> None:
        run = await ctx.call(start_run, StartRun(operation="tests.carry_run", delay_seconds=3600))
        assert await chain(ctx, run.id) == HERE
        outside = replace(ctx, journal=None)
        again = await fork(outside, run.id, 0, {})
        assert await chain(ctx, again.id) == (*HERE, ("run", run.id))
        other = await fork(ctx, RUN, 0, {})
        assert await chain(ctx, other.id) == (("run", RUN), ("run", "run-0"), ("conversation", "c-1"))
        free = await outside.call(start_run, StartRun(operation="tests.carry_run", delay_seconds=3600))
        assert await chain(ctx, free.id) == ()

    in_a_run(body)


def test_a_schedules_runs_are_within_what_has_made_it_until_somebody_takes_it_over(
    in_a_run: Callable[[Test], None],
) -> None:
    """Promise: no run gets around its budget by waiting; who changes a schedule has its runs from then on.

    What it begins year after year is no part of the tree that made it: whom that one asked does not count there.
    """

    async def body(ctx: Context) -> None:
        made = await ctx.call(create_schedule, CreateSchedule(name="n", operation="tests.carry_run", cron="@daily"))
        [row] = await ctx.store.select("schedules")
        await fire(ctx.drivers, row, "run-by-the-clock")
        by_the_clock = await chain(ctx, "run-by-the-clock")
        assert by_the_clock == (*HERE, ("schedule", made.id))
        assert tree(HERE)
        assert tree(by_the_clock) == []
        assert tree((*by_the_clock, ("run", "begun-in-it"))) == ["begun-in-it"]
        await replace(ctx, journal=None).call(update_schedule, UpdateSchedule(id=made.id, name="m"))
        [row] = await ctx.store.select("schedules")
        await fire(ctx.drivers, row, "run-of-a-person")
        assert await chain(ctx, "run-of-a-person") == ()

    in_a_run(body)


def test_a_branch_is_within_its_conversation(in_a_run: Callable[[Test], None]) -> None:
    """Promise: to begin again from an earlier turn is no second pot."""

    async def body(ctx: Context) -> None:
        outside = replace(ctx, journal=None)
        given = {"message": "Hello.", "conversation_id": "c-2"}
        row = {"id": "turn", "operation": "chat.send_message", "state": "succeeded", "conversation_id": "c-2"}
        row |= {"attempt": 1, "last_seq": 0, "format": 2, "created": 1.0, "updated": 1.0, "input": json.dumps(given)}
        await ctx.drivers.store.insert("runs", "local", {**row, "result": '{"response": "Hi."}'})
        first = await outside.call(branch_conversation, BranchConversation(id="c-2"))
        second = await outside.call(branch_conversation, BranchConversation(id=first.id))
        [row] = [row for row in await ctx.store.select("conversations") if row["id"] == second.id]
        assert of_row(row) == (("conversation", "c-2"), ("conversation", first.id))

    in_a_run(body)


def test_runs_that_start_each_other_without_an_end_are_refused() -> None:
    """Promise: what comes from outside is bounded; each of the chain is looked at with every call of a model."""
    some: Within = tuple(("run", f"run-{number}") for number in range(MOST))
    assert of_row({"within": written(some)}) == some
    with pytest.raises(InvalidRequest, match="in each other"):
        written(joined(some, some, place("run-more", None)))
    assert written(()) is None
    assert of_row({}) == ()
