"""A small service and its packages, each used in another way, for whole assessments."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hostile import SERVE
from wheels import environment, wheel

from nis_backend.impact.assess import assess
from nis_backend.impact.measuring import starts
from nis_backend.impact.question import Question
from nis_backend.impact.report import Change, Kind, Report
from nis_backend.impact.running import phases, started
from nis_backend.impact.running.phases import Commands

APP = f"""
import framework
import needed
try:
    import guarded
    said = "quickly"
except ImportError:
    said = "slowly"
{SERVE}
if __name__ == "__main__":
    server.serve_forever()
"""
FILES = {
    "app.py": APP,
    "smoke.py": (
        "import needed\nfrom importlib.metadata import entry_points\n"
        "try:\n    import guarded\n    print('quickly')\nexcept ImportError:\n    print('slowly')\n"
        "print(sorted(point.name for point in entry_points(group='store.plugins')))\n"
        "print(needed.VALUE)\n"
    ),
    "starts.py": "import framework\nprint('up')\n",
    "Procfile": "report: reporter --all\n",
}
REQUIREMENTS = """\
# what the store stands on
framework==1.0
needed>=1
idle==1.0  # nobody knows why
shared==1.0
sneaky==1.0
guarded==1.0
reporter==1.0
plugged==1.0
"""


def make_wheels(folder: Path) -> dict[str, Path]:
    """The wheels, by name and version; `folder` is an index of them."""
    made = {
        "framework": wheel(
            folder, "framework", "1.0", {"framework.py": "import sneaky\nimport shared\n"}, requires=["shared"]
        ),
        "shared": wheel(folder, "shared", "1.0", {"shared.py": ""}),
        "sneaky": wheel(folder, "sneaky", "1.0", {"sneaky.py": ""}),
        "idle": wheel(folder, "idle", "1.0", {"idle.py": "x = 1\n" * 20_000}, requires=["fuel"]),
        "fuel": wheel(folder, "fuel", "1.0", {"fuel.py": "y = 2\n" * 1000}),
        "guarded": wheel(folder, "guarded", "1.0", {"guarded.py": ""}),
        "reporter": wheel(
            folder,
            "reporter",
            "1.0",
            {"reporting.py": "def main(): print('ok')"},
            scripts={"reporter": "reporting:main"},
        ),
        "plugged": wheel(
            folder,
            "plugged",
            "1.0",
            {"plugging.py": "def run(): pass"},
            plugins={"store.plugins": {"plug": "plugging:run"}},
        ),
    }
    for version in ("1.0", "1.1", "2.0"):
        value = "'two'" if version == "2.0" else "'one'"
        made[f"needed {version}"] = wheel(folder, "needed", version, {"needed.py": f"VALUE = {value}\n"})
    # What comes.
    wheel(folder, "twin", "3.0", {"needed.py": "VALUE = 'one'\n"})
    wheel(folder, "stranger", "3.0", {"stranger.py": ""})
    wheel(folder, "old-fashioned", "1.0", {"old_fashioned.py": ""}, requires=["needed<1"])
    return made


def make_store(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """A project's folder."""
    for name, text in {**FILES, "requirements.txt": REQUIREMENTS, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


STARTING = ("framework", "shared", "sneaky", "idle", "fuel", "guarded", "reporter", "plugged", "needed 1.0")


def make_environment(folder: Path, made: Mapping[str, Path]) -> Path:
    """An environment with what the requirements ask for."""
    return environment(folder, *(made[name] for name in STARTING))


@contextmanager
def offline(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Only these wheels are to be had, and nothing waits longer than a test has to."""
    with monkeypatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(wheels))
        patch.setenv("UV_CACHE_DIR", str(wheels / "cache"))
        (wheels / "temporary").mkdir(exist_ok=True)
        patch.setattr(tempfile, "tempdir", str(wheels / "temporary"))
        patch.setattr(starts, "SETTLED", 0.05)
        patch.setattr(starts, "RESTED", 0.05)
        patch.setattr(phases, "SETTLE_SECONDS", 0.1)
        patch.setattr(started, "GRACE_SECONDS", 0.3)
        yield


def ask(
    root: Path,
    python: Path,
    kind: Kind,
    package: str,
    to: str = "",
    *,
    measures: bool = False,
    installs: bool = True,
    tell: Callable[[float, str], None] = lambda _share, _what: None,
    **commands: str,
) -> Report:
    """Assess one change; the project's folder is as before, and no temporary one is left."""
    before = tree(root)
    report = assess(
        Question(
            root=root,
            python=python,
            change=Change(kind=kind, package=package, to=to),
            commands=Commands(**commands),
            runs=3,
            installs=installs,
            measures=measures,
        ),
        tell,
    )
    assert tree(root) == before
    assert [*Path(tempfile.gettempdir()).iterdir()] == []
    return report


def tree(root: Path) -> dict[str, str]:
    """Every file of a folder, links and modes included, and a sum of it."""
    found: dict[str, str] = {}
    for folder, inside, names in os.walk(root):
        for name in (*inside, *names):
            path = Path(folder, name)
            state = path.lstat()
            if path.is_symlink():
                what = str(path.readlink())
            elif path.is_file():
                what = hashlib.sha256(path.read_bytes()).hexdigest() if os.access(path, os.R_OK) else "unread"
            else:
                what = ""
            found[str(path.relative_to(root))] = f"{state.st_mode:o} {what}"
    return found


def reasons(report: Report) -> str:
    """All that the verdict says."""
    return "\n".join(f"{one.speaks}: {one.text}" for one in report.verdict.reasons)
