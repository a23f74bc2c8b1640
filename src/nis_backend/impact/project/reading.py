"""What one file of declarations asks for, from its text."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

from nis_backend.impact.project.declared import Declaration
from nis_backend.impact.project.requirements import read_lines
from nis_backend.impact.project.setups import read_setup_cfg, read_setup_py
from nis_backend.impact.project.tables import read_pipfile, read_pyproject


def declared_in(relative: str, text: str) -> Iterator[Declaration]:
    """Its declarations, those of files that it includes apart.

    Raises:
        ValueError: it is no TOML.
    """
    match relative.rpartition("/")[2]:
        case "pyproject.toml":
            return read_pyproject(relative, tomllib.loads(text), text)
        case "Pipfile":
            return read_pipfile(relative, tomllib.loads(text), text)
        case "setup.cfg":
            return read_setup_cfg(relative, text)
        case "setup.py":
            return read_setup_py(relative, text)
        case name if name.endswith((".txt", ".in", ".pip")):
            return read_lines(relative, text)
        case _:
            return iter(())
