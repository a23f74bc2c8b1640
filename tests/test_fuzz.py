"""Spoilt requests in every protocol; `make prove-fuzz` is the long form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_what_strangers_send_is_answered_and_shows_them_nothing(root: Path) -> None:
    """Promise: no fault, no other's words, no trace, no run that does not end; source: README, The same everywhere."""
    script = [sys.executable, str(root / "benchmarks" / "fuzz.py"), "--messages", "100"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" | 100 | ") >= 11, done.stdout
