"""Pictures a second by operation of `vision.`: cold, warm, by two callers, by the function without a server, and bare.

    make bench-vision                     # tables on standard output, as Markdown
    make bench-vision ARGS="--rounds 5"

The picture is scikit-image's coffee, 600 × 400 pixels, a JPEG, kept as a blob: a call names it by its id. Text is read
from its page, codes from a label, things are tracked through the film of the example, and what takes several pictures
gets parts or copies of the photograph. Cold is the first call of all to a server whose pool has no process yet. Warm,
floor and bare are called in turn, a round each, so that what else the machine does falls on all. The floor is the
operation's function in this process, its models loaded; bare is the one call of a library that comes nearest, from the
same bytes: what it is stands in the table. These two are compared by their processor time. Memory is resident, of
which files that are mapped are a part.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import platform
import statistics
import sys
import tempfile
import time
import urllib.error
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from bare_vision import BARE
from computing import computing
from seen import FILES, REQUESTS
from start import descendants, free_port, ours, post, resident_mb, started

from nis_backend.blob import Blob, replaced
from nis_backend.catalog import Catalog
from nis_backend.entry import Entry

IDLE_SECONDS = 5.0
"""What `NIS_IDLE_SECONDS` is set to."""
LIMIT_SECONDS = 60.0
SETTLE_SECONDS = 2.0
POOL = "vision"


@dataclass
class Measured:
    """One operation: seconds of each call."""

    entry: Entry
    request: dict[str, Any]
    what: str
    cold: float = 0.0
    warm: list[float] = field(default_factory=list[float])
    both: list[float] = field(default_factory=list[float])
    floor: list[float] = field(default_factory=list[float])
    worked: list[float] = field(default_factory=list[float])
    """Seconds of processor time of the floor's calls."""
    bare: list[float] = field(default_factory=list[float])
    """The same of a library's bare call."""


def wanted(entry: Entry, kept: dict[str, str]) -> Measured:
    """How an operation is called: with files by their ids, or as its example is."""
    if entry.name not in REQUESTS:
        return Measured(entry, dict(entry.examples[0]["request"]), "its example")
    what, request = REQUESTS[entry.name]
    return Measured(entry, named(request, kept), what)


def named(value: Any, kept: dict[str, Any]) -> Any:  # Any: JSON, or blobs in it
    """A request with each file in the place of its name."""
    if isinstance(value, str):
        return kept.get(value, value)
    if isinstance(value, list):
        return [named(one, kept) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: named(one, kept) for key, one in cast("dict[str, Any]", value).items()}
    return value


def floor_of(measured: Measured, folder: Path) -> Callable[[], object] | None:
    """The operation's function, ready to be called in this process; None where it calls others."""
    found = Catalog.from_index().find(measured.entry.name)
    if not measured.entry.pool:
        return None
    _, shown = REQUESTS.get(found.name, ("", measured.request))
    request = named(shown, {name: Blob.of(one) for name, one in FILES.items()})

    def at(blob: Blob) -> Blob:
        content = blob.content if isinstance(blob.content, bytes) else b""
        path = folder / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        return blob.at(path)

    ready = replaced(found.validate(request), at)
    worker = computing()
    return lambda: found.function(ready, worker)


def address(content: bytes) -> str:
    """Bytes as a data: address."""
    return f"data:;base64,{base64.b64encode(content).decode()}"


def seconds(call: Callable[[], object]) -> float:
    """How long it takes."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def spent_by(call: Callable[[], object] | None) -> tuple[float, float]:
    """How long it takes, and how much of the processor."""
    begun = time.process_time()
    wall = seconds(call) if call else 0.0
    return wall, time.process_time() - begun


def wait_for_none(pid: int) -> float:
    """Seconds until a process has none below it."""
    begun = time.perf_counter()
    while descendants(pid) and time.perf_counter() - begun < IDLE_SECONDS + LIMIT_SECONDS:
        time.sleep(0.1)
    return time.perf_counter() - begun


@dataclass(frozen=True)
class Place:
    """Where the calls go, and what they bring."""

    port: int
    folder: Path
    two: ThreadPoolExecutor


def measure(rounds: int, calls: int, only: list[str]) -> None:
    """Print the tables."""
    entries = [one for one in Catalog.from_index().entries() if one.family == POOL and (not only or one.name in only)]
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        started(ours(port, folder), port, NIS_IDLE_SECONDS=str(IDLE_SECONDS)) as server,
        ThreadPoolExecutor(2) as two,
    ):
        pid = server.process.pid
        time.sleep(SETTLE_SECONDS)
        idle = resident_mb(pid)
        kept = {
            name: str(json.loads(post(port, "/blobs", {"content": address(one)}))["id"]) for name, one in FILES.items()
        }
        table = [wanted(entry, kept) for entry in entries]
        memory: dict[str, float] = {}
        for one in table:
            cold(one, port, pid, memory)
        table = [one for one in table if one.cold]
        for one in table:
            spent(one, Place(port, Path(folder), two), rounds, calls)
        held = [resident_mb(worker) for worker in descendants(pid)]
        used = resident_mb(pid)
        ended = wait_for_none(pid)
        after, left = resident_mb(pid), len(descendants(pid))
    show(table, memory)
    print("\n| | serving process | worker processes |\n|---|---|---|")
    print(f"| idle, before | {idle:.0f} MB | none |")
    print(f"| after all of these | {used:.0f} MB | {', '.join(f'{one:.0f} MB' for one in held)} |")
    state = f"{left} left" if left else f"none, {ended:.1f} s after the last answer"
    print(f"| after the idle time of {IDLE_SECONDS:g} s | {after:.0f} MB | {state} |")


def ask(one: Measured, port: int) -> bytes:
    """One call over REST."""
    method, _, path = next(route for route in one.entry.routes if route.startswith("POST ")).partition(" ")
    return post(port, path, one.request) if method else b""


def cold(one: Measured, port: int, pid: int, memory: dict[str, float]) -> None:
    """The first call, a worker's start included, and what the worker then takes."""
    wait_for_none(pid)
    try:
        one.cold = seconds(lambda: ask(one, port))
    except urllib.error.HTTPError as error:
        print(f"{one.entry.name}: {json.loads(error.read())['detail']}", file=sys.stderr)
        return
    memory[one.entry.name] = sum(resident_mb(worker) for worker in descendants(pid))
    print(f"cold {one.entry.name} {one.cold:.2f} s", file=sys.stderr)


def spent(one: Measured, place: Place, rounds: int, calls: int) -> None:
    """Warm calls by one caller and by two, and the floor, in turn."""
    floor, bare = floor_of(one, place.folder), BARE.get(one.entry.name)
    for call in (floor, bare and bare[1]):
        if call:
            call()

    def both(times: int) -> None:
        for asked in [place.two.submit(ask, one, place.port) for _ in range(2 * times)]:
            asked.result()

    both(1)
    for _ in range(rounds):
        one.warm += [seconds(lambda: ask(one, place.port)) for _ in range(calls)]
        for wall, worked in (spent_by(floor) for _ in range(calls if floor else 0)):
            one.floor.append(wall)
            one.worked.append(worked)
        one.bare += [spent_by(bare[1])[1] for _ in range(calls)] if bare else []
        one.both.append(seconds(lambda: both(calls)) / (2 * calls))
    print(f"warm {one.entry.name}", file=sys.stderr)


def show(table: list[Measured], memory: dict[str, float]) -> None:
    """The table of the operations."""
    print("| calls a second | of | cold | warm | two callers | floor | warm is | bare call | floor is | worker |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for one in table:
        warm, both = (1 / statistics.median(taken) for taken in (one.warm, one.both))
        kinds = (one.floor, one.worked, one.bare)
        floor, worked, bare = (1 / statistics.median(taken) if taken else 0.0 for taken in kinds)
        told = f"{bare:.1f}, {BARE[one.entry.name][0]} | {worked / bare:.2f} ×" if bare else "|"
        print(
            f"| `{one.entry.action}` | {one.what} | {one.cold:.2f} s | {warm:.1f} | {both:.1f} | "
            + (f"{floor:.1f} | {warm / floor:.2f} ×" if floor else "|")
            + f" | {told} | {memory[one.entry.name]:.0f} MB |"
        )


def compare(plain: str, runs: int) -> None:
    """Print start and idle memory of the server with the extras installed, and of one without them."""
    times: dict[str, list[float]] = {sys.executable: [], plain: []}
    memory: dict[str, list[float]] = {sys.executable: [], plain: []}
    for turn in range(runs + 1):
        for python, taken in times.items():
            port = free_port()
            with tempfile.TemporaryDirectory() as folder, started([python, *ours(port, folder)[1:]], port) as server:
                if turn == 0:
                    continue  # the first of each only brings the files into the page cache
                taken.append(server.seconds)
                time.sleep(SETTLE_SECONDS)
                memory[python].append(resident_mb(server.process.pid))
    print(f"\n| the serving process | exec → first 200, median (min-max) of {runs} | idle |\n|---|---|---|")
    for python, taken in times.items():
        name = "without any extra installed" if python == plain else "with every extra of the tests installed"
        spread = f"{1e3 * min(taken):.0f}-{1e3 * max(taken):.0f}"
        idle = statistics.median(memory[python])
        print(f"| {name} | {1e3 * statistics.median(taken):.0f} ms ({spread}) | {idle:.1f} MB |")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--rounds", type=int, default=3, help="rounds of each operation (default 3)")
    arguments.add_argument("--calls", type=int, default=5, help="calls in a round (default 5)")
    arguments.add_argument("--only", nargs="*", default=[], help="names of operations (default: all of the pool)")
    arguments.add_argument("--plain", default="", help="the Python of an environment without extras, to compare starts")
    arguments.add_argument("--runs", type=int, default=5, help="starts of each server (default 5)")
    given = arguments.parse_args()
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    print(f"{time.strftime('%Y-%m-%d')}, {machine}\n")
    measure(given.rounds, given.calls, given.only)
    if given.plain:
        compare(given.plain, given.runs)


if __name__ == "__main__":
    main()
