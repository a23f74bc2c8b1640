"""Contexts of the protocol are conversations: what becomes of these is seen there."""

from __future__ import annotations

import itertools
import json
from typing import Any

from ground import PATIENCE, Ground
from websockets.sync.client import connect

Json = dict[str, Any]
_IDS = itertools.count(1)


def ask(ground: Ground, method: str, params: Json) -> Json:
    """One request over a plain socket, and its answer."""
    with connect(f"{ground.url.replace('http', 'ws', 1)}/a2a", compression=None) as socket:
        socket.send(json.dumps({"jsonrpc": "2.0", "id": next(_IDS), "method": method, "params": params}))
        return json.loads(socket.recv(PATIENCE))


def tasks(ground: Ground, context: str) -> list[str]:
    """The tasks of a context."""
    return [task["id"] for task in ask(ground, "ListTasks", {"contextId": context})["result"]["tasks"]]


def send(ground: Ground, text: str, context: str = "") -> Json:
    """A message and its task."""
    message = {"messageId": text, "role": "ROLE_USER", "parts": [{"text": text}]}
    message |= {"contextId": context} if context else {}
    answer = ask(ground, "SendMessage", {"message": message})
    return answer.get("result", answer).get("task", answer)


def test_a_context_branches_is_answered_again_and_goes(ground: Ground) -> None:
    """Promise: a branch is a context with its tasks, an answer again is a task, and a deleted one has none."""
    first = send(ground, "context one")
    context = first["contextId"]
    again = ground.call("conversations.regenerate_answer", {"id": context})
    assert set(tasks(ground, context)) == {first["id"], again["run_id"]}
    branch = ground.call("conversations.branch_conversation", {"id": context})["id"]
    (copied,) = tasks(ground, branch)
    got = ask(ground, "GetTask", {"id": copied})["result"]
    assert (got["contextId"], got["status"]["state"]) == (branch, "TASK_STATE_COMPLETED")
    assert got["history"][0]["parts"] == [{"text": "context one"}]
    assert send(ground, "context two", branch)["contextId"] == branch

    ground.call("conversations.delete_conversation", {"id": context})
    assert tasks(ground, context) == []
    assert ask(ground, "GetTask", {"id": first["id"]})["error"]["code"] == -32001
    assert "contextId" in json.dumps(send(ground, "still there?", context)["error"])
    assert len(tasks(ground, branch)) == 2
