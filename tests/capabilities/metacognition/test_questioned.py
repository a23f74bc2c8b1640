"""Answers questioned afterwards: what went into them, and what they would have been with one thing otherwise."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from outliving import begun, check_whole
from rest_client import ask, done, followed

from nis_backend.capabilities.metacognition.debug import grounding
from nis_backend.capabilities.metacognition.debug.explaining import explain
from nis_backend.capabilities.metacognition.debug.grounding import grounded, same, words_of

Json = dict[str, Any]
EXPLAIN, REPLAY = "/metacognition/explain-answer", "/metacognition/replay-counterfactual"
BALL: Json = {"speed": 20, "angle": 40}
AGENT: Json = {
    "name": "thrower",
    "instructions": "You throw balls.",
    "model": "local:words",
    "operations": ["physics.*"],
}


def offered(request: Asked) -> set[str]:
    """What a model may call."""
    return {one["function"]["name"] for one in request.body.get("tools", [])}


def thrower(request: Asked) -> Canned:
    """Computes where it can, and guesses where it cannot."""
    if request.body["model"] == "other":
        return says("It flies 99 m.")
    if "physics-simulate_projectile" not in offered(request):
        return says("It flies 50 m.")
    return says("It flies 40.2 m, not 77.") if request.tool_results else wants(("physics-simulate_projectile", BALL))


def test_an_answer_is_explained_by_its_log(serve: Serve) -> None:
    """Promise of explain_answer: what it was given and computed, and where each number of it stands."""
    with FakeOpenAI(*[thrower] * 20, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", AGENT)
        reply = done(server, "POST", "/agents/thrower/run", {"message": "How far at 20 m/s and 40 degrees?"})
        told = done(server, "POST", EXPLAIN, {"run": reply["run_id"]})
        events = [one["body"] for one in followed(server, reply["run_id"], 0)]
        nothing = ask(server, "POST", EXPLAIN, {"run": "run-none"})
    assert told["answer"] == "It flies 40.2 m, not 77."
    assert [(one["step"], one["called"]) for one in told["questions"]] == [
        (1, ["physics-simulate_projectile"]),
        (2, []),
    ]
    computed = next(one for one in told["evidence"] if one["kind"] == "operation")
    assert computed["what"] == "physics.simulate_projectile"
    assert events[computed["seq"] - 1]["type"] == "tool_answered"
    result = events[computed["seq"] - 1]["result"]
    assert round(result["range"], 1) == 40.2, "the number that the model says is the one that was computed"
    assert {one["number"]: one["places"] for one in told["numbers"]} == {"40.2": [computed["seq"]], "77": []}
    assert told["tokens"] == sum(one["input_tokens"] + one["output_tokens"] for one in events if "input_tokens" in one)
    assert (nothing[0], nothing[2]["field"]) == (404, "run")


def test_without_a_tool_the_answer_would_have_been_another(serve: Serve) -> None:
    """Promise of replay_counterfactual: that one thing is otherwise, beside runs in which nothing is; by exact p."""
    asked: list[Asked] = []

    def model(request: Asked) -> Canned:
        asked.append(request)
        return thrower(request)

    with FakeOpenAI(*[model] * 90, models=["words", "other"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", AGENT)
        run = done(server, "POST", "/agents/thrower/run", {"message": "How far?"})["run_id"]
        # What is asked about is the run: the agent as it is now is another one.
        done(server, "PATCH", "/agents/thrower", {"change": {"instructions": "You do nothing."}})
        given: Json = {"run": run, "answer": {"kind": "number"}, "times": 4}
        before = len(asked)
        told = done(server, "POST", REPLAY, {**given, "without_operation": "physics.simulate_projectile"})
        systems = [one.body["messages"][0]["content"] for one in asked[before:]]
        model_ = done(server, "POST", REPLAY, {**given, "model": "local:other", "times": 1})
        instructed = done(server, "POST", REPLAY, {**given, "instructions": "You catch balls.", "times": 1})
        # The run as it was is asked beside it: either may come last.
        lasts = [one.body["messages"][0]["content"] for one in asked[-4:]]
        replayed = done(server, "GET", f"/runs/{told['run_id']}/replay")
        wrong = {
            "nothing": ask(server, "POST", REPLAY, {"run": run}),
            "two": ask(server, "POST", REPLAY, {"run": run, "without_memory": True, "model": "local:other"}),
            "unknown tool": ask(server, "POST", REPLAY, {"run": run, "without_operation": "physics.fly"}),
            "no memory": ask(server, "POST", REPLAY, {"run": run, "without_memory": True}),
            "no model": ask(server, "POST", REPLAY, {"run": run, "model": "local:none"}),
            "no run": ask(server, "POST", REPLAY, {"run": "run-none", "model": "local:other"}),
            "of no agent": ask(server, "POST", REPLAY, {"run": told["run_id"], "instructions": "x"}),
            "no answer": ask(server, "POST", REPLAY, {**given, "answer": {"kind": "boolean"}, "instructions": "x"}),
        }
    assert (told["original"]["answer"], told["as_it_was"]["same"], told["changed"]["same"]) == ("77", 4, 0)
    assert {one["response"] for one in told["changed"]["outcomes"]} == {"It flies 50 m."}
    assert all(one["called"] == ["physics.simulate_projectile"] for one in told["as_it_was"]["outcomes"])
    assert told["p_value"] == pytest.approx(2 / 70)
    assert "mattered" in told["reading"]
    assert all("You throw balls." in one for one in systems)
    assert model_["changed"]["outcomes"][0]["response"] == "It flies 99 m."
    assert "cannot show any" in model_["reading"]
    assert any("You catch balls." in one for one in lasts)
    assert instructed["otherwise"] == "with other instructions"
    assert replayed["identical"], replayed
    assert {what: (status, problem["field"]) for what, (status, _, problem) in wrong.items()} == {
        "nothing": (422, "without_operation"),
        "two": (422, "model"),
        "unknown tool": (422, "without_operation"),
        "no memory": (422, "without_memory"),
        "no model": (404, "model"),
        "no run": (404, "run"),
        "of no agent": (400, "instructions"),
        "no answer": (422, "answer"),
    }


def test_what_was_recalled_can_be_left_out_of_a_turn(serve: Serve) -> None:
    """Promise of without_memory: the same turn of the chat, and what was remembered of the person not told it."""

    def model(request: Asked) -> Canned:
        known = any("must not eat" in str(one["content"]) for one in request.body["messages"])
        return says("No peanuts for you." if known else "Have some peanuts.")

    with FakeOpenAI(*[model] * 20, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/memory/remember", {"text": "Mia must not eat peanuts.", "user": "mia"})
        turn: Json = {
            "message": "What may I eat, peanuts or not?",
            "user_id": "mia",
            "memory": True,
            "operations": False,
        }
        reply = done(server, "POST", "/chat/send-message", {**turn, "model": "local:words"})
        told = done(
            server,
            "POST",
            REPLAY,
            {"run": reply["run_id"], "without_memory": True, "times": 1, "answer": {"kind": "text"}},
        )
        explained = done(server, "POST", EXPLAIN, {"run": reply["run_id"]})
    assert reply["response"] == "No peanuts for you."
    assert [one["detail"] for one in explained["evidence"] if one["kind"] == "memory"] == ["Mia must not eat peanuts."]
    assert told["as_it_was"]["outcomes"][0]["response"] == "No peanuts for you."
    assert told["changed"]["outcomes"][0]["response"] == "Have some peanuts."


def test_what_has_written_is_not_done_again_unasked(serve: Serve) -> None:
    """Promise of `acts`: a run that did more than read is refused; one that did not is not offered what does."""
    offers: list[set[str]] = []

    def model(request: Asked) -> Canned:
        offers.append(offered(request))
        if "Keep" in str(request.body["messages"][-1]["content"]):
            return wants(("memory-remember", {"text": "Once.", "user": "mia"}))
        return says("Done.")

    with FakeOpenAI(*[model] * 20, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        agent = {**AGENT, "operations": ["memory.remember", "physics.simulate_projectile"], "asks": "nothing"}
        done(server, "POST", "/agents", agent)
        wrote = done(server, "POST", "/agents/thrower/run", {"message": "Keep it."})["run_id"]
        read = done(server, "POST", "/agents/thrower/run", {"message": "Say it."})["run_id"]
        status, _, refused = ask(server, "POST", REPLAY, {"run": wrote, "instructions": "x", "times": 1})
        before = len(offers)
        done(server, "POST", REPLAY, {"run": read, "instructions": "x", "times": 1})
        seen = offers[before:]
        kept = done(server, "GET", "/memory?user=mia")["memories"]
        again = done(server, "POST", REPLAY, {"run": wrote, "instructions": "x", "times": 1, "acts": True})
    assert (status, refused["field"]) == (409, "acts")
    assert "memory.remember" in refused["detail"]
    assert seen == [{"physics-simulate_projectile"}] * 2
    assert len(kept) == 1
    assert again["as_it_was"]["outcomes"][0]["called"] == ["memory.remember"]


def test_who_was_handed_the_conversation_is_not_called_again_unasked(serve: Serve) -> None:
    """Promise of `acts`: what another agent may use is its own, so that a run that was handed on is refused, too."""

    def model(request: Asked) -> Canned:
        return wants(("hand-to-second", {"reason": "Yours."})) if "hand-to-second" in offered(request) else says("42")

    with FakeOpenAI(*[model] * 20, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", {**AGENT, "name": "second"})
        done(server, "POST", "/agents", {**AGENT, "hands_off_to": ["second"]})
        run = done(server, "POST", "/agents/thrower/run", {"message": "Say it."})["run_id"]
        status, _, refused = ask(server, "POST", REPLAY, {"run": run, "instructions": "x"})
        again = done(server, "POST", REPLAY, {"run": run, "instructions": "x", "times": 1, "acts": True})
    assert (status, refused["field"]) == (409, "acts")
    assert "the agent second" in refused["detail"]
    assert again["changed"]["outcomes"][0]["response"] == "42"


def test_a_replay_that_was_killed_begins_no_run_twice(serve: Serve, tmp_path: Path) -> None:
    """Promise: after kill -9 the runs that were begun are waited for, and no other is begun in their place."""
    came, lock, count = threading.Event(), threading.Lock(), Counter[str]()

    def model(request: Asked) -> Canned:
        with lock:
            count["asked"] += 1
            number = count["asked"]
        if number == 3:
            came.set()
            return Canned(pieces=[], held=True)
        return says("42")

    with FakeOpenAI(*[model] * 40, models=["words"]).in_thread() as provider:
        settings = {"NIS_LOCAL_URL": provider.url}
        server = serve(data=tmp_path, **settings)
        done(server, "POST", "/agents", AGENT)
        run = done(server, "POST", "/agents/thrower/run", {"message": "Say it."})["run_id"]
        replay = begun(server, REPLAY, {"run": run, "instructions": "x", "times": 2})
        assert came.wait(60)
        server.kill()
        server = serve(data=tmp_path, **settings)
        seen = list(followed(server, replay, 0))
        runs = done(server, "GET", f"/runs?parent={run}")["runs"]
    check_whole(seen)
    result = seen[-1]["body"]["result"]
    told = {one["run_id"] for arm in ("as_it_was", "changed") for one in result[arm]["outcomes"]}
    assert {one["id"] for one in runs} == told
    assert (len(told), result["changed"]["same"]) == (4, 2)


def test_a_number_is_found_wherever_it_stands() -> None:
    """At the start of a line, behind a sign that JSON escapes, before its unit: none of them is the model's own."""
    read = words_of({"text": "total:\n50 of \u20ac60\t70", "rows": [[80, 1.25], {"90": None}], "mass": "100kg"})
    told = grounded("50, 60, 70, 80 and 1.3 of 90 make 100 kg, not 110kg or 1,2345.", [(3, read)])
    places = {one.number: one.places for one in told}
    assert {one for one, where in places.items() if where} == {"50", "60", "70", "80", "1.3", "90", "100"}
    assert {one for one, where in places.items() if not where} == {"110", "1", "2345"}


@pytest.mark.parametrize("odd", ["1.5e400", "1.5e-400", "9" * 5000, f"1.5e{'9' * 5000}", "-1.0e999"])
def test_no_number_is_too_odd_to_explain(odd: str) -> None:
    """What no double holds stands nowhere, or as what is left of it; it is no fault."""
    assert all(not one.places for one in grounded(f"It is {odd}!", [(1, "1e400 7 " + "8" * 5000)]))


@pytest.mark.parametrize(
    ("result", "votes"),
    [
        ({"answer": "4", "classes": [{"answer": "4", "votes": 2, "share": 1.0}]}, ["4: 2"]),
        ({"answer": "4", "formula": "f", "debate": {"votes": [{"answer": "4", "votes": 3}]}}, ["4: 3"]),
        ({"answer": 4, "votes": [{"answer": 4, "votes": 2}]}, None),
        ({"debate": "none", "votes": 7}, None),
        ({"votes": ["votes"]}, None),
        ({"votes": [{"votes": 1}]}, None),
    ],
)
def test_votes_are_told_where_there_are_some(result: Json, votes: list[str] | None) -> None:
    """Of an assessment as of a debate; what an operation calls votes or debate and is none is no fault."""
    run = SimpleNamespace(id="run-1", operation="tests.any", state="succeeded", input={}, result=result)
    decision = explain(run, [], {}).decision  # pyright: ignore[reportArgumentType] - all that it looks at
    assert (None if decision is None else decision.votes) == votes


def test_what_was_read_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cost of an explanation: numbers read are not each held against each number said."""
    held: list[str] = []

    def counted(written: str, value: float) -> bool:
        held.append(written)
        return same(written, value)

    monkeypatch.setattr(grounding, "same", counted)
    read = " ".join(map(str, range(20_000)))
    told = grounded(" ".join(f"{one}.5" for one in range(100)), [(1, read), (2, read)])
    assert len(told) == 100
    assert len(held) <= 800


@pytest.mark.parametrize(
    ("written", "value", "is_same"),
    [
        ("40.2", 40.1967, True),
        ("40.2", 40.26, False),
        ("40", 40.2, False),
        ("1,200", 1200.0, True),
        ("1.5e3", 1520.0, True),
    ],
)
def test_a_number_stands_where_it_rounds_to_what_is_written(written: str, value: float, is_same: bool) -> None:
    """Promise of explain_answer: to the digits that the answer gives, and a whole number is that number."""
    assert same(written, value) == is_same


def test_what_is_as_by_default_is_told_apart_from_what_was_given() -> None:
    """Promise of explain_answer: a number that nobody has said is no caller's, but a field's by default."""
    schema: Json = {
        "$defs": {"Rod": {"properties": {"length": {"type": "number"}, "nodes": {"type": "integer", "default": 51}}}},
        "properties": {
            "message": {"type": "string"},
            "steps": {"type": "integer", "default": 8},
            "tests": {"type": "array"},
            "rods": {"items": {"$ref": "#/$defs/Rod"}, "type": "array"},
        },
        "required": ["message"],
    }
    given: Json = {
        "message": "How far at 20?",
        "steps": 8,
        "tests": [],
        "rods": [{"length": 3, "nodes": 51}],
    }
    result = {"response": "At 20 in 8 steps of 51 nodes over 3 m it is 77."}
    run = SimpleNamespace(id="run-1", operation="tests.any", state="succeeded", input=given, result=result)
    told = explain(run, [], schema)  # pyright: ignore[reportArgumentType] - all that it looks at
    assert [(one.kind, one.detail) for one in told.evidence] == [
        ("input", '{"message": "How far at 20?", "rods": [{"length": 3}]}'),
        ("default", '{"steps": 8, "tests": [], "rods.*.nodes": 51}'),
    ]
    assert {one.number: (one.places, one.defaults) for one in told.numbers} == {
        "20": ([0], []),
        "8": ([], ["steps"]),
        "51": ([], ["rods.*.nodes"]),
        "3": ([0], []),
        "77": ([], []),
    }
    # A field that was given as it is not by default is the caller's.
    run.input["steps"] = 9
    again = explain(run, [], schema)  # pyright: ignore[reportArgumentType] - as above
    assert next(one for one in again.numbers if one.number == "8").defaults == []
