"""Two servers on one database, as on two hosts: what is done through one is there through the other."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from conftest import Serve, Server
from postgresql import running_postgresql
from rest_client import Json, ask, done, followed

PATIENCE = 60.0
SCRIPT = {
    "replies": [
        {"when": "tide", "text": "High water is at noon, every day but one.", "pause": 0.2},
        {"when": "forever", "text": "on and on it goes", "pause": 10},
    ]
}


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
    said = done(here, "POST", "/chat", {"message": "When is the tide in Århus?"})
    shown = done(there, "GET", f"/conversations/{said['conversation_id']}")
    assert said["response"] in json.dumps(shown, ensure_ascii=False)
    found = done(there, "POST", "/conversations/search-conversations", {"query": "arhus"})
    assert said["conversation_id"] in json.dumps(found)
    again = done(
        there, "POST", "/chat", {"message": "And the tide tomorrow?", "conversation_id": said["conversation_id"]}
    )
    turns = done(here, "GET", f"/runs?conversation_id={again['conversation_id']}")
    assert len(turns["runs"]) == 2


def begun(server: Server, message: str) -> Json:
    """A turn that goes on as a run of its own."""
    status, _, run = ask(server, "POST", "/chat", {"message": message}, {"prefer": "respond-async"})
    assert status == 202
    return run


def test_a_run_of_one_server_is_followed_and_cancelled_through_the_other(two: list[Server]) -> None:
    """A reader there sees each event as it is committed here, and the same log; a command from there ends the run."""
    here, there = two
    run = begun(here, "Tell me of the tide.")
    events = list(followed(there, run["id"]))
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["body"]["type"] == "succeeded"
    assert events == list(followed(here, run["id"]))
    run = begun(here, "Go on forever.")
    stream = followed(there, run["id"])
    while next(stream)["body"]["type"] != "text_delta":
        continue
    done(there, "POST", f"/runs/{run['id']}/cancel", {})
    assert [event["body"]["type"] for event in stream][-1] == "cancelled"


def test_a_server_starts_before_its_database_and_serves_once_it_is_there(serve: Serve, script: str) -> None:
    """Promise: an unreachable store delays no start; `/health/ready` names it; and nothing has to be restarted."""
    with running_postgresql() as own:
        database = own.database()
        own.stop()
        server = serve(NIS_DATABASE_URL=database, NIS_SCRIPTED=script, NIS_MODEL="scripted:scripted")
        for path in ("/health/ready", "/runs"):
            status, _, problem = ask(server, "GET", path)
            assert status == 503
            assert "database" in problem["detail"]
        own.start()
        deadline = time.monotonic() + PATIENCE
        while ask(server, "GET", "/health/ready")[0] != 200:
            assert time.monotonic() < deadline
        [store] = [part for part in done(server, "GET", "/health/ready")["parts"] if part["name"] == "store"]
        assert store["detail"].startswith("PostgreSQL 18")
        assert done(server, "POST", "/chat", {"message": "The tide?"})["response"]
        # Who reads the log sees when it began, and that it is over.
        log = server.log.read_text()
        assert log.index("waits for its database") < log.index("has its database again")
