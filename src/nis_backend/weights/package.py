"""A package client at work: it downloads a package into a folder, and nothing of it is installed."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from nis_backend.errors import shorten
from nis_backend.weights.download import size_of
from nis_backend.weights.manifest import Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path


async def fetch(command: list[str], folder: Path, size: int, tell: Callable[[float], Awaitable[None]]) -> list[str]:
    """Have the client download about `size` bytes into `folder`; what it complained of, if it failed.

    Its temporary files lie in the folder too, so their growth is seen.
    """
    process = await asyncio.create_subprocess_exec(
        "env",
        f"TMPDIR={folder}",
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        cwd=folder,  # a project's own settings, where the server was started, are not the person's
    )
    ending = asyncio.create_task(process.communicate())
    try:
        while not (await asyncio.wait({ending}, timeout=0.2))[0]:
            await tell(_grown(folder) / size)
        _, said = ending.result()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await asyncio.wait({ending})
    if not process.returncode:
        return []
    return said.decode("utf-8", "replace").strip().splitlines() or [f"ended with code {process.returncode}"]


def refused(client: str, lines: Sequence[str]) -> Refused:
    """That the client did not give the package, in these lines of its own."""
    return Refused(f"{client} failed: {shorten(' '.join(lines), 300)}")


def _grown(folder: Path) -> int:
    # Files come and go under the look.
    return sum(size_of(path) for path in folder.rglob("*") if path.is_file())
