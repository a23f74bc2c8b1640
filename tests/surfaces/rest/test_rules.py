"""The rules of HTTP that hold on every route, whatever operation is behind it."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import Serve, Server
from fake_openai import Canned, FakeOpenAI, delta
from rest_client import ask, events_of

CONVERT = "/physics/convert-unit"
MILE = {"value": 3, "unit": "mile", "to": "km"}


def made(serve: Serve, tmp_path: Any, count: int) -> tuple[Server, list[str]]:
    """A server with this many runs that have ended, newest first."""
    path = tmp_path / "script.json"
    path.write_text(json.dumps({"replies": [{"text": "one two"}]}))
    server = serve(NIS_SCRIPTED=str(path))
    return server, [ask(server, "POST", "/chat", {"message": str(n)})[2]["run_id"] for n in range(count)][::-1]


def test_a_list_links_its_next_page(serve: Serve, tmp_path: Any) -> None:
    """RFC 8288: a client that follows `rel="next"` sees each run once, under the filters it began with."""
    server, made_runs = made(serve, tmp_path, 3)
    seen: list[str] = []
    path: str | None = "/runs?limit=2&state=succeeded"
    while path:
        _, headers, page = ask(server, "GET", path)
        seen += [run["id"] for run in page["runs"]]
        link = headers.get("link", "")
        path = link[1 : link.index(">")] if 'rel="next"' in link else None
        assert path is None or "state=succeeded" in path
    assert seen == made_runs


def test_a_list_may_be_asked_with_its_headers_alone(server: Server) -> None:
    """`HEAD` answers as `GET` does, without the body."""
    status, headers, body = ask(server, "HEAD", "/operations")
    assert (status, body) == (200, None)
    assert int(headers["content-length"]) > 100
    assert ask(server, "HEAD", "/runs/run-0")[0] == 404


def test_the_head_of_a_stream_ends_at_once(serve: Serve, tmp_path: Any) -> None:
    """It does not wait for the events."""
    server, (run_id,) = made(serve, tmp_path, 1)
    status, headers, body = ask(server, "HEAD", f"/runs/{run_id}/events", None, {"accept": "text/event-stream"})
    assert (status, headers["content-type"].partition(";")[0], body) == (200, "text/event-stream", None)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/runs", "GET, HEAD, OPTIONS"),
        ("/runs/run-1/cancel", "OPTIONS, POST"),
        (CONVERT, "GET, HEAD, OPTIONS, POST"),
        ("/chat", "OPTIONS, POST"),
    ],
)
def test_a_path_names_its_methods(server: Server, path: str, methods: str) -> None:
    """RFC 9110: `OPTIONS` answers with `Allow`, and a 405 has the same."""
    status, headers, _ = ask(server, "OPTIONS", path)
    assert (status, headers["allow"]) == (204, methods)
    status, headers, problem = ask(server, "PUT", path)
    assert (status, problem["code"]) == (405, "wrong_method")
    assert {one.strip() for one in headers["allow"].split(",")} == set(methods.split(", "))


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/runs?limit=2&limit=3", "limit"),
        ("/runs?limt=2", "limt"),
        ("/runs?limit", "limit"),
        (f"{CONVERT}?value=nan&unit=mile&to=km", "value"),
        (f"{CONVERT}?value=1e999&unit=mile&to=km", "value"),
        (f"{CONVERT}?value=3&to=km", "unit"),
        ("/runs/run-1?id=run-2", "id"),
    ],
)
def test_a_wrong_query_is_refused(server: Server, path: str, field: str) -> None:
    """Unknown, repeated, missing and endless ones are named, never left out silently."""
    status, _, problem = ask(server, "GET", path)
    assert (status, problem["field"]) == (422, field)


def test_a_query_beside_a_body_is_refused(server: Server) -> None:
    """Which of the two counted could not be told."""
    status, _, problem = ask(server, "POST", f"{CONVERT}?value=4", MILE)
    assert (status, problem["field"]) == (422, "query")
    status, _, problem = ask(server, "GET", f"{CONVERT}?value=4&unit=mile&to=km", MILE)
    assert (status, problem["field"]) == (400, "body")


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; charset=UTF-8", 200),
        ("application/vnd.api+json", 200),
        ("application/json; charset=latin-1", 415),
        ("application/x-www-form-urlencoded", 415),
        ("text/plain", 415),
        ("application/xml", 415),
        ("nonsense", 415),
    ],
)
def test_a_body_is_read_by_its_media_type(server: Server, media: str, status: int) -> None:
    """A form that happens to hold JSON is not JSON."""
    got, _, answer = ask(server, "POST", CONVERT, MILE, {"content-type": media})
    assert got == status
    assert status == 200 or (answer["code"], answer["field"]) == ("wrong_media", "Content-Type")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b'{"message": "\xff\xfe"}',
        b'{"message": "\\ud800"}',
        b"{'message': 'x'}",
        b"\x00",
    ],
    ids=["objects", "lists", "not UTF-8", "half a character", "single quotes", "nothing"],
)
def test_what_is_no_json_is_refused_quickly(server: Server, body: bytes) -> None:
    """However deep it is nested."""
    status, _, problem = ask(server, "POST", "/chat", body)
    assert (status, problem["code"], problem["field"]) == (400, "malformed", "body")
    assert len(problem["detail"]) < 300


def test_numbers_without_end_are_refused(server: Server) -> None:
    """A number of a hundred thousand digits is not converted."""
    status, _, problem = ask(server, "POST", "/runs/run-1/cancel", b'{"limit": ' + b"9" * 100_000 + b"}")
    assert status in {400, 422}
    assert len(json.dumps(problem)) < 2000


@pytest.mark.parametrize("path", ["/runs/a%2Fb", "/runs/%00", "/runs/a b", "/runs/%F0%9F%92%A9", "/runs/"])
def test_what_is_no_id_leads_nowhere(server: Server, path: str) -> None:
    """DESIGN: ids match `[A-Za-z0-9._:-]+`."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as caller:
        line = f"GET {path.replace(' ', '%20')} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n"
        caller.sendall(line.encode())
        assert b" 404 " in caller.recv(4096).split(b"\r\n")[0]


@pytest.mark.parametrize(("seen", "field"), [("x", "after"), ("-1", "after"), ("99", "after")])
def test_a_wrong_number_of_the_last_event_is_refused(serve: Serve, tmp_path: Any, seen: str, field: str) -> None:
    """`Last-Event-ID` is read by the same validation as `after`."""
    server, (run_id,) = made(serve, tmp_path, 1)
    headers = {"last-event-id": seen, "accept": "text/event-stream"}
    status, _, problem = ask(server, "GET", f"/runs/{run_id}/events", None, headers)
    assert (status, problem["field"]) == (422, field)


def test_a_posted_streams_first_event_names_its_run(serve: Serve, tmp_path: Any) -> None:
    """Dropped after it, the caller knows where to go on."""
    server, _ = made(serve, tmp_path, 0)
    events = events_of(server, "POST", "/chat", {"message": "hi"})
    run_id = events[0]["data"]["run_id"]
    rest = events_of(server, "GET", f"/runs/{run_id}/events", None, {"last-event-id": events[0]["id"]})
    assert [one["id"] for one in rest] == [one["id"] for one in events[1:]]
    assert events_of(server, "GET", f"/runs/{run_id}/events?after=1")[0]["id"] == "2"


@pytest.mark.parametrize("prefer", ["respond-async", "wait=5, respond-async", "RESPOND-ASYNC; x=1"])
def test_who_prefers_not_to_wait_is_told_where_to_look(serve: Serve, tmp_path: Any, prefer: str) -> None:
    """RFC 7240: 202, `Location`, and word that the wish was met."""
    server, _ = made(serve, tmp_path, 0)
    status, headers, run = ask(server, "POST", "/chat", {"message": "hi"}, {"prefer": prefer})
    assert (status, headers["location"]) == (202, f"/runs/{run['id']}")
    assert headers["preference-applied"] == "respond-async"
    assert ask(server, "GET", headers["location"])[2]["operation"] == "chat.send_message"


@pytest.mark.parametrize("path", ["/models/generate-text", "/models/stream-text"])
def test_a_caller_that_leaves_stops_what_it_asked_to_read(serve: Serve, path: str) -> None:
    """The provider is left as well; a write goes on to its end, and a run never depended on its caller."""
    held = Canned(pieces=[delta(role="assistant", content="Once")], held=True)
    with FakeOpenAI(held).in_thread() as fake:
        server = serve(NIS_LOCAL_URL=fake.url, NIS_LOCAL_MODEL="fake-large")
        body = json.dumps({"prompt": "Tell.", "provider": "local"}).encode()
        lines = (f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json")
        head = "\r\n".join((*lines, f"Content-Length: {len(body)}", "", "")).encode()
        with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=60) as caller:
            caller.sendall(head + body)
            assert fake.came.wait(60)
        assert fake.gone.wait(60)


def test_an_upload_that_breaks_off_is_no_fault_of_ours(serve: Serve) -> None:
    """The log keeps tracebacks for what went wrong in here."""
    server = serve()
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=60) as caller:
        form = "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000"
        caller.sendall(f"POST /blobs HTTP/1.1\r\nHost: 127.0.0.1\r\n{form}\r\n\r\n--x\r\n".encode())
    assert ask(server, "GET", "/health/live")[0] == 200
    server.process.terminate()
    server.process.wait(60)
    assert "Traceback" not in server.log.read_text()


def test_a_runs_events_as_json_are_those_there_are(serve: Serve, tmp_path: Any) -> None:
    """At once while it goes on, with a link to what follows; `Prefer: wait` of RFC 7240 waits so long for its end."""
    path = tmp_path / "script.json"
    path.write_text(json.dumps({"replies": [{"text": "one two three", "pause": 2}]}))
    server = serve(NIS_SCRIPTED=str(path))
    run = ask(server, "POST", "/chat", {"message": "hi"}, {"prefer": "respond-async"})[2]
    page: str | None = f"/runs/{run['id']}/events"
    pages: list[list[Any]] = []
    waits = ["wait=0", None, "wait=1"]
    while page:
        prefer = waits.pop(0) if waits else "wait=60"
        status, headers, answer = ask(server, "GET", page, None, {"prefer": prefer} if prefer else {})
        assert (status, [*answer]) == (200, ["items"])
        assert headers.get("preference-applied") == ("wait" if prefer else None)
        pages.append(answer["items"])
        link = headers.get("link", "")
        page = link.partition("<")[2].partition(">")[0] if 'rel="next"' in link else None
    # The first was there long before the end.
    assert len(pages) > 1
    found = [one for page in pages for one in page]
    assert [one["seq"] for one in found] == list(range(1, len(found) + 1))
    assert found[-1]["body"]["type"] == "succeeded"
    events = f"/runs/{run['id']}/events"
    assert ask(server, "GET", events)[2]["items"] == found
    # A preference that is none is passed over; a field is not.
    assert ask(server, "GET", events, None, {"prefer": "wait=soon"})[2]["items"] == found
    assert ask(server, "GET", f"{events}?wait=soon")[0] == 422
    # After its end nothing follows.
    _, headers, rest = ask(server, "GET", f"{events}?after={len(found)}")
    assert (rest, headers.get("link")) == ({"items": []}, None)
