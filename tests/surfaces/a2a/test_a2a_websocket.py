"""The WebSocket binding, with a plain client against a listening server."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Never

import pytest
from a2a_process import (
    A2UI_EXTENSION,
    PATIENCE,
    Client,
    StandIn,
    answer_of,
    client,
    message,
    served,
    text_of,
)
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from nis_backend.caller import LOCAL, Caller
from nis_backend.surfaces.a2a import websocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

    from nis_backend.operation import Json

ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


def _with_client(data: Path, talk: Callable[[Client, StandIn, str], Awaitable[None]], **settings: Any) -> None:
    """Serve, connect, talk."""

    async def go() -> None:
        async with served(data, **settings) as (process, address), client(address) as one:
            await talk(one, process, address)

    asyncio.run(go())


async def _closed(socket: ClientConnection) -> int:
    """The code a socket is closed with."""
    with pytest.raises(ConnectionClosed) as closed:
        await _read_on(socket, [])
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def _read_on(socket: ClientConnection, frames: list[Json]) -> Never:
    """Add every frame that comes."""
    while True:
        frames.append(json.loads(await asyncio.wait_for(socket.recv(), PATIENCE)))


def _task(frame: Json) -> Json:
    return frame["result"]["task"]


def _ids(frames: list[Json]) -> list[int]:
    return [frame["seq"] for frame in frames]


# -- messages ---------------------------------------------------------------------------------------------------------


def test_a_message_is_answered_when_its_turn_has_ended(tmp_path: Path) -> None:
    """SendMessage blocks unless told otherwise (specification, 3.2.2)."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        task = _task(await one.call("SendMessage", message("say a b")))
        assert task["status"]["state"] == "TASK_STATE_COMPLETED"
        assert text_of(task) == "a b "
        assert task["history"][0]["parts"] == [{"text": "say a b"}]

    _with_client(tmp_path, talk)


def test_return_immediately_answers_before_the_end(tmp_path: Path) -> None:
    """The task is there at once and goes on."""

    async def talk(one: Client, process: StandIn, _: str) -> None:
        params = {**message("wait x"), "configuration": {"returnImmediately": True, "historyLength": 0}}
        task = _task(await one.call("SendMessage", params))
        assert task["status"]["state"] in {"TASK_STATE_SUBMITTED", "TASK_STATE_WORKING"}
        assert "history" not in task
        process.gate.set()
        frames = await one.stream("SubscribeToTask", {"id": task["id"], "lastSeq": 0})
        assert answer_of(frames) == "before x "

    _with_client(tmp_path, talk)


def test_a_stream_begins_with_the_task_and_ends_with_its_last_status(tmp_path: Path) -> None:
    """The order of a task's stream (specification, 3.1.2), then streamEnd."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        frames = await one.stream("SendStreamingMessage", message("say a b c"))
        assert list(frames[0]["result"]) == ["task"]
        assert frames[0]["seq"] == 0
        assert _ids(frames) == sorted(set(_ids(frames)))
        assert frames[-1]["result"]["statusUpdate"]["status"]["state"] == "TASK_STATE_COMPLETED"
        assert answer_of(frames) == "a b c "
        assert all(frame["jsonrpc"] == "2.0" for frame in frames)

    _with_client(tmp_path, talk)


def test_a_cut_step_is_taken_back_in_the_stream(tmp_path: Path) -> None:
    """What a retried step had said is replaced."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        frames = await one.stream("SendStreamingMessage", message("retry"))
        texts = [
            frame["result"]["artifactUpdate"]["artifact"]["parts"][0]["text"]
            for frame in frames
            if "artifactUpdate" in frame["result"]
        ]
        assert "wrong " in texts
        assert answer_of(frames) == "kept right"

    _with_client(tmp_path, talk)


def test_a_conversation_is_a_context(tmp_path: Path) -> None:
    """A contextId goes on with it, a reference to a task as well; an unknown one is refused, never replaced."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        first = _task(await one.call("SendMessage", message("say a")))
        second = _task(await one.call("SendMessage", message("say b", contextId=first["contextId"])))
        third = _task(await one.call("SendMessage", message("say c", referenceTaskIds=[first["id"]])))
        assert first["contextId"] == second["contextId"] == third["contextId"]
        assert len({first["id"], second["id"], third["id"]}) == 3
        refused = (await one.call("SendMessage", message("say d", contextId="nowhere")))["error"]
        assert refused["code"] == -32602
        assert refused["data"][1]["fieldViolations"][0]["field"] == "message.contextId"

    _with_client(tmp_path, talk)


def test_a_message_to_a_task_is_refused_with_the_way_on(tmp_path: Path) -> None:
    """A terminal task takes no messages (specification, 3.1.1); ids that do not fit each other are refused (3.4.3)."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        task = _task(await one.call("SendMessage", message("say a")))
        ended = (await one.call("SendMessage", message("say b", taskId=task["id"])))["error"]
        assert (ended["code"], ended["data"][0]["reason"]) == (-32004, "UNSUPPORTED_OPERATION")
        assert task["contextId"] in ended["message"]
        assert (await one.call("SendMessage", message("say b", taskId="none")))["error"]["code"] == -32001
        other = await one.call("SendMessage", message("say b", taskId=task["id"], contextId="other"))
        assert other["error"]["code"] == -32602

    _with_client(tmp_path, talk)


def test_ten_streams_share_a_socket(tmp_path: Path) -> None:
    """Requests are multiplexed by id: all ten are under way at once, each gets its own words in order."""

    async def talk(one: Client, process: StandIn, _: str) -> None:
        ids = [await one.post("SendStreamingMessage", message(f"wait {index} {index}")) for index in range(10)]
        for number in ids:
            while "artifactUpdate" not in (await one.next(number))["result"]:
                pass
        process.gate.set()
        for index, number in enumerate(ids):
            assert answer_of(await one.rest(number)) == f"{index} {index} "

    _with_client(tmp_path, talk)


# -- surfaces ---------------------------------------------------------------------------------------------------------


def test_surfaces_are_a2ui_when_the_extension_is_asked_for(tmp_path: Path) -> None:
    """By the handshake's header or by one frame's parameter, which is echoed; in words otherwise."""

    async def go() -> None:
        async with served(tmp_path) as (_, address):
            async with client(address, additional_headers={"A2A-Extensions": A2UI_EXTENSION}) as one:
                frames = await one.stream("SendStreamingMessage", message("draw"))
                assert frames[0]["a2a-service-parameters"] == {"A2A-Extensions": A2UI_EXTENSION}
                assert "a2a-service-parameters" not in frames[1]
                assert _surface(frames)["data"][0]["version"] == "v0.9"
            async with client(address) as one:
                asked = {"a2a-service-parameters": {"a2a-extensions": f"urn:other, {A2UI_EXTENSION}"}}
                task = _task(await one.call("SendMessage", message("draw"), **asked))
                assert "data" in task["artifacts"][1]["parts"][0]
                got = await one.call("GetTask", {"id": task["id"]})
                assert "40.25" in got["result"]["artifacts"][1]["parts"][1]["text"]

    asyncio.run(go())


def _surface(frames: list[Json]) -> Json:
    updates = [frame["result"]["artifactUpdate"] for frame in frames if "artifactUpdate" in frame["result"]]
    return updates[-1]["artifact"]["parts"][0]


def _action(**context: Any) -> Json:  # Any: JSON
    data = [{"version": "v0.9", "action": {"name": "call", "surfaceId": "s", "context": context}}]
    part = {"data": data, "metadata": {"mimeType": "application/json+a2ui"}}
    return {"message": {"messageId": "m", "role": "ROLE_USER", "parts": [part]}}


def test_an_action_calls_its_operation(tmp_path: Path) -> None:
    """A form's fields come back as text and become the operation's arguments."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        params = _action(operation="throws.toss_ball", arguments={"speed": "20", "angle": 2})
        assert text_of(_task(await one.call("SendMessage", params))).startswith('{"distance":40.0}')

    _with_client(tmp_path, talk)


def test_a_wrong_action_is_refused_by_its_field(tmp_path: Path) -> None:
    """Unknown operations, missing arguments, other versions, two actions: the part is named."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        good = _action(operation="throws.toss_ball", arguments={})
        stale = _action(operation="throws.toss_ball", arguments={})
        stale["message"]["parts"][0]["data"][0]["version"] = "v0.8"
        twice = _action(operation="throws.toss_ball", arguments={})
        twice["message"]["parts"] *= 2
        nothing = _action()
        nothing["message"]["parts"][0]["data"] = [{"version": "v0.9", "error": {"code": "X"}}]
        number = _action()
        number["message"]["parts"][0]["data"] = 5
        wrong = [
            _action(operation="throws.toss_moon", arguments={}),
            _action(operation="x"),
            stale,
            twice,
            nothing,
            number,
        ]
        for params in wrong:
            error = (await one.call("SendMessage", params))["error"]
            assert error["code"] == -32602, params
            assert error["data"][1]["fieldViolations"][0]["field"].startswith("message.parts["), error
        assert "result" in await one.call("SendMessage", good)

    _with_client(tmp_path, talk)


# -- tasks ------------------------------------------------------------------------------------------------------------


def test_a_task_is_got_with_its_artifacts(tmp_path: Path) -> None:
    """GetTask reads the log; historyLength bounds the messages."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        task = _task(await one.call("SendMessage", message("say a b")))
        got = (await one.call("GetTask", {"id": task["id"], "historyLength": 0}))["result"]
        assert got == {name: value for name, value in task.items() if name != "history"}
        assert (await one.call("GetTask", {"id": task["id"], "historyLength": -1}))["error"]["code"] == -32602

    _with_client(tmp_path, talk)


def test_another_owners_task_is_not_found(tmp_path: Path) -> None:
    """Never revealed, whatever is asked of it (specification, 13.1)."""

    async def talk(one: Client, process: StandIn, _: str) -> None:
        ctx = process.context(Caller(owner="another"))
        handle = await ctx.call_named("chat.send_message", {"message": "say a"})
        await handle.result()
        for method in ("GetTask", "CancelTask", "SubscribeToTask"):
            error = (await one.call(method, {"id": handle.id}))["error"]
            assert (error["code"], error["data"][0]["reason"]) == (-32001, "TASK_NOT_FOUND")
        assert (await one.call("ListTasks"))["result"] == {
            "tasks": [],
            "nextPageToken": "",
            "pageSize": 50,
            "totalSize": 0,
        }

    _with_client(tmp_path, talk)


def test_tasks_are_listed_the_last_changed_first(tmp_path: Path) -> None:
    """Order, pages, filters and sizes (specification, 3.1.4)."""

    async def talk(one: Client, process: StandIn, _: str) -> None:
        waiting = await one.post("SendStreamingMessage", message("wait"))
        slow = _task(await one.next(waiting))["id"]
        await asyncio.wait_for(process.reached.wait(), PATIENCE)
        done = [_task(await one.call("SendMessage", message(f"say {index}")))["id"] for index in range(3)]
        failed = _task(await one.call("SendMessage", message("fail")))["id"]

        async def listed(**params: Any) -> list[str]:  # Any: JSON
            return [task["id"] for task in (await one.call("ListTasks", params))["result"]["tasks"]]

        assert await listed() == [failed, *done[::-1], slow]
        process.gate.set()
        await one.rest(waiting)
        everything = [slow, failed, *done[::-1]]
        assert await listed() == everything
        page = (await one.call("ListTasks", {"pageSize": 2}))["result"]
        assert (page["pageSize"], page["totalSize"]) == (2, 5)
        rest = await listed(pageSize=100, pageToken=page["nextPageToken"])
        assert [task["id"] for task in page["tasks"]] + rest == everything
        assert await listed(status="TASK_STATE_FAILED") == [failed]
        assert await listed(status="TASK_STATE_INPUT_REQUIRED") == []
        one_context = (await one.call("GetTask", {"id": done[0]}))["result"]
        assert await listed(contextId=one_context["contextId"]) == [done[0]]
        moment = (await one.call("GetTask", {"id": slow}))["result"]["status"]["timestamp"]
        assert await listed(statusTimestampAfter=moment) == [slow]
        assert await listed(statusTimestampAfter="2000-01-01T00:00:00Z") == everything
        whole = (await one.call("ListTasks", {"includeArtifacts": True}))["result"]["tasks"]
        assert [text_of(task) for task in whole] == ["before ", "", "2 ", "1 ", "0 "]
        assert all("artifacts" in task for task in whole)
        assert not any("artifacts" in task for task in page["tasks"])

    _with_client(tmp_path, talk)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"pageSize": 0}, "pageSize"),
        ({"pageSize": 101}, "pageSize"),
        ({"pageSize": "many"}, "pageSize"),
        ({"pageToken": "%%%"}, "pageToken"),
        ({"status": "TASK_STATE_HAPPY"}, "status"),
        ({"historyLength": -1}, "historyLength"),
        ({"statusTimestampAfter": "yesterday"}, "statusTimestampAfter"),
    ],
)
def test_a_wrong_filter_is_refused_by_name(tmp_path: Path, params: Json, field: str) -> None:
    """A filter that is not understood is never left out silently."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        error = (await one.call("ListTasks", params))["error"]
        assert error["code"] == -32602
        assert error["data"][1]["fieldViolations"][0]["field"] == field

    _with_client(tmp_path, talk)


def test_a_task_is_cancelled_over_the_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CancelTask answers the task once it has stopped; its stream ends with the same; a second is refused."""
    monkeypatch.setattr("nis_backend.surfaces.a2a.handler.CANCEL_SECONDS", PATIENCE)

    async def talk(one: Client, process: StandIn, _: str) -> None:
        number = await one.post("SendStreamingMessage", message("wait x"))
        task = _task(await one.next(number))
        await asyncio.wait_for(process.reached.wait(), PATIENCE)
        cancelled = (await one.call("CancelTask", {"id": task["id"]}))["result"]
        assert cancelled["status"]["state"] == "TASK_STATE_CANCELED"
        assert text_of(cancelled) == "before "
        frames = await one.rest(number)
        assert frames[-1]["result"]["statusUpdate"]["status"]["state"] == "TASK_STATE_CANCELED"
        again = (await one.call("CancelTask", {"id": task["id"]}))["error"]
        assert (again["code"], again["data"][0]["reason"]) == (-32002, "TASK_NOT_CANCELABLE")

    _with_client(tmp_path, talk)


# -- coming back ------------------------------------------------------------------------------------------------------


def test_a_reader_that_comes_back_misses_and_repeats_nothing(tmp_path: Path) -> None:
    """The connection is cut in mid-stream and twice more; the numbers and the words are those of an unbroken stream."""

    async def go() -> None:
        async with served(tmp_path) as (process, address):
            async with connect(f"ws://{address}/a2a") as socket:
                one = Client(socket)
                number = await one.post("SendStreamingMessage", message("wait 1 2 3 4 5 6 7 8"))
                frames = [await one.next(number) for _ in range(3)]
                # No close frame, as when a network goes away.
                socket.transport.abort()
            task_id = _task(frames[0])["id"]
            process.gate.set()
            await process.context(LOCAL).runs.result(task_id)
            for more in (4, 4, 1):
                async with client(address) as one:
                    number = await one.post("SubscribeToTask", {"id": task_id, "lastSeq": frames[-1]["seq"]})
                    as_it_was = await one.next(number)
                    assert as_it_was["seq"] == frames[-1]["seq"]
                    assert text_of(_task(as_it_was)) == answer_of(frames)
                    frames += [await one.next(number) for _ in range(more)]
            async with client(address) as one:
                unbroken = await one.stream("SubscribeToTask", {"id": task_id, "lastSeq": 0})
            assert frames[1:] == [{**frame, "id": frames[index + 1]["id"]} for index, frame in enumerate(unbroken[1:])]
            assert answer_of(frames) == "before 1 2 3 4 5 6 7 8 "

    asyncio.run(go())


def test_a_second_reader_joins_a_task_under_way(tmp_path: Path) -> None:
    """It gets the task as it is, then the same events as the first; the first one's leaving does not disturb it."""

    async def go() -> None:
        async with served(tmp_path) as (process, address), client(address) as second:
            async with client(address) as first:
                task_id = _task(await first.next(await first.post("SendStreamingMessage", message("wait x y"))))["id"]
                await asyncio.wait_for(process.reached.wait(), PATIENCE)
                number = await second.post("SubscribeToTask", {"id": task_id})
                now = await second.next(number)
                assert text_of(_task(now)) == "before "
                assert now["seq"] == 2
            process.gate.set()
            frames = [now, *await second.rest(number)]
            assert _ids(frames) == [2, 3, 4, 5]
            assert answer_of(frames) == "before x y "

    asyncio.run(go())


def test_subscribing_to_an_ended_task_needs_last_seq(tmp_path: Path) -> None:
    """The protocol refuses it (specification, 3.1.6), our extension replays; a number beyond the log is refused."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        task_id = _task(await one.call("SendMessage", message("say a")))["id"]
        assert (await one.call("SubscribeToTask", {"id": task_id}))["error"]["code"] == -32004
        for wrong in (4, -1, 1.5, "1", True):
            error = (await one.call("SubscribeToTask", {"id": task_id, "lastSeq": wrong}))["error"]
            assert (error["code"], error["data"][1]["fieldViolations"][0]["field"]) == (-32602, "lastSeq"), wrong
        frames = await one.stream("SubscribeToTask", {"id": task_id, "lastSeq": 3})
        assert _ids(frames) == [3]
        assert _task(frames[0])["status"]["state"] == "TASK_STATE_COMPLETED"

    _with_client(tmp_path, talk)


def test_cancel_stream_stops_the_delivery_and_not_the_task(tmp_path: Path) -> None:
    """The client's notification; the task's end is there to be got."""

    async def talk(one: Client, process: StandIn, _: str) -> None:
        number = await one.post("SendStreamingMessage", message("wait x"))
        task_id = _task(await one.next(number))["id"]
        await asyncio.wait_for(process.reached.wait(), PATIENCE)
        await one.socket.send(json.dumps({"jsonrpc": "2.0", "method": "cancelStream", "params": {"id": number}}))
        await one.rest(number)
        process.gate.set()
        await process.context(LOCAL).runs.result(task_id)
        task = (await one.call("GetTask", {"id": task_id}))["result"]
        assert task["status"]["state"] == "TASK_STATE_COMPLETED"
        # One that is over, and one that never was, are nothing to stop.
        for gone in (number, 999):
            await one.socket.send(json.dumps({"jsonrpc": "2.0", "method": "cancelStream", "params": {"id": gone}}))
        assert "result" in await one.call("GetTask", {"id": task_id})

    _with_client(tmp_path, talk)


def test_a_stream_that_is_stopped_leaves_nobody_waiting(tmp_path: Path) -> None:
    """Neither a cancelled stream nor a client that left is woken by the log for ever."""

    async def talk(one: Client, process: StandIn, address: str) -> None:
        readers = process.drivers.tail._readers  # pyright: ignore[reportPrivateUsage] - nothing else counts them
        number = await one.post("SendStreamingMessage", message("wait"))
        task_id = _task(await one.next(number))["id"]
        while "artifactUpdate" not in (await one.next(number))["result"]:
            pass
        async with client(address) as other:
            replay = await other.post("SubscribeToTask", {"id": task_id, "lastSeq": 0})
            # The task, then two updates, which come out of the log that is followed from then on.
            for _ in range(3):
                await other.next(replay)
            assert len(readers[task_id]) == 2
        await one.socket.send(json.dumps({"jsonrpc": "2.0", "method": "cancelStream", "params": {"id": number}}))
        await one.rest(number)
        async with asyncio.timeout(PATIENCE):
            while readers:
                await one.call("ListTasks")

    _with_client(tmp_path, talk)


def test_a_stream_cancelled_at_once_still_ends(tmp_path: Path) -> None:
    """Both frames may arrive before the first step of the request."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        number = await one.post("SendStreamingMessage", message("wait"))
        await one.socket.send(json.dumps({"jsonrpc": "2.0", "method": "cancelStream", "params": {"id": number}}))
        await one.rest(number)

    _with_client(tmp_path, talk)


def test_a_client_that_leaves_leaves_its_task_running(tmp_path: Path) -> None:
    """A run's life is tied to no connection."""

    async def go() -> None:
        async with served(tmp_path) as (process, address):
            async with client(address) as one:
                await one.post("SendMessage", message("wait x"))
                await asyncio.wait_for(process.reached.wait(), PATIENCE)
            process.gate.set()
            (run,) = await process.context(LOCAL).runs.list()
            assert (await process.context(LOCAL).runs.result(run.id))["response"] == "before x "

    asyncio.run(go())


# -- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "code", "field"),
    [
        ("{", -32700, None),
        ('{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":NaN}}', -32700, None),
        ('{"id": "\\ud800"}', -32700, None),
        ("[" * 100_000, -32700, None),
        ("[]", -32600, None),
        ("7", -32600, None),
        ("{}", -32600, "id"),
        ('{"jsonrpc":"2.0","id":null,"method":"GetTask"}', -32600, "id"),
        ('{"jsonrpc":"2.0","id":true,"method":"GetTask"}', -32600, "id"),
        ('{"jsonrpc":"2.0","method":"GetTask","params":{"id":"x"}}', -32600, "id"),
        ('{"jsonrpc":"1.0","id":7,"method":"GetTask"}', -32600, "jsonrpc"),
        ('{"id":7,"method":"GetTask"}', -32600, "jsonrpc"),
        ('{"jsonrpc":"2.0","id":7}', -32600, "method"),
        ('{"jsonrpc":"2.0","id":7,"method":5}', -32600, "method"),
        (
            '{"jsonrpc":"2.0","id":7,"method":"GetTask","a2a-service-parameters":{"x":1}}',
            -32600,
            "a2a-service-parameters",
        ),
        ('{"jsonrpc":"2.0","method":"cancelStream"}', -32600, "params.id"),
        ('{"jsonrpc":"2.0","id":7,"method":"GetMoon"}', -32601, None),
        ('{"jsonrpc":"2.0","id":7,"method":"GetTask","params":[1]}', -32602, "params"),
        ('{"jsonrpc":"2.0","id":7,"method":"GetTask","params":{}}', -32602, "id"),
        ('{"jsonrpc":"2.0","id":7,"method":"GetTask","params":{"id":5}}', -32602, "id"),
        ('{"jsonrpc":"2.0","id":7,"method":"GetTask","params":{"id":"x","y":1e999}}', -32602, "params"),
        ('{"jsonrpc":"2.0","id":7,"method":"SendMessage","params":{"message":5}}', -32602, "message"),
    ],
)
def test_a_wrong_frame_is_answered_by_its_fault(tmp_path: Path, frame: str, code: int, field: str | None) -> None:
    """JSON-RPC's errors, with details in the protocol's form; the socket stays usable."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        await one.socket.send(frame)
        answer = await one.next(7 if '"id":7' in frame else None)
        error = answer["error"]
        assert error["code"] == code
        assert error["data"][0]["@type"] == ERROR_INFO
        assert error["data"][0]["domain"] == "a2a-protocol.org"
        if field is not None:
            assert error["data"][1]["fieldViolations"][0]["field"] == field
        assert "result" in await one.call("ListTasks")

    _with_client(tmp_path, talk)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"messageId": ""}, -32602, "message.messageId"),
        ({"parts": []}, -32602, "message.parts"),
        ({"parts": [{"text": "  "}]}, -32602, "message.parts"),
        ({"parts": [{"text": 5}]}, -32602, "message.parts.text"),
        ({"role": "ROLE_AGENT"}, -32602, "message.role"),
        ({"role": "ROLE_KING"}, -32602, "message.role"),
        ({"parts": [{"text": "x" * 100_001}]}, -32602, "message.parts"),
        ({"contextId": "no spaces"}, -32602, "message.contextId"),
        ({"parts": [{"raw": "AAAAGGZ0eXBtcDQyAAAAAG1wNDJpc29t", "mediaType": "image/png"}]}, -32005, None),
        ({"parts": [{"raw": "iVBORw0KGgo=", "mediaType": "image/png"}]}, -32602, "message.parts"),
        ({"parts": [{"data": {"a": 1}}]}, -32005, None),
        ({"parts": [dict[str, str]()]}, -32005, None),
    ],
)
def test_a_wrong_message_is_refused_by_its_field(tmp_path: Path, changes: Json, code: int, field: str | None) -> None:
    """On the blocking and on the streaming method alike; nothing is written down."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        params = message("hello", **changes)
        for method in ("SendMessage", "SendStreamingMessage"):
            error = (await one.call(method, params))["error"]
            assert error["code"] == code
            if field is not None:
                assert field in [wrong["field"] for wrong in error["data"][1]["fieldViolations"]]
        assert (await one.call("ListTasks"))["result"]["totalSize"] == 0

    _with_client(tmp_path, talk)


@pytest.mark.parametrize(
    ("method", "params", "code", "reason"),
    [
        ("CreateTaskPushNotificationConfig", {"taskId": "t", "url": "https://x.example"}, -32001, "TASK_NOT_FOUND"),
        ("GetTaskPushNotificationConfig", {"taskId": "t", "id": "i"}, -32001, "TASK_NOT_FOUND"),
        ("ListTaskPushNotificationConfigs", {"taskId": "t"}, -32001, "TASK_NOT_FOUND"),
        ("DeleteTaskPushNotificationConfig", {"taskId": "t", "id": "i"}, -32001, "TASK_NOT_FOUND"),
        ("CancelTask", {"id": "run-none"}, -32001, "TASK_NOT_FOUND"),
        ("SubscribeToTask", {"id": "run-none"}, -32001, "TASK_NOT_FOUND"),
        ("GetTask", {"id": "run-none"}, -32001, "TASK_NOT_FOUND"),
    ],
)
def test_what_is_not_there_has_the_protocols_error(
    tmp_path: Path, method: str, params: Json, code: int, reason: str
) -> None:
    """Every operation is there over a custom binding (specification, 3.3.4 and 12.1)."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        error = (await one.call(method, params))["error"]
        assert error["code"] == code
        (info,) = [one for one in error["data"] if one["@type"] == ERROR_INFO]
        assert (info["reason"], info["domain"]) == (reason, "a2a-protocol.org")
        assert all(isinstance(value, str) for value in info["metadata"].values())

    _with_client(tmp_path, talk)


def test_a_failed_turn_is_a_failed_task(tmp_path: Path) -> None:
    """The failure of a run is its task's state, not the request's error."""

    async def talk(one: Client, _: StandIn, __: str) -> None:
        task = _task(await one.call("SendMessage", message("fail")))
        assert task["status"]["state"] == "TASK_STATE_FAILED"
        assert "nis weights pull" in task["status"]["message"]["parts"][0]["text"]

    _with_client(tmp_path, talk)


def test_a_refusal_without_a_name_in_the_protocol_keeps_ours(tmp_path: Path) -> None:
    """A full queue is our own code, and says that trying again may help."""

    async def talk(one: Client, process: StandIn, _: str) -> None:
        first = _task(await one.next(await one.post("SendStreamingMessage", message("wait"))))
        for _number in range(16):
            await one.call("SendMessage", {**message("wait"), "configuration": {"returnImmediately": True}})
        error = (await one.call("SendMessage", message("wait")))["error"]
        assert (error["code"], error["data"][0]["reason"]) == (-32013, "RESOURCE_EXHAUSTED")
        assert error["data"][0]["domain"] == "nis-backend"
        assert error["data"][0]["metadata"]["retryable"] == "true"
        process.gate.set()
        await process.context(LOCAL).runs.result(first["id"])

    _with_client(tmp_path, talk, max_runs=1)


@pytest.mark.parametrize("version", ["", "1.0", " 1.0 ", "1.0.1"])
def test_the_version_is_one(tmp_path: Path, version: str) -> None:
    """An absent one means 1.0 here; patches play no part (specification, 3.6)."""

    async def go() -> None:
        async with served(tmp_path) as (_, address):
            async with client(address, additional_headers={"A2A-Version": version}) as one:
                assert "result" in await one.call("ListTasks")
            async with client(address) as one:
                given = {"a2a-service-parameters": {"A2A-Version": version}}
                assert "result" in await one.call("ListTasks", **given)

    asyncio.run(go())


@pytest.mark.parametrize("version", ["0.3", "2.0", "1", "one"])
def test_other_versions_are_refused_each_time(tmp_path: Path, version: str) -> None:
    """VersionNotSupportedError; a frame's own parameter wins over the handshake."""

    async def go() -> None:
        async with (
            served(tmp_path) as (_, address),
            client(address, additional_headers={"A2A-Version": version}) as one,
        ):
            for method in ("ListTasks", "SubscribeToTask"):
                error = (await one.call(method, {"id": "x"}))["error"]
                assert (error["code"], error["data"][0]["reason"]) == (-32009, "VERSION_NOT_SUPPORTED")
            assert "result" in await one.call("ListTasks", **{"a2a-service-parameters": {"A2A-Version": "1.0"}})

    asyncio.run(go())


def test_an_id_under_way_is_not_used_twice(tmp_path: Path) -> None:
    """Its answers could not be told apart; afterwards it is free again."""

    async def talk(one: Client, process: StandIn, _: str) -> None:
        number = await one.post("SendStreamingMessage", message("wait"))
        await one.next(number)
        await one.socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": "ListTasks"}))
        assert (await one.next(None))["error"]["code"] == -32600
        process.gate.set()
        await one.rest(number)
        await one.socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": "ListTasks"}))
        assert "result" in await one.next(number)

    _with_client(tmp_path, talk)


def test_requests_under_way_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One socket cannot hold any number of streams."""
    monkeypatch.setattr(websocket, "REQUESTS", 2)

    async def talk(one: Client, process: StandIn, _: str) -> None:
        ids = [await one.post("SendStreamingMessage", message("wait")) for _number in range(2)]
        assert (await one.call("ListTasks"))["error"]["code"] == -32013
        process.gate.set()
        for number in ids:
            await one.rest(number)
        assert "result" in await one.call("ListTasks")

    _with_client(tmp_path, talk)


# -- the connection ---------------------------------------------------------------------------------------------------


def test_the_sub_protocol_is_optional(tmp_path: Path) -> None:
    """`a2a.v1` is chosen when it is offered; a plain client needs none."""

    async def go() -> None:
        async with served(tmp_path) as (_, address):
            for offered, chosen in ((["other", "a2a.v1"], "a2a.v1"), (["other"], None), (None, None)):
                async with client(address, subprotocols=offered) as one:
                    assert one.socket.subprotocol == chosen
                    assert "result" in await one.call("ListTasks")

    asyncio.run(go())


def test_a_foreign_page_is_refused(tmp_path: Path) -> None:
    """Origin and Host are checked in the handshake: a web page must not reach the agent of whoever looks at it."""

    async def go() -> None:
        async with served(tmp_path) as (_, address):
            for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}):
                with pytest.raises(InvalidStatus) as refused:
                    await connect(f"ws://{address}/a2a", additional_headers=headers)
                assert refused.value.response.status_code == 403
            host, port = address.split(":")
            with pytest.raises(InvalidStatus) as refused:
                await connect("ws://evil.example/a2a", host=host, port=int(port))
            assert refused.value.response.status_code == 403
            async with connect(f"ws://{address}/a2a", additional_headers={"Origin": f"http://{address}"}) as socket:
                assert "result" in await Client(socket).call("ListTasks")

    asyncio.run(go())


def test_the_key_is_wanted_in_the_handshake(tmp_path: Path) -> None:
    """4401 without it or with another; a browser sees the code of a close, not the status of a handshake."""

    async def go() -> None:
        async with served(tmp_path, api_key="secret") as (_, address):
            for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": "Basic secret"}):
                async with connect(f"ws://{address}/a2a", additional_headers=headers) as socket:
                    assert await _closed(socket) == 4401
            async with client(address, additional_headers={"Authorization": "Bearer secret"}) as one:
                assert "result" in await one.call("ListTasks")

    asyncio.run(go())


def test_an_oversized_frame_closes_the_socket(tmp_path: Path) -> None:
    """1009, counted in bytes; the largest allowed one is read."""

    async def go() -> None:
        async with served(tmp_path, max_body=2048) as (_, address):
            async with client(address) as one:
                await one.socket.send('"' + "é" * 1023 + '"')
                assert (await one.next(None))["error"]["code"] == -32600
                await one.socket.send('"' + "é" * 1024 + '"')
                assert await _closed(one.socket) == 1009
            async with client(address) as one:
                await one.socket.send(b"\x00")
                assert await _closed(one.socket) == 1003

    asyncio.run(go())


def test_a_stopping_server_says_so(tmp_path: Path) -> None:
    """1001, after what was already said; the run's log is there for the next connection."""

    async def talk(one: Client, process: StandIn, _: str) -> None:
        number = await one.post("SendStreamingMessage", message("wait"))
        await one.next(number)
        await asyncio.wait_for(process.reached.wait(), PATIENCE)
        process.closing.set()
        assert await _closed(one.socket) == 1001

    _with_client(tmp_path, talk)


def test_a_slow_reader_is_let_go_and_finds_the_rest_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delivery is bounded: the reader that stops is closed with 1013 and misses nothing when it comes back."""
    monkeypatch.setattr("nis_backend.surfaces.socket.PATIENCE", 0.1)
    monkeypatch.setattr("nis_backend.surfaces.socket.CLOSE_SECONDS", PATIENCE)
    close = websocket.Connection._close  # pyright: ignore[reportPrivateUsage] - nothing else tells the moment

    async def go() -> None:
        closing = asyncio.Event()

        async def close_and_tell(one: websocket.Connection, *given: Any) -> None:  # Any: as the original takes them
            closing.set()
            await close(one, *given)

        monkeypatch.setattr(websocket.Connection, "_close", close_and_tell)
        async with served(tmp_path) as (process, address):
            async with connect(f"ws://{address}/a2a", compression=None, max_queue=1) as socket:
                one = Client(socket)
                await one.post("SendStreamingMessage", message("flood 800 20000"))
                first = json.loads(await socket.recv())
                # 16 MB do not fit the buffers on the way: whoever does not read now is slow.
                await process.context(LOCAL).runs.result(_task(first)["id"])
                await asyncio.wait_for(closing.wait(), PATIENCE)
                frames = [first]
                with pytest.raises(ConnectionClosed) as closed:
                    await _read_on(socket, frames)
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1013
            assert len(frames) < 800
            assert _ids(frames) == list(range(len(frames)))
            async with client(address, max_size=None) as other:
                rest = await other.stream("SubscribeToTask", {"id": _task(first)["id"], "lastSeq": frames[-1]["seq"]})
            assert _ids(frames)[-1:] + _ids(rest)[1:] == list(range(frames[-1]["seq"], 803))

    asyncio.run(go())
