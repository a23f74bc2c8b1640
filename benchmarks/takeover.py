"""How long does a run rest whose server was killed, until another server goes on with it?

    make prove-takeover                                    # three times
    make prove-takeover ARGS="--times 10 --step 3"

Two servers share one PostgreSQL. A walk of twenty steps (`walk.py`) is started and read over server-sent events; when
an event of its seventh step has come, `kill -9` ends the server that holds it, which is started again when the walk has
ended. What the walks have left is looked at as `kills.py` does. The exit status says whether all was as it should be,
and whether each walk went on within 30 seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from found import check
from kills import TESTS, Host, surroundings
from walkers import Frame, Servers, Walker

sys.path.append(str(TESTS))
from postgresql import running_postgresql

LONGEST_SECONDS = 30.0
"""What a run may rest."""
LIMIT_SECONDS = 120.0
PAUSE = 0.02
"""Seconds between two words of the model: the walk must not end before its server is killed."""


def walk_to(servers: Servers, name: str, step: int) -> tuple[Walker, threading.Thread]:
    """A walk that has begun this step, and what reads it on."""
    reached, sign = threading.Event(), f'"step":{step},'.encode()

    def heard(frame: Frame) -> None:
        if sign in frame[2]:
            reached.set()

    walker = Walker(servers, name, 1, heard)
    walking = threading.Thread(target=walker.walk, daemon=True)
    walking.start()
    if not reached.wait(LIMIT_SECONDS):
        sys.exit(f"{name} came to no step {step}")
    return walker, walking


def rest(walker: Walker, killed: float) -> float:
    """The seconds from the kill until the run began again."""
    for _, kind, text in walker.readers[0].frames:
        event = json.loads(text.partition(b"data: ")[2])
        if kind == "started" and event["attempt"] > 1:
            return float(event["time"]) - killed
    return LIMIT_SECONDS


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--times", type=int, default=3, help="how often (default 3)")
    arguments.add_argument("--step", type=int, default=7, help="the step at which it is killed (default 7)")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_postgresql() as server:
        url = server.database()
        ledger, environment = surroundings(Path(folder), PAUSE)
        hosts = [Host(Path(folder, name), {**environment, "NIS_DATABASE_URL": url}) for name in ("one", "other")]
        try:
            for host in hosts:
                host.start()
            servers = Servers([host.port for host in hosts])
            walkers: list[Walker] = []
            rests: list[float] = []
            for number in range(given.times):
                walker, walking = walk_to(servers, f"walk-{number}", given.step)
                held = server.execute("select holder from runs order by created desc limit 1", url)
                holder = next(host for host in hosts if f"-{host.pid}-" in held)
                holder.kill()
                killed = time.time()
                walking.join(LIMIT_SECONDS)
                holder.start()
                walkers.append(walker)
                rests.append(rest(walker, killed))
            found = check(servers, walkers, Counter(ledger.read_text().splitlines()))
        finally:
            for host in hosts:
                host.stop()
    late = sum(one > LONGEST_SECONDS for one in rests)
    found.count("runs that rested longer than 30 s", late, f"{rests}")
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.system()}\n")
    print(f"Killed at step {given.step}, each went on elsewhere after {', '.join(f'{one:.1f}' for one in rests)} s.")
    print("\n".join(found.faults[:10]) or "Nothing was lost, and nothing was done twice.")
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
