"""OpenAI's responses as a driver, against a scripted server whose shapes its own client reads."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from fake_openai import Canned, FakeOpenAI, fails
from fake_server import Json
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from nis_backend.drivers.http.client import Http
from nis_backend.drivers.llm.answer import Answered, Item, Reasoning, ReasoningChunk, TextChunk, ToolCall, Usage
from nis_backend.drivers.llm.base import Message, Part, Prompt, Tool
from nis_backend.drivers.llm.configured import provider_of
from nis_backend.drivers.llm.openai_responses import OpenAIResponses
from nis_backend.errors import InvalidRequest, NotSupported, UpstreamFailed
from nis_backend.settings import read_settings

T = TypeVar("T")
HELLO = Prompt(model="o-fake", messages=[Message(role="user", content="hello")])
TOOL = Tool(name="a-tool", description="A tool.", parameters={"type": "object", "properties": {}})
COUNTS: Json = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
    "output_tokens": 8,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 17,
}
SPENT = Usage(input=9, output=8, cached=4, reasoning=5)


def run(body: Coroutine[Any, Any, T]) -> T:
    """Run a test's body, at most 30 s."""
    return asyncio.run(asyncio.wait_for(body, 120))


def thought(text: str, sealed: str = "sealed") -> Json:
    """An item of what the model thought."""
    summary = [{"type": "summary_text", "text": text}]
    return {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": sealed}


def message(text: str, kind: str = "output_text") -> Json:
    """An item of what it said."""
    part: Json = {"type": "refusal", "refusal": text} if kind == "refusal" else {"type": kind, "text": text}
    part |= {} if kind == "refusal" else {"annotations": [], "logprobs": []}
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}


def call(name: str, arguments: str, at: int = 1) -> Json:
    """An item of a function that it wants called."""
    item = {"type": "function_call", "id": f"fc_{at}", "call_id": f"call_{at}", "name": name, "arguments": arguments}
    return {**item, "status": "completed"}


def response(output: Sequence[Json], status: str = "completed", **given: Any) -> Json:
    """A whole response."""
    body: Json = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1.0,
        "model": "o-fake",
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "temperature": None,
        "top_p": None,
        "usage": COUNTS,
    }
    return {**body, "status": status, "output": [*output], **given}


def stream(output: Sequence[Json], status: str = "completed", **given: Any) -> Canned:
    """A response in events, each of its words one."""
    events: list[Json] = [{"type": "response.created", "response": response([], "in_progress", usage=None)}]
    for at, item in enumerate(output):
        place = {"item_id": item["id"], "output_index": at}
        events.append({"type": "response.output_item.added", "output_index": at, "item": item})
        for number, part in enumerate([*item.get("summary", ()), *item.get("content", ())]):
            for word in (part.get("text") or part.get("refusal")).split():
                said: Json = {**place, "delta": f"{word} ", "content_index": number}
                if part["type"] == "summary_text":
                    events.append({"type": "response.reasoning_summary_text.delta", "summary_index": number, **said})
                elif part["type"] == "refusal":
                    events.append({"type": "response.refusal.delta", **said})
                else:
                    events.append({"type": "response.output_text.delta", "logprobs": [], **said})
        if item["type"] == "function_call":
            more = {**place, "delta": item["arguments"]}
            events.append({"type": "response.function_call_arguments.delta", **more})
        events.append({"type": "response.output_item.done", "output_index": at, "item": item})
    events.append({"type": f"response.{status}", "response": response(output, status, **given)})
    pieces = [
        f"event: {one['type']}\ndata: {json.dumps({**one, 'sequence_number': number})}\n\n".encode()
        for number, one in enumerate(events)
    ]
    return Canned(pieces=pieces)


def as_whole(output: Sequence[Json], status: str = "completed", **given: Any) -> Canned:
    """The same in one piece."""
    body = json.dumps(response(output, status, **given)).encode()
    return Canned(pieces=[body], content_type="application/json")


@asynccontextmanager
async def asking(fake: FakeOpenAI) -> AsyncGenerator[OpenAIResponses]:
    """A driver for the fake server, set up as a row does it."""
    http = Http()
    async with fake.running():
        row: Json = {"id": "thinker", "kind": "openai-responses", "url": fake.url, "key_name": "thinker"}
        driver = provider_of(row, read_settings({"NIS_PROVIDER_KEYS": "thinker=sk-1"}), http)
        assert isinstance(driver, OpenAIResponses)
        try:
            yield driver
        finally:
            await http.close()


def items(*replies: Canned, prompt: Prompt = HELLO) -> list[Item]:
    """What comes of these replies."""

    async def body() -> list[Item]:
        async with asking(FakeOpenAI(*replies)) as driver:
            return [item async for item in driver.generate(prompt)]

    return run(body())


def said(found: Sequence[Item], kind: type[TextChunk | ReasoningChunk]) -> str:
    """The words of one kind, joined."""
    return "".join(item.text for item in found if isinstance(item, kind)).strip()


@pytest.mark.parametrize("pieces", [True, False])
def test_thoughts_words_and_calls_are_told_apart(pieces: bool) -> None:
    """Streamed and whole say the same: what was thought, what was said, what is wanted, and what it took."""
    output = [thought("two and two"), message("Let me see."), call("a-tool", '{"n": 1}'), call("a-tool", "{}", 2)]
    reply = stream(output) if pieces else as_whole(output)
    found = items(reply, prompt=replace(HELLO, pieces=pieces, tools=[TOOL]))
    assert said(found, ReasoningChunk) == "two and two"
    assert said(found, TextChunk) == "Let me see."
    assert found[-1] == Answered(
        finish_reason="tool_calls",
        tool_calls=(
            ToolCall(id="call_1", name="a-tool", arguments='{"n": 1}'),
            ToolCall(id="call_2", name="a-tool", arguments="{}"),
        ),
        input_tokens=9,
        output_tokens=8,
        usage=SPENT,
        reasoning=(Reasoning(text="two and two", signature="rs_1", redacted="sealed", origin="thinker"),),
    )


def test_a_conversation_is_items_and_nothing_is_stored() -> None:
    """Source: the input items of a request; what was thought goes back encrypted, before the calls it led to."""

    async def body() -> Json:
        fake = FakeOpenAI(stream([message("ok")]))
        reasoning = (
            Reasoning(text="hm", signature="rs_1", redacted="sealed", origin="thinker"),
            Reasoning(text="another's", signature="x", origin="anthropic"),
        )
        calls = (ToolCall(id="call_1", name="a-tool", arguments='{"n":1}'),)
        photo = Part(kind="image", media_type="image/png", data=b"png", detail="low")
        messages = [
            Message(role="system", content="Be brief."),
            Message(role="user", content="Look.", parts=(photo, Part(kind="file", url="https://example.org/a.pdf"))),
            Message(role="assistant", content="Well.", tool_calls=calls, reasoning=reasoning),
            Message(role="tool", content="1", tool_call_id="call_1"),
        ]
        prompt = Prompt(
            model="o-fake",
            messages=messages,
            tools=[TOOL],
            tool_choice="required",
            tool_name="a-tool",
            parallel_tool_calls=False,
            json=True,
            schema={"type": "object"},
            strict=True,
            max_tokens=9,
            temperature=0.5,
            reasoning="low",
            logprobs=1,
        )
        async with asking(fake) as driver:
            assert driver.wire is None
            assert [item async for item in driver.generate(prompt)]
        assert fake.asked[0].path == "/v1/responses"
        assert fake.asked[0].headers["Authorization"] == "Bearer sk-1"
        return fake.asked[0].body

    assert run(body()) == {
        "model": "o-fake",
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
        "reasoning": {"effort": "low", "summary": "auto"},
        "tools": [
            {
                "type": "function",
                "name": "a-tool",
                "description": "A tool.",
                "parameters": TOOL.parameters,
                "strict": False,
            }
        ],
        "tool_choice": {"type": "function", "name": "a-tool"},
        "parallel_tool_calls": False,
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": {"type": "object"}, "strict": True}},
        "max_output_tokens": 9,
        "temperature": 0.5,
        "top_logprobs": 1,
        "input": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Look."},
                    {"type": "input_image", "image_url": "data:image/png;base64,cG5n", "detail": "low"},
                    {"type": "input_file", "file_url": "https://example.org/a.pdf"},
                ],
            },
            thought("hm") | {"id": "rs_1"},
            {"role": "assistant", "content": [{"type": "output_text", "text": "Well."}]},
            {"type": "function_call", "call_id": "call_1", "name": "a-tool", "arguments": '{"n":1}'},
            {"type": "function_call_output", "call_id": "call_1", "output": "1"},
        ],
    }


@pytest.mark.parametrize("pieces", [True, False])
def test_ends_are_told_apart(pieces: bool) -> None:
    """Cut at its limit, refused, withheld, failed: each as what it is."""
    made = stream if pieces else as_whole
    prompt = replace(HELLO, pieces=pieces)
    cut: Json = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    end = items(made([message("half")], **cut), prompt=prompt)[-1]
    assert isinstance(end, Answered)
    assert (end.finish_reason, end.refused) == ("length", False)
    found = items(made([message("I will not.", "refusal")]), prompt=prompt)
    assert said(found, TextChunk) == "I will not."
    assert isinstance(found[-1], Answered)
    assert found[-1].refused
    with pytest.raises(InvalidRequest, match="filter of thinker"):
        items(made([], status="incomplete", incomplete_details={"reason": "content_filter"}), prompt=prompt)
    failed: Json = {"status": "failed", "error": {"code": "server_error", "message": f"Out of memory, {'sk-1'}"}}
    with pytest.raises(UpstreamFailed, match=r"broke off: Out of memory, \*\*\*"):
        items(made([], **failed), prompt=prompt)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Canned(pieces=stream([message("half")]).pieces[:3], cut=True), "before its answer was whole"),
        (Canned(pieces=stream([message("half")]).pieces[:3]), "before its answer was whole"),
        (Canned(pieces=[b'data: {"type":"error","message":"overloaded","code":null}\n\n']), "broke off: overloaded"),
        (Canned(pieces=[b"data: {}\n\n"]), "sent what is not a response"),
        (Canned(pieces=[b'data: {"type":"response.completed"}\n\n']), "sent what is not a response"),
        (Canned(pieces=[b"[]"], content_type="application/json"), "sent what is not a response"),
    ],
)
def test_a_wrong_answer_is_an_upstream_failure(reply: Canned, why: str) -> None:
    """A cut, an error among the events, what is no event: never an answer."""
    with pytest.raises(UpstreamFailed, match=why):
        items(reply)


def test_what_a_model_refuses_is_left_out_and_told() -> None:
    """Summaries need an account that was looked at, and models that do not think have nothing to encrypt."""

    async def body() -> None:
        fake = FakeOpenAI(
            fails(400, "Your organization must be verified to generate reasoning summaries."),
            fails(400, "Encrypted content is not supported with this model."),
            fails(400, "Unsupported parameter: 'reasoning.effort' is not supported with this model."),
            *[stream([message("ok")])] * 2,
        )
        prompt = replace(HELLO, reasoning="low", seed=7, stop=("END",))
        async with asking(fake) as driver:
            for one in (prompt, HELLO):
                [*_, end] = [item async for item in driver.generate(one)]
                assert isinstance(end, Answered)
                assert end.ignored == (("reasoning", "seed", "stop") if one is prompt else ())
        assert len(fake.asked) == 5
        assert [("reasoning" in one.body, "include" in one.body) for one in fake.asked[3:]] == [(False, False)] * 2

    run(body())


def test_what_the_format_has_no_place_for_is_refused() -> None:
    """Nothing is left out of a turn in silence."""
    turn = Message(role="user", content="", parts=(Part(kind="audio", media_type="audio/ogg", data=b"Ogg"),))
    with pytest.raises(NotSupported, match="audio of the type audio/ogg"):
        items(stream([]), prompt=replace(HELLO, messages=[turn]))


def test_what_the_fake_server_sends_is_what_openais_own_client_reads() -> None:
    """The oracle of these tests: each event and each whole response is validated by OpenAI's package."""
    output = [thought("hm"), message("Yes."), message("No.", "refusal"), call("a-tool", "{}")]
    events: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for piece in stream(output).pieces:
        events.validate_json(piece.partition(b"data: ")[2])
    TypeAdapter(Response).validate_python(response(output))
