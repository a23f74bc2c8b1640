"""The periods in which budgets count: hours, days, weeks and months of the calendar, UTC, or all time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Length = Literal["total", "hour", "day", "week", "month"]

EACH = "*"
"""The subject of a budget that each run, conversation, key or user has for itself."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """One period: its name, and its bounds in seconds since 1970; None where time has no bound."""

    key: str
    start: float | None
    end: float | None


def period_of(length: str, at: float) -> Period:
    """The period of this length that a time is in."""
    now = datetime.fromtimestamp(at, UTC)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if length == "hour":
        return _between(f"{now:%Y-%m-%dT%H}", now.replace(minute=0, second=0, microsecond=0), timedelta(hours=1))
    if length == "day":
        return _between(f"{now:%Y-%m-%d}", day, timedelta(days=1))
    if length == "week":
        year, week, weekday = now.isocalendar()
        return _between(f"{year}-W{week:02}", day - timedelta(days=weekday - 1), timedelta(days=7))
    if length == "month":
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        return _between(f"{now:%Y-%m}", first, following - first)
    return Period(key="total", start=None, end=None)


def counted_as(length: str, at: float, each: str = "") -> str:
    """What a budget's sum of a period is kept under: its own for each run, key or user where it has one for each."""
    key = period_of(length, at).key
    return f"{key} {each}" if each else key


def _between(key: str, start: datetime, length: timedelta) -> Period:
    return Period(key=key, start=start.timestamp(), end=(start + length).timestamp())
