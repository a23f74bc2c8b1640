"""The database's clock, as a process carries it on between two answers: hosts differ in theirs, and set them."""

from __future__ import annotations

import time

SLACK = 0.05
"""Seconds by which two readings may differ and still be one clock."""


class Clock:
    """The time by the database; by this host's own clock until the database has told it once."""

    def __init__(self) -> None:
        self._ahead: float | None = None
        """Of this host's clock that nobody sets."""
        self._within = 0.0
        """Seconds between the question and the answer that it is known by."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time() if self._ahead is None else time.monotonic() + self._ahead

    def hear(self, told: float, asked: float) -> None:
        """Take in what the database has just told, having been asked at this time of `time.monotonic`."""
        heard = time.monotonic()
        ahead, within = told - (asked + heard) / 2, heard - asked
        if self._ahead is None or within < self._within or abs(ahead - self._ahead) > max(SLACK, within):
            self._ahead, self._within = ahead, within
