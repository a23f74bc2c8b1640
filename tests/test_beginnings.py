"""A run that a death cuts while it begins is there whole, and goes on by itself, or is not there at all."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from durable_app import OPERATIONS

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.context import Context
from nis_backend.settings import read_settings

DYING = Path(__file__).with_name("dying.py")
PATIENCE = 60.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a script for the model."""
    (tmp_path / "script.json").write_text('{"replies": [{"text": "Yes."}]}')
    return tmp_path


def killed(folder: Path, beginning: str, point: str) -> None:
    """One diary is kept, then another run begins, and its process is killed over it."""
    dead = subprocess.run(
        [sys.executable, str(DYING), str(folder), beginning, point],
        timeout=PATIENCE,
        check=False,
        capture_output=True,
        text=True,
    )
    assert dead.returncode == -signal.SIGKILL, dead.stderr


def counted(folder: Path) -> tuple[int, int]:
    """How many runs and conversations there are."""
    with sqlite3.connect(folder / "nis.db") as database:
        found = database.execute("select (select count(*) from runs), (select count(*) from conversations)").fetchone()
    database.close()
    return tuple(found)


@pytest.mark.parametrize("beginning", ["said", "held", "forked"])
@pytest.mark.parametrize("point", ["before_the_run", "before_the_commit"])
def test_what_was_not_committed_leaves_nothing(folder: Path, beginning: str, point: str) -> None:
    """Promise: no conversation without its turn, no run without its log."""
    killed(folder, beginning, point)
    assert counted(folder) == (1, 0)


@pytest.mark.parametrize("beginning", ["said", "held", "forked"])
def test_what_was_committed_wants_no_hand(folder: Path, beginning: str) -> None:
    """Promise: killed before anything more is written, the next process goes on with it, or its question stands."""
    killed(folder, beginning, "after_the_commit")
    assert counted(folder) == (2, 1 if beginning == "said" else 0)

    async def body() -> None:
        one = Process(read_settings({}, data=folder, scripted=folder / "script.json"))
        one.operations.add(OPERATIONS)
        async with one.open(), asyncio.timeout(PATIENCE):
            ctx = one.context(LOCAL)
            run, _ = await ctx.runs.list()
            if beginning == "held":
                await allow(ctx, run.id)
            await ctx.runs.result(run.id)
            numbers = [event.seq for event in await ctx.runs.all_events(run.id)]
            assert numbers == list(range(1, len(numbers) + 1))

    asyncio.run(body())


async def allow(ctx: Context, run_id: str) -> None:
    """The question is in the log, as for any reader; a person says yes."""
    assert [event.body.type for event in await ctx.runs.events(run_id)] == ["approval_required"]
    await ctx.runs.approve(run_id)
