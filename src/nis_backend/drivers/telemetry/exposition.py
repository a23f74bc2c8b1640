"""What a scraper is answered: the figures taken in the loop, and written in a thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nis_backend.record import record

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.dispatch.base import Dispatch
    from nis_backend.drivers.telemetry.counting import Counts
    from nis_backend.drivers.telemetry.lag import Lag
    from nis_backend.drivers.telemetry.snapshot import Family


@record
class Sources:
    """Where figures come from."""

    counts: Counts
    compute: Compute
    dispatch: Dispatch
    waiting: Callable[[str, int], Awaitable[int]]
    """How many runs wait in a queue, counted up to so many."""
    unsent: Callable[[int], Awaitable[int]] | None = None
    """How many events wait for the bus; None where there is none."""


class Exposition:
    """Loads what it stands on with the first scrape."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lag: Lag | None = None

    async def __call__(self, accept: str) -> tuple[str, bytes]:
        """Media type and text, in the form that `Accept` names."""
        from nis_backend.drivers.telemetry.lag import Lag  # noqa: PLC0415 - loads with the first scrape
        from nis_backend.drivers.telemetry.snapshot import taken  # noqa: PLC0415 - as above

        if self._lag is None:
            self._lag = Lag(self._sources.counts.lag_seconds)
            self._lag.begin()
        return await asyncio.to_thread(_written, await taken(self._sources), accept)

    def close(self) -> None:
        """Watch the loop no more."""
        if self._lag is not None:
            self._lag.end()


def _written(families: list[Family], accept: str) -> tuple[str, bytes]:
    from nis_backend.drivers.telemetry.prometheus import written  # noqa: PLC0415 - as above; its import takes a while

    return written(families, accept)
