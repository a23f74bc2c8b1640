"""`nis impact` as a person and a pipeline use it: exit codes, forms, a change made and taken back, signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hostile import program, until
from stores import make_environment, make_store, make_wheels, offline, tree

from nis_backend.errors import InvalidRequest, NotFound
from nis_backend.impact import answers
from nis_backend.impact.report import Report
from nis_backend.surfaces.cli.impact import command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tree of processes is read from /proc")
SMOKE = ("--smoke", "python smoke.py", "--no-install")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of tiny wheels."""
    return tmp_path_factory.mktemp("wheels")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """The interpreter of an environment that holds what the store asks for."""
    return make_environment(tmp_path_factory.mktemp("environment") / "env", make_wheels(wheels))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The project's folder."""
    return make_store(tmp_path / "store")


@pytest.fixture(autouse=True)
def _offline(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    with offline(wheels, monkeypatch):
        yield


def impact(*arguments: object) -> int:
    """One command, in this process; its exit code."""
    code = command(lambda: answers).main([str(one) for one in arguments], standalone_mode=False)
    return code if isinstance(code, int) else 0


@pytest.mark.parametrize(
    ("package", "options", "code"),
    [("idle", SMOKE, 0), ("needed", SMOKE, 10), ("idle", ("--no-install",), 11)],
    ids=["SAFE", "UNSAFE", "UNPROVEN"],
)
def test_a_verdict_has_an_exit_code_and_its_json_is_a_report(
    store: Path, python: Path, capsys: pytest.CaptureFixture[str], package: str, options: tuple[str, ...], code: int
) -> None:
    """Promise: what a pipeline decides by, and all that was found."""
    assert impact("drop", package, "--project", store, "--python", python, *options, "--json") == code
    told = json.loads(capsys.readouterr().out)
    report = Report.model_validate(told)
    assert report.model_dump(mode="json") == told
    assert {"SAFE": 0, "UNSAFE": 10, "UNPROVEN": 11}[report.verdict.word] == code


def test_a_report_is_told_and_written_in_each_form(
    store: Path, python: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Promise: the verdict comes first on the terminal, in Markdown and on the page."""
    files = ("--html", tmp_path / "report.html", "--markdown", tmp_path / "report.md")
    assert impact("drop", "guarded", "--project", store, "--python", python, *SMOKE, *files) == 10
    told = capsys.readouterr().out
    assert told.splitlines()[0].strip("*").startswith("UNSAFE")
    for text in (told, (tmp_path / "report.md").read_text("utf-8"), (tmp_path / "report.html").read_text("utf-8")):
        assert "UNSAFE" in text[:3000]
        assert "app.py" in text
    assert "does not make it" in told


def test_what_is_safe_is_applied_and_taken_back_to_the_byte(store: Path, python: Path) -> None:
    """Promise: only a SAFE change is made; `undo` leaves the folder as it was."""
    before = tree(store)
    of = ("--project", store, "--python", python)
    assert impact("drop", "needed", *of, *SMOKE, "--apply") == 10
    assert tree(store) == before
    assert impact("drop", "idle", *of, *SMOKE, "--apply") == 0
    assert "idle" not in (store / "requirements.txt").read_text("utf-8")
    assert impact("undo", "--project", store) == 0
    assert tree(store) == before


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("--project", "nowhere"), "project"),
        (("--python", "nowhere/python"), "python"),
        (("--html", "nowhere/report.html"), "file"),
        (("--region", "mars-1"), "region"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_run(
    store: Path, python: Path, arguments: tuple[str, str], field: str
) -> None:
    """Promise: not after minutes."""
    given = {"--project": str(store), "--python": str(python), **dict([arguments])}
    with pytest.raises((InvalidRequest, NotFound)) as caught:
        impact("drop", "idle", *(word for pair in given.items() for word in pair), "--smoke", "touch ran")
    assert caught.value.field == field
    assert caught.value.remedy
    assert not (store / "ran").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_who_ends_it_midway_finds_no_process_and_no_folder(
    store: Path, python: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Promise: also of a command that has left its session, and also where nothing can be caught."""
    source = "import os, time\nos.fork()\nos.fork() or os.setsid()\ntime.sleep(600)\n"
    hangs, folder = program(store, source), tmp_path / "temporary"
    folder.mkdir()
    before = tree(store)
    words = ("impact", "drop", "idle", "--project", str(store), "--python", str(python), "--start", hangs.command())
    process = subprocess.Popen(
        [sys.executable, "-m", "nis_backend", *words],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with process:
        until(lambda: len(hangs.left()) >= 4, 60)
        assert any(folder.iterdir())
        process.send_signal(number)
        assert process.wait(60) == {signal.SIGINT: 130, signal.SIGTERM: 143}.get(number, -number)
    until(lambda: not hangs.left(), 60)
    until(lambda: not any(folder.iterdir()), 60)
    assert tree(store) == before
