"""Runs as tasks, and persons asked through the client: what the extension and elicitation promise, on our own runs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import ROOT, Server, running_server
from keyed import Holder, holder
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult
from over_mcp import post
from rest_client import done, send

TASKS: dict[str, Any] = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
FORMS: dict[str, Any] = {"elicitation": {}}
DEED: dict[str, Any] = {"name": "deeds-do_deed", "arguments": {"name": "paint the fence"}}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a run that asks a person, and two who have keys."""
    apps = ("--app", str(ROOT / "tests" / "asking_app.py"))
    with running_server(tmp_path_factory.mktemp("asking"), apps) as server:
        yield server


@pytest.fixture(scope="module")
def ann(asking: Server) -> Holder:
    """Somebody."""
    return holder(asking, owner="ann")


@pytest.fixture(scope="module")
def bob(asking: Server) -> Holder:
    """Somebody else."""
    return holder(asking, owner="bob")


def ask(who: Holder, method: str, params: Mapping[str, Any], **able: Any) -> Any:
    """What is answered to somebody's request; a failure is the protocol's error."""
    answer = post(who.server.url, method, params, key=who.key, able=able)
    return answer.get("result", answer.get("error"))


def settled(who: Holder, task: str) -> Any:
    """The task at its end."""
    until = time.monotonic() + 60
    while (now := ask(who, "tasks/get", {"taskId": task}, **TASKS, **FORMS))["status"] in {"working", "input_required"}:
        assert time.monotonic() < until, now
    return now


def begun(who: Holder) -> str:
    """A new task that waits for a person."""
    made = ask(who, "tools/call", DEED, **TASKS, **FORMS)
    assert (made["resultType"], made["status"]) == ("task", "input_required")
    return str(made["taskId"])


def test_a_task_is_the_run_that_every_surface_shows(ann: Holder) -> None:
    """Promise: one log: begun here, answered here, seen over REST under the same id with the same result."""
    task = begun(ann)
    assert ann.done("GET", f"/runs/{task}")["state"] == "waiting"
    [(key, question)] = ask(ann, "tasks/get", {"taskId": task}, **TASKS, **FORMS)["inputRequests"].items()
    assert question["method"] == "elicitation/create"
    assert "May I paint the fence?" in question["params"]["message"]
    ask(ann, "tasks/update", {"taskId": task, "inputResponses": {key: {"action": "accept"}}}, **TASKS)
    assert settled(ann, task)["result"]["structuredContent"] == {"done": True}
    assert ann.done("GET", f"/runs/{task}")["result"] == {"done": True}


def test_a_task_is_answered_and_cancelled_on_other_surfaces_too(ann: Holder) -> None:
    """Promise: cancel and reject over REST are the task's; who knows it here sees what came of it."""
    rejected, cancelled = begun(ann), begun(ann)
    ann.done("POST", f"/runs/{rejected}/reject", {})
    assert settled(ann, rejected)["result"]["structuredContent"] == {"done": False}
    ann.done("POST", f"/runs/{cancelled}/cancel", {})
    assert settled(ann, cancelled)["status"] == "cancelled"
    # It has ended: to cancel it once more is no failure.
    assert ask(ann, "tasks/cancel", {"taskId": cancelled}, **TASKS)["resultType"] == "complete"


def test_another_owners_task_is_not_there(ann: Holder, bob: Holder) -> None:
    """Promise: tasks are their owner's; others are told what they are told of a task that never was."""
    task = begun(ann)
    responses = {"inputResponses": {"0.approval-1": {"action": "accept"}}}
    methods: list[tuple[str, dict[str, Any]]] = [("tasks/get", {}), ("tasks/update", responses), ("tasks/cancel", {})]
    for method, more in methods:
        never = ask(bob, method, {"taskId": "run-none", **more}, **TASKS)
        foreign = ask(bob, method, {"taskId": task, **more}, **TASKS)
        assert foreign["code"] == never["code"] == -32602
        assert foreign["data"]["field"] == "taskId"
        assert foreign["message"].replace(task, "run-none") == never["message"]
    assert ann.done("GET", f"/runs/{task}")["state"] == "waiting"


def test_a_key_that_may_not_command_runs_does_not_through_a_task(asking: Server) -> None:
    """Promise: the same key has the same rights everywhere: to approve takes the scope that approving takes."""
    both = holder(asking, owner="cara", scopes=["deeds:write", "runs:write"])
    poor = holder(asking, owner="cara", scopes=["deeds:write", "runs:read"])
    task = begun(both)
    responses = {"0.approval-1": {"action": "accept"}}
    refusal = ask(poor, "tasks/update", {"taskId": task, "inputResponses": responses}, **TASKS)
    assert (refusal["code"], refusal["data"]["code"]) == (-32011, "forbidden")
    assert both.done("GET", f"/runs/{task}")["state"] == "waiting"


def test_a_key_that_may_not_read_runs_reads_no_task(asking: Server) -> None:
    """Promise: to read a run takes runs:read here too; a key without it is answered its calls as any other tool's."""
    both, poor = holder(asking, owner="cara"), holder(asking, owner="cara", scopes=["deeds:write"])
    task = begun(both)
    refusal = ask(poor, "tasks/get", {"taskId": task}, **TASKS)
    assert (refusal["code"], refusal["data"]["code"]) == (-32011, "forbidden")
    assert ask(poor, "tools/call", DEED, **TASKS)["isError"]


def test_sealed_state_is_no_right(asking: Server) -> None:
    """Promise: whoever goes on with a call must still be one who may make it."""
    both, poor = holder(asking, owner="cara"), holder(asking, owner="cara", scopes=["runs:write"])
    state = ask(both, "tools/call", DEED, **FORMS)["requestState"]
    refusal = ask(poor, "tools/call", {**DEED, "requestState": state}, **FORMS)
    assert refusal["data"]["code"] == "forbidden"


def test_a_client_without_tasks_is_asked_and_calls_again_with_sealed_state(ann: Holder, bob: Holder) -> None:
    """Promise: the stateless era's rounds (SEP-2322): state that was changed, or is another's, is refused."""
    first = ask(ann, "tools/call", DEED, **FORMS)
    assert first["resultType"] == "input_required"
    [key] = first["inputRequests"]
    again = {**DEED, "inputResponses": {key: {"action": "accept"}}, "requestState": first["requestState"]}
    # In its middle, where each letter counts whole.
    state = first["requestState"]
    flipped = f"{state[:40]}{'B' if state[40] == 'A' else 'A'}{state[41:]}"
    changed = {**again, "requestState": flipped}
    other = {**again, "arguments": {"name": "burn the fence"}}
    for who, what in ((ann, changed), (ann, other), (bob, again)):
        assert ask(who, "tools/call", what, **FORMS)["code"] == -32602
    # A retry may overtake what it repeats: it is done once, and each is answered.
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(ask, ann, "tools/call", again, **FORMS) for _ in range(4)]
    assert [one.result().get("structuredContent") for one in asked] == [{"done": True}] * 4


def test_a_client_that_shows_no_forms_is_told_how_to_answer(ann: Holder) -> None:
    """Promise: the call fails with the run's name and the remedy; the run waits on."""
    answer = ask(ann, "tools/call", DEED)
    assert answer["isError"]
    problem = answer["_meta"]["nis/problem"]
    assert (problem["code"], problem["field"]) == ("waiting", "run")
    assert ann.done("GET", f"/runs/{problem['value']}")["state"] == "waiting"


@pytest.mark.parametrize(("action", "was_done"), [("accept", True), ("decline", False)])
def test_the_older_era_asks_within_the_call(asking: Server, action: Any, was_done: bool) -> None:
    """Promise: elicitation (MCP 2025-11-25): the client's person allows or refuses, and the call goes on."""
    messages: list[str] = []

    async def elicit(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        messages.append(params.message)
        return ElicitResult(action=action, content={} if action == "accept" else None)

    async def use() -> Any:
        async with Client(f"{asking.url}/mcp", mode="legacy", elicitation_callback=elicit) as client:
            return (await client.call_tool(DEED["name"], DEED["arguments"])).structured_content

    assert asyncio.run(use()) == {"done": was_done}
    [message] = messages
    assert "May I paint the fence?" in message


def test_who_answers_elsewhere_ends_the_asking(asking: Server) -> None:
    """Promise: cancellation goes both ways: a question that somebody has answered is taken back; the call goes on."""
    shown, taken_back = asyncio.Event(), asyncio.Event()

    async def elicit(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        shown.set()
        try:
            await asyncio.Event().wait()
        finally:
            taken_back.set()
        return ElicitResult(action="cancel")

    async def use() -> Any:
        async with Client(f"{asking.url}/mcp", mode="legacy", elicitation_callback=elicit) as client:
            calling = asyncio.ensure_future(client.call_tool(DEED["name"], {"name": "be told elsewhere"}))
            async with asyncio.timeout(60):
                await shown.wait()
                [run] = (await asyncio.to_thread(lambda: done(asking, "GET", "/runs?state=waiting&limit=1")))["runs"]
                await asyncio.to_thread(lambda: done(asking, "POST", f"/runs/{run['id']}/approve", {}))
                answer = await calling
                await taken_back.wait()
            return answer.structured_content

    assert asyncio.run(use()) == {"done": True}


def test_what_is_missing_is_asked_for_as_a_form(ann: Holder) -> None:
    """Promise: a run that still wants input shows the fields it wants; a wrong value is refused by its name."""
    started = {"operation": "physics.convert_unit", "arguments": {"value": 5, "unit": "mile"}, "ask": True}
    task = ann.done("POST", "/runs/start-run", started)["id"]
    [(key, question)] = ask(ann, "tasks/get", {"taskId": task}, **TASKS, **FORMS)["inputRequests"].items()
    schema = question["params"]["requestedSchema"]
    assert schema["required"] == ["to"]
    assert schema["properties"]["to"]["type"] == "string"
    told = {"taskId": task, "inputResponses": {key: {"action": "accept", "content": {"to": "km"}}, "no": {}}}
    ask(ann, "tasks/update", told, **TASKS)
    assert settled(ann, task)["result"]["structuredContent"]["value"] == pytest.approx(8.04672)


def test_an_answer_in_parts_is_kept_in_the_log(asking: Server) -> None:
    """Promise: a run waits on for the rest of what it wants, and has all of it then; the log has each part."""
    started = {"operation": "physics.convert_unit", "arguments": {"value": 5}, "ask": True}
    run = done(asking, "POST", "/runs/start-run", started)["id"]
    part = {"values": {"unit": "mile"}, "part": True}
    assert done(asking, "POST", f"/runs/{run}/provide-input", part)["state"] == "waiting"
    assert done(asking, "GET", f"/runs/{run}")["waiting"]["given"] == {"unit": "mile"}
    done(asking, "POST", f"/runs/{run}/provide-input", {"values": {"to": "km"}})
    until = time.monotonic() + 60
    while (now := done(asking, "GET", f"/runs/{run}"))["state"] != "succeeded":
        assert time.monotonic() < until, now
    assert now["result"]["value"] == pytest.approx(8.04672)
    _, _, text = send(asking, "GET", f"/runs/{run}/events", None, {"accept": "text/event-stream"})
    events = [json.loads(line.removeprefix("data: ")) for line in text.decode().splitlines() if line.startswith("data")]
    given = [event["body"] for event in events if event["body"]["type"] == "input_provided"]
    assert [(body["values"], body["rest"]) for body in given] == [
        ({"unit": "mile"}, ["to"]),
        ({"unit": "mile", "to": "km"}, []),
    ]
