"""Runs that were written lately, kept in memory: whoever follows a run of this process waits for no file.

What is here is committed: it is told by the store after each commit, in their order. A run whose row was changed in
another way is left out until it grows again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drivers.store.base import Row

MOST_BYTES = 4 * 2**20
"""Of all runs together, by the estimate below; the one that was longest untouched goes first."""
LONGEST = 512
"""Events of one run; older ones are read from the file."""
ROW_BYTES, EVENT_BYTES = 3000, 700
"""What a row and an event take beside their texts: dictionaries, names, numbers."""


@dataclass(kw_only=True)
class _Kept:
    """A run's row, and its events from some number on up to the last."""

    row: Row
    events: list[Row]
    size: int


class Recent:
    """The runs, the last one touched at the end."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._size = 0
        self._runs: OrderedDict[str, _Kept] = OrderedDict()

    def grown(self, row: Row, events: Sequence[Row]) -> None:
        """A run is new, or its log has grown by these events; `row` is what it is now."""
        kept = self._runs.pop(row["id"], None)
        before: Sequence[Row] = ()
        if kept is not None:
            self._size -= kept.size
            # A log that misses a number says nothing.
            if kept.row["last_seq"] == row["last_seq"] - len(events):
                before = kept.events
        self._keep(row, [*before, *events][-LONGEST:])

    def _keep(self, row: Row, events: list[Row]) -> None:
        texts = sum(len(row[column] or "") for column in ("input", "result", "problem"))
        size = ROW_BYTES + 4 * texts + sum(EVENT_BYTES + len(event["body"]) for event in events)
        self._runs[row["id"]] = _Kept(row=row, events=events, size=size)
        self._size += size
        while self._size > self._most and self._runs:
            _, gone = self._runs.popitem(last=False)
            self._size -= gone.size

    def clear(self) -> None:
        """Rows of any run may have changed."""
        self._runs.clear()
        self._size = 0

    def row(self, owner: str, run_id: str) -> Row | None:
        """The owner's run as it is now; None when it is not here, which does not say that there is none."""
        kept = self._runs.get(run_id)
        return {**kept.row} if kept is not None and kept.row["owner"] == owner else None

    def events(self, owner: str, run_id: str, after: int, limit: int) -> list[Row] | None:
        """Its events above `after`; None when they are not all here."""
        kept = self._runs.get(run_id)
        if kept is None or kept.row["owner"] != owner:
            return None
        first = kept.row["last_seq"] - len(kept.events)
        return None if after < first else kept.events[after - first : after - first + limit]
