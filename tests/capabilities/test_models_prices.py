"""What models cost, as callers see and set it, and the most that a call may come to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_openai import FakeOpenAI
from gated import gated
from opened import opened

from nis_backend.caller import Caller
from nis_backend.capabilities.models.completion import ChatMessage
from nis_backend.capabilities.models.prices import (
    OPERATIONS,
    Estimate,
    EstimateCost,
    ListPrices,
    OnePrice,
    Price,
    PriceList,
    SetPrice,
    estimate_cost,
    list_prices,
    set_price,
    unset_price,
)
from nis_backend.context import Context
from nis_backend.drivers.store.base import SERVER
from nis_backend.errors import Forbidden, InvalidRequest, NotFound, Unavailable


def within(folder: Path, body: Callable[[Context], Awaitable[None]]) -> None:
    """Carry a test's body out in a call of the server's own person, over a gateway to a provider `one`."""

    async def run() -> None:
        server = FakeOpenAI()
        async with (
            gated(folder, {"one": server}) as gate,
            opened(folder / "call", operations=OPERATIONS) as ctx,
        ):
            drivers = replace(ctx.drivers, metered=gate.gateway, store=gate.store)
            await body(replace(ctx, drivers=drivers, journal=None))

    (folder / "call").mkdir()
    asyncio.run(run())


def test_a_price_is_set_listed_and_forgotten(tmp_path: Path) -> None:
    """Promise: prices can be changed at run time with an audit entry, and hold for the next call."""

    async def body(ctx: Context) -> None:
        with pytest.raises(NotFound):
            await ctx.call(unset_price, OnePrice(model="one:m"))
        made: Price = await ctx.call(set_price, SetPrice(model="one:vendor/m", input=0.25, output=2, cached=0.025))
        assert (made.model, made.source) == ("one:vendor:m", "set here")
        assert [made.input[0].dollars, made.cached[0].dollars, made.written[0].dollars, made.output[0].dollars] == [
            *(0.25, 0.025, 0.25, 2),
        ]
        again: Price = await ctx.call(set_price, SetPrice(model="one:vendor:m", input=1, output=2, context=8000))
        assert (again.input[0].dollars, again.context) == (1, 8000)
        await ctx.call(set_price, SetPrice(model="one:a", input=0, output=0))
        first: PriceList = await ctx.call(list_prices, ListPrices(provider="one", limit=1))
        assert ([one.model for one in first.prices], first.next_cursor) == (["one:a"], "one:a")
        rest: PriceList = await ctx.call(list_prices, ListPrices(provider="one", cursor="one:a"))
        assert ([one.model for one in rest.prices], rest.next_cursor) == (["one:vendor:m"], None)
        await ctx.call(unset_price, OnePrice(model="one:vendor/m"))
        assert [one.model for one in (await ctx.call(list_prices, ListPrices())).prices] == ["one:a"]
        kept = await ctx.drivers.store.select("changes", SERVER, descending=False)
        assert [(row["action"], row["subject_id"]) for row in kept] == [
            ("create", "one:vendor:m"),
            ("update", "one:vendor:m"),
            ("create", "one:a"),
            ("delete", "one:vendor:m"),
        ]
        with pytest.raises(Forbidden, match="server:admin"):
            await replace(ctx, caller=Caller(owner="ann")).call(set_price, SetPrice(model="one:a", input=0, output=0))

    within(tmp_path, body)


def test_a_call_is_estimated_at_its_worst(tmp_path: Path) -> None:
    """Promise: what a budget would reserve for it, and nothing is asked for that."""

    async def body(ctx: Context) -> None:
        await ctx.call(set_price, SetPrice(model="one:m", input=1, output=4, written=1.25, context=1000))
        plain: Estimate = await ctx.call(
            estimate_cost, EstimateCost(model="one:m", input_tokens=400, max_tokens=10, answers=2)
        )
        # Input may be written into the provider's cache.
        assert (plain.worst, plain.input_bound, plain.output_bound) == (0.00058, 400, 20)
        assert plain.price.context == 1000
        text: Estimate = await ctx.call(estimate_cost, EstimateCost(model="one:m", text="Why?", max_tokens=0))
        assert 4 < text.input_bound < 200
        long = [ChatMessage(role="user", content="a" * 5000)]
        talk: Estimate = await ctx.call(estimate_cost, EstimateCost(model="one:m", messages=long))
        # No model reads more than its context.
        assert (talk.input_bound, talk.output_bound) == (1000, 4096)
        with pytest.raises(Unavailable, match="one:other") as unknown:
            await ctx.call(estimate_cost, EstimateCost(model="one:other", input_tokens=1))
        assert "models.set_price" in unknown.value.remedy
        for wrong in (EstimateCost(model="one:m"), EstimateCost(model="one:m", text="a", input_tokens=1)):
            with pytest.raises(InvalidRequest, match="one thing"):
                await ctx.call(estimate_cost, wrong)

    within(tmp_path, body)
