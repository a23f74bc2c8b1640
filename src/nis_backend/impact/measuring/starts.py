"""A project started again and again in two environments by turns: what the change between them does to a start."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nis_backend.errors import InvalidRequest
from nis_backend.impact.measuring.statistics import RISK, differs, interval, least_runs, shift
from nis_backend.impact.report import Measure
from nis_backend.impact.running.phases import wait_ready
from nis_backend.impact.running.ready import read_ready
from nis_backend.impact.running.started import running
from nis_backend.impact.running.surroundings import placed, surroundings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nis_backend.impact.running.ready import Ready

SETTLED = 0.3
"""Seconds from ready until memory is read: a start has threads that finish after it."""
RESTED = 1.0
"""Seconds over which the processor time of a service that nobody asks is taken."""
FREED = 10.0
"""Seconds that a port may take to be free again."""
MOST_SECONDS = 150.0
"""How long all runs may take; a service that starts slowly is measured by fewer."""
LEAST = {
    "start": (0.02, 0.010),
    "cpu_to_ready": (0.02, 0.010),
    "memory": (0.01, 1e6),
    "peak_memory": (0.01, 1e6),
    "idle_cpu": (0.0, 0.002),
}
"""The least difference worth telling: a share of the figure before, and an amount; the larger counts."""
UNITS: dict[str, Literal["s", "bytes", "cores"]] = {
    "start": "s",
    "cpu_to_ready": "s",
    "memory": "bytes",
    "peak_memory": "bytes",
    "idle_cpu": "cores",
}
NAMES: tuple[Literal["start", "cpu_to_ready", "memory", "peak_memory", "idle_cpu"], ...] = (
    *("start", "cpu_to_ready", "memory", "peak_memory", "idle_cpu"),
)


@dataclass(frozen=True, kw_only=True)
class Service:
    """A command, what it is waited for by, and where it is started."""

    command: str
    ready: str
    folder: Path
    limit: float = 60.0


def measure(
    service: Service, before: Path, after: Path, *, runs: int = 10, tell: Callable[[float, str], None]
) -> tuple[list[Measure], str]:
    """Start the service `runs` times in each of two environments, by turns (before, after, after, before, …).

    Each is started once before, which does not count. Answers the measures and how they were taken.

    Raises:
        InvalidRequest: it did not become ready in one of them.
    """
    ready = read_ready(service.ready)
    begun = time.monotonic()
    sides = (before, after)
    for side in sides:
        start_once(service, ready, side)
    taken: tuple[list[dict[str, float]], list[dict[str, float]]] = ([], [])
    for turn in range(runs):
        tell(turn / runs, f"start {2 * turn + 1} of {2 * runs}")
        for index in (0, 1) if turn % 2 == 0 else (1, 0):
            taken[index].append(start_once(service, ready, sides[index]))
        if time.monotonic() - begun > MOST_SECONDS and turn + 1 >= least_runs(len(NAMES)):
            break
    return [_measure(name, *taken) for name in NAMES], _told(len(taken[0]), runs)


def start_once(service: Service, ready: Ready, environment: Path) -> dict[str, float]:
    """The figures of one start."""
    _wait_free(ready)
    command = placed(service.command, service.folder, environment)
    variables = surroundings(environment)
    with running(command, environment=variables, folder=service.folder, limit=service.limit) as run:
        why = wait_ready(run, ready)
        seconds, processor = time.monotonic() - run.started, run.tree.cpu_seconds()
        if why:
            last = run.written().strip().splitlines()[-1:] or [why]
            raise InvalidRequest(
                f"It did not become ready in a copy of its environment: {last[0][:300]}",
                field="start",
                value=service.command,
                remedy="See whether it starts, and answers at `--ready`, from the project's folder.",
            )
        time.sleep(SETTLED)
        memory = run.tree.memory()
        used, since = run.tree.cpu_seconds(), time.monotonic()
        time.sleep(RESTED)
        idle = (run.tree.cpu_seconds() - used) / (time.monotonic() - since)
        peak = max(memory.peak, run.tree.memory().peak)
    return {
        "start": seconds,
        "cpu_to_ready": processor,
        "memory": float(memory.pss),
        "peak_memory": float(peak),
        "idle_cpu": idle,
    }


def _wait_free(ready: Ready) -> None:
    """Until the service before has let go of its port."""
    until = time.monotonic() + FREED
    while True:
        try:
            ready.refuse_taken()
        except InvalidRequest:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _measure(
    name: Literal["start", "cpu_to_ready", "memory", "peak_memory", "idle_cpu"],
    before: list[dict[str, float]],
    after: list[dict[str, float]],
) -> Measure:
    first, then = [one[name] for one in before], [one[name] for one in after]
    apart = [b - a for a, b in zip(first, then, strict=True)]
    share, amount = LEAST[name]
    start = interval(first)
    moved = shift(apart)
    told = max(share * start.median, amount)
    return Measure(
        name=name,
        unit=UNITS[name],
        before=start,
        after=interval(then),
        difference=moved,
        changed=differs(first, then, len(NAMES)) and abs(moved.median) > told,
    )


def _told(done: int, wanted: int) -> str:
    fewer = f" {wanted} were asked for, and starts are slow." if done < wanted else ""
    return (
        f"{done} starts in each of two environments, by turns, after one that does not count.{fewer} Before and after: "
        "medians with 95 % intervals by order statistics. Difference: Hodges-Lehmann's estimate over the pairs with "
        "the 95 % interval of Wilcoxon's signed ranks. It is called a difference where signed ranks refuse 0, or every "
        f"figure of one side is above every one of the other, at a risk of {RISK:.1%} for five figures together "
        "(Bonferroni), so that of 20 reports on nothing at most one tells of something; and where it is worth telling: "
        "2 % and 10 ms of time, 1 % and 1 MB of memory, 0.2 % of a core. Ten runs find four times their scatter, more "
        "find less. Memory is the proportional set size of all its processes "
        f"{SETTLED:g} s after it was ready; the peak that of each process until then."
    )
