"""What is configured, as it is read anew while calls are made: on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fake_openai import FakeOpenAI
from gated import Gated, awaited, gated

from nis_backend.drivers.store.base import Row, Table


class Slow:
    """A store's look at what is configured, which takes until a test lets it go on."""

    def __init__(self, gate: Gated, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[Table] = []
        self.begun, self.released = asyncio.Event(), asyncio.Event()
        self._configured = gate.store.configured
        monkeypatch.setattr(gate.store, "configured", self)

    async def __call__(self, table: Table, where: Mapping[str, Any]) -> list[Row]:
        """See `Spending.configured`."""
        rows = await self._configured(table, where)
        self.asked.append(table)
        self.begun.set()
        await self.released.wait()
        return rows


@awaited
async def test_nobody_goes_on_with_what_is_just_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: a price that was set holds for the next call, also where another call is reading it."""
    async with gated(tmp_path, {"one": FakeOpenAI()}) as gate:
        registry, slow = gate.gateway.registry, Slow(gate, monkeypatch)
        await gate.price("one:m", input=1, output=1)

        async def price() -> Row | None:
            await registry.ready()
            return registry.price("one:m")

        asking = [asyncio.create_task(price())]
        await slow.begun.wait()
        asking.append(asyncio.create_task(price()))
        await asyncio.sleep(0)
        slow.released.set()
        assert None not in await asyncio.gather(*asking)
        assert slow.asked == ["prices"]


@awaited
async def test_what_changes_while_it_is_read_is_read_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: nobody goes on with what was read before a change of which this process knows."""
    async with gated(tmp_path, {"one": FakeOpenAI()}) as gate:
        registry, slow = gate.gateway.registry, Slow(gate, monkeypatch)
        registry.changed("prices")
        asking = asyncio.create_task(registry.ready())
        await slow.begun.wait()
        await gate.price("one:m", input=1, output=1)
        slow.released.set()
        await asking
        assert registry.price("one:m") is not None
        assert slow.asked == ["prices", "prices"]
