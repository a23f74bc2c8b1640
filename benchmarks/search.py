"""Search in collections: how good it is by labels, and how quick, beside numpy's brute force and ChromaDB.

    make bench-search                    # the tables on standard output, as Markdown
    make bench-search ARGS="--sizes 1000 10000"
    make bench-search ARGS="--only quality"

Quality: 169 queries over 1,989 passages of Python's, NumPy's and SciPy's own documentation, and 160 over 2,410 of other
packages', each way of searching asked of one server over HTTP. How rankings are fused was chosen by one half of the
first; the other half, and the second, were held out.

Speed: vectors of 384 numbers, of real sentences up to 10,000, and beyond that those moved a little at random; each
store is given the same ones, so that none pays for embedding. ChromaDB runs in an environment of its own, called in
process; nis is called in process too (`Context.nearest`, which asks its worker), and over HTTP, where a query is a text
that is embedded first. ChromaDB's index is approximate: its share of the true ten is in the table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from search_quality import AT, Half, Question, interval, ndcg, questions, recall
from search_texts import passages, passages_of_packages
from start import compile_everything, descendants, free_port, ours, post, resident_mb, started

from nis_backend.app import Process
from nis_backend.caller import LOCAL
from nis_backend.capabilities.collections.items import NewItem, row_of
from nis_backend.drivers.store.items import EVERY, models_of
from nis_backend.settings import read_settings

Vectors = NDArray[np.float32]
Some = TypeVar("Some")
PEER = Path(__file__).with_name("search_peer.py")
WAYS = ("words", "vectors", "hybrid")
HALVES: tuple[Half, ...] = ("chosen by", "held out", "other texts")
KINDS = {"name": "names", "paraphrase": "paraphrases", "question": "questions"}
AT_ONCE = 200
"""Items added by one call."""
QUERIES = 200
ASKED = 60
"""Queries over HTTP, each way."""
MOST_REAL = 10_000
"""Vectors that are of texts; more are these, moved."""
MOVED = 0.35
"""How far: the length of what is added to a vector of length 1, before it is made that long again."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a store has taken for one size."""

    build: float
    """Seconds from vectors in memory to the first answer."""
    seconds: Sequence[float]
    """Of each query."""
    found: Sequence[Sequence[int]]
    disk: float
    """MB."""
    memory: str


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("peer", type=Path, help="folder of ChromaDB's environment (make has it)")
    arguments.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="numbers of vectors")
    arguments.add_argument("--only", choices=("quality", "speed"), help="one part alone")
    given = arguments.parse_args()
    compile_everything()
    print(
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.system()},"
        f" Python {platform.python_version()}, NumPy {np.__version__}, load {os.getloadavg()[0]:.1f}\n"
    )
    if given.only != "speed":
        measure_quality()
    if given.only != "quality":
        measure_speed(given.peer / "bin/python", sorted(given.sizes))


# ── how good ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def measure_quality() -> None:
    """Print how well each way of searching ranks what is labelled."""
    asked = list[Question]()
    ranked: dict[str, list[list[str]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as data, started(ours(port := free_port(), data), port):
        for name, texts in (("documentation", passages()), ("packages", passages_of_packages())):
            about = [one for one in questions() if (one.half == "other texts") == (name == "packages")]
            here = [one for one in about if one.relevant.keys() <= texts.keys()]
            if len(here) < len(about):
                print(f"{len(about) - len(here)} queries are left out: these versions lack what answers them\n")
            post(port, "/collections", {"name": name})
            taken = add(port, name, texts)
            print(f"{len(texts)} passages added in {taken:.1f} s ({len(texts) / taken:.0f} a second, embedded)\n")
            for way in WAYS:
                ranked[way] += [ask(port, name, one.query, way)[0] for one in here]
            asked += here
    for name, measure in (("nDCG", ndcg), ("recall", recall)):
        scores = {
            way: [measure(one, asked.relevant) for one, asked in zip(found, asked, strict=True)]
            for way, found in ranked.items()
        }
        print_scores(f"{name}@{AT}", asked, scores)


def add(port: int, collection: str, texts: Mapping[str, str]) -> float:
    """Add texts by their names; the seconds it took."""
    begun, items = time.perf_counter(), [{"id": name, "text": text} for name, text in texts.items()]
    for start in progress(range(0, len(items), AT_ONCE), "added: "):
        post(port, f"/collections/{collection}/add-items", {"items": items[start : start + AT_ONCE]})
    return time.perf_counter() - begun


def ask(port: int, collection: str, query: str, way: str) -> tuple[list[str], float]:
    """The ids that a search finds, and its seconds."""
    begun = time.perf_counter()
    answer = post(port, f"/collections/{collection}/search", {"query": query, "mode": way, "limit": AT})
    taken = time.perf_counter() - begun
    hits = json.loads(answer)
    if hits["mode"] != way:
        sys.exit(f"searched by {hits['mode']} instead of {way}: {hits['notes']}")
    return [one["id"] for one in hits["hits"]], taken


def print_scores(name: str, asked: Sequence[Question], scores: Mapping[str, Sequence[float]]) -> None:
    """Print a measure of each way: each part with its intervals, what hybrid is more, and each kind of those held out.

    What hybrid is more is taken query by query before it is averaged.
    """

    def of(values: Sequence[float], takes: Callable[[Question], bool]) -> list[float]:
        return [value for value, one in zip(values, asked, strict=True) if takes(one)]

    def parts(values: Sequence[float]) -> list[str]:
        cells = [interval(of(values, lambda one, half=half: one.half == half)) for half in HALVES]
        return [str(one) for one in (*cells, interval(of(values, held)))]

    print(f"| {name} | " + " | ".join((*HALVES, "all held out", *KINDS.values())) + " |")
    print("|---" * (2 + len(HALVES) + len(KINDS)) + "|")
    for way in WAYS:
        kinds = [of(scores[way], lambda one, kind=kind: held(one) and one.kind == kind) for kind in KINDS]
        print(
            f"| {way} | " + " | ".join([*parts(scores[way]), *(f"{statistics.fmean(one):.3f}" for one in kinds)]) + " |"
        )
    for way in WAYS[:-1]:
        more = [one - other for one, other in zip(scores["hybrid"], scores[way], strict=True)]
        print(f"| hybrid less {way} | " + " | ".join(parts(more)) + " |" * (1 + len(KINDS)))
    print()


def held(one: Question) -> bool:
    """Whether no choice has looked at it."""
    return one.half != "chosen by"


# ── how quick ────────────────────────────────────────────────────────────────────────────────────────────────────────


def measure_speed(peer: Path, sizes: Sequence[int]) -> None:
    """Print what searching among so many vectors takes of each."""
    texts = sentences()
    real = embedded(texts[: min(MOST_REAL, sizes[-1])])
    draw = np.random.default_rng(1)
    queries = moved(real[draw.integers(0, len(real), QUERIES)], draw)
    rows: list[str] = []
    asked: list[str] = []
    for size in sizes:
        vectors = real[:size] if size <= len(real) else enlarged(real, size, draw)
        named = [f"{texts[place % len(real)]} {place}" for place in range(size)]
        truth, floor = brute_force(vectors, queries)
        ways = {"numpy, brute force": floor}
        with tempfile.TemporaryDirectory() as data:
            ways["nis, in process"] = asyncio.run(in_process(Path(data), named, vectors, queries))
            asked += over_http(data, size, texts)
        if peer.exists():
            with tempfile.TemporaryDirectory() as data:
                ways["ChromaDB, in process"] = chromadb(peer, Path(data), named, vectors, queries)
        for name, one in ways.items():
            rows.append(f"| {size} | {name} | {times(one.seconds)} | {one.build:.2f} s | {same(one.found, truth)} |")
            rows[-1] += f" {one.disk:.0f} MB | {one.memory} |"
    print(f"| vectors | | {QUERIES} queries: p50 | p99 | build | of the true {AT} | disk | memory |")
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))
    print(f"\n| vectors | over HTTP, {ASKED} queries as texts | p50 | p99 |")
    print("|---|---|---|---|")
    print("\n".join(asked))


def sentences() -> list[str]:
    """Sentences of the passages, and after them pairs of neighbours: more than 10,000 texts."""
    one_by_one: dict[str, None] = {}
    for text in passages().values():
        for one in re.split(r"(?<=[.!?:])\s+|\n\s*\n", text):
            if 4 <= len(one.split()) <= 60:  # noqa: PLR2004 - words of a sentence
                one_by_one[" ".join(one.split())] = None
    found = list(one_by_one)
    random.Random(1).shuffle(found)  # noqa: S311 - the same texts each time
    return found + [f"{one} {other}" for one, other in zip(found[::2], found[1::2], strict=False)]


def embedded(texts: Sequence[str]) -> Vectors:
    """Their vectors, by the product."""
    with tempfile.TemporaryDirectory() as data, started(ours(port := free_port(), data), port):
        vectors = [
            json.loads(post(port, "/embeddings/embed-texts", {"texts": texts[start : start + 200]}))["vectors"]
            for start in progress(range(0, len(texts), 200), "embedded: ")
        ]
    return np.concatenate([np.array(some, np.float32) for some in vectors])


def moved(vectors: Vectors, draw: np.random.Generator) -> Vectors:
    """Each moved at random, and of length 1 again; (count, 384)."""
    away = draw.standard_normal(vectors.shape, dtype=np.float32)
    away *= MOVED / np.linalg.norm(away, axis=1, keepdims=True)
    found = vectors + away
    return cast("Vectors", (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32))


def enlarged(real: Vectors, size: int, draw: np.random.Generator) -> Vectors:
    """The real ones, and as many moved ones of each as are wanted."""
    more = [moved(real, draw) for _ in range(size // len(real))]
    return np.concatenate([real, *more])[:size]


def brute_force(vectors: Vectors, queries: Vectors) -> tuple[list[list[int]], Taken]:
    """The true ten of each query, and what one multiplication and one selection in this process takes."""
    seconds: list[float] = []
    found: list[list[int]] = []
    for query in queries:
        begun = time.perf_counter()
        cosines = vectors @ query
        best = np.argpartition(-cosines, AT)[:AT]
        found.append([int(one) for one in best[np.argsort(-cosines[best])]])
        seconds.append(time.perf_counter() - begun)
    size = vectors.nbytes / 1e6
    return found, Taken(build=0.0, seconds=seconds, found=found, disk=0.0, memory=f"{size:.0f} MB of vectors")


async def in_process(data: Path, texts: Sequence[str], vectors: Vectors, queries: Vectors) -> Taken:
    """The product, without HTTP: the store, the files of vectors, and the worker that looks at them."""
    process = Process(read_settings(os.environ, data=data))
    async with process.open():
        ctx = process.context(LOCAL)
        made: Any = await ctx.call_named("collections.create_collection", {"name": "texts"})  # Any: by its name
        row = await ctx.store.get("collections", made.id)
        assert row is not None
        before = folder_mb(data)
        begun = time.perf_counter()
        for start in progress(range(0, len(texts), AT_ONCE), f"nis, {len(texts)}: "):
            items = [
                row_of(NewItem(id=str(place), text=texts[place]), vectors[place].tobytes(), None)
                for place in range(start, min(start + AT_ONCE, len(texts)))
            ]
            await ctx.store.put_items(made.id, models_of(row), items, time.time())
        row = await ctx.store.get("collections", made.id)
        assert row is not None
        await ctx.nearest(row, queries[0].tobytes(), EVERY, AT)
        build = time.perf_counter() - begun
        seconds: list[float] = []
        found: list[list[int]] = []
        for query in queries:
            begun = time.perf_counter()
            nearest = await ctx.nearest(row, query.tobytes(), EVERY, AT)
            seconds.append(time.perf_counter() - begun)
            # Numbers of items grow in the order in which they came, from 1.
            found.append([number - 1 for number, _ in nearest])
        memory = f"worker {sum(map(resident_mb, descendants(os.getpid()))):.0f} MB"
        disk = folder_mb(data) - before
    return Taken(build=build, seconds=seconds, found=found, disk=disk, memory=memory)


def over_http(data: str, size: int, texts: Sequence[str]) -> list[str]:
    """Rows of what a caller waits who sends a text: embedded alone, and searched in each way."""
    draw = random.Random(2)  # noqa: S311 - the same queries each time
    asked = [" ".join(draw.choice(texts).split()[:8]) for _ in range(ASKED)]
    rows: list[str] = []
    with started(ours(port := free_port(), data), port) as server:
        embedding: list[float] = []
        for query in [asked[0], *asked]:
            begun = time.perf_counter()
            post(port, "/embeddings/embed-texts", {"texts": [query]})
            embedding.append(time.perf_counter() - begun)
        rows.append(f"| {size} | the query embedded, alone | {times(embedding[1:])} |")
        for way in WAYS:
            ask(port, "texts", asked[0], way)
            rows.append(f"| {size} | {way} | {times([ask(port, 'texts', one, way)[1] for one in asked])} |")
        pid = server.process.pid
        workers = sum(map(resident_mb, descendants(pid)))
        rows.append(f"| {size} | memory: server {resident_mb(pid):.0f} MB, its workers {workers:.0f} MB | | |")
    return rows


def chromadb(python: Path, data: Path, texts: Sequence[str], vectors: Vectors, queries: Vectors) -> Taken:
    """ChromaDB, in a process of its own that calls it."""
    with given(texts, vectors, queries) as asked, peer(python, data / "store") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({**asked, "top": AT}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline() or "{}")
        if not answer:
            sys.exit("ChromaDB ended")
        memory = f"{resident_mb(process.pid):.0f} MB"
        disk = folder_mb(data / "store")
    return Taken(build=answer["built"], seconds=answer["seconds"], found=answer["found"], disk=disk, memory=memory)


@contextmanager
def given(texts: Sequence[str], vectors: Vectors, queries: Vectors) -> Generator[dict[str, str]]:
    """The files that a peer reads."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: str(Path(folder) / name) for name in ("texts", "vectors.npy", "queries.npy")}
        Path(paths["texts"]).write_text("\n".join(texts), "utf-8")
        np.save(paths["vectors.npy"], vectors)
        np.save(paths["queries.npy"], queries)
        yield {name.removesuffix(".npy"): path for name, path in paths.items()}


@contextmanager
def peer(python: Path, data: Path) -> Generator[subprocess.Popen[str]]:
    """Its process."""
    process = subprocess.Popen(
        [str(python), str(PEER), str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


# ── what is printed ──────────────────────────────────────────────────────────────────────────────────────────────────


def times(seconds: Sequence[float]) -> str:
    """Two cells: the median and the 99th percentile, ms."""
    p50, p99 = np.percentile(np.array(seconds) * 1e3, [50, 99])
    return f"{p50:.2f} ms | {p99:.2f} ms"


def same(found: Sequence[Sequence[int]], truth: Sequence[Sequence[int]]) -> str:
    """The share of the truly nearest that was found."""
    shares = [len(set(some) & set(true)) / len(true) for some, true in zip(found, truth, strict=True)]
    return f"{statistics.fmean(shares):.4f}"


def folder_mb(folder: Path) -> float:
    """What its files take, MB (10⁶ bytes)."""
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) / 1e6


def progress(some: Sequence[Some], what: str) -> Generator[Some]:
    """Them, with a word on standard error about how far it is."""
    width = shutil.get_terminal_size().columns - 1
    for place, one in enumerate(some, 1):
        print(f"\r{what}{place}/{len(some)}"[:width], end="", file=sys.stderr, flush=True)
        yield one
    print(file=sys.stderr)


if __name__ == "__main__":
    main()
