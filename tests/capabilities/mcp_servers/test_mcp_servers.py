"""Servers of tools beyond this one: registered, asked, bounded, and offered to agents who ask a person first."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server, running_server
from keyed import Holder, holder
from rest_client import ask, done

SCRIPT = {
    "tools": True,
    "replies": [
        {"after_tool": True, "text": "I was told {tool}"},
        {"when": "add two", "tool_calls": [{"name": "mcp-demo-add", "arguments": {"a": 2, "b": 3}}]},
        {"text": "Nothing to do."},
    ],
}


@pytest.fixture(scope="module")
def tooled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model calls a tool of another server, and whose operator has named a program that says nothing."""
    folder = tmp_path_factory.mktemp("tooled")
    (folder / "script.json").write_text(json.dumps(SCRIPT))
    silent = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    environment = {
        "NIS_SCRIPTED": str(folder / "script.json"),
        "NIS_MODEL": "scripted:scripted",
        "NIS_MCP_COMMANDS": json.dumps({"silent": silent}),
    }
    with running_server(folder, environment=environment) as server:
        yield server


def registered(who: Holder, **request: Any) -> str:
    """A server of tools, asked for what it has."""
    made = who.done("POST", "/mcp-servers", {"command": "example", **request})
    who.done("POST", f"/mcp-servers/{made['id']}/refresh-tools")
    return str(made["id"])


def refused(who: Holder, method: str, path: str, body: Any = None) -> tuple[str, Any]:
    """The code and the field of a refusal."""
    status, answer = who.ask(method, path, body)
    assert status >= 400, answer
    return answer["code"], answer.get("field")


def test_tools_are_listed_under_names_of_their_server_and_called(tooled: Server) -> None:
    """Promise: namespaced; what was listed is what may be called, and no more."""
    ann = holder(tooled, owner="ann")
    made = registered(ann, name="demo")
    found = ann.done("GET", "/mcp-servers/list-tools")["tools"]
    assert [(one["name"], one["tool"]) for one in found] == [("mcp-demo-echo", "echo"), ("mcp-demo-add", "add")]
    answer = ann.done("POST", f"/mcp-servers/{made}/call-tool", {"tool": "add", "arguments": {"a": 2, "b": 3}})
    assert answer == {"text": "5", "data": None, "failed": False}
    wrong = ann.done("POST", "/mcp-servers/demo/call-tool", {"tool": "add", "arguments": {}})
    assert wrong["failed"]
    assert refused(ann, "POST", "/mcp-servers/demo/call-tool", {"tool": "subtract"}) == ("not_found", "tool")
    ann.done("PATCH", f"/mcp-servers/{made}", {"allowed": ["echo"]})
    assert [one["tool"] for one in ann.done("GET", "/mcp-servers/list-tools")["tools"]] == ["echo"]
    assert refused(ann, "POST", "/mcp-servers/demo/call-tool", {"tool": "add"}) == ("not_found", "tool")
    ann.done("PATCH", f"/mcp-servers/{made}", {"enabled": False})
    assert ann.done("GET", "/mcp-servers/list-tools")["tools"] == []
    assert refused(ann, "POST", "/mcp-servers/demo/call-tool", {"tool": "echo"})[0] == "conflict"


def test_a_server_is_its_owners(tooled: Server) -> None:
    """Promise: another owner's server is not there, in no list and under no command."""
    cleo, dan = holder(tooled, owner="cleo"), holder(tooled, owner="dan")
    made = registered(cleo)
    assert dan.done("GET", "/mcp-servers")["mcp_servers"] == []
    for method, path, body in (
        ("GET", f"/mcp-servers/{made}", None),
        ("PATCH", f"/mcp-servers/{made}", {"seconds": 5}),
        ("POST", f"/mcp-servers/{made}/call-tool", {"tool": "echo", "arguments": {"text": "x"}}),
        ("POST", f"/mcp-servers/{made}/set-token", {"token": "x"}),
        ("DELETE", f"/mcp-servers/{made}", None),
    ):
        assert refused(dan, method, path, body) == ("not_found", "id")


def test_what_a_key_may_not_decide_is_the_operators(tooled: Server) -> None:
    """Promise: no program but the operator's, no address of the own network, and a person asked unless he says so."""
    eve = holder(tooled, owner="eve")
    for request, wanted in (
        ({"command": "rm"}, ("not_found", "command")),
        ({"url": f"{tooled.url}/mcp"}, ("forbidden", "url")),
        ({"url": "http://169.254.169.254/latest"}, ("forbidden", "url")),
        ({"url": "http://ann:secret@tools.example.org/mcp"}, ("invalid_request", "url")),
        ({"url": "file:///etc/passwd"}, ("invalid_request", "url")),
        ({"command": "example", "url": "https://tools.example.org/mcp"}, ("invalid_request", "url")),
        ({}, ("invalid_request", "url")),
        ({"command": "example", "approval": "never"}, ("forbidden", "approval")),
    ):
        assert refused(eve, "POST", "/mcp-servers", request) == wanted
    made = registered(eve)
    assert refused(eve, "PATCH", f"/mcp-servers/{made}", {"approval": "changes"}) == ("forbidden", "approval")


def test_what_nobody_is_asked_about_is_not_moved_by_who_may_not_say_so(tooled: Server) -> None:
    """Promise: an operator's `approval` is of one place and its tools: others put it back to change them."""
    fay, boss = (holder(tooled, owner="fay", scopes=["*", *more]) for more in ([], ["server:admin"]))
    made = boss.done("POST", "/mcp-servers", {"url": "https://tools.example.org/mcp", "approval": "never"})["id"]
    for change in ({"url": "https://evil.example.org/mcp"}, {"allowed": ["delete"]}):
        assert refused(fay, "PATCH", f"/mcp-servers/{made}", change) == ("forbidden", "approval")
        boss.done("PATCH", f"/mcp-servers/{made}", change)
    assert fay.done("PATCH", f"/mcp-servers/{made}", {"seconds": 5})["approval"] == "never"
    moved = fay.done("PATCH", f"/mcp-servers/{made}", {"url": "https://evil.example.org/mcp", "approval": "always"})
    assert moved["approval"] == "always"


def test_a_token_is_sent_and_shown_to_nobody(tooled: Server, serve: Serve) -> None:
    """Promise: a server that wants a key answers with its token alone, which no answer, list, run or log has."""
    locked = serve(NIS_API_KEY="sesame-7c0e")
    made = done(tooled, "POST", "/mcp-servers", {"url": f"{locked.url}/mcp", "name": "locked"})["id"]
    tried = done(tooled, "GET", f"/mcp-servers/{made}/test")
    assert (tried["ok"], tried["problem"]["code"]) == (False, "upstream_failed")
    told = done(tooled, "POST", f"/mcp-servers/{made}/set-token", {"token": "sesame-7c0e"})
    assert told["has_token"]
    assert done(tooled, "GET", f"/mcp-servers/{made}/test")["count"] > 10
    begun = {"operation": "mcp_servers.set_token", "arguments": {"id": made, "token": "sesame-7c0e"}}
    status, _, refusal = ask(tooled, "POST", "/runs/start-run", begun)
    assert (status, "sesame" in json.dumps(refusal)) == (400, False)
    seen = json.dumps([told, done(tooled, "GET", "/mcp-servers"), done(tooled, "GET", "/runs")])
    assert "sesame" not in seen + tooled.log.read_text()
    # What was meant for one place is sent to no other.
    moved = done(tooled, "PATCH", f"/mcp-servers/{made}", {"url": f"{locked.url}/mcp?toolset=physics"})
    assert not moved["has_token"]


def test_a_silent_program_costs_its_time_and_no_more(tooled: Server) -> None:
    """Promise: time-limited: the call ends in time with the failure, and the program with it."""
    gil = holder(tooled, owner="gil")
    made = gil.done("POST", "/mcp-servers", {"command": "silent", "seconds": 1})["id"]
    assert refused(gil, "POST", f"/mcp-servers/{made}/refresh-tools")[0] == "deadline_exceeded"
    until = time.monotonic() + 60
    while any("sys.stdin.read()" in one for one in children(tooled.pid).values()):
        assert time.monotonic() < until


def children(pid: int) -> dict[str, str]:
    """The commands of a process's children, by their numbers."""
    found: dict[str, str] = {}
    for one in Path("/proc").iterdir():
        try:
            if one.name.isdigit() and (one / "stat").read_text().rpartition(")")[2].split()[1] == str(pid):
                found[one.name] = (one / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


def turn(who: Holder, *, waits: bool) -> str:
    """A turn of the agent that adds two numbers, at its end or where it waits for a person."""
    begun = who.ask("POST", "/chat", {"message": "Please add two numbers."}, {"prefer": "respond-async"})[1]
    until = time.monotonic() + 60
    wanted = {"waiting"} if waits else {"succeeded", "failed"}
    while (now := who.done("GET", f"/runs/{begun['id']}"))["state"] not in wanted:
        assert time.monotonic() < until, now
    return str(begun["id"])


def ended(who: Holder, run: str) -> Any:
    """What came of it."""
    until = time.monotonic() + 60
    while (now := who.done("GET", f"/runs/{run}"))["state"] in {"queued", "running", "waiting"}:
        assert time.monotonic() < until, now
    return now["result"]["response"]


def test_an_agent_asks_a_person_before_it_calls_a_tool_of_anothers(tooled: Server) -> None:
    """Promise: effects of other servers are not known: approved, the tool is called; refused, the agent goes on."""
    hal = holder(tooled, owner="hal")
    made = registered(hal, name="demo")
    approved, rejected = turn(hal, waits=True), turn(hal, waits=True)
    waiting = hal.done("GET", f"/runs/{approved}")["waiting"]
    assert waiting["arguments"] == {"id": made, "tool": "add", "arguments": {"a": 2, "b": 3}}
    assert "add of the server demo" in waiting["reason"]
    hal.done("POST", f"/runs/{approved}/approve", {})
    assert '"text":"5"' in ended(hal, approved)
    hal.done("POST", f"/runs/{rejected}/reject", {})
    assert "rejected" in ended(hal, rejected)


def test_where_the_operator_says_so_nobody_is_asked(tooled: Server) -> None:
    """Promise: `approval` of an operator's: tools that say that they only read are called at once."""
    boss = holder(tooled, owner="boss", scopes=["*", "server:admin"])
    registered(boss, name="demo", approval="changes")
    assert '"text":"5"' in ended(boss, turn(boss, waits=False))


def test_an_agent_that_is_kept_is_offered_tools_of_the_servers_it_names(tooled: Server) -> None:
    """Promise of an agent's `servers`: tools of the one that it names, and of no other."""
    ann = holder(tooled, owner="of-agents", scopes=["*", "server:admin"])
    for name in ("demo", "other"):
        registered(ann, name=name, approval="changes")
    said: dict[str, str] = {}
    for number, servers in enumerate((["demo"], ["other"])):
        made = ann.done("POST", "/agents", {"name": f"a{number}", "instructions": "Add.", "servers": servers})
        said[servers[0]] = ann.done("POST", f"/agents/{made['id']}/run", {"message": "Please add two."})["response"]
    assert '"text":"5"' in said["demo"]
    assert "There is no tool 'mcp-demo-add'" in said["other"]


def test_programs_end_with_their_server(serve: Serve) -> None:
    """Promise: what was started for a server of tools does not outlive this one."""
    server = serve()
    registered(holder(server, owner="ivy"))
    [program] = [number for number, command in children(server.pid).items() if "drivers.tools.echo" in command]
    server.process.terminate()
    assert server.process.wait(60) == 0
    until = time.monotonic() + 60
    while Path(f"/proc/{program}").exists():
        assert time.monotonic() < until
