"""Which rows are read: the newest outcomes, each question once; every look at held-out cases."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server
from opened import Nothing, opened
from rest_client import ask, done

from nis_backend.capabilities.metacognition.assess import assessment
from nis_backend.capabilities.metacognition.assess.assessing import draw
from nis_backend.capabilities.metacognition.assess.assessment import Assessment, outcomes
from nis_backend.capabilities.metacognition.assess.operations import record_outcome
from nis_backend.capabilities.metacognition.assess.recording import Outcome, RecordOutcome
from nis_backend.capabilities.metacognition.evolve import evolution
from nis_backend.context import Context
from nis_backend.errors import Conflict
from nis_backend.owned import Owned
from nis_backend.view import Text


def read(folder: Path, given: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """What is read of outcomes recorded one after the other: question, and whether it was right."""

    async def body() -> list[tuple[str, bool]]:
        async with opened(folder, operations=[record_outcome]) as ctx:
            for question, right in given:
                one = Outcome(score=0.5, correct=right, question=question)
                await ctx.call(record_outcome, RecordOutcome(task="sums", outcomes=[one]))
            return [(one.question, one.correct) for one in await outcomes("sums", ctx)]

    return asyncio.run(body())


def test_more_of_one_kind_than_are_read_cuts_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the share of right ones would be that of the bounds, whatever it was."""
    monkeypatch.setattr(assessment, "MOST_OUTCOMES", 4)
    given = [(f"q-{at}", at % 3 != 0) for at in range(12)]
    found = read(tmp_path, given)
    # The last four right ones are 7, 8, 10 and 11: of the wrong ones 9 is as new, and 0, 3 and 6 are not.
    assert sorted(found) == sorted(given[7:])


def test_they_are_read_a_page_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded: whole rows, with the words of all samples, are never held of all outcomes at once."""
    held: list[int] = []
    select = Owned.select

    async def counted(*given: Any, **named: Any) -> list[Any]:
        rows = await select(*given, **named)
        held.append(len(rows))
        return rows

    given = [(f"q-{at}", at % 3 != 0) for at in range(12)]
    for name in ("whole", "paged"):
        (tmp_path / name).mkdir()
    whole = read(tmp_path / "whole", given)
    monkeypatch.setattr(assessment, "PAGE", 3)
    monkeypatch.setattr(Owned, "select", counted)
    assert sorted(read(tmp_path / "paged", given)) == sorted(whole) == sorted(given)
    assert max(held) == 3


def test_a_question_counts_once(tmp_path: Path) -> None:
    """By what was recorded last."""
    assert read(tmp_path, [("q", True), ("q", False), ("p", True)]) == [("q", False), ("p", True)]


def test_outcomes_that_are_told_together_are_kept_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All or none, whatever happens half-way; of one question the last that is told counts."""

    async def body() -> list[tuple[str, bool]]:
        async with opened(tmp_path, operations=[record_outcome]) as ctx:
            with monkeypatch.context() as cut:
                ids = iter(["assessment-1", "assessment-2", "assessment-1"])

                def new_id(_: Context, __: str) -> str:
                    return next(ids)

                cut.setattr(Context, "new_id", new_id)
                lost = [Outcome(score=0.5, correct=True) for _ in range(3)]
                with pytest.raises(Conflict):
                    await ctx.call(record_outcome, RecordOutcome(task="sums", outcomes=lost))
            several = [Outcome(score=0.5, correct=at % 7 == 6, question=f"q-{at % 5}") for at in range(35)]
            await ctx.call(record_outcome, RecordOutcome(task="sums", outcomes=several))
            return [(one.question, one.correct) for one in await outcomes("sums", ctx)]

    found = asyncio.run(body())
    assert sorted(found) == [("q-0", False), ("q-1", False), ("q-2", False), ("q-3", False), ("q-4", True)]


def test_what_was_said_before_makes_another_question(serve: Serve, tmp_path: Path) -> None:
    """The same words after other turns are outcomes of their own; after the same turns they are one."""
    path = tmp_path / "simulation.json"
    path.write_text('{"models": [{"name": "one", "tasks": [{"answers": [{"text": "Answer: 42"}]}]}]}')
    server = serve(NIS_SIMULATED=str(path))
    request: dict[str, Any] = {"question": "And then?", "model": "simulated:one", "samples": 1}
    before = [[], ["1?", "1"], ["2?", "2"], ["2?", "2"]]
    told = [done(server, "POST", "/metacognition/assess-answer", {**request, "earlier": one}) for one in before]
    outcomes_told = [{"id": one["id"], "correct": True} for one in told[:-1]]
    done(server, "POST", "/metacognition/record-outcome", {"outcomes": outcomes_told})
    known = [done(server, "GET", f"/assessments/{one['id']}/abstention")["outcomes"] for one in told]
    assert known == [2, 2, 2, 2]
    assert done(server, "GET", f"/assessments/{told[1]['id']}")["question"] == "And then?"


def test_an_answer_scored_elsewhere_has_no_samples(server: Server) -> None:
    """Nothing was sampled here: no votes, no shares; what its outcome is, correct says alone."""
    one = {"score": 0.3, "correct": True, "answer": "Rome", "question": "Capital?"}
    told = done(server, "POST", "/metacognition/record-outcome", {"task": "elsewhere", "outcomes": [one]})
    found = done(server, "GET", f"/assessments/{told['ids'][0]}")
    wrong = ask(server, "POST", "/metacognition/record-outcome", {"outcomes": [{**one, "expected": "Paris"}]})
    assert (found["samples"], found["classes"], found["score"]) == (0, [], 0.3)
    # A person who looks at it sees under what its outcome is recorded.
    shown = draw(Nothing(), Assessment.model_validate(found))[0]
    assert isinstance(shown, Text)
    assert found["id"] in shown.text
    assert (wrong[0], wrong[2]["field"]) == (422, "outcomes.0")


def test_every_look_at_held_out_cases_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many evolutions there were since: more than one page of them, some with other cases."""
    monkeypatch.setattr(evolution, "PAGE", 2)

    async def body() -> int:
        async with opened(tmp_path, operations=[]) as ctx:
            for number in range(9):
                held = json.dumps({"held": ["a" if number % 3 else "b"]})
                row = {"id": f"e-{number}", "agent_id": "x", "state": "kept", "from_version": 1, "report": held}
                await ctx.store.insert("evolutions", {**row, "created": number // 3, "updated": 0.0})
            return await evolution.look_at("evolutions", {"agent_id": "x"}, "e-8", ["a", "c"], ctx)

    # Six of nine, one of which is this one.
    assert asyncio.run(body()) == 1 + 5
