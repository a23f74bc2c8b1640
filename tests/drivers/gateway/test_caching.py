"""Answers that a route keeps, and calls that are shared: through the gateway, on a server of loopback."""

from __future__ import annotations

import asyncio
import json
import math
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from compass import Compass
from fake_openai import DONE, Asked, Canned, FakeOpenAI, breaks_off, delta, event, fails, says, usage, wants, whole
from gated import WHO, Gated, awaited, gated
from passes import headers, inbound, items_of, passed, read

from nis_backend.drivers.embeddings.base import Embedders
from nis_backend.drivers.gateway.base import Inbound, Passed
from nis_backend.drivers.gateway.flight import Flight
from nis_backend.drivers.gateway.forms import joined, split
from nis_backend.drivers.gateway.route import Route
from nis_backend.errors import NisError, Unavailable


def said(body: bytes) -> str:
    """The words of a whole completion."""
    return str(json.loads(body)["choices"][0]["message"]["content"])


def words(body: bytes) -> str:
    """The words of a stream that has an end."""
    assert body.endswith(DONE)
    chunks = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    assert choices[-1]["finish_reason"] == "stop"
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def how(found: Passed) -> str:
    """What the answer says of where it is from."""
    return headers(found)["x-nis-cache"]


async def priced(gate: Gated, **policy: Any) -> None:
    """A route `kept` that keeps its answers, of a model with a price."""
    await gate.price("up:m", input=1, output=1)
    gate.route("kept", "up:m", **{"cache": "exact", **policy})


@awaited
async def test_the_same_question_is_asked_once(tmp_path: Path) -> None:
    """However it is written, and whoever it is asked for; the ledger has what that saved, and what it did not cost."""
    async with gated(tmp_path, {"up": (server := FakeOpenAI(whole(says("Good day."))))}) as gate:
        await priced(gate)
        first = await passed(gate, inbound("kept", user="ann"))
        gate.clock.now += 90
        second = await passed(gate, inbound("kept", user="bob", metadata={"a": 1}))
        assert (how(first), how(second)) == ("miss", "hit")
        assert second.whole == first.whole
        assert (headers(second)["age"], headers(second)["x-nis-model"]) == ("90", "up:m")
        assert headers(second)["x-nis-cost"] == "0.000000000"
        assert len(server.asked) == 1
        rows = await gate.rows()
        assert [(row["state"], row["cache"], row["cost"], row["saved"]) for row in rows] == [
            ("ok", "", 10_000, 0),
            ("cached", "hit", 0, 10_000),
        ]
        (figures,) = gate.gateway.cached()
        assert (figures.hits, figures.misses, figures.shared, figures.entries) == (1, 1, 0, 1)
        assert (figures.saved, figures.oldest) == (10_000, gate.clock.now - 90)
        assert figures.size > len(first.whole)


@pytest.mark.parametrize(
    "other",
    [
        {"temperature": 0.5},
        {"messages": [{"role": "user", "content": "Hello!"}]},
        {"n": 2},
        {"seed": 1},
        {"unknown": None},
    ],
)
@awaited
async def test_another_question_has_another_answer(tmp_path: Path, other: dict[str, Any]) -> None:
    """Whatever differs but labels and the form."""
    async with gated(tmp_path, {"up": FakeOpenAI(whole(says("One.")), whole(says("Two.")))}) as gate:
        await priced(gate)
        assert said(await read(gate, inbound("kept"))) == "One."
        assert said(await read(gate, inbound("kept", **other))) == "Two."


@awaited
async def test_an_answer_is_its_owners(tmp_path: Path) -> None:
    """Another owner asks anew, unless the route says that its answers are everybody's."""
    bob = replace(WHO, owner="bob")
    async with gated(tmp_path, {"up": FakeOpenAI(*(whole(says(word)) for word in ("One.", "Two.", "Three.")))}) as gate:
        await priced(gate)
        assert [said(await read(gate, inbound("kept"), who)) for who in (WHO, bob, WHO)] == ["One.", "Two.", "One."]
        gate.route("open", "up:m", cache="exact", shared=True)
        assert [said(await read(gate, inbound("open"), who)) for who in (WHO, bob)] == ["Three.", "Three."]


@awaited
async def test_an_answer_is_kept_as_long_as_the_route_says(tmp_path: Path) -> None:
    """And until it is cleared."""
    async with gated(tmp_path, {"up": FakeOpenAI(*(whole(says(word)) for word in ("One.", "Two.", "Three.")))}) as gate:
        await priced(gate, cache_seconds=60)
        found = [said(await read(gate, inbound("kept")))]
        gate.clock.now += 59
        found.append(said(await read(gate, inbound("kept"))))
        gate.clock.now += 2
        found.append(said(await read(gate, inbound("kept"))))
        assert await gate.gateway.clear_cached("kept") == 1
        found.append(said(await read(gate, inbound("kept"))))
        assert found == ["One.", "One.", "Two.", "Three."]


@pytest.mark.parametrize(
    "reply",
    [
        breaks_off("Half"),
        fails(500, "Broken"),
        Canned(pieces=[delta(content="No"), delta("content_filter"), DONE]),
        whole(says("x" * 1_100_000)),
    ],
)
@awaited
async def test_what_is_no_whole_answer_is_not_kept(tmp_path: Path, reply: Canned) -> None:
    """Nor one that is larger than the cache takes."""
    async with gated(tmp_path, {"up": FakeOpenAI(reply, says("Well."))}) as gate:
        await priced(gate)
        gate.route("kept", "up:m", cache="exact", retries=0)
        with suppress(NisError):
            await read(gate, inbound("kept", stream=True))
        assert words(await read(gate, inbound("kept", stream=True))) == "Well."


@awaited
async def test_who_asks_that_it_be_stored_asks_the_provider(tmp_path: Path) -> None:
    """What is stored there would not be."""
    async with gated(tmp_path, {"up": FakeOpenAI(whole(says("One.")), whole(says("Two.")))}) as gate:
        await priced(gate)
        assert [said(await read(gate, inbound("kept", store=True))) for _ in range(2)] == ["One.", "Two."]


@pytest.mark.parametrize("streamed_first", [True, False])
@awaited
async def test_either_form_comes_of_the_other(tmp_path: Path, streamed_first: bool) -> None:
    """A stream of what was whole, with the count where it is asked for; and the whole of what was a stream."""
    async with gated(tmp_path, {"up": (server := FakeOpenAI(says("Good day to you.")))}) as gate:
        await priced(gate)
        await read(gate, inbound("kept", stream=streamed_first))
        plain = await passed(gate, inbound("kept"))
        bare = await passed(gate, inbound("kept", stream=True))
        counted = await passed(gate, inbound("kept", stream=True, stream_options={"include_usage": True}))
        assert [how(one) for one in (plain, bare, counted)] == ["hit"] * 3
        assert (said(plain.whole), words(bare.whole), words(counted.whole)) == ("Good day to you.",) * 3
        assert json.loads(plain.whole)["usage"] == {"prompt_tokens": 7, "completion_tokens": 3}
        assert b"usage" not in bare.whole
        assert b'"prompt_tokens":7' in counted.whole
        assert headers(bare)["content-type"].startswith("text/event-stream")
        assert len(server.asked) == 1


def joined_by(number: int, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when so many callers wait for one answer."""
    joined_all, readers, begun = asyncio.Event(), count(1), Flight[Any, Any].begun

    async def counted(flight: Flight[Any, Any], until: float) -> Any:
        if next(readers) == number:
            joined_all.set()
        return await begun(flight, until)

    monkeypatch.setattr(Flight, "begun", counted)
    return joined_all


@pytest.mark.parametrize("stream", [True, False])
@awaited
async def test_ten_that_ask_the_same_at_once_ask_once(
    tmp_path: Path, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each gets all of it from its beginning; one of them has paid."""
    ten = joined_by(10, monkeypatch)
    released = asyncio.Event()
    slow = Canned(pieces=says("Good day to you.").pieces, released=released, first=2 if stream else None)
    async with gated(tmp_path, {"up": (server := FakeOpenAI(slow))}) as gate:
        await priced(gate)

        async def one() -> tuple[str, bytes]:
            found = await passed(gate, inbound("kept", stream=stream))
            return how(found), await items_of(found)

        asking = [asyncio.create_task(one()) for _ in range(10)]
        async with asyncio.timeout(120):
            await ten.wait()
        released.set()
        found = await asyncio.gather(*asking)
        assert sorted(name for name, _ in found) == ["miss", *["shared"] * 9]
        assert len({body for _, body in found}) == 1
        assert (words if stream else said)(found[0][1]) == "Good day to you."
        assert len(server.asked) == 1
        rows = await gate.rows()
        assert sorted((row["cache"], row["cost"], row["saved"]) for row in rows) == [
            ("", 10_000, 0),
            *[("shared", 0, 10_000)] * 9,
        ]
        assert gate.gateway.cached()[0].shared == 9


@awaited
async def test_the_first_may_leave_and_the_others_stay(tmp_path: Path) -> None:
    """The call goes on for as long as somebody reads it, and is stopped with the last."""
    released = asyncio.Event()
    slow = Canned(pieces=says("Good day to you.").pieces, released=released, first=2)
    held = Canned(pieces=[delta(role="assistant", content="Once")], held=True)
    async with gated(tmp_path, {"up": (server := FakeOpenAI(slow, held))}) as gate:
        await priced(gate)
        first = await passed(gate, inbound("kept", stream=True))
        second = await passed(gate, inbound("kept", stream=True))
        assert first.items is not None
        await anext(first.items)
        await first.items.aclose()
        released.set()
        assert words(await items_of(second)) == "Good day to you."
        last = await passed(gate, inbound("kept", stream=True, seed=2))
        assert last.items is not None
        await anext(last.items)
        await last.items.aclose()
        async with asyncio.timeout(120):
            await server.left.wait()


async def along(gate: Gated, one: Inbound, route: Route) -> bytes:
    """All of what comes along a route."""
    return await items_of(await gate.gateway.pass_on(WHO, one, route))


@pytest.mark.parametrize("stream", [True, False])
@awaited
async def test_who_joins_has_its_own_time(tmp_path: Path, stream: bool) -> None:
    """Promise: the first one's deadline is the first one's; the call goes on for those who have longer."""
    released = asyncio.Event()
    slow = Canned(pieces=says("Good day to you.").pieces, released=released, first=2 if stream else None)
    async with gated(tmp_path, {"up": FakeOpenAI(slow, slow)}) as gate:
        one, asking = inbound("kept", stream=stream), list[asyncio.Task[bytes]]()
        for total in (2, 50):
            gate.route("kept", "up:m", cache="exact", total=total)
            route = await gate.gateway.passes(WHO, one)
            assert route is not None
            asking.append(asyncio.create_task(along(gate, one, route)))
        with pytest.raises(NisError):
            await asking[0]
        released.set()
        assert (words if stream else said)(await asking[1]) == "Good day to you."


@awaited
async def test_who_has_waited_out_its_time_asks_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: `total` holds for who joins, too; a call of its own that could not end in time is not begun."""
    both = joined_by(2, monkeypatch)
    never = Canned(pieces=whole(says("Well.")).pieces, released=asyncio.Event())
    async with gated(tmp_path, {"up": (server := FakeOpenAI(never, never))}) as gate:
        gate.route("kept", "up:m", cache="exact", total=2, retries=0)
        asking = [asyncio.create_task(read(gate, inbound("kept"))) for _ in range(2)]
        async with asyncio.timeout(50):
            await both.wait()
            found = await asyncio.gather(*asking, return_exceptions=True)
        assert all(isinstance(one, NisError) for one in found)
        assert len(server.asked) <= 1
        assert (len(await gate.rows()), await gate.refused()) == (1, [])


@awaited
async def test_a_refusal_is_not_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one caller may not, another may."""
    both = joined_by(2, monkeypatch)
    released = asyncio.Event()
    refusal = replace(fails(400, "messages: too few"), released=released)
    async with gated(tmp_path, {"up": FakeOpenAI(refusal, whole(says("Well.")))}) as gate:
        await priced(gate)
        asking = [asyncio.create_task(read(gate, inbound("kept"))) for _ in range(2)]
        async with asyncio.timeout(120):
            await both.wait()
        released.set()
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert [said(one) for one in found if isinstance(one, bytes)] == ["Well."]
        assert sum(isinstance(one, NisError) for one in found) == 1


def _joined(reply: Canned) -> dict[str, Any]:
    found = joined(b"".join(reply.pieces), None)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "reply",
    [
        says("Good day to you."),
        wants(("get_weather", {"city": "Paris"}), ("now", {}), text="Let me see."),
        Canned(
            pieces=[
                event(choices=[{"index": n, "delta": {"content": f"a{n}"}, "finish_reason": None}]) for n in (1, 0, 1)
            ]
            + [event(choices=[{"index": n, "delta": {}, "finish_reason": "stop"}]) for n in (0, 1)]
            + [usage(), DONE]
        ),
    ],
)
def test_pieces_and_wholes_say_the_same(reply: Canned) -> None:
    """There and back; calls keep their ids, answers their order."""
    once = _joined(reply)
    twice = joined(split(once, counts=False), None)
    assert twice == once
    if len(once["choices"]) == 1:
        message = json.loads(whole(reply).pieces[0])["choices"][0]["message"]
        assert {name: value for name, value in once["choices"][0]["message"].items() if value} == {
            name: value for name, value in message.items() if value
        }
    else:
        assert [one["message"]["content"] for one in once["choices"]] == ["a0", "a1a1"]


def _names(asked: Asked) -> Canned:
    return whole(says(asked.body["model"]))


@awaited
async def test_a_route_that_leads_elsewhere_has_other_answers(tmp_path: Path) -> None:
    """What was kept of another model is not this one's."""
    async with gated(tmp_path, {"up": FakeOpenAI(_names, _names)}) as gate:
        await priced(gate)
        found = [said(await read(gate, inbound("kept")))]
        gate.route("kept", "up:n", cache="exact")
        found.append(said(await read(gate, inbound("kept"))))
        assert found == ["m", "n"]


@awaited
async def test_a_question_that_is_alike_has_the_answer_of_the_other(tmp_path: Path) -> None:
    """Within the threshold, for one owner, where all but the last words is the same."""
    replies = [whole(says(f"{number}.")) for number in range(9)]
    async with gated(tmp_path, {"up": FakeOpenAI(*replies)}, embedders=Embedders([Compass()])) as gate:
        await priced(gate, cache="semantic", threshold=math.cos(math.radians(10)))

        async def ask(angle: int, *, before: str = "Be brief.", owner: str = "ann", **given: Any) -> str:
            turns = [{"role": "system", "content": before}, {"role": "user", "content": f"Where is {angle}"}]
            found = await passed(gate, inbound("kept", messages=turns, **given), replace(WHO, owner=owner))
            return f"{how(found)} {said(found.whole)}"

        assert await ask(0) == "miss 0."
        assert await ask(9) == "hit 0."
        assert await ask(11) == "miss 1."
        assert await ask(8) == "hit 1."
        assert await ask(0, before="Be long.") == "miss 2."
        assert await ask(0, temperature=1) == "miss 3."
        assert await ask(1, owner="bob") == "miss 4."
        gate.route("kept", "up:m", cache="exact")
        assert await ask(9) == "miss 5."


@awaited
async def test_a_call_of_a_function_is_no_answer_to_another_question(tmp_path: Path) -> None:
    """Its arguments are taken from the words; the same question is given it."""
    replies = [whole(wants(("go", {"angle": 1}))), whole(says("Go on."))]
    async with gated(tmp_path, {"up": FakeOpenAI(*replies)}, embedders=Embedders([Compass()])) as gate:
        await priced(gate, cache="semantic", threshold=math.cos(math.radians(10)))
        found = [
            how(await passed(gate, inbound("kept", messages=[{"role": "user", "content": f"Where is {angle}"}])))
            for angle in (1, 1, 2)
        ]
        assert found == ["miss", "hit", "miss"]


@awaited
async def test_what_failed_is_no_miss(tmp_path: Path) -> None:
    """Promise: misses are the calls that a model has answered, so that hits have a share of what was answered."""
    async with gated(tmp_path, {"up": FakeOpenAI(fails(400, "No."), breaks_off("Half"), whole(says("Well.")))}) as gate:
        await priced(gate)
        for stream in (False, True):
            with pytest.raises(NisError):
                await read(gate, inbound("kept", stream=stream))
        assert [one.misses for one in gate.gateway.cached()] == [0]
        await read(gate, inbound("kept"))
        assert [one.misses for one in gate.gateway.cached()] == [1]


@awaited
async def test_who_leaves_before_the_first_piece_has_left(tmp_path: Path) -> None:
    """Promise: a call is stopped when nobody reads it any more, also where its one reader never began."""
    held = Canned(pieces=[delta(role="assistant", content="Once")], held=True)
    async with gated(tmp_path, {"up": (server := FakeOpenAI(held))}) as gate:
        await priced(gate)
        found = await passed(gate, inbound("kept", stream=True))
        assert found.items is not None
        await found.items.aclose()
        async with asyncio.timeout(120):
            await server.left.wait()


@pytest.mark.parametrize("read_on", [True, False])
@awaited
async def test_a_shared_call_is_settled_at_a_stop(tmp_path: Path, read_on: bool) -> None:
    """Promise: what a stop ends is in the ledger, and no reservation is left of it; whether somebody reads it yet."""
    held = Canned(pieces=[delta(role="assistant", content="Once")], held=True)
    async with gated(tmp_path, {"up": FakeOpenAI(held)}) as gate:
        await priced(gate)
        await gate.budget("budget-1", "user", "ann", 1)
        found = await passed(gate, inbound("kept", stream=True))
        assert found.items is not None
        await anext(found.items)
        if not read_on:
            await found.items.aclose()
        await gate.gateway.close()
        (row,) = await gate.store.select("ledger", WHO.owner)
        assert row["state"] == "left"
        if read_on:
            with pytest.raises(NisError):
                await anext(found.items)


@awaited
async def test_kept_answers_wait_for_the_database_too(tmp_path: Path) -> None:
    """Promise: no more rows wait to be written down than the ledger allows, whoever has answered."""
    async with gated(tmp_path, {"up": FakeOpenAI(whole(says("Well.")))}) as gate:
        await priced(gate)
        await read(gate, inbound("kept"))
        gate.gateway.ledger.admit = refuse
        with pytest.raises(Unavailable):
            await read(gate, inbound("kept"))


def refuse() -> None:
    """Too many wait already."""
    raise Unavailable("The database is away.", remedy="Look to it.")
