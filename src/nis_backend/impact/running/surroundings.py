"""The environment in which a project's own commands are started, and what of it must not be shown."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET = re.compile(r"key|token|secret|passw|credential|dsn|auth|_url$|_uri$", re.IGNORECASE)
"""Names of variables whose value is not shown."""
SHORTEST_SECRET = 6
LOGIN = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)")
GIVEN = re.compile(r"(?i)((?:pass(?:word|wd)?|secret|token|api_?key)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]+")
BEARER = re.compile(r"(?i)(bearer\s+)[\w.~+/=-]{8,}")


def surroundings(environment: Path | None = None, *, without: Path | None = None) -> dict[str, str]:
    """Our own environment, with the virtual environment in `environment` active, as `activate` would make it.

    One that is no virtual environment, as the system's Python, comes first on PATH, and no more.
    `without`: a folder to leave out of PATH, which is another environment's.

    Bytecode is not written: a run leaves the project as it was.
    """
    found = {name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "VIRTUAL_ENV"}}
    found["PYTHONDONTWRITEBYTECODE"] = "1"
    if environment is not None:
        out = {f"{os.environ.get('VIRTUAL_ENV')}/bin"}
        if without is not None and (without.parent / "pyvenv.cfg").is_file():
            out.add(str(without))
        paths = [one for one in found.get("PATH", os.defpath).split(os.pathsep) if one not in out]
        found["PATH"] = os.pathsep.join([str(environment / "bin"), *paths])
    if environment is not None and (environment / "pyvenv.cfg").is_file():
        found |= {
            "VIRTUAL_ENV": str(environment),
            # `uv run` makes an environment of its own, or renews the project's, where it is not told otherwise.
            "UV_PROJECT_ENVIRONMENT": str(environment),
            "UV_NO_SYNC": "1",
        }
    return found


def beside(environment: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """The environment with more variables; of `PYTHONPATH` both, the new one first."""
    paths = [one["PYTHONPATH"] for one in (more, environment) if one.get("PYTHONPATH")]
    return {**environment, **more, **({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})}


def masked(text: str, environment: Mapping[str, str]) -> str:
    """The text without what looks like a secret: values of variables named so, logins in addresses, `password=…`."""
    values = {value for name, value in environment.items() if SECRET.search(name) and len(value) >= SHORTEST_SECRET}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "***")
    text = LOGIN.sub("***", text)
    return BEARER.sub(r"\1***", GIVEN.sub(r"\1***", text))


def placed(command: str, folder: Path, environment: Path) -> str:
    """The command with each path into a virtual environment's `bin` led to that of `environment`.

    `PATH` does this for names; `.venv/bin/python` has to be rewritten.
    """

    def lead(found: re.Match[str]) -> str:
        here = folder / found["venv"]
        return f"{environment}/bin/{found['name']}" if (here / "pyvenv.cfg").is_file() else found[0]

    return re.sub(r"(?<![^\s'\"=;&|(])(?P<venv>[^\s'\"=;&|()]+)/bin/(?P<name>[\w.+-]+)", lead, command)
