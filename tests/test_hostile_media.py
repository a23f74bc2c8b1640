"""Hostile pictures and sounds in every operation that takes them; `make prove-media` is the long form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_hostile_files_are_refused_and_leave_the_server_and_its_workers_well(root: Path) -> None:
    """Promise: typed refusals, memory that returns, no process left, and the next good file answered."""
    script = [sys.executable, str(root / "benchmarks" / "media.py"), "--files", "60", "--seconds", "20", "--once"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "wrong: 0" in done.stdout
