"""Calls under caps: nothing that could cross one is sent, and what may be sent instead is. Prices are a test's own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from fake_openai import DONE, Canned, FakeOpenAI, Json, breaks_off, delta, fails, says, usage
from gated import WHO, Gated, gated, outline

from nis_backend.drivers.gateway.attempts import Attempts
from nis_backend.drivers.gateway.budgets import Budgets
from nis_backend.drivers.store.base import Row, Table
from nis_backend.drivers.store.spending import Cap
from nis_backend.errors import BudgetExceeded, Unavailable, UpstreamFailed


class Told(Budgets):
    """Budgets that say when they have refused."""

    @cached_property
    def refused(self) -> asyncio.Event:
        """Set with the first refusal."""
        return asyncio.Event()

    async def reserve(self, row: Row, caps: Sequence[Cap]) -> None:
        """See `Budgets.reserve`."""
        try:
            await super().reserve(row, caps)
        except BudgetExceeded:
            self.refused.set()
            raise


Body = Callable[[Gated], Awaitable[None]]
RUN = replace(WHO, run_id="run-1")


def within(folder: Path, servers: Mapping[str, FakeOpenAI], body: Body) -> None:
    """Carry a test's body out with a gateway to servers."""

    async def run() -> None:
        async with gated(folder, servers) as gate:
            await body(gate)

    asyncio.run(asyncio.wait_for(run(), 60))


async def spent(gate: Gated, budget: str, period: str = "total") -> int:
    """What is counted in a budget, in nano-dollars."""
    await gate.gateway.settled()
    return (await gate.store.spent([(budget, period)])).get((budget, period), 0)


def most_of(body: Json) -> int:
    """The most tokens of an answer that a request allows."""
    return int(body.get("max_completion_tokens") or body["max_tokens"])


def test_fifty_calls_at_once_never_spend_more_than_their_runs_budget(tmp_path: Path) -> None:
    """`budget = $0.02`: each call costs all that it may, so that twelve fit; the others are refused, and not sent."""

    async def body(gate: Gated) -> None:
        await gate.price("one:m", input=1, output=100)
        await gate.budget("budget-1", "run", "run-1", 0.02)
        # However long the others take on a busy machine: who may fit waits for them.
        patient = Budgets(gate.store, gate.gateway.ledger, patience=45)
        gate.gateway.attempts = Attempts(replace(gate.gateway.attempts.parts, budgets=patient))

        async def ask() -> str:
            try:
                return (await gate.say("one:m", who=RUN, max_tokens=16))[0]
            except BudgetExceeded as refused:
                return str(refused.value)

        said = Counter(await asyncio.gather(*(ask() for _ in range(50))))
        rows = await gate.rows()
        assert said == {"Hi.": len(one.asked), "budget-1": 50 - len(one.asked)}
        assert sum(row["cost"] for row in rows) == await spent(gate, "budget-1") <= 20_000_000
        # The last one that fits is asked: 1,607,000 is what one costs, and its worst is little more.
        assert len(one.asked) == 12
        assert {row["state"] for row in rows} == {"ok"}
        assert {most_of(asked.body) for asked in one.asked} == {16}

    long = Canned(pieces=[delta(content="Hi."), delta("stop"), usage(7, 16)])
    one = FakeOpenAI(*[long] * 50)
    within(tmp_path, {"one": one}, body)


def test_an_answer_is_held_as_short_as_the_cap_affords(tmp_path: Path) -> None:
    """Who names no length gets the route's usual one, then a shorter one, then none."""

    async def body(gate: Gated) -> None:
        await gate.price("one:m", input=1, output=100)
        await gate.budget("budget-1", "user", "ann", 0.42)
        for _ in range(3):
            await gate.say("one:m")
        first, second, third = [most_of(asked.body) for asked in one.asked]
        assert (first, second < 4096, third < second) == (4096, True, True)
        with pytest.raises(BudgetExceeded, match=r"has \$0.00"):
            await gate.say("one:m")
        assert len(one.asked) == 3

    # Each writes 1,397 tokens, as it may.
    long = Canned(pieces=[delta(content="Hi."), delta("stop"), usage(7, 1397)])
    one = FakeOpenAI(*[long] * 3)
    within(tmp_path, {"one": one}, body)


def test_a_routes_ladder_is_gone_down_where_the_budget_lets_it(tmp_path: Path) -> None:
    """To the first cheaper route that fits; a budget that refuses only shortens, or refuses."""

    async def body(gate: Gated) -> None:
        await gate.price("dear:m", input=1, output=1000)
        await gate.price("fair:m", input=1, output=500)
        await gate.price("cheap:m", input=1, output=1)
        gate.route("best", "dear:m", ladder=("middle", "least"))
        gate.route("middle", "fair:m")
        gate.route("least", "cheap:m")
        await gate.budget("budget-1", "user", "ann", 0.5, action="ladder")
        assert (await gate.say("best", max_tokens=400))[1].model == "dear:m"
        assert (await gate.say("best", max_tokens=600))[1].model == "fair:m"
        text, end = await gate.say("best", max_tokens=4000)
        assert (text, end.model, end.cost) == ("Cheap.", "cheap:m", 7 * 1000 + 3 * 1000)
        assert [row["route"] for row in await gate.rows()] == ["best", "middle", "least"]
        with pytest.raises(BudgetExceeded):
            await gate.say("best", max_tokens=1_000_000)

    words = {"dear": FakeOpenAI(says("Dear.")), "fair": FakeOpenAI(says("Fair.")), "cheap": FakeOpenAI(says("Cheap."))}
    within(tmp_path, words, body)


def test_what_was_reserved_is_given_back_or_kept_as_the_call_ends(tmp_path: Path) -> None:
    """A refusal costs nothing, and so does one that goes on elsewhere; what breaks off may have cost all of it."""

    async def body(gate: Gated) -> None:
        await gate.price("one:m", input=1, output=100)
        await gate.price("two:m", input=1, output=1)
        await gate.budget("budget-1", "user", "ann", 1)
        gate.route("best", "one:m", "two:m", retries=0)
        await gate.say("best", max_tokens=50)
        assert await spent(gate, "budget-1") == 7 * 1000 + 3 * 1000
        with pytest.raises(UpstreamFailed):
            await gate.say("one:m", max_tokens=50)
        refused, answered, cut = await gate.rows()
        assert (refused["cost"], refused["counted"], refused["worst"] > 0) == (0, "stated", True)
        assert (answered["cost"], cut["state"], cut["counted"]) == (10_000, "cut", "worst")
        assert cut["cost"] == cut["worst"] >= 50 * 100_000
        assert await spent(gate, "budget-1") == sum(row["cost"] for row in await gate.rows())

    servers = {"one": FakeOpenAI(fails(500), breaks_off("Half ")), "two": FakeOpenAI(says("Hi."))}
    within(tmp_path, servers, body)


def test_a_kept_connection_that_is_closed_costs_a_call_of_its_own(tmp_path: Path) -> None:
    """Promise: no reservation stands for two calls. A server that has read the request may have answered it, too."""

    async def body(gate: Gated) -> None:
        await gate.price("one:m", input=1, output=100)
        await gate.budget("budget-1", "user", "ann", 0.012)
        await gate.say("one:m", max_tokens=50)
        assert (await gate.say("one:m", max_tokens=50))[0] == "Again."
        kept, dropped, other = [asked.port for asked in one.asked]
        assert kept == dropped != other
        first, lost, second = await gate.rows()
        assert outline([first, lost, second]) == [
            ("one", "ok", ""),
            ("one", "failed", "upstream_failed"),
            ("one", "ok", ""),
        ]
        assert (lost["call_id"], lost["attempt"], second["attempt"]) == (second["call_id"], 1, 2)
        assert (lost["cost"], lost["counted"]) == (lost["worst"], "worst")
        assert await spent(gate, "budget-1") == sum(row["cost"] for row in await gate.rows())
        # Where a second one cannot be paid for, none is sent.
        with pytest.raises(BudgetExceeded):
            await gate.say("one:m", max_tokens=50)
        assert len(one.asked) == 4
        assert await spent(gate, "budget-1") <= 12_000_000

    drops = Canned(pieces=[], dropped=True)
    one = FakeOpenAI(says("First."), drops, says("Again."), drops, says("Never."))
    within(tmp_path, {"one": one}, body)


def test_a_connection_that_is_dropped_twice_is_a_failure(tmp_path: Path) -> None:
    """Of a model that was named itself; the next call is made all the same."""

    async def body(gate: Gated) -> None:
        with pytest.raises(UpstreamFailed):
            await gate.say("one:m")
        assert (await gate.say("one:m"))[0] == "Here."
        assert len(one.asked) == 3

    drops = Canned(pieces=[], dropped=True)
    one = FakeOpenAI(drops, drops, says("Here."))
    within(tmp_path, {"one": one}, body)


def test_a_server_that_drops_every_connection_is_left_alone(tmp_path: Path) -> None:
    """Promise: one that fails is left alone for a while. A second connection was not kept for too long: it was new."""

    async def body(gate: Gated) -> None:
        gate.route("best", "one:m", "two:m", retries=0)
        for _ in range(7):
            assert (await gate.say("best"))[0] == "Hi."
        assert len(one.asked) == 2 * 5

    one = FakeOpenAI(*(Canned(pieces=[], dropped=True) for _ in range(14)))
    within(tmp_path, {"one": one, "two": FakeOpenAI(*(says("Hi.") for _ in range(7)))}, body)


def test_a_model_without_a_price_is_not_asked_under_a_cap(tmp_path: Path) -> None:
    """No cap could be kept; the remedy says how it can be. Another model of the route is asked."""

    async def body(gate: Gated) -> None:
        await gate.price("two:m", input=1, output=1)
        await gate.budget("budget-1", "user", "ann", 1)
        gate.route("best", "one:m", "two:m")
        with pytest.raises(Unavailable, match="No price is known of one:m") as refused:
            await gate.say("one:m")
        assert "models.set_price" in refused.value.remedy
        assert (await gate.say("best"))[0] == "Hi."
        assert outline(await gate.rows()) == [("two", "ok", "")]
        assert one.asked == []

    one = FakeOpenAI()
    within(tmp_path, {"one": one, "two": FakeOpenAI(says("Hi."))}, body)


def test_a_provider_that_states_no_count_is_charged_by_bytes_within_what_was_reserved(tmp_path: Path) -> None:
    """Never less than the truth could be, never more than was counted before."""

    async def body(gate: Gated) -> None:
        await gate.price("one:m", input=1, output=1)
        await gate.budget("budget-1", "user", "ann", 1)
        await gate.say("one:m", max_tokens=5)
        (row,) = await gate.rows()
        assert (row["counted"], row["output"]) == ("estimated", len("A long answer."))
        assert row["cost"] == row["worst"] == await spent(gate, "budget-1")

    one = FakeOpenAI(Canned(pieces=[delta(content="A long answer."), delta("stop"), DONE]))
    within(tmp_path, {"one": one}, body)


def test_both_of_two_calls_at_once_are_reserved(tmp_path: Path) -> None:
    """Where there is no money for a second one, the first is waited for."""

    async def body(gate: Gated) -> None:
        await gate.price("one:m", input=1, output=100)
        await gate.price("two:m", input=1, output=1000)
        await gate.budget("budget-1", "user", "ann", 0.0015)
        gate.route("quick", "one:m", "two:m", hedge_after=0.05, retries=0)
        told = Told(gate.store, gate.gateway.ledger)
        gate.gateway.attempts = Attempts(replace(gate.gateway.attempts.parts, budgets=told))
        asking = asyncio.create_task(gate.say("quick", max_tokens=10))
        await asyncio.wait_for(told.refused.wait(), 120)
        released.set()
        assert (await asking)[0] == "Slow."
        assert two.asked == []

    released = asyncio.Event()
    slow, two = FakeOpenAI(replace(says("Slow."), released=released)), FakeOpenAI(says("Never."))
    within(tmp_path, {"one": slow, "two": two}, body)


def test_no_run_is_looked_for_where_none_has_a_budget(tmp_path: Path) -> None:
    """A turn without a cap waits for no database before its answer; from the first budget of a run on they are read."""

    async def body(gate: Gated) -> None:
        read: list[Mapping[str, Any]] = []
        configured = gate.store.configured

        async def watched(table: Table, where: Mapping[str, Any]) -> list[Row]:
            read.append(where)
            return await configured(table, where)

        gate.store.configured = watched
        await gate.price("one:m", input=1, output=100)
        await gate.say("one:m", who=RUN)
        read.clear()
        await gate.say("one:m", who=replace(RUN, run_id="run-2"))
        assert read == []
        gate.gateway.expect_cap()
        await gate.budget("budget-1", "run", "run-3", 0.0001)
        with pytest.raises(BudgetExceeded):
            await gate.say("one:m", who=replace(RUN, run_id="run-3"))
        assert {"subject": ["run-3"]} in read

    within(tmp_path, {"one": FakeOpenAI(says("Hi."), says("Hi."))}, body)
