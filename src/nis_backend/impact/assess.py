"""All that is found out about one change, in order: texts, a run, without it, for real, measured, priced, judged."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from nis_backend.errors import Conflict, NisError, NotFound
from nis_backend.impact.changing.asked import asked_after, asked_now, package_of
from nis_backend.impact.changing.checking import unmet
from nis_backend.impact.changing.copies import compile_modules, copy_environment, install
from nis_backend.impact.changing.installers import find_installer
from nis_backend.impact.changing.patch import way
from nis_backend.impact.changing.resolving import resolve
from nis_backend.impact.changing.sizes import sizes_of
from nis_backend.impact.changing.wheels import with_wheels
from nis_backend.impact.measuring.hooks import find_hooks
from nis_backend.impact.measuring.imports import by_distribution
from nis_backend.impact.measuring.machine import this_machine
from nis_backend.impact.measuring.starts import Service, measure
from nis_backend.impact.pricing import check_region, price
from nis_backend.impact.project.environment import read_environment
from nis_backend.impact.project.opening import open_project
from nis_backend.impact.proof.closure import brought, exclusive
from nis_backend.impact.proof.static import prove
from nis_backend.impact.proof.target import target
from nis_backend.impact.report import Counterfactual, Measurement, Report, StaticProof
from nis_backend.impact.running.comparing import WORKS, compared
from nis_backend.impact.running.hiding import hide, hide_scripts, led
from nis_backend.impact.running.phases import Place, run_commands
from nis_backend.impact.running.ready import read_ready
from nis_backend.impact.running.scratch import scratch
from nis_backend.impact.running.surroundings import surroundings
from nis_backend.impact.running.watching import Watched, watch_commands
from nis_backend.impact.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from nis_backend.impact.changing.copies import Copy
    from nis_backend.impact.changing.installers import Installer
    from nis_backend.impact.changing.resolving import Resolved
    from nis_backend.impact.project.environment import Environment
    from nis_backend.impact.project.opening import Project
    from nis_backend.impact.question import Question, Tell
    from nis_backend.impact.report import Hidden, Measure, Price, Resolution, Sizes, Way
    from nis_backend.impact.running.phases import Ran

LIMIT = 120.0
"""Seconds that each of the project's commands is given."""
PATIENCE, FOLD = 10.0, 3.0
"""Seconds, and times what a command took before, that it is given after the change."""


def assess(question: Question, tell: Tell) -> Report:
    """Find out what a change of a project's dependencies does; nothing of the project is changed.

    Raises:
        NotFound: there is no such project, interpreter or package.
        InvalidRequest: an argument is wrong; it is named.
    """
    begun, made = time.monotonic(), datetime.now(UTC)
    question = _checked(question)
    tell(0.0, "reading the project")
    project = open_project(question.root, question.python)
    with scratch() as folder:
        work = _Assessment(question=question, tell=tell, folder=folder, project=project)
        report = work.report(made.strftime("%Y-%m-%d %H:%M UTC"))
    return report.model_copy(update={"seconds": time.monotonic() - begun, "installing": work.installing})


def _works(watched: Watched) -> bool:
    """Whether any of its commands does what it is for."""
    return any(one.phase.outcome in WORKS for one in watched.ran)


def _checked(question: Question) -> Question:
    """The question, with what would be found wrong in minutes refused at once; what is added by its name."""
    change = question.change
    check_region(question.region)
    if question.commands.start:
        read_ready(question.commands.ready).refuse_taken()
    if change.kind == "add":
        asked = change.to or change.package
        change = change.model_copy(update={"package": package_of(asked), "to": asked})
    return replace(question, change=change)


@dataclass(frozen=True, kw_only=True)
class _After:
    """Both environments, made."""

    before: Copy
    after: Copy
    installed: Environment
    """What is in the second."""
    check: list[str]
    sizes: Sizes


@dataclass(kw_only=True)
class _Assessment:
    """One assessment on its way; what could not be looked at is said in `left_out`."""

    question: Question
    tell: Tell
    folder: Path
    project: Project
    left_out: list[str] = field(default_factory=list[str])
    installing: float = 0.0

    def report(self, made: str) -> Report:
        """All of it."""
        change, project = self.question.change, self.project
        self.left_out += project.left_out
        if not self._commands():
            self.left_out.append("Nothing was run: give --start, --smoke or --test.")
        self.tell(0.05, "reading its texts")
        static = self.static
        watched = self._watched()
        now, after = self._resolved()
        going = self._going(now, after)
        resolution = self._told(now, after, going)
        hidden = self._hidden(watched, stays=bool(resolution and resolution.stays_for))
        both = self._environments(now, after, going)
        pairs = self._compared(both) if both and (watched is None or _works(watched)) else []
        starts = bool(pairs) and all(one.without_it.outcome in WORKS for one in pairs if one.with_it.name == "start")
        measures, told = self._measured(both) if both and starts else ([], "")
        found = Counterfactual(
            resolved_now=now.told() if now else None,
            resolved=resolution,
            hidden=hidden,
            installed=pairs,
            check=both.check if both else [],
        )
        installed = project.environment.find(change.package)
        return Report(
            project=project.name,
            change=change,
            version=installed.version if installed else "",
            made=made,
            python=project.environment.version,
            verdict=judge(change, static, watched.proof if watched else None, found, coming=self._coming(both)),
            static=static,
            runtime=watched.proof if watched else None,
            counterfactual=found,
            measurement=self._measurement(both, measures, told, watched),
            price=self._price(measures, both),
            way=self._way(),
            left_out=self.left_out,
            seconds=0.0,
        )

    @cached_property
    def static(self) -> StaticProof:
        """Who uses the package; of one that is to be added, nobody yet."""
        try:
            return prove(self.project, self.question.change.package)
        except NotFound:
            if self.question.change.kind != "add":
                raise
            return StaticProof(modules=[], files=len(self.project.files))

    def _watched(self) -> Watched | None:
        """Who uses the package while the project runs; of one that is to be added, nobody yet."""
        change = self.question.change
        if change.kind == "add" or not self._commands():
            return None
        self.tell(0.1, "watching its commands")
        try:
            sought = target(self.project, change.package)
            return watch_commands(self.project, sought, self.question.commands, limit=LIMIT)
        except NisError as error:
            self.left_out.append(f"Its commands were not watched: {error.message} {error.remedy}".strip())
            return None

    def _hidden(self, watched: Watched | None, stays: bool) -> list[Hidden]:
        """Its commands without what goes, where nothing has to be installed for that."""
        change = self.question.change
        if (
            watched is None
            or not _works(watched)
            or stays
            or change.kind != "drop"
            or not self.project.environment.find(change.package)
        ):
            return []
        self.tell(0.2, "running its commands with the package hidden")
        try:
            limit, ran = self._limit(watched.ran), watched.ran
            return hide(self.project, change.package, self.question.commands, limit=limit, ran=ran)
        except NisError as error:
            self.left_out.append(f"Nothing was hidden: {error.message} {error.remedy}".strip())
            return []

    def _limit(self, ran: Sequence[Ran]) -> float:
        """What took a second with it has shown within ten without it whether it works."""
        return min(LIMIT, PATIENCE + FOLD * max((one.phase.seconds for one in ran), default=LIMIT))

    def _resolved(self) -> tuple[Resolved | None, Resolved | None]:
        """What the project's requirements come to, as they stand and after the change."""
        change = self.question.change
        before, then = asked_now(self.project, change.package), asked_after(self.project, change)
        if not self.question.resolves:
            self.left_out.append("The requirements were not resolved: texts alone were to be read.")
            return None, None
        self.tell(0.15, "resolving its requirements")
        pins = {key: one.version for key, one in self.project.environment.distributions.items() if not one.editable}
        # Only what is upgraded may leave the version that it has.
        moves = {canonicalize_name(change.package)} if change.kind == "upgrade" else set[str]()
        try:
            installer = self._installer()
            with self._counted():
                python = self.project.environment.python
                now = resolve(before, pins, installer=installer, python=python)
                kept = {key: version for key, version in pins.items() if key not in moves}
                return now, resolve(then, kept, installer=installer, python=python)
        except NisError as error:
            self.left_out.append(f"The requirements were not resolved: {error.message} {error.remedy}".strip())
            return None, None

    def _going(self, now: Resolved | None, after: Resolved | None) -> list[str]:
        """The keys of what goes: what the resolution no longer has, or what is there for the package alone."""
        change, environment = self.question.change, self.project.environment
        if change.kind == "add":
            return []
        alone = self._alone() if change.kind == "drop" else None
        if now is not None and after is not None and now.pins is not None and after.pins is not None:
            gone = {key for key in now.pins if key not in after.pins and environment.find(key)}
            if alone is None:
                return sorted(gone)
            # What was resolved is the part of the requirements that the package stands in; another may keep it. What
            # no requirement asks for was installed by hand, and goes by hand.
            return sorted(alone if canonicalize_name(change.package) not in now.pins else gone & alone)
        if change.kind == "upgrade" or environment.find(change.package) is None:
            return []
        return sorted(self._alone())

    def _alone(self) -> set[str]:
        """The keys of the package and of what is installed for it alone; none where it stays for others."""
        if any(one.applies for one in self.static.required_by):
            return set()
        key = canonicalize_name(self.question.change.package)
        return {key, *exclusive(self.project.environment, self.project, key)}

    def _told(self, now: Resolved | None, after: Resolved | None, going: Sequence[str]) -> Resolution | None:
        if after is None:
            return None
        change = self.question.change
        told = after.told(now)
        stays = change.kind == "drop" and self.project.environment.find(change.package) is not None
        if not stays or canonicalize_name(change.package) in going or after.pins is None:
            return told
        because = sorted({one.why[0] for one in self.static.required_by if one.applies and one.why})
        gone = [one for one in told.gone if one.name in going]
        return told.model_copy(update={"stays_for": because, "gone": gone})

    def _environments(self, now: Resolved | None, after: Resolved | None, going: Sequence[str]) -> _After | None:
        """The project's environment again, and as it would be; none where that cannot be."""
        question, environment = self.question, self.project.environment
        if not question.installs:
            self.left_out.append("No environment was made (--no-install): sizes, starts and prices need two.")
            return None
        wanted = self._wanted(now, after)
        if wanted is None:
            return None
        self.tell(0.25, "copying its environment")
        with self._counted():
            # Names of one length: scripts and bytecode hold them.
            before = copy_environment(environment, self.folder / "now")
            replaced = [one.partition("==")[0] for one in wanted if environment.find(one.partition("==")[0])]
            then = copy_environment(environment, self.folder / "new", without=[*going, *replaced])
            try:
                install(then, wanted, installer=self._installer()) if wanted else None
            except Conflict as error:
                self.left_out.append(f"{error.message} {error.remedy}".strip())
                return None
            for copy in (before, then):
                compile_modules(copy)
            hide_scripts(then, {name for key in going for name in environment.distributions[key].scripts})
            installed = read_environment(then.python)
            was = read_environment(before.python)
        self.tell(0.3, "weighing it")
        broken, own = unmet(was.distributions, was.markers), self.project.own
        return _After(
            before=before,
            after=then,
            installed=installed,
            check=[line for line in unmet(installed.distributions, was.markers, own) if line not in broken],
            # Both have their bytecode, as an image that was started once has.
            sizes=self._weighed(sizes_of(was, installed, self._subjects, going)),
        )

    def _weighed(self, sizes: Sizes) -> Sizes:
        """With what their wheels weigh, where an index can be asked."""
        try:
            with self._counted():
                return with_wheels(sizes, installer=self._installer(), python=self.project.environment.python)
        except NisError:
            return sizes

    @property
    def _subjects(self) -> list[str]:
        """The packages that the change is about."""
        change = self.question.change
        return [change.package, *([package_of(change.to, "to")] if change.kind == "swap" else [])]

    def _wanted(self, now: Resolved | None, after: Resolved | None) -> list[str] | None:
        """What has to be installed for the change, pinned; none where it cannot be."""
        if self.question.change.kind == "drop":
            return []
        if after is None or after.pins is None:
            self.left_out.append("No environment was made: what is asked for afterwards was not resolved.")
            return None
        before = {key: one.version for key, one in self.project.environment.distributions.items()}
        known = now.pins if now is not None and now.pins is not None else before
        return [
            f"{key}=={version}"
            for key, version in after.pins.items()
            if known.get(key) != version and before.get(key) != version
        ]

    def _compared(self, both: _After) -> list[Hidden]:
        """Each command in both environments; where they differ once more in the first: what differs by itself."""
        if not self._commands():
            return []
        self.tell(0.4, "running its commands in both environments")
        first = self._ran(both.before, LIMIT)
        if all(one.phase.outcome not in WORKS for one in first):
            return compared(first, first, first)
        limit = self._limit(first)
        then = self._ran(both.after, limit)
        sides = ("with it", "without it") if self.question.change.kind == "drop" else ("before", "after it")
        found = compared(first, [], then, sides=sides)
        if all(one.same for one in found):
            return found
        return compared(first, self._ran(both.before, limit), then, sides=sides)

    def _ran(self, side: Copy, limit: float) -> list[Ran]:
        commands = led(self.question.commands, self.project.root, side.root)
        without = self.project.environment.bin
        place = Place(folder=self.project.root, environment=surroundings(side.root, without=without), limit=limit)
        return run_commands(commands, place)

    def _measurement(
        self, both: _After | None, measures: list[Measure], told: str, watched: Watched | None
    ) -> Measurement | None:
        """The figures, and what the package and all that it brings do at start."""
        traces = watched.traces["start"] if watched else []
        package, environment = self.question.change.package, self.project.environment
        names = {canonicalize_name(package), *brought(environment, package)}
        imports = by_distribution(self.project, [traces]) if traces else []
        hooks = find_hooks(environment, traces, names)
        if not (both or imports or hooks):
            return None
        return Measurement(
            sizes=both.sizes if both else None,
            measures=measures,
            imports=[one for one in imports if canonicalize_name(one.name) in names],
            hooks=hooks,
            machine=this_machine(),
            told=told,
        )

    def _measured(self, both: _After) -> tuple[list[Measure], str]:
        commands = self.question.commands
        if not commands.start or not self.question.measures:
            self.left_out.append("No start was measured: give --start, and leave --no-measure out.")
            return [], ""
        service = Service(command=commands.start, ready=commands.ready, folder=self.project.root)
        try:
            return measure(
                service,
                both.before.root,
                both.after.root,
                runs=self.question.runs,
                tell=lambda share, what: self.tell(0.5 + 0.5 * share, what),
            )
        except NisError as error:
            self.left_out.append(f"No start was measured: {error.message}")
            return [], ""

    def _price(self, measures: Sequence[Measure], both: _After | None) -> Price | None:
        peaks = [one for one in measures if one.name == "peak_memory"]
        if not peaks or both is None:
            return None
        peak = peaks[0]
        # Where no difference was seen there is none to be paid for.
        after = peak.after.median if peak.changed else peak.before.median
        try:
            return price(
                (round(peak.before.median), round(after)),
                (both.sizes.layer_before, both.sizes.layer_after),
                headroom=self.question.headroom,
                region=self.question.region,
            )
        except NisError as error:
            self.left_out.append(f"No price: {error.message} {error.remedy}".strip())
            return None

    def _way(self) -> Way | None:
        """How the change is made, where a rule can make it."""
        try:
            return way(self.project, self.question.change)
        except NisError as error:
            self.left_out.append(f"No patch: {error.message} {error.remedy}".strip())
            return None

    def _coming(self, both: _After | None) -> list[str]:
        """What can be imported from what takes the package's place."""
        if both is None or self.question.change.kind != "swap":
            return []
        found = both.installed.find(package_of(self.question.change.to, "to"))
        return list(found.modules) if found else []

    def _commands(self) -> bool:
        given = self.question.commands
        return bool(given.start or given.smoke or given.test)

    def _installer(self) -> Installer:
        return find_installer(surroundings(), self.project.environment.python)

    @contextmanager
    def _counted(self) -> Generator[None]:
        """Time that is spent on installing and fetching."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.installing += time.monotonic() - begun
