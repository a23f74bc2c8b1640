"""What tells of a process while it is open: figures to who asks, lines to CloudWatch, traces to a collector."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from nis_backend.drivers.telemetry.exposition import Exposition

log = logging.getLogger("nis.traces")

if TYPE_CHECKING:
    from nis_backend.drivers.telemetry.base import Telemetry, Tracer
    from nis_backend.drivers.telemetry.exposition import Sources
    from nis_backend.settings import Settings


class Telling:
    """Opened with the process; loads what is wanted, and no more."""

    def __init__(
        self, telemetry: Telemetry, sources: Sources, given: Settings, service: str, closing: asyncio.Event
    ) -> None:
        self._telemetry = telemetry
        self.exposition = Exposition(sources)
        self._emf: asyncio.Task[None] | None = None
        if given.emf is not None:
            from nis_backend.drivers.telemetry.emf import EmfLines  # noqa: PLC0415 - loads where it is wanted

            lines = EmfLines(sources, given.emf, service)
            self._emf = asyncio.create_task(lines.run(closing), name="emf")
        if given.traces_url is not None:
            telemetry.tracer = _tracer(given.traces_url, given, service)

    async def close(self) -> None:
        """Tell the last; what is counted afterwards nobody hears of."""
        self.exposition.close()
        if self._emf is not None:
            self._emf.cancel()
            await asyncio.wait({self._emf})
        tracer, self._telemetry.tracer = self._telemetry.tracer, None
        if tracer is not None:
            await tracer.close()


def _tracer(url: str, given: Settings, service: str) -> Tracer | None:
    """What sends to a collector; None where its package is missing, which ends no start.

    The start waits for it, a second or so: what a process takes over first is traced too.
    """
    try:
        from nis_backend.drivers.telemetry.otlp import OtlpTracer  # noqa: PLC0415 - loads where it is wanted
    except ModuleNotFoundError as missing:
        log.warning("nothing is traced: %s is not installed. Run: pip install 'nis-backend[otel]'", missing.name)
        return None
    headers = "" if given.traces_headers is None else given.traces_headers.get_secret_value()
    return OtlpTracer(url, service, headers=headers, share=given.traces_share)
