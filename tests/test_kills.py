"""A server that is killed while runs go on; `make prove-kills` is the long form."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


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


def test_a_run_whose_host_was_killed_goes_on_with_another() -> None:
    """Two servers on one PostgreSQL: the holder dies at step 7, the other has taken over within 30 s, nothing is amiss.

    Source: README, Figures.
    """
    script = [sys.executable, str(BENCHMARKS / "takeover.py"), "--times", "1"]
    # The long form waits as long as a default server does.
    patience = {**os.environ, "NIS_STALL_SECONDS": "2"}
    done = subprocess.run(script, env=patience, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Killed at step 7" in done.stdout
    assert "Nothing was lost, and nothing was done twice." in done.stdout
