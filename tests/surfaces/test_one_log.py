"""One log: a run that was begun on any surface is watched, stopped and answered on each other that has the notion."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import ROOT, Server, running_server
from ground import SCRIPT
from over_mcp import over_mcp, post
from rest_client import ask, done, send
from websockets.sync.client import connect

from nis_backend.settings import Settings, read_settings
from nis_backend.surfaces.cli.commands import command_line

Json = dict[str, Any]

HELLO, STORY = "Hello", "Write a long story about the sea and a ship."
PATIENCE = 60.0
TASKS: Json = {"extensions": {"io.modelcontextprotocol/tasks": {}}, "elicitation": {}}
SAID, DEED = ("chat.send_message", "message"), ("deeds.do_deed", "name")


@dataclass(frozen=True, kw_only=True)
class Surface:
    """How it is done here; None is what this surface has no notion of."""

    name: str
    say: Callable[[Server, str], str]
    """Begin a turn of the agent, and answer the run's id."""
    deed: Callable[[Server, str], str] | None = None
    """Begin a run that asks a person for leave; A2A and OpenAI's dialect begin turns of the agent alone."""
    words: Callable[[Server, str], str]
    """What the run has answered, once it has ended."""
    cancel: Callable[[Server, str], object]
    allow: Callable[[Server, str], object] | None = None


# -- REST --------------------------------------------------------------------------------------------------------------


def rest(method: str, path: str) -> Callable[[Server, str], Any]:
    """A request about a run."""
    return lambda server, run_id: done(server, method, path.replace("@", run_id), {} if method == "POST" else None)


def rest_begin(path: str, field: str) -> Callable[[Server, str], str]:
    """A request for a run that goes on by itself."""

    def begin(server: Server, text: str) -> str:
        status, _, run = ask(server, "POST", path, {field: text}, {"prefer": "respond-async"})
        assert status == 202, run
        return str(run["id"])

    return begin


def rest_words(server: Server, run_id: str) -> str:
    """The text of its log."""
    _, _, log = ask(server, "GET", f"/runs/{run_id}/events", None, {"prefer": f"wait={PATIENCE:g}"})
    return str(log["items"][-1]["body"]["result"]["response"])


# -- A2A ---------------------------------------------------------------------------------------------------------------

Rpc = Callable[[Server, str, Json], Json]


def over_socket(server: Server, method: str, params: Json) -> Json:
    """One call of the WebSocket binding; of a stream its last answer."""
    address = server.url.replace("http", "ws", 1)
    with connect(f"{address}/a2a", compression=None, additional_headers={"A2A-Version": "1.0"}) as socket:
        socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
        return json.loads(socket.recv(PATIENCE))["result"]


def over_http(server: Server, method: str, params: Json) -> Json:
    """One call of the JSON-RPC binding."""
    frame = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = done(server, "POST", "/a2a", frame, {"a2a-version": "1.0", "content-type": "application/json"})
    assert "result" in answer, answer
    return answer["result"]


def a2a(name: str, rpc: Rpc) -> Surface:
    """A binding of A2A."""

    def message(part: Json, **more: Any) -> Json:
        return {"messageId": uuid.uuid4().hex, "role": "ROLE_USER", "parts": [part], **more}

    def say(server: Server, text: str) -> str:
        asked = {"message": message({"text": text}), "configuration": {"returnImmediately": True}}
        return str(rpc(server, "SendMessage", asked)["task"]["id"])

    def words(server: Server, run_id: str) -> str:
        until = time.monotonic() + PATIENCE
        while (task := rpc(server, "GetTask", {"id": run_id}))["status"]["state"] != "TASK_STATE_COMPLETED":
            assert time.monotonic() < until, task
        return "".join(one["parts"][0]["text"] for one in task["artifacts"] if one["artifactId"] == "answer")

    return Surface(
        name=name,
        say=say,
        words=words,
        cancel=lambda server, run_id: rpc(server, "CancelTask", {"id": run_id}),
        allow=lambda server, run_id: rpc(
            server, "SendMessage", {"message": message({"data": {"approved": True}}, taskId=run_id)}
        ),
    )


# -- MCP ---------------------------------------------------------------------------------------------------------------


def mcp_begin(tool: str, field: str) -> Callable[[Server, str], str]:
    """A tool's call as a task."""

    def begin(server: Server, text: str) -> str:
        asked = {"name": tool, "arguments": {field: text}}
        result = post(server.url, "tools/call", asked, able=TASKS)["result"]
        # What has ended at once is answered at once.
        return str(result["taskId"] if "taskId" in result else result["structuredContent"]["run_id"])

    return begin


def mcp_task(server: Server, run_id: str) -> Json:
    """The task as it is."""
    return post(server.url, "tasks/get", {"taskId": run_id}, able=TASKS)["result"]


def mcp_words(server: Server, run_id: str) -> str:
    """The result of the task."""
    until = time.monotonic() + PATIENCE
    while (task := mcp_task(server, run_id))["status"] != "completed":
        assert time.monotonic() < until, task
    return str(task["result"]["structuredContent"]["response"])


def mcp_allow(server: Server, run_id: str) -> Any:
    """Accept what it asks."""
    [key] = mcp_task(server, run_id)["inputRequests"]
    given = {"taskId": run_id, "inputResponses": {key: {"action": "accept"}}}
    return post(server.url, "tasks/update", given, able=TASKS)["result"]


# -- OpenAI ------------------------------------------------------------------------------------------------------------


def responses_say(server: Server, text: str) -> str:
    """A response in the background."""
    made = done(server, "POST", "/v1/responses", {"model": "agent:chat", "input": text, "background": True})
    return str(made["id"]).replace("resp_", "run-")


def responses_words(server: Server, run_id: str) -> str:
    """The text of the response."""
    until = time.monotonic() + PATIENCE
    name = run_id.replace("run-", "resp_")
    while (response := done(server, "GET", f"/v1/responses/{name}"))["status"] != "completed":
        assert time.monotonic() < until, response
    return "".join(part["text"] for item in response["output"] for part in item.get("content", ()))


def responses_cancel(server: Server, run_id: str) -> Any:
    """The response is not wanted any more."""
    return done(server, "POST", f"/v1/responses/{run_id.replace('run-', 'resp_')}/cancel", {})


# -- AG-UI -------------------------------------------------------------------------------------------------------------


def agui_input(thread: str, **members: Any) -> Json:
    """What a client sends, with a name of its own for the run."""
    empty: Json = {"state": {}, "tools": [], "context": [], "messages": [], "forwardedProps": {}}
    return {"threadId": thread, "runId": uuid.uuid4().hex, **empty, **members}


def agui_say(server: Server, text: str) -> str:
    """A run of a client's, whose stream is left as soon as it has begun."""
    given = agui_input(uuid.uuid4().hex, messages=[{"id": "1", "role": "user", "content": text}])
    request = urllib.request.Request(
        f"{server.url}/agui",
        json.dumps(given).encode(),
        {"content-type": "application/json", "accept": "text/event-stream"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as stream:
        while "RUN_STARTED" not in (line := stream.readline().decode()):
            assert line, "it did not begin"
    return str(done(server, "GET", "/runs?limit=1")["runs"][0]["id"])


def agui_words(server: Server, run_id: str) -> str:
    """The text of the run, as one who has not begun it is told it."""
    thread = done(server, "GET", f"/runs/{run_id}")["conversation_id"]
    _, _, text = send(server, "GET", f"/agui?threadId={thread}&runId={run_id}", None, {"accept": "text/event-stream"})
    events = [json.loads(line.removeprefix("data: ")) for line in text.decode().splitlines() if line.startswith("data")]
    assert events[-1]["type"] == "RUN_FINISHED"
    return "".join(event["delta"] for event in events if event["type"] == "TEXT_MESSAGE_CONTENT")


def agui_cancel(server: Server, run_id: str) -> Any:
    """The thread's run is not wanted any more."""
    thread = done(server, "GET", f"/runs/{run_id}")["conversation_id"]
    return done(server, "POST", "/agui/cancel", {"threadId": thread, "runId": run_id})


def agui_allow(server: Server, run_id: str) -> None:
    """Resolve the interrupt that the client's run ends with; a run outside conversations is a thread of its own."""
    told = urllib.request.Request(
        f"{server.url}/agui?threadId={run_id}&runId={run_id}", headers={"accept": "text/event-stream"}
    )
    with urllib.request.urlopen(told, timeout=PATIENCE) as stream:
        # Who watches is told on, beyond the wait: it is left there.
        while "RUN_FINISHED" not in (line := stream.readline().decode()):
            assert line, "it ended without an interrupt"
    [asked] = json.loads(line.removeprefix("data: "))["outcome"]["interrupts"]
    answer = {"interruptId": asked["id"], "status": "resolved", "payload": {"approved": True}}
    given = agui_input(run_id, resume=[answer])
    status, _, text = send(server, "POST", "/agui", given, {"content-type": "application/json"})
    assert status == 200, text


# -- the command line --------------------------------------------------------------------------------------------------


def cli(server: Server, *arguments: str) -> str:
    """What a command in this process has printed."""

    def unused(*_: object) -> Any:
        raise AssertionError

    def read(**_: object) -> Settings:
        return read_settings(os.environ, data=server.data)

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = command_line(read, unused, unused, arguments)
    assert code == 0, err.getvalue()
    return out.getvalue()


def cli_begin(operation: str, field: str) -> Callable[[Server, str], str]:
    """A call in the background."""
    return lambda server, text: str(
        json.loads(cli(server, "call", operation, f"--{field}", text, "--background", "--json"))["id"]
    )


def cli_call(operation: str) -> Callable[[Server, str], Json]:
    """A call about a run."""
    return lambda server, run_id: json.loads(cli(server, "call", operation, run_id, "--json"))


def cli_words(server: Server, run_id: str) -> str:
    """The log, watched to its end."""
    return json.loads(cli(server, "runs", "watch", run_id, "--json").splitlines()[-1])["body"]["result"]["response"]


SURFACES = (
    Surface(
        name="REST",
        say=rest_begin("/chat", "message"),
        deed=rest_begin("/deeds/do-deed", "name"),
        words=rest_words,
        cancel=rest("POST", "/runs/@/cancel"),
        allow=rest("POST", "/runs/@/approve"),
    ),
    a2a("A2A socket", over_socket),
    a2a("A2A", over_http),
    Surface(
        name="MCP",
        say=mcp_begin("chat-send_message", "message"),
        deed=mcp_begin("deeds-do_deed", "name"),
        words=mcp_words,
        cancel=lambda server, run_id: post(server.url, "tasks/cancel", {"taskId": run_id}, able=TASKS)["result"],
        allow=mcp_allow,
    ),
    Surface(name="responses", say=responses_say, words=responses_words, cancel=responses_cancel),
    Surface(name="AG-UI", say=agui_say, words=agui_words, cancel=agui_cancel, allow=agui_allow),
    Surface(
        name="command line",
        say=cli_begin(*SAID),
        deed=cli_begin(*DEED),
        words=cli_words,
        cancel=cli_call("runs.cancel_run"),
        allow=cli_call("runs.approve_run"),
    ),
)
EACH = pytest.mark.parametrize("begun", SURFACES, ids=lambda one: one.name)
OTHER = pytest.mark.parametrize("other", SURFACES, ids=lambda one: one.name)
ASKING = pytest.mark.parametrize(
    "deed", [one.deed for one in SURFACES if one.deed], ids=[one.name for one in SURFACES if one.deed]
)
ALLOWING = pytest.mark.parametrize(
    "allow", [one.allow for one in SURFACES if one.allow], ids=[one.name for one in SURFACES if one.allow]
)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose agent says what a script holds, and which has a run that asks for leave."""
    folder = tmp_path_factory.mktemp("one")
    (folder / "script.json").write_text(json.dumps(SCRIPT))
    apps = ("--app", str(ROOT / "tests" / "asking_app.py"))
    with running_server(folder, apps, {"NIS_SCRIPTED": str(folder / "script.json")}) as server:
        yield server


def log(server: Server, run_id: str) -> list[Json]:
    """The run's events to its end."""
    _, _, answer = ask(server, "GET", f"/runs/{run_id}/events", None, {"prefer": f"wait={PATIENCE:g}"})
    return answer["items"]


@EACH
def test_what_was_begun_here_is_read_everywhere(one: Server, begun: Surface) -> None:
    """Promise: the same run, the same words, whoever asks; source: README, The same everywhere."""
    run_id = begun.say(one, HELLO)
    said = log(one, run_id)[-1]["body"]["result"]["response"]
    assert "I answer from a script." in said
    assert {other.name: other.words(one, run_id) for other in SURFACES} == {other.name: said for other in SURFACES}
    assert over_mcp(one.url, "runs.get_run", {"id": run_id})["operation"] == "chat.send_message"


@OTHER
@EACH
def test_what_was_begun_here_is_stopped_there(one: Server, begun: Surface, other: Surface) -> None:
    """Promise: a cancel is an event of the one log, wherever it was said."""
    run_id = begun.say(one, STORY)
    other.cancel(one, run_id)
    kinds = [event["body"]["type"] for event in log(one, run_id)]
    assert ("cancel_requested" in kinds, kinds[-1]) == (True, "cancelled")


@ALLOWING
@ASKING
def test_what_waits_here_is_allowed_there(
    one: Server, deed: Callable[[Server, str], str], allow: Callable[[Server, str], object]
) -> None:
    """Promise: a run that asks for a person's leave goes on with the yes of any surface that has the notion."""
    run_id = deed(one, "paint the fence")
    until = time.monotonic() + PATIENCE
    while done(one, "GET", f"/runs/{run_id}")["state"] != "waiting":
        assert time.monotonic() < until
    allow(one, run_id)
    assert log(one, run_id)[-1]["body"]["result"] == {"done": True}
