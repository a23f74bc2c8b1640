"""How an execution leaves its run when its process ends while the store cannot take it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from conftest import Serve, Server
from postgresql import running_postgresql
from rest_client import ask, done

from nis_backend import app
from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.context import Context
from nis_backend.operation import Model, Recorded, operation
from nis_backend.settings import read_settings

PATIENCE = 60.0


class Nothing(Model):
    """A request without fields."""


@operation("tests.hold_on", effect="writes")
async def hold_on(request: Nothing, ctx: Context) -> Recorded[Nothing]:
    """Let go when it is told the third time: the process's last word, after the store is closed."""
    await ctx.run.before_effect()
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
            handle = await ctx.start_run(hold_on, Nothing())
            async for _ in handle.follow():
                break

    thread = threading.Thread(target=lambda: asyncio.run(body()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    with sqlite3.connect(tmp_path / "nis.db") as database:
        assert database.execute("select state, attempt from runs").fetchall() == [("running", 1)]


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
                NIS_STALL_SECONDS="2",
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
