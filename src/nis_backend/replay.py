"""A run's code executed again, offline, against its log: no driver is called, nothing is written."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nis_backend.calling import perform
from nis_backend.drivers.gateway.direct import Direct
from nis_backend.errors import Conflict, NisError, NotSupported
from nis_backend.event import (
    Event,
    Failed,
    Noted,
    Progressed,
    Succeeded,
    TextDelta,
    ToolAnswered,
)
from nis_backend.held import heed
from nis_backend.history import History
from nis_backend.journal import Journal, Suspended
from nis_backend.operation import Model
from nis_backend.owned import Scope
from nis_backend.run import FORMAT
from nis_backend.within import of_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.context import Context
    from nis_backend.event import Body, ModelCalled, ToolCalled
    from nis_backend.history import Told
    from nis_backend.operation import Operation
    from nis_backend.run import Run
    from nis_backend.within import Within

ANYWHERE = ToolAnswered | Noted | Progressed
"""What may stand in another order: calls that go on together end as they end."""


class Divergence(Model):
    """The first difference between what the log has and what the code does now."""

    seq: int = Field(description="Number of the event, or of the one before which the code does something else.")
    recorded: dict[str, Any] | None = Field(description="What the log has; null where it has nothing.")  # Any: JSON
    now: dict[str, Any] | None = Field(description="What the code does; null where it does nothing.")  # Any: JSON


class Replayed(Model):
    """What came of it."""

    run_id: str
    same: bool = Field(description="Whether the events are the log's, over every field but the time.")
    divergence: Divergence | None
    events: list[Event] = Field(description="What the code has done again, up to the first difference.")


class _Stopped(BaseException):
    """The log has no more."""


class Pen(Journal):
    """A journal that only compares."""

    def __init__(self, run: Run, events: Sequence[Event], within: Within = ()) -> None:
        nothing: Any = _Nothing()
        super().__init__(nothing, "", run.id, run.attempt, History(events), run.conversation_id, within=within)
        self.found: Divergence | None = None

    def put(self, *bodies: Body) -> None:
        """See `Journal.put`."""
        for body in bodies:
            if not self.history.holds(body) and not isinstance(body, Progressed):
                self.differ(body)

    async def text(self, step: int, text: str, *, at_once: bool = True) -> None:
        """See `Journal.text`."""
        del at_once
        if self.history.said(step, text) != "":
            self.differ(TextDelta(step=step, text=text))

    async def commit(self, *bodies: Body, **_: Any) -> None:  # Any: see Journal
        """Nothing is committed."""
        self.put(*bodies)

    async def flush(self) -> None:
        """Nothing is held."""

    def noted(self, name: str) -> tuple[Any] | None:  # Any: JSON
        """See `Journal.noted`; what was not noted is not found out now."""
        known = super().noted(name)
        if known is None:
            self.halt(Noted(name=name, value=None))
        return known

    async def ask_model(self, called: ModelCalled) -> Told | None:
        """See `Journal.ask_model`; a model that the log has no answer of is not asked."""
        before = self.history.called_model(called.step)
        if before is not None and before != called:
            self.differ(called, before)
        if not self.history.has_told(called.step):
            self.halt(None if self.history.cut(called.step) else called)
        return await super().ask_model(called)

    def make(self, called: ToolCalled) -> None:
        """A call that the log has no answer of is not made."""
        del called
        self.halt(None)

    def halt(self, body: Body | None) -> None:
        """Go no further; `body` is what the code would do now, where the log has nothing of it."""
        if body is not None:
            self.differ(body)
        raise _Stopped

    def differ(self, now: Body | None, recorded: Body | None = None) -> None:
        """Keep the first difference."""
        if self.found is None:
            left = next(iter(self.history.left()), None)
            recorded = recorded or (left.body if left else None)
            seq = next((event.seq for event in self.history.events if event.body is recorded), None)
            self.found = Divergence(
                seq=seq or (self.history.events[-1].seq + 1 if self.history.events else 1),
                recorded=recorded and recorded.model_dump(mode="json"),
                now=now and now.model_dump(mode="json"),
            )


class _Nothing:
    """In the place of what a replay must not reach."""

    def __getattr__(self, name: str) -> Any:  # Any: whatever it is, it is not there
        raise _Stopped


class _Unwritten:
    """The store, for reading: what would be written is taken for written."""

    def __init__(self, store: Any) -> None:  # Any: `Store`, of which each method is passed on as it is
        self._store = store

    def __getattr__(self, name: str) -> Any:  # Any: as above
        if name in {"get", "select", "count", "search", "events", "measure"}:
            return getattr(self._store, name)

        async def unwritten(*_: object, **__: object) -> bool:
            return True

        return unwritten


async def replay(ctx: Context, run: Run, events: Sequence[Event]) -> Replayed:
    """Execute the run's operation against these events, all that the run has.

    Raises:
        NotFound: its operation is gone.
        NotSupported: it leaves no steps.
        Conflict: an earlier version has written its log.
    """
    target = ctx.operations.find(run.operation)
    if target.shape != "run":
        raise NotSupported(
            f"{run.operation} leaves nothing but its outcome.",
            field="id",
            value=run.id,
            remedy="Call it again, and compare.",
        )
    if run.format != FORMAT:
        raise Conflict(f"An earlier version of nis has written run {run.id}.", field="id", value=run.id)
    # Code goes by what it was begun in: whoever is asked by another agent is wary, say.
    pen = Pen(run, events, of_row(await ctx.store.get("runs", run.id) or {}))
    await _executed(target, run, _offline(ctx, run, pen), pen)
    found = pen.found or _left_or_moved(pen)
    return Replayed(run_id=run.id, same=found is None, divergence=found, events=_again(pen, found))


def _offline(ctx: Context, run: Run, pen: Pen) -> Context:
    nothing: Any = _Nothing()
    store: Any = _Unwritten(ctx.drivers.store)
    drivers = replace(
        ctx.drivers,
        store=store,
        metered=Direct,
        compute=nothing,
    )
    caller = replace(ctx.caller, scopes=frozenset(run.scopes))
    began = replace(ctx, operation=run.operation, drivers=drivers, caller=caller, run_id=None)
    return replace(began, journal=pen, scope=Scope(key=run.id))


async def _executed(target: Operation[Any, Any], run: Run, ctx: Context, pen: Pen) -> None:
    """Execute, and compare how it ends, unless the log ends in the middle of something."""
    try:
        heed(pen.history)
        result = await perform(target, target.validate(run.input), ctx, ctx.settings.run_seconds)
        end: Body = Succeeded(result=result.model_dump(mode="json") if isinstance(result, Model) else result)
    except (_Stopped, Suspended):
        return
    except NisError as error:
        end = Failed(problem=error.problem())
    last = pen.history.events[-1].body if pen.history.events else None
    if end != last:
        more = next(pen.history.left(), None)
        pen.differ(end, more.body if more else last)


def _left_or_moved(pen: Pen) -> Divergence | None:
    """What the code did not come to, or came to in another order."""
    for event in pen.history.left():
        return Divergence(seq=event.seq, recorded=event.body.model_dump(mode="json"), now=None)
    before = 0
    for seq, body in pen.history.taken.items():
        if body is None or isinstance(body, ANYWHERE):
            continue
        if seq < before:
            moved = pen.history.body(before)
            return Divergence(seq=seq, recorded=body.model_dump(mode="json"), now=moved.model_dump(mode="json"))
        before = seq
    return None


def _again(pen: Pen, found: Divergence | None) -> list[Event]:
    """The events as the code has made them, and what it was told."""
    events: list[Event] = []
    for event in pen.history.events:
        if found is not None and event.seq >= found.seq:
            break
        body = pen.history.taken.get(event.seq) or event.body
        events.append(event.model_copy(update={"time": time.time(), "body": body}))
    return events
