"""What the runs of a time come to: how many, how long, how many tokens, and where the time went."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend.capabilities.runs.timing import FORMULA, Spent
from nis_backend.errors import InvalidRequest
from nis_backend.operation import Example, Model, operation
from nis_backend.run import State
from nis_backend.times import Moment
from nis_backend.view import Table, Text, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row

MOST = 10_000
"""Runs that are measured: with a hundred events each, a second or two of one reader."""

LONGEST = timedelta(days=366)
"""The longest time that is asked for at once."""

USUAL = timedelta(days=7)


class GetStatistics(Model):
    """Which runs are counted: those created within a time, by default of the last seven days."""

    since: Moment | None = Field(default=None, description="Created then or later; unset: seven days before until.")
    until: Moment | None = Field(default=None, description="Created before then; unset: now.")


class StateCount(Model):
    """Runs of one operation in one state."""

    operation: str
    state: State
    runs: int


class Durations(Model):
    """How long the runs of one operation took that have ended, from their creation to their end."""

    operation: str
    runs: int
    p50: Annotated[float, Field(description="Seconds that half of them did not exceed; by the nearest rank.")]
    p95: Annotated[float, Field(description="Seconds that 95 % of them did not exceed; by the nearest rank.")]


class ModelTokens(Model):
    """What one model answered, by the counts that its provider stated."""

    provider: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    unstated: int = Field(description="Calls for which the provider stated no count: they are missing in the sums.")


class Statistics(Model):
    """The caller's runs of a time, in numbers."""

    since: float = Field(description="Seconds since 1970, UTC.")
    until: float = Field(description="Seconds since 1970, UTC.")
    runs: int = Field(description="Runs that were measured.")
    complete: bool = Field(description=f"Whether these are all; of more than {MOST} only the newest are measured.")
    states: list[StateCount]
    durations: list[Durations]
    models: list[ModelTokens]
    spent: Spent = Field(description="Seconds of all these runs together.")
    formula: str = Field(description="How the time was divided.")


def _draw(_request: GetStatistics, result: Statistics) -> list[View]:
    when = f"{moment(result.since)} to {moment(result.until)} UTC"
    part = "" if result.complete else f" (the newest {result.runs}; there are more)"
    parts = [(name, float(seconds)) for name, seconds in result.spent.model_dump().items()]
    whole = sum(seconds for _, seconds in parts) or 1.0
    tables = [
        Table(
            title="Runs by state",
            columns=["operation", "state", "runs"],
            rows=[[one.operation, one.state, one.runs] for one in result.states],
        ),
        Table(
            title="How long they took",
            columns=["operation", "ended", "p50, s", "p95, s"],
            rows=[[one.operation, one.runs, round(one.p50, 3), round(one.p95, 3)] for one in result.durations],
        ),
        Table(
            title="Models",
            columns=["model", "calls", "tokens in", "tokens out", "without counts"],
            rows=[
                [f"{one.provider}:{one.model}", one.calls, one.input_tokens, one.output_tokens, one.unstated]
                for one in result.models
            ],
        ),
        Table(
            title="Where the time went",
            columns=["what", "seconds", "share"],
            rows=[[name, round(seconds, 3), f"{seconds / whole:.0%}"] for name, seconds in parts],
        ),
    ]
    return [Text(text=f"{result.runs} runs from {when}{part}."), *(table for table in tables if table.rows)]


@operation(
    "runs.get_statistics",
    effect="reads",
    view=_draw,
    examples=(
        Example(title="The last seven days", request={}),
        Example(title="One day", request={"since": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z"}),
    ),
)
async def get_statistics(request: GetStatistics, ctx: Context) -> Statistics:
    """Count the caller's runs of a time: states, durations, tokens by model, and where the time went.

    Raises:
        InvalidRequest: the time is empty, or longer than 366 days.
    """
    until = request.until.timestamp() if request.until else ctx.now()
    since = request.since.timestamp() if request.since else until - USUAL.total_seconds()
    if not 0 < until - since <= LONGEST.total_seconds():
        raise InvalidRequest(
            f"From since to until it is {(until - since) / 86_400:.3g} days.",
            field="since",
            value=request.since or request.until,
            remedy=f"Give a since that is before until, by at most {LONGEST.days} days.",
        )
    found = await ctx.store.measure(since, until, MOST)
    runs = sum(int(row["runs"]) for row in found.counts)
    return Statistics(
        since=since,
        until=until,
        runs=runs,
        complete=runs < MOST,
        states=[StateCount.model_validate(row) for row in found.counts],
        durations=[Durations.model_validate(row) for row in found.durations],
        models=[ModelTokens.model_validate(row) for row in found.tokens],
        spent=_spent(found.times),
        formula=FORMULA,
    )


def _spent(rows: list[Row]) -> Spent:
    return Spent.model_validate(dict.fromkeys(Spent.model_fields, 0.0) | {row["part"]: row["seconds"] for row in rows})


OPERATIONS = (get_statistics,)
