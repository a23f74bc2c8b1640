"""Agents as models: the turn of a conversation, by the official client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from conftest import Server, running_server
from test_openai_dialect import ask, client_of

Json = dict[str, Any]
AGENT = "agent:chat"
MILES = {"name": "physics-convert_unit", "arguments": {"value": 5, "unit": "mile", "to": "km"}}
TOOL: Json = {"type": "function", "function": {"name": "f"}}
SCRIPT = {
    "tools": True,
    "replies": [
        {"when": "miles", "text": "Let me see.", "tool_calls": [MILES], "input_tokens": 5, "output_tokens": 4},
        {"after_tool": True, "text": "It is {tool}", "input_tokens": 9, "output_tokens": 6},
        {"text": "I answer.", "input_tokens": 3, "output_tokens": 2},
    ],
}


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model says what the script holds."""
    folder = tmp_path_factory.mktemp("agents")
    script: Path = folder / "script.json"
    script.write_text(json.dumps(SCRIPT))
    with running_server(folder / "data", environment={"NIS_SCRIPTED": str(script)}) as one:
        yield one


@pytest.fixture
def client(speaking: Server) -> Iterator[openai.OpenAI]:
    """Its client."""
    with client_of(speaking.url) as one:
        yield one


def test_an_agent_is_listed_as_a_model(client: openai.OpenAI) -> None:
    """Beside the models, and by its name; it is named where an unknown model is refused."""
    assert AGENT in [one.id for one in client.models.list()]
    assert client.models.retrieve(AGENT).owned_by == "nis"
    with pytest.raises(openai.NotFoundError, match=AGENT):
        client.models.retrieve("agent:nobody")


def test_an_agent_computes_and_its_calls_are_its_own(client: openai.OpenAI) -> None:
    """Words alone are answered, whole or streamed, with the tokens of every step."""
    question = {"role": "user", "content": "How far are 5 miles?"}
    whole = ask(client, question, model=AGENT)
    (choice,) = whole.choices
    assert "8.04672" in choice.message.content
    assert (choice.message.tool_calls, choice.finish_reason) == (None, "stop")
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (14, 10)
    chunks = list(ask(client, question, model=AGENT, stream=True, stream_options={"include_usage": True}))
    words = "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)
    assert words == choice.message.content
    assert chunks[-1].usage.total_tokens == 24


def test_an_agent_reads_the_turns_that_its_caller_keeps(client: openai.OpenAI, speaking: Server) -> None:
    """They are told to its model, and stand in the run."""
    said = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        {"role": "user", "content": "Three"},
    ]
    assert ask(client, *said, model=AGENT).choices[0].message.content == "[scripted] I answer."
    runs: Any = client.get("/../runs?operation=chat.send_message&limit=1", cast_to=object)
    run: Any = client.get(f"/../runs/{runs['runs'][0]['id']}", cast_to=object)
    kept = [{"role": one["role"], "content": one["content"]} for one in run["input"]["earlier"]]
    assert (run["input"]["message"], kept) == ("Three", said[:3])
    assert speaking.pid


def test_an_agents_response_is_followed_within_its_conversation(client: openai.OpenAI) -> None:
    """The numbers of its stream are those of its replay; only the last turn is followed."""
    first = client.responses.create(model=AGENT, input="How far are 5 miles?")
    assert (first.status, first.model) == ("completed", AGENT)
    assert "8.04672" in first.output_text
    assert first.usage is not None
    assert first.usage.total_tokens == 24
    assert client.responses.retrieve(first.id) == first
    with client.responses.stream(model=AGENT, input="And now?", previous_response_id=first.id) as stream:
        events = list(stream)
        second = stream.get_final_response()
    replayed = list(client.responses.retrieve(second.id, stream=True))
    assert [one.sequence_number for one in events] == [one.sequence_number for one in replayed]
    with pytest.raises(openai.BadRequestError, match="not the last turn") as error:
        client.responses.create(model=AGENT, input="Again", previous_response_id=first.id)
    assert error.value.param == "previous_response_id"
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model="scripted", input="Again", previous_response_id=second.id)
    plain = client.responses.create(model="scripted", input="Hello")
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model=AGENT, input="Again", previous_response_id=plain.id)


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"temperature": 0.5}, "temperature"),
        ({"n": 2}, "n"),
        ({"tools": [TOOL]}, "tools"),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
    ],
    ids=str,
)
def test_what_an_agent_has_not_is_refused_by_name(client: openai.OpenAI, given: Json, param: str) -> None:
    """House rule: bad input is a typed error that names the field."""
    with pytest.raises(openai.BadRequestError) as error:
        ask(client, {"role": "user", "content": "Hi"}, model=AGENT, **given)
    assert error.value.param == param
