"""A run's log copied up to an event, from which another run goes on: with other input, or once more after a failure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nis_backend.calling import guarded
from nis_backend.commands import append_of, unknown_run
from nis_backend.errors import Conflict, InvalidRequest
from nis_backend.event import Noted, RetryScheduled
from nis_backend.run import FORMAT, TERMINAL, run_of
from nis_backend.within import joined, of_row, place, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.context import Context
    from nis_backend.drivers.store.base import Row
    from nis_backend.event import Body
    from nis_backend.run import Run


KEPT = ("operation", "attempt", "format", "queue", "priority", "log_bytes")
"""Columns that the new run has from the other."""


async def fork(
    ctx: Context,
    run_id: str,
    after: int,
    changes: Mapping[str, Any],  # Any: JSON
) -> Run:
    """A new run that shares the events up to `after` with this one and goes on by itself.

    `changes` are fields of its request that differ: they matter to what comes after.

    Raises:
        NotFound: the caller has no such run.
        InvalidRequest: there is no such event, or nothing can follow it; a changed field is wrong.
        Conflict: an earlier version has written its log.
    """
    row = await _source(ctx, run_id)
    last = row["last_seq"] - (row["state"] in TERMINAL)
    if not 0 <= after <= last:
        raise InvalidRequest(
            f"Run {run_id} cannot be gone on from after event {after}.",
            field="after",
            value=after,
            remedy=f"Give a number from 0 to {last}: what ends a run is not shared.",
        )
    return await _begun(ctx, row, after, {**json.loads(row["input"]), **changes}, [])


async def retry(ctx: Context, run_id: str) -> Run:
    """A new run that goes on from where this one has failed, or was cancelled.

    Raises:
        NotFound: the caller has no such run.
        Conflict: it has not failed, or an earlier version has written its log.
    """
    row = await _source(ctx, run_id)
    if row["state"] not in {"failed", "cancelled"}:
        raise Conflict(
            f"Run {run_id} is {row['state']}.",
            field="id",
            value=run_id,
            remedy="Retry one that has failed or was cancelled.",
        )
    again = RetryScheduled(at=ctx.drivers.store.now(), problem=run_of(row).problem or {})
    return await _begun(ctx, row, row["last_seq"] - 1, json.loads(row["input"]), [again])


async def vary(ctx: Context, run_id: str, changes: Mapping[str, Any], notes: Mapping[str, Any], into: str) -> Run:
    """A new run of this one's request, `into` an id of the caller's: what it would note is settled beforehand.

    `changes` are fields of its request that differ, `notes` what it finds under these names in the place of finding it
    out: all else is done anew. Called again with the same id, it answers the run that is there.

    Raises:
        NotFound: the caller has no such run.
        InvalidRequest: a changed field is wrong.
        Conflict: an earlier version has written its log.
    """
    row = await _source(ctx, run_id)
    there = await ctx.store.get("runs", into)
    if there is not None:
        return run_of(there)
    settled = [Noted(name=name, value=value) for name, value in notes.items()]
    return await _begun(ctx, row, 0, {**json.loads(row["input"]), **changes}, settled, into)


async def _source(ctx: Context, run_id: str) -> Row:
    row = await ctx.store.get("runs", run_id)
    if row is None:
        raise unknown_run(run_id)
    if row["format"] != FORMAT:
        raise Conflict(
            f"An earlier version of nis has written run {run_id}.",
            field="id",
            value=run_id,
            remedy="Start another with its request.",
        )
    return row


async def _begun(  # noqa: PLR0913, PLR0917 - from what, with what, and under which id
    ctx: Context, source: Row, after: int, given: Mapping[str, Any], bodies: Sequence[Body], into: str | None = None
) -> Run:
    """Write the new run down, and have it executed."""
    target = ctx.operations.find(source["operation"])
    request = target.validate(given)
    policies = await guarded(target, ctx)
    if policies:
        from nis_backend.guardrails import gate  # noqa: PLC0415 - few owners have policies

        # What a person decides, the new run waits for when it is taken up.
        request, _ = await gate.let_in(ctx, target, policies, request, begins=True)
    await ctx.drivers.dispatch.admit(source["queue"])
    now, run_id = ctx.drivers.store.now(), into or ctx.new_id("run")
    if ctx.scope is not None and (there := await ctx.store.get("runs", run_id)) is not None:
        # An earlier try of this call has begun it.
        return run_of(there)
    row: Row = {
        **{name: source[name] for name in KEPT},
        "id": run_id,
        # It may do what the caller who begins it may.
        "scopes": json.dumps(sorted(ctx.caller.scopes)),
        "key_id": ctx.caller.key,
        # The same task goes on: it spends what the other has left, and is no way around what that may spend.
        "within": written(joined(of_row(source), place(source["id"], source["conversation_id"]), ctx.within)),
        # It rests until it is whole.
        "state": "paused",
        "last_seq": after,
        # Its conversation goes on with the run that it was forked from.
        "conversation_id": None,
        "created": now,
        "updated": now,
        "input": request.model_dump_json(),
        "not_before": now,
        "deadline": await ctx.ends_at(),
        "awaited_by": ctx.awaited_by,
        "parent": source["id"],
        "parent_seq": after,
    }
    owner, store = ctx.caller.owner, ctx.drivers.store
    await store.fork(owner, row, after, append_of(owner, row["id"], None, bodies, {"state": "queued"}, ["paused"]))
    await ctx.drivers.dispatch.submit(owner, row["id"])
    return run_of({**row, "state": "queued", "last_seq": after + len(bodies)})
