"""Any operation as a run: it goes on by itself, and its log has what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.errors import NisError, NotSupported
from nis_backend.operation import Example, Model, begin, operation, under
from nis_backend.run import Run

if TYPE_CHECKING:
    from nis_backend.context import Context


class StartRun(Model):
    """What is started, and how it waits."""

    operation: str = Field(min_length=1, max_length=64, description="The operation's name.")
    arguments: dict[str, Any] = Field(  # Any: JSON
        default_factory=dict, max_length=200, description="The operation's request."
    )


@operation(
    "runs.start_run",
    # What it starts may: a client that asks before it destroys must ask here.
    effect="destroys",
    essential=True,
    outward=True,
    examples=(
        Example(
            title="A long computation",
            request={
                "operation": "physics.simulate_projectile",
                "arguments": {"speed": 20, "angle": 40, "points": 3},
            },
        ),
    ),
)
async def start_run(request: StartRun, ctx: Context) -> Run:
    """Start any operation as a run and answer at once; its events, its result and its end are found under its id.

    Raises:
        NotFound: there is no operation of this name.
        NotSupported: it answers a stream.
        Forbidden: the caller lacks its scopes.
        InvalidRequest: a field under `arguments` is wrong.
        Busy: the queue is full.
    """
    target = ctx.operations.find(request.operation)
    try:
        handle = await begin(target, request.arguments, ctx)
    except NotSupported:
        raise
    except NisError as error:
        raise under("arguments", error) from None
    return await ctx.runs.get(handle.id)


OPERATIONS = (start_run,)
