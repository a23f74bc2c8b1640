"""The holder's pen: only it writes what a run does, under its attempt, after what the log holds already."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from nis_backend.commands import Commands, append_of, unsubmitted
from nis_backend.drivers.store.base import OPEN
from nis_backend.errors import Conflict, Fenced, InternalError, NisError, Unavailable, from_problem
from nis_backend.event import (
    ApprovalRequired,
    Approved,
    CancelledRun,
    InputProvided,
    InputRequired,
    ModelCalled,
    Noted,
    ReasoningDelta,
    Rejected,
    StepRetried,
    TextDelta,
    Warned,
)
from nis_backend.held import Hold
from nis_backend.history import CUT, History, Told

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from nis_backend.drivers.store.base import Store
    from nis_backend.event import Body, ToolCalled
    from nis_backend.run import Tail
    from nis_backend.within import Within

log = logging.getLogger("nis.run")

FIRST_TEXT, MORE_TEXT = 0.025, 1024
"""What is written waits at most this many seconds, and words until there are this many, to be committed with more."""

UNREAD = 0.25
"""The same where nobody reads a run's first attempt: what ends sooner is committed with its end.

Before an effect nothing waits; nor after a death, for an attempt that leaves nothing is counted.
"""

MOST_HELD = 256
"""Events that may wait for a store that is slow; who writes more waits for it."""


AWAY_SECONDS, LONGEST_AWAY = 0.1, 10.0
"""Time between two tries of a store that cannot take what is written: the first, doubled up to the second."""

RESTING = ("paused", "waiting")
HEEDED: dict[str, tuple[Sequence[Body], dict[str, Any]]] = {  # Any: columns of the run's row
    "cancel": ([CancelledRun()], {"state": "cancelled", "waiting": None, "wanted": None}),
    "pause": ([], {"state": "paused", "wanted": None}),
}
"""What a run that was released has still to do, by what is wanted of it."""


class Suspended(BaseException):
    """The run waits for a person: its task ends here, and its code is executed again once they have answered."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold.asked.type)
        self.waiting = hold.waiting


class Journal:
    """Writes a run's events in their order, without waiting for their commit.

    What the history holds is not written again. Who begins to read the run has what is held committed. A store that
    cannot take it now is asked until it can: who has to wait for a commit waits so long. A refusal meets the holder at
    its next write, which raises:
        Fenced: another process holds the run now: stop.
        TooLarge: an event is, or the log would be.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a run is known by, and who reads it
        self,
        store: Store,
        owner: str,
        run_id: str,
        attempt: int,
        history: History | None = None,
        conversation_id: str | None = None,
        tail: Tail | None = None,
        within: Within = (),
        runs: Commands | None = None,
    ) -> None:
        self.run_id = run_id
        self.conversation_id = conversation_id
        self.within = within
        """What the run was started in."""
        self.attempt = attempt
        self.owner = owner
        self.history = history or History()
        self._store = store
        self._runs = runs or Commands(store, owner, unsubmitted)
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._order = asyncio.Lock()
        self._tail = tail
        self._held: list[tuple[Body, float]] = []
        """Events and when they were written down."""
        self._text = ""
        self._step = 0
        self._kind: type[TextDelta | ReasoningDelta] = TextDelta
        self._begun: set[int] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._flushes: set[asyncio.Task[None]] = set()
        self._refused: NisError | None = None
        self._away = 0.0
        """Time until the store is asked again; 0 while it answers."""
        self._numbers: Counter[str] = Counter()
        self._asked: Counter[int] = Counter()
        if tail is not None:
            tail.writes(self)

    # -- writing -------------------------------------------------------------------------------------------------------

    async def write(self, *bodies: Body) -> None:
        """Write events; it returns at once, unless very many wait for the store."""
        self.put(*bodies)
        if len(self._held) >= MOST_HELD:
            await self.flush()

    def put(self, *bodies: Body) -> None:
        """Write events, from code that cannot wait."""
        self._raise_refusal()
        self._hold(*(body for body in bodies if not self.history.holds(body)))

    def aside(self, message: str) -> None:
        """Write what goes on around the run; it is committed with what follows."""
        self._hold(Warned(message=message, aside=True))

    async def text(self, step: int, text: str, *, at_once: bool = True) -> None:
        """Write words of a step's answer: the first at once, then joined for up to 25 ms or 1 kB.

        What need not be there `at_once` is committed with what follows within that time.
        """
        self._raise_refusal()
        before = self.history.said_before(step)
        said = self.history.said(step, text)
        if said is None:
            # The code says something else than before: what it had said is taken back.
            self._hold(StepRetried(step=step, attempt=self.attempt, reason="It is said anew."))
            said = before + text
        if not said:
            return
        self._speak(step, said, TextDelta)
        if at_once and not self._away and (step not in self._begun or len(self._text) >= MORE_TEXT):
            self._begun.add(step)
            self._flush_now()
        else:
            self._flush_later()

    async def thought(self, step: int, text: str) -> None:
        """Write what a model thinks in a step, joined as words are: nothing of it need be there at once."""
        self._raise_refusal()
        if text:
            self._speak(step, text, ReasoningDelta)
            self._flush_later()

    async def flush(self) -> None:
        """Commit what is held."""
        self._raise_refusal()
        while self._held or self._text or self._flushes:
            try:
                await self.commit()
            except Unavailable as away:
                self._have_away(away)
                await asyncio.sleep(self._away)
            else:
                break
        self._raise_refusal()

    async def show(self) -> None:
        """Commit what is held, for one who reads; a refusal is the holder's matter, and so is a store that is away."""
        # What is on its way to the store is not there yet.
        if (self._held or self._text or self._flushes) and not self._away:
            await asyncio.shield(self._keep(self._flush()))

    async def before_effect(self) -> None:
        """Return when what was written is committed: an effect may follow."""
        await self.flush()

    async def heed(self) -> None:
        """End the run, or have it rest, where it was told so while it was being released."""
        row = await self._store.get("runs", self.owner, self.run_id)
        if row is None or row["wanted"] not in HEEDED:
            return
        bodies, changes = HEEDED[row["wanted"]]
        if row["wanted"] == "cancel":
            await self.cancel_awaited()
        # Where it goes on already, whoever holds it hears the command.
        with contextlib.suppress(Conflict, Fenced):
            await self._store.append(append_of(self.owner, self.run_id, self.attempt, bodies, changes, RESTING))

    async def cancel_awaited(self, states: Sequence[str] = OPEN) -> None:
        """End the runs in these states that this one waits for."""
        await self._runs.cancel_awaited(self.run_id, states)

    async def commit(self, *bodies: Body, **changes: Any) -> None:  # Any: columns of the run's row
        """Append these after what is held, with changes of the row, and return when all is committed."""
        # A task of its own: what is on its way to the store arrives, also when the holder is stopped.
        await asyncio.shield(self._keep(self._commit(bodies, changes)))

    async def _commit(self, bodies: Sequence[Body], changes: dict[str, Any]) -> None:  # Any: see commit
        async with self._order:
            self._hold_text()
            held, self._held = self._held, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if not held and not bodies and not changes:
                return
            written = [body for body, _ in held]
            times = [at for _, at in held]
            append = append_of(self.owner, self.run_id, self.attempt, [*written, *bodies], changes, times=times)
            try:
                await self._store.append(append)
            except Unavailable:
                self._held = [*held, *self._held]
                if self._store.closed:
                    ends = f"Run {self.run_id} is held here no more: the process ends."
                    raise Fenced(ends, remedy="Stop: it goes on elsewhere.") from None
                raise
            self._away = 0.0

    def _hold(self, *bodies: Body) -> None:
        if bodies:
            self._hold_text()
            now = time.time()
            self._held += [(body, now) for body in bodies]
            self._flush_later()

    def _speak(self, step: int, text: str, kind: type[TextDelta | ReasoningDelta]) -> None:
        if (step, kind) != (self._step, self._kind):
            self._hold_text()
            self._step, self._kind = step, kind
        self._text += text

    def _hold_text(self) -> None:
        if self._text:
            self._held.append((self._kind(step=self._step, text=self._text), time.time()))
            self._text = ""

    def _flush_later(self) -> None:
        if self._timer is None:
            read = self._tail is None or self.attempt > 1 or self._tail.read(self.run_id)
            self._timer = self._loop.call_later(self._away or (FIRST_TEXT if read else UNREAD), self._flush_now)

    def _flush_now(self) -> None:
        self._keep(self._flush())

    async def _flush(self) -> None:
        try:
            await self._commit((), {})
        except Unavailable as away:
            self._have_away(away)
            self._flush_later()
        except NisError as refused:
            self._refused = refused
        except Exception as fault:
            log.exception("run %s: what it writes was lost", self.run_id)
            self._refused = InternalError(f"What the run wrote was lost: {type(fault).__name__}.")

    def _have_away(self, away: Unavailable) -> None:
        log.warning("run %s has to wait: %s", self.run_id, away)
        self._away = min(max(2 * self._away, AWAY_SECONDS), LONGEST_AWAY)

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:  # Any: what a coroutine is sent
        task = asyncio.create_task(work)
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)
        return task

    def _raise_refusal(self) -> None:
        if self._refused is not None:
            refused, self._refused = self._refused, None
            raise refused

    # -- what is computed once -----------------------------------------------------------------------------------------

    def noted(self, name: str) -> tuple[Any] | None:  # Any: JSON
        """The value that an earlier attempt has noted here under this name; None when there is none."""
        return self.history.note(name)

    def note(self, name: str, value: Any) -> None:  # Any: JSON
        """Note a value; may be called in a thread."""
        body = Noted(name=name, value=value)
        if threading.get_ident() == self._thread:
            self._hold(body)
        else:
            self._loop.call_soon_threadsafe(self._hold, body)

    def once(self, name: str, make: Callable[[], Any]) -> Any:  # Any: JSON
        """The value noted under this name; made now, and noted, where there is none."""
        known = self.noted(name)
        if known is not None:
            return known[0]
        made = make()
        self.note(name, made)
        return made

    def next_number(self, kind: str) -> int:
        """1, 2, 3, … in the order in which the code comes to it."""
        self._numbers[kind] += 1
        return self._numbers[kind]

    async def ask_model(self, called: ModelCalled) -> Told | None:
        """What the model has answered in this step before; None when it has to be asked now, which is written down.

        Raises:
            NisError: it had no answer, as the log says.
        """
        told = self.history.told(called.step)
        if told is not None:
            if told.answered.problem is not None:
                raise from_problem(told.answered.problem)
            return told
        if self.history.cut(called.step):
            await self.retry_step(called.step, CUT)
        self._asked[called.step] += 1
        await self.write(called)
        return None

    async def retry_step(self, step: int, reason: str) -> None:
        """A model call was cut: what it has said is superseded."""
        self._raise_refusal()
        self._begun.discard(step)
        attempt = self.history.calls(step) + self._asked[step] + 1
        self._hold(StepRetried(step=step, attempt=attempt, reason=reason))

    def make(self, called: ToolCalled) -> None:
        """A call is about to be made that the log has no answer of."""

    # -- waits ---------------------------------------------------------------------------------------------------------

    async def approval(self, asked: ApprovalRequired, *, fresh: bool = False) -> Approved | Rejected:
        """What a person has decided of this very call; `fresh` takes nothing that an earlier attempt may have acted on.

        Raises:
            Suspended: they have not yet.
        """
        decision = self.history.decision(asked.call_id, asked.step, fresh=fresh, about=asked.arguments)
        await self.write(asked)
        if isinstance(decision, Approved | Rejected):
            return decision
        raise Suspended(Hold(asked=asked))

    async def input(self, asked: InputRequired, schema: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        """What a person has given.

        Raises:
            Suspended: they have not yet.
        """
        given = self.history.decision(asked.call_id)
        await self.write(asked)
        if isinstance(given, InputProvided):
            return given.values
        raise Suspended(Hold(asked=asked, schema=schema))
