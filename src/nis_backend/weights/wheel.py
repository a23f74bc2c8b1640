"""A model file that is a member of a Python package: downloaded by the package client, unpacked, never installed."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
import sys
import zipfile
from typing import TYPE_CHECKING

from nis_backend.errors import shorten
from nis_backend.weights.download import CHUNK, size_of
from nis_backend.weights.manifest import Refused

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


async def fetch_wheel(client: list[str], source: Wheel, folder: Path, tell: Callable[[float], Awaitable[None]]) -> None:
    """Have the package client download into `folder`, where its temporary files lie too: their growth is seen."""
    process = await asyncio.create_subprocess_exec(
        "env",
        f"TMPDIR={folder}",
        *client,
        "download",
        "--no-deps",
        "--only-binary=:all:",  # a source distribution would be executed
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar=off",
        f"--dest={folder}",
        f"{source.distribution}=={source.version}",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    ending = asyncio.create_task(process.communicate())
    try:
        while not (await asyncio.wait({ending}, timeout=0.2))[0]:
            await tell(_grown(folder) / source.bytes)
        _, said = ending.result()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await asyncio.wait({ending})
    if process.returncode:
        lines = said.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        raise Refused(f"the package client ended with code {process.returncode}: {shorten(lines[-1], 300)}")


def unzip(wheel: Path, member: str, part: Path, size: int) -> None:
    """Write a member of a wheel, which has this size, to `part`."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(member).file_size != size:
                raise Refused(f"{member} has {archive.getinfo(member).file_size} bytes, wanted are {size}", wrong=True)
            with archive.open(member) as packed, part.open("wb") as file:
                shutil.copyfileobj(packed, file, CHUNK)
    except (KeyError, zipfile.BadZipFile) as error:
        raise Refused(f"{wheel.name} has no {member}: {error}", wrong=True) from None


def _grown(folder: Path) -> int:
    # Files come and go under the look.
    return sum(size_of(path) for path in folder.rglob("*") if path.is_file())
