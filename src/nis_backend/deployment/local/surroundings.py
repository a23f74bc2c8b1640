"""What a task's process gets of this machine's environment, and how it is known again."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
from pathlib import Path

LISTENING = range(20_000, 32_000)
"""Below the ports that the kernel gives to connections (Linux: `ip_local_port_range`, from 32768 on): a port that is
asked for before its task listens could else be connected to itself."""
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "XDG_RUNTIME_DIR")
"""What of our own environment a program needs to run at all: nothing of it is a setting of nis."""


def inherited() -> dict[str, str]:
    """The environment that a task begins with, before the settings that the deployment names."""
    return {name: value for name in INHERITED if (value := os.environ.get(name))}


def told_here(name: str) -> str | None:
    """What this shell says of a setting, which is then on no command line; None where it says nothing."""
    return os.environ.get(name)


def free_port() -> int:
    """A port that nobody holds."""
    while True:
        port = secrets.choice(LISTENING)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def born(pid: int) -> str:
    """When a process began, in the kernel's words; empty where it is gone, or only its exit code is left."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except FileNotFoundError:
        return "" if Path("/proc/self/stat").exists() else _born(pid)
    except OSError:
        return ""
    # Third field: the state, Z for who is dead and not yet asked for; twenty-second: ticks since the boot.
    return "" if fields[0] in "ZX" else fields[19]


def _born(pid: int) -> str:
    """The same where there is no /proc."""
    asked = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607 - the system's own, by PATH
    state, _, when = asked.stdout.strip().partition(" ")
    return "" if not when or state.startswith("Z") else when.strip()
