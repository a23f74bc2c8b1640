"""A call as a step of a run that waits for its end: also of an operation that is a run of its own."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import DeadlineExceeded, NisError, Waiting
from nis_backend.event import ToolCalled

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Sequence

    from nis_backend.context import Context
    from nis_backend.operation import Json

Res = TypeVar("Res")

START = "runs.start_run"
"""Makes any operation a run, which a time limit can end whatever it is at."""

LAST_SECONDS = 2.0
"""Of a run's time: what is left to end the runs that it waits for."""


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
) -> tuple[Any, Json | None]:  # Any: JSON
    """Make the call, and wait for its end: the result, or the problem beside None.

    It is made once however often the run is executed: a run that it began is followed again. `ask` is why a person
    decides first. After `seconds`, and at `until` at the latest, it is ended, and that is the problem.

    Raises:
        Suspended: a person has to decide first.
    """
    shape = "" if refusal is not None else ctx.operations.entry(operation).shape
    alone = seconds is not None and shape == "model"
    given = {"operation": operation, "arguments": arguments} if alone else arguments
    called = ToolCalled(step=step, call_id=call_id, operation=START if alone else operation, arguments=given)
    used = await ctx.use(called, refusal=refusal, ask=ask)
    if used.event.problem is not None or not (alone or shape == "run"):
        return used.event.result, used.event.problem
    run_id = str(used.event.result["id"])
    ended = await ctx.note(f"{step}:{call_id} ended", lambda: _ended(ctx, run_id, seconds, until), told=True)
    return ended["result"], ended["problem"]


async def together(work: Sequence[Coroutine[Any, Any, Res]]) -> list[Res]:
    """What each answers, in their order, all at once; a stop is told to each, with its reason, and waited for."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        if tasks:
            await asyncio.wait(tasks)
    except asyncio.CancelledError as stopped:
        await stop(tasks, *stopped.args)
        raise
    return [task.result() for task in tasks]


async def stop(tasks: Iterable[asyncio.Task[Any]], *why: Any) -> None:  # Any: what a task is cancelled with
    """Stop them, each knowing why: a call that may not be repeated is finished first, unless the run is cancelled."""
    waited = list(tasks)
    for task in waited:
        task.cancel(*why)
    await asyncio.gather(*waited, return_exceptions=True)


async def _ended(ctx: Context, run_id: str, seconds: float | None, until: float | None) -> Json:
    seconds = await left(ctx, seconds, until)
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return {"result": await _result(ctx, run_id), "problem": None}
    except TimeoutError:
        if not limit.expired():
            raise
        await _cancel(ctx, run_id)
        late = DeadlineExceeded(f"Run {run_id} was not done after {seconds:g} s.", remedy="Give it more time.")
        return {"result": None, "problem": late.problem()}
    except NisError as error:
        return {"result": None, "problem": error.problem()}
    except asyncio.CancelledError as stopped:
        if stop_reason(stopped) == CANCELLED:
            await _cancel(ctx, run_id)
        raise


async def left(ctx: Context, seconds: float | None, until: float | None = None) -> float | None:
    """The time there is: what was given, and no more than the run has that waits, less what ending it takes.

    By the clock, and not by the run's own time: while no process had it, time has passed.
    """
    now = ctx.drivers.store.now()
    least = [one for one in (seconds, None if until is None else until - now) if one is not None]
    deadline = (await ctx.runs.get(ctx.run.run_id)).deadline
    if deadline is not None:
        last = deadline - now
        least.append(last - min(LAST_SECONDS, last / 4))
    return max(min(least), 0.1) if least else None


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
