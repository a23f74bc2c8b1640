"""Evaluations from end to end: answers, scores, intervals; refusals told apart; pages, reports, deletion."""

from __future__ import annotations

from typing import Any

import pytest
from ground import Ground

from nis_backend.errors import NotFound

Json = dict[str, Any]

CASES = [
    {"input": "What is the capital of France?", "expected": "Paris", "tags": ["europe"]},
    {"input": "What is the capital of Japan?", "expected": ["Tokyo", "Tōkyō"], "tags": ["asia"]},
    {"input": "What is the capital of Australia?", "expected": "Canberra"},
]
GIVEN: Json = {"target": "given", "cases": CASES, "metrics": ["exact_match", "token_f1"]}


def made(ground: Ground, *answers: str, **more: Any) -> Json:
    """An evaluation of given answers."""
    return ground.call("evaluations.create_evaluation", {**GIVEN, "answers": list(answers), **more})


def value(evaluation: Json, name: str) -> Json:
    """A metric of it."""
    return next(one for one in evaluation["metrics"] if one["name"] == name)


def test_given_answers_are_scored_and_kept(ground: Ground) -> None:
    """Promise: values with exact intervals and formulas; answers by page, those below a score by themselves."""
    done = made(ground, "The Paris!", "tōkyō", "Sydney, of course")
    exact = value(done, "exact_match")
    assert (done["state"], exact["value"], exact["cases"]) == ("done", pytest.approx(2 / 3), 3)
    # Clopper-Pearson of 2 in 3, as R's binom.test(2, 3) has it.
    assert (exact["low"], exact["high"]) == pytest.approx((0.09429932, 0.99159624))
    assert "SQuAD" in exact["formula"]
    assert [(one["tag"], one["name"], one["value"]) for one in done["tags"] if one["name"] == "exact_match"] == [
        ("europe", "exact_match", 1.0),
        ("asia", "exact_match", 1.0),
    ]
    assert ground.call("evaluations.get_evaluation", {"id": done["id"]}) == done
    page = ground.call("evaluations.get_answers", {"id": done["id"], "limit": 2})
    assert ([one["number"] for one in page["answers"]], page["total"], page["next_after"]) == ([1, 2], 3, 2)
    rest = ground.call("evaluations.get_answers", {"id": done["id"], "limit": 2, "after": 2})
    assert ([one["answer"] for one in rest["answers"]], rest["next_after"]) == (["Sydney, of course"], None)
    wrong = ground.call("evaluations.get_answers", {"id": done["id"], "metric": "exact_match", "below": 1})
    assert [one["number"] for one in wrong["answers"]] == [3]
    listed = ground.call("evaluations.list_evaluations", {"target": "given"})["evaluations"]
    assert done in listed


def test_a_deleted_evaluation_leaves_nothing(ground: Ground) -> None:
    """Its row and the blob of its answers go."""
    done = made(ground, "Paris", "Tokyo", "Canberra")
    ground.call("evaluations.delete_evaluation", {"id": done["id"]})
    with pytest.raises(NotFound):
        ground.call("evaluations.get_evaluation", {"id": done["id"]})
    with pytest.raises(NotFound):
        ground.call("blobs.read_content", {"id": done["answers"]})


def test_an_operation_is_evaluated_and_a_refusal_is_told_apart(ground: Ground) -> None:
    """Contract: a refusal counts as wrong, and is no wrong answer."""
    done = ground.call(
        "evaluations.create_evaluation",
        {
            "target": "operation:physics.convert_unit",
            "cases": [
                {"input": '{"value": 5, "to": "km"}', "expected": 8.04672},
                {"input": '{"value": 6, "to": "km"}', "expected": 1.0},
                {"input": '{"value": 5, "to": "kg"}', "expected": 1.0},
            ],
            "metrics": [{"kind": "numeric", "relative": 1e-9}, "latency", "cost"],
            "how": {"arguments": {"value": "{input.value}", "unit": "mile", "to": "{input.to}"}, "answer": "value"},
        },
    )
    counts = done["counts"]
    assert (counts["answered"], counts["refused"], counts["failed"]) == (2, 1, 0)
    assert value(done, "numeric")["value"] == pytest.approx(1 / 3)
    latency = value(done, "latency")
    assert latency["cases"] == 3
    assert 0 < latency["more"]["p50"] <= latency["more"]["p95"]
    assert value(done, "cost")["value"] is None
    assert "price" in value(done, "cost")["unavailable"]
    refused = ground.call("evaluations.get_answers", {"id": done["id"], "outcome": "refused"})["answers"]
    assert [one["number"] for one in refused] == [3]
    assert "kg" in refused[0]["problem"]
    assert refused[0]["scores"]["numeric"] == 0.0


def test_a_model_and_the_chat_are_evaluated(ground: Ground) -> None:
    """Any model that can be asked, and the agent here, whose conversations for it nobody sees afterwards."""
    cases = [{"input": "When does the ship leave?", "expected": "On Monday"}, {"input": "Hello", "expected": "script"}]
    asked: Json = {"cases": cases, "metrics": ["contains", "tokens", "bits_per_byte"], "target": "scripted"}
    done = ground.call("evaluations.create_evaluation", asked)
    assert value(done, "contains")["value"] == 1.0
    assert done["demonstration"]
    assert value(done, "bits_per_byte")["value"] is None
    assert "likely" in value(done, "bits_per_byte")["unavailable"]
    before = ground.call("conversations.list_conversations", {})["conversations"]
    done = ground.call(
        "evaluations.create_evaluation", {**asked, "target": "chat:scripted", "how": {"operations": False}}
    )
    assert done["counts"]["answered"] == 2
    assert value(done, "contains")["value"] == 1.0
    assert ground.call("conversations.list_conversations", {})["conversations"] == before
