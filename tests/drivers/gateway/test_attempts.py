"""Calls that fail: what is tried next, what is reported, and what the ledger says. The servers are on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from fake_openai import Canned, FakeOpenAI, breaks_off, fails, malformed, rate_limited, says
from gated import AT, SECRET, Gated, gated, outline

from nis_backend.caller import SERVER
from nis_backend.drivers.gateway import gateway as module
from nis_backend.drivers.llm.answer import TextChunk
from nis_backend.drivers.llm.base import ModelInfo, Tool
from nis_backend.drivers.store.base import Table
from nis_backend.errors import BudgetExceeded, Busy, DeadlineExceeded, InvalidRequest, UpstreamFailed

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


def test_a_refusal_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    """`Retry-After: 3` is less than it takes to look elsewhere: the same model is asked again after it."""

    async def body(gate: Gated) -> None:
        gate.route("best", "one:m", "two:m")
        assert (await gate.say("best"))[1].model == "one:m"
        assert gate.clock.slept == [3.0]
        assert outline(await gate.rows()) == [("one", "failed", "busy"), ("one", "ok", "")]

    within(tmp_path, {"one": FakeOpenAI(rate_limited("3"), says("Hi.")), "two": FakeOpenAI()}, body)


def test_a_model_that_is_asked_too_often_is_left_alone_as_long_as_it_says(tmp_path: Path) -> None:
    """Others answer meanwhile, and then it does."""

    async def body(gate: Gated) -> None:
        gate.route("best", "one:m", "two:m")
        assert [(await gate.say("best"))[0] for _ in range(2)] == ["Two.", "Two."]
        assert gate.clock.slept == []
        gate.clock.now += 40
        assert (await gate.say("best"))[0] == "One."
        assert outline(await gate.rows())[0] == ("one", "failed", "busy")

    servers = {
        "one": FakeOpenAI(rate_limited("40"), says("One.")),
        "two": FakeOpenAI(says("Two."), says("Two.")),
    }
    within(tmp_path, servers, body)


def test_a_model_that_was_named_itself_is_asked_once_each_time(tmp_path: Path) -> None:
    """Its caller hears what the provider says, and when to come back."""

    async def body(gate: Gated) -> None:
        for _ in range(2):
            with pytest.raises(Busy) as refused:
                await gate.say("one:m")
            assert refused.value.retry_after == 40
        with pytest.raises(UpstreamFailed, match="500"):
            await gate.say("one:m")
        assert gate.clock.slept == []
        assert [state for _, state, _ in outline(await gate.rows())] == ["failed"] * 3

    within(tmp_path, {"one": FakeOpenAI(rate_limited("40"), rate_limited("40"), fails(500))}, body)


def test_tries_again_wait_longer_each_time_by_chance(tmp_path: Path) -> None:
    """At most half a second before the first of them, a second before the next."""

    async def body(gate: Gated) -> None:
        gate.route("best", "one:m", retries=3)
        assert (await gate.say("best"))[0] == "Hi."
        first, second, third = gate.clock.slept
        assert 0 < first < 0.5
        assert 0 < second < 1
        assert 0 < third < 2
        assert [row["attempt"] for row in await gate.rows()] == [1, 2, 3, 4]

    within(tmp_path, {"one": FakeOpenAI(fails(500), fails(503), fails(529), says("Hi."))}, body)


def test_silence_before_the_first_word_goes_on_to_the_next_model(tmp_path: Path) -> None:
    """Headers alone are no answer; the silent one's connection is ended, and it may have cost something."""

    async def body(gate: Gated) -> None:
        await gate.price("one:m", input=1, output=2)
        gate.route("best", "one:m", "two:m", first_byte=0.2, retries=0)
        assert (await gate.say("best"))[0] == "Hi."
        await asyncio.wait_for(silent.left.wait(), 120)
        late, answered = await gate.rows()
        assert (late["state"], late["problem"], late["counted"]) == ("failed", "upstream_failed", "estimated")
        assert late["cost"] > 0
        assert answered["state"] == "ok"

    silent = FakeOpenAI(replace(says("Late."), released=asyncio.Event(), first=0))
    within(tmp_path, {"one": silent, "two": FakeOpenAI(says("Hi."))}, body)


def test_an_answer_that_breaks_off_is_reported_and_never_continued_by_another(tmp_path: Path) -> None:
    """Words of two models would be nobody's answer: the caller decides."""

    async def body(gate: Gated) -> None:
        gate.route("best", "one:m", "two:m", retries=3)
        items = gate.stream("best")
        assert await anext(items) == TextChunk(text="Half of ")
        with pytest.raises(UpstreamFailed, match="broke off"):
            await anext(items)
        assert two.asked == []
        (row,) = await gate.rows()
        assert (row["state"], row["problem"], row["counted"]) == ("cut", "upstream_failed", "estimated")
        assert (row["output"], row["first_ms"] is None) == (len("Half of "), False)

    two = FakeOpenAI(says("Never."))
    within(tmp_path, {"one": FakeOpenAI(breaks_off("Half of ")), "two": two}, body)


def test_what_is_no_json_goes_on_to_the_next_model_unless_words_have_gone_out(tmp_path: Path) -> None:
    """A page instead of an answer is a failure before it; a stream that turns into nonsense is a cut."""

    async def body(gate: Gated) -> None:
        gate.route("best", "one:m", "two:m", retries=0)
        assert (await gate.say("best"))[0] == "Hi."
        items = gate.stream("best")
        assert isinstance(await anext(items), TextChunk)
        said.set()
        with pytest.raises(UpstreamFailed, match="not a chat completion"):
            await anext(items)
        states = [(provider, state) for provider, state, _ in outline(await gate.rows())]
        assert states == [("one", "failed"), ("two", "ok"), ("one", "cut")]

    page, said = Canned(pieces=[b"<html>"], content_type="text/html"), asyncio.Event()
    nonsense = replace(malformed(), released=said, first=1)
    within(tmp_path, {"one": FakeOpenAI(page, nonsense), "two": FakeOpenAI(says("Hi."))}, body)


def test_a_refused_key_closes_a_provider_for_a_while(tmp_path: Path) -> None:
    """No model of it is asked for a minute where others can answer; nobody reads the key."""

    async def body(gate: Gated) -> None:
        gate.route("best", "one:m", "two:m")
        gate.route("other", "one:n", "two:m")
        for name in ("best", "other", "best"):
            assert (await gate.say(name))[0] == "Two."
        assert len(one.asked) == 1
        gate.clock.now += 61
        assert (await gate.say("other"))[0] == "One."
        rows = await gate.rows()
        assert outline(rows)[0] == ("one", "failed", "unavailable")
        assert SECRET not in repr(rows)

    one = FakeOpenAI(fails(401, f"Incorrect API key provided: {SECRET}"), says("One."))
    within(tmp_path, {"one": one, "two": FakeOpenAI(*[says("Two.") for _ in range(3)])}, body)


def test_a_provider_that_is_down_for_a_minute_is_not_asked_until_it_is_back(tmp_path: Path) -> None:
    """Five failures open its breaker; then one call at a time finds out, less and less often, until one is answered."""

    async def body(gate: Gated) -> None:
        gate.route("best", "one:m", "two:m", retries=0)
        begun = gate.clock.now
        for _ in range(70):
            assert (await gate.say("best"))[0] == "Two."
            gate.clock.now += 1
        # 5 in a row, then after 10 s, 20 s and 40 s: the last one would be at 74 s.
        assert len(one.asked) == 7
        one.replies[:] = [says("One.")] * 3
        gate.clock.now = begun + 80
        assert [(await gate.say("best"))[0] for _ in range(3)] == ["One."] * 3

    one = FakeOpenAI()
    within(tmp_path, {"one": one, "two": FakeOpenAI(*[says("Two.")] * 70)}, body)


def test_a_call_that_was_not_sent_is_counted_with_its_reason(tmp_path: Path) -> None:
    """Promise of usage: refused by a budget, a full provider, an open breaker; it costs nothing, and is in no sum."""

    async def body(gate: Gated) -> None:
        await gate.price("one:m", input=1, output=1000)
        await gate.budget("budget-1", "user", "ann", 0.000001)
        with pytest.raises(BudgetExceeded):
            await gate.say("one:m")
        await gate.store.delete("budgets", "ann", "budget-1")
        gate.gateway.budgets.forget()
        room = gate.gateway.health.room("one", 0)
        gate.gateway.registry.providers["one"] = replace(gate.gateway.registry.providers["one"], concurrency=0)
        with pytest.raises(Busy):
            await gate.say("one:m")
        gate.gateway.registry.providers["one"] = replace(gate.gateway.registry.providers["one"], concurrency=9)
        for _ in range(6):
            with pytest.raises(UpstreamFailed):
                await gate.say("one:m")
        assert room.busy == 0
        rows = await gate.refused()
        assert [(row["problem"], row["status"], row["attempt"], row["cost"]) for row in rows] == [
            ("budget_exceeded", 402, 0, 0),
            ("busy", 429, 0, 0),
            ("left_alone", 502, 0, 0),
        ]
        [sums] = await gate.store.usage("ann", "2025-01-01", "2200-01-01", [])
        assert (sums["calls"], sums["failed"], sums["cost"]) == (5, 5, 0)
        single = await gate.store.singly("ann", "2025-01-01", "2200-01-01", ["model"])
        assert single is not None
        assert [(row["model"], row["problem"], row["refused"]) for row in single.refused] == [
            ("m", "budget_exceeded", 1),
            ("m", "busy", 1),
            ("m", "left_alone", 1),
        ]

    within(tmp_path, {"one": FakeOpenAI()}, body)


def test_a_lone_model_that_fails_is_refused_at_once_for_a_second(tmp_path: Path) -> None:
    """With what it has failed with, and when to come back; a second later it is asked."""

    async def body(gate: Gated) -> None:
        for _ in range(5):
            with pytest.raises(UpstreamFailed, match="failed with 500"):
                await gate.say("one:m")
        with pytest.raises(UpstreamFailed, match="failed with 500") as refused:
            await gate.say("one:m")
        assert (len(one.asked), refused.value.retry_after) == (5, 1)
        gate.clock.now += 1
        one.replies.append(says("Hi."))
        assert (await gate.say("one:m"))[0] == "Hi."

    one = FakeOpenAI()
    within(tmp_path, {"one": one}, body)


def test_when_no_model_of_a_route_may_be_asked_the_caller_hears_why_of_each_and_until_when(tmp_path: Path) -> None:
    """The earliest that is asked again counts."""

    async def body(gate: Gated) -> None:
        gate.route("best", "one:m", "two:m", "gone:m", retries=0)
        with pytest.raises(Busy):
            await gate.say("best")
        with pytest.raises(Busy, match=r"one:m: it was asked too often.*two:m: it was.*gone:m: its provider is not"):
            await gate.say("best")
        with pytest.raises(Busy) as refused:
            await gate.say("best")
        assert refused.value.retry_after == 30
        assert len(await gate.rows()) == 2

    within(tmp_path, {"one": FakeOpenAI(rate_limited("50")), "two": FakeOpenAI(rate_limited("30"))}, body)


def test_what_is_wrong_with_the_request_is_wrong_everywhere(tmp_path: Path) -> None:
    """No other model is asked, and nothing is held against this one."""

    async def body(gate: Gated) -> None:
        gate.route("best", "one:m", "two:m")
        for _ in range(7):
            with pytest.raises(InvalidRequest, match="temperature"):
                await gate.say("best", temperature=7.0)
        assert (len(one.asked), two.asked) == (7, [])

    one, two = FakeOpenAI(*[fails(400, "temperature is above 2")] * 7), FakeOpenAI()
    within(tmp_path, {"one": one, "two": two}, body)


def test_what_one_model_has_not_another_may_have(tmp_path: Path) -> None:
    """A model that is gone, and a prompt that is too long for it; one that takes no more is not asked."""

    async def body(gate: Gated) -> None:
        known = {"one:m": 1000, "two:m": 1000, "three:m": None}
        for name, context in known.items():
            provider, _, model = name.partition(":")
            gate.gateway.registry.remember(ModelInfo(provider=provider, name=model, tools=True, context_tokens=context))
        gate.route("best", *known)
        assert [(await gate.say("best"))[0] for _ in range(2)] == ["Two.", "Three."]
        states = [(provider, problem) for provider, _, problem in outline(await gate.rows())]
        assert states == [("one", "not_found"), ("two", ""), ("one", "invalid_request"), ("three", "")]

    servers = {
        "one": FakeOpenAI(fails(404, "no such model"), fails(400, "This model's maximum context length is 1000")),
        "two": FakeOpenAI(says("Two.")),
        "three": FakeOpenAI(says("Three.")),
    }
    within(tmp_path, servers, body)


def test_the_next_model_is_asked_too_when_one_is_slow_and_the_first_to_speak_answers(tmp_path: Path) -> None:
    """The slow one's connection is ended; it was asked, so it is paid for."""

    async def body(gate: Gated) -> None:
        await gate.price("one:m", input=1, output=2)
        gate.route("quick", "one:m", "two:m", hedge_after=0.05)
        text, end = await gate.say("quick")
        assert (text, end.model) == ("Quick.", "two:m")
        await asyncio.wait_for(slow.left.wait(), 120)
        late, answered = sorted(await gate.rows(), key=lambda row: row["provider"])
        assert (late["state"], late["counted"], late["cost"] > 0) == ("left", "estimated", True)
        assert (answered["state"], late["call_id"] == answered["call_id"]) == ("ok", True)

    slow = FakeOpenAI(replace(says("Slow."), released=asyncio.Event()))
    within(tmp_path, {"one": slow, "two": FakeOpenAI(says("Quick."))}, body)


def test_a_model_that_is_quick_enough_is_asked_alone(tmp_path: Path) -> None:
    """No second one is begun; and where the first fails at once, the next is asked at once."""

    async def body(gate: Gated) -> None:
        gate.route("quick", "one:m", "two:m", hedge_after=30, retries=0)
        assert [(await gate.say("quick"))[0] for _ in range(2)] == ["One.", "Two."]
        assert [row["provider"] for row in await gate.rows()] == ["one", "one", "two"]

    within(tmp_path, {"one": FakeOpenAI(says("One."), fails(500)), "two": FakeOpenAI(says("Two."))}, body)


def test_a_caller_who_leaves_ends_the_call(tmp_path: Path) -> None:
    """In the middle of the words, and before them: the provider stops, and what it may have done is counted."""

    async def body(gate: Gated) -> None:
        await gate.price("one:m", input=1, output=2)
        async with aclosing(gate.stream("one:m")) as items:
            await anext(items)
        await asyncio.wait_for(one.left.wait(), 120)
        one.left.clear()
        one.came.clear()
        asking = asyncio.create_task(gate.say("one:m"))
        await asyncio.to_thread(one.came.wait, 60)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(one.left.wait(), 120)
        rows = await gate.rows()
        assert [(row["state"], row["counted"], row["cost"] > 0) for row in rows] == [("left", "estimated", True)] * 2
        assert gate.gateway.health.room("one").busy == 0

    held = replace(says("Never done."), released=asyncio.Event())
    one = FakeOpenAI(replace(held, first=2), held)
    within(tmp_path, {"one": one}, body)


def test_weights_divide_the_calls_of_a_tier(tmp_path: Path) -> None:
    """3 to 1, by a seeded draw; 10,000 draws are `test_routing`'s."""

    async def body(gate: Gated) -> None:
        gate.route("both", {"model": "one:m", "weight": 3}, {"model": "two:m", "weight": 1})
        said = [(await gate.say("both"))[0] for _ in range(80)]
        assert 45 < said.count("One.") < 75

    within(tmp_path, {"one": FakeOpenAI(*[says("One.")] * 80), "two": FakeOpenAI(*[says("Two.")] * 80)}, body)


def test_a_call_that_must_be_whole_in_time_is_ended_when_it_is_not(tmp_path: Path) -> None:
    """`total` holds to the last word."""

    async def body(gate: Gated) -> None:
        gate.route("short", "one:m", total=2)
        with pytest.raises(DeadlineExceeded, match="one:m was not done in time"):
            await gate.say("short")
        assert outline(await gate.rows()) == [("one", "cut", "deadline_exceeded")]

    within(tmp_path, {"one": FakeOpenAI(replace(says("Half an answer."), released=asyncio.Event(), first=2))}, body)


def test_a_provider_is_given_no_more_calls_at_a_time_than_it_takes(tmp_path: Path) -> None:
    """Others wait for their turn, which is counted; a caller who leaves while waiting has sent nothing."""

    async def body(gate: Gated) -> None:
        registry = gate.gateway.registry
        registry.providers["one"] = replace(registry.providers["one"], concurrency=1)
        first = asyncio.create_task(gate.say("one:m"))
        await asyncio.to_thread(one.came.wait, 60)
        waiting = [asyncio.create_task(gate.say("one:m")) for _ in range(2)]
        while gate.gateway.health.room("one", 1).queued < 2:  # noqa: ASYNC110 - nothing says when a call waits
            await asyncio.sleep(0)
        gate.clock.now += 1
        waiting.pop().cancel()
        released.set()
        assert [(await task)[0] for task in (first, *waiting)] == ["First.", "Second."]
        assert [row["wait_ms"] for row in await gate.rows()] == [0, 1000]
        assert gate.gateway.health.room("one", 1).busy == 0

    released = asyncio.Event()
    one = FakeOpenAI(replace(says("First."), released=released), says("Second."))
    within(tmp_path, {"one": one}, body)


def test_what_another_process_changes_is_heeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves a row among the changes, for which every process looks where a database is shared."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.001)

    async def body(gate: Gated) -> None:
        found = asyncio.Event()
        load = gate.gateway.registry.changed

        def changed(table: Table) -> None:
            load(table)
            found.set()

        gate.gateway.registry.changed = changed
        watching = asyncio.create_task(gate.gateway.watch())
        await asyncio.wait_for(found.wait(), 120)
        found.clear()
        assert await gate.gateway.routes() == {}
        route = {"id": "best", "targets": '[{"model": "one:m"}]', "policy": "{}", "enabled": 1}
        change = {"id": "change-1", "by_owner": "ann", "subject": "route", "subject_id": "best", "action": "create"}
        times = {"created": AT, "updated": AT}
        await gate.store.insert("routes", SERVER, route | times, beside=[("changes", change | times)])
        await asyncio.wait_for(found.wait(), 120)
        assert (await gate.say("best"))[0] == "Hi."
        watching.cancel()

    within(tmp_path, {"one": FakeOpenAI(says("Hi."))}, body)


def test_a_caller_hears_that_a_model_is_left_which_takes_no_tools(tmp_path: Path) -> None:
    """An agent may then ask without them; who needs them is told what has failed."""

    async def body(gate: Gated) -> None:
        gate.gateway.registry.remember(ModelInfo(provider="two", name="m", tools=False))
        gate.route("best", "one:m", "two:m", retries=0)
        tool = Tool(name="add", description="Adds.", parameters={"type": "object"})
        with pytest.raises(UpstreamFailed, match="500") as failed:
            await gate.say("best", tools=[tool])
        assert failed.value.toolless
        assert (await gate.say("best"))[0] == "Two."

    within(tmp_path, {"one": FakeOpenAI(), "two": FakeOpenAI(says("Two."))}, body)
