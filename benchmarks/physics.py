"""What solves equations, against py-pde, DeepXDE and plain scipy: time to the same error, and error in the same time.

    make bench-physics                              # tables on standard output, as Markdown
    make bench-physics ARGS="--rounds 5 --only heat,poisson --without xde"

Each problem has an exact answer, and each contender solves it with several efforts: a tolerance of ours, a grid or a
time of training of theirs. All are called in turn, a round each, so that what else the machine does falls on all; what
takes more than three seconds is called once. `nis` is the operation's function in a warm worker's place, from the text
of a request to its receipt, second method included; `nis over HTTP` is a whole call of a server; `nis, a network` is
`physics.solve_pinn`, beside DeepXDE's. What numba compiles is compiled before and not timed, but in the row "from the
equation", which is what a first call for an equation costs. An operation that this version does not have is a row that
says so.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from computing import computing
from physics_plain import PROBLEMS as PLAIN
from physics_plain import robertson
from start import free_port, ours, post, started

from nis_backend.catalog import Catalog
from nis_backend.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    Answer = tuple[float, list[float]]
    Solve = Callable[[int], Answer]

NIS, HTTP, NETWORK = "nis", "nis over HTTP", "nis, a network"
ANEW = "py-pde, numba, from the equation"
PLACES = [0.1, 0.3, 0.5, 0.62, 0.9]
NU = 0.01 / math.pi
TOLERANCES = (1e-4, 1e-6, 1e-8, 1e-10)
"""Efforts of ours."""
LEVELS = (1e-3, 1e-5, 1e-7)
"""Errors to which times are told, of the largest value."""
SLOW_SECONDS = 3.0


@dataclass
class Contender:
    """One way to solve one problem: by effort, seconds of each call and the error."""

    name: str
    solve: Solve
    efforts: Sequence[int]
    seconds: dict[int, list[float]] = field(default_factory=dict[int, list[float]])
    errors: dict[int, float] = field(default_factory=dict[int, float])
    failed: str = ""

    def call(self, effort: int, exact: Sequence[float], *, timed: bool) -> None:
        """Solve once; the first time only warms up, where it is not slow."""
        try:
            seconds, values = self.solve(effort)
        except (RuntimeError, ValueError) as error:
            self.failed = str(error)
            return
        scale = max(map(abs, exact))
        self.errors[effort] = max(abs(a - b) for a, b in zip(values, exact, strict=True)) / scale
        if timed or seconds > SLOW_SECONDS:
            self.seconds.setdefault(effort, []).append(seconds)

    def slow(self, effort: int) -> bool:
        """Whether once was enough."""
        return bool(self.seconds.get(effort)) and self.seconds[effort][0] > SLOW_SECONDS

    def time(self, effort: int) -> float:
        """The median."""
        return statistics.median(self.seconds[effort])


# Any from here on: JSON.
@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is solved: the exact answer, our operation with its request by tolerance, and where its answer has them."""

    name: str
    words: str
    exact: Callable[[], list[float]]
    operation: str
    request: dict[str, Any]
    read: Callable[[dict[str, Any]], list[float]]


def _waves(slow: float, fast: float) -> list[float]:
    return [slow * math.sin(math.pi * x) + 0.5 * fast * math.sin(3 * math.pi * x) for x in PLACES]


def burgers_exact() -> list[float]:
    """Cole and Hopf's solution of -sin πx at t = 1, by a sum over what the heat kernel sees."""
    eta = np.linspace(-1.5, 1.5, 60_001)
    found: list[float] = []
    for x in PLACES:
        y = x - eta
        power = -np.cos(np.pi * y) / (2 * math.pi * NU) - eta**2 / (4 * NU)
        weight = np.exp(power - power.max())
        found.append(float(-np.sum(np.sin(np.pi * y) * weight) / np.sum(weight)))
    return found


def kepler_exact() -> list[float]:
    """Where a body of eccentricity 0.6 and semi-major axis 1 is at t = 100, by Kepler's equation."""
    mean = 100.0
    anomaly = mean
    for _ in range(50):
        anomaly -= (anomaly - 0.6 * math.sin(anomaly) - mean) / (1 - 0.6 * math.cos(anomaly))
    return [math.cos(anomaly) - 0.6, 0.8 * math.sin(anomaly)]


def robertson_exact() -> list[float]:
    """Robertson's three concentrations at t = 1e5: scipy's Radau at its finest."""
    return robertson(5, [])[1]


def unit_square() -> list[float]:
    """The middle of -Δu = 1, by a sine series across and its exact continuation along."""
    terms = ((-1) ** j / ((2 * j + 1) ** 3 * math.cosh((2 * j + 1) * math.pi / 2)) for j in range(60))
    return [1 / 8 - 4 / math.pi**3 * math.fsum(terms)]


def _profile(answer: dict[str, Any]) -> list[float]:
    x = answer["profile"]["position"]
    return [answer["profile"]["value"][x.index(min(x, key=lambda one: abs(one - place)))] for place in PLACES]


def _velocity(answer: dict[str, Any]) -> list[float]:
    x = answer["position"]
    return [answer["velocity"][x.index(min(x, key=lambda one: abs(one - place)))] for place in PLACES]


def _states(*names: str) -> Callable[[dict[str, Any]], list[float]]:
    return lambda answer: [float(answer["final"][name]) for name in names]


START = "sin(pi*x) + 0.5*sin(3*pi*x)"
PROBLEMS = (
    Problem(
        name="heat",
        words="u_t = 0.1 u_xx, ends held, sin πx + ½ sin 3πx, t = 0.5",
        exact=lambda: _waves(math.exp(-0.05 * math.pi**2), math.exp(-0.45 * math.pi**2)),
        operation="physics.solve_diffusion",
        request={"diffusivity": 0.1, "duration": 0.5, "initial": START, "points": 51},
        read=_profile,
    ),
    Problem(
        name="wave",
        words="u_tt = u_xx, ends held, sin πx + ½ sin 3πx, t = 0.9",
        exact=lambda: _waves(math.cos(0.9 * math.pi), math.cos(2.7 * math.pi)),
        operation="physics.solve_wave",
        request={"speed": 1, "duration": 0.9, "initial": START, "points": 51},
        read=_profile,
    ),
    Problem(
        name="burgers",
        words="u_t + u u_x = 0.01/π u_xx, -sin πx on [-1, 1], t = 1",
        exact=burgers_exact,
        operation="physics.solve_burgers",
        request={"viscosity": NU, "initial": "-sin(pi*x)", "duration": 1, "points": 201},
        read=_velocity,
    ),
    Problem(
        name="poisson",
        words="-Δu = 1 on the unit square, edges held: the middle",
        exact=unit_square,
        operation="physics.solve_poisson",
        request={"width": 1, "source": "1", "points": 5},
        read=lambda answer: [answer["centre"]],
    ),
    Problem(
        name="kepler",
        words="Kepler's orbit, e = 0.6, t = 100",
        exact=kepler_exact,
        operation="physics.solve_ode",
        request={
            "equations": ["x'' = -x/(x^2 + y^2)^1.5", "y'' = -y/(x^2 + y^2)^1.5"],
            "initial": {"x": 0.4, "x'": 0, "y": 0, "y'": 2},
            "duration": 100,
            "points": 11,
        },
        read=_states("x", "y"),
    ),
    Problem(
        name="robertson",
        words="Robertson's reactions to t = 1e5",
        exact=robertson_exact,
        operation="physics.solve_ode",
        request={
            "equations": [
                "a' = -0.04*a + 1e4*b*c",
                "b' = 0.04*a - 1e4*b*c - 3e7*b^2",
                "c' = 3e7*b^2",
            ],
            "initial": {"a": 1, "b": 0, "c": 0},
            "duration": 1e5,
            "points": 11,
        },
        read=_states("a", "b", "c"),
    ),
)


def _last_row(answer: dict[str, Any]) -> list[float]:
    """By a cubic spline through the places it answers."""
    field = answer["solution"]
    interpolate: Any = importlib.import_module("scipy.interpolate")  # Any: scipy has no types
    return interpolate.CubicSpline(field["position"], field["network"][-1])(PLACES).tolist()


NETWORKS: dict[str, dict[str, Any]] = {
    "heat": {"equation": "heat", "initial": START, "diffusivity": 0.1, "duration": 0.5, "tolerance": 1e-4},
    "wave": {"equation": "wave", "initial": START, "speed": 1, "duration": 0.9, "tolerance": 1e-3},
    "burgers": {
        "equation": "Burgers",
        "initial": "-sin(pi*x)",
        "viscosity": NU,
        "start": -1,
        "length": 2,
        "duration": 1,
        "tolerance": 1e-3,
    },
}
"""What `physics.solve_pinn` is asked."""


def called(operation: str, request: dict[str, Any], read: Callable[[dict[str, Any]], list[float]]) -> Solve:
    """Our operation's function, as a warm worker calls it."""
    found, worker = Catalog.from_index().find(operation), computing()

    def solve(effort: int) -> Answer:
        begun = time.perf_counter()
        ready = found.validate({"tolerance": TOLERANCES[effort], **request})
        answer = found.function(ready, worker)
        seconds = time.perf_counter() - begun
        return seconds, read(json.loads(answer.model_dump_json()))

    return solve


def posted(port: int, operation: str, request: dict[str, Any], read: Callable[[dict[str, Any]], list[float]]) -> Solve:
    """The same over HTTP, worker process and all."""
    path = "/" + operation.replace(".", "/").replace("_", "-")

    def solve(effort: int) -> Answer:
        begun = time.perf_counter()
        body = post(port, path, {**request, "tolerance": TOLERANCES[effort]})
        seconds = time.perf_counter() - begun
        return seconds, read(json.loads(body))

    return solve


@contextmanager
def peer(*command: str, **environment: str) -> Generator[Callable[[str], Solve]]:
    """A process that reads a problem a line and writes seconds and values."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    reads, writes = process.stdout, process.stdin

    def ask(problem: str) -> Solve:
        def solve(effort: int) -> Answer:
            writes.write(json.dumps({"problem": problem, "effort": effort, "places": PLACES}) + "\n")
            writes.flush()
            line = reads.readline()
            answer = json.loads(line) if line else {"failed": "its process ended"}
            if "failed" in answer:
                raise RuntimeError(answer["failed"])
            return float(answer["seconds"]), [float(one) for one in answer["values"]]

        return solve

    try:
        yield ask
    finally:
        process.kill()
        process.wait()


def contenders(
    problem: Problem, port: int, peers: dict[str, Callable[[str], Solve]]
) -> tuple[list[Contender], list[str]]:
    """All that solve it, and lines about those that cannot."""
    found: list[Contender] = []
    absent: list[str] = []
    try:
        ours_there = Catalog.from_index().find(problem.operation)
    except NotFound:
        absent.append(f"{NIS}: {problem.operation} is not in this version")
    else:
        of = (ours_there.name, problem.request, problem.read)
        found += [
            Contender(NIS, called(*of), range(len(TOLERANCES))),
            Contender(HTTP, posted(port, *of), range(len(TOLERANCES))),
        ]
        if problem.name in NETWORKS:
            found.append(Contender(NETWORK, called("physics.solve_pinn", NETWORKS[problem.name], _last_row), (0,)))
    plain = PLAIN[problem.name]
    found.append(Contender("scipy", lambda effort: plain(effort, PLACES), range(5)))
    if problem.name in {"kepler", "robertson"}:
        return found, absent
    for name, ask in peers.items():
        if name == "DeepXDE":
            if problem.name != "poisson":
                found.append(Contender(name, ask(problem.name), range(2)))
        elif not (name == ANEW and problem.name == "poisson"):
            found.append(Contender(name, ask(problem.name), (0, 1, 3) if problem.name != "burgers" else (0, 1)))
    return found, absent


def measure(problem: Problem, entered: Sequence[Contender], rounds: int) -> None:
    """Each in turn, another one first in each round."""
    exact = problem.exact()
    for turn in range(rounds + 1):
        first = turn % len(entered)
        for one in [*entered[first:], *entered[:first]]:
            for effort in one.efforts:
                if not one.slow(effort) and not (one.failed and effort not in one.errors):
                    one.call(effort, exact, timed=turn > 0)
        print(
            f"\r{problem.name}: round {turn}/{rounds}", end="\n" if turn == rounds else "", file=sys.stderr, flush=True
        )


def spoken(seconds: float) -> str:
    """A time as a table has it."""
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def report(problem: Problem, entered: Sequence[Contender], absent: Sequence[str]) -> None:
    """Print a problem's table: every contender, whether it wins or not."""
    mine = entered[0] if entered[0].name == NIS else None
    print(f"\n### {problem.name}: {problem.words}\n")
    heads = " | ".join(f"time to {level:.0e}" for level in LEVELS)
    print(f"| | {heads} | least error, in | error in the time that nis takes to {LEVELS[-1]:.0e} |")
    print("|---" * (len(LEVELS) + 3) + "|")
    allowed = _least(mine, LEVELS[-1]) if mine else None
    for one in entered:
        timed = [effort for effort in one.efforts if one.seconds.get(effort)]
        if not timed:
            print(f"| {one.name} | failed: {one.failed[:100]} |" + " |" * (len(LEVELS) + 1))
            continue
        times = [_least(one, level) for level in LEVELS]
        best = min(timed, key=lambda effort: one.errors[effort])
        within = [one.errors[effort] for effort in timed if allowed is not None and one.time(effort) <= allowed * 1.02]
        cells = [spoken(value) if value is not None else "not reached" for value in times]
        cells += [f"{one.errors[best]:.1e}, {spoken(one.time(best))}", f"{min(within):.1e}" if within else "none yet"]
        print(f"| {one.name} | " + " | ".join(cells) + " |")
    for line in absent:
        print(f"| {line} |" + " |" * (len(LEVELS) + 2))
    if mine is None:
        return
    for level in LEVELS:
        own, others = (
            _least(mine, level),
            {one.name: _least(one, level) for one in entered if one.name not in {NIS, HTTP, NETWORK}},
        )
        there = {name: value for name, value in others.items() if value is not None}
        if own is not None and there:
            nearest = min(there, key=lambda name: there[name])
            print(f"\nto {level:.0e}, nis takes {own / there[nearest]:.2f} × the time of {nearest}, the quickest other")
        elif own is not None:
            print(f"\nto {level:.0e}, nis alone")


def _least(one: Contender, level: float) -> float | None:
    times = [one.time(effort) for effort in one.efforts if one.seconds.get(effort) and one.errors[effort] <= level]
    return min(times, default=None)


def cold(times: int) -> None:
    """Print what a first answer of an equation costs beyond what any first answer does: the worker's start."""
    flight = ("physics.simulate_projectile", {"speed": 20, "angle": 40})
    swing = ("physics.solve_ode", {"equations": ["x'' = -x"], "initial": {"x": 1, "x'": 0}, "duration": 10})
    taken: dict[str, list[float]] = {}
    for _ in range(times):
        for operation, request in (flight, swing):
            port = free_port()
            with tempfile.TemporaryDirectory() as folder, started(ours(port, folder), port):
                begun = time.perf_counter()
                post(port, "/" + operation.replace(".", "/").replace("_", "-"), request)
                taken.setdefault(operation, []).append(time.perf_counter() - begun)
    plain, first = (statistics.median(taken[name]) for name, _ in (flight, swing))
    print("\n### A cold first answer\n")
    print("| a first call to a server without a worker | median |\n|---|---|")
    print(f"| {flight[0]}, which computes with Python alone: the worker's start | {spoken(plain)} |")
    print(f"| {swing[0]}, an oscillator | {spoken(first)} |")
    print(f"| beyond the worker's start (wanted: at most 300 ms) | {spoken(first - plain)} |")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("peers", type=Path, help="folder of the peers' environments (make has it)")
    arguments.add_argument("--rounds", type=int, default=5, help="rounds of each (default 5)")
    arguments.add_argument("--only", default="", help="these problems, separated by commas")
    arguments.add_argument("--without", default="", help="without these peers: pde, numba, xde")
    given = arguments.parse_args()
    wanted: list[str] = [one for one in given.only.split(",") if one]
    without: list[str] = given.without.split(",")
    here = Path(__file__).parent
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        port = free_port()
        stack.enter_context(started(ours(port, folder), port))
        peers: dict[str, Callable[[str], Solve]] = {}
        pde, xde = str(given.peers / "pde/bin/python"), str(given.peers / "xde/bin/python")
        for name, short, command in (
            ("py-pde, numpy", "pde", (pde, str(here / "physics_pde.py"), "numpy")),
            ("py-pde, numba", "numba", (pde, str(here / "physics_pde.py"), "numba")),
            (ANEW, "numba", (pde, str(here / "physics_pde.py"), "numba", "anew")),
            ("DeepXDE", "xde", (xde, str(here / "physics_xde.py"))),
        ):
            if short not in without:
                more = {"DDE_BACKEND": "pytorch"} if short == "xde" else one_thread
                peers[name] = stack.enter_context(peer(*command, **more))
        machine = f"{os.cpu_count()} cores, {platform.system()}, load {os.getloadavg()[0]:.1f}"
        print(f"{time.strftime('%Y-%m-%d')}, {machine}, {given.rounds} rounds; errors are of the largest value")
        for problem in PROBLEMS:
            if not wanted or problem.name in wanted:
                entered, absent = contenders(problem, port, peers)
                measure(problem, entered, given.rounds)
                report(problem, entered, absent)
    if not wanted or "cold" in wanted:
        cold(given.rounds)


if __name__ == "__main__":
    # Before numpy's first use of it, as a worker of ours has it.
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        os.environ.update({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - itself
    main()
