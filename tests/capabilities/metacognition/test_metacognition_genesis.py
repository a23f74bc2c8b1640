"""Agents that are proposed for failures: classed by words, held to tests, registered only where they are better."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from rest_client import Served, ask, done

from nis_backend.capabilities.metacognition.assess.assessment import LONGEST_KEPT, kept, was_cut
from nis_backend.capabilities.metacognition.genesis import failures
from nis_backend.capabilities.metacognition.genesis.failures import Failure, classed, described, vectors
from nis_backend.capabilities.metacognition.genesis.proposing import classes_of

Json = dict[str, Any]
PATH = "/metacognition/propose-agent"


def simulation(folder: Path, careful: float) -> str:
    """A model that is mostly wrong, but not where it is told to work carefully; and one that writes that."""
    told = {"family": "q", "wrong": {"kinds": 3}}
    models: list[Json] = [
        {
            "name": "doer",
            "seed": 5,
            "tasks": [
                {**told, "system": "carefully", "accuracy": careful},
                {**told, "accuracy": 0.2},
                {"answers": [{"text": "No."}]},
            ],
        },
        {"name": "writer", "seed": 3, "tasks": [{"answers": [{"text": "```\nWork carefully.\n```"}]}]},
    ]
    path = folder / "simulation.json"
    path.write_text(json.dumps({"models": models}))
    return str(path)


def failed(server: Served, count: int) -> list[Json]:
    """An agent that so many answers of were rated bad, and the right ones; and one failure of another kind."""
    done(server, "POST", "/agents", {"name": "doer", "instructions": "Answer.", "model": "simulated:doer"})
    questions = [f"What number is q-{number}?" for number in range(count)]
    for question in [*questions, "Sing a song of the sea!"]:
        run = done(server, "POST", "/agents/doer/run", {"message": question})["run_id"]
        done(server, "POST", "/feedback", {"run_id": run, "rating": "bad"})
    good = done(server, "POST", "/agents/doer/run", {"message": "What number is q-900?"})["run_id"]
    done(server, "POST", "/feedback", {"run_id": good, "rating": "good"})
    return [{"input": question, "expected": 10 * number} for number, question in enumerate(questions)]


def assessed(server: Served) -> int:
    """How many of six answers of the agent, whose outcomes are recorded, turned out wrong."""
    for number in range(70, 76):
        question = f"What number is q-{number}?"
        request = {"question": question, "model": "agent:doer", "samples": 1, "answer": {"kind": "number"}}
        found = done(server, "POST", "/metacognition/assess-answer", request)
        outcome = {"id": found["id"], "expected": str(10 * number)}
        done(server, "POST", "/metacognition/record-outcome", {"outcomes": [outcome]})
    listed = done(server, "GET", "/assessments")["assessments"]
    return sum(one["correct"] is False for one in listed)


def asked(**more: Any) -> Json:  # Any: fields of the request
    """A proposal for what `doer` fails at."""
    request: Json = {"agent": "doer", "metrics": ["numeric"], "reflection_model": "simulated:writer", "answers": 60}
    return request | more


def test_an_agent_that_passes_its_tests_and_beats_the_other_is_registered(serve: Serve, tmp_path: Path) -> None:
    """Promise of propose_agent: from ratings to a registered agent, with its tests; the first agent stays as it is."""
    server = serve(NIS_SIMULATED=simulation(tmp_path, 1.0))
    cases = failed(server, 30)
    wrong = assessed(server)
    told = done(server, "POST", PATH, asked(name="careful", cases=cases))
    replayed = done(server, "GET", f"/runs/{told['run_id']}/replay")
    made = done(server, "GET", "/agents/careful")
    tried = done(server, "POST", "/agents/careful/test")
    agents = {one["name"]: one for one in done(server, "GET", "/agents")["agents"]}
    listed = done(server, "GET", "/proposals?state=registered")["proposals"]
    taken = done(server, "POST", PATH, asked(name="careful", cases=cases, seed=1))
    assert told["state"] == "registered", told["reason"]
    assert replayed["identical"], replayed
    assert [(one["failures"], one["known"]) for one in told["classes"]] == [(30 + wrong, 30 + wrong), (1, 0)]
    assert wrong
    assert "number" in told["classes"][0]["words"]
    assert len(told["tests"]) == 30 + wrong
    assert (told["verdict"]["cases"], told["passed"]) == (round((30 + wrong) / 2), 1.0)
    assert told["agent_id"] == made["id"]
    assert made["instructions"] == told["definition"]["instructions"] == "Work carefully."
    assert made["tests"][0]["message"].startswith("What number is q-")
    assert (tried["passed"], tried["cases"]) == (30 + wrong,) * 2
    assert set(agents) == {"doer", "careful"}
    assert agents["doer"]["version"] == 1
    assert [one["id"] for one in listed] == [told["id"]]
    assert taken["state"] == "kept"
    assert taken["verdict"]["look"] == 2
    assert "could not be registered" in taken["reason"]


def test_one_that_fails_its_tests_stays_a_proposal_and_so_do_failures_without_a_right_answer(
    serve: Serve, tmp_path: Path
) -> None:
    """Promise: better is not enough where tests fail; failures of which nobody knows what is right prove nothing."""
    server = serve(NIS_SIMULATED=simulation(tmp_path, 0.6))
    cases = failed(server, 40)
    none = done(server, "POST", PATH, asked())
    few = done(server, "POST", PATH, asked(cases=cases[:5]))
    told = done(server, "POST", PATH, asked(cases=cases))
    nobody = ask(server, "POST", PATH, asked(agent="nobody"))
    agents = done(server, "GET", "/agents")["agents"]
    assert none["state"] == few["state"] == told["state"] == "kept"
    assert "Say what is right of more" in none["reason"]
    assert "Say what is right of more" in few["reason"]
    assert len(few["classes"][0]["unknown"]) == 20
    assert told["verdict"]["after"] < 0.8 * told["verdict"]["cases"]
    assert "of its tests, not 80%" in told["reason"]
    assert told["definition"]["instructions"] == "Work carefully."
    assert (nobody[0], nobody[2]["field"]) == (404, "agent")
    assert [one["name"] for one in agents] == ["doer"]


def test_what_was_asked_after_other_words_is_no_failure_by_itself(serve: Serve, tmp_path: Path) -> None:
    """Promise of what is gathered: questions that can be put again; a later turn, or one assessed after others, not."""
    server = serve(NIS_SIMULATED=simulation(tmp_path, 0.6))
    done(server, "POST", "/agents", {"name": "doer", "instructions": "Answer.", "model": "simulated:doer"})
    first = done(server, "POST", "/agents/doer/run", {"message": "A first turn?", "begins": True})
    later: list[Json] = [
        {"message": "A later turn?", "conversation_id": first["conversation_id"]},
        {"message": "After what was said?", "earlier": [{"role": "user", "content": "Red."}]},
    ]
    for run in [first, *(done(server, "POST", "/agents/doer/run", one) for one in later)]:
        done(server, "POST", "/feedback", {"run_id": run["run_id"], "rating": "bad"})
    request: Json = {"model": "agent:doer", "samples": 1, "answer": {"kind": "text"}}
    for question, earlier in (("Assessed alone?", []), ("Assessed after?", ["1 + 1?", "2"])):
        one = done(
            server, "POST", "/metacognition/assess-answer", {**request, "question": question, "earlier": earlier}
        )
        outcome = {"id": one["id"], "expected": "yes"}
        done(server, "POST", "/metacognition/record-outcome", {"outcomes": [outcome]})
    told = done(server, "POST", PATH, asked())
    assert sorted(example for one in told["classes"] for example in one["examples"]) == [
        "A first turn?",
        "Assessed alone?",
    ]


def test_failures_on_one_subject_come_together() -> None:
    """Promise: by the words that are rare among them; the class with most known answers first, in any order."""
    questions = [
        *(f"Convert {number} miles to kilometres." for number in (3, 5, 8)),
        *(f"Who painted the picture of {who}?" for who in ("Mona Lisa", "the night watch")),
        "Translate good morning into French.",
    ]
    given = [
        Failure(message=question, why="bad", of=f"run-{number}", expected=None if "Convert" in question else "x")
        for number, question in enumerate(questions)
    ]
    for order in (given, given[::-1]):
        classes = classed(order)
        assert sorted(sorted(one.of for one in members) for members in classes) == [
            ["run-0", "run-1", "run-2"],
            ["run-3", "run-4"],
            ["run-5"],
        ]
        assert {one.of for one in classes[0]} == {"run-3", "run-4"}
    told = described(classed(given)[-1], vectors(given))
    assert (told.failures, told.known, set(told.words)) == (3, 0, {"convert", "miles", "to", "kilometres"})
    assert classed([]) == []


def test_many_failures_are_classed_by_vectors_that_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cost: that each of 400 failures is a class of its own does not make 400 times 400 readings of them."""
    read: list[str] = []

    class Words:
        """Reads a text's words, and remembers that it did."""

        def findall(self, text: str) -> list[str]:
            read.append(text)
            return text.split()

    monkeypatch.setattr(failures, "_WORD", Words())
    given = [Failure(message=f"word{number} " * 5000, why="bad", of=f"run-{number}") for number in range(400)]
    classes, told = classes_of(given)
    assert (len(classes), len(told)) == (400, failures.MOST_CLASSES)
    assert len(read) <= 2 * 400
    assert max(map(len, read)) <= failures.LONGEST_READ


def test_what_is_kept_of_a_long_question_is_no_other_and_no_test() -> None:
    """Two that begin alike are two; what was cut is not asked again as if it were the question."""
    one, other = (kept("Read this. " * 500 + end) for end in ("Who?", "Why?"))
    assert one != other
    assert len(one) == len(other) == LONGEST_KEPT
    assert was_cut(one)
    assert not was_cut("Who?")
    assert kept("Who?") == "Who?"
