"""The contract of compute: heavy code runs in worker processes, and this is how it is asked.

A pool is a name, a kind and an entry point. The worker imports the entry (`"package.module:function"`), calls it once
with the pool's `options`, and gets a `Handler`: an object whose `handle` answers each call.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
    from pathlib import Path

# Any: a JSON object's values differ in type. In payloads and items a member of the object may also be `bytes`, which
# travels as it is; what is larger than 16 MiB goes by a file's path.
Json = dict[str, Any]

OnProgress: TypeAlias = "Callable[[float, str, Mapping[str, float]], None]"
"""Hears how far a call is, in words, and what it measures on the way."""

ADDED = "added"
"""What pools are called together that were not there at the start: each is of a thing that is its owner's alone."""

MOST_VALUES = 16
"""Values beside one word of progress."""
LONGEST_NAME = 64
"""Characters of a value's name."""

Kept = TypeVar("Kept")


@record
class Pool:
    """How the workers of one name are kept.

    `exclusive`: one call a process; cancel and deadline kill it. `shared`: calls are multiplexed in one process;
    cancel is a frame, and a kill only when it is ignored for 2 s.
    """

    name: str
    kind: Literal["exclusive", "shared"]
    entry: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    processes: int = 1
    """The most processes at once; a shared pool has one."""
    queue: int = 64
    """Calls that may wait, in a shared pool calls at once; one more is refused with `Busy`."""
    idle_seconds: float = 300.0
    memory: int | None = None
    """Bytes that a process may take for itself, where the system can hold it to them; files that are mapped do not
    count. What needs more fails, and the process lives on if it can."""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables beside the few that a worker inherits (`settings.INHERITED`)."""
    log: Mapping[str, str] | None = None
    """What each line of its log says beside its own, where lines are JSON; None where they are text."""
    extra: str | None = None
    """The extra of our distribution that installs what the entry imports, for the remedy when it is missing."""


@record
class PoolStatus:
    """What a pool has running."""

    name: str
    processes: int
    busy: int
    waiting: int
    pids: tuple[int, ...]


class Compute(Protocol):
    """The pools of this process."""

    def stream(
        self,
        pool: str,
        payload: Json,
        *,
        on_progress: OnProgress | None = None,
        patient: bool = False,
    ) -> AsyncGenerator[Json, None]:
        """Send one call and yield what its handler yields; closing the generator (`aclosing`) cancels the call.

        Who is `patient` waits for its turn however many wait before it: for callers that are bounded already.

        Raises:
            Busy: the pool's queue is full; `retry_after` is told by the times of the last calls.
            WorkerLost: the process died under the call; the next call starts a new one.
            Unavailable: the pool is unknown or closed, or a package that its entry imports is not installed.
            TooLarge: the payload is more than a frame holds, or the call more than the memory of its process.
            NisError: whatever failure the handler raised, as the same class.
        """
        ...

    async def call(
        self,
        pool: str,
        payload: Json,
        *,
        on_progress: OnProgress | None = None,
        patient: bool = False,
    ) -> Json:
        """Send one call and wait for the one item that its handler yields."""
        ...

    def add(self, pool: Pool, most: int) -> None:
        """Have a pool that was not there at the start, beside at most `most` such ones that have a process.

        One that has been added stays as it is. Where there are as many, the one ends that was not called for longest.

        Raises:
            Busy: all of them have calls under way.
        """
        ...

    def status(self) -> list[PoolStatus]:
        """Each pool, started or not; those that were added are told together, as `ADDED`."""
        ...

    async def close(self) -> None:
        """End every process."""
        ...


class WorkerContext(Protocol):
    """What code in a worker may use."""

    def progress(self, fraction: float, message: str = "", values: Mapping[str, float] | None = None) -> None:
        """Say how far the call is, 0 to 1; callable from any thread.

        `values` are numbers to be drawn as curves while it goes on: at most 16, such as `{"loss": 0.03}`. What is not
        finite is left out.
        """
        ...

    def cancelled(self) -> bool:
        """Whether the caller has cancelled: for what computes in a thread; `handle` itself is cancelled as a task."""
        ...


class ComputingContext(WorkerContext, Protocol):
    """What an operation in a pool may use."""

    @property
    def options(self) -> Json:
        """What its pool was told of the settings."""
        ...

    def keep(self, name: str, make: Callable[[], Kept]) -> Kept:
        """What was made under this name in this process: a model is loaded once, and stays until the process ends."""
        ...

    def weight(self, name: str) -> Path:
        """The model file of this name from the manifest, found right.

        Raises:
            Unavailable: it is not here, or it is another file; the remedy is the command that mends it.
        """
        ...


class Handler(Protocol):
    """The worker's side of a pool. Its calls share one event loop: what computes goes to a thread."""

    def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        """Answer one call by yielding items; raise a `NisError` for a failure the caller should see as such.

        A slow reader holds up the `yield`. The call has ended when this has: a cancelled handler returns only when its
        threads are done, and is killed with its process 2 s later if it does not. An engine that all calls share, and
        that lets go of a cancelled one by itself, is not waited for: the others' answers would die with the process.
        """
        ...
