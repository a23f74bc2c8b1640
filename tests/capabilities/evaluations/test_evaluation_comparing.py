"""Evaluations held against each other: only the same cases pair, and what may be chance is not called better."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from ground import Ground

from nis_backend.caller import LOCAL
from nis_backend.errors import Conflict, InvalidRequest, NotFound

Json = dict[str, Any]


def evaluated(ground: Ground, answers: Sequence[str], *, first: int = 1, metrics: Sequence[object] = ()) -> str:
    """The id of an evaluation of these answers to questions whose answers are their numbers in words."""
    cases = [{"input": f"{number}?", "expected": f"number {number}"} for number in range(first, first + len(answers))]
    request: Json = {"target": "given", "cases": cases, "answers": list(answers)}
    request["metrics"] = list(metrics) or ["exact_match", "token_f1"]
    return str(ground.call("evaluations.create_evaluation", request)["id"])


def right(count: int, of: int, first: int = 1) -> list[str]:
    """So many right answers, the first ones, and others."""
    return [f"number {at}" if at < first + count else "nothing" for at in range(first, first + of)]


def compared(ground: Ground, baseline: str, *candidates: str, **more: Any) -> Json:
    """The comparison."""
    asked = {"baseline": baseline, "candidates": list(candidates), **more}
    return ground.call("evaluations.compare_evaluations", asked)


def test_a_difference_beyond_chance_is_told_with_its_test(ground: Ground) -> None:
    """McNemar: 10 of 12 against 2 of 12, eight cases that differ one way: p = 2 / 2^8, twice that by Holm."""
    old, new = evaluated(ground, right(2, 12)), evaluated(ground, right(10, 12))
    found = compared(ground, old, new)
    exact, f1 = found["differences"]
    assert (exact["metric"], exact["pairs"], exact["wins"], exact["losses"]) == ("exact_match", 12, 8, 0)
    assert exact["p_value"] == exact["least_p"] == 2 / 2**8
    assert (exact["p_corrected"], found["comparisons"]) == (2 * 2 / 2**8, 2)
    assert exact["difference"] == pytest.approx(8 / 12)
    assert 0 < exact["low"] < 8 / 12 < exact["high"] <= 1
    assert (exact["verdict"], f1["verdict"]) == ("better", "better")
    assert compared(ground, new, old)["differences"][0]["verdict"] == "worse"
    # As words ask for it: the first of those named is the baseline.
    asked = {"candidates": [old, new], "metrics": ["exact_match"]}
    assert ground.call("evaluations.compare_evaluations", asked)["differences"][0]["baseline"] == old


def test_few_cases_are_not_told_apart_and_it_is_said_why(ground: Ground) -> None:
    """Five of five against none of five may be chance: no p below 1/16 is possible."""
    old, new = evaluated(ground, right(0, 5)), evaluated(ground, right(5, 5))
    one = compared(ground, old, new, metrics=["exact_match"])["differences"][0]
    assert (one["verdict"], one["p_value"]) == ("not told apart", 0.0625)
    assert "no p below 0.0625" in one["why"]
    gate = ground.call("evaluations.check_gate", {"candidate": new, "baseline": old, "metric": "exact_match"})
    assert (gate["passed"], gate["pairs"], gate["p_value"]) == (False, 5, 0.0625)
    assert "may be chance" in gate["reason"]
    assert "take more cases" in gate["reason"]


def test_only_the_same_cases_pair_by_their_content(ground: Ground) -> None:
    """What does not pair is counted; where nothing does there is no comparison."""
    old, new = evaluated(ground, right(4, 8)), evaluated(ground, right(8, 8, 5), first=5)
    one = compared(ground, old, new, metrics=["exact_match"])["differences"][0]
    assert (one["pairs"], one["only_candidate"], one["only_baseline"]) == (4, 4, 4)
    assert (one["candidate_value"], one["baseline_value"]) == (1.0, 0.0)
    other = evaluated(ground, right(3, 3, 100), first=100)
    found = compared(ground, old, other, metrics=["exact_match"])
    assert found["differences"] == []
    assert "share no case" in found["left_out"][0]
    with pytest.raises(Conflict, match="4 cases are the candidate's alone, 4 the baseline's; they share 4"):
        ground.call("evaluations.check_gate", {"candidate": new, "baseline": old, "metric": "exact_match"})
    with pytest.raises(Conflict, match="share no case"):
        ground.call("evaluations.check_gate", {"candidate": other, "baseline": old, "metric": "exact_match"})


def test_metrics_that_are_computed_differently_are_not_compared(ground: Ground) -> None:
    """One name, two formulas."""
    old = evaluated(ground, right(2, 4), metrics=["exact_match"])
    new = evaluated(ground, right(4, 4), metrics=[{"kind": "exact_match", "as_written": True}])
    assert "differently" in compared(ground, old, new)["left_out"][0]


def test_a_gate_passes_what_is_better_beyond_chance(ground: Ground) -> None:
    """And nothing else: not what is worse, nor what is short of the least value by its interval."""
    old, new = evaluated(ground, right(2, 12)), evaluated(ground, right(10, 12))
    asked = {"candidate": new, "baseline": old, "metric": "exact_match"}
    passed = ground.call("evaluations.check_gate", asked)
    assert (passed["passed"], passed["p_value"]) == (True, 2 / 2**8)
    assert passed["low"] > 0
    short = ground.call("evaluations.check_gate", {**asked, "at_least": 0.8})
    assert not short["passed"]
    assert "begins at 0.5159" in short["reason"]
    back = ground.call("evaluations.check_gate", {**asked, "candidate": old, "baseline": new})
    assert not back["passed"]
    assert "no better" in back["reason"]
    alone = ground.call("evaluations.check_gate", {"candidate": new, "metric": "exact_match", "at_least": 0.5})
    assert (alone["passed"], alone["baseline"], alone["p_value"]) == (True, None, None)


def test_a_margin_passes_what_is_surely_not_much_worse(ground: Ground) -> None:
    """Non-inferiority: the whole interval is above the margin, which few cases cannot show."""
    many = right(90, 100)
    old, new = evaluated(ground, many), evaluated(ground, ["nothing", *many[1:]])
    asked = {"candidate": new, "baseline": old, "metric": "exact_match", "margin": 0.1}
    assert ground.call("evaluations.check_gate", asked)["passed"]
    few_old, few_new = evaluated(ground, right(4, 5)), evaluated(ground, right(4, 5))
    few = ground.call("evaluations.check_gate", {**asked, "candidate": few_new, "baseline": few_old})
    assert not few["passed"]
    assert "may be worse" in few["reason"]


def test_a_gate_tells_of_how_many_looks_it_is_one(ground: Ground) -> None:
    """Whoever evaluates until something passes is told: of twenty looks one passes by chance."""
    metrics = ["exact_match", {"kind": "chrf", "name": "looked"}]
    old = evaluated(ground, right(3, 11), metrics=metrics)
    new = [evaluated(ground, right(3 + more, 11), metrics=metrics) for more in (0, 7)]
    asked = {"candidate": new[1], "baseline": old, "metric": "exact_match"}
    gate = ground.call("evaluations.check_gate", asked)
    assert (gate["passed"], gate["looks"], gate["p_corrected"]) == (True, 4, 4 * 2 / 2**7)
    assert "one of 4 looks" in gate["reason"]


def test_a_gate_lets_through_nothing_that_was_not_measured(ground: Ground) -> None:
    """A case that was not asked for want of money is not left out as if it had not been there."""
    old, new = evaluated(ground, right(0, 9)), evaluated(ground, right(9, 9))
    ctx = ground.process.context(LOCAL)

    async def spoil() -> None:
        row = await ctx.store.get("evaluations", new)
        assert row is not None
        lines = [json.loads(line) for line in (await ctx.blobs.read(row["blob_id"])).splitlines()]
        lines[1] |= {"outcome": "unasked", "scores": {"exact_match": None, "token_f1": None}}
        blob = await ctx.blobs.put("".join(f"{json.dumps(line)}\n" for line in lines).encode())
        await ctx.store.update("evaluations", new, {"blob_id": blob.id})

    asked = {"candidate": new, "baseline": old, "metric": "exact_match"}
    assert ground.call("evaluations.check_gate", asked)["passed"]
    ground.run(spoil())
    gate = ground.call("evaluations.check_gate", asked)
    assert (gate["passed"], gate["pairs"]) == (False, 8)
    assert "of 1 cases" in gate["reason"]


def test_gates_refuse_what_cannot_be_decided(ground: Ground) -> None:
    """House rule: the field, its value, the remedy."""
    old = evaluated(ground, right(2, 3))
    with pytest.raises(NotFound, match="no metric") as missing:
        ground.call("evaluations.check_gate", {"candidate": old, "metric": "chrf"})
    assert "exact_match, token_f1" in missing.value.remedy
    with pytest.raises(InvalidRequest, match="more is better"):
        ground.call("evaluations.check_gate", {"candidate": old, "metric": "exact_match", "at_most": 0.5})
    with pytest.raises(NotFound) as unknown:
        ground.call("evaluations.check_gate", {"candidate": old, "baseline": "evaluation-0", "metric": "exact_match"})
    assert unknown.value.field == "baseline"
    with pytest.raises(InvalidRequest, match="itself"):
        compared(ground, old, old)
