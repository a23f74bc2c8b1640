"""Runs and files as resources, prompts as prompts, completion, and notices of change, in both eras."""

from __future__ import annotations

import asyncio
import base64
import json
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from conftest import ROOT, Serve, Server, running_server
from keyed import Holder, holder
from mcp import Client
from mcp.shared.exceptions import MCPDeprecationWarning
from mcp_types import TextResourceContents
from over_mcp import post
from rest_client import done, send

from nis_backend.surfaces.mcp.watching import OF_ONE

TASKS: dict[str, Any] = {"extensions": {"io.modelcontextprotocol/tasks": {}}}
LISTS: dict[str, Any] = {"notifications": {"promptsListChanged": True}}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture(scope="module")
def keeping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a run that asks a person, for two who have keys."""
    apps = ("--app", str(ROOT / "tests" / "asking_app.py"))
    with running_server(tmp_path_factory.mktemp("keeping"), apps) as server:
        yield server


@pytest.fixture(scope="module")
def ann(keeping: Server) -> Holder:
    """Somebody with a run, two files and a prompt."""
    who = holder(keeping, owner="ann")
    for content in ("data:text/plain,Hello%2C%20world!", f"data:image/png;base64,{base64.b64encode(PNG).decode()}"):
        who.done("POST", "/blobs", {"content": content})
    variables = {"name": {"description": "Whom to greet."}, "language": {"default": "English"}}
    who.done(
        "POST",
        "/prompts",
        {"name": "greeting", "template": "Greet {{name}} in {{language}}.", "variables": variables},
    )
    return who


def begun(who: Holder) -> str:
    """A new run that waits for a person."""
    started = {"operation": "deeds.do_deed", "arguments": {"name": "paint"}}
    return str(who.done("POST", "/runs/start-run", started)["id"])


def ask(who: Holder, method: str, params: dict[str, Any] | None = None, **able: Any) -> Any:
    """What is answered to somebody's request; a failure is the protocol's error."""
    answer = post(who.server.url, method, params or {}, key=who.key, able=able)
    return answer.get("result", answer.get("error"))


def everything(who: Holder) -> list[str]:
    """The addresses of all that is listed."""
    found: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = ask(who, "resources/list", cursor)
        found += [one["uri"] for one in page["resources"]]
        if "nextCursor" not in page:
            return found
        cursor = {"cursor": page["nextCursor"]}


def test_runs_and_files_are_listed_and_read(ann: Holder) -> None:
    """Promise: a run reads as over REST, a text as text, other bytes as base64 that gives the same bytes back."""
    run = begun(ann)
    found = everything(ann)
    assert f"nis://runs/{run}" in found
    [told] = ask(ann, "resources/read", {"uri": f"nis://runs/{run}"})["contents"]
    assert json.loads(told["text"])["operation"] == "deeds.do_deed"
    [events] = ask(ann, "resources/read", {"uri": f"nis://runs/{run}/events"})["contents"]
    assert [event["seq"] for event in json.loads(events["text"])] == list(range(1, len(json.loads(events["text"])) + 1))
    read = [ask(ann, "resources/read", {"uri": uri})["contents"][0] for uri in found if "/blobs/" in uri]
    assert {one.get("text") for one in read} == {"Hello, world!", None}
    assert [base64.b64decode(one["blob"]) for one in read if "blob" in one] == [PNG]
    templates = ask(ann, "resources/templates/list")["resourceTemplates"]
    assert {one["uriTemplate"] for one in templates} >= {"nis://runs/{id}", "nis://blobs/{id}"}


def test_anothers_resources_are_not_there(ann: Holder, keeping: Server) -> None:
    """Promise: they belong to their owner: to others they are listed nowhere and read as what never was."""
    bob = holder(keeping, owner="bob")
    assert everything(bob) == []
    for uri in (*everything(ann), "nis://runs/run-none", "file:///etc/passwd", "nis://runs/../x"):
        error = ask(bob, "resources/read", {"uri": uri})
        assert (error["code"], error["message"], error["data"]) == (-32602, "Resource not found", {"uri": uri})


def test_a_key_lists_what_it_may_read(keeping: Server, ann: Holder) -> None:
    """Promise: scopes hold here too: without that of runs only files are listed, and no prompts without theirs."""
    poor = holder(keeping, owner="ann", scopes=["blobs:read"])
    assert {uri.split("/")[2] for uri in everything(poor)} == {"blobs"}
    assert ask(poor, "prompts/list")["prompts"] == []
    assert ask(poor, "prompts/get", {"name": "greeting"})["data"]["code"] == "forbidden"


def test_prompts_are_listed_filled_in_and_completed(ann: Holder) -> None:
    """Promise: what is kept by `prompts.` is a prompt with its variables as arguments."""
    [prompt] = ask(ann, "prompts/list")["prompts"]
    arguments = {one["name"]: one["required"] for one in prompt["arguments"]}
    long = ask(ann, "prompts/get", {"name": "x" * 65})
    assert (long["data"]["field"], long["message"][:5]) == ("name", "name:")
    assert (prompt["name"], arguments) == ("greeting", {"name": True, "language": False})
    [message] = ask(ann, "prompts/get", {"name": "greeting", "arguments": {"name": "Ann"}})["messages"]
    assert message["content"]["text"] == "Greet Ann in English."
    refusal = ask(ann, "prompts/get", {"name": "greeting"})
    assert (refusal["code"], "name" in refusal["message"]) == (-32602, True)
    wanted = {"ref": {"type": "ref/prompt", "name": "greeting"}, "argument": {"name": "language", "value": "en"}}
    assert ask(ann, "completion/complete", wanted)["completion"]["values"] == ["English"]


def test_addresses_are_completed_with_ids(ann: Holder) -> None:
    """Promise: a template's id is completed with the caller's newest."""
    run = begun(ann)
    for template in ("nis://runs/{id}", "nis://runs/{id}/events{?after}"):
        wanted = {"ref": {"type": "ref/resource", "uri": template}, "argument": {"name": "id", "value": run[:-3]}}
        told = ask(ann, "completion/complete", wanted)["completion"]
        assert run in told["values"]
        assert not told["hasMore"]


def test_what_is_left_out_is_said(keeping: Server) -> None:
    """Promise: a long log is read in parts, each naming the next, and a completion says that there are older ids."""
    fay = holder(keeping, owner="fay")
    much = {"operation": "deeds.say_much", "arguments": {"words": 1200}}
    run = str(fay.done("POST", "/runs/start-run", much)["id"])
    # To its end.
    send(fay.server, "GET", f"/runs/{run}/events", None, fay.headers)
    uri, seen, parts = f"nis://runs/{run}/events", list[int](), 0
    while uri:
        first, *rest = ask(fay, "resources/read", {"uri": uri})["contents"]
        seen += [event["seq"] for event in json.loads(first["text"])]
        uri, parts = rest[0]["uri"] if rest else "", parts + 1
    assert seen == list(range(1, fay.done("GET", f"/runs/{run}")["last_seq"] + 1))
    assert parts == 3
    for _ in range(50):
        begun(fay)
    wanted = {"ref": {"type": "ref/resource", "uri": "nis://runs/{id}"}, "argument": {"name": "id", "value": ""}}
    assert ask(fay, "completion/complete", wanted)["completion"]["hasMore"]


def test_the_older_era_has_the_same(keeping: Server) -> None:
    """Promise: both eras read the same resources; a subscription tells of the run's end."""
    run = str(
        done(keeping, "POST", "/runs/start-run", {"operation": "deeds.do_deed", "arguments": {"name": "x"}})["id"]
    )
    uri = f"nis://runs/{run}"

    async def use() -> None:
        updated = asyncio.Event()

        async def hear(message: Any) -> None:
            if getattr(message, "method", "") == "notifications/resources/updated":
                updated.set()

        async with Client(f"{keeping.url}/mcp", mode="legacy", message_handler=hear) as client:
            [content] = (await client.read_resource(uri)).contents
            assert isinstance(content, TextResourceContents)
            assert json.loads(content.text)["id"] == run
            with pytest.warns(MCPDeprecationWarning):
                await client.session.subscribe_resource(uri)  # pyright: ignore[reportDeprecated] - what is tested
            await asyncio.to_thread(lambda: done(keeping, "POST", f"/runs/{run}/approve", {}))
            async with asyncio.timeout(60):
                await updated.wait()

    asyncio.run(use())


def test_a_stream_of_notices_tells_what_was_asked_for(ann: Holder) -> None:
    """Promise: `subscriptions/listen`: first what will be told, then each change of a task with all of it."""
    run = begun(ann)
    wanted = {
        "notifications": {"taskIds": [run, "run-none"], "resourceSubscriptions": [f"nis://runs/{run}", "nis://runs/no"]}
    }
    assert ask(ann, "subscriptions/listen", wanted)["code"] == -32021
    notices = listened(ann, wanted)
    first = next(notices)
    assert first["method"] == "notifications/subscriptions/acknowledged"
    assert first["params"]["notifications"] == {"taskIds": [run], "resourceSubscriptions": [f"nis://runs/{run}"]}
    ann.done("POST", f"/runs/{run}/approve", {})
    seen: list[Any] = []
    for notice in notices:
        seen.append(notice)
        methods = {one["method"] for one in seen}
        ended = any(one["params"].get("status") == "completed" for one in seen)
        if ended and "notifications/resources/updated" in methods:
            break
    poor = holder(ann.server, owner="ann", scopes=["blobs:read"])
    # A key is told of the runs that it may read, and of no others.
    assert next(listened(poor, wanted))["params"]["notifications"] == {}
    last = [one["params"] for one in seen if one["method"] == "notifications/tasks"][-1]
    assert last["taskId"] == run
    assert last["ttlMs"] is None
    assert last["result"]["structuredContent"] == {"done": True}
    assert all("io.modelcontextprotocol/subscriptionId" in one["params"]["_meta"] for one in seen)


def test_an_owners_streams_of_notices_leave_room_for_others(keeping: Server) -> None:
    """Promise: one owner listens with so many streams at most, is told when there are more, and others listen on."""
    dan, eve = holder(keeping, owner="dan"), holder(keeping, owner="eve")
    with ExitStack() as open_now:
        for _ in range(OF_ONE):
            stream = open_now.enter_context(closing(listened(dan, LISTS)))
            assert next(stream)["method"] == "notifications/subscriptions/acknowledged"
        assert ask(dan, "subscriptions/listen", LISTS)["data"]["code"] == "busy"
        with closing(listened(eve, LISTS)) as others:
            assert next(others)["method"] == "notifications/subscriptions/acknowledged"


def listened(who: Holder, wanted: dict[str, Any]) -> Generator[Any]:
    """Notices as they come."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": TASKS,
    }
    body = {"jsonrpc": "2.0", "id": 7, "method": "subscriptions/listen", "params": {**wanted, "_meta": meta}}
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "subscriptions/listen",
        **who.headers,
    }
    asked = urllib.request.Request(f"{who.server.url}/mcp", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        for line in answer:
            if line.startswith(b"data: "):
                yield json.loads(line.removeprefix(b"data: "))


def test_how_the_resource_is_protected_is_told_where_a_key_is_wanted(serve: Serve, server: Server) -> None:
    """Promise: RFC 9728: a client without a key is led to the document, which says only what is true."""
    with pytest.raises(urllib.error.HTTPError) as open_to_all:
        urllib.request.urlopen(f"{server.url}/.well-known/oauth-protected-resource/mcp", timeout=60)
    assert open_to_all.value.code == 404
    open_to_all.value.close()
    locked = serve(NIS_API_KEY="sesame", NIS_OAUTH_SERVERS="https://login.example.com")
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(locked.url, "tools/list")
    challenge = refused.value.headers["www-authenticate"]
    refused.value.close()
    assert refused.value.code == 401
    address = f"{locked.url}/.well-known/oauth-protected-resource/mcp"
    assert challenge == f'Bearer resource_metadata="{address}"'
    for path in (address, address.removesuffix("/mcp")):
        with urllib.request.urlopen(path, timeout=60) as answer:
            told = json.load(answer)
        assert told == {
            "resource": f"{locked.url}/mcp",
            "resource_name": "nis",
            "bearer_methods_supported": ["header"],
            "authorization_servers": ["https://login.example.com"],
        }
