"""Starts measured by turns in two environments."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ports import free_port

from nis_backend.errors import InvalidRequest
from nis_backend.impact.measuring import starts
from nis_backend.impact.measuring.starts import NAMES, Service, measure
from nis_backend.impact.running import started

sys.path.append(str(Path(__file__).parents[1]))
from hostile import program

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tree of processes is read from /proc")
HEAVY = """
import os, pathlib, sys, time
heavy = pathlib.Path(os.environ["VIRTUAL_ENV"]).name == "heavy"
with open("turns", "a") as turns: turns.write("h" if heavy else "l")
held = b"x" * (40 << 20 if heavy else 1)
until = time.process_time() + (0.15 if heavy else 0)
while time.process_time() < until: pass
import socket
listens = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service is quick to settle."""
    monkeypatch.setattr(starts, "SETTLED", 0.02)
    monkeypatch.setattr(starts, "RESTED", 0.02)
    monkeypatch.setattr(started, "GRACE_SECONDS", 0.3)


def sides(folder: Path) -> tuple[Path, Path]:
    """Two folders that are taken for environments."""
    for name in ("heavy", "light"):
        (folder / name / "bin").mkdir(parents=True)
        (folder / name / "bin" / "python").symlink_to(Path(sys.executable).resolve())
        (folder / name / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    return folder / "heavy", folder / "light"


def test_a_start_that_is_lighter_is_told_in_each_figure(tmp_path: Path) -> None:
    """Promise: starts by turns; time, processor time of the whole tree, memory and its peak, with their intervals."""
    one, port = program(tmp_path, HEAVY), free_port()
    service = Service(command=one.command(port), ready=f"port {port}", folder=tmp_path)
    heard: list[str] = []

    measures, told = measure(service, *sides(tmp_path), runs=6, tell=lambda _, what: heard.append(what))

    found = {each.name: each for each in measures}
    assert [*found] == [*NAMES]
    for name, least in (("cpu_to_ready", 0.1), ("memory", 35e6), ("peak_memory", 35e6)):
        figure = found[name]
        assert figure.changed, name
        assert figure.before.median - figure.after.median > least
        assert figure.difference.low <= figure.difference.median <= figure.difference.high < 0
        assert figure.before.runs == 6
    assert (tmp_path / "turns").read_text() == "hl" + "hllh" * 3
    assert len(heard) == 6
    assert told.startswith("6 starts in each of two environments, by turns")
    assert one.left() == []


def test_what_does_not_start_is_a_typed_error(tmp_path: Path) -> None:
    """Promise: the error names the start and what it wrote last."""
    one = program(tmp_path, "raise SystemExit('no database')")
    with pytest.raises(InvalidRequest, match="no database") as refused:
        measure(
            Service(command=one.command(), ready=f"port {free_port()}", folder=tmp_path),
            *sides(tmp_path),
            tell=lambda _, __: None,
        )
    assert refused.value.field == "start"
