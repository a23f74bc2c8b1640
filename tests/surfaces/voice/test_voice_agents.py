"""A conversation by voice with an agent that is kept here: the same agent by the same name as on every surface."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Server, running_server
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from keyed import Holder, holder
from spoken import Json, Talk, opened

FIRST = "first-key"
AGENT: Json = {
    "name": "thrower",
    "instructions": "You throw balls.",
    "model": "local:words",
    "operations": ["physics.simulate_projectile", "memory.remember"],
}
STORY = "The ship sails over the sea again. " * 400


def model(request: Asked) -> Canned:
    """Throws, remembers, or tells a story, as it is asked; then says what it was told first, and last."""
    first, *_, last = request.body["messages"]
    told = str(last["content"])
    if request.tool_results:
        return says("Done.")
    if "remember" in told:
        return wants(("memory-remember", {"text": "Balls fly.", "user": "mia"}), text="A moment.")
    if "Throw" in told:
        return wants(("physics-simulate_projectile", {"speed": 20, "angle": 40}))
    if "story" in told and "interrupted" not in told:
        return says(STORY)
    return says(f"{len(request.body['messages'])} told. {first['content'].splitlines()[-1]} {told}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that wants keys, hears and speaks."""
    with FakeOpenAI(*[model] * 60, models=["words"]).in_thread() as provider:
        environment = {"NIS_LOCAL_URL": provider.url, "NIS_API_KEY": FIRST, "NIS_MODEL": "local:words"}
        with running_server(tmp_path_factory.mktemp("spoken"), environment=environment) as one:
            yield one


@pytest.fixture(scope="module")
def ada(server: Server) -> Holder:
    """Someone with an agent."""
    one = holder(server, FIRST, owner="ada", scopes=["*"])
    one.done("POST", "/agents", AGENT)
    one.done("POST", "/agents", {**AGENT, "name": "other"})
    return one


def begun(socket: Any, **members: Any) -> Talk:
    """A conversation that has begun, of typed words."""
    talk = Talk(socket)
    talk.send("start", turn_detection={"type": "manual"}, **{"speaks": False, **members})
    talk.until("ready")
    return talk


def said(talk: Talk, words: str) -> Json:
    """What comes of a turn."""
    talk.send("text_input", text=words)
    return talk.until("turn_completed")


@pytest.mark.parametrize("named", [{"agent": "thrower"}, {"model": "agent:thrower"}], ids=str)
def test_an_agent_answers_with_its_own_instructions_and_tools(ada: Holder, named: Json) -> None:
    """`agent` here is the agent that `agent:NAME` is elsewhere; its turns are one conversation, which it is told."""
    with opened(ada.server.url, **ada.headers) as socket:
        talk = begun(socket, **named)
        first = said(talk, "Hello")
        assert (first["status"], first["text"]) == ("succeeded", "2 told. You throw balls. Hello")
        second = said(talk, "Throw one")
        used = [one["body"]["operation"] for one in talk.told if one.get("body", {}).get("type") == "tool_called"]
        assert (second["text"], used) == ("Done.", ["physics.simulate_projectile"])
        third = said(talk, "And now?")
    assert third["text"] == "6 told. You throw balls. And now?"
    runs = [ada.done("GET", f"/runs/{one['run_id']}") for one in (first, second, third)]
    assert {one["operation"] for one in runs} == {"agents.run_agent"}
    assert {one["conversation_id"] for one in runs} == {first["conversation_id"]}
    assert runs[0]["input"]["user_id"] is None


def test_what_needs_a_person_is_said_aloud_and_waits(ada: Holder) -> None:
    """The reason is spoken beside the answer; once it is decided, the run is told on from where it stopped."""
    with opened(ada.server.url, **ada.headers) as socket:
        talk = begun(socket, agent="thrower", speaks=True, speed=4)
        waits = said(talk, "Please remember it.")
        assert (waits["status"], waits["text"].strip(), waits["heard"]) == ("waiting", "A moment.", waits["text"])
        *_, aside = (one for one in talk.told if one["type"] == "sentence")
        assert (aside["aside"], aside["start"], aside["end"]) == (True, len(waits["text"]), len(waits["text"]))
        assert "memory.remember" in aside["text"]
        assert len(talk.sounds) >= aside["sequence"]
        run = ada.done("GET", f"/runs/{waits['run_id']}")
        assert run["state"] == "waiting"
        ada.done("POST", f"/runs/{run['id']}/approve", {"call_id": run["waiting"]["call_id"]})
        talk.send("resume", run_id=run["id"], last_event=waits["last_event"], spoken=len(waits["heard"]))
        ended = talk.until("turn_completed")
    assert (ended["status"], ended["text"].split()) == ("succeeded", ["A", "moment.", "Done."])
    spoken = [one["text"].strip() for one in talk.told if one["type"] == "sentence" and one["turn"] == ended["turn"]]
    assert spoken == ["Done."]


def test_it_is_told_what_was_heard_of_an_answer_that_was_interrupted(ada: Holder) -> None:
    """As the chat is: a run that was cancelled is none of its turns, and what was heard of it is a fact of the next."""
    with opened(ada.server.url, **ada.headers) as socket:
        talk = begun(socket, agent="thrower", speaks=True, speed=4)
        talk.send("text_input", text="Tell me a story")
        talk.until_sound()
        talk.send("interrupt")
        talk.until("turn_completed")
        ended = said(talk, "What was that?")
    assert "interrupted your last answer, which was to 'Tell me a story'" in ended["text"]
    run = ada.done("GET", f"/runs/{ended['run_id']}")
    assert run["input"]["message"] == "What was that?"


@pytest.mark.parametrize(
    ("start", "field"),
    [
        ({"agent": "nobody"}, "agent"),
        ({"model": "agent:nobody"}, "agent"),
        ({"agent": "thrower", "model": "local:words"}, "model"),
        ({"agent": "thrower", "model": "agent:other"}, "agent"),
        ({"agent": "thrower", "operations": False}, "operations"),
        ({"agent": "thrower", "budget": 1.0}, "budget"),
    ],
    ids=str,
)
def test_who_cannot_answer_so_is_refused_before_anything_is_said(ada: Holder, start: Json, field: str) -> None:
    """House rule: bad input is a typed error that names the field; another start may follow."""
    with opened(ada.server.url, **ada.headers) as socket:
        talk = Talk(socket)
        talk.send("start", speaks=False, **start)
        assert talk.refusal()["field"] == field
        begun(socket, agent="thrower")


def test_it_is_its_owners_alone_and_tells_its_own_runs_alone(ada: Holder) -> None:
    """Another owner has no such agent; the run of another agent is none of this conversation's."""
    bob = holder(ada.server, FIRST, owner="bob", scopes=["*"])
    with opened(ada.server.url, **bob.headers) as socket:
        talk = Talk(socket)
        talk.send("start", speaks=False, agent="thrower")
        assert (problem := talk.refusal())["field"] == "agent"
        assert problem["code"] == "not_found"
    with opened(ada.server.url, **ada.headers) as socket:
        first = said(begun(socket, agent="thrower"), "Hello")
    with opened(ada.server.url, **ada.headers) as socket:
        talk = begun(socket, agent="other", conversation_id=first["conversation_id"])
        talk.send("resume", run_id=first["run_id"])
        assert talk.refusal()["field"] == "run_id"
        assert said(talk, "Hello")["text"] == "4 told. You throw balls. Hello"


def test_the_chat_answers_where_it_is_named(ada: Holder) -> None:
    """`agent:chat` is the chat, as everywhere."""
    with opened(ada.server.url, **ada.headers) as socket:
        ended = said(begun(socket, model="agent:chat", operations=False), "Hello")
    assert ada.done("GET", f"/runs/{ended['run_id']}")["operation"] == "chat.send_message"


def test_facts_given_to_an_agent_are_bounded(ada: Holder) -> None:
    """Everything from outside has a maximum."""
    status, refused = ada.ask("POST", "/agents/thrower/run", {"message": "Hi", "context": {"much": "x" * 20_001}})
    assert (status, refused["field"]) == (422, "context")
