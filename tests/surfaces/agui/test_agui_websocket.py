"""AG-UI over a socket: the same events as over HTTP, one a frame, and how it ends."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from agui_reader import PATIENCE, given, known, stream, valid
from conftest import Server, running_server
from keyed import holder
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

Json = dict[str, Any]
SCRIPT = {
    "replies": [
        {"when": "endless", "text": "And then " * 200, "pause": 10},
        {"when": "slowly", "text": "One two three four five six.", "pause": 0.05},
        {"text": "I answer from a script."},
    ]
}


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model says what the script holds."""
    script = tmp_path_factory.mktemp("script") / "script.json"
    script.write_text(json.dumps(SCRIPT))
    environment = {"NIS_SCRIPTED": str(script), "NIS_MODEL": "scripted", "NIS_MAX_BODY": "100000"}
    with running_server(tmp_path_factory.mktemp("agui"), environment=environment) as one:
        yield one


def opened(server: Server, **headers: str) -> ClientConnection:
    """A socket."""
    return connect(f"{server.websocket_url}/agui/ws", compression=None, max_size=None, additional_headers=headers)


def said(socket: ClientConnection) -> Iterator[Json]:
    """The events of one run, as they come."""
    while True:
        event = json.loads(socket.recv(PATIENCE))
        known(event)
        yield event
        if event["type"] in {"RUN_FINISHED", "RUN_ERROR"}:
            return


def plain(event: Json) -> tuple[str, Json]:
    """An event as it comes over HTTP, and its number."""
    metadata = dict(event["metadata"]["nis"])
    name = metadata.pop("id")
    metadata.pop("frame", None)
    rest = {key: value for key, value in event.items() if key != "metadata"}
    return name, {**rest, "metadata": {"nis": metadata}} if metadata else rest


def test_a_run_is_told_as_it_is_over_http(speaking: Server) -> None:
    """Events and numbers are the same; runs of one socket follow each other, each marked as its frame was."""
    with opened(speaking) as socket:
        socket.send(json.dumps({**given("Hello", "socket"), "frame": "first"}))
        socket.send(json.dumps({**given("And more", "socket", "r2"), "frame": "second"}))
        first, second = list(said(socket)), list(said(socket))
        valid(first)
        valid(second)
        assert {event["metadata"]["nis"]["frame"] for event in first} == {"first"}
        assert {event["metadata"]["nis"]["frame"] for event in second} == {"second"}
        over_http = list(stream(f"{speaking.url}/agui", given("Hello", "socket")))
        assert [plain(event) for event in first] == over_http
        place = first[3]["metadata"]["nis"]["id"]
        socket.send(json.dumps({**given("Hello", "socket"), "lastEventId": place}))
        assert [plain(event) for event in said(socket)] == over_http[4:]


def test_more_frames_than_are_kept_are_refused_by_their_names(speaking: Server) -> None:
    """The run that is told goes on, and so do those that wait; what is refused was not begun."""
    with opened(speaking) as socket:
        socket.send(json.dumps({**given("An endless story", "many"), "frame": "first"}))
        first = said(socket)
        assert next(first)["type"] == "RUN_STARTED"
        for number in range(20):
            socket.send(json.dumps({**given("Hello", "many", f"w{number}"), "frame": str(number)}))
        refusals: list[Json] = []
        while len(refusals) < 4:
            event = json.loads(socket.recv(PATIENCE))
            refusals += [event["metadata"]["nis"]] if event["type"] == "RUN_ERROR" else []
        assert [(one["code"], one["frame"]) for one in refusals] == [("busy", str(number)) for number in range(16, 20)]
        socket.send('{"type": "cancel"}')
        assert [*said(socket)][-1]["outcome"] == {"type": "cancelled"}
        for number in range(16):
            assert {event["metadata"]["nis"]["frame"] for event in said(socket)} == {str(number)}


def test_large_frames_wait_only_as_long_as_one_may_be(speaking: Server) -> None:
    """What waits holds the server's memory: no more of it than one frame may have."""
    with opened(speaking) as socket:
        socket.send(json.dumps({**given("An endless story", "large"), "frame": "first"}))
        first = said(socket)
        assert next(first)["type"] == "RUN_STARTED"
        for name in ("fits", "beyond"):
            socket.send(json.dumps({**given("Hello", "large", name), "frame": name, "pad": "x" * 60_000}))
        refused = next(event["metadata"]["nis"] for event in said(socket) if event["type"] == "RUN_ERROR")
        assert (refused["code"], refused["frame"]) == ("busy", "beyond")
        socket.send('{"type": "cancel"}')
        assert [*said(socket)][-1]["outcome"] == {"type": "cancelled"}
        assert {event["metadata"]["nis"]["frame"] for event in said(socket)} == {"fits"}


def test_one_watches_what_another_has_begun_and_it_is_cancelled_over_the_socket(speaking: Server) -> None:
    """Two sockets hear one run; the cancel of one ends it for both."""
    with opened(speaking) as begun, opened(speaking) as watching:
        begun.send(json.dumps(given("An endless story", "watched")))
        first = said(begun)
        while next(first)["type"] != "TEXT_MESSAGE_CONTENT":
            pass
        watching.send(json.dumps({"type": "watch", "threadId": "watched", "runId": "r1"}))
        second = said(watching)
        while next(second)["type"] != "TEXT_MESSAGE_CONTENT":
            pass
        watching.send(json.dumps({"type": "cancel"}))
        for events in (first, second):
            *_, last = events
            assert last["outcome"] == {"type": "cancelled"}


def test_a_cancel_ends_a_run_that_is_only_being_begun(speaking: Server) -> None:
    """Who stops at once is not answered to the end."""
    with opened(speaking) as socket:
        socket.send(json.dumps(given("An endless story", "stopped at once")))
        socket.send('{"type": "cancel"}')
        *_, last = said(socket)
        assert last["outcome"] == {"type": "cancelled"}


def test_a_key_that_may_only_read_cancels_nothing(speaking: Server) -> None:
    """The scope of runs.cancel_run holds over the socket too; whoever lacks it is told."""
    ann, reader = holder(speaking, owner="ann"), holder(speaking, owner="ann", scopes=["runs:read"])
    with opened(speaking, **ann.headers) as begun, opened(speaking, **reader.headers) as watching:
        begun.send(json.dumps(given("An endless story", "read")))
        assert next(said(begun))["type"] == "RUN_STARTED"
        watching.send(json.dumps({"type": "watch", "threadId": "read"}))
        assert next(said(watching))["type"] == "RUN_STARTED"
        watching.send('{"type": "cancel"}')
        *_, told = said(watching)
        assert told["code"] == "forbidden"
        assert ann.done("GET", "/runs?limit=1")["runs"][0]["state"] == "running"
        begun.send('{"type": "cancel"}')
        *_, last = said(begun)
        assert last["outcome"] == {"type": "cancelled"}


def test_a_run_goes_on_when_its_socket_closes(speaking: Server) -> None:
    """What was not heard is told on another socket, after the last that was."""
    body = given("Speak slowly", "left")
    with opened(speaking) as socket:
        socket.send(json.dumps(body))
        heard = [json.loads(socket.recv(PATIENCE)) for _ in range(4)]
    place = heard[-1]["metadata"]["nis"]["id"]
    with opened(speaking) as socket:
        socket.send(json.dumps({**body, "lastEventId": place}))
        rest = list(said(socket))
    whole = list(stream(f"{speaking.url}/agui", body))
    assert [plain(event) for event in [*heard, *rest]] == whole


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ("{", None),
        ("[]", None),
        ('{"type": "dance"}', "type"),
        ('{"type": "watch"}', "threadId"),
        ('{"type": "watch", "threadId": "t", "runId": 3}', "runId"),
        ('{"type": "watch", "threadId": "nowhere"}', "threadId"),
        ('{"type": "watch", "threadId": "t", "catalogs": [1]}', "catalogs.0"),
        ('{"threadId": "t"}', "runId"),
        (json.dumps({**given("Hello", "t"), "lastEventId": 3}), "Last-Event-ID"),
        (json.dumps({**given("Hello", "t"), "frame": 3}), "frame"),
    ],
)
def test_a_wrong_frame_is_answered_and_the_next_one_too(speaking: Server, frame: str, field: str | None) -> None:
    """By its field, in the event that ends a run; nothing was begun. A cancel with nothing to cancel says nothing."""
    with opened(speaking) as socket:
        socket.send(frame)
        socket.send('{"type": "cancel"}')
        socket.send(json.dumps({**given("Hello", "after wrong", "r1"), "frame": "right"}))
        (wrong,) = said(socket)
        assert wrong["metadata"]["nis"].get("field") == field
        assert {event["metadata"]["nis"]["frame"] for event in said(socket)} == {"right"}


def test_a_model_that_calls_nothing_says_so(speaking: Server) -> None:
    """The client's functions are not dropped in silence: a warning, and the answer in words."""
    tools = [{"name": "get_location", "description": "Where the person is."}]
    with opened(speaking) as socket:
        socket.send(json.dumps(given("Hello", "toolless", tools=tools)))
        events = list(said(socket))
    warnings = [event["value"]["message"] for event in events if event["type"] == "CUSTOM"]
    assert warnings == ["scripted:scripted calls no functions: the caller's were not offered to it."]
    assert events[-1]["outcome"] == {"type": "success"}


def code_of(socket: ClientConnection) -> int | None:
    """What the socket closes with, after all that comes before."""
    try:
        while True:
            socket.recv(PATIENCE)
    except ConnectionClosed as closed:
        return closed.rcvd and closed.rcvd.code


def test_a_socket_closes_with_the_codes_that_it_promises(speaking: Server) -> None:
    """Not text, too large; a foreign page does not get in."""
    cases: list[tuple[bytes | str, int]] = [(b"{}", 1003), (json.dumps({"a": "x" * 200_000}), 1009)]
    for frame, code in cases:
        with opened(speaking) as socket:
            socket.send(frame)
            assert code_of(socket) == code
    with pytest.raises(InvalidStatus, match="403"), opened(speaking, Origin="https://evil.example"):
        pass


def test_a_socket_wants_a_key_where_one_is_wanted(tmp_path_factory: pytest.TempPathFactory) -> None:
    """4401 without one, as on every socket here; with one, the run is its owner's. 1001 when the server stops."""
    folder = tmp_path_factory.mktemp("keyed")
    script = folder / "script.json"
    script.write_text(json.dumps(SCRIPT))
    environment = {"NIS_API_KEY": "a-key", "NIS_SCRIPTED": str(script), "NIS_MODEL": "scripted"}
    with running_server(folder / "data", environment=environment) as server:
        with opened(server) as socket:
            assert code_of(socket) == 4401
        with opened(server, Authorization="Bearer a-key") as socket:
            socket.send(json.dumps(given("An endless story", "mine")))
            assert next(said(socket))["type"] == "RUN_STARTED"
            os.kill(server.pid, signal.SIGTERM)
            assert code_of(socket) == 1001
