"""Is anything lost or done twice when the server is killed, again and again, at moments that nobody chose?

    make prove-kills                                       # 200 kills of one server on its data folder
    make prove-kills ARGS="--kills 20 --postgresql"        # two servers on one PostgreSQL, of which one is killed
    make prove-kills ARGS="--kills 20 --stall 6"           # … of which one is stopped for 6 s, and knows nothing of it
    make prove-kills ARGS="--seed 7"                       # the same moments and decisions as before

Several walks of twenty steps (`walk.py`) go on at once, each started and read over server-sent events by one reader
and watched by another (`walkers.py`). `kill -9` hits the server at a random moment, and one time in ten once more
before it has answered anything; it is started again over the same data. In the end each run's log is read once more,
and so is all that the runs have left outside of it. The exit status says whether everything was as it should be.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path

from found import Found, check
from start import free_port, healthy
from walk import LEDGER
from walkers import Servers, Walker

WALK = Path(__file__).with_name("walk.py")
TESTS = Path(__file__).parents[1] / "tests"
LIMIT_SECONDS = 60.0
EARLY = 0.1
"""How often the server dies before it has answered."""
PAUSE = 0.004
"""Seconds between two words of the model."""
WORDS = " ".join(f"word{number}" for number in range(30))


class Host:
    """One server, killed and started again over its folder."""

    def __init__(self, folder: Path, environment: dict[str, str], app: Path = WALK) -> None:
        self.port = free_port()
        self._folder = folder
        self._environment = {**os.environ, **environment}
        self._app = app
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()

    def begin(self) -> None:
        """Start it, and wait for nothing."""
        command = [sys.executable, "-m", "nis_backend", "serve", "--port", str(self.port), "--data", str(self._folder)]
        command += ["--app", str(self._app)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--app", str(self._app)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start(self) -> float:
        """Start it; the seconds to its first answer."""
        begun = time.perf_counter()
        self.begin()
        while not healthy(self.port):
            if self._process is None or self._process.poll() is not None or time.perf_counter() - begun > LIMIT_SECONDS:
                sys.exit(f"the server did not come up:\n{self.log[-4000:]}")
            time.sleep(0.002)
        return time.perf_counter() - begun

    @property
    def pid(self) -> int:
        """The process that it is now."""
        return self._process.pid if self._process is not None else 0

    @property
    def log(self) -> str:
        """What it has said."""
        return (self._folder / "log").read_text()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)

    def stall(self, seconds: float) -> float:
        """Stop it without a word, and let it go on as if nothing had been; the seconds that this took."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            self._process.send_signal(signal.SIGCONT)
        return seconds

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)


class Lanes:
    """Walks that go on side by side, one after the other in each lane, until it is enough."""

    def __init__(self, servers: Servers, lanes: int, seed: int) -> None:
        self.walkers: list[Walker] = []
        self._servers = servers
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._lane, args=(lane, seed), daemon=True) for lane in range(lanes)]
        for thread in self._threads:
            thread.start()

    def _lane(self, lane: int, seed: int) -> None:
        # Not all at the same step.
        self._enough.wait(0.3 * lane)
        number = 0
        while not self._enough.is_set():
            number += 1
            walker = Walker(self._servers, f"walk-{lane}-{number}", hash((seed, lane, number)))
            self.walkers.append(walker)
            walker.walk()

    def end(self) -> None:
        """Begin no more; return when all have ended."""
        self._enough.set()
        for thread in self._threads:
            thread.join()


def surroundings(folder: Path, pause: float = PAUSE) -> tuple[Path, dict[str, str]]:
    """The file that the walks add lines to, and the variables of a server for them."""
    script, ledger = folder / "script.json", folder / "ledger"
    script.write_text(json.dumps({"replies": [{"text": WORDS, "pause": pause}]}))
    ledger.touch()
    return ledger, {
        LEDGER: str(ledger),
        "NIS_SCRIPTED": str(script),
        "NIS_MODEL": "scripted:scripted",
        "NIS_WEIGHTS": f"{folder}/none",
    }


def hit_often(hosts: list[Host], kills: int, most: float, stall: float | None, chance: random.Random) -> list[float]:
    """Kill one of them as often, or stop it for so long; the seconds until each was there again."""
    starts: list[float] = []
    for number in range(kills):
        time.sleep(chance.uniform(0, most))
        host = chance.choice(hosts)
        starts.append(kill(host, chance) if stall is None else host.stall(stall))
        print(f"\r{number + 1}/{kills}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return starts


def kill(host: Host, chance: random.Random) -> float:
    """Kill it, and start it again; the seconds to its first answer."""
    host.kill()
    if chance.random() < EARLY:
        host.begin()
        time.sleep(chance.uniform(0, 1))
        host.kill()
    return host.start()


@contextlib.contextmanager
def database(*, wanted: bool) -> Generator[dict[str, str]]:
    """The variables of a PostgreSQL of its own, or none."""
    if not wanted:
        yield {}
        return
    sys.path.append(str(TESTS))
    from postgresql import running_postgresql  # noqa: PLC0415 - only where it is wanted

    with running_postgresql() as server:
        yield {"NIS_DATABASE_URL": server.database()}


def prove(given: argparse.Namespace) -> tuple[Found, list[float], float]:
    """Hit the servers while walks go on, and see what is left; the times until they were there again, and of all."""
    chance = random.Random(given.seed)  # noqa: S311 - the same moments each time
    with tempfile.TemporaryDirectory() as folder, database(wanted=given.postgresql) as stored:
        ledger, environment = surroundings(Path(folder))
        environment |= stored
        hosts = [Host(Path(folder, f"data-{number}"), environment) for number in range(1 + given.postgresql)]
        try:
            for host in hosts:
                host.start()
            begun = time.perf_counter()
            servers = Servers([host.port for host in hosts])
            lanes = Lanes(servers, given.walks, given.seed)
            starts = hit_often(hosts, given.kills, given.most, given.stall, chance)
            lanes.end()
            took = time.perf_counter() - begun
            found = check(servers, lanes.walkers, Counter(ledger.read_text().splitlines()))
            if found.faults:
                for host in hosts:
                    print(host.log[-4000:], file=sys.stderr)
            return found, starts, took
        finally:
            for host in hosts:
                host.stop()


def main() -> None:
    """Prove it, or say what was otherwise."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--kills", type=int, default=200, help="how often (default 200)")
    arguments.add_argument("--walks", type=int, default=6, help="runs at once (default 6)")
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of moments and decisions")
    arguments.add_argument("--most", type=float, help="seconds between a start and a kill, at most (default 2; 25)")
    arguments.add_argument("--postgresql", action="store_true", help="two servers on one PostgreSQL")
    arguments.add_argument("--stall", type=float, help="stop a server for so many seconds instead, on PostgreSQL")
    given = arguments.parse_args()
    given.postgresql |= given.stall is not None
    given.most = given.most or (25.0 if given.postgresql else 2.0)
    found, starts, took = prove(given)
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.system()}, seed {given.seed}\n")
    print(f"| {len(starts)} {'kills' if given.stall is None else 'stalls'} in {took:.0f} s | |\n|---|---|")
    for name, figure in found.figures.items():
        print(f"| {name} | {figure} |")
    if given.stall is None:
        print(f"| start to first answer, median / longest | {statistics.median(starts):.2f} / {max(starts):.2f} s |")
    print("\n" + ("\n".join(found.faults[:10]) or "Nothing was lost, and nothing was done twice."))
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
