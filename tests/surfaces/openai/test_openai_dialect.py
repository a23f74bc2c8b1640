"""OpenAI's dialect: what its official client gets from a real server, and from a provider behind it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from conftest import Serve, Server
from fake_openai import FakeOpenAI, fails, says

Json = dict[str, Any]
MODEL = "embedded:smollm2-135m-instruct"
KEY = "a-key-of-the-tests"
FRANCE = "What is the capital of France?"


def client_of(url: str, key: str = "none") -> openai.OpenAI:
    """The official client, which does not ask twice."""
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=60)


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
    (model,) = client.models.list()
    assert (model.id, model.owned_by) == (MODEL, "embedded")
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
    keyed = serve(NIS_API_KEY=KEY, NIS_MAX_BODY="1024")
    url = f"{server.url}/v1/chat/completions"
    keyed_url = f"{keyed.url}/v1/chat/completions"
    found = {
        "forbidden": refused(url, b"{}", Host="evil.example"),
        "not_found": refused(f"{server.url}/v1/nothing", b"{}"),
        "wrong_method": refused(url, method="GET"),
        "malformed": refused(url, b"["),
        "invalid_api_key": refused(keyed_url, b"{}"),
        "too_large": refused(keyed_url, b"x" * 2000, Authorization=f"Bearer {KEY}"),
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
        assert [one.id for one in known.models.list()] == [MODEL]


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
        ({"tools": [{"type": "custom"}]}, "tools[0].type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content"),
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
    answer = client.chat.completions.create(
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
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 2


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
            assert (sent["model"], sent["top_p"], sent["seed"], sent["stop"]) == ("vendor/fake-small", 0.5, 7, ["!"])
            assert sent["presence_penalty"] == 1
            with pytest.raises(openai.RateLimitError, match="Slow down"):
                client.chat.completions.create(model="local", messages=[{"role": "user", "content": "Again?"}])
            with pytest.raises(openai.InternalServerError, match="Broken"):
                client.chat.completions.create(model="local", messages=[{"role": "user", "content": "Again?"}])
