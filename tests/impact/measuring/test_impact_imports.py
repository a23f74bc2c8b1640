"""What imports cost by distribution, and what distributions do at start by themselves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nis_backend.errors import InvalidRequest
from nis_backend.impact import answers
from nis_backend.impact.measuring.hooks import find_hooks
from nis_backend.impact.measuring.imports import OWN, STANDARD, by_distribution, import_times
from nis_backend.impact.project.opening import Project, open_project
from nis_backend.impact.proof.target import target
from nis_backend.impact.running.phases import Commands
from nis_backend.impact.running.traces import Trace
from nis_backend.impact.running.watching import watch_commands

sys.path.append(str(Path(__file__).parents[1]))
from wheels import environment, wheel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tree of processes is read from /proc")
BURNS = "import time\nuntil = time.process_time() + {}\nwhile time.process_time() < until: pass\n"
LISTENS = ', socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); s.accept()'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that imports a slow package, by which a slower one is imported, and one that does things."""
    root = tmp_path_factory.mktemp("costs")
    (root / "app.py").write_text("import outer\nimport does\n" + BURNS.format(0.01), "utf-8")
    (root / "main.py").write_text("import app\n", "utf-8")
    (root / "requirements.txt").write_text("outer\n", "utf-8")
    does = (
        "import socket, subprocess, sys, threading\n"
        "subprocess.run([sys.executable, '-S', '-c', ''])\n"
        "threading.Thread(target=threading.Event().wait, args=(60,), daemon=True).start()\n"
        "socket.socket().bind(('127.0.0.1', 0))\n"
    )
    wheels = [
        wheel(root / "w", "outer", "1", {"outer.py": BURNS.format(0.05) + "import inner\n"}),
        wheel(root / "w", "inner", "1", {"inner.py": BURNS.format(0.2)}),
        wheel(root / "w", "does", "1", {"does.py": does, "does.pth": "import sys; sys.does = 1\n/some/folder\n"}),
    ]
    return open_project(root, environment(root / ".venv", *wheels))


def test_each_distribution_has_its_own_time(project: Project) -> None:
    """Promise: what a module imports of others is not in its time, and the dearest comes first."""
    found = {one.name: one for one in import_times(project, Commands(smoke="python main.py"), limit=60, runs=2)}
    assert {OWN, STANDARD, "outer", "inner", "does"} <= found.keys()
    assert found["inner"].seconds > found["outer"].seconds > 0
    assert found["inner"].seconds >= 0.2
    assert found["outer"].seconds >= 0.05
    assert (found["inner"].modules, found[OWN].modules) == (1, 1)


def test_a_scan_with_a_start_ranks_by_measured_imports(project: Project) -> None:
    """Promise: `--start` is not ignored; a start that does not work is refused by its field, not timed."""
    options = {"project": project.root, "start": f"python -c 'import app{LISTENS}'"}
    answer = answers.scan(options, lambda _fraction, _what: None)
    assert "outer" in {one["package"]: one["import_seconds"] for one in answer.result["packages"]}
    assert answer.result["packages"][0]["import_seconds"] >= 0.05
    assert "The dependencies of" in answer.written("html")
    with pytest.raises(InvalidRequest, match="does not work") as caught:
        answers.scan({**options, "start": "python -c 'raise SystemExit(3)'"}, lambda _fraction, _what: None)
    assert caught.value.field == "start"


def test_runs_give_a_median_and_half_of_their_range(project: Project) -> None:
    """Promise: how sure a figure is; of a run the process that imported most counts."""
    runs = [[Trace(took={"inner": seconds}), Trace(took={"inner": 0.001})] for seconds in (0.1, 0.3, 0.2)]
    (found,) = by_distribution(project, runs)
    assert (found.name, found.seconds, found.modules) == ("inner", 0.2, 1)
    assert found.uncertain == pytest.approx(0.1)
    assert by_distribution(project, [[]]) == []


def test_what_a_distribution_does_at_start_is_told(project: Project) -> None:
    """Promise: its `.pth` line, and the program, thread and socket of its import."""
    watched = watch_commands(project, target(project, "does"), Commands(smoke="python main.py"), limit=60)
    hooks = find_hooks(project.environment, watched.traces["smoke"], ["does"])
    told = {(one.how, one.what) for one in hooks}
    assert ("pth", "does.pth: import sys; sys.does = 1") in told
    assert {how for how, _ in told} == {"pth", "program", "thread", "socket"}
    assert all(one.distribution == "does" for one in hooks)
    assert find_hooks(project.environment, watched.traces["smoke"], ["inner"]) == []
