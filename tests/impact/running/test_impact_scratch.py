"""The folder of an analysis: gone at its end, and after its process was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nis_backend.impact.running.scratch import scratch

HOLDING = """
import sys, tempfile
from nis_backend.impact.running.scratch import scratch
with scratch() as folder:
    open(tempfile.mkstemp()[1], "w").write("x")
    print(folder, flush=True)
    sys.stdin.read()
"""
PATIENCE = 30.0


def test_all_temporary_files_are_within_it_and_gone_with_it() -> None:
    """What is started within uses the same place; afterwards nothing is other than before."""
    before = tempfile.gettempdir()
    with scratch() as folder:
        assert Path(tempfile.mkdtemp()).parent == folder
    assert not folder.exists()
    assert tempfile.gettempdir() == before


def test_a_killed_analysis_leaves_no_folder(tmp_path: Path) -> None:
    """Promise: nothing is left, also by SIGKILL, which no process can answer."""
    holding = subprocess.Popen(
        [sys.executable, "-c", HOLDING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert holding.stdin is not None
    assert holding.stdout is not None
    folder = Path(holding.stdout.readline().strip())
    assert list(folder.iterdir())
    holding.send_signal(signal.SIGKILL)
    holding.communicate()
    until = time.monotonic() + PATIENCE
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not folder.exists()
