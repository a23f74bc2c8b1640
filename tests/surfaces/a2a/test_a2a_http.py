"""JSON-RPC and HTTP+JSON: the protocol's own client talks to the handler over each of them, in both versions."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from a2a.client import A2ACardResolver
from a2a.client.client import ClientConfig
from a2a.client.client_factory import ClientFactory
from a2a.types import (
    AgentCard,
    AgentInterface,
    CancelTaskRequest,
    GetExtendedAgentCardRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    SendMessageRequest,
    SubscribeToTaskRequest,
    TaskState,
)
from a2a.utils.errors import TaskNotFoundError, UnsupportedOperationError
from a2a_process import PATIENCE, message, served

from nis_backend.caller import Caller
from nis_backend.surfaces.a2a import wire
from nis_backend.surfaces.a2a.rpc import Rpc

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine
    from pathlib import Path

    from a2a.client.client import Client
    from a2a_process import StandIn

BINDINGS = [("JSONRPC", "1.0"), ("HTTP+JSON", "1.0"), ("JSONRPC", "0.3")]
V1 = {"A2A-Version": "1.0"}


@asynccontextmanager
async def _talking(data: Path, binding: str, version: str) -> AsyncGenerator[tuple[StandIn, Client]]:
    """The process, and the protocol's own client of one of its bindings."""
    async with served(data) as (process, address), httpx.AsyncClient(timeout=PATIENCE) as http:
        path = "/a2a/rest" if binding == "HTTP+JSON" else "/a2a"
        interface = AgentInterface(url=f"http://{address}{path}", protocol_binding=binding, protocol_version=version)
        card = AgentCard(name="nis", supported_interfaces=[interface], capabilities={"streaming": True})
        config = ClientConfig(httpx_client=http, supported_protocol_bindings=[binding], streaming=True, polling=False)
        yield process, ClientFactory(config).create(card)


def _said(words: str, **members: Any) -> SendMessageRequest:  # Any: the message's members
    return SendMessageRequest(
        message=Message(message_id=uuid4().hex, role=Role.ROLE_USER, parts=[Part(text=words)], **members)
    )


def _run(talk: Coroutine[Any, Any, None]) -> None:
    asyncio.run(talk)


@pytest.mark.parametrize(("binding", "version"), BINDINGS)
def test_the_protocols_client_talks(tmp_path: Path, binding: str, version: str) -> None:
    """A stream begins with the task and ends with its end, is found again, and what is not there is told as such."""

    async def talk() -> None:
        async with _talking(tmp_path, binding, version) as (process, client):
            events = [event async for event in client.send_message(_said("say a b c"))]
            assert events[0].HasField("task")
            task = events[0].task
            assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED
            words = [
                event.artifact_update.artifact.parts[0].text for event in events if event.HasField("artifact_update")
            ]
            assert "".join(words) == "a b c "
            found = await client.get_task(GetTaskRequest(id=task.id))
            assert found.artifacts[0].parts[0].text == "a b c "
            with pytest.raises(TaskNotFoundError):
                await client.get_task(GetTaskRequest(id="run-of-nobody"))
            with pytest.raises(UnsupportedOperationError):
                [event async for event in client.subscribe(SubscribeToTaskRequest(id=task.id))]
            if version == "1.0":
                listed = await client.list_tasks(ListTasksRequest(context_id=task.context_id))
                assert [one.id for one in listed.tasks] == [task.id]
            await _stopped(process, client)

    _run(talk())


async def _stopped(process: StandIn, client: Client) -> None:
    """A second reader joins a task under way, and a third cancels it: all see the same end."""
    stream = client.send_message(_said("wait"))
    task = (await anext(stream)).task
    await asyncio.wait_for(process.reached.wait(), PATIENCE)
    watching = client.subscribe(SubscribeToTaskRequest(id=task.id))
    assert (await anext(watching)).task.id == task.id
    cancelled = await client.cancel_task(CancelTaskRequest(id=task.id))
    assert cancelled.status.state == TaskState.TASK_STATE_CANCELED
    for events in (stream, watching):
        last = [event async for event in events][-1]
        assert last.status_update.status.state == TaskState.TASK_STATE_CANCELED


def _asked(data: Path, *requests: dict[str, Any]) -> list[httpx.Response]:
    """What plain requests are answered; each is httpx's own arguments, its path beside them."""

    async def ask() -> list[httpx.Response]:
        async with served(data) as (_, address), httpx.AsyncClient(timeout=PATIENCE) as http:
            return [
                await http.request(one.pop("method", "POST"), f"http://{address}{one.pop('path', '/a2a')}", **one)
                for one in requests
            ]

    return asyncio.run(ask())


def _call(method: str, params: Any = None) -> dict[str, Any]:  # Any: right and wrong JSON
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}}


def _huge(number: int) -> dict[str, Any]:
    """A message with a number in it."""
    return {"message": {"messageId": "1", "role": "ROLE_USER", "parts": [{"data": {"number": number}}]}}


def test_what_is_no_call_gets_a_typed_error(tmp_path: Path) -> None:
    """Each with the protocol's own code, and never a status of 500 (specification, 5.4 and 9.5)."""
    wrong: list[tuple[dict[str, Any], int, int]] = [
        ({"content": "{", "headers": V1}, 200, -32700),
        ({"content": "", "headers": V1}, 200, -32700),
        ({"json": [_call("GetTask")], "headers": V1}, 200, -32600),
        ({"json": "GetTask", "headers": V1}, 200, -32600),
        ({"json": {"jsonrpc": "2.0", "method": "GetTask"}, "headers": V1}, 200, -32602),
        ({"json": {"jsonrpc": "2.0", "method": "GetTasks"}, "headers": V1}, 200, -32601),
        ({"json": {"jsonrpc": "2.0", "id": {}, "method": "GetTask"}, "headers": V1}, 200, -32600),
        ({"json": {"jsonrpc": "2.0", "method": "cancelStream", "params": {"id": 1}}, "headers": V1}, 200, -32600),
        ({"json": {**_call("GetTask"), "id": True}, "headers": V1}, 200, -32600),
        ({"json": _call("message/send"), "headers": V1}, 200, -32601),
        ({"json": _call("GetTask"), "headers": V1}, 200, -32602),
        ({"json": _call("SendStreamingMessage", {"message": 5}), "headers": V1}, 200, -32602),
        ({"json": _call("GetTask", {"id": "run-1"}), "headers": V1}, 200, -32001),
        ({"json": _call("GetTask"), "headers": {"A2A-Version": "99.0"}}, 200, -32009),
        ({"json": _call("GetTask")}, 200, -32009),
        ({"json": _call("tasks/get"), "headers": {"A2A-Version": "0.3.0"}}, 200, -32602),
        ({"json": _call("tasks/nothing")}, 200, -32601),
        ({"json": _call("SendMessage", _huge(10**400)), "headers": V1}, 200, -32602),
        ({"json": _call("tasks/get", {"id": "run-1", "historyLength": 2**63})}, 200, -32602),
        ({"content": json.dumps(_call("GetTask")), "headers": {**V1, "content-type": "text/plain"}}, 415, -32005),
        ({"method": "GET"}, 405, -32601),
        ({"path": "/a2a/nothing"}, 404, -32601),
    ]
    answers = _asked(tmp_path, *(request for request, _, _ in wrong))
    for (request, status, code), answer in zip(wrong, answers, strict=True):
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (status, code), (request, error)
        assert error["data"][0]["@type"].endswith("google.rpc.ErrorInfo")
        assert answer.headers["content-type"] == "application/json"


def test_a_wrong_request_over_http_json_has_its_status(tmp_path: Path) -> None:
    """The status, its name and the details of AIP-193 (specification, 11.6)."""
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"path": "/a2a/rest/message:send", "json": {}, "headers": V1}, 400, "INVALID_PARAMS"),
        ({"path": "/a2a/rest/message:send", "content": "[", "headers": V1}, 400, "PARSE_ERROR"),
        ({"path": "/a2a/rest/message:stream", "json": {}, "headers": V1}, 400, "INVALID_PARAMS"),
        ({"path": "/a2a/rest/message:send", "json": message("hi")}, 400, "VERSION_NOT_SUPPORTED"),
        (
            {"path": "/a2a/rest/message:send", "content": "{}", "headers": {**V1, "content-type": "text/plain"}},
            415,
            "CONTENT_TYPE_NOT_SUPPORTED",
        ),
        ({"method": "GET", "path": "/a2a/rest/tasks/run-1", "headers": V1}, 404, "TASK_NOT_FOUND"),
        ({"method": "GET", "path": "/a2a/rest/tasks?pageSize=0", "headers": V1}, 400, "INVALID_PARAMS"),
        ({"method": "GET", "path": "/a2a/rest/tasks?pageSize=x", "headers": V1}, 400, "INVALID_PARAMS"),
        ({"method": "GET", "path": "/a2a/rest/tasks?includeArtifacts=x", "headers": V1}, 400, "INVALID_PARAMS"),
        ({"path": "/a2a/rest/tasks/run-1:cancel", "headers": V1}, 404, "TASK_NOT_FOUND"),
        ({"method": "GET", "path": "/a2a/rest/nothing", "headers": V1}, 404, "METHOD_NOT_FOUND"),
    ]
    answers = _asked(tmp_path, *(request for request, _, _ in wrong))
    for (request, status, reason), answer in zip(wrong, answers, strict=True):
        error = answer.json()["error"]
        assert (answer.status_code, error["details"][0]["reason"]) == (status, reason), (request, error)
        assert error["code"] == status


def test_a_key_may_over_a2a_what_it_may_elsewhere(tmp_path: Path) -> None:
    """Reading tasks takes `runs:read`, a message `chat:write`: whatever a binding calls it."""
    talker = Caller(owner="talker", scopes=frozenset({"chat:write"}))

    async def talk() -> None:
        async with served(tmp_path) as (process, _):

            async def call(method: str, params: dict[str, Any]) -> dict[str, Any]:
                request = wire.Request(id=1, method=method, params=params, parameters={})
                return await anext(Rpc(process).answer(request, talker, {}))

            task = (await call("SendMessage", message("say a")))["result"]["task"]
            assert task["status"]["state"] == "TASK_STATE_COMPLETED"
            for method in ("GetTask", "ListTasks", "SubscribeToTask", "CancelTask"):
                assert (await call(method, {"id": task["id"]}))["error"]["code"] == -32011, method
            # Where updates go is for who may stop the run.
            reader = Caller(owner="talker", scopes=frozenset({"runs:read"}))
            push = {"taskId": task["id"], "id": "1", "url": "http://127.0.0.1:1/x"}
            for method, code in (("Create", -32011), ("Delete", -32011), ("Get", -32001)):
                asked = wire.Request(id=1, method=f"{method}TaskPushNotificationConfig", params=push, parameters={})
                (refused,) = [frame async for frame in Rpc(process).answer(asked, reader, {})]
                assert refused["error"]["code"] == code, (method, refused)

    _run(talk())


def test_a_slash_at_the_end_is_the_same_address(tmp_path: Path) -> None:
    """Clients post to the address they were given, with a slash behind it, and follow no redirection."""
    (answer,) = _asked(tmp_path, {"path": "/a2a/", "json": _call("ListTasks"), "headers": V1})
    assert answer.json()["result"]["totalSize"] == 0


def test_a_query_names_the_version_too(tmp_path: Path) -> None:
    """For clients that set no headers (specification, 3.6.1)."""
    one, other = _asked(
        tmp_path,
        {"path": "/a2a?A2A-Version=1.0", "json": _call("ListTasks")},
        {"method": "GET", "path": "/a2a/rest/tasks?A2A-Version=1.0&pageSize=2"},
    )
    assert one.json()["result"]["pageSize"] == 50
    assert other.json()["pageSize"] == 2


def test_who_names_the_protocols_media_type_is_answered_in_it(tmp_path: Path) -> None:
    """`application/a2a+json` is what the specification prefers (11.1); clients older than that word expect JSON."""
    plain, named = _asked(
        tmp_path,
        {"method": "GET", "path": "/a2a/rest/tasks", "headers": V1},
        {"method": "GET", "path": "/a2a/rest/tasks", "headers": {**V1, "accept": "application/a2a+json"}},
    )
    assert plain.headers["content-type"] == "application/json"
    assert named.headers["content-type"] == "application/a2a+json"


def test_a_dropped_stream_goes_on_after_its_last_event(tmp_path: Path) -> None:
    """A stream's events have their numbers as ids; who comes back with one misses nothing and sees nothing twice."""

    async def talk() -> None:
        async with served(tmp_path) as (process, address), httpx.AsyncClient(timeout=PATIENCE) as http:
            url = f"http://{address}/a2a"
            body = _call("SendStreamingMessage", message("wait a b"))
            seen: list[tuple[int, dict[str, Any]]] = []
            async with http.stream("POST", url, json=body, headers=V1) as answer:
                async for event in _events(answer):
                    seen.append(event)
                    if "artifactUpdate" in event[1]["result"]:
                        break
            await asyncio.wait_for(process.reached.wait(), PATIENCE)
            task_id = seen[0][1]["result"]["task"]["id"]
            process.gate.set()
            again = _call("SubscribeToTask", {"id": task_id})
            headers = {**V1, "last-event-id": str(seen[-1][0])}
            async with http.stream("POST", url, json=again, headers=headers) as answer:
                rest = [event async for event in _events(answer)]
            assert rest[0][1]["result"]["task"]["artifacts"][0]["parts"][0]["text"] == "before "
            assert [number for number, _ in rest] == sorted({number for number, _ in rest})
            assert rest[-1][1]["result"]["statusUpdate"]["status"]["state"] == "TASK_STATE_COMPLETED"

    _run(talk())


async def _events(answer: httpx.Response) -> AsyncGenerator[tuple[int, dict[str, Any]]]:
    number = 0
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            number = int(value)
        elif name == "data":
            yield number, json.loads(value)


def test_a_key_counts_as_elsewhere(tmp_path: Path) -> None:
    """Without one, 401 in the words of each binding, and the card all the same."""

    async def talk() -> None:
        async with served(tmp_path, api_key="secret") as (_, address), httpx.AsyncClient(timeout=PATIENCE) as http:
            url = f"http://{address}/a2a"
            keyless = await http.post(url, json=_call("ListTasks"), headers=V1)
            assert (keyless.status_code, keyless.json()["error"]["code"]) == (401, -32010)
            rest = await http.get(f"{url}/rest/tasks", headers=V1)
            assert (rest.status_code, rest.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
            assert (await http.get(f"{url}/.well-known/agent-card.json")).status_code == 200
            known = await http.get(f"{url}/rest/tasks", headers={**V1, "authorization": "Bearer secret"})
            assert known.json()["totalSize"] == 0

    _run(talk())


@pytest.mark.parametrize(("binding", "version"), BINDINGS)
def test_a_client_that_is_given_the_address_alone_finds_its_way(tmp_path: Path, binding: str, version: str) -> None:
    """By the card below the address, of each version; the extended one has an operation for each skill."""

    async def talk() -> None:
        headers = V1 if version == "1.0" else {}
        async with (
            served(tmp_path) as (_, address),
            httpx.AsyncClient(timeout=PATIENCE, headers=headers) as http,
        ):
            card = await A2ACardResolver(http, f"http://{address}/a2a").get_agent_card()
            if version == "0.3":
                old = [one for one in card.supported_interfaces if one.protocol_version == "0.3"]
                card = AgentCard(name=card.name, supported_interfaces=old, capabilities=card.capabilities)
            config = ClientConfig(httpx_client=http, supported_protocol_bindings=[binding], streaming=False)
            client = ClientFactory(config).create(card)
            events = [event async for event in client.send_message(_said("say a"))]
            assert events[-1].task.status.state == TaskState.TASK_STATE_COMPLETED
            whole = await client.get_extended_agent_card(GetExtendedAgentCardRequest())
            assert "throws.toss_ball" in {skill.id for skill in whole.skills}

    _run(talk())


def test_an_agent_is_called_at_its_own_address_and_as_a_tenant(tmp_path: Path) -> None:
    """The same agent either way; one that is not there is refused before anything is written down."""
    said = _call("SendMessage", message("say a"))
    by_path, by_tenant, by_rest, no_path, no_tenant = _asked(
        tmp_path,
        {"path": "/a2a/agents/chat", "json": said, "headers": V1},
        {"json": _call("SendMessage", {**message("say a"), "tenant": "chat"}), "headers": V1},
        {"path": "/a2a/rest/chat/message:send", "json": message("say a"), "headers": V1},
        {"path": "/a2a/agents/cook", "json": said, "headers": V1},
        {"json": _call("SendMessage", {**message("say a"), "tenant": "cook"}), "headers": V1},
    )
    for answer in (by_path.json()["result"], by_tenant.json()["result"], by_rest.json()):
        assert answer["task"]["status"]["state"] == "TASK_STATE_COMPLETED"
    assert no_path.status_code == 404
    assert no_tenant.json()["error"]["data"][1]["fieldViolations"][0]["field"] == "tenant"
