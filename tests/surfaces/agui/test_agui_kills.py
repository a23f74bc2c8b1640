"""A run over AG-UI outlives its server, and goes on with what a person answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agui_reader import given, kinds, refused, run, stream, valid
from conftest import Serve
from outliving import begun

Json = dict[str, Any]
APP = Path(__file__).resolve().parents[2] / "durable_app.py"
WORDS = "One two three four five six seven eight nine ten."


def applied(events: Sequence[Json]) -> list[str]:
    """The contents of the messages that a client has in the end, as its reducer makes them."""
    messages: dict[str, str] = {}
    for event in events:
        if event["type"] == "TEXT_MESSAGE_START":
            messages[event["messageId"]] = ""
        elif event["type"] == "TEXT_MESSAGE_CONTENT":
            messages[event["messageId"]] += event["delta"]
        elif event["type"] == "MESSAGES_SNAPSHOT":
            messages = {one["id"]: one["content"] for one in event["messages"]}
    return list(messages.values())


def test_a_stream_goes_on_after_the_server_was_killed(serve: Serve, tmp_path: Path) -> None:
    """Promise: by the number of the last event, from the log; words that were cut are taken back."""
    script, data = tmp_path / "script.json", tmp_path / "data"
    script.write_text(json.dumps({"replies": [{"text": WORDS, "pause": 0.3}]}))
    environment = {"NIS_SCRIPTED": str(script), "NIS_MODEL": "scripted"}
    server = serve(data=data, **environment)
    body = given("Count", "killed")
    seen: list[tuple[str, Json]] = []
    for name, event in stream(f"{server.url}/agui", body):
        seen.append((name, event))
        if event["type"] == "TEXT_MESSAGE_CONTENT" and "two" in event["delta"]:
            break
    server.kill()
    server = serve(data=data, **environment)
    rest = list(stream(f"{server.url}/agui", body, {"Last-Event-ID": seen[-1][0]}))
    events = [event for _, event in (*seen, *rest)]
    valid(events)
    assert applied(events) == ["Count", f"[scripted] {WORDS}"]
    assert events[-1]["outcome"] == {"type": "success"}
    assert list(stream(f"{server.url}/agui", body)) == [*seen, *rest]


def test_interrupts_are_answered_by_resume(serve: Serve, tmp_path: Path) -> None:
    """Promise: leave and input that a run waits for, by their ids; once, and by what the schema says."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"replies": [{"text": "A line."}]}))
    server = serve("--app", str(APP), NIS_SCRIPTED=str(script))
    url = f"{server.url}/agui"
    run_id = begun(server, "/diary/keep-diary", {"lines": 2, "approve": True, "ask": True})
    watching = stream(f"{url}?threadId=diary&runId={run_id}", None)
    seen: list[Json] = []

    def watched() -> Json:
        for _, event in watching:
            seen.append(event)
            if event["type"] == "RUN_FINISHED":
                return event
        raise AssertionError(seen)

    (asked,) = watched()["outcome"]["interrupts"]
    assert asked["responseSchema"]["required"] == ["approved"]

    def resumed(name: str, asked: Json, payload: Any, status: str = "resolved") -> Json:
        entry = {"interruptId": asked["id"], "status": status, "payload": payload}
        return {"threadId": "diary", "runId": name, "messages": [], "resume": [entry]}

    wrongs: list[Any] = [{"approved": "yes"}, {"approved": True, "editedArgs": {}}, None]
    for wrong in wrongs:
        status, problem = refused(url, resumed("r2", asked, wrong))
        assert (status, problem["field"]) == (422, "resume.0.payload")
    approved = resumed("r2", asked, {"approved": True})
    second = run(url, approved)
    assert run(url, approved) == second
    assert refused(url, resumed("r3", asked, {"approved": False}))[0] == 409
    (wanted,) = second[-1]["outcome"]["interrupts"]
    assert wanted["reason"] == "input_required"
    assert wanted["responseSchema"]["properties"].keys() == {"name", "year"}
    assert watched()["outcome"]["interrupts"] == [wanted]

    assert refused(url, resumed("r3", wanted, {"name": "Ann"}))[1]["field"] == "resume.0.payload.year"
    assert refused(url, resumed("r3", wanted, "Ann"))[1]["field"] == "resume.0.payload"
    two = {**resumed("r3", wanted, {}), "resume": resumed("r3", wanted, {})["resume"] * 2}
    assert refused(url, two)[1]["field"] == "resume.1.interruptId"
    third = run(url, resumed("r3", wanted, {"name": "Ann", "year": 1911}))
    assert third[-1]["result"]["signed"] == "Ann, 1911"
    assert watched()["outcome"] == {"type": "success"}
    valid(seen)
    assert kinds(seen).count("RUN_STARTED") == 3


def test_an_interrupt_that_is_abandoned_ends_its_run(serve: Serve, tmp_path: Path) -> None:
    """Leave that is not given is refused; input that does not come ends the run, with the outcome of its own."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"replies": [{"text": "A line."}]}))
    server = serve("--app", str(APP), NIS_SCRIPTED=str(script))
    url = f"{server.url}/agui"
    run_id = begun(server, "/diary/keep-diary", {"lines": 0, "ask": True})
    asking = (event for _, event in stream(f"{url}?threadId=diary&runId={run_id}", None))
    (asked,) = next(event["outcome"]["interrupts"] for event in asking if event["type"] == "RUN_FINISHED")
    entry = {"interruptId": asked["id"], "status": "cancelled"}
    body = {"threadId": "diary", "runId": "r2", "messages": [], "resume": [entry]}
    events = run(url, body)
    assert events[-1]["outcome"] == {"type": "cancelled"}
    assert run(url, body) == events
