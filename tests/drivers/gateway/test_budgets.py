"""Budgets: which caps hold for whom, and that calls at once never cross one."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest

from nis_backend.caller import SERVER
from nis_backend.drivers.gateway.base import Who
from nis_backend.drivers.gateway.budgets import NO_END, Budgets, dollars
from nis_backend.drivers.gateway.ledger import End, Ledger
from nis_backend.drivers.gateway.periods import DOLLAR
from nis_backend.drivers.gateway.rates import FREE, Rates, flat
from nis_backend.drivers.gateway.route import Target
from nis_backend.drivers.llm.answer import Usage
from nis_backend.drivers.store.base import Row, Store
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.spending import of_each
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.errors import BudgetExceeded

AT = 1_764_072_000.0
TARGET = Target(provider="openai", model="gpt-5-mini")
RATES = Rates.of(input=flat(DOLLAR), output=flat(4 * DOLLAR))
"""A thousand nano-dollars for each token of input, four thousand for each of output."""

Body = Callable[[Store, Ledger, Budgets], Awaitable[None]]


@contextlib.asynccontextmanager
async def counting(store: Store, *, patience: float = 0.0) -> AsyncGenerator[tuple[Ledger, Budgets]]:
    """A ledger and budgets over a store."""
    ledger = Ledger(store, "me", clock=lambda: AT, every=0.001)
    try:
        yield ledger, Budgets(store, ledger, clock=lambda: AT, patience=patience)
    finally:
        await ledger.close()


def within(folder: Path, body: Body, *, patience: float = 0.0) -> None:
    """Carry a test's body out over a data folder."""

    async def run() -> None:
        store = SqliteStore(folder / "nis.db")
        try:
            async with counting(store, patience=patience) as (ledger, budgets):
                await body(store, ledger, budgets)
        finally:
            await store.close()

    asyncio.run(run())


async def budget(
    store: Store, id_: str, owner: str, scope: str, subject: str, cap: int = 10**6, **given: object
) -> None:
    """Write a budget down."""
    row: Row = {
        "id": id_,
        "name": "",
        "scope": scope,
        "subject": subject,
        "period": "total",
        "cap": cap,
        "model": "",
        "action": "refuse",
        "enabled": 1,
        "created": AT,
        "updated": AT,
    }
    await store.insert("budgets", owner, row | given)


def call(ledger: Ledger, number: int, worst: int, who: Who | None = None) -> Row:
    """The row of a call that may cost as much."""
    made = ledger.open_row(
        who=who or Who(owner="ann"),
        route="",
        target=TARGET,
        kind="chat",
        call_id=f"call-{number}",
        attempt=1,
        streamed=False,
    )
    return made | {"worst": worst}


def test_caps_of_run_conversation_key_user_and_server_hold_together(tmp_path: Path) -> None:
    """Each of them, and nobody else's; one that is off, or of other models, does not."""

    async def body(store: Store, ledger: Ledger, budgets: Budgets) -> None:
        await budget(store, "b-run", "ann", "run", "run-1")
        await budget(store, "b-talk", "ann", "conversation", "conversation-1")
        await budget(store, "b-key", "ann", "key", "key-1", period="day")
        await budget(store, "b-user", "ann", "user", "ann", period="month")
        await budget(store, "b-server", SERVER, "server", "")
        await budget(store, "b-off", "ann", "user", "ann", enabled=0)
        await budget(store, "b-mini", "ann", "user", "ann", model="openai:*-mini")
        await budget(store, "b-large", "ann", "user", "ann", model="openai:*-large")
        # Whoever writes a budget about somebody else's run has not written one that holds.
        await budget(store, "b-foreign", "bob", "run", "run-1")
        ann = Who(owner="ann", key="key-1", run_id="run-1", conversation_id="conversation-1")
        caps = {cap.budget_id: (cap.period, cap.owner) for cap in await budgets.applying(ann, TARGET, AT)}
        assert caps == {
            "b-run": ("total", "ann"),
            "b-talk": ("total", "ann"),
            "b-key": ("2025-11-25", "ann"),
            "b-user": ("2025-11", "ann"),
            "b-mini": ("total", "ann"),
            "b-server": ("total", SERVER),
        }
        assert [cap.budget_id for cap in await budgets.applying(Who(owner="bob"), TARGET, AT)] == ["b-server"]
        other = Who(owner="ann", run_id="run-2", key="key-2")
        assert {cap.budget_id for cap in await budgets.applying(other, TARGET, AT)} == {"b-user", "b-mini", "b-server"}

    within(tmp_path, body)


def test_a_budget_for_each_counts_each_apart(tmp_path: Path) -> None:
    """One row caps every user, every key of an owner, every run of an owner."""

    async def body(store: Store, ledger: Ledger, budgets: Budgets) -> None:
        await budget(store, "b-users", SERVER, "user", "*", cap=100)
        await budget(store, "b-runs", "ann", "run", "*", cap=100)
        for number, owner in enumerate(("ann", "bob")):
            who = Who(owner=owner, run_id="run-1")
            caps = await budgets.applying(who, TARGET, AT)
            assert {cap.budget_id for cap in caps} == ({"b-users", "b-runs"} if owner == "ann" else {"b-users"})
            await budgets.reserve(call(ledger, number, 100, who), caps)
        with pytest.raises(BudgetExceeded):
            await budgets.reserve(call(ledger, 3, 1), await budgets.applying(Who(owner="ann"), TARGET, AT))
        # Another day's, another user's.
        await budgets.reserve(call(ledger, 4, 100), await budgets.applying(Who(owner="eve"), TARGET, AT))

    within(tmp_path, body)


def test_a_change_holds_for_the_next_call(tmp_path: Path) -> None:
    """Budgets are kept in memory until they are told to have changed, those of a run too."""

    async def body(store: Store, ledger: Ledger, budgets: Budgets) -> None:
        who = Who(owner="ann", run_id="run-1")
        assert await budgets.applying(who, TARGET, AT) == []
        await budget(store, "b-run", "ann", "run", "run-1")
        await budget(store, "b-user", "ann", "user", "ann")
        assert await budgets.applying(who, TARGET, AT) == []
        budgets.forget()
        assert len(await budgets.applying(who, TARGET, AT)) == 2

    within(tmp_path, body)


def test_a_refusal_says_what_is_left_and_what_to_do(tmp_path: Path) -> None:
    """The budget's name and sums, the call's worst case, and when there is money again."""

    async def body(store: Store, ledger: Ledger, budgets: Budgets) -> None:
        await budget(store, "b-user", "ann", "user", "ann", cap=20_000_000, name="daily", period="day")
        await budget(store, "b-server", SERVER, "server", "", cap=10_000_000)
        caps = await budgets.applying(Who(owner="ann"), TARGET, AT)
        await budgets.reserve(call(ledger, 1, 1_500_000), caps)
        with pytest.raises(BudgetExceeded) as refused:
            await budgets.reserve(call(ledger, 2, 19_000_001), [cap for cap in caps if cap.budget_id == "b-user"])
        assert str(refused.value) == (
            "The budget daily of $0.02 has $0.0185 left, and this call may cost $0.019000001."
        )
        assert (refused.value.field, refused.value.value) == ("budget", "b-user")
        assert refused.value.remedy == (
            "Ask for fewer tokens or a cheaper model, wait until 2025-11-26 00:00 UTC, or have the budget raised."
        )
        # What others have spent is not told.
        with pytest.raises(BudgetExceeded, match="of this server does not allow a call that may cost"):
            await budgets.reserve(call(ledger, 3, 9_000_000), [cap for cap in caps if cap.budget_id == "b-server"])

    within(tmp_path, body)


def test_a_ladder_is_gone_down_where_the_budget_says_so(tmp_path: Path) -> None:
    """A budget may refuse, or let a cheaper model answer."""

    async def body(store: Store, ledger: Ledger, budgets: Budgets) -> None:
        await budget(store, "b-hard", "ann", "user", "ann", cap=1)
        await budget(store, "b-soft", "bob", "user", "bob", cap=1, action="ladder")
        for owner, goes_down in (("ann", False), ("bob", True)):
            caps = await budgets.applying(Who(owner=owner), TARGET, AT)
            with pytest.raises(BudgetExceeded) as refused:
                await budgets.reserve(call(ledger, 1, 2), caps)
            assert budgets.goes_down(refused.value) is goes_down

    within(tmp_path, body)


def test_as_much_is_affordable_as_the_narrowest_cap_leaves(tmp_path: Path) -> None:
    """Also after calls of this process, and after a refusal that told what another one has spent."""

    async def body(store: Store, ledger: Ledger, budgets: Budgets) -> None:
        await budget(store, "b-wide", "ann", "user", "ann", cap=10**9)
        await budget(store, "b-narrow", "ann", "key", "key-1", cap=1_000_000)
        caps = await budgets.applying(Who(owner="ann", key="key-1"), TARGET, AT)
        assert budgets.affordable(caps, RATES, 200) == 200
        assert budgets.affordable(caps, RATES, 1001) == -1
        assert budgets.affordable(caps, Rates.of(input=FREE), 10**6) == NO_END
        one = call(ledger, 1, 400_000)
        await budgets.reserve(one, caps)
        assert budgets.affordable(caps, RATES, 200) == 100
        await ledger.settle(one, End(state="ok", used=Usage(input=100, output=0)), RATES)
        await ledger.settled()
        assert budgets.affordable(caps, RATES, 200) == 175
        async with counting(store) as (others, elsewhere):
            await elsewhere.reserve(call(others, 2, 500_000), caps)
            with pytest.raises(BudgetExceeded):
                await budgets.reserve(call(ledger, 3, 600_000), caps)
            assert budgets.affordable(caps, RATES, 200) == 50

    within(tmp_path, body)


def test_fifty_calls_at_once_spend_what_the_budget_has_and_no_more(tmp_path: Path) -> None:
    """Ten fit at their worst; each ends cheaper, so that those that wait are let in after them: all of them."""

    async def body(store: Store, ledger: Ledger, budgets: Budgets) -> None:
        await budget(store, "b-run", "ann", "run", "run-1", cap=20_000_000)
        who = Who(owner="ann", run_id="run-1")

        async def one(number: int) -> bool:
            row = call(ledger, number, 2_000_000, who)
            try:
                await budgets.reserve(row, await budgets.applying(who, TARGET, AT))
            except BudgetExceeded:
                return False
            await asyncio.sleep(0)
            await ledger.settle(row, End(state="ok", used=Usage(input=300, output=0)), RATES)
            return True

        let_in = await asyncio.gather(*map(one, range(50)))
        assert sum(let_in) == 50
        await ledger.settled()
        assert (await store.spent([("b-run", "total")]))["b-run", "total"] == 50 * 300_000
        # What is left is less than another call may cost, and nobody's end gives any back: it is refused at once.
        caps = await budgets.applying(who, TARGET, AT)
        await budgets.reserve(call(ledger, 50, 4_000_000, who), caps)
        with pytest.raises(BudgetExceeded):
            await budgets.reserve(call(ledger, 51, 5_000_001, who), caps)

    within(tmp_path, body, patience=60.0)


def test_who_waits_in_vain_is_refused_in_the_end(tmp_path: Path) -> None:
    """Reservations that are not settled in time count as spent."""

    async def body(store: Store, ledger: Ledger, budgets: Budgets) -> None:
        await budget(store, "b-user", "ann", "user", "ann", cap=100)
        caps = await budgets.applying(Who(owner="ann"), TARGET, AT)
        await budgets.reserve(call(ledger, 1, 100), caps)
        with pytest.raises(BudgetExceeded):
            await budgets.reserve(call(ledger, 2, 50), caps)

    within(tmp_path, body, patience=0.05)


def test_a_caller_who_leaves_while_it_reserves_has_reserved_nothing(tmp_path: Path) -> None:
    """Its commit may be under way: what it counted is taken back, whenever the caller leaves."""

    async def body(store: Store, ledger: Ledger, budgets: Budgets) -> None:
        await budget(store, "b-user", "ann", "user", "ann", cap=100)
        caps = await budgets.applying(Who(owner="ann"), TARGET, AT)
        for turns in range(12):
            task = asyncio.create_task(budgets.reserve(call(ledger, turns, 100), caps))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
                # It was through.
                row = call(ledger, turns, 100) | {"state": "open"}
                await ledger.settle(row, End(state="failed"), RATES)
            await ledger.settled()
            await ledger.flush()
            assert (await store.spent([("b-user", "total")])).get(("b-user", "total"), 0) == 0
        await budgets.reserve(call(ledger, 99, 100), caps)

    within(tmp_path, body)


def test_two_processes_share_a_cap(database: str) -> None:
    """80 calls through two stores of one PostgreSQL: never above the cap, and all of it can be spent."""
    draw = random.Random(9)  # noqa: S311 - seeded

    async def run() -> None:
        stores = [PostgresStore(database), PostgresStore(database)]
        try:
            await budget(stores[0], "b-user", "ann", "user", "ann", cap=2_000_000)
            spent = 0
            async with counting(stores[0], patience=30) as first, counting(stores[1], patience=30) as second:

                async def one(number: int) -> None:
                    nonlocal spent
                    ledger, budgets = (first, second)[number % 2]
                    tokens = draw.randint(1, 40)
                    row = call(ledger, number, 50_000)
                    try:
                        await budgets.reserve(row, await budgets.applying(Who(owner="ann"), TARGET, AT))
                    except BudgetExceeded:
                        return
                    await asyncio.sleep(0)
                    await ledger.settle(row, End(state="ok", used=Usage(input=tokens, output=0)), RATES)
                    spent += tokens * 1000

                await asyncio.gather(*map(one, range(80)))
                for ledger, _ in (first, second):
                    await ledger.settled()
                counted = (await stores[0].spent([("b-user", "total")]))["b-user", "total"]
                assert counted == spent <= 2_000_000
                # Who was refused would have crossed it, had it come to the worst.
                assert spent > 1_000_000
        finally:
            for store in stores:
                await store.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("nano", "text"),
    [(0, "$0.00"), (20_000_000, "$0.02"), (1_500_000_000, "$1.50"), (1, "$0.000000001"), (-5, "$-0.000000005")],
)
def test_money_is_written_exactly(nano: int, text: str) -> None:
    """To the cent, or as far as it goes."""
    assert dollars(nano) == text


def test_what_a_run_was_started_in_holds_for_it(tmp_path: Path) -> None:
    """The caps of each run and conversation above it, each once, and of what a conversation is a branch of."""

    async def body(store: Store, ledger: Ledger, budgets: Budgets) -> None:
        await budget(store, "b-each", "ann", "run", "*")
        await budget(store, "b-top", "ann", "run", "run-1")
        await budget(store, "b-talk", "ann", "conversation", "talk")
        named = {"title": "", "created": AT, "updated": AT}
        await store.insert("conversations", "ann", {"id": "talk", **named})
        await store.insert("conversations", "ann", {"id": "branch", **named, "within": '[["conversation", "talk"]]'})
        chain = (("conversation", "branch"), ("run", "run-1"), ("run", "run-2"))
        who = Who(owner="ann", run_id="run-3", conversation_id="branch", within=chain)
        caps = await budgets.applying(who, TARGET, AT)
        assert sorted((cap.budget_id, cap.period) for cap in caps) == [
            *sorted(("b-each", f"{of_each(run)}total") for run in ("run-1", "run-2", "run-3")),
            ("b-talk", "total"),
            ("b-top", "total"),
        ]
        # One budget, three sums: what one of them has used is not taken for another's.
        other = Who(owner="ann", run_id="run-2", within=(("run", "run-1"),))
        await budgets.reserve(call(ledger, 1, 900_000, other), await budgets.applying(other, TARGET, AT))
        alone = Who(owner="ann", run_id="run-3")
        await budgets.reserve(call(ledger, 2, 900_000, alone), await budgets.applying(alone, TARGET, AT))
        with pytest.raises(BudgetExceeded) as refused:
            await budgets.reserve(call(ledger, 3, 200_000, who), caps)
        assert refused.value.value in {"b-each", "b-top"}

    within(tmp_path, body)
