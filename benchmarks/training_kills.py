"""Does a training that is killed, again and again, at moments that nobody chose, end as one that was left alone?

    make prove-training-kills                                  # 20 kills
    make prove-training-kills ARGS="--kills 5 --seed 7"        # fewer, and the same moments as before
    make prove-training-kills ARGS="--processes 2"             # of two processes by torchrun, one is killed

The same small training runs twice, as a worker's process runs it: once undisturbed, once with `kill -9` at random
moments, now before its first step, now within a step, now while a checkpoint is written; it is begun again over its
folder until it ends. Then the files of both models are compared byte by byte, and so is the loss of each step. The exit
status says whether they are the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from nis_backend.drivers.compute.base import Json

MODULE = "nis_backend.capabilities.training.by_hand"
WORDS = ("ternary", "weights", "are", "minus", "one", "nothing", "or", "a", "training", "that", "goes", "on", "where")
LIMIT = 600.0
"""Seconds for one attempt."""
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
    settings = {"width": 64, "layers": 2, "heads": 2, "context": 64, "batch": 8, "looks": 10, "merges": 30}
    payload: Json = {
        "recipe": "bitnet",
        "settings": settings,
        "seed": 3,
        "folder": str(folder),
        "base": None,
        "steps": steps,
        "seconds": None,
        "save_seconds": 0.1,
    }
    told.write_text(json.dumps(payload), encoding="utf-8")
    return told


def begin(told: Path, processes: int) -> subprocess.Popen[bytes]:
    """Start it, or have it go on."""
    by = ["-m", "torch.distributed.run", f"--nproc-per-node={processes}", "--standalone"] if processes > 1 else []
    return subprocess.Popen(
        [sys.executable, *by, "-m", MODULE, str(told)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


def said(process: subprocess.Popen[bytes]) -> Iterator[Json]:
    """What it tells, line by line."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"{") and line.endswith(b"\n"):
            yield json.loads(line)


def whole(told: Path, processes: int) -> tuple[Json, float]:
    """Let it run to its end; its last words, and the seconds from its first step on."""
    process = begin(told, processes)
    first = last = 0.0
    final: Json = {}
    for item in said(process):
        final, last = item, time.monotonic()
        first = first or last
    process.wait(LIMIT)
    if final.get("kind") != "done":
        sys.exit(f"It did not end: {final}")
    return final, last - first


def kill_at(told: Path, processes: int, moment: float, *, early: bool) -> bool:
    """Begin it and kill it that many seconds after its first word, or after its start; whether it had ended before."""
    process = begin(told, processes)
    words = said(process)
    if not early:
        next(words, None)
    time.sleep(moment)
    ended = process.poll() is not None
    if not ended:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(LIMIT)
    return ended


def made(folder: Path) -> dict[str, str]:
    """A digest of each file of the model, and of what was told of each step."""
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((folder / "out").iterdir())}
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    kept = [{name: value for name, value in line.items() if name != "tokens_per_second"} for line in lines]
    return {**files, "metrics": hashlib.sha256(json.dumps(kept).encode()).hexdigest()}


def main() -> None:
    """Train twice, kill one, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory() as place:
        calm, killed = Path(place) / "calm", Path(place) / "killed"
        _, seconds = whole(prepare(calm, options.steps), options.processes)
        told, kills, late = prepare(killed, options.steps), 0, 0
        reached: list[int] = []
        while kills < options.kills:
            early = chance.random() < EARLY
            # So long that all kills together take it about once through.
            moment = chance.uniform(0, 3.0 if early else 2 * seconds / options.kills)
            if kill_at(told, options.processes, moment, early=early):
                late += 1  # it had come to its end: it is killed while it does so once more
                if late > options.kills:
                    sys.exit("It ends before it can be killed: give it more --steps.")
                continue
            kills += 1
            reached.append(max((int(one.name[5:15]) for one in (killed / "checkpoints").glob("step-*")), default=0))
        outcome, _ = whole(told, options.processes)
        print(
            f"{kills} kills (seed {seed}) of a training of {options.steps} steps on {options.processes} "
            f"process{'es' if options.processes > 1 else ''}; it went on from steps {', '.join(map(str, reached))}; "
            f"{late} times it had ended before."
        )
        one, other = made(calm), made(killed)
        if one != other:
            sys.exit(f"They differ: {sorted(name for name in one if one[name] != other.get(name))}.")
        print(
            f"{', '.join(one)} are the same byte for byte; {outcome['outcome']['metrics']['test_bits_per_byte']:.4f} "
            "bits per byte."
        )
        print("Nothing was lost, and nothing was done twice.")


if __name__ == "__main__":
    main()
