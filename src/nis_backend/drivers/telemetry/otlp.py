"""Spans by OpenTelemetry's SDK, sent to a collector as OTLP over HTTP; loaded where one is set.

Spans are sent in the background, some at a time. While the collector is away they are dropped once 2048 of them wait,
and it is said once that it is: nothing here waits for it, and nothing fails by it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from typing_extensions import override

from nis_backend import __version__
from nis_backend.drivers.telemetry.base import Span, Tracer
from nis_backend.drivers.telemetry.ids import Trace
from nis_backend.errors import Unavailable
from nis_backend.outage import Outage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Span as SdkSpan

    from nis_backend.drivers.telemetry.base import Kind, Value

log = logging.getLogger("nis.traces")

SEND_EVERY_MS = 2000
SEND_SECONDS = 5.0
"""Time that the collector gets for one request."""
CLOSE_SECONDS = 3.0
"""Time that what waits gets at the end: within what every stop has."""

KINDS = {"internal": SpanKind.INTERNAL, "server": SpanKind.SERVER, "client": SpanKind.CLIENT}


class Settled(RandomIdGenerator):
    """Random ids, but for a span whose ids were settled before it is begun; in the loop's thread alone."""

    def __init__(self) -> None:
        self.next: Trace | None = None

    @override
    def generate_trace_id(self) -> int:
        return super().generate_trace_id() if self.next is None else int(self.next.trace_id, 16)

    @override
    def generate_span_id(self) -> int:
        return super().generate_span_id() if self.next is None else int(self.next.span_id, 16)


class Watched(SpanExporter):
    """Sends, and says when it could not: once, and once more when it can again."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner
        self._away = Outage(log, "traces are lost")

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export(spans)
        if result is SpanExportResult.SUCCESS:
            self._away.over()
        else:
            self._away.met(Unavailable("The collector does not take them.", remedy="See OTEL_EXPORTER_OTLP_ENDPOINT."))
        return result

    @override
    def shutdown(self) -> None:
        self._inner.shutdown()

    @override
    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)


class OtlpTracer(Tracer):
    """Begins spans of one process; `share` is of the traces that begin here."""

    def __init__(self, url: str, service: str, *, headers: str = "", share: float = 1.0) -> None:
        # What the exporter says of each failure is said by `Watched`, once.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        about = {"service.name": service, "service.version": __version__}
        self._ids = Settled()
        self._provider = TracerProvider(
            sampler=ParentBasedTraceIdRatio(share),
            # With what OTEL_RESOURCE_ATTRIBUTES says besides.
            resource=Resource.create(about),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces", headers=_pairs(headers) or None, timeout=SEND_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(Watched(exporter), schedule_delay_millis=SEND_EVERY_MS))
        self._tracer = self._provider.get_tracer("nis_backend", __version__)

    @override
    def begin(
        self,
        name: str,
        kind: Kind,
        parent: Trace | None,
        attributes: Mapping[str, Value],
        *,
        settled: Trace | None = None,
        links: Sequence[Trace] = (),
    ) -> Span:
        """See `base.Tracer.begin`."""
        above = Context()
        if parent is not None:
            above = set_span_in_context(NonRecordingSpan(_context(parent)), above)
        self._ids.next = settled
        try:
            made = self._tracer.start_span(
                name,
                above,
                kind=KINDS[kind],
                attributes=attributes,
                links=[Link(_context(one)) for one in links],
                record_exception=False,
            )
        finally:
            self._ids.next = None
        return OtlpSpan(made)

    @override
    async def close(self) -> None:
        """See `base.Tracer.close`."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def work() -> None:
            with suppress(Exception):
                self._provider.shutdown()
            # Nobody may wait any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(done.set)

        # Of its own, and no one's concern at the end: a pool's thread would be waited for.
        threading.Thread(target=work, name="last traces", daemon=True).start()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await done.wait()
        except TimeoutError:
            log.warning("the last traces were not sent: the collector does not take them")


class OtlpSpan(Span):
    """A span of the SDK's."""

    def __init__(self, made: SdkSpan) -> None:
        self._made = made
        at = made.get_span_context()
        self._trace = Trace(
            trace_id=f"{at.trace_id:032x}",
            span_id=f"{at.span_id:016x}",
            flags=f"{at.trace_flags & TraceFlags.SAMPLED:02x}",
            state=at.trace_state.to_header(),
        )

    @property
    @override
    def trace(self) -> Trace:
        """See `base.Span.trace`."""
        return self._trace

    @override
    def name(self, name: str) -> None:
        """See `base.Span.name`."""
        self._made.update_name(name)

    @override
    def note(self, attributes: Mapping[str, Value]) -> None:
        """See `base.Span.note`."""
        self._made.set_attributes(attributes)

    @override
    def end(self, problem: str = "") -> None:
        """See `base.Span.end`."""
        if problem:
            self._made.set_attribute("error.type", problem)
            self._made.set_status(Status(StatusCode.ERROR))
        self._made.end()


def _context(place: Trace) -> SpanContext:
    return SpanContext(
        int(place.trace_id, 16),
        int(place.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(place.flags, 16)),
        trace_state=TraceState.from_header([place.state]) if place.state else None,
    )


def _pairs(text: str) -> dict[str, str]:
    """Headers as OTEL_EXPORTER_OTLP_HEADERS has them: pairs by commas, percent-encoded."""
    pairs = (one.partition("=") for one in text.split(",") if "=" in one)
    return {unquote(name).strip().lower(): unquote(value).strip() for name, _, value in pairs}
