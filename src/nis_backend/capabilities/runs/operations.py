"""What was started, what it did, how it is stopped and removed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from nis_backend.annotations import Reads
from nis_backend.calling import guarded
from nis_backend.event import Event
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.paged import Cursor, Next
from nis_backend.run import Run, State, beyond_end, unknown_run
from nis_backend.times import Moment
from nis_backend.view import Table, View, moment
from nis_backend.viewing import looks_after

if TYPE_CHECKING:
    from nis_backend.context import Context


class ListRuns(Model):
    """Which runs to list, newest first."""

    state: Annotated[State, Reads("choice")] | None = Field(default=None, description="Only runs in this state.")
    conversation_id: str | None = Field(default=None, max_length=64, description="Only this conversation's runs.")
    operation: str | None = Field(default=None, max_length=64, description="Only runs of this operation.")
    parent: str | None = Field(default=None, max_length=64, description="Only runs that were forked from this one.")
    since: Moment | None = Field(default=None, description="Only runs created then or later, ISO 8601.")
    until: Moment | None = Field(default=None, description="Only runs created before then, ISO 8601.")
    cursor: Cursor = None
    limit: Annotated[int, Reads("count")] = Field(default=20, ge=1, le=100, description="Most runs to answer.")


FILTERS = ("state", "conversation_id", "operation", "parent")
"""Fields of the request that are columns of a run."""


class RunLine(Model):
    """A run in a list: without its request and result, which may be large."""

    id: str
    operation: str
    state: State
    attempt: int
    last_seq: int
    conversation_id: str | None
    parent: str | None = Field(description="The run it was forked from.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")


class RunList(Model):
    """One page of runs."""

    runs: list[RunLine]
    next_cursor: Next


class OneRun(Model):
    """Which run."""

    id: str = Field(min_length=1, max_length=64, description="The run's id.")


class StreamEvents(OneRun):
    """Which run, and from where."""

    after: int = Field(default=0, ge=0, description="Number of the last event already seen.")
    wait: float | None = Field(
        default=None,
        ge=0,
        le=3600,
        description="Seconds to wait for the run's end, 0 for the events there are; unset, to the end.",
    )


class DeletedRun(OneRun):
    """What is gone."""


def _draw_runs(_request: ListRuns, result: RunList) -> list[View]:
    rows: list[list[str | float]] = [[run.id, run.operation, run.state, moment(run.created)] for run in result.runs]
    return [Table(title="Runs", columns=["id", "operation", "state", "created (UTC)"], rows=rows)]


@operation(
    "runs.list_runs",
    effect="reads",
    essential=True,
    resource="run",
    view=_draw_runs,
    examples=(
        Example(
            title="The last runs",
            request={"limit": 5},
            question="Show my last 5 runs.",
            also=(
                "List my runs.",
                "What is running right now?",
                "Which of my runs failed?",
                "Are any runs still running or queued?",
                "What jobs or tasks of mine are currently running, waiting, pending, finished or done?",
                "Did any of my recent jobs or tasks fail, crash, error, succeed, get cancelled or stopped?",
                "What were my latest runs, and how did they go? Their status.",
                "Show the history of my executions and tasks on this server.",
            ),
        ),
        Example(title="One day's chat", request={"operation": "chat.send_message", "since": "2026-11-01T00:00:00Z"}),
    ),
)
async def list_runs(request: ListRuns, ctx: Context) -> RunList:
    """List the caller's runs, newest first."""
    where = {name: value for name in FILTERS if (value := getattr(request, name)) is not None}
    rows, following = await ctx.store.page(
        "runs",
        where=where,
        cursor=request.cursor,
        limit=request.limit,
        since=request.since and request.since.timestamp(),
        until=request.until and request.until.timestamp(),
    )
    lines = [RunLine.model_validate({name: row[name] for name in RunLine.model_fields}) for row in rows]
    return RunList(runs=lines, next_cursor=following)


SAID = Before(name="turn", operation="chat.send_message", request={"message": "Hello! Who are you?"})
ASKED = Before(
    name="begun",
    operation="chat.send_message",
    request={"message": "Write a long story about the sea and a ship."},
    wait=False,
)


@operation(
    "runs.get_run",
    effect="reads",
    essential=True,
    resource="run",
    examples=(Example(title="A turn of a conversation", request={"id": "{turn.run_id}"}, before=(SAID,)),),
)
async def get_run(request: OneRun, ctx: Context) -> Run:
    """Get a run: its state, request, result or problem."""
    from nis_backend.capabilities.runs.awaiting import awaits  # noqa: PLC0415 - loads with the first of them

    run = await ctx.runs.get(request.id)
    return run.model_copy(update={"awaits": await awaits(run.id, ctx)}) if run.state == "running" else run


@operation(
    "runs.stream_events",
    effect="reads",
    on="run",
    examples=(
        Example(title="From its beginning", request={"id": "{turn.run_id}"}, before=(SAID,)),
        Example(title="After the first event", request={"id": "{turn.run_id}", "after": 1}, before=(SAID,)),
        Example(title="What there is now", request={"id": "{turn.run_id}", "wait": 0}, before=(SAID,)),
    ),
)
async def stream_events(request: StreamEvents, ctx: Context) -> AsyncIterator[Event]:
    """Stream a run's events from any number on, live, up to its end or for some time."""
    run = await ctx.runs.get(request.id)
    if request.after > run.last_seq:
        raise beyond_end(run, request.after)
    # Who asks for what there is reads no words as they come; nor does who is told what rules leave of them.
    whole = looks_after(await guarded(stream_events, ctx))
    live = request.wait is None and not whole
    return ctx.runs.follow(request.id, request.after, live=live, seconds=request.wait, whole=whole)


@operation(
    "runs.delete_run",
    effect="destroys",
    resource="run",
    examples=(Example(title="A turn of a conversation", request={"id": "{turn.run_id}"}, before=(SAID,)),),
)
async def delete_run(request: OneRun, ctx: Context) -> DeletedRun:
    """Delete a run that has ended: its log, its result, and the feedback on it.

    Of a conversation, it is that turn which goes. Blobs are things of their own and stay; so do runs forked from it.

    Raises:
        NotFound: the caller has no such run.
        Conflict: it has not ended.
    """
    if not await ctx.store.forget_run(request.id):
        raise unknown_run(request.id)
    return DeletedRun(id=request.id)


OPERATIONS = (list_runs, get_run, stream_events, delete_run)
