"""Evolution of agents on models whose chances are known: what proves better is taken over, and nothing else."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from fake_openai import Asked, Canned, FakeOpenAI, fails, says, wants
from keyed import holder
from outliving import begun, check_whole
from rest_client import Served, ask, done, followed

from nis_backend import canary

Json = dict[str, Any]
PATH = "/metacognition/start-evolution"


def simulation(folder: Path, better: float = 0.95, before: float = 0.3) -> str:
    """Models of which one answers better when it is told to work carefully, and one writes just that, now and then."""
    told = {"family": "q", "wrong": {"kinds": 3}}
    idle = [{"text": f"```\nAnswer, in manner {number}.\n```"} for number in range(3)]
    models: list[Json] = [
        {
            "name": "doer",
            "seed": 5,
            "tasks": [{**told, "system": "carefully", "accuracy": better}, {**told, "accuracy": before}],
        },
        {"name": "writer", "seed": 3, "tasks": [{"answers": [{"text": "```\nWork carefully.\n```", "p": 2}, *idle]}]},
        {"name": "idle", "seed": 4, "tasks": [{"answers": idle}]},
    ]
    path = folder / "simulation.json"
    path.write_text(json.dumps({"models": models}))
    return str(path)


def cases(count: int = 48) -> list[Json]:
    """Questions of the family q."""
    return [{"input": f"What is q-{number}?", "expected": 10 * number} for number in range(count)]


def kept(server: Served, name: str, **more: Any) -> Json:  # Any: fields of a definition
    """An agent that answers them."""
    agent: Json = {"name": name, "instructions": "Answer.", "model": "simulated:doer"}
    return done(server, "POST", "/agents", agent | more)


def asked(name: str, **more: Any) -> Json:  # Any: fields of the request
    """An evolution of an agent."""
    request: Json = {"agent": name, "cases": cases(), "metrics": ["numeric"], "reflection_model": "simulated:writer"}
    return request | {"promotes": "at once", "answers": 120} | more


def test_what_proves_better_is_the_next_version_and_can_be_taken_back(serve: Serve, tmp_path: Path) -> None:
    """Promise of start_evolution: the split, the lineage, the exact verdict, the next version; and the way back."""
    server = serve(NIS_SIMULATED=simulation(tmp_path))
    agent = kept(server, "doer")
    told = done(server, "POST", PATH, asked("doer"))
    after = done(server, "GET", "/agents/doer")
    others = done(server, "GET", "/agents")["agents"]
    got = done(server, "GET", f"/evolutions/{told['id']}")
    listed = done(server, "GET", f"/evolutions?agent={agent['id']}&state=promoted")["evolutions"]
    replayed = done(server, "GET", f"/runs/{told['run_id']}/replay")
    back = done(server, "POST", f"/evolutions/{told['id']}/roll-back")
    again = done(server, "POST", f"/evolutions/{told['id']}/roll-back")
    last = done(server, "GET", "/agents/doer")
    assert told["state"] == "promoted", told["reason"]
    assert replayed["identical"], replayed
    assert (told["from_version"], told["to_version"], after["version"]) == (1, 2, 2)
    assert after["instructions"] == "Work carefully."
    assert told["split"] == {"train": 12, "validation": 12, "held_out": 24, "seed": 0}
    assert told["candidates"][0]["instructions"] == "Answer."
    assert all(one["parent"] < one["number"] for one in told["candidates"][1:])
    verdict = told["verdict"]
    assert verdict["after"] - verdict["before"] == verdict["wins"] - verdict["losses"] == 24 * verdict["gain"]
    assert verdict["p_value"] < verdict["level"] == 0.05
    assert told["demonstration"]
    assert told["cost"] == 0
    assert [one["id"] for one in others] == [agent["id"]]
    assert got == told
    assert [one["id"] for one in listed] == [told["id"]]
    assert [one["id"] for one in done(server, "GET", "/evolutions?agent=doer")["evolutions"]] == [told["id"]]
    assert back["state"] == "rolled_back"
    assert again == back
    assert (last["version"], last["instructions"]) == (3, "Answer.")


def test_the_cases_of_a_dataset_are_those_given_as_they_are(serve: Serve, tmp_path: Path) -> None:
    """Promise: a dataset of cases, by its name, is parted as the same cases in a request are, and decides the same."""
    server = serve(NIS_SIMULATED=simulation(tmp_path))
    done(server, "POST", "/datasets", {"name": "questions", "kind": "cases"})
    done(server, "POST", "/datasets/questions/import-examples", {"rows": cases()})
    done(server, "POST", "/datasets", {"name": "labels", "kind": "labels"})
    kept(server, "doer")
    other = ask(server, "POST", PATH, asked("doer", cases=[], dataset="labels"))
    told = done(server, "POST", PATH, asked("doer", cases=[], dataset="questions"))
    again = done(server, "POST", PATH, asked("doer", promotes="never"))
    assert (other[0], other[2]["field"]) == (422, "dataset")
    assert told["state"] == "promoted", told["reason"]
    assert told["split"] == again["split"] == {"train": 12, "validation": 12, "held_out": 24, "seed": 0}
    assert again["from_version"] == 2
    assert again["state"] == "kept"


def test_what_is_no_better_stays_as_it_is(serve: Serve, tmp_path: Path) -> None:
    """Promise: without a true improvement the agent keeps its version, however the search went; and it says why."""
    server = serve(NIS_SIMULATED=simulation(tmp_path, better=0.5, before=0.5))
    kept(server, "doer")
    states: list[Json] = [done(server, "POST", PATH, asked("doer", seed=seed, answers=60)) for seed in range(8)]
    agent = done(server, "GET", "/agents/doer")
    assert [one["state"] for one in states] == ["kept"] * 8
    assert agent["version"] == 1
    assert all(one["reason"] for one in states)
    looked = [one["verdict"] for one in states if one["verdict"]]
    assert looked, "no candidate came so far: nothing was shown"
    assert [one["look"] for one in looked] == list(range(1, len(looked) + 1))
    assert [one["level"] for one in looked] == pytest.approx([0.05 / one["look"] ** 2 for one in looked])


def test_cases_that_were_looked_at_too_often_are_not_searched_again(serve: Serve, tmp_path: Path) -> None:
    """Promise: at the second look the level is 0.0125, which takes seven that differ, as 2^-6 is above it; six are not.

    It is refused before anything is asked.
    """
    server = serve(NIS_SIMULATED=simulation(tmp_path, better=1.0, before=0.0))
    kept(server, "doer")
    first = done(server, "POST", PATH, asked("doer", cases=cases(12), promotes="never"))
    status, _, problem = ask(server, "POST", PATH, asked("doer", cases=cases(12), seed=1))
    more = done(server, "POST", PATH, asked("doer", cases=cases(14), promotes="never"))
    assert (first["verdict"]["cases"], first["verdict"]["look"], first["state"]) == (6, 1, "proposed")
    assert (status, problem["field"]) == (422, "cases")
    assert "0.0125 takes 7" in problem["detail"]
    assert (more["verdict"]["cases"], more["verdict"]["look"]) == (7, 2)
    assert len(done(server, "GET", "/evolutions?agent=doer")["evolutions"]) == 2
    assert not done(server, "GET", "/evolutions?agent=nobody")["evolutions"]


def test_an_evolution_that_was_killed_goes_on_and_asks_nothing_twice(serve: Serve, tmp_path: Path) -> None:
    """Promise: after kill -9 the same candidates come, what was answered is not asked again, and it is taken over once.

    The model is a server of its own, which counts: each question is put to each candidate once, plus the one that was
    cut.
    """
    came, seen = threading.Event(), list[str]()

    def model(request: Asked) -> Canned:
        told = request.body["messages"]
        if told[0]["role"] != "system":
            return says("```\nWork carefully.\n```")
        seen.append(f"{told[0]['content']}: {told[-1]['content']}")
        if len(seen) == 20:
            came.set()
            return Canned(pieces=[], held=True)
        number = re.findall(r"\d+", told[-1]["content"])[0]
        return says(number if "carefully" in told[0]["content"] else "I do not know.")

    questions = [{"input": f"Say {number}.", "expected": number} for number in range(24)]
    with FakeOpenAI(*[model] * 200, models=["words"]).in_thread() as provider:
        settings = {"NIS_LOCAL_URL": provider.url}
        server = serve(data=tmp_path, **settings)
        kept(server, "doer", model="local:words")
        request = asked("doer", cases=questions, reflection_model="local:words", at_once=1)
        run_id = begun(server, PATH, request)
        assert came.wait(60)
        server.kill()
        second = serve(data=tmp_path, **settings)
        events = list(followed(second, run_id, 0))
        agent = done(second, "GET", "/agents/doer")
        versions = done(second, "GET", "/agents/doer/agent-versions")["agents"]
        left = done(second, "GET", "/agents")["agents"]
    check_whole(events)
    assert events[-1]["body"]["result"]["state"] == "promoted"
    assert (agent["version"], len(versions), len(left)) == (2, 2, 1)
    twice = {one for one in seen if seen.count(one) > 1}
    assert twice <= {seen[19]}
    assert len(set(seen)) == events[-1]["body"]["result"]["answers"]


def test_a_new_version_serves_a_share_of_the_runs_and_goes_back_where_it_does_worse(
    serve: Serve, tmp_path: Path
) -> None:
    """Promise of the canary: a share of the runs gets it; rated bad it goes back by itself, else it gets all runs."""
    server = serve(NIS_SIMULATED=simulation(tmp_path))
    for name, rating in (("worse", "bad"), ("fine", "good")):
        kept(server, name)
        told = done(server, "POST", PATH, asked(name, promotes="canary", canary_share=0.5, canary_runs=8))
        assert told["state"] == "canary", told["reason"]
        served, ended = list[int](), told
        for number in range(60):
            answer = done(server, "POST", f"/agents/{name}/run", {"message": f"What is q-{number}?"})
            served.append(answer["version"])
            if answer["version"] == 2:
                done(server, "POST", "/feedback", {"run_id": answer["run_id"], "rating": rating})
            ended = done(server, "GET", f"/evolutions/{told['id']}")
            if ended["state"] != "canary":
                break
        agent = done(server, "GET", f"/agents/{name}")
        assert {1, 2} <= set(served)
        if rating == "bad":
            assert ended["state"] == "rolled_back", ended
            assert (agent["version"], agent["instructions"]) == (3, "Answer.")
            assert ended["canary"]["after"]["bad"] == ended["canary"]["after"]["runs"]
            assert ended["canary"]["p_value"] < 0.05 / 4
        else:
            assert ended["state"] == "promoted", ended
            assert agent["version"] == 2
            assert ended["canary"]["after"]["runs"] >= 8
            assert ended["canary"]["looks"] == 4
        assert "Fisher" in ended["reason"]


def test_who_changes_the_agent_ends_its_canary(serve: Serve, tmp_path: Path) -> None:
    """Promise: what a person writes meanwhile serves all runs at once, and stays where the evolution is taken back."""
    server = serve(NIS_SIMULATED=simulation(tmp_path))
    kept(server, "doer")
    told = done(server, "POST", PATH, asked("doer", promotes="canary"))
    done(server, "PATCH", "/agents/doer", {"change": {"instructions": "Mine."}})
    answer = done(server, "POST", "/agents/doer/run", {"message": "What is q-3?"})
    pinned = done(server, "POST", "/agents/doer/run", {"message": "What is q-3?", "version": 1})
    ended = done(server, "GET", f"/evolutions/{told['id']}")
    back = done(server, "POST", f"/evolutions/{told['id']}/roll-back")
    assert told["state"] == "canary"
    assert (answer["version"], pinned["version"]) == (3, 1)
    assert ended["state"] == back["state"] == "superseded"
    assert done(server, "GET", "/agents/doer")["instructions"] == "Mine."


def test_an_assessment_while_a_canary_serves_is_of_one_version(serve: Serve, tmp_path: Path) -> None:
    """Promise: all samples of an assessment are of one version, and only runs that it did not settle are compared."""
    server = serve(NIS_SIMULATED=simulation(tmp_path))
    kept(server, "doer")
    told = done(server, "POST", PATH, asked("doer", promotes="canary", canary_share=0.5))
    request = {"question": "What is q-3?", "model": "agent:doer", "samples": 6, "stops": False}
    for _ in range(3):
        found = done(server, "POST", "/metacognition/assess-answer", {**request, "answer": {"kind": "number"}})
        runs = done(server, "GET", "/runs?operation=agents.run_agent&limit=6")["runs"]
        assert found["samples"] == len(runs) == 6
        assert len({done(server, "GET", f"/runs/{one['id']}")["result"]["version"] for one in runs}) == 1
    assert (told["state"], told["canary"]["looks"]) == ("canary", 0)


def test_the_version_of_an_assessment_is_drawn_by_its_run() -> None:
    """A share of the assessments are of the new version: by a binomial's four standard deviations."""
    row = {"id": "evolution-1", "from_version": 1, "to_version": 2, "report": json.dumps({"canary": {"share": 0.25}})}
    found = [canary.drawn(row, f"run-{number:024x}") for number in range(1000)]
    assert abs(found.count(2) - 250) < 4 * (1000 * 0.25 * 0.75) ** 0.5
    assert found == [canary.drawn(row, f"run-{number:024x}") for number in range(1000)]


def test_nothing_that_writes_is_done_in_a_trial(serve: Serve) -> None:
    """Promise: what writes waits for a person in a trial, whatever the agent may do else, and counts as wrong."""

    def model(request: Asked) -> Canned:
        if request.body["messages"][0]["role"] != "system":
            return says("```\nRemember everything.\n```")
        return wants(("memory-remember", {"text": "A trial was here.", "user": "mia"}))

    with FakeOpenAI(*[model] * 200, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        kept(server, "writer", model="local:words", operations=["memory.remember"], asks="nothing")
        request = asked("writer", cases=cases(12), reflection_model="local:words", answers=6, rounds=1)
        told = done(server, "POST", PATH, request)
        memories = done(server, "GET", "/memory?user=mia")["memories"]
        waiting = done(server, "GET", "/runs?state=waiting")["runs"]
        prompt = next(one.body["messages"][-1]["content"] for one in provider.asked if len(one.body["messages"]) == 1)
    assert told["state"] == "kept"
    assert not memories
    assert not waiting
    assert "before which a person decides" in prompt


def test_what_cannot_go_on_ends_as_what_it_is(serve: Serve, tmp_path: Path) -> None:
    """Promise: an agent that never answers, and a budget that is spent, end it by name; no candidate's agent stays."""
    with FakeOpenAI(*[fails(500)] * 300, models=["words"]).in_thread() as provider:
        server = serve(NIS_SIMULATED=simulation(tmp_path), NIS_LOCAL_URL=provider.url)
        kept(server, "mute", model="local:words")
        kept(server, "doer")
        mute = ask(server, "POST", PATH, asked("mute", at_once=16))
        done(server, "POST", "/models/set-price", {"model": "simulated:doer", "input": 1000, "output": 1000})
        spent = ask(server, "POST", PATH, asked("doer", budget=0.05))
        states = [one["state"] for one in done(server, "GET", "/evolutions")["evolutions"]]
        left = {one["name"] for one in done(server, "GET", "/agents")["agents"]}
    assert mute[2]["code"] == "upstream_failed", mute[2]
    assert "Not one of 12 cases" in mute[2]["detail"]
    assert spent[2]["code"] == "budget_exceeded", spent[2]
    assert states == ["failed", "failed"]
    assert left == {"mute", "doer"}


def test_a_model_that_writes_nothing_ends_it_by_name(serve: Serve, tmp_path: Path) -> None:
    """Promise: that no instructions could be written is told, and not that none did better; it is asked once."""
    with FakeOpenAI(*[fails(400)] * 100, models=["words"]).in_thread() as provider:
        server = serve(NIS_SIMULATED=simulation(tmp_path), NIS_LOCAL_URL=provider.url)
        kept(server, "doer")
        mute = ask(server, "POST", PATH, asked("doer", reflection_model="local:words"))
        sent = [one for one in provider.asked if "messages" in one.body]
        left = [one["name"] for one in done(server, "GET", "/agents")["agents"]]
    assert mute[2]["code"] == "invalid_request", mute[2]
    assert len(sent) == 1
    assert left == ["doer"]


def test_what_is_cancelled_leaves_no_candidates_wherever_it_rests(serve: Serve, tmp_path: Path) -> None:
    """Promise: the agents that candidates were go with their evolution, also where it was paused and nobody has it."""
    came = threading.Event()

    def model(_: Asked) -> Canned:
        came.set()
        return Canned(pieces=[], held=True)

    with FakeOpenAI(*[model] * 20, models=["words"]).in_thread() as provider:
        server = serve(NIS_SIMULATED=simulation(tmp_path), NIS_LOCAL_URL=provider.url)
        kept(server, "doer", model="local:words")
        run_id = begun(server, PATH, asked("doer", at_once=1))
        assert came.wait(60)
        done(server, "POST", f"/runs/{run_id}/pause")
        for event in followed(server, run_id, 0):
            if event["body"]["type"] == "released":
                break
        there = [one["name"] for one in done(server, "GET", "/agents")["agents"]]
        done(server, "POST", f"/runs/{run_id}/cancel")
        last = list(followed(server, run_id, 0))[-1]["body"]["type"]
        left = [one["name"] for one in done(server, "GET", "/agents")["agents"]]
    assert (len(there), last, left) == (2, "cancelled", ["doer"])


def test_an_agent_that_may_come_to_one_that_writes_unasked_is_not_tried(serve: Serve, tmp_path: Path) -> None:
    """Promise: trials write nothing by others either, however far off: it is refused, with the one to be changed."""
    server = serve(NIS_SIMULATED=simulation(tmp_path))
    kept(server, "bold", asks="nothing")
    kept(server, "between", agents=["bold"])
    kept(server, "doer", hands_off_to=["between"])
    status, _, problem = ask(server, "POST", PATH, asked("doer"))
    done(server, "PATCH", "/agents/bold", {"change": {"asks": "writes"}})
    then = done(server, "POST", PATH, asked("doer", answers=4))
    assert (status, problem["field"]) == (409, "agent")
    assert "bold" in problem["remedy"]
    assert then["state"] == "kept"


def test_without_its_package_an_evolution_says_what_to_install(serve: Serve, tmp_path: Path) -> None:
    """Promise: what cannot be computed here is `Unavailable`, with the remedy; nothing stands in for it."""
    (tmp_path / "sitecustomize.py").write_text('import sys\n\nsys.modules["gepa"] = None\n')
    server = serve(PYTHONPATH=str(tmp_path), NIS_SIMULATED=simulation(tmp_path))
    kept(server, "doer")
    for path, request in ((PATH, asked("doer")), ("/metacognition/propose-agent", {"agent": "doer"})):
        status, _, problem = ask(server, "POST", path, request)
        assert (status, problem["code"]) == (503, "unavailable")
        assert problem["remedy"] == "Run: pip install 'nis-backend[evolution]'."


def test_who_may_not_change_agents_evolves_none(serve: Serve, tmp_path: Path) -> None:
    """Promise: an evolution does nothing that its caller may not do, and says so before it begins."""
    server = serve(NIS_SIMULATED=simulation(tmp_path))
    kept(server, "doer")
    less = holder(server, scopes=["metacognition:*", "agents:read", "evaluations:*", "models:*"])
    status, _, problem = ask(server, "POST", PATH, asked("doer"), less.headers)
    reads = holder(server, scopes=["metacognition:read"])
    assert done(server, "GET", "/evolutions?agent=doer", headers=reads.headers)["evolutions"] == []
    assert (status, problem["value"]) == (403, "agents:write")


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"agent": "nobody"}, 404, "agent"),
        ({"cases": []}, 422, "cases"),
        ({"cases": cases(8)}, 422, "cases"),
        ({"metrics": ["latency"]}, 422, "metrics.0"),
        ({"metrics": [{"kind": "judge"}]}, 400, "metrics.0"),
        ({"reflection_model": "nowhere:none"}, 404, "reflection_model"),
        ({"dataset": "none", "cases": []}, 404, "dataset"),
        ({"cases": [{"input": [{"role": "system", "content": "x"}]}] * 60}, 422, "cases.0.input"),
    ],
)
def test_what_cannot_be_proved_is_refused_before_it_begins(
    simulated: Served, more: Json, status: int, field: str
) -> None:
    """Promise: a typed problem that names the field; no run is written down."""
    code, _, problem = ask(simulated, "POST", PATH, asked("refusing", **more))
    assert (code, problem["field"]) == (status, field), problem
    assert problem["remedy"]
    assert not done(simulated, "GET", "/evolutions")["evolutions"]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server with an agent that is not evolved."""
    from conftest import running_server  # noqa: PLC0415 - as the shared servers are

    folder = tmp_path_factory.mktemp("refusing")
    with running_server(folder, (), {"NIS_SIMULATED": simulation(folder)}) as server:
        kept(server, "refusing")
        yield server
