"""`kill -9` in the middle of an import, and of embedding anew: both go on, and nothing is there twice."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

from conftest import Serve, Server
from fake_openai import FakeOpenAI
from outliving import begun, check_whole
from rest_client import done, followed
from vectors_served import embeds, never, serving

LINES = [{"id": str(number), "text": f"Tide number {number}."} for number in range(600)]


def wait_for(models: FakeOpenAI, requests: int) -> None:
    """Return when the server of models was asked so often."""
    deadline = time.monotonic() + 60
    while len(models.asked) < requests:
        assert time.monotonic() < deadline, "it was not asked"
        models.gone.wait(0.01)


def followed_from(server: Server, run_id: str, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All events of a run, the last of which ends it."""
    seen = list(before)
    for event in followed(server, run_id, before[-1]["seq"]):
        seen.append(event)
        if event["body"]["type"] in {"succeeded", "failed", "cancelled"}:
            break
    return seen


def test_both_go_on_after_the_server_was_killed(serve: Serve, tmp_path: Path) -> None:
    """Promise: lines that were added are not added again, and texts that have the new vector are not embedded again."""
    with serving(embeds, never).in_thread() as models:
        settings = {"NIS_LOCAL_URL": models.url}
        server = serve(data=tmp_path, **settings)
        done(server, "POST", "/collections", {"name": "notes", "model": "local:one"})
        text = "".join(f"{json.dumps(one)}\n" for one in LINES)
        request = {"file": {"base64": base64.b64encode(text.encode()).decode()}}
        run_id = begun(server, "/collections/notes/import-items", request)
        before: list[dict[str, Any]] = []
        for event in followed(server, run_id, 0):
            before.append(event)
            if event["body"]["type"] == "noted":
                break
        wait_for(models, 2)
        server.kill()
        server = serve(data=tmp_path, **settings)
        seen = followed_from(server, run_id, before)
        check_whole(seen)
        told = done(server, "GET", f"/runs/{run_id}")["result"]
        assert (told["lines"], told["added"], told["unchanged"]) == (600, 600, 0)
        assert done(server, "GET", "/collections/notes")["items"] == 600
        embedded = [text for one in models.asked for text in one.body["input"]]
        assert len(embedded) <= 600 + 256

        models.replies[:1] = [embeds, embeds, never]
        models.asked.clear()
        run_id = begun(server, "/collections/notes/reembed-items", {"model": "local:two"})
        before = []
        for event in followed(server, run_id, 0):
            before.append(event)
            if event["body"].get("message") == "256 of 600 texts":
                break
        wait_for(models, 3)
        server.kill()
        server = serve(data=tmp_path, **settings)
        check_whole(followed_from(server, run_id, before))
        row = done(server, "GET", "/collections/notes")
        assert (row["model"], row["next_model"], row["items"], row["dimensions"]) == ("local:two", None, 600, 5)
        embedded = [text for one in models.asked for text in one.body["input"]]
        assert set(embedded) == {one["text"] for one in LINES}
        assert len(embedded) <= 600 + 128
