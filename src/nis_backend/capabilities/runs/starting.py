"""Any operation as a run: it goes on by itself, and its log has what came of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from pydantic import Field

from nis_backend.calling import authorise, begin, under
from nis_backend.errors import InvalidRequest, NisError, NotSupported
from nis_backend.held import for_approval, for_input
from nis_backend.operation import Example, Model, operation
from nis_backend.run import Run, Terms, own_queue
from nis_backend.times import Moment

if TYPE_CHECKING:
    from nis_backend.context import Context
    from nis_backend.operation import Operation
    from nis_backend.run import RunHandle


DEEPEST = 32
"""Levels of a request's arguments: a run that starts a run takes two or three, so one request starts a few at most."""

YEAR = 366 * 86_400.0
"""The longest wait, seconds."""


class StartRun(Model):
    """What is started, and how it waits."""

    operation: str = Field(min_length=1, max_length=64, description="The operation's name.")
    arguments: dict[str, Any] = Field(  # Any: JSON
        default_factory=dict, max_length=200, description="The operation's request."
    )
    queue: str | None = Field(
        default=None, min_length=1, max_length=32, description="The queue to wait in; unset takes the operation's own."
    )
    priority: int = Field(default=0, ge=-100, le=100, description="Runs of one queue start by this, the highest first.")
    delay_seconds: float | None = Field(default=None, ge=0, le=YEAR, description="Start it this much later.")
    not_before: Moment | None = Field(default=None, description="Start it then or later, ISO 8601.")
    deadline_seconds: float | None = Field(
        default=None, gt=0, le=YEAR, description="It ends at the latest this long after it may start."
    )
    retries: int = Field(
        default=0, ge=0, le=20, description="How often it is tried again after a failure that may pass, ever later."
    )
    approval: str | None = Field(
        default=None,
        min_length=1,
        max_length=1_000,
        description="Why a person has to allow it: it waits until somebody approves, and ends if they reject.",
    )
    ask: bool = Field(
        default=False, description="Whether it waits for a person to give the required fields that are missing."
    )
    budget: float | None = Field(
        default=None, ge=0, le=1e9, description="Dollars that its calls of models may cost at most, in all."
    )
    dedupe: str | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="A key: while a run with it is open, that run is answered and none is started.",
    )


@operation(
    "runs.start_run",
    # What it starts may: a client that asks before it destroys must ask here.
    effect="destroys",
    essential=True,
    outward=True,
    # All it does is a run of an id that is made here.
    repeatable=True,
    examples=(
        Example(
            title="A long computation",
            request={
                "operation": "physics.simulate_projectile",
                "arguments": {"speed": 20, "angle": 40, "points": 3},
            },
        ),
        Example(
            title="In an hour, once, and again if it fails for a while",
            request={
                "operation": "models.list_models",
                "delay_seconds": 3600,
                "deadline_seconds": 600,
                "retries": 3,
                "dedupe": "models-in-an-hour",
            },
        ),
        Example(
            title="Once a person has allowed it",
            request={"operation": "models.list_models", "approval": "It asks every provider for its list."},
        ),
    ),
)
async def start_run(request: StartRun, ctx: Context) -> Run:
    """Start any operation as a run and answer at once; its events, its result and its end are found under its id.

    Raises:
        NotFound: there is no operation of this name.
        NotSupported: it answers a stream.
        Forbidden: the caller lacks its scopes.
        InvalidRequest: the operation is this one, or `arguments` nest too deep, or a field under them is wrong.
        Busy: the queue is full.
    """
    if request.operation == start_run.name:
        raise InvalidRequest(
            f"{start_run.name} does not start itself.",
            field="operation",
            value=request.operation,
            remedy="Name the operation it should start.",
        )
    _refuse_nested(request.arguments)
    target = ctx.operations.find(request.operation)
    terms = _terms(request, target.queue or own_queue(target.pool), ctx.now())
    await ctx.drivers.dispatch.admit(terms.queue)
    try:
        handle = await _begun(target, request, terms, ctx)
    except NotSupported:
        raise
    except NisError as error:
        raise under("arguments", error) from None
    return await ctx.runs.get(handle.id)


async def _begun(target: Operation[Any, Any], request: StartRun, terms: Terms, ctx: Context) -> RunHandle:
    """The run, which waits where a person is to be asked first."""
    if request.ask and target.shape == "model":
        authorise(target, ctx)
        hold = for_input(target, request.arguments)
        if hold is not None:
            return await ctx.start_run(target, json.dumps(request.arguments), replace(terms, hold=hold))
    if request.approval:
        hold = for_approval(target, request.arguments, request.approval)
        return await begin(target, request.arguments, ctx, replace(terms, hold=hold))
    return await begin(target, request.arguments, ctx, terms)


def _refuse_nested(arguments: dict[str, Any]) -> None:  # Any: JSON
    """Refuse runs within runs without an end: what starts what starts a run says so in arguments of arguments.

    Raises:
        InvalidRequest: they nest deeper than `DEEPEST`.
    """
    level: list[Any] = [arguments]
    for _ in range(DEEPEST):
        level = [one for value in level for one in _members(value)]
        if not level:
            return
    raise InvalidRequest(
        f"arguments nest more than {DEEPEST} deep.",
        field="arguments",
        remedy="Start what is meant in the end directly.",
    )


def _members(value: Any) -> list[Any]:  # Any: JSON
    """What an object or an array holds."""
    if isinstance(value, dict):
        return [*cast("dict[str, Any]", value).values()]
    return cast("list[Any]", value) if isinstance(value, list) else []


def _terms(request: StartRun, queue: str, now: float) -> Terms:
    """When and where the run is executed.

    Raises:
        InvalidRequest: it is told twice when to start.
    """
    if request.ask and request.approval:
        raise InvalidRequest(
            "ask and approval both have a person asked first.", field="ask", value=True, remedy="Give one of them."
        )
    if request.delay_seconds is not None and request.not_before is not None:
        raise InvalidRequest(
            "delay_seconds and not_before both say when to start.",
            field="not_before",
            value=request.not_before,
            remedy="Give one of them.",
        )
    begins = request.not_before.timestamp() if request.not_before else now + (request.delay_seconds or 0)
    if begins > now + YEAR:
        raise InvalidRequest(
            "not_before is more than a year away.",
            field="not_before",
            value=request.not_before,
            remedy="Give an earlier time, or make a schedule.",
        )
    return Terms(
        queue=request.queue or queue,
        priority=request.priority,
        not_before=begins if begins > now else 0.0,
        deadline=None if request.deadline_seconds is None else max(begins, now) + request.deadline_seconds,
        dedupe=request.dedupe,
        retries=request.retries,
        budget=request.budget,
    )


OPERATIONS = (start_run,)
