"""A change of dependencies is made in a project's files and taken back, with all around it left as it stands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nis_backend.errors import Conflict, InvalidRequest, NotFound
from nis_backend.impact.changing.patch import apply, undo, way
from nis_backend.impact.project.environment import Environment
from nis_backend.impact.project.opening import Project, open_project
from nis_backend.impact.report import Change, Kind

EMPTY = Environment(
    python=Path("/usr/bin/python3"),
    version="3.12.0",
    prefix=Path("/usr"),
    base_prefix=Path("/usr"),
    paths=(),
    site=(),
    bin=Path("/usr/bin"),
    standard=frozenset(),
    markers={"python_version": "3.12", "sys_platform": "linux"},
)

PYPROJECT = """\
[project]
name = "app"
dependencies = [
    "flask>=3",  # the server
    "Torch==2.1.0",  # heavy
    'rich>=13; python_version < "3.9"',
]

[project.optional-dependencies]
ml = ["torch==2.1.0", "numpy"]
all = ["numpy", "torch==2.1.0"]
gpu = [ "torch==2.1.0" ]

[dependency-groups]
dev = ["pytest", {include-group = "x"}]
x = []

[build-system]
requires = ["setuptools", "torch"]
"""
POETRY = """\
[tool.poetry.dependencies]
python = "^3.11"
flask = "^3.0"
torch = { version = "^2.1", extras = [
  "a",
], optional = true }
rich = "^13"

[tool.poetry.group.dev.dependencies.pandas]
version = "^2"
optional = true

[tool.poetry.group.dev.dependencies]
pytest = "*"
"""
REQUIREMENTS = """\
# ours
flask==3.0  # the server
torch==2.1.0 \\
    --hash=sha256:aaaa \\
    --hash=sha256:bbbb
-r more.txt
rich
"""
SETUP = """\
from setuptools import setup
setup(
    name="app",
    install_requires=["flask>=3", "torch==2.1.0"],
    extras_require={"ml": [
        "torch==2.1.0",
        "numpy",
    ]},
)
"""
CFG = """\
[options]
install_requires =
    flask>=3
    torch==2.1.0
"""


def opened(folder: Path, files: dict[str, str]) -> Project:
    """A project of these files, with nothing installed."""
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    return open_project(folder, environment=EMPTY)


def changed(before: str, after: str) -> list[str]:
    """The lines that are gone, with `-`, and that have come, with `+`."""
    old, new = before.splitlines(), after.splitlines()
    return [
        *(f"-{one.strip()}" for one in old if one not in new),
        *(f"+{one.strip()}" for one in new if one not in old),
    ]


CASES: list[tuple[str, str, Kind, str, str, list[str]]] = [
    (
        "pyproject.toml",
        PYPROJECT,
        "drop",
        "torch",
        "",
        [
            '-"Torch==2.1.0",  # heavy',
            '-ml = ["torch==2.1.0", "numpy"]',
            '-all = ["numpy", "torch==2.1.0"]',
            '-gpu = [ "torch==2.1.0" ]',
            '+ml = ["numpy"]',
            '+all = ["numpy"]',
            "+gpu = [  ]",
        ],
    ),
    (
        "pyproject.toml",
        PYPROJECT,
        "swap",
        "rich",
        "blessed>=1",
        ["-'rich>=13; python_version < \"3.9\"',", "+'blessed>=1; python_version < \"3.9\"',"],
    ),
    (
        "pyproject.toml",
        PYPROJECT,
        "upgrade",
        "flask",
        "3.1",
        ['-"flask>=3",  # the server', '+"flask==3.1",  # the server'],
    ),
    ("pyproject.toml", PYPROJECT, "add", "numpy", "numpy>=2", ['+"numpy>=2",']),
    (
        "pyproject.toml",
        POETRY,
        "drop",
        "torch",
        "",
        ['-torch = { version = "^2.1", extras = [', '-"a",', "-], optional = true }"],
    ),
    (
        "pyproject.toml",
        POETRY,
        "drop",
        "pandas",
        "",
        ["-[tool.poetry.group.dev.dependencies.pandas]", '-version = "^2"', "-optional = true"],
    ),
    ("pyproject.toml", POETRY, "upgrade", "rich", ">=14", ['-rich = "^13"', '+rich = ">=14"']),
    ("pyproject.toml", POETRY, "swap", "rich", "blessed==1", ['-rich = "^13"', '+blessed = "==1"']),
    ("Pipfile", '[packages]\nflask = "*"\ntorch = "==2.1"\n', "drop", "torch", "", ['-torch = "==2.1"']),
    (
        "requirements.txt",
        REQUIREMENTS,
        "drop",
        "torch",
        "",
        ["-torch==2.1.0 \\", "---hash=sha256:aaaa \\", "---hash=sha256:bbbb"],
    ),
    (
        "requirements.txt",
        REQUIREMENTS,
        "upgrade",
        "torch",
        "2.2",
        ["-torch==2.1.0 \\", "---hash=sha256:aaaa \\", "---hash=sha256:bbbb", "+torch==2.2"],
    ),
    ("requirements.txt", REQUIREMENTS, "swap", "Flask", "quart", ["-flask==3.0  # the server", "+quart  # the server"]),
    ("requirements.txt", REQUIREMENTS, "add", "httpx", "", ["+httpx"]),
    (
        "setup.py",
        SETUP,
        "drop",
        "torch",
        "",
        ['-install_requires=["flask>=3", "torch==2.1.0"],', '-"torch==2.1.0",', '+install_requires=["flask>=3"],'],
    ),
    ("setup.cfg", CFG, "drop", "torch", "", ["-torch==2.1.0"]),
    ("requirements.txt", "torch>=2,<3,!=2.1\n", "upgrade", "torch", "", ["-torch>=2,<3,!=2.1", "+torch!=2.1,>=2"]),
    ("requirements.txt", "torch~=2.1\n", "upgrade", "torch", "", ["-torch~=2.1", "+torch>=2.1"]),
    ("setup.cfg", CFG, "upgrade", "torch", "2.2", ["-torch==2.1.0", "+torch==2.2"]),
    ("requirements.txt", REQUIREMENTS.replace("\n", "\r\n"), "drop", "flask", "", ["-flask==3.0  # the server"]),
]


@pytest.mark.parametrize(("name", "text", "kind", "package", "to", "lines"), CASES)
def test_a_change_edits_what_declares_the_package_and_nothing_else(
    tmp_path: Path, name: str, text: str, kind: Kind, package: str, to: str, lines: list[str]
) -> None:
    """Promise: comments, order, quotation marks and line ends stay; git takes the patch; undo brings back each byte."""
    project = opened(tmp_path, {name: text})
    change = Change(kind=kind, package=package, to=to)
    found = way(project, change)
    assert found.by_hand == []
    subprocess.run(["git", "apply", "--check", "-"], cwd=tmp_path, input=found.patch.encode(), check=True, timeout=60)
    assert apply(project, change).files == (name,)
    written = (tmp_path / name).read_bytes().decode()
    assert changed(text, written) == lines
    assert ("\r\n" in written) == ("\r\n" in text)
    undo(tmp_path)
    assert (tmp_path / name).read_bytes().decode() == text
    assert not (tmp_path / ".nis-impact").exists()


def test_all_files_that_declare_it_are_edited_and_locks_are_named(tmp_path: Path) -> None:
    """Promise: constraints and included files too; what a program writes is left to its command."""
    lock = "#\n# This file is autogenerated by pip-compile\n#\n#    pip-compile requirements.in\n#\ntorch==2.1.0\n"
    files = {
        "requirements.in": "-c constraints.txt\ntorch\n",
        "requirements.txt": lock,
        "constraints.txt": "torch<3\nflask<4\n",
        "uv.lock": "version = 1\n",
        "Dockerfile": "CMD gunicorn -k torch.workers.Worker app\n",
    }
    project = opened(tmp_path, files)
    found = way(project, Change(kind="drop", package="torch"))
    assert {line for line in found.patch.splitlines() if line.startswith("-t")} == {"-torch", "-torch<3"}
    assert "pip-compile requirements.in" in found.apply
    assert "uv lock" in found.apply
    assert f"nis impact drop torch --project {tmp_path} --apply" in found.apply
    assert f"nis impact undo --project {tmp_path}" in found.undo
    assert [(one.file, one.line) for one in found.by_hand] == [("Dockerfile", 1)]


def test_what_no_rule_can_edit_is_left_by_hand(tmp_path: Path) -> None:
    """Promise: a computed declaration is named, and applying refuses rather than doing half of it unseen."""
    computed = 'from setuptools import setup\nD = """torch\nflask"""\nsetup(install_requires=D)\n'
    project = opened(tmp_path, {"setup.py": computed})
    change = Change(kind="drop", package="torch")
    assert [one.file for one in way(project, change).by_hand] == ["setup.py"]
    with pytest.raises(InvalidRequest, match=r"setup\.py"):
        apply(project, change)
    with pytest.raises(InvalidRequest, match="no requirement"):
        way(project, Change(kind="add", package="x y"))
    with pytest.raises(InvalidRequest, match=r"setup\.py:2 asks for torch already"):
        way(project, Change(kind="add", package="Torch>=2"))
    with pytest.raises(InvalidRequest, match="no version"):
        way(project, Change(kind="upgrade", package="torch", to="x y"))


def test_undo_takes_back_one_change_at_a_time_and_never_a_later_edit(tmp_path: Path) -> None:
    """Promise: changes undo in reverse; a file that was edited since is not overwritten, nor any other then."""
    files = {"requirements.txt": "flask\ntorch\nrich\n", "dev.txt": "torch\n", "requirements-dev.txt": "torch\n"}
    (tmp_path / "requirements.txt").touch(mode=0o600)
    with pytest.raises(NotFound, match="no change"):
        undo(tmp_path)
    apply(opened(tmp_path, files), Change(kind="drop", package="torch"))
    apply(open_project(tmp_path, environment=EMPTY), Change(kind="drop", package="rich"))
    assert (tmp_path / "requirements.txt").read_text() == "flask\n"
    undo(tmp_path)
    assert (tmp_path / "requirements.txt").read_text() == "flask\nrich\n"
    (tmp_path / "requirements.txt").write_text("flask\nrich\nmore\n")
    with pytest.raises(Conflict, match=r"requirements\.txt was changed since"):
        undo(tmp_path)
    assert (tmp_path / "requirements-dev.txt").read_text() == ""
    (tmp_path / "requirements.txt").write_text("flask\nrich\n")
    undo(tmp_path)
    assert {name: (tmp_path / name).read_text() for name in files} == files
    assert (tmp_path / "requirements.txt").stat().st_mode & 0o777 == 0o600


def test_a_file_outside_the_project_is_never_written(tmp_path: Path) -> None:
    """Promise: a link that leads out is left by hand."""
    (tmp_path / "outside.txt").write_text("torch\n")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "requirements.txt").symlink_to(tmp_path / "outside.txt")
    project = open_project(tmp_path / "project", environment=EMPTY)
    with pytest.raises(InvalidRequest, match="cannot be edited"):
        apply(project, Change(kind="drop", package="torch"))
    assert (tmp_path / "outside.txt").read_text() == "torch\n"
