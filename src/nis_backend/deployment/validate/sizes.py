"""Sizes of tasks that Fargate has."""

from __future__ import annotations

import re

SMALL = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
}
"""CPU units, and the memory that goes with them, MiB. Source: Amazon ECS task definition differences for Fargate."""


def units(found: str | None) -> int | None:
    """CPU units of a task's cpu: 1024, "1024", "1 vCPU"."""
    if found is None:
        return None
    told = re.fullmatch(r"\s*(\d*\.?\d+)\s*(vcpu)?\s*", found, re.IGNORECASE)
    if told is None:
        return None
    return round(float(told[1]) * 1024) if told[2] else round(float(told[1]))


def mebibytes(found: str | None) -> int | None:
    """MiB of a task's memory: 2048, "2048", "2 GB"."""
    if found is None:
        return None
    told = re.fullmatch(r"\s*(\d*\.?\d+)\s*(gb|mb)?\s*", found, re.IGNORECASE)
    if told is None:
        return None
    return round(float(told[1]) * 1024) if (told[2] or "").lower() == "gb" else round(float(told[1]))


def is_pair(cpu: int, memory: int) -> bool:
    """Whether Fargate has a task of this size."""
    return memory in SMALL.get(cpu, ())


def nearest(cpu: int, memory: int) -> str:
    """The smallest pair that holds both, in words."""
    fits = [(size, most) for size, all_ in SMALL.items() for most in all_ if size >= cpu and most >= memory]
    if not fits:
        return "Fargate has none as large"
    size, most = min(fits)
    return f"the next that Fargate has is {size} with {most}"
