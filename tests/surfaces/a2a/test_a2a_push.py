"""Push notifications: a task's updates reach the address that asked for them, once there is somebody to take them."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import socket
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from a2a.compat.v0_3.types import Task as Task03
from a2a.types import StreamResponse
from a2a_process import PATIENCE, StandIn, client, message, served
from aiohttp.abc import AbstractResolver
from google.protobuf.json_format import ParseDict

from nis_backend.drivers.http.base import Unreachable
from nis_backend.drivers.http.client import Http
from nis_backend.drivers.http.pool import PublicResolver
from nis_backend.surfaces.a2a import pushing
from nis_backend.surfaces.a2a.pushing import Pushing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    Json = dict[str, Any]


TOKEN = "what the client knows its own by"  # noqa: S105 - the test's own


class Receiver:
    """What takes the notifications: it answers with the next of `statuses`, then with 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.got: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()
        self.url = ""

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status = self.statuses.pop(0) if self.statuses else 200
                writer.write(f"HTTP/1.1 {status} So\r\ncontent-length: 0\r\n\r\n".encode())
                self.got.put_nowait((headers, body))
        writer.close()

    async def next(self) -> tuple[dict[str, str], Json]:
        """The next notification, which must come."""
        headers, body = await asyncio.wait_for(self.got.get(), PATIENCE)
        return headers, json.loads(body)

    async def ended(self) -> list[Json]:
        """Every one up to the end of the task."""
        bodies: list[Json] = []
        while not bodies or "COMPLETED" not in json.dumps(bodies[-1].get("task", {}).get("status", "")):
            bodies.append((await self.next())[1])
        return bodies


@asynccontextmanager
async def _receiving() -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()


@asynccontextmanager
async def _sending(process: StandIn) -> AsyncGenerator[None]:
    task = asyncio.create_task(Pushing(process).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def _config(receiver: Receiver, **members: Any) -> Json:  # Any: JSON
    return {"id": "hook", "url": receiver.url, **members}


def test_a_task_s_updates_are_posted_signed_and_in_order(tmp_path: Path) -> None:
    """Each is a StreamResponse with the client's token and credentials; at the end comes the whole task (4.3)."""

    async def talk() -> None:
        async with (
            _receiving() as receiver,
            served(tmp_path) as (process, address),
            _sending(process),
            client(address) as one,
        ):
            secret = {"scheme": "Bearer", "credentials": "theirs"}
            config = _config(receiver, token=TOKEN, authentication=secret)
            params = {**message("draw"), "configuration": {"taskPushNotificationConfig": config}}
            task = (await one.call("SendMessage", params))["result"]["task"]
            headers, first = await receiver.next()
            assert headers["authorization"] == "Bearer theirs"
            assert headers["x-a2a-notification-token"] == TOKEN
            bodies = [first, *await receiver.ended()]
            for body in bodies:
                ParseDict(body, StreamResponse(), ignore_unknown_fields=False)
            assert first["statusUpdate"]["status"]["state"] == "TASK_STATE_WORKING"
            assert [list(body) for body in bodies[1:]] == [["artifactUpdate"], ["task"]]
            whole = (await one.call("GetTask", {"id": task["id"]}))["result"]
            assert bodies[-1]["task"] == whole

    asyncio.run(talk())


def test_a_signature_is_over_what_was_sent(tmp_path: Path) -> None:
    """Standard Webhooks: the HMAC of id, time and body by the token that the client gave."""

    async def talk() -> None:
        async with (
            _receiving() as receiver,
            served(tmp_path) as (process, address),
            _sending(process),
            client(address) as one,
        ):
            config = _config(receiver, token=TOKEN)
            params = {**message("say a"), "configuration": {"taskPushNotificationConfig": config}}
            await one.call("SendMessage", params)
            headers, body = await asyncio.wait_for(receiver.got.get(), PATIENCE)
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            wanted = base64.b64encode(hmac.digest(TOKEN.encode(), signed, sha256)).decode()
            assert headers["webhook-signature"] == f"v1,{wanted}"

    asyncio.run(talk())


def test_what_was_not_taken_is_sent_again_also_by_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is what waits: a receiver that fails, and a server that ends meanwhile, lose nothing."""
    monkeypatch.setattr(pushing, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(pushing, "FIRST_PAUSE", 0.01)

    async def talk() -> None:
        async with _receiving() as receiver:
            receiver.statuses = [500, 503]
            async with served(tmp_path) as (process, address), client(address) as one:
                params = {**message("wait a"), "configuration": {"taskPushNotificationConfig": _config(receiver)}}
                number = await one.post("SendMessage", params)
                async with _sending(process):
                    seen = [(await receiver.next())[0]["webhook-id"] for _ in range(3)]
                assert len(set(seen)) == 1
                process.gate.set()
                await one.next(number)
            async with served(tmp_path) as (process, _), _sending(process):
                (last,) = (await receiver.ended())[-1:]
                assert last["task"]["artifacts"][0]["parts"][0]["text"] == "before a "
                assert receiver.got.empty()

    asyncio.run(talk())


def test_a_configuration_that_is_replaced_leads_elsewhere_at_once(tmp_path: Path) -> None:
    """Promise: one of the same name takes the other's place, also for a task that is being told already."""

    async def talk() -> None:
        async with (
            _receiving() as before,
            _receiving() as after,
            served(tmp_path) as (process, address),
            _sending(process),
            client(address) as one,
        ):
            params = {**message("wait a"), "configuration": {"taskPushNotificationConfig": _config(before)}}
            number = await one.post("SendMessage", params)
            _, first = await before.next()
            task = first["statusUpdate"]["taskId"]
            config = {"taskId": task, **_config(after, token=TOKEN)}
            assert "result" in await one.call("CreateTaskPushNotificationConfig", config)
            process.gate.set()
            await one.next(number)
            headers, last = await after.next()
            assert headers["x-a2a-notification-token"] == TOKEN
            assert last["task"]["id"] == task
            assert before.got.empty()

    asyncio.run(talk())


def test_one_owner_s_waiting_tasks_are_in_nobody_s_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded: what one owner has followed leaves room, and what waits for a place is sent when there is one."""
    monkeypatch.setattr(pushing, "MOST_OF_ONE", 1)

    async def talk() -> None:
        async with (
            _receiving() as first,
            _receiving() as second,
            served(tmp_path) as (process, address),
            _sending(process),
            client(address) as one,
        ):
            numbers: list[Any] = []
            for receiver in (first, second):
                params = {**message("wait a"), "configuration": {"taskPushNotificationConfig": _config(receiver)}}
                numbers.append(await one.post("SendMessage", params))
                if receiver is first:
                    await first.next()
            assert not process.gate.is_set()
            process.gate.set()
            for number in numbers:
                await one.next(number)
            await first.ended()
            await second.ended()

    asyncio.run(talk())


def test_a_receiver_that_is_gone_is_left_alone(tmp_path: Path) -> None:
    """410 ends it at once."""

    async def talk() -> None:
        async with _receiving() as receiver, served(tmp_path) as (process, address), _sending(process):
            receiver.statuses = [410]
            async with client(address) as one:
                params = {**message("say a"), "configuration": {"taskPushNotificationConfig": _config(receiver)}}
                await one.call("SendMessage", params)
                await receiver.next()
                async with asyncio.timeout(PATIENCE):
                    while (await process.store.configured("push_configs", {}))[0]["enabled"]:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
                assert receiver.got.empty()

    asyncio.run(talk())


def test_configurations_are_made_read_listed_and_removed(tmp_path: Path) -> None:
    """By name within their task, without their secrets; removing twice is no error (specification, 3.1.7 to 3.1.10)."""

    async def talk() -> None:
        async with _receiving() as receiver, served(tmp_path) as (_, address), client(address) as one:
            task = (await one.call("SendMessage", message("name")))["result"]["task"]
            at = {"taskId": task["id"]}
            secret = {"scheme": "Bearer", "credentials": "theirs"}
            named = _config(receiver, **at, token=TOKEN, authentication=secret)
            made = (await one.call("CreateTaskPushNotificationConfig", named))["result"]
            assert made == {**at, "id": "hook", "url": receiver.url, "authentication": {"scheme": "Bearer"}}
            assert (await one.call("GetTaskPushNotificationConfig", {**at, "id": "hook"}))["result"] == made
            other = (await one.call("CreateTaskPushNotificationConfig", {**at, "url": receiver.url}))["result"]
            listed = (await one.call("ListTaskPushNotificationConfigs", at))["result"]["configs"]
            assert [one["id"] for one in listed] == ["hook", other["id"]]
            for _ in range(2):
                assert (await one.call("DeleteTaskPushNotificationConfig", {**at, "id": "hook"}))["result"] == {}
            assert (await one.call("GetTaskPushNotificationConfig", {**at, "id": "hook"}))["error"]["code"] == -32001
            for _ in range(9):
                await one.call("CreateTaskPushNotificationConfig", {**at, "url": receiver.url})
            more = await one.call("CreateTaskPushNotificationConfig", {**at, "url": receiver.url})
            assert more["error"]["code"] == -32602

    asyncio.run(talk())


@pytest.mark.parametrize(
    "config",
    [
        {"url": "ftp://example.com/x"},
        {"url": "nowhere"},
        {"url": "https://user:key@example.com/"},
        {"url": "https://example.com/", "token": "a\nb: c"},
        {"url": "https://example.com/", "authentication": {"scheme": "Bearer", "credentials": "é"}},
        {"url": "https://example.com/", "id": "n" * 200},
    ],
)
def test_what_could_not_be_sent_to_is_refused_before_a_task_begins(tmp_path: Path, config: Json) -> None:
    """The field is named, and no run is there."""

    async def talk() -> None:
        async with served(tmp_path) as (_, address), client(address) as one:
            params = {**message("say a"), "configuration": {"taskPushNotificationConfig": config}}
            error = (await one.call("SendMessage", params))["error"]
            assert error["code"] == -32602
            assert error["data"][1]["fieldViolations"][0]["field"].startswith(
                "configuration.taskPushNotificationConfig."
            )
            assert (await one.call("ListTasks"))["result"]["totalSize"] == 0

    asyncio.run(talk())


def test_a_receiver_of_0_3_gets_tasks(tmp_path: Path) -> None:
    """In that version the body is the task, as it is at each change of its status."""

    async def talk() -> None:
        async with _receiving() as receiver, served(tmp_path) as (process, address), _sending(process):
            import httpx  # noqa: PLC0415 - this test alone

            asked = {"kind": "message", "messageId": "m", "role": "user", "parts": [{"kind": "text", "text": "say a"}]}
            params = {"message": asked, "configuration": {"pushNotificationConfig": {"url": receiver.url}}}
            async with httpx.AsyncClient(timeout=PATIENCE) as http:
                call = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": params}
                assert "result" in (await http.post(f"http://{address}/a2a", json=call)).json()
            states: list[str] = []
            while states[-1:] != ["completed"]:
                states.append(Task03.model_validate((await receiver.next())[1]).status.state.value)
            assert states[0] == "working"

    asyncio.run(talk())


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[::1]:1/", "http://10.0.0.1/", "http://localhost:1/"])
def test_no_caller_with_a_key_reaches_the_server_s_own_network(url: str) -> None:
    """By a literal address, or a name that says so."""

    async def talk() -> None:
        outside = Http(public=True)
        with pytest.raises(Unreachable):
            await outside.request("POST", url, {}, b"", silence=5)
        await outside.close()

    asyncio.run(talk())


def test_a_name_is_connected_to_where_it_is_public_alone() -> None:
    """What a name leads to is looked at for each connection: what was public when it was given may not stay so."""

    class Names(AbstractResolver):
        def __init__(self, *addresses: str) -> None:
            self._addresses = addresses

        async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[Any]:
            del family
            return [{"hostname": host, "host": one, "port": port} for one in self._addresses]

        async def close(self) -> None:
            return

    async def talk() -> None:
        found = await PublicResolver(Names("10.0.0.1", "93.184.215.14", "::1")).resolve("agents.example", 80)
        assert [one["host"] for one in found] == ["93.184.215.14"]
        with pytest.raises(OSError, match="no public address"):
            await PublicResolver(Names("127.0.0.1", "169.254.169.254")).resolve("agents.example", 80)

    asyncio.run(talk())
