"""Bodies that try to cost more than what was reserved for them. Prices are a test's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_openai import FakeOpenAI, says, whole
from gated import awaited, gated
from passes import inbound, read

from nis_backend.drivers.gateway.bounds import output_bound
from nis_backend.drivers.gateway.passing import needs_of
from nis_backend.errors import BudgetExceeded, InvalidRequest


@pytest.mark.parametrize("most", [-1, 0, -(10**12)])
@awaited
async def test_no_call_reserves_less_than_nothing(tmp_path: Path, most: int) -> None:
    """To llama.cpp -1 is without end; and what is below nothing would make room in a cap for other calls."""
    async with gated(tmp_path, {"up": (server := FakeOpenAI(whole(says("Good day."))))}) as gate:
        await gate.price("up:m", input=1, output=100)
        await gate.budget("budget-1", "user", "ann", 1)
        await read(gate, inbound("up:m", max_tokens=most))
        assert server.asked[0].body["max_tokens"] == 4096
        (row,) = await gate.rows()
        assert row["worst"] > 4096 * 100_000


def test_a_maximum_below_one_token_says_nothing() -> None:
    """Only one that a server can heed counts."""
    assert output_bound({"max_tokens": -1, "max_completion_tokens": 0}) is None
    assert output_bound({"max_tokens": -1, "max_completion_tokens": 5}) == 5


@pytest.mark.parametrize("given", [{"n": 50.0}, {"n": "50"}, {"N": 50}, {"MAX_TOKENS": 10**6}, {"max_to\u212aens": 9}])
@awaited
async def test_what_servers_may_read_in_another_way_is_not_passed(tmp_path: Path, given: dict[str, Any]) -> None:
    """Python's take "50" for a number, Go's a name in any case: more answers than were reserved for."""
    async with gated(tmp_path, {"up": (server := FakeOpenAI(whole(says("Good day."))))}) as gate:
        with pytest.raises(InvalidRequest) as refused:
            await read(gate, inbound("up:m", **given))
        assert refused.value.field == next(iter(given))
        assert server.asked == []


@awaited
async def test_each_of_several_answers_is_reserved_for(tmp_path: Path) -> None:
    """Those that a server makes to choose the best of, too."""
    async with gated(tmp_path, {"up": (server := FakeOpenAI())}) as gate:
        await gate.price("up:m", input=1, output=100)
        await gate.budget("budget-1", "user", "ann", 0.1)
        given: list[dict[str, Any]] = [{"n": 50}, {"best_of": 50}]
        for several in given:
            with pytest.raises(BudgetExceeded):
                await read(gate, inbound("up:m", max_tokens=100, **several))
        assert server.asked == []


def test_only_tiers_of_the_request_set_its_price() -> None:
    """A batch is no tier that a caller can ask for: it would halve what is reserved. Anthropic's is its `speed`."""
    assert needs_of(inbound("up:m", service_tier="batch"), several=False).service_tier == ""
    assert needs_of(inbound("up:m", service_tier="priority"), several=False).service_tier == "priority"
    assert needs_of(replace(inbound("up:m", speed="fast"), kind="messages"), several=False).service_tier == "fast"


@awaited
async def test_texts_that_are_embedded_together_are_reserved_for_together(tmp_path: Path) -> None:
    """A model's context, 8,192 tokens here, holds each of them by itself."""
    async with gated(tmp_path, {"up": (server := FakeOpenAI())}) as gate:
        await gate.price("up:m", input=1000, output=0)
        await gate.budget("budget-1", "user", "ann", 20)
        with pytest.raises(BudgetExceeded):
            await read(gate, replace(inbound("up:m", input=["x" * 5000] * 10), kind="embeddings"))
        assert server.asked == []
        assert await gate.rows() == []


@awaited
async def test_a_model_in_other_letters_is_under_the_same_budget(tmp_path: Path) -> None:
    """Some servers take a name in any case."""
    async with gated(tmp_path, {"up": (server := FakeOpenAI())}) as gate:
        await gate.price("up:Large", input=1, output=100)
        await gate.budget("budget-1", "user", "ann", 0.000001, model="up:large*")
        with pytest.raises(BudgetExceeded):
            await read(gate, inbound("up:Large", max_tokens=100))
        assert server.asked == []
