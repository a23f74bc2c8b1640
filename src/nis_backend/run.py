"""What a run is: one append-only log of numbered events, of which every protocol is a view."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakValueDictionary

from pydantic import Field

from nis_backend.commands import Commands, append_of, unknown_run, unsubmitted
from nis_backend.drivers.store.base import ANY_RUN, OPEN
from nis_backend.drivers.telemetry.ids import HERE, carried
from nis_backend.errors import (
    Cancelled,
    Conflict,
    DeadlineExceeded,
    InvalidRequest,
    NotFound,
    Waiting,
    from_problem,
)
from nis_backend.event import Event
from nis_backend.operation import Model
from nis_backend.record import record
from nis_backend.within import written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from nis_backend.commands import Submit, Undoes
    from nis_backend.drivers.store.base import Growth, Order, Row, Store, Table
    from nis_backend.held import Hold
    from nis_backend.journal import Journal
    from nis_backend.viewing import Viewing
    from nis_backend.within import Within

log = logging.getLogger("nis.run")

FORMAT = 2
"""The version of the events' shapes, kept in each run's row."""

State = Literal["queued", "running", "paused", "waiting", "succeeded", "failed", "cancelled"]
TERMINAL: frozenset[State] = frozenset({"succeeded", "failed", "cancelled"})


class Awaited(Model):
    """A run that waits for a person while another waits for it."""

    id: str
    operation: str
    kind: str = Field(description="What it waits for: approval or input.")


class Run(Model):
    """What a run is now."""

    id: str
    operation: str
    state: State
    attempt: int
    last_seq: int
    format: int
    conversation_id: str | None = None
    created: float = Field(description="Seconds since 1970, UTC.")
    updated: float = Field(description="Seconds since 1970, UTC.")
    input: dict[str, Any] = Field(description="The operation's request.")  # Any: JSON
    result: Any = Field(default=None, description="The operation's result, once it succeeded.")  # Any: JSON
    problem: dict[str, Any] | None = Field(default=None, description="Why it failed.")  # Any: a problem document
    queue: str = Field(default="default", description="The queue it waits in.")
    priority: int = Field(default=0, description="Runs of one queue start by this, the highest first.")
    not_before: float = Field(default=0, description="When it may start, seconds since 1970, UTC.")
    deadline: float | None = Field(default=None, description="When it ends at the latest, seconds since 1970, UTC.")
    waiting: dict[str, Any] | None = Field(  # Any: JSON
        default=None, description="What a person is asked for while it is waiting."
    )
    parent: str | None = Field(default=None, description="The run it was forked from.")
    parent_seq: int | None = Field(default=None, description="The last event that it shares with that run.")
    awaits: list[Awaited] = Field(
        default_factory=list[Awaited],
        description="While it is running, as runs.get_run tells it: runs that it waits for and that wait for a person.",
    )
    scopes: list[str] = Field(default=["*"], description="What it may call: what the caller who began it may.")

    @property
    def finished(self) -> bool:
        """Whether its log is closed."""
        return self.state in TERMINAL


BARE: Mapping[str, Any] = {"input": {}, "result": None, "problem": None, "waiting": None}
"""What a run has beside how it stands, when it is left out."""

JSON = frozenset({"input", "result", "problem", "waiting", "scopes"})
"""Columns of a run's row that hold JSON."""


class Reader(asyncio.Event):
    """One who waits for a run's log to grow; `live` says that they read its words as they come."""

    live = False
    reads = True
    """Whether they read its events; else its end alone is what they wait for."""


class Tail:
    """Wakes the readers of a run when its log has grown, and knows whether there are any.

    `shared` says that other processes may have readers of the runs that are executed here.
    """

    def __init__(self, store: Store, *, shared: bool = False) -> None:
        self._readers: defaultdict[str, set[Reader]] = defaultdict(set)
        self._expected: WeakValueDictionary[str, Reader] = WeakValueDictionary()
        self._journals: WeakValueDictionary[str, Journal] = WeakValueDictionary()
        self._shared = shared
        store.listen(self._grown)

    def _grown(self, growth: Growth) -> None:
        for run_id in self._readers if growth.run_id == ANY_RUN else (growth.run_id,):
            for reader in self._readers.get(run_id, ()):
                reader.set()

    def writes(self, journal: Journal) -> None:
        """A run is executed here: what its journal holds back is written for who reads."""
        self._journals[journal.run_id] = journal

    def warn(self, run_id: str, message: str) -> None:
        """Have a run that is executed here say what goes on around it."""
        journal = self._journals.get(run_id)
        if journal is not None:
            journal.aside(message)

    async def catch_up(self, run_id: str) -> None:
        """Return when what the run has done so far is committed, where it is executed here."""
        journal = self._journals.get(run_id)
        if journal is not None:
            await journal.show()

    def open(self, run_id: str, *, live: bool = False, reads: bool = True) -> Reader:
        """An event that is set at each growth, from now until `close`."""
        reader = Reader()
        reader.live, reader.reads = live, reads
        self._readers[run_id].add(reader)
        return reader

    def expect(self, run_id: str) -> Reader:
        """One who is about to read the run's words, for as long as this is held."""
        reader = self._expected[run_id] = Reader()
        return reader

    def watched(self, run_id: str) -> bool:
        """Whether somebody reads the run's words as they come, or may without this process knowing."""
        return self._may_have(run_id) or any(reader.live for reader in self._readers.get(run_id, ()))

    def read(self, run_id: str) -> bool:
        """Whether somebody reads the run's events, or may without this process knowing."""
        return self._may_have(run_id) or any(reader.reads for reader in self._readers.get(run_id, ()))

    def _may_have(self, run_id: str) -> bool:
        """Whether somebody is about to read the run, or may do so elsewhere."""
        return self._shared or run_id in self._expected

    def close(self, run_id: str, reader: Reader) -> None:
        """Stop waking `reader`."""
        self._readers[run_id].discard(reader)
        if not self._readers[run_id]:
            del self._readers[run_id]


@record
class Terms:
    """When and where a run is executed."""

    queue: str = "default"
    priority: int = 0
    """Runs of one queue start by this, the highest first."""
    not_before: float = 0.0
    deadline: float | None = None
    """It ends at the latest then, also when it was never started."""
    dedupe: str | None = None
    """While a run of the owner with this key is open, that one stands for any other with it."""
    retries: int = 0
    """How often it may be tried again after a failure that may pass."""
    hold: Hold | None = None
    """What a person is asked before it begins."""
    budget: float | None = None
    """Dollars that it may spend at most."""

    @property
    def at_once(self) -> bool:
        """Whether nothing but room is wanted for it to begin."""
        return self.hold is None and self.dedupe is None and not self.not_before


LOOKED_BACK = 100
"""Events that are read at a time to find where words begin."""

LAST_SECONDS = 2.0
"""Of a run's time: what is left to end the runs that it waits for."""


@record
class Wait:
    """How long a run waits for another."""

    seconds: float | None = None
    until: float | None = None
    """Seconds since 1970, UTC."""


def own_queue(pool: str | None) -> str:
    """The queue of an operation's runs where none is named: what a pool computes does not hold up the rest."""
    return "compute" if pool else "default"


class RunLog(Commands):
    """The runs of one owner: made, read, followed, commanded."""

    def __init__(  # noqa: PLR0913, PLR0917 - what the runs made here have of their caller
        self,
        store: Store,
        tail: Tail,
        owner: str,
        scopes: Iterable[str] = (),
        submit: Submit = unsubmitted,
        key: str | None = None,
        within: Within = (),
        rests: Callable[[], AbstractContextManager[None]] = nullcontext,
        undoes: Undoes = lambda _: False,
        awaited_by: str | None = None,
        viewing: Viewing | None = None,
    ) -> None:
        super().__init__(store, owner, submit, undoes)
        self._tail = tail
        self._scopes = scopes
        """What the runs made here may call."""
        self._key = key
        """Whose key begins them: what it may spend holds for them too."""
        self._within = within
        """What they are begun in: what that may spend, too."""
        self._rests = rests
        """While a run waits for another: it holds no place that the other may need."""
        self._awaited_by = awaited_by
        """The run that waits for those made here: they end with it."""
        self.viewing = viewing
        """What is shown of what is read; None for the code of runs, and for what is held against rules as a call."""

    async def write_down(  # noqa: PLR0913, PLR0917 - each is a column of the run's row but two
        self,
        run_id: str,
        operation: str,
        request: Model | str,
        conversation_id: str | None,
        terms: Terms | None = None,
        once: str | None = None,
        beside: Sequence[tuple[Table, Row]] = (),
        holder: str | None = None,
    ) -> tuple[Row, bool]:
        """Write down a run; one of this id, or an open one with the same `dedupe`, is answered. Whether it is new.

        Nobody holds it yet, or it begins at once under a `holder`.

        A request as text is JSON that still wants something; what a person is asked first begins the log. Rows `beside`
        are added with it. Under a key `once` that was used before, nothing is written.

        Raises:
            Conflict: the id is taken by another operation's, or the key `dedupe` by an open run of another operation.
        """
        terms = terms or Terms()
        now = self._store.now()
        row: Row = {
            "id": run_id,
            "operation": operation,
            "state": "waiting" if terms.hold else "queued" if holder is None else "running",
            "attempt": 0 if holder is None else 1,
            "holder": holder,
            "last_seq": 0,
            "format": FORMAT,
            "conversation_id": conversation_id,
            "created": now,
            "updated": now,
            "input": request if isinstance(request, str) else request.model_dump_json(),
            "result": None,
            "problem": None,
            "scopes": json.dumps(sorted(self._scopes)),
            "key_id": self._key,
            "within": written(self._within),
            "awaited_by": self._awaited_by,
            "ids": carried(HERE.get()),
            **{name: value for name, value in vars(terms).items() if name not in {"hold", "budget"}},
            "waiting": terms.hold and terms.hold.waiting,
            # Who may start at once has been due since now: the longest waiting goes first.
            "not_before": max(terms.not_before, now),
        }
        try:
            asked = terms.hold and append_of(self.owner, run_id, None, [terms.hold.asked], {}, ["waiting"])
            await self._store.insert("runs", self.owner, row, once, beside, asked)
        except Conflict:
            there = await self._store.get("runs", self.owner, run_id)
            if there is not None and there["operation"] == operation:
                # Whoever was promised this id has begun it: it is the one.
                return there, False
            same = await self._store.select("runs", self.owner, where={"dedupe": terms.dedupe}, limit=1)
            if terms.dedupe is None or not same or same[0]["state"] not in OPEN:
                raise
            if same[0]["operation"] != operation:
                raise Conflict(
                    f"The open run {same[0]['id']} of {same[0]['operation']} has this key.",
                    field="dedupe",
                    value=terms.dedupe,
                    remedy="Give each operation keys of its own.",
                ) from None
            return same[0], False
        return row, True

    async def get(self, run_id: str) -> Run:
        """The run as it is now.

        Raises:
            NotFound: the caller has no such run.
            Forbidden: a rule refuses to show it.
        """
        run = await self._get(run_id)
        return run if self.viewing is None else await self.viewing.run(run)

    async def standing(self, run_id: str) -> Run:
        """How far the run is, without what was asked and answered: whoever may know that there is one may know that.

        Raises:
            NotFound: the caller has no such run.
        """
        return (await self._get(run_id)).model_copy(update=BARE)

    async def admit(self, run_id: str) -> None:
        """Let a reader in who is about to follow the run.

        Raises:
            Forbidden: a rule refuses it.
        """
        if self.viewing is not None:
            await self.viewing.follow(run_id)

    async def _get(self, run_id: str) -> Run:
        await self._tail.catch_up(run_id)
        row = await self._store.get("runs", self.owner, run_id)
        if row is None:
            raise unknown_run(run_id)
        return run_of(row)

    async def list(  # noqa: PLR0913 - one argument a clause
        self,
        *,
        where: dict[str, str] | None = None,
        before: tuple[float, str] | None = None,
        limit: int = 50,
        descending: bool = True,
        order: Order = "created",
        since: float | None = None,
    ) -> list[Run]:
        """Runs by the time `order` names; see `Store.select`."""
        rows = await self._store.select(
            "runs",
            self.owner,
            where=where,
            before=before,
            limit=limit,
            descending=descending,
            order=order,
            since=since,
        )
        runs = [run_of(row) for row in rows]
        return runs if self.viewing is None else await self.viewing.runs(runs, where or {})

    async def count(
        self, *, where: dict[str, str] | None = None, order: Order = "created", since: float | None = None
    ) -> int:
        """How many runs `list` would answer without a limit."""
        return await self._store.count("runs", self.owner, where=where, order=order, since=since)

    async def events(self, run_id: str, after: int = 0, limit: int = 500) -> list[Event]:
        """What has happened above `after`, in order.

        Raises:
            Forbidden: a rule refuses to show it.
        """
        await self._tail.catch_up(run_id)
        if self.viewing is None:
            return await self._events(run_id, after, limit)
        await self.admit(run_id)
        if not await self.viewing.wholly():
            return await self.viewing.events(run_id, await self._events(run_id, after, limit))
        from nis_backend.worded import wholes  # noqa: PLC0415 - few owners have policies

        at, held, shown = await self._said_from(run_id, after), list[Event](), list[Event]()
        while not shown and (events := await self._events(run_id, at, limit)):
            at = events[-1].seq
            found, held = wholes([*held, *events])
            shown = [event for event in found if event.seq > after]
        return await self.viewing.events(run_id, shown)

    async def _said_from(self, run_id: str, after: int) -> int:
        """The number after which the words begin that an event is amidst of."""
        from nis_backend.worded import ends  # noqa: PLC0415 - as above

        at = after
        while at > 0:
            before = max(at - LOOKED_BACK, 0)
            page = await self._events(run_id, before, at - before)
            last = next((event.seq for event in reversed(page) if ends(event)), None)
            if last is not None:
                return last
            at = before
        return 0

    async def _events(self, run_id: str, after: int, limit: int = 500) -> list[Event]:
        return [event_of(run_id, row) for row in await self._store.events(self.owner, run_id, after, limit)]

    async def all_events(self, run_id: str, most: int | None = None) -> list[Event]:
        """The log as it is now, from its beginning; at most so many events of it."""
        events: list[Event] = []
        while most is None or len(events) < most:
            page = await self.events(run_id, events[-1].seq if events else 0)
            if not page:
                break
            events += page
        return events[:most]

    async def follow(  # noqa: PLR0913 - whose words, from where, up to where, and how they come
        self,
        run_id: str,
        after: int = 0,
        *,
        live: bool = True,
        waits: bool = True,
        seconds: float | None = None,
        whole: bool = False,
    ) -> AsyncIterator[Event]:
        """Every event above `after`, those to come included, up to the terminal one.

        Without `waits`, up to where the run begins to wait for a person, too; with `seconds`, those there are by then.
        Without `live`, a model need not be asked for its words one by one: the end is what is waited for. The words of
        a step are one event where they have to be `whole`, for a rule to look at, under the number of its last part.

        Raises:
            NotFound: the caller has no such run.
            Forbidden: a rule refuses to show it.
            InvalidRequest: `after` is beyond the end of the log.
        """
        grown, viewing = self._tail.open(run_id, live=live), self.viewing
        try:
            run = await self._get(run_id)
            await self.admit(run_id)
            if after > run.last_seq:
                raise beyond_end(run, after)
            there, clock = run.last_seq, asyncio.get_running_loop().time
            until = None if seconds is None else clock() + seconds
            whole = whole or (viewing is not None and await viewing.wholly())
            at, held = await self._said_from(run_id, after) if whole else after, list[Event]()
            while True:
                grown.clear()
                events = await self._events(run_id, at)
                at = events[-1].seq if events else at
                shown = events
                if whole:
                    from nis_backend.worded import wholes  # noqa: PLC0415 - as above

                    shown, held = wholes([*held, *events])
                for event in shown:
                    if event.seq > after:
                        yield event if viewing is None else (await viewing.events(run_id, [event]))[0]
                    if event.terminal:
                        return
                if until is not None and clock() >= until and at >= there:
                    return
                if not events:
                    run = await self._get(run_id)
                    rests = run.finished or (run.state == "waiting" and not waits)
                    if rests and at >= run.last_seq:
                        return
                    with suppress(TimeoutError):
                        async with asyncio.timeout_at(until):
                            await grown.wait()
        finally:
            self._tail.close(run_id, grown)

    async def result(self, run_id: str) -> Any:  # Any: the operation's result as JSON
        """Wait for the end; the operation's result.

        Raises:
            NisError: the run's failure, as it was.
            Cancelled: it was cancelled.
            Waiting: it waits for a person.
            Forbidden: a rule refuses to show it.
        """
        with self._rests():
            row = await self._ended(run_id)
        if self.viewing is not None and await self.viewing.looks():
            shown = await self.viewing.run(run_of(row))
            row = {**row, **{name: json.dumps(getattr(shown, name)) for name in ("result", "problem", "waiting")}}
        if row["state"] == "waiting":
            raise waits_for(run_id, _json(row["waiting"]) or {})
        if row["state"] == "failed":
            raise from_problem(_json(row["problem"]) or {})
        if row["state"] == "cancelled":
            raise Cancelled(f"Run {run_id} was cancelled.", remedy="Start it again if you want its result.")
        return _json(row["result"])

    async def _ended(self, run_id: str) -> Row:
        """The run's row, once it has ended or waits for a person: its row says it, so that no event is read."""
        grown = self._tail.open(run_id, reads=False)
        try:
            while True:
                grown.clear()
                row = await self._store.get("runs", self.owner, run_id)
                if row is None:
                    raise unknown_run(run_id)
                if row["state"] in TERMINAL or row["state"] == "waiting":
                    return row
                await grown.wait()
        finally:
            self._tail.close(run_id, grown)


@record
class RunHandle:
    """A run that was started: what a call of shape `"run"` answers."""

    id: str
    log: RunLog
    reader: Reader | None = None
    """Holds the place of a caller who is about to follow."""

    def follow(self, after: int = 0, *, waits: bool = True) -> AsyncIterator[Event]:
        """See `RunLog.follow`."""
        return self.log.follow(self.id, after, waits=waits)

    async def result(self) -> Any:  # Any: the operation's result as JSON
        """See `RunLog.result`."""
        return await self.log.result(self.id)


def run_of(row: Row) -> Run:
    """The run that a row of the store holds."""
    given = {key: row[key] for key in Run.model_fields if key in row}
    return Run.model_validate({key: _json(value) if key in JSON else value for key, value in given.items()})


def event_of(run_id: str, row: Row) -> Event:
    """The event that a row of the store holds."""
    body = {**json.loads(row["body"]), "type": row["type"]}
    return Event.model_validate(
        {"run_id": run_id, "seq": row["seq"], "time": row["time"], "attempt": row["attempt"], "body": body}
    )


def _json(text: str | None) -> Any:  # Any: JSON
    return None if text is None else json.loads(text)


def late(run: Run) -> DeadlineExceeded:
    """The end of a run that was not started in time."""
    return DeadlineExceeded(
        f"Run {run.id} was not started before its deadline.",
        field="deadline",
        value=run.deadline,
        remedy="Give it more time, or a queue or priority that starts it sooner.",
    )


def waits_for(run_id: str, waiting: Mapping[str, Any]) -> Waiting:  # Any: JSON
    """What a caller hears who waits for a run that waits for a person."""
    what = f" of {waiting['operation']}" if waiting.get("operation") else ""
    if waiting.get("kind") == "input":
        asked, commands = f"input{what}: {', '.join(waiting.get('missing', ()))}", "runs.provide_input"
    else:
        asked, commands = f"approval{what}: {waiting.get('reason', '')}", "runs.approve_run or runs.reject_run"
    return Waiting(
        f"Run {run_id} waits for {asked.rstrip(': ')}.".replace("..", "."),
        field="run",
        value=run_id,
        remedy=f"Answer it with {commands}; then it goes on, and runs.get_run has its result.",
    )


def beyond_end(run: Run, after: int) -> InvalidRequest:
    """The refusal for a number that the run's log has not reached."""
    return InvalidRequest(
        f"Run {run.id} has {run.last_seq} events; there is none after {after}.",
        field="after",
        value=after,
        remedy="Give the number of the last event you have seen.",
    )


def unknown_conversation(conversation_id: str, field: str = "conversation_id") -> NotFound:
    """The refusal for a conversation that the caller does not have."""
    return NotFound(
        f"There is no conversation {conversation_id!r}.",
        field=field,
        value=conversation_id,
        remedy="List the conversations to see what there is."
        if field == "id"
        else "Leave conversation_id out to begin one.",
    )
