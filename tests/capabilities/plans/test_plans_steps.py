"""What a step does when it fails, is refused or is skipped, and what a model plans in its place."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from fake_openai import Asked, Canned, FakeOpenAI, says
from outliving import begun
from rest_client import ask, done, followed

Json = dict[str, Any]
DIARY = Path(__file__).parents[2] / "durable_app.py"
BALL: Json = {"speed": 20, "angle": 40, "points": 3}
THROW: Json = {"id": "throw", "operation": "physics.simulate_projectile", "arguments": BALL}
ALIVE: Json = {"id": "alive", "operation": "system.check_live"}


@pytest.fixture(scope="module")
def refusing(server: Server) -> Server:
    """A server that is changed by nothing here."""
    return server


def until(server: Server, run_id: str, kind: str) -> list[Json]:
    """The events of a run, to the first of a kind."""
    seen: list[Json] = []
    for event in followed(server, run_id):
        seen.append(event["body"])
        if seen[-1]["type"] in {"succeeded", "failed", "cancelled", kind}:
            break
    assert seen[-1]["type"] == kind, seen[-1]
    return seen


WRONG: list[tuple[list[Json], str, str]] = [
    ([{**ALIVE, "needs": ["b"]}, {**ALIVE, "id": "b", "needs": ["alive"]}], "steps.0.needs", "alive, b"),
    ([{**ALIVE, "needs": ["nothing"]}], "steps.0.needs", "no step 'nothing'"),
    ([ALIVE, ALIVE], "steps.1.id", "twice"),
    ([{**ALIVE, "id": "given"}], "steps.0.id", "stands for something else"),
    ([{**THROW, "arguments": {**BALL, "angle": "{beside.angle}"}}], "steps.0.arguments", "{beside}"),
    ([{**THROW, "arguments": {**BALL, "angle": "{given.angle}"}}], "steps.0.arguments", "{given.angle}"),
    ([{**THROW, "arguments": {**BALL, "angle": "{throw.range}"}}], "steps.0.arguments", "{throw}"),
    ([{**THROW, "arguments": {**BALL, "speed": -1}}], "steps.0.arguments.speed", "greater"),
    ([{**THROW, "arguments": {**BALL, "sped": "{alive.x}"}}, ALIVE], "steps.0.arguments.sped", "xtra"),
    ([{**ALIVE, "operation": "system.check_alive"}], "steps.0.operation", "check_alive"),
    ([{**ALIVE, "operation": "plans.run_plan"}], "steps.0.operation", "cannot be a step"),
    ([{**ALIVE, "message": "Hello."}], "steps.0.message", "no message"),
    ([{"id": "a", "agent": "nobody", "message": "Hello."}], "steps.0.agent", "nobody"),
    ([{"id": "a", "team": "nobody", "message": "Hello."}], "steps.0.team", "nobody"),
    ([{"id": "a", "agent": "nobody"}], "steps.0.message", "told nothing"),
    ([{"id": "a"}], "steps.0.operation", "none of them"),
    ([{**ALIVE, "verify": {}}], "steps.0.verify", "Nothing"),
    ([{**ALIVE, "verify": {"operation": "memory.remember"}}], "steps.0.verify.operation", "more than read"),
    ([{**ALIVE, "verify": {"result_schema": {"type": "no"}}}], "steps.0.verify.result_schema", "schema"),
    ([{**ALIVE, "instead": {"operation": "a.b"}}], "steps.0.instead.operation", "a.b"),
    ([{**ALIVE, "when": [{"left": json.loads("[" * 60 + "]" * 60)}]}], "steps.0.when", "32 deep"),
]


@pytest.mark.parametrize(("steps", "field", "told"), WRONG)
def test_what_could_not_run_is_refused_by_its_field(refusing: Server, steps: list[Json], field: str, told: str) -> None:
    """Promise of create_plan: rings, references to nothing, wrong requests and unknown names never become a plan."""
    status, _, problem = ask(refusing, "POST", "/plans", {"steps": steps})
    assert status in {404, 422}, problem
    assert problem["field"] == field, problem
    assert told in problem["detail"], problem
    assert problem["remedy"]


def test_no_model_is_asked_for_a_plan_whose_name_is_taken(refusing: Server) -> None:
    """House rule: what cannot be is refused before it costs anything."""
    proposals = "/runs?operation=plans.propose_plan"
    plan, before = done(refusing, "POST", "/plans", {"steps": [ALIVE]}), done(refusing, "GET", proposals)
    asked = {"goal": "See whether it is alive.", "operations": [ALIVE["operation"]], "name": plan["name"]}
    status, _, problem = ask(refusing, "POST", "/plans/propose-plan", asked)
    assert (status, problem["field"]) == (409, "name")
    assert done(refusing, "GET", proposals) == before


def test_a_model_plans_with_what_it_is_offered_alone(serve: Serve) -> None:
    """Promise of propose_plan: an operation, an agent or a team that is there and not offered is refused to it."""
    hello = {"id": "a", "message": "Hello."}
    planned = [{**hello, "agent": "twin"}, {"id": "a", "operation": "system.check_live"}, {**hello, "team": "twin"}]
    asked: list[str] = []

    def model(request: Asked) -> Canned:
        asked.append(request.body["messages"][-1]["content"])
        return says(json.dumps({"steps": [planned[len(asked) - 1]]}))

    with FakeOpenAI(*[model] * 3, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", {"name": "twin", "instructions": "Say hello."})
        done(
            server, "POST", "/teams", {"name": "twin", "shape": "sequence", "members": [{"name": "a", "agent": "twin"}]}
        )
        offer = {"operations": ["system.check_ready"], "teams": ["twin"], "model": "local:words"}
        plan = done(server, "POST", "/plans/propose-plan", {"goal": "Say hello.", **offer})
    assert [one["team"] for one in plan["steps"]] == ["twin"]
    assert "The agent twin is not offered" in asked[1]
    assert "The operation system.check_live is not offered" in asked[2]


def test_a_model_that_does_not_take_what_is_offered_is_refused_with_what_to_do(refusing: Server) -> None:
    """House rule: an error says what to do; whoever asks for a plan has no conversation to make shorter."""
    status, _, problem = ask(
        refusing, "POST", "/plans/propose-plan", {"goal": "Teach one.", "operations": ["training.*"]}
    )
    assert (status, problem["remedy"]) == (422, "Name a `model` that takes more, or offer it fewer operations.")


def test_what_the_caller_may_not_call_is_refused_by_its_field(serve: Serve) -> None:
    """Promise: a plan has no right of its own, when it is made nor when it is run."""
    admin = {"authorization": "Bearer nis-admin-key-0123456789abcdef0123456789"}
    server = serve(NIS_API_KEY="nis-admin-key-0123456789abcdef0123456789")
    key = ask(server, "POST", "/keys", {"name": "few", "scopes": ["plans:*", "runs:*"]}, admin)[2]
    few = {"authorization": f"Bearer {key['key']}"}
    status, _, problem = ask(server, "POST", "/plans", {"name": "x", "steps": [THROW]}, few)
    assert (status, problem["code"], problem["field"]) == (403, "forbidden", "steps.0.operation")
    key = ask(server, "POST", "/keys", {"name": "less", "scopes": ["plans:*", "system:*", "teams:*"]}, admin)[2]
    less = {"authorization": f"Bearer {key['key']}"}
    problem = ask(server, "POST", "/plans", {"steps": [{**ALIVE, "seconds": 1}]}, less)[2]
    assert (problem["code"], problem["field"]) == ("forbidden", "steps.0.seconds")
    models = [{"name": name, "model": "embedded"} for name in "ab"]
    problem = ask(server, "POST", "/teams", {"shape": "vote", "members": models}, less)[2]
    assert (problem["code"], problem["field"]) == ("forbidden", "members.0.model")


def test_steps_are_verified_tried_again_done_otherwise_and_skipped(serve: Serve, tmp_path: Path) -> None:
    """Promise of run_plan: a wrong result is a failure, tried again, then done otherwise; skipped ones say why."""
    server = serve("--app", str(DIARY), data=tmp_path)
    far = {"conditions": [{"left": "{result.range}", "compare": "more", "right": "{given.far}"}]}
    plan = {
        "name": "p",
        "given": {"far": 1},
        "steps": [
            {
                **THROW,
                "retries": 1,
                "verify": {**far, "operation": "system.check_live"},
                "instead": {"operation": "physics.simulate_projectile", "arguments": {**BALL, "speed": 40}},
            },
            {
                "id": "note",
                "operation": "diary.write_line",
                "arguments": {"text": "It flew {throw.range} m, {{not}} more."},
                "when": [{"left": "{throw.range}", "compare": "more", "right": 60}],
            },
            {"id": "after", "operation": "system.check_live", "needs": ["note"]},
        ],
        "output": {"far": "{throw.range}", "kept": "{note.id}"},
    }
    done(server, "POST", "/plans", plan)
    near = done(server, "POST", "/plans/p/run", {})
    wide = done(server, "POST", "/plans/p/run", {"given": {"far": 100}})
    status, _, failed = ask(server, "POST", "/plans/p/run", {"given": {"far": 1000}})
    unknown = ask(server, "POST", "/plans/p/run", {"given": {"wide": 1}})[2]
    with closing(sqlite3.connect(tmp_path / "nis.db")) as database:
        written = [row[0] for row in database.execute("select comment from feedback")]
    assert [one["state"] for one in near["steps"]] == ["done", "skipped", "skipped"]
    assert near["steps"][1]["why"].startswith("{throw.range} is 40")
    assert near["steps"][2]["why"] == "note was skipped."
    assert [(one["tries"], one["instead"]) for one in wide["steps"]] == [(3, True), (1, False), (1, False)]
    assert 100 < wide["output"]["far"] < 170
    assert near["output"]["kept"] is None
    assert wide["output"]["kept"].startswith("feedback-")
    assert written == [f"It flew {wide['output']['far']} m, {{not}} more."]
    assert (status, failed["code"]) == (502, "upstream_failed")
    assert "The result of throw is not what it has to be: {result.range} is 1" in failed["detail"]
    assert unknown["field"] == "given.wide"


def test_what_a_failed_step_does_not_hold_up_is_done(serve: Serve, tmp_path: Path) -> None:
    """Promise: what is done depends on the plan, not on what was first; a person's no is final."""
    server = serve("--app", str(DIARY), data=tmp_path)
    line = {"operation": "diary.write_line", "arguments": {"text": "Done."}}
    bad = {"operation": "conversations.get_conversation", "arguments": {"id": "conversation-none"}}
    steps = [
        {"id": "bad", **bad, "retries": 2},
        {"id": "behind", **line, "needs": ["bad"]},
        {"id": "beside", **line},
        {"id": "asked", **line, "approve": "May I?", "retries": 2, "instead": line},
    ]
    done(server, "POST", "/plans", {"name": "p", "steps": steps})
    run_id = begun(server, "/plans/p/run", {})
    until(server, run_id, "released")
    waiting = done(server, "GET", f"/runs/{run_id}")["waiting"]
    done(server, "POST", f"/runs/{run_id}/reject", {"call_id": waiting["call_id"], "reason": "No."})
    events = until(server, run_id, "failed")
    calls = [one["call_id"].partition("-")[0] for one in events if one["type"] == "tool_answered"]
    assert waiting["reason"] == "May I?"
    assert sorted(calls) == ["asked", "bad", "beside"]
    assert events[-1]["problem"]["field"] == "steps.bad"
    assert events[-1]["problem"]["code"] == "not_found"
    told = [one["message"] for one in events if one["type"] == "warning"]
    assert [one.partition(":")[0] for one in told] == ["The step bad failed", "The step asked failed"]


@pytest.mark.parametrize(
    "nested",
    [{"operation": "runs.start_run", "name": "operation"}, {"operation": "operations.call_operation", "name": "id"}],
)
def test_no_plan_runs_a_plan_by_what_it_calls(serve: Serve, nested: Json) -> None:
    """Promise of docs/plans.md: else one that runs itself twice would have no end."""
    server = serve()
    arguments = {nested["name"]: "plans.run_plan", "arguments": {"id": "p"}}
    done(
        server,
        "POST",
        "/plans",
        {"name": "p", "steps": [{"id": "again", "operation": nested["operation"], "arguments": arguments}]},
    )
    _, _, problem = ask(server, "POST", "/plans/p/run", {})
    assert problem["code"] == "invalid_request"
    assert "A plan does not run plans." in problem["detail"]
    assert len(done(server, "GET", "/runs?operation=plans.run_plan")["runs"]) == 1


def test_a_model_plans_anew_and_a_person_decides_what_it_writes(serve: Serve, tmp_path: Path) -> None:
    """Promise of replans: the model's steps are checked; before what they write a person decides."""
    line = {"operation": "diary.write_line", "arguments": {"text": "It is {alive.status}."}}
    replies = [
        {"steps": [{"id": "alive", **line}]},
        {"steps": [{"id": "b", **line, "approve": "", "needs": ["alive"]}]},
    ]
    asked: list[str] = []

    def model(request: Asked) -> Canned:
        asked.append(request.body["messages"][-1]["content"])
        return says(json.dumps(replies[len(asked) - 1]))

    lost = {"id": "lost", "operation": "conversations.get_conversation", "arguments": {"id": "conversation-none"}}
    steps = [ALIVE, {**lost, "needs": ["alive"]}, {**ALIVE, "id": "never", "needs": ["lost"]}]
    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve("--app", str(DIARY), data=tmp_path, NIS_LOCAL_URL=provider.url)
        plan = {"name": "p", "goal": "Write down how it is.", "steps": steps, "replans": 1, "model": "local:words"}
        done(server, "POST", "/plans", plan)
        run_id = begun(server, "/plans/p/run", {})
        until(server, run_id, "released")
        waiting = done(server, "GET", f"/runs/{run_id}")["waiting"]
        server.kill()
        server = serve("--app", str(DIARY), data=tmp_path, NIS_LOCAL_URL=provider.url)
        done(server, "POST", f"/runs/{run_id}/approve", {"call_id": waiting["call_id"]})
        result = until(server, run_id, "succeeded")[-1]["result"]
        again = done(server, "GET", f"/runs/{run_id}/replay")
    assert again["identical"], again
    assert waiting["arguments"] == {"text": "It is ok."}
    assert result["replanned"] == 1
    assert [(one["id"], one["state"]) for one in result["steps"]] == [
        ("alive", "done"),
        ("lost", "failed"),
        ("b", "done"),
    ]
    assert len(asked) == 2
    assert "conversation-none" in asked[0]
    assert "The id alive is taken" in asked[1]


def test_what_is_planned_anew_is_done_once_though_its_agent_is_deleted_meanwhile(serve: Serve, tmp_path: Path) -> None:
    """Promise of plans: steps that are done are not done again, whatever is true of them when the run is taken up."""
    line = {"operation": "diary.write_line", "arguments": {"text": "Once."}}
    told = {"agent": "clerk", "message": "Hello."}
    planned = [
        {"id": "told", **told},
        {"id": "one", **line, "needs": ["told"]},
        {"id": "two", **line, "needs": ["one"]},
    ]
    asked: list[str] = []

    def model(request: Asked) -> Canned:
        planning = request.body["messages"][0]["content"].startswith("You plan.")
        asked.append("plan" if planning else "agent")
        return says(json.dumps({"steps": planned}) if planning else "Hello.")

    lost = {"id": "lost", "operation": "conversations.get_conversation", "arguments": {"id": "conversation-none"}}
    plan: Json = {"name": "p", "goal": "Write down how it is.", "replans": 1}
    plan["steps"] = [lost, {"id": "say", **told, "needs": ["lost"]}]
    with FakeOpenAI(*[model] * 20, models=["words"]).in_thread() as provider:
        server = serve("--app", str(DIARY), data=tmp_path, NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", {"name": "clerk", "instructions": "Say hello.", "model": "local:words"})
        done(server, "POST", "/plans", {**plan, "model": "local:words"})
        run_id, seen, made = begun(server, "/plans/p/run", {}), 0, list[str]()
        while "two" not in made:
            event: Json = {}
            for event in followed(server, run_id, seen):
                seen = event["seq"]
                if event["body"]["type"] in {"released", "succeeded", "failed"}:
                    break
            assert event["body"]["type"] == "released", event
            made.append(done(server, "GET", f"/runs/{run_id}")["waiting"]["call_id"].partition("-")[0])
            if made[-1] == "two":
                done(server, "DELETE", "/agents/clerk")
            done(server, "POST", f"/runs/{run_id}/approve")
        result = until(server, run_id, "succeeded")[-1]["result"]
        again = done(server, "GET", f"/runs/{run_id}/replay")
    assert made == ["told", "one", "two"]
    assert result["replanned"] == 1
    assert asked == ["plan", "agent"]
    assert again["identical"], again
