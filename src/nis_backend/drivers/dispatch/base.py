"""The contract of dispatch: who executes which run, and how one is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

StopReason = Literal["cancelled", "shutdown"]

CANCELLED: StopReason = "cancelled"
"""The message a run's task is cancelled with when its caller asked; any other cancel is the process ending."""

Execute = Callable[[str, str, int, StopReason | None], Awaitable[None]]
"""`execute(owner, run_id, attempt, stop)`: carries a run to its end and never raises; with `stop`, ends it at once."""


def stop_reason(cancelled: asyncio.CancelledError) -> StopReason:
    """Why a run's task was cancelled."""
    return CANCELLED if CANCELLED in cancelled.args else "shutdown"


class Dispatch(Protocol):
    """Carries runs to their ends."""

    async def submit(self, owner: str, run_id: str, attempt: int) -> None:
        """Have the run executed, soon.

        Raises:
            Busy: as many runs as may are under way or waiting.
        """
        ...

    async def cancel(self, run_id: str) -> bool:
        """Stop the run, whose holder appends the end; False when nobody holds it."""
        ...

    async def close(self, grace: float) -> None:
        """Let runs finish for `grace` seconds, then stop them."""
        ...
