"""The workspace on a server: who wins by exact bids, what is told to all, and the indicators with it and without."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from fake_openai import Asked, Canned, FakeOpenAI, says
from outliving import begun, check_whole
from rest_client import ask, done, followed

from nis_backend.capabilities.metacognition.embodiment.asked import Compared, Expectation
from nis_backend.capabilities.metacognition.indicators.measuring import (
    above_by_chance,
    against_mean,
    of_contingencies,
    of_monitoring,
)
from nis_backend.capabilities.metacognition.indicators.rows import of_workspace
from nis_backend.capabilities.metacognition.workspace.asked import Bid, Cycle, WorkspaceRun
from nis_backend.capabilities.metacognition.workspace.bidding import (
    at,
    content_of,
    filled,
    length_filled,
    novelty,
    relevance,
    winners,
)
from nis_backend.numerics.calibrating import grouped

Json = dict[str, Any]
GOAL = "alpha beta gamma delta"
WORKSPACE_ROWS = ("GWT-2", "GWT-3", "GWT-4")


def keep(server: Server, name: str, template: str) -> None:
    """A prompt, which says what it is filled with."""
    done(server, "POST", "/prompts", {"name": name, "template": template})


def module(name: str, prompt: str, heard: str = "{broadcast}", **more: Any) -> Json:
    """A module that renders a prompt."""
    arguments = {"id": prompt, "variables": {"heard": heard}}
    return {"name": name, "operation": "prompts.render_prompt", "arguments": arguments, **more}


def test_bids_are_what_the_formula_says() -> None:
    """Promise of BID, in exact cases."""
    assert relevance(GOAL, "Beta, and ALPHA!") == 0.5
    assert relevance("", "alpha") == 0
    assert novelty("alpha beta gamma delta", "gamma") == 0.75
    assert novelty("", "x") == 0
    assert winners([("a", 0.5), ("b", 0.7), ("c", 0.5), ("d", 0)], 3) == ["b", "a", "c"]
    assert at({"hits": [{"score": 2}]}, "hits.0.score") == 2
    assert at({"hits": True}, "hits") is None
    assert at([1], "7") is None
    assert at({"n": float("nan")}, "n") is None
    assert filled({"a": ["{goal} {broadcast}", 3]}, {"goal": "g", "broadcast": "b"}) == {"a": ["g b", 3]}
    # What it is filled with is text: a goal, or a module's words, that look like a place are none.
    assert filled("{goal} {other}", {"goal": "{broadcast}", "broadcast": "b"}) == "{broadcast} {other}"
    assert at({"n": 10**400}, "n") == 1e9
    assert length_filled({"a": "{b}{b}"}, {"b": "x" * 10}) >= len(json.dumps(filled({"a": "{b}{b}"}, {"b": "x" * 10})))
    assert content_of({"text": " x ", "id": 1}) == "x"
    assert content_of([1, 2]) == "[1,2]"


def test_the_winner_is_told_to_all_and_another_wins_by_it(server: Server) -> None:
    """Promise of run_workspace: a bottleneck, a broadcast, attention that moves with the state; none of it when off."""
    keep(server, "loud", "alpha beta gamma {{heard}}")
    keep(server, "still", "delta {{heard}}")
    request: Json = {
        "workspace": "exact",
        "goal": GOAL,
        "modules": [module("loud", "loud"), module("still", "still")],
        "cycles": 4,
    }
    told = done(server, "POST", "/metacognition/run-workspace", request)
    first, second = told["cycles"][:2]
    assert [(one["module"], one["salience"], one["novelty"]) for one in first["bids"]] == [
        ("loud", 0.75, 1.0),
        ("still", 0.25, 1.0),
    ]
    assert first["winners"] == ["loud"]
    # The next cycle's requests hold what was won: what loud said is old, and only delta is new.
    assert second["bids"][0]["content"] == "alpha beta gamma loud: alpha beta gamma"
    assert second["bids"][0]["novelty"] == 0
    assert second["bids"][1]["novelty"] == pytest.approx(1 / 5)
    assert second["winners"] == ["still"]
    found = done(server, "GET", f"/metacognition/get-indicators?run_id={told['run_id']}")
    status = {one["id"]: one["status"] for one in found["indicators"]}
    assert len(status) == 14
    assert [status[one] for one in ("GWT-1", *WORKSPACE_ROWS)] == ["present"] * 4
    assert {one for one, what in status.items() if what == "present"} == {"GWT-1", *WORKSPACE_ROWS}
    off = done(server, "POST", "/metacognition/run-workspace", {**request, "broadcast": False})
    assert [one["winners"] for one in off["cycles"]] == [[]] * len(off["cycles"])
    assert off["settled"]
    without = done(server, "GET", f"/metacognition/get-indicators?run_id={off['run_id']}")
    by = {one["id"]: one for one in without["indicators"]}
    assert [by[one]["status"] for one in WORKSPACE_ROWS] == ["absent"] * 3
    beside = done(server, "GET", f"/metacognition/get-indicators?run_id={told['run_id']}")
    assert beside["ablated_run_id"] == off["run_id"]
    assert all(one["ablation"].startswith("absent") for one in beside["indicators"] if one["id"] in WORKSPACE_ROWS)
    log = done(server, "GET", "/metacognition/list-attention?workspace=exact&limit=100")["cycles"]
    assert [one["winners"] for one in reversed(log)] == [
        *(one["winners"] for one in told["cycles"]),
        *(one["winners"] for one in off["cycles"]),
    ]
    assert done(server, "GET", f"/runs/{told['run_id']}/replay")["identical"]
    done(server, "DELETE", f"/runs/{told['run_id']}")
    rest = done(server, "GET", "/metacognition/list-attention?workspace=exact&limit=100")["cycles"]
    assert {one["run_id"] for one in rest} == {off["run_id"]}


def test_what_a_module_cannot_be_is_refused(server: Server) -> None:
    """Promise of errors: modules change nothing; a number that is not there bids nothing, and says so."""
    keep(server, "plain", "alpha {{heard}}")
    good = module("a", "plain")
    for modules, field in (
        ([{"name": "a", "operation": "memory.remember"}], "modules.0.operation"),
        ([{"name": "a", "operation": "chat.send_message"}], "modules.0.operation"),
        ([{"name": "a", "operation": "no.thing_there"}], "modules.0.operation"),
        ([good, good], "modules.1.name"),
        ([], "modules"),
    ):
        status, _, problem = ask(server, "POST", "/metacognition/run-workspace", {"goal": "x", "modules": modules})
        assert (status, problem["field"]) == (422, field), problem
    request = {"goal": "alpha", "modules": [good, module("b", "gone"), {**good, "name": "c", "bid": "score"}]}
    told = done(server, "POST", "/metacognition/run-workspace", {**request, "cycles": 1, "slots": 8})
    bids = told["cycles"][0]["bids"]
    assert [one["bid"] for one in bids] == [1, 0, 0]
    assert "gone" in bids[1]["problem"]
    assert "no number at score" in bids[2]["problem"]
    assert told["cycles"][0]["winners"] == ["a"]
    greedy = module("d", "plain", "{goal}" * 3000)
    told = done(
        server, "POST", "/metacognition/run-workspace", {"goal": "alpha " * 600, "modules": [greedy], "cycles": 1}
    )
    assert "characters" in told["cycles"][0]["bids"][0]["problem"]
    other = ask(server, "GET", "/metacognition/get-indicators?run_id=run-nothing")
    assert (other[0], other[2]["code"]) == (404, "not_found")


def test_agents_are_modules_and_none_is_asked_twice_after_a_death(serve: Serve, tmp_path: Path) -> None:
    """Promise of the steps: `kill -9` in the second cycle; what was answered before is not asked again."""
    heard: list[str] = []
    second = threading.Event()

    def model(request: Asked) -> Canned:
        said = str(request.body["messages"][-1]["content"])
        heard.append(said)
        if "In mind" in said and "alpha" in said:
            second.set()
        return says("alpha beta" if said.startswith("one") else "gamma")

    with FakeOpenAI(*[model] * 30, models=["words"]).in_thread() as provider:
        server = serve(data=tmp_path / "data", NIS_LOCAL_URL=provider.url)
        done(server, "POST", "/agents", {"name": "thinker", "instructions": "Think.", "model": "local:words"})
        modules = [
            {
                "name": name,
                "operation": "agents.ask_agent",
                "arguments": {"id": "thinker", "message": f"{name}. In mind: {{broadcast}}"},
            }
            for name in ("one", "two")
        ]
        request = {"goal": GOAL, "modules": modules, "cycles": 3}
        run_id = begun(server, "/metacognition/run-workspace", request)
        assert second.wait(60)
        server.kill()
        again = serve(data=tmp_path / "data", NIS_LOCAL_URL=provider.url)
        events = list(followed(again, run_id))
        check_whole(events)
        result = events[-1]["body"]["result"]
        assert result["cycles"][0]["winners"] == ["one"]
        assert heard.count("one. In mind: ") == heard.count("two. In mind: ") == 1
        log = done(again, "GET", "/metacognition/list-attention")["cycles"]
        assert sorted(one["cycle"] for one in log) == [one["cycle"] for one in result["cycles"]]


def test_that_scores_tell_nothing_is_as_likely_as_mann_and_whitney_have_it() -> None:
    """Promise of HOT-2's p: scipy 1.17.1, stats.mannwhitneyu(…, alternative="greater", method="asymptotic")."""
    groups = grouped([(one, True) for one in (0.9, 0.8, 0.5, 0.5)] + [(one, False) for one in (0.5, 0.1, 0.8)])
    assert above_by_chance(0.7083333333333334, groups) == pytest.approx(0.2293592793625111)
    assert above_by_chance(0.5, [(0.5, 5, 10)]) == 1
    clear = [(0.9 + k / 1000, True) for k in range(15)] + [(0.1 + k / 1000, False) for k in range(15)]
    assert of_monitoring(clear).status == "partly"
    assert of_monitoring([(0.5, k % 2 == 0) for k in range(40)]).status == "absent"
    assert of_monitoring(clear[:19]).status == "absent"
    assert of_monitoring([(0.5, True)] * 40).status == "absent"


def cycle(number: int, winners: list[str], changed: str) -> Cycle:
    """A round of three, one of whom said something new."""
    about: Json = {"content": "", "salience": 1, "novelty": 1, "bid": 1, "problem": ""}
    bids = [Bid(module=one, changed=one == changed, **about) for one in "abc"]
    return Cycle(cycle=number, bids=bids, winners=winners)


@pytest.mark.parametrize(
    ("first", "second", "changed", "status"),
    [
        (["a", "b"], ["a", "c"], "c", "present"),
        (["a", "b"], ["b", "a"], "b", "absent"),
        (["a", "b"], ["a"], "a", "absent"),
        (["a", "b"], ["a", "c"], "a", "absent"),
    ],
)
def test_attention_moves_where_another_module_wins(
    first: list[str], second: list[str], changed: str, status: str
) -> None:
    """Promise of GWT-4: not where those who had won win in another order, or one of them alone."""
    cycles = [cycle(1, first, ""), cycle(2, second, changed)]
    about: Json = {"goal": GOAL, "settled": False, "operations": [], "held": [], "run_id": "run-1"}
    run = WorkspaceRun(workspace="w", slots=2, broadcast=True, hearing=["a", "b", "c"], cycles=cycles, **about)
    assert of_workspace(run)["GWT-4"].status == status


def expected(middles: list[float], observed: list[float]) -> list[Expectation]:
    """Expectations of one quantity, compared."""
    rest: Json = {"quantity": "x_m", "z": 0, "surprise": 0, "inside": True}
    compared = [
        Compared(low=middle - 1, high=middle + 1, observed=seen, **rest)
        for middle, seen in zip(middles, observed, strict=True)
    ]
    about: Json = {"id": "e", "subject": "arm", "action": "", "expected": [], "greatest": 0, "formula": ""}
    return [Expectation(compared=[one], stated=0, updated=0, **about) for one in compared]


def test_one_value_expected_always_is_no_model_of_contingencies() -> None:
    """Promise of AE-2: what beats no constant has modelled nothing, nor has luck; exact cases of the sign test."""
    seen = [float(k % 5) for k in range(20)]
    assert of_contingencies(expected(seen, seen)).status == "partly"
    # The true mean is nearer to each observation than the mean of the others, and says nothing of any.
    assert of_contingencies(expected([2.0] * 20, seen)).status == "absent"
    once = of_contingencies(expected([*seen[:1], *[2.0] * 19], seen))
    assert "efficiency 0.100" in once.evidence
    assert "p = 0.5 " in once.evidence
    assert once.status == "absent"
    assert "never varied" in of_contingencies(expected([0.1] * 20, [0.1] * 20)).evidence
    some = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert against_mean([(one, one) for one in some]) == (1.0, 1 / 16)  # both have the one in the middle
    assert against_mean([*zip([9.0, 2.0, 3.5, 4.0, 9.0], some, strict=True)])[1] == 26 / 32


def test_the_monitors_row_is_of_what_was_assessed_here(serve: Serve, tmp_path: Path) -> None:
    """Promise of HOT-2: scores of answers given here, each question once; of methods that said nothing there are none.

    What others scored and told us is no monitoring of ours, however well it tells right from wrong.
    """
    told = {"family": "q", "accuracy": 0.5, "truth": {"knows": 3.0}}
    models = [{"name": "knows", "seed": 1, "tasks": [told]}, {"name": "mute", "logprobs": False, "tasks": [told]}]
    path = tmp_path / "simulation.json"
    path.write_text(json.dumps({"models": models}))
    server = serve(NIS_SIMULATED=str(path))

    def assessed(model: str, method: str, count: int) -> Json:
        request: Json = {"model": f"simulated:{model}", "answer": {"kind": "number"}, "samples": 1, "methods": [method]}
        outcomes: list[Json] = []
        for number in range(count):
            asked = {**request, "question": f"What is q-{number}?", "task": model}
            one = done(server, "POST", "/metacognition/assess-answer", asked)
            outcomes.append({"id": one["id"], "expected": str(10 * number)})
        done(server, "POST", "/metacognition/record-outcome", {"outcomes": outcomes})
        found = done(server, "GET", "/metacognition/get-indicators")
        return next(one for one in found["indicators"] if one["id"] == "HOT-2")

    scored = [{"score": one / 40, "correct": one > 20, "question": f"monitored {one}"} for one in range(40)]
    done(server, "POST", "/metacognition/record-outcome", {"task": "monitored", "outcomes": scored})
    silent = assessed("mute", "likelihood", 24)
    again = [assessed("knows", "truth", 15) for _ in range(2)][-1]
    row = assessed("knows", "truth", 40)
    assert (silent["status"], again["status"], row["status"]) == ("absent", "absent", "partly")
    assert silent["evidence"].startswith("0 answers")
    assert again["evidence"].startswith("15 answers")
    assert row["evidence"].startswith("Of 40 answers")
