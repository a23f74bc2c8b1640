"""What ends when: a run does not depend on a connection, nor an answer on a run that does not end.

Each is a fault that the protocol package's own handler has had: a call that hangs once its reader has failed, a cancel
that is reported without an end, a producer that is left behind by its subscriber, a stream whose end is the run's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
from a2a_process import PATIENCE, message, served

from nis_backend.surfaces.a2a import handler

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

V1 = {"A2A-Version": "1.0"}


def _call(method: str, params: Any) -> dict[str, Any]:  # Any: JSON
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def test_who_waits_for_a_task_is_answered_when_the_server_stops(tmp_path: Path) -> None:
    """A blocking SendMessage does not hang on a run that goes on elsewhere, or later."""

    async def talk() -> None:
        async with served(tmp_path) as (process, address), httpx.AsyncClient(timeout=PATIENCE) as http:
            url = f"http://{address}/a2a"
            sending = asyncio.create_task(http.post(url, json=_call("SendMessage", message("wait")), headers=V1))
            await asyncio.wait_for(process.reached.wait(), PATIENCE)
            process.closing.set()
            answer = await asyncio.wait_for(sending, PATIENCE)
            assert (answer.status_code, answer.json()["error"]["data"][0]["reason"]) == (503, "UNAVAILABLE")

    asyncio.run(talk())


def test_a_cancel_reports_an_end_only_once_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that has not stopped in time is answered as it is, and ends as its log says."""
    monkeypatch.setattr(handler, "CANCEL_SECONDS", 0.0)

    async def talk() -> None:
        async with served(tmp_path) as (process, address), httpx.AsyncClient(timeout=PATIENCE) as http:
            url = f"http://{address}/a2a"
            asked = {**message("wait"), "configuration": {"returnImmediately": True}}
            begun = await http.post(url, json=_call("SendMessage", asked), headers=V1)
            at = {"id": begun.json()["result"]["task"]["id"]}
            await asyncio.wait_for(process.reached.wait(), PATIENCE)
            told = (await http.post(url, json=_call("CancelTask", at), headers=V1)).json()["result"]["status"]["state"]
            assert told in {"TASK_STATE_SUBMITTED", "TASK_STATE_WORKING", "TASK_STATE_CANCELED"}
            if told != "TASK_STATE_CANCELED":
                ended = await http.post(url, json=_call("SubscribeToTask", {**at, "lastSeq": 0}), headers=V1)
                assert "TASK_STATE_CANCELED" in ended.text.splitlines()[-2]
            found = (await http.post(url, json=_call("GetTask", at), headers=V1)).json()["result"]
            assert found["status"]["state"] == "TASK_STATE_CANCELED"

    asyncio.run(talk())


def test_whoever_leaves_a_stream_leaves_nothing_behind(tmp_path: Path) -> None:
    """Twenty subscribers come and go; the task is as it was, and nothing waits for them."""

    async def talk() -> None:
        async with served(tmp_path) as (process, address), httpx.AsyncClient(timeout=PATIENCE) as http:
            url = f"http://{address}/a2a"
            asked = {**message("wait a"), "configuration": {"returnImmediately": True}}
            begun = await http.post(url, json=_call("SendMessage", asked), headers=V1)
            at = {"id": begun.json()["result"]["task"]["id"]}
            await asyncio.wait_for(process.reached.wait(), PATIENCE)
            before = len(asyncio.all_tasks())
            for _ in range(20):
                async with http.stream("POST", url, json=_call("SubscribeToTask", at), headers=V1) as answer:
                    await anext(answer.aiter_lines())
            async with asyncio.timeout(PATIENCE):
                while len(asyncio.all_tasks()) > before:  # noqa: ASYNC110 - nothing tells that a task has gone
                    await asyncio.sleep(0.01)
            assert not process.drivers.tail.watched(at["id"])
            process.gate.set()
            ended = await http.post(url, json=_call("SubscribeToTask", {**at, "lastSeq": 0}), headers=V1)
            assert "TASK_STATE_COMPLETED" in ended.text.splitlines()[-2]

    asyncio.run(talk())
