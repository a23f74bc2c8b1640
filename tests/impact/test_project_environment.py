"""What an interpreter says it has installed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from wheels import environment, wheel

from nis_backend.errors import DeadlineExceeded, InvalidRequest, NotFound
from nis_backend.impact.project.environment import Environment, read_environment


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment of packages whose names and modules differ, share and hide."""
    folder = tmp_path_factory.mktemp("env")
    made = [
        wheel(folder, "Open_CV.Python", "4.1", {"cv2/__init__.py": "", "cv2/data.py": "x = 1\n"}),
        wheel(folder, "opencv-headless", "4.1", {"cv2/__init__.py": ""}),
        wheel(folder, "google-alpha", "1", {"google/alpha/__init__.py": "", "google/alpha/inner/__init__.py": ""}),
        wheel(folder, "google-beta", "1", {"google/beta.py": ""}),
        wheel(folder, "old-alpha", "1", {"old/__init__.py": PKGUTIL, "old/alpha/__init__.py": ""}),
        wheel(folder, "old-beta", "1", {"old/__init__.py": PKGUTIL, "old/beta/__init__.py": ""}),
        wheel(folder, "alone", "1", {"lonely/part.py": "", "lonely/more/__init__.py": "", "data/x.json": "{}"}),
        wheel(folder, "PyNoisy", "2.0", {"noisy.py": "", "noisy.pth": "import sys; print('hello')\n"}),
        wheel(
            folder,
            "tool",
            "3",
            {"tool/__init__.py": "def main(): pass\n"},
            requires=["alone>=1; extra == 'more'"],
            scripts={"run-tool": "tool:main"},
            plugins={"pytest11": {"tool": "tool.plugin"}},
            extras=["more"],
        ),
    ]
    return read_environment(environment(folder / "env", *made))


PKGUTIL = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"


@pytest.mark.parametrize(
    ("name", "modules"),
    [
        ("open-cv-python", ("cv2",)),
        ("OPEN_CV_PYTHON", ("cv2",)),
        ("google-alpha", ("google.alpha",)),
        ("google_beta", ("google.beta",)),
        ("old.alpha", ("old.alpha",)),
        ("alone", ("lonely",)),
        ("pynoisy", ("noisy",)),
    ],
)
def test_a_distribution_is_found_by_any_spelling_with_what_it_is_imported_as(
    installed: Environment, name: str, modules: tuple[str, ...]
) -> None:
    """Promise: names compare as the packaging standard says, and a shared namespace is told apart by its parts."""
    found = installed.find(name)
    assert found is not None
    assert found.modules == modules


def test_a_module_of_two_distributions_names_both(installed: Environment) -> None:
    """Promise: where two own a module, taking one away is not to be called harmless by looking at the other."""
    assert installed.owner("cv2.data") == ("open-cv-python", "opencv-headless")
    assert installed.owner("google.alpha.inner.x") == ("google-alpha",)
    assert installed.owner("google") == ()


def test_commands_plug_ins_hooks_and_bytes_are_told(installed: Environment) -> None:
    """Promise: all by which a distribution can be used without being imported is known, and its files' bytes."""
    tool, noisy = installed.distributions["tool"], installed.distributions["pynoisy"]
    assert tool.scripts == ("run-tool",)
    assert tool.groups == ("pytest11",)
    assert [path.name for path in noisy.pth] == ["noisy.pth"]
    assert {Path(file.path).name for file in tool.files} >= {"run-tool", "__init__.py", "METADATA", "RECORD"}
    assert tool.bytes == sum(Path(file.path).stat().st_size for file in tool.files)
    assert installed.bin == installed.python.parent
    assert "json" in installed.standard


def test_what_is_no_python_is_refused_by_name(tmp_path: Path) -> None:
    """Promise: a wrong interpreter is a typed failure, within its time."""
    with pytest.raises(NotFound, match="no interpreter"):
        read_environment(tmp_path / "python")
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho not me >&2\nexit 3\n")
    with pytest.raises(InvalidRequest, match="cannot be run"):
        read_environment(script)
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(InvalidRequest, match="not me"):
        read_environment(script)
    script.write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(DeadlineExceeded, match="did not say"):
        read_environment(script, limit=0.3)
