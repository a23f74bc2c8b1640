"""What a call can cost at most is told by what a reservation under a cap goes by, and never less than it then costs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_openai import FakeOpenAI, says
from gated import WHO, Gated, gated
from opened import opened
from texts import answering, run

from nis_backend.calling import call
from nis_backend.capabilities.models.estimating import estimate_cost
from nis_backend.capabilities.models.operations import complete_chat, generate_text
from nis_backend.capabilities.models.rewriting import rewrite_text
from nis_backend.context import Context
from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.errors import InvalidRequest, NotFound, NotSupported
from nis_backend.operation import Operation


def within(folder: Path, body: Callable[[Gated, Context], Awaitable[None]]) -> None:
    """Carry a test's body out with a gateway to two servers, and a call's context on it."""

    async def go() -> None:
        servers = {"one": FakeOpenAI(says("Hi."), says("Hi.")), "two": FakeOpenAI()}
        async with gated(folder, servers) as gate, opened(folder / "nis") as ctx:
            drivers = replace(ctx.drivers, metered=lambda: gate.gateway)
            within = replace(ctx, drivers=drivers, journal=None)
            await body(gate, within)

    (folder / "nis").mkdir()
    run(go())


def test_the_worst_is_what_a_reservation_counts(tmp_path: Path) -> None:
    """Promise: the same bound, the same rates: what is told before is what a cap is asked for, and covers the cost."""

    async def body(gate: Gated, ctx: Context) -> None:
        await gate.price("one:m", input=1, output=100)
        await gate.budget("budget-1", "user", WHO.owner, 1)
        told = await call(estimate_cost, {"text": "Hello?", "max_tokens": 16, "model": "one:m"}, ctx)
        await gate.say("one:m", max_tokens=16)
        (row,) = await gate.rows()
        (one,) = told.estimates
        assert told.worst == one.worst == pytest.approx(row["worst"] / 10**9)
        assert row["cost"] <= row["worst"]
        assert (one.model, one.output_bound, one.source) == ("one:m", 16, "set here")
        assert one.input_bound is not None
        assert one.input_bound >= row["input"]
        assert [(rate.above, rate.dollars) for rate in one.output_rates] == [(-1, 100.0)]

    within(tmp_path, body)


@pytest.mark.parametrize(("context", "max_output"), [(None, None), (60, None), (100_000, 10), (60, 10)])
def test_what_a_provider_says_of_its_model_counts_the_same(
    tmp_path: Path, context: int | None, max_output: int | None
) -> None:
    """Promise: one function for both; a price says 8,192 tokens of context, the provider something else."""

    async def body(gate: Gated, ctx: Context) -> None:
        await gate.price("one:m", input=100, output=100)
        await gate.budget("budget-1", "user", WHO.owner, 10)
        described = ModelInfo(provider="one", name="m", tools=False, context_tokens=context, max_output=max_output)
        registry, remember = gate.gateway.registry, gate.gateway.registry.remember

        def described_so(info: ModelInfo) -> None:
            del info
            remember(described)

        registry.remember = described_so
        told = await call(estimate_cost, {"text": "Hello? " * 50, "max_tokens": 16, "model": "one:m"}, ctx)
        await gate.say("one:m", text="Hello? " * 50, max_tokens=16)
        (row,) = await gate.rows()
        assert told.worst == pytest.approx(row["worst"] / 10**9)
        (one,) = told.estimates
        assert (one.output_bound, one.input_bound == 60) == (max_output or 16, context == 60)

    within(tmp_path, body)


def test_of_a_route_every_model_is_told_and_the_dearest_counts(tmp_path: Path) -> None:
    """Promise: which of them answers is not known before; where one has no price there is no worst."""

    async def body(gate: Gated, ctx: Context) -> None:
        await gate.price("one:m", input=1, output=10)
        await gate.price("two:m", input=2, output=20)
        gate.route("cheap", "one:m", "two:m")
        asked: dict[str, Any] = {"input_tokens": 1_000_000, "max_tokens": 1000, "answers": 2, "model": "cheap"}
        told = await call(estimate_cost, asked, ctx)
        assert [one.worst for one in told.estimates] == [pytest.approx(2.02), pytest.approx(4.04)]
        assert told.worst == pytest.approx(4.04)
        gate.route("cheap", "one:m", "two:unpriced")
        told = await call(estimate_cost, asked, ctx)
        assert told.worst is None
        assert (told.estimates[1].worst, told.estimates[1].source) == (None, "")
        assert "no price" in str(estimate_cost.draw(estimate_cost.validate(asked), told))

    within(tmp_path, body)


def test_what_a_text_operation_has_cost_is_told(tmp_path: Path) -> None:
    """Promise: dollars by the ledger's own sum, and along a route the model that has answered."""

    async def body(gate: Gated, ctx: Context) -> None:
        await gate.price("one:fake-large", input=1, output=100)
        gate.route("cheap", "one:fake-large")
        got = await call(rewrite_text, {"text": "Hello.", "tone": "short", "model": "cheap"}, ctx)
        await gate.gateway.ledger.flush()
        (row,) = await gate.store.select("ledger", ctx.caller.owner)
        assert (got.model, got.cost) == ("one:fake-large", pytest.approx(row["cost"] / 10**9))
        assert row["cost"] > 0

    within(tmp_path, body)


@pytest.mark.parametrize("operation", [generate_text, complete_chat])
def test_what_an_answer_has_cost_is_told_with_who_gave_it(tmp_path: Path, operation: Operation[Any, Any]) -> None:
    """Promise: of a route the model that answered, and dollars by the ledger's own sum; unknown where no price is."""

    async def body(gate: Gated, ctx: Context) -> None:
        gate.route("cheap", "one:fake-large")
        chat = operation is complete_chat
        asked: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi!"}]} if chat else {"prompt": "Hi!"}
        got = await call(operation, {**asked, "model": "cheap"}, ctx)
        assert (got.model, got.cost) == ("one:fake-large", None)
        await gate.price("one:fake-large", input=1, output=100)
        got = await call(operation, {**asked, "model": "cheap"}, ctx)
        await gate.gateway.ledger.flush()
        costs = [row["cost"] for row in await gate.store.select("ledger", ctx.caller.owner)]
        assert got.cost == pytest.approx(sum(costs) / 10**9)
        assert got.cost > 0

    within(tmp_path, body)


def test_there_is_one_thing_to_estimate(tmp_path: Path) -> None:
    """Promise: none, two, and a model that nobody has are refused by field."""

    async def body() -> None:
        async with answering(tmp_path, "x") as (ctx, _):
            for wrong in ({"max_tokens": 1}, {"max_tokens": 1, "text": "x", "input_tokens": 1}):
                with pytest.raises(InvalidRequest, match="one thing") as caught:
                    await call(estimate_cost, wrong, ctx)
                assert caught.value.field == "text"
            with pytest.raises(NotFound):
                await call(estimate_cost, {"max_tokens": 1, "text": "x", "model": "nobody:m"}, ctx)
            with pytest.raises(InvalidRequest):
                await call(estimate_cost, {"text": "x"}, ctx)
            with pytest.raises(NotSupported):
                await call(estimate_cost, {"max_tokens": 1, "text": "x"}, ctx)

    run(body())
