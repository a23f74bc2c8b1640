"""The files of a project: which there are, what each is for, and their text."""

from __future__ import annotations

import os
import tokenize
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

Kind = Literal["application", "tests", "tooling", "documents"]

MOST_FILES, MOST_BYTES = 50_000, 2_000_000
PASSED_OVER = frozenset(
    {
        *("__pycache__", "node_modules", "site-packages", "bower_components", "__pypackages__"),
        *(".git", ".hg", ".svn", ".tox", ".nox", ".venv", ".eggs", ".nis-impact"),
    }
)
BUILT = frozenset({"build", "dist", "_build", "htmlcov"})
"""Folders of what was built, unless they are packages."""
HIDDEN_READ = frozenset({".github", ".circleci", ".devcontainer", ".buildkite", ".ebextensions", ".streamlit"})
TESTS = frozenset({"test", "tests", "testing", "spec", "specs"})
DOCUMENTS = frozenset({"doc", "docs", "example", "examples", "documentation", "tutorial", "tutorials"})
TOOLING = frozenset({"tools", "tooling", "ci", "benchmark", "benchmarks", "hooks", *HIDDEN_READ})
TOOL_FILES = frozenset(
    {
        *("setup.py", "noxfile.py", "tasks.py", "fabfile.py", "dodo.py", "makefile", "tox.ini", "justfile"),
        *(".gitlab-ci.yml", ".pre-commit-config.yaml", "azure-pipelines.yml", ".travis.yml", "jenkinsfile"),
    }
)
"""Whole names, lower case."""


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file of the project."""

    path: Path
    relative: str
    """From the project's folder, with slashes."""
    kind: Kind
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Walk:
    """All files of a project, and what was passed over that a reader would want to know of."""

    files: tuple[SourceFile, ...]
    left_out: tuple[str, ...] = ()


def walk(root: Path) -> Walk:
    """The files under a folder, by name; links to folders are not followed, environments and caches not entered."""
    found: list[SourceFile] = []
    for folder, inside, names in os.walk(root):
        here = Path(folder)
        inside[:] = sorted(name for name in inside if _entered(here, name))
        for name in sorted(names):
            path = here / name
            try:
                size = path.stat().st_size
            except OSError:
                continue
            if not path.is_file():
                continue  # a pipe would be waited for
            relative = path.relative_to(root).as_posix()
            found.append(SourceFile(path=path, relative=relative, kind=kind_of(relative), bytes=size))
            if len(found) == MOST_FILES:
                told = f"only the first {MOST_FILES} files were looked at, up to {relative}: study a folder inside"
                return Walk(files=tuple(found), left_out=(told,))
    return Walk(files=tuple(found))


def _entered(folder: Path, name: str) -> bool:
    path = folder / name
    if name in PASSED_OVER or name.endswith((".egg-info", ".dist-info")) or (path / "pyvenv.cfg").exists():
        return False
    if name in BUILT:
        return (path / "__init__.py").exists()
    return not name.startswith(".") or name in HIDDEN_READ


def kind_of(relative: str) -> Kind:
    """What a file is for, by its name and the folders that it is in."""
    *folders, name = relative.lower().split("/")
    if TESTS & {*folders} or name.startswith(("test_", "conftest.")) or name.endswith(("_test.py", "_tests.py")):
        return "tests"
    if DOCUMENTS & {*folders} or name.endswith((".md", ".rst")):
        return "documents"
    if TOOLING & {*folders} or name in TOOL_FILES:
        return "tooling"
    return "application"


def read_text(path: Path, most: int = MOST_BYTES) -> str | None:
    """A file's text; None where it cannot be read. Of a longer one, the beginning."""
    try:
        with path.open("rb") as file:
            data = file.read(most)
    except OSError:
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def read_source(data: bytes) -> str:
    """A Python file's text, in the encoding that it declares.

    Raises:
        SyntaxError, UnicodeDecodeError: there is no such encoding, or it is in another one.
    """
    encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
    return data.decode(encoding)


def line_of(text: str, number: int) -> str:
    """A line of a text, cut at 200 characters as a place holds it."""
    lines = text.splitlines()
    return lines[number - 1].strip()[:200] if 0 < number <= len(lines) else ""
