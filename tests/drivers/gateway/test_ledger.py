"""The ledger: what a call cost, and that no row is lost while its database is away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from store_rows import run_row

from nis_backend.drivers.gateway import ledger as module
from nis_backend.drivers.gateway.base import Who
from nis_backend.drivers.gateway.ledger import End, Ledger
from nis_backend.drivers.gateway.periods import DOLLAR
from nis_backend.drivers.gateway.rates import Rates, flat
from nis_backend.drivers.gateway.route import Target
from nis_backend.drivers.llm.answer import Usage
from nis_backend.drivers.store.base import Row
from nis_backend.drivers.store.spending import Cap, Closed, Crossed
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import InvalidRequest, NisError, Unavailable

RATES = Rates.of(input=flat(DOLLAR), output=flat(2 * DOLLAR))
WHO = Who(owner="ann", key="key-1", operation="models.complete_chat", run_id="run-1")
TARGET = Target(provider="openai", model="m")
CAPS = [Cap(budget_id="budget-1", period="total", owner="ann", limit=10**6)]


class Away(SqliteStore):
    """A store whose database is away as long as it is told so, and that refuses some rows."""

    trouble: NisError | None = None
    refuses = ""
    groups: list[int]

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.groups = []

    async def record(self, rows: Sequence[Row], closed: Sequence[Closed]) -> list[Crossed]:
        """See `Spending.record`."""
        if self.trouble is not None:
            raise self.trouble
        if any(row["model"] == self.refuses for row in rows):
            raise InvalidRequest("no such row", remedy="")
        self.groups.append(len(rows) + len(closed))
        return await super().record(rows, closed)


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[tuple[Away, Ledger]]:
    """A store and a ledger over it, closed in the lifespan's order."""
    store = Away(folder / "nis.db")
    ledger = Ledger(store, "me", clock=lambda: 1_764_072_000.0, every=0.001)
    try:
        yield store, ledger
        await ledger.close()
    finally:
        await store.close()


def row(ledger: Ledger, call_id: str = "call-1", **given: Any) -> Row:
    """The row of a call that is about to be sent."""
    made = ledger.open_row(
        who=WHO, route="cheap", target=TARGET, kind="chat", call_id=call_id, attempt=1, streamed=True
    )
    return made | given


async def rows(store: SqliteStore) -> dict[str, Row]:
    """What is written down, by call."""
    return {one["call_id"]: one for one in await store.select("ledger", "ann", limit=1000)}


def test_a_call_without_a_cap_is_written_behind_it(tmp_path: Path) -> None:
    """Its tokens, its money, its times, and in whose name it was."""

    async def body() -> None:
        async with opened(tmp_path) as (store, ledger):
            end = End(
                state="ok", used=Usage(input=100, cached=40, output=7, reasoning=3), first_ms=5, total_ms=9, wait_ms=1
            )
            await store.insert("runs", "ann", run_row("run-1"))
            await ledger.settle(row(ledger), end, RATES)
            await ledger.flush()
            found = (await rows(store))["call-1"]
            assert {name: found[name] for name in ("input", "cached", "output", "reasoning", "cost", "priced")} == {
                "input": 100,
                "cached": 40,
                "output": 7,
                "reasoning": 3,
                "cost": 114_000,
                "priced": 1,
            }
            assert (found["state"], found["key_id"], found["run_id"], found["route"]) == (
                "ok",
                "key-1",
                "run-1",
                "cheap",
            )
            assert (found["first_ms"], found["total_ms"], found["streamed"], found["caps"]) == (5, 9, 1, None)

    asyncio.run(body())


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (End(state="ok", used=Usage(input=10, output=1)), {"cost": 12_000, "over": 0}),
        (End(state="ok", used=Usage(input=100, output=1)), {"cost": 102_000, "over": 1}),
        (End(state="ok", used=Usage(input=100, output=1), counted="estimated"), {"cost": 50_000, "over": 0}),
        (End(state="cut", used=Usage(input=10, output=1), counted="worst"), {"cost": 50_000, "over": 0}),
        (End(state="left", counted="worst"), {"cost": 50_000, "over": 0}),
        (End(state="failed", status=429, problem="busy"), {"cost": 0, "status": 429, "problem": "busy"}),
    ],
    ids=["stated", "more than reserved", "estimated", "cut", "left", "refused"],
)
def test_what_was_reserved_becomes_what_it_cost(tmp_path: Path, end: End, expected: Mapping[str, object]) -> None:
    """Stated: that, though it be more, which the row says. Estimated: never more. Cut: all. Refused: nothing."""

    async def body() -> None:
        async with opened(tmp_path) as (store, ledger):
            heard: list[Row] = []
            ledger.listen(lambda row, _crossed: heard.append(row))
            one = row(ledger, worst=50_000)
            assert await store.reserve(one, CAPS) == []
            one["state"] = "open"
            await ledger.settle(one, end, RATES)
            # Settled when it returns: not with the next rows.
            found = (await rows(store))["call-1"]
            assert {name: found[name] for name in expected} == expected
            assert (await store.spent([("budget-1", "total")]))["budget-1", "total"] == found["cost"]
            assert [one["id"] for one in heard] == ["call-1-1"]

    asyncio.run(body())


def test_a_call_that_has_no_price_is_counted_as_such(tmp_path: Path) -> None:
    """Its tokens are known, its money is not: it costs nothing that anybody could state."""

    async def body() -> None:
        async with opened(tmp_path) as (store, ledger):
            await ledger.settle(row(ledger), End(state="ok", used=Usage(input=3, output=None)), None)
            await ledger.flush()
            found = (await rows(store))["call-1"]
            assert (found["input"], found["output"], found["cost"], found["priced"]) == (3, 0, 0, 0)

    asyncio.run(body())


def test_rows_are_written_together(tmp_path: Path) -> None:
    """A thousand rows are few transactions, and none is missing at the end."""

    async def body() -> None:
        async with opened(tmp_path) as (store, ledger):
            for number in range(1000):
                await ledger.settle(row(ledger, f"call-{number}"), End(state="ok"), RATES)
                if number % 50 == 0:
                    await asyncio.sleep(0)
            await ledger.close()
            assert len(await rows(store)) == sum(store.groups) == 1000
            assert len(store.groups) < 30

    asyncio.run(body())


def test_nothing_is_lost_while_the_database_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is written when it is back, a settlement too; meanwhile what was reserved stays counted."""
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.001)

    async def body() -> None:
        async with opened(tmp_path) as (store, ledger):
            one = row(ledger, "call-1", worst=500)
            await store.reserve(one, CAPS)
            one["state"] = "open"
            store.trouble = Unavailable("away", remedy="")
            await ledger.settle(one, End(state="ok", used=Usage(input=0, output=0)), RATES)
            await ledger.settle(row(ledger, "call-2"), End(state="ok"), RATES)
            assert (await store.spent([("budget-1", "total")]))["budget-1", "total"] == 500
            with pytest.raises(Unavailable):
                await ledger.flush()
            store.trouble = None
            await ledger.close()
            assert {call: one["state"] for call, one in (await rows(store)).items()} == {"call-1": "ok", "call-2": "ok"}
            assert (await store.spent([("budget-1", "total")]))["budget-1", "total"] == 0

    asyncio.run(body())


def test_too_many_that_wait_let_no_more_calls_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded while the database is away, and nothing is asked that cannot be written down."""
    monkeypatch.setattr(module, "MOST", 3)

    async def body() -> None:
        async with opened(tmp_path) as (store, ledger):
            store.trouble = Unavailable("away", remedy="")
            for number in range(3):
                ledger.admit()
                ledger.write(row(ledger, f"call-{number}"))
            with pytest.raises(Unavailable, match="wait to be written"):
                ledger.admit()
            store.trouble = None
            await ledger.flush()
            ledger.admit()

    asyncio.run(body())


def test_a_row_that_is_refused_holds_up_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is told in the log; those that came with it are written."""

    async def body() -> None:
        async with opened(tmp_path) as (store, ledger):
            store.refuses = "odd"
            for number, model in enumerate(("m", "odd", "m")):
                ledger.write(row(ledger, f"call-{number}", model=model, state="ok"))
            await ledger.flush()
            assert sorted(await rows(store)) == ["call-0", "call-2"]

    asyncio.run(body())
    assert "a call cannot be written down" in caplog.text


def test_a_callers_names_are_cut_to_what_every_database_takes(tmp_path: Path) -> None:
    """NUL, halves of characters and a megabyte in a model's name refuse no row."""

    async def body() -> None:
        async with opened(tmp_path) as (store, ledger):
            target = Target(provider="openai", model="a\0b\ud800" + "c" * 10**6)
            made = ledger.open_row(
                who=WHO, route="", target=target, kind="chat", call_id="call-1", attempt=1, streamed=False
            )
            await ledger.settle(made, End(state="ok"), RATES)
            await ledger.flush()
            assert (await rows(store))["call-1"]["model"] == "a?b?" + "c" * 196

    asyncio.run(body())


def test_a_settlement_goes_on_when_its_caller_is_gone(tmp_path: Path) -> None:
    """Who leaves in the middle has not left money reserved."""

    async def body() -> None:
        async with opened(tmp_path) as (store, ledger):
            one = row(ledger, worst=500)
            await store.reserve(one, CAPS)
            one["state"] = "open"
            task = asyncio.create_task(ledger.settle(one, End(state="left", counted="worst"), RATES))
            await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await ledger.close()
            assert (await rows(store))["call-1"]["state"] == "left"

    asyncio.run(body())
