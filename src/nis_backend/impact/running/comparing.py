"""Whether commands did the same twice: their outcomes, and what they wrote but for times, addresses and folders."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from nis_backend.impact.report import Hidden

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.impact.report import Phase
    from nis_backend.impact.running.phases import Ran

WORKS = ("ready", "passed")
OWN = (
    (re.compile(r"/\S*nis-impact-[^\s/]+(?:/[^\s'\":]*)?"), "(folder)"),
    (re.compile(r"0x[0-9a-fA-F]{4,}"), "(address)"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]?(?:\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?"), "(time)"),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"), "(time)"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:s|ms|µs|us|seconds?|secs?)\b"), "(time)"),
    (re.compile(r"(?i)(?<=\bpid[ =:])\d+|(?<=\bprocess \[)\d+|(?<=\bport[ =:])\d{5}"), "(number)"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "(id)"),
)
"""What differs between two runs of the same program."""
BAD = re.compile(r"Traceback|Error\b|ERROR|CRITICAL|Warning\b|WARNING|No module named|not found")
LINE = 160
"""Characters of a line that is shown."""


def compared(first: Sequence[Ran], again: Sequence[Ran], without: Sequence[Ran]) -> list[Hidden]:
    """Each command with the package and without it; `again` is a second run with it.

    What differs between the two with it is the command's own doing, and its output then proves nothing. Of a start only
    the outcome and lines that tell of a failure are compared: what a service logs is its own affair.
    """
    repeated = {one.phase.name: one for one in again}
    lacking = {one.phase.name: one for one in without}
    return [
        _pair(one, repeated.get(one.phase.name, one), lacking[one.phase.name])
        for one in first
        if one.phase.name in lacking
    ] + [_absent(one) for one in first if one.phase.name not in lacking and one.phase.outcome in WORKS]


def _pair(one: Ran, again: Ran, without: Ran) -> Hidden:
    difference = _outcomes(one.phase, without.phase)
    if not difference and one.phase.outcome in WORKS:
        lines, repeated, lacking = (_lines(each) for each in (one, again, without))
        if lines == repeated and lines != lacking:
            difference = _first(lines, lacking)
    return Hidden(with_it=one.phase, without_it=without.phase, same=not difference, difference=difference)


def _absent(one: Ran) -> Hidden:
    """A command that could not be run without it, since what it stands on did not start."""
    not_run = one.phase.model_copy(update={"outcome": "failed", "told": [], "seconds": 0.0})
    return Hidden(with_it=one.phase, without_it=not_run, same=False, difference="not run: it did not start without it")


def _outcomes(one: Phase, other: Phase) -> str:
    if (one.outcome, one.code or 0) == (other.outcome, other.code or 0):
        return ""
    told = [line for line in other.told if BAD.search(line)] or other.told
    code = f" (exit code {other.code})" if other.code else ""
    return f"{_words(one)} with it, {_words(other)}{code} without" + (f": {told[-1][:LINE]}" if told else "")


def _words(one: Phase) -> str:
    return one.outcome.replace("_", " ")


def _lines(one: Ran) -> list[str]:
    text = one.written
    for pattern, word in OWN:
        text = pattern.sub(word, text)
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return sorted(line for line in lines if BAD.search(line)) if one.phase.name == "start" else lines


def _first(lines: list[str], lacking: list[str]) -> str:
    """The first line that is not the same."""
    one, other = next((a, b) for a, b in zip_longest(lines, lacking, fillvalue="(nothing)") if a != b)
    return f"it wrote {one[:LINE]!r} with it, {other[:LINE]!r} without"
