"""The driver of OpenAI-compatible servers, against one that is scripted to the byte."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from fake_openai import DONE, Canned, FakeOpenAI, breaks_off, delta, event, fails, says, usage, wants
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from nis_backend.drivers.http.client import Http
from nis_backend.drivers.http.events import Lines
from nis_backend.drivers.llm import listing, openai_compatible, server
from nis_backend.drivers.llm.answer import Answered, TextChunk, ToolCall
from nis_backend.drivers.llm.base import Message, Prompt, Tool
from nis_backend.drivers.llm.choice import Models
from nis_backend.drivers.llm.openai_compatible import OpenAICompatible
from nis_backend.errors import (
    Busy,
    InvalidRequest,
    NisError,
    NotFound,
    NotSupported,
    Unavailable,
    UpstreamFailed,
)

KEY = "sk-never-shown"
T = TypeVar("T")
HELLO = Prompt(model="fake-large", messages=[Message(role="user", content="hello")])
TOOL = Tool(name="physics-fly", description="Fly.", parameters={"type": "object"})


def run(body: Coroutine[Any, Any, T]) -> T:
    """Run a test's body, at most 30 s."""
    return asyncio.run(asyncio.wait_for(body, 120))


@asynccontextmanager
async def asking(
    fake: FakeOpenAI,
    *,
    model: str | None = None,
    url: str = "",
    patience: float = 300,
    silence: float = 300,
    provider: str = "local",
) -> AsyncGenerator[OpenAICompatible]:
    """A driver for the fake server, or for another address."""
    http = Http()
    async with fake.running():
        driver = OpenAICompatible(
            provider,
            url or fake.url,
            SecretStr(KEY),
            model,
            http=http,
            url_variable="NIS_LOCAL_URL",
            key_variable="NIS_LOCAL_API_KEY",
            model_variable="NIS_LOCAL_MODEL",
            patience=patience,
            silence=silence,
        )
        try:
            yield driver
        finally:
            await http.close()


async def whole(driver: OpenAICompatible, prompt: Prompt = HELLO) -> tuple[str, Answered]:
    """The words and the end of an answer."""
    words, end = "", None
    async for item in driver.generate(prompt):
        if isinstance(item, TextChunk):
            words += item.text
        elif isinstance(item, Answered):
            end = item
    assert end is not None
    return words, end


def answered(*replies: Canned, prompt: Prompt = HELLO) -> tuple[str, Answered]:
    """What the driver makes of these replies."""

    async def body() -> tuple[str, Answered]:
        async with asking(FakeOpenAI(*replies)) as driver:
            return await whole(driver, prompt)

    return run(body())


def test_an_answer_arrives_with_the_servers_count_of_tokens() -> None:
    """The words are joined as sent, and tokens are the provider's own."""
    words, end = answered(says("Hello you there"))
    assert words == "Hello you there"
    assert end == Answered(finish_reason="stop", input_tokens=7, output_tokens=3)


def test_words_arrive_while_the_server_still_writes() -> None:
    """The answer streams, and closing it closes the server's connection."""

    async def body() -> None:
        fake = FakeOpenAI(Canned(pieces=[delta(content="first")], held=True))
        async with asking(fake) as driver:
            async with aclosing(driver.generate(HELLO)) as answer:
                assert await anext(answer) == TextChunk(text="first")
                assert not fake.left.is_set()
            await fake.left.wait()

    run(body())


def test_the_request_is_openais() -> None:
    """Messages, calls, results, tools and limits have the wire's names; the key is a bearer token."""

    async def body() -> None:
        fake = FakeOpenAI(says("ok"))
        async with asking(fake) as driver:
            call = ToolCall(id="c1", name="physics-fly", arguments='{"speed":2}')
            messages = [
                Message(role="system", content="Be brief."),
                Message(role="user", content="Flieg, bitte: 20 m/s, 40°"),
                Message(role="assistant", content="", tool_calls=(call,)),
                Message(role="tool", content='{"distance":4}', tool_call_id="c1"),
            ]
            await whole(driver, Prompt(model="m", messages=messages, tools=[TOOL], max_tokens=9, temperature=0.5))
        asked = fake.asked[0]
        assert asked.headers["Authorization"] == f"Bearer {KEY}"
        function = {"name": "physics-fly", "arguments": '{"speed":2}'}
        parameters = {"name": "physics-fly", "description": "Fly.", "parameters": {"type": "object"}}
        assert asked.body == {
            "model": "m",
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": 9,
            "temperature": 0.5,
            "tools": [{"type": "function", "function": parameters}],
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Flieg, bitte: 20 m/s, 40°"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "c1", "type": "function", "function": function}],
                },
                {"role": "tool", "content": '{"distance":4}', "tool_call_id": "c1"},
            ],
        }

    run(body())


def test_split_arguments_of_parallel_calls_are_put_together() -> None:
    """OpenAI sends each call's arguments in parts, which name their call by index."""
    _, end = answered(wants(("a-one", {"x": 1.5, "name": "Überflug"}), ("b-two", {"y": [1, 2]})))
    assert end.finish_reason == "tool_calls"
    assert [(call.name, json.loads(call.arguments)) for call in end.tool_calls] == [
        ("a-one", {"x": 1.5, "name": "Überflug"}),
        ("b-two", {"y": [1, 2]}),
    ]


def part(name: str | None, arguments: object, **given: object) -> dict[str, object]:
    """A part of a tool call as servers send it."""
    return {"function": {"name": name, "arguments": arguments}, **given}


@pytest.mark.parametrize(
    "parts",
    [
        [part("a", '{"n":1}', index=0, id="x"), part("b", '{"n":2}', index=0, id="y")],
        [part("a", '{"n":1}', id="x"), part("b", '{"n":2}', id="y")],
        [part("a", '{"n":1}'), part("b", '{"n":2}')],
        [part("a", '{"n"', id="x"), part(None, ":1}"), part("b", '{"n"', id="y"), part(None, ":2}")],
        [part("a", '{"n"', index=0), part("b", '{"n":2}', index=1), part(None, ":1}", index=0)],
        [part("a", '{"n"', index=0, id="x"), part("a", ":1}", index=0, id="x"), part("b", {"n": 2}, index=1, id="x")],
        [part("a", '{"n":1}', index=3, id=""), part("b", None, index=7, id=None), part("", '{"n":2}', index=7)],
    ],
    ids=["all numbered 0", "id alone", "neither", "id, then nothing", "interleaved", "name repeated", "null and empty"],
)
def test_calls_are_told_apart_however_a_server_marks_them(parts: list[dict[str, object]]) -> None:
    """Servers leave out indexes and ids, number every call 0, repeat names, or send null; ids are unique afterwards."""
    _, end = answered(Canned(pieces=[*(delta(tool_calls=[one]) for one in parts), delta("stop"), DONE]))
    assert [(call.name, json.loads(call.arguments)) for call in end.tool_calls] == [("a", {"n": 1}), ("b", {"n": 2})]
    assert len({call.id for call in end.tool_calls} - {""}) == 2
    assert end.finish_reason == "tool_calls"


def test_ids_made_here_differ_between_steps() -> None:
    """A conversation with two calls of the same id could not say which one a result answers."""
    reply = Canned(pieces=[delta(tool_calls=[part("a", "{}")]), DONE])
    later = Prompt(model="m", messages=[*HELLO.messages, *HELLO.messages])
    assert answered(reply)[1].tool_calls[0].id != answered(reply, prompt=later)[1].tool_calls[0].id


STREAM = b"".join(
    [b": keep-alive\r\n\r\n", b"event: x\r\ndata: one\r\ndata: more\r\n\r\n", b"\n\n", b"data:two\n\n", b"data: last"]
)


@settings(max_examples=60)
@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_events_survive_any_cut(places: list[int]) -> None:
    """Lines end with CRLF or LF, comments are skipped, an event's data lines are joined, the last needs no end."""
    edges = [0, *sorted(places), len(STREAM)]
    lines = Lines()
    read = [data for start, end in pairwise(edges) for data in lines.feed(STREAM[start:end])]
    assert [*read, *lines.rest()] == [b"one\nmore", b"two", b"last"]


def test_a_stream_of_single_bytes_is_read() -> None:
    """Nothing depends on how the server's writes are cut, also within a character."""
    text = b"".join([b": hi\r\n\r\n", delta(content="Grüße "), delta(content="🌍"), delta("stop"), usage(), DONE])
    words, end = answered(Canned(pieces=[text[at : at + 1] for at in range(len(text))]))
    assert (words, end.output_tokens) == ("Grüße 🌍", 3)


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ([delta(content="yes"), delta("stop"), DONE], "stop"),
        ([delta(content="yes"), delta("length"), DONE], "length"),
        ([delta(content="yes"), delta("end_of_turn")], "stop"),
        ([delta(content="yes"), DONE], "stop"),
        ([delta(content="yes"), b"data: [DONE]"], "stop"),
        ([delta(content=None, reasoning_content="hm"), delta(content="yes", tool_calls=None), delta("stop")], "stop"),
        (
            [delta(content=[{"type": "text", "text": "yes"}]), delta("stop"), event(choices=[]), event(usage=None)],
            "stop",
        ),
        ([delta(refusal="yes", content=None), delta("stop"), DONE, b"data: what follows is no matter\n\n"], "stop"),
        ([event(choices=[{"delta": {"content": "yes"}, "finish_reason": "stop"}])], "stop"),
    ],
)
def test_servers_differ_in_how_they_end(pieces: list[bytes], reason: str) -> None:
    """An end is a finish_reason or [DONE]; a count of tokens that is not stated is None."""
    words, end = answered(Canned(pieces=pieces))
    assert (words, end.finish_reason, end.input_tokens, end.output_tokens) == ("yes", reason, None, None)


def test_half_a_character_does_not_reach_the_log() -> None:
    """A lone surrogate cannot be encoded, so that no store and no socket would take it."""
    words, _ = answered(Canned(pieces=[b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n', DONE]))
    assert words == "a?"


def test_a_server_that_does_not_stream_is_understood() -> None:
    """Some ignore `stream` and answer one JSON body."""
    message = {"role": "assistant", "content": "All at once.", "tool_calls": [part("a", "{}", id="x")]}
    body = {"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": {"prompt_tokens": 2}}
    words, end = answered(Canned(pieces=[json.dumps(body).encode()], content_type="application/json"))
    assert (words, end.tool_calls[0].name, end.input_tokens) == ("All at once.", "a", 2)


def test_an_end_counts_although_the_connection_breaks_after_it() -> None:
    """What is missing then is only the count of tokens."""
    words, end = answered(Canned(pieces=[delta(content="whole"), delta("stop")], cut=True))
    assert (words, end.input_tokens) == ("whole", None)


def test_a_connection_left_open_after_the_end_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some servers never close."""
    monkeypatch.setattr(openai_compatible, "FAREWELL", 0.05)
    assert answered(Canned(pieces=[delta(content="whole"), delta("stop")], held=True))[0] == "whole"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (breaks_off("half an"), "broke off before its answer was whole"),
        (Canned(pieces=[delta(content="half an")]), "broke off before its answer was whole"),
        (Canned(pieces=[b"data: {not json\n\n", DONE]), "not a chat completion: {not json"),
        (Canned(pieces=[b"data: [1]\n\n", DONE]), "not a chat completion"),
        (Canned(pieces=[b'data: {"choices":[7]}\n\n', DONE]), "not a chat completion"),
        (Canned(pieces=[b"data: \xff\xfe\n\n", DONE]), "not a chat completion"),
        (Canned(pieces=[event(error={"message": "out of memory"})]), "broke off: out of memory"),
        (Canned(pieces=[delta(content="x"), delta("error")]), "ended its answer with an error"),
        (Canned(pieces=[b"<html>"], content_type="text/html"), "sent a web page"),
        (Canned(pieces=[b"null"], content_type="application/json"), "not a chat completion"),
        (fails(500, "boom"), "failed with 500: boom"),
        (fails(503), "failed with 503"),
        (Canned(pieces=[b"<html>secret proxy</html>"], status=502, content_type="text/html"), "failed with 502."),
    ],
)
def test_a_wrong_answer_is_an_upstream_failure(reply: Canned, said: str) -> None:
    """A cut, a malformed event, a server's error: each is said, and may be tried again."""
    with pytest.raises(UpstreamFailed) as caught:
        answered(reply)
    assert said in caught.value.message
    assert "secret proxy" not in caught.value.message


def test_a_silent_server_is_given_up() -> None:
    """Between two pieces a server has `patience` seconds."""

    async def body() -> None:
        fake = FakeOpenAI(Canned(pieces=[delta(content="and then")], held=True))
        async with asking(fake, patience=1.0) as driver:
            with pytest.raises(UpstreamFailed, match="sent nothing for 1 s"):
                await whole(driver)
            await fake.left.wait()

    run(body())


def test_an_endless_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read of an answer is bounded, also when it is one line."""
    monkeypatch.setattr(openai_compatible, "LONGEST_ANSWER", 100_000)
    with pytest.raises(UpstreamFailed, match="more than 100000 bytes"):
        answered(Canned(pieces=[b"data: ", *[b"x" * 10_000] * 20], held=True))


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (fails(401, f"Incorrect API key provided: {KEY}"), Unavailable, "refuses the key (401)"),
        (fails(403, f"No access for {KEY[:8]}"), Unavailable, "refuses the key (403)"),
        (fails(402, "Insufficient credits"), Unavailable, "Insufficient credits"),
        (fails(404, "The model `fake-large` does not exist"), NotFound, "no model 'fake-large'"),
        (fails(429, f"Rate limit for {KEY}", Retry_After="17"), Busy, "for ***; try again after 17 s"),
        (fails(429), Busy, "try again later"),
        (fails(400, "This model's maximum context length is 8192 tokens."), InvalidRequest, "longer than fake-large"),
        (fails(400, "the request exceeds the available context size"), InvalidRequest, "longer than fake-large"),
        (fails(413), InvalidRequest, "longer than fake-large"),
        (fails(400, "temperature must be at most 1"), InvalidRequest, "temperature must be at most 1"),
        (fails(400, "fake-large does not support tools"), NotSupported, "takes no tools"),
        (fails(307), Unavailable, "answered 307"),
    ],
)
def test_each_refusal_is_a_failure_of_its_own(reply: Canned, kind: type[NisError], said: str) -> None:
    """A status means what the error tree says; the key is in none of it, though the server repeats it."""
    with pytest.raises(kind) as caught:
        answered(reply, prompt=Prompt(model="fake-large", messages=HELLO.messages, tools=[TOOL]))
    assert caught.type is kind
    assert said in caught.value.message
    problem = json.dumps(caught.value.problem())
    assert KEY not in problem
    assert KEY[:8] not in problem
    if kind is Unavailable:
        assert "NIS_LOCAL_" in caught.value.remedy


def test_a_long_error_is_shortened() -> None:
    """A server's message is quoted on one line of 120 characters at most."""
    with pytest.raises(UpstreamFailed) as caught:
        answered(fails(500, "why\n" * 1000))
    assert len(caught.value.message) < 220
    assert "\n" not in caught.value.message


def test_a_filtered_answer_is_not_an_empty_one() -> None:
    """The provider's filter is named, and asking again is not advised."""
    with pytest.raises(InvalidRequest, match="filter of local"):
        answered(Canned(pieces=[delta("content_filter"), DONE]))


def test_what_a_server_refuses_is_left_out_and_remembered() -> None:
    """Some know no stream_options, some only max_completion_tokens; the second call knows."""

    async def body() -> None:
        fake = FakeOpenAI(
            fails(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
            fails(422, "body.stream_options: extra inputs are not permitted"),
            says("one"),
            says("two"),
        )
        prompt = Prompt(model="m", messages=HELLO.messages, max_tokens=5)
        async with asking(fake) as driver:
            assert (await whole(driver, prompt))[0] == "one"
            assert (await whole(driver, prompt))[0] == "two"
        assert len(fake.asked) == 4
        for asked in fake.asked[2:]:
            assert "max_tokens" not in asked.body
            assert "stream_options" not in asked.body
            assert asked.body["max_completion_tokens"] == 5

    run(body())


def test_what_is_learnt_of_models_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers to any name, as llama.cpp's does, is asked by as many as callers think of."""
    monkeypatch.setattr(server, "MOST_REMEMBERED", 2)
    refuses = fails(400, "Unknown name: stream_options")

    async def body() -> None:
        async with asking(fake := FakeOpenAI(*[refuses, says("Yes.")] * 4, says("Yes."))) as driver:
            # The third one has the first two be forgotten; what was learnt last is known.
            for name in ("a", "b", "c", "a", "a"):
                await whole(driver, replace(HELLO, model=name))
        assert ["stream_options" in asked.body for asked in fake.asked] == [True, False] * 4 + [False]

    run(body())


PLAIN = replace(HELLO, pieces=False)


def test_a_whole_answer_is_asked_for_where_no_pieces_are_wanted() -> None:
    """`stream` is false, `stream_options` belong to a stream alone; words, end and tokens are the same either way."""

    async def body() -> None:
        fake = FakeOpenAI(*[says("Hello you there", finish="length")] * 2)
        async with asking(fake) as driver:
            assert await whole(driver, PLAIN) == await whole(driver, HELLO)
        assert fake.asked[0].body["stream"] is False
        assert "stream_options" not in fake.asked[0].body

    run(body())


def test_the_calls_of_a_whole_answer_are_each_their_own() -> None:
    """Also where a server numbers none of them, or gives two of them one id."""
    calls = wants(("physics-fly", {"speed": 1}), ("physics-fly", {"speed": 2}), text="Let me see.")
    words, end = answered(calls, prompt=replace(PLAIN, tools=[TOOL]))
    assert (words, end.finish_reason) == ("Let me see.", "tool_calls")
    assert [json.loads(call.arguments) for call in end.tool_calls] == [{"speed": 1}, {"speed": 2}]
    function = {"name": "physics-fly", "arguments": "{}"}
    message = {"role": "assistant", "tool_calls": [{"id": "same", "function": function}] * 2}
    said = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
    _, end = answered(Canned(pieces=[said], content_type="text/plain"), prompt=PLAIN)
    assert [call.arguments for call in end.tool_calls] == ["{}", "{}"]
    assert len({call.id for call in end.tool_calls}) == 2


def test_what_a_reasoning_model_thought_is_no_part_of_a_whole_answer() -> None:
    """Source: DeepSeek's `reasoning_content`, beside the content of the message."""
    message = {"role": "assistant", "content": "Four.", "reasoning_content": "Two and two."}
    said = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], "usage": None}).encode()
    assert answered(Canned(pieces=[said], content_type="application/json"), prompt=PLAIN) == (
        "Four.",
        Answered(finish_reason="stop"),
    )


@pytest.mark.parametrize(
    "refusal",
    [
        fails(400, "This model only support stream mode, please enable the stream parameter to access the model."),
        fails(504),
        Canned(pieces=[b"<html>"], status=524, content_type="text/html"),
    ],
)
def test_a_model_that_answers_in_streams_alone_is_asked_for_them_from_then_on(refusal: Canned) -> None:
    """Some refuse a whole answer, some are too slow for the proxy before them, which cuts what is silent."""

    async def body() -> None:
        fake = FakeOpenAI(refusal, says("one"), says("two"))
        async with asking(fake) as driver:
            assert (await whole(driver, PLAIN))[0] == "one"
            assert (await whole(driver, PLAIN))[0] == "two"
        assert [asked.body["stream"] for asked in fake.asked] == [False, True, True]

    run(body())


def test_a_refusal_that_is_no_matter_of_streams_is_told() -> None:
    """A server that failed upstream is not asked again otherwise."""

    async def body() -> None:
        fake = FakeOpenAI(fails(400, "Your upstream is muddy."), says("never"))
        async with asking(fake) as driver:
            with pytest.raises(InvalidRequest, match="muddy"):
                await whole(driver, PLAIN)
        assert len(fake.asked) == 1

    run(body())


def test_a_server_that_streams_anyway_is_understood() -> None:
    """What it sends is read for what it is."""

    async def body() -> None:
        async with asking(FakeOpenAI(says("Hello you there"), only_streams=True)) as driver:
            assert (await whole(driver, PLAIN))[0] == "Hello you there"

    run(body())


def test_a_whole_answer_that_is_late_is_asked_for_in_pieces_the_next_time() -> None:
    """It is silent while it is written, for longer than a stream may be; past that it is cut, and its model streams."""

    async def body() -> None:
        silent = Canned(pieces=[], held=True)
        fake = FakeOpenAI(silent, says("Hello again"))
        async with asking(fake, silence=1.0) as driver:
            with pytest.raises(UpstreamFailed, match="sent nothing for 1 s"):
                await whole(driver, PLAIN)
            assert (await whole(driver, PLAIN))[0] == "Hello again"
        assert [asked.body["stream"] for asked in fake.asked] == [False, True]

    run(body())


def test_a_whole_answer_that_breaks_off_is_a_failure() -> None:
    """Half of it is no answer."""
    with pytest.raises(UpstreamFailed, match="broke off"):
        answered(breaks_off("Half"), prompt=PLAIN)


def test_a_refusal_that_does_not_end_is_not_followed_for_ever() -> None:
    """A server that still names the option after it was left out has refused."""
    refusal = fails(400, "stream_options and max_completion_tokens are not to my liking")
    with pytest.raises(InvalidRequest, match="liking"):
        answered(refusal, refusal, says("never"))


def test_what_was_sent_on_a_connection_that_is_dropped_is_sent_once() -> None:
    """It may have been heard: who asks again knows that, and has it paid for as a call of its own."""
    with pytest.raises(UpstreamFailed) as cut:
        answered(Canned(pieces=[], dropped=True), says("never"))
    assert (cut.value.dropped, cut.value.sent) == (True, "maybe")
    with pytest.raises(UpstreamFailed) as cut:
        answered(breaks_off("Half"), prompt=PLAIN)
    assert not cut.value.dropped


def test_a_whole_answer_gives_its_connection_back() -> None:
    """One connection serves the next call too: a new one would cost a handshake with a distant provider."""

    async def body() -> None:
        http = Http()
        fake = FakeOpenAI(*[says("again")] * 3)
        async with fake.running():
            driver = OpenAICompatible(
                "local",
                fake.url,
                http=http,
                url_variable="U",
                key_variable="K",
                model_variable="M",
                needs_key=False,
            )
            for _ in range(3):
                await whole(driver)
            assert len({asked.port for asked in fake.asked}) == 1
            assert "Authorization" not in fake.asked[0].headers
        await http.close()

    run(body())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://ann:pa55@127.0.0.1:1/v1", "cannot be reached at 127.0.0.1:1: Connection refused"),
        ("http://nowhere.invalid/v1", "cannot be reached at nowhere.invalid"),
        ("ftp://127.0.0.1/v1", "NIS_LOCAL_URL is not an address"),
        ("nonsense", "NIS_LOCAL_URL is not an address"),
        ("http://[half/v1", "NIS_LOCAL_URL is not an address"),
    ],
)
def test_a_server_that_is_not_there_is_named_without_secrets(url: str, said: str) -> None:
    """The failure names the host and the setting, never the key nor an address's password."""

    async def body() -> None:
        async with asking(FakeOpenAI(), url=url) as driver:
            for attempt in (whole(driver), driver.models()):
                with pytest.raises(Unavailable) as caught:
                    await attempt
                assert said in caught.value.message
                assert "NIS_LOCAL_URL" in caught.value.remedy
                assert "pa55" not in str(caught.value.problem())

    run(body())


def test_a_key_that_cannot_be_sent_is_refused_by_its_variable() -> None:
    """A missing key, and one with a line break inside, never reach the network."""

    async def body() -> None:
        class Nothing(Http):
            async def request(self, *_given: Any, **_named: Any) -> Any:
                pytest.fail("the network was used")

        none = Nothing()
        for key, said in ((None, "needs a key"), (SecretStr("sk-a\nsk-b"), "NIS_KEY holds characters")):
            driver = OpenAICompatible(
                "openai",
                "http://x/v1",
                key,
                "m",
                http=none,
                url_variable="U",
                key_variable="NIS_KEY",
                model_variable="M",
            )
            for attempt in (driver.models(), driver.find(None), whole(driver)):
                with pytest.raises(Unavailable, match=said) as caught:
                    await attempt
                assert "NIS_KEY" in caught.value.remedy
                assert "sk-" not in str(caught.value.problem())

    run(body())


def test_the_default_needs_no_network() -> None:
    """A configured default is found without a list, and listed although its server is silent."""

    async def body() -> None:
        async with asking(FakeOpenAI(), model="vendor/m", url="http://127.0.0.1:1/v1") as driver:
            found = await driver.find(None)
            assert found is not None
            assert (found.id, found.tools) == ("local:vendor:m", True)
            assert await driver.find("vendor:m") == found
            (listed,) = await driver.models()
            assert listed.name == "vendor/m"
            assert "cannot be reached" in listed.detail

    run(body())


def test_the_list_is_the_servers_default_first_and_kept_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who ask together cause one request, and those within the next minute none."""

    async def body() -> None:
        fake = FakeOpenAI()
        async with asking(fake, model="vendor/fake-small") as driver:
            for infos in await asyncio.gather(*[driver.models() for _ in range(5)]):
                assert [info.name for info in infos] == ["vendor/fake-small", "fake-large"]
            assert fake.listed == 1
            monkeypatch.setattr(listing, "LISTED", 0)
            await driver.models()
            assert fake.listed == 2

    run(body())


def test_without_a_default_the_first_listed_answers() -> None:
    """And a server that lists nothing says so, with the setting that helps."""

    async def body() -> None:
        async with asking(FakeOpenAI()) as driver:
            found = await driver.find(None)
            assert found is not None
            assert found.name == "fake-large"
        async with asking(FakeOpenAI(models=[])) as driver:
            with pytest.raises(Unavailable, match="lists no model") as caught:
                await driver.find(None)
            assert "NIS_LOCAL_MODEL" in caught.value.remedy

    run(body())


def test_a_model_is_denied_by_the_list_and_tried_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that the caller gave with this provider is attempted when no list can be had."""

    async def body() -> None:
        fake = FakeOpenAI(models=["one"])
        async with asking(fake) as driver:
            assert await driver.find("two") is None
            fake.models = ["one", "vendor/two"]
            monkeypatch.setattr(listing, "REFUSED", 0)
            found = await driver.find("vendor:two")
            assert found is not None
            assert found.name == "vendor/two"
        async with asking(FakeOpenAI(models=Canned(pieces=[b"{}"], status=403))) as driver:
            found = await driver.find("two")
            assert found is not None
            assert found.id == "local:two"

    run(body())


@pytest.mark.parametrize(
    ("models", "kind"),
    [
        (Canned(pieces=[b"{"], content_type="application/json"), UpstreamFailed),
        (Canned(pieces=[b'{"data":[{"name":1}]}'], content_type="application/json"), UpstreamFailed),
        (Canned(pieces=[b"7"], content_type="application/json"), UpstreamFailed),
        (Canned(pieces=[b""], status=500), UpstreamFailed),
        (Canned(pieces=[b""], status=404), Unavailable),
    ],
)
def test_a_list_that_is_none_is_a_failure(models: Canned, kind: type[NisError]) -> None:
    """With no default there is then no model to name."""

    async def body() -> None:
        async with asking(FakeOpenAI(models=models)) as driver:
            with pytest.raises(kind, match="local at") as caught:
                await driver.models()
            assert "NIS_LOCAL_URL" in caught.value.remedy or "Try again" in caught.value.remedy

    run(body())


def test_a_wrong_key_is_told_when_models_are_listed() -> None:
    """A provider that refuses the key is unavailable, default or not: no answer can come from it."""

    async def body() -> None:
        fake = FakeOpenAI(models=Canned(pieces=[b""], status=401))
        async with asking(fake, model="m") as driver:
            for attempt in (driver.models(), driver.find("other")):
                with pytest.raises(Unavailable, match="refuses the key") as caught:
                    await attempt
                assert caught.value.code == "unavailable"

    run(body())


def test_a_model_is_chosen_by_id_name_provider_or_default() -> None:
    """The first provider that can answer; a named provider alone is asked; other names must be listed."""

    async def body() -> None:
        async with (
            asking(FakeOpenAI(), url="http://127.0.0.1:1/v1", provider="gone") as gone,
            asking(FakeOpenAI(models=["one", "vendor/two"])) as here,
        ):
            models = Models([gone, here])

            async def chosen(model: str | None = None, provider: str | None = None) -> str:
                return (await models.choose(model, provider))[1].id

            assert await chosen() == "local:one"
            assert await chosen("vendor/two") == "local:vendor:two"
            assert await chosen("local:vendor:two") == "local:vendor:two"
            assert await chosen("local") == "local:one"
            assert await chosen("one", "local") == "local:one"
            assert await chosen("gone:anything") == "gone:anything"
            assert (await Models([gone, here], "local:vendor/two").choose())[1].name == "vendor/two"
            for wrong in ({"model": "three"}, {"model": "local:three"}, {"provider": "nobody"}, {"model": "one:local"}):
                with pytest.raises(NotFound, match="There is no"):
                    await models.choose(**wrong)
            with pytest.raises(Unavailable, match="gone cannot be reached"):
                await models.choose(provider="gone")

    run(body())


def test_importing_the_driver_loads_no_client() -> None:
    """An HTTP client costs a fifth of a second and 15 MB that a start does not have."""
    modules = "nis_backend.drivers.llm.openai_compatible, nis_backend.drivers.http"
    program = f"import sys, {modules}; print('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=180)
    assert done.stdout.strip() == "False"
