"""Calls that fail: what is tried next, what is reported, and what the ledger says. The servers are on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from fake_openai import FakeOpenAI, fails, says
from gated import Gated, gated, outline

Body = Callable[[Gated], Awaitable[None]]


def within(folder: Path, servers: Mapping[str, FakeOpenAI], body: Body) -> None:
    """Carry a test's body out with a gateway to servers."""

    async def run() -> None:
        async with gated(folder, servers) as gate:
            await body(gate)

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_call_is_in_the_ledger_with_its_tokens(tmp_path: Path) -> None:
    """The promise of the ledger: every call, in whose name, how many tokens, how long."""

    async def body(gate: Gated) -> None:
        await gate.price("one:m", input=1, output=2)
        text, end = await gate.say("one:m")
        assert (text, end.model, end.cost) == ("Hello there.", "one:m", 7 * 1000 + 3 * 2000)
        (row,) = await gate.rows()
        assert (row["owner"], row["operation"], row["provider"], row["model"]) == (
            *("ann", "models.generate_text"),
            *("one", "m"),
        )
        assert (row["state"], row["counted"], row["input"], row["output"], row["cost"]) == ("ok", "stated", 7, 3, 13000)
        assert (row["route"], row["attempt"], row["streamed"], row["caps"]) == ("", 1, 1, None)

    within(tmp_path, {"one": FakeOpenAI(says("Hello there."))}, body)


def test_a_failure_goes_on_to_the_next_model_of_a_route(tmp_path: Path) -> None:
    """What is asked of a route is answered by whichever of its models can; each attempt is a row of one call."""

    async def body(gate: Gated) -> None:
        gate.route("best", "one:m", "two:m", retries=0)
        text, end = await gate.say("route:best")
        assert (text, end.model) == ("Hi.", "two:m")
        rows = await gate.rows()
        assert outline(rows) == [("one", "failed", "upstream_failed"), ("two", "ok", "")]
        assert [(row["route"], row["attempt"], row["cost"]) for row in rows] == [("best", 1, 0), ("best", 2, 0)]
        assert len({row["call_id"] for row in rows}) == 1

    within(tmp_path, {"one": FakeOpenAI(fails(500, "boom")), "two": FakeOpenAI(says("Hi."))}, body)
