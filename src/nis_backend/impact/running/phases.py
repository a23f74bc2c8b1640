"""The project's own commands, each run until it is ready or has ended, with nothing left of it afterwards."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nis_backend.impact.report import Phase, PhaseName
from nis_backend.impact.running.ready import read_ready
from nis_backend.impact.running.started import running
from nis_backend.impact.running.surroundings import masked

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from nis_backend.impact.running.ready import Ready
    from nis_backend.impact.running.started import Running

TOLD_LINES = 20
TOLD_LINE = 300
POLL_SECONDS = 0.005
COLOURS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
"""What a terminal is told between the words: ECMA-48's control sequences, and titles."""
SETTLE_SECONDS = 0.5
"""How long what became ready has to stay up to count as ready."""


@dataclass(frozen=True, kw_only=True)
class Commands:
    """What a project's own commands are, empty where there is none."""

    start: str = ""
    ready: str = ""
    """What `start` is waited for: an address, `port N`, or empty for the first port that it listens on."""
    smoke: str = ""
    """A short check; it is run while what `start` started is up."""
    test: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where commands are run."""

    folder: Path
    environment: Mapping[str, str]
    limit: float
    """Seconds that each command is given."""
    look: Callable[[Running], None] | None = None
    """Called again and again with each command while it goes on."""
    varied: Mapping[PhaseName, Mapping[str, str]] = field(default_factory=dict[PhaseName, Mapping[str, str]])
    """What else is in the environment of one phase."""

    def start(self, name: PhaseName, command: str) -> AbstractContextManager[Running]:
        """Start one of the commands here."""
        environment = {**self.environment, **self.varied.get(name, {})}
        return running(command, environment=environment, folder=self.folder, limit=self.limit)


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A phase, and the last 64 kB of what it wrote."""

    phase: Phase
    written: str


def run_commands(commands: Commands, place: Place) -> list[Ran]:
    """Run what there is of a start, a smoke and a test. The smoke is left out where the start failed."""
    ran: list[Ran] = []
    if commands.start:
        ran += _start(commands, place)
    elif commands.smoke:
        ran.append(_to_the_end("smoke", commands.smoke, place))
    if commands.test:
        ran.append(_to_the_end("test", commands.test, place))
    return ran


def wait_ready(run: Running, ready: Ready, look: Callable[[Running], None] | None = None) -> str:
    """Wait until it is ready; why it is not, where it has ended or its time is up, else empty."""
    while why := ready.check(run.tree):
        if look is not None:
            look(run)
        if time.monotonic() > run.deadline or not run.look(POLL_SECONDS):
            return why
    return ""


def _start(commands: Commands, place: Place) -> list[Ran]:
    ready = read_ready(commands.ready)
    ready.refuse_taken()
    with place.start("start", commands.start) as run:
        why = wait_ready(run, ready, place.look)
        seconds = time.monotonic() - run.started
        if not why:
            settled = time.monotonic() + SETTLE_SECONDS
            while run.look(POLL_SECONDS * 10) and time.monotonic() < settled:
                if place.look is not None:
                    place.look(run)
        up, code = run.look(), run.code
        smoke = [_to_the_end("smoke", commands.smoke, place)] if up and not why and commands.smoke else []
    if not why and up:
        return [
            _ran(place, run, Phase(name="start", command=commands.start, outcome="ready", code=code, seconds=seconds)),
            *smoke,
        ]
    if not why:
        why = "it became ready, and then ended"
    failed = "never_ready" if up or not code else "failed"
    phase = Phase(name="start", command=commands.start, outcome=failed, code=code, seconds=seconds)
    return [_ran(place, run, phase, f"never ready: {why}" if failed == "never_ready" else why)]


def _to_the_end(name: PhaseName, command: str, place: Place) -> Ran:
    with place.start(name, command) as run:
        while run.code is None and time.monotonic() < run.deadline:
            run.look(POLL_SECONDS)
            if place.look is not None:
                place.look(run)
        seconds, code = time.monotonic() - run.started, run.code
    outcome = "timed_out" if code is None else "failed" if code else "passed"
    told = f"it was ended after {place.limit:g} s" if code is None else ""
    return _ran(place, run, Phase(name=name, command=command, outcome=outcome, code=code, seconds=seconds), told)


def _ran(place: Place, run: Running, phase: Phase, why: str = "") -> Ran:
    written = masked(COLOURS.sub("", run.written()), place.environment)
    lines = [line[:TOLD_LINE] for line in written.splitlines() if line.strip()][-TOLD_LINES:]
    told = [
        *lines,
        *([f"({why})"] if why else []),
        *([f"({run.left} processes could not be ended)"] if run.left else []),
    ]
    command = masked(phase.command, place.environment)
    return Ran(phase=phase.model_copy(update={"told": told, "command": command}), written=written)
