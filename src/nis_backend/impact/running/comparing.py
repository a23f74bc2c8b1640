"""Whether commands did the same twice: their outcomes, and what they wrote but for what differs from run to run."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from nis_backend.impact.report import Hidden

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.impact.report import Phase
    from nis_backend.impact.running.phases import Ran

WORKS = ("ready", "passed")
"""Outcomes of a command that did what it is for."""
BAD = re.compile(r"Traceback|Error\b|ERROR|CRITICAL|Warning\b|WARNING|No module named|not found")
CAUSE = re.compile(r"\s*[\w.]*(?:Error|Exception|NotFound)\b|.*: not found$|.*No module named")
SHOWN = 160
"""Characters of a line that is shown."""
MOST_SHOWN = 3
Sides = tuple[str, str]
VARYING = (
    (r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", "ID"),
    (r"\b0x[0-9a-fA-F]+\b", "ADDRESS"),
    (r"\b[0-9a-f]{24,}\b", "ID"),
    (r"\b\d{4}-\d\d-\d\d(?:[T ]|\b)", "DAY "),
    (r"\b\d{1,2}[/ ](?:\w{3}|\d\d)[/ ]\d{4}\b", "DAY"),
    (r"(?<![.\d:])\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?(?!\d)(?:Z|[+-]\d\d:?\d\d)?", "TIME"),
    (r"\b\d{10}(?:\.\d+)?\b", "TIME"),
    (r"\b\d+(?:\.\d+)?(?:e[+-]?\d+)? ?(?:[nµm]s|s|secs?|seconds?|minutes?|min)\b", "DURATION"),
    (r"(?i)\b(pid|process|worker|thread)([ =:#-]+)\d+\b", r"\1\2N"),
    (r"\[\d+\]", "[N]"),
    (r"(?<=:)(?:3[2-9]|4\d|5\d|6[0-5])\d{3}\b", "PORT"),
    (r"/\S*nis-impact-[^\s/]+(?:/[^\s'\":]*)?", "TEMPORARY"),
    (r"/tmp/[\w./-]+", "TEMPORARY"),  # noqa: S108 - it is looked for, not made
)
"""What differs from run to run in what a command writes, and what stands for it when two runs are compared."""


def compared(
    first: Sequence[Ran],
    again: Sequence[Ran],
    without: Sequence[Ran],
    *,
    roots: Sequence[str] = (),
    sides: Sides = ("with it", "without it"),
) -> list[Hidden]:
    """Each command with the package and without it; `again` is a second run with it, where there is one.

    Lines are compared without their order. What differs between the two runs with it is the command's own doing: lines
    that are like those but for their numbers are passed over. Of a start only the outcome and lines that tell of a
    failure are compared: what a service logs is its own affair. `roots` are folders of environments; `sides` is what is
    said of the two.
    """
    repeated = {one.phase.name: one for one in again}
    lacking = {one.phase.name: one for one in without}
    return [
        _pair(one, repeated.get(one.phase.name, one), lacking[one.phase.name], roots, sides)
        for one in first
        if one.phase.name in lacking
    ] + [_absent(one, sides) for one in first if one.phase.name not in lacking and one.phase.outcome in WORKS]


def _pair(one: Ran, again: Ran, without: Ran, roots: Sequence[str], sides: Sides) -> Hidden:
    difference = _outcomes(one.phase, without, sides)
    if not difference and one.phase.outcome in WORKS:
        first, second, then = (lines(each, roots) for each in (one, again, without))
        difference = _written(first, second, then, sides)
    return Hidden(with_it=one.phase, without_it=without.phase, same=not difference, difference=difference)


def _absent(one: Ran, sides: Sides) -> Hidden:
    """A command that could not be run without it, since what it stands on did not start."""
    not_run = one.phase.model_copy(update={"outcome": "failed", "code": None, "told": [], "seconds": 0.0})
    return Hidden(with_it=one.phase, without_it=not_run, same=False, difference=f"not run: it did not start {sides[1]}")


def _outcomes(one: Phase, without: Ran, sides: Sides) -> str:
    other = without.phase
    if (one.outcome, one.code or 0) == (other.outcome, other.code or 0):
        return ""
    told = [line.strip() for line in without.written.splitlines() if line.strip()] or other.told
    told = [line for line in told if CAUSE.match(line)] or [line for line in told if BAD.search(line)] or told
    code = f" (exit code {other.code})" if other.code else ""
    why = f": {told[-1][:SHOWN]}" if told else ""
    return f"{_words(one)} {sides[0]}, {_words(other)}{code} {sides[1]}{why}"


def _words(one: Phase) -> str:
    return one.outcome.replace("_", " ")


def _written(first: Counter[str], again: Counter[str], without: Counter[str], sides: Sides) -> str:
    varied = {_shape(line) for line in (first - again) + (again - first)}
    only_with = [line for line in first - without if _shape(line) not in varied]
    only_without = [line for line in without - first if _shape(line) not in varied]
    told = [f"{line[:SHOWN]!r} {sides[0]} alone" for line in only_with[:MOST_SHOWN]]
    told += [f"{line[:SHOWN]!r} {sides[1]} alone" for line in only_without[:MOST_SHOWN]]
    return f"it wrote {', '.join(told)}" if told else ""


def _shape(line: str) -> str:
    return re.sub(r"[\d.]+", "N", line)


def lines(ran: Ran, roots: Sequence[str] = ()) -> Counter[str]:
    """The lines that it wrote, what differs from run to run replaced; each with how often it stands."""
    text = ran.written
    for root in roots:
        text = text.replace(root, "ENVIRONMENT")
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    found = Counter(" ".join(line.split()).strip("=-_ ") for line in text.splitlines() if line.strip())
    return Counter({line: n for line, n in found.items() if BAD.search(line)}) if ran.phase.name == "start" else found
