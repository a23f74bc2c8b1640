"""Budgets as rows, and the periods in which they count: by the calendar of UTC, or all time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from nis_backend.drivers.store.spending import of_each
from nis_backend.record import record

if TYPE_CHECKING:
    from nis_backend.drivers.store.base import Row

DOLLAR = 10**9
"""Money is kept in whole nano-dollars."""

Length = Literal["total", "hour", "day", "week", "month"]

EACH = "*"
"""The subject of a budget that each run, conversation, key or user has for itself."""


@record
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
    return f"{of_each(each)}{key}" if each else key


def nano(dollars: float) -> int:
    """Dollars as they are kept: as they are written in decimal, what is finer left out."""
    return int(Decimal(repr(dollars)) * DOLLAR)


def cap_of_run(budget_id: str, run_id: str, dollars: float, now: float) -> Row:
    """The budget of one run, which is written down with it."""
    return {
        "id": budget_id,
        "name": "",
        "scope": "run",
        "subject": run_id,
        "period": "total",
        "cap": nano(dollars),
        "model": "",
        "action": "refuse",
        "enabled": 1,
        "created": now,
        "updated": now,
    }


def _between(key: str, start: datetime, length: timedelta) -> Period:
    return Period(key=key, start=start.timestamp(), end=(start + length).timestamp())
