"""The vote of a team, by cases that can be counted on fingers."""

from __future__ import annotations

import pytest

from nis_backend.answers.extracting import Extraction
from nis_backend.capabilities.teams.answered import Contribution, Vote, voted, with_answers
from nis_backend.capabilities.teams.board import DONE
from nis_backend.capabilities.teams.operations import RunTeam, TeamAnswer, run_team
from nis_backend.capabilities.teams.shapes import undecided
from nis_backend.capabilities.teams.team import Team
from nis_backend.view import Table


def vote(answers: list[str | None], quorum: float = 0.5, at_least: int | None = None) -> Vote:
    """The vote of as many members; None is one that was dead."""
    members = [{"name": f"m{number}", "model": "x"} for number in range(len(answers))]
    given = {"id": "t", "name": "t", "version": 1, "created": 0, "updated": 0, "shape": "vote", "members": members}
    team = Team.model_validate({**given, "answer": Extraction(kind="number"), "quorum": quorum, "at_least": at_least})
    said = [
        Contribution(member=f"m{number}", round=1, problem={"detail": "dead"})
        if answer is None
        else Contribution(member=f"m{number}", round=1, text=answer)
        for number, answer in enumerate(answers)
    ]
    return voted(with_answers(said, team), team)


@pytest.mark.parametrize(
    ("answers", "quorum", "needed", "decided"),
    [
        (["42", "42", "42"], 0.5, 2, True),
        (["42", "42.0", None], 0.5, 2, True),
        (["42", "7", None], 0.5, 2, False),
        (["42", None, None], 0.5, 1, False),
        ([None, None, None], 0.5, 1, False),
        (["42", "42", "7"], 1.0, 3, False),
        (["42", "42", "42"], 1.0, 3, True),
        (["42", "42", "7", "7"], 0.5, 3, False),
        (["42", "42", "42", "7"], 0.75, 4, False),
        (["42", "42", "I cannot tell."], 0.5, 2, True),
    ],
)
def test_a_quorum_is_counted_over_those_that_answered(
    answers: list[str | None], quorum: float, needed: int, decided: bool
) -> None:
    """Promise of Vote: ⌊quorum · answered⌋ + 1, all at a quorum of 1, and no decision of fewer than half of a team."""
    one = vote(answers, quorum)
    assert (one.needed, one.decided) == (needed, decided)
    assert one.answered + len(one.silent) == len(answers)


def test_a_tie_is_told_and_decides_nothing() -> None:
    """Promise: ties are told, and so is why there is no decision."""
    one = vote(["42", "7", "42", "7"])
    assert one.tied == ["42", "7"]
    assert undecided(one).splitlines()[1:] == ["42: m0, m2", "7: m1, m3"]
    alone = vote(["42", None, None])
    assert undecided(alone).startswith("The team has not decided: 1 answered, and 2 have to")
    assert vote(["42", None, None], at_least=1).decided


def test_very_many_empty_lines_on_a_board_are_read_at_once() -> None:
    """House rule: whatever a member of another server writes, it does not keep this one from its work."""
    assert DONE.search("\n" * 1_000_000 + "x") is None
    found = DONE.search("First.\n\n  DONE:\n The answer.\nMore.")
    assert found is not None
    assert found[1] == "The answer.\nMore."


def test_who_said_no_answer_of_the_kind_is_shown_beside_the_votes() -> None:
    """Promise of docs/teams.md: who is dead, late or says nothing of the kind is named in what a person sees too."""
    said = TeamAnswer(
        team_id="t",
        team="t",
        version=1,
        shape="vote",
        response="42",
        answer="42",
        said=[],
        vote=vote(["42", "42", "I cannot tell.", None]),
        absent={"m3": "It was late."},
        run_id="run-1",
    )
    *_, table = run_team.draw(RunTeam(id="t", message="How many?"), said)
    assert isinstance(table, Table)
    assert table.rows == [["m2", "Its words held no answer of the kind."], ["m3", "It was late."]]
