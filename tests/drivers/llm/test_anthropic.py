"""The driver of Anthropic's messages, against a server that is scripted to the byte and in the shapes of its client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

import anthropic as sdk
import pytest
from conftest import Serve
from fake_anthropic import (
    PING,
    STOP,
    Canned,
    FakeAnthropic,
    begins,
    card,
    delta,
    ends,
    error,
    event,
    fails,
    overloaded,
    redacted_block,
    says,
    starts,
    stops,
    text_block,
    thinking_block,
    tool_block,
    wants,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_client import done

from nis_backend.drivers.http.client import Http
from nis_backend.drivers.llm import anthropic
from nis_backend.drivers.llm.answer import Answered, Reasoning, ReasoningChunk, TextChunk, ToolCall, Usage
from nis_backend.drivers.llm.anthropic import Anthropic, address
from nis_backend.drivers.llm.anthropic_wire import VERSION
from nis_backend.drivers.llm.base import Message, Part, Prompt, Tool
from nis_backend.drivers.llm.server import Server, Variables
from nis_backend.errors import (
    Busy,
    InvalidRequest,
    NisError,
    NotFound,
    NotSupported,
    Unavailable,
    UpstreamFailed,
)

KEY = "sk-ant-never-shown"
T = TypeVar("T")
MODEL = "claude-fake-large"
HELLO = Prompt(model=MODEL, messages=[Message(role="user", content="hello")], max_tokens=64)
TOOL = Tool(name="physics-fly", description="Fly.", parameters={"properties": {"speed": {"type": "number"}}})


def run(body: Coroutine[Any, Any, T]) -> T:
    """Run a test's body, at most 30 s."""
    return asyncio.run(asyncio.wait_for(body, 120))


@asynccontextmanager
async def asking(
    fake: FakeAnthropic, *, model: str | None = MODEL, url: str = "", key: str = KEY, patience: float = 300
) -> AsyncGenerator[Anthropic]:
    """A driver for the fake server, or for another address."""
    http = Http()
    async with fake.running():
        names = Variables(url="NIS_ANTHROPIC_URL", key="ANTHROPIC_API_KEY", model="NIS_ANTHROPIC_MODEL")
        server = Server("anthropic", url or fake.url, key, http, names)
        try:
            yield Anthropic(server, model, patience=patience, silence=patience)
        finally:
            await http.close()


async def whole(driver: Anthropic, prompt: Prompt = HELLO) -> tuple[str, str, Answered]:
    """The words, what was thought, and the end of an answer."""
    words, thought, end = "", "", None
    async with aclosing(driver.generate(prompt)) as items:
        async for item in items:
            if isinstance(item, TextChunk):
                words += item.text
            elif isinstance(item, ReasoningChunk):
                thought += item.text
            else:
                end = item
    assert end is not None
    return words, thought, end


def answered(*replies: Canned, prompt: Prompt = HELLO, patience: float = 300) -> tuple[str, str, Answered]:
    """What the driver makes of these replies."""

    async def body() -> tuple[str, str, Answered]:
        async with asking(FakeAnthropic(*replies), patience=patience) as driver:
            return await whole(driver, prompt)

    return run(body())


def sent(prompt: Prompt, *replies: Canned) -> dict[str, Any]:
    """The last body that this prompt becomes; Any: JSON."""

    async def body() -> dict[str, Any]:
        fake = FakeAnthropic(*(replies or (says("ok"),)))
        async with asking(fake) as driver:
            await whole(driver, prompt)
        return fake.asked[-1].body

    return run(body())


EVERYTHING = [
    starts(5, cache_read_input_tokens=100, cache_creation_input_tokens=30),
    PING,
    *thinking_block(0, "Let me think"),
    *redacted_block(1),
    *text_block(2, "I fly now"),
    *tool_block(3, "physics-fly", {"speed": 2.5, "name": "Überflug"}),
    *tool_block(4, "physics-land", None),
    ends("tool_use", 42, output_tokens_details={"thinking_tokens": 9}),
    STOP,
]


@pytest.mark.parametrize("pieces", [True, False], ids=["stream", "whole"])
def test_the_fake_speaks_as_the_official_client_reads(*, pieces: bool) -> None:
    """Promise: what this file tests against is the vendor's format, read by the vendor's own client."""

    async def body() -> None:
        async with FakeAnthropic(Canned(pieces=EVERYTHING)).running() as fake:
            url = fake.url.removesuffix("/v1")
            async with sdk.AsyncAnthropic(base_url=url, api_key=KEY, max_retries=0) as client:
                # Any: the client has a type of its own for each argument and each overload.
                messages: Any = client.messages
                asked: Any = {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]}
                if pieces:
                    async with messages.stream(**asked) as stream:
                        message = await stream.get_final_message()
                else:
                    message = await messages.create(**asked)
        kinds = [block.type for block in message.content]
        assert kinds == ["thinking", "redacted_thinking", "text", "tool_use", "tool_use"]
        assert message.content[3].model_dump()["input"] == {"speed": 2.5, "name": "Überflug"}
        assert message.content[4].model_dump()["input"] == {}
        assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("tool_use", 5, 42)

    run(body())


@pytest.mark.parametrize("pieces", [True, False], ids=["stream", "whole"])
def test_an_answer_has_words_thoughts_calls_and_counts(*, pieces: bool) -> None:
    """Streamed or whole, the same; `input_tokens` of this wire excludes what its cache had, ours includes it."""
    words, thought, end = answered(Canned(pieces=EVERYTHING), prompt=replace(HELLO, pieces=pieces))
    assert (words, thought.strip()) == ("I fly now", "Let me think")
    assert [(call.id, call.name, json.loads(call.arguments)) for call in end.tool_calls] == [
        ("toolu_physics-fly_3", "physics-fly", {"speed": 2.5, "name": "Überflug"}),
        ("toolu_physics-land_4", "physics-land", {}),
    ]
    assert end.finish_reason == "tool_calls"
    assert end.usage == Usage(input=135, output=42, cached=100, written=30, reasoning=9)
    assert (end.input_tokens, end.output_tokens) == (135, 42)
    first, second = end.reasoning
    assert (first.text, first.signature, first.origin) == (thought, "c2lnbmVk", "anthropic")
    assert second == Reasoning(redacted="ZW5jcnlwdGVk", origin="anthropic")


def test_the_longer_part_of_the_cache_is_told_apart() -> None:
    """What is kept for an hour costs more than what is kept for five minutes."""
    kept = {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}
    first = starts(1, cache_creation_input_tokens=30, cache_creation=kept, cache_read_input_tokens=None)
    _, _, end = answered(Canned(pieces=[first, *text_block(0, "ok"), ends(), STOP]))
    assert end.usage == Usage(input=31, output=3, written=30, written_long=20)


def test_counts_at_the_end_are_those_that_count() -> None:
    """Some servers know the input only when they end; what they leave out or send as null stands as it was."""
    last = ends(input_tokens=12, cache_read_input_tokens=None)
    _, _, end = answered(Canned(pieces=[starts(0, cache_read_input_tokens=4), *text_block(0, "ok"), last, STOP]))
    assert end.usage == Usage(input=16, output=3, cached=4)


def test_the_count_is_read_of_what_passes_as_it_is() -> None:
    """Of a stream's events and of a whole message alike; where none is stated there is none."""
    data = [json.loads(one.split(b"data: ")[1]) for one in EVERYTHING]
    message = {**data[0]["message"], "usage": data[0]["message"]["usage"] | data[-2]["usage"]}
    names = Variables(url="", key="", model="")
    driver = Anthropic(Server("anthropic", "", KEY, Http(), names))
    for said in ([data[0], data[-2]], data, [message]):
        assert driver.used(said) == Usage(input=135, output=42, cached=100, written=30, reasoning=9)
    assert driver.used([data[0]]) == Usage(input=135, output=1, cached=100, written=30)
    assert driver.used([]) is driver.used([{"type": "ping"}]) is None


def test_the_request_is_anthropics() -> None:
    """System apart, calls and results as blocks, results first and together, the key and version as headers."""

    async def body() -> None:
        fake = FakeAnthropic(says("ok"))
        async with asking(fake) as driver:
            calls = (
                ToolCall(id="c1", name="physics-fly", arguments='{"speed":2}'),
                ToolCall(id="functions.fly:1", name="physics.fly", arguments="[1]"),
            )
            messages = [
                Message(role="system", content="Be brief."),
                Message(role="system", content="Be kind."),
                Message(role="user", content="Flieg, bitte: 20 m/s, 40°"),
                Message(role="user", content="  "),
                Message(role="assistant", content=" ", tool_calls=calls),
                Message(role="system", content="Now it rains."),
                Message(role="tool", content='{"distance":4}', tool_call_id="c1"),
                Message(role="tool", content="", tool_call_id="functions.fly:1"),
                Message(role="user", content="And?"),
            ]
            prompt = Prompt(
                model="m",
                messages=messages,
                tools=[TOOL, Tool(name="a.b", description="", parameters={}, strict=True)],
                max_tokens=9,
                temperature=1.5,
                top_p=0.9,
                stop=("END", " "),
                user="ann",
                seed=7,
                frequency_penalty=0.5,
            )
            _, _, end = await whole(driver, prompt)
        assert end.ignored == ("seed", "frequency_penalty")
        asked = fake.asked[0]
        assert asked.headers["x-api-key"] == KEY
        assert asked.headers["anthropic-version"] == VERSION
        assert asked.body == {
            "model": "m",
            "max_tokens": 9,
            "stream": True,
            "temperature": 1.0,
            "top_p": 0.9,
            "stop_sequences": ["END"],
            "metadata": {"user_id": "ann"},
            "cache_control": {"type": "ephemeral"},
            "system": "Be brief.\n\nBe kind.",
            "tools": [
                {
                    "name": "physics-fly",
                    "description": "Fly.",
                    "input_schema": {"type": "object", "properties": {"speed": {"type": "number"}}},
                },
                {"name": "a_b", "input_schema": {"type": "object"}, "strict": True},
            ],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Flieg, bitte: 20 m/s, 40°"}]},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "tool_use", "id": "c1", "name": "physics-fly", "input": {"speed": 2}},
                        {"type": "tool_use", "id": "functions-fly-1", "name": "physics_fly", "input": {}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "c1", "content": '{"distance":4}'},
                        {"type": "tool_result", "tool_use_id": "functions-fly-1"},
                        {"type": "text", "text": "<system>\nNow it rains.\n</system>"},
                        {"type": "text", "text": "And?"},
                    ],
                },
            ],
        }

    run(body())


def test_a_tool_keeps_its_own_name() -> None:
    """The wire takes no dot; the caller hears the name that it gave."""
    tool = Tool(name="physics.fly", description="", parameters={})
    _, _, end = answered(wants(("physics_fly", {})), prompt=replace(HELLO, tools=[tool]))
    assert [call.name for call in end.tool_calls] == ["physics.fly"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, False),
        ({"tools": [TOOL]}, True),
        ({"tools": [TOOL], "tool_choice": "required"}, False),
        ({"messages": [*HELLO.messages, Message(role="assistant", content="Hi"), *HELLO.messages]}, True),
    ],
)
def test_a_conversation_that_goes_on_is_kept_in_the_providers_cache(given: dict[str, Any], *, kept: bool) -> None:
    """Each next step reads it for a tenth of its price; what is asked once is not made dearer."""
    assert ("cache_control" in sent(replace(HELLO, **given))) is kept


def test_a_conversation_that_called_tools_names_them_to_its_end() -> None:
    """The last step of a turn offers none, and the server wants those that were called to be known."""
    call = ToolCall(id="c1", name="physics.fly", arguments="{}")
    turn = Message(role="assistant", content="", tool_calls=(call,))
    body = sent(replace(HELLO, messages=[*HELLO.messages, turn, Message(role="tool", content="4", tool_call_id="c1")]))
    assert body["tools"] == [{"name": "physics_fly", "input_schema": {"type": "object"}}]
    assert body["tool_choice"] == {"type": "none"}


def test_instructions_alone_are_asked_as_a_turn() -> None:
    """The wire wants a turn: the last instruction is one, then."""
    body = sent(replace(HELLO, messages=[Message(role="system", content=word) for word in ("One.", "Two.")]))
    assert (body["system"], body["messages"][0]["role"]) == ("One.", "user")


@pytest.mark.parametrize(
    ("given", "choice"),
    [
        ({}, None),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_name": "physics-fly"}, {"type": "tool", "name": "physics-fly"}),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"tool_choice": "required", "parallel_tool_calls": False}, {"type": "any", "disable_parallel_tool_use": True}),
        ({"tool_choice": "none", "parallel_tool_calls": False}, {"type": "none"}),
    ],
)
def test_the_choice_among_tools_has_the_wires_words(given: dict[str, Any], choice: object) -> None:
    """What is the default is left to the server."""
    assert sent(replace(HELLO, tools=[TOOL], **given)).get("tool_choice") == choice


def test_images_and_documents_are_blocks_in_their_order() -> None:
    """Bytes as base64, addresses as addresses, text as text; in a tool's result too."""
    png, pdf = Part(kind="image", media_type="image/png", data=b"\x89PNG"), b"%PDF"
    parts = (
        Part(kind="text", text="First:"),
        png,
        Part(kind="text", text="second:"),
        Part(kind="image", url="https://example.com/a.jpg"),
        Part(kind="file", media_type="application/pdf", data=pdf, name="paper.pdf"),
        Part(kind="file", media_type="application/json", data="a,ü".encode()),
    )
    call = ToolCall(id="c1", name="physics-fly", arguments="{}")
    messages = [
        Message(role="user", content="First:second:", parts=parts),
        Message(role="assistant", content="", tool_calls=(call,)),
        Message(role="tool", content="Seen:", parts=(png,), tool_call_id="c1"),
    ]
    user, _, results = sent(replace(HELLO, messages=messages, tools=[TOOL]))["messages"]
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}}
    assert user["content"] == [
        {"type": "text", "text": "First:"},
        image,
        {"type": "text", "text": "second:"},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.jpg"}},
        {
            "type": "document",
            "title": "paper.pdf",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="},
        },
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a,ü"}},
    ]
    assert results["content"][0]["content"] == [{"type": "text", "text": "Seen:"}, image]


@pytest.mark.parametrize(
    "part",
    [
        Part(kind="audio", media_type="audio/wav", data=b"RIFF"),
        Part(kind="image", media_type="image/tiff", data=b"II"),
        Part(kind="file", media_type="application/zip", data=b"PK"),
    ],
)
def test_what_no_model_there_takes_is_named(part: Part) -> None:
    """Another model may take it: the caller, or a route, may choose that one."""
    with pytest.raises(NotSupported, match=part.media_type):
        answered(says("never"), prompt=replace(HELLO, messages=[Message(role="user", content="", parts=(part,))]))


def test_probabilities_are_refused_and_not_made_up() -> None:
    """The wire has none."""
    with pytest.raises(NotSupported, match="probabilities"):
        answered(says("never"), prompt=replace(HELLO, logprobs=0))


def test_thoughts_go_back_to_who_wrote_them_and_to_nobody_else() -> None:
    """A call of a tool is to follow its own thoughts, unchanged, or the server refuses the turn."""
    own = Reasoning(text="hm", signature="c2ln", origin="anthropic")
    hidden, foreign = Reasoning(redacted="eHl6", origin="anthropic"), Reasoning(text="hm", origin="openai")
    call = ToolCall(id="c1", name="physics-fly", arguments="{}")
    messages = [
        *HELLO.messages,
        Message(role="assistant", content="Yes.", tool_calls=(call,), reasoning=(own, hidden, foreign)),
        Message(role="tool", content="done", tool_call_id="c1"),
    ]
    turn = sent(replace(HELLO, messages=messages, tools=[TOOL]))["messages"][1]
    assert turn["content"][:3] == [
        {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "eHl6"},
        {"type": "text", "text": "Yes."},
    ]
    refusal = fails(400, "invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block")
    turn = sent(replace(HELLO, messages=messages, tools=[TOOL]), refusal, says("ok"))["messages"][1]
    assert [block["type"] for block in turn["content"]] == ["text", "tool_use"]


def test_a_conversation_that_cannot_be_thought_about_says_nothing_of_the_model() -> None:
    """What a refusal leads to by a path into the conversation is left out of this call alone."""
    call = ToolCall(id="c1", name="physics-fly", arguments="{}")
    own = Reasoning(text="hm", signature="c2ln", origin="anthropic")
    turns = [
        *HELLO.messages,
        Message(role="assistant", content="", tool_calls=(call,), reasoning=(own,)),
        Message(role="tool", content="done", tool_call_id="c1"),
    ]

    async def body() -> None:
        fake = FakeAnthropic(
            fails(400, "invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block"),
            fails(400, "invalid_request_error", "messages.1.content.0.type: Expected `thinking`, but found `tool_use`"),
            says("ok"),
            says("ok"),
        )
        asked = replace(HELLO, messages=turns, tools=[TOOL], reasoning="high")
        async with asking(fake) as driver:
            await whole(driver, asked)
            await whole(driver, replace(asked, messages=HELLO.messages))
        _, second, third, fourth = (asked.body for asked in fake.asked)
        assert (second["thinking"]["type"], second["messages"][1]["content"][0]["type"]) == ("adaptive", "tool_use")
        assert "thinking" not in third
        assert fourth["thinking"]["type"] == "adaptive"

    run(body())


SCHEMA = {
    "type": "object",
    "properties": {"age": {"type": "integer", "minimum": 0}, "when": {"type": "string", "format": "regex"}},
    "required": ["age"],
}


def test_a_schema_is_enforced_as_far_as_the_wire_can() -> None:
    """Objects are closed and bounds left out; a strict one goes as it is; what cannot be enforced is asked in words."""
    asked = replace(HELLO, json=True, schema=SCHEMA)
    closed = {"age": {"type": "integer"}, "when": {"type": "string"}}
    assert sent(asked)["output_config"]["format"] == {
        "type": "json_schema",
        "schema": {"type": "object", "properties": closed, "required": ["age"], "additionalProperties": False},
    }
    assert sent(replace(asked, strict=True))["output_config"]["format"]["schema"] == SCHEMA
    open_ended: dict[str, Any] = {"type": "object", "properties": {"a": {}}, "additionalProperties": True}
    for free in ({"type": "object"}, open_ended):
        body = sent(replace(asked, schema=free))
        assert "output_config" not in body
        assert json.dumps(free, separators=(",", ":")) in body["system"]
    assert "one JSON object" in sent(replace(HELLO, json=True))["system"]


@pytest.mark.parametrize(
    ("given", "refusals", "has", "ignored"),
    [
        ({"reasoning": "high"}, (), {"thinking": {"type": "adaptive", "display": "summarized"}}, ()),
        ({"reasoning": "minimal"}, (), {"output_config": {"effort": "low"}}, ()),
        (
            {"reasoning": "high"},
            ("thinking.type.adaptive is not supported for this model",),
            {"thinking": {"type": "enabled", "budget_tokens": 7999}, "output_config": {"effort": "high"}},
            (),
        ),
        (
            {"reasoning": "low"},
            (
                "adaptive thinking is not supported",
                "thinking is not supported",
                "effort: not supported",
                "effort: not supported",
            ),
            {"thinking": None, "output_config": None},
            ("reasoning",),
        ),
        ({"reasoning": "max"}, ("output_config.effort: unknown",), {"output_config": {"effort": "high"}}, ()),
        ({"reasoning": "none"}, (), {"thinking": {"type": "disabled"}}, ()),
        ({"reasoning": "none"}, ("thinking.type.disabled: use it",), {"thinking": {"type": "between_tools"}}, ()),
        (
            {"reasoning": "none"},
            ("thinking.type.disabled", "thinking.type.between_tools"),
            {"thinking": None},
            ("reasoning",),
        ),
        ({"reasoning": "low", "temperature": 0.0}, (), {"temperature": None}, ("temperature",)),
        ({"temperature": 0.0}, ("`temperature` is not supported",), {"temperature": None}, ("temperature",)),
        (
            {"tools": [TOOL], "tool_name": "physics-fly"},
            ("tool_choice: forced tool use is not supported",),
            {"tool_choice": None, "system": "Call the tool physics-fly now."},
            ("tool_choice",),
        ),
        ({"tools": [TOOL], "tool_name": "physics-fly", "reasoning": "low"}, (), {"thinking": None}, ()),
        (
            {"json": True, "schema": SCHEMA, "reasoning": "low"},
            ("output_config.format: structured outputs are not supported",),
            {"output_config": {"effort": "low"}},
            (),
        ),
        ({"tools": [replace(TOOL, strict=True)]}, ("tools.0.custom.strict: no",), {"max_tokens": 8000}, ()),
        ({"tools": [TOOL]}, ("cache_control: Extra inputs are not permitted",), {"cache_control": None}, ()),
    ],
)
def test_what_a_model_refuses_is_put_another_way_and_then_left_out(
    given: dict[str, Any], refusals: tuple[str, ...], has: dict[str, Any], ignored: tuple[str, ...]
) -> None:
    """Models differ in how they are told to think, sample and choose; what is left out in the end is named."""

    async def body() -> None:
        fake = FakeAnthropic(*(fails(400, "invalid_request_error", said) for said in refusals), says("ok"), says("ok"))
        prompt = replace(HELLO, max_tokens=8000, **given)
        async with asking(fake) as driver:
            _, _, end = await whole(driver, prompt)
            assert {name: fake.asked[-1].body.get(name) for name in has} == has
            assert end.ignored == ignored
            if not prompt.json:
                before = fake.asked[-1].body
                await whole(driver, prompt)
                assert fake.asked[-1].body == before
                assert len(fake.asked) == len(refusals) + 2

    run(body())


def test_a_strict_schema_is_never_asked_in_words() -> None:
    """Who wants it to the letter is told that it is not to be had."""
    prompt = replace(HELLO, json=True, schema=SCHEMA, strict=True)
    with pytest.raises(NotSupported, match="structured outputs"):
        answered(fails(400, "invalid_request_error", "structured outputs are not supported"), prompt=prompt)


def test_a_model_is_asked_for_its_own_most() -> None:
    """The wire wants a number: the list has it, once for all calls; what it does not have is the usual one."""

    async def body() -> None:
        fake = FakeAnthropic(says("a"), says("b"), says("c"))
        async with asking(fake) as driver:
            for model in (MODEL, MODEL, "claude-unlisted"):
                await whole(driver, replace(HELLO, model=model, max_tokens=None))
        assert [asked.body["max_tokens"] for asked in fake.asked] == [8192, 8192, 4096]
        assert fake.listed == 1

    run(body())


def test_tokens_are_counted_by_the_server() -> None:
    """With all that the model reads, and without what its path for it refuses."""

    async def body() -> None:
        reply = Canned(pieces=[b'{"input_tokens":42}'], content_type="application/json")
        fake = FakeAnthropic(reply, fails(404, "not_found_error", "model"), Canned(pieces=[b"[]"]))
        prompt = replace(HELLO, tools=[TOOL], temperature=0.5, stop=("END",), user="ann")
        async with asking(fake) as driver:
            assert await driver.count_tokens(prompt) == 42
            with pytest.raises(NotFound):
                await driver.count_tokens(prompt)
            with pytest.raises(UpstreamFailed, match="no count"):
                await driver.count_tokens(prompt)
        assert fake.asked[0].path == "/v1/messages/count_tokens"
        assert set(fake.asked[0].body) == {"model", "messages", "tools"}

    run(body())


def test_a_long_answer_is_streamed_whoever_asks() -> None:
    """A connection that is silent for minutes is cut by what stands between."""
    assert sent(replace(HELLO, pieces=False, max_tokens=20_000))["stream"] is True
    assert sent(replace(HELLO, pieces=False))["stream"] is False


def test_words_arrive_while_the_server_still_writes() -> None:
    """The answer streams, and closing it closes the server's connection."""

    async def body() -> None:
        fake = FakeAnthropic(Canned(pieces=[starts(), begins(0, type="text", text="first")], held=True))
        async with asking(fake) as driver:
            async with aclosing(driver.generate(HELLO)) as answer:
                assert await anext(answer) == TextChunk(text="first")
                assert not fake.left.is_set()
            await fake.left.wait()

    run(body())


STREAM = b"".join(EVERYTHING)


@settings(max_examples=25)
@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_an_answer_survives_any_cut_of_its_bytes(places: list[int]) -> None:
    """Nothing depends on how the server's writes are cut, also within a character."""
    edges = [0, *sorted(places), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    words, _, end = answered(Canned(pieces=[piece for piece in pieces if piece]))
    assert (words, len(end.tool_calls), end.output_tokens) == ("I fly now", 2, 42)


@pytest.mark.parametrize("count", range(len(EVERYTHING)))
def test_a_connection_that_breaks_is_a_failure_until_the_reason_of_the_end(count: int) -> None:
    """Promise: half an answer is never a whole one; what follows the reason of the end says nothing more."""
    reply = Canned(pieces=EVERYTHING[:count], cut=True)
    if count >= len(EVERYTHING) - 1:
        assert answered(reply)[2].output_tokens == 42
        return
    with pytest.raises(UpstreamFailed, match="broke off") as caught:
        answered(reply)
    assert caught.value.sent == "maybe"


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("what_is_new", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
    ],
)
def test_each_reason_of_an_end_has_one_of_ours(reason: str, finish: str) -> None:
    """A reason that is not known is an end."""
    assert answered(says("ok", reason=reason))[2].finish_reason == finish


def test_a_refusal_of_the_model_is_no_empty_answer() -> None:
    """With words it is marked; without a word it is a failure that says why, and asking again is not advised."""
    assert answered(says("I would rather not", reason="refusal"))[2].refused
    details = {"type": "refusal", "category": "cyber", "explanation": "It may do harm."}
    with pytest.raises(InvalidRequest, match="refused to answer: It may do harm"):
        answered(Canned(pieces=[starts(), ends("refusal", details=details), STOP]))


def test_what_is_not_known_says_nothing() -> None:
    """The vendor adds kinds of events, blocks and deltas, and asks clients to skip them."""
    pieces = [
        starts(),
        event("news", of="tomorrow"),
        begins(0, type="server_tool_use", id="x", name="web_search", input={}),
        delta(0, "input_json", partial_json="{}"),
        stops(0),
        begins(1, type="text", text=""),
        delta(1, "citations", citation={}),
        delta(1, "text", text="ok"),
        delta(1, "news", of="tomorrow"),
        stops(1),
        ends(),
        STOP,
    ]
    words, _, end = answered(Canned(pieces=pieces))
    assert (words, end.tool_calls) == ("ok", ())


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (Canned(pieces=[starts(), *text_block(0, "half")]), UpstreamFailed, "broke off before its answer was whole"),
        (Canned(pieces=[b"data: {not json\n\n"]), UpstreamFailed, "not one of its messages: {not json"),
        (Canned(pieces=[b"data: [1]\n\n"]), UpstreamFailed, "not one of its messages"),
        (Canned(pieces=[starts(), delta(0, "text", text="x")]), UpstreamFailed, "not one of its messages"),
        (Canned(pieces=[b"null"], content_type="application/json"), UpstreamFailed, "not one of its messages"),
        (Canned(pieces=[b"<html>secret proxy"], content_type="text/html"), UpstreamFailed, "sent a web page"),
        (
            Canned(pieces=[starts(), event("error", error=error("overloaded_error", "Overloaded")["error"])]),
            Busy,
            "is overloaded: Overloaded",
        ),
        (
            Canned(pieces=[starts(), event("error", error={"type": "api_error", "message": f"lost {KEY}"})]),
            UpstreamFailed,
            "failed with 500: lost ***",
        ),
        (Canned(pieces=[starts(), event("error")]), UpstreamFailed, "failed with 500"),
    ],
)
def test_a_wrong_stream_is_a_failure_of_the_server(reply: Canned, kind: type[NisError], said: str) -> None:
    """A cut, a malformed event, an error within status 200: each is said; money may have been spent."""
    with pytest.raises(kind) as caught:
        answered(reply)
    assert said in caught.value.message
    assert "secret" not in caught.value.message
    assert KEY not in json.dumps(caught.value.problem())
    assert caught.value.sent == "maybe"


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (fails(401, "authentication_error", f"invalid x-api-key {KEY}"), Unavailable, "refuses the key (401)"),
        (fails(403, "permission_error", f"not for {KEY[:9]}"), Unavailable, "refuses the key (403)"),
        (fails(402, "billing_error", "Pay"), Unavailable, "wants to be paid first: Pay"),
        (
            fails(400, "invalid_request_error", "Your credit balance is too low to access the API."),
            Unavailable,
            "wants to be paid first",
        ),
        (fails(404, "not_found_error", f"model: {MODEL}"), NotFound, f"no model '{MODEL}'"),
        (fails(413, "request_too_large"), InvalidRequest, "longer than"),
        (
            fails(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            InvalidRequest,
            "longer than",
        ),
        (fails(400, "invalid_request_error", "messages: roles must"), InvalidRequest, "refused the request (400)"),
        (fails(429, "rate_limit_error", f"for {KEY}", Retry_After="17"), Busy, "for ***; try again after 17 s"),
        (overloaded(), Busy, "is overloaded: Overloaded; try again later"),
        (fails(500, "api_error", "boom"), UpstreamFailed, "failed with 500: boom"),
        (fails(504, "timeout_error"), UpstreamFailed, "failed with 504"),
        (fails(307, "x"), Unavailable, "answered 307"),
        (
            Canned(pieces=[b"<html>secret proxy"], status=502, content_type="text/html"),
            UpstreamFailed,
            "failed with 502.",
        ),
    ],
)
def test_each_refusal_is_a_failure_of_its_own(reply: Canned, kind: type[NisError], said: str) -> None:
    """A status means what the error tree says, and whether money may have been spent; the key is in none of it."""
    with pytest.raises(kind) as caught:
        answered(reply)
    assert caught.type is kind
    assert said in caught.value.message
    problem = json.dumps(caught.value.problem())
    assert KEY not in problem
    assert KEY[:9] not in problem
    assert "secret" not in problem
    assert caught.value.sent == ("maybe" if reply.status in (502, 504) else "refused")


def test_the_time_to_wait_is_the_servers() -> None:
    """Routing waits as long as it was told."""
    with pytest.raises(Busy) as caught:
        answered(overloaded(Retry_After="17"))
    assert caught.value.retry_after == 17


def test_a_silent_server_is_given_up() -> None:
    """Between two pieces a server has `patience` seconds."""
    with pytest.raises(UpstreamFailed, match=r"sent nothing for 0\.1 s"):
        answered(Canned(pieces=[starts()], held=True), patience=0.1)


def test_a_connection_left_open_after_the_end_holds_nobody_up() -> None:
    """The last event is the end, whatever the connection does."""
    assert answered(Canned(pieces=[starts(), *text_block(0, "whole"), ends(), STOP], held=True))[0] == "whole"


def test_a_connection_is_used_again() -> None:
    """After a stream, a whole answer and a count alike: a new one costs a handshake."""

    async def body() -> None:
        count = Canned(pieces=[b'{"input_tokens":42}'], content_type="application/json")
        fake = FakeAnthropic(says("one"), says("two"), count, says("three"))
        async with asking(fake) as driver:
            await whole(driver)
            await whole(driver, replace(HELLO, pieces=False))
            await driver.count_tokens(HELLO)
            await whole(driver)
        assert len({asked.port for asked in fake.asked}) == 1

    run(body())


def test_an_endless_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read of an answer is bounded, also when it is one line."""
    monkeypatch.setattr(anthropic, "LONGEST_ANSWER", 100_000)
    with pytest.raises(UpstreamFailed, match="more than"):
        answered(Canned(pieces=[b"data: ", *[b"x" * 10_000] * 20], held=True))


def test_a_server_that_is_not_there_was_not_asked(free_port: int) -> None:
    """Nothing was spent, and another may be asked; the remedy names the setting."""

    async def body() -> None:
        async with asking(FakeAnthropic(), url=f"http://127.0.0.1:{free_port}/v1") as driver:
            with pytest.raises(Unavailable, match="cannot be reached") as caught:
                await whole(driver)
            assert caught.value.sent == "no"
            assert "NIS_ANTHROPIC_URL" in caught.value.remedy
        async with asking(FakeAnthropic(), url="https//x") as driver:
            with pytest.raises(Unavailable, match="NIS_ANTHROPIC_URL is not an address"):
                await whole(driver)
        async with asking(FakeAnthropic(), key="") as driver:
            with pytest.raises(Unavailable, match="needs a key"):
                await whole(driver)

    run(body())


def test_the_models_are_listed_with_what_they_take() -> None:
    """The default first; what is retired is left out; what is not said is not known."""
    names = [card("claude-old", lifecycle="retired"), card("claude-new", capabilities=None), card(MODEL)]
    listing = json.dumps({"data": names, "has_more": False}).encode()

    async def body() -> None:
        fake = FakeAnthropic(models=Canned(pieces=[listing], content_type="application/json"))
        async with asking(fake) as driver:
            large, new = await driver.models()
            assert (large.id, large.context_tokens, large.max_output) == (f"anthropic:{MODEL}", 200_000, 8192)
            assert (large.vision, large.files, large.json_schema, large.audio) == (True, False, True, False)
            assert (new.name, new.vision) == ("claude-new", None)
            assert await driver.find("claude-new") == new
            assert await driver.find("claude-old") is None

    run(body())


def test_a_server_without_a_list_still_answers_for_its_default() -> None:
    """Other servers that speak these messages may list nothing; a wrong key is told at once."""

    async def body() -> None:
        gone = Canned(pieces=[b"{}"], status=404, content_type="application/json")
        async with asking(FakeAnthropic(says("ok"), models=gone)) as driver:
            (default,) = await driver.models()
            assert "gave no list" in default.detail
            assert (await whole(driver, replace(HELLO, max_tokens=None)))[0] == "ok"
            assert (await driver.find("another")) is not None
        wrong = Canned(pieces=[b"{}"], status=401, content_type="application/json")
        async with asking(FakeAnthropic(models=wrong)) as driver:
            with pytest.raises(Unavailable, match="refuses the key"):
                await driver.models()
            # What needs no list is there all the same.
            assert (await driver.find(None)) is not None
        async with asking(FakeAnthropic(says("ok"), models=gone), model=None) as driver:
            assert (await whole(driver, replace(HELLO, max_tokens=None)))[0] == "ok"

    run(body())


def test_an_address_may_lack_the_version() -> None:
    """The official clients are given `https://api.anthropic.com`; both forms are taken here."""
    assert (
        address("https://api.anthropic.com") == address("https://api.anthropic.com/") == "https://api.anthropic.com/v1"
    )
    assert address("http://127.0.0.1:9/v1") == "http://127.0.0.1:9/v1"


def test_a_chat_on_anthropic_uses_tools_and_gives_its_thoughts_back(serve: Serve) -> None:
    """Promise: the key alone makes the provider; an agent's turn computes with it, and its log holds no key."""
    fly = ("physics-simulate_projectile", {"speed": 20, "angle": 40})
    fake = FakeAnthropic(
        wants(fly, text="I compute.", thought="They want a number"),
        lambda asked: says(f"The tool said: {asked.body['messages'][-1]['content'][0]['content']}"),
    )
    with fake.in_thread():
        url = fake.url.removesuffix("/v1")
        server = serve(ANTHROPIC_API_KEY=KEY, NIS_ANTHROPIC_URL=url, NIS_ANTHROPIC_MODEL=MODEL)
        reply = done(server, "POST", "/chat", {"message": "How far does a ball fly at 20 m/s and 40 degrees?"})
        events = done(server, "GET", f"/runs/{reply['run_id']}/events")
    assert "range" in reply["response"]
    assert (reply["provider"], reply["model"]) == ("anthropic", MODEL)
    question, turn, result = fake.asked[1].body["messages"]
    assert question["content"][0]["text"].startswith("How far")
    assert [block["type"] for block in turn["content"]] == ["thinking", "text", "tool_use"]
    assert turn["content"][0]["signature"] == "c2lnbmVk"
    assert result["content"][0]["type"] == "tool_result"
    assert KEY not in json.dumps(events)
    assert KEY not in server.log.read_text()
