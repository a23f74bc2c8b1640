"""What importing each distribution's modules costs at start, from traces of several starts."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import median
from typing import TYPE_CHECKING

from nis_backend.errors import InvalidRequest
from nis_backend.impact.report import ImportTime
from nis_backend.impact.running.comparing import WORKS
from nis_backend.impact.running.phases import Commands, Place, run_commands
from nis_backend.impact.running.surroundings import beside, surroundings
from nis_backend.impact.running.traces import read_traces, tracing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.impact.project.opening import Project
    from nis_backend.impact.running.traces import Trace

RUNS = 3
OWN, STANDARD, OTHER = "(the project)", "(the standard library)", "(other files)"


def import_times(project: Project, commands: Commands, *, limit: float, runs: int = RUNS) -> list[ImportTime]:
    """Start the project, or run its smoke or test where it has no start, `runs` times, traced; the dearest first.

    See `by_distribution` for what is counted. A start is slower traced than not: these are shares of it, to be compared
    with each other.

    Raises:
        InvalidRequest: one of the commands does not work.
    """
    one = Commands(start=commands.start, ready=commands.ready) if commands.start else commands
    return by_distribution(project, [list(_traced(project, one, limit)) for _ in range(runs)])


def _traced(project: Project, commands: Commands, limit: float) -> Iterator[Trace]:
    environment = surroundings(project.environment.prefix)
    with tracing([], "") as (folder, more):
        where = Place(folder=project.root, environment=beside(environment, more), limit=limit)
        for ran in run_commands(commands, where):
            if ran.phase.outcome not in WORKS:
                last = f": {ran.phase.told[-1]}" if ran.phase.told else "."
                raise InvalidRequest(
                    f"{ran.phase.name} does not work here: {ran.phase.outcome.replace('_', ' ')}{last}",
                    field=ran.phase.name,
                    value=ran.phase.command,
                    remedy="Give it as it is typed in the project's folder, with its environment active.",
                )
        yield from read_traces(folder)


def by_distribution(project: Project, runs: Sequence[Sequence[Trace]]) -> list[ImportTime]:
    """Seconds of each distribution's own modules, median over the runs; half of their range is the uncertainty.

    A module's own time is from the begin of its import to its end, less the imports that it makes itself, measured by a
    clock of nanoseconds around the import system's `_find_and_load`; finding, reading and compiling it is in it. Of
    each run the process counts that spent most on imports: those of a service's workers go on at the same time.
    """
    totals: dict[str, list[float]] = defaultdict(list)
    modules: Counter[str] = Counter()
    counted = 0
    for run in runs:
        if not run:
            continue
        counted += 1
        trace = max(run, key=lambda one: sum(one.took.values()))
        seconds: dict[str, float] = defaultdict(float)
        held: Counter[str] = Counter()
        for module, took in trace.took.items():
            if module not in trace.failed:
                held[name := _owner(project, module)] += 1
                seconds[name] += took
        for name, value in seconds.items():
            totals[name].append(value)
        modules |= held
    found: list[ImportTime] = []
    for name, some in totals.items():
        every = [*some, *[0.0] * (counted - len(some))]
        found.append(
            ImportTime(name=name, seconds=median(every), modules=modules[name], uncertain=(max(every) - min(every)) / 2)
        )
    return sorted(found, key=lambda one: -one.seconds)


def _owner(project: Project, module: str) -> str:
    top = module.partition(".")[0]
    if module in project.layout.modules or top in project.layout.own:
        return OWN
    if owners := project.environment.owner(module):
        return owners[0]
    return STANDARD if top in project.environment.standard else OTHER
