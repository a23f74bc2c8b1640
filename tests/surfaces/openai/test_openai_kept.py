"""Agents that are kept here, under the name `agent:NAME` where OpenAI's and Anthropic's clients name a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import anthropic
import openai
import pytest
from conftest import Server, running_server
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from keyed import Holder, holder
from openai.types.chat import ChatCompletionMessageParam
from rest_client import events_of

Json = dict[str, Any]
FIRST = "first-key"
NAME = "agent:thrower"
AGENT: Json = {
    "name": "thrower",
    "description": "Throws balls.",
    "instructions": "You throw balls.",
    "model": "local:words",
    "operations": ["physics.simulate_projectile", "memory.remember"],
}


def model(request: Asked) -> Canned:
    """Throws a ball, then says who it is by what it was told before everything; remembers when asked to."""
    first, *_, last = request.body["messages"]
    if request.tool_results:
        return says(f"I am: {first['content'].rsplit(chr(10), 1)[-1]}")
    if "remember" in str(last["content"]):
        return wants(("memory-remember", {"text": "Balls fly.", "user": "mia"}))
    return wants(("physics-simulate_projectile", {"speed": 20, "angle": 40}))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that wants keys."""
    with FakeOpenAI(*[model] * 60, models=["words"]).in_thread() as provider:
        environment = {"NIS_LOCAL_URL": provider.url, "NIS_API_KEY": FIRST}
        with running_server(tmp_path_factory.mktemp("kept"), environment=environment) as one:
            yield one


@pytest.fixture(scope="module")
def ada(server: Server) -> Holder:
    """Someone with an agent."""
    one = holder(server, FIRST, owner="ada", scopes=["*"])
    one.done("POST", "/agents", AGENT)
    return one


@pytest.fixture
def client(ada: Holder) -> Iterator[openai.OpenAI]:
    """Its client."""
    with openai.OpenAI(base_url=f"{ada.server.url}/v1", api_key=ada.key, max_retries=0) as one:
        yield one


def asked(words: str) -> list[ChatCompletionMessageParam]:
    """A turn."""
    return [{"role": "user", "content": words}]


def test_it_is_a_model_of_its_owner_alone(client: openai.OpenAI, server: Server) -> None:
    """Listed, and found by its name; another owner has no such model, and is told of those there are."""
    assert NAME in [one.id for one in client.models.list()]
    found = client.models.retrieve(NAME)
    assert (found.id, found.owned_by) == (NAME, "ada")
    bob = holder(server, FIRST, owner="bob", scopes=["*"])
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=bob.key, max_retries=0) as his:
        assert NAME not in [one.id for one in his.models.list()]
        with pytest.raises(openai.NotFoundError, match="agent:chat"):
            his.models.retrieve(NAME)
        with pytest.raises(openai.NotFoundError, match="agent:chat") as error:
            his.chat.completions.create(model=NAME, messages=asked("Hello"))
    assert error.value.param == "model"


def test_it_answers_whole_and_streamed_and_its_calls_are_its_own(client: openai.OpenAI, ada: Holder) -> None:
    """A run of the agent, told its own instructions; the tokens are those of every step."""
    whole = client.chat.completions.create(model=NAME, messages=asked("Who are you?"))
    assert whole.choices[0].message.content == "I am: You throw balls."
    assert whole.choices[0].message.tool_calls is None
    assert whole.usage is not None
    assert whole.usage.prompt_tokens == 14
    parts = client.chat.completions.create(model=NAME, messages=asked("Who are you?"), stream=True)
    assert "".join(one.choices[0].delta.content or "" for one in parts if one.choices) == "I am: You throw balls."
    runs = ada.done("GET", "/runs?limit=2")["runs"]
    assert [one["operation"] for one in runs] == ["agents.run_agent"] * 2


def test_its_response_is_read_again(client: openai.OpenAI) -> None:
    """Under its name, with the same stream."""
    first = client.responses.create(model=NAME, input="Who are you?")
    assert (first.status, first.model, first.output_text) == ("completed", NAME, "I am: You throw balls.")
    assert client.responses.retrieve(first.id) == first
    with client.responses.stream(model=NAME, input="Who are you?") as stream:
        events = list(stream)
        second = stream.get_final_response()
    replayed = list(client.responses.retrieve(second.id, stream=True))
    assert [one.sequence_number for one in events] == [one.sequence_number for one in replayed]


def test_its_response_is_followed_within_its_conversation(client: openai.OpenAI, ada: Holder) -> None:
    """Only by the agent whose response it is."""
    first = client.responses.create(model=NAME, input="Who are you?")
    second = client.responses.create(model=NAME, input="And now?", previous_response_id=first.id)
    assert second.output_text == "I am: You throw balls."
    runs = ada.done("GET", "/runs?limit=2")["runs"]
    assert len({ada.done("GET", f"/runs/{one['id']}")["conversation_id"] for one in runs}) == 1
    ada.done("POST", "/agents", {**AGENT, "name": "other"})
    with pytest.raises(openai.BadRequestError, match="none of agent:other"):
        client.responses.create(model="agent:other", input="Again", previous_response_id=second.id)


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"temperature": 0.5}, "temperature"),
        ({"messages": [{"role": "system", "content": "Be kind."}, *asked("Hi")]}, "messages[0]"),
        ({"extra_body": {"nis": {"budget": 1.0}}}, "nis.budget"),
    ],
    ids=str,
)
def test_what_it_settles_itself_is_refused_by_name(client: openai.OpenAI, given: Json, param: str) -> None:
    """House rule: bad input is a typed error that names the field."""
    call: Any = client.chat.completions.create
    with pytest.raises(openai.BadRequestError) as error:
        call(**{"model": NAME, "messages": asked("Hi"), **given})
    assert error.value.param == param


@pytest.mark.parametrize("streamed", [False, True])
def test_what_waits_for_a_person_is_told_and_goes_on(client: openai.OpenAI, ada: Holder, *, streamed: bool) -> None:
    """The answer names the run, which stays; once it is rejected, it ends by itself."""
    call: Any = client.chat.completions.create
    with pytest.raises(openai.APIError, match="waits for approval"):
        list(call(model=NAME, messages=asked("Please remember it."), stream=streamed))
    (newest,) = ada.done("GET", "/runs?limit=1")["runs"]
    run = ada.done("GET", f"/runs/{newest['id']}")
    assert run["state"] == "waiting"
    ada.done("POST", f"/runs/{run['id']}/reject", {"call_id": run["waiting"]["call_id"]})
    events = events_of(ada.server, "GET", f"/runs/{run['id']}/events?wait=30", headers=ada.headers)
    assert events[-1]["data"]["body"]["type"] == "succeeded"


def test_anthropics_clients_name_it_too(ada: Holder) -> None:
    """A message whole and streamed, and the list of models."""
    with anthropic.Anthropic(base_url=ada.server.url, api_key=ada.key, max_retries=0) as client:
        whole = client.messages.create(model=NAME, max_tokens=64, messages=[{"role": "user", "content": "Who?"}])
        (block,) = whole.content
        assert cast("Any", block).text == "I am: You throw balls."
        with client.messages.stream(
            model=NAME, max_tokens=64, messages=[{"role": "user", "content": "Who?"}]
        ) as stream:
            assert stream.get_final_text() == "I am: You throw balls."
        assert {"agent:chat", NAME} <= {one.id for one in client.models.list(limit=100)}
        assert client.models.retrieve(NAME).display_name == NAME
