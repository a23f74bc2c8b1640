"""Who uses a package while the project's own commands run: told by the tracer in each of their Python processes."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING

from nis_backend.impact.proof.target import Target, target
from nis_backend.impact.report import Importing, RuntimeProof
from nis_backend.impact.running.phases import Commands, Place, Ran, run_commands
from nis_backend.impact.running.surroundings import beside, surroundings
from nis_backend.impact.running.traces import Trace, read_traces, tracing
from nis_backend.impact.running.whose import Whose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from nis_backend.impact.project.opening import Project
    from nis_backend.impact.report import PhaseName
    from nis_backend.impact.running.started import Running

SAMPLE_SECONDS = 0.05
MOST_IMPORTS = 200
MOST_NAMES = 50
PHASES: tuple[PhaseName, ...] = ("start", "smoke", "test")


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Commands that were run and watched."""

    proof: RuntimeProof
    ran: list[Ran]
    traces: Mapping[PhaseName, list[Trace]]


def watch(project: Project, package: str, commands: Commands, *, limit: float) -> RuntimeProof:
    """Run the project's commands in its environment, and say who used the package.

    What was not imported is no proof: how many of the project's modules were is in the result. Processes that are not
    Python, or Python without `site` (`-S`, `-I`, `-E`), are counted, not seen into. A module that is imported again
    within a function, once it is loaded, is not noticed.

    Raises:
        NotFound: the package is neither installed nor declared.
        InvalidRequest: a command, or what is waited for, cannot be so.
    """
    return watch_commands(project, target(project, package), commands, limit=limit).proof


def watch_commands(project: Project, sought: Target, commands: Commands, *, limit: float) -> Watched:
    """The same, with all that was written down."""
    samples = _Samples()
    environment = surroundings(project.environment.prefix)
    with ExitStack() as stack:
        folders: dict[PhaseName, Path] = {}
        varied: dict[PhaseName, dict[str, str]] = {}
        for name in PHASES:
            folders[name], more = stack.enter_context(tracing(sought.modules, _metadata(sought)))
            varied[name] = beside(environment, more)
        place = Place(folder=project.root, environment=environment, limit=limit, look=samples.look, varied=varied)
        ran = run_commands(commands, place)
        traces: dict[PhaseName, list[Trace]] = {name: read_traces(folders[name]) for name in PHASES}
    return Watched(proof=_proof(project, sought, ran, traces, samples), ran=ran, traces=traces)


@dataclass
class _Samples:
    """The processes of each command, looked at again and again."""

    seen: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    next: float = 0.0

    def look(self, run: Running) -> None:
        if time.monotonic() < self.next:
            return
        self.next = time.monotonic() + SAMPLE_SECONDS
        found = run.tree.programs()
        if found.get(run.main, [""])[:2] == ["/bin/sh", "-c"]:
            del found[run.main]  # the shell that we gave the command to
        # A process becomes another program: what it is last is what it is.
        self.seen |= found


def _proof(
    project: Project,
    sought: Target,
    ran: Sequence[Ran],
    traces: Mapping[PhaseName, list[Trace]],
    samples: _Samples,
) -> RuntimeProof:
    whose = Whose(project, sought)
    every = [trace for some in traces.values() for trace in some]
    imports = {(one.module, one.importer, one.phase, one.failed): one for one in _imports(whose, traces)}
    readers = {read.reader for trace in every for read in trace.read if not sought.has(read.reader)}
    started = [did.what.split() for trace in every for did in trace.did if did.how == "program"]
    lines = [*samples.seen.values(), *(list(trace.arguments) for trace in every), *started]
    modules = {module for trace in every for module in whose.own_modules(trace)}
    return RuntimeProof(
        phases=[one.phase for one in ran],
        imports=list(imports.values())[:MOST_IMPORTS],
        looked_up=sorted(readers)[:MOST_NAMES],
        programs=sorted({name for words in lines if (name := _program(sought, words))})[:MOST_NAMES],
        processes=len(every),
        unwatched=_unwatched(ran, traces, samples, len(started)),
        seen=len(modules),
        known=len(project.layout.modules),
    )


def _imports(whose: Whose, traces: Mapping[PhaseName, list[Trace]]) -> Iterator[Importing]:
    """Imports of the package by others than itself, and its own that failed."""
    for phase, some in traces.items():
        for trace in some:
            for module in trace.before:
                yield Importing(
                    module=module, importer=".pth", by="hook", distribution=whose.hooked(module), phase=phase
                )
            for began in [*trace.imports.values(), *trace.has]:
                if not whose.sought.has(began.module):
                    continue
                failed = began.line > 0 and began.module in trace.failed
                if failed or not whose.sought.has(began.importer):
                    yield whose.importing(trace, began, phase, failed=failed)


def _program(sought: Target, words: Sequence[str]) -> str:
    """The package's command that a command line starts, or nothing."""
    for word in words[:4]:
        if PurePath(word).name in sought.scripts:
            return PurePath(word).name
    for option, module in pairwise(words[:6]):
        if option == "-m" and sought.has(module):
            return f"python -m {module}"
    return ""


def _unwatched(ran: Sequence[Ran], traces: Mapping[PhaseName, list[Trace]], samples: _Samples, programs: int) -> int:
    """Processes that no trace is of, at least.

    Of three counts the largest: processes seen that left none; programs started, less Python processes that were; and
    phases that left no trace at all.
    """
    every = [trace for some in traces.values() for trace in some]
    pids = {trace.pid for trace in every}
    fresh = sum(trace.how == "start" for trace in every)
    blind = sum(not traces[one.phase.name] for one in ran)
    children = programs - (fresh - (len(ran) - blind))
    return max(len(samples.seen.keys() - pids), children, blind)


def _metadata(sought: Target) -> str:
    """The name of the folder that its metadata are in."""
    for file in sought.installed.files if sought.installed else ():
        parent = PurePath(file.path).parent.name
        if parent.endswith((".dist-info", ".egg-info")):
            return parent
    return ""
