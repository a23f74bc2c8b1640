"""The live processes of a command: what they have used, what they hold, and where they listen."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from nis_backend.impact.running.keeper import descendants, parents

LISTENS = "0A"
"""The state TCP_LISTEN in /proc/net/tcp."""
PROC = Path("/proc")
LINUX = sys.platform == "linux"


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Memory of a tree of processes, bytes."""

    pss: int
    """Proportional set size: a page that n processes share counts 1/n in each, so that the sum counts it once."""
    peak: int
    """The sum of each process's largest resident set so far (VmHWM), less what is counted twice in it because it is
    shared now (the sum of resident sets less `pss`); of processes that have ended nothing is known."""


@dataclass(frozen=True, kw_only=True)
class Tree:
    """All processes below the keeper with process id `keeper`."""

    keeper: int

    def pids(self) -> list[int]:
        """Who lives now."""
        return descendants(self.keeper)

    def cpu_seconds(self) -> float:
        """CPU time that the tree has used since it was started, user and system.

        Of the living, the kernel's clock of each process (ns); of those that have ended, what their parents were
        handed when they collected them (10 ms). Children of who ignores SIGCHLD are handed to nobody, and not counted.
        """
        total = 0.0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                total += time.clock_gettime(~pid << 3 | 2) + _collected(pid)  # a process's clock, by its id
        with contextlib.suppress(OSError):
            total += _collected(self.keeper)
        return total

    def memory(self) -> Memory:
        """What the living hold."""
        pss = resident = largest = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                rolled = (PROC / str(pid) / "smaps_rollup").read_text("ascii", "replace")
                pss += _kilobytes(rolled, "Pss:")
                resident += _kilobytes(rolled, "Rss:")
                largest += _kilobytes((PROC / str(pid) / "status").read_text("utf-8", "replace"), "VmHWM:")
        return Memory(pss=pss, peak=max(pss, largest - (resident - pss)))

    def ports(self) -> set[int]:
        """TCP ports that a process of the tree listens on."""
        inodes = listeners()
        if not inodes:
            return set()
        return {inodes[held] for pid in self.pids() for held in _sockets(pid) if held in inodes}

    def programs(self) -> dict[int, list[str]]:
        """The arguments of each living process."""
        found: dict[int, list[str]] = {}
        for pid in self.pids():
            with contextlib.suppress(OSError):
                words = (PROC / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
                if words != [""]:  # a process that has ended and was not collected has none
                    found[pid] = words[:-1]
        return found


def end_session(session: int) -> None:
    """Kill who is in a session still: all of a command, but for who has left it for one of its own."""
    for pid in parents():
        with contextlib.suppress(OSError):
            if os.getsid(pid) == session:
                os.kill(pid, signal.SIGKILL)


def listeners() -> dict[int, int]:
    """Each listening TCP socket of this network: its inode and its port."""
    found: dict[int, int] = {}
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in (PROC / "net" / name).read_text("ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENS:
                    found[int(fields[9])] = int(fields[1].rpartition(":")[2], 16)
    return found


def is_taken(port: int) -> bool:
    """Whether anybody listens on the port of this machine."""
    if LINUX:
        return port in listeners().values()
    with socket.socket() as probe:
        probe.settimeout(1)
        return not probe.connect_ex(("127.0.0.1", port))


def _sockets(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 - names alone are wanted, of thousands
            with contextlib.suppress(OSError):
                to = os.readlink(f"/proc/{pid}/fd/{name}")  # noqa: PTH115 - it is no path
                if to.startswith("socket:["):
                    found.append(int(to[8:-1]))
    return found


def _collected(pid: int) -> float:
    """CPU seconds of children that the process has waited for, and theirs."""
    fields = (PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _kilobytes(text: str, name: str) -> int:
    for line in text.splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0
