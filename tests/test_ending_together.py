"""A run that ends ends those that it waits for, and they those that they wait for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from fake_openai import Asked, Canned, FakeOpenAI, says, wants
from rest_client import ask, done

Json = dict[str, Any]
OPEN = {"queued", "running", "paused", "waiting"}
ASKS = "/runs?operation=models.generate_text"
TEAM: Json = {
    "name": "t",
    "shape": "vote",
    "members": [{"name": name, "model": "local:words", "instructions": name} for name in "ab"],
}
PLAN: Json = {"name": "p", "steps": [{"id": "asks", "team": "t", "message": "How many?"}]}


def begin(server: Server, path: str, request: Json) -> str:
    """A run that goes on by itself, once two members are asked in it."""
    status, _, run = ask(server, "POST", path, request, {"prefer": "respond-async"})
    assert status == 202, run
    while [one["state"] for one in done(server, "GET", ASKS)["runs"]].count("running") < 2:
        pass
    return str(run["id"])


def paused(server: Server) -> str:
    """A plan that rests while the team that it asked goes on."""
    done(server, "POST", "/teams", TEAM)
    done(server, "POST", "/plans", PLAN)
    run_id = begin(server, "/plans/p/run", {})
    done(server, "POST", f"/runs/{run_id}/pause", {})
    while done(server, "GET", f"/runs/{run_id}")["state"] != "paused":
        pass
    return run_id


def states(server: Server) -> dict[str, set[str]]:
    """In which states the runs of each operation are, once none is under way."""
    runs = done(server, "GET", "/runs?limit=100")["runs"]
    while any(one["state"] in OPEN for one in runs):
        runs = done(server, "GET", "/runs?limit=100")["runs"]
    kept = dict[str, set[str]]()
    for one in runs:
        kept.setdefault(one["operation"], set()).add(one["state"])
    return kept


def whole(server: Server, operation: str) -> list[Json]:
    """Its runs, with all that is known of them."""
    runs = done(server, "GET", f"/runs?operation={operation}")["runs"]
    return [done(server, "GET", f"/runs/{one['id']}") for one in runs]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_plan_that_rests_ends_with_all_that_it_began(
    serve: Serve, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    """Promise of runs.cancel_run, over kill -9: the team and its members end too, and a retry goes on with them all."""
    with FakeOpenAI(*[Canned(pieces=[], held=True)] * 9, models=["words"]).in_thread() as provider:
        more = {"NIS_LOCAL_URL": provider.url}
        if kind == "postgresql":
            more |= {"NIS_DATABASE_URL": request.getfixturevalue("database"), "NIS_STALL_SECONDS": "2"}
        server = serve(data=tmp_path, **more)
        run_id = paused(server)
        assert done(server, "POST", f"/runs/{run_id}/cancel", {})["state"] == "cancelled"
        server.kill()
        server = serve(data=tmp_path, **more)
        ended = states(server)
        assert ended == {key: {"cancelled"} for key in ("plans.run_plan", "teams.run_team", "models.generate_text")}
        again = done(server, "POST", f"/runs/{run_id}/retry", {})
        while [one["state"] for one in done(server, "GET", ASKS)["runs"]].count("running") < 2:
            pass
        done(server, "POST", f"/runs/{again['id']}/cancel", {})
        assert states(server) == ended


def test_an_asked_agent_has_the_time_of_who_asks(serve: Serve) -> None:
    """Promise of agents.ask_agent: it ends when nobody waits for it any more, an hour later or with who asks."""
    with FakeOpenAI(*[Canned(pieces=[], held=True)] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", {"name": "clerk", "model": "local:words", "instructions": "Be brief."})
        asks: Json = {"operation": "agents.ask_agent", "arguments": {"id": "clerk", "message": "Well?"}}
        asking = [done(server, "POST", "/runs/start-run", {**asks, "deadline_seconds": time}) for time in (60, 7200)]
        while len(asked := whole(server, "agents.run_agent")) < 2:
            pass
        soon, late = sorted(asked, key=lambda one: one["deadline"])
        assert soon["deadline"] <= asking[0]["deadline"]
        assert late["deadline"] - late["created"] <= 3600
        for one in asking:
            done(server, "POST", f"/runs/{one['id']}/cancel", {})
        assert states(server)["agents.run_agent"] == {"cancelled"}


def test_the_time_of_a_step_is_from_its_beginning(serve: Serve, tmp_path: Path) -> None:
    """Promise of a step's `seconds`: a death of the process gives it no more, and its run ends by itself then."""
    with FakeOpenAI(*[Canned(pieces=[], held=True)] * 9, models=["words"]).in_thread() as provider:
        server = serve(data=tmp_path, NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/teams", TEAM)
        step = {**PLAN["steps"][0], "seconds": 1000}
        done(server, "POST", "/plans", {"name": "p", "steps": [step]})
        run_id = begin(server, "/plans/p/run", {})
        [team] = whole(server, "teams.run_team")
        assert 1000 <= team["deadline"] - team["created"] < 1005
        server.kill()
        with closing(sqlite3.connect(tmp_path / "nis.db")) as database, database:
            # As if the server had been gone for so long.
            database.execute("update runs set created = created - 2000 where id = ?", (team["id"],))
        server = serve(data=tmp_path, NIS_LOCAL_URL=provider.url)
        assert states(server)["teams.run_team"] == {"cancelled"}
        problem = done(server, "GET", f"/runs/{run_id}")["problem"]
    assert problem["detail"].startswith(f"Run {team['id']} was not done after 20"), problem


def test_an_asked_agent_that_waits_for_a_person_outlasts_who_asked(serve: Serve) -> None:
    """Promise of agents.ask_agent: who asks is told, and it goes on once a person has decided."""

    def model(request: Asked) -> Canned:
        return says("Kept.") if request.tool_results else wants(("memory-remember", {"text": "Tea.", "user": "mia"}))

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        agent = {"name": "clerk", "model": "local:words", "instructions": "Keep it.", "operations": ["memory.remember"]}
        done(server, "POST", "/agents", {**agent, "asks": "writes"})
        asks: Json = {"operation": "agents.ask_agent", "arguments": {"id": "clerk", "message": "Tea, please."}}
        asking = done(server, "POST", "/runs/start-run", asks)
        while (asked := done(server, "GET", f"/runs/{asking['id']}"))["state"] not in {"failed", "succeeded"}:
            pass
        assert asked["problem"]["code"] == "waiting"
        [one] = whole(server, "agents.run_agent")
        done(server, "POST", f"/runs/{one['id']}/approve", {"call_id": one["waiting"]["call_id"]})
        assert states(server)["agents.run_agent"] == {"succeeded"}
