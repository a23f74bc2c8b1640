"""What models cost, as callers see and set it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_openai import FakeOpenAI
from gated import gated
from opened import opened

from nis_backend.caller import SERVER, Caller
from nis_backend.capabilities.models.prices import (
    OPERATIONS,
    ListPrices,
    OnePrice,
    Price,
    PriceList,
    SetPrice,
    list_prices,
    set_price,
    unset_price,
)
from nis_backend.context import Context
from nis_backend.errors import Forbidden, NotFound


def within(folder: Path, body: Callable[[Context], Awaitable[None]]) -> None:
    """Carry a test's body out in a call of the server's own person, over a gateway to a provider `one`."""

    async def run() -> None:
        server = FakeOpenAI()
        async with (
            gated(folder, {"one": server}) as gate,
            opened(folder / "call", operations=OPERATIONS) as ctx,
        ):
            drivers = replace(ctx.drivers, metered=lambda: gate.gateway, store=gate.store)
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
        assert (again.hour, again.characters) == (0, 0)
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
