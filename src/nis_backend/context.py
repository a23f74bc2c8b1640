"""What a call may use: its caller, deadline, progress, drivers, and other operations."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from nis_backend.blob import blobs_in
from nis_backend.drivers.embeddings.base import Embedders
from nis_backend.drivers.store.base import cursor_of, place_of
from nis_backend.errors import InvalidRequest, NisError, WorkerLost
from nis_backend.event import Progressed
from nis_backend.operation import call, refuse_secret
from nis_backend.run import Journal, RunHandle, RunLog, Terms, own_queue
from nis_backend.shelf import Shelf

if TYPE_CHECKING:
    from array import array
    from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence

    from nis_backend.drivers.blobs.base import Contents
    from nis_backend.drivers.cache.base import CallLimit
    from nis_backend.drivers.compute.base import Compute, Json
    from nis_backend.drivers.dispatch.base import Dispatch
    from nis_backend.drivers.llm.base import Models
    from nis_backend.drivers.store.base import Measures, Order, Row, Store, Table
    from nis_backend.keys import KeyRing, Keys
    from nis_backend.operation import Entry, Model, Operation
    from nis_backend.run import Tail
    from nis_backend.settings import Settings

log = logging.getLogger("nis.call")

DEEPEST = 8
"""Calls within calls; a chain longer than this is a loop."""

Req = TypeVar("Req", bound="Model")
Res = TypeVar("Res")


class Operations(Protocol):
    """The catalog as a call sees it."""

    def entries(self) -> Sequence[Entry]:
        """Every operation's declaration, by name."""
        ...

    def entry(self, name: str) -> Entry:
        """The declaration of this name.

        Raises:
            NotFound: there is none.
        """
        ...

    def find(self, name: str) -> Operation[Any, Any]:
        """The operation of this name; imports its module at first use.

        Raises:
            NotFound: there is none.
        """
        ...


ADMIN = "identity:admin"
"""The scope to administer every owner's keys. It is named or it is not there: no wildcard holds it."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls: the owner of what the call makes, and what it may do."""

    owner: str
    scopes: frozenset[str] = frozenset({"*"})
    """`runs:read`; `runs:write`, which holds `runs:read`; `runs:*`; `*`, which is all of the owner's own; `ADMIN`."""
    key: str | None = None
    """The id of the stored key that was sent."""
    expires: float | None = None
    """When that key ends, seconds since 1970, UTC."""

    def lacks(self, scopes: Iterable[str]) -> list[str]:
        """Those of the scopes that the caller does not hold."""
        return [scope for scope in scopes if not self._holds(scope)]

    def _holds(self, scope: str) -> bool:
        if scope in self.scopes or scope == ADMIN:
            return scope in self.scopes
        family, _, right = scope.partition(":")
        wider = {"*", f"{family}:*", f"{family}:write" if right == "read" else "*"}
        return not wider.isdisjoint(self.scopes)


LOCAL = Caller(owner="local", scopes=frozenset({"*", ADMIN}))
"""Who calls when there is one user and one key."""


@dataclass(frozen=True, kw_only=True)
class Drivers:
    """What the process has opened; `app.py` makes it, every call shares it."""

    settings: Settings
    store: Store
    contents: Contents
    tail: Tail
    compute: Compute
    models: Models
    dispatch: Dispatch
    operations: Operations
    embedders: Embedders = field(default_factory=Embedders)
    checks: Mapping[str, Callable[[], Awaitable[str]]] = field(
        default_factory=dict[str, "Callable[[], Awaitable[str]]"]
    )
    """Each part's own check: answers what it found, or raises `Unavailable`."""
    counts: dict[str, int] = field(default_factory=dict[str, int])
    """Calls since the start, by `operation outcome`."""
    limit: CallLimit | None = None
    """How many calls each owner may make in a minute."""
    spared: frozenset[str] = frozenset()
    """Of `checks`, the parts that no request waits for: the process is ready without them."""
    vectors: dict[str, array[float]] = field(default_factory=dict[str, "array[float]"])
    """Vectors of the catalog's own texts, by the text, of the model in the box: as many as declarations have."""

    @cached_property
    def keys(self) -> Keys:
        """Whose each stored key is."""
        from nis_backend.keys import Keys  # noqa: PLC0415 - it stands on this module

        return Keys(self.store)


class Owned:
    """The store, bound to one owner: a query without the owner cannot be written."""

    def __init__(self, store: Store, owner: str) -> None:
        self._store = store
        self._owner = owner

    async def insert(self, table: Table, row: Row) -> None:
        """See `Store.insert`."""
        await self._store.insert(table, self._owner, row)

    async def get(self, table: Table, id: str) -> Row | None:  # noqa: A002 - the column's name
        """See `Store.get`."""
        return await self._store.get(table, self._owner, id)

    async def select(  # noqa: PLR0913 - one argument a clause
        self,
        table: Table,
        *,
        where: Mapping[str, Any] | None = None,  # Any: see Row
        before: tuple[float, str] | None = None,
        limit: int = 50,
        descending: bool = True,
        order: Order = "created",
        since: float | None = None,
    ) -> list[Row]:
        """See `Store.select`."""
        return await self._store.select(
            table, self._owner, where=where, before=before, limit=limit, descending=descending, order=order, since=since
        )

    async def page(  # noqa: PLR0913 - one argument a clause
        self,
        table: Table,
        *,
        cursor: str | None,
        limit: int,
        where: Mapping[str, Any] | None = None,  # Any: see Row
        order: Order = "created",
        since: float | None = None,
        until: float | None = None,
    ) -> tuple[list[Row], str | None]:
        """A page of a list, its newest rows first, and the cursor of the next one; None on the last.

        Of those whose `order` is at least `since` and less than `until`.

        Raises:
            InvalidRequest: the cursor is not one of this list.
        """
        places = [] if cursor is None else [place_of(cursor)]
        places += [] if until is None else [(until, "")]
        before = min(places, default=None)
        rows = await self.select(table, where=where, before=before, limit=limit + 1, order=order, since=since)
        shown = rows[:limit]
        return shown, cursor_of(shown[-1][order], shown[-1]["id"]) if len(rows) > limit else None

    async def update(self, table: Table, id: str, changes: Mapping[str, Any]) -> bool:  # noqa: A002
        """See `Store.update`."""
        return await self._store.update(table, self._owner, id, changes)

    async def delete(self, table: Table, id: str) -> bool:  # noqa: A002
        """See `Store.delete`."""
        return await self._store.delete(table, self._owner, id)

    async def search(self, words: Sequence[str], limit: int, after: int = 0) -> list[Row]:
        """See `Store.search`."""
        return await self._store.search(self._owner, words, limit, after)

    async def forget(self, conversation_id: str) -> bool:
        """See `Store.forget`."""
        return await self._store.forget(self._owner, conversation_id)

    async def forget_run(self, run_id: str) -> bool:
        """See `Store.forget_run`."""
        return await self._store.forget_run(self._owner, run_id)

    async def measure(self, since: float, until: float, most: int) -> Measures:
        """See `Store.measure`."""
        return await self._store.measure(self._owner, since, until, most)

    async def branch(self, conversation: Row, runs: Mapping[str, str]) -> None:
        """See `Store.branch`."""
        await self._store.branch(self._owner, conversation, runs)


@dataclass(frozen=True, kw_only=True)
class Context:
    """One call's view of the process."""

    drivers: Drivers
    caller: Caller
    journal: Journal | None = None
    """The log of the run this call is part of."""
    # Not a secret, only a name in the server's log: the system is not asked for randomness.
    request_id: str = field(default_factory=lambda: f"{random.getrandbits(128):032x}")
    depth: int = 0
    on_progress: Callable[[float, str], None] | None = None
    """Hears how far what is computed for this call is, 0 to 1; a run's log has it without."""
    run_id: str | None = None
    """The id of the run that this call starts, where it was settled before."""

    @property
    def settings(self) -> Settings:
        """The settings the process started with."""
        return self.drivers.settings

    @property
    def operations(self) -> Operations:
        """What an agent may choose from, by name."""
        return self.drivers.operations

    @property
    def models(self) -> Models:
        """The language models configured."""
        return self.drivers.models

    @property
    def embedders(self) -> Embedders:
        """The embedding models configured."""
        return self.drivers.embedders

    @property
    def store(self) -> Owned:
        """The caller's own rows."""
        return Owned(self.drivers.store, self.caller.owner)

    @property
    def blobs(self) -> Shelf:
        """The caller's own blobs."""
        return Shelf(self)

    @property
    def keys(self) -> KeyRing:
        """The keys that the caller may see and change."""
        from nis_backend.keys import KeyRing  # noqa: PLC0415 - it stands on this module

        return KeyRing(self.drivers.store, self.drivers.keys, self.caller)

    @property
    def runs(self) -> RunLog:
        """The caller's own runs."""
        return RunLog(
            self.drivers.store,
            self.drivers.tail,
            self.caller.owner,
            self.caller.scopes,
            self.drivers.dispatch.submit,
        )

    @property
    def run(self) -> Journal:
        """The log of the run this call is in; only operations of shape `"run"` have one."""
        if self.journal is None:
            msg = "this call is not a run"
            raise RuntimeError(msg)
        return self.journal

    async def call(self, operation: Operation[Req, Res], request: Req) -> Res:
        """Call another operation as this caller; it shares the time of the call it is made in."""
        return await call(operation, request, self._within())

    async def call_named(
        self, name: str, arguments: Mapping[str, Any] | str
    ) -> Any:  # Any: JSON in, that operation's result out
        """Call the operation an agent chose by name."""
        return await call(self.operations.find(name), arguments, self._within())

    def _within(self) -> Context:
        if self.depth >= DEEPEST:
            raise InvalidRequest(f"Operations called each other {DEEPEST} deep.", remedy="Break the loop.")
        return replace(self, depth=self.depth + 1, run_id=None)

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    def new_id(self, kind: str) -> str:
        """An unused id that says what it names: `run-0192…`; ids of one kind sort by the time they were made."""
        # No secret either: whose a thing is is asked wherever it is read.
        return f"{kind}-{int(time.time() * 1000):012x}{random.getrandbits(48):012x}"

    async def start_run(self, operation: Operation[Any, Any], request: Model, terms: Terms | None = None) -> RunHandle:
        """Write the run down and have it executed; it does not depend on this call from here on.

        Raises:
            Busy: the queue is full.
            InvalidRequest: nobody serves the queue.
        """
        refuse_secret(operation)
        terms = terms or Terms(queue=own_queue(operation.pool))
        await self.drivers.dispatch.admit(terms.queue)
        run_id = self.run_id or self.new_id("run")
        # A turn of a conversation is what each call of makes a run; what only reads or changes one is none.
        conversation_id = getattr(request, "conversation_id", None) if operation.shape == "run" else None
        run = await self.runs.create(run_id, operation.name, request, conversation_id, terms)
        await self.drivers.dispatch.submit(self.caller.owner, run.id)
        return RunHandle(id=run.id, log=self.runs)

    async def compute(self, target: Operation[Any, Any], request: Model) -> Json:
        """Have a pooled operation computed by a worker: `result` is JSON, new blobs' bytes stand beside it.

        What only reads is computed once more when its worker is lost.

        Raises:
            WorkerLost: the process died under the call.
        """
        written: list[asyncio.Task[int]] = []

        def progressed(fraction: float, message: str) -> None:
            if self.journal is not None:
                event = Progressed(fraction=fraction, message=message)
                written.append(asyncio.create_task(self.journal.write(event)))
            if self.on_progress is not None:
                self.on_progress(fraction, message)

        payload: Json = {
            "module": target.function.__module__,
            "operation": target.name,
            "request": request.model_dump_json(),
            "files": {blob.id: str(blob.path) for _, blob in blobs_in(request)} if target.holds_blobs else {},
        }
        pool = str(target.pool)
        try:
            try:
                return await self.drivers.compute.call(pool, payload, on_progress=progressed)
            except WorkerLost as lost:
                # Once: a request that crashes its worker would crash every next one.
                if target.effect != "reads":
                    raise
                log.warning("%s is computed again: %s", target.name, lost.message)
                return await self.drivers.compute.call(pool, payload, on_progress=progressed)
        finally:
            # A refusal of one of these meets the holder again at its next write.
            await asyncio.gather(*written, return_exceptions=True)

    @contextmanager
    def trace(self, name: str) -> Generator[None]:
        """Time the call, count its outcome, log its failure under the request's id."""
        started = time.perf_counter()
        outcome = "ok"
        try:
            yield
        except NisError as error:
            outcome = error.code
            raise
        except Exception:
            outcome = "internal_error"
            raise
        finally:
            key = f"{name} {outcome}"
            self.drivers.counts[key] = self.drivers.counts.get(key, 0) + 1
            log.debug("%s %s %.1f ms request=%s", name, outcome, 1e3 * (time.perf_counter() - started), self.request_id)
