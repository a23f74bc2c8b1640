"""Which modules are the project's own, and how surely."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nis_backend.impact.project.files import SourceFile
from nis_backend.impact.project.toml import Table, list_of, table_of

MARKS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "manage.py"})
"""Files that stand where a project, or a member of one, is imported from."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The project's own modules."""

    roots: tuple[str, ...]
    """Folders that it is imported from, `""` for its own."""
    own: frozenset[str]
    """Top modules that win over an installed one: a package with `__init__`, or a file, in a root."""
    possible: frozenset[str]
    """Names that some file or folder of it has: it may be imported as that, where its folder is put on the path."""
    modules: frozenset[str]
    """Dotted names of its modules, from the roots."""


def layout(files: Sequence[SourceFile], declared: Iterable[str], outside: Iterable[str]) -> Layout:
    """Read it from files' names; `declared`: folders that its settings name, `outside`: modules it is known by."""
    python = [PurePosixPath(one.relative) for one in files if one.relative.endswith((".py", ".pyi", ".pyx", ".so"))]
    packages = {path.parent.as_posix() for path in python if path.name.split(".")[0] == "__init__"}
    marked = {_folder(one.relative) for one in files if one.relative.rpartition("/")[2] in MARKS}
    roots = {"", *declared, *marked}
    roots |= {f"{root}/src".lstrip("/") for root in roots}
    parents = {parent.as_posix() for path in python for parent in path.parents}
    holding = {"" if folder == "." else folder for folder in parents}
    roots = {root for root in roots if root == "" or (root not in packages and root in holding)}
    own = {*outside, *(_stem(path) for path in python if _folder(path.as_posix()) in roots)}
    own |= {PurePosixPath(folder).name for folder in packages if _folder(folder) in roots}
    possible = {_stem(path) for path in python} | {part for path in python for part in path.parts[:-1]}
    return Layout(
        roots=tuple(sorted(roots)),
        own=frozenset(own - {"__init__", "setup", "conftest"}),
        possible=frozenset(possible | own),
        modules=frozenset(_dotted(path, roots) for path in python if path.suffix == ".py"),
    )


def named_roots(pyproject: Table) -> set[str]:
    """The folders that a `pyproject.toml` says modules are imported from."""
    tool = table_of(pyproject, "tool")
    named = [
        *table_of(tool, "setuptools", "package-dir").values(),
        *list_of(table_of(tool, "setuptools", "packages", "find").get("where")),
        *(table_of(one).get("from") for one in list_of(table_of(tool, "poetry").get("packages"))),
        *list_of(table_of(tool, "pytest", "ini_options").get("pythonpath")),
        table_of(tool, "pdm", "build").get("package-dir"),
        *(_folder(str(one)) for one in list_of(table_of(tool, "hatch", "build", "targets", "wheel").get("packages"))),
    ]
    return {one.strip("./") for one in named if isinstance(one, str)}


def _folder(relative: str) -> str:
    return relative.rpartition("/")[0]


def _stem(path: PurePosixPath) -> str:
    return path.name.split(".")[0]


def _dotted(path: PurePosixPath, roots: set[str]) -> str:
    inside = max((root for root in roots if root == "" or path.is_relative_to(root)), key=len)
    parts = [*path.relative_to(inside).parts[:-1], _stem(path)]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def own_folder(root: Path) -> set[str]:
    """The name of a project whose folder is itself a package."""
    return {root.name} if (root / "__init__.py").is_file() else set()
