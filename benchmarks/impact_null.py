"""How often does a measurement of nothing tell of a difference? And does it tell of one that is there?

    make prove-impact-null                            # 20 reports of ten pairs of starts each, about 14 minutes
    make prove-impact-null ARGS="--reports 3 --runs 10"

A small service (a threading HTTP server that loads some of the standard library and two packages) is started from two
copies of its environment. In the one there is a package more, which nothing uses: that is what `nis impact drop` would
measure. Each report takes all its figures anew. Then, as a control, one report between copies that do differ: in the
first the unused package loads itself at every start, takes 150 ms and 24 MB. Exit status: 0 where at most one of 20
reports (5 %) told of a difference, and the control was found.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from start import free_port

from nis_backend.impact.changing.copies import copy_environment
from nis_backend.impact.measuring.machine import this_machine
from nis_backend.impact.measuring.starts import Service, measure
from nis_backend.impact.project.environment import read_environment

sys.path.append(str(Path(__file__).parents[1] / "tests" / "impact"))
wheels: Any = importlib.import_module("wheels")  # Any: a module of the tests, found by the line above

SERVICE = """
import asyncio, csv, decimal, email.message, http.server, json, sqlite3, sys, used
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answers).serve_forever()
"""
BURDEN = """
import time
held = b"x" * (24 << 20)
until = time.process_time() + 0.15
while time.process_time() < until: pass
"""
ALLOWED = 1 / 20


def main() -> int:
    """Measure nothing, again and again, and then something."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reports", type=int, default=20)
    parser.add_argument("--runs", type=int, default=10)
    asked = parser.parse_args()
    machine = this_machine()
    print(f"{machine.processor}, {machine.cores} cores, load {machine.load} of a minute before\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="nis-impact-null-") as made:
        folder = Path(made)
        (folder / "service.py").write_text(SERVICE, "utf-8")
        same, burdened, without = _copies(folder)
        wrong = 0
        print("| report | seconds | start, ms | CPU, ms | memory, MB | told of |\n|---|---|---|---|---|---|")
        for number in range(asked.reports):
            told = _report(folder, same, without, asked.runs, str(number + 1))
            wrong += bool(told)
        found = _report(folder, burdened, without, asked.runs, "control")
    print(f"\n{wrong} of {asked.reports} reports on nothing told of a difference; the control's: {', '.join(found)}")
    return 0 if wrong <= max(1, asked.reports * ALLOWED) and {"start", "cpu_to_ready", "memory"} <= {*found} else 1


def _copies(folder: Path) -> tuple[Path, Path, Path]:
    """Environments: with the package that nothing uses, with one that loads itself, and without."""
    used = wheels.wheel(folder / "wheels", "used", "1", {"used.py": "import logging, urllib.request\n"})
    unused = wheels.wheel(folder / "wheels", "unused", "1", {f"unused/part_{n}.py": "x = 1\n" * 50 for n in range(200)})
    first = read_environment(wheels.environment(folder / "first", used, unused))
    same = copy_environment(first, folder / "same").root
    without = copy_environment(first, folder / "without", without=["unused"]).root
    burdened = copy_environment(first, folder / "burdened")
    (burdened.site / "unused" / "burden.py").write_text(BURDEN, "utf-8")
    (burdened.site / "unused.pth").write_text("import unused.burden\n", "utf-8")
    return same, burdened.root, without


def _report(folder: Path, before: Path, after: Path, runs: int, name: str) -> list[str]:
    port = free_port()
    service = Service(command=f"python service.py {port}", ready=f"http://127.0.0.1:{port}/", folder=folder)
    begun = time.monotonic()
    measures, _ = measure(service, before, after, runs=runs, tell=lambda _done, _what: None)
    by_name = {one.name: one for one in measures}
    told = [one.name for one in measures if one.changed]
    figures = [
        f"{scale * by_name[key].before.median:.1f} → {scale * by_name[key].after.median:.1f} "
        f"({scale * by_name[key].difference.low:+.1f} to {scale * by_name[key].difference.high:+.1f})"
        for key, scale in (("start", 1e3), ("cpu_to_ready", 1e3), ("memory", 1e-6))
    ]
    print(
        f"| {name} | {time.monotonic() - begun:.0f} | {' | '.join(figures)} | {', '.join(told) or 'nothing'} |",
        flush=True,
    )
    return told


if __name__ == "__main__":
    sys.exit(main())
