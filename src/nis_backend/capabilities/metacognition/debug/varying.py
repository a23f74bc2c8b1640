"""What an answer would have been with one thing otherwise: the run done anew so, beside the run done anew as it was."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from nis_backend.answers.extracting import extract
from nis_backend.calling import authorise
from nis_backend.capabilities.metacognition.debug.counterfactual import (
    FORMULA,
    OTHERWISE,
    Arm,
    Counterfactual,
    Outcome,
    ReplayCounterfactual,
)
from nis_backend.capabilities.metacognition.debug.explaining import called_operations, words_answered
from nis_backend.capabilities.metacognition.debug.explanation import MOST_EVENTS
from nis_backend.capabilities.metacognition.debug.settled import NAMED, Settled
from nis_backend.capabilities.metacognition.multipath.voting import counted
from nis_backend.drivers.dispatch.base import CANCELLED, stop_reason
from nis_backend.errors import Conflict, InvalidRequest, NisError, NotFound, NotSupported, Waiting
from nis_backend.event import HandedOff, ModelAnswered
from nis_backend.fork import vary
from nis_backend.found import named_in
from nis_backend.numerics.shares import fisher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.event import Event
    from nis_backend.operation import Json
    from nis_backend.run import Run


async def prepare(request: ReplayCounterfactual, ctx: Context) -> ReplayCounterfactual:
    """Refuse what cannot be done anew, before a run is written down.

    Raises:
        NisError: with the field.
    """
    given = [name for name in OTHERWISE if getattr(request, name)]
    if len(given) != 1:
        raise InvalidRequest(
            f"One thing is to be otherwise; {len(given)} are given.",
            field=given[1] if given else OTHERWISE[0],
            remedy=f"Give one of {', '.join(OTHERWISE)}.",
        )
    run, events = await _found(request.run, ctx)
    if not run.finished:
        raise Conflict(f"Run {run.id} is {run.state}.", field="run", value=run.id, remedy="Wait for its end.")
    authorise(ctx.operations.find(run.operation), ctx)
    if request.model is not None:
        with named_in("model"):
            await ctx.models.choose(request.model)
    _changed(request, run, events, ctx, {"provider": "", "name": ""})
    if _outcome(request, run, events).answer is None:
        raise InvalidRequest(
            f"Run {run.id} has no answer of the kind {request.answer.kind}: nothing could be held against it.",
            field="answer",
            value=request.answer.kind,
            remedy="Say in `answer` what of its words is the answer, or name a run that has one.",
        )
    return request


async def _found(run_id: str, ctx: Context) -> tuple[Run, list[Event]]:
    with named_in("run"):
        return await ctx.runs.get(run_id), await ctx.runs.all_events(run_id, MOST_EVENTS)


def _changed(
    request: ReplayCounterfactual, run: Run, events: Sequence[Event], ctx: Context, info: Json
) -> tuple[Settled, Settled]:
    """What the run settles as it was, and otherwise.

    Raises:
        NisError: that cannot be, with the field.
    """
    settled = Settled(run, events)
    if run.operation in NAMED and not request.acts:
        acted = [name for name in called_operations(events) if not _reads(name, ctx)]
        handed = [f"the agent {event.body.to}" for event in events if isinstance(event.body, HandedOff)]
        if acted or handed:
            raise Conflict(
                f"The run has called {[*acted, *handed][0]}, which may do more than read: done anew, it would again.",
                field="acts",
                value=False,
                remedy="Set acts where that is right.",
            )
        settled.keep(lambda name: _reads(name, ctx))
    other = deepcopy(settled)
    if request.without_operation is not None:
        other.without(request.without_operation)
    elif request.without_memory:
        other.forget()
    elif request.instructions is not None:
        other.instruct(request.instructions)
    elif run.operation in NAMED:
        other.ask(info)
    elif "model" not in ctx.operations.find(run.operation).request.model_fields:
        raise NotSupported(f"{run.operation} names no model.", field="model", value=request.model)
    return settled, other


def _reads(name: str, ctx: Context) -> bool:
    try:
        return ctx.operations.entry(name).effect == "reads"
    except NotFound:
        # What the model called and there is not has done nothing.
        return True


async def varied(request: ReplayCounterfactual, ctx: Context) -> Counterfactual:
    """Carry out the run."""
    run, events = await _found(request.run, ctx)

    async def choose() -> Json:
        return vars((await ctx.models.choose(request.model))[1]) if request.model else {}

    info: Json = await ctx.note("other model", choose)
    settled, other = _changed(request, run, events, ctx, info)
    fields: Json = {} if run.operation in NAMED or request.model is None else {"model": request.model}
    original = _outcome(request, run, events)
    plan: list[tuple[Json, dict[str, Any]]] = [({}, settled.notes), (fields, other.notes)]  # Any: JSON
    begun: list[list[str]] = [[], []]
    for _ in range(request.times):
        for arm, (changes, notes) in zip(begun, plan, strict=True):
            into = ctx.new_id("run")
            # Its id is in the log before it is there, so that no crash makes it twice.
            await ctx.run.before_effect()
            await vary(ctx, run.id, changes, notes, into)
            arm.append(into)
    try:
        arms = [arm_of([await _ended(request, one, ctx) for one in arm], original) for arm in begun]
    except asyncio.CancelledError as stopped:
        # Where this process ends alone, they go on, and so does this run elsewhere.
        if stop_reason(stopped) == CANCELLED:
            for one in (one for arm in begun for one in arm):
                with suppress(NisError):
                    await ctx.runs.cancel(one)
        raise
    p_value = _p_value(arms[0], arms[1])
    return Counterfactual(
        run=run.id,
        otherwise=_otherwise(request),
        original=original,
        as_it_was=arms[0],
        changed=arms[1],
        p_value=p_value,
        formula=FORMULA,
        reading=reading_of(request, arms[0], arms[1], p_value),
        warnings=await _warnings(request, begun, arms, ctx),
        run_id=ctx.run.run_id,
    )


async def _ended(request: ReplayCounterfactual, run_id: str, ctx: Context) -> Outcome:
    """What a run that was begun here has come to; one that waits for a person is ended."""

    async def wait() -> Json:
        try:
            await ctx.runs.result(run_id)
        except Waiting:
            await ctx.runs.cancel(run_id)
            return {"problem": "It waited for a person, and was ended."}
        except NisError as error:
            return {"problem": error.message}
        return {"problem": ""}

    told = await ctx.note(f"ended {run_id}", wait)
    run, events = await _found(run_id, ctx)
    return _outcome(request, run, events, told["problem"])


def _outcome(request: ReplayCounterfactual, run: Run, events: Sequence[Event], problem: str = "") -> Outcome:
    words = words_answered(run.result, events) if run.state == "succeeded" else ""
    counts = [
        one
        for event in events
        if isinstance(event.body, ModelAnswered)
        for one in (event.body.input_tokens, event.body.output_tokens)
    ]
    return Outcome(
        run_id=run.id,
        state=run.state,
        answer=extract(words, request.answer) if words else None,
        response=words,
        called=called_operations(events),
        tokens=None if None in counts else sum(one or 0 for one in counts),
        problem=problem,
    )


def arm_of(outcomes: Sequence[Outcome], original: Outcome) -> Arm:
    """What runs under one condition came to."""
    # One that says something else than an answer has not given the answer either.
    ended = [one for one in outcomes if one.state == "succeeded"]
    return Arm(
        same=sum(one.answer == original.answer for one in ended),
        ended=len(ended),
        votes=counted([one.answer for one in outcomes]),
        outcomes=list(outcomes),
    )


def _p_value(one: Arm, other: Arm) -> float | None:
    if not one.ended or not other.ended:
        return None
    return fisher(one.same, one.ended, other.same, other.ended)


def _otherwise(request: ReplayCounterfactual) -> str:
    if request.without_operation is not None:
        return f"without {request.without_operation}"
    if request.without_memory:
        return "without memory"
    return f"with {request.model}" if request.model else "with other instructions"


def reading_of(request: ReplayCounterfactual, one: Arm, other: Arm, p_value: float | None) -> str:
    """What the two sides say of a difference, and whether so many runs could have shown one."""
    told = (
        f"Done anew as it was, {one.same} of {one.ended} runs gave its answer; {_otherwise(request)}, {other.same} of "
        f"{other.ended}."
    )
    if p_value is None:
        return f"{told} Of one side no run succeeded: nothing can be said of a difference."
    if p_value < 0.05:  # noqa: PLR2004 - the usual bound
        return f"{told} So great a difference is chance in {p_value:.2g} of cases: the change mattered to the answer."
    least = fisher(one.ended, one.ended, 0, other.ended)
    more = f" {one.ended} and {other.ended} runs cannot show any: the least p is {least:.2g}." if least >= 0.05 else ""  # noqa: PLR2004 - as above
    return f"{told} That may be chance (p = {p_value:.2g}): no difference is shown.{more}"


async def _warnings(
    request: ReplayCounterfactual, begun: Sequence[Sequence[str]], arms: Sequence[Arm], ctx: Context
) -> list[str]:
    told: list[str] = []
    kept = 0
    for run_id in (one for arm in begun for one in arm):
        _, events = await _found(run_id, ctx)
        kept += sum(isinstance(event.body, ModelAnswered) and bool(event.body.cache) for event in events)
    if kept:
        told.append(f"{kept} answers were those that a route had kept: they are no new draws.")
    lost = [one.problem for arm in arms for one in arm.outcomes if one.problem]
    if lost:
        told.append(f"{len(lost)} runs have no answer: {lost[0]}")
    if not request.acts:
        told.append("Only what reads was offered, in all runs that were done anew.")
    return told
