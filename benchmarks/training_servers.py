"""Servers in which trainings are begun over REST, killed with their workers or without, and followed to their ends."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from start import free_port, healthy
from walkers import ENDS, Json, Servers

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from postgresql import running_postgresql
from s3_server import KEYS, new_bucket, running_s3

LIMIT_SECONDS = 300.0
PAUSE_SECONDS = 0.01
EARLY, MOST_IDLE = 0.25, 3
"""How often it dies before a step was told, and how often in a row at most: five such attempts are given up."""
LONGEST_START = 6.0
"""Seconds within which it dies then."""
WHAT = {"server": "a server and its workers", "worker": "a server's worker", "hosts": "one of two servers"}
UNLIKE = ("tokens_per_second",)
"""Of what is measured, what the clock says."""


class TrainingHost:
    """One server; its workers are sessions of their own, which a kill of its group would not reach."""

    def __init__(self, folder: Path, training: Path, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self._folder = folder
        self._environment = {
            **os.environ,
            "NIS_TRAINING": str(training),
            "NIS_TRAINING_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()

    @property
    def pid(self) -> int:
        """The process that it is now."""
        return self._process.pid if self._process is not None else 0

    @property
    def log(self) -> str:
        """What it has written."""
        return (self._folder / "log").read_text()

    def start(self) -> None:
        """Start it, and wait for its first answer."""
        command = [sys.executable, "-m", "nis_backend", "serve", "--port", str(self.port), "--data", str(self._folder)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + LIMIT_SECONDS
        while not healthy(self.port):
            if self._process.poll() is not None or time.monotonic() > until:
                sys.exit(f"the server did not come up:\n{self.log[-4000:]}")
            time.sleep(PAUSE_SECONDS)

    def workers(self) -> list[int]:
        """The processes that it has started."""
        with contextlib.suppress(OSError):
            return [int(one) for one in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        return []

    def kill(self) -> None:
        """End it and its workers as a power cut would."""
        for pid in (self.pid, *self.workers()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait(30)

    def kill_workers(self) -> None:
        """End its workers alone."""
        for pid in self.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)


class Trainings:
    """Trainings of one dataset, asked of whichever server answers."""

    def __init__(self, ports: Sequence[int], training: Path) -> None:
        self._servers = Servers(ports)
        self._folder = training

    def ask(self, method: str, path: str, body: Json | None = None, **headers: str) -> Json:
        """What is answered; the status must say that all is well."""
        status, answer = self._servers.ask(method, path, body, **headers)
        if status >= 300:  # noqa: PLR2004 - as HTTP has it
            sys.exit(f"{method} {path}: {answer}")
        return answer

    def give(self, rows: Sequence[Json]) -> None:
        """A dataset of these rows."""
        self.ask("POST", "/datasets", {"name": "words", "kind": "text"})
        self.ask("POST", "/datasets/words/import-examples", {"rows": rows})
        self.ask("POST", "/datasets/words/split", {"train": 0.8, "validation": 0.1, "test": 0.1})

    def begin(self, **told: object) -> str:
        """Start a training; its id."""
        body: Json = {"recipe": "bitnet", "dataset": "words", "name": "killed", "seed": 3, **told}
        return str(self.ask("POST", "/training/start-training", body, Prefer="respond-async")["id"])

    def state(self, training: str) -> Json:
        """The training as it is now."""
        return self.ask("GET", f"/training/{training}")

    def step(self, training: str) -> int:
        """The step of its newest checkpoint."""
        found = (self._folder / "runs" / training / "checkpoints").glob("step-*")
        return max((int(one.name[5:15]) for one in found if one.suffix != ".part"), default=0)

    def alive(self, training: str) -> bool:
        """Whether it has not ended."""
        return self.state(training)["state"] not in ENDS

    def lines(self, training: str) -> int:
        """How many steps it has told, those included that will be taken back."""
        with contextlib.suppress(OSError):
            return (self._folder / "runs" / training / "metrics.jsonl").read_bytes().count(b"\n")
        return 0

    def ended(self, training: str) -> Json:
        """The training once it has ended; it must have succeeded."""
        until = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < until:
            found = self.state(training)
            if found["state"] in ENDS:
                if found["state"] != "succeeded":
                    sys.exit(f"It has {found['state']}: {found['problem']}")
                return found
            time.sleep(0.1)
        sys.exit(f"It did not end: {self.state(training)}")

    def made(self, training: str) -> dict[str, str]:
        """A digest of each file of the model, its training's id left out, and of what was told of each step."""
        place = self._folder / "models" / str(self.state(training)["model_id"])
        found = {
            str(path.relative_to(place)): hashlib.sha256(_unnamed(path, training)).hexdigest()
            for path in sorted(place.rglob("*"))
            if path.is_file()
        }
        kept = [
            {name: value for name, value in json.loads(line).items() if name not in UNLIKE}
            for line in (self._folder / "runs" / training / "metrics.jsonl").read_text().splitlines()
        ]
        return {**found, "metrics": hashlib.sha256(json.dumps(kept).encode()).hexdigest()}


def _unnamed(path: Path, training: str) -> bytes:
    if path.name != "manifest.json":
        return path.read_bytes().replace(training.encode(), b"ID")
    told = json.loads(path.read_text())
    # The card and the packed manifest name the training, and so do their digests.
    told["files"] = [one for one in told["files"] if not one["name"].endswith(("README.md", "manifest.json"))]
    return json.dumps(told).encode().replace(training.encode(), b"ID")


def prove(which: str, rows: Sequence[Json], told: Json, kills: int, chance: random.Random) -> None:
    """Train once undisturbed, then under kills of the server, of its worker, or of one of two hosts; and compare."""
    with contextlib.ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory()))
        training, environment = folder / "training", dict[str, str]()
        if which == "hosts":
            environment["NIS_DATABASE_URL"] = open_.enter_context(running_postgresql()).database()
            place = open_.enter_context(running_s3())
            environment |= {**KEYS, "NIS_BLOBS": f"s3://{new_bucket(place)}", "NIS_S3_ENDPOINT": place}
        hosts = [
            TrainingHost(folder / name, training, environment) for name in ("one", "other")[: 1 + (which == "hosts")]
        ]
        for host in hosts:
            open_.callback(host.stop)
            host.start()
        asked = Trainings([host.port for host in hosts], training)
        asked.give(rows)
        calm = asked.begin(**told)
        while not asked.lines(calm):
            time.sleep(PAUSE_SECONDS)
        began = time.monotonic()
        asked.ended(calm)
        seconds, expected, reached, trainings = time.monotonic() - began, asked.made(calm), list[int](), 0
        while len(reached) < kills:
            killed, trainings = asked.begin(**told), trainings + 1
            kill(asked, hosts, killed, which, kills, chance, 2 * seconds / kills, reached)
            asked.ended(killed)
            found = asked.made(killed)
            if found != expected:
                sys.exit(f"They differ: {sorted(name for name in expected if expected[name] != found.get(name))}.")
        faults = [line for host in hosts for line in host.log.splitlines() if "Traceback" in line or "ERROR" in line]
    print(
        f"{len(reached)} kills of {WHAT[which]} in {trainings} training{'s' * (trainings > 1)} of {told['steps']} "
        f"steps, which went on by themselves from steps {', '.join(map(str, reached))}."
    )
    print(f"{len(expected) - 1} files of the model and the metrics of each step are the same byte for byte.")
    print("\n".join(faults[:5]) or "Nothing was lost, and nothing was done twice; no error is in a log.")
    sys.exit(bool(faults))


def kill(  # noqa: PLR0913, PLR0917 - all that a kill depends on
    asked: Trainings,
    hosts: Sequence[TrainingHost],
    training: str,
    which: str,
    kills: int,
    chance: random.Random,
    within: float,
    reached: list[int],
) -> None:
    """Kill what trains, again and again, until it is enough or the training has ended."""
    idle = 0
    while len(reached) < kills:
        lines, step = asked.lines(training), asked.step(training)
        early = chance.random() < EARLY and idle < MOST_IDLE
        while not early and (asked.lines(training) <= lines or (idle and asked.step(training) <= step)):
            if not asked.alive(training):
                return
            time.sleep(PAUSE_SECONDS)
        time.sleep(chance.uniform(0, LONGEST_START if early else within))
        if not asked.alive(training):
            return
        host = max(hosts, key=lambda one: len(one.workers()))
        if which == "worker":
            host.kill_workers()
        else:
            host.kill()
        idle = 0 if asked.step(training) > step else idle + 1
        reached.append(asked.step(training))
        if which != "worker":
            host.start()
