"""How much a run's log may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drivers.store.base import OPEN
from nis_backend.errors import TooLarge
from nis_backend.record import record

if TYPE_CHECKING:
    from nis_backend.drivers.store.base import Append


@record
class Limits:
    """The most events and bytes of one run's log, and the most bytes of one event."""

    events: int = 200_000
    log_bytes: int = 2**28
    event_bytes: int = 2**24

    def check(self, append: Append) -> None:
        """Let events pass that are small enough.

        Raises:
            TooLarge: one of them is not.
        """
        for event in append.events:
            if len(event.body) * 4 > self.event_bytes and len(event.body.encode()) > self.event_bytes:
                raise TooLarge(
                    f"An event {event.type} of run {append.run_id} has {len(event.body.encode())} bytes.",
                    field=event.type,
                    value=f"{len(event.body.encode())} bytes",
                    remedy=f"Keep large results in blobs; NIS_MAX_EVENT allows {self.event_bytes} bytes.",
                )

    def crossed(self, append: Append, last_seq: int, log_bytes: int) -> TooLarge | None:
        """The refusal of events that would make the log too long; how a run ends is always written down."""
        if ends(append):
            return None
        if last_seq + len(append.events) > self.events:
            what, remedy = f"{self.events} events", "NIS_MAX_RUN_EVENTS"
        elif log_bytes + size(append) > self.log_bytes:
            what, remedy = f"{self.log_bytes} bytes", "NIS_MAX_RUN_BYTES"
        else:
            return None
        return TooLarge(
            f"The log of run {append.run_id} has reached {what}.",
            field="id",
            value=append.run_id,
            remedy=f"Do it in several runs; {remedy} is the most of one.",
        )


def ends(append: Append) -> bool:
    """Whether the run ends with it."""
    return append.changes.get("state", OPEN[0]) not in OPEN


def size(append: Append) -> int:
    """Bytes of the events' bodies."""
    return sum(len(event.body.encode()) for event in append.events)
