# ruff: noqa: INP001 - scripts of the Dockerfile, not a package
"""Prints what the named extras of pyproject.toml want, the project's own requirements first; `-NAME` leaves one out."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def requirements(project: dict[str, object], names: list[str]) -> list[str]:
    """The requirements of the project and of its extras, each once; an extra that names others stands for them."""
    extras: dict[str, list[str]] = project["optional-dependencies"]  # pyright: ignore[reportAssignmentType] - TOML
    left_out = {name[1:] for name in names if name.startswith("-")}
    wanted = dict.fromkeys(project["dependencies"])  # pyright: ignore[reportArgumentType, reportCallIssue] - TOML
    waiting = [name for name in names if name[0] != "-"]
    for name in waiting:
        for requirement in extras[name]:
            if others := re.fullmatch(rf"{project['name']}\[(.+)\]", requirement):
                waiting += [one for one in others[1].split(",") if one not in left_out and one not in waiting]
            else:
                wanted[requirement] = None
    return list(wanted)


if __name__ == "__main__":
    stated = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    sys.stdout.write("".join(f"{requirement}\n" for requirement in requirements(stated, sys.argv[1:])))
