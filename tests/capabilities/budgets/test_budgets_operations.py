"""Budgets as callers set them: who may, about whom, and what is kept of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ledger_rows import ledger_row
from opened import RUN, Nothing, opened

from nis_backend.caller import LOCAL, SERVER, SERVER_ADMIN, Caller
from nis_backend.capabilities.budgets.budget import Budget
from nis_backend.capabilities.budgets.operations import (
    OPERATIONS,
    BudgetList,
    CreateBudget,
    ListBudgets,
    OneBudget,
    UpdateBudget,
    create_budget,
    delete_budget,
    get_budget,
    list_budgets,
    update_budget,
)
from nis_backend.capabilities.runs.starting import StartRun, start_run
from nis_backend.context import Context
from nis_backend.drivers.gateway.periods import counted_as
from nis_backend.drivers.store.base import Row
from nis_backend.drivers.store.spending import Cap, Closed
from nis_backend.errors import Forbidden, InvalidRequest, NotFound
from nis_backend.operation import operation

ANN = Caller(owner="ann")


def within(folder: Path, body: Callable[[Context], Awaitable[None]]) -> None:
    """Carry a test's body out in a call of the server's own person."""

    async def run() -> None:
        async with opened(folder, operations=[*OPERATIONS, start_run, of_models]) as ctx:
            await body(replace(ctx, journal=None))

    asyncio.run(run())


@operation("tests.ask_models", effect="reads")
async def of_models(request: Nothing, ctx: Context) -> Nothing:
    """Ask nothing."""
    return request


async def made(ctx: Context, **given: Any) -> Budget:
    """A new budget."""
    return await ctx.call(create_budget, CreateBudget.model_validate({"limit": 1, **given}))


async def listed(ctx: Context, **given: Any) -> list[str]:
    """The ids of the budgets that are listed."""
    found: BudgetList = await ctx.call(list_budgets, ListBudgets(**given))
    return [one.id for one in found.budgets]


async def audited(ctx: Context) -> list[Row]:
    """What is kept of changes, the oldest first."""
    return await ctx.drivers.store.select("changes", SERVER, descending=False)


def test_a_budget_is_made_read_changed_and_deleted(tmp_path: Path) -> None:
    """Promise: money exact to the nano-dollar, what is used and left of it now, and when it begins anew."""

    async def body(ctx: Context) -> None:
        one = await made(ctx, name="mine", scope="user", subject="local", period="day", limit=0.020000001)
        assert (one.limit, one.used, one.left, one.owner, one.action) == (
            0.020000001,
            0,
            0.020000001,
            "local",
            "refuse",
        )
        assert one.period_started is not None
        assert one.resets_at is not None
        assert one.period_started[:10] < one.resets_at[:10]
        period = counted_as("day", ctx.now())
        cap = Cap(budget_id=one.id, period=period, owner="local", limit=20_000_001)
        assert await ctx.drivers.store.reserve(ledger_row("call-1", worst=15_000_000), [cap]) == []
        await ctx.drivers.store.record([], [Closed(id="call-1-1", changes={"state": "ok", "cost": 5_000_000})])
        read: Budget = await ctx.call(get_budget, OneBudget(id=one.id))
        assert (read.used, read.left) == (0.005, 0.015000001)
        assert read.share is not None
        assert 0.24 < read.share < 0.26
        changed: Budget = await ctx.call(update_budget, UpdateBudget(id=one.id, limit=0.004, enabled=False))
        assert (changed.limit, changed.used, changed.left, changed.enabled, changed.name) == (
            0.004,
            0.005,
            0,
            False,
            "mine",
        )
        assert changed.share == 1
        await ctx.call(delete_budget, OneBudget(id=one.id))
        for gone in ("budgets.get_budget", "budgets.delete_budget"):
            with pytest.raises(NotFound):
                await ctx.call_named(gone, {"id": one.id})

    within(tmp_path, body)


def test_each_change_is_kept(tmp_path: Path) -> None:
    """Promise: routes, budgets and prices are changed at run time with an audit entry: who, what, before and after."""

    async def body(ctx: Context) -> None:
        ctx = replace(ctx, caller=replace(ctx.caller, key="key-7"))
        one = await made(ctx, scope="server", limit=5)
        await ctx.call(update_budget, UpdateBudget(id=one.id, limit=6))
        await ctx.call(delete_budget, OneBudget(id=one.id))
        kept = await audited(ctx)
        assert [(row["action"], row["subject"], row["subject_id"]) for row in kept] == [
            (action, "budget", one.id) for action in ("create", "update", "delete")
        ]
        assert {(row["by_owner"], row["by_key"]) for row in kept} == {("local", "key-7")}
        caps = [[row[side] and json.loads(row[side])["cap"] for side in ("before", "after")] for row in kept]
        assert caps == [[None, 5 * 10**9], [5 * 10**9, 6 * 10**9], [6 * 10**9, None]]

    within(tmp_path, body)


@pytest.mark.parametrize("scope", ["key", "user", "server"])
def test_no_wildcard_lets_a_key_raise_its_own_cap(tmp_path: Path, scope: str) -> None:
    """Promise: budgets of keys, users and the server take the scope server:admin, for each change of them."""

    async def body(ctx: Context) -> None:
        subject = {"key": "*", "user": "ann", "server": ""}[scope]
        one = await made(ctx, scope=scope, subject=subject)
        ann = replace(ctx, caller=ANN)
        with pytest.raises(Forbidden, match=SERVER_ADMIN):
            await made(ann, scope=scope, subject=subject)
        refused = Forbidden if scope == "user" else NotFound
        with pytest.raises(refused):
            await ann.call(update_budget, UpdateBudget(id=one.id, limit=1000))
        with pytest.raises(refused):
            await ann.call(delete_budget, OneBudget(id=one.id))
        # What is about her she sees, and nothing of the others.
        assert await listed(ann) == ([one.id] if scope == "user" else [])
        assert (await ctx.call(get_budget, OneBudget(id=one.id))).limit == 1
        assert len(await audited(ctx)) == 1

    within(tmp_path, body)


def test_who_administers_sees_every_budget_in_pages(tmp_path: Path) -> None:
    """Promise: newest first, each once, by scope, subject or whom it is about."""

    async def body(ctx: Context) -> None:
        ann = replace(ctx, caller=ANN)
        hers = await made(ann, scope="run", subject="*")
        users = [await made(ctx, scope="user", subject=name) for name in ("ann", "bob", "*")]
        whole = await made(ctx, scope="server")
        ids = [one.id for one in (hers, *users, whole)]
        seen: list[str] = []
        cursor: str | None = None
        for _ in range(3):
            page: BudgetList = await ctx.call(list_budgets, ListBudgets(limit=2, cursor=cursor))
            seen += [one.id for one in page.budgets]
            cursor = page.next_cursor
        assert (seen, cursor) == (ids[::-1], None)
        assert await listed(ctx, owner="ann") == [users[0].id, hers.id]
        assert await listed(ctx, owner="server") == [whole.id, users[2].id]
        assert await listed(ctx, scope="user", subject="bob") == [users[1].id]
        assert await listed(ann) == [users[0].id, hers.id]
        assert await listed(ann, owner="bob") == []
        # One for each has a sum for each, and none of its own.
        each: Budget = await ctx.call(get_budget, OneBudget(id=users[2].id))
        assert (each.used, each.left, each.owner) == (None, None, "server")

    within(tmp_path, body)


def test_a_budget_names_what_there_is(tmp_path: Path) -> None:
    """Promise: a typing error limits nothing in silence: the run, conversation or key has to be the caller's."""

    async def body(ctx: Context) -> None:
        key: Row = {"id": "key-1", "name": "", "prefix": "p", "hash": "h", "scopes": "[]", "expires": None}
        await ctx.drivers.store.insert(
            "keys", "bob", {**key, "last_used": None, "revoked": None, "created": 1.0, "updated": 1.0}
        )
        assert (await made(ctx, scope="key", subject="key-1")).owner == "bob"
        assert (await made(ctx, scope="run", subject=RUN)).owner == "local"
        for scope in ("run", "conversation", "key"):
            with pytest.raises(NotFound):
                await made(ctx, scope=scope, subject="none-such")
        with pytest.raises(NotFound):
            await made(replace(ctx, caller=ANN), scope="run", subject=RUN)
        for scope, subject in (("server", "local"), ("user", "")):
            with pytest.raises(InvalidRequest, match="subject"):
                await made(ctx, scope=scope, subject=subject)
        with pytest.raises(InvalidRequest, match="Nothing"):
            await ctx.call(update_budget, UpdateBudget(id="any"))

    within(tmp_path, body)


def test_a_run_does_not_change_what_it_may_spend_itself(tmp_path: Path) -> None:
    """Promise: what an agent is talked into does not lift its cap."""

    async def body(ctx: Context) -> None:
        async with opened(tmp_path / "run", operations=OPERATIONS) as inside:
            own = await made(inside, scope="run", subject=RUN)
            each = await made(inside, scope="run", subject="*")
            other = await made(inside, scope="user", subject="bob")
            for one in (own, each):
                with pytest.raises(Forbidden, match="holds for it"):
                    await inside.call(update_budget, UpdateBudget(id=one.id, limit=1000))
                with pytest.raises(Forbidden, match="holds for it"):
                    await inside.call(delete_budget, OneBudget(id=one.id))
            await inside.call(delete_budget, OneBudget(id=other.id))

    (tmp_path / "run").mkdir()
    within(tmp_path, body)


def test_a_run_is_begun_with_its_budget(tmp_path: Path) -> None:
    """Promise: `budget=0.02` is written down with the run, is its owner's, and goes with it."""

    async def body(ctx: Context) -> None:
        ctx = replace(ctx, caller=replace(LOCAL, owner="ann"))
        run = await ctx.call(start_run, StartRun(operation="tests.ask_models", budget=0.02, delay_seconds=3600))
        [row] = await ctx.drivers.store.configured("budgets", {"subject": run.id})
        assert (row["owner"], row["scope"], row["cap"], row["period"]) == ("ann", "run", 20_000_000, "total")
        await ctx.drivers.store.reserve(
            ledger_row("call-1", worst=5, run_id=run.id),
            [Cap(budget_id=row["id"], period="total", owner="ann", limit=10)],
        )
        await ctx.runs.cancel(run.id)
        assert await ctx.store.forget_run(run.id)
        assert await ctx.drivers.store.configured("budgets", {}) == []
        assert await ctx.drivers.store.spent([(row["id"], "total")]) == {}

    within(tmp_path, body)
