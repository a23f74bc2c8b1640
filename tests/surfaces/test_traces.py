"""Traces of a real server, as a real collector would receive them: OTLP over HTTP, decoded by its own messages."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from conftest import Serve, running_server
from fake_openai import FakeOpenAI, says
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from outliving import begun
from rest_client import ask, done

APP = str(Path(__file__).parent.parent / "walking_app.py")
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
PATIENCE = 60.0


class Collector(ThreadingHTTPServer):
    """Keeps every span that it is sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.spans: list[Span] = []
        self.headers: list[dict[str, str]] = []
        self.resources: list[dict[str, str]] = []
        self.grown = threading.Condition()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def until(self, *names: str) -> dict[str, Span]:
        """The newest span of each name, once there is one of each."""
        deadline = time.monotonic() + PATIENCE
        with self.grown:
            while True:
                found = {span.name: span for span in self.spans}
                if found.keys() >= {*names}:
                    return found
                assert self.grown.wait(deadline - time.monotonic()), sorted(found)


class Taking(BaseHTTPRequestHandler):
    """Takes spans."""

    server: Collector  # pyright: ignore[reportIncompatibleVariableOverride] - it is one

    def do_POST(self) -> None:
        """A batch."""
        body = self.rfile.read(int(self.headers["content-length"]))
        batch = ExportTraceServiceRequest.FromString(body)
        with self.server.grown:
            self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
            for resource in batch.resource_spans:
                self.server.resources.append({one.key: one.value.string_value for one in resource.resource.attributes})
                for scope in resource.scope_spans:
                    self.server.spans.extend(scope.spans)
            self.server.grown.notify_all()
        self.send_response(200 if self.path == "/v1/traces" else 404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def collecting() -> Generator[Collector]:
    """A collector that listens."""
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield collector
        finally:
            collector.shutdown()
            thread.join()


def attributes(span: Span) -> dict[str, Any]:
    """What a span says."""
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes}


def is_under(span: Span, parent: Span) -> bool:
    """Whether one is the other's child, in one trace."""
    return (span.trace_id, span.parent_span_id) == (parent.trace_id, parent.span_id)


def test_a_turn_is_one_trace_from_its_caller_to_the_provider(tmp_path: Path) -> None:
    """Promise: request, operation, run and model stand below each other in the caller's trace; no words are in it."""
    words = "a word that nobody else is to read"
    replies = [says("It is so.")] * 4
    with collecting() as collector, FakeOpenAI(*replies).in_thread() as provider:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-key=of%20ours",
            "OTEL_SERVICE_NAME": "tests",
            "OPENAI_API_KEY": "key",
            "NIS_OPENAI_URL": provider.url,
            "NIS_MODEL": "openai:gpt-4o-mini",
        }
        with running_server(tmp_path, environment=environment) as server:
            headers = {"traceparent": TRACEPARENT, "tracestate": "vendor=1", "content-type": "application/json"}
            done(server, "POST", "/chat", {"message": words}, headers)
            found = collector.until("POST /chat", "chat.send_message", "run chat.send_message", "chat gpt-4o-mini")
    request, operation = found["POST /chat"], found["chat.send_message"]
    run, model = found["run chat.send_message"], found["chat gpt-4o-mini"]
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, PARENT)
    assert is_under(operation, request)
    assert is_under(run, operation)
    assert model.trace_id == request.trace_id
    assert (request.kind, model.kind) == (Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT)
    sent = {name.lower(): value for name, value in provider.asked[-1].headers.items()}
    assert (sent["traceparent"], sent["tracestate"]) == (f"00-{TRACE}-{model.span_id.hex()}-01", "vendor=1")
    told = attributes(request)
    assert (told["http.route"], told["http.response.status_code"]) == ("/chat", 200)
    told = attributes(model)
    assert told["gen_ai.provider.name"] == "openai"
    assert told["gen_ai.request.model"] == "gpt-4o-mini"
    assert told["gen_ai.usage.output_tokens"] > 0
    assert attributes(run)["nis.run.left"] == "succeeded"
    assert {"service.name": "tests"}.items() <= collector.resources[0].items()
    assert {one["x-key"] for one in collector.headers} == {"of ours"}
    assert words.encode() not in b"".join(span.SerializeToString() for span in collector.spans)
    assert not [span for span in collector.spans if "/health" in span.name]


def test_a_run_that_goes_on_after_a_kill_is_in_the_trace_that_began_it(serve: Serve, tmp_path: Path) -> None:
    """Promise: each attempt stands below what began the run, and is linked to the one before, by another process."""
    gate, data = tmp_path / "gate", tmp_path / "data"
    with collecting() as collector:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        server = serve("--app", APP, data=data, **environment)
        run_id = begun(server, "/walks/take-walk", {"steps": 3, "halt": 2, "gate": str(gate)})
        first = collector.until("POST /walks/take-walk", "walks.take_walk")
        server.kill()
        gate.touch()
        server = serve("--app", APP, data=data, **environment)
        found = collector.until("run walks.take_walk")
        assert done(server, "GET", f"/runs/{run_id}")["attempt"] == 2
    run, began = found["run walks.take_walk"], first["walks.take_walk"]
    assert is_under(run, began)
    (link,) = run.links
    assert link.trace_id == run.trace_id
    assert link.span_id != run.span_id
    assert attributes(run)["nis.run.attempt"] == 2
    tools = [span for span in collector.spans if span.name.startswith("execute_tool ")]
    assert [span for span in tools if is_under(span, run)]
    assert {span.parent_span_id for span in tools} <= {run.span_id, link.span_id}


def test_a_collector_that_is_away_holds_up_nothing(tmp_path: Path, free_port: int) -> None:
    """Promise: requests are answered, one line says so, and the server ends in order."""
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port}", "NIS_LOG_FORMAT": "json"}
    with running_server(tmp_path, environment=environment) as server:
        deadline = time.monotonic() + PATIENCE
        while "traces are lost" not in server.log.read_text():
            assert time.monotonic() < deadline
            assert ask(server, "GET", "/runs?limit=1")[0] == 200
            server.process.poll()
        process, log = server.process, server.log
    assert process.returncode == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert len([one for one in lines if one["logger"] == "nis.traces" and "traces are lost" in one["message"]]) == 1
    assert not [one for one in lines if one["logger"].startswith(("opentelemetry", "urllib3"))]
