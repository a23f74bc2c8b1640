"""Evaluations from end to end: answers, scores, intervals; refusals told apart; pages, reports, deletion."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from ground import Ground

from nis_backend.caller import LOCAL
from nis_backend.errors import Cancelled, Conflict, DeadlineExceeded, InvalidRequest, NisError, NotFound, NotSupported

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


def test_a_target_that_cannot_answer_ends_the_run(ground: Ground) -> None:
    """Nothing is measured where nobody has answered: the run fails as the first case was told."""
    request: Json = {
        "target": "operation:physics.convert_unit",
        "cases": [{"input": "no request", "expected": 1}],
        "metrics": ["numeric"],
    }
    done = ground.call("evaluations.create_evaluation", request)
    assert (done["counts"]["refused"], value(done, "numeric")["value"]) == (1, 0.0)
    with pytest.raises(NotFound):
        ground.call("evaluations.create_evaluation", {**request, "target": "scripted:nothing-such"})
    late: Json = {
        "target": "scripted",
        "cases": [{"input": "Tell a long story.", "expected": "Once"}],
        "metrics": ["contains"],
        "how": {"seconds": 0.1},
    }
    with pytest.raises(DeadlineExceeded, match=r"0\.1 s"):
        ground.call("evaluations.create_evaluation", late)
    failed = ground.call("evaluations.list_evaluations", {"limit": 1})["evaluations"][0]
    assert (failed["state"], failed["target"]) == ("failed", "scripted")
    assert "0.1 s" in failed["reason"]
    both = {**late, "cases": [*late["cases"], {"input": "Hello", "expected": "script"}]}
    done = ground.call("evaluations.create_evaluation", both)
    assert (done["counts"]["failed"], done["counts"]["answered"]) == (1, 1)
    assert value(done, "contains")["value"] == 0.5


def test_a_remote_agent_is_evaluated(ground: Ground) -> None:
    """By its name here, over A2A."""
    made_agent = ground.call("remote_agents.create_remote_agent", {"url": "scripted:echo"})
    request: Json = {
        "target": f"agent:{made_agent['name']}",
        "cases": [{"input": "Good morning", "expected": "morning"}],
        "metrics": ["contains"],
    }
    done = ground.call("evaluations.create_evaluation", request)
    assert (value(done, "contains")["value"], done["counts"]["answered"]) == (1.0, 1)


def test_a_case_that_is_there_twice_is_asked_once(ground: Ground) -> None:
    """Copies are no evidence: they are counted, and left out."""
    hello: Json = {"input": "Hello", "expected": "script"}
    request: Json = {"target": "scripted", "cases": [hello, {**hello, "tags": ["again"]}], "metrics": ["contains"]}
    counts = ground.call("evaluations.create_evaluation", request)["counts"]
    assert (counts["cases"], counts["repeated"]) == (1, 1)


def test_one_under_way_is_watched_cancelled_and_only_then_deleted(ground: Ground) -> None:
    """Its row is there with its run; a cancelled one is no failure."""
    request: Json = {"target": "scripted", "cases": [{"input": "Tell a long story."}], "metrics": ["latency"]}
    run = ground.call("evaluations.create_evaluation", request, wait=False)
    listed = ground.call("evaluations.list_evaluations", {"limit": 5})["evaluations"]
    one = next(each for each in listed if each["run_id"] == run["id"])
    assert one["state"] in ("queued", "running")
    with pytest.raises(Conflict, match=r"is (queued|running)"):
        ground.call("evaluations.delete_evaluation", {"id": one["id"]})
    ground.call("runs.cancel_run", {"id": run["id"]})
    with pytest.raises(Cancelled):
        ground.run(ground.process.context(LOCAL).runs.result(run["id"]))
    assert ground.call("evaluations.get_evaluation", {"id": one["id"]})["state"] == "cancelled"
    with pytest.raises(Conflict):
        ground.call("evaluations.check_gate", {"candidate": one["id"], "metric": "latency"})
    ground.call("evaluations.delete_evaluation", {"id": one["id"]})


@pytest.mark.parametrize("format_", ["markdown", "html"])
def test_a_report_shows_failures_first_and_how_to_repeat_it(ground: Ground, format_: str) -> None:
    """Words of others are no markup in it."""
    hostile = "<script>alert(1)</script> | **bold**\n# Heading"
    request: Json = {
        "target": "given",
        "cases": [{"input": hostile, "expected": "x"}, {"input": "Two?", "expected": "two"}],
        "answers": ["two ```", "two"],
        "metrics": ["exact_match", "label"],
        "name": hostile,
    }
    done = ground.call("evaluations.create_evaluation", request)
    found = ground.call("evaluations.report_evaluation", {"id": done["id"], "format": format_})
    assert [one["number"] for one in found["worst"]] == [1, 2]
    assert found["command"].startswith("nis call evaluations.create_evaluation --input -")
    sent = json.loads(found["command"].splitlines()[1])
    assert sent == {**request, "cases": sent["cases"]}

    async def text() -> str:
        return (await ground.process.context(LOCAL).blobs.read(found["report"]["id"])).decode()

    said = ground.run(text())
    assert "0.5" in said
    assert "Confusion" in said
    assert said.index("Case 1:") < said.index("Case 2:")
    if format_ == "html":
        assert "<script>" not in said
    else:
        assert "\n# Heading" not in said.split("```")[0]


WRONG: Sequence[tuple[Json, str]] = [
    ({"cases": []}, "cases"),
    ({"cases": [{"input": []}]}, "cases.0.input"),
    ({"metrics": ["exact_match", "exact_match"]}, "metrics.1.name"),
    ({"metrics": [{"kind": "matches"}]}, "metrics.0.pattern"),
    ({"metrics": [{"kind": "matches", "pattern": "(?=a)"}]}, "metrics.0.pattern"),
    ({"metrics": [{"kind": "judge", "against": "evaluation-0"}]}, "metrics.0.against"),
    ({"metrics": [{"kind": "schema_valid", "answer_schema": {"type": 1}}]}, "metrics.0.answer_schema"),
    ({"answers": ["one"]}, "answers"),
    ({"target": "operation:runs.delete_run"}, "target"),
    ({"target": "operation:chat.send_message"}, "target"),
    ({"target": "agent:nobody"}, "target"),
    ({"target": "nobody:nothing"}, "target"),
    ({"dataset": "words"}, "cases"),
    ({"version": "1"}, "version"),
    ({"target": "scripted"}, "answers"),
    ({"metrics": [{"kind": "judge", "model": "nobody:nothing"}]}, "metrics.0.model"),
    ({"cases": [{"input": "\0"}]}, "cases.0.input"),
]


@pytest.mark.parametrize(("wrong", "field"), WRONG, ids=str)
def test_what_cannot_be_evaluated_is_refused_by_its_field(ground: Ground, wrong: Json, field: str) -> None:
    """House rule: a typed error with the field and the remedy, before there is a run."""
    with pytest.raises(NisError) as error:
        ground.call("evaluations.create_evaluation", {**GIVEN, "answers": ["a", "b", "c"], **wrong})
    assert error.value.field == field
    assert error.value.remedy


def test_answers_are_scored_without_a_model(ground: Ground) -> None:
    """What needs one is refused by name."""
    asked: Json = {"cases": CASES[:2], "answers": ["paris", "kyoto"], "metrics": ["exact_match", "chrf"]}
    found = ground.call("evaluations.score_answers", asked)
    assert [one["scores"]["exact_match"] for one in found["answers"]] == [1.0, 0.0]
    assert found["metrics"][1]["more"]["corpus_chrf"] > 0
    for kind in ("judge", "bits_per_byte", "latency", "cost"):
        with pytest.raises(NotSupported) as error:
            ground.call("evaluations.score_answers", {**asked, "metrics": ["exact_match", kind]})
        assert error.value.field == "metrics.1"
    with pytest.raises(InvalidRequest, match="1 answers to 2 cases"):
        ground.call("evaluations.score_answers", {**asked, "answers": ["paris"]})


def test_a_cancelled_evaluation_leaves_no_turn_of_the_chat_under_way(ground: Ground) -> None:
    """What it has begun ends with it."""
    message = "Tell a long story of a cancelled evaluation."
    request: Json = {
        "target": "chat:scripted",
        "cases": [{"input": message}],
        "metrics": ["latency"],
        "how": {"operations": False},
    }
    run = ground.call("evaluations.create_evaluation", request, wait=False)

    async def turn() -> str:
        ctx = ground.process.context(LOCAL)
        async with asyncio.timeout(60):
            while True:
                rows = await ctx.store.select("runs", where={"operation": "chat.send_message"}, limit=5)
                found = [str(row["id"]) for row in rows if message in row["input"] and row["state"] == "running"]
                if found:
                    return found[0]
                await asyncio.sleep(0)

    begun = ground.run(turn())
    ground.call("runs.cancel_run", {"id": run["id"]})
    with pytest.raises(Cancelled):
        ground.run(ground.process.context(LOCAL).runs.result(begun))
