"""Whole assessments of projects and environments that are not as they should be."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from stores import ask, make_store, offline, reasons
from wheels import environment, wheel

from nis_backend.errors import NotFound
from nis_backend.impact.report import Report

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tree of processes is read from /proc")
SMOKE = "import corp.a, sys\nprint('ok', hasattr(sys, 'hooked'))\n"
FILES = {
    "app.py": "import corp.a\n",
    "smoke.py": SMOKE,
    "starts.py": "",
    "Procfile": "",
    "requirements.txt": "corp-a\ncorp-b\nopencv-thing\nhooky\ntold\n",
    "broken.py": "def (:\n",
    "encoded.py": "# -*- coding: nowhere -*-\n",
    "round.py": "import trip\n",
    "trip.py": "import round\n",
}
OURS = "Metadata-Version: 2.1\nName: ours\nVersion: 1.0\nRequires-Dist: opencv-thing\nRequires-Dist: corp-a\n"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index: two parts of a namespace, a module of another name, a `.pth` file, a command of the system's name."""
    folder = tmp_path_factory.mktemp("wheels")
    for name in ("a", "b"):
        wheel(folder, f"corp-{name}", "1.0", {f"corp/{name}/__init__.py": ""})
    wheel(folder, "opencv-thing", "1.0", {"cv2x/__init__.py": ""}, requires=["frames"])
    wheel(folder, "frames", "1.0", {"frames.py": ""})
    wheel(folder, "hooky", "1.0", {"hooky.py": "import sys\nsys.hooked = True\n", "hooky.pth": "import hooky\n"})
    wheel(folder, "told", "1.0", {"telling.py": "def main(): print('told')"}, scripts={"told": "telling:main"})
    return folder


@pytest.fixture(autouse=True)
def _offline(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    with offline(wheels, monkeypatch):
        yield


@pytest.fixture
def python(tmp_path: Path, wheels: Path) -> Path:
    """An environment of all of them."""
    return environment(tmp_path / "env", *wheels.glob("*.whl"))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A project with files that cannot be parsed, and two that import each other."""
    return make_store(tmp_path / "store", FILES)


def drop(store: Path, python: Path, package: str, *, installs: bool = False, smoke: str = "python smoke.py") -> Report:
    """Whether it can go."""
    return ask(store, python, "drop", package, smoke=smoke, installs=installs)


def site(python: Path) -> Path:
    """Where distributions are."""
    (found,) = python.parent.parent.glob("lib/python3*/site-packages")
    return found


def install_editable(python: Path, folder: Path) -> None:
    """The distribution `ours`, installed from a folder."""
    info = site(python) / "ours-1.0.dist-info"
    info.mkdir()
    (site(python) / "__editable__.ours-1.0.pth").write_text(f"{folder}\n")
    (info / "METADATA").write_text(OURS)
    (info / "direct_url.json").write_text(f'{{"dir_info": {{"editable": true}}, "url": "file://{folder}"}}')
    (info / "RECORD").write_text("__editable__.ours-1.0.pth,,\nours-1.0.dist-info/METADATA,,\n")


def test_parts_of_a_namespace_other_names_and_hooks_are_told_apart(store: Path, python: Path) -> None:
    """Promise: of `corp` one part is used and the other is not; `cv2x` is known for what it is; a `.pth` file shows."""
    assert drop(store, python, "corp-b").verdict.word == "SAFE"
    assert "corp.a" in reasons(drop(store, python, "corp-a"))
    assert drop(store, python, "opencv-thing").verdict.word == "SAFE"
    with pytest.raises(NotFound) as caught:
        drop(store, python, "cv2x")
    assert "opencv-thing" in caught.value.remedy
    hooked = drop(store, python, "hooky")
    assert hooked.verdict.word == "UNSAFE"
    assert "'ok False' without it alone" in reasons(hooked)
    assert hooked.measurement is not None
    assert [hook.how for hook in hooked.measurement.hooks] == ["pth"]


def test_a_project_that_is_installed_is_not_held_to_what_it_asked_for(
    store: Path, python: Path, tmp_path: Path
) -> None:
    """Promise: its own metadata name what is dropped until it is installed anew: that is no broken requirement."""
    (store / "pyproject.toml").write_text('[project]\nname = "ours"\nversion = "1.0"\n')
    install_editable(python, store)
    (tmp_path / "linked").symlink_to(store)
    report = drop(tmp_path / "linked", python, "opencv-thing", installs=True)
    assert report.verdict.word == "SAFE", reasons(report)
    assert report.counterfactual.check == []
    assert report.project == "ours"
    assert report.measurement is not None
    assert report.measurement.sizes is not None
    assert {part.name for part in report.measurement.sizes.parts if part.exclusive} == {"opencv-thing", "frames"}


def test_what_is_installed_from_a_folder_is_not_looked_for_on_an_index(
    store: Path, python: Path, tmp_path: Path
) -> None:
    """Promise: a neighbour of the same repository, asked for by its name, makes no conflict; it can go as others do."""
    neighbour = tmp_path / "neighbour"
    neighbour.mkdir()
    (neighbour / "ours.py").write_text("import corp.a\n")
    install_editable(python, neighbour)
    (store / "requirements.txt").write_text("corp-a\ntold\nours\n")
    report = drop(store, python, "told", installs=True)
    assert report.counterfactual.resolved is not None
    assert report.counterfactual.resolved.possible
    assert [one.name for one in report.counterfactual.resolved.gone] == ["told"]
    gone = drop(store, python, "ours", installs=True)
    assert gone.verdict.word == "SAFE", reasons(gone)
    assert gone.measurement is not None
    assert gone.measurement.sizes is not None
    assert {part.name for part in gone.measurement.sizes.parts if part.exclusive} == {"ours", "opencv-thing", "frames"}


def test_what_nothing_declares_can_go_by_hand(store: Path, python: Path) -> None:
    """Promise: it is taken out all the same, and no patch is claimed."""
    (store / "requirements.txt").write_text("corp-a\n")
    report = drop(store, python, "opencv-thing", installs=True)
    assert report.verdict.word == "SAFE"
    assert "installed by hand" in reasons(report)
    assert report.measurement is not None
    assert report.measurement.sizes is not None
    assert report.measurement.sizes.after < report.measurement.sizes.before
    assert report.way is not None
    assert report.way.patch == ""


def test_a_command_of_another_environment_does_not_stand_in_for_one_that_goes(
    store: Path, python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: whatever else is on the path of who asks."""
    other = tmp_path / "bin" / "told"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho told\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{other.parent}")
    report = drop(store, python, "told", installs=True, smoke="told")
    assert report.verdict.word == "UNSAFE"
    assert [pair.same for pair in (*report.counterfactual.hidden, *report.counterfactual.installed)] == [False, False]


def test_metadata_that_cannot_be_read_are_said_to_be(store: Path, python: Path) -> None:
    """Promise: the rest of the environment is still read."""
    for name, text in (("bad-2.0", b"\xff\xfe\x00 garbage\nName"), ("odd-1.0", b"Name: odd\nVersion: none\n")):
        info = site(python) / f"{name}.dist-info"
        info.mkdir()
        (info / "METADATA").write_bytes(text)
        (info / "RECORD").write_bytes(b'"unclosed\n')
    report = drop(store, python, "opencv-thing", installs=True)
    assert report.verdict.word == "SAFE", reasons(report)
    assert any("bad-2.0" in one for one in report.left_out)


def test_an_empty_environment_is_one(store: Path, tmp_path: Path) -> None:
    """Promise: nothing can be dropped that is nowhere; what is declared and not there is judged by texts."""
    python = environment(tmp_path / "empty")
    with pytest.raises(NotFound):
        drop(store, python, "pip")
    report = drop(store, python, "opencv-thing", installs=True, smoke="python -c pass")
    assert report.verdict.word in {"SAFE", "UNPROVEN"}
    report = ask(store, python, "add", "told", smoke="python -c pass")
    assert report.verdict.word == "SAFE"
