"""Many readers of runs that are being written; `make prove-readers` is the long form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_every_reader_of_a_run_reads_the_same(root: Path) -> None:
    """40 readers of 4 runs, early, late and slow ones, have each log's frames byte for byte; source: README, Runs."""
    script = [sys.executable, str(root / "benchmarks" / "readers.py")]
    size = ["--runs", "4", "--readers", "40", "--events", "30", "--seconds", "2"]
    done = subprocess.run([*script, *size], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "40 readers of 4 runs" in done.stdout
    assert "All read the same, to the end." in done.stdout
