"""Remote agents against a second server of this kind: words as they come, waits, cancels, deaths, and who may what."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server, running_server

PATIENCE = 60.0
"""Seconds that anything here may take on a loaded machine."""
KEY = "nis-far-key-0123456789abcdef0123456789"
WORDS = "one two three four five"
LONG = " ".join(f"word{index}" for index in range(400))
SCRIPT = {
    "tools": True,
    "replies": [
        {"when": "long", "text": LONG, "pause": 0.02},
        {"when": "ask the echo", "tool_calls": [{"name": "agent-echo", "arguments": {"message": "Hi there"}}]},
        {"after_tool": True, "text": "It says {tool}"},
        {"text": WORDS},
    ],
}


def _call(server: Server, method: str, path: str, body: object = None, key: str = "") -> tuple[int, Any]:
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{server.url}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def _until(look: Callable[[], Any]) -> Any:
    """What `look` answers, once it answers something."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
    pytest.fail("it has not come to that")


def _run(server: Server, run_id: str, *states: str) -> Any:
    """The run, once it is in one of these states."""

    def look() -> Any:
        run = _call(server, "GET", f"/runs/{run_id}")[1]
        return run if run["state"] in states else None

    return _until(look)


def _begin(server: Server, agent: str, **said: object) -> str:
    request = urllib.request.Request(
        f"{server.url}/remote-agents/{agent}/send-message",
        json.dumps(said).encode(),
        {"content-type": "application/json", "prefer": "respond-async"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 202
        return str(answer.headers["location"]).rpartition("/")[2]


def _events(server: Server, run_id: str) -> list[Any]:
    return [event["body"] for event in _call(server, "GET", f"/runs/{run_id}/events")[1]["items"]]


def _task_of(server: Server, run_id: str) -> str:
    def look() -> str:
        return next((str(one["value"]) for one in _events(server, run_id) if one["type"] == "noted"), "")

    return _until(look)


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose agent says what a script holds, to whom has the key."""
    folder = tmp_path_factory.mktemp("far")
    script = folder / "script.json"
    script.write_text(json.dumps(SCRIPT))
    environment = {"NIS_SCRIPTED": str(script), "NIS_MODEL": "scripted", "NIS_API_KEY": KEY}
    with running_server(folder / "data", environment=environment) as one:
        yield one


ALLOWED = {"NIS_ALLOWED_AGENTS": "127.0.0.1", "NIS_AGENT_KEYS": f"FAR={KEY},WRONG=nis-another-key"}


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory, far: Server) -> Iterator[Server]:
    """A server that may ask the far one, and knows it by its name."""
    script = {"NIS_SCRIPTED": str(far.data.parent / "script.json"), "NIS_MODEL": "scripted"}
    with running_server(tmp_path_factory.mktemp("near"), environment={**ALLOWED, **script}) as one:
        assert _register(one, far)["card"] is None
        yield one


def _register(server: Server, far: Server, name: str = "far", key_name: str = "FAR") -> Any:
    status, made = _call(server, "POST", "/remote-agents", {"name": name, "url": far.url, "key_name": key_name})
    assert status in {200, 201}, made
    return made


def test_a_message_is_a_run_with_the_agents_words_and_its_task(near: Server, far: Server) -> None:
    """Text, states and the task's id are events of our log; the card is read when it is first needed."""
    run_id = _begin(near, "far", message="hello")
    run = _run(near, run_id, "succeeded", "failed")
    assert run["result"]["text"] == f"[scripted] {WORDS}", run
    events = _events(near, run_id)
    assert "".join(one["text"] for one in events if one["type"] == "text_delta") == run["result"]["text"]
    task = run["result"]["task_id"]
    assert [one["value"] for one in events if one["type"] == "noted"] == [task]
    assert _call(far, "GET", f"/runs/{task}", key=KEY)[1]["state"] == "succeeded"
    card = _call(near, "GET", "/remote-agents/far")[1]["card"]
    assert (card["protocol"], card["binding"], card["streaming"]) == ("1.0", "JSONRPC", True)
    assert _call(near, "GET", f"/runs/{run_id}/replay")[1]["identical"]


def test_a_conversation_goes_on_with_its_context(near: Server, far: Server) -> None:
    """The context that the agent has named holds both messages."""
    first = _call(near, "POST", "/remote-agents/far/ask", {"message": "hello"})[1]
    second = _call(near, "POST", "/remote-agents/far/ask", {"message": "again", "context_id": first["context_id"]})[1]
    assert second["context_id"] == first["context_id"]
    assert second["task_id"] != first["task_id"]


def test_a_cancel_reaches_the_remote_task(near: Server, far: Server) -> None:
    """The task that the run follows is stopped at the agent's own server."""
    run_id = _begin(near, "far", message="a long one")
    task = _task_of(near, run_id)
    assert _call(near, "POST", f"/runs/{run_id}/cancel", {})[0] == 200
    _run(near, run_id, "cancelled")
    far_run = _until(
        lambda: (run := _call(far, "GET", f"/runs/{task}", key=KEY)[1])["state"] in {"cancelled", "succeeded"} and run
    )
    assert far_run["state"] == "cancelled"


def test_a_message_is_said_once_though_its_server_is_killed(serve: Serve, far: Server, tmp_path: Path) -> None:
    """After a death the run goes on with the remote task, whose id its log has; no second task is begun."""
    data = tmp_path / "data"
    first = serve(data=data, **ALLOWED)
    _register(first, far)
    run_id = _begin(first, "far", message="a long one, once")
    task = _task_of(first, run_id)
    _until(lambda: any(one["type"] == "text_delta" for one in _events(first, run_id)))
    first.kill()
    second = serve(data=data, **ALLOWED)
    run = _run(second, run_id, "succeeded", "failed")
    assert run["result"]["task_id"] == task, run
    assert run["result"]["text"] == f"[scripted] {LONG}"
    deltas = [one["text"] for one in _events(second, run_id) if one["type"] == "text_delta"]
    assert "".join(deltas) == run["result"]["text"]
    runs = _call(far, "GET", "/runs?limit=100", key=KEY)[1]["runs"]
    inputs = [_call(far, "GET", f"/runs/{one['id']}", key=KEY)[1]["input"].get("message") for one in runs]
    assert inputs.count("a long one, once") == 1


def test_what_the_agent_asks_for_is_asked_here_and_answered_there(near: Server) -> None:
    """The remote task waits, so does our run; the answer goes to the same task."""
    assert _call(near, "POST", "/remote-agents", {"name": "asker", "url": "scripted:ask"})[0] in {200, 201}
    run_id = _begin(near, "asker", message="which one?")
    waiting = _run(near, run_id, "waiting")["waiting"]
    assert "which one?" in waiting["question"]
    given = {"call_id": waiting["call_id"], "values": {"answer": "the red one"}}
    assert _call(near, "POST", f"/runs/{run_id}/provide-input", given)[0] == 200
    run = _run(near, run_id, "succeeded", "failed")
    assert run["result"]["text"].strip() == "[scripted] the red one", run
    assert _call(near, "GET", f"/runs/{run_id}/replay")[1]["identical"]


def test_the_agent_here_asks_a_person_before_it_asks_one_elsewhere(near: Server) -> None:
    """A remote agent is a tool of /chat; approved, what it answers is the tool's answer."""
    made = _call(near, "POST", "/remote-agents", {"name": "echo", "url": "scripted:echo"})[1]
    status, refused = _call(near, "POST", "/chat", {"message": "ask the echo"})
    assert (status, refused["code"]) == (409, "waiting"), refused
    run_id = refused["value"]
    waiting = _run(near, run_id, "waiting")["waiting"]
    assert waiting["operation"] == "remote_agents.ask_remote_agent"
    assert waiting["arguments"] == {"id": made["id"], "message": "Hi there"}
    assert _call(near, "POST", f"/runs/{run_id}/approve", {"call_id": waiting["call_id"]})[0] == 200
    assert "[scripted] Hi there" in _run(near, run_id, "succeeded", "failed")["result"]["response"]


def test_a_key_is_sent_and_never_shown(near: Server, far: Server) -> None:
    """With another key the agent refuses, and nothing that is said, kept or logged holds either key."""
    _register(near, far, "wrong", "WRONG")
    status, problem = _call(near, "POST", "/remote-agents/wrong/ask", {"message": "hello"})
    assert (status, problem["code"], problem["field"]) == (503, "unavailable", "key_name")
    seen = [
        json.dumps(_call(near, "GET", path)[1]) for path in ("/remote-agents", "/remote-agents/far", "/runs?limit=100")
    ]
    seen += [json.dumps(problem), near.log.read_text()]
    seen += [path.read_bytes().decode("latin-1") for path in near.data.glob("nis.db*")]
    assert not [text for text in seen if KEY in text or "nis-another-key" in text]


@pytest.mark.parametrize(
    ("given", "status", "field"),
    [
        ({"name": "x", "url": "http://10.0.0.7/card.json"}, 403, "url"),
        ({"name": "x", "url": "http://localhost:9/card.json"}, 403, "url"),
        ({"name": "x", "url": "ftp://agents.example.org/card"}, 422, "url"),
        ({"name": "x", "url": "https://me:secret@agents.example.org/"}, 422, "url"),
        ({"name": "x y", "url": "https://agents.example.org/"}, 422, "name"),
        ({"name": "x", "url": "https://agents.example.org/", "key_header": "Host"}, 422, "key_header"),
        ({"name": "far", "url": "https://agents.example.org/"}, 409, "name"),
    ],
)
def test_what_is_no_agent_is_refused_by_its_field(near: Server, given: dict[str, str], status: int, field: str) -> None:
    """A typed error names field and remedy; what the value may hold is not repeated."""
    got, problem = _call(near, "POST", "/remote-agents", given)
    assert (got, problem["field"]) == (status, field), problem
    assert problem["remedy"]
    assert "secret" not in json.dumps(problem)


def test_an_agent_and_a_key_are_their_owners(serve: Serve) -> None:
    """Another owner's agent is not there, and a server's key is sent for who administers the server alone."""
    server = serve(NIS_API_KEY=KEY, NIS_AGENT_KEYS="A=secret-of-a")
    made = {"name": "mine", "url": "https://agents.example.org/"}
    assert _call(server, "POST", "/remote-agents", {**made, "key_name": "A"}, key=KEY)[0] in {200, 201}
    status, other = _call(server, "POST", "/keys", {"name": "other", "owner": "other", "scopes": ["*"]}, key=KEY)
    assert status in {200, 201}, other
    assert _call(server, "GET", "/remote-agents/mine", key=other["key"])[0] == 404
    assert _call(server, "GET", "/remote-agents", key=other["key"])[1]["remote_agents"] == []
    status, problem = _call(server, "POST", "/remote-agents", {**made, "key_name": "A"}, key=other["key"])
    assert (status, problem["field"]) == (403, "key_name")
