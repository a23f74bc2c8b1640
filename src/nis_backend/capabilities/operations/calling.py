"""Calling an operation that is named in the request: its answer whole, its refusals in the request's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nis_backend.calling import count, last_of, under
from nis_backend.capabilities.operations.lines import CalledOperation
from nis_backend.errors import NisError, Waiting
from nis_backend.operation import Model
from nis_backend.run import RunHandle

if TYPE_CHECKING:
    from nis_backend.capabilities.operations.lines import CallOperation
    from nis_backend.context import Context


async def call_it(ctx: Context, request: CallOperation) -> CalledOperation:
    """Call the operation and wait for all of its answer.

    Raises:
        NisError: what the operation refuses, its fields under `arguments`; or there is no such operation: `id`.
        Busy: the caller calls too often, and what it calls is not urgent.
    """
    try:
        entry = ctx.operations.entry(request.id)
    except NisError as error:
        await count(ctx)
        error.field = "id"
        raise
    if not entry.urgent:
        await count(ctx)
    try:
        answer = await ctx.call_named(entry.name, request.arguments)
        run_id = answer.id if isinstance(answer, RunHandle) else None
        return CalledOperation(operation=entry.name, result=await _whole(answer), run_id=run_id)
    except Waiting:
        # Its field is the run, and no argument.
        raise
    except NisError as error:
        raise under("arguments", error) from None


async def _whole(answer: Any) -> Any:  # Any: what an operation of any shape answers, then JSON
    """The result as JSON, once there is one: of a run its result, of a stream its last item."""
    if isinstance(answer, RunHandle):
        return await answer.result()
    if isinstance(answer, Model):
        return answer.model_dump(mode="json")
    last = await last_of(answer)
    return last and last.model_dump(mode="json")
