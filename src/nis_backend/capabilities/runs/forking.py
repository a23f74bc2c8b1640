"""Another run from a run's log: with other input, or once more after a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.calling import authorise, under
from nis_backend.capabilities.runs.operations import SAID, OneRun
from nis_backend.capabilities.runs.steering import LATER
from nis_backend.errors import NisError
from nis_backend.operation import Before, Example, operation
from nis_backend.run import Run

if TYPE_CHECKING:
    from nis_backend.context import Context


class ForkRun(OneRun):
    """Which run, from where, and what is other."""

    after: int = Field(default=0, ge=0, description="The last event that both share; 0 begins anew.")
    changes: dict[str, Any] = Field(  # Any: JSON
        default_factory=dict,
        max_length=200,
        description="Fields of the request that differ; another model is one of them.",
    )


async def _allowed(run_id: str, ctx: Context) -> None:
    """Return when the caller may call the run's operation: the new run may do what the caller may."""
    run = await ctx.runs.get(run_id)
    authorise(ctx.operations.find(run.operation), ctx)


@operation(
    "runs.fork_run",
    # What it goes on with may: a client that asks before it destroys must ask here.
    effect="destroys",
    on="run",
    outward=True,
    # All it does is a run of an id that is made here.
    repeatable=True,
    examples=(
        Example(
            title="The same question in other words",
            request={"id": "{turn.run_id}", "changes": {"message": "Hello again!"}},
            before=(SAID,),
        ),
        Example(title="From where it had begun", request={"id": "{turn.run_id}", "after": 1}, before=(SAID,)),
    ),
)
async def fork_run(request: ForkRun, ctx: Context) -> Run:
    """Begin a run that shares a run's events up to one of them and goes on by itself, with other input, model or code.

    What the shared events hold is not done again: answers, calls and choices stay, so a choice is changed by forking
    from before it. The new run stands outside of conversations.

    Raises:
        NotFound: the caller has no such run.
        InvalidRequest: there is no such event, or a changed field is wrong.
        Forbidden: the caller lacks the scopes of its operation.
        Conflict: an earlier version has written its log.
    """
    from nis_backend.fork import fork  # noqa: PLC0415 - loads with the first fork

    await _allowed(request.id, ctx)
    try:
        return await fork(ctx, request.id, request.after, request.changes)
    except NisError as error:
        raise (under("changes", error) if error.field in request.changes else error) from None


STOPPED = Before(name="stopped", operation="runs.cancel_run", request={"id": "{later.id}"})


@operation(
    "runs.retry_run",
    # As for a fork.
    effect="destroys",
    on="run",
    outward=True,
    # All it does is a run of an id that is made here.
    repeatable=True,
    examples=(Example(title="After all", request={"id": "{later.id}"}, before=(LATER, STOPPED)),),
)
async def retry_run(request: OneRun, ctx: Context) -> Run:
    """Begin a run that goes on from where a run has failed or was cancelled; what had succeeded is not done again.

    It is a run of its own, with its `parent`: the log of the first stays ended as it was.

    Raises:
        NotFound: the caller has no such run.
        Forbidden: the caller lacks the scopes of its operation.
        Conflict: it has not failed, or an earlier version has written its log.
    """
    from nis_backend.fork import retry  # noqa: PLC0415 - loads with the first retry

    await _allowed(request.id, ctx)
    return await retry(ctx, request.id)


OPERATIONS = (fork_run, retry_run)
