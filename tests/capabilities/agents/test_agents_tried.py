"""Agents tried with cases, and as what an evaluation puts its cases to."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from outliving import begun, check_whole
from rest_client import ask, done, followed

Json = dict[str, Any]
CASES: list[Json] = [
    {"message": "Say 42.", "expected": 42},
    {"message": "Say yes.", "expected": ["yes", "aye"]},
    {"message": "Say no.", "expected": "nothing"},
]
AGENT: Json = {"name": "parrot", "instructions": "You say what you are told.", "model": "local:words", "tests": CASES}


def parrot(request: Asked) -> Canned:
    """Says what it is told."""
    return says(str(request.body["messages"][-1]["content"]).removeprefix("Say "))


def test_what_passes_is_counted_with_its_interval(serve: Serve) -> None:
    """Promise of test_agent: each case passes where all that it expects holds. Wilson's interval of 2 of 3 by hand."""
    with FakeOpenAI(*[parrot] * 20, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", AGENT)
        report = done(server, "POST", "/agents/parrot/test", {})
        schema: Json = {"type": "object", "required": ["n"]}
        both: Json = {"message": 'Say {"n": 7}', "expected": 7, "answer_schema": schema}
        turned: Json = {**both, "answer_schema": dict(reversed(schema.items()))}
        own = done(server, "POST", "/agents/parrot/test", {"cases": [both, {**both, "message": "Say 7"}, both, turned]})
        none = ask(server, "POST", "/agents", {**AGENT, "name": "b", "tests": [{"message": "Say it."}]})
        truth = ask(server, "POST", "/agents", {**AGENT, "name": "b", "tests": [{"message": "x", "expected": True}]})
        done(server, "PATCH", "/agents/parrot", {"change": {"tests": None}})
        empty = ask(server, "POST", "/agents/parrot/test", {})
        kept = done(server, "GET", f"/evaluations/{report['evaluation_id']}")
    assert [one["passed"] for one in report["results"]] == [True, True, False]
    assert report["results"][2]["answer"] == "no."
    assert "nothing" in report["results"][2]["why"][0]
    assert (report["passed"], report["cases"], report["version"]) == (2, 3, 1)
    z = 1.959963984540054
    middle, half = (2 / 3 + z * z / 6) / (1 + z * z / 3), z * ((2 / 9) / 3 + z * z / 36) ** 0.5 / (1 + z * z / 3)
    assert (report["low"], report["high"]) == pytest.approx((middle - half, middle + half))
    assert [(one["passed"], len(one["why"])) for one in own["results"]] == [(True, 0), (False, 1)]
    assert (kept["target"], kept["counts"]["answered"]) == ("agent:parrot@1", 3)
    assert [(one[0], one[2]["code"]) for one in (none, truth, empty)] == [(422, "invalid_request")] * 3
    assert empty[2]["field"] == "cases"


def test_a_test_that_was_killed_tries_no_case_twice(serve: Serve, tmp_path: Path) -> None:
    """Promise: after kill -9 the report is whole, and an agent that had answered is not asked again."""
    came, asked = threading.Event(), Counter[str]()

    def model(request: Asked) -> Canned:
        said = str(request.body["messages"][-1]["content"])
        asked[said] += 1
        if said == "Say yes." and asked[said] == 1:
            came.set()
            return Canned(pieces=[], held=True)
        return parrot(request)

    with FakeOpenAI(*[model] * 20, models=["words"]).in_thread() as provider:
        server = serve(data=tmp_path, NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", AGENT)
        run_id = begun(server, "/agents/parrot/test", {"at_once": 1})
        assert came.wait(60)
        for run in done(server, "GET", "/runs")["runs"]:
            # Who reads has it committed.
            done(server, "GET", f"/runs/{run['id']}")
        server.kill()
        server = serve(data=tmp_path, NIS_LOCAL_URL=provider.url)
        done(server, "PATCH", "/agents/parrot", {"change": {"model": "local:gone"}})
        seen = list(followed(server, run_id, 0))
        evaluations = done(server, "GET", "/evaluations")["evaluations"]
    check_whole(seen)
    result = seen[-1]["body"]["result"]
    assert [one["passed"] for one in result["results"]] == [True, True, False]
    assert (asked, len(evaluations)) == (Counter({"Say 42.": 1, "Say yes.": 2, "Say no.": 1}), 1)


def test_an_agent_that_is_kept_comes_before_a_remote_one(serve: Serve) -> None:
    """Promise of the target agent:NAME: who is kept here, in the version of then or a named one; else who is remote."""

    def model(request: Asked) -> Canned:
        system = str(request.body["messages"][0]["content"])
        if request.body.get("tools") and not request.tool_results:
            return wants(("memory-remember", {"text": "x", "user": "mia"}))
        return says("two" if "SECOND" in system else "one")

    with FakeOpenAI(*[model] * 20, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        given: Json = {"cases": [{"input": "Which?", "expected": "two"}], "metrics": ["contains", "tokens"]}
        done(server, "POST", "/agents", {**AGENT, "name": "me"})
        done(server, "PATCH", "/agents/me", {"change": {"instructions": "SECOND"}})
        latest, first = (
            done(server, "POST", "/evaluations", {**given, "target": one}) for one in ("agent:me", "agent:me@1")
        )
        done(server, "PATCH", "/agents/me", {"change": {"operations": ["memory.remember"]}})
        waits = ask(server, "POST", "/evaluations", {**given, "target": "agent:me"})
        left = done(server, "GET", "/runs?operation=agents.run_agent")["runs"]
        wrong = [
            ask(server, "POST", "/evaluations", {**given, "target": one}) for one in ("agent:nobody", "agent:me@9")
        ]
    assert [one["metrics"][0]["value"] for one in (latest, first)] == [1.0, 0.0]
    assert (latest["target"], latest["counts"]["answered"], latest["input_tokens"]) == ("agent:me@2", 1, 7)
    assert waits[0] >= 400
    assert "approv" in waits[2]["detail"]
    assert {one["state"] for one in left} == {"succeeded", "cancelled"}
    assert [(one[0], one[2]["field"]) for one in wrong] == [(404, "target")] * 2
