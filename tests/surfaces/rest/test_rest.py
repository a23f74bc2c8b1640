"""REST over a real server: each shape's answer, each wrong input's problem document."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import Serve, Server
from openapi_spec_validator import validate
from rest_client import Json, ask, events_of

SCRIPT = {"replies": [{"text": "one two three four"}]}


@pytest.mark.parametrize("path", ["/health", "/health/live"])
def test_health_answers(server: Server, path: str) -> None:
    """The prober's path is fixed."""
    status, _, body = ask(server, "GET", path)
    assert (status, body["status"] in {"ok", "degraded"}) == (200, True)


# method, path, body → status, code, the field that is named
WRONG: list[tuple[str, str, Any, tuple[int, str], str | None]] = [
    ("POST", "/chat", b"{not json", (400, "malformed"), "body"),
    ("POST", "/chat", b"[1]", (400, "malformed"), None),
    ("POST", "/chat", {"message": 3}, (422, "invalid_request"), "message"),
    ("POST", "/chat", {"message": ""}, (422, "invalid_request"), "message"),
    ("POST", "/chat", {"message": "x", "mesage": 1}, (422, "invalid_request"), "mesage"),
    ("POST", "/chat", {"message": "x", "genui_enabled": "yes"}, (422, "invalid_request"), "genui_enabled"),
    ("POST", "/chat", {"message": "x", "conversation_id": "nowhere"}, (404, "not_found"), "conversation_id"),
    ("POST", "/chat", {"message": "x", "model": "gpt-17"}, (404, "not_found"), "model"),
    ("POST", "/chat", {"message": "x", "provider": "acme"}, (404, "not_found"), "provider"),
    ("POST", "/chat", {"message": "x", "call": {"operation": "physics.guess"}}, (404, "not_found"), "operation"),
    ("POST", "/chat", {"message": "x" * 200_000}, (422, "invalid_request"), "message"),
    ("POST", "/chat", b'{"message": "' + b"x" * 10_000_000 + b'"}', (413, "too_large"), "body"),
    ("POST", "/physics/simulate-projectile", b'{"speed": NaN, "angle": 40}', (422, "invalid_request"), "speed"),
    ("POST", "/physics/simulate-projectile", {"speed": -1, "angle": 40}, (422, "invalid_request"), "speed"),
    ("POST", "/chat", {"message": "x", "context": {"fact": "x" * 30_000}}, (422, "invalid_request"), "context"),
    (
        "POST",
        "/chat",
        {"message": "x", "call": {"operation": "physics.convert_unit", "arguments": {"unit": "x" * 200_000}}},
        (422, "invalid_request"),
        "call",
    ),
    ("GET", "/runs/run-0", None, (404, "not_found"), "id"),
    ("GET", "/runs/run-0/events", None, (404, "not_found"), "id"),
    ("POST", "/runs/run-0/cancel", {}, (404, "not_found"), "id"),
    ("GET", "/runs?limit=many", None, (422, "invalid_request"), "limit"),
    ("GET", "/runs?cursor=x", None, (422, "invalid_request"), "cursor"),
    ("GET", "/operations/physics.guess", None, (404, "not_found"), "operation"),
    ("GET", "/nowhere", None, (404, "not_found"), "path"),
    ("DELETE", "/chat", None, (405, "wrong_method"), "method"),
]


@pytest.mark.parametrize(("method", "path", "body", "answer", "field"), WRONG)
def test_wrong_input_gets_a_problem_that_says_what_to_do(
    server: Server, method: str, path: str, body: Any, answer: tuple[int, str], field: str | None
) -> None:
    """RFC 9457: the field, the value and the remedy are named; no traceback, no 500."""
    got, headers, problem = ask(server, method, path, body)
    assert (got, problem["code"]) == answer, problem
    assert headers["content-type"] == "application/problem+json"
    assert problem["status"] == got
    assert problem["remedy"]
    assert "Traceback" not in json.dumps(problem)
    assert str(server.data) not in json.dumps(problem)
    if field is not None:
        assert problem["field"] == field


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:80"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
    ],
)
@pytest.mark.parametrize("path", ["/health", "/chat", "/", "/openapi.json", "/.well-known/agent-card.json"])
def test_a_foreign_page_is_refused(server: Server, path: str, headers: Mapping[str, str]) -> None:
    """A web page must not reach a server on loopback by DNS rebinding or a cross-origin call."""
    status, _, problem = ask(server, "POST" if path == "/chat" else "GET", path, None, headers)
    assert (status, problem["code"]) == (403, "forbidden")


def test_its_own_page_is_served(server: Server) -> None:
    """The console's calls carry the server's own origin."""
    assert ask(server, "GET", "/runs", None, {"origin": server.url})[0] == 200


def test_a_key_guards_everything_but_health_and_the_card(serve: Serve, tmp_path: Any) -> None:
    """Compared in constant time, it is the only key."""
    server = serve(NIS_API_KEY="s3cret", NIS_WEIGHTS=str(tmp_path), NIS_LOCAL_URL="http://127.0.0.1:1/v1")
    for path in ("/health", "/health/live", "/.well-known/agent-card.json"):
        assert ask(server, "GET", path)[0] == 200
    # RFC 6750, 3.1: a token that was sent and is wrong is told apart from none at all.
    wrong = 'Bearer error="invalid_token"'
    for header, asked in ((None, "Bearer"), ("Bearer wrong", wrong), ("Basic s3cret", "Bearer")):
        status, answered, problem = ask(server, "GET", "/runs", None, {"authorization": header} if header else {})
        assert (status, problem["code"], answered["www-authenticate"]) == (401, "unauthenticated", asked)
    key = {"authorization": "Bearer s3cret"}
    assert ask(server, "GET", "/runs", None, key)[0] == 200
    # A prober learns which part fails, and only the key's holder what is behind it.
    for path in ("/health", "/health/ready"):
        assert "127.0.0.1:1" in json.dumps(ask(server, "GET", path, None, key)[2])
        probed = json.dumps(ask(server, "GET", path)[2])
        assert "models" in probed
        assert "127.0.0.1:1" not in probed


def scripted(serve: Serve, tmp_path: Any) -> Server:
    """A server whose answers are prepared."""
    path = tmp_path / "script.json"
    path.write_text(json.dumps(SCRIPT))
    return serve(NIS_SCRIPTED=str(path))


def test_a_run_answers_in_each_of_its_ways(serve: Serve, tmp_path: Any) -> None:
    """JSON waits for the end, SSE carries the log, respond-async names the run."""
    server = scripted(serve, tmp_path)
    status, headers, reply = ask(server, "POST", "/chat", {"message": "hi", "user_id": "ann"})
    assert (status, headers["location"]) == (200, f"/runs/{reply['run_id']}")
    fields = ["response", "conversation_id", "user_id", "timestamp", "provider", "model", "tokens_used", "run_id"]
    assert set(fields) <= set(reply)
    assert (reply["user_id"], reply["provider"]) == ("ann", "scripted")
    assert "confidence" not in reply
    assert "a2ui" not in reply

    events = events_of(server, "POST", "/chat", {"message": "hi", "conversation_id": reply["conversation_id"]})
    assert [int(event["id"]) for event in events] == list(range(1, len(events) + 1))
    assert (events[0]["event"], events[-1]["event"]) == ("started", "succeeded")
    run_id = events[0]["data"]["run_id"]

    status, headers, run = ask(server, "POST", "/chat", {"message": "hi"}, {"prefer": "respond-async"})
    assert (status, headers["location"]) == (202, f"/runs/{run['id']}")

    resumed = events_of(server, "GET", f"/runs/{run_id}/events", None, {"last-event-id": "2"})
    assert [event["data"] for event in resumed] == [event["data"] for event in events[2:]]

    _, _, conversation = ask(server, "GET", f"/conversations/{reply['conversation_id']}")
    assert [turn["message"] for turn in conversation["turns"]] == ["hi", "hi"]
    assert conversation["turns"][0]["response"] == reply["response"]


def test_runs_are_paged_without_hole_or_repeat(serve: Serve, tmp_path: Any) -> None:
    """A cursor leads through every run once."""
    server = scripted(serve, tmp_path)
    made = [ask(server, "POST", "/chat", {"message": str(n)})[2]["run_id"] for n in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        _, _, page = ask(server, "GET", f"/runs?limit=2{cursor}")
        seen += [run["id"] for run in page["runs"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == made[::-1]
    status, _, problem = ask(server, "POST", f"/runs/{made[0]}/cancel")
    assert (status, problem["code"]) == (409, "conflict")


def test_a_read_of_scalars_is_also_a_get(server: Server) -> None:
    """The query's text is read by the same validation."""
    posted = ask(server, "POST", "/physics/convert-unit", {"value": 3, "unit": "mile", "to": "km"})
    got = ask(server, "GET", "/physics/convert-unit?value=3&unit=mile&to=km")
    assert (got[0], got[2]) == (200, posted[2])


def test_a_list_is_a_get_on_its_family(server: Server) -> None:
    """Filters are query parameters."""
    _, _, listed = ask(server, "GET", "/operations?family=runs")
    names = {"runs.list_runs", "runs.get_run", "runs.stream_events", "runs.cancel_run", "runs.delete_run"}
    assert {one["id"] for one in listed["operations"]} >= names


def test_the_document_is_served(server: Server) -> None:
    """OpenAPI 3.1 by its own schema, with the fixed paths, what is read of the headers and what may be answered."""
    _, _, document = ask(server, "GET", "/openapi.json")
    assert document["openapi"] == "3.1.0"
    validate(document)
    for path, method, header in (
        ("/chat", "post", "Idempotency-Key"),
        ("/chat", "post", "Prefer"),
        ("/runs/{id}/events", "get", "Last-Event-ID"),
        ("/blobs/{id}/content", "get", "Range"),
        ("/blobs/{id}", "delete", "Idempotency-Key"),
    ):
        described = document["paths"][path][method]
        assert header in {one["name"] for one in described["parameters"]}
        assert {"200", "401", "406", "422", "default"} <= set(described["responses"])
    assert "multipart/form-data" in document["paths"]["/blobs"]["post"]["requestBody"]["content"]
    asked = document["paths"]["/documents/ask-documents"]["post"]["requestBody"]["content"]
    kinds = asked["multipart/form-data"]["schema"]["properties"]["documents"]["anyOf"]
    assert [one["type"] for one in kinds] == ["array", "string"]
    assert {"206", "304", "416"} <= set(document["paths"]["/blobs/{id}/content"]["get"]["responses"])
    for path in ("/documents/read-document", "/documents/split-document", "/vision/track-objects"):
        assert "416" in document["paths"][path]["post"]["responses"]
    assert "Link" in document["paths"]["/runs"]["get"]["responses"]["200"]["headers"]
    assert "genui_enabled" in json.dumps(document["paths"]["/chat"])


def test_a_client_of_the_basic_catalog_gets_what_it_can_draw(server: Server) -> None:
    """Charts are images and tables rows for it; for one that names our catalog they are components."""
    basic = "https://a2ui.org/specification/v0_9/catalogs/basic/catalog.json"
    call = {"operation": "physics.simulate_projectile", "arguments": {"speed": 20, "angle": 40}}
    body: Json = {"message": "again", "call": call, "genui_enabled": True}
    ours = json.dumps(ask(server, "POST", "/chat", body)[2]["a2ui"])
    theirs = json.dumps(
        ask(server, "POST", "/chat", {**body, "a2uiClientCapabilities": {"supportedCatalogIds": [basic]}})[2]["a2ui"]
    )
    assert '"component": "Chart"' in ours
    assert '"component": "Chart"' not in theirs
    assert "data:image/svg+xml" in theirs
    assert basic in theirs


def test_a_wrong_wish_for_drawing_is_refused(server: Server) -> None:
    """The field is named as the caller wrote it."""
    _, _, problem = ask(server, "POST", "/chat", {"message": "x", "a2uiClientCapabilities": {"supportedCatalogIds": 1}})
    assert problem["field"] == "a2uiClientCapabilities.supportedCatalogIds"


HOSTS = ["127.evil.example", "127.0.0.1.nip.io", "127.0.0.1#x", "u@127.0.0.1", "127.0.0.1/x", "[::1", "[127.0.0.1]", ""]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_only_looks_like_loopback_is_refused(server: Server, host: str) -> None:
    """A name that begins like an address leads wherever its owner wants."""
    status, _, problem = ask(server, "GET", "/runs", None, {"host": host})
    assert (status, problem["code"]) == (403, "forbidden")


@pytest.mark.parametrize("origin", ["http://[", "http://[x]", "null", "file://", "http://", "127.0.0.1"])
def test_an_origin_that_is_no_page_is_refused(server: Server, origin: str) -> None:
    """What cannot be read is foreign."""
    assert ask(server, "GET", "/runs", None, {"origin": origin})[0] == 403


def test_two_hosts_are_none(server: Server) -> None:
    """Which one a proxy went by cannot be told."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as caller:
        caller.sendall(f"GET /runs HTTP/1.1\r\nHost: {address.netloc}\r\nHost: {address.netloc}\r\n\r\n".encode())
        assert b" 403 " in caller.recv(4096).split(b"\r\n")[0]


def test_headers_without_end_are_cut_off(server: Server) -> None:
    """A caller cannot fill the memory before its key is looked at."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as caller:
        caller.sendall(f"GET /health HTTP/1.1\r\nHost: {address.netloc}\r\n".encode())
        endless = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(20_000))
        with pytest.raises(OSError, match=r"reset|pipe"):
            caller.sendall(endless)


def test_a_wrong_method_is_told_the_right_ones(server: Server) -> None:
    """RFC 9110: a 405 carries `Allow`."""
    assert "POST" in ask(server, "DELETE", "/chat")[1]["allow"]


def test_a_body_of_very_many_fields_is_refused_at_once(server: Server) -> None:
    """Naming each wrong field of a hundred thousand would block everybody."""
    status, _, problem = ask(server, "POST", "/chat", {str(n): n for n in range(100_000)})
    assert (status, problem["code"]) == (413, "too_large")


def test_a_run_cancelled_many_times_at_once_ends_once(serve: Serve, tmp_path: Any) -> None:
    """Running or waiting: its log has an end, and those who follow it see it."""
    path = tmp_path / "script.json"
    path.write_text(json.dumps({"replies": [{"text": "one two three four five"}], "pause": 10}))
    server = serve(NIS_SCRIPTED=str(path), NIS_MAX_RUNS="1")
    started = [ask(server, "POST", "/chat", {"message": "hi"}, {"prefer": "respond-async"})[2]["id"] for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        follows = [pool.submit(events_of, server, "GET", f"/runs/{run_id}/events") for run_id in started]
        cancels = [pool.submit(ask, server, "POST", f"/runs/{run_id}/cancel", {}) for run_id in started * 6]
        assert {cancel.result(60)[0] for cancel in cancels} <= {200, 409}
        assert [follow.result(60)[-1]["event"] for follow in follows] == ["cancelled"] * 4


def test_a_waiting_caller_is_told_that_the_server_stops(serve: Serve, tmp_path: Any) -> None:
    """A problem document that names the run, well within the time a supervisor gives."""
    path = tmp_path / "script.json"
    path.write_text(json.dumps({"replies": [{"text": "one two three four five six seven"}], "pause": 10}))
    server = serve(NIS_SCRIPTED=str(path))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, server, "POST", "/chat", {"message": "hi"})
        while not ask(server, "GET", "/runs?state=running")[2]["runs"]:
            pass
        os.kill(server.pid, signal.SIGTERM)
        status, _, problem = waiting.result(60)
    assert (status, problem["code"], problem["field"]) == (503, "unavailable", "run")
    # The answer would have taken more than a minute.
    server.process.wait(60)
