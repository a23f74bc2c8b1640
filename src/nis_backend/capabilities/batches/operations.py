"""A batch is a run: one operation, called for each line of a file, a few at once."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, JsonValue

from nis_backend.annotations import Reads
from nis_backend.blob import Blob
from nis_backend.calling import authorise, refuse_secret
from nis_backend.errors import InvalidRequest, NotFound, NotSupported, TooLarge
from nis_backend.event import Noted
from nis_backend.found import unknown
from nis_backend.operation import Before, Example, Model, Recorded, operation
from nis_backend.paged import Cursor, Next
from nis_backend.run import Run, State, run_of
from nis_backend.view import Table, View, moment

if TYPE_CHECKING:
    from nis_backend.context import Context

NAME = "batches.create_batch"
LINE = "line"
"""Begins the name of the note of what came of a line: its number follows."""

TAIL = 64
"""Events from the end of a log in which the last count is looked for."""

LABELS = 20_000
"""Characters of what is only kept."""


class CreateBatch(Model):
    """What is called, and with what."""

    input: Blob = Field(description='A file with a JSON object on each line: {"id": …, "arguments": {…}}.')
    operation: str = Field(min_length=3, max_length=64, description="What is called for each of them.")
    lines: int | None = Field(
        default=None, ge=1, description="How many there are: a file with another number is refused; unset, they count."
    )
    labels: dict[str, JsonValue] = Field(
        default_factory=dict[str, JsonValue],
        max_length=64,
        description="What the caller wants to find again with the batch; nothing is read from it.",
    )


class TokensUsed(Model):
    """Tokens of all lines, as far as what was called states them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = Field(default=0, description="Of the input, those that the provider's cache had.")
    reasoning_tokens: int = Field(default=0, description="Of the output, those of what was thought.")


class BatchDone(Model):
    """What came of the lines."""

    total: int
    failed: int
    tokens: TokensUsed = Field(default_factory=TokensUsed, description="Of the lines that were answered.")
    output: Blob | None = Field(
        description='On each line {"id": …, "result": …} or {"id": …, "problem": …}, in the order of the input; '
        "null where it is more than a blob may have: the run's events have each outcome."
    )


class OneBatch(Model):
    """Which batch."""

    id: str = Field(min_length=1, max_length=64, description="The batch's id: it is a run.")


class ListBatches(Model):
    """Which batches to list, newest first."""

    cursor: Cursor = None
    limit: Annotated[int, Reads("count")] = Field(default=20, ge=1, le=100, description="Most batches to answer.")


class Batch(Model):
    """How far a batch is."""

    id: str
    operation: str = Field(description="What is called for each line.")
    state: State
    total: int | None = Field(description="Lines; null where the run was begun without a count of them.")
    done: int = Field(description="Lines of which there is an outcome, good or bad.")
    failed: int = Field(description="Those of them that failed.")
    tokens: TokensUsed = Field(description="Of the lines that were answered until now.")
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")
    output: Blob | None = Field(description="What came of the lines, once all are done.")
    problem: dict[str, JsonValue] | None = Field(description="Why the batch as a whole has failed.")
    labels: dict[str, JsonValue] = Field(description="What its caller wanted to find again.")


class BatchList(Model):
    """One page of batches."""

    batches: list[Batch]
    next_cursor: Next


async def _prepare(request: CreateBatch, ctx: Context) -> CreateBatch:
    """Refuse what cannot be called, and a file that is none."""
    entry = ctx.operations.entry(request.operation)
    authorise(entry, ctx)
    refuse_secret(entry)
    if entry.shape != "model" or not entry.repeatable:
        why = f"answers a {entry.shape}" if entry.shape != "model" else "may not be called again after a crash"
        raise NotSupported(
            f"{entry.name} {why}: it is not called for each line of a file.",
            field="operation",
            value=entry.name,
            remedy="Name an operation that only reads.",
        )
    size = len(json.dumps(request.labels))
    if size > LABELS:
        raise TooLarge(f"labels has {size} characters.", field="labels", value=size, remedy=f"Give at most {LABELS}.")
    lines = await asyncio.to_thread(_count, request)
    if request.lines not in (None, lines):
        raise InvalidRequest(
            f"The file has {lines} lines.", field="lines", value=request.lines, remedy="Send the whole file."
        )
    return request.model_copy(update={"lines": lines})


def _count(request: CreateBatch) -> int:
    """How many lines there are, each of them looked at."""
    from nis_backend.capabilities.batches.lines import read  # noqa: PLC0415 - loads with the first batch

    return sum(1 for _ in read(request.input.path))


def _draw(_request: Model, batch: Batch) -> list[View]:
    return _table("Batch", [batch])


def _draw_list(_request: ListBatches, result: BatchList) -> list[View]:
    return _table("Batches", result.batches)


def _table(title: str, batches: list[Batch]) -> list[View]:
    rows: list[list[str | float]] = [
        [one.id, one.operation, one.state, one.done, one.failed, one.total or 0, moment(one.created)] for one in batches
    ]
    return [
        Table(title=title, columns=["id", "operation", "state", "done", "failed", "lines", "created (UTC)"], rows=rows)
    ]


_LINES = (
    {"id": "five miles", "arguments": {"value": 5, "unit": "mile", "to": "km"}},
    {"id": "no length", "arguments": {"value": 5, "unit": "mile", "to": "kg"}},
)
_FILE = base64.b64encode("\n".join(map(json.dumps, _LINES)).encode()).decode("ascii")
ASKED: dict[str, Any] = {"input": {"base64": _FILE}, "operation": "physics.convert_unit"}
MADE = Before(name="batch", operation=NAME, request=ASKED, wait=False)
LATER = Before(
    name="later",
    operation="runs.start_run",
    request={"operation": NAME, "arguments": ASKED, "delay_seconds": 3600},
)


@operation(
    NAME,
    effect="writes",
    resource="batch",
    prepare=_prepare,
    outward=True,
    time_limit=86_400.0,
    queue="batches",
    examples=(Example(title="Two conversions, one of which cannot be", request=ASKED),),
)
async def create_batch(request: CreateBatch, ctx: Context) -> Recorded[BatchDone]:
    """Call an operation that only reads for each line of a file, a few at once, as a run.

    What came of each line is noted in its log at once: after a crash no line is called again of which that is known.
    """
    from nis_backend.capabilities.batches.lines import Calls, read  # noqa: PLC0415 - loads with the first batch

    most = ctx.settings.max_blob
    calls = Calls(ctx=ctx, operation=ctx.operations.entry(request.operation), most=most)
    await calls.make(read(request.input.path))
    lines = "".join(f"{json.dumps(calls.outcomes[number])}\n" for number in sorted(calls.outcomes)).encode()
    name = f"{request.input.name.rpartition('.')[0] or 'batch'}-output.jsonl"
    kept = Blob.of(lines, media_type="application/jsonl", name=name) if len(lines) <= most else None
    return BatchDone(total=calls.done, failed=calls.failed, tokens=TokensUsed(**calls.tokens), output=kept)


@operation(
    "batches.get_batch",
    effect="reads",
    resource="batch",
    view=_draw,
    examples=(Example(title="How far it is", request={"id": "{later.id}"}, before=(LATER,)),),
)
async def get_batch(request: OneBatch, ctx: Context) -> Batch:
    """Get how far a batch is, and what came of it.

    Raises:
        NotFound: the caller has no such batch.
    """
    return await _batch(await _run(request.id, ctx), ctx)


@operation(
    "batches.list_batches",
    effect="reads",
    resource="batch",
    view=_draw_list,
    examples=(Example(title="The last batches", request={"limit": 5}),),
)
async def list_batches(request: ListBatches, ctx: Context) -> BatchList:
    """List the caller's batches, newest first."""
    where = {"operation": NAME}
    rows, following = await ctx.store.page("runs", where=where, cursor=request.cursor, limit=request.limit)
    return BatchList(batches=[await _batch(run_of(row), ctx) for row in rows], next_cursor=following)


@operation(
    "batches.cancel_batch",
    effect="writes",
    on="batch",
    view=_draw,
    examples=(Example(title="One that has not begun", request={"id": "{later.id}"}, before=(LATER,)),),
)
async def cancel_batch(request: OneBatch, ctx: Context) -> Batch:
    """Stop a batch; what came of lines until then stays in its log.

    Raises:
        NotFound: the caller has no such batch.
        Conflict: it has ended.
    """
    run = await _run(request.id, ctx)
    await ctx.runs.cancel(run.id)
    return await _batch(await ctx.runs.get(run.id), ctx)


async def _run(batch_id: str, ctx: Context) -> Run:
    try:
        run = await ctx.runs.get(batch_id)
    except NotFound:
        run = None
    if run is None or run.operation != NAME:
        raise unknown("batch", batch_id, many="batches")
    return run


async def _batch(run: Run, ctx: Context) -> Batch:
    asked = CreateBatch.model_validate(run.input)
    ended = BatchDone.model_validate(run.result) if run.state == "succeeded" else None
    done, failed, tokens = (ended.total, ended.failed, ended.tokens) if ended else await _counts(run, ctx)
    return Batch(
        id=run.id,
        operation=asked.operation,
        state=run.state,
        total=ended.total if ended else asked.lines,
        done=done,
        failed=failed,
        tokens=tokens,
        created=run.created,
        updated=run.updated,
        output=ended and ended.output,
        problem=run.problem,
        labels=asked.labels,
    )


async def _counts(run: Run, ctx: Context) -> tuple[int, int, TokensUsed]:
    """Lines that are done and have failed, and their tokens, by the end of the log."""
    last = await ctx.runs.events(run.id, max(0, run.last_seq - TAIL), TAIL + 1) if run.last_seq else []
    noted = [event.body for event in last if isinstance(event.body, Noted)]
    counted = [one.value for one in noted if one.name.startswith(f"{LINE} ")]
    if not counted:
        return 0, 0, TokensUsed()
    return counted[-1]["done"], counted[-1]["failed"], TokensUsed(**counted[-1].get("tokens", {}))


OPERATIONS = (create_batch, get_batch, list_batches, cancel_batch)
