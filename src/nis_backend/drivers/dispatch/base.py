"""The contract of dispatch: who executes which run, and how one is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

StopReason = Literal["cancelled", "paused", "shutdown"]

CANCELLED: StopReason = "cancelled"
PAUSED: StopReason = "paused"
"""The messages a run's task is cancelled with when its caller asked; any other cancel is the process ending."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """How a run was left by its execution, which has written it down."""

    how: Literal["ended", "released", "again"]
    """It has ended; it rests, waits or goes on elsewhere; or it is queued and starts again `at` that time."""
    at: float | None = None
    """Seconds since 1970, UTC."""


Execute = Callable[[str, str, int], Awaitable[Left]]
"""`execute(owner, run_id, attempt)`: carries on a run that was taken, until it is left; never raises."""


def stop_reason(cancelled: asyncio.CancelledError) -> StopReason:
    """Why a run's task was cancelled."""
    if CANCELLED in cancelled.args:
        return CANCELLED
    return PAUSED if PAUSED in cancelled.args else "shutdown"


class Dispatch(Protocol):
    """Carries runs to their ends."""

    async def submit(self, owner: str, run_id: str) -> None:
        """Have a run executed soon that was written down as queued.

        Raises:
            Busy: as many runs as may are under way or waiting.
        """
        ...

    async def close(self, grace: float) -> None:
        """Let runs finish for `grace` seconds, then have them released."""
        ...
