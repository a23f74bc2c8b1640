"""How sure an answer is: what methods say, what outcomes make of it, and that nothing is asked twice."""

from __future__ import annotations

import json
import math
import random
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from exact_votes import asked_until_settled, chance_right, entropy_of
from fake_openai import Asked, Canned, FakeOpenAI, says
from outliving import begun, check_whole
from rest_client import ask, done, followed

from nis_backend.capabilities.metacognition.assess.assessing import AssessAnswer, setting_for
from nis_backend.capabilities.metacognition.multipath.speaking import Voice
from nis_backend.drivers.llm.base import ModelInfo
from nis_backend.drivers.llm.simulated_family import Family

Json = dict[str, Any]
ASSESS, RECORD, CALIBRATE = (f"/metacognition/{one}" for one in ("assess-answer", "record-outcome", "calibrate-task"))
CHANCES = [0.5, 0.3, 0.1, 0.1]
FIXED: Json = {"family": "q", "accuracy": 0.5, "wrong": {"kinds": 3, "lead": 0.6}, "truth": {"bias": 1.0}}
VARIED: Json = {"family": "q", "accuracy": {"beta": [4, 2]}, "truth": {"bias": 1.0}, "verbal": {"bias": 0.5}}
MODELS: Json = {
    "models": [
        {"name": "fixed", "seed": 3, "tasks": [FIXED]},
        {"name": "varied", "seed": 4, "tasks": [VARIED]},
        {"name": "mute", "logprobs": False, "tasks": [VARIED]},
    ]
}
LIKELY = 4.0


@pytest.fixture
def simulated(serve: Serve, tmp_path: Path) -> Server:
    """A server with models of which everything is known."""
    path = tmp_path / "simulation.json"
    path.write_text(json.dumps(MODELS))
    return serve(NIS_SIMULATED=str(path))


def assess(server: Server, number: int, model: str = "varied", **how: Any) -> Json:  # Any: fields of the request
    """A question of the family, assessed."""
    request = {"question": f"What is q-{number}?", "model": f"simulated:{model}", "answer": {"kind": "number"}, **how}
    return done(server, "POST", ASSESS, request)


def record(server: Server, told: list[Json], numbers: list[int]) -> Json:
    """The right answers, as outcomes."""
    outcomes = [{"id": one["id"], "expected": f"= {10 * at}"} for one, at in zip(told, numbers, strict=True)]
    return done(server, "POST", RECORD, {"outcomes": outcomes})


def check_mean(values: list[float], wanted: float, spread: float) -> None:
    """A mean is within four standard deviations of what it has to be."""
    assert abs(math.fsum(values) / len(values) - wanted) <= LIKELY * spread / math.sqrt(len(values))


def test_votes_come_to_what_theory_says(simulated: Server) -> None:
    """Promise: shares, entropy, and samples until no answer to come could change the vote, by exact enumeration."""
    told = [assess(simulated, number, "fixed", samples=5) for number in range(60)]
    right = chance_right(CHANCES[0], CHANCES[1:], 5)
    check_mean([one["answer"] == str(10 * at) for at, one in enumerate(told)], right, math.sqrt(right * (1 - right)))
    check_mean([one["samples"] for one in told], *asked_until_settled(CHANCES, 5))
    assert all(one["samples"] + one["spared"] == 5 == one["spent"]["calls"] + one["spared"] for one in told)
    full = [assess(simulated, number, "fixed", samples=5, stops=False) for number in range(60)]
    check_mean([one["entropy"] for one in full], *entropy_of(CHANCES, 5))
    assert all(one["score"] == one["classes"][0]["votes"] / 5 for one in full)


def test_each_method_says_what_its_formula_has(simulated: Server) -> None:
    """P(True) is that of the letters, what is stated that of the words, likelihood per token: all known exactly."""
    family = Family.model_validate(VARIED)
    told = assess(simulated, 17, samples=3, stops=False, methods=["truth", "verbal", "likelihood", "entropy", "vote"])
    scores = {one["method"]: one for one in told["scores"]}
    assert told["score"] == scores["truth"]["value"] == pytest.approx(family.stated(17, told["answer"], "truth"))
    chance = family.distribution(17)[told["answer"]]
    # Two words share the logarithm of the answer's probability.
    assert scores["likelihood"]["value"] == pytest.approx(math.sqrt(chance))
    assert scores["entropy"]["value"] == pytest.approx(math.exp(-told["entropy"]))
    assert scores["vote"]["value"] == told["classes"][0]["votes"] / 3
    assert 0 < scores["verbal"]["value"] <= 1
    assert told["confidence"] is None
    assert "no calibration of truth" in told["confidence_from"]
    assert all(one["formula"] for one in told["scores"])
    replayed = done(simulated, "GET", f"/runs/{told['run_id']}/replay")
    assert replayed["identical"], replayed


def test_where_no_probabilities_are_told_the_score_says_so(simulated: Server) -> None:
    """Likelihood is null with its reason; P(True) is a share of letters, and its formula says that."""
    told = assess(simulated, 17, "mute", samples=3, methods=["likelihood", "truth"])
    likelihood, truth = told["scores"]
    assert (likelihood["value"], told["score"]) == (None, None)
    assert "tells no probabilities" in likelihood["why"]
    assert truth["value"] in [pytest.approx(count / 3) for count in range(4)]
    assert "share of (A) among 3 times" in truth["formula"]
    assert done(simulated, "GET", f"/assessments/{told['id']}") == told


def test_an_agent_kept_here_is_assessed_as_a_model_is(simulated: Server) -> None:
    """Each sample is a run of the agent's; of its words it tells no probabilities."""
    done(simulated, "POST", "/agents", {"name": "clerk", "instructions": "Be brief.", "model": "simulated:varied"})
    request = {"question": "What is q-17?", "model": "agent:clerk", "answer": {"kind": "number"}, "samples": 2}
    told = done(simulated, "POST", ASSESS, {**request, "methods": ["vote", "likelihood"]})
    assert (told["model"], told["samples"], told["scores"][1]["value"]) == ("agent:clerk", 2, None)
    assert {one["answer"] for one in told["classes"]} <= {"170", "171", "172", "173"}


def test_what_was_said_before_is_shown(serve: Serve) -> None:
    """The turns before the question, in their roles, also where the model is asked whether its answer is true."""
    with FakeOpenAI(*[says("Answer: 4")] * 2, models=["words"]).in_thread() as provider:
        server = serve(NIS_LOCAL_URL=provider.url)
        asked = {"question": "And 2 + 2?", "model": "local:words", "answer": {"kind": "number"}, "samples": 1}
        done(server, "POST", ASSESS, {**asked, "earlier": ["1 + 1?", "2"], "methods": ["vote", "verbal"]})
        seen = [
            [(one["role"], one["content"]) for one in sent.body["messages"]]
            for sent in provider.asked
            if "messages" in sent.body
        ]
        odd = ask(server, "POST", ASSESS, {**asked, "earlier": ["1 + 1?"]})
    assert seen[0] == [("user", "1 + 1?"), ("assistant", "2"), ("user", "And 2 + 2?")]
    assert seen[1][:2] == seen[0][:2]
    assert odd[0] == 422


def test_a_confidence_comes_of_outcomes_alone(simulated: Server) -> None:
    """Null before the task is calibrated, a probability after; null again of what was asked otherwise."""
    how: dict[str, Any] = {"samples": 1, "methods": ["truth"], "task": "sums"}
    numbers = list(range(110))
    told = [assess(simulated, number, **how) for number in numbers]
    assert {one["confidence"] for one in told} == {None}
    counts = record(simulated, told, numbers)
    right = sum(one["answer"] == str(10 * at) for at, one in zip(numbers, told, strict=True))
    assert (counts["recorded"], counts["right"], counts["wrong"]) == (110, right, 110 - right)
    found = done(simulated, "POST", CALIBRATE, {"task": "sums", "method": "truth", "fit": "platt"})
    assert found["fitted"] + found["held_out"] == 110
    after = assess(simulated, 500, **how)
    odds = math.log(after["score"] / (1 - after["score"]))
    wanted = 1 / (1 + math.exp(-found["map"]["slope"] * odds - found["map"]["shift"]))
    assert after["confidence"] == pytest.approx(wanted)
    assert found["id"] in after["confidence_from"]
    other = assess(simulated, 500, samples=2, methods=["truth"], task="sums")
    assert other["confidence"] is None
    assert "another setting" in other["confidence_from"]
    assert other["setting"] != after["setting"] == found["setting"]
    assert done(simulated, "GET", "/calibrations/sums?method=truth") == found
    again = done(simulated, "POST", CALIBRATE, {"task": "sums", "method": "truth", "fit": "isotonic"})
    assert done(simulated, "GET", "/calibrations/sums?method=truth")["id"] == again["id"]
    assert done(simulated, "GET", f"/calibrations/{found['id']}") == found
    done(simulated, "DELETE", f"/calibrations/{again['id']}")
    assert ask(simulated, "GET", "/calibrations/sums?method=truth")[0] == 404
    assert assess(simulated, 501, **how)["confidence"] is None


def test_which_setting_is_calibrated_can_be_said(simulated: Server) -> None:
    """Promise: of outcomes of two ways of asking the fewer can be fitted; of none there is nothing to fit."""
    for model, count in (("fixed", 70), ("varied", 80)):
        told = [assess(simulated, number, model, samples=1, task="both") for number in range(count)]
        record(simulated, told, list(range(count)))
    most = done(simulated, "POST", CALIBRATE, {"task": "both", "fit": "platt"})
    setting = most["setting"].replace("varied", "fixed")
    fewer = done(simulated, "POST", CALIBRATE, {"task": "both", "fit": "platt", "setting": setting})
    none = ask(simulated, "POST", CALIBRATE, {"task": "both", "setting": "another"})
    assert (most["fitted"] + most["held_out"], most["left_out"]) == (80, 70)
    assert (fewer["fitted"] + fewer["held_out"], fewer["left_out"]) == (70, 80)
    assert fewer["setting"] == setting != most["setting"]
    assert (none[0], none[2]["field"]) == (422, "setting")
    assert setting in none[2]["remedy"]


def test_what_was_asked_otherwise_is_another_setting() -> None:
    """A confidence holds for the same model, version of an agent, instructions and way of counting alone."""
    ways: list[Json] = [{}, {"system": "Think."}, {"system": "Guess."}, {"samples": 3}, {"temperature": 0}]
    ways += [{"stops": False}, {"answer": {"kind": "number"}}, {"answer": {"kind": "number", "digits": 2}}]
    ways += [{"answer": {"kind": "choice", "choices": one}} for one in (["yes", "no"], ["no", "yes", "unknown"])]
    voices = [Voice(name="agent:clerk", info=None, version=one) for one in (1, 2)]
    told = {
        setting_for(AssessAnswer.model_validate({"question": "Why?", **way}), voice) for way in ways for voice in voices
    }
    assert len(told) == len(ways) * len(voices)
    model = Voice(name="local:words", info=ModelInfo(name="words", provider="local", tools=False))
    cut = {setting_for(AssessAnswer(question="Why?", max_tokens=most), model) for most in (4, 512)}
    assert len(cut) == 2


def test_what_is_overconfident_by_a_known_amount_is_found_out(simulated: Server) -> None:
    """On 2,000 outcomes scored elsewhere: Platt's shift is the bias, and on those held out the ECE is 0.05 at most."""
    family = Family.model_validate({**VARIED, "verbal": {"bias": 0.8}})
    chance = random.Random(11)  # noqa: S311 - draws, no secret
    scored = [
        {
            "score": family.stated(at, "", "verbal"),
            "correct": chance.random() < family.chance(at),
            "question": f"q-{at}",
        }
        for at in range(2000)
    ]
    for start in range(0, 2000, 500):
        done(simulated, "POST", RECORD, {"task": "elsewhere", "outcomes": scored[start : start + 500]})
    for fit in ("platt", "isotonic"):
        found = done(simulated, "POST", CALIBRATE, {"task": "elsewhere", "method": "given", "fit": fit})
        measures = {one["name"]: one for one in found["measures"]}
        assert measures["ece"]["before"] > 0.08
        assert measures["ece"]["value"] <= 0.05
        assert measures["brier"]["value"] < measures["brier"]["before"]
        assert measures["auroc"]["low"] <= measures["auroc"]["value"] <= measures["auroc"]["high"]
        parts = [measures[f"brier_{one}"]["value"] for one in ("reliability", "resolution", "uncertainty", "within")]
        assert measures["brier"]["value"] == pytest.approx(parts[0] - parts[1] + parts[2] + parts[3])
        # The standard error of a shift of 1,200 outcomes is about 0.1.
        assert fit != "platt" or abs(found["map"]["shift"] + 0.8) < 0.4


def test_who_abstains_says_what_is_promised(simulated: Server) -> None:
    """Nothing is bounded by too few outcomes; with enough of them the set is that of the threshold."""
    how: Json = {"samples": 5, "stops": False, "task": "sets"}
    numbers = list(range(30))
    told = [assess(simulated, number, **how) for number in numbers]
    few = done(simulated, "GET", f"/assessments/{told[0]['id']}/abstention?alpha=0.2")
    assert (few["decision"], few["answer_set"], few["threshold"], few["outcomes"]) == ("abstain", None, None, 0)
    assert "it takes 4" in few["why"]
    record(simulated, told, numbers)
    new = assess(simulated, 700, **how)
    some = done(simulated, "GET", f"/assessments/{new['id']}/abstention?alpha=0.3")
    shares = [{one["answer"]: one["share"] for one in each["classes"]} for each in told]
    strange = sorted(1 - each[str(10 * at)] if str(10 * at) in each else math.inf for at, each in enumerate(shares))
    limit = strange[math.ceil(31 * 0.7) - 1]
    assert some["threshold"] == pytest.approx(limit)
    assert some["answer_set"] == [one["answer"] for one in new["classes"] if 1 - one["share"] <= limit + 1e-12]
    assert (some["decision"] == "answer") == (some["answer_set"] == [new["answer"]])
    assert some["outcomes"] == 30
    assert "at least 70.0%" in some["promised"]
    risk = done(simulated, "GET", f"/assessments/{new['id']}/abstention?alpha=0.3&promise=selective_risk")
    assert (risk["decision"] == "answer") == (risk["threshold"] is not None and new["score"] >= risk["threshold"])
    own = done(simulated, "GET", f"/assessments/{told[3]['id']}/abstention?alpha=0.3")
    assert own["outcomes"] == 29


def test_wrong_input_is_named(simulated: Server) -> None:
    """The field, the value, the remedy; and of a list with one wrong outcome nothing is recorded."""
    told = assess(simulated, 17, samples=1)
    good = {"id": told["id"], "correct": True}
    cases: list[tuple[str, Json, int, str]] = [
        (ASSESS, {"question": "x", "model": "simulated:none"}, 404, "model"),
        (CALIBRATE, {"task": "empty"}, 422, "task"),
        (RECORD, {"outcomes": [good, {"id": "assessment-none", "correct": True}]}, 404, "outcomes.1.id"),
        (RECORD, {"outcomes": [good, {"id": told["id"], "expected": "no number"}]}, 422, "outcomes.1.expected"),
        (RECORD, {"outcomes": [{"id": told["id"], "expected": "5", "correct": True}]}, 422, "outcomes.0.correct"),
        (RECORD, {"outcomes": [good, good | {"correct": False}]}, 422, "outcomes.1.id"),
        (RECORD, {"outcomes": [{"id": told["id"]}]}, 422, "outcomes.0"),
        (RECORD, {"outcomes": [{"score": 0.5}]}, 422, "outcomes.0"),
    ]
    for path, request, status, field in cases:
        answer = ask(simulated, "POST", path, request)
        assert (answer[0], answer[2]["field"]) == (status, field), answer[2]
        assert answer[2]["remedy"]
    assert done(simulated, "GET", f"/assessments/{told['id']}")["correct"] is None
    nothing = ask(
        simulated, "POST", ASSESS, {"question": "q-1", "model": "simulated:fixed", "answer": {"kind": "boolean"}}
    )
    assert nothing[0] == 502
    assert "of the kind boolean" in nothing[2]["detail"]
    assert done(simulated, "DELETE", f"/assessments/{told['id']}") == {"id": told["id"]}
    assert ask(simulated, "GET", f"/assessments/{told['id']}")[0] == 404


def test_a_killed_assessment_asks_nothing_again(serve: Serve, tmp_path: Path) -> None:
    """Promise: what was answered before the server died is taken from the log, and only what was cut is asked again."""
    came, lock, count = threading.Event(), threading.Lock(), {"asked": 0}

    def model(_: Asked) -> Canned:
        with lock:
            count["asked"] += 1
            number = count["asked"]
        if number == 3:
            came.set()
            return Canned(pieces=[], held=True)
        return says("42")

    with FakeOpenAI(*[model] * 9, models=["words"]).in_thread() as provider:
        server = serve(data=tmp_path, NIS_LOCAL_URL=provider.url)
        request = {"question": "6 x 7?", "model": "local:words", "answer": {"kind": "number"}, "samples": 3}
        run_id = begun(server, ASSESS, {**request, "stops": False})
        assert came.wait(60)
        told: set[int] = set()
        for event in followed(server, run_id, 0):
            told |= {event["body"]["step"]} if event["body"]["type"] == "model_answered" else set()
            if len(told) == 2:
                break
        server.kill()
        server = serve(data=tmp_path, NIS_LOCAL_URL=provider.url)
        seen = list(followed(server, run_id, 0))
        kept = done(server, "GET", "/assessments")["assessments"]
    check_whole(seen)
    assert count["asked"] == 4
    assert [one["id"] for one in kept] == [seen[-1]["body"]["result"]["id"]]
    assert kept[0]["classes"] == [{"answer": "42", "votes": 3, "share": 1.0}]
