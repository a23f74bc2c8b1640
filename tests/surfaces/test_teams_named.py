"""A team under the name `team:NAME`, wherever an agent is named: its answer, its members' usage, its conversation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import openai
import pytest
from conftest import Server, running_server
from fake_openai import Asked, Canned, FakeOpenAI, says
from keyed import Holder, holder
from openai.types.chat import ChatCompletionMessageParam
from rest_client import Json, send
from spoken import Talk, opened

FIRST = "first-key"
NAME = "team:three"
MODEL: Json = {"model": "local:words"}
CLERK: Json = {"name": "clerk", "instructions": "You are a clerk.", "model": "local:words"}
TEAM: Json = {
    "name": "three",
    "description": "Counts moons.",
    "shape": "vote",
    "answer": {"kind": "number"},
    "members": [{"name": "a", "agent": "clerk"}, {"name": "b", **MODEL}, {"name": "c", **MODEL}],
}


def model(request: Asked) -> Canned:
    """A number: of the moons, or of how often the conversation has asked for them."""
    return says(f"There are {str(request.body['messages'][-1]['content']).count('moons')}.")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that wants keys."""
    with FakeOpenAI(*[model] * 90, models=["words"]).in_thread() as provider:
        environment = {"NIS_LOCAL_URL": provider.url, "NIS_API_KEY": FIRST}
        with running_server(tmp_path_factory.mktemp("teams"), environment=environment) as one:
            yield one


@pytest.fixture(scope="module")
def ada(server: Server) -> Holder:
    """Someone with a team."""
    one = holder(server, FIRST, owner="ada", scopes=["*"])
    one.done("POST", "/agents", CLERK)
    one.done("POST", "/teams", TEAM)
    return one


@pytest.fixture
def client(ada: Holder) -> Iterator[openai.OpenAI]:
    """Its client."""
    with openai.OpenAI(base_url=f"{ada.server.url}/v1", api_key=ada.key, max_retries=0) as one:
        yield one


def asked(*words: str) -> list[ChatCompletionMessageParam]:
    """Turns, the first a person's."""
    return [
        {"role": "assistant", "content": one} if place % 2 else {"role": "user", "content": one}
        for place, one in enumerate(words)
    ]


def test_it_is_a_model_of_its_owner_alone(client: openai.OpenAI, server: Server) -> None:
    """Listed, and found by its name; another owner has none."""
    assert NAME in [one.id for one in client.models.list()]
    assert client.models.retrieve(NAME).owned_by == "ada"
    bob = holder(server, FIRST, owner="bob", scopes=["*"])
    with (
        openai.OpenAI(base_url=f"{server.url}/v1", api_key=bob.key, max_retries=0) as his,
        pytest.raises(openai.NotFoundError, match="no team 'three'") as error,
    ):
        his.chat.completions.create(model=NAME, messages=asked("How many moons?"))
    assert error.value.param == "model"


def test_it_answers_whole_and_streamed_and_takes_what_its_members_take(client: openai.OpenAI, ada: Holder) -> None:
    """The answer is the team's, and its usage the sum of three answers, each of 7 tokens read and 3 written."""
    whole = client.chat.completions.create(model=NAME, messages=asked("How many moons?"))
    assert whole.choices[0].message.content == "There are 1."
    assert whole.usage is not None
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (21, 9)
    told = client.chat.completions.create(
        model=NAME, messages=asked("How many moons?"), stream=True, stream_options={"include_usage": True}
    )
    parts = list(told)
    assert "".join(one.choices[0].delta.content or "" for one in parts if one.choices) == "There are 1."
    assert parts[-1].usage == whole.usage
    (newest,) = ada.done("GET", "/runs?operation=teams.run_team&limit=1")["runs"]
    result = ada.done("GET", f"/runs/{newest['id']}")["result"]
    assert (result["answer"], result["input_tokens"], result["output_tokens"]) == ("1", 21, 9)
    assert [(one["input_tokens"], one["output_tokens"]) for one in result["said"]] == [(7, 3)] * 3
    assert ada.done("GET", f"/runs/{newest['id']}/replay")["identical"]


def test_it_is_told_what_was_said_before(client: openai.OpenAI) -> None:
    """By a client that keeps the conversation, and in one that is kept here."""
    again = client.chat.completions.create(model=NAME, messages=asked("How many moons?", "There are 1.", "What moons?"))
    assert again.choices[0].message.content == "There are 2."
    first = client.responses.create(model=NAME, input="How many moons?")
    assert (first.status, first.model, first.output_text) == ("completed", NAME, "There are 1.")
    assert first.usage is not None
    assert (first.usage.input_tokens, first.usage.output_tokens) == (21, 9)
    second = client.responses.create(model=NAME, input="What moons?", previous_response_id=first.id)
    assert second.output_text == "There are 2."
    assert client.responses.retrieve(second.id) == second


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"temperature": 0.5}, "temperature"),
        ({"messages": [{"role": "system", "content": "Be kind."}, *asked("Hi")]}, "messages[0]"),
        ({"extra_body": {"nis": {"budget": 1.0}}}, "nis.budget"),
        ({"model": "team:nobody"}, "model"),
        ({"model": "team:"}, "model"),
        ({"model": "agent:team:three"}, "model"),
    ],
    ids=str,
)
def test_what_it_settles_itself_is_refused_by_name(client: openai.OpenAI, given: Json, param: str) -> None:
    """House rule: bad input is a typed error that names the field."""
    call: Any = client.chat.completions.create
    with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as error:
        call(**{"model": NAME, "messages": asked("Hi"), **given})
    assert error.value.param == param


def test_it_has_a_card_and_answers_tasks(ada: Holder) -> None:
    """Over A2A, at an address of its own; a context is a conversation with it."""
    headers = {**ada.headers, "A2A-Version": "1.0", "content-type": "application/json"}
    status, card = ada.ask("GET", f"/a2a/agents/{NAME}/.well-known/agent-card.json")
    assert (status, card["name"], card["description"], card["version"]) == (200, NAME, "Counts moons.", "1")
    assert "clerk" not in json.dumps(card)
    context = ""
    for expected in ("There are 1.", "There are 2."):
        words = {"role": "ROLE_USER", "messageId": uuid4().hex, "parts": [{"text": "How many moons?"}]}
        told = {**words, **({"contextId": context} if context else {})}
        body = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": told}}
        _, _, answer = send(ada.server, "POST", f"/a2a/agents/{NAME}", body, headers)
        task = json.loads(answer)["result"]["task"]
        assert task["status"]["state"] == "TASK_STATE_COMPLETED"
        assert expected in json.dumps(task["artifacts"])
        context = task["contextId"]


def test_it_answers_over_ag_ui_and_by_voice(ada: Holder) -> None:
    """By the same name, where an agent's stands."""
    given = {"threadId": "t", "runId": "r", "messages": [{"id": "m", "role": "user", "content": "How many moons?"}]}
    headers = {**ada.headers, "content-type": "application/json"}
    status, _, events = send(ada.server, "POST", f"/agui/agents/{NAME}", given, headers)
    assert (status, b"There are 1." in events, b"RUN_FINISHED" in events) == (200, True, True)
    with opened(ada.server.url, **ada.headers) as socket:
        talk = Talk(socket)
        talk.send("start", agent=NAME, speaks=False, turn_detection={"type": "manual"})
        talk.until("ready")
        talk.send("text_input", text="How many moons?")
        assert talk.until("turn_completed")["text"] == "There are 1."
        talk.send("text_input", text="And what moons?")
        assert talk.until("turn_completed")["text"] == "There are 2."


def test_it_is_evaluated(ada: Holder) -> None:
    """As a target: what an answer took is what all its members took."""
    cases = [{"input": "How many moons?", "expected": "There are 1."}]
    made = ada.done("POST", "/evaluations", {"target": NAME, "cases": cases, "metrics": ["exact_match"]})
    answers = ada.done("GET", f"/evaluations/{made['id']}/answers")["answers"]
    (answer,) = answers
    assert (answer["answer"], answer["input_tokens"], answer["output_tokens"]) == ("There are 1.", 21, 9)
    status, refused = ada.ask(
        "POST", "/evaluations", {"target": "team:nobody", "cases": cases, "metrics": ["exact_match"]}
    )
    assert (status, refused["field"]) == (404, "target")
