"""Runs in memory: never more than is committed, never another owner's, never without bound."""

from __future__ import annotations

from nis_backend.drivers.store.base import Row
from nis_backend.drivers.store.sqlite.recent import EVENT_BYTES, LONGEST, ROW_BYTES, Recent


def _row(run_id: str, last_seq: int) -> Row:
    return {"id": run_id, "owner": "local", "last_seq": last_seq, "input": "{}", "result": None, "problem": None}


def _events(*numbers: int) -> list[Row]:
    return [{"seq": number, "attempt": 1, "time": 0.0, "type": "text_delta", "body": "{}"} for number in numbers]


def _numbers(found: list[Row] | None) -> list[int] | None:
    return None if found is None else [event["seq"] for event in found]


def test_a_log_is_answered_from_any_number_that_is_here() -> None:
    """A follower goes on from where it is; source: the store's contract, `events`."""
    recent = Recent()
    recent.grown(_row("run-1", 0), [])
    recent.grown(_row("run-1", 2), _events(1, 2))
    recent.grown(_row("run-1", 3), _events(3))
    assert _numbers(recent.events("local", "run-1", 0, 500)) == [1, 2, 3]
    assert _numbers(recent.events("local", "run-1", 1, 1)) == [2]
    assert _numbers(recent.events("local", "run-1", 3, 500)) == []


def test_a_log_with_a_gap_is_not_answered() -> None:
    """What was written past this memory is read from the file: no reader misses a number."""
    recent = Recent()
    recent.grown(_row("run-1", 2), _events(1, 2))
    recent.grown(_row("run-1", 5), _events(5))
    assert recent.events("local", "run-1", 2, 500) is None
    assert _numbers(recent.events("local", "run-1", 4, 500)) == [5]


def test_another_owner_finds_nothing() -> None:
    """Each query has its owner; source: the store's contract."""
    recent = Recent()
    recent.grown(_row("run-1", 1), _events(1))
    assert recent.row("other", "run-1") is None
    assert recent.events("other", "run-1", 0, 500) is None


def test_what_is_kept_is_bounded() -> None:
    """Memory does not grow with runs, nor with the length of one."""
    recent = Recent(most=10 * ROW_BYTES)
    for number in range(100):
        recent.grown(_row(f"run-{number}", 0), [])
    assert recent.row("local", "run-0") is None
    assert recent.row("local", "run-99") is not None
    recent = Recent(most=ROW_BYTES + 2 * LONGEST * EVENT_BYTES)
    recent.grown(_row("run-1", 3 * LONGEST), _events(*range(1, 3 * LONGEST + 1)))
    assert recent.events("local", "run-1", 0, 500) is None
    assert _numbers(recent.events("local", "run-1", 3 * LONGEST - 1, 500)) == [3 * LONGEST]


def test_a_caller_may_change_the_row_it_was_given() -> None:
    """An answer is the caller's own; what is kept stays as it was committed."""
    recent = Recent()
    recent.grown(_row("run-1", 0), [])
    given = recent.row("local", "run-1")
    assert given is not None
    given["last_seq"] = 7
    assert recent.row("local", "run-1") == _row("run-1", 0)
