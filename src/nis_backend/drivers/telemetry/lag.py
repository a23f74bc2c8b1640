"""How late the event loop comes to what is due: what blocks it makes every caller wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nis_backend.drivers.telemetry.counting import Histogram

EVERY = 1.0
"""Seconds between two looks."""


class Lag:
    """Looks each second once it was begun: a process that nobody asks for figures is not woken."""

    def __init__(self, found: Histogram) -> None:
        self._found = found
        self._next: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Look from now on."""
        if self._next is None:
            self._wait()

    def end(self) -> None:
        """Look no more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + EVERY
        self._next = loop.call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        self._found.add(max(0.0, asyncio.get_running_loop().time() - due))
        self._wait()
