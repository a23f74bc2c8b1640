"""How an image becomes a process: an environment's command, or a container engine's."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VENV = "venv:"
ENGINES = ("docker", "podman")
ENGINE_SECONDS = 60.0
CONFINED = ("--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--no-healthcheck")
"""As the template's tasks are: they write to the image's volumes alone. Their health is asked for by who started them;
the image's own check would ask the image's own port."""
LIMITS = {"nofile": 65_536, "nproc": 4096}
"""Open files and processes of a task at the most, where this machine allows so many."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """What is started for a task."""

    name: str
    engine: str = ""
    """The container engine's program; empty for an environment."""

    def command(self, arguments: Sequence[str], *, task: str, environment: Mapping[str, str]) -> list[str]:
        """The command line of a task; settings are in its environment, never on it."""
        if not self.engine:
            return [str(Path(self.name.removeprefix(VENV)) / "bin" / "nis"), *arguments]
        named = [part for name in environment for part in ("--env", name)]
        # On this machine's own network: it listens on loopback, as an environment's would, and reaches what is there.
        how = ["--rm", "--name", task, "--network", "host", *CONFINED, *_limits(self.engine)]
        return [self.engine, "run", *how, *named, self.name, "nis", *arguments]

    def clean(self, task: str) -> None:
        """End what an engine may have kept of a task whose client was killed."""
        if self.engine:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                _run(self.engine, "rm", "--force", "--volumes", task, seconds=ENGINE_SECONDS)


def find(name: str) -> Image:
    """The image of this name.

    Raises:
        InvalidRequest: no environment is there.
        Unavailable: it is a container's image, and no engine works here, or the engine does not have it.
    """
    if name.startswith(VENV):
        program = Path(name.removeprefix(VENV)) / "bin" / "nis"
        if not program.is_absolute() or not os.access(program, os.X_OK):
            raise InvalidRequest(
                "There is no environment with the command nis.",
                field="image",
                value=name,
                remedy="Give venv:/absolute/path of one: python -m venv FOLDER && FOLDER/bin/pip install nis-backend",
            )
        return Image(name=name)
    engine = next((found for one in ENGINES if (found := shutil.which(one)) and _works(found)), None)
    if engine is None:
        raise Unavailable(
            "No container engine works on this machine.",
            field="image",
            value=name,
            remedy="Start docker or install podman, or give an environment: venv:/absolute/path",
        )
    if _run(engine, "image", "inspect", name).returncode:
        pulled = _run(engine, "pull", name)
        if pulled.returncode:
            raise Unavailable(
                f"{Path(engine).name} cannot fetch the image: {pulled.stderr.strip()[-300:]}",
                field="image",
                value=name,
                remedy="Build it here (`nis deploy build`), or log in to its registry.",
            )
    return Image(name=name, engine=engine)


def _limits(engine: str) -> list[str]:
    """Podman's own limits may be above what this machine allows, and then nothing starts."""
    if Path(engine).name != "podman" or sys.platform == "win32":
        return []
    import resource  # noqa: PLC0415 - not on Windows

    which = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
    allowed = {name: resource.getrlimit(one)[1] for name, one in which.items()}
    most = {name: min(LIMITS[name], LIMITS[name] if hard < 0 else hard) for name, hard in allowed.items()}
    return [f"--ulimit={name}={value}:{value}" for name, value in most.items()]


def _works(engine: str) -> bool:
    try:
        return not _run(engine, "info", seconds=ENGINE_SECONDS).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(engine: str, *arguments: str, seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    command = [engine, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds)  # noqa: S603 - its own
