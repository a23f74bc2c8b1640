"""Vectors of texts: throughput and memory of the product, asked over HTTP, against sentence-transformers in a process.

The same texts, cut at the same length, in turns on one machine; the medians of several rounds. The peers run in
environments of their own, with the same model: float32 on torch, and the very same file through their ONNX backend. The
static model is another one, beside them for its speed.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from pydoc_data.topics import topics
from typing import cast

from start import descendants, free_port, ours, post, started

PEER = Path(__file__).with_name("embeddings_peer.py")
NIS, TORCH, ONNX = "nis", "sentence-transformers, torch float32", "sentence-transformers, ONNX int8"
STATIC, STATIC_MODEL = "nis, the static model", "static:wordllama-256"
Vectors = list[list[float]]
CALLERS = 32
TOGETHER = ("8 to 16 words, as questions have", "a sentence each")
"""What many callers send one of each: a text's length decides how much a batch is worth."""


@dataclass(kw_only=True)
class Contender:
    """One that turns texts into vectors; `pid` is its first process."""

    pid: int
    embed: Callable[[Sequence[str]], tuple[float, Vectors]]
    """Seconds taken, and the vectors."""
    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    processor: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    vectors: Vectors = field(default_factory=Vectors)
    peak: float = 0.0
    """MB of its process tree, at most."""
    first: float = 0.0
    """Seconds from nothing loaded to the first vector."""

    def tree(self) -> list[int]:
        """Its processes."""
        return [self.pid, *descendants(self.pid)]

    def processor_seconds(self) -> float:
        """What its processes have used so far."""
        ticks = 0
        for pid in self.tree():
            fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def look(self) -> None:
        """Note its memory: each page counted once, by its share."""
        try:
            rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text("ascii") for pid in self.tree()]
        except (FileNotFoundError, ProcessLookupError):
            return
        shares = [int(found[1]) for text in rollups if (found := re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE))]
        self.peak = max(self.peak, sum(shares) * 1024 / 1e6)


def corpora() -> dict[str, list[str]]:
    """English of the Python reference, in three lengths, and one by one."""
    words = re.sub(r"\s+", " ", " ".join(topics.values()))
    sentences = [one for one in re.split(r"(?<=[.!?])\s+", words) if 20 < len(one) < 200]  # noqa: PLR2004 - a sentence
    shuffled = random.Random(1)  # noqa: S311 - the same texts each time
    shuffled.shuffle(sentences)
    coming = iter(sentences)

    def passage(count: int) -> str:
        return " ".join(next(coming) for _ in range(count))

    return {
        "a sentence each": [passage(1) for _ in range(256)],
        "1 to 10 sentences": [passage(shuffled.randint(1, 10)) for _ in range(96)],
        "8 to 16 words, as questions have": [
            " ".join(passage(2).split()[: shuffled.randint(8, 16)]) for _ in range(128)
        ],
        "longer than is read": [passage(20) for _ in range(32)],
    }


@contextmanager
def product(model: str | None = None) -> Generator[Contender]:
    """The server, asked as any caller asks it."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data, started(ours(port, data), port) as server:

        def embed(texts: Sequence[str]) -> tuple[float, Vectors]:
            begun = time.perf_counter()
            answer = json.loads(post(port, "/embeddings/embed-texts", {"texts": texts, "model": model}))
            return time.perf_counter() - begun, cast("Vectors", answer["vectors"])

        contender = Contender(pid=server.process.pid, embed=embed)
        contender.first, _ = embed(["The first."])
        yield contender


@contextmanager
def peer(*command: str) -> Generator[Contender]:
    """Sentence-transformers in a process that reads texts and writes what it took."""
    begun = time.perf_counter()
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true"}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    assert process.stdin is not None
    assert process.stdout is not None
    reads, writes = process.stdout, process.stdin

    def embed(texts: Sequence[str]) -> tuple[float, Vectors]:
        writes.write(json.dumps(texts) + "\n")
        writes.flush()
        line = reads.readline()
        if not line:
            sys.exit(f"the peer ended: {' '.join(command)}")
        answer = json.loads(line)
        return float(answer["seconds"]), cast("Vectors", answer["vectors"])

    try:
        contender = Contender(pid=process.pid, embed=embed)
        embed(["The first."])
        contender.first = time.perf_counter() - begun
        yield contender
    finally:
        process.kill()
        process.wait()


@contextmanager
def watched(contenders: Sequence[Contender]) -> Generator[None]:
    """Their memory looked at, ten times a second."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            for one in contenders:
                one.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def measure(contenders: Mapping[str, Contender], texts: Mapping[str, Sequence[str]], rounds: int) -> None:
    """Each in turn, another one first in each round."""
    names = list(contenders)
    for turn in range(rounds + 1):
        for kind, some in texts.items():
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                one = contenders[name]
                before = one.processor_seconds()
                seconds, vectors = one.embed(some)
                if turn:  # the first of each only warms it up
                    one.seconds.setdefault(kind, []).append(seconds)
                    one.processor.setdefault(kind, []).append(one.processor_seconds() - before)
                else:
                    one.vectors += vectors
        print(f"\rround {turn}/{rounds}", end="\n" if turn == rounds else "", file=sys.stderr, flush=True)


def measure_together(one: Contender, kind: str, texts: Sequence[str], rounds: int) -> None:
    """Print what many callers with a text each get, beside one caller who sends the same texts one by one."""
    taken: dict[str, list[float]] = {"one by one": [], f"{CALLERS} callers": []}
    used: dict[str, list[float]] = {name: [] for name in taken}
    near = 1.0

    def alone(text: str) -> list[float]:
        return one.embed([text])[1][0]

    with ThreadPoolExecutor(CALLERS) as pool:
        asked: dict[str, Callable[[], list[list[float]]]] = {
            "one by one": lambda: [alone(text) for text in texts],
            f"{CALLERS} callers": lambda: list(pool.map(alone, texts)),
        }
        for turn in range(rounds + 1):
            found: list[Vectors] = []
            for name, ask in asked.items():
                before, begun = one.processor_seconds(), time.perf_counter()
                found.append(ask())
                if turn:  # the first of each only warms it up
                    taken[name].append(time.perf_counter() - begun)
                    used[name].append(one.processor_seconds() - before)
            near = min([near, *(dot(a, b) for a, b in zip(*found, strict=True))])
    print(f"| {len(texts)} calls, {kind} | texts per second, median (min-max) | of processor time |")
    print("|---|---|---|")
    for name, seconds in taken.items():
        rates = [len(texts) / value for value in seconds]
        middle, effort = statistics.median(rates), len(texts) / statistics.median(used[name])
        print(f"| {name} | {middle:.1f} ({min(rates):.1f}-{max(rates):.1f}) | {effort:.1f} |")
    times = statistics.median(a / b for a, b in zip(*taken.values(), strict=True))
    print(
        f"\n{CALLERS} callers get {times:.2f} × the texts of one; each vector has a cosine ≥ {near:.6f} to the other's"
    )


def dot(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two vectors of length 1."""
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def rows(contenders: Mapping[str, Contender], texts: Mapping[str, Sequence[str]], *, of_processor: bool) -> None:
    """Print texts a second of each, and how many times as many ours are."""
    unit = "texts per second of processor time" if of_processor else "texts per second, median (min-max)"
    peers = [name for name in contenders if name != NIS]
    print(f"| {unit} | {NIS} | " + " | ".join(f"{name} | nis is" for name in peers) + " |")
    print("|---" * (2 + 2 * len(peers)) + "|")
    for kind, some in texts.items():

        def rates(one: Contender, kind: str = kind, count: int = len(some)) -> list[float]:
            if of_processor:
                # Told in hundredths of a second, in which some rounds begin and end.
                return [count * len(one.processor[kind]) / sum(one.processor[kind])]
            return [count / taken for taken in one.seconds[kind]]

        def cell(found: list[float]) -> str:
            spread = "" if of_processor else f" ({min(found):.1f}-{max(found):.1f})"
            return f"{statistics.median(found):.1f}{spread}"

        mine = rates(contenders[NIS])
        cells = [cell(mine)]
        for name in peers:
            theirs = rates(contenders[name])
            cells += [cell(theirs), f"{statistics.median(mine) / statistics.median(theirs):.2f} ×"]
        print(f"| {len(some)} texts, {kind} | " + " | ".join(cells) + " |")


def report(contenders: Mapping[str, Contender], texts: Mapping[str, Sequence[str]]) -> None:
    """Print the tables."""
    rows(contenders, texts, of_processor=False)
    print()
    rows(contenders, texts, of_processor=True)
    print()
    print("| | peak memory of its processes | nis has | first vector after | nearest to nis's vectors |")
    print("|---|---|---|---|---|")
    mine = contenders[NIS]
    for name, one in contenders.items():
        same = "" if one is mine else "another model" if name == STATIC else likeness(mine.vectors, one.vectors)
        less = "" if one is mine else f"{mine.peak / one.peak:.2f} ×"
        print(f"| {name} | {one.peak:.0f} MB | {less} | {one.first:.1f} s | {same} |")


def likeness(mine: Vectors, theirs: Vectors) -> str:
    """How far two models' vectors of the same texts are apart, at most."""
    near = min(dot(x, y) for x, y in zip(mine, theirs, strict=True))
    apart = max(math.dist(x, y) for x, y in zip(mine, theirs, strict=True))
    return f"cosine ≥ {near:.5f}, distance ≤ {apart:.4f}"


def verdict(mine: Contender, peer: Contender) -> str:
    """Whether ours does as many texts a second of each kind, in less than half the memory; and where it does not."""
    slower = [
        kind
        for kind, seconds in mine.seconds.items()
        if statistics.median(seconds) > statistics.median(peer.seconds[kind])
    ]
    lines = [f"as many texts a second or more: {'yes' if not slower else 'no, of ' + '; '.join(slower)}"]
    lines.append(f"less than half the memory: {'yes' if mine.peak < peer.peak / 2 else 'no'}")
    return f"nis beside {TORCH}: {', '.join(lines)}"


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("peers", type=Path, help="folder of the peers' environments and model (make has it)")
    arguments.add_argument("--rounds", type=int, default=5, help="rounds of each (default 5)")
    given = arguments.parse_args()
    folder: Path = given.peers
    model, file = str(folder / "model"), "onnx/model_int8.onnx"
    texts = corpora()
    with ExitStack() as stack:
        contenders = {NIS: stack.enter_context(product()), STATIC: stack.enter_context(product(STATIC_MODEL))}
        if (folder / "torch/bin/python").exists():
            contenders[TORCH] = stack.enter_context(peer(str(folder / "torch/bin/python"), str(PEER), model))
        if (folder / "onnx/bin/python").exists():
            contenders[ONNX] = stack.enter_context(peer(str(folder / "onnx/bin/python"), str(PEER), model, file))
        with watched(list(contenders.values())):
            measure(contenders, texts, given.rounds)
        machine = f"{os.cpu_count()} cores, {platform.system()}, load {os.getloadavg()[0]:.1f}"
        print(f"{time.strftime('%Y-%m-%d')}, {machine}, {given.rounds} rounds\n")
        report(contenders, texts)
        if TORCH in contenders:
            print(f"\n{verdict(contenders[NIS], contenders[TORCH])}")
        for kind in TOGETHER:
            print()
            measure_together(contenders[NIS], kind, texts[kind][:128], given.rounds)


if __name__ == "__main__":
    main()
