"""Pictures a second by operation of `vision.`: cold, warm, by two callers, and by the function without a server.

    make bench-vision                     # tables on standard output, as Markdown
    make bench-vision ARGS="--rounds 5"

The picture is scikit-image's coffee, 600 × 400 pixels, a JPEG of 105 kB, kept as a blob: a call names it by its id. Of
an operation that takes something else (two pictures, a film) its own example is called. Cold is the first call of all
to a server whose pool has no process yet. Warm and floor are called in turn, a round each, so that what else the
machine does falls on both; the floor is the operation's function in this process, its models loaded. Memory is
resident, of which files that are mapped are a part.
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
from typing import Any

import cv2
import numpy as np
from computing import computing
from skimage import data  # pyright: ignore[reportMissingTypeStubs] - it has none
from start import descendants, free_port, ours, post, resident_mb, started

from nis_backend.blob import Blob, blob_fields, replaced
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


def photograph() -> bytes:
    """The picture, as a file."""
    colours = np.asarray(data.coffee(), dtype=np.uint8)
    return cv2.imencode(".jpg", colours[..., ::-1])[1].tobytes()


def wanted(entry: Entry, kept: str) -> Measured | None:
    """How an operation is called: with the photograph where one picture is all that it must have."""
    example = entry.examples[0]
    if example.get("before"):
        return None
    fields = blob_fields(entry.request_schema)
    if fields == {"image": False} and set(entry.request_schema.get("required", ())) == {"image"}:
        return Measured(entry, {"image": kept}, "the photograph")
    return Measured(entry, dict(example["request"]), "its example")


def floor_of(measured: Measured, folder: Path, picture: bytes) -> Callable[[], object]:
    """The operation's function, ready to be called in this process."""
    found = Catalog.from_index().find(measured.entry.name)
    request = dict(measured.request)
    if measured.what == "the photograph":
        request["image"] = Blob.of(picture, media_type="image/jpeg")

    def at(blob: Blob) -> Blob:
        content = blob.content if isinstance(blob.content, bytes) else b""
        path = folder / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        return blob.at(path)

    ready = replaced(found.validate(request), at)
    worker = computing()
    return lambda: found.function(ready, worker)


def seconds(call: Callable[[], object]) -> float:
    """How long it takes."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


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
    picture: bytes
    two: ThreadPoolExecutor


def measure(rounds: int, calls: int, only: list[str]) -> None:
    """Print the tables."""
    picture = photograph()
    entries = [one for one in Catalog.from_index().entries() if one.pool == POOL and (not only or one.name in only)]
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        started(ours(port, folder), port, NIS_IDLE_SECONDS=str(IDLE_SECONDS)) as server,
        ThreadPoolExecutor(2) as two,
    ):
        pid = server.process.pid
        time.sleep(SETTLE_SECONDS)
        idle = resident_mb(pid)
        content = {"content": {"base64": base64.b64encode(picture).decode()}}
        kept = str(json.loads(post(port, "/blobs", content))["id"])
        table = [one for entry in entries if (one := wanted(entry, kept)) is not None]
        memory: dict[str, float] = {}
        for one in table:
            cold(one, port, pid, memory)
        table = [one for one in table if one.cold]
        for one in table:
            spent(one, Place(port, Path(folder), picture, two), rounds, calls)
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
    floor = floor_of(one, place.folder, place.picture)
    floor()

    def both(times: int) -> None:
        for asked in [place.two.submit(ask, one, place.port) for _ in range(2 * times)]:
            asked.result()

    both(1)
    for _ in range(rounds):
        one.warm += [seconds(lambda: ask(one, place.port)) for _ in range(calls)]
        one.floor += [seconds(floor) for _ in range(calls)]
        one.both.append(seconds(lambda: both(calls)) / (2 * calls))
    print(f"warm {one.entry.name}", file=sys.stderr)


def show(table: list[Measured], memory: dict[str, float]) -> None:
    """The table of the operations."""
    print("| pictures a second | cold | warm | two callers | floor | warm is | worker |")
    print("|---|---|---|---|---|---|---|")
    for one in table:
        warm, both, floor = (1 / statistics.median(taken) for taken in (one.warm, one.both, one.floor))
        print(
            f"| `{one.entry.name}`, {one.what} | {one.cold:.2f} s | {warm:.1f} | {both:.1f} | {floor:.1f} | "
            f"{warm / floor:.2f} × | {memory[one.entry.name]:.0f} MB |"
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
