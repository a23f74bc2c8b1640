"""Two servers on one database, as on two hosts: what is done through one is there through the other."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from postgresql import running_postgresql

PATIENCE = 60.0
SCRIPT = {
    "replies": [
        {"when": "tide", "text": "High water is at noon, every day but one.", "pause": 0.2},
        {"when": "forever", "text": "on and on it goes", "pause": 10},
    ]
}


def called(server: Server, path: str, body: object = None, **headers: str) -> Any:  # Any: JSON
    """What a route answers."""
    data = None if body is None else json.dumps(body).encode()
    given = {"content-type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
    request = urllib.request.Request(f"{server.url}{path}", data, given)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.loads(answer.read())


def followed(server: Server, run_id: str) -> Iterator[dict[str, Any]]:  # Any: JSON
    """A run's events as its stream brings them, up to its end."""
    request = urllib.request.Request(f"{server.url}/runs/{run_id}/events", headers={"accept": "text/event-stream"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        for line in answer:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


@pytest.fixture
def script(tmp_path: Path) -> str:
    """The file of what the model says."""
    path = tmp_path / "script.json"
    path.write_text(json.dumps(SCRIPT))
    return str(path)


@pytest.fixture
def two(serve: Serve, database: str, script: str) -> list[Server]:
    """Two servers on one database."""
    return [serve(NIS_DATABASE_URL=database, NIS_SCRIPTED=script, NIS_MODEL="scripted:scripted") for _ in range(2)]


def test_a_conversation_through_one_server_is_read_through_the_other(two: list[Server]) -> None:
    """Its turns, and what was said in it by its words, accents or none."""
    here, there = two
    said = called(here, "/chat", {"message": "When is the tide in Århus?"})
    shown = called(there, f"/conversations/{said['conversation_id']}")
    assert said["response"] in json.dumps(shown, ensure_ascii=False)
    found = called(there, "/conversations/search-conversations", {"query": "arhus"})
    assert said["conversation_id"] in json.dumps(found)
    again = called(there, "/chat", {"message": "And the tide tomorrow?", "conversation_id": said["conversation_id"]})
    turns = called(here, f"/runs?conversation_id={again['conversation_id']}")
    assert len(turns["runs"]) == 2


def test_a_run_of_one_server_is_followed_and_cancelled_through_the_other(two: list[Server]) -> None:
    """A reader there sees each event as it is committed here, and the same log; a command from there ends the run."""
    here, there = two
    run = called(here, "/chat", {"message": "Tell me of the tide."}, prefer="respond-async")
    events = list(followed(there, run["id"]))
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["body"]["type"] == "succeeded"
    assert events == list(followed(here, run["id"]))
    run = called(here, "/chat", {"message": "Go on forever."}, prefer="respond-async")
    stream = followed(there, run["id"])
    while next(stream)["body"]["type"] != "text_delta":
        continue
    called(there, f"/runs/{run['id']}/cancel", {})
    assert [event["body"]["type"] for event in stream][-1] == "cancelled"


def test_a_server_starts_before_its_database_and_serves_once_it_is_there(serve: Serve, script: str) -> None:
    """Promise: an unreachable store delays no start; `/health/ready` names it; and nothing has to be restarted."""
    with running_postgresql() as own:
        database = own.database()
        own.stop()
        server = serve(NIS_DATABASE_URL=database, NIS_SCRIPTED=script, NIS_MODEL="scripted:scripted")
        for path in ("/health/ready", "/runs"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                called(server, path)
            with refused.value as answer:
                assert answer.code == 503
                assert "database" in json.loads(answer.read())["detail"]
        own.start()
        deadline = time.monotonic() + PATIENCE
        while not ready(server):
            assert time.monotonic() < deadline
        [store] = [part for part in called(server, "/health/ready")["parts"] if part["name"] == "store"]
        assert store["detail"].startswith("PostgreSQL 18")
        assert called(server, "/chat", {"message": "The tide?"})["response"]


def ready(server: Server) -> bool:
    """Whether every part of it is there."""
    try:
        called(server, "/health/ready")
    except urllib.error.HTTPError as error:
        error.close()
        return False
    return True
