"""Figures and places in words, the same in every form of a report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nis_backend.impact.report import Interval, Measure, Place

NAMES = {
    "start": "Start to ready",
    "cpu_to_ready": "Processor time to ready",
    "memory": "Memory when ready",
    "peak_memory": "Peak memory",
    "idle_cpu": "Processor at rest, of a core",
}
"""What each measure is called."""

MARKS = {"for": "✓", "against": "✗", "open": "?"}
"""What a reason begins with."""
CENT = 0.01
LONGEST = 2000
"""Characters of a single text."""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What moves a terminal's cursor, colours it, or turns the reading round."""
READ_AS_MARKS = re.compile(
    r"[\\`*]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|<(?=[A-Za-z/!?])|&(?=#?\w+;)|!(?=\[)|(?<=\])(?=\()|~(?=~)|(?<=~)~"
)
"""Where Markdown would read a mark: most underscores and less-than signs of requirements are none."""


UNITS = {
    "bytes": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "bytes")),
    "s": ((1.0, "s"), (1e-3, "ms")),
    "cores": ((0.01, "%"),),
}
"""Decimal units, as disks and registries count, the largest first."""


def size(count: float) -> str:
    """Bytes: `812 MB`."""
    return amount(count, "bytes")


def amount(value: float, unit: str) -> str:
    """A figure with its unit."""
    scale, name = _unit(value, unit)
    return f"{_digits(value, scale, name)} {name}"


def spread(one: Interval, unit: str) -> str:
    """A median and where it lies with 95 % confidence: `4.20 s (4.00 to 4.50)`."""
    scale, name = _unit(max((one.low, one.median, one.high), key=abs), unit)
    median, low, high = (_digits(value, scale, name) for value in (one.median, one.low, one.high))
    return f"{median} {name} ({low} to {high})"


def _unit(value: float, unit: str) -> tuple[float, str]:
    known = UNITS[unit]
    return next((one for one in known if abs(value) >= one[0]), known[-1])


def _digits(value: float, scale: float, name: str) -> str:
    """Three digits, which no run repeats better than."""
    count = value / scale
    places = 0 if name == "bytes" or abs(count) >= 99.95 else 1 if abs(count) >= 9.995 else 2  # noqa: PLR2004 - digits
    return f"{count:.{places}f}".replace("-", "−")


def difference(one: Measure) -> str:
    """What the change does to a measure; an interval with 0 in it is no difference."""
    if not one.changed:
        return "no difference seen"
    share = f", {one.difference.median / one.before.median:+.0%}" if one.before.median else ""
    return f"{spread(one.difference, one.unit)}{share.replace('-', '−')}"


def at(place: Place) -> str:
    """`app/main.py:12`."""
    return place.file if place.line is None else f"{place.file}:{place.line}"


def visible(text: str) -> str:
    """A text of the project's without what steers a terminal."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\t", "    "))


def line(text: str) -> str:
    """The same, in one line."""
    return " ".join(visible(text).split())[:LONGEST]


def plain(text: str) -> str:
    """A text of the project's within Markdown: one line, in which nothing is a mark."""
    return READ_AS_MARKS.sub(lambda found: f"\\{found[0]}", line(text))


def code(text: str) -> str:
    """The same as code."""
    words = line(text) or " "
    mark = "`" * (1 + max((len(run) for run in re.findall("`+", words)), default=0))
    edge = " " if len(mark) > 1 else ""
    return f"{mark}{edge}{words}{edge}{mark}"


def fenced(text: str, language: str = "") -> str:
    """Lines as code: within a fence that none of them closes."""
    words = visible(text).strip("\n")
    mark = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", words)), default=0))
    return f"{mark}{language}\n{words}\n{mark}"


def money(value: float) -> str:
    """US dollars; less than a cent is not nothing."""
    count = abs(value)
    return ("−" if value < 0 else "") + (f"${count:.4f}" if 0 < count < CENT else f"${count:,.2f}")
