"""Containers of an image, started and looked at from outside: by docker, or by podman where that is what there is."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from start import LIMIT_SECONDS, descendants, free_port, healthy, resident_mb

NEW_MOUNTS, PRIVATE, RECURSIVE, DETACH = 0x20000, 0x40000, 0x4000, 2
UNIFIED = Path("/sys/fs/cgroup/unified")
KEY = secrets.token_urlsafe(32)
"""What callers of the containers send: beyond loopback nis wants a key."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """One that answers."""

    program: str
    name: str
    port: int
    seconds: float
    """From the start to the first 200 on /health."""
    pid: int

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A program inside, as the image's user."""
        return _said(self.program, "exec", self.name, *command)

    def label(self, name: str) -> str:
        """A label of its image."""
        return _said(
            self.program, "inspect", "--format", f'{{{{index .Config.Labels "{name}"}}}}', self.name
        ).stdout.strip()

    @property
    def logs(self) -> str:
        """What it has written."""
        done = _said(self.program, "logs", self.name)
        return done.stdout + done.stderr

    def memory(self) -> tuple[float, float]:
        """Resident and proportional memory of its processes, MB (10⁶ bytes)."""
        pids = [self.pid, *descendants(self.pid)]
        return sum(map(resident_mb, pids)), sum(map(_proportional_mb, pids))

    def stop(self, seconds: int) -> tuple[int, float]:
        """Have it end by SIGTERM; its exit code, and how long that took."""
        begun = time.perf_counter()
        _said(self.program, "stop", "--time", str(seconds), self.name)
        took = time.perf_counter() - begun
        return int(_said(self.program, "inspect", "--format", "{{.State.ExitCode}}", self.name).stdout), took


@contextmanager
def container(program: str, image: str, *command: str, **environment: str) -> Generator[Container]:
    """A container as it is run for others: its root read-only, no capability, nothing to gain; gone at the end."""
    port, name = free_port(), f"nis-bench-{secrets.token_hex(4)}"
    options = ["--network", "host", "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges"]
    if program.endswith("podman"):
        # Its timer for health checks is systemd's; its limits may be above this machine's.
        options += ["--no-healthcheck", "--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"]
    for variable, value in {"NIS_API_KEY": KEY, "NIS_PORT": str(port), **environment}.items():
        options += ["--env", f"{variable}={value}"]
    words = [str(port) if word == "PORT" else word for word in command]
    made = _said(program, "create", "--name", name, *options, image, *words)
    if made.returncode:
        sys.exit(f"No container of {image}: {made.stderr.strip()}")
    try:
        begun = time.perf_counter()
        started = _said(program, "start", name)
        while not healthy(port):
            if started.returncode or time.perf_counter() - begun > LIMIT_SECONDS or not _pid(program, name):
                sys.exit(f"{image} did not come up: {started.stderr}{_said(program, 'logs', name).stderr[-4000:]}")
            time.sleep(0.005)
        seconds = time.perf_counter() - begun
        yield Container(program=program, name=name, port=port, seconds=seconds, pid=_pid(program, name))
    finally:
        _said(program, "rm", "--force", "--volumes", name)


def runner(engine: str) -> str:
    """The program that runs what the engine has built.

    Podman on a machine with both kinds of control groups wants but one of them to be seen: in a mount namespace of
    this process and those below it, the other is put aside.
    """
    program = shutil.which("docker" if engine == "docker" else "podman")
    if program is None:
        sys.exit("Nothing here runs containers: buildah's images are run by podman (on Debian, apt install podman).")
    if engine != "docker" and UNIFIED.is_mount() and os.getuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for failed in (
            libc.unshare(NEW_MOUNTS),
            libc.mount(b"none", b"/", None, RECURSIVE | PRIVATE, None),
            libc.umount2(str(UNIFIED).encode(), DETACH),
        ):
            if failed:
                sys.exit(f"No mount namespace of our own: {os.strerror(ctypes.get_errno())}")
    return program


def _said(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def _pid(program: str, name: str) -> int:
    found = _said(program, "inspect", name).stdout
    return int(json.loads(found or "[{}]")[0].get("State", {}).get("Pid", 0))


def _proportional_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:"))
