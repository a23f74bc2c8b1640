"""Anthropic's dialect: what its official client gets of a model of any provider, and in what words it is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import anthropic
import pytest
from conftest import Serve, Server
from fake_anthropic import (
    STOP,
    FakeAnthropic,
    overloaded,
    redacted_block,
    starts,
    text_block,
    thinking_block,
    tool_block,
)
from fake_anthropic import Canned as Reply
from fake_anthropic import ends as ended
from fake_anthropic import event as event_of
from fake_openai import Canned, FakeOpenAI, breaks_off, delta, fails, says, thinks, usage, wants
from pydantic import BaseModel
from rest_client import ask, done

from nis_backend.capabilities.models.completion import Thought
from nis_backend.surfaces.anthropic.thoughts import sealed

Json = dict[str, Any]
KEY = "a-key-of-the-tests"
MODEL = "local:fake-large"
HI: Json = {"role": "user", "content": "Hi"}
VERSION = {"anthropic-version": "2023-06-01"}
TOOL: Json = {
    "name": "fly",
    "description": "Fly.",
    "input_schema": {"type": "object", "properties": {"speed": {"type": "number"}}, "required": ["speed"]},
}
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n and more").decode()


def client_of(server: Server, key: str = "none") -> anthropic.Anthropic:
    """The official client, which does not ask twice."""
    return anthropic.Anthropic(base_url=server.url, api_key=key, max_retries=0, timeout=60)


@contextmanager
def asking(serve: Serve, *replies: Canned | Any) -> Generator[tuple[Any, FakeOpenAI]]:
    """The client of a server whose provider speaks OpenAI's format; Any: its types differ with each overload."""
    fake = FakeOpenAI(*replies)
    with fake.in_thread():
        server = serve(NIS_LOCAL_URL=fake.url, NIS_LOCAL_MODEL="fake-large")
        with client_of(server) as client:
            yield client.messages, fake


def request(**given: Any) -> Json:
    """A request for a message."""
    return {"model": MODEL, "max_tokens": 64, "messages": [HI], **given}


def test_a_message_is_answered_whole_and_in_events(serve: Serve) -> None:
    """Promise: the official client reads the same of both, on a model that speaks another format."""
    counted = usage(20, 5)
    counted = counted.replace(
        b'"prompt_tokens": 20', b'"prompt_tokens": 20, "prompt_tokens_details": {"cached_tokens": 8}'
    )
    said = Canned(pieces=[delta(content="Hello "), delta(content="there"), delta("stop"), counted])
    with asking(serve, said, said) as (messages, fake):
        message = messages.create(**request(system="Be brief.", stop_sequences=["END"], metadata={"user_id": "ann"}))
        with messages.stream(**request()) as stream:
            words = list(stream.text_stream)
            streamed = stream.get_final_message()
    assert [block.to_dict() for block in message.content] == [{"type": "text", "text": "Hello there"}]
    assert (message.type, message.role, message.model, message.stop_reason) == (
        *("message", "assistant", MODEL),
        "end_turn",
    )
    assert (message.usage.input_tokens, message.usage.cache_read_input_tokens, message.usage.output_tokens) in (
        (12, 8, 5),
        (20, 0, 5),
    )
    assert "".join(words) == "Hello there"
    assert [block.text for block in streamed.content] == ["Hello there"]
    assert (streamed.stop_reason, streamed.usage) == (message.stop_reason, message.usage)
    body = fake.asked[0].body
    assert [turn["role"] for turn in body["messages"]] == ["system", "user"]
    assert (body["max_tokens"], body["stop"], body["stream"]) == (64, ["END"], False)


def test_a_tool_is_called_and_its_result_given_back(serve: Serve) -> None:
    """The calls of a stream and of a whole answer are the same; results are turns of their own; errors are marked."""

    def answer(asked: Any) -> Canned:
        return says(f"It said {asked.tool_results}")

    calls = wants(("fly", {"speed": 2}), ("fly", {"speed": 3}), text="I fly.")
    with asking(serve, calls, calls, answer) as (messages, fake):
        asked = request(tools=[TOOL], tool_choice={"type": "any", "disable_parallel_tool_use": True})
        message = messages.create(**asked)
        with messages.stream(**asked) as stream:
            streamed = stream.get_final_message()
        assert [block.to_dict() for block in streamed.content] == [block.to_dict() for block in message.content]
        assert message.stop_reason == streamed.stop_reason == "tool_use"
        text, first, second = message.content
        assert (text.text, first.name, first.input, second.input) == ("I fly.", "fly", {"speed": 2}, {"speed": 3})
        results = [
            {"type": "tool_result", "tool_use_id": first.id, "content": "4 m"},
            {
                "type": "tool_result",
                "tool_use_id": second.id,
                "is_error": True,
                "content": [{"type": "text", "text": "no"}],
            },
            {"type": "text", "text": "And?"},
        ]
        turns = [HI, {"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
        assert (
            messages.create(**request(messages=turns, tools=[TOOL])).content[0].text == "It said ['4 m', 'Error: no']"
        )
    body = fake.asked[0].body
    assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)
    assert body["tools"][0]["function"]["parameters"] == TOOL["input_schema"]
    roles = [turn["role"] for turn in fake.asked[2].body["messages"]]
    assert roles == ["user", "assistant", "tool", "tool", "user"]


def test_an_answer_follows_a_schema(serve: Serve) -> None:
    """The client's own helper makes the schema, and reads the answer by it."""

    class Age(BaseModel):
        """An age."""

        years: int

    with asking(serve, says('{"years":7}')) as (messages, fake):
        parsed = messages.parse(**request(output_format=Age))
    assert parsed.parsed_output == Age(years=7)
    assert fake.asked[0].body["response_format"]["json_schema"]["schema"]["properties"]["years"]["type"] == "integer"


def test_what_is_thought_comes_first_and_goes_back_to_who_thought_it(serve: Serve) -> None:
    """A thinking block bears whose thought it is: another provider is not given it, this one is."""
    thought = Canned(
        pieces=[delta(reasoning_content="Let me "), delta(reasoning_content="see"), delta(content="Yes"), delta("stop")]
    )
    with asking(serve, thought, thought, says("ok")) as (messages, fake):
        asked = request(thinking={"type": "enabled", "budget_tokens": 9000}, max_tokens=10_000)
        message = messages.create(**asked)
        with messages.stream(**asked) as stream:
            streamed = stream.get_final_message()
        for one in (message, streamed):
            kinds = [block.type for block in one.content]
            assert kinds == ["thinking", "text"]
            assert (one.content[0].thinking, one.content[1].text) == ("Let me see", "Yes")
        turns = [HI, {"role": "assistant", "content": streamed.content}, HI]
        messages.create(**request(messages=turns))
    assert fake.asked[0].body["reasoning_effort"] == "high"
    assert fake.asked[2].body["messages"][1]["content"] == "Yes"


def test_images_and_documents_reach_the_model(serve: Serve) -> None:
    """As the other format has them; a plain text is words, which every model reads."""
    content = [
        {"type": "text", "text": "Look:"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "document", "title": "Notes", "source": {"type": "text", "media_type": "text/plain", "data": "abc"}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
    ]
    with asking(serve, says("seen")) as (messages, fake):
        messages.create(**request(messages=[{"role": "user", "content": content}]))
    first, image, notes, address = fake.asked[0].body["messages"][0]["content"]
    assert (first["text"], notes["text"]) == ("Look:", "Notes:\nabc\n")
    assert image["image_url"]["url"] == f"data:image/png;base64,{PNG}"
    assert address["image_url"]["url"] == "https://example.com/a.png"


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (fails(429, "slow down", Retry_After="3"), anthropic.RateLimitError, "rate_limit_error"),
        (fails(500, "boom"), anthropic.InternalServerError, "api_error"),
        (fails(404, "no such model"), anthropic.NotFoundError, "not_found_error"),
        (fails(400, "maximum context length is 8 tokens"), anthropic.BadRequestError, "invalid_request_error"),
    ],
)
def test_a_providers_refusal_has_the_clients_own_class(
    serve: Serve, reply: Canned, kind: type[anthropic.APIStatusError], said: str
) -> None:
    """Whole or streamed alike: a stream that has no part yet is answered by a status of its own."""
    with asking(serve, reply, reply) as (messages, _):
        with pytest.raises(kind) as whole:
            messages.create(**request())
        with pytest.raises(kind) as streamed, messages.stream(**request()) as stream:
            stream.get_final_message()
    for error in (whole.value, streamed.value):
        body: Any = error.body
        assert (body["type"], body["error"]["type"]) == ("error", said)
        assert error.request_id == body["request_id"] != ""


def test_a_stream_that_breaks_off_ends_with_an_error(serve: Serve) -> None:
    """Promise: half an answer is never a whole one: no reason of an end, and the failure as the last event."""
    with asking(serve, breaks_off("The answer is")) as (messages, _):
        seen: list[str] = []
        with pytest.raises(anthropic.APIStatusError, match="broke off"), messages.stream(**request()) as stream:
            seen.extend(one.type for one in stream)
    assert "message_start" in seen
    assert "message_delta" not in seen


def test_the_events_are_byte_for_byte_the_formats(serve: Serve) -> None:
    """Each with its name, in order, and no mark of an end that the format does not have."""
    fake = FakeOpenAI(says("Hello"))
    with fake.in_thread():
        server = serve(NIS_LOCAL_URL=fake.url, NIS_LOCAL_MODEL="fake-large")
        _, headers, text = send(server, request(stream=True), VERSION)
    *events, rest = text.decode().split("\n\n")
    assert rest == ""
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["request-id"]
    names = [event.split("\n")[0].removeprefix("event: ") for event in events]
    data = [json.loads(event.split("\ndata: ")[1]) for event in events]
    assert names == [one["type"] for one in data]
    assert names == [
        *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop"),
    ]
    assert data[0]["message"] | {"id": ""} == {
        "id": "",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    }
    assert data[4]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert data[4]["usage"]["input_tokens"] == 7


def send(server: Server, body: Any, headers: Json | None = None) -> tuple[int, Any, bytes]:
    """One request, whose answer is bytes."""
    from rest_client import send as raw  # noqa: PLC0415 - named as what it does here

    return raw(server, "POST", "/v1/messages", body, headers)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": 0}, "max_tokens: "),
        ({"messages": []}, "messages: "),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        ({"messages": [{"role": "tool", "content": ""}]}, "messages.0.role: "),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content.0.text: Field required"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages.0.content.0: "),
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "base64", "data": "x"}}]}]},
            "messages.0.content.0.source.media_type: Field required",
        ),
        (
            {"messages": [{"role": "assistant", "content": [{"type": "web_search_tool_result"}]}]},
            "web_search_tool_result belongs to a tool that Anthropic's servers run",
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "%%"}}
                        ],
                    }
                ]
            },
            "messages.0.content.0.source.data: base64 cannot be read",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "blob-none"}}]}
                ]
            },
            "messages: There is no blob 'blob-none'",
        ),
        ({"tools": [{"type": "web_search_20260209", "name": "web_search"}]}, "web_search_20260209 is a tool that"),
        ({"tools": [TOOL, TOOL]}, "Two tools are called 'fly'"),
        ({"tool_choice": {"type": "tool", "name": "swim"}}, "tool_choice: There is no tool 'swim'"),
        ({"temperature": 3}, "temperature: "),
        ({"colour": "red"}, "colour: not a parameter"),
        ({"container": "x"}, "container: not supported here"),
        ({"model": 7}, "model: a string names a model"),
        ({"model": "gpt-9"}, "embedded:smollm2"),
    ],
)
def test_wrong_input_is_named_where_it_stands(server: Server, given: Json, said: str) -> None:
    """The field as the caller wrote it, in the format's own words, with a status that is not tried again."""
    status, headers, body = ask(server, "POST", "/v1/messages", {**request(model="embedded"), **given}, VERSION)
    assert status in (400, 404)
    assert said in body["error"]["message"]
    assert body["error"]["type"] == ("not_found_error" if status == 404 else "invalid_request_error")
    assert (body["type"], headers["x-should-retry"]) == ("error", "false")
    assert headers["request-id"] == body["request_id"]


def test_both_versions_are_read_and_a_version_is_wanted(server: Server) -> None:
    """The later one takes no sampling parameters; without one it is not known what is meant."""
    for headers, said in (
        ({}, "anthropic-version: header is required"),
        ({"anthropic-version": "2031-01-01"}, "2031-01-01 is not a version"),
        ({"anthropic-version": "2026-10-21"}, "temperature: not a parameter of the version 2026-10-21"),
    ):
        status, _, body = ask(server, "POST", "/v1/messages", request(temperature=1, model="embedded"), headers)
        assert (status, said in body["error"]["message"]) == (400, True)


def test_errors_of_the_guard_have_the_formats_shape(serve: Serve) -> None:
    """No key, a wrong one, a body too large, another method, no JSON; the key may stand in either header."""
    server = serve(NIS_API_KEY=KEY, NIS_MAX_BODY="2048", NIS_MAX_BLOB="1024")
    for headers, body, status, kind in (
        ({}, b"{}", 401, "authentication_error"),
        ({"x-api-key": "wrong"}, b"{}", 401, "authentication_error"),
        ({"x-api-key": KEY}, b"x" * 9000, 413, "request_too_large"),
        ({"x-api-key": KEY}, b"[1", 400, "invalid_request_error"),
        ({"authorization": f"Bearer {KEY}"}, b"[]", 400, "invalid_request_error"),
    ):
        found, _, answer = ask(server, "POST", "/v1/messages", body, {**VERSION, **headers})
        assert (found, answer["type"], answer["error"]["type"]) == (status, "error", kind)
    found, _, answer = ask(server, "GET", "/v1/messages", None, {"x-api-key": KEY})
    assert (found, answer["error"]["type"]) == (405, "invalid_request_error")
    with client_of(server, "wrong") as client, pytest.raises(anthropic.AuthenticationError):
        client.messages.create(**request())


def test_the_model_in_the_box_answers_its_clients(server: Server) -> None:
    """No key and no network: a demonstration, but the whole way."""
    with client_of(server) as client:
        messages: Any = client.messages
        question = {"role": "user", "content": "What is the capital of France?"}
        message = messages.create(**request(model="embedded", messages=[question]))
        assert "Paris" in message.content[0].text
        assert message.usage.input_tokens > 0
        picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
        with pytest.raises(anthropic.BadRequestError, match="takes no image"):
            messages.create(**request(model="embedded", messages=[{"role": "user", "content": [picture]}]))


def test_anthropics_own_models_are_reached_with_all_they_have(serve: Serve) -> None:
    """Both ways of the same format: thoughts with their proof, tools, the parts of the count."""
    pieces = [
        starts(5, cache_read_input_tokens=100, cache_creation_input_tokens=30),
        *thinking_block(0, "Let me see"),
        *redacted_block(1),
        *text_block(2, "I fly"),
        *tool_block(3, "fly", {"speed": 2}),
        ended("tool_use", 9),
        STOP,
    ]
    fake = FakeAnthropic(Reply(pieces=pieces), Reply(pieces=pieces), Reply(pieces=pieces))
    with fake.in_thread():
        server = serve(ANTHROPIC_API_KEY="sk-ant-x", NIS_ANTHROPIC_URL=fake.url)
        with client_of(server) as client:
            messages: Any = client.messages
            asked = request(model="anthropic:claude-fake-large", tools=[TOOL])
            message = messages.create(**asked)
            with messages.stream(**asked) as stream:
                streamed = stream.get_final_message()
            turns = [HI, {"role": "assistant", "content": message.content}]
            result = {"type": "tool_result", "tool_use_id": message.content[3].id, "content": "4 m"}
            messages.create(**{**asked, "messages": [*turns, {"role": "user", "content": [result]}]})
    kinds = [block.type for block in message.content]
    assert kinds == ["thinking", "redacted_thinking", "text", "tool_use"]
    assert message.content[0].signature == "c2lnbmVk"
    for one in (message, streamed):
        counts = one.usage
        assert (counts.input_tokens, counts.cache_read_input_tokens, counts.cache_creation_input_tokens) == (5, 100, 30)
        assert (counts.output_tokens, one.stop_reason, one.content[-1].input) == (9, "tool_use", {"speed": 2})
    turn = fake.asked[2].body["messages"][1]
    assert [block["type"] for block in turn["content"]] == kinds
    assert turn["content"][0]["signature"] == "c2lnbmVk"


def test_tokens_are_counted_exactly_or_not_at_all(server: Server, serve: Serve) -> None:
    """By what runs the model, or by its provider; a provider that does not count says so, and nobody guesses."""
    question = {"role": "user", "content": "What is the capital of France?"}
    given: Json = {"model": "embedded", "messages": [question], "system": "Be brief."}
    with client_of(server) as client:
        messages: Any = client.messages
        counted = messages.count_tokens(**given)
        assert counted.input_tokens == messages.create(max_tokens=2, **given).usage.input_tokens
    fake = FakeAnthropic(Reply(pieces=[b'{"input_tokens":42}'], content_type="application/json"))
    with fake.in_thread():
        other = serve(
            ANTHROPIC_API_KEY="sk-ant-x", NIS_ANTHROPIC_URL=fake.url, NIS_LOCAL_URL=fake.url, NIS_LOCAL_MODEL="x"
        )
        with client_of(other) as client:
            messages = client.messages
            model = "anthropic:claude-fake-large"
            assert messages.count_tokens(**{**given, "model": model, "tools": [TOOL]}).input_tokens == 42
            with pytest.raises(anthropic.BadRequestError, match="counts no tokens"):
                messages.count_tokens(**{**given, "model": "local:x"})
    assert fake.asked[0].body["tools"][0]["name"] == "fly"


def test_models_are_listed_in_the_dialect_of_who_asks(serve: Serve) -> None:
    """Page by page, and one by its id; the other dialect's callers get theirs at the same path."""
    fake = FakeOpenAI(models=[f"model-{number}" for number in range(30)])
    with fake.in_thread():
        server = serve(NIS_LOCAL_URL=fake.url)
        with client_of(server) as client:
            ids = [one.id for one in client.models.list()]
            assert [one for one in ids if one.startswith("local:")] == [f"local:model-{n}" for n in range(30)]
            assert len(ids) == len(set(ids))
            found = client.models.retrieve("local:model-7")
            assert (found.type, found.display_name) == ("model", "model-7")
            with pytest.raises(anthropic.NotFoundError):
                client.models.retrieve("local:none")
        assert ask(server, "GET", "/v1/models")[2]["object"] == "list"


def test_a_request_passes_as_it_is_to_who_speaks_the_format(serve: Serve) -> None:
    """Promise: what only the vendor knows works too, hosted tools and betas; the key is ours, the count is kept."""
    said = [starts(5, cache_read_input_tokens=100), *text_block(0, "Found it"), ended("end_turn", 9), STOP]
    cut = Reply(pieces=[*said[:3], event_of("error", error={"type": "overloaded_error", "message": "Overloaded"})])
    fake = FakeAnthropic(Reply(pieces=said), Reply(pieces=said), cut, overloaded(Retry_After="7"))
    hosted: Json = {"type": "web_search_20260209", "name": "web_search"}
    with fake.in_thread():
        server = serve(ANTHROPIC_API_KEY="sk-ant-ours", NIS_ANTHROPIC_URL=fake.url)
        with client_of(server, "theirs") as client:
            messages: Any = client.messages
            asked = request(model="anthropic:claude-fake-large", tools=[hosted], cache_control={"type": "ephemeral"})
            message = messages.create(**asked, extra_headers={"anthropic-beta": "news-2026-11-01"})
            with messages.stream(**asked) as stream:
                streamed = stream.get_final_message()
            with (
                pytest.raises(anthropic.APIStatusError, match="overloaded") as broken,
                messages.stream(**asked) as stream,
            ):
                stream.get_final_message()
            with pytest.raises(anthropic.RateLimitError, match="overloaded") as refusal:
                messages.create(**asked)
        # Rows are written in groups, a moment later.
        looks = (done(server, "GET", "/calls")["calls"] for _ in range(2000))
        calls = next(found for found in looks if len(found) == len(fake.asked))
    assert message.content[0].text == streamed.content[0].text == "Found it"
    assert (message.model, message.usage.cache_read_input_tokens) == ("claude-fake-large", 100)
    assert message._request_id
    first = fake.asked[0]
    assert first.body == {**asked, "model": "claude-fake-large"}
    assert first.headers["x-api-key"] == "sk-ant-ours"
    assert first.headers["anthropic-beta"] == "news-2026-11-01"
    assert first.headers["anthropic-version"] == "2026-10-21"
    assert "theirs" not in json.dumps(first.headers)
    assert "rate_limit_error" in str(broken.value.body)
    assert refusal.value.response.headers["retry-after"] == "7"
    for error in (broken.value, refusal.value):
        assert error.request_id
    # The last first: one refused, one that broke off, two whole.
    assert [(row["state"], row["input"], row["cached"], row["output"]) for row in calls] == [
        ("failed", 0, 0, 0),
        ("cut", 105, 100, 1),
        ("ok", 105, 100, 9),
        ("ok", 105, 100, 9),
    ]


def test_a_large_image_passes(serve: Serve) -> None:
    """Bodies with blobs in them may be as large as blobs are, translated or passed on."""
    large = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\x00" * 5_000_000).decode()
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": large}}
    fake, other = (
        FakeAnthropic(Reply(pieces=[starts(), *text_block(0, "seen"), ended(), STOP])),
        FakeOpenAI(says("seen")),
    )
    with fake.in_thread(), other.in_thread():
        server = serve(
            ANTHROPIC_API_KEY="sk-ant-x", NIS_ANTHROPIC_URL=fake.url, NIS_LOCAL_URL=other.url, NIS_LOCAL_MODEL="x"
        )
        with client_of(server) as client:
            messages: Any = client.messages
            for model in ("anthropic:claude-fake-large", "local:x"):
                asked = request(model=model, messages=[{"role": "user", "content": [picture]}])
                assert messages.create(**asked).content[0].text == "seen"
        assert "Warning" not in server.log.read_text()
    assert fake.asked[0].body["messages"][0]["content"][0]["source"]["data"] == large
    assert other.asked[0].body["messages"][0]["content"][0]["image_url"]["url"].endswith(large)


def test_another_vendors_model_stands_in_for_anthropics(serve: Serve) -> None:
    """Promise: a client names a model, a route says which answer; one that is overloaded is followed by the next."""
    fake, other = (
        FakeAnthropic(overloaded(Retry_After="60")),
        FakeOpenAI(says("I stand in"), wants(("fly", {"speed": 2}))),
    )
    with fake.in_thread(), other.in_thread():
        server = serve(
            ANTHROPIC_API_KEY="sk-ant-x", NIS_ANTHROPIC_URL=fake.url, NIS_LOCAL_URL=other.url, NIS_LOCAL_MODEL="x"
        )
        targets = [{"model": "anthropic:claude-fake-large"}, {"model": "local:x", "tier": 1}]
        route = {"name": "claude-sonnet-5-5", "targets": targets, "policy": {"retries": 0}}
        status, _, answer = ask(server, "POST", "/routes", route)
        assert status < 300, answer
        with client_of(server) as client:
            messages: Any = client.messages
            message = messages.create(**request(model="claude-sonnet-5-5"))
            with messages.stream(**request(model="claude-sonnet-5-5", tools=[TOOL])) as stream:
                streamed = stream.get_final_message()
    assert message.content[0].text == "I stand in"
    assert (streamed.stop_reason, streamed.content[-1].input) == ("tool_use", {"speed": 2})
    # Who is overloaded is left alone for a while.
    assert [len(fake.asked), len(other.asked)] == [1, 2]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_what_was_thought_goes_back_to_who_thought_it(serve: Serve, *, streamed: bool) -> None:
    """Promise: no signature is lost or forged on the way through a translation, nor given to another provider."""
    thinking = [starts(5), *thinking_block(0, "Let me see"), *redacted_block(1), *tool_block(2, "fly", {"speed": 2})]
    said = Reply(pieces=[*thinking, ended("tool_use", 9), STOP])
    short = Reply(pieces=[starts(5), *text_block(0, "Done"), ended(), STOP])
    fake, other = FakeAnthropic(said, short, short, short), FakeOpenAI(says("Done"), thinks("Well", "I think so"))
    with fake.in_thread(), other.in_thread():
        server = serve(
            ANTHROPIC_API_KEY="sk-ant-x", NIS_ANTHROPIC_URL=fake.url, NIS_LOCAL_URL=other.url, NIS_LOCAL_MODEL="x"
        )
        targets = [{"model": "anthropic:claude-fake-large"}, {"model": "local:x", "tier": 1}]
        status, _, answer = ask(server, "POST", "/routes", {"name": "mixed", "targets": targets})
        assert status < 300, answer
        with client_of(server) as client:
            messages: Any = client.messages

            def said_by(model: str, turns: list[Any]) -> Any:
                given = request(model=model, tools=[TOOL], messages=turns)
                if not streamed:
                    return messages.create(**given)
                with messages.stream(**given) as stream:
                    return stream.get_final_message()

            first = said_by("mixed", [HI])
            call = next(block for block in first.content if block.type == "tool_use")
            result = {"type": "tool_result", "tool_use_id": call.id, "content": "4 m"}
            turns = [HI, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
            # Translated, as bytes, and to somebody else.
            for model in ("mixed", "anthropic:claude-fake-large", "local:x"):
                assert said_by(model, turns).content[0].text == "Done"
            thought = said_by("local:x", [HI])
            assert thought.content[0].thinking.strip() == "Well"
            said_by("anthropic:claude-fake-large", [HI, {"role": "assistant", "content": thought.content}, HI])
            forged = {"type": "thinking", "thinking": "I may", "signature": "nis:forged"}
            with pytest.raises(anthropic.BadRequestError, match="signature"):
                said_by("local:x", [HI, {"role": "assistant", "content": [forged]}, HI])
    for asked in fake.asked[1:3]:
        blocks = asked.body["messages"][1]["content"]
        told = [(one["type"], one.get("signature") or one.get("data")) for one in blocks]
        assert told[:2] == [("thinking", "c2lnbmVk"), ("redacted_thinking", "ZW5jcnlwdGVk")]
        assert [kind for kind, _ in told[2:]] == ["tool_use"]
    assert "Let me see" not in json.dumps(other.asked[0].body)
    assert [one["type"] for one in fake.asked[3].body["messages"][1]["content"]] == ["text"]


def test_a_route_of_bytes_gives_a_thought_to_its_own_provider_alone(serve: Serve) -> None:
    """Promise: whose a thought is, is seen by who answers and not by the name that was asked."""
    short = Reply(pieces=[starts(5), *text_block(0, "Done"), ended(), STOP])
    fake, house = FakeAnthropic(short, short), FakeAnthropic(short, short)
    with fake.in_thread(), house.in_thread():
        server = serve(ANTHROPIC_API_KEY="sk-ant-x", NIS_ANTHROPIC_URL=fake.url, NIS_PROVIDER_KEYS="ours=sk-x")
        own = {"name": "house", "kind": "anthropic", "url": house.url, "key_name": "ours"}
        done(server, "POST", "/providers", own)
        for name, targets in (
            ("theirs", ("anthropic:claude-fake-large",)),
            ("home", ("house:claude-fake-large",)),
            ("both", ("house:claude-fake-large", "anthropic:claude-fake-large")),
        ):
            tiers = [{"model": model, "tier": tier} for tier, model in enumerate(targets)]
            done(server, "POST", "/routes", {"name": name, "targets": tiers})
        thought = Thought(signature="c2lnbmVk", origin="anthropic")
        block = {"type": "thinking", "thinking": "Let me see", "signature": sealed(thought)}
        said = {"role": "assistant", "content": [block, {"type": "text", "text": "Well"}]}
        with client_of(server) as client:
            for model in ("theirs", "home", "both"):
                client.messages.create(**request(model=model, messages=[HI, said, HI]))
    [given], others = fake.asked, house.asked
    assert given.body["messages"][1]["content"][0] == {**block, "signature": "c2lnbmVk"}
    assert [one.body["messages"][1]["content"] for one in others] == [[{"type": "text", "text": "Well"}]] * 2


def test_the_clients_own_loop_of_tools_comes_to_its_end(serve: Serve) -> None:
    """It asks for a conversation that the server keeps, is told that there is none, and sends all turns itself."""
    made: list[float] = []

    @anthropic.beta_tool
    def fly(speed: float) -> str:
        """Fly so fast."""
        made.append(speed)
        return "4 m"

    with asking(serve, wants(("fly", {"speed": 2})), says("Flown")) as (messages, fake):
        runner = messages._client.beta.messages.tool_runner(**request(tools=[fly]))
        assert runner.until_done().content[0].text == "Flown"
        assert made == [2]
        assert fake.asked[-1].tool_results == ["4 m"]
        document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}}
        cited: Json = {**document, "citations": {"enabled": True}}
        with pytest.raises(anthropic.BadRequestError, match=r"citations\.enabled"):
            messages.create(**request(messages=[{"role": "user", "content": [cited]}]))
