"""A call as a step of a run: its outcome is recorded, and its effect happens once, or a person is asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nis_backend.calling import guarded, refuse_secret, saying_of
from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import Forbidden, NisError, NotSupported
from nis_backend.event import ApprovalRequired, Rejected, ToolAnswered
from nis_backend.owned import Scope
from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from nis_backend.context import Context
    from nis_backend.event import ToolCalled
    from nis_backend.operation import Model, Operation


@record
class Used:
    """What came of a call: the event, and the request and the result where there is one."""

    event: ToolAnswered
    request: Model | None = None
    result: Any = None  # Any: the operation's result


async def use(
    ctx: Context,
    called: ToolCalled,
    *,
    operation: Operation[Any, Any] | None = None,
    refusal: NisError | None = None,
    ask: str = "",
) -> Used:
    """Make the call, or hand out what it was answered before; what the operation refuses is an answer too.

    What answers a run is begun, and the run as it is then is the result: nobody waits for its end.

    A call that a crash has cut is made again under the same key where the operation is repeatable; else a person is
    asked. With `ask`, the reason, a person is asked before the first time. `refusal` is the answer where the call
    cannot be made at all.

    Raises:
        Suspended: a person has to answer first.
    """
    journal = ctx.run
    known = journal.history.answer(called.step, called.call_id)
    begun = journal.history.called(called.step, called.call_id)
    await journal.write(called)
    stopped: asyncio.CancelledError | None = None
    request = result = None
    try:
        if known is not None and known.problem is not None:
            await journal.write(known)
            return Used(event=known)
        if refusal is not None:
            raise refusal
        operation = operation or ctx.operations.find(called.operation)
        request = operation.validate(called.arguments)
        if known is not None:
            await journal.write(known)
            return Used(event=known, request=request, result=_answers(operation).model_validate(known.result))
        if operation.shape == "stream":
            raise NotSupported(f"{operation.name} answers a {operation.shape}.", remedy="Call it directly.")
        refuse_secret(operation)
        journal.make(called)
        cut = begun and not (operation.repeatable or operation.shape == "run")
        policies = await guarded(operation, ctx)
        if policies:
            from nis_backend.guardrails.reviewing import allow_step  # noqa: PLC0415 - few owners have policies

            ctx = await allow_step(ctx, called, operation, policies, request, ask, cut=cut)
        else:
            await allow(ctx, called, ask, cut=cut)
        result, stopped = await _make(ctx, called, operation, request)
        saying = await saying_of(ctx)
        # What the run may not say, its code is not told either: a death changes nothing of what it goes on with.
        result = result if saying is None else await saying.read(result)
        answered = _answer(called, result=result.model_dump(mode="json"))
    except NisError as error:
        saying = await saying_of(ctx)
        told = error if saying is None else await saying.failure(error)
        answered = _answer(called, problem=told.problem())
    await journal.write(answered)
    if stopped is not None:
        raise stopped
    return Used(event=answered, request=request, result=result)


def _answers(operation: Operation[Any, Any]) -> type[Model]:
    """What a step of it has as its result."""
    from nis_backend.run import Run  # noqa: PLC0415 - a run's module stands on those that stand on this one

    return Run if operation.shape == "run" else operation.result


def _answer(called: ToolCalled, **given: Any) -> ToolAnswered:  # Any: JSON
    return ToolAnswered(step=called.step, call_id=called.call_id, operation=called.operation, **given)


async def allow(ctx: Context, called: ToolCalled, ask: str = "", *, cut: bool) -> None:
    """Return when the call may be made; one that was `cut` and may not be repeated is asked about once more.

    Raises:
        Suspended: a person is asked first.
        Forbidden: they said no.
    """
    journal = ctx.run
    history, about = journal.history, called.arguments
    given = history.decision(called.call_id, called.step, about=about)
    decision = history.decision(called.call_id, called.step, fresh=True, about=about) if cut else None
    if cut and decision is None and (given is not None or not ask):
        ask = f"Attempt {journal.attempt - 1} was cut while it was under way: it may have happened. Run it again?"
        decision = await journal.approval(_asked(called, ask), fresh=True)
    elif ask:
        decision = await journal.approval(_asked(called, ask))
    if isinstance(decision, Rejected):
        why = f": {decision.reason}" if decision.reason else "."
        raise Forbidden(f"A person has rejected {called.operation}{why}", remedy="Go on without it.")


def _asked(called: ToolCalled, reason: str) -> ApprovalRequired:
    return ApprovalRequired(
        step=called.step,
        call_id=called.call_id,
        operation=called.operation,
        arguments=called.arguments,
        reason=reason,
    )


async def _make(
    ctx: Context, called: ToolCalled, operation: Operation[Any, Any], request: Model
) -> tuple[Any, asyncio.CancelledError | None]:
    """The result; beside it, why the run is to stop, where the call had to be finished first."""
    call = f"{called.step}:{called.call_id}"
    reads = operation.effect == "reads" and operation.shape == "model"
    inner = replace(ctx, scope=Scope(key=f"{ctx.run.run_id}:{call}", call=call, reads=reads))
    if operation.shape == "run":
        # Under the key of this call, so that it is the same run however often the call is made.
        await ctx.run.before_effect()
        return await inner.begin(operation, request), None
    if operation.repeatable:
        if operation.effect != "reads":
            await ctx.run.before_effect()
        return await inner.call(operation, request), None
    return await unbroken(_committed(inner, operation, request))


async def _committed(ctx: Context, operation: Operation[Any, Any], request: Model) -> Any:
    await ctx.run.before_effect()
    return await ctx.call(operation, request)


async def unbroken(work: Coroutine[Any, Any, Any]) -> tuple[Any, asyncio.CancelledError | None]:
    """What the work answers, which only a cancel of the run or a second stop cuts; and the stop that came meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task), None
    except asyncio.CancelledError as stopped:
        if task.done() or stop_reason(stopped) == CANCELLED:
            task.cancel()
            await asyncio.wait([task])
            raise
        return await task, stopped
