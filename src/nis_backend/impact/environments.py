"""The project's environment made twice: as it is, and as it would be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.errors import Conflict, NisError
from nis_backend.impact.changing.asked import package_of
from nis_backend.impact.changing.checking import unmet
from nis_backend.impact.changing.copies import compile_modules, copy_environment, install
from nis_backend.impact.changing.sizes import sizes_of
from nis_backend.impact.changing.wheels import with_wheels
from nis_backend.impact.project.environment import read_environment
from nis_backend.impact.running.hiding import hide_scripts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.impact.changing.copies import Copy
    from nis_backend.impact.outcome import Outcome
    from nis_backend.impact.project.environment import Environment
    from nis_backend.impact.report import Sizes
    from nis_backend.impact.work import Work


@dataclass(frozen=True, kw_only=True)
class Both:
    """Two environments that differ by the change alone."""

    before: Copy
    after: Copy
    installed: Environment
    """What is in the second."""
    check: list[str]
    """Requirements that hold in the first alone."""
    sizes: Sizes

    def modules_of(self, name: str) -> list[str]:
        """What a distribution of the second can be imported as."""
        found = self.installed.find(name)
        return list(found.modules) if found else []


def make_environments(work: Work, outcome: Outcome) -> Both | None:
    """Make them in the work's folder; none where that is not wanted or cannot be, which is said."""
    if not work.question.installs:
        work.leave_out("No environment was made (--no-install): sizes, starts and prices need two.")
        return None
    if outcome.coming is None:
        work.leave_out("No environment was made: what is asked for afterwards was not resolved.")
        return None
    work.tell(0.25, "copying its environment")
    with work.counted():
        # Names of one length: scripts and bytecode hold them.
        before = copy_environment(work.project.environment, work.folder / "now")
        after = _changed(work, outcome.going, outcome.coming)
        if after is None:
            return None
        for copy in (before, after):
            compile_modules(copy)
        was, installed = read_environment(before.python), read_environment(after.python)
    work.tell(0.35, "weighing it")
    broken = unmet(was.distributions, was.markers)
    still = unmet(installed.distributions, was.markers, work.project.own)
    return Both(
        before=before,
        after=after,
        installed=installed,
        check=[line for line in still if line not in broken],
        # Both have their bytecode, as an image that was started once has.
        sizes=_with_wheels(work, sizes_of(was, installed, _subjects(work), outcome.going)),
    )


def _with_wheels(work: Work, sizes: Sizes) -> Sizes:
    """With what their wheels weigh, where an index can be asked."""
    try:
        with work.counted():
            return with_wheels(sizes, installer=work.installer(), python=work.project.environment.python)
    except NisError:
        return sizes


def _changed(work: Work, going: Sequence[str], coming: Sequence[str]) -> Copy | None:
    """A copy without what goes, and with what comes."""
    environment = work.project.environment
    replaced = [name for one in coming if environment.find(name := one.partition("==")[0])]
    copy = copy_environment(environment, work.folder / "new", without=[*going, *replaced])
    try:
        if coming:
            install(copy, coming, installer=work.installer())
    except Conflict as error:
        work.left_out.append(f"{error.message} {error.remedy}".strip())
        return None
    hide_scripts(copy, {name for key in going for name in environment.distributions[key].scripts})
    return copy


def _subjects(work: Work) -> list[str]:
    """The packages that the change is about."""
    change = work.change
    return [change.package, *([package_of(change.to, "to")] if change.kind == "swap" else [])]
