"""How large the wheels of distributions are, as an index tells it: what is fetched at an installation."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from nis_backend.errors import NisError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nis_backend.impact.changing.installers import Installer
    from nis_backend.impact.report import Sizes

LIMIT = 30.0
"""Seconds."""
MOST = 20
"""Distributions whose wheels are asked for, the largest first."""


def with_wheels(sizes: Sizes, *, installer: Installer, python: Path) -> Sizes:
    """The sizes with those of the wheels that fit this interpreter, where an index has and tells them.

    uv's `pylock.toml` names the files that it would fetch, with their sizes (PEP 751); pip tells of none.
    """
    pins = {part.name: part.version for part in sizes.parts[:MOST]}
    found = _asked(pins, installer, python)
    if not found:
        # One of them that no index has spoils them all: one by one.
        for name, version in pins.items():
            found |= _asked({name: version}, installer, python)
    parts = [part.model_copy(update={"wheel": found.get(canonicalize_name(part.name))}) for part in sizes.parts]
    return sizes.model_copy(update={"parts": parts})


def _asked(pins: Mapping[str, str], installer: Installer, python: Path) -> dict[str, int]:
    if not installer.is_uv or not pins:
        return {}
    with tempfile.TemporaryDirectory(prefix="nis-impact-") as folder:
        wanted, locked = Path(folder, "pins.in"), Path(folder, "pylock.toml")
        wanted.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()), "utf-8")
        arguments = ["pip", "compile", str(wanted), "--no-deps", "--format", "pylock.toml", "-o", str(locked), "-q"]
        try:
            done = installer.run([*arguments, "--python", str(python)], limit=LIMIT)
        except NisError:
            return {}
        if done.returncode:
            return {}
        packages = tomllib.loads(locked.read_text("utf-8")).get("packages", [])
    # uv lists the wheels that fit, the one that it would take first.
    found = ((one["name"], next(map(_size, one.get("wheels", [])), None)) for one in packages)
    return {str(canonicalize_name(name)): size for name, size in found if size is not None}


def _size(wheel: dict[str, Any]) -> int | None:  # Any: TOML
    """Bytes, as the index tells, or of the file itself where the index is a folder."""
    if "size" in wheel:
        return int(wheel["size"])
    address = urlsplit(str(wheel.get("url", "")))
    path = Path(unquote(address.path) if address.scheme == "file" else wheel.get("path", ""))
    return path.stat().st_size if path.is_file() else None
