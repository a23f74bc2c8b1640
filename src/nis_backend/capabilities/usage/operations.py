"""What models were asked for and what it cost: sums by day and what one likes, every call, and both as a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.capabilities.usage.summed import SUMS, Wanted, added, is_any, sums, used, with_singles
from nis_backend.capabilities.usage.table import Sheet
from nis_backend.drivers.gateway.periods import DOLLAR
from nis_backend.drivers.store.spending import MOST_ROWS
from nis_backend.errors import InvalidRequest, TooLarge
from nis_backend.operation import Example, Model, operation
from nis_backend.paged import Cursor, Next
from nis_backend.times import Day, Moment
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

RANK = (
    "the {}th percentile by nearest rank: of n calls the ceil(p*n/100)th shortest. From the single calls that are "
    f"kept; null without any, and where there are more than {MOST_ROWS}: ask for fewer days."
)

By = Literal["day", "provider", "model", "key", "operation", "route"]

MOST_CALLS = 50_000
"""Calls in a file: some 12 MB."""
PAGE = 500
USUAL = timedelta(days=30)
LONGEST = timedelta(days=3660)

COLUMNS = (
    *("id", "created", "state", "problem", "status", "provider", "model", "route", "operation", "kind", "key_id"),
    *("end_user", "run_id", "conversation_id", "call_id", "attempt", "streamed", "input", "cached", "written"),
    *("output", "reasoning", "counted", "priced", "cost", "cache", "saved", "wait_ms", "first_ms", "total_ms"),
)
"""Of a call, in a file."""


class GetUsage(Model):
    """Of which days, and by what: by default of the last 30 days by day."""

    since: Day | None = Field(default=None, description="The first day, UTC; unset: 30 days before until.")
    until: Day | None = Field(default=None, description="The day after the last one, UTC; unset: tomorrow.")
    by: list[By] = Field(default=["day"], max_length=3, description="What sums are made for; none: one of all.")
    owner: str | None = Field(
        default=None,
        max_length=128,
        description="Another user's, or `*` for every user's: takes the scope server:admin.",
    )


class Used(Model):
    """What calls of models come to."""

    calls: int = Field(description="Calls that were sent to a model, or answered from the cache; tries count each.")
    failed: int = Field(description="Of them, those that failed, were cut, or whose process died.")
    hits: int = Field(description="Of them, those that the cache answered.")
    input: int = Field(description="Input tokens, those from the provider's cache included.")
    cached: int = Field(description="Input tokens that the provider had in its cache.")
    written: int = Field(description="Input tokens that it wrote into its cache.")
    output: int = Field(description="Output tokens, those that were thought included.")
    reasoning: int = Field(description="Output tokens that were thought.")
    cost: float = Field(description="Dollars, exact to nine decimals.")
    saved: float = Field(description="Dollars that the answers from the cache would have cost.")
    unpriced: int = Field(description="Calls of models of which no price is known: their cost is missing in the sum.")
    estimated: int = Field(description="Calls whose tokens the provider did not state: by bytes, or at worst.")
    wait_ms: float | None = Field(description="Mean time that a call waited for its turn; null without calls.")
    first_ms: float | None = Field(description="Mean time to the first word, of the calls that had one.")
    total_ms: float | None = Field(description="Mean time of a call.")
    first_ms_p50: float | None = Field(default=None, description=f"Of the times to the first word, {RANK.format(50)}")
    first_ms_p95: float | None = Field(default=None, description=f"Of the times to the first word, {RANK.format(95)}")
    total_ms_p50: float | None = Field(default=None, description=f"Of the times of a call, {RANK.format(50)}")
    total_ms_p95: float | None = Field(default=None, description=f"Of the times of a call, {RANK.format(95)}")
    refused: dict[str, int] | None = Field(
        default=None,
        description=(
            "Calls that were not sent, by the code of why: budget_exceeded, busy, left_alone (the model has failed of "
            "late, and is not asked) and others. They cost nothing and are in no other figure. Null as the percentiles."
        ),
    )


class UsageRow(Used):
    """The same of one group; what it is not grouped by is null."""

    day: str | None = None
    provider: str | None = None
    model: str | None = None
    key: str | None = Field(default=None, description="The key's id; empty: none was sent.")
    operation: str | None = None
    route: str | None = Field(default=None, description="The route's name; empty: the model was named itself.")


class Usage(Model):
    """What models were asked for in some days."""

    since: str = Field(description="The first day, UTC.")
    until: str = Field(description="The day after the last one, UTC.")
    by: list[By]
    rows: list[UsageRow]
    total: Used = Field(description="All rows together; money and tokens are their exact sums.")


class ListCalls(Model):
    """Which calls, newest first."""

    since: Moment | None = Field(default=None, description="Sent then or later.")
    until: Moment | None = Field(default=None, description="Sent before then.")
    run_id: str | None = Field(default=None, max_length=64, description="Only those of this run.")
    conversation_id: str | None = Field(default=None, max_length=64, description="Only those of this conversation.")
    key_id: str | None = Field(default=None, max_length=64, description="Only those of this key.")
    end_user: str | None = Field(default=None, max_length=200, description="Only those with this label of a user.")
    cursor: Cursor = None
    limit: int = Field(default=20, ge=1, le=100, description="Most calls to answer.")


class Call(Model):
    """One call of a model, as the ledger has it."""

    id: str
    call_id: str = Field(description="Tries of one call have it in common.")
    attempt: int = Field(description="Its number, from 1; 0: refused before there was one.")
    created: float = Field(description="When it was sent, seconds since 1970, UTC.")
    state: Literal["open", "ok", "failed", "cut", "left", "lost", "cached", "refused"] = Field(
        description=(
            "open: under way; cut: in the middle; left: by its caller; lost: its process died; cached, refused: unsent."
        )
    )
    problem: str = Field(description="The code of its failure; empty: none.")
    status: int = Field(description="The provider's HTTP status; 0: none.")
    provider: str
    model: str
    route: str = Field(description="The route it was on; empty: the model was named itself.")
    operation: str
    kind: str = Field(description="What was asked for: chat, messages, embeddings, speech, transcription.")
    key_id: str | None
    end_user: str
    run_id: str | None
    conversation_id: str | None
    streamed: bool
    input: int
    cached: int
    written: int
    output: int
    reasoning: int
    counted: Literal["stated", "estimated", "worst"] = Field(
        description="Who says so: the provider; its bytes; nobody, so that as much counts as was reserved."
    )
    priced: bool = Field(description="Whether a price is known.")
    cost: float = Field(description="Dollars.")
    over: bool = Field(description="Whether the provider used more than it was allowed.")
    cache: str = Field(description="What this server's cache did: hit, miss, shared; empty: it was not asked.")
    saved: float = Field(description="Dollars that the cache has saved.")
    wait_ms: float
    first_ms: float | None
    total_ms: float | None


class CallList(Model):
    """One page of calls."""

    calls: list[Call]
    next_cursor: Next


class GetExport(Model):
    """What is put into the file."""

    what: Literal["usage", "calls"] = Field(default="usage", description="Sums, or every single call.")
    since: Day | None = Field(default=None, description="The first day, UTC; unset: 30 days before until.")
    until: Day | None = Field(default=None, description="The day after the last one, UTC; unset: tomorrow.")
    by: list[By] = Field(default=["day", "model"], max_length=3, description="What sums are made for.")
    owner: str | None = Field(
        default=None, max_length=128, description="Another user's, or `*` for every user's sums: takes server:admin."
    )


def _days(since: date | None, until: date | None, ctx: Context) -> tuple[date, date]:
    """The days that are meant.

    Raises:
        InvalidRequest: there are none, or too many.
    """
    last = until or datetime.fromtimestamp(ctx.now(), UTC).date() + timedelta(days=1)
    first = since or last - USUAL
    if not timedelta(0) < last - first <= LONGEST:
        raise InvalidRequest(
            f"From since to until it is {(last - first).days} days.",
            field="since",
            value=first.isoformat(),
            remedy=f"Give a since that is before until, by at most {LONGEST.days} days.",
        )
    return first, last


def _cells(row: Used) -> list[str | float]:
    refused = sum((row.refused or {}).values())
    times = (row.total_ms_p50, row.total_ms_p95)
    return [
        row.calls,
        refused,
        row.input,
        row.output,
        row.cost,
        *("" if one is None else round(one, 1) for one in times),
    ]


def _draw(_request: Model, result: Usage) -> list[View]:
    total = result.total
    said = f"{total.calls} calls, {total.input + total.output} tokens, ${total.cost:.6f}"
    missing = f"; {total.unpriced} calls have no known price" if total.unpriced else ""
    refused = ", ".join(f"{many} × {why}" for why, many in sorted((total.refused or {}).items()))
    rows: list[list[str | float]] = [
        [*(getattr(row, name) or "none" for name in result.by), *_cells(row)] for row in result.rows
    ]
    columns = [*result.by, "calls", "refused", "tokens in", "tokens out", "cost, $", "ms, median", "ms, 95th"]
    return [
        Text(text=f"{said} from {result.since} to {result.until}{missing}{refused and f'; refused: {refused}'}."),
        *([Table(title="Usage", columns=columns, rows=rows)] if rows else []),
    ]


@operation(
    "usage.get_usage",
    effect="reads",
    view=_draw,
    examples=(
        Example(title="A month, by day", request={"since": "2026-10-01", "until": "2026-11-01"}),
        Example(
            title="A month, by model and key",
            request={"since": "2026-10-01", "until": "2026-11-01", "by": ["model", "key"]},
        ),
    ),
)
async def get_usage(request: GetUsage, ctx: Context) -> Usage:
    """Sum up what models were asked for: calls, tokens, dollars and times, by day, model, key, operation or route.

    Raises:
        Forbidden: another user's take the scope server:admin.
        InvalidRequest: the days are none, or too many.
        TooLarge: there are more than 10,000 sums.
    """
    since, until = _days(request.since, request.until, ctx)
    wanted = Wanted(since=since, until=until, by=request.by, owner=request.owner)
    rows = await sums(wanted, ctx)
    [total] = await with_singles([added(rows)], replace(wanted, by=()), ctx)
    return Usage(
        since=since.isoformat(),
        until=until.isoformat(),
        by=request.by,
        rows=[
            UsageRow(**used(row), **{name: row[name] for name in request.by})
            for row in await with_singles(rows, wanted, ctx)
            if is_any(row)
        ],
        total=Used(**used(total)),
    )


def _call(row: Row) -> Call:
    given = {name: row[name] for name in Call.model_fields}
    flags = {name: bool(row[name]) for name in ("streamed", "priced", "over")}
    return Call.model_validate({**given, **flags, "cost": row["cost"] / DOLLAR, "saved": row["saved"] / DOLLAR})


def _draw_calls(_request: Model, result: CallList) -> list[View]:
    rows: list[list[str | float]] = [
        [
            moment(one.created),
            f"{one.provider}:{one.model}",
            f"{one.state}: {one.problem}" if one.problem else one.state,
            one.input,
            one.output,
            one.cost,
            one.total_ms or 0,
        ]
        for one in result.calls
    ]
    columns = ["sent (UTC)", "model", "state", "tokens in", "tokens out", "cost, $", "ms"]
    return [Table(title="Calls of models", columns=columns, rows=rows)]


@operation(
    "usage.list_calls",
    effect="reads",
    resource="call",
    view=_draw_calls,
    examples=(Example(title="The last ones of a month", request={"until": "2026-11-01T00:00:00Z", "limit": 5}),),
)
async def list_calls(request: ListCalls, ctx: Context) -> CallList:
    """List single calls of models, newest first: the model, the tokens, the money, the times, and how it ended."""
    names = ("run_id", "conversation_id", "key_id", "end_user")
    where: Row = {name: getattr(request, name) for name in names if getattr(request, name) is not None}
    await ctx.gateway.settled()
    rows, following = await ctx.store.page(
        "ledger",
        where=where,
        cursor=request.cursor,
        limit=request.limit,
        since=request.since and request.since.timestamp(),
        until=request.until and request.until.timestamp(),
    )
    return CallList(calls=[_call(row) for row in rows], next_cursor=following)


@operation(
    "usage.get_export",
    effect="reads",
    time_limit=300,
    examples=(
        Example(title="A month by day and model", request={"since": "2026-10-01", "until": "2026-11-01"}),
        Example(title="Every call of a month", request={"what": "calls", "since": "2026-10-01", "until": "2026-11-01"}),
    ),
)
async def get_export(request: GetExport, ctx: Context) -> Blob:
    """Put usage, or every single call, into a file of comma-separated values; its money adds up to the last digit.

    Raises:
        Forbidden: another user's take the scope server:admin.
        TooLarge: there are more than 50,000 calls, or 10,000 sums.
    """
    since, until = _days(request.since, request.until, ctx)
    name = f"{request.what}-{since}-{until}.csv"
    if request.what == "usage":
        rows = await sums(Wanted(since=since, until=until, by=request.by, owner=request.owner), ctx)
        sheet = Sheet([*request.by, *SUMS, "cost", "saved"])
        sheet.put(rows)
    else:
        if request.owner not in {None, ctx.caller.owner}:
            raise InvalidRequest(
                "Single calls are their own user's.",
                field="owner",
                value=request.owner,
                remedy="Ask for sums of theirs.",
            )
        sheet = Sheet(COLUMNS)
        await _put_calls(sheet, since, until, ctx)
    return Blob.of(sheet.data, media_type="text/csv", name=name)


async def _put_calls(sheet: Sheet, since: date, until: date, ctx: Context) -> None:
    """Put down every call of these days, the newest first.

    Raises:
        TooLarge: there are too many.
    """
    first, last = (datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() for day in (since, until))
    cursor: str | None = None
    await ctx.gateway.settled()
    for _ in range(MOST_CALLS // PAGE):
        rows, cursor = await ctx.store.page("ledger", cursor=cursor, limit=PAGE, since=first, until=last)
        sheet.put(rows)
        if cursor is None:
            return
    raise TooLarge(
        f"These are more than {MOST_CALLS} calls.",
        field="since",
        value=since.isoformat(),
        remedy="Ask for fewer days.",
    )


OPERATIONS = (get_usage, list_calls, get_export)
