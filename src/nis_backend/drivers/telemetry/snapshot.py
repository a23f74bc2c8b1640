"""All that a process tells in figures, as they are at one moment: named and described as Prometheus has it."""

from __future__ import annotations

import asyncio
import logging
import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from nis_backend import __version__
from nis_backend.drivers.telemetry import machine
from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nis_backend.drivers.compute.base import Compute
    from nis_backend.drivers.telemetry.counting import Counts, Histogram, Labels
    from nis_backend.drivers.telemetry.exposition import Sources

log = logging.getLogger("nis.metrics")

DATABASE_SECONDS = 2.0
"""Time that the database gets to say how much waits; a scraper waits ten by default."""

MOST_WAITING = 10_000
"""Rows that are counted at most."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A figure under all its labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram", "info"]
    help: str
    labels: tuple[str, ...] = ()
    values: Mapping[Labels, float] = field(default_factory=dict[tuple[str, ...], float])
    bounds: tuple[float, ...] = ()
    rows: Mapping[Labels, Sequence[float]] = field(default_factory=dict[tuple[str, ...], list[float]])
    """Of a histogram, as `counting.Histogram` has them."""


async def taken(sources: Sources) -> list[Family]:
    """Each of them, as it is now; what the database does not say in time is left out."""
    return [
        *_counted(sources.counts),
        *await _dispatched(sources),
        *_pooled(sources.compute),
        *_of_process(),
    ]


def _counted(counts: Counts) -> list[Family]:
    """What the process has counted; copied, since it goes on counting while this is written."""
    by_route, by_model = ("method", "route"), ("model",)
    dollars = {labels: nano / 1e9 for labels, nano in counts.model_cost.items()}
    return [
        _counter("nis_http_requests", "Requests that have ended.", (*by_route, "status"), counts.requests),
        _histogram(
            "nis_http_request_duration_seconds",
            "From a request to the beginning of its answer.",
            by_route,
            counts.request_seconds,
        ),
        _gauge("nis_http_requests_active", "Requests that are being answered.", (), {(): counts.active}),
        _gauge("nis_http_streams_active", "Answers that go out in parts.", (), {(): counts.streams}),
        _gauge("nis_websockets_active", "WebSockets that are open.", ("route",), counts.sockets),
        _counter("nis_operation_calls", "Calls of operations.", ("operation", "outcome"), counts.calls),
        _counter("nis_runs_finished", "Runs that have ended here.", ("operation", "state"), counts.runs),
        _histogram("nis_run_duration_seconds", "Of the attempt that ended a run.", ("state",), counts.run_seconds),
        _histogram(
            "nis_run_queue_seconds", "From when a run might begin to when it did.", ("queue",), counts.queue_seconds
        ),
        _counter("nis_model_calls", "Calls of models.", (*by_model, "outcome"), counts.model_calls),
        _counter(
            "nis_model_tokens",
            "Tokens that models were sent and have answered; those cached are among the input.",
            (*by_model, "kind"),
            counts.model_tokens,
        ),
        _counter("nis_model_cost_dollars", "What models cost, as far as prices are known.", by_model, dollars),
        _histogram(
            "nis_model_first_token_seconds",
            "From asking a model to the first of its answer.",
            by_model,
            counts.first_seconds,
        ),
        _histogram(
            "nis_event_loop_lag_seconds",
            "How late the event loop came to what was due, looked at each second from the first scrape on.",
            (),
            counts.lag_seconds,
        ),
    ]


async def _dispatched(sources: Sources) -> list[Family]:
    under_way = sources.dispatch.under_way()
    found = [
        _gauge(
            "nis_runs_active",
            "Runs that are executed here.",
            ("queue",),
            {(queue,): now for queue, (now, _) in under_way.items()},
        ),
        _gauge(
            "nis_runs_active_limit",
            "Runs that may be executed here at once.",
            ("queue",),
            {(queue,): most for queue, (_, most) in under_way.items()},
        ),
    ]
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            waiting = {(queue,): await sources.waiting(queue, MOST_WAITING) for queue in under_way}
            text = f"Runs that wait in the database, counted up to {MOST_WAITING}."
            found.append(_gauge("nis_runs_waiting", text, ("queue",), waiting))
            if sources.unsent is not None:
                text = f"Events that wait for the bus, counted up to {MOST_WAITING}."
                found.append(_gauge("nis_outbox_waiting", text, (), {(): await sources.unsent(MOST_WAITING)}))
    except (NisError, TimeoutError) as away:
        log.warning("metrics are told without what waits in the database: %s", away or "no answer in time")
    return found


def _pooled(compute: Compute) -> list[Family]:
    pools, label = compute.status(), ("pool",)
    busy, waiting = ({(pool.name, name): getattr(pool, name) for pool in pools} for name in ("busy", "waiting"))
    memory = {(pool.name,): machine.all_resident(pool.pids) for pool in pools}
    return [
        _gauge("nis_pool_processes", "Processes of a pool.", label, {(pool.name,): pool.processes for pool in pools}),
        _gauge("nis_pool_calls", "Calls that a pool computes, and those that wait.", (*label, "state"), busy | waiting),
        _gauge("nis_pool_memory_bytes", "Memory of a pool's processes.", label, memory),
    ]


def _of_process() -> list[Family]:
    """Under the names that Prometheus' own clients give them."""
    now = machine.look()
    about = {"version": __version__, "python": platform.python_version()}
    return [
        Family(
            name="nis_build",
            kind="info",
            help="What runs here.",
            labels=tuple(about),
            values={tuple(about.values()): 1},
        ),
        _counter("process_cpu_seconds", "Processor time, user's and system's.", (), {(): now.cpu_seconds}),
        _gauge("process_resident_memory_bytes", "Bytes in memory.", (), {(): now.resident}),
        _gauge("process_open_fds", "File descriptors that are open.", (), {(): now.descriptors}),
        _gauge("process_max_fds", "File descriptors that may be open.", (), {(): now.most_descriptors}),
        _gauge("process_start_time_seconds", "When it began, since 1970, UTC.", (), {(): now.started}),
    ]


def _counter(name: str, text: str, labels: tuple[str, ...], values: Mapping[Labels, float]) -> Family:
    return Family(name=name, kind="counter", help=text, labels=labels, values=dict(values))


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[Labels, float]) -> Family:
    return Family(name=name, kind="gauge", help=text, labels=labels, values=dict(values))


def _histogram(name: str, text: str, labels: tuple[str, ...], found: Histogram) -> Family:
    rows = {one: tuple(row) for one, row in found.found.items()}
    return Family(name=name, kind="histogram", help=text, labels=labels, bounds=found.bounds, rows=rows)
