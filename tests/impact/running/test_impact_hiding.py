"""A project's commands with a package and without it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ports import free_port

from nis_backend.errors import NotFound
from nis_backend.impact.project.opening import Project, open_project
from nis_backend.impact.report import Hidden
from nis_backend.impact.running import started
from nis_backend.impact.running.hiding import hide, lines
from nis_backend.impact.running.phases import Commands

sys.path.append(str(Path(__file__).parents[1]))
from hostile import SERVE
from wheels import environment, wheel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tree of processes is read from /proc")
FILES = {
    "unused.py": "import os, time\nprint('pid', os.getpid(), time.time(), object())\nprint('ok')",
    "needs.py": "import fast\nprint('ok')",
    "third.py": "import asks\nprint('ok')",
    "falls.py": "try:\n    import fast\n    print('quickly')\nexcept ImportError:\n    print('slowly')",
    "meta.py": (
        "from importlib.metadata import PackageNotFoundError, entry_points, version\n"
        "try:\n    print(version('fast-thing'))\nexcept PackageNotFoundError:\n    print('none')\n"
        "print(len(entry_points(group='shop.plugins')))"
    ),
    "runs.py": "import shutil\nprint(shutil.which('fast-run') is not None)",
    "fails.py": "import nowhere",
    "random_lines.py": "import random\nprint(random.random())\nprint('ok')",
    "serves.py": f"try:\n    import fast\nexcept ImportError:\n    pass\n{SERVE}\nserver.serve_forever()",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a package that it, a third party, or nobody uses."""
    root = tmp_path_factory.mktemp("hides")
    for name, text in FILES.items():
        (root / name).write_text(text + "\n", "utf-8")
    fast = wheel(
        root / "wheels",
        "fast-thing",
        "1.0",
        {"fast.py": "def run(): pass"},
        scripts={"fast-run": "fast:run"},
        plugins={"shop.plugins": {"fast": "fast:run"}},
    )
    asks = wheel(root / "wheels", "asks", "2.0", {"asks.py": "import fast"}, requires=["fast-thing"])
    return open_project(root, environment(root / ".venv", fast, asks))


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(started, "GRACE_SECONDS", 0.3)


def hidden(project: Project, smoke: str) -> Hidden:
    """The comparison of one smoke."""
    (found,) = hide(project, "fast_thing", Commands(smoke=smoke), limit=60)
    return found


@pytest.mark.parametrize("name", ["unused", "random_lines", "fails"])
def test_what_nobody_uses_changes_nothing(project: Project, name: str) -> None:
    """Promise: what differs from run to run is no difference, nor is a failure that was there before."""
    found = hidden(project, f"python {name}.py")
    assert found.same, found.difference


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("needs", "No module named 'fast'"),
        ("third", "No module named 'fast'"),
        ("falls", "without it alone it writes “slowly”"),
        ("meta", "without it alone it writes “none”"),
        ("runs", "without it alone it writes “False”"),
    ],
)
def test_what_uses_it_differs_with_the_evidence(project: Project, name: str, says: str) -> None:
    """Promise: its modules, metadata, entry points and commands are gone; also where the failure is caught."""
    found = hidden(project, f".venv/bin/python {name}.py")
    assert not found.same
    assert says in found.difference
    assert found.with_it.outcome == "passed"


def test_its_own_command_is_gone(project: Project) -> None:
    """Promise: a command of it that the project's command starts is not found, by name or by path."""
    for command in ("fast-run", ".venv/bin/fast-run"):
        found = hidden(project, command)
        assert found.without_it.code == 127
        assert "not found" in found.difference


def test_a_service_starts_without_it(project: Project) -> None:
    """Promise: a start is compared by whether it becomes ready, and the smoke asks the one that runs."""
    port = free_port()
    smoke = f"python -c \"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{port}/').status)\""
    commands = Commands(start=f"python serves.py {port}", ready=f"http://127.0.0.1:{port}/", smoke=smoke)
    found = hide(project, "fast-thing", commands, limit=60)
    assert [(one.with_it.outcome, one.same) for one in found] == [("ready", True), ("passed", True)]


def test_nothing_of_the_project_changed(project: Project) -> None:
    """Promise: the environment and the folder are as they were, bytecode included."""
    before = {path: path.stat().st_mtime_ns for path in project.root.rglob("*") if path.is_file()}
    hidden(project, "python needs.py")
    assert {path: path.stat().st_mtime_ns for path in project.root.rglob("*") if path.is_file()} == before


def test_what_is_not_installed_cannot_be_hidden(project: Project) -> None:
    """Promise: a typed error with the remedy."""
    with pytest.raises(NotFound, match="not installed"):
        hide(project, "nowhere", Commands(smoke="true"), limit=5)


def test_lines_are_compared_without_what_varies() -> None:
    """Promise: two runs of the same program compare equal."""
    one = "2026-01-02T03:04:05.678Z pid=12 [12] took 1.5 s at 0x7f00aa in /a/env/x listening on 127.0.0.1:40001\n"
    two = "2027-11-12 13:14:15,001 pid=977 [3] took 20 ms at 0x12 in /b/x listening on 127.0.0.1:51234\n"
    assert lines(one, ["/a/env", "/b"]) == lines(two, ["/a/env", "/b"])
    assert lines("5 passed in 0.1s", []) != lines("4 passed, 1 skipped in 0.1s", [])
