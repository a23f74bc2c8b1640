"""A run is stopped, rests, goes on, and is told what it waits for; each is a command in its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field

from nis_backend.calling import told_under
from nis_backend.capabilities.runs.operations import ASKED, OneRun
from nis_backend.errors import Forbidden
from nis_backend.guardrails.persons import DECIDES, refuse_model
from nis_backend.held import START
from nis_backend.operation import Before, Example, Model, operation
from nis_backend.run import State

if TYPE_CHECKING:
    from nis_backend.context import Context


class Steered(Model):
    """The command is written down; the run's events say when it has come to be."""

    id: str = Field(description="The run that heard it: the one named, or the only one that it waits for.")
    seq: int = Field(description="Number of the command in the run's log, or of the end that it was.")
    state: State = Field(description="What the run is after it: a run that is under way hears it a moment later.")


class Answered(OneRun):
    """Which run, and which of its questions."""

    call_id: str | None = Field(
        default=None, max_length=256, description="Which call is meant, to be sure; unset: the one that it waits for."
    )


Question = TypeVar("Question", bound=Answered)


class RejectRun(Answered):
    """Which run, and why not."""

    reason: str = Field(default="", max_length=2_000, description="What the agent is told.")


class ProvideInput(Answered):
    """Which run, and what it asked for."""

    values: dict[str, Any] = Field(max_length=200, description="A value for each field it asked for.")  # Any: JSON
    part: bool = Field(default=False, description="Whether the rest comes later: the run waits on for it.")


async def _to(request: Question, kind: str, ctx: Context) -> Question:
    """The answer, to the run that asks: of a run that only waits for one that does, to that one."""
    from nis_backend.capabilities.runs.awaiting import meant  # noqa: PLC0415 - loads with the first answer

    return request.model_copy(update={"id": await meant(request.id, kind, ctx)})


async def _steered(ctx: Context, run_id: str, seq: int) -> Steered:
    return Steered(id=run_id, seq=seq, state=(await ctx.runs.get(run_id)).state)


@operation(
    "runs.cancel_run",
    effect="writes",
    essential=True,
    on="run",
    examples=(Example(title="A long answer", request={"id": "{begun.id}"}, before=(ASKED,)),),
)
async def cancel_run(request: OneRun, ctx: Context) -> Steered:
    """Stop a run for good, under way or at rest, and the runs that it waits for.

    Raises:
        NotFound: the caller has no such run.
        Conflict: it has ended.
    """
    return await _steered(ctx, request.id, await ctx.runs.cancel(request.id))


@operation(
    "runs.pause_run",
    effect="writes",
    on="run",
    examples=(Example(title="A long answer", request={"id": "{begun.id}"}, before=(ASKED,)),),
)
async def pause_run(request: OneRun, ctx: Context) -> Steered:
    """Have a run rest until it is resumed; a step that may not be repeated is finished first.

    Raises:
        NotFound: the caller has no such run.
        Conflict: it has ended, or rests already.
    """
    return await _steered(ctx, request.id, await ctx.runs.pause(request.id))


LATER = Before(
    name="later", operation="runs.start_run", request={"operation": "models.list_models", "delay_seconds": 3600}
)
PAUSED = Before(name="paused", operation="runs.pause_run", request={"id": "{later.id}"})


@operation(
    "runs.resume_run",
    effect="writes",
    on="run",
    examples=(Example(title="What rests goes on", request={"id": "{later.id}"}, before=(LATER, PAUSED)),),
)
async def resume_run(request: OneRun, ctx: Context) -> Steered:
    """Have a paused run go on from where it was.

    Raises:
        NotFound: the caller has no such run.
        Conflict: it is not paused.
    """
    return await _steered(ctx, request.id, await ctx.runs.resume(request.id))


HELD = Before(
    name="held",
    operation="runs.start_run",
    request={"operation": "models.list_models", "approval": "It asks every provider for its list."},
)


@operation(
    "runs.approve_run",
    effect="writes",
    on="run",
    examples=(Example(title="Let it begin", request={"id": "{held.id}"}, before=(HELD,)),),
)
async def approve_run(request: Answered, ctx: Context) -> Steered:
    """Allow what a run waits for a person to allow; it goes on.

    Raises:
        Forbidden: a model asks for it, and no person; or a policy asks, and the caller may not decide reviews.
        NotFound: the caller has no such run.
        Conflict: it waits for no approval, or for that of another call.
    """
    refuse_model(ctx, "An approval")
    request = await _to(request, "approval", ctx)
    if ctx.caller.lacks([DECIDES]) and await ctx.store.select(
        "reviews", where={"run_id": request.id, "state": "pending"}, limit=1
    ):
        raise Forbidden(
            f"A policy has a person decide about run {request.id}, which needs the scope {DECIDES!r}.",
            field="scope",
            value=DECIDES,
            remedy="Use a key that has it.",
        )
    return await _steered(ctx, request.id, await ctx.runs.approve(request.id, request.call_id))


@operation(
    "runs.reject_run",
    effect="writes",
    on="run",
    examples=(Example(title="Not now", request={"id": "{held.id}", "reason": "Not before noon."}, before=(HELD,)),),
)
async def reject_run(request: RejectRun, ctx: Context) -> Steered:
    """Refuse what a run waits for a person to allow; it goes on without, and is told why.

    Raises:
        NotFound: the caller has no such run.
        Conflict: it waits for no approval, or for that of another call.
    """
    request = await _to(request, "approval", ctx)
    return await _steered(ctx, request.id, await ctx.runs.reject(request.id, request.call_id, request.reason))


WANTING = Before(
    name="wanting",
    operation="runs.start_run",
    request={"operation": "physics.convert_unit", "arguments": {"value": 5, "unit": "mile"}, "ask": True},
)


@operation(
    "runs.provide_input",
    effect="writes",
    on="run",
    examples=(Example(title="The unit", request={"id": "{wanting.id}", "values": {"to": "km"}}, before=(WANTING,)),),
)
async def provide_input(request: ProvideInput, ctx: Context) -> Steered:
    """Give a run the values that it waits for; it goes on with them.

    Raises:
        NotFound: the caller has no such run.
        Conflict: it waits for no input.
        InvalidRequest: a value was not asked for, or one is missing.
    """
    request = await _to(request, "input", ctx)
    run = await ctx.runs.get(request.id)
    whole, waiting = None, run.waiting or {}
    values = {**waiting.get("given", {}), **request.values}
    missing = set(waiting.get("missing", ())) - set(values)
    if (waiting.get("kind"), waiting.get("call_id")) == ("input", START) and not (request.part and missing):
        target = ctx.operations.find(run.operation)
        with told_under("values"):
            whole = target.validate({**run.input, **values})
            if target.holds_blobs:
                whole = await ctx.blobs.resolve(whole, [])
    told = whole and whole.model_dump_json()
    seq = await ctx.runs.provide_input(request.id, request.values, request.call_id, told, part=request.part)
    return await _steered(ctx, request.id, seq)


OPERATIONS = (cancel_run, pause_run, resume_run, approve_run, reject_run, provide_input)
