"""Something that is away is told once in the log, not with each try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import NisError

if TYPE_CHECKING:
    from logging import Logger


class Outage:
    """What a loop says of its failures: the first of a row alone, and of what is no refusal each with its place."""

    def __init__(self, log: Logger, what: str) -> None:
        self._log = log
        self._what = what
        self._told = False

    def met(self, failure: Exception) -> None:
        """Tell of it, unless it goes on."""
        expected = isinstance(failure, NisError)
        if not (self._told and expected):
            self._log.warning("%s: %s", self._what, failure, exc_info=not expected)
        self._told = expected

    def over(self) -> None:
        """The next one is told again."""
        self._told = False
