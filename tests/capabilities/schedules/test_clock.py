"""Schedules fire when they are due: once, on one of several processes, and once for what was missed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from opened import opened

from nis_backend.context import Context
from nis_backend.drivers.store.base import Row
from nis_backend.errors import Busy
from nis_backend.operation import Model, operation
from nis_backend.schedule import Clock, run_id_of, until_next

Test = Callable[[Context], Awaitable[None]]

HOUR = 3600.0
FIRST = 1_700_000_100.0
"""A full minute."""


class Nothing(Model):
    """A request without fields."""


@operation("tests.rest", effect="reads")
async def rest(request: Nothing, ctx: Context) -> Nothing:
    """Do nothing."""
    return request


@pytest.fixture
def with_context(tmp_path: Path) -> Callable[[Test], None]:
    """Runs a test's body on a real store; runs are written down and wait."""

    async def within(body: Test) -> None:
        async with opened(tmp_path, operations=[rest]) as ctx:
            await body(ctx)

    return lambda body: asyncio.run(within(body))


async def scheduled(ctx: Context, schedule_id: str, **given: object) -> None:
    """An hourly schedule, due at `FIRST` for the first time."""
    row: Row = {
        "id": schedule_id,
        "name": "n",
        "operation": "tests.rest",
        "arguments": "{}",
        "cron": "@hourly",
        "timezone": "UTC",
        "enabled": 1,
        "queue": "default",
        "scopes": '["*"]',
        "key_id": None,
        "next_at": FIRST,
        "last_at": None,
        "last_run_id": None,
        "problem": None,
        "created": 1.0,
        "updated": 1.0,
    }
    await ctx.store.insert("schedules", {**row, **given})


async def begun(ctx: Context) -> Mapping[str, str]:
    """The runs that there are of schedules: their ids and states."""
    return {run.id: run.state for run in await ctx.runs.list(where={"operation": "tests.rest"})}


def test_each_due_time_is_one_run(with_context: Callable[[Test], None]) -> None:
    """Not before it is due, once however many processes look, and again at its next time."""

    async def body(ctx: Context) -> None:
        await scheduled(ctx, "schedule-1")
        clocks = [Clock(ctx.drivers) for _ in range(3)]
        await clocks[0].tick(FIRST - 1)
        assert await begun(ctx) == {}
        await asyncio.gather(*(clock.tick(FIRST + 1) for clock in clocks))
        assert await begun(ctx) == {run_id_of("schedule-1", FIRST): "queued"}
        row = await ctx.store.get("schedules", "schedule-1")
        assert row
        assert row["last_run_id"] == run_id_of("schedule-1", FIRST)
        assert FIRST < row["next_at"] <= FIRST + HOUR
        await clocks[1].tick(row["next_at"])
        assert len(await begun(ctx)) == 2

    with_context(body)


def test_a_process_that_died_between_run_and_schedule_leaves_one_run(with_context: Callable[[Test], None]) -> None:
    """The run is there, the schedule has not moved on: whoever looks next begins no second one."""

    async def body(ctx: Context) -> None:
        await scheduled(ctx, "schedule-1")
        clock = Clock(ctx.drivers)
        await clock.tick(FIRST)
        await ctx.store.update("schedules", "schedule-1", {"next_at": FIRST})
        await clock.tick(FIRST)
        assert list(await begun(ctx)) == [run_id_of("schedule-1", FIRST)]
        row = await ctx.store.get("schedules", "schedule-1")
        assert row
        assert (row["problem"], row["next_at"] > FIRST) == (None, True)

    with_context(body)


def test_what_was_missed_is_made_up_for_once(
    with_context: Callable[[Test], None], caplog: pytest.LogCaptureFixture
) -> None:
    """Three days without a process are one run, the log says so, and the next time lies ahead."""

    async def body(ctx: Context) -> None:
        await scheduled(ctx, "schedule-1")
        now = FIRST + 72 * HOUR
        with caplog.at_level(logging.WARNING):
            await Clock(ctx.drivers).tick(now)
        assert len(await begun(ctx)) == 1
        assert "made up for once" in caplog.text
        row = await ctx.store.get("schedules", "schedule-1")
        assert row
        assert now < row["next_at"] <= now + HOUR

    with_context(body)


def test_what_is_disabled_or_deleted_does_not_fire(with_context: Callable[[Test], None]) -> None:
    """Also when it was due long ago."""

    async def body(ctx: Context) -> None:
        await scheduled(ctx, "schedule-1", enabled=0)
        await scheduled(ctx, "schedule-2")
        await ctx.store.delete("schedules", "schedule-2")
        await Clock(ctx.drivers).tick(time.time())
        assert await begun(ctx) == {}

    with_context(body)


def test_what_may_pass_is_tried_again(with_context: Callable[[Test], None]) -> None:
    """A full queue: the schedule stays due, others are not held up, and the next look begins it."""

    async def body(ctx: Context) -> None:
        await scheduled(ctx, "schedule-1")
        admit = ctx.drivers.dispatch.admit
        full = [True]

        async def refuse(queue: str) -> None:
            if full:
                full.pop()
                raise Busy("The queue is full.")
            await admit(queue)

        ctx.drivers.dispatch.admit = refuse  # pyright: ignore[reportAttributeAccessIssue] - a queue that is full once
        await scheduled(ctx, "schedule-2", next_at=FIRST + 60)
        await Clock(ctx.drivers).tick(FIRST + 120)
        assert list(await begun(ctx)) == [run_id_of("schedule-2", FIRST + 60)]
        await Clock(ctx.drivers).tick(FIRST + 180)
        assert len(await begun(ctx)) == 2

    with_context(body)


def test_a_zone_that_is_unknown_here_disables_the_schedule(with_context: Callable[[Test], None]) -> None:
    """It could be read where it was written: it says why it began nothing."""

    async def body(ctx: Context) -> None:
        await scheduled(ctx, "schedule-1", timezone="Mars/Olympus")
        await Clock(ctx.drivers).tick(FIRST)
        row = await ctx.store.get("schedules", "schedule-1")
        assert row
        assert (row["enabled"], "Mars/Olympus" in row["problem"]) == (0, True)
        assert await begun(ctx) == {}

    with_context(body)


def test_a_schedule_that_breaks_holds_up_no_other(with_context: Callable[[Test], None]) -> None:
    """What nobody foresaw about one schedule is its own matter, now and at each next look."""

    async def body(ctx: Context) -> None:
        await scheduled(ctx, "schedule-1", arguments="not JSON")
        await scheduled(ctx, "schedule-2", next_at=FIRST + 1)
        await Clock(ctx.drivers).tick(FIRST + 2)
        await ctx.runs.get(run_id_of("schedule-2", FIRST + 1))

    with_context(body)


def test_no_minute_is_passed_over_by_a_look_that_begins_just_before_it() -> None:
    """Promise: a schedule of every minute begins a run in every minute; a timer may wake some milliseconds early."""
    assert until_next(looked=119.999, now=120.002) == 0
    assert until_next(looked=120.002, now=120.502) == pytest.approx(59.498)
