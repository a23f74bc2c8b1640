"""A task that waits for a person: what it says, and what the message does that answers it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from a2a_process import answer_of, client, message, served, text_of

from nis_backend.caller import LOCAL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from a2a_process import Client

    Json = dict[str, Any]


THROW = {"speed": 20, "angle": 40}


def _talk(data: Path, talk: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with served(data) as (_, address), client(address) as one:
            await talk(one)

    asyncio.run(run())


async def _begun(one: Client, text: str, state: str) -> Json:
    task = (await one.call("SendMessage", message(text)))["result"]["task"]
    assert task["status"]["state"] == state
    return task


def _reply(task: Json, *parts: Json) -> Json:
    return {"message": {"messageId": "r", "role": "ROLE_USER", "taskId": task["id"], "parts": [*parts]}}


@pytest.mark.parametrize(
    ("asked", "part", "kept", "answer"),
    [
        ("name", {"text": "Ada"}, {"text": "Ada"}, "hello Ada"),
        ("name", {"data": {"name": "Ada"}}, {"text": "Ada"}, "hello Ada"),
        ("question", {"data": THROW}, {"data": THROW}, "thrown at 40"),
        ("question", {"data": {"values": THROW}}, {"data": THROW}, "thrown at 40"),
    ],
)
def test_a_message_answers_what_a_task_asks(tmp_path: Path, asked: str, part: Json, kept: Json, answer: str) -> None:
    """INPUT_REQUIRED: the same task goes on with the message, and its history has both (specification, 3.4.3)."""

    async def talk(one: Client) -> None:
        task = await _begun(one, asked, "TASK_STATE_INPUT_REQUIRED")
        listed = await one.call("ListTasks", {"status": "TASK_STATE_INPUT_REQUIRED"})
        assert [found["id"] for found in listed["result"]["tasks"]] == [task["id"]]
        assert (await one.call("ListTasks", {"status": "TASK_STATE_AUTH_REQUIRED"}))["result"]["totalSize"] == 0
        ended = (await one.call("SendMessage", _reply(task, part)))["result"]["task"]
        assert (ended["id"], ended["status"]["state"], text_of(ended)) == (task["id"], "TASK_STATE_COMPLETED", answer)
        assert [said["role"] for said in ended["history"]] == ["ROLE_USER", "ROLE_AGENT", "ROLE_USER"]
        assert ended["history"][-1]["parts"] == [kept]
        (last,) = (await one.call("GetTask", {"id": task["id"], "historyLength": 1}))["result"]["history"]
        assert last == ended["history"][-1]
        assert (await one.call("SendMessage", _reply(task, part)))["error"]["code"] == -32004

    _talk(tmp_path, talk)


@pytest.mark.parametrize(
    ("part", "answer"),
    [
        ({"text": "Approve"}, "Approved"),
        ({"text": "no."}, "Rejected"),
        ({"data": {"approved": True}}, "Approved"),
        ({"data": {"approved": False, "reason": "not now"}}, "Rejected"),
    ],
)
def test_a_message_decides_what_a_task_needs_leave_for(tmp_path: Path, part: Json, answer: str) -> None:
    """AUTH_REQUIRED: a person's leave; the stream ends there, the reply's has the rest (specification, 11.7)."""

    async def talk(one: Client) -> None:
        frames = await one.stream("SendStreamingMessage", message("leave"))
        assert frames[-1]["result"]["statusUpdate"]["status"]["state"] == "TASK_STATE_AUTH_REQUIRED"
        task = frames[0]["result"]["task"]
        watching = await one.post("SubscribeToTask", {"id": task["id"]})
        rest = await one.stream("SendStreamingMessage", _reply(task, part))
        assert rest[0]["result"]["task"]["status"]["state"] == "TASK_STATE_AUTH_REQUIRED"
        assert answer_of(rest) == answer
        seen = await one.rest(watching)
        assert seen[-1]["result"]["statusUpdate"]["status"]["state"] == "TASK_STATE_COMPLETED"

    _talk(tmp_path, talk)


@pytest.mark.parametrize(
    ("asked", "part", "code"),
    [
        ("leave", {"text": "perhaps"}, -32602),
        ("leave", {"data": {"approved": "yes"}}, -32602),
        ("question", {"text": "20 and 40"}, -32602),
        ("question", {"data": {"speed": 20}}, -32602),
        ("question", {"data": [1]}, -32602),
        ("question", {"data": {"speed": 20, "angle": 40, "spin": 1}}, -32602),
        ("name", {"raw": "AAAA"}, -32005),
    ],
)
def test_what_is_no_answer_is_refused_and_the_task_waits_on(tmp_path: Path, asked: str, part: Json, code: int) -> None:
    """Nothing is guessed: it names what is asked for, and the log is as it was."""

    async def talk(one: Client) -> None:
        task = (await one.call("SendMessage", message(asked)))["result"]["task"]
        assert (await one.call("SendMessage", _reply(task, part)))["error"]["code"] == code
        assert (await one.call("GetTask", {"id": task["id"]}))["result"]["status"] == task["status"]

    _talk(tmp_path, talk)


def test_a_file_is_an_artifact_with_its_address(tmp_path: Path) -> None:
    """An artifact is a blob: its name, its media type, and where its bytes are."""

    async def talk(one: Client) -> None:
        task = (await one.call("SendMessage", message("file")))["result"]["task"]
        (artifact,) = (one for one in task["artifacts"] if one["name"] == "five.txt")
        (part,) = artifact["parts"]
        assert (part["filename"], part["mediaType"], part["metadata"]) == ("five.txt", "text/plain", {"size": 5})
        assert part["url"].startswith("http://127.0.0.1:")
        assert part["url"].endswith("/content")

    _talk(tmp_path, talk)


def test_a_run_that_is_asked_about_before_it_begins_waits_as_a_task(tmp_path: Path) -> None:
    """Begun elsewhere, held for a person's leave, and let go over A2A: the row and the log say the same."""

    async def talk() -> None:
        async with served(tmp_path) as (process, address), client(address) as one:
            held = {"operation": "throws.toss_ball", "arguments": {"speed": 2, "angle": 3}, "approval": "It is costly."}
            begun = await process.context(LOCAL).call_named("runs.start_run", held)
            task = (await one.call("GetTask", {"id": begun.id}))["result"]
            assert task["status"]["state"] == "TASK_STATE_AUTH_REQUIRED"
            (listed,) = (await one.call("ListTasks", {"status": "TASK_STATE_AUTH_REQUIRED"}))["result"]["tasks"]
            assert listed["id"] == begun.id
            ended = (await one.call("SendMessage", _reply(task, {"text": "approve"})))["result"]["task"]
            assert ended["status"]["state"] == "TASK_STATE_COMPLETED"
            assert [said["role"] for said in ended["history"]] == ["ROLE_AGENT", "ROLE_USER"]

    asyncio.run(talk())
