"""Agents that are kept here, over AG-UI: by an address of their own, or by their name beside the input."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from ag_ui.core import AgentCapabilities
from agui_reader import given, refused, run, stream, user, words
from conftest import Server, running_server
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from keyed import holder
from rest_client import done

Json = dict[str, Any]
AGENT: Json = {
    "name": "thrower",
    "description": "Throws balls.",
    "instructions": "You throw balls.",
    "model": "local:words",
    "operations": ["physics.simulate_projectile", "memory.remember"],
}


def model(request: Asked) -> Canned:
    """Says who it is by what it was told before everything, and how much was said since; remembers when asked to."""
    first, *said = request.body["messages"]
    if "remember" in str(said[-1]["content"]) and not request.tool_results:
        return wants(("memory-remember", {"text": "Balls fly.", "user": "mia"}))
    return says(f"I am: {first['content'].rsplit(chr(10), 1)[-1]} {len(said)}")


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an agent."""
    with FakeOpenAI(*[model] * 40, models=["words"]).in_thread() as provider:
        environment = {"NIS_LOCAL_URL": provider.url}
        with running_server(tmp_path_factory.mktemp("kept"), environment=environment) as one:
            done(one, "POST", "/agents", AGENT)
            yield one


@pytest.fixture
def url(speaking: Server) -> str:
    """Where the agent answers."""
    return f"{speaking.url}/agui/agents/thrower"


def test_it_answers_at_its_address_and_by_its_name(url: str, speaking: Server) -> None:
    """A run of the agent each, told its own instructions and what the client has kept of the conversation."""
    first = run(url, given("Who are you?", "t1"))
    assert words(first) == "I am: You throw balls. 1"
    said = [user("Who are you?"), {"id": "a1", "role": "assistant", "content": "A thrower."}, user("And now?", "m2")]
    more = {"forwardedProps": {"nis": {"agent": "thrower"}}}
    second = run(f"{speaking.url}/agui", {"threadId": "t1", "runId": "r2", "messages": said, **more})
    assert words(second) == "I am: You throw balls. 3"
    runs = done(speaking, "GET", "/runs?limit=2")["runs"]
    assert [one["operation"] for one in runs] == ["agents.run_agent"] * 2


def test_a_run_that_is_asked_for_again_is_the_same(url: str, speaking: Server) -> None:
    """By the client's names, whose answer comes again; nothing is asked of the model twice."""
    first, again = (run(url, given("Who are you?", "t2")) for _ in range(2))
    assert words(first) == words(again)
    before = len(done(speaking, "GET", "/runs?operation=agents.run_agent&limit=100")["runs"])
    run(url, given("Who are you?", "t2"))
    assert len(done(speaking, "GET", "/runs?operation=agents.run_agent&limit=100")["runs"]) == before


def test_a_name_that_is_taken_answers_nothing_else(url: str, speaking: Server) -> None:
    """Promise: what is answered was asked: not with another message, and of another agent or the chat neither."""
    done(speaking, "POST", "/agents", {**AGENT, "name": "catcher"})
    first = run(url, given("Who are you?", "t6"))
    said = [user("Who are you?"), {"id": "a1", "role": "assistant", "content": words(first)}]
    again = run(url, {"threadId": "t6", "runId": "r1", "messages": said})
    assert words(again) == words(first)
    others = [
        (url, given("Who else?", "t6")),
        (f"{speaking.url}/agui/agents/catcher", given("Who are you?", "t6")),
        (f"{speaking.url}/agui", given("Who are you?", "t6")),
    ]
    problems = [refused(*one) for one in others]
    assert [(status, problem["field"]) for status, problem in problems] == [(409, "runId")] * 3


def test_a_person_decides_by_resuming(url: str) -> None:
    """Before what writes, the run ends with an interrupt; what answers it goes on with the run."""
    asked = run(url, given("Please remember it.", "t3"))
    (interrupt,) = asked[-1]["outcome"]["interrupts"]
    resume = [{"interruptId": interrupt["id"], "status": "resolved", "payload": {"approved": False}}]
    ended = [event for _, event in stream(url, {**given("Please remember it.", "t3", "r2"), "resume": resume})]
    assert ended[-1]["outcome"] == {"type": "success"}
    assert words(ended).startswith("I am: You throw balls.")


def test_what_it_can_do_is_told_of_it(url: str) -> None:
    """Its own name, and the operations that it may use as its tools."""
    with urllib.request.urlopen(f"{url}/capabilities", timeout=60) as answer:
        told = json.load(answer)
    AgentCapabilities.model_validate(told)
    assert (told["identity"]["name"], told["identity"]["version"]) == ("thrower", "1")
    assert {one["name"] for one in told["tools"]["items"]} == {"physics-simulate_projectile", "memory-remember"}
    assert told["tools"]["clientProvided"] is False


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"tools": [{"name": "where", "description": "Where."}]}, "tools"),
        ({"forwardedProps": {"nis": {"model": "local:words"}}}, "forwardedProps.nis.model"),
        ({"forwardedProps": {"nis": {"agent": "other"}}}, "forwardedProps.nis.agent"),
        ({"messages": [{"id": "s", "role": "system", "content": "Be kind."}, user("Hi")]}, "messages"),
    ],
    ids=str,
)
def test_what_it_settles_itself_is_refused_by_name(url: str, more: Json, field: str) -> None:
    """House rule: bad input is a typed error that names the field."""
    status, problem = refused(url, {**given("Hi", "t4"), **more})
    assert (status in {400, 422}, problem["field"]) == (True, field)


def test_it_is_told_the_facts_that_come_with_a_message(url: str, speaking: Server) -> None:
    """The input's context and state, in this turn; the message itself stays as it was said."""
    more = {"context": [{"description": "day", "value": "Monday"}], "state": {"cart": [1]}}
    run(url, {**given("What is told?", "t7"), **more})
    (newest,) = done(speaking, "GET", "/runs?limit=1")["runs"]
    asked = done(speaking, "GET", f"/runs/{newest['id']}")["input"]
    assert (asked["message"], asked["context"]) == ("What is told?", {"day": "Monday", "state": {"cart": [1]}})


def test_it_is_its_owners_alone(url: str, speaking: Server) -> None:
    """Another owner has no such agent."""
    bob = holder(speaking, owner="bob", scopes=["*"])
    status, problem = refused(url, given("Hi", "t5"), bob.headers)
    assert status == 404
    assert problem["field"] == "forwardedProps.nis.agent"
