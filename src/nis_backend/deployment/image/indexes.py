"""Where packages come from, as this machine's pip and npm are set up, for a build that has no settings of its own."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

KEPT = ("index-url", "extra-index-url", "find-links", "trusted-host", "proxy", "cert", "constraint", "timeout")
PLACES = ("find-links", "extra-index-url", "index-url", "cert", "constraint")
"""Settings that may name files and folders of this machine."""
INDEXES = ("extra-index-url", "index-url")


@dataclass(frozen=True, kw_only=True)
class Indexes:
    """Settings as a build is given them, and the folders of this machine that they name."""

    pip: str
    npm: str
    folders: tuple[Path, ...]


def indexes() -> Indexes:
    """Those of this machine. Nothing is said where pip is not here or has no settings."""
    settings = pip_settings()
    folders = {
        folder
        for name in PLACES
        for word in settings.get(name, "").split()
        if (folder := _folder(word, index=name in INDEXES)) and folder != Path("/")
    }
    npmrc = Path.home() / ".npmrc"
    npm = npmrc.read_text("utf-8") if npmrc.is_file() else ""
    if cert := settings.get("cert"):
        npm += f"\ncafile={cert}\n"
    pip = "".join(f"{name} = {_lines(value)}\n" for name, value in settings.items())
    return Indexes(
        pip=f"[global]\n{pip}" if pip else "",
        npm=npm,
        # What lies in another of them is there with it.
        folders=tuple(sorted(one for one in folders if not any(one.is_relative_to(o) for o in folders - {one}))),
    )


def pip_settings() -> dict[str, str]:
    """What `pip config list` says, as pip itself weighs it: files first, its variables over them."""
    if importlib.util.find_spec("pip") is None:
        return {}
    command = [sys.executable, "-m", "pip", "config", "list"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own pip
    found: dict[str, str] = {}
    for prefix in ("global.", "install.", ":env:."):
        for line in said.splitlines():
            name, sign, value = line.partition("=")
            if sign and name.startswith(prefix) and (name := name.removeprefix(prefix)) in KEPT:
                found[name] = str(ast.literal_eval(value))
    return found


def _folder(word: str, *, index: bool) -> Path | None:
    """The folder of this machine that a word names: itself, or the one that its file lies in.

    Of an index, the one around it: its pages name files that lie beside them.
    """
    parts = urlsplit(word)
    if parts.scheme not in {"", "file"}:
        return None
    path = Path(unquote(parts.path))
    if not path.is_absolute() or not path.exists():
        return None
    return path.parent if index or not path.is_dir() else path


def _lines(value: str) -> str:
    return "\n    ".join(value.split())
