"""A server that is killed while runs go on; `make prove-kills` is the long form."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import Serve
from postgresql import PostgreSQL

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SCRIPT = {"replies": [{"text": "The way is long, and the words are many. " * 3, "pause": 0.01}]}
TAKEN_OVER = 30.0
STEP = 7


def test_ten_kills_lose_nothing_and_do_nothing_twice() -> None:
    """Readers go on from their cursors, each log is whole, each effect happened once or was allowed again.

    Source: README, Figures.
    """
    script = [sys.executable, str(BENCHMARKS / "kills.py")]
    size = ["--kills", "10", "--walks", "4", "--most", "1.5"]
    done = subprocess.run([*script, *size], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| 10 kills in" in done.stdout
    assert "Nothing was lost, and nothing was done twice." in done.stdout


def test_a_run_whose_host_was_killed_goes_on_with_another(
    serve: Serve, postgresql: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers on one PostgreSQL: the holder dies at step 7, the other has taken over within 30 s, nothing is amiss.

    Source: README, Figures.
    """
    monkeypatch.syspath_prepend(BENCHMARKS)
    from found import check  # noqa: PLC0415 - it is found only now
    from walkers import Servers, Walker  # noqa: PLC0415 - as above

    script, ledger, database = tmp_path / "script.json", tmp_path / "ledger", postgresql.database()
    script.write_text(json.dumps(SCRIPT))
    ledger.touch()
    hosts = [
        serve(
            "--app",
            str(BENCHMARKS / "walk.py"),
            NIS_DATABASE_URL=database,
            NIS_SCRIPTED=str(script),
            NIS_MODEL="scripted:scripted",
            WALK_LEDGER=str(ledger),
        )
        for _ in range(2)
    ]
    servers = Servers([int(host.url.rpartition(":")[2]) for host in hosts])
    at_step, reached = threading.Event(), f'"step":{STEP},'.encode()
    walker = Walker(servers, "walk", 1, lambda frame: at_step.set() if reached in frame[2] else None)
    walking = threading.Thread(target=walker.walk, daemon=True)
    walking.start()
    assert at_step.wait(60)
    held = postgresql.execute("select holder from runs", database)
    [holder] = [host for host in hosts if f"-{host.pid}-" in held]
    holder.kill()
    killed = time.time()
    walking.join(120)
    assert not walking.is_alive()
    started = [
        json.loads(frame[2].partition(b"data: ")[2]) for frame in walker.readers[0].frames if frame[1] == "started"
    ]
    assert [event["attempt"] for event in started] == [1, 2]
    assert started[1]["time"] - killed < TAKEN_OVER
    found = check(servers, [walker], Counter(ledger.read_text().splitlines()))
    assert not found.faults
    assert found.figures["runs"] == 1
