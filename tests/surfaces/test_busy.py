"""A full queue on each surface: refused at once, with when to try again."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from over_mcp import over_mcp
from rest_client import ask

from nis_backend.errors import Busy
from nis_backend.surfaces.a2a import wire
from nis_backend.surfaces.guard import answer_problem
from nis_backend.surfaces.openai.problem import tell

APP = '''
from nis_backend.errors import Busy
from nis_backend.operation import Model, operation


class Nothing(Model):
    """Nothing."""


@operation("fullness.ask_queue", effect="reads")
async def ask_queue(request: Nothing, ctx) -> Nothing:
    """Refuse."""
    raise Busy("The queue has 64 calls waiting.", remedy="Call again in 7 s.", retry_after=6.2)


OPERATIONS = (ask_queue,)
'''


def test_a_full_queue_says_on_rest_mcp_and_the_command_line_when_to_try_again(tmp_path: Path, serve: Serve) -> None:
    """Back-pressure is 429 with `Retry-After` in whole seconds, and the same number in every problem."""
    app = tmp_path / "app.py"
    app.write_text(APP)
    server = serve("--app", str(app))
    status, headers, problem = ask(server, "POST", "/fullness/ask-queue", {})
    assert (status, headers["retry-after"], problem["retry_after"]) == (429, "7", 7)
    with pytest.raises(Busy) as busy:
        over_mcp(server.url, "fullness.ask_queue", {})
    assert busy.value.retry_after == 7
    command = [sys.executable, "-m", "nis_backend", "--data", str(server.data), "call", "fullness.ask_queue", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert (done.returncode, json.loads(done.stderr)["retry_after"]) == (75, 7)


def test_a_full_queue_says_in_a_frame_of_a2a_when_to_try_again() -> None:
    """The counterpart there is `google.rpc.RetryInfo`, beside the `ErrorInfo` that A2A's errors carry."""
    frame: Any = wire.error(wire.refused(Busy("Full.", retry_after=7)), "1")
    told = {one["@type"].rpartition(".")[2]: one for one in frame["error"]["data"]}
    assert told["RetryInfo"]["retryDelay"] == "7s"
    assert told["ErrorInfo"]["reason"] == "RESOURCE_EXHAUSTED"


def test_a_full_queue_says_in_openais_dialect_when_to_try_again() -> None:
    """Official clients wait for `Retry-After` before they retry a `rate_limit_error`."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(answer_problem(Busy("Full.", retry_after=7), {"path": "/v1/models"}, send, tell=tell))
    headers = dict(sent[0]["headers"])
    assert (sent[0]["status"], headers[b"retry-after"], headers[b"x-should-retry"]) == (429, b"7", b"true")
    assert json.loads(sent[1]["body"])["error"]["type"] == "rate_limit_error"
