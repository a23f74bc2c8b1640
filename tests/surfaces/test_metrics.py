"""`/metrics`: what a server has done, for Prometheus."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Server, running_server
from prometheus_client import Metric
from prometheus_client.openmetrics import parser
from prometheus_client.parser import text_string_to_metric_families as read_text
from rest_client import ask, done, send
from websockets.sync.client import connect

KEY = "a-key-of-the-tests"
ADMIN = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
OPENMETRICS = "application/openmetrics-text; version=1.0.0"

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, _environment: None) -> Iterator[Server]:
    """A server that wants a key, whose model says what a script holds."""
    folder = tmp_path_factory.mktemp("metrics")
    script = folder / "script.json"
    replies = [{"when": "a long story", "text": "Once upon a time.", "pause": 10}, {"text": "Yes."}]
    script.write_text(json.dumps({"replies": replies}))
    environment = {"NIS_API_KEY": KEY, "NIS_SCRIPTED": str(script), "NIS_MODEL": "scripted"}
    with running_server(folder / "data", environment=environment) as one:
        yield one


def figures(server: Server) -> Samples:
    """Every sample of a scrape."""
    status, headers, body = send(server, "GET", "/metrics", headers=ADMIN)
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in read_text(body.decode())
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: str) -> float:
    """One sample; 0 where it was never counted."""
    return samples.get((name, frozenset(labels.items())), 0)


def until(server: Server, name: str, value: float, **labels: str) -> None:
    """Scrape until a sample has this value."""
    pause = threading.Event()
    for _ in range(300):
        if of(figures(server), name, **labels) == value:
            return
        pause.wait(0.02)
    pytest.fail(f"{name} did not become {value}")


def test_what_a_server_does_is_counted(server: Server) -> None:
    """Promise: requests by template, operations, runs, models and tokens; no path of a caller's is in it."""
    before = figures(server)
    run = done(server, "POST", "/chat", {"message": "Is it so?"}, ADMIN)
    assert run["response"].endswith("Yes.")
    for path in ("/runs/run-one", "/runs/run-two", "/made/up", "/made/up/too"):
        assert ask(server, "GET", path, headers=ADMIN)[0] == 404
    after = figures(server)

    def more(name: str, **labels: str) -> float:
        return of(after, name, **labels) - of(before, name, **labels)

    assert more("nis_http_requests_total", method="POST", route="/chat", status="2xx") == 1
    assert more("nis_http_requests_total", method="GET", route="/runs/{id}", status="4xx") == 2
    assert more("nis_http_requests_total", method="GET", route="unmatched", status="4xx") == 2
    assert more("nis_http_request_duration_seconds_count", method="POST", route="/chat") == 1
    assert more("nis_http_request_duration_seconds_bucket", method="POST", route="/chat", le="+Inf") == 1
    assert more("nis_http_request_duration_seconds_sum", method="POST", route="/chat") > 0
    assert more("nis_operation_calls_total", operation="chat.send_message", outcome="ok") == 1
    assert more("nis_operation_calls_total", operation="runs.get_run", outcome="not_found") == 2
    assert more("nis_runs_finished_total", operation="chat.send_message", state="succeeded") == 1
    assert more("nis_run_duration_seconds_count", state="succeeded") == 1
    assert more("nis_run_queue_seconds_count", queue="default") == 1
    model = "scripted:scripted"
    assert more("nis_model_calls_total", model=model, outcome="ok") == 1
    assert more("nis_model_tokens_total", model=model, kind="output") > 0
    assert more("nis_model_first_token_seconds_count", model=model) == 1
    assert of(after, "nis_http_requests_active") == 1
    assert of(after, "nis_runs_active", queue="default") == 0
    assert of(after, "process_resident_memory_bytes") > 2**20
    assert of(after, "process_open_fds") > 3
    assert not [labels for _, labels in after if "made" in str(labels) or "run-one" in str(labels)]


def test_what_is_under_way_is_told(server: Server) -> None:
    """Promise: a stream and a socket are there while they are open, and the run behind the stream."""
    body = json.dumps({"message": "Tell a long story"}).encode()
    request = urllib.request.Request(f"{server.url}/chat", body, {**ADMIN, "accept": "text/event-stream"})
    with urllib.request.urlopen(request, timeout=60) as stream:
        assert stream.readline()
        with connect(f"{server.websocket_url}/a2a", additional_headers={"authorization": f"Bearer {KEY}"}):
            now = figures(server)
            assert of(now, "nis_http_streams_active") == 1
            assert of(now, "nis_websockets_active", route="/a2a") == 1
            assert of(now, "nis_runs_active", queue="default") == 1
        (run,) = done(server, "GET", "/runs?limit=1", headers=ADMIN)["runs"]
        done(server, "POST", f"/runs/{run['id']}/cancel", {}, ADMIN)
        stream.read()
    until(server, "nis_http_streams_active", 0)
    until(server, "nis_websockets_active", 0, route="/a2a")
    until(server, "nis_runs_finished_total", 1, operation="chat.send_message", state="cancelled")


def test_a_scraper_that_asks_for_openmetrics_gets_it(server: Server) -> None:
    """Promise: both formats, each as its own parser reads it; counters end in _total, and each has its help."""
    status, headers, body = send(server, "GET", "/metrics", headers={**ADMIN, "accept": f"{OPENMETRICS},text/plain"})
    assert (status, headers["content-type"].partition(";")[0]) == (200, "application/openmetrics-text")
    read: Any = parser.text_string_to_metric_families  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - its parameter has no type
    families: list[Metric] = [*read(body.decode())]
    assert all(family.documentation.endswith((".", "on.")) for family in families)
    assert {family.type for family in families} == {"counter", "gauge", "histogram", "info"}
    assert all(family.name.startswith(("nis_", "process_")) for family in families)


def test_a_scraper_needs_a_key_that_may_read_the_system(server: Server) -> None:
    """Promise: as any path but health: none is 401, one without system:read is 403, one with it alone is enough."""
    assert ask(server, "GET", "/metrics")[0] == 401
    for scope, expected in (("runs:read", 403), ("system:read", 200)):
        made = done(server, "POST", "/keys", {"name": scope, "scopes": [scope]}, ADMIN)
        found = send(server, "GET", "/metrics", headers={"authorization": f"Bearer {made['key']}"})
        assert found[0] == expected
