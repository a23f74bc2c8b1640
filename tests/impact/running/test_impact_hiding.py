"""A project's commands with a package and without it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ports import free_port

from nis_backend.errors import NotFound
from nis_backend.impact.project.opening import Project, open_project
from nis_backend.impact.report import Hidden, Phase, PhaseName
from nis_backend.impact.running import started
from nis_backend.impact.running.comparing import compared
from nis_backend.impact.running.hiding import hide
from nis_backend.impact.running.phases import Commands, Ran

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
        ("falls", "'slowly' without it alone"),
        ("meta", "'none' without it alone"),
        ("runs", "'False' without it alone"),
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


def ran(name: PhaseName, written: str, outcome: str = "passed", code: int = 0) -> Ran:
    """A command that ran."""
    phase = Phase.model_validate({"name": name, "command": "x", "outcome": outcome, "code": code})
    return Ran(phase=phase, written=written)


def test_lines_are_compared_without_what_varies() -> None:
    """Promise: two runs of the same program compare equal, and a test that was skipped does not."""
    one = "2026-01-02T03:04:05.678Z pid=12 [12] took 1.5 s at 0x7f00aa in /a/env/x listening on 127.0.0.1:40001\n"
    two = "2027-11-12 13:14:15,001 pid=977 [3] took 20 ms at 0x12 in /b/x listening on 127.0.0.1:51234\n"
    (found,) = compared([ran("test", one)], [], [ran("test", two)], roots=["/a/env", "/b"])
    assert found.same, found.difference
    (found,) = compared([ran("test", "5 passed in 0.1s")], [], [ran("test", "4 passed, 1 skipped in 0.1s")])
    assert found.difference == (
        "it wrote '5 passed in DURATION' with it alone, '4 passed, 1 skipped in DURATION' without it alone"
    )


def test_of_a_start_only_what_tells_of_a_failure_is_compared() -> None:
    """Promise: what a service logs is its own affair, but for warnings and errors."""
    (found,) = compared([ran("start", "a", "ready")], [], [ran("start", "b", "ready")])
    assert found.same
    (found,) = compared([ran("start", "a", "ready")], [], [ran("start", "WARNING: slow", "ready")])
    assert "WARNING: slow" in found.difference


def test_a_smoke_that_was_not_run_is_told() -> None:
    """Promise: where it did not start without the package, its smoke is not passed over."""
    first = [ran("start", "", "ready"), ran("smoke", "")]
    found = compared(first, [], [ran("start", "ImportError: x", "failed", 1)])
    assert [one.same for one in found] == [False, False]
    assert "ImportError: x" in found[0].difference
