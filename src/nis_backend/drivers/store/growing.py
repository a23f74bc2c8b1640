"""What a store does whichever its database when a log grows: it refuses what is too large, and tells who listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from nis_backend.drivers.store.base import Growth, Store
from nis_backend.drivers.store.limits import Limits
from nis_backend.drivers.store.refusals import check_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from nis_backend.drivers.store.base import Append, Row


class Growing(Store):
    """A store whose logs are bounded, and listened to."""

    def __init__(self, limits: Limits | None) -> None:
        self._limits = limits or Limits()
        self._listeners: list[Callable[[Growth], None]] = []

    @override
    def listen(self, heard: Callable[[Growth], None]) -> None:
        self._listeners.append(heard)

    def _hear(self, growth: Growth) -> None:
        for heard in self._listeners:
            heard(growth)

    def _hear_first(self, row: Row, first: Append | None) -> None:
        """Tell of a log that has begun with its run."""
        if first is not None and first.events:
            self._hear(Growth(run_id=first.run_id, last_seq=row["last_seq"] + len(first.events)))

    def _check(self, append: Append) -> None:
        check_events(append)
        self._limits.check(append)
