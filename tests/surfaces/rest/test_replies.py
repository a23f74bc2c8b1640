"""`Idempotency-Key`: a write that is repeated is done once, over restarts too."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, Server, running_server
from opened import Nothing, opened
from rest_client import Json, ask, events_of

from nis_backend.caller import Caller
from nis_backend.context import Context, Owned
from nis_backend.errors import Conflict, Forbidden, Unavailable
from nis_backend.operation import operation
from nis_backend.surfaces.rest.replies import Replies

APP = '''
import asyncio
from pathlib import Path

from nis_backend.errors import Conflict, Unavailable
from nis_backend.operation import Model, operation

FOLDER = Path(__file__).parent


class Line(Model):
    """What to write down."""

    text: str
    wait: bool = False


class Count(Model):
    """How many lines there are now."""

    lines: int


@operation("notes.write_line", effect="writes")
async def write_line(request: Line, ctx: "Context") -> Count:
    """Write a line, then wait for the file `go` where that is asked for."""
    with (FOLDER / "lines").open("a") as lines:
        lines.write(request.text + "\\n")
    if request.text == "refuse":
        raise Conflict("Refused.", remedy="Do not.")
    if request.text == "later":
        raise Unavailable("Not now.", remedy="Later.")
    while request.wait and not (FOLDER / "go").exists():
        await asyncio.sleep(0.01)
    return Count(lines=len((FOLDER / "lines").read_text().splitlines()))


@operation("notes.count_lines", effect="reads")
def count_lines(request: Line, ctx: "Context") -> Count:
    """Count the lines."""
    return Count(lines=len((FOLDER / "lines").read_text().splitlines()))


OPERATIONS = (write_line, count_lines)
'''
WRITE = "/notes/write-line"


class Notes:
    """A server whose one write leaves a line in a file, so that what was done can be counted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "notes.py").write_text(APP)
        script = {"replies": [{"text": "one two three four five"}], "pause": 0.2}
        (folder / "script.json").write_text(json.dumps(script))
        self.arguments = ("--app", str(folder / "notes.py"))
        self.environment = {"NIS_SCRIPTED": str(folder / "script.json")}

    @property
    def lines(self) -> list[str]:
        """Every line written so far."""
        path = self.folder / "lines"
        return path.read_text().splitlines() if path.exists() else []

    def go(self) -> None:
        """Let the writes that wait go on."""
        (self.folder / "go").touch()


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Notes:
    """The app file, its script and what it writes."""
    return Notes(tmp_path_factory.mktemp("notes"))


@pytest.fixture(scope="module")
def noted(notes: Notes) -> Iterator[Server]:
    """A server of it, shared by the tests that do not end it."""
    with running_server(notes.folder / "data", notes.arguments, notes.environment) as server:
        yield server


def send(server: Server, key: str, body: Json, **headers: str) -> tuple[int, Mapping[str, str], Any]:
    """One write under a key."""
    return ask(server, "POST", WRITE, body, {"idempotency-key": key, **headers})


def test_a_repeat_is_answered_and_not_done(noted: Server, notes: Notes) -> None:
    """The second answer is the first one, and says so; another key is another write."""
    status, headers, first = send(noted, "one", {"text": "a"})
    assert (status, headers.get("idempotency-replayed")) == (200, None)
    status, headers, second = send(noted, "one", {"text": "a", "wait": False})
    assert (status, headers["idempotency-replayed"], second) == (200, "true", first)
    assert notes.lines.count("a") == 1
    send(noted, "two", {"text": "a"})
    assert notes.lines.count("a") == 2


def test_a_repeat_may_want_another_media_type(noted: Server) -> None:
    """What is kept is the result and not its bytes."""
    first = send(noted, "views", {"text": "v"})[2]
    views = "application/vnd.nis.views+json"
    assert send(noted, "views", {"text": "v"}, accept=views)[2]["result"] == first


def test_a_key_is_for_one_request(noted: Server, notes: Notes) -> None:
    """Another body, or another operation, under a used key is 422."""
    send(noted, "taken", {"text": "b"})
    status, _, problem = send(noted, "taken", {"text": "c"})
    assert (status, problem["field"]) == (422, "Idempotency-Key")
    status, _, problem = ask(noted, "POST", "/chat", {"message": "hi"}, {"idempotency-key": "taken"})
    assert (status, problem["field"]) == (422, "Idempotency-Key")
    assert "c" not in notes.lines


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é"])
def test_what_is_no_key_is_refused(noted: Server, key: str) -> None:
    """Bounded, and visible."""
    status, _, problem = send(noted, key, {"text": "never"})
    assert (status, problem["field"]) == (422, "Idempotency-Key")


def test_a_repeat_during_the_first_is_409(noted: Server, notes: Notes) -> None:
    """Neither done twice nor answered with what is not there yet."""
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, noted, "slow", {"text": "slow", "wait": True})
        while "slow" not in notes.lines:
            assert not first.done()
        status, _, problem = send(noted, "slow", {"text": "slow", "wait": True})
        assert (status, problem["field"]) == (409, "Idempotency-Key")
        notes.go()
        assert first.result(60)[0] == 200
    assert send(noted, "slow", {"text": "slow", "wait": True})[1]["idempotency-replayed"] == "true"
    assert notes.lines.count("slow") == 1


def test_many_at_once_are_one(noted: Server, notes: Notes) -> None:
    """However they race, one of them writes and the others wait or are told to."""
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(send, noted, "race", {"text": "race"}) for _ in range(24)]
        assert {answer.result(60)[0] for answer in answers} <= {200, 409}
    assert notes.lines.count("race") == 1


def test_a_final_failure_is_kept_and_one_to_try_again_is_not(noted: Server, notes: Notes) -> None:
    """A problem that says `retryable` can be retried under its key."""
    for text, status, times in (("refuse", 409, 1), ("later", 503, 2)):
        answers = [send(noted, text, {"text": text}) for _ in range(2)]
        assert [answer[0] for answer in answers] == [status, status]
        assert answers[0][2]["detail"] == answers[1][2]["detail"]
        assert notes.lines.count(text) == times
    assert answers[1][1].get("idempotency-replayed") is None


def test_a_wrong_request_leaves_its_key_free(noted: Server) -> None:
    """Nothing was done: mended, it may be sent under the same key."""
    assert send(noted, "mended", {"txt": "d"})[0] == 422
    assert send(noted, "mended", {"text": "d"})[0] == 200


def test_a_read_needs_no_key(noted: Server) -> None:
    """It is done each time."""
    send(noted, "for-a-read", {"text": "e"})
    headers = {"idempotency-key": "for-a-read"}
    assert ask(noted, "POST", "/notes/count-lines", {"text": "e"}, headers)[0] == 200


def test_the_same_run_is_found_again(noted: Server) -> None:
    """Under way and ended; as a stream, as JSON and by its name."""
    body, headers = {"message": "hi"}, {"idempotency-key": "run"}
    status, named, run = ask(noted, "POST", "/chat", body, {**headers, "prefer": "respond-async"})
    assert (status, named["preference-applied"]) == (202, "respond-async")
    events = events_of(noted, "POST", "/chat", body, headers)
    assert {event["data"]["run_id"] for event in events} == {run["id"]}
    assert events[0]["event"] == "started"
    status, answered, reply = ask(noted, "POST", "/chat/send-message", body, headers)
    assert (status, reply["run_id"], answered["idempotency-replayed"]) == (200, run["id"], "true")
    assert answered["location"] == f"/runs/{run['id']}"


def test_a_key_outlives_the_server(serve: Serve, tmp_path: Path) -> None:
    """`kill -9`: a run is found again, a kept answer too, and a write that was cut is not done a second time."""
    notes = Notes(tmp_path)
    server = serve(*notes.arguments, data=tmp_path / "data", **notes.environment)
    message, key = {"message": "hi"}, {"idempotency-key": "run", "prefer": "respond-async"}
    run = ask(server, "POST", "/chat", message, key)[2]
    kept = send(server, "kept", {"text": "kept"})[2]
    with ThreadPoolExecutor(1) as pool:
        cut = pool.submit(send, server, "cut", {"text": "cut", "wait": True})
        while "cut" not in notes.lines:
            assert not cut.done()
        server.kill()
        assert cut.exception(60) is not None
    server = serve(*notes.arguments, data=tmp_path / "data", **notes.environment)
    status, headers, again = ask(server, "POST", "/chat", message, key)
    assert (status, again["id"], headers["idempotency-replayed"]) == (202, run["id"], "true")
    assert [line["id"] for line in ask(server, "GET", "/runs")[2]["runs"]] == [run["id"]]
    assert send(server, "kept", {"text": "kept"})[2] == kept
    status, _, problem = send(server, "cut", {"text": "cut", "wait": True})
    assert (status, problem["code"]) == (409, "conflict")
    assert notes.lines == ["kept", "cut"]


def test_a_run_that_was_named_and_never_made_is_made_under_that_name(serve: Serve, tmp_path: Path) -> None:
    """Killed between the two writes: the key's row is there and the run is not."""
    notes = Notes(tmp_path)
    server = serve(*notes.arguments, data=tmp_path / "data", **notes.environment)
    headers = {"idempotency-key": "run", "prefer": "respond-async"}
    run = ask(server, "POST", "/chat", {"message": "hi"}, headers)[2]
    server.kill()
    forget_run(tmp_path / "data", run["id"])
    server = serve(*notes.arguments, data=tmp_path / "data", **notes.environment)
    status, answered, again = ask(server, "POST", "/chat", {"message": "hi"}, headers)
    assert (status, again["id"], answered.get("idempotency-replayed")) == (202, run["id"], None)


def forget_run(data: Path, run_id: str) -> None:
    """Remove a run, as if it had never been written down."""
    connection = sqlite3.connect(data / "nis.db")
    connection.execute("delete from events where run_id = ?", (run_id,))
    connection.execute("delete from runs where id = ?", (run_id,))
    connection.commit()
    connection.close()


def test_a_key_is_its_owners(tmp_path: Path) -> None:
    """Another owner's equal key is another key, and tells nothing of the first."""
    done: list[str] = []

    @operation("tests.note_owner", effect="writes")
    async def note_owner(request: Nothing, ctx: Context) -> Nothing:
        """Note who calls."""
        done.append(ctx.caller.owner)
        return request

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            replies = Replies()
            for owner in ("ann", "bob", "ann", "bob"):
                mine = replace(ctx, caller=Caller(owner=owner))
                await replies.once("key", note_owner, Nothing(), mine, {})
            assert [len(await Owned(ctx.drivers.store, owner).select("replies")) for owner in ("ann", "bob")] == [1, 1]

    asyncio.run(body())
    assert done == ["ann", "bob"]


def test_what_was_called_by_its_name_is_answered_again_to_who_may_call_it(tmp_path: Path) -> None:
    """Promise of call_operation: the scopes of what it calls are checked, for an answer that was kept as well."""

    @operation("tests.call_it", effect="writes", scopes=())
    async def call_it(request: Nothing, ctx: Context) -> Nothing:
        """Call what only some may, as `operations.call_operation` does."""
        del ctx
        return request

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            replies, marks = Replies(), dict[str, str]()
            wide, narrow = (
                replace(ctx, caller=Caller(owner="ann", scopes=frozenset(held)))
                for held in ({"tests:read", "tests:write"}, {"tests:read"})
            )
            await replies.once("key", call_it, Nothing(), wide, {})
            with pytest.raises(Forbidden, match="lacks"):
                await replies.once("key", call_it, Nothing(), narrow, marks)
            assert not marks
            await replies.once("key", call_it, Nothing(), wide, marks)
            assert marks

    asyncio.run(body())


def test_what_was_done_and_could_not_be_kept_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store fails between the write and its answer: a repeat is told that it may have been done."""
    done: list[str] = []

    @operation("tests.note_call", effect="writes")
    async def note_call(request: Nothing, ctx: Context) -> Nothing:
        """Note the call."""
        done.append("once")
        return request

    async def full(*_: object) -> bool:
        raise Unavailable("The disk is full.")

    async def body() -> None:
        async with opened(tmp_path) as ctx:
            replies = Replies()
            with monkeypatch.context() as failing:
                failing.setattr(ctx.drivers.store, "update", full)
                with pytest.raises(Unavailable):
                    await replies.once("key", note_call, Nothing(), ctx, {})
            with pytest.raises(Conflict, match="may have been done"):
                await replies.once("key", note_call, Nothing(), ctx, {})

    asyncio.run(body())
    assert done == ["once"]


def test_a_key_is_forgotten_after_a_day(serve: Serve, tmp_path: Path) -> None:
    """The same key is then another request's."""
    notes = Notes(tmp_path)
    server = serve(*notes.arguments, data=tmp_path / "data", **notes.environment)
    send(server, "old", {"text": "first"})
    connection = sqlite3.connect(tmp_path / "data" / "nis.db", timeout=60)
    connection.execute("update replies set created = ?, updated = ?", [time.time() - 86_500] * 2)
    connection.commit()
    connection.close()
    assert send(server, "old", {"text": "second"})[0] == 200
    assert notes.lines == ["first", "second"]
