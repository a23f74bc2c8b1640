"""What is no words in OpenAI's format: pictures, sounds, files, thoughts, probabilities, and what the tokens were."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast

import pytest
from fake_openai import DONE, Canned, FakeOpenAI, delta, event, fails, malformed, rate_limited, says, thinks, wants
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import SecretStr, TypeAdapter

from nis_backend.drivers.http.client import Http
from nis_backend.drivers.llm.answer import (
    Answered,
    Item,
    Reasoning,
    ReasoningChunk,
    TextChunk,
    TokenLogprob,
    ToolCall,
    Usage,
)
from nis_backend.drivers.llm.base import Message, Part, Prompt, Tool
from nis_backend.drivers.llm.openai_compatible import OpenAICompatible
from nis_backend.drivers.llm.openai_parts import messages_of
from nis_backend.errors import Busy, NotSupported, Unavailable, UpstreamFailed

KEY = "sk-never-shown"
T = TypeVar("T")
HELLO = Prompt(model="fake-large", messages=[Message(role="user", content="hello")])
PNG, WAV, PDF = b"\x89PNG", b"RIFF", b"%PDF"
PHOTO = Part(kind="image", media_type="image/png", data=PNG)


def run(body: Coroutine[Any, Any, T]) -> T:
    """Run a test's body, at most 30 s."""
    return asyncio.run(asyncio.wait_for(body, 120))


@asynccontextmanager
async def asking(fake: FakeOpenAI, url: str = "") -> AsyncGenerator[OpenAICompatible]:
    """A driver for the fake server, or for another address."""
    http = Http()
    async with fake.running():
        try:
            yield OpenAICompatible(
                "local",
                url or fake.url,
                SecretStr(KEY),
                http=http,
                url_variable="NIS_LOCAL_URL",
                key_variable="NIS_LOCAL_API_KEY",
                model_variable="NIS_LOCAL_MODEL",
            )
        finally:
            await http.close()


def items(*replies: Canned, prompt: Prompt = HELLO) -> list[Item]:
    """What comes of these replies."""

    async def body() -> list[Item]:
        async with asking(FakeOpenAI(*replies)) as driver:
            return [item async for item in driver.generate(prompt)]

    return run(body())


def end_of(*replies: Canned, prompt: Prompt = HELLO) -> Answered:
    """The end of the answer."""
    last = items(*replies, prompt=prompt)[-1]
    assert isinstance(last, Answered)
    return last


def data(media_type: str, content: bytes) -> str:
    """An address that holds the bytes itself."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def test_a_turn_with_parts_is_a_list_in_their_order() -> None:
    """Source: content parts of a user message; `detail` is told only where one was chosen."""
    turn = Message(
        role="user",
        content="Compare.",
        parts=(
            replace(PHOTO, detail="low"),
            Part(kind="image", url="https://example.org/a.jpg"),
            Part(kind="audio", media_type="audio/mpeg", data=WAV),
            Part(kind="file", media_type="application/pdf", data=PDF, name="plan.pdf"),
        ),
    )
    [body] = messages_of([turn], "local")
    assert body == {
        "role": "user",
        "content": [
            {"type": "text", "text": "Compare."},
            {"type": "image_url", "image_url": {"url": data("image/png", PNG), "detail": "low"}},
            {"type": "image_url", "image_url": {"url": "https://example.org/a.jpg"}},
            {"type": "input_audio", "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "mp3"}},
            {"type": "file", "file": {"file_data": data("application/pdf", PDF), "filename": "plan.pdf"}},
        ],
    }
    first, second = (Part(kind="text", text=text) for text in ("One:", "two:"))
    among = replace(turn, content="One:two:", parts=(first, PHOTO, second, PHOTO))
    [body] = messages_of([among], "local")
    assert [part["type"] for part in body["content"]] == ["text", "image_url", "text", "image_url"]


@pytest.mark.parametrize(
    ("role", "part", "said"),
    [
        ("user", Part(kind="audio", media_type="audio/ogg", data=b"Ogg"), "audio of the type audio/ogg"),
        ("user", Part(kind="audio", url="https://example.org/a.wav"), "audio by its address"),
        ("user", Part(kind="file", url="https://example.org/a.pdf"), "file by its address"),
        ("user", Part(kind="image", media_type="text/plain", data=b"x"), "image of the type text/plain"),
        ("assistant", PHOTO, "no image in a turn of the assistant's"),
        ("system", PHOTO, "no image in a turn of the system's"),
    ],
)
def test_what_the_format_has_no_place_for_is_refused_by_its_kind(role: Any, part: Part, said: str) -> None:
    """Nothing is left out in silence: a model would answer about what it was not shown."""
    with pytest.raises(NotSupported, match=said):
        items(says("never"), prompt=replace(HELLO, messages=[Message(role=role, content="x", parts=(part,))]))


def test_what_a_tool_shows_follows_its_results_as_a_turn_of_the_users() -> None:
    """Results are words in this format, and nothing may stand between the results of one turn's calls."""
    calls = tuple(ToolCall(id=one, name="camera-shoot", arguments="{}") for one in ("a", "b"))
    turns = [
        Message(role="user", content="Look."),
        Message(role="assistant", content="", tool_calls=calls),
        Message(role="tool", content="taken", tool_call_id="a", parts=(PHOTO,)),
        Message(role="tool", content="dark", tool_call_id="b"),
    ]
    picture = {"type": "image_url", "image_url": {"url": data("image/png", PNG)}}
    for more in ([], [Message(role="assistant", content="A lamp.")]):
        wire = messages_of([*turns, *more], "local")
        roles = ["user", "assistant", "tool", "tool", "user", *(one.role for one in more)]
        assert [one["role"] for one in wire] == roles
        assert (wire[2]["content"], wire[4]["content"]) == ("taken", [picture])


@pytest.mark.parametrize("pieces", [True, False])
@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_what_a_model_thinks_is_told_apart_from_its_words(name: str, pieces: bool) -> None:
    """Under either name, streamed and whole, and counted among what it wrote."""
    found = items(thinks("two and two", "Four.", name=name), prompt=replace(HELLO, pieces=pieces))
    thought = "".join(item.text for item in found if isinstance(item, ReasoningChunk))
    assert thought.strip() == "two and two"
    assert [item for item in found if isinstance(item, TextChunk)] == [TextChunk(text="Four.")]
    end = found[-1]
    assert isinstance(end, Answered)
    assert end.spent() == Usage(input=7, output=6, reasoning=3)


def test_thoughts_that_led_to_calls_go_back_under_their_own_name_within_the_turn() -> None:
    """DeepSeek refuses a call's result without them, and refuses those of a turn that has ended."""
    asked = replace(HELLO, tools=[Tool(name="a", description="", parameters={})])
    call = wants(("a", {}))
    thinking = replace(call, pieces=[delta(reasoning="I need a."), *call.pieces])

    async def body() -> None:
        fake = FakeOpenAI(thinking, says("done"), says("done"))
        async with asking(fake) as driver:
            [*_, end] = [item async for item in driver.generate(asked)]
            assert isinstance(end, Answered)
            assert end.reasoning == (Reasoning(text="I need a.", origin="local"),)
            turn = Message(role="assistant", content="", tool_calls=end.tool_calls, reasoning=end.reasoning)
            result = Message(role="tool", content="1", tool_call_id=end.tool_calls[0].id)
            within = replace(asked, messages=[*HELLO.messages, turn, result])
            later = replace(within, messages=[*within.messages, Message(role="user", content="And now?")])
            for prompt in (within, later):
                assert [item async for item in driver.generate(prompt)]
        assert fake.asked[1].body["messages"][1]["reasoning"] == "I need a."
        assert "reasoning_content" not in fake.asked[1].body["messages"][1]
        assert "reasoning" not in fake.asked[2].body["messages"][1]

    run(body())


def test_another_providers_thoughts_are_not_sent() -> None:
    """They mean nothing to it, and may be another vendor's secret."""
    turn = Message(role="assistant", content="", reasoning=(Reasoning(text="hm", signature="s", origin="anthropic"),))
    assert messages_of([*HELLO.messages, turn], "local")[1] == {"role": "assistant", "content": ""}


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 50,
                "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 8, "audio_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 2},
            },
            Usage(input=100, output=50, cached=64, written=8, reasoning=30, audio_in=4, audio_out=2),
        ),
        (
            {"prompt_tokens": 100, "completion_tokens": 50, "prompt_cache_hit_tokens": 90},
            Usage(input=100, output=50, cached=90),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 45}, Usage(input=10, output=35)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, Usage(input=10, output=5)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": None}, Usage(input=10, output=5)),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 99}},
            Usage(input=10, output=5, cached=10),
        ),
        ({"prompt_tokens": -1, "completion_tokens": "many"}, Usage()),
    ],
)
def test_the_tokens_are_told_whole(stated: dict[str, Any], meant: Usage) -> None:
    """Cached ones are among the input, thoughts among the output, also where a server has them in the total alone.

    Source: OpenAI's usage object; DeepSeek's `prompt_cache_hit_tokens`; Gemini's and xAI's totals.
    """
    end = end_of(Canned(pieces=[delta(content="x"), delta("stop"), event(choices=[], usage=stated), DONE]))
    assert end.spent() == meant
    assert (end.input_tokens, end.output_tokens) == (meant.input, meant.output)


def test_groqs_own_place_for_the_count_is_known() -> None:
    """Its streams state it beside the last chunk's choices, under its own name."""
    last: dict[str, Any] = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    counted = event(**last, x_groq={"id": "req", "usage": {"prompt_tokens": 4, "completion_tokens": 2}})
    assert end_of(Canned(pieces=[delta(content="x"), counted, DONE])).spent() == Usage(input=4, output=2)


def meant(token: str, logprob: float) -> TokenLogprob:
    """A token and its probability alone."""
    return TokenLogprob(token=token, logprob=logprob)


def test_probabilities_come_with_the_words_they_are_of() -> None:
    """`logprobs: 2` asks for two alternatives, 0 for none; what no JSON holds is the least there is."""

    def stated(token: str, logprob: float, *others: tuple[str, float]) -> dict[str, Any]:
        alternatives = [{"token": one, "logprob": value, "bytes": None} for one, value in others]
        return {"token": token, "logprob": logprob, "bytes": list(token.encode()), "top_logprobs": alternatives}

    def chunk(token: str, *rows: dict[str, Any]) -> bytes:
        choice = {"index": 0, "delta": {"content": token}, "logprobs": {"content": rows}, "finish_reason": None}
        return event(choices=[choice])

    async def body() -> None:
        row = stated("Hi", -0.5, ("Hi", -0.5), ("Yo", -1.5))
        said = [chunk("Hi", row), chunk("", stated("!", -math.inf)), delta("stop"), DONE]
        fake = FakeOpenAI(Canned(pieces=[b"".join(said)]), says("ok"))
        async with asking(fake) as driver:
            [words, end] = [item async for item in driver.generate(replace(HELLO, logprobs=2))]
            assert isinstance(end, Answered)
            others = (meant("Hi", -0.5), meant("Yo", -1.5))
            first = replace(meant("Hi", -0.5), bytes=(72, 105), alternatives=others)
            assert words == TextChunk(text="Hi", logprobs=(first, replace(meant("!", -9999.0), bytes=(33,))))
            assert [item async for item in driver.generate(replace(HELLO, logprobs=0))]
        asked = [{name: one.body.get(name) for name in ("logprobs", "top_logprobs")} for one in fake.asked]
        assert asked == [{"logprobs": True, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": None}]

    run(body())


def test_a_refusal_is_words_and_is_told_to_be_one() -> None:
    """Source: `refusal` of a message, which stands in the place of its content."""
    said = [delta(role="assistant", content=None, refusal=""), delta(refusal="I can't "), delta(refusal="do that.")]
    *words, end = items(Canned(pieces=[*said, delta("stop"), DONE]))
    assert "".join(cast("TextChunk", one).text for one in words) == "I can't do that."
    assert isinstance(end, Answered)
    assert end.refused
    assert not end_of(says("Yes.")).refused


def test_an_effort_that_a_server_refuses_is_left_out_and_told() -> None:
    """Its caller hears what was not heeded; the server is asked without it from then on."""

    async def body() -> None:
        refused = fails(400, "Unrecognized request argument supplied: reasoning_effort")
        fake = FakeOpenAI(says("a"), refused, says("b"), says("c"), says("d"))
        prompt = replace(HELLO, reasoning="low", user="ann")
        async with asking(fake) as driver:
            ignored: list[tuple[str, ...]] = []
            for one in (prompt, prompt, prompt, HELLO):
                [*_, end] = [item async for item in driver.generate(one)]
                assert isinstance(end, Answered)
                ignored.append(end.ignored)
        assert ignored == [(), ("reasoning",), ("reasoning",), ()]
        assert [one.body.get("reasoning_effort") for one in fake.asked] == ["low", "low", None, None, None]
        assert [one.body.get("user") for one in fake.asked] == ["ann"] * 4 + [None]

    run(body())


def test_openais_own_server_is_told_the_most_tokens_by_the_name_that_all_its_models_take() -> None:
    """Its reasoning models refuse the older name; one request is saved where the address says who it is."""

    async def body() -> None:
        fake = FakeOpenAI(says("ok"))
        async with asking(fake) as driver:
            driver._server.where = "api.openai.com"  # pyright: ignore[reportPrivateUsage] - not its own
            assert [item async for item in driver.generate(replace(HELLO, max_tokens=5))]
        assert "max_tokens" not in fake.asked[0].body
        assert fake.asked[0].body["max_completion_tokens"] == 5

    run(body())


@pytest.mark.parametrize(
    ("reply", "kind", "sent"),
    [
        (fails(400, "no"), None, "refused"),
        (fails(401, "no"), Unavailable, "refused"),
        (fails(500, "no"), UpstreamFailed, "refused"),
        (fails(502, "no"), UpstreamFailed, "maybe"),
        (fails(504, "no"), UpstreamFailed, "maybe"),
        (fails(429, "You exceeded your current quota.", code="insufficient_quota"), Unavailable, "refused"),
        (fails(529, "no"), Busy, "refused"),
        (malformed(), UpstreamFailed, "maybe"),
        (Canned(pieces=[delta(content="half")], cut=True), UpstreamFailed, "maybe"),
    ],
)
def test_a_failure_tells_whether_it_may_have_cost(reply: Canned, kind: type[Exception] | None, sent: str) -> None:
    """What was refused is not billed; what broke off may be. The key is in none of them."""
    with pytest.raises(kind or Exception) as caught:
        items(reply)
    assert cast("Any", caught.value).sent == sent
    assert KEY not in str(caught.value)


def test_a_server_that_is_not_there_was_not_asked() -> None:
    """Nothing was sent: another one may be asked without paying twice."""

    async def body() -> None:
        async with asking(FakeOpenAI(), "http://127.0.0.1:1/v1") as driver:
            with pytest.raises(Unavailable) as caught:
                await anext(driver.generate(HELLO))
        assert caught.value.sent == "no"

    run(body())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17"}, 17),
        ({"Retry-After": "1.5"}, 2),
        ({"Retry-After": "20", "retry-after-ms": "2500"}, 3),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 1),
        ({"Retry-After": "soon"}, 1),
    ],
)
def test_how_long_to_wait_is_read_in_each_of_its_forms(headers: dict[str, str], seconds: int) -> None:
    """Seconds, milliseconds as OpenAI's clients know them, or a date; whole seconds from one on are told."""
    with pytest.raises(Busy) as caught:
        items(replace(rate_limited("1"), headers=headers))
    assert caught.value.retry_after == seconds


def test_bytes_are_passed_on_as_they_are() -> None:
    """What speaks this format is sent its caller's bytes, and answers its own; only the key is added."""

    async def body() -> None:
        fake = FakeOpenAI(says("Hello you"), fails(404, f"no such model, {KEY}"), Canned(pieces=[b"{}"], gzipped=True))
        sent = b'{ "model": "m",\n "stream":true, "\\u006d": [1e2] }'
        async with asking(fake) as driver:
            assert driver.wire == "chat"
            response = await driver.send("/chat/completions", sent, {"accept-encoding": "identity"}, 5)
            assert response.status == 200
            got = b"".join([piece async for piece in response.iter_any()])
            response.close()
            assert got == b"".join(says("Hello you").pieces)
            response = await driver.send("/embeddings", b"{}", {}, 5)
            error = driver.refusal(response.status, response.headers, await response.readany(), "m")
            assert (error.code, error.field, KEY in str(error.problem())) == ("not_found", "model", False)
            response = await driver.send("/chat/completions", b"{}", {}, 5)
            assert await response.readany() == b"{}"
        assert fake.asked[0].sent == sent
        assert fake.asked[0].headers["Authorization"] == f"Bearer {KEY}"
        assert {name.lower(): value for name, value in fake.asked[0].headers.items()}["accept-encoding"] == "identity"
        assert fake.asked[1].path == "/v1/embeddings"

    run(body())


def test_what_a_list_says_of_a_model_is_read() -> None:
    """Source: the lists of OpenRouter, Mistral, Groq and vLLM; OpenAI's states nothing, and nothing is made up."""
    rows: list[dict[str, Any]] = [
        {
            "id": "vendor/sees",
            "context_length": 128_000,
            "architecture": {"input_modalities": ["text", "image"]},
            "supported_parameters": ["tools", "structured_outputs"],
            "top_provider": {"max_completion_tokens": 8192},
        },
        {"id": "mistral", "max_context_length": 32_768, "capabilities": {"vision": False, "function_calling": False}},
        {"id": "groq", "context_window": 131_072, "max_completion_tokens": 32_768},
        {"id": "text-embedding-3-small"},
        {"id": "gpt"},
    ]

    async def body() -> None:
        listed = Canned(pieces=[json.dumps({"data": rows}).encode()], content_type="application/json")
        async with asking(FakeOpenAI(models=listed)) as driver:
            sees, mistral, groq, vectors, gpt = await driver.models()
        assert (sees.context_tokens, sees.max_output, sees.tools) == (128_000, 8192, True)
        assert (sees.vision, sees.audio, sees.files, sees.json_schema, sees.logprobs) == (
            True,
            False,
            False,
            True,
            False,
        )
        assert (mistral.context_tokens, mistral.vision, mistral.tools) == (32_768, False, False)
        assert (groq.context_tokens, groq.max_output, groq.vision) == (131_072, 32_768, None)
        assert (vectors.embeds, vectors.tools) == (True, False)
        assert (gpt.embeds, gpt.tools, gpt.context_tokens, gpt.vision, gpt.logprobs) == (False, True, None, None, None)

    run(body())


def test_what_the_fake_server_sends_is_what_openais_own_client_reads() -> None:
    """The oracle of these tests: OpenAI's package validates each chunk and each whole answer."""
    for reply in (says("Hello you"), wants(("a", {"x": 1})), thinks("hm", "Yes.")):
        lines = [line for line in b"".join(reply.pieces).splitlines() if line.startswith(b"data: {")]
        for line in lines:
            read: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
            chunk: dict[str, Any] = {"id": "chatcmpl-1", "created": 1, "model": "m", **read}
            TypeAdapter(ChatCompletionChunk).validate_python(_stated(chunk))
    message = {"role": "assistant", "content": "Hi", "refusal": None}
    choices = [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}]
    whole = {"id": "c", "created": 1, "model": "m", "object": "chat.completion", "choices": choices}
    TypeAdapter(ChatCompletion).validate_python(whole)


def _stated(chunk: dict[str, Any]) -> dict[str, Any]:
    """The chunk with the total that OpenAI's own usage always has."""
    usage = chunk.get("usage")
    if usage:
        chunk["usage"] = {**usage, "total_tokens": usage["prompt_tokens"] + usage["completion_tokens"]}
    return chunk
