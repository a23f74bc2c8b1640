"""Figures and places in words, the same in every form of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nis_backend.impact.report import Interval, Measure, Place

NAMES = {
    "start": "Start to ready",
    "cpu_to_ready": "Processor time to ready",
    "memory": "Memory when ready",
    "peak_memory": "Peak memory",
    "idle_cpu": "Processor at rest",
}
"""What each measure is called."""

CENT = 0.01


def size(count: float) -> str:
    """Bytes in decimal units, as disks and registries count: `812.4 MB`."""
    sign, count = "−" if count < 0 else "", abs(count)
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= least:
            return f"{sign}{count / least:.{1 if count < 100 * least else 0}f} {unit}"
    return f"{sign}{count:.0f} bytes"


def amount(value: float, unit: str) -> str:
    """A figure with its unit."""
    if unit == "bytes":
        return size(value)
    if unit == "s":
        return f"{value * 1000:.0f} ms" if abs(value) < 1 else f"{value:.2f} s"
    return f"{value * 100:.2f} % of a core"


def spread(one: Interval, unit: str) -> str:
    """A median and where it lies with 95 % confidence."""
    return f"{amount(one.median, unit)} ({amount(one.low, unit)} to {amount(one.high, unit)})"


def difference(one: Measure) -> str:
    """What the change does to a measure; an interval with 0 in it is no difference."""
    if not one.changed:
        return "no difference seen"
    share = f", {one.difference.median / one.before.median:+.0%}" if one.before.median else ""
    return f"{spread(one.difference, one.unit)}{share}".replace("-", "−")


def at(place: Place) -> str:
    """`app/main.py:12`."""
    return place.file if place.line is None else f"{place.file}:{place.line}"


def money(value: float) -> str:
    """US dollars; less than a cent is not nothing."""
    return f"${value:.4f}" if 0 < value < CENT else f"${value:,.2f}"
