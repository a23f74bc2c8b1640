"""Threads: as many as the control group lets this process use."""

from __future__ import annotations

from pathlib import Path

import pytest

from nis_backend.cores import allowed_threads


@pytest.mark.parametrize(
    ("files", "wanted", "allowed"),
    [
        ({}, None, 16),
        ({}, 3, 3),
        ({}, 99, 16),
        ({"cgroup": "0::/a/b\n", "a/cpu.max": "250000 100000", "a/b/cpu.max": "max 100000"}, None, 2),
        ({"cgroup": "0::/a/b\n", "a/cpu.max": "250000 100000", "a/b/cpu.max": "150000 100000"}, 8, 1),
        ({"cgroup": "0::/\n", "cpu.max": "50000 100000"}, None, 1),
        # In a container of version 1 the path is the host's.
        (
            {
                "cgroup": "4:cpu,cpuacct:/docker/x\n",
                "cpu/cpu.cfs_quota_us": "400000",
                "cpu/cpu.cfs_period_us": "100000",
            },
            None,
            4,
        ),
        ({"cgroup": "4:cpu:/\n", "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None, 16),
    ],
)
def test_threads_keep_to_the_cpu_quota(
    files: dict[str, str], wanted: int | None, allowed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quota of the process's own control group and of every one above it, whichever is least."""

    def sixteen_cores(_pid: int) -> set[int]:
        return set(range(16))

    monkeypatch.setattr("os.sched_getaffinity", sixteen_cores, raising=False)
    for name, text in files.items():
        path = tmp_path / ("proc/self/cgroup" if name == "cgroup" else f"sys/fs/cgroup/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert allowed_threads(wanted, tmp_path) == allowed
