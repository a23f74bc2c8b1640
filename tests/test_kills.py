"""A server that is killed while runs go on; `make prove-kills` is the long form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_ten_kills_lose_nothing_and_do_nothing_twice(root: Path) -> None:
    """Readers go on from their cursors, each log is whole, each effect happened once or was allowed again.

    Source: README, Runs.
    """
    script = [sys.executable, str(root / "benchmarks" / "kills.py")]
    size = ["--kills", "10", "--walks", "4", "--most", "1.5"]
    done = subprocess.run([*script, *size], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| 10 kills in" in done.stdout
    assert "Nothing was lost, and nothing was done twice." in done.stdout
