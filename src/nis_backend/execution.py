"""One execution of a run: from what its log holds, until it has ended, rests, waits, or is let go."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from nis_backend.caller import Caller
from nis_backend.calling import guarded, perform
from nis_backend.context import Context, undoes
from nis_backend.drivers.dispatch.base import CANCELLED as CANCEL
from nis_backend.drivers.dispatch.base import WANTED, Left, stop_reason
from nis_backend.drivers.store.base import OPEN
from nis_backend.drivers.telemetry.ids import FIELDS, HERE, Ids, Trace, of_carried
from nis_backend.errors import (
    Fenced,
    InternalError,
    NisError,
    NotFound,
    Unavailable,
    WorkerLost,
)
from nis_backend.event import (
    CancelledRun,
    Failed,
    Released,
    RetryScheduled,
    Started,
    Succeeded,
    ToolCalled,
)
from nis_backend.held import heed
from nis_backend.history import History
from nis_backend.journal import AWAY_SECONDS, LONGEST_AWAY, Journal, Suspended
from nis_backend.operation import Model
from nis_backend.owned import Scope
from nis_backend.run import FORMAT, RunLog, late, run_of
from nis_backend.steps import allow, unbroken
from nis_backend.within import of_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from nis_backend.drivers.store.base import Row, Store
    from nis_backend.drivers.telemetry.base import Span, Tracer
    from nis_backend.event import Body, Event
    from nis_backend.opened import Drivers
    from nis_backend.operation import Operation

T = TypeVar("T")

log = logging.getLogger("nis.run")

MOST_IDLE = 5
"""Attempts in a row that leave nothing: what runs then is likely what ends its process."""

ABSENT_SECONDS = 60.0
"""Time between two looks for an operation that this process does not have."""

SUCCEEDED, CANCELLED = Left(how="ended", state="succeeded"), Left(how="ended", state="cancelled")
RELEASED, AGAIN = Left(how="released"), Left(how="again")

LAST_SECONDS = 1.5
"""Time that a run which is stopped with its process gets to write how it was left; what it cannot stays held."""

UNDO_SECONDS = 60.0
"""Time in which what a run has made is to be taken back."""

DROPS: dict[str, Sequence[str]] = {"cancelled": OPEN, "failed": ("queued", "running", "paused")}
"""By the end of a run, the states in which what it waits for ends too.

What waits for a person goes on by itself where who asked has failed for that; after a success all does.
"""

FIRST_RETRY, LONGEST_RETRY = 1.0, 300.0
"""Seconds before a failed run is tried again: the first, doubled each time, up to the second."""


async def execute(drivers: Drivers, owner: str, run_id: str, attempt: int) -> Left:
    """Carry on a run that was taken under this attempt; see `dispatch.base.Execute`."""
    began = time.perf_counter()
    HERE.set(Ids(run_id=run_id))
    span: list[Span] = []
    operation, left = await _executed(drivers, owner, run_id, attempt, span)
    for one in span:
        one.note({"nis.run.left": left.state or left.how})
        one.end(left.problem)
    if left.state:
        drivers.telemetry.counts.run_ended(operation, left.state, time.perf_counter() - began)
    if left.state == "failed":
        fields = {"event": "run.failed", "operation": operation, "problem": left.problem, "attempt": attempt}
        # An error, so that whoever watches failures sees them whatever NIS_LOG_LEVEL is.
        log.error("run %s of %s failed: %s", run_id, operation, left.problem, extra={FIELDS: fields})
    return left


def _begin_span(tracer: Tracer, row: Row, attempt: int) -> Span:
    """The span of an attempt: in the trace of whatever began the run, and linked to the attempt before.

    Its ids follow from the run's, so that whichever process goes on knows those of the one before without being told.
    """
    run_id, parent = str(row["id"]), HERE.get().trace
    trace_id = parent.trace_id if parent else _digest(run_id, 32)
    places = [Trace(trace_id=trace_id, span_id=_digest(f"{run_id} {one}", 16)) for one in (attempt, attempt - 1)]
    attributes = {"nis.operation": str(row["operation"]), "nis.run.id": run_id, "nis.run.attempt": attempt}
    if row["conversation_id"] is not None:
        attributes["gen_ai.conversation.id"] = str(row["conversation_id"])
    links = places[1:] if attempt > 1 else []
    return tracer.begin(f"run {row['operation']}", "internal", parent, attributes, settled=places[0], links=links)


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


async def _executed(drivers: Drivers, owner: str, run_id: str, attempt: int, span: list[Span]) -> tuple[str, Left]:
    """The run's operation, and how it was left; the `span` of the attempt is put there once it has begun."""
    store, operation = drivers.store, ""
    runs = RunLog(store, drivers.tail, owner, submit=drivers.dispatch.submit, undoes=partial(undoes, drivers))
    try:
        row = await _patiently(run_id, lambda: store.get("runs", owner, run_id))
        if row is None:
            return operation, RELEASED
        operation = str(row["operation"])
        HERE.set(of_carried(row["ids"], run_id, row["key_id"]))
        if drivers.telemetry.tracer is not None:
            span.append(_begin_span(drivers.telemetry.tracer, row, attempt))
            HERE.set(HERE.get().below(span[0].trace))
        if await _dropped(store, owner, row):
            # It was begun, or is taken up again, after who waits for it was told to end.
            row["wanted"] = "cancel"
        events = await _patiently(run_id, lambda: runs.all_events(run_id)) if row["last_seq"] else []
    except asyncio.CancelledError as cancelled:
        again = await _read_again(drivers, runs, run_id, operation, cancelled)
        if again is None:
            return operation, await _stop(Journal(store, owner, run_id, attempt, runs=runs), cancelled)
        row, events = again
        operation = str(row["operation"])
    except ValueError:
        log.exception("run %s: its log cannot be read", run_id)
        journal = Journal(store, owner, run_id, attempt, runs=runs)
        fault = InternalError("The run's log cannot be read.", remedy="Start it again.")
        return operation, await end_failed(journal, fault)
    history, tail = History(events), drivers.tail
    journal = Journal(store, owner, run_id, attempt, history, row["conversation_id"], tail, of_row(row), runs)
    # A run may do what the caller who began it may, and no more.
    caller = Caller(owner=owner, scopes=frozenset(json.loads(row["scopes"])), key=row["key_id"])
    try:
        target = drivers.operations.find(operation)
    except NotFound:
        return operation, await _absent(journal, row, store.now())
    if attempt == 1:
        drivers.telemetry.counts.run_began(str(row["queue"]), store.now() - row["not_before"])
    scope = Scope(key=run_id, call="" if target.shape == "run" else "0:run")
    ctx = Context(drivers=drivers, caller=caller, journal=journal, scope=scope, operation=target.name)
    return operation, await carry(target, row, ctx)


async def _dropped(store: Store, owner: str, row: Row) -> bool:
    """Whether a run waits for this one that was cancelled."""
    if row["awaited_by"] is None:
        return False
    waits = await _patiently(row["id"], lambda: store.get("runs", owner, row["awaited_by"]))
    return waits is not None and waits["state"] == "cancelled"


async def _absent(journal: Journal, row: Row, now: float) -> Left:
    """How a run is left whose operation is not here: it waits for it, unless it is to stop."""
    if row["wanted"] in WANTED:
        return await _stop(journal, asyncio.CancelledError(WANTED[row["wanted"]]))
    if row["deadline"] is not None and row["deadline"] <= now:
        return await end_failed(journal, late(run_of(row)))
    log.warning("run %s waits: there is no operation %s here", journal.run_id, row["operation"])
    return await _leave(journal, AGAIN, [], {"state": "queued", "not_before": now + ABSENT_SECONDS})


async def _read_again(
    drivers: Drivers, runs: RunLog, run_id: str, operation: str, cancelled: asyncio.CancelledError
) -> tuple[Row, list[Event]] | None:
    """The row and the log of a run that was cancelled while they were read; None where nothing is to be taken back."""
    if stop_reason(cancelled) != CANCEL or (operation and not undoes(drivers, operation)):
        return None
    try:
        row = await drivers.store.get("runs", runs.owner, run_id)
        if row is None or not undoes(drivers, row["operation"]):
            return None
        return {**row, "wanted": "cancel"}, await runs.all_events(run_id)
    except (asyncio.CancelledError, NisError, ValueError):
        return None


async def carry(target: Operation[Any, Any], row: Row, ctx: Context) -> Left:
    """Execute the operation of a run and write down how it was left, whatever happens; never raises."""
    journal = ctx.run
    try:
        _refuse_hopeless(row, journal.history)
        most = max(ctx.settings.run_seconds, target.time_limit)
        seconds = _seconds(row, most, ctx.drivers.store.now())
        await journal.write(Started(operation=target.name, attempt=journal.attempt))
        if journal.attempt > 1:
            # An attempt that ends its process at once is counted too.
            await journal.flush()
        hold = heed(journal.history)
        if hold is not None:
            raise Suspended(hold)  # noqa: TRY301 - as if its code had asked
        request = target.validate(json.loads(row["input"]))
        policies = await guarded(target, ctx)
        if policies:
            from nis_backend.guardrails.gate import taken_up  # noqa: PLC0415 - few owners have policies

            request = await taken_up(ctx, target, policies, request)
        await _allow_again(target, request, ctx)
        result = await _performed(target, request, ctx, seconds)
        body = result.model_dump(mode="json") if isinstance(result, Model) else result
        changes = {"state": "succeeded", "result": json.dumps(body), "waiting": None}
        # What was computed outlasts a store that cannot take it now.
        await _patiently(journal.run_id, lambda: journal.commit(Succeeded(result=body), **changes))
    except Suspended as wait:
        return await _wait(journal, wait)
    except Fenced:
        log.warning("run %s goes on elsewhere", journal.run_id)
        return RELEASED
    except asyncio.CancelledError as cancelled:
        undone = stop_reason(cancelled) != CANCEL or await _undone(target, row, ctx)
        return await _stop(journal, cancelled) if undone else RELEASED
    except NisError as error:
        return await _fail(target, row, ctx, error)
    except Exception:
        log.exception("run %s of %s failed", journal.run_id, target.name)
        fault = InternalError(
            f"{target.name} failed inside nis.", remedy=f"The server's log names run {journal.run_id}."
        )
        return await _end(target, row, ctx, fault)
    return SUCCEEDED


def _refuse_hopeless(row: Row, history: History) -> None:
    """Refuse what would not get on.

    Raises:
        CancelledError: it was told to stop before it was taken.
        WorkerLost: too many attempts have left nothing.
        Unavailable: an earlier version has begun it.
    """
    if row["wanted"] in WANTED:
        raise asyncio.CancelledError(WANTED[row["wanted"]])
    if history.idle >= MOST_IDLE:
        raise WorkerLost(
            f"{history.idle} attempts in a row were cut before their next step.",
            remedy="Retry the run once what ended its process is mended; the server's log may say what it was.",
        )
    if row["format"] != FORMAT and history.events:
        raise Unavailable("An earlier version of nis has begun this run, whose log cannot be gone on from.")


def _seconds(row: Row, most: float, now: float) -> float:
    """Time that this attempt has.

    Raises:
        DeadlineExceeded: none is left.
    """
    left = most if row["deadline"] is None else row["deadline"] - now
    if left <= 0:
        raise late(run_of(row))
    return min(most, left)


async def _allow_again(target: Operation[Any, Any], request: Model, ctx: Context) -> None:
    """A call that is a run as a whole is, when it was cut, no other matter than one that a run makes."""
    if target.shape == "run":
        return
    if not target.repeatable and any(isinstance(event.body, Started) for event in ctx.run.history.events):
        arguments = request.model_dump(mode="json")
        await allow(ctx, ToolCalled(step=0, call_id="run", operation=target.name, arguments=arguments), cut=True)
    if target.effect != "reads" or not target.repeatable:
        # What was cut is asked about by that it had begun.
        await ctx.run.before_effect()


async def _performed(target: Operation[Any, Any], request: Model, ctx: Context, seconds: float) -> Any:
    """The result; a call that may not be repeated is one step, which a pause or a stop lets finish, and the run so."""
    work = perform(target, request, ctx, seconds)
    if target.shape == "run" or target.repeatable:
        return await work
    result, _ = await unbroken(work)
    return result


# -- how it is left ----------------------------------------------------------------------------------------------------


async def _wait(journal: Journal, wait: Suspended) -> Left:
    changes = {"state": "waiting", "waiting": wait.waiting}
    return await _leave(journal, RELEASED, [Released(reason="waiting")], changes)


async def _stop(journal: Journal, cancelled: asyncio.CancelledError) -> Left:
    match stop_reason(cancelled):
        case "cancelled":
            return await _leave(journal, CANCELLED, [CancelledRun()], {"state": "cancelled"})
        case "paused":
            return await _leave(journal, RELEASED, [Released(reason="paused")], {"state": "paused"})
        case "shutdown":
            return await _leave(journal, RELEASED, [Released(reason="shutdown")], {"state": "queued"}, ends=True)


async def _fail(target: Operation[Any, Any], row: Row, ctx: Context, error: NisError) -> Left:
    journal, now = ctx.run, ctx.drivers.store.now()
    at = now + max(min(FIRST_RETRY * 2 ** row["retried"], LONGEST_RETRY), error.retry_after or 0)
    in_time = row["deadline"] is None or at < row["deadline"]
    if error.codes.retry and row["retried"] < row["retries"] and in_time and journal.history.idle < MOST_IDLE:
        changes = {"state": "queued", "not_before": at, "retried": row["retried"] + 1}
        return await _leave(journal, AGAIN, [RetryScheduled(at=at, problem=error.problem())], changes)
    return await _end(target, row, ctx, error)


async def _end(target: Operation[Any, Any], row: Row, ctx: Context, error: NisError) -> Left:
    """End a run with `error`, once what it has made is taken back."""
    return await end_failed(ctx.run, error) if await _undone(target, row, ctx) else RELEASED


async def _undone(target: Operation[Any, Any], row: Row, ctx: Context) -> bool:
    """Have what the run has made be taken back where its operation knows how; False where that was cut.

    The run is left as it is then: whoever takes it over ends it, and takes it back.
    """
    journal = ctx.run
    if target.undo is None:
        return True
    try:
        async with asyncio.timeout(UNDO_SECONDS):
            await _patiently(journal.run_id, journal.commit)
            kept = RunLog(ctx.drivers.store, ctx.drivers.tail, journal.owner)
            events = await _patiently(journal.run_id, lambda: kept.all_events(journal.run_id))
            again = Journal(
                ctx.drivers.store,
                journal.owner,
                journal.run_id,
                journal.attempt,
                History(events),
                journal.conversation_id,
                ctx.drivers.tail,
                journal.within,
            )
            scope = Scope(key=f"{journal.run_id}:undo")
            await target.undo(target.validate(json.loads(row["input"])), replace(ctx, journal=again, scope=scope))
            await again.flush()
    except asyncio.CancelledError:
        return False
    except (Exception, Suspended):
        # A fault of its own too: a run that cannot take back what it has made ends all the same.
        log.exception("run %s: what it has made was not taken back", journal.run_id)
    return True


async def end_failed(journal: Journal, error: NisError) -> Left:
    """End a run with `error`."""
    problem = error.problem()
    changes = {"state": "failed", "problem": json.dumps(problem), "waiting": None}
    left = Left(how="ended", state="failed", problem=error.code)
    return await _leave(journal, left, [Failed(problem=problem)], changes)


async def _leave(journal: Journal, how: Left, bodies: Sequence[Body], changes: Row, *, ends: bool = False) -> Left:
    """Write down how the run is left; a store that cannot take it now (a full disk) is asked until it can.

    Not where the process `ends`: the row stays as it is then, of a run to be taken over.
    """
    writing = asyncio.ensure_future(_write_left(journal, bodies, changes))
    while not writing.done():
        try:
            # A process that ends waits for no store: its stop may be the last word that this task hears.
            _, late = await asyncio.wait([writing], timeout=LAST_SECONDS if ends else None)
            if late:
                return _give_up(journal, writing)
        except asyncio.CancelledError as stopped:
            if stop_reason(stopped) != "shutdown":
                # The run's row has the command: it is heeded there.
                continue
            # What is on its way arrives, and no more is waited for: whoever starts next goes on from here.
            await asyncio.wait([writing], timeout=LAST_SECONDS)
            if not writing.done():
                return _give_up(journal, writing)
    try:
        writing.result()
    except NisError as refused:
        log.warning("run %s: how it was left was refused: %s", journal.run_id, refused)
        return RELEASED
    return how


def _give_up(journal: Journal, writing: asyncio.Future[None]) -> Left:
    writing.cancel()
    log.warning("run %s: how it was left could not be written: it will be taken over", journal.run_id)
    return RELEASED


async def _write_left(journal: Journal, bodies: Sequence[Body], changes: Row) -> None:
    if changes["state"] in DROPS:
        # Before it ends: whoever takes it over after a death does the same again.
        await _patiently(journal.run_id, lambda: journal.cancel_awaited(DROPS[changes["state"]]))
    await _patiently(journal.run_id, lambda: journal.commit(*bodies, **changes))
    if changes["state"] in {"waiting", "paused"}:
        await _patiently(journal.run_id, journal.heed)


async def _patiently(run_id: str, work: Callable[[], Awaitable[T]]) -> T:
    pause = AWAY_SECONDS
    while True:
        try:
            return await work()
        except Unavailable as refused:
            log.warning("run %s has to wait: %s", run_id, refused)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_AWAY)
