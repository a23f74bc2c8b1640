"""What the system says of this process, and of others that it has started."""

from __future__ import annotations

import os
import resource
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """This process as the system sees it."""

    cpu_seconds: float
    resident: int
    """Bytes in memory: of a system without /proc, the most there ever were."""
    descriptors: int
    most_descriptors: int
    started: float
    """Seconds since 1970, UTC."""


def look() -> Machine:
    """As it is now."""
    times = os.times()
    return Machine(
        cpu_seconds=times.user + times.system,
        resident=resident(os.getpid()) or _most_resident(),
        descriptors=_descriptors(),
        most_descriptors=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        started=_started(),
    )


def resident(pid: int) -> int:
    """Bytes of a process in memory; 0 where it is gone, or nothing tells."""
    try:
        return int((PROC / str(pid) / "statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def all_resident(pids: Iterable[int]) -> int:
    """Those of several processes together; what they share counts for each."""
    return sum(resident(pid) for pid in pids)


def _most_resident() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _descriptors() -> int:
    for folder in (PROC / "self" / "fd", Path("/dev/fd")):
        with suppress(OSError):
            return len(os.listdir(folder))  # noqa: PTH208 - names alone: a Path for each is work
    return 0


def _started() -> float:
    """When the process began: by the system's count of its ticks since the machine did, where that is told."""
    with suppress(OSError, IndexError, ValueError):
        after = (PROC / "self" / "stat").read_text("ascii").rpartition(")")[2].split()
        booted = next(line for line in (PROC / "stat").read_text("ascii").splitlines() if line.startswith("btime"))
        return int(booted.split()[1]) + int(after[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - time.process_time()
