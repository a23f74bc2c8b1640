"""How many processors this process may use: a thread more than that only waits for the others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def allowed_threads(wanted: int | None, root: Path = Path("/")) -> int:
    """As many threads as are wanted, and never more than this process may use: its cores, or its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    allowed = max(1, min([cores, *(int(quota) for quota in _quotas(root))]))
    return min(wanted or allowed, allowed)


def _quotas(root: Path) -> list[float]:
    """The CPU quotas of this process's control group and of those above it, in cores; version 2, then version 1."""
    try:
        lines = (root / "proc/self/cgroup").read_text("ascii").splitlines()
    except OSError:
        return []
    quotas: list[float] = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            read, top = _quota_of_2, root / "sys/fs/cgroup"
        elif "cpu" in controllers.split(","):
            read, top = _quota_of_1, root / "sys/fs/cgroup/cpu"
        else:
            continue
        # Inside a container the group's path may be the host's, where nothing is: the top is looked at in any case.
        folder = top / group.lstrip("/")
        quotas += _read_up(read, folder, top)
    return quotas


def _read_up(read: Callable[[Path], float | None], folder: Path, top: Path) -> list[float]:
    found = [read(one) for one in (folder, *folder.parents) if one.is_relative_to(top)]
    return [quota for quota in found if quota is not None]


def _quota_of_2(folder: Path) -> float | None:
    try:
        quota, period = (folder / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else int(quota) / int(period)


def _quota_of_1(folder: Path) -> float | None:
    try:
        quota = int((folder / "cpu.cfs_quota_us").read_text("ascii"))
        period = int((folder / "cpu.cfs_period_us").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return None if quota < 0 else quota / period
