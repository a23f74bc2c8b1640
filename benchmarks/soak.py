"""Does the serving process grow? Its memory before and after many streamed runs: `make bench-soak`.

    make bench-soak
    make bench-soak ARGS="--runs 2000"

Sixteen callers stream chat turns of 50 tokens, each a run of its own; the model's part is `upstream.py`. Memory is the
resident set of the serving process after two seconds of rest. A tenth as many runs come first: caches that are bounded
fill, code is loaded, and the allocator takes what it then keeps.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import uvloop
from load import Load, Loaded, json_request
from start import free_port, ours, resident_mb, started
from upstream import asking

UPSTREAM = Path(__file__).with_name("upstream.py")
CALLERS, SETTLE_SECONDS, LONGEST = 16, 2.0, 3600.0
BUDGET_MB = 5.0


def stream(port: int, runs: int) -> Loaded:
    """So many streamed turns."""

    def request(number: int) -> bytes:
        return json_request(port, "/chat", {"message": f"Tell me story {number}."}, Accept="text/event-stream")

    async def run() -> Loaded:
        return await Load(request, "event: succeeded", seconds=LONGEST, most=runs).run(port, CALLERS)

    done = uvloop.run(run())
    if done.failed or len(done.times) != runs:
        sys.exit(f"{len(done.failed)} of {runs} runs failed: {done.failed[:1]}")
    return done


def main() -> None:
    """Measure and print; the exit status says whether the budget was kept."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--runs", type=int, default=10_000, help="streamed runs (default 10,000)")
    given = arguments.parse_args()
    upstream, port = free_port(), free_port()
    with (
        tempfile.TemporaryDirectory() as data,
        started([sys.executable, str(UPSTREAM), str(upstream)], upstream),
        started(ours(port, data), port, NIS_WEIGHTS=f"{data}/none", **asking(upstream)) as server,
    ):
        stream(port, max(given.runs // 10, CALLERS))
        time.sleep(SETTLE_SECONDS)
        before = at = resident_mb(server.process.pid)
        print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.system()}\n")
        print("| streamed runs | resident | more |\n|---|---|---|")
        print(f"| {max(given.runs // 10, CALLERS)} before it begins | {before:.1f} MB | |", flush=True)
        for part in range(1, 5):
            stream(port, given.runs // 4)
            time.sleep(SETTLE_SECONDS)
            now = resident_mb(server.process.pid)
            print(f"| {part * (given.runs // 4)} | {now:.1f} MB | {now - at:+.1f} MB |", flush=True)
            at = now
        print(f"| all | {at:.1f} MB | {at - before:+.1f} MB (budget {BUDGET_MB:g} MB) |")
    sys.exit(at - before > BUDGET_MB)


if __name__ == "__main__":
    main()
