"""Lines of CloudWatch's embedded metric format: what was counted in a minute, as one JSON object on stdout.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
(by excerpts of the page that were found on 2026-11-26; no line was sent to CloudWatch): at most 100 metrics a
directive, a value is a number or an array of at most 100 numbers. CloudWatch bills a metric for each name and set of
dimensions: there is one set, and so eight metrics for a service. The version is a member of the line, which its logs
can be searched by and nothing is billed for.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nis_backend import __version__
from nis_backend.drivers.telemetry import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nis_backend.drivers.telemetry.exposition import Sources

EVERY = 60.0
"""Seconds between two lines: the resolution of a standard metric."""

MOST_VALUES = 100
"""Of one metric in one line, by the specification."""

GROWTH = math.log(1.05)
"""Beyond so many values a time is known to a twentieth of itself."""

METRICS = (
    ("Requests", "Count"),
    ("Errors5xx", "Count"),
    ("Latency", "Milliseconds"),
    ("FailedRuns", "Count"),
    ("RunsUnderWay", "Count"),
    ("MemoryMB", "Megabytes"),
    ("OpenStreams", "Count"),
    ("ModelTokens", "Count"),
)

SERVER_ERROR = 500


class Latencies:
    """Times of a minute: each of them while they are few, else how many lay in steps of a twentieth."""

    def __init__(self) -> None:
        self.requests = 0
        self.errors = 0
        self._first: list[float] = []
        self._steps: dict[int, int] = {}

    def request(self, status: int, seconds: float) -> None:
        """One has ended with this status; its answer began after so many seconds."""
        self.requests += 1
        if status >= SERVER_ERROR:
            self.errors += 1
        milliseconds = max(1e3 * seconds, 1e-3)
        if self.requests <= MOST_VALUES:
            self._first.append(milliseconds)
        step = round(math.log(milliseconds) / GROWTH)
        self._steps[step] = self._steps.get(step, 0) + 1

    def values(self) -> list[float]:
        """Them, in milliseconds; of many one for each hundredth of them, so that every percentile is that of all.

        Of many, the slowest hundredth has no value of its own: a maximum and a mean are less than the true ones.
        """
        if self.requests <= MOST_VALUES:
            return [round(one, 3) for one in self._first]
        found: list[float] = []
        reached, steps = 0, iter(sorted(self._steps.items()))
        value = 0.0
        for number in range(MOST_VALUES):
            # The middle of each hundredth, but the last two are both what lies between them: the 99th percentile, which
            # alarms go by, is then that of all however it is counted. The longest of all in the last place would make
            # one slow request of many thousands that percentile.
            share = number + 0.5 if number < MOST_VALUES - 2 else MOST_VALUES - 1
            rank = share / MOST_VALUES * self.requests
            while reached < rank:
                step, many = next(steps)
                reached, value = reached + many, math.exp(step * GROWTH)
            found.append(round(value, 3))
        return found


class EmfLines:
    """Writes a line each minute, one when it begins to stop, and one at its end where something came between."""

    def __init__(
        self,
        sources: Sources,
        namespace: str,
        service: str,
        clock: Callable[[], float] = time.time,
        *,
        write: Callable[[str], None] | None = None,
    ) -> None:
        self._namespace = namespace
        self._service = service
        self._counts = sources.counts
        self._sources = sources
        self._clock = clock
        self._write = write or to_stdout
        self._failed = self._tokens = 0
        """As they were at the last line."""
        self._heard = Latencies()
        self._counts.heard = self._heard.request

    async def run(self, closing: asyncio.Event, every: float = EVERY) -> None:
        """Write them until this is cancelled.

        One is written when what is open is told that the process stops: one that is then killed has lost little.
        """
        try:
            while not closing.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(every):
                        await closing.wait()
                self.tell()
            await asyncio.Event().wait()
        finally:
            self.tell(idle=not closing.is_set())

    def tell(self, *, idle: bool = True) -> None:
        """Write what was counted since the last time; where nothing was, only if an `idle` minute is told too."""
        if not idle and not self._heard.requests and (self._failed, self._tokens) == self._totals():
            return
        # A reader of stdout that has gone is no reason to end.
        with suppress(OSError, ValueError):
            self._write(json.dumps(self._line(), allow_nan=False) + "\n")

    def _totals(self) -> tuple[int, int]:
        """Runs that have failed, and tokens of models, since the start."""
        failed = sum(many for (_, state), many in self._counts.runs.items() if state == "failed")
        return failed, sum(many for (_, kind), many in self._counts.model_tokens.items() if kind != "cached")

    def _line(self) -> dict[str, Any]:
        heard, self._heard = self._heard, Latencies()
        self._counts.heard = self._heard.request
        failed, tokens = self._totals()
        pids = [pid for pool in self._sources.compute.status() for pid in pool.pids]
        values: dict[str, float | list[float]] = {
            "Requests": heard.requests,
            "Errors5xx": heard.errors,
            "FailedRuns": failed - self._failed,
            "RunsUnderWay": sum(now for now, _ in self._sources.dispatch.under_way().values()),
            "MemoryMB": round((machine.look().resident + machine.all_resident(pids)) / 2**20, 1),
            "OpenStreams": self._counts.streams + sum(self._counts.sockets.values()),
            "ModelTokens": tokens - self._tokens,
        }
        self._failed, self._tokens = failed, tokens
        if heard.requests:
            # No request, no time: a zero would be a very quick one.
            values["Latency"] = heard.values()
        return line(self._namespace, self._service, round(1e3 * self._clock()), values)


def line(namespace: str, service: str, at: int, values: Mapping[str, float | list[float]]) -> dict[str, Any]:
    """The object of one line; `at` in milliseconds since 1970, UTC."""
    metrics = [{"Name": name, "Unit": unit} for name, unit in METRICS if name in values]
    directive = {"Namespace": namespace, "Dimensions": [["Service"]], "Metrics": metrics}
    return {
        "_aws": {"Timestamp": at, "CloudWatchMetrics": [directive]},
        "Service": service,
        "Version": __version__,
        **values,
    }


def to_stdout(text: str) -> None:
    """One line, whole: what else goes to the same place does not come into it."""
    sys.stdout.write(text)
    sys.stdout.flush()
