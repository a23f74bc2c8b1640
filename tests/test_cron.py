"""When a schedule is due."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nis_backend.cron import next_times
from nis_backend.errors import InvalidRequest

BERLIN = ZoneInfo("Europe/Berlin")


def due(cron: str, begin: str, count: int = 3) -> list[str]:
    """The next times in Berlin, as its clocks show them, with their distance from UTC."""
    after = datetime.fromisoformat(begin).replace(tzinfo=BERLIN).timestamp()
    found = next_times(cron, "Europe/Berlin", after, count)
    return [datetime.fromtimestamp(one, BERLIN).isoformat(timespec="minutes") for one in found]


def test_times_are_those_of_the_zone() -> None:
    """Promise: cron with a time zone: nine o'clock is nine o'clock in summer and in winter."""
    assert due("0 9 * * *", "2026-03-28T10:00", 2) == ["2026-03-29T09:00+02:00", "2026-03-30T09:00+02:00"]
    assert due("0 9 * * MON-FRI", "2026-10-23T10:00", 2) == ["2026-10-26T09:00+01:00", "2026-10-27T09:00+01:00"]
    assert due("@monthly", "2026-01-15T00:00", 2) == ["2026-02-01T00:00+01:00", "2026-03-01T00:00+01:00"]


def test_what_falls_into_a_gap_is_due_after_it_and_what_comes_twice_once() -> None:
    """Source: Debian's cron on clocks that are set forward and back."""
    assert due("30 2 * * *", "2026-03-28T12:00", 2) == ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]
    assert due("30 2 * * *", "2026-10-24T12:00", 2) == ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]


def test_a_time_that_is_due_now_is_not_the_next() -> None:
    """Each next one is later, so that firing goes on from the last."""
    [first] = next_times("*/5 * * * *", "UTC", 600.0)
    [second] = next_times("*/5 * * * *", "UTC", first)
    assert (first, second) == (900.0, 1200.0)
    assert next_times("*/5 * * * *", "UTC", 600.4) == [900.0]


@pytest.mark.parametrize(
    ("cron", "zone", "field"),
    [
        ("", "UTC", "cron"),
        ("every day", "UTC", "cron"),
        ("60 * * * *", "UTC", "cron"),
        ("* * * * * *", "UTC", "cron"),
        ("*/0 * * * *", "UTC", "cron"),
        ("0 0 31 2 *", "UTC", "cron"),
        ("0 0 30 FEB *", "UTC", "cron"),
        ("@reboot", "UTC", "cron"),
        ("0 9 * * *", "Europe/Nowhere", "timezone"),
        ("0 9 * * *", "Europe", "timezone"),
        ("0 9 * * *", "../../etc/passwd", "timezone"),
        ("0 9 * * *", "", "timezone"),
        ("0 9 * * *", "a\0b", "timezone"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(cron: str, zone: str, field: str) -> None:
    """Promise: a schedule that cannot be parsed is a typed error with the value and the remedy."""
    with pytest.raises(InvalidRequest) as refused:
        next_times(cron, zone, 0.0)
    assert refused.value.field == field
    assert refused.value.remedy


@given(st.text(alphabet="0123456789*/,-#L@ MONFEB²", max_size=24))
def test_no_text_breaks_the_reader(cron: str) -> None:
    """Whatever is written is read or refused."""
    try:
        found = next_times(cron, "UTC", 1.7e9, 2)
    except InvalidRequest:
        return
    assert found == sorted(found)
    assert found[0] > 1.7e9
