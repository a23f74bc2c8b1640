"""`kill -9` of a real server: the run goes on from its own log, its reader from its cursor, a write is made once."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from conftest import Serve, Server
from outliving import begun, check_whole
from rest_client import ask, followed

APP = Path(__file__).parent / "durable_app.py"
LINES = 6
KILLS = 4


def read(server: Server, run_id: str, seen: list[dict[str, Any]], most: int) -> bool:
    """Read on from the last number seen, at most so many events; whether the run has ended."""
    for event in islice(followed(server, run_id, seen[-1]["seq"] if seen else 0), most):
        seen.append(event)
        if event["body"]["type"] in {"succeeded", "failed", "cancelled"}:
            return True
    return False


def text_of(seen: list[dict[str, Any]]) -> str:
    """The words, without those that were taken back."""
    steps: dict[int, str] = {}
    for event in seen:
        body = event["body"]
        if body["type"] == "text_delta":
            steps[body["step"]] = steps.get(body["step"], "") + body["text"]
        elif body["type"] == "step_retried":
            steps[body["step"]] = ""
    return "".join(steps[step] for step in sorted(steps))


def test_a_run_survives_kills_at_any_moment(serve: Serve, tmp_path: Path) -> None:
    """Promise: no number lost or doubled, cut words superseded, each line written once."""
    script = tmp_path / "script.json"
    replies = [{"when": f"line {one}.", "text": f"This is line {one} of all."} for one in range(1, LINES + 1)]
    script.write_text(json.dumps({"pause": 0.15, "replies": replies}))
    chance = random.Random(7)  # noqa: S311 - the same moments each time
    data, seen = tmp_path / "data", list[dict[str, Any]]()
    server = serve("--app", str(APP), data=data, NIS_SCRIPTED=str(script))
    run_id = begun(server, "/diary/keep-diary", {"lines": LINES})
    ended = False
    for _ in range(KILLS):
        ended = read(server, run_id, seen, chance.randint(3, 12))
        server.kill()
        server = serve("--app", str(APP), data=data, NIS_SCRIPTED=str(script))
        if ended:
            break
    assert ended or read(server, run_id, seen, 10_000)
    check_whole(seen)
    assert text_of(seen) == "".join(f"[scripted] This is line {one} of all." for one in range(1, LINES + 1))
    with closing(sqlite3.connect(data / "nis.db")) as database:
        lines = [row[0] for row in database.execute("select comment from feedback order by created, id")]
    assert lines == [f"[scripted] This is line {one} of all." for one in range(1, LINES + 1)]


def test_what_may_have_happened_is_asked_before_it_happens_again(serve: Serve, tmp_path: Path) -> None:
    """Promise: a call that is not repeatable and was cut is made again only when a person says so."""
    data, seen = tmp_path / "data", list[dict[str, Any]]()
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"replies": [{"text": "x"}]}))
    server = serve("--app", str(APP), data=data, NIS_SCRIPTED=str(script))
    run_id = begun(server, "/diary/keep-diary", {"lines": 0, "letter": True, "seconds": 5})
    while not seen or seen[-1]["body"]["type"] != "tool_called":
        read(server, run_id, seen, 1)
    letters = data / "letters"
    while not (letters.exists() and letters.read_text()):
        ask(server, "GET", "/health")
    server.kill()
    server = serve("--app", str(APP), data=data, NIS_SCRIPTED=str(script))
    while seen[-1]["body"]["type"] != "released":
        read(server, run_id, seen, 1)
    assert ask(server, "GET", f"/runs/{run_id}")[2]["waiting"]["operation"] == "diary.send_letter"
    assert len(letters.read_text().splitlines()) == 1
    status, _, answer = ask(server, "POST", f"/runs/{run_id}/approve", {})
    assert status == 200, answer
    assert ask(server, "POST", f"/runs/{run_id}/approve", {})[0] == 409
    assert read(server, run_id, seen, 1000)
    assert seen[-1]["body"]["type"] == "succeeded", seen[-1]
    keys = letters.read_text().splitlines()
    assert len(keys) == 2
    assert keys[0] == keys[1]
