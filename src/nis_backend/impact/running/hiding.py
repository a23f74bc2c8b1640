"""The project's commands with a package and without: nothing is installed, and nothing of the project is changed.

Without: in a copy of its environment by hard links that lacks the package's files, and so its modules, metadata, entry
points, commands and `.pth` files. What requires it stays, and may fail: that is what is asked.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.errors import NotFound
from nis_backend.impact.changing.copies import copy_environment
from nis_backend.impact.report import Hidden
from nis_backend.impact.running.phases import Commands, Place, run_commands
from nis_backend.impact.running.surroundings import placed, surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.impact.changing.copies import Copy
    from nis_backend.impact.project.environment import Distribution
    from nis_backend.impact.project.opening import Project
    from nis_backend.impact.running.phases import Ran

GOOD = ("ready", "passed")
MOST_LINES = 3
LONGEST_LINE = 200
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
    (r"/tmp/[\w./-]+", "TEMPORARY"),  # noqa: S108 - it is looked for, not made
)
"""What differs from run to run in what a command writes, and what stands for it when two runs are compared."""


def hide(
    project: Project, package: str, commands: Commands, *, limit: float, ran: Sequence[Ran] | None = None
) -> list[Hidden]:
    """Run the commands with the package and without it, and compare: outcome, exit code, and the lines written.

    `ran`: how they ran with it, where that is known. Lines are compared without their order, and without what differs
    from run to run; where they differ still, the commands are run with it once more, and lines that differ between
    those two are passed over.

    Raises:
        NotFound: the package is not installed.
    """
    hidden = project.environment.find(package)
    if hidden is None:
        raise NotFound(
            f"{package} is not installed in the project's environment.",
            field="package",
            value=package,
            remedy="install the project, or name its interpreter: --python PATH",
        )
    own = _place(project, limit)
    with_it = list(ran) if ran is not None else run_commands(commands, own)
    with tempfile.TemporaryDirectory(prefix="nis-impact-", ignore_cleanup_errors=True) as made:
        copy = copy_environment(project.environment, Path(made).resolve() / "env", without=[hidden.key])
        without = run_commands(_led(commands, project, copy), _place_without(project, copy, hidden, limit))
    found = _compared(project, copy, with_it, without, [])
    if all(one.same for one in found):
        return found
    return _compared(project, copy, with_it, without, run_commands(commands, own))


def _place(project: Project, limit: float) -> Place:
    return Place(folder=project.root, environment=surroundings(project.environment.prefix), limit=limit)


def _place_without(project: Project, copy: Copy, hidden: Distribution, limit: float) -> Place:
    environment = surroundings(copy.root, without=project.environment.bin)
    for name in hidden.scripts:
        if shutil.which(name, path=environment["PATH"]):
            # Of another folder of the path that has to stay, the system's own: hidden by one that is not there.
            (copy.bin / name).write_text(f"#!/bin/sh\necho '{name}: not found' >&2\nexit 127\n", "utf-8")
            (copy.bin / name).chmod(0o755)
    return Place(folder=project.root, environment=environment, limit=limit)


def _led(commands: Commands, project: Project, copy: Copy) -> Commands:
    root = project.root
    return replace(
        commands,
        start=placed(commands.start, root, copy.root),
        smoke=placed(commands.smoke, root, copy.root),
        test=placed(commands.test, root, copy.root),
    )


def _compared(
    project: Project, copy: Copy, with_it: Sequence[Ran], without: Sequence[Ran], again: Sequence[Ran]
) -> list[Hidden]:
    roots = [str(copy.root), str(project.environment.prefix)]
    found: list[Hidden] = []
    for one in with_it:
        other = next((each for each in without if each.phase.name == one.phase.name), None)
        if other is None:
            continue  # a smoke is not run where the start failed, which is told
        noise = next((lines(each.written, roots) for each in again if each.phase.name == one.phase.name), None)
        difference = _difference(one, other, roots, noise)
        found.append(Hidden(with_it=one.phase, without_it=other.phase, same=not difference, difference=difference))
    return found


def _difference(one: Ran, other: Ran, roots: Sequence[str], again: Counter[str] | None) -> str:
    before, after = lines(one.written, roots), lines(other.written, roots)
    # What a second run with the package writes otherwise as well says nothing about it, whatever its numbers are.
    varied = {_shape(line) for line in (before - again) + (again - before)} if again is not None else set[str]()
    missing = [line for line in before - after if _shape(line) not in varied]
    more = [line for line in after - before if _shape(line) not in varied]
    was, now = one.phase, other.phase
    if (was.outcome, was.code) != (now.outcome, now.code):
        how = f"It is {now.outcome}{_code(now.code)} without it, and {was.outcome}{_code(was.code)} with it"
        return f"{how}: {_telling(other, more)}"
    if was.outcome not in GOOD:
        return ""
    told = [f"without it alone it writes “{line}”" for line in more[:MOST_LINES]]
    told += [f"with it alone “{line}”" for line in missing[:MOST_LINES]]
    return f"What it writes differs: {'; '.join(told)}" if told else ""


def _shape(line: str) -> str:
    return re.sub(r"[\d.]+", "N", line)


def _code(code: int | None) -> str:
    return "" if code is None else f" ({'signal' if code < 0 else 'exit code'} {abs(code)})"


def _telling(ran: Ran, more: Sequence[str]) -> str:
    """The line that says most of why: the last that names an error, else the last."""
    written = [line.strip() for line in ran.written.splitlines() if line.strip()] or [*more] or ["it wrote nothing"]
    errors = [line for line in written if re.match(r"[\w.]*(?:Error|Exception|NotFound)\b|.*: not found$", line)]
    return (errors or written)[-1][:LONGEST_LINE]


def lines(written: str, roots: Sequence[str]) -> Counter[str]:
    """The lines of an output, what differs from run to run replaced; each with how often it stands."""
    for root in roots:
        written = written.replace(root, "ENVIRONMENT")
    for pattern, word in VARYING:
        written = re.sub(pattern, word, written)
    return Counter(_each(written))


def _each(written: str) -> Iterator[str]:
    for line in written.splitlines():
        if line := " ".join(line.split()).strip("=-_ "):
            yield line[:LONGEST_LINE]
