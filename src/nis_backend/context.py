"""What a call may use: its caller, deadline, progress, drivers, and other operations."""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
import re
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from pydantic import ValidationError

from nis_backend.blob import blobs_in
from nis_backend.caller import SERVER_ADMIN
from nis_backend.calling import begin, call, refuse_secret, saying_of
from nis_backend.drivers.gateway.periods import cap_of_run
from nis_backend.drivers.store.items import Which
from nis_backend.errors import Forbidden, InvalidRequest, NisError, NotFound, WorkerLost, from_problem
from nis_backend.event import ApprovalRequired, InputRequired, Progressed, ToolCalled, Warned
from nis_backend.keys import KeyRing
from nis_backend.made import MADE, opened_of, remove_made
from nis_backend.owned import Owned, Scope
from nis_backend.record import record
from nis_backend.run import LAST_SECONDS, Run, RunHandle, RunLog, Terms, own_queue
from nis_backend.shelf import Shelf
from nis_backend.steps import Used, use
from nis_backend.within import joined, place

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Mapping

    from nis_backend.caller import Caller
    from nis_backend.drivers.compute.base import Json
    from nis_backend.drivers.dispatch.base import Dispatch
    from nis_backend.drivers.embeddings.base import Embedders
    from nis_backend.drivers.gateway.base import Gateway, Who
    from nis_backend.drivers.llm.base import LanguageModels, ModelInfo
    from nis_backend.drivers.llm.choice import Models
    from nis_backend.drivers.speech.base import Speech
    from nis_backend.drivers.store.base import Row, Table
    from nis_backend.drivers.store.items import Found
    from nis_backend.event import Approved, Rejected
    from nis_backend.journal import Journal
    from nis_backend.opened import Drivers, Operations
    from nis_backend.operation import Model, Operation
    from nis_backend.run import Wait
    from nis_backend.settings import Settings
    from nis_backend.viewing import Viewing
    from nis_backend.within import Within

log = logging.getLogger("nis.call")

DEEPEST = 8
"""Calls within calls; a chain longer than this is a loop."""

Asked = TypeVar("Asked", bound="Model")
Req = TypeVar("Req", bound="Model")
Res = TypeVar("Res")


@record
class Context:
    """One call's view of the process."""

    drivers: Drivers
    caller: Caller
    journal: Journal | None = None
    """The log of the run this call is part of."""
    scope: Scope | None = None
    """Where this call's writes and ids are counted, in a run and in what may be repeated."""
    # Not a secret, only a name in the server's log: the system is not asked for randomness.
    request_id: str = field(default_factory=lambda: f"{random.getrandbits(128):032x}")
    operation: str = ""
    """The name of the operation that this call is one of."""
    depth: int = 0
    on_progress: Callable[[float, str], None] | None = None
    """Hears how far what is computed for this call is, 0 to 1; a run's log has it without."""
    quiet: bool = False
    """Whether this call is one of many of its run: how far it is by itself says nothing of the run."""
    run_id: str | None = None
    """The id of the run that this call starts, where it was settled before."""
    beside: list[tuple[Table, Row]] = field(default_factory=list["tuple[Table, Row]"])
    """Rows that are written down with the run that this call starts: both are there, or neither."""
    ends: list[float] = field(default_factory=list[float])
    """Times of which the first is when the run that this call starts ends at the latest."""
    came: list[str] = field(default_factory=list[str])
    """Ids of blobs that are there for the run that this call starts: where none comes of it, they go again."""
    begun: set[str] = field(default_factory=set[str])
    """Runs that this call has begun: what it reads of them is its own answer, and no look-up."""
    probes: bool = False
    """Whether a prober asks how this process is, a load balancer say: its calls are not counted."""
    kept: bool = False
    """Whether what it answers is kept, for a caller that repeats it."""
    passing: bool = False
    """Whether the new blobs of its result are there for this call alone: its caller reads them and removes them."""
    origin: Within = ()
    """What made what calls here by itself, a schedule say: its budgets hold for what is begun."""
    asker: str | None = None
    """The label of the person whom the conversation serves that this call is in, where it has one."""
    agent: str | None = None
    """The name of the agent that this call is made for, in its run."""
    handed_by: tuple[str, ...] = ()
    """The names of those who had the conversation of this run before it: what holds for their runs holds here."""
    chosen: bool = False
    """Whether a model has chosen this call, or one that this call is made in."""
    reviewed: bool = False
    """Whether a person has let this very call in."""
    follows: bool = False
    """Whether the caller reads the words of the run that this call starts as they come."""
    waits: Wait | None = None
    """How long the run that this call starts is waited for: it ends with who waits. None: it goes on by itself."""

    @property
    def settings(self) -> Settings:
        """The settings the process started with."""
        return self.drivers.settings

    @property
    def operations(self) -> Operations:
        """What an agent may choose from, by name."""
        return self.drivers.operations

    @cached_property
    def who(self) -> Who:
        """For whom a model is asked here, and in what."""
        from nis_backend.drivers.gateway.base import Who  # noqa: PLC0415 - loads with the first call that asks a model

        return Who(
            owner=self.caller.owner,
            key=self.caller.key,
            operation=self.operation,
            run_id=self.journal and self.journal.run_id,
            conversation_id=self.journal and self.journal.conversation_id,
            within=self.origin if self.journal is None else self.journal.within,
        )

    @property
    def within(self) -> Within:
        """What is begun here is begun in this: this run, what that was started in, and the agent that it is for."""
        run = self.journal
        agents = tuple(("agent", name) for name in (*self.handed_by, self.agent) if name is not None)
        begun = self.origin if run is None else joined(run.within, place(run.run_id, run.conversation_id))
        return joined(begun, agents)

    @property
    def gateway(self) -> Gateway:
        """What stands between calls and models: routes, caps, the ledger."""
        return self.drivers.gateway

    @cached_property
    def models(self) -> Models:
        """The language models configured; what they are asked is this caller's."""
        return self.gateway.models(self.who)

    @property
    def embedders(self) -> Embedders:
        """The embedding models configured; what they are asked is this caller's."""
        return self.gateway.embedders(self.who)

    @property
    def speech(self) -> Speech:
        """The models of providers that speak and hear; what they are asked is this caller's."""
        return self.gateway.speech(self.who)

    @property
    def store(self) -> Owned:
        """The caller's own rows."""
        return Owned(self.drivers.store, self.caller.owner, self.journal, self.scope)

    async def nearest(self, collection: Row, vector: bytes, which: Which, limit: int) -> list[Found]:
        """The caller's items of a collection, its row as it is now, with the greatest cosine to a vector; best first.

        By the database's index where it has one, else exactly: every vector is looked at.
        """
        store, owner, id_ = self.drivers.store, self.caller.owner, str(collection["id"])
        found = await store.nearest(owner, id_, collection["side"], vector, which, limit)
        if found is not None:
            return found
        among = None if which.all else await store.item_numbers(owner, id_, which)
        found = await self.drivers.vectors_kept.nearest(owner, collection, vector, limit, among)
        if len(found) <= limit:
            return found
        # More were answered because some of them may be gone.
        there = set(await store.item_numbers(owner, id_, Which(numbers=[number for number, _ in found])))
        return [one for one in found if one[0] in there][:limit]

    def forget_vectors(self, collection_id: str) -> None:
        """Remove what this process holds of a collection's vectors."""
        if "vectors_kept" in vars(self.drivers):
            self.drivers.vectors_kept.forget(collection_id)

    def administered(self, owner: str) -> Owned:
        """Another owner's rows, or the server's own, for a caller who administers the server.

        Raises:
            Forbidden: it does not.
        """
        self.refuse_others()
        return Owned(self.drivers.store, owner, self.journal, self.scope)

    def refuse_others(self) -> None:
        """Let those alone go on who administer the server.

        Raises:
            Forbidden: the caller does not.
        """
        if self.caller.lacks([SERVER_ADMIN]):
            raise Forbidden(
                f"This takes the scope {SERVER_ADMIN}.",
                remedy=f"Use a key that has it: no wildcard holds {SERVER_ADMIN}.",
            )

    def cap(self, run_id: str, dollars: float) -> None:
        """Have the run that this call starts spend no more than this: it is written down with it."""
        self.beside.append(self._cap(run_id, dollars))

    def _cap(self, run_id: str, dollars: float) -> tuple[Table, Row]:
        self.gateway.expect_cap()
        return "budgets", cap_of_run(self.new_id("budget"), run_id, dollars, self.now())

    @property
    def blobs(self) -> Shelf:
        """The caller's own blobs."""
        return Shelf(self)

    @property
    def keys(self) -> KeyRing:
        """The keys that the caller may see and change."""
        return KeyRing(self.drivers.store, self.drivers.keys, self.caller)

    @property
    def runs(self) -> RunLog:
        """The caller's own runs, as rules let whoever reads them here see them."""
        return self._runs(self._viewing)

    @cached_property
    def _viewing(self) -> Viewing | None:
        """What is shown of runs here: to a surface, and to what tells of runs; what changes something reads all.

        One for the whole call: whoever was let in once reads on.
        """
        from nis_backend.viewing import READS, Viewing  # noqa: PLC0415 - loads with the first run

        if self.operation in READS:
            return None
        # A surface reads as no operation: to look for the name nearest to none would cost more than the reading.
        if self.operation:
            with suppress(NotFound):
                entry = self.operations.entry(self.operation)
                if (entry.effect, entry.shape) != ("reads", "model"):
                    return None
        return Viewing(self)

    def _runs(self, viewing: Viewing | None = None) -> RunLog:
        return RunLog(
            self.drivers.store,
            self.drivers.tail,
            self.caller.owner,
            self.caller.scopes,
            self.drivers.dispatch.submit,
            self.caller.key,
            self.within,
            nullcontext if self.journal is None else partial(self.drivers.dispatch.resting, self.journal.run_id),
            partial(undoes, self.drivers),
            self.awaited_by,
            viewing,
        )

    @property
    def awaited_by(self) -> str | None:
        """The run that waits for the run that this call starts."""
        return None if self.journal is None or self.waits is None else self.journal.run_id

    async def ends_at(self) -> float | None:
        """When the run that this call starts ends at the latest: soon after nobody waits for it any more."""
        now = self.drivers.store.now()
        time = None if self.waits is None else await self.left(self.waits)
        given_up = [] if time is None else [now + time + LAST_SECONDS]
        return min([*self.ends, *given_up], default=None)

    async def left(self, wait: Wait) -> float | None:
        """The time there is to wait: no more than the run has that waits, less what ending what it waits for takes.

        By the clock, and not by the run's own time: while no process had it, time has passed.
        """
        now = self.drivers.store.now()
        least = [one for one in (wait.seconds, wait.until and wait.until - now) if one is not None]
        deadline = None if self.journal is None else (await self._runs().get(self.journal.run_id)).deadline
        if deadline is not None:
            last = deadline - now
            least.append(last - min(LAST_SECONDS, last / 4))
        return max(min(least), 0.1) if least else None

    @property
    def run(self) -> Journal:
        """The log of the run this call is in; only operations of shape `"run"` have one."""
        if self.journal is None:
            msg = "this call is not a run"
            raise RuntimeError(msg)
        return self.journal

    @property
    def watched(self) -> bool:
        """Whether somebody reads the words of this call's run as they come; else a model may say all at once."""
        return self.journal is not None and self.drivers.tail.watched(self.journal.run_id)

    async def call(self, operation: Operation[Req, Res], request: Req) -> Res:
        """Call another operation as this caller; it shares the time of the call it is made in."""
        return await call(operation, request, self._within())

    async def call_named(
        self, name: str, arguments: Mapping[str, Any] | str
    ) -> Any:  # Any: JSON in, that operation's result out
        """Call the operation an agent chose by name."""
        return await call(self.operations.find(name), arguments, self._within())

    async def begin(self, operation: Operation[Any, Any], request: Model) -> Run:
        """Begin an operation as a run of this caller's own, which goes on by itself."""
        return await self.runs.get((await begin(operation, request, self._within())).id)

    def _within(self) -> Context:
        if self.depth >= DEEPEST:
            raise InvalidRequest(f"Operations called each other {DEEPEST} deep.", remedy="Break the loop.")
        return replace(self, depth=self.depth + 1, run_id=None, beside=[], ends=[], came=[])

    def now(self) -> float:
        """Seconds since 1970, UTC; in a run the same however often its code is executed."""
        journal, scope = self.journal, self.scope
        if journal is None or scope is None or scope.reads:
            return self.drivers.store.now()
        return float(journal.once(f"{scope.call} now" if scope.call else "now", self.drivers.store.now))

    def new_id(self, kind: str) -> str:
        """An unused id that says what it names: `run-0192…`; ids of one kind sort by the time they were made.

        In code that may be executed again it is the same each time.
        """
        scope = self.scope
        if scope is None:
            return _new_id(kind)
        if scope.call:
            return f"{kind}-{_made(scope.key)}{scope.digest(kind)[:12]}"
        return str(self.run.once("id", lambda: _new_id(kind)))

    async def note(
        self,
        name: str,
        work: Callable[[], Awaitable[Any] | Any],
        *,
        told: bool = False,
    ) -> Any:  # Any: JSON
        """What the work answers, which in a run is done once and recorded under this name: JSON.

        Whatever a run's code learns from outside, and could learn otherwise the next time, goes through here. What is
        `told` there is words that policies may look at, as at what a step answers.
        """
        scope = self.scope
        if self.journal is None or scope is None:
            return await _awaited(work())
        name = f"{scope.call} {name}" if scope.call else name
        known = self.journal.noted(name)
        if known is not None:
            return known[0]
        value = await _awaited(work())
        saying = await saying_of(self) if told else None
        value = value if saying is None else await saying.read(value)
        self.journal.note(name, value)
        # Who notes without a pause would fill the memory: it waits for the store, and hears what that refuses.
        await self.journal.write()
        return value

    async def choose_model(
        self, model: str | None = None, provider: str | None = None
    ) -> tuple[LanguageModels, ModelInfo]:
        """See `Models.choose`; a run's code has the same model however often it is executed."""
        from nis_backend.drivers.llm.base import ModelInfo  # noqa: PLC0415 - as in who

        async def choose() -> Json:
            return asdict((await self.models.choose(model, provider))[1])

        info = ModelInfo(**await self.note("model", choose))
        return self.models.driver(info.provider), info

    @property
    def idempotency_key(self) -> str:
        """What to give a provider that makes nothing twice under one key: the same in each attempt of this call."""
        return self.request_id if self.scope is None else self.scope.key

    async def use(
        self,
        called: ToolCalled,
        *,
        operation: Operation[Any, Any] | None = None,
        refusal: NisError | None = None,
        ask: str = "",
    ) -> Used:
        """Make a call as a step of this run: see `steps.use`."""
        return await use(self, called, operation=operation, refusal=refusal, ask=ask)

    async def step(self, operation: Operation[Req, Res], request: Req, *, ask: str = "") -> Res:
        """Call another operation as the next step of this run; its outcome is recorded, its effect happens once.

        With `ask`, the reason, a person has to approve first.

        Raises:
            NisError: its own, or that a person has rejected it.
        """
        number = self.run.next_number("step")
        called = ToolCalled(
            step=number,
            call_id=f"step-{number}",
            operation=operation.name,
            arguments=request.model_dump(mode="json"),
        )
        used = await use(self, called, operation=operation, ask=ask)
        if used.event.problem is not None:
            raise from_problem(used.event.problem)
        return used.result

    async def approve(self, reason: str, *, operation: str = "", arguments: Json | None = None) -> Approved | Rejected:
        """Have a person decide; the run waits for it, and its code is executed again from what its log holds."""
        number = self.run.next_number("approval")
        asked = ApprovalRequired(
            step=0, call_id=f"approval-{number}", operation=operation, arguments=arguments or {}, reason=reason
        )
        return await self.run.approval(asked)

    async def ask(self, wanted: type[Asked], question: str, *, operation: str = "") -> Asked:
        """Have a person give what the model `wanted` holds; asked again where it cannot be that."""
        schema = wanted.model_json_schema()
        while True:
            call_id = f"input-{self.run.next_number('input')}"
            missing = list(schema.get("required", ()))
            required = InputRequired(operation=operation, missing=missing, call_id=call_id, question=question)
            given = await self.run.input(required, schema)
            try:
                return wanted.model_validate(given)
            except ValidationError as error:
                wrong = error.errors(include_url=False, include_input=False)[0]
                await self.run.write(Warned(message=f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}."))

    async def start_run(
        self, operation: Operation[Any, Any], request: Model | str, terms: Terms | None = None
    ) -> RunHandle:
        """Write the run down and have it executed; it does not depend on this call from here on.

        Raises:
            Busy: the queue is full.
            InvalidRequest: nobody serves the queue.
        """
        refuse_secret(operation)
        terms = terms or Terms(queue=operation.queue or own_queue(operation.pool))
        ends = await self.ends_at()
        if ends is not None:
            terms = replace(terms, deadline=ends if terms.deadline is None else min(ends, terms.deadline))
        await self.drivers.dispatch.admit(terms.queue)
        run_id = self.run_id or self.new_id("run")
        # A turn of a conversation is what each call of makes a run; what only reads or changes one is none.
        conversation_id = getattr(request, "conversation_id", None) if operation.shape == "run" else None
        beside = self.beside if terms.budget is None else [*self.beside, self._cap(run_id, terms.budget)]
        once = await self.store.once("run")
        reader = self.drivers.tail.expect(run_id) if self.follows else None
        dispatch, log = self.drivers.dispatch, self.runs
        holder = dispatch.seat(terms.queue) if once is None and terms.at_once else None
        new = log.write_down(run_id, operation.name, request, conversation_id, terms, once, beside, holder)
        if holder is not None:
            # A task of its own: what is committed as held is executed, also when this call is stopped.
            begun = asyncio.create_task(_begin(dispatch, self.caller.owner, run_id, terms.queue, new))
            if await asyncio.shield(begun):
                self.begun.add(run_id)
            return RunHandle(id=run_id, log=log, reader=reader)
        row, is_new = await new
        made = str(row["id"])
        if is_new:
            self.begun.add(made)
        if terms.hold is None:
            await dispatch.submit(self.caller.owner, made)
        return RunHandle(id=made, log=log, reader=reader)

    async def compute(self, target: Operation[Any, Any], request: Model) -> Json:
        """Have a pooled operation computed by a worker: `result` is JSON, new blobs' bytes or files stand beside it.

        What only reads is computed once more when its worker is lost. What a run computes waits for its turn: a full
        pool refuses who can call again, and a run that was begun is not lost to a crowd. How many runs are executed at
        once is bounded.

        Raises:
            WorkerLost: the process died under the call.
        """

        def progressed(fraction: float, message: str, values: Mapping[str, float]) -> None:
            if self.journal is not None and not self.quiet:
                # A refusal meets the holder again at its next write.
                with suppress(NisError):
                    self.journal.put(Progressed(fraction=fraction, message=message, values=dict(values)))
            if self.on_progress is not None:
                self.on_progress(fraction, message)

        made = self.settings.data / MADE / uuid4().hex
        payload: Json = {
            "module": target.function.__module__,
            "operation": target.name,
            "request": request.model_dump_json(),
            "files": {blob.id: str(blob.path) for _, blob in blobs_in(request)} if target.holds_blobs else {},
            "limits": asdict(self.settings.limits),
            "made": str(made),
        }
        pool, patient = str(target.pool), self.journal is not None
        if target.holds_blobs:
            made.parent.mkdir(parents=True, exist_ok=True)
        try:
            try:
                answer = await self.drivers.compute.call(pool, payload, on_progress=progressed, patient=patient)
            except WorkerLost as lost:
                # Once: a request that crashes its worker would crash every next one.
                if target.effect != "reads":
                    raise
                log.warning("%s is computed again: %s", target.name, lost.message)
                answer = await self.drivers.compute.call(pool, payload, on_progress=progressed, patient=patient)
            return {**answer, **opened_of(made, answer.pop("written", ()))}
        finally:
            if target.holds_blobs:
                remove_made(made)

    @contextmanager
    def trace(self, name: str) -> Generator[None]:
        """Time the call, count its outcome, and give it a span where calls are traced."""
        started, telemetry = time.perf_counter(), self.drivers.telemetry
        outcome = "ok"
        try:
            if telemetry.tracer is None:
                yield
            else:
                with telemetry.span(*self._span_of(name)):
                    yield
        except NisError as error:
            outcome = error.code
            raise
        except Exception:
            outcome = "internal_error"
            raise
        finally:
            telemetry.counts.called(name, outcome)
            if log.isEnabledFor(logging.DEBUG):
                log.debug("%s %s %.1f ms", name, outcome, 1e3 * (time.perf_counter() - started))

    def _span_of(self, name: str) -> tuple[str, dict[str, str]]:
        """What a call of this name is called in a trace: one that a run makes as its step is that of a tool.

        https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/#execute-tool-span
        """
        if self.scope is None or not self.scope.call or self.depth != 1:
            return name, {"nis.operation": name}
        tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name, "gen_ai.tool.type": "function"}
        return f"execute_tool {name}", {**tool, "gen_ai.tool.call.id": self.scope.call, "nis.operation": name}


def undoes(drivers: Drivers, operation: str) -> bool:
    """Whether the operation takes back what a run of it has made; of one that is not there, nobody knows."""
    try:
        return drivers.operations.find(operation).undo is not None
    except NotFound:
        return False


async def _begin(dispatch: Dispatch, owner: str, run_id: str, queue: str, new: Awaitable[tuple[Row, bool]]) -> bool:
    """Execute a run in the place that it has, once it is written down; one that was there before is submitted.

    Whether it is new.
    """
    try:
        _, is_new = await new
    except BaseException:
        dispatch.give_back(queue)
        raise
    if is_new:
        dispatch.begin(owner, run_id, queue)
    else:
        dispatch.give_back(queue)
        await dispatch.submit(owner, run_id)
    return is_new


_MADE = re.compile(r"[a-z]+-([0-9a-f]{12})")


def _made(key: str) -> str:
    """When that was made which a scope's key begins with, as ids have it."""
    found = _MADE.match(key)
    return found[1] if found else "0" * 12


def _new_id(kind: str) -> str:
    # No secret either: whose a thing is is asked wherever it is read.
    return f"{kind}-{int(time.time() * 1000):012x}{random.getrandbits(48):012x}"


async def _awaited(value: Any) -> Any:  # Any: JSON
    return await value if inspect.isawaitable(value) else value
