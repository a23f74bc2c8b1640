"""What a cap has made of one call's answer is no other call's: through the gateway, on servers of loopback."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from fake_openai import Canned, FakeOpenAI, says, whole
from gated import WHO, Gated, awaited, gated
from passes import inbound, read

DEAR = "route:dear"


async def asked(gate: Gated, way: str) -> str:
    """The words of an answer that a route keeps."""
    if way == "asked":
        return (await gate.say(DEAR))[0]
    return str(json.loads(await read(gate, inbound("dear")))["choices"][0]["message"]["content"])


@pytest.mark.parametrize("way", ["asked", "passed"])
@awaited
async def test_a_cheaper_routes_answer_is_not_kept_as_the_dear_ones(tmp_path: Path, way: str) -> None:
    """Promise: what answers depend on is also which models may give them, and a ladder's are others."""
    one, two = FakeOpenAI(whole(says("Dear.")) if way == "passed" else says("Dear.")), FakeOpenAI(whole(says("Cheap.")))
    async with gated(tmp_path, {"one": one, "two": two}) as gate:
        await gate.price("one:m", input=1, output=1000)
        await gate.price("two:m", input=0, output=0.001)
        gate.route("dear", "one:m", cache="exact", ladder=("cheap",))
        gate.route("cheap", "two:m")
        await gate.budget("budget-1", "user", "ann", 0.001, action="ladder")
        assert await asked(gate, way) == "Cheap."
        await gate.store.delete("budgets", "ann", "budget-1")
        gate.gateway.budgets.forget()
        assert await asked(gate, way) == "Dear."


@pytest.mark.parametrize("way", ["asked", "passed", "streamed"])
@awaited
async def test_an_answer_that_a_cap_has_cut_is_not_kept(tmp_path: Path, way: str) -> None:
    """Promise: nobody said how long it may be but the money that was left, and that may be another's or more by now."""
    cut = says("Half", finish="length")
    one = FakeOpenAI(*(answer if way == "streamed" else whole(answer) for answer in (cut, says("Half and half."))))
    async with gated(tmp_path, {"one": one}) as gate:
        await gate.price("one:m", input=1, output=100)
        gate.route("dear", "one:m", cache="exact")
        await gate.budget("budget-1", "user", "ann", 0.01)
        if way == "streamed":
            assert b"Half" in await read(gate, inbound("dear", stream=True))
        else:
            assert await asked(gate, way) == "Half"
        assert 0 < one.asked[0].body.get("max_tokens", one.asked[0].body.get("max_completion_tokens", 0)) < 4096
        await gate.store.delete("budgets", "ann", "budget-1")
        gate.gateway.budgets.forget()
        if way == "streamed":
            assert b"and " in await read(gate, inbound("dear", stream=True))
        else:
            assert await asked(gate, way) == "Half and half."


@pytest.mark.parametrize("way", ["asked", "passed"])
@awaited
async def test_an_answer_as_short_as_its_caller_wanted_is_kept(tmp_path: Path, way: str) -> None:
    """Promise: the same question with the same most has the same answer."""
    one = FakeOpenAI(whole(says("Half", finish="length")))
    async with gated(tmp_path, {"one": one}) as gate:
        gate.route("dear", "one:m", cache="exact")
        for _ in range(2):
            if way == "asked":
                assert (await gate.say(DEAR, max_tokens=1, pieces=False))[0] == "Half"
            else:
                assert b"Half" in await read(gate, inbound("dear", max_tokens=1))
        assert len(one.asked) == 1


@pytest.mark.parametrize("way", ["asked", "passed"])
@pytest.mark.parametrize("action", ["refuse", "ladder"])
@awaited
async def test_who_joins_is_not_held_by_another_ones_cap(tmp_path: Path, way: str, action: str) -> None:
    """Promise: what a cap has made of a call under way, shorter or another model's, is for those who have that cap."""
    released = asyncio.Event()

    def held(words: str, finish: str) -> Canned:
        return replace(says(words, finish=finish), released=released, first=2)

    capped, own = held("Half", "length"), held("Half and half.", "stop")
    one = FakeOpenAI(*([own] if action == "ladder" else [capped, own]))
    two = FakeOpenAI(capped)
    async with gated(tmp_path, {"one": one, "two": two}) as gate:
        await gate.price("one:m", input=1, output=1000 if action == "ladder" else 100)
        await gate.price("two:m", input=0, output=0.001)
        gate.route("dear", "one:m", cache="exact", shared=True, ladder=("cheap",))
        gate.route("cheap", "two:m")
        await gate.budget("budget-1", "user", "ann", 0.001 if action == "ladder" else 0.01, action=action)

        async def ask(owner: str) -> str:
            who = replace(WHO, owner=owner)
            if way == "asked":
                return (await gate.say(DEAR, who=who))[0]
            return str(await read(gate, inbound("dear", stream=True), who))

        asking = [asyncio.create_task(ask("ann")) for _ in range(2)]
        server = two if action == "ladder" else one
        await asyncio.to_thread(server.came.wait, 60)
        others = [asyncio.create_task(ask(owner)) for owner in ("bob", "cid")]
        await asyncio.sleep(0)
        released.set()
        for found in await asyncio.gather(*asking):
            assert "Half" in found
            assert "half." not in found
        for found in await asyncio.gather(*others):
            assert "half." in found
