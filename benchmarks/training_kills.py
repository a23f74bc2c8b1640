"""Does a training that is killed, again and again, at moments that nobody chose, end as one that was left alone?

    make prove-training-kills                                  # 20 kills
    make prove-training-kills ARGS="--kills 5 --seed 7"        # fewer, and the same moments as before
    make prove-training-kills ARGS="--processes 2"             # of two processes by torchrun, one is killed
    make prove-training-kills ARGS="--through server"          # `nis serve` is killed, its workers with it
    make prove-training-kills ARGS="--through worker"          # its worker alone is
    make prove-training-kills ARGS="--through hosts"           # of two servers on one PostgreSQL, the one that trains

The same small training runs twice, each attempt a process of its own: once undisturbed, once with `kill -9` at random
moments, now before its first step, now within a step, now while a checkpoint is written; it is begun again over its
folder until it ends. Then the files of both models are compared byte by byte, and so is the loss of each step. The exit
status says whether they are the same. Through servers, the run goes on by itself: nobody begins it again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from nis_backend.capabilities.training import by_hand
from nis_backend.drivers.compute.base import Json

WORDS = ("ternary", "weights", "are", "minus", "one", "nothing", "or", "a", "training", "that", "goes", "on", "where")
SETTINGS: Json = {"width": 64, "layers": 2, "heads": 2, "context": 64, "batch": 8, "looks": 10, "merges": 30}
EARLY = 0.1
"""How often it dies before it has said anything."""


def prepare(folder: Path, steps: int) -> Path:
    """The folder of a training, and the file that says which."""
    (folder / "data").mkdir(parents=True)
    chance = random.Random(5)  # noqa: S311 - the same words in both folders
    for split, count in (("train", 40), ("validation", 4), ("test", 4)):
        lines = [json.dumps({"text": " ".join(chance.choices(WORDS, k=60))}) + "\n" for _ in range(count)]
        (folder / "data" / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")
    told = folder / "training.json"
    payload: Json = {
        "recipe": "bitnet",
        "settings": SETTINGS,
        "seed": 3,
        "folder": str(folder),
        "base": None,
        "steps": steps,
        "seconds": None,
        "save_seconds": 0.1,
    }
    told.write_text(json.dumps(payload), encoding="utf-8")
    return told


@dataclass(kw_only=True)
class Attempt:
    """A process that trains, or torchrun with several."""

    pid: int
    output: BinaryIO
    ended: bool = False

    def said(self) -> Iterator[Json]:
        """What it tells, line by line."""
        for line in self.output:
            if line.startswith(b"{") and line.endswith(b"\n"):
                yield json.loads(line)

    def kill(self) -> bool:
        """End it and all that it started; whether it was there to be ended."""
        self.ended = os.waitpid(self.pid, os.WNOHANG)[0] != 0
        if not self.ended:
            os.killpg(self.pid, signal.SIGKILL)
            self.wait()
            return True
        self.output.close()
        return False

    def wait(self) -> None:
        """Be told that it is gone."""
        self.output.close()
        os.waitpid(self.pid, 0)


def begin(told: Path, processes: int) -> Attempt:
    """Start it, or have it go on: forked, for what it imports takes longer than the training."""
    reads, writes = os.pipe()
    pid = os.fork()
    if not pid:
        os.setsid()
        os.dup2(writes, sys.stdout.fileno())
        os.close(reads)
        if processes > 1:
            by = ["-m", "torch.distributed.run", f"--nproc-per-node={processes}", "--standalone"]
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, sys.stderr.fileno())  # torchrun tells at length what became of its processes
            os.execv(  # noqa: S606 - a fixed program
                sys.executable, [sys.executable, *by, "-m", by_hand.__name__, str(told)]
            )
        os._exit(by_hand.main([str(told)]))
    os.close(writes)
    return Attempt(pid=pid, output=os.fdopen(reads, "rb"))


def whole(told: Path, processes: int) -> tuple[Json, float]:
    """Let it run to its end; its last words, and the seconds from its first step on."""
    attempt = begin(told, processes)
    first = last = 0.0
    final: Json = {}
    for item in attempt.said():
        final, last = item, time.monotonic()
        first = first or last
    attempt.wait()
    if final.get("kind") != "done":
        sys.exit(f"It did not end: {final}")
    return final, last - first


def kill_at(told: Path, processes: int, moment: float, *, early: bool) -> bool:
    """Begin it and kill it that many seconds after its first word, or after its start; whether it had not ended."""
    attempt = begin(told, processes)
    if not early:
        next(attempt.said(), None)
    time.sleep(moment)
    return attempt.kill()


def made(folder: Path) -> dict[str, str]:
    """A digest of each file of the model, and of what was told of each step."""
    out = folder / "out"
    paths = sorted(path for path in out.rglob("*") if path.is_file())
    files = {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    kept = [{name: value for name, value in line.items() if name != "tokens_per_second"} for line in lines]
    return {**files, "metrics": hashlib.sha256(json.dumps(kept).encode()).hexdigest()}


def main() -> None:
    """Train twice, kill one, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--through", choices=("server", "worker", "hosts"))
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    if options.through is not None:
        from training_servers import prove  # noqa: PLC0415 - where it is asked for

        words = random.Random(5)  # noqa: S311 - the same rows each time
        rows: list[Json] = [{"text": " ".join(words.choices(WORDS, k=60))} for _ in range(60)]
        request: Json = {"settings": SETTINGS, "steps": options.steps, "save_seconds": 0.1}
        prove(options.through, rows, request, options.kills, chance)
        return
    import_module("nis_backend.capabilities.training.recipes.bitnet")  # once for all attempts
    with tempfile.TemporaryDirectory() as place:
        calm = Path(place) / "calm"
        _, seconds = whole(prepare(calm, options.steps), options.processes)
        expected, reached, trainings = made(calm), list[int](), 0
        while len(reached) < options.kills:
            # One that came to its end is compared, and the next is killed.
            killed = Path(place) / f"killed-{trainings}"
            told, trainings = prepare(killed, options.steps), trainings + 1
            while len(reached) < options.kills:
                early = chance.random() < EARLY
                moment = chance.uniform(0, 0.5 if early else 2 * seconds / options.kills)
                if not kill_at(told, options.processes, moment, early=early):
                    break
                reached.append(step_of(killed))
            whole(told, options.processes)
            found = made(killed)
            if found != expected:
                sys.exit(f"They differ: {sorted(name for name in expected if expected[name] != found.get(name))}.")
        print(
            f"{len(reached)} kills (seed {seed}) of {trainings} training{'s' * (trainings > 1)} of {options.steps} "
            f"steps on {options.processes} process{'es' * (options.processes > 1)}, which went on from steps "
            f"{', '.join(map(str, reached))}."
        )
        print(f"{len(expected) - 1} files of the model and the metrics of each step are the same byte for byte.")
        print("Nothing was lost, and nothing was done twice.")


def step_of(folder: Path) -> int:
    """The step of the last checkpoint."""
    return max((int(one.name[5:15]) for one in (folder / "checkpoints").glob("step-*")), default=0)


if __name__ == "__main__":
    main()
