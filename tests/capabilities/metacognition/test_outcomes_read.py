"""Which rows are read: the newest outcomes, each question once; every look at held-out cases."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from opened import opened

from nis_backend.capabilities.metacognition.assess import assessment
from nis_backend.capabilities.metacognition.assess.assessment import outcomes
from nis_backend.capabilities.metacognition.assess.operations import record_outcome
from nis_backend.capabilities.metacognition.assess.recording import Outcome, RecordOutcome
from nis_backend.capabilities.metacognition.evolve import evolution


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


def test_a_question_counts_once(tmp_path: Path) -> None:
    """By what was recorded last."""
    assert read(tmp_path, [("q", True), ("q", False), ("p", True)]) == [("q", False), ("p", True)]


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
