"""Usage: sums that come to the same however they are made, single calls, and files of both."""

from __future__ import annotations

import asyncio
import csv
import io
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

import pytest
from ledger_rows import DAY, NOON, ledger_row
from opened import opened

from nis_backend.blob import Blob
from nis_backend.caller import Caller
from nis_backend.capabilities.usage.operations import (
    OPERATIONS,
    By,
    CallList,
    GetExport,
    GetUsage,
    ListCalls,
    Usage,
    get_export,
    get_usage,
    list_calls,
)
from nis_backend.context import Context
from nis_backend.drivers.store.base import Row
from nis_backend.drivers.store.spending import Cap
from nis_backend.errors import Forbidden, InvalidRequest
from nis_backend.view import Text

ANN = Caller(owner="ann")
DAYS: dict[str, Any] = {"since": date(2025, 11, 20), "until": date(2025, 12, 1)}


def some_calls(many: int = 300) -> list[Row]:
    """Calls of two owners over five days, of several models, keys, operations and routes."""
    draw = random.Random(4)  # noqa: S311 - seeded
    return [
        ledger_row(
            f"call-{number}",
            owner=draw.choice(["ann", "ann", "bob"]),
            key_id=draw.choice([None, "key-1", "key-2"]),
            model=draw.choice(["m", "n", "=HYPERLINK(1)"]),
            provider=draw.choice(["openai", "else"]),
            operation=draw.choice(["models.generate_text", "chat.send_message"]),
            route=draw.choice(["", "cheap"]),
            created=NOON + draw.randint(-2, 2) * DAY + draw.random() * 1000,
            cost=draw.randrange(10**10),
            saved=draw.randrange(10**6),
            input=draw.randrange(10**5),
            state=draw.choice(["ok", "ok", "failed", "cached"]),
            run_id=draw.choice([None, "run-1", "run-2"]),
        )
        for number in range(many)
    ]


def within(folder: Path, body: Callable[[Context, list[Row]], Awaitable[None]]) -> None:
    """Carry a test's body out in a call of the server's own person, over some calls of others."""

    async def run() -> None:
        async with opened(folder, operations=OPERATIONS) as ctx:
            rows = some_calls()
            await ctx.drivers.store.record(rows, [])
            await body(replace(ctx, journal=None), rows)

    asyncio.run(run())


async def sheet(ctx: Context, **given: Any) -> list[dict[str, str]]:
    """The rows of an export."""
    blob: Blob = await ctx.call(get_export, GetExport(**{**DAYS, **given}))
    text = await ctx.blobs.read(blob.id)
    return [*csv.DictReader(io.StringIO(text.decode()))]


def test_sums_come_to_the_same_by_every_grouping(tmp_path: Path) -> None:
    """Promise: a ledger of every call that sums exactly; usage by day, model, key, operation."""

    async def body(ctx: Context, rows: list[Row]) -> None:
        ann = replace(ctx, caller=ANN)
        hers = [row for row in rows if row["owner"] == "ann"]
        cost = sum(row["cost"] for row in hers)
        for size in range(4):
            for by in combinations(get_args(By), size):
                found: Usage = await ann.call(get_usage, GetUsage(**DAYS, by=list(by)))
                assert sum(round(row.cost * 10**9) for row in found.rows) == cost == round(found.total.cost * 10**9)
                assert sum(row.input for row in found.rows) == found.total.input == sum(row["input"] for row in hers)
                assert sum(row.calls for row in found.rows) == found.total.calls == len(hers)
                assert all(
                    {name for name in get_args(By) if getattr(row, name) is not None} == {*by} for row in found.rows
                )
        found = await ann.call(get_usage, GetUsage(**DAYS))
        assert found.total.failed == sum(row["state"] == "failed" for row in hers)
        assert found.total.hits == sum(row["state"] == "cached" for row in hers)
        assert (found.total.first_ms, found.total.total_ms) == (pytest.approx(12.25), pytest.approx(40))
        one: Usage = await ann.call(get_usage, GetUsage(since=date(2025, 11, 25), until=date(2025, 11, 26)))
        assert [row.day for row in one.rows] == ["2025-11-25"]

    within(tmp_path, body)


def test_percentiles_and_refusals_stand_beside_the_sums(tmp_path: Path) -> None:
    """Promise: of each row and of all; of a group of which there is nothing else too; no sum has what was refused."""

    async def body(ctx: Context, rows: list[Row]) -> None:
        ann = replace(ctx, caller=ANN)
        before: Usage = await ann.call(get_usage, GetUsage(**DAYS, by=["model"]))
        assert (before.total.total_ms_p50, before.total.total_ms_p95, before.total.refused) == (40, 40, {})
        more = [ledger_row(f"slow-{number}", model="slow", total_ms=1000.0 + number) for number in range(10)]
        problems = ["budget_exceeded", "busy", "busy"]
        no = [
            ledger_row(f"no-{number}", model="never", state="refused", problem=problem, cost=0, priced=1, **NOT_SENT)
            for number, problem in enumerate(problems)
        ]
        await ctx.drivers.store.record([*more, *no], [])
        found: Usage = await ann.call(get_usage, GetUsage(**DAYS, by=["model"]))
        told = {row.model: row for row in found.rows}
        assert (told["slow"].total_ms_p50, told["slow"].total_ms_p95, told["slow"].refused) == (1004, 1009, {})
        assert (told["never"].calls, told["never"].total_ms_p50) == (0, None)
        assert told["never"].refused == found.total.refused == {"budget_exceeded": 1, "busy": 2}
        assert found.total.calls == before.total.calls + 10
        text = get_usage.draw(GetUsage(), found)[0]
        assert isinstance(text, Text)
        assert text.text.endswith("; refused: 1 × budget_exceeded, 2 × busy.")
        assert (found.total.total_ms_p50, found.total.total_ms_p95) == (40, 40)
        assert (await ann.call(list_calls, ListCalls(limit=1))).calls[0].created >= NOON
        assert round(found.total.cost * 10**9) == round(before.total.cost * 10**9) + 70

    within(tmp_path, body)


NOT_SENT: Row = {"first_ms": None, "total_ms": None, "input": 0, "output": 0, "attempt": 0}


def test_a_call_under_way_is_in_no_sum_yet(tmp_path: Path) -> None:
    """Promise: sums are of calls that have ended; a single call says that it is open."""

    async def body(ctx: Context, rows: list[Row]) -> None:
        ann = replace(ctx, caller=ANN)
        before: Usage = await ann.call(get_usage, GetUsage(**DAYS))
        cap = Cap(budget_id="b", period="total", owner="ann", limit=10**9)
        await ctx.drivers.store.reserve(ledger_row("call-open", worst=10**6, run_id="run-9"), [cap])
        after: Usage = await ann.call(get_usage, GetUsage(**DAYS))
        assert after == before
        [call] = (await ann.call(list_calls, ListCalls(run_id="run-9"))).calls
        assert (call.state, call.cost) == ("open", 0.001)

    within(tmp_path, body)


def test_an_owners_usage_is_its_own(tmp_path: Path) -> None:
    """Promise: another's takes the scope server:admin, and so do everybody's together."""

    async def body(ctx: Context, rows: list[Row]) -> None:
        ann = replace(ctx, caller=ANN)
        for owner in ("bob", "*"):
            with pytest.raises(Forbidden, match="server:admin"):
                await ann.call(get_usage, GetUsage(**DAYS, owner=owner))
            with pytest.raises(Forbidden, match="server:admin"):
                await ann.call(get_export, GetExport(**DAYS, owner=owner))
        costs = {
            owner: round((await ctx.call(get_usage, GetUsage(**DAYS, owner=owner))).total.cost * 10**9)
            for owner in ("ann", "bob", "*", None)
        }
        assert costs["*"] == costs["ann"] + costs["bob"] == sum(row["cost"] for row in rows)
        assert costs[None] == 0
        assert {call.id for call in (await ann.call(list_calls, ListCalls(limit=100))).calls} <= {
            row["id"] for row in rows if row["owner"] == "ann"
        }
        with pytest.raises(InvalidRequest, match="their own user's"):
            await ctx.call(get_export, GetExport(**DAYS, what="calls", owner="ann"))

    within(tmp_path, body)


def test_calls_are_listed_once_each_the_newest_first(tmp_path: Path) -> None:
    """Promise: by time, run, conversation and key, in pages."""

    async def body(ctx: Context, rows: list[Row]) -> None:
        ann = replace(ctx, caller=ANN)
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page: CallList = await ann.call(
                list_calls,
                ListCalls(
                    run_id="run-1",
                    key_id="key-1",
                    since=datetime.fromtimestamp(NOON - 1.5 * DAY, UTC),
                    cursor=cursor,
                    limit=7,
                ),
            )
            seen += [call.id for call in page.calls]
            cursor = page.next_cursor
            if cursor is None:
                break
        expected = [
            row
            for row in rows
            if (row["owner"], row["run_id"], row["key_id"]) == ("ann", "run-1", "key-1")
            and row["created"] >= NOON - DAY * 1.5
        ]
        assert seen == [row["id"] for row in sorted(expected, key=lambda row: -row["created"])]
        assert len(seen) > 7

    within(tmp_path, body)


def test_a_file_adds_up_to_the_last_digit(tmp_path: Path) -> None:
    """Promise: CSV export; a spreadsheet's sum is the ledger's, and no cell is carried out by one."""

    async def body(ctx: Context, rows: list[Row]) -> None:
        ann = replace(ctx, caller=ANN)
        hers = {row["id"]: row for row in rows if row["owner"] == "ann"}
        cost = Decimal(sum(row["cost"] for row in hers.values())) / 10**9
        sums = await sheet(ann, by=["day", "model", "key"])
        assert sum(Decimal(row["cost"]) for row in sums) == cost
        assert sum(int(row["calls"]) for row in sums) == len(hers)
        assert {row["model"] for row in sums} == {"m", "n", "'=HYPERLINK(1)"}
        calls = await sheet(ann, what="calls")
        assert {row["id"]: Decimal(row["cost"]) * 10**9 for row in calls} == {
            id_: Decimal(row["cost"]) for id_, row in hers.items()
        }
        assert {row["created"][:10] for row in calls} == {f"2025-11-{day}" for day in range(23, 28)}
        everyone = await sheet(ctx, owner="*", by=[])
        assert Decimal(everyone[0]["cost"]) * 10**9 == sum(row["cost"] for row in rows)

    within(tmp_path, body)


def test_days_that_are_none_are_refused(tmp_path: Path) -> None:
    """Promise: bad input names the field, the value and the remedy."""

    async def body(ctx: Context, rows: list[Row]) -> None:
        for since, until in ((date(2025, 11, 2), date(2025, 11, 2)), (date(1990, 1, 1), date(2025, 1, 1))):
            with pytest.raises(InvalidRequest, match="days") as refused:
                await ctx.call(get_usage, GetUsage(since=since, until=until))
            assert refused.value.field == "since"
        with pytest.raises(InvalidRequest, match="twice"):
            await ctx.call(get_usage, GetUsage(by=["day", "day"]))

    within(tmp_path, body)
