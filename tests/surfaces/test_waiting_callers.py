"""Who waits for a run that waits for a person is told so, on every surface, and not kept waiting."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from over_mcp import over_mcp

from nis_backend.entry import Entry
from nis_backend.errors import NisError, Waiting, from_problem
from nis_backend.surfaces.cli.connection import OverHttp

APP = str(Path(__file__).parent.parent / "asking_app.py")
PATIENCE = 60.0


def over_rest(server: Server, path: str, body: object) -> Any:  # Any: JSON
    """What a route answers.

    Raises:
        NisError: as its problem says.
    """
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{server.url}{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            raise from_problem(json.loads(refused.read())) from None


def by_rest(server: Server) -> None:
    """Wait for the run's result over REST."""
    over_rest(server, "/deeds/do-deed", {"name": "leap"})


def by_mcp(server: Server) -> None:
    """Wait for it as a tool's answer."""
    over_mcp(server.url, "deeds.do_deed", {"name": "leap"})


def by_name(server: Server) -> None:
    """Wait for it as the answer of an operation that calls another."""
    over_rest(server, "/operations/deeds.do_deed/call", {"arguments": {"name": "leap"}})


def by_cli(server: Server) -> None:
    """Wait for it on the command line."""
    with urllib.request.urlopen(f"{server.url}/operations/deeds.do_deed", timeout=PATIENCE) as answer:
        found: dict[str, Any] = {**json.loads(answer.read()), "module": "", "scopes": (), "examples": ()}
    entry = Entry(name=found.pop("id"), **found)
    OverHttp(server.url, None).call(entry, {"name": "leap"}, lambda _: None)


@pytest.mark.parametrize("wait", [by_rest, by_mcp, by_name, by_cli])
def test_a_caller_is_told_what_the_run_waits_for(serve: Serve, wait: Callable[[Server], None]) -> None:
    """The failure names the run, the question, and the commands; answered, the same run has its result."""
    server = serve("--app", APP)
    with pytest.raises(NisError) as told:
        wait(server)
    waiting = told.value
    assert isinstance(waiting, Waiting), waiting.problem()
    assert waiting.field == "run"
    assert "May I leap?" in waiting.message
    assert "runs.approve_run" in waiting.remedy
    over_rest(server, f"/runs/{waiting.value}/approve", {})
    with urllib.request.urlopen(f"{server.url}/runs/{waiting.value}/events?wait=60", timeout=PATIENCE) as log:
        assert b'"done":true' in log.read().replace(b'": ', b'":')
