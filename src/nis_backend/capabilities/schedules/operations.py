"""What is run by the clock: written down, looked at, changed, set off at once, and removed."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend import found
from nis_backend.calling import authorise, begin, refuse_secret, refuse_stream, told_under
from nis_backend.cron import at, next_times
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Next
from nis_backend.run import Run
from nis_backend.view import Table, View, moment
from nis_backend.within import written

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST = 100
"""Schedules of one owner: each may begin a run a minute."""

SHOWN = 3
"""Times that are shown of those to come."""


class CreateSchedule(Model):
    """What is run, and when."""

    name: str = Field(min_length=1, max_length=200, description="What it is called.")
    operation: str = Field(min_length=1, max_length=64, description="The operation's name.")
    arguments: dict[str, Any] = Field(  # Any: JSON
        default_factory=dict, max_length=200, description="The operation's request."
    )
    cron: str = Field(
        min_length=1,
        max_length=120,
        description="Minute, hour, day of the month, month, day of the week, as in `0 9 * * MON-FRI`; or @daily.",
    )
    timezone: str = Field(default="UTC", max_length=64, description="Whose clock counts, as in Europe/Berlin.")
    enabled: bool = Field(default=True, description="Whether it is run when it is due.")


class OneSchedule(Model):
    """Which schedule."""

    id: str = Field(min_length=1, max_length=64, description="The schedule's id.")


class UpdateSchedule(OneSchedule):
    """Which schedule, and what of it changes; what is unset stays."""

    name: str | None = Field(default=None, min_length=1, max_length=200, description="What it is called.")
    arguments: dict[str, Any] | None = Field(  # Any: JSON
        default=None, max_length=200, description="The operation's whole request."
    )
    cron: str | None = Field(default=None, min_length=1, max_length=120, description="When it is due.")
    timezone: str | None = Field(default=None, max_length=64, description="Whose clock counts.")
    enabled: bool | None = Field(default=None, description="Whether it is run when it is due.")


class Schedule(Model):
    """An operation that is run by the clock."""

    id: str
    name: str
    operation: str
    arguments: dict[str, Any]  # Any: JSON
    cron: str
    timezone: str
    enabled: bool
    queue: str = Field(description="The queue its runs wait in.")
    upcoming: list[str] = Field(description="The next times, ISO 8601 by the schedule's clock; none while disabled.")
    last_at: float | None = Field(description="When it was due last, seconds since 1970, UTC.")
    last_run_id: str | None = Field(description="The run that it began last.")
    problem: dict[str, Any] | None = Field(  # Any: a problem document
        description="Why it began none when it was due last."
    )
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


class ListSchedules(Model):
    """Which schedules, newest first."""

    enabled: bool | None = Field(default=None, description="Only those that are, or are not.")
    operation: str | None = Field(default=None, max_length=64, description="Only of this operation.")
    cursor: Cursor = None
    limit: int = Field(default=20, ge=1, le=100, description="Most schedules to answer.")


class ScheduleList(Model):
    """One page of schedules."""

    schedules: list[Schedule]
    next_cursor: Next


def _of(row: Row, ctx: Context) -> Schedule:
    given = {name: row[name] for name in Schedule.model_fields if name in row}
    times = next_times(row["cron"], row["timezone"], ctx.now(), SHOWN) if row["enabled"] else []
    given |= {"arguments": json.loads(row["arguments"]), "enabled": bool(row["enabled"])}
    given |= {"problem": row["problem"] and json.loads(row["problem"])}
    upcoming = [at(time, row["timezone"]).isoformat(timespec="minutes") for time in times]
    return Schedule.model_validate({**given, "upcoming": upcoming})


_find = partial(found.by_id, "schedules", "schedule")


_unknown = partial(found.unknown, "schedule")


async def _checked(name: str, arguments: dict[str, Any], ctx: Context) -> str:  # Any: JSON
    """The arguments as they are kept: what the author may ask for, and what the operation takes.

    Raises:
        NisError: what the operation refuses, its fields under `arguments`.
    """
    target = ctx.operations.find(name)
    refuse_stream(target)
    refuse_secret(target)
    with told_under("arguments"):
        authorise(target, ctx)
        request = target.validate(arguments)
        if target.holds_blobs:
            request = await ctx.blobs.resolve(request, [])
    return request.model_dump_json(exclude_unset=True)


def _author(ctx: Context) -> Row:
    """Whose the schedule is from now on: its runs may do what this caller may, and spend what this run may."""
    scopes = json.dumps(sorted(ctx.caller.scopes))
    return {"scopes": scopes, "key_id": ctx.caller.key, "within": written(ctx.within)}


def _draw(_request: Model, result: ScheduleList) -> list[View]:
    rows: list[list[str | float]] = [
        [
            one.id,
            one.name,
            one.operation,
            f"{one.cron} {one.timezone}",
            one.upcoming[0] if one.upcoming else "disabled",
            "" if one.last_at is None else moment(one.last_at),
            str((one.problem or {}).get("detail", "")),
        ]
        for one in result.schedules
    ]
    columns = ["id", "name", "operation", "when", "next", "last (UTC)", "problem"]
    return [Table(title="Schedules", columns=columns, rows=rows)]


DAILY: dict[str, Any] = {
    "name": "Every morning",
    "operation": "runs.get_statistics",
    "cron": "0 7 * * MON-FRI",
    "timezone": "Europe/Berlin",
}
KEPT = Before(name="daily", operation="schedules.create_schedule", request=DAILY)


@operation(
    "schedules.create_schedule",
    # What it begins may: a client that asks before it destroys must ask here.
    effect="destroys",
    resource="schedule",
    outward=True,
    examples=(Example(title="Every working morning in Berlin", request=DAILY),),
)
async def create_schedule(request: CreateSchedule, ctx: Context) -> Schedule:
    """Have an operation run again and again, by cron's five fields in a time zone.

    Its runs may do what the key that it is written with may do when they begin; once that key is revoked or has
    expired, the schedule is disabled. Times that were missed while no server ran are made up for by one run.

    Raises:
        NotFound: there is no operation of this name.
        NotSupported: it answers a stream, or a secret.
        Forbidden: the caller lacks its scopes.
        InvalidRequest: the times or a field under `arguments` cannot be read.
        Conflict: the caller has 100 schedules.
    """
    arguments = await _checked(request.operation, request.arguments, ctx)
    now = ctx.now()
    [next_at] = next_times(request.cron, request.timezone, now)
    if len(await ctx.store.select("schedules", limit=MOST)) >= MOST:
        raise Conflict(f"There are {MOST} schedules.", field="name", remedy="Delete one that is not needed any more.")
    row: Row = {
        **request.model_dump(include={"name", "operation", "cron", "timezone"}),
        **_author(ctx),
        "id": ctx.new_id("schedule"),
        "arguments": arguments,
        "enabled": int(request.enabled),
        "queue": "default",
        "next_at": next_at,
        "last_at": None,
        "last_run_id": None,
        "problem": None,
        "created": now,
        "updated": now,
    }
    await ctx.store.insert("schedules", row)
    return _of(row, ctx)


@operation(
    "schedules.list_schedules",
    effect="reads",
    resource="schedule",
    view=_draw,
    examples=(
        Example(title="All that there are", request={}, before=(KEPT,)),
        Example(title="Those that are run", request={"enabled": True, "operation": "runs.get_statistics"}),
    ),
)
async def list_schedules(request: ListSchedules, ctx: Context) -> ScheduleList:
    """List the caller's schedules, newest first, each with the next times at which it is due."""
    where: Row = {} if request.enabled is None else {"enabled": int(request.enabled)}
    where |= {} if request.operation is None else {"operation": request.operation}
    rows, following = await ctx.store.page("schedules", where=where, cursor=request.cursor, limit=request.limit)
    return ScheduleList(schedules=[_of(row, ctx) for row in rows], next_cursor=following)


@operation(
    "schedules.get_schedule",
    effect="reads",
    resource="schedule",
    examples=(Example(title="When it is due next", request={"id": "{daily.id}"}, before=(KEPT,)),),
)
async def get_schedule(request: OneSchedule, ctx: Context) -> Schedule:
    """Get a schedule: what it runs, the next times, its last run, and why one was refused."""
    return _of(await _find(request.id, ctx), ctx)


@operation(
    "schedules.update_schedule",
    # As for what creates one.
    effect="destroys",
    resource="schedule",
    outward=True,
    examples=(
        Example(title="Later", request={"id": "{daily.id}", "cron": "30 9 * * MON-FRI"}, before=(KEPT,)),
        Example(title="Not for now", request={"id": "{daily.id}", "enabled": False}, before=(KEPT,)),
    ),
)
async def update_schedule(request: UpdateSchedule, ctx: Context) -> Schedule:
    """Change a schedule; from then on its runs may do what the key that changed it may.

    Raises:
        NotFound: the caller has no such schedule.
        Forbidden: the caller lacks the scopes of its operation.
        InvalidRequest: nothing is to change, or what is cannot be read.
    """
    row = await _find(request.id, ctx)
    changes: Row = request.model_dump(exclude={"id", "arguments"}, exclude_none=True)
    if not changes and request.arguments is None:
        raise InvalidRequest("Nothing is to change.", field="name", value="", remedy="Give what is to change.")
    given = json.loads(row["arguments"]) if request.arguments is None else request.arguments
    changes |= {**_author(ctx), "arguments": await _checked(row["operation"], given, ctx)}
    row |= changes
    now = ctx.now()
    [row["next_at"]] = next_times(row["cron"], row["timezone"], now)
    row |= {"enabled": int(row["enabled"]), "problem": None, "updated": now}
    written = (*changes, "next_at", "enabled", "problem", "updated")
    if not await ctx.store.update("schedules", request.id, {name: row[name] for name in written}):
        raise _unknown(request.id)
    return _of(row, ctx)


@operation(
    "schedules.delete_schedule",
    effect="destroys",
    resource="schedule",
    examples=(Example(title="No more", request={"id": "{daily.id}"}, before=(KEPT,)),),
)
async def delete_schedule(request: OneSchedule, ctx: Context) -> OneSchedule:
    """Delete a schedule; the runs that it has begun stay."""
    if not await ctx.store.delete("schedules", request.id):
        raise _unknown(request.id)
    return request


@operation(
    "schedules.trigger_schedule",
    # As for what creates one.
    effect="destroys",
    on="schedule",
    outward=True,
    examples=(Example(title="Now, besides", request={"id": "{daily.id}"}, before=(KEPT,)),),
)
async def trigger_schedule(request: OneSchedule, ctx: Context) -> Run:
    """Begin a run of a schedule now, enabled or not, as the caller; when it is due stays as it was.

    Raises:
        NotFound: the caller has no such schedule, or its operation is gone.
        Forbidden: the caller lacks the scopes of its operation.
        Busy: the queue is full.
    """
    row = await _find(request.id, ctx)
    handle = await begin(ctx.operations.find(row["operation"]), json.loads(row["arguments"]), ctx)
    await ctx.store.update("schedules", row["id"], {"last_run_id": handle.id})
    return await ctx.runs.get(handle.id)


OPERATIONS = (create_schedule, list_schedules, get_schedule, update_schedule, delete_schedule, trigger_schedule)
