"""Folders that are ours for a while."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from nis_backend.impact.running.scratch import PREFIX, scratch

HOLDS = """
from nis_backend.impact.running.scratch import scratch
with scratch() as folder:
    print(folder, flush=True)
    input()
"""


def test_a_folder_is_gone_also_where_its_maker_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: nothing is left for good; and what another still uses, or is not ours, is not touched."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    other = tmp_path / f"{PREFIX}other"
    other.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as holder:
        assert holder.stdout is not None
        held = Path(holder.stdout.readline().strip())
        with scratch() as mine:
            assert mine.is_dir()
            assert held.is_dir()
        holder.kill()
    assert held.is_dir()
    with scratch():
        assert not held.parent.exists()
    assert [*tmp_path.iterdir()] == [other]
