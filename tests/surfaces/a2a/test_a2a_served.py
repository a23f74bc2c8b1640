"""The surface in the served process: light until its first frame, and true to the log over a restart."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from a2a_process import Client, answer_of, client, message
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Serve, Server

LONG = " ".join(f"word{index}" for index in range(400))


def _script(folder: Path, pause: float = 0.01) -> str:
    path = folder / "script.json"
    path.write_text(json.dumps({"pause": pause, "tools": True, "replies": [{"text": LONG}]}))
    return str(path)


def test_the_protocols_package_loads_at_the_first_frame() -> None:
    """Routes and card cost no import of it (NIS_PRELOAD=a2a does it at start)."""
    code = (
        "import asyncio, sys\n"
        "from nis_backend.surfaces.a2a import card, routes\n"
        "before = [name for name in ('a2a', 'google.protobuf', 'httpx', 'a2ui.core') if name in sys.modules]\n"
        "asyncio.run(routes.preload())\n"
        "print(before, 'a2a.types' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"


def test_a_stream_goes_on_after_the_server_was_killed(serve: Serve, tmp_path: Path) -> None:
    """The words that were seen are in the log, the number says where to go on, and the next server ends the task."""
    data = tmp_path / "data"
    script = _script(tmp_path)

    async def begin(address: str) -> tuple[str, list[dict[str, object]]]:
        async with connect(f"ws://{address}/a2a") as socket:
            one = Client(socket)
            number = await one.post("SendStreamingMessage", message("talk"))
            frames = [await one.next(number) for _ in range(8)]
            first.kill()
            return frames[0]["result"]["task"]["id"], frames

    async def go_on(address: str, task_id: str, frames: list[dict[str, object]]) -> None:
        async with client(address) as one:
            rest = await one.stream("SubscribeToTask", {"id": task_id, "lastSeq": frames[-1]["seq"]})
            assert answer_of(rest[:1]) == answer_of(frames)
            assert rest[-1]["result"]["statusUpdate"]["status"]["state"] == "TASK_STATE_COMPLETED"
            whole = (await one.call("GetTask", {"id": task_id}))["result"]
            assert answer_of(rest) == answer_of([{"result": {"task": whole}}])
            assert answer_of(rest).removeprefix("[scripted] ") == LONG

    first = serve(data=data, NIS_SCRIPTED=script)
    task_id, frames = asyncio.run(begin(first.url.removeprefix("http://")))
    second = serve(data=data, NIS_SCRIPTED=script)
    asyncio.run(go_on(second.url.removeprefix("http://"), task_id, frames))


def test_a_stopping_server_closes_its_sockets_with_a_notice(serve: Serve, tmp_path: Path) -> None:
    """1001 before uvicorn's own close, so that a client knows to come back."""

    async def talk(address: str) -> None:
        async with connect(f"ws://{address}/a2a") as socket:
            one = Client(socket)
            number = await one.post("SendStreamingMessage", message("talk"))
            for _ in range(4):
                await one.next(number)
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(one.rest(number), 60)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001

    server = serve(NIS_SCRIPTED=_script(tmp_path, pause=1))
    asyncio.run(talk(server.url.removeprefix("http://")))


def _calling(**data: object) -> dict[str, object]:
    return {"message": {"messageId": "m", "role": "ROLE_USER", "parts": [{"data": data}]}}


def test_a_skills_operation_is_called_by_name(server: Server) -> None:
    """A client that knows no A2UI sends the operation with its arguments, and gets its result as data."""

    async def talk(address: str) -> None:
        async with client(address) as one:
            params = _calling(operation="operations.get_operation", arguments={"id": "runs.get_run"})
            task = (await one.call("SendMessage", params))["result"]["task"]
            result = next(artifact for artifact in task["artifacts"] if artifact["artifactId"] == "result")
            assert result["name"] == "operations.get_operation"
            assert result["parts"][0]["data"]["id"] == "runs.get_run"
            streamed = await one.stream("SendStreamingMessage", params)
            updates = [frame["result"].get("artifactUpdate", {}).get("artifact", {}) for frame in streamed]
            assert result in updates

    asyncio.run(talk(server.url.removeprefix("http://")))


@pytest.mark.parametrize(
    "data", [{"operation": "runs.get_runs"}, {"operation": 5}, {"operation": "runs.get_run", "with": 1}]
)
def test_a_wrong_call_of_an_operation_is_refused(server: Server, data: dict[str, object]) -> None:
    """An unknown name and unknown members: refused before anything is written down."""

    async def talk(address: str) -> None:
        async with client(address) as one:
            error = (await one.call("SendMessage", _calling(**data)))["error"]
            assert error["code"] == -32602
            assert error["data"][1]["fieldViolations"][0]["field"].startswith("message.parts")

    asyncio.run(talk(server.url.removeprefix("http://")))
