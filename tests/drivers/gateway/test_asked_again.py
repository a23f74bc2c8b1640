"""Prompts that a route's kept answers answer, and prompts that share a call: on a server of loopback."""

from __future__ import annotations

import asyncio
import json
import math
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from compass import Compass
from fake_openai import Canned, FakeOpenAI, breaks_off, delta, fails, says, thinks, usage, wants, whole
from gated import WHO, Gated, awaited, gated
from passes import inbound, passed

from nis_backend.drivers.embeddings.base import Embedders
from nis_backend.drivers.llm.answer import Answered, Item, ReasoningChunk, TextChunk
from nis_backend.drivers.llm.base import Message, Prompt, Tool
from nis_backend.errors import NisError

BOB = replace(WHO, owner="bob")
ROUTE = "route:kept"


async def kept(gate: Gated, **policy: Any) -> None:
    """A route `kept` that keeps its answers, of a model with a price."""
    await gate.price("up:m", input=1, output=1)
    gate.route("kept", "up:m", **{"cache": "exact", **policy})


async def turns(gate: Gated, *messages: Message, **asked: Any) -> tuple[str, Answered]:
    """The words and the end of an answer to a whole conversation."""
    driver, info = await gate.gateway.models(WHO).choose(ROUTE)
    items = [item async for item in driver.generate(Prompt(model=info.name, messages=messages, **asked))]
    end = items.pop()
    assert isinstance(end, Answered)
    return "".join(item.text for item in items if isinstance(item, TextChunk)), end


@awaited
async def test_the_same_prompt_is_asked_once(tmp_path: Path) -> None:
    """Whomever it is for and in whichever form; it costs nothing, and the ledger has what that saved."""
    async with gated(tmp_path, {"up": (server := FakeOpenAI(whole(says("Good day."))))}) as gate:
        await kept(gate)
        first, end = await gate.say(ROUTE, pieces=False, user="ann")
        again, hit = await gate.say(ROUTE, user="bob")
        assert (first, end.cache, end.cost) == ("Good day.", "", 10_000)
        assert (again, hit.cache, hit.cost) == ("Good day.", "hit", 0)
        assert (hit.model, hit.input_tokens, hit.output_tokens) == ("up:m", 7, 3)
        assert len(server.asked) == 1
        rows = await gate.rows()
        assert [(row["state"], row["cache"], row["cost"], row["saved"], row["route"]) for row in rows] == [
            ("ok", "", 10_000, 0, "kept"),
            ("cached", "hit", 0, 10_000, "kept"),
        ]
        (figures,) = gate.gateway.cached()
        assert (figures.hits, figures.misses, figures.saved, figures.entries) == (1, 1, 10_000, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"temperature": 0.5},
        {"text": "Hello!"},
        {"seed": 1},
        {"number": 1},
        {"tools": [Tool(name="now", description="", parameters={})]},
        {"fresh": True},
    ],
)
@awaited
async def test_another_prompt_has_another_answer(tmp_path: Path, other: dict[str, Any]) -> None:
    """Whatever differs of it; also where one caller wants two answers, or one that is new."""
    async with gated(tmp_path, {"up": FakeOpenAI(says("One."), says("Two."))}) as gate:
        await kept(gate)
        assert (await gate.say(ROUTE, **other))[0] == "One."
        assert (await gate.say(ROUTE))[0] == "Two."


@awaited
async def test_a_prompts_answer_is_its_owners_for_its_time_and_until_it_is_cleared(tmp_path: Path) -> None:
    """Unless the route says that its answers are everybody's."""
    async with gated(tmp_path, {"up": FakeOpenAI(*(says(f"{number}.") for number in range(9)))}) as gate:
        await kept(gate, cache_seconds=60)
        found = [(await gate.say(ROUTE, who=who))[0] for who in (WHO, BOB, WHO)]
        gate.clock.now += 59
        found.append((await gate.say(ROUTE))[0])
        gate.clock.now += 2
        found.append((await gate.say(ROUTE))[0])
        await gate.gateway.clear_cached("kept")
        found.append((await gate.say(ROUTE))[0])
        gate.route("kept", "up:m", cache="exact", shared=True)
        found += [(await gate.say(ROUTE, who=who))[0] for who in (WHO, BOB)]
        assert found == ["0.", "1.", "0.", "0.", "2.", "3.", "4.", "4."]


@pytest.mark.parametrize("pieces", [True, False])
@awaited
async def test_ten_prompts_at_once_are_one_call(tmp_path: Path, pieces: bool) -> None:
    """Each gets all of it; one of them has paid. Those that want it whole read along with those that do not."""
    released = asyncio.Event()
    slow = Canned(pieces=says("Good day to you.").pieces, released=released, first=2)
    slow = slow if pieces else replace(whole(slow), released=released, first=None)
    async with gated(tmp_path, {"up": (server := FakeOpenAI(slow))}) as gate:
        await kept(gate)
        asking = [asyncio.create_task(gate.say(ROUTE, pieces=pieces and number < 5)) for number in range(10)]
        assert await asyncio.to_thread(server.came.wait, 60)
        released.set()
        found = await asyncio.gather(*asking)
        assert {words for words, _ in found} == {"Good day to you."}
        assert sorted((end.cache, end.cost) for _, end in found) == [("", 10_000), *[("shared", 0)] * 9]
        assert len(server.asked) == 1
        assert sorted((row["cache"], row["cost"], row["saved"]) for row in await gate.rows()) == [
            ("", 10_000, 0),
            *[("shared", 0, 10_000)] * 9,
        ]


@awaited
async def test_what_was_cleared_while_it_was_under_way_is_not_kept(tmp_path: Path) -> None:
    """Nor does who asks afterwards join it."""
    released = asyncio.Event()
    slow = Canned(pieces=says("Old.").pieces, released=released)
    async with gated(tmp_path, {"up": (server := FakeOpenAI(slow, says("New.")))}) as gate:
        await kept(gate)
        asking = asyncio.create_task(gate.say(ROUTE))
        assert await asyncio.to_thread(server.came.wait, 60)
        await gate.gateway.clear_cached("kept")
        assert (await gate.say(ROUTE))[0] == "New."
        released.set()
        assert (await asking)[0] == "Old."
        assert (await gate.say(ROUTE))[0] == "New."


@awaited
async def test_all_that_a_model_said_comes_again_in_parts(tmp_path: Path) -> None:
    """Its thoughts, its words one after the other, and the calls that it wants, with their ids."""
    released = asyncio.Event()
    slow = Canned(pieces=says("Good day to you.").pieces, released=released, first=2)
    replies = [slow, thinks("Let me see.", "Good day."), wants(("now", {}), ("add", {"a": 1}), text="A moment.")]
    async with gated(tmp_path, {"up": FakeOpenAI(*replies)}) as gate:
        await kept(gate)
        parts: list[int] = []
        for text in ("words", "thoughts", "calls"):
            first: list[Item] = []
            async for item in gate.stream(ROUTE, text=text):
                first.append(item)
                released.set()
            again = [item async for item in gate.stream(ROUTE, text=text)]
            end = first.pop()
            assert isinstance(end, Answered)
            assert again == [*first, replace(end, cache="hit", cost=0)]
            parts.append(len(first))
            assert (text == "thoughts") is any(isinstance(item, ReasoningChunk) for item in again)
            assert (text == "calls") is bool(end.tool_calls)
        assert parts[0] > 1


@pytest.mark.parametrize(
    ("reply", "asked"),
    [
        (breaks_off("Half"), {}),
        (fails(500, "Broken"), {}),
        (Canned(pieces=[delta(content=""), delta("stop"), usage()]), {}),
        (Canned(pieces=[delta(refusal="I cannot."), delta("stop"), usage()]), {}),
        (says("no JSON"), {"json": True}),
        (says("x" * 1_100_000), {}),
    ],
)
@awaited
async def test_an_answer_that_one_would_ask_for_again_is_not_kept(
    tmp_path: Path, reply: Canned, asked: dict[str, Any]
) -> None:
    """What broke off, says nothing, refuses, is not of the form that was asked for, or is too large."""
    async with gated(tmp_path, {"up": FakeOpenAI(reply, says("[1]"))}) as gate:
        await kept(gate, retries=0)
        with suppress(NisError):
            await gate.say(ROUTE, **asked)
        words, end = await gate.say(ROUTE, **asked)
        assert (words, end.cache) == ("[1]", "")


@awaited
async def test_bytes_and_prompts_are_kept_apart(tmp_path: Path) -> None:
    """A provider's own format has members that no prompt has; both are cleared at once."""
    replies = [whole(says("Bytes.")), says("Words."), whole(says("Bytes!")), says("Words!")]
    async with gated(tmp_path, {"up": FakeOpenAI(*replies)}) as gate:
        await kept(gate)
        found: list[str] = []
        for _ in range(2):
            for _ in range(2):
                one = await passed(gate, inbound("kept"))
                found.append(json.loads(one.whole)["choices"][0]["message"]["content"])
                found.append((await gate.say(ROUTE))[0])
            assert await gate.gateway.clear_cached("kept") == 2
        assert found == ["Bytes.", "Words."] * 2 + ["Bytes!", "Words!"] * 2


@awaited
async def test_a_cut_call_is_told_to_all_that_read_it_and_may_be_made_again(tmp_path: Path) -> None:
    """The words that had come are not kept."""
    released = asyncio.Event()
    cut = replace(breaks_off("Half"), released=released, first=1)
    async with gated(tmp_path, {"up": (server := FakeOpenAI(cut, says("Whole.")))}) as gate:
        await kept(gate, retries=0)
        asking = [asyncio.create_task(gate.say(ROUTE)) for _ in range(3)]
        assert await asyncio.to_thread(server.came.wait, 60)
        released.set()
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert all(isinstance(one, NisError) for one in found)
        assert (await gate.say(ROUTE))[0] == "Whole."


@awaited
async def test_a_prompt_that_is_alike_has_the_answer_of_the_other(tmp_path: Path) -> None:
    """Where the user's last words mean the same and all else is the same; not where the answer wants a call made."""
    replies = [*(says(f"{number}.") for number in range(5)), wants(("go", {"angle": 50})), says("There.")]
    async with gated(tmp_path, {"up": FakeOpenAI(*replies)}, embedders=Embedders([Compass()])) as gate:
        await kept(gate, cache="semantic", threshold=math.cos(math.radians(10)))

        async def ask(angle: int, before: str = "Be brief.", **asked: Any) -> str:
            said = [Message(role="system", content=before), Message(role="user", content=f"Where is {angle}")]
            words, end = await turns(gate, *said, **asked)
            return f"{end.cache or 'new'} {words}"

        assert await ask(0) == "new 0."
        assert await ask(9) == "hit 0."
        assert await ask(11) == "new 1."
        assert await ask(0, before="Be long.") == "new 2."
        assert await ask(0, temperature=1.0) == "new 3."
        go = [Tool(name="go", description="", parameters={})]
        assert await ask(2, tools=go) == "new 4."
        assert await ask(3, tools=go) == "hit 4."
        assert await ask(50, tools=go) == "new "
        assert await ask(51, tools=go) == "new There."
