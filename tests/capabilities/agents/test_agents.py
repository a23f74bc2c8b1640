"""Agents by a server of their own, with a model that says what a test tells it to."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from outliving import begun, check_whole
from rest_client import ask, done, followed

from nis_backend.surfaces.answering import CHAT

Json = dict[str, Any]
BALL: Json = {"speed": 20, "angle": 40}
AGENT: Json = {"name": "thrower", "instructions": "You throw balls.", "model": "local:words"}


def ended(server: Any, run_id: str, last: str = "") -> list[Json]:
    """The events of a run to its end, or to the first of a kind."""
    seen: list[Json] = []
    for event in followed(server, run_id, 0):
        seen.append(event["body"])
        if seen[-1]["type"] in {"succeeded", "failed", "cancelled", last}:
            break
    return seen


def told(request: Asked) -> list[Json]:
    """The messages that a model was asked with."""
    return list(request.body["messages"])


def test_an_agent_uses_what_it_names_and_no_more(serve: Serve) -> None:
    """Promise of run_agent: its instructions, its operations, a person before what writes; others are not there."""
    offered: list[set[str]] = []

    def model(request: Asked) -> Canned:
        offered.append({one["function"]["name"] for one in request.body.get("tools", [])})
        match len(offered):
            case 1:
                return wants(("physics-simulate_projectile", BALL), ("memory-forget_user", {"user": "mia"}))
            case 2:
                return wants(("memory-remember", {"text": "Balls fly far.", "user": "mia"}))
            case _:
                return says(f"Done: {request.tool_results[-1][:40]}")

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", {**AGENT, "operations": ["physics.*", "memory.remember"]})
        run_id = begun(server, "/agents/thrower/run", {"message": "Throw one, and remember it."})
        before = ended(server, run_id, "approval_required")
        assert before[-1]["type"] == "approval_required"
        assert before[-1]["operation"] == "memory.remember"
        assert not done(server, "GET", "/memory?user=mia")["memories"]
        done(server, "POST", f"/runs/{run_id}/approve", {"call_id": before[-1]["call_id"]})
        seen = ended(server, run_id)
        kept = done(server, "GET", "/memory?user=mia")["memories"]
        requests = [told(one) for one in provider.asked]
    assert seen[-1]["type"] == "succeeded", seen[-1]
    result = seen[-1]["result"]
    assert result["response"].startswith("Done: ")
    assert (result["agent"], result["version"], result["steps"]) == ("thrower", 1, 3)
    assert len(kept) == 1
    assert offered[0] > {"physics-simulate_projectile", "memory-remember"}
    assert all(name.startswith("physics-") or name == "memory-remember" for name in offered[0])
    answers = [one for one in seen if one["type"] == "tool_answered"]
    assert [one["problem"]["code"] for one in answers if one["problem"]] == ["not_found"]
    assert "You throw balls." in requests[0][0]["content"]


def test_an_agent_asks_another_within_its_budget(serve: Serve) -> None:
    """Promise: who is asked runs as a run of its own, inside that of who asks; agents that ask in a ring are ended.

    Who asks holds no place meanwhile that whom it asks needs: here there is one for all.
    """

    def model(request: Asked) -> Canned:
        first, *_ = told(request)
        who = "ring" if "RING" in first["content"] else "chief" if "CHIEF" in first["content"] else "helper"
        if who == "helper":
            return says("It is 42.")
        other = "ask-ring" if "ask-ring" in {one["function"]["name"] for one in request.body.get("tools", [])} else ""
        if request.tool_results:
            return says(f"I heard: {request.tool_results[-1][:300]}")
        return wants((other or "ask-helper", {"message": "What is it?"}))

    with FakeOpenAI(*[model] * 30, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url, NIS_MAX_RUNS="1")
        done(server, "POST", "/agents", {**AGENT, "name": "helper"})
        chief = {**AGENT, "name": "chief", "instructions": "CHIEF", "agents": ["helper"], "budget": 1.0}
        # That it may ask any other too, once a person has decided, is no matter of those that it names.
        done(server, "POST", "/agents", {**chief, "operations": ["agents.ask_agent"]})
        reply = done(server, "POST", "/agents/chief/run", {"message": "Find out."})
        runs = done(server, "GET", "/runs?operation=agents.run_agent")["runs"]
        done(server, "POST", "/agents", {**AGENT, "name": "ring", "instructions": "RING one"})
        done(server, "POST", "/agents", {**AGENT, "name": "rung", "instructions": "RING two", "agents": ["ring"]})
        done(server, "PATCH", "/agents/ring", {"change": {"agents": ["rung"]}})
        turned = done(server, "POST", "/agents/rung/run", {"message": "Go round."})
        done(server, "DELETE", "/agents/helper")
        gone = ask(server, "POST", "/agents/chief/run", {"message": "Find out."})[2]
        taken = ask(server, "POST", "/agents", {**AGENT, "name": CHAT})[2]
    assert "It is 42." in reply["response"]
    assert [one["operation"] for one in runs] == ["agents.run_agent"] * 2
    assert "4 deep" in turned["response"] or "ring" in turned["response"]
    assert (gone["code"], gone["field"], gone["value"]) == ("not_found", "agents", "helper")
    assert "chief" in gone["detail"]
    assert (taken["code"], taken["field"]) == ("conflict", "name")


def test_an_answer_follows_its_schema_or_is_asked_for_again(serve: Serve) -> None:
    """Promise of output_schema: JSON that was checked; one that does not follow it is told why."""
    schema: Json = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    replies = ["Seven it is.", '{"n": "seven"}', '{"n": 7}', "Eight.", "no", "no", "no"]
    asked: list[str] = []

    def model(request: Asked) -> Canned:
        asked.append(told(request)[-1]["content"])
        return says(replies[len(asked) - 1])

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", {**AGENT, "output_schema": schema})
        reply = done(server, "POST", "/agents/thrower/run", {"message": "How many?"})
        status, _, problem = ask(server, "POST", "/agents/thrower/run", {"message": "And now?"})
        wrong = ask(server, "POST", "/agents", {**AGENT, "name": "b", "output_schema": {"type": "nothing"}})
    assert (reply["output"], reply["response"]) == ({"n": 7}, "Seven it is.")
    assert "is not of type 'integer'" in asked[2]
    assert (status, problem["code"]) == (502, "upstream_failed")
    assert (wrong[0], wrong[2]["field"]) == (422, "output_schema")


def test_an_agent_that_was_killed_goes_on_and_does_nothing_twice(serve: Serve, tmp_path: Path) -> None:
    """Promise: after kill -9 the run ends as it was defined when it began; what a tool has done is there once."""
    came, count = threading.Event(), Counter[str]()

    def model(request: Asked) -> Canned:
        count["asked"] += 1
        if not request.tool_results:
            return wants(("memory-remember", {"text": "Once.", "user": "mia"}))
        if count["asked"] == 2:
            came.set()
            return Canned(pieces=[], held=True)
        return says("It is kept.")

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        settings = {"NIS_LOCAL_URL": provider.url}
        server = serve(data=tmp_path, **settings)
        done(server, "POST", "/agents", {**AGENT, "operations": ["memory.remember"], "asks": "destroys"})
        run_id = begun(server, "/agents/thrower/run", {"message": "Remember it."})
        assert came.wait(60)
        server.kill()
        server = serve(data=tmp_path, **settings)
        done(server, "PATCH", "/agents/thrower", {"change": {"instructions": "You do nothing."}})
        seen = list(followed(server, run_id, 0))
        kept = done(server, "GET", "/memory?user=mia")["memories"]
        first = [told(one)[0]["content"] for one in provider.asked]
    check_whole(seen)
    assert seen[-1]["body"]["type"] == "succeeded"
    assert seen[-1]["body"]["result"]["version"] == 1
    assert [one["text"] for one in kept] == ["Once."]
    assert all("You throw balls." in one for one in first)


def test_agents_are_kept_in_versions(serve: Serve) -> None:
    """Promise: a change is the next version, those before stay; names, operations and fields that are none are told."""
    server = serve()
    made = done(server, "POST", "/agents", {"name": "clerk", "instructions": "One."})
    changed = done(server, "PATCH", "/agents/clerk", {"change": {"instructions": "Two.", "steps": 3}, "after": 1})
    again = done(server, "PATCH", "/agents/clerk", {"change": {"instructions": "Two.", "steps": 3}, "after": 1})
    back = done(server, "PATCH", f"/agents/{made['id']}", {"change": {"steps": None}})
    first = done(server, "GET", "/agents/clerk?version=1")
    versions = done(server, "GET", "/agents/clerk/agent-versions")["agents"]
    copy = done(server, "POST", "/agents/clerk/clone", {"name": "second", "version": 2})
    refused = {
        "stale": ask(server, "PATCH", "/agents/clerk", {"change": {"steps": 4}, "after": 1}),
        "no field": ask(server, "PATCH", "/agents/clerk", {"change": {"steeps": 4}}),
        "value": ask(server, "PATCH", "/agents/clerk", {"change": {"steps": 400}}),
        "operation": ask(server, "POST", "/agents", {"name": "b", "instructions": "x", "operations": ["nothing.*"]}),
        "agent": ask(server, "POST", "/agents", {"name": "b", "instructions": "x", "agents": ["nobody"]}),
        "itself": ask(server, "PATCH", "/agents/clerk", {"change": {"agents": ["clerk"]}}),
        "twice": ask(server, "POST", "/agents", {"name": "clerk", "instructions": "x"}),
        "unknown": ask(server, "POST", "/agents/nobody/run", {"message": "x"}),
        "version": ask(server, "POST", "/agents/clerk/run", {"message": "x", "version": 9}),
    }
    done(server, "DELETE", "/agents/clerk")
    left = done(server, "GET", "/agents")["agents"]
    assert (changed["version"], changed["steps"], back["version"], back["steps"]) == (2, 3, 3, 8)
    assert again == changed
    assert (first["instructions"], [one["version"] for one in versions]) == ("One.", [3, 2, 1])
    assert (copy["version"], copy["steps"], [one["name"] for one in left]) == (1, 3, ["second"])
    told_ = {what: (status, problem["field"]) for what, (status, _, problem) in refused.items()}
    assert told_ == {
        "stale": (409, "after"),
        "no field": (422, "change.steeps"),
        "value": (422, "change.steps"),
        "operation": (422, "operations"),
        "agent": (422, "agents"),
        "itself": (422, "change.agents"),
        "twice": (409, "name"),
        "unknown": (404, "id"),
        "version": (404, "version"),
    }


def test_a_model_that_is_not_there_is_told_when_an_agent_is_written_and_when_it_is_run(serve: Serve) -> None:
    """Promise: an agent may be made before its model is served, and says so; of a provider there is not, it is none."""
    server = serve(OPENAI_API_KEY="")
    made = done(server, "POST", "/agents", {**AGENT, "name": "early", "model": "openai:gpt-5-mini"})
    assert [("OPENAI_API_KEY" in one, "gpt-5-mini" in one) for one in made["warnings"]] == [(True, True)]
    status, _, refused = ask(server, "POST", "/agents/early/run", {"message": "Hello"})
    assert (status, refused["field"], refused["value"]) == (404, "model", "openai:gpt-5-mini")
    assert "the agent early" in refused["detail"]
    assert "OPENAI_API_KEY" in refused["remedy"]
    nobody = ask(server, "POST", "/agents", {**AGENT, "name": "never", "model": "nobody:words"})[2]
    assert (nobody["code"], nobody["field"], nobody["value"]) == ("invalid_request", "model", "nobody:words")
    assert "There is no provider 'nobody'" in nobody["detail"]
    changed = ask(server, "PATCH", "/agents/early", {"change": {"model": "nobody:words"}})[2]
    assert (changed["code"], changed["value"]) == ("invalid_request", "nobody:words")
    # A route may be made after the agent that is to go by it.
    routed = done(server, "PATCH", "/agents/early", {"change": {"model": "writing"}, "dry_run": True})
    assert "writing" in routed["warnings"][0]
    assert done(server, "PATCH", "/agents/early", {"change": {"model": None}})["warnings"] == []
