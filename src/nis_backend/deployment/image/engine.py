"""What makes images on this machine: docker, buildah or podman, as programs."""

from __future__ import annotations

import shutil
import subprocess
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nis_backend.errors import Unavailable, UpstreamFailed, shorten

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINES: tuple[Literal["docker", "podman", "buildah"], ...] = ("docker", "buildah", "podman")
LAST = 12
"""Lines of a program that failed which are told."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A program that makes images."""

    name: Literal["docker", "podman", "buildah"]
    path: str

    def run(
        self, *arguments: str, what: str, given: str | None = None, hear: Callable[[str], None] | None = None
    ) -> str:
        """Do it; what it wrote. `given` goes to its input, where no list of processes shows it; `hear` gets each line.

        Raises:
            UpstreamFailed: it ended with an error.
        """
        command = [self.path, *arguments]
        written: list[str] = []
        with subprocess.Popen(  # noqa: S603 - the engine, and arguments that are never words of a shell
            command,
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout
            if given is not None:
                assert process.stdin
                process.stdin.write(given)
                process.stdin.close()
            try:
                for line in process.stdout:
                    written.append(line.rstrip())
                    if hear and line.strip():
                        hear(shorten(line.strip()))
            except BaseException:
                process.terminate()
                raise
        if process.returncode:
            last = "\n".join(deque((line for line in written if line), LAST))
            raise UpstreamFailed(
                f"{self.name} {what} failed with code {process.returncode}: {last}",
                remedy="What it wrote last says why. An index of your own is read from pip's settings.",
            )
        return "\n".join(written)


def find_engine() -> Engine:
    """The first that is here and answers.

    Raises:
        Unavailable: none is, for the reasons named.
    """
    reasons: list[str] = []
    for name in ENGINES:
        if path := shutil.which(name):
            engine = Engine(name=name, path=path)
            try:
                # Docker is a client: whether its server runs, only asking it tells.
                engine.run("version", what="version")
            except (UpstreamFailed, OSError) as error:
                reasons.append(shorten(str(error), 300))
            else:
                return engine
        else:
            reasons.append(f"{name} is not installed.")
    raise Unavailable(
        f"Nothing here makes images. {' '.join(reasons)}",
        remedy="Install one: on Debian, apt install buildah; or start Docker.",
    )
