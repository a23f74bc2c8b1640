"""How an execution leaves its run when its process ends while the store cannot take it."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
from conftest import Serve, Server
from postgresql import running_postgresql
from rest_client import ask, done

from nis_backend import app
from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.context import Context
from nis_backend.event import Warned
from nis_backend.operation import Model, Recorded, operation
from nis_backend.settings import read_settings

PATIENCE = 60.0


class Nothing(Model):
    """A request without fields."""


def check_ends(body: Callable[[], Coroutine[None, None, None]]) -> None:
    """A process that does this, and is not waited for without an end."""
    thread = threading.Thread(target=lambda: asyncio.run(body()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


HELD = asyncio.Event()
"""Set when a run is where it hears that it is to stop, and not sooner: its own steps would let go of it."""


@operation("tests.hold_on", effect="writes")
async def hold_on(request: Nothing, ctx: Context) -> Recorded[Nothing]:
    """Let go when it is told the third time: the process's last word, after the store is closed."""
    await ctx.run.before_effect()
    HELD.set()
    for _ in range(2):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    await asyncio.Event().wait()
    return request


def test_a_run_that_lets_go_after_the_store_is_closed_does_not_keep_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends, the row is as it was, and the next one takes it back."""
    monkeypatch.setattr(app, "RUNS_DRAIN_SECONDS", 0.0)

    async def body() -> None:
        one = Process(read_settings({}, data=tmp_path))
        one.operations.add([hold_on])
        async with one.open():
            ctx = one.context(LOCAL)
            await ctx.start_run(hold_on, Nothing())
            await HELD.wait()

    check_ends(body)
    with sqlite3.connect(tmp_path / "nis.db") as database:
        assert database.execute("select state, attempt from runs").fetchall() == [("running", 1)]


@operation("tests.hold_fast", effect="writes")
async def hold_fast(request: Nothing, ctx: Context) -> Recorded[Nothing]:
    """Never let go, and write each time it is told to."""
    await ctx.run.before_effect()
    while True:
        try:
            await ctx.run.write(Warned(message="Not yet."))
            await ctx.run.flush()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    return request


def test_a_run_that_writes_on_after_the_store_is_closed_is_refused_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code that swallows the stop asks a closed store once: the run goes on elsewhere, and the process ends."""
    monkeypatch.setattr(app, "RUNS_DRAIN_SECONDS", 0.0)

    async def body() -> None:
        one = Process(read_settings({}, data=tmp_path))
        one.operations.add([hold_fast])
        async with one.open():
            async for _ in (await one.context(LOCAL).start_run(hold_fast, Nothing())).follow():
                break

    check_ends(body)


SPINNING = '''
import sys

from nis_backend.operation import Model, Recorded, operation


class Nothing(Model):
    """A request without fields."""


@operation("tests.spin", effect="writes")
async def spin(request: Nothing, ctx: "Context") -> Recorded[Nothing]:
    """Hear nothing, whatever it is told."""
    await ctx.run.before_effect()
    print("spinning", file=sys.stderr, flush=True)
    while True:
        pass


OPERATIONS = (spin,)
'''
LAST = """
import sys
from pathlib import Path
from nis_backend import server
from nis_backend.settings import read_settings

server.LAST_SECONDS = 1.0
server.serve(read_settings({}, data=Path(sys.argv[1]), port=0), Path(sys.argv[2]))
"""


def test_a_server_whose_code_hears_nothing_ends_all_the_same(tmp_path: Path) -> None:
    """Its last word is a line in the log, and the run is queued again by the next start."""
    (tmp_path / "spinning.py").write_text(SPINNING)
    command = [sys.executable, "-c", LAST, str(tmp_path / "data"), str(tmp_path / "spinning.py")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            told = ""
            while "http://" not in told:
                told = process.stderr.readline()
                assert process.poll() is None
            place = told.partition("http://")[2].partition("/")[0].strip()
            head = f"POST /tests/spin HTTP/1.1\r\nHost: {place}\r\nContent-Type: application/json\r\n"
            with socket.create_connection(("127.0.0.1", int(place.rpartition(":")[2])), timeout=PATIENCE) as caller:
                caller.sendall(f"{head}Content-Length: 2\r\n\r\n{{}}".encode())
                while "spinning" not in told:
                    told = process.stderr.readline()
                    assert process.poll() is None
            process.terminate()
            assert process.wait(PATIENCE) == 1
            assert "ends without" in process.stderr.read()
        finally:
            process.kill()


def test_a_server_ends_while_its_database_is_away_and_its_run_goes_on_elsewhere(serve: Serve, tmp_path: Path) -> None:
    """SIGTERM: a database that does not answer is not waited for; what it holds is taken over by whoever comes."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"replies": [{"when": "forever", "text": "on and on it goes", "pause": 2}]}))
    with running_postgresql() as own:
        database = own.database()

        def started() -> Server:
            return serve(
                NIS_DATABASE_URL=database,
                NIS_SCRIPTED=str(script),
                NIS_MODEL="scripted:scripted",
                NIS_STALL_SECONDS="5",
            )

        first = started()
        turn = {"message": "Go on forever."}
        _, _, run = ask(first, "POST", "/chat", turn, {"prefer": "respond-async"})
        deadline = time.monotonic() + PATIENCE
        while (found := done(first, "GET", f"/runs/{run['id']}"))["last_seq"] < 3:
            assert time.monotonic() < deadline, found
        own.stop()
        first.process.terminate()
        first.process.wait(PATIENCE)
        own.start()
        second = started()
        while (found := done(second, "GET", f"/runs/{run['id']}"))["state"] != "succeeded":
            assert time.monotonic() < deadline + PATIENCE
        assert found["attempt"] == 2
