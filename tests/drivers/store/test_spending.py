"""The store's money: no cap is ever crossed, and every sum adds up, whichever database and however many at once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from ledger_rows import DAY, NOON, ledger_row
from store_rows import conversation_row, run_row

from nis_backend.drivers.store.base import Row, Store
from nis_backend.drivers.store.postgres.store import PostgresStore
from nis_backend.drivers.store.spending import Cap, Closed, Crossed, Over, of_each
from nis_backend.drivers.store.sqlite.store import SqliteStore
from nis_backend.drivers.store.sums import GROUPS, WHOLE
from nis_backend.errors import InvalidRequest

Body = Callable[[Sequence[Store]], Awaitable[None]]


@contextlib.asynccontextmanager
async def opened(folder: Path, database: str | None) -> AsyncGenerator[Sequence[Store]]:
    """Two stores over one database; where only one process may have it, one."""
    stores = [SqliteStore(folder / "nis.db")] if database is None else [PostgresStore(database) for _ in range(2)]
    try:
        yield stores
    finally:
        for store in stores:
            await store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def with_stores(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Body], None]:
    """Runs a test's body with each implementation."""
    database = request.getfixturevalue("database") if request.param == "postgresql" else None

    async def within(body: Body) -> None:
        async with opened(tmp_path, database) as stores:
            await body(stores)

    return lambda body: asyncio.run(within(body))


def cap(budget_id: str = "budget-1", limit: int = 1000, period: str = "2025-11", owner: str = "ann") -> Cap:
    """A cap of one period."""
    return Cap(budget_id=budget_id, period=period, owner=owner, limit=limit)


async def ledger(store: Store) -> list[Row]:
    """Every row of the owners that these tests have."""
    return [row for owner in ("ann", "bob") for row in await store.select("ledger", owner, limit=10_000)]


async def holds(store: Store, *caps: Cap) -> None:
    """The invariant: what is counted in a period is the sum of what the rows that name it cost."""
    counted: Counter[tuple[str, str]] = Counter()
    for row in await ledger(store):
        for budget_id, period in json.loads(row["caps"] or "[]"):
            counted[budget_id, period] += row["cost"]
    keys = [(one.budget_id, one.period) for one in caps]
    spent = await store.spent(keys)
    assert {key: spent.get(key, 0) for key in keys} == {key: counted[key] for key in keys}
    for one in caps:
        assert counted[one.budget_id, one.period] <= one.limit


async def adds_up(store: Store) -> None:
    """Sums by day are the sums of the rows that are closed, by every grouping."""
    closed = [row for row in await ledger(store) if row["state"] != "open"]
    for size in range(len(GROUPS) + 1):
        for by in itertools.combinations(GROUPS, size):
            expected: dict[tuple[object, ...], Counter[str]] = {}
            for row in closed:
                day = f"2025-11-{25 + int((row['created'] - NOON) // DAY)}"
                key = tuple({**row, "day": day, "key_id": row["key_id"] or ""}[name] for name in by)
                sums = expected.setdefault(key, Counter())
                sums.update({name: row[name] for name in ("input", "cached", "written", "output", "reasoning")})
                sums.update({"cost": row["cost"], "saved": row["saved"], "calls": 1, "unpriced": 1 - row["priced"]})
                sums.update(
                    failed=row["state"] in {"failed", "cut", "lost"},
                    hits=row["state"] == "cached",
                    estimated=row["counted"] != "stated",
                    heard=row["first_ms"] is not None,
                )
            found = await store.usage(None, "2025-01-01", "2026-01-01", by)
            assert {tuple(row[name] for name in by): Counter({one: row[one] for one in WHOLE}) for row in found} == (
                expected or ({(): Counter(dict.fromkeys(WHOLE, 0))} if not by else {})
            )


def nearest(times: Sequence[float], percent: int) -> float:
    """By nearest rank, as its definition has it: the least that so many of a hundred are not above."""
    return next(one for one in sorted(times) if sum(other <= one for other in times) * 100 >= percent * len(times))


def test_percentiles_and_refusals_are_of_the_single_calls(with_stores: Callable[[Body], None]) -> None:
    """Promise of usage: by any grouping; what was refused is counted by its reason, and is in no sum."""

    async def body(stores: Sequence[Store]) -> None:
        store, draw = stores[0], random.Random(3)  # noqa: S311 - seeded
        rows = [
            ledger_row(
                f"call-{number}",
                owner=draw.choice(["ann", "bob"]),
                key_id=draw.choice([None, "key-1"]),
                model=draw.choice(["m", "n"]),
                created=NOON + draw.randint(0, 1) * DAY,
                first_ms=draw.choice([None, draw.randint(1, 50) / 4]),
                total_ms=draw.randint(1, 400) / 4,
                state=draw.choice(["ok", "ok", "failed", "cached"]),
            )
            for number in range(120)
        ]
        refused = [
            ledger_row(
                f"no-{number}", state="refused", problem=draw.choice(["busy", "left_alone"]), cost=0, total_ms=9.0
            )
            for number in range(7)
        ]
        await store.record(rows, [])
        before = await store.usage(None, "2025-11-25", "2025-11-27", [])
        await store.record(refused, [])
        assert await store.usage(None, "2025-11-25", "2025-11-27", []) == before
        for owner, by in itertools.product(
            [None, "ann"], [[], ["day"], ["model", "key_id"], ["day", "model", "route"]]
        ):
            found = await store.singly(owner, "2025-11-25", "2025-11-27", by)
            assert found is not None
            groups: dict[tuple[object, ...], list[float]] = {}
            for row in (one for one in rows if owner in {None, one["owner"]}):
                day = f"2025-11-{25 + int((row['created'] - NOON) // DAY)}"
                cells = {**row, "day": day, "key_id": row["key_id"] or ""}
                for what in ("first_ms", "total_ms"):
                    if row[what] is not None:
                        groups.setdefault((*(cells[name] for name in by), what), []).append(row[what])
            told = {tuple(row[name] for name in (*by, "what")): (row["p50"], row["p95"]) for row in found.times}
            assert told == {key: (nearest(times, 50), nearest(times, 95)) for key, times in groups.items()}
            assert sum(row["refused"] for row in found.refused) == 7
        assert (await store.singly("bob", "2025-11-25", "2025-11-27", [])) is not None

    with_stores(body)


def test_single_calls_that_are_too_many_are_not_looked_at(
    with_stores: Callable[[Body], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """House rule: all that is read is bounded; a day of them may still be asked for."""
    monkeypatch.setattr("nis_backend.drivers.store.reading.MOST_ROWS", 3)

    async def body(stores: Sequence[Store]) -> None:
        rows = [ledger_row(f"call-{number}", created=NOON + number * DAY) for number in range(4)]
        await stores[0].record(rows, [])
        assert await stores[0].singly("ann", "2025-11-25", "2025-11-30", []) is None
        assert await stores[0].singly("ann", "2025-11-25", "2025-11-28", []) is not None

    with_stores(body)


def test_a_reservation_is_counted_and_settled(with_stores: Callable[[Body], None]) -> None:
    """What a call reserved at worst becomes what it cost, in each of its caps."""

    async def body(stores: Sequence[Store]) -> None:
        store, caps = stores[0], [cap(), cap("budget-2", limit=500)]
        assert await store.reserve(ledger_row("call-1", worst=400, priced=0), caps) == []
        assert await store.spent([("budget-1", "2025-11"), ("budget-2", "2025-11"), ("budget-3", "2025-11")]) == {
            ("budget-1", "2025-11"): 400,
            ("budget-2", "2025-11"): 400,
        }
        [row] = await ledger(store)
        assert (row["state"], row["cost"], row["worst"], row["priced"]) == ("open", 400, 400, 1)
        await holds(store, *caps)
        await store.record([], [Closed(id="call-1-1", changes={"state": "ok", "cost": 150, "output": 9})])
        [row] = await ledger(store)
        assert (row["state"], row["cost"], row["output"]) == ("ok", 150, 9)
        assert (await store.spent([("budget-1", "2025-11")]))["budget-1", "2025-11"] == 150
        await holds(store, *caps)
        await adds_up(store)

    with_stores(body)


def test_one_cap_that_refuses_lets_nothing_happen(with_stores: Callable[[Body], None]) -> None:
    """All caps or none; it says which refuse, what is used, and how much of that is reserved and may come back."""

    async def body(stores: Sequence[Store]) -> None:
        store, wide, narrow = stores[0], cap(), cap("budget-2", limit=500)
        assert await store.reserve(ledger_row("call-1", worst=300), [wide, narrow]) == []
        await store.record([], [Closed(id="call-1-1", changes={"state": "ok", "cost": 100})])
        assert await store.reserve(ledger_row("call-2", worst=350), [wide, narrow]) == []
        over = await store.reserve(ledger_row("call-3", worst=51), [wide, narrow])
        assert over == [Over(budget_id="budget-2", period="2025-11", used=450, limit=500, reserved=350)]
        assert len(await ledger(store)) == 2
        # To the last nano-dollar.
        assert await store.reserve(ledger_row("call-4", worst=50), [wide, narrow]) == []
        await holds(store, wide, narrow)

    with_stores(body)


def test_fifty_at_once_never_cross_a_cap(with_stores: Callable[[Body], None]) -> None:
    """50 calls over two stores draw on three caps; those that were let in are exactly as many as fit."""

    async def body(stores: Sequence[Store]) -> None:
        caps = [cap(limit=1000), cap("budget-2", limit=700), cap("budget-3", limit=10_000)]

        async def call(number: int) -> bool:
            store = stores[number % len(stores)]
            return not await store.reserve(ledger_row(f"call-{number}", worst=90), caps)

        let_in = await asyncio.gather(*map(call, range(50)))
        assert sum(let_in) == 7
        await holds(stores[0], *caps)
        # Each ends cheaper than it might have, which lets others in.
        await asyncio.gather(
            *(
                stores[(number + 1) % len(stores)].record(
                    [], [Closed(id=f"call-{number}-1", changes={"state": "ok", "cost": 10})]
                )
                for number, was in enumerate(let_in)
                if was
            )
        )
        assert (await stores[0].spent([("budget-2", "2025-11")]))["budget-2", "2025-11"] == 70
        await holds(stores[0], *caps)
        await adds_up(stores[-1])

    with_stores(body)


def test_a_row_is_closed_once(with_stores: Callable[[Body], None]) -> None:
    """Whoever closes it again changes nothing: a write whose outcome was lost can be made again."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        await store.reserve(ledger_row("call-1", worst=400), [cap()])
        for cost in (100, 300):
            await store.record([], [Closed(id="call-1-1", changes={"state": "ok", "cost": cost})])
        written = ledger_row("call-2", cost=5)
        for _ in range(2):
            await store.record([written], [])
        assert sorted(row["cost"] for row in await ledger(store)) == [5, 100]
        await holds(store, cap())
        await adds_up(store)

    with_stores(body)


def test_what_the_dead_left_open_is_lost_at_its_worst(with_stores: Callable[[Body], None]) -> None:
    """Never less is counted than a provider may bill: the money stays spent, and the sums have it."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        await store.reserve(ledger_row("call-1", worst=400, holder="dead", output=0), [cap()])
        await store.reserve(ledger_row("call-2", worst=200, holder="me"), [cap()])
        await store.reserve(ledger_row("call-3", worst=100, holder="dead"), [cap()])
        await store.record([], [Closed(id="call-3-1", changes={"state": "ok", "cost": 30})])
        assert await store.abandoned("me") == 1
        assert await store.abandoned("me") == 0
        rows = {row["call_id"]: row for row in await ledger(store)}
        assert {call: (row["state"], row["cost"]) for call, row in rows.items()} == {
            "call-1": ("lost", 400),
            "call-2": ("open", 200),
            "call-3": ("ok", 30),
        }
        assert rows["call-1"]["counted"] == "worst"
        # Its process was not dead after all, and closes it: too late.
        await store.record([], [Closed(id="call-1-1", changes={"state": "ok", "cost": 1})])
        await holds(store, cap())
        await adds_up(store)

    with_stores(body)


def test_what_a_living_process_has_open_is_let_be(database: str) -> None:
    """With several processes each says that it lives; what has begun this moment may be one's that has not said so."""

    async def body() -> None:
        store = PostgresStore(database)
        try:
            await store.beat("alive", 60)
            for holder, created in (("alive", NOON), ("new", store.now()), ("dead", NOON)):
                await store.reserve(ledger_row(f"call-{holder}", worst=5, holder=holder, created=created), [cap()])
            assert await store.abandoned("me") == 1
            states = {row["holder"]: row["state"] for row in await ledger(store)}
            assert states == {"alive": "open", "new": "open", "dead": "lost"}
        finally:
            await store.close()

    asyncio.run(body())


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_in_whatever_order_the_sums_hold(with_stores: Callable[[Body], None], seed: int) -> None:
    """300 random steps, ten at once: reserved, closed, closed twice, recorded together, left by the dead."""
    draw = random.Random(seed)  # noqa: S311 - seeded
    caps = [cap(f"budget-{number}", limit=draw.choice([300, 2000, 9000])) for number in range(3)]
    numbers = itertools.count()

    def row(**given: object) -> Row:
        return ledger_row(
            f"call-{next(numbers)}",
            owner=draw.choice(["ann", "bob"]),
            key_id=draw.choice([None, "key-1", "key-2"]),
            model=draw.choice(["m", "n"]),
            provider=draw.choice(["openai", "else"]),
            operation=draw.choice(["models.generate_text", "chat.send_message"]),
            route=draw.choice(["", "cheap"]),
            created=NOON + draw.choice([-1, 0, 1]) * DAY,
            first_ms=draw.choice([None, 3.5]),
            counted=draw.choice(["stated", "estimated"]),
            priced=draw.choice([0, 1]),
            **given,
        )

    async def body(stores: Sequence[Store]) -> None:
        begun: list[Row] = []

        async def step() -> None:
            store, what = draw.choice(stores), draw.random()
            if what < 0.5:
                one = row(worst=draw.randint(1, 400), holder=draw.choice(["me", "me", "dead"]))
                begun.append(one)
                await store.reserve(one, draw.sample(caps, draw.randint(1, 3)))
            elif what < 0.95:
                ended = [draw.choice(begun) for _ in range(draw.randint(0, 3)) if begun]
                made = [row(state=draw.choice(["ok", "failed", "cached"])) for _ in range(draw.randint(0, 3))]
                changes = [
                    {"state": draw.choice(["ok", "cut"]), "cost": draw.randint(0, one["worst"])} for one in ended
                ]
                await store.record(
                    made, [Closed(id=one["id"], changes=change) for one, change in zip(ended, changes, strict=True)]
                )
            else:
                await store.abandoned("me")

        for _ in range(30):
            await asyncio.gather(*(step() for _ in range(10)))
        await holds(stores[0], *caps)
        await adds_up(stores[0])

    with_stores(body)


def test_old_calls_go_and_their_sums_stay(with_stores: Callable[[Body], None]) -> None:
    """A few at a time, every owner's, and none that is under way: its end is still to be counted."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        await store.record(
            [ledger_row(f"call-{n}", owner="ann" if n % 2 else "bob", created=NOON + n) for n in range(700)], []
        )
        await store.reserve(ledger_row("call-open", worst=5, created=NOON), [cap()])
        before = await store.usage(None, "2025-01-01", "2026-01-01", [])
        assert await store.forget_calls(NOON + 690)
        assert await store.forget_calls(NOON + 690)
        assert not await store.forget_calls(NOON + 690)
        assert len(await ledger(store)) == 11
        assert await store.usage(None, "2025-01-01", "2026-01-01", []) == before
        await store.record([], [Closed(id="call-open-1", changes={"state": "ok", "cost": 1})])
        assert (await store.spent([("budget-1", "2025-11")]))["budget-1", "2025-11"] == 1

    with_stores(body)


def test_an_owner_sees_its_own_sums(with_stores: Callable[[Body], None]) -> None:
    """Usage is an owner's, by the days that are asked for; a name that is no group is refused, never sent."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        await store.record(
            [
                ledger_row("call-1", cost=3),
                ledger_row("call-2", cost=5, created=NOON + DAY),
                ledger_row("call-3", cost=11, owner="bob"),
            ],
            [],
        )
        [all_days] = await store.usage("ann", "2025-11-25", "2025-11-27", [])
        assert (all_days["cost"], all_days["calls"]) == (8, 2)
        assert [(row["day"], row["cost"]) for row in await store.usage("ann", "2025-11-26", "2025-11-27", ["day"])] == [
            ("2025-11-26", 5)
        ]
        [nothing] = await store.usage("eve", "2025-11-25", "2025-11-27", [])
        assert (nothing["cost"], nothing["calls"], nothing["total_ms"]) == (0, 0, 0)
        with pytest.raises(ValueError, match="no sums are kept by"):
            await store.usage("ann", "2025-11-25", "2025-11-26", ["day; drop table ledger"])

    with_stores(body)


def test_a_row_that_cannot_be_stored_is_refused_with_its_column(with_stores: Callable[[Body], None]) -> None:
    """NUL is no text in PostgreSQL, and neither database keeps more than 64 bits."""

    async def body(stores: Sequence[Store]) -> None:
        for wrong in ({"model": "a\0b"}, {"cost": 2**63}):
            with pytest.raises(InvalidRequest, match=next(iter(wrong))):
                await stores[0].record([ledger_row("call-1", **wrong)], [])
        with pytest.raises(InvalidRequest, match="end_user"):
            await stores[0].reserve(ledger_row("call-1", end_user="\ud800"), [cap()])
        assert await ledger(stores[0]) == []

    with_stores(body)


async def budget(store: Store, budget_id: str, scope: str, subject: str, limit: int = 1000) -> None:
    """A budget of ann's."""
    row: Row = {"id": budget_id, "name": "", "scope": scope, "subject": subject, "period": "total", "cap": limit}
    row |= {"model": "", "action": "refuse", "enabled": 1, "created": 1.0, "updated": 1.0}
    await store.insert("budgets", "ann", row)


async def ended(store: Store, run_id: str, conversation_id: str | None = None) -> None:
    """A run that has ended."""
    await store.insert("runs", "ann", run_row(run_id, state="succeeded", conversation_id=conversation_id))


async def swept(store: Store) -> None:
    """Nothing is left to tidy."""
    while await store.tidy(None):
        pass


async def spend(store: Store, call_id: str, cost: int, *caps: Cap, **given: object) -> list[Crossed]:
    """A call under caps, to its end."""
    assert await store.reserve(ledger_row(call_id, worst=cost, **given), caps) == []
    return await store.record([], [Closed(id=f"{call_id}-1", changes={"state": "ok", "cost": cost})])


def test_a_deleted_run_leaves_what_it_cost_and_no_name(with_stores: Callable[[Body], None]) -> None:
    """Promise: deletion takes out whose calls they were; every sum stays, but those of the run's own budgets."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        await store.insert("conversations", "ann", conversation_row("talk"))
        await ended(store, "run-1", conversation_id="talk")
        await ended(store, "run-2")
        of = {"run_id": "run-1", "conversation_id": "talk"}
        for name, scope, subject in (("own", "run", "run-1"), ("each", "run", "*"), ("user", "user", "ann")):
            await budget(store, name, scope, subject)
        each = [cap("each", period=f"{of_each(run)}total") for run in ("run-1", "run-2")]
        kept = [each[1], cap("user", period="total")]
        await spend(store, "call-1", 7, cap("own", period="total"), each[0], kept[1], **of)
        await spend(store, "call-2", 5, *kept, run_id="run-2")
        await store.record([ledger_row("call-3", cost=3, **of)], [])
        before = await store.usage(None, "2025-01-01", "2026-01-01", [])
        assert await store.forget("ann", "talk")
        # One that is written down a moment later names nothing either.
        await store.record([ledger_row("call-4", cost=0, input=0, cached=0, output=0, reasoning=0, **of)], [])
        rows = {row["call_id"]: row for row in await ledger(store)}
        assert {call: (row["run_id"], row["conversation_id"]) for call, row in rows.items()} == {
            "call-1": (None, None),
            "call-2": ("run-2", None),
            "call-3": (None, None),
            "call-4": (None, None),
        }
        assert "run-1" not in json.dumps(rows)
        [after] = await store.usage(None, "2025-01-01", "2026-01-01", [])
        assert after["cost"] == before[0]["cost"] == 15
        periods = [("own", "total"), *((one.budget_id, one.period) for one in (*each, kept[1]))]
        assert await store.spent(periods) == {("each", kept[0].period): 5, ("user", "total"): 12}
        await holds(store, *kept)
        await adds_up(store)

    with_stores(body)


def test_a_budget_outlives_its_run_while_what_that_started_goes_on(with_stores: Callable[[Body], None]) -> None:
    """Promise: no run gets rid of its cap by having the run deleted that it is within; then the budget goes, too."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        await ended(store, "run-1")
        await budget(store, "own", "run", "run-1")
        own = cap("own", period="total")
        await spend(store, "call-1", 5, own, run_id="run-1")
        await store.insert("runs", "ann", run_row("run-2", state="waiting", within='[["run", "run-1"]]'))
        assert await store.forget_run("ann", "run-1")
        await swept(store)
        assert len(await store.configured("budgets", {"subject": "run-1"})) == 1
        assert await store.spent([("own", "total")]) == {("own", "total"): 5}
        await store.update("runs", "ann", "run-2", {"state": "succeeded"})
        await swept(store)
        assert await store.configured("budgets", {}) == []
        assert await store.spent([("own", "total")]) == {}

    with_stores(body)


def test_a_sum_of_each_goes_with_the_last_that_was_started_in_it(with_stores: Callable[[Body], None]) -> None:
    """Promise: what outlived its run is counted on, and is swept when that goes too; other runs keep their sums."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        await store.insert("conversations", "ann", conversation_row("talk"))
        for name, scope in (("run", "run"), ("talk", "conversation")):
            await budget(store, name, scope, "*")
        await ended(store, "run-1", conversation_id="talk")
        await ended(store, "run-3")
        each = [cap("run", period=f"{of_each('run-1')}total"), cap("talk", period=f"{of_each('talk')}total")]
        other = cap("run", period=f"{of_each('run-3')}total")
        await spend(store, "call-1", 5, *each, run_id="run-1", conversation_id="talk")
        await spend(store, "call-2", 3, other, run_id="run-3")
        within = '[["conversation", "talk"], ["run", "run-1"]]'
        await store.insert("runs", "ann", run_row("run-2", state="waiting", within=within))
        assert await store.forget("ann", "talk")
        await swept(store)
        periods = [(one.budget_id, one.period) for one in (*each, other)]
        assert await store.spent(periods) == dict(zip(periods, [5, 5, 3], strict=True))
        await store.update("runs", "ann", "run-2", {"state": "succeeded"})
        assert await store.forget_run("ann", "run-2")
        assert await store.spent(periods) == {periods[2]: 3}

    with_stores(body)


def test_what_was_counted_of_a_budget_goes_with_it(with_stores: Callable[[Body], None]) -> None:
    """Nothing would ever read it again; what a call counts at that very moment is swept."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        await budget(store, "own", "user", "ann")
        await spend(store, "call-1", 5, cap("own"), cap("own", period="2025-12"))
        assert await store.delete("budgets", "ann", "own")
        assert await store.spent([("own", "2025-11"), ("own", "2025-12")]) == {}
        await spend(store, "call-2", 5, cap("own"))
        await swept(store)
        assert await store.spent([("own", "2025-11")]) == {}

    with_stores(body)


def test_that_little_is_left_is_told_once(with_stores: Callable[[Body], None]) -> None:
    """Promise: at 80 % of a cap; once for a period, however many calls follow, and again once the cap was raised."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        await budget(store, "own", "user", "ann")
        month = cap("own")
        assert await spend(store, "call-1", 799, month) == []
        [told] = await spend(store, "call-2", 1, month)
        assert told == Crossed(budget_id="own", period="2025-11", used=800, limit=1000)
        assert await spend(stores[-1], "call-3", 100, month) == []
        assert len(await spend(store, "call-4", 900, cap("own", period="2025-12"))) == 1
        await store.update("budgets", "ann", "own", {"cap": 2000})
        wider = cap("own", limit=2000)
        assert await spend(store, "call-5", 600, wider) == []
        assert len(await spend(stores[-1], "call-6", 100, wider)) == 1
        # Of a budget that is gone by then nothing is told.
        assert await spend(store, "call-7", 900, cap("gone")) == []

    with_stores(body)


def test_every_owners_configuration_is_read_for_the_gateway(with_stores: Callable[[Body], None]) -> None:
    """Budgets of a scope, whoever they are about, in their order."""

    async def body(stores: Sequence[Store]) -> None:
        store = stores[0]
        for owner, scope in (("ann", "user"), ("bob", "user"), ("bob", "run")):
            row: Row = {
                "id": f"budget-{owner}-{scope}",
                "name": "",
                "scope": scope,
                "subject": owner,
                "period": "day",
                "cap": 5,
                "model": "",
                "action": "refuse",
                "enabled": 1,
                "created": 1.0,
                "updated": 1.0,
            }
            await store.insert("budgets", owner, row)
        found = await store.configured("budgets", {"scope": "user"})
        assert [row["id"] for row in found] == ["budget-ann-user", "budget-bob-user"]
        assert len(await store.configured("budgets", {})) == 3
        assert await store.configured("providers", {}) == []

    with_stores(body)
