"""How a process that listens stops: it serves on, lets what is open finish, tells the rest, and only then ends.

    signal ── linger ──┬── drain ─────────────────────┬─ told ──┬── runs, drivers
    requests served,   │ nothing is accepted,          │ streams │
    /health says 503   │ streams and callers go on     │ end     │

A second signal ends the linger and the drain at once; what is open is told all the same.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.settings import Settings
    from nis_backend.surfaces.base import Closing

log = logging.getLogger("nis.server")

TOLD_SECONDS = 3.0
"""Of the drain, the last: what is still open is told, and has this long to end. With the time that runs get, the
default stays below the ten seconds after which most supervisors kill."""

FIRST_SECONDS = 1.0
"""Time that a connection gets for its first request once nothing is accepted: it may be on its way."""

LOOK_SECONDS = 0.05
"""Time between two looks at what is open: uvicorn tells nobody of a close."""


class Drain:
    """The stop of one process."""

    def __init__(self, settings: Settings, closing: Closing, *, lingers: bool = True) -> None:
        self._linger = settings.linger_seconds if lingers else 0.0
        self._seconds = settings.drain_seconds
        self._closing = closing
        self._hurried = asyncio.Event()
        self._until = 0.0

    @property
    def seconds(self) -> float:
        """From the signal to the last word."""
        return self._linger + self._seconds

    def signal(self) -> None:
        """A signal has come; the second one hurries."""
        if self._closing.begun:
            self._hurried.set()
        self._closing.begun = True

    async def linger(self) -> None:
        """Serve on, as long as the settings say."""
        if self._linger and not self._hurried.is_set():
            log.info("told to stop: serves on for %g s, /health says 503", self._linger)
            await self._passes(self._linger, lambda: False)

    async def finish(self, connections: set[Any]) -> None:  # Any: uvicorn's protocols share no class
        """Let what is open end by itself; then tell it, and wait until the WebSockets have said so."""
        began = time.monotonic()
        self._until = began + self._seconds
        opened = sum(map(_is_busy, connections))

        def over() -> bool:
            for one in list(connections):
                fresh = getattr(one, "cycle", True) is None and time.monotonic() < began + FIRST_SECONDS
                if not _is_socket(one) and not fresh:
                    # An idle one is closed, a busy one after its answer.
                    one.shutdown()
            return not connections

        await self._passes(self._seconds - TOLD_SECONDS, over)
        told = sum(map(_is_busy, connections))
        self._closing.set()
        # uvicorn's own close, 1012, would overtake what the protocols say.
        await self._passes(TOLD_SECONDS - 1, lambda: not any(map(_is_open_socket, connections)), hurries=False)
        if opened:
            log.info("of %d streams and callers %d were told that the server stops", opened, told)

    @property
    def left(self) -> float:
        """Seconds until what is open is cut."""
        hurried = TOLD_SECONDS if self._hurried.is_set() else self._seconds
        return max(0.5, min(self._until - time.monotonic(), hurried))

    async def _passes(self, seconds: float, over: Callable[[], bool], *, hurries: bool = True) -> None:
        """Wait so long, until it is over, or until a second signal where that counts."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not over():
            if hurries and self._hurried.is_set():
                return
            await asyncio.sleep(min(LOOK_SECONDS, max(0.0, deadline - time.monotonic())))


def _is_socket(connection: Any) -> bool:
    return hasattr(connection, "close_sent")


def _is_open_socket(connection: Any) -> bool:
    """Whether nobody has sent the close of this WebSocket yet."""
    return not getattr(connection, "close_sent", True)


def _is_busy(connection: Any) -> bool:
    """Whether somebody waits for something on it."""
    if _is_socket(connection):
        return not connection.close_sent
    cycle = getattr(connection, "cycle", None)
    return cycle is not None and not cycle.response_complete
