"""The contract of dispatch: who executes which run, and how one is stopped.

A run's row is its place in the queue: what is `queued` and due is taken by whoever has room for it, in one transaction
that makes it `running`, names the holder and raises the attempt, by which every later append is fenced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from nis_backend.record import record

StopReason = Literal["cancelled", "paused", "shutdown"]

CANCELLED: StopReason = "cancelled"
PAUSED: StopReason = "paused"
"""The messages a run's task is cancelled with when its caller asked; any other cancel is the process ending."""
WANTED: dict[str, StopReason] = {"cancel": CANCELLED, "pause": PAUSED}
"""The same by what a run's row says is wanted of its holder."""


@record
class Left:
    """How a run was left by its execution, which has written it down."""

    how: Literal["ended", "released", "again"]
    """It has ended; it rests, waits or goes on elsewhere; or it is queued and starts again `at` that time."""
    at: float | None = None
    """Seconds since 1970, UTC."""
    state: Literal["", "succeeded", "failed", "cancelled"] = ""
    """How it has ended, where it has."""
    problem: str = ""
    """The code of its failure."""


Execute = Callable[[str, str, int], Awaitable[Left]]
"""`execute(owner, run_id, attempt)`: carries on a run that was taken, until it is left; never raises.

What is wanted of it when it begins stands in its row: whoever was told before the run's task was there has not heard.
"""


def stop_reason(cancelled: asyncio.CancelledError) -> StopReason:
    """Why a run's task was cancelled."""
    if CANCELLED in cancelled.args:
        return CANCELLED
    return PAUSED if PAUSED in cancelled.args else "shutdown"


class Dispatch(Protocol):
    """Carries runs to their ends."""

    async def open(self, *, idle: bool = False) -> None:
        """Take back what a process that died has held, and begin to take runs; `idle`: only what is submitted here."""
        ...

    async def admit(self, queue: str) -> None:
        """Return when a run may be added to this queue.

        Raises:
            Busy: as many wait there as may.
            InvalidRequest: nobody serves this queue.
        """
        ...

    def seat(self, queue: str) -> str | None:
        """A place for a run that is executed at once, and the holder that its row names, under attempt 1.

        None where it has to be submitted: there is no room, or others wait. The place is for `begin`, or given back.
        """
        ...

    def begin(self, owner: str, run_id: str, queue: str) -> None:
        """Execute a run that was committed as held under attempt 1, in the place that it was given."""
        ...

    def give_back(self, queue: str) -> None:
        """The place is not needed: there is no such run."""
        ...

    async def submit(self, owner: str, run_id: str) -> None:
        """Have a run executed soon that was committed as `queued`."""
        ...

    def resting(self, run_id: str) -> AbstractContextManager[None]:
        """While a run that is executed here waits for another, its place is another's, which may be that one."""
        ...

    def under_way(self) -> Mapping[str, tuple[int, int]]:
        """By queue, how many runs are executed here, and how many may be at once."""
        ...

    async def close(self, grace: float) -> None:
        """Take no more, let runs finish for `grace` seconds, then have them released."""
        ...
