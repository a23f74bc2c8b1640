"""When a schedule is due: cron's five fields, read in a time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

from nis_backend.errors import InvalidRequest

NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}

FIELDS = 5
"""Minute, hour, day of the month, month, day of the week: a schedule is due at most once a minute."""


def next_times(cron: str, timezone: str, after: float, count: int = 1) -> list[float]:
    """The next times that are due after this one, seconds since 1970; fewer where it has no more within 50 years.

    Of a clock that is set forward, what falls into the gap is due right after it; of one that is set back, once.

    Raises:
        InvalidRequest: `cron` or `timezone` cannot be read.
    """
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 - loads with the first schedule

    begin = at(after, timezone)
    fields = NICKNAMES.get(cron.strip().lower(), cron)
    wanted = f"minute hour day month weekday, or {', '.join(NICKNAMES)}"
    if len(fields.split()) != FIELDS:
        raise _unread("cron", cron, f"it has {len(fields.split())} fields", wanted)
    try:
        times = [found.timestamp() for found in islice(CronSim(fields, begin), count)]
    except (CronSimError, AssertionError, ValueError, OverflowError) as error:
        raise _unread("cron", cron, str(error), wanted) from None
    if not times:
        raise _unread("cron", cron, "it is never due", "days that there are")
    return times


def at(moment: float, timezone: str) -> datetime:
    """A moment in this zone; UTC itself, whose days all have 24 hours, needs no database of zones.

    Raises:
        InvalidRequest: there is no such zone.
    """
    if timezone == "UTC":
        return datetime.fromtimestamp(moment, UTC)
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - as above

    try:
        return datetime.fromtimestamp(moment, ZoneInfo(timezone))
    # What is no name of a file is a ValueError, what is a folder of names an OSError.
    except (KeyError, ValueError, OSError):
        raise _unread("timezone", timezone, "there is none of this name", "a name such as Europe/Berlin") from None


def _unread(field: str, value: str, why: str, wanted: str) -> InvalidRequest:
    return InvalidRequest(
        f"{field} {value!r} cannot be read: {why}.", field=field, value=value, remedy=f"Give {wanted}."
    )
