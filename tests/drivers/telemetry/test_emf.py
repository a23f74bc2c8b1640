"""Lines of CloudWatch's embedded metric format: as the specification has them, and none lost at a stop."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from conftest import running_server
from rest_client import ask, send

from nis_backend.drivers.compute.processes import WorkerPools
from nis_backend.drivers.telemetry.counting import Counts
from nis_backend.drivers.telemetry.emf import METRICS, EmfLines, Latencies
from nis_backend.drivers.telemetry.exposition import Sources
from nis_backend.errors import InvalidRequest
from nis_backend.settings import read_settings

Json = dict[str, Any]

# Of https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html, those that are used here.
UNITS = {"Count", "Milliseconds", "Megabytes"}


class Dispatched:
    """A dispatch with two runs under way."""

    def under_way(self) -> Mapping[str, tuple[int, int]]:
        """See `Dispatch.under_way`."""
        return {"default": (2, 64)}


async def none(_queue: str, _most: int) -> int:
    """Nothing waits."""
    return 0


def check(text: str) -> Json:
    """A line by the specification's rules; the object that it is.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    assert text.endswith("\n")
    assert "\n" not in text[:-1]
    assert len(text.encode()) < 256 * 1024
    found: Json = json.loads(text, parse_constant=pytest.fail)
    meta = found["_aws"]
    assert set(meta) == {"Timestamp", "CloudWatchMetrics"}
    assert isinstance(meta["Timestamp"], int)
    for directive in meta["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
        assert 0 < len(directive["Namespace"]) <= 255
        assert directive["Dimensions"]
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) <= 30
            # Each is a member whose value is text.
            assert all(isinstance(found[name], str) and 0 < len(found[name]) <= 1024 for name in dimensions)
        assert 0 < len(directive["Metrics"]) <= 100
        for metric in directive["Metrics"]:
            assert set(metric) == {"Name", "Unit"}
            assert metric["Unit"] in UNITS
            value: Any = found[metric["Name"]]
            values = cast("list[Any]", value if isinstance(value, list) else [value])
            assert 0 < len(values) <= 100
            assert all(isinstance(one, int | float) and not isinstance(one, bool) for one in values)
    return found


def told(counts: Counts) -> tuple[EmfLines, list[str]]:
    """Lines about these counts, and where they go."""
    written: list[str] = []
    sources = Sources(counts=counts, compute=WorkerPools([]), dispatch=Dispatched(), waiting=none)  # pyright: ignore[reportArgumentType] - the one method that is read
    return EmfLines(sources, "nis", "nis-backend-api", lambda: 1_764_000_000.5, write=written.append), written


def test_a_line_has_what_has_come_since_the_one_before() -> None:
    """Promise: eight metrics in one set of dimensions, which cost a known sum; sums are of a minute each."""
    counts = Counts()
    lines, written = told(counts)
    counts.answered("POST", "/chat", 200, 0.25)
    counts.answered("GET", "/runs", 503, 0.001)
    counts.answered("GET", "/health", 200, 9, probes=True)
    counts.run_ended("chat.send_message", "failed", 1)
    counts.run_ended("chat.send_message", "succeeded", 1)
    counts.asked("openai:gpt", "ok", {"input": 10, "cached": 8, "output": 5, "cost": 0}, 0.1)
    counts.streams, counts.sockets[("/a2a",)] = 3, 2
    lines.tell()
    lines.tell()
    first, second = map(check, written)
    assert first["_aws"]["Timestamp"] == 1_764_000_000_500
    (directive,) = first["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("nis", [["Service"]])
    assert [(one["Name"], one["Unit"]) for one in directive["Metrics"]] == [*METRICS]
    figures = {"Requests": 2, "Errors5xx": 1, "FailedRuns": 1, "RunsUnderWay": 2, "OpenStreams": 5, "ModelTokens": 15}
    assert figures.items() <= first.items()
    assert first["Latency"] == [250.0, 1.0]
    assert first["MemoryMB"] > 1
    assert {"Requests": 0, "Errors5xx": 0, "FailedRuns": 0, "ModelTokens": 0}.items() <= second.items()
    assert "Latency" not in second


@pytest.mark.parametrize("many", [1, 100, 101, 5000])
def test_percentiles_are_of_all_requests_however_many(many: int) -> None:
    """Promise: a hundred values stand for them; percentiles hold, the one that alarms go by too."""
    chance, heard = random.Random(3), Latencies()  # noqa: S311 - the same times each time
    times = [chance.lognormvariate(-4, 1.5) for _ in range(many)]
    for one in times:
        heard.request(200, one)
    values = heard.values()
    assert len(values) == min(many, 100)
    if many > 1:
        exact, found = (statistics.quantiles(some, n=100, method="inclusive") for some in (times, values))
        for percentile in (50, 90, 99):
            assert found[percentile - 1] == pytest.approx(1e3 * exact[percentile - 1], rel=0.1)


def test_one_slow_request_of_many_is_no_percentile() -> None:
    """Promise: an alarm on the slowest of a hundred does not take a deployment back for one of ten thousand."""
    heard = Latencies()
    for number in range(10_000):
        heard.request(200, 30.0 if number == 5000 else 0.01)
    assert max(heard.values()) == pytest.approx(10, rel=0.05)


def test_a_stop_writes_what_is_left() -> None:
    """Promise: one line when the process begins to stop, and one at its end with what came between."""

    async def body() -> list[str]:
        counts, closing = Counts(), asyncio.Event()
        lines, written = told(counts)
        task = asyncio.create_task(lines.run(closing))
        counts.answered("GET", "/runs", 200, 0.1)
        await asyncio.sleep(0)
        closing.set()
        while not written:  # noqa: ASYNC110 - it is written at one of the next steps of the loop
            await asyncio.sleep(0)
        counts.answered("GET", "/runs", 200, 0.1)
        task.cancel()
        await asyncio.wait({task})
        return written

    assert [check(one)["Requests"] for one in asyncio.run(asyncio.wait_for(body(), 30))] == [1, 1]


def test_a_stop_after_which_nothing_came_is_told_once() -> None:
    """Promise: a line of noughts does not stand for the seconds between a signal and the end."""

    async def body() -> list[str]:
        counts, closing = Counts(), asyncio.Event()
        lines, written = told(counts)
        task = asyncio.create_task(lines.run(closing))
        counts.answered("GET", "/runs", 200, 0.1)
        await asyncio.sleep(0)
        closing.set()
        while not written:  # noqa: ASYNC110 - it is written at one of the next steps of the loop
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        return written

    assert [check(one)["Requests"] for one in asyncio.run(asyncio.wait_for(body(), 30))] == [1]


def test_every_request_of_a_server_is_in_a_line(tmp_path: Path) -> None:
    """Promise: after SIGTERM the lines add up, each is one object beside those of the log in the same place."""
    environment = {"NIS_EMF": "nis/tests", "NIS_LOG_FORMAT": "json", "OTEL_SERVICE_NAME": "tests-api"}
    with running_server(tmp_path, environment=environment) as server:
        for _ in range(5):
            assert ask(server, "GET", "/runs?limit=1")[0] == 200
        assert send(server, "GET", "/health/live")[0] == 200
        log = server.log
    lines = log.read_text().splitlines(keepends=True)
    emf = [check(line) for line in lines if "_aws" in json.loads(line)]
    assert sum(one["Requests"] for one in emf) == 5
    assert {one["Service"] for one in emf} == {"tests-api"}
    assert emf


@pytest.mark.parametrize("namespace", ["AWS/nis", "a b", "x" * 256])
def test_a_namespace_that_cloudwatch_refuses_is_refused(namespace: str) -> None:
    """The rules for a namespace's name, at the start and not in a log that nobody reads."""
    with pytest.raises(InvalidRequest, match="NIS_EMF"):
        read_settings({"NIS_EMF": namespace})
