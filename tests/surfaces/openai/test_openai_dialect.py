"""OpenAI's dialect: what its official client gets from a real server, and from a provider behind it."""

from __future__ import annotations

import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from conftest import Serve, Server
from fake_openai import Canned, FakeOpenAI, breaks_off, delta, fails, says, wants
from pydantic import BaseModel

from nis_backend.drivers.llm.embedded_pool import SLOTS
from nis_backend.surfaces.openai.request import CHAT_HINTS, REFUSED, ChatCompletionRequest

Json = dict[str, Any]
MODEL = "embedded:smollm2-135m-instruct"
KEY = "a-key-of-the-tests"
ANSWER_SECONDS = 120.0
"""What one answer of the model in the box may take on a busy machine."""
FRANCE = "What is the capital of France?"

ALLOWED: Json = {
    "type": "allowed_tools",
    "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
}


def client_of(url: str, key: str = "none", timeout: float = 60) -> openai.OpenAI:
    """The official client, which does not ask twice."""
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=timeout)


def ask(client: openai.OpenAI, *messages: Json, **given: Any) -> Any:
    """A chat completion, or its stream; Any: the client has a type of its own for each argument and each overload."""
    create: Any = client.chat.completions.create  # Any: as above
    return create(**{"model": MODEL, "messages": list(messages), **given})


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    """The client of the shared server."""
    with client_of(server.url) as one:
        yield one


def refused(url: str, body: bytes | None = None, *, method: str | None = None, **headers: str) -> tuple[int, Json]:
    """A request that fails: its status and its body."""
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=60)
    with error.value as answer:
        assert answer.headers["content-type"] == "application/json"
        return answer.code, json.load(answer)


def test_models_are_listed_and_found(client: openai.OpenAI) -> None:
    """Each by its id, and by its provider's name alone."""
    model = next(one for one in client.models.list() if one.id == MODEL)
    assert model.owned_by == "embedded"
    assert client.models.retrieve(MODEL) == client.models.retrieve("embedded") == model


def test_an_unknown_model_is_not_found_and_those_that_exist_are_named(client: openai.OpenAI, server: Server) -> None:
    """The client's own class for it; a request that names none at all is answered the same."""
    for wrong in ("gpt-9", "embedded:gpt-9"):
        with pytest.raises(openai.NotFoundError, match=MODEL) as error:
            client.models.retrieve(wrong)
        assert (error.value.code, error.value.param) == ("model_not_found", "model")
        with pytest.raises(openai.NotFoundError, match=MODEL):
            client.chat.completions.create(model=wrong, messages=[{"role": "user", "content": "Hi"}])
    status, body = refused(f"{server.url}/v1/chat/completions", b'{"messages": []}')
    assert (status, body["error"]["code"]) == (404, "model_not_found")
    assert MODEL in body["error"]["message"]


def test_a_completion_has_words_and_counts(client: openai.OpenAI) -> None:
    """The embedded model answers, and its fingerprint says that it is a demonstration."""
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": FRANCE}])
    (choice,) = answer.choices
    assert "Paris" in str(choice.message.content)
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    assert (answer.object, answer.model, answer.system_fingerprint) == ("chat.completion", MODEL, "demonstration")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.completion_tokens > 0


def test_a_stream_begins_with_the_role_and_ends_with_reason_count_and_mark(server: Server) -> None:
    """Byte by byte as the reference has it: the official clients are more forgiving than others."""
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": FRANCE}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    request = urllib.request.Request(f"{server.url}/v1/chat/completions", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        *events, mark, rest = answer.read().decode().split("\n\n")
    assert (mark, rest) == ("data: [DONE]", "")
    chunks: list[Json] = [json.loads(event.removeprefix("data: ")) for event in events]
    assert {(one["id"], one["object"], one["model"]) for one in chunks} == {
        (chunks[0]["id"], "chat.completion.chunk", MODEL)
    }
    first, *words, last, count = chunks
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert "Paris" in "".join(one["choices"][0]["delta"]["content"] for one in words)
    assert {one["choices"][0]["finish_reason"] for one in (first, *words)} == {None}
    assert (last["choices"][0]["delta"], last["choices"][0]["finish_reason"]) == ({}, "stop")
    assert {one["usage"] for one in (first, *words, last)} == {None}
    assert count["choices"] == []
    assert count["usage"]["completion_tokens"] >= len(words)


def test_errors_below_the_prefix_have_openais_shape(server: Server, serve: Serve) -> None:
    """The guard's own too: foreign host, no key, a body too large, no such path, another method."""
    keyed = serve(NIS_API_KEY=KEY, NIS_MAX_BODY="1024", NIS_MAX_BLOB="1024")
    url = f"{server.url}/v1/chat/completions"
    keyed_url = f"{keyed.url}/v1/chat/completions"
    found = {
        "forbidden": refused(url, b"{}", Host="evil.example"),
        "not_found": refused(f"{server.url}/v1/nothing", b"{}"),
        "wrong_method": refused(url, method="GET"),
        "malformed": refused(url, b"["),
        "invalid_api_key": refused(keyed_url, b"{}"),
        "too_large": refused(keyed_url, b"x" * 3000, Authorization=f"Bearer {KEY}"),
    }
    assert {code: status for code, (status, _) in found.items()} == {
        "forbidden": 403,
        "not_found": 404,
        "wrong_method": 405,
        "malformed": 400,
        "invalid_api_key": 401,
        "too_large": 413,
    }
    for code, (_, body) in found.items():
        assert list(body) == ["error"]
        assert set(body["error"]) == {"message", "type", "param", "code"}
        assert (body["error"]["code"], body["error"]["type"]) == (code, "invalid_request_error")
    with client_of(keyed.url, "wrong") as stranger, pytest.raises(openai.AuthenticationError):
        stranger.models.list()
    with client_of(keyed.url, KEY) as known:
        assert [one.id for one in known.models.list()] == [MODEL, "agent:chat", "whisper-1", "tts-1"]


@pytest.mark.parametrize(
    ("extra", "param"),
    [
        ({"max_token": 5}, "max_token"),
        ({"logprobs": True}, "logprobs"),
        ({"temperature": 3}, "temperature"),
        ({"n": 9}, "n"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice"),
        ({"tool_choice": ALLOWED}, "tool_choice"),
        ({"tools": [{"type": "custom"}]}, "tools[0].type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "tool", "content": "1"}]}, "messages[0].tool_call_id"),
        ({"messages": [{"role": "user", "content": "word " * 3000}]}, "messages"),
    ],
)
def test_a_wrong_parameter_is_a_bad_request_that_names_it(client: openai.OpenAI, extra: Json, param: str) -> None:
    """What cannot be followed is refused, not left out: a caller would take the answer for what it asked."""
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "Hi"}], max_tokens=4, extra_body=extra
        )
    assert error.value.param == param


def test_what_clients_send_along_changes_nothing(client: openai.OpenAI) -> None:
    """Labels and defaults of the official clients and of frameworks around them."""
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL,
        messages=[
            {
                "role": "developer",
                "content": [{"type": "text", "text": "You are "}, {"type": "text", "text": "brief."}],
            },
            {"role": "user", "content": FRANCE, "name": "ann"},
        ],
        max_completion_tokens=2,
        user="u-1",
        metadata={"a": "b"},
        store=False,
        logprobs=False,
        logit_bias={},
        prompt_cache_key="k",
        safety_identifier="u-1",
    )
    answer = raw.parse()
    assert raw.headers["x-nis-ignored"] == "metadata, prompt_cache_key"
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 2


WEATHER: Json = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "City name"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
NOW: Json = {"type": "function", "function": {"name": "now", "description": "Tell the time of day."}}
ASKED: Json = {"role": "user", "content": "What's the weather in Paris?"}


def test_tools_are_called_answered_and_left_alone(client: openai.OpenAI) -> None:
    """The whole round on the embedded model: chosen by meaning, arguments by schema, then words about the result."""

    def one(*messages: Json, **given: Any) -> Any:  # Any: see ask
        return ask(client, *messages, **{"tools": [WEATHER, NOW], "max_tokens": 64, **given}).choices[0]

    chosen = one(ASKED)
    (call,) = chosen.message.tool_calls
    assert (chosen.finish_reason, chosen.message.content) == ("tool_calls", None)
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Paris"})
    result = {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"}
    told = one(ASKED, chosen.message.model_dump(), result)
    assert (told.message.tool_calls, told.finish_reason) == (None, "stop")
    assert "21" in told.message.content
    assert one({"role": "user", "content": "Hello!"}).message.tool_calls is None
    assert one(ASKED, tool_choice="none", max_tokens=4).message.tool_calls is None
    required = one({"role": "user", "content": "Hello!"}, tool_choice="required")
    assert required.finish_reason == "tool_calls"
    named = one(ASKED, tool_choice={"type": "function", "function": {"name": "now"}})
    assert (named.message.tool_calls[0].function.name, named.message.tool_calls[0].function.arguments) == ("now", "{}")


def test_a_stream_carries_the_tool_call(client: openai.OpenAI) -> None:
    """The role without words, the call's name, its arguments, the reason: as clients put it together again."""
    deltas = [chunk.choices[0] for chunk in ask(client, ASKED, tools=[WEATHER, NOW], stream=True)]
    assert (deltas[0].delta.role, deltas[0].delta.content) == ("assistant", None)
    named, *parts = [one.delta.tool_calls[0] for one in deltas if one.delta.tool_calls]
    assert (named.index, named.type, named.function.name, named.function.arguments) == (
        0,
        "function",
        "get_weather",
        "",
    )
    assert json.loads("".join(one.function.arguments for one in parts)) == {"city": "Paris"}
    assert deltas[-1].finish_reason == "tool_calls"


class Person(BaseModel):
    """What is read from a sentence."""

    name: str
    age: int
    likes: list[str]


def test_an_answer_is_parsed_into_the_callers_model(client: openai.OpenAI) -> None:
    """The official client's own helper, plain and streamed."""
    told: Any = [{"role": "user", "content": "Ann is 31 and likes rain and tea."}]
    parsed = client.chat.completions.parse(model=MODEL, messages=told, response_format=Person).choices[0].message.parsed
    assert parsed is not None
    assert (parsed.name, parsed.age) == ("Ann", 31)
    with client.chat.completions.stream(model=MODEL, messages=told, response_format=Person) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == parsed


def test_json_that_was_cut_says_so(client: openai.OpenAI) -> None:
    """By its reason: what was written stands there, and the helper refuses to parse it."""
    told: Any = [{"role": "user", "content": "Ann is 31 and likes rain and tea."}]
    cut = ask(client, *told, response_format={"type": "json_object"}, max_tokens=8, temperature=0).choices[0]
    assert cut.finish_reason == "length"
    assert str(cut.message.content).startswith("{")
    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(model=MODEL, messages=told, response_format=Person, max_tokens=3)


def test_what_the_embedded_model_cannot_be_held_to_is_refused_by_name(client: openai.OpenAI) -> None:
    """In a format and in a tool, before there is a word; a stream too is answered with a status."""
    schema: Json = {"type": "object", "properties": {"a": {"type": "integer", "multipleOf": 3}}, "required": ["a"]}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    wrong: list[tuple[Json, str]] = [
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}},
            "response_format",
        ),
        ({"tools": [tool], "tool_choice": "required"}, "tools"),
    ]
    for given, param in wrong:
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError, match="multipleOf") as error:
                ask(client, ASKED, stream=stream, **given)
            assert (error.value.param, error.value.code) == (param, "not_supported")


def test_several_answers_come_side_by_side(client: openai.OpenAI) -> None:
    """Each with its index, in a stream too; seeds differ, so that the answers may."""
    told, given = {"role": "user", "content": "Name an animal."}, {"n": 2, "seed": 1, "temperature": 1.5}
    whole = ask(client, told, **given, max_tokens=6)
    assert [one.index for one in whole.choices] == [0, 1]
    said = ["", ""]
    for chunk in ask(client, told, **given, max_tokens=6, stream=True):
        said[chunk.choices[0].index] += chunk.choices[0].delta.content or ""
    assert len(set(said)) == 2


def test_a_word_to_stop_at_is_not_said(client: openai.OpenAI) -> None:
    """Nor is what would follow it."""
    answer = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": FRANCE}], stop=["Paris", "nothing"]
    ).choices[0]
    assert (answer.message.content, answer.finish_reason) == ("The capital of France is ", "stop")


@pytest.mark.parametrize("stream", [True, False])
def test_a_caller_that_leaves_stops_the_model(serve: Serve, stream: bool) -> None:
    """The provider is left as well: nobody pays for words that nobody reads."""
    held = Canned(pieces=[delta(role="assistant", content="Once")], held=True)
    with FakeOpenAI(held).in_thread() as fake:
        server = serve(NIS_LOCAL_URL=fake.url, NIS_LOCAL_MODEL="fake-large")
        body = json.dumps({"model": "local", "messages": [ASKED], "stream": stream}).encode()
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=60) as caller:
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
            caller.sendall(head.encode() + body)
            if stream:
                seen = b""
                while b"Once" not in seen:
                    seen += caller.recv(4096)
            else:
                assert fake.came.wait(60)
        assert fake.gone.wait(60)


def test_a_stream_that_fails_midway_ends_with_the_error(serve: Serve) -> None:
    """In the place of the mark, so that no client takes what came for the whole."""
    with FakeOpenAI(breaks_off("Once upon")).in_thread() as fake:
        server = serve(NIS_LOCAL_URL=fake.url, NIS_LOCAL_MODEL="fake-large")
        said: list[str] = []
        with client_of(server.url) as client:
            chunks = ask(client, ASKED, model="local", stream=True)
            with pytest.raises(openai.APIError, match="broke off") as error:
                said.extend(chunk.choices[0].delta.content for chunk in chunks)
        assert error.value.type == "server_error"
        assert "Once upon" in said


def test_a_providers_tools_and_format_go_through(serve: Serve) -> None:
    """As the caller gave them; what it wants called comes back under its own ids."""
    with FakeOpenAI(wants(("get_weather", {"city": "Paris"}), ("now", {})), says('{"a": 1}')).in_thread() as fake:
        server = serve(NIS_LOCAL_URL=fake.url, NIS_LOCAL_MODEL="fake-large")
        schema: Json = {"type": "object", "properties": {"a": {"type": "integer", "multipleOf": 3}}}
        wanted = {"type": "json_schema", "json_schema": {"name": "answer", "strict": False, "schema": schema}}
        given: list[Json] = [
            {"tools": [WEATHER, NOW], "tool_choice": "required", "parallel_tool_calls": False},
            {"response_format": wanted},
        ]
        with client_of(server.url) as client:
            both = [ask(client, ASKED, model="local", **one).choices[0] for one in given]
        assert [call.function.name for call in both[0].message.tool_calls] == ["get_weather", "now"]
        assert both[0].message.tool_calls[0].id == "call_get_weather_0"
        sent = fake.asked[0].body
        assert (sent["tool_choice"], sent["parallel_tool_calls"]) == ("required", False)
        assert sent["tools"][0]["function"]["parameters"] == WEATHER["function"]["parameters"]
        assert fake.asked[1].body["response_format"] == wanted
        assert both[1].message.content == '{"a": 1}'


def test_every_parameter_is_on_the_page_that_sorts_them(root: Path) -> None:
    """The README sends readers there."""
    page = (root / "docs/decisions/0007-openais-parameters.md").read_text("utf-8")
    named = {name.partition(".")[0] for name in re.findall(r"`([a-z_.]+)`", page)}
    assert named >= CHAT_HINTS | REFUSED.keys() | ChatCompletionRequest.model_fields.keys()


def test_a_providers_model_answers_through_it(serve: Serve) -> None:
    """Under its own name, slash and all; what the caller set reaches it, what it says comes back."""
    with FakeOpenAI(says("A sailboat it is."), fails(429, "Slow down."), fails(500, "Broken.")).in_thread() as fake:
        server = serve(NIS_LOCAL_URL=fake.url)
        with client_of(server.url) as client:
            assert "local:vendor:fake-small" in [one.id for one in client.models.list()]
            answer = client.chat.completions.create(
                model="vendor/fake-small",
                messages=[{"role": "user", "content": "Which?"}],
                top_p=0.5,
                seed=7,
                stop="!",
                presence_penalty=1,
            )
            assert answer.choices[0].message.content == "A sailboat it is."
            assert answer.usage is not None
            assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (7, 3)
            sent = fake.asked[0].body
            assert (sent["model"], sent["top_p"], sent["seed"], sent["stop"]) == ("vendor/fake-small", 0.5, 7, "!")
            assert sent["presence_penalty"] == 1
            with pytest.raises(openai.RateLimitError, match="Slow down"):
                client.chat.completions.create(model="local", messages=[{"role": "user", "content": "Again?"}])
            with pytest.raises(openai.InternalServerError, match="Broken"):
                client.chat.completions.create(model="local", messages=[{"role": "user", "content": "Again?"}])


def test_callers_who_leave_free_the_places_of_their_answers(serve: Serve) -> None:
    """All places of the model in the box are taken by long answers; their callers hang up, and the next is answered.

    None of the long answers had come to its end by then: each is written down as left by its caller.
    """
    server = serve()
    story: Json = {"role": "user", "content": "Tell a long story about the sea."}
    with client_of(server.url, timeout=ANSWER_SECONDS) as client:
        streams = [ask(client, story, stream=True, max_tokens=2000) for _ in range(SLOTS)]
        for stream in streams:
            # The role, and a word: it is being written.
            assert [next(stream).choices[0].finish_reason for _ in range(2)] == [None, None]
        for stream in streams:
            stream.close()
        answer = ask(client, {"role": "user", "content": FRANCE}, max_tokens=8)
        assert "Paris" in answer.choices[0].message.content
    with urllib.request.urlopen(f"{server.url}/calls", timeout=ANSWER_SECONDS) as listed:
        calls: list[Json] = json.load(listed)["calls"]
    assert sorted(call["state"] for call in calls) == ["left"] * SLOTS + ["ok"]
