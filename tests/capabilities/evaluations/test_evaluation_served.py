"""Evaluations by a server of their own: `kill -9` asks nothing twice, and a budget ends what it does not pay for."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from fake_openai import DONE, Asked, Canned, FakeOpenAI, delta, fails, says, usage
from outliving import begun, check_whole
from rest_client import ask, done, followed

CASES = [{"input": f"Word {number}?", "expected": f"word {number}"} for number in range(1, 5)]
HELD = "Word 3?"
"""The case that is under way when the server is killed."""


def cost_of(evaluation: dict[str, Any]) -> float:
    """What one of its three answers has cost."""
    return float(evaluation["cost"]) / 3


LAB = {"name": "lab", "kind": "openai"}


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
        before_retry = dict(asked)
        # A failure is not noted: who retries the run asks again.
        provider.replies.insert(0, fails(401, "No."))
        once = {"target": "local:words", "cases": CASES[:1], "metrics": ["exact_match"]}
        status, _, problem = ask(server, "POST", "/evaluations", once)
        (failed,) = done(server, "GET", "/runs?operation=evaluations.create_evaluation&state=failed")["runs"]
        again = done(server, "POST", f"/runs/{failed['id']}/retry")
        retried = [one["body"] for one in followed(server, again["id"], 0)][-1]
    assert (status, problem["code"]) == (503, "unavailable")
    assert (retried["result"]["metrics"][0]["value"], asked["Word 1?"]) == (1.0, 2)
    check_whole(seen)
    noted = [one["body"]["name"] for one in seen if one["body"]["type"] == "noted"]
    assert [one for one in noted if one.startswith("case")] == ["case 1", "case 2", "case 3", "case 4"]
    assert before_retry == {"Word 1?": 1, "Word 2?": 1, "Word 3?": 2, "Word 4?": 1}
    assert kept == result
    assert [one["value"] for one in result["metrics"]] == [1.0, 10.0]


def test_a_budget_ends_what_it_does_not_pay_for(serve: Serve) -> None:
    """What was answered is measured; the rest is not asked, is not counted as wrong, and is told."""
    long = Canned(pieces=[delta(content="Word 1"), delta("stop"), usage(7, 2700), DONE])
    with FakeOpenAI(*[long] * 9, models=["gpt-4o-mini"]).in_thread() as provider:
        server = serve()
        done(server, "POST", "/providers", {**LAB, "url": provider.url, "prices": "openai", "billed": True})
        request: dict[str, Any] = {
            "target": "lab:gpt-4o-mini",
            "cases": [{"input": f"Which one, {number}?", "expected": "Word 1"} for number in range(6)],
            "metrics": ["exact_match", "cost", {"kind": "judge", "model": "lab:gpt-4o-mini"}],
            "how": {"at_once": 1, "max_tokens": 2700},
            "budget": 0.005,
        }
        found = done(server, "POST", "/evaluations", request)
        answers = done(server, "GET", f"/evaluations/{found['id']}/answers?outcome=unasked")
        talk = {"target": "chat:lab:gpt-4o-mini", "cases": request["cases"][:1], "how": {"operations": False}}
        chatted = done(server, "POST", "/evaluations", {**talk, "metrics": ["tokens", "cost"]})
    # What a turn of the chat cost is read from the ledger, once it is written down.
    assert [one["value"] for one in chatted["metrics"]] == [2707.0, pytest.approx(cost_of(found))]
    counts, (exact, cost, judged) = found["counts"], found["metrics"]
    assert (found["state"], counts["answered"], counts["unasked"]) == ("partial", 3, 3)
    assert "budget" in found["reason"].lower()
    assert (exact["value"], exact["cases"], exact["unscored"]) == (1.0, 3, 3)
    assert len(provider.asked) == 3 + 1
    assert 0 < cost["more"]["sum"] == found["cost"] <= 0.005
    assert answers["total"] == 3
    # The answers are the expected ones: nobody has to be asked, nor could be paid.
    assert judged["value"] == 0.5
