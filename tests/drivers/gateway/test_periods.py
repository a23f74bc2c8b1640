"""The periods of budgets, by the calendar of UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nis_backend.drivers.gateway.periods import counted_as, period_of


def at(text: str) -> float:
    """A time of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("length", "moment", "key", "start", "end"),
    [
        ("hour", "2026-11-25T23:59:59", "2026-11-25T23", "2026-11-25T23:00", "2026-11-26T00:00"),
        ("day", "2024-02-29T00:00", "2024-02-29", "2024-02-29T00:00", "2024-03-01T00:00"),
        ("week", "2027-01-03T12:00", "2026-W53", "2026-12-28T00:00", "2027-01-04T00:00"),
        ("month", "2026-12-31T23:59:59", "2026-12", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("month", "2026-02-01T00:00", "2026-02", "2026-02-01T00:00", "2026-03-01T00:00"),
    ],
)
def test_a_period_is_one_of_the_calendar(length: str, moment: str, key: str, start: str, end: str) -> None:
    """Its first moment belongs to it, its end to the next one."""
    found = period_of(length, at(moment))
    assert (found.key, found.start, found.end) == (key, at(start), at(end))
    assert period_of(length, at(end)).key != key == period_of(length, at(start)).key


def test_all_time_has_no_bound() -> None:
    """A budget without a period is never filled up again."""
    found = period_of("total", at("2026-11-25T12:00"))
    assert (found.key, found.start, found.end) == ("total", None, None)


def test_each_has_a_sum_of_its_own() -> None:
    """What a budget for each key counts is kept apart by key."""
    moment = at("2026-11-25T12:00")
    assert counted_as("day", moment, "key-1") != counted_as("day", moment, "key-2")
    assert counted_as("day", moment) == "2026-11-25"
