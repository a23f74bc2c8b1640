"""Agents that are kept here, called over A2A: a card and an address each, its owner's alone; a task is its run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from a2a.client import A2ACardResolver
from a2a.client.client import ClientConfig
from a2a.client.client_factory import ClientFactory
from a2a.types import AgentCard, Message, Part, Role, SendMessageRequest, TaskState
from a2a_process import Client, answer_of, message
from conftest import Server, running_server
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from google.protobuf.json_format import ParseDict
from keyed import Holder, holder
from rest_client import ask
from websockets.asyncio.client import connect

Json = dict[str, Any]
FIRST = "first-key"
V1 = {"A2A-Version": "1.0"}
AGENT: Json = {
    "name": "thrower",
    "description": "Throws balls.",
    "instructions": "You throw balls.",
    "model": "local:words",
    "operations": ["physics.simulate_projectile", "memory.remember"],
}
CARD = "/.well-known/agent-card.json"


def model(request: Asked) -> Canned:
    """Remembers what it is asked to remember; answers the rest by what it was told before everything."""
    first, *_, last = request.body["messages"]
    if not request.tool_results and "remember" in str(last["content"]):
        return wants(("memory-remember", {"text": "Balls fly.", "user": "mia"}))
    return says(f"I am: {first['content'].rsplit(chr(10), 1)[-1]}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that wants keys."""
    with FakeOpenAI(*[model] * 40, models=["words"]).in_thread() as provider:
        environment = {"NIS_LOCAL_URL": provider.url, "NIS_API_KEY": FIRST}
        with running_server(tmp_path_factory.mktemp("kept"), environment=environment) as one:
            yield one


@pytest.fixture(scope="module")
def ada(server: Server) -> Holder:
    """Someone with an agent."""
    one = holder(server, FIRST, owner="ada", scopes=["*"])
    one.done("POST", "/agents", AGENT)
    return one


def called(who: Holder, path: str, words: str, **members: Any) -> tuple[int, Json]:
    """A message by JSON-RPC."""
    said = {"messageId": uuid4().hex, "role": "ROLE_USER", "parts": [{"text": words}], **members}
    body = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": said}}
    return who.ask("POST", path, body, V1)


def test_an_agent_has_a_card_of_its_own_for_its_owner_alone(server: Server, ada: Holder) -> None:
    """What it is for and may use, at its own addresses; who has no key is asked for one, others have no such agent."""
    path = f"/a2a/agents/thrower{CARD}"
    status, card = ada.ask("GET", path, headers=V1)
    ParseDict(card, AgentCard(), ignore_unknown_fields=False)
    assert (status, card["name"], card["description"], card["version"]) == (200, "thrower", "Throws balls.", "1")
    assert [one["id"] for one in card["skills"]] == ["thrower", "memory", "physics"]
    assert card["skills"][2]["tags"] == ["physics", "simulate_projectile"]
    assert [one["url"].partition("/a2a")[2] for one in card["supportedInterfaces"]] == [
        "/agents/thrower",
        "/rest/thrower",
        "/agents/thrower",
    ]
    assert "You throw" not in json.dumps(card)
    assert ask(server, "GET", path)[0] == 401
    bob = holder(server, FIRST, owner="bob", scopes=["*"])
    assert bob.ask("GET", path)[0] == 404
    assert called(bob, "/a2a/agents/thrower", "Hello")[0] == 404
    weak = holder(server, FIRST, owner="ada", scopes=["runs:read"])
    assert weak.ask("GET", path)[0] == 403


def test_a_changed_agent_has_another_card(server: Server, ada: Holder) -> None:
    """It is asked for again each time, and 304 says that nothing has changed."""
    ada.done("POST", "/agents", {**AGENT, "name": "changing"})
    path = f"/a2a/agents/changing{CARD}"
    _, told, _ = ask(server, "GET", path, headers=ada.headers)
    assert told["cache-control"] == "private, no-cache"
    kept = {**ada.headers, "if-none-match": told["etag"], "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert ask(server, "GET", path, headers=kept)[0] == 304
    ada.done("PATCH", "/agents/changing", {"change": {"description": "Catches balls."}})
    status, _, card = ask(server, "GET", path, headers=kept)
    assert (status, card["description"], card["version"]) == (200, "Catches balls.", "2")


def test_the_protocols_client_finds_it_by_its_card_and_talks(server: Server, ada: Holder) -> None:
    """Resolved, then streamed: the task is a run of the agent, which its own instructions were told to."""

    async def talk() -> list[Any]:
        async with httpx.AsyncClient(timeout=60, headers=ada.headers) as http:
            card = await A2ACardResolver(http, f"{server.url}/a2a/agents/thrower").get_agent_card()
            config = ClientConfig(httpx_client=http, streaming=True, polling=False)
            said = Message(message_id=uuid4().hex, role=Role.ROLE_USER, parts=[Part(text="Who are you?")])
            client = ClientFactory(config).create(card)
            return [event async for event in client.send_message(SendMessageRequest(message=said))]

    events = asyncio.run(talk())
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED
    words = [one.artifact_update.artifact.parts[0].text for one in events if one.HasField("artifact_update")]
    assert "".join(words) == "I am: You throw balls."
    assert ada.done("GET", f"/runs/{events[0].task.id}")["operation"] == "agents.run_agent"


def test_it_is_a_tenant_of_the_rest_binding_and_waits_for_a_person(ada: Holder) -> None:
    """Before it remembers, its owner is asked; the answer is a message to the task."""
    said = {"messageId": "m1", "role": "ROLE_USER", "parts": [{"text": "Please remember it."}]}
    _, sent = ada.ask("POST", "/a2a/rest/thrower/message:send", {"message": said}, V1)
    task = sent["task"]
    assert task["status"]["state"] == "TASK_STATE_AUTH_REQUIRED"
    _, answered = called(ada, "/a2a/agents/thrower", "reject", taskId=task["id"])
    assert answered["result"]["task"]["id"] == task["id"]
    assert answered["result"]["task"]["status"]["state"] == "TASK_STATE_COMPLETED"
    assert ada.done("GET", "/memory?user=mia")["memories"] == []


def test_a_context_is_a_conversation_of_the_agents(ada: Holder) -> None:
    """A message with the context of a task before goes on with what was said."""
    _, first = called(ada, "/a2a/agents/thrower", "Who are you?")
    context = first["result"]["task"]["contextId"]
    _, second = called(ada, "/a2a/agents/thrower", "And now?", contextId=context)
    assert second["result"]["task"]["contextId"] == context
    run = ada.done("GET", f"/runs/{second['result']['task']['id']}")
    assert (run["conversation_id"], run["operation"]) == (context, "agents.run_agent")


def test_its_socket_answers_for_it(server: Server, ada: Holder) -> None:
    """The address of the card's third interface; a message that begins a task there begins a run of the agent."""

    async def talk() -> list[Json]:
        url = f"{server.websocket_url}/a2a/agents/thrower"
        async with connect(url, additional_headers=ada.headers) as socket:
            return await Client(socket).stream("SendStreamingMessage", message("Who are you?"))

    frames = asyncio.run(talk())
    assert answer_of(frames) == "I am: You throw balls."
    assert frames[0]["result"]["task"]["metadata"]["operation"] == "agents.run_agent"


@pytest.mark.parametrize("part", [{"data": {"operation": "physics.list_constants", "arguments": {}}}])
def test_what_it_settles_itself_is_refused(ada: Holder, part: Json) -> None:
    """An operation is called of the chat; an agent is told words."""
    said = {"messageId": "m2", "role": "ROLE_USER", "parts": [part]}
    body = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": said}}
    _, answer = ada.ask("POST", "/a2a/agents/thrower", body, V1)
    assert answer["error"]["code"] == -32004
    assert "takes no call" in answer["error"]["message"]
