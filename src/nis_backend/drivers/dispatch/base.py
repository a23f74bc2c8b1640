"""The contract of dispatch: who executes which run, and how one is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Execute = "Callable[[str, str, int], Awaitable[None]]"
"""`execute(owner, run_id, attempt)`: carries a run to its end and never raises."""


class Dispatch(Protocol):
    """Carries runs to their ends."""

    async def submit(self, owner: str, run_id: str, attempt: int) -> None:
        """Have the run executed, soon.

        Raises:
            Busy: as many runs as may are under way or waiting.
        """
        ...

    async def cancel(self, run_id: str) -> None:
        """Stop the run if it is executed here; the holder appends the end."""
        ...

    async def close(self, grace: float) -> None:
        """Let runs finish for `grace` seconds, then stop them."""
        ...
