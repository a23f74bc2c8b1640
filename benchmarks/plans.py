"""Is a step of a plan lost or done twice when the server is killed at moments that nobody chose?

    make prove-plans                                       # 20 kills
    make prove-plans ARGS="--kills 100 --seed 7"           # the same moments as before

Plans of ten steps (`TEN`), four of them side by side and one after the other, each with an approval in its middle that
is given as soon as it is asked for. `kill -9` hits the server at a random moment; it is started again over the same
data. In the end the rows that the steps have left are counted: each step's exactly once, none before what it needs. The
exit status says whether everything was as it should be.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import random
import secrets
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from kills import Host, kill

MARKING = Path(__file__).with_name("marking.py")
PAUSE = 0.05
"""Seconds between two looks at a run."""
LANES = 4
NEEDS = {
    "a": "",
    "b": "a",
    "c": "a",
    "d": "a",
    "e": "bcd",
    "f": "e",
    "g": "e",
    "h": "e",
    "i": "fgh",
    "j": "i",
}
"""The steps, and those that each needs."""
TEN: dict[str, Any] = {  # Any: JSON
    "name": "ten",
    "steps": [
        {
            "id": one,
            "operation": "marks.set_mark",
            "arguments": {"text": one},
            "needs": list(needs),
            "approve": "It is half way." if one == "e" else "",
        }
        for one, needs in NEEDS.items()
    ],
}


class Lane(threading.Thread):
    """Runs of the plan, one after the other, until it is enough."""

    def __init__(self, host: Host, number: int) -> None:
        super().__init__(daemon=True)
        self._host, self._number = host, number
        self.enough = threading.Event()
        self.ended: dict[str, str] = {}
        """Runs and how they ended."""

    def run(self) -> None:
        """See `Lane`."""
        while not self.enough.is_set():
            key = {"idempotency-key": f"lane-{self._number}-{len(self.ended)}", "prefer": "respond-async"}
            run_id = str(self._ask("POST", "/plans/ten/run", {}, key)["id"])
            while True:
                run = self._ask("GET", f"/runs/{run_id}")
                if run["state"] == "waiting":
                    self._ask("POST", f"/runs/{run_id}/approve", {"call_id": run["waiting"]["call_id"]})
                elif run["state"] in {"succeeded", "failed", "cancelled"}:
                    self.ended[run_id] = run["state"]
                    break
                time.sleep(PAUSE)

    def _ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:  # Any: JSON
        """Ask until it is answered: what was cut has to be asked again."""
        while True:
            try:
                return ask(self._host, method, path, body, headers)
            except (OSError, http.client.HTTPException):
                time.sleep(PAUSE)


def ask(
    host: Host, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> Any:  # Any: JSON
    """One request."""
    with closing(http.client.HTTPConnection("127.0.0.1", host.port, timeout=30)) as connection:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"content-type": "application/json", **(headers or {})})
        return json.loads(connection.getresponse().read())


def faults(data: Path, ended: dict[str, str]) -> list[str]:
    """What is not as it should be."""
    with closing(sqlite3.connect(data / "nis.db")) as database:
        rows = database.execute("select run_id, comment, created from feedback").fetchall()
    found = [f"{run_id} has {state}" for run_id, state in ended.items() if state != "succeeded"]
    for run_id in ended:
        marks = [(str(text), float(created)) for run, text, created in rows if run == run_id]
        counts, times = Counter(text for text, _ in marks), dict(marks)
        found += [f"{run_id}: {one} {counts[one]} times" for one in NEEDS if counts[one] != 1]
        early = [one for one, needs in NEEDS.items() for other in needs if times.get(one, 0) < times.get(other, 0)]
        found += [f"{run_id}: {one} is before what it needs" for one in early]
    return [*found, *(f"{run} is nobody's" for run in {str(row[0]) for row in rows} - {*ended})]


def main() -> None:
    """Prove it, or say what was otherwise."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--kills", type=int, default=20, help="how often (default 20)")
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of the moments")
    arguments.add_argument("--most", type=float, default=1.5, help="seconds between a start and a kill, at most")
    given = arguments.parse_args()
    chance = random.Random(given.seed)  # noqa: S311 - the same moments each time
    with tempfile.TemporaryDirectory() as folder:
        host = Host(Path(folder, "data"), {"NIS_WEIGHTS": f"{folder}/none"}, MARKING)
        host.start()
        ask(host, "POST", "/plans", TEN)
        lanes = [Lane(host, number) for number in range(LANES)]
        for lane in lanes:
            lane.start()
        begun, starts = time.perf_counter(), list[float]()
        for _ in range(given.kills):
            time.sleep(chance.uniform(0, given.most))
            starts.append(kill(host, chance))
        for lane in lanes:
            lane.enough.set()
        for lane in lanes:
            lane.join()
        took = time.perf_counter() - begun
        host.stop()
        ended = {run: state for lane in lanes for run, state in lane.ended.items()}
        found = faults(Path(folder, "data"), ended)
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.system()}, seed {given.seed}\n")
    print(f"| {len(starts)} kills in {took:.0f} s | |\n|---|---|")
    print(f"| plans of {len(NEEDS)} steps that ended | {len(ended)} |")
    print(f"| effects, each once | {len(ended) * len(NEEDS) - len(found)} |")
    print(f"| start to first answer, median / longest | {statistics.median(starts):.2f} / {max(starts):.2f} s |")
    print("\n" + ("\n".join(found[:10]) or "Nothing was lost, and nothing was done twice."))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
