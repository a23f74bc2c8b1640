"""A call as a step of a run that waits for its end: also of an operation that is a run of its own."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import DeadlineExceeded, NisError, Waiting
from nis_backend.event import ToolCalled
from nis_backend.owned import Scope
from nis_backend.run import Wait

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.operation import Json

START = "runs.start_run"
"""Makes any operation a run, which a time limit can end whatever it is at."""


async def follow(  # noqa: PLR0913 - a call, its place, and its bounds
    ctx: Context,
    step: int,
    call_id: str,
    operation: str,
    arguments: Json,
    *,
    refusal: NisError | None = None,
    ask: str = "",
    seconds: float | None = None,
    until: float | None = None,
    began: list[str] | None = None,
) -> tuple[Any, Json | None]:  # Any: JSON
    """Make the call, and wait for its end: the result, or the problem beside None.

    It is made once however often the run is executed: a run that it began is followed again, and ends with this one.
    `ask` is why a person decides first. `seconds` after it was begun, by the log, and at `until` at the latest, it is
    ended, and that is the problem. The id of a run that it began is added to `began`.

    Raises:
        Suspended: a person has to decide first.
    """
    shape = "" if refusal is not None else ctx.operations.entry(operation).shape
    alone = seconds is not None and shape == "model"
    given = {"operation": operation, "arguments": arguments} if alone else arguments
    called = ToolCalled(step=step, call_id=call_id, operation=START if alone else operation, arguments=given)
    if not (alone or shape == "run"):
        used = await ctx.use(called, refusal=refusal, ask=ask)
        return used.event.result, used.event.problem
    wait = Wait(seconds=seconds, until=until)
    used = await replace(ctx, waits=wait).use(called, refusal=refusal, ask=ask)
    if used.event.problem is not None:
        return None, used.event.problem
    run_id = str(used.event.result["id"])
    if began is not None:
        began.append(run_id)
    call = f"{step}:{call_id}"
    ended = await ctx.note(f"{call} ended", lambda: _ended(ctx, call, run_id, wait), told=True)
    return ended["result"], ended["problem"]


async def _ended(ctx: Context, call: str, run_id: str, wait: Wait) -> Json:
    limit, began = asyncio.timeout(None), 0.0
    try:
        run_id = await _gone_on(ctx, call, run_id, wait)
        began = (await ctx.runs.get(run_id)).created
        # From its beginning, however often the run that waits is taken up again.
        ends = [one for one in (wait.seconds and began + wait.seconds, wait.until) if one is not None]
        time = await ctx.left(Wait(until=min(ends, default=None)))
        async with limit:
            limit.reschedule(None if time is None else asyncio.get_running_loop().time() + time)
            return {"result": await _result(ctx, run_id), "problem": None}
    except TimeoutError:
        if not limit.expired():
            raise
        await _cancel(ctx, run_id)
        took = round(ctx.drivers.store.now() - began, 1)
        late = DeadlineExceeded(f"Run {run_id} was not done after {took:g} s.", remedy="Give it more time.")
        return {"result": None, "problem": late.problem()}
    except NisError as error:
        return {"result": None, "problem": error.problem()}
    except asyncio.CancelledError as stopped:
        if stop_reason(stopped) == CANCELLED:
            await _cancel(ctx, run_id)
        raise


async def _gone_on(ctx: Context, call: str, run_id: str, wait: Wait) -> str:
    """The run that is waited for: one that ended with a run that this one goes on from goes on with this one."""
    row = await ctx.store.get("runs", run_id)
    if row is None or row["state"] != "cancelled" or row["awaited_by"] in {None, ctx.run.run_id}:
        return run_id
    from nis_backend.fork import retry  # noqa: PLC0415 - few runs are tried again

    # Under the key of this call, so that it is the same run however often it is gone on.
    scope = Scope(key=f"{ctx.run.run_id}:{call}", call=call)
    return (await retry(replace(ctx, scope=scope, waits=wait), run_id)).id


async def _result(ctx: Context, run_id: str) -> Any:  # Any: JSON
    """Its result, however long a person thinks about what it asks in between."""
    told = ""
    while True:
        try:
            return await ctx.runs.result(run_id)
        except Waiting as waiting:
            if waiting.message != told:
                told = waiting.message
                ctx.run.aside(told)
        last = (await ctx.runs.get(run_id)).last_seq
        async for _ in ctx.runs.follow(run_id, last, live=False):
            break


async def _cancel(ctx: Context, run_id: str) -> None:
    with suppress(NisError):
        await ctx.runs.cancel(run_id)
