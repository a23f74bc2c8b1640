"""What tasks wrote, in the order of its time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from nis_backend.deployment.local.controller import bound
from nis_backend.deployment.local.lines import read_lines

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()


def line(second: int, text: str) -> str:
    """A line of JSON, as nis writes it where it is told to."""
    return json.dumps({"time": datetime.fromtimestamp(NOON + second, UTC).isoformat(), "message": text}) + "\n"


def test_lines_of_several_tasks_are_told_by_time_and_a_traceback_stays_with_its_line(tmp_path: Path) -> None:
    """The newest are those that are kept."""
    local = datetime.fromtimestamp(NOON + 2).strftime("%Y-%m-%d %H:%M:%S,250")  # noqa: DTZ006 - as logging writes it
    (tmp_path / "api-a.log").write_text(line(1, "one") + line(3, "three"))
    (tmp_path / "worker-b.log").write_text(f"{local} ERROR two\nTraceback\n  at a line\n")
    (tmp_path / "worker-b.log.1").write_text(line(0, "nought"))
    (tmp_path / "other.txt").write_text("none of theirs")
    found = read_lines(tmp_path, None, since=NOON, limit=100, words="")
    assert [round(one.time - NOON, 2) for one in found] == [0, 1, 2.25, 2.25, 2.25, 3]
    assert [one.text for one in found][2:5] == [f"{local} ERROR two", "Traceback", "  at a line"]
    assert [(one.service, one.task) for one in found][:2] == [("worker", "b"), ("api", "a")]
    assert [one.time - NOON for one in read_lines(tmp_path, "api", since=NOON + 2, limit=9, words="")] == [3]
    newest = read_lines(tmp_path, None, since=0, limit=2, words="t")
    assert newest[0].text == "  at a line"
    assert len(read_lines(tmp_path, None, since=0, limit=9, words="three")) == 1


def test_a_log_that_is_too_long_is_put_aside_while_its_task_writes_on(tmp_path: Path) -> None:
    """A machine's disk is not filled by one that talks."""
    path = tmp_path / "api-a.log"
    with path.open("ab", buffering=0) as file:
        file.write(b"x" * 20_000)
        bound(path, 10_000)
        file.write(b"more\n")
    assert path.read_bytes() == b"more\n"
    assert path.with_suffix(".log.1").stat().st_size == 20_000
    bound(path, 10_000)
    assert path.read_bytes() == b"more\n"
