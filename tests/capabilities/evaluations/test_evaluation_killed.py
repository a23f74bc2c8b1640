"""`kill -9` in the middle of an evaluation: it goes on, and no case whose answer is in its log is asked again."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says
from outliving import begun, check_whole
from rest_client import ask, followed

CASES = [{"input": f"Word {number}?", "expected": f"word {number}"} for number in range(1, 5)]
HELD = "Word 3?"
"""The case that is under way when the server is killed."""


def test_an_evaluation_resumes_without_asking_again(serve: Serve, tmp_path: Path) -> None:
    """Promise: each answer is noted once; those before the kill are not asked for by the next attempt."""
    asked: Counter[str] = Counter()
    came = threading.Event()

    def answer(request: Asked) -> Canned:
        said = str(request.body["messages"][-1]["content"])
        asked[said] += 1
        if said == HELD and asked[said] == 1:
            came.set()
            return Canned(pieces=[], held=True)
        return says(f"Word {said[5]}")

    with FakeOpenAI(*[answer] * 20, models=["words"]).in_thread() as provider:
        settings = {"NIS_LOCAL_URL": provider.url}
        server = serve(data=tmp_path, **settings)
        request = {
            "target": "local:words",
            "cases": CASES,
            "metrics": ["exact_match", "tokens"],
            "how": {"at_once": 1},
        }
        run_id = begun(server, "/evaluations", request)
        before: list[dict[str, Any]] = []
        for event in followed(server, run_id, 0):
            before.append(event)
            if {"case 1", "case 2"} <= {one["body"].get("name") for one in before}:
                break
        assert came.wait(60)
        server.kill()
        server = serve(data=tmp_path, **settings)
        seen = list(before)
        for event in followed(server, run_id, before[-1]["seq"]):
            seen.append(event)
            if event["body"]["type"] in {"succeeded", "failed", "cancelled"}:
                break
        result = ask(server, "GET", f"/runs/{run_id}")[2]["result"]
        kept = ask(server, "GET", f"/evaluations/{result['id']}")[2]
    check_whole(seen)
    noted = [one["body"]["name"] for one in seen if one["body"]["type"] == "noted"]
    assert [one for one in noted if one.startswith("case")] == ["case 1", "case 2", "case 3", "case 4"]
    assert asked == {"Word 1?": 1, "Word 2?": 1, "Word 3?": 2, "Word 4?": 1}
    assert kept == result
    assert [one["value"] for one in result["metrics"]] == [1.0, 10.0]
