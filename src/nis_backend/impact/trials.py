"""The project's own commands: watched, with the package hidden, and in an environment as it would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.errors import NisError
from nis_backend.impact.proof.target import target
from nis_backend.impact.running.comparing import WORKS, compared
from nis_backend.impact.running.hiding import hide, led
from nis_backend.impact.running.phases import Place, run_commands
from nis_backend.impact.running.surroundings import surroundings
from nis_backend.impact.running.watching import Watched, watch_commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.impact.changing.copies import Copy
    from nis_backend.impact.environments import Both
    from nis_backend.impact.report import Hidden
    from nis_backend.impact.running.phases import Ran
    from nis_backend.impact.work import Work

LIMIT = 120.0
"""Seconds that each of the project's commands is given."""
PATIENCE, FOLD = 10.0, 3.0
"""Seconds, and times what a command took before, that it is given after the change."""


def watched_by(work: Work) -> Watched | None:
    """Who uses the package while the project runs; of one that is to be added, nobody yet."""
    if work.change.kind == "add" or not work.has_commands:
        return None
    work.tell(0.1, "watching its commands")
    try:
        sought = target(work.project, work.change.package)
        return watch_commands(work.project, sought, work.question.commands, limit=LIMIT)
    except NisError as error:
        work.leave_out("Its commands were not watched", error)
        return None


def hidden_from(work: Work, watched: Watched | None, *, stays: bool) -> list[Hidden]:
    """Its commands without the package, where nothing has to be installed for that."""
    there = work.project.environment.find(work.change.package)
    if watched is None or not works(watched) or stays or work.change.kind != "drop" or not there:
        return []
    work.tell(0.2, "running its commands with the package hidden")
    limit, ran = _limit(watched.ran), watched.ran
    try:
        return hide(work.project, work.change.package, work.question.commands, limit=limit, ran=ran)
    except NisError as error:
        work.leave_out("Nothing was hidden", error)
        return []


def compared_in(work: Work, both: Both) -> list[Hidden]:
    """Each command in both environments; where they differ once more in the first: what differs by itself."""
    if not work.has_commands:
        return []
    work.tell(0.4, "running its commands in both environments")
    first = _run(work, both.before, LIMIT)
    if all(one.phase.outcome not in WORKS for one in first):
        return compared(first, first, first)
    limit = _limit(first)
    then = _run(work, both.after, limit)
    sides = ("with it", "without it") if work.change.kind == "drop" else ("before", "after it")
    found = compared(first, [], then, sides=sides)
    if all(one.same for one in found):
        return found
    return compared(first, _run(work, both.before, limit), then, sides=sides)


def works(watched: Watched) -> bool:
    """Whether any of its commands does what it is for."""
    return any(one.phase.outcome in WORKS for one in watched.ran)


def _limit(ran: Sequence[Ran]) -> float:
    """What took a second with it has shown within ten without it whether it works."""
    return min(LIMIT, PATIENCE + FOLD * max((one.phase.seconds for one in ran), default=LIMIT))


def _run(work: Work, side: Copy, limit: float) -> list[Ran]:
    commands = led(work.question.commands, work.project.root, side.root)
    environment = surroundings(side.root, without=work.project.environment.bin)
    return run_commands(commands, Place(folder=work.project.root, environment=environment, limit=limit))
