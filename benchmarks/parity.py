"""How much is lost when weights are -1, 0 or 1? Ternary models against their float twins, on equal tokens.

    make prove-parity                                  # nine trainings, about 13 processor minutes on one core
    make prove-parity ARGS="--steps 300 --seeds 1"     # a look, in two minutes
    make prove-parity ARGS="--try 0.002 0.003 0.006"   # one seed at each rate, by which the rates were chosen

Three models learn from text that ships with Python: a float one, a ternary one of its width, and a float one of half
the width, to which the ternary one has twice the width. All learn by the recipe `bitnet`, from the same batches in the
same order and for as many tokens, each with the rate that suits it best (`--try`, on the validation text). What is told
is measured on text that no training saw: paragraphs that stand in several places are kept once, and whole pages of them
are held out by a hash.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import platform
import re
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from nis_backend.capabilities.training import worker
from nis_backend.drivers.compute.base import Json

EQUAL, DOUBLE = 0.20, 0.07
"""Bits per character that a ternary model may lose to a float one of its width, and of half of it."""
PARAGRAPHS = 40
"""Of a page."""
SHARES = {"test": 26, "validation": 40}
"""Pages whose hash begins with a byte below this are held out; of 256."""
SKIPPED = {"site-packages", "test", "tests", "idlelib", "lib2to3", "turtledemo", "ensurepip"}
SHORT = 60
"""Characters of a docstring that is passed over."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One model of the comparison."""

    name: str
    width: int
    ternary: bool
    rate: float


KINDS = (
    Kind(name="ternary", width=128, ternary=True, rate=0.004),
    Kind(name="float", width=128, ternary=False, rate=0.0025),
    Kind(name="float, half", width=64, ternary=False, rate=0.006),
)


def documents() -> Iterator[str]:
    """Python's topics of help, and the docstrings of its library."""
    topics: dict[str, str] = import_module("pydoc_data.topics").topics
    yield from (topics[name] for name in sorted(topics))
    root = Path(sysconfig.get_path("stdlib"))
    for path in sorted(root.rglob("*.py")):
        if SKIPPED & set(path.relative_to(root).parts):
            continue
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):  # some are written so on purpose
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                said = ast.get_docstring(node) or ""
                if len(said) > SHORT:
                    yield said


def pages() -> dict[str, list[str]]:
    """The text in three parts, no paragraph twice."""
    seen: set[str] = set()
    kept: list[str] = []
    for text in documents():
        for paragraph in re.split(r"\n\s*\n", text):
            key = " ".join(paragraph.split())
            if key and key not in seen:
                seen.add(key)
                kept.append(paragraph)
    parts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for number, at in enumerate(range(0, len(kept), PARAGRAPHS)):
        first = hashlib.sha256(f"page {number}".encode()).digest()[0]
        part = next((name for name, share in SHARES.items() if first < share), "train")
        parts[part].append("\n\n".join(kept[at : at + PARAGRAPHS]))
    return parts


@dataclass(frozen=True, kw_only=True)
class Learned:
    """One training."""

    bits: float
    """Of each character of the test's text; all but a few are bytes of their own, and these are counted as bytes."""
    validation: float
    floor: float
    seconds: float
    parameters: int
    tokens: int


def learn(kind: Kind, seed: int, options: argparse.Namespace, parts: dict[str, list[str]]) -> Learned:
    """Train one model as a worker does, and tell what came of it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "data").mkdir()
        for name, texts in parts.items():
            lines = [json.dumps({"text": text}) + "\n" for text in texts]
            (folder / "data" / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        payload: Json = {
            "recipe": "bitnet",
            "settings": {
                "ternary": kind.ternary,
                "width": kind.width,
                "heads": kind.width // 32,
                "layers": options.layers,
                "batch": options.batch,
                "learning_rate": kind.rate,
                "looks": 10,
            },
            "seed": seed,
            "folder": str(folder),
            "base": None,
            "steps": options.steps,
            "seconds": None,
            "save_seconds": 1e9,
            "card": {},
        }
        begun = time.process_time()
        outcome, _ = worker.train(payload, 1, lambda _: None)
        seconds = time.process_time() - begun
    characters = sum(len(text) for text in parts["test"])
    size = sum(len(text.encode()) for text in parts["test"])
    found: dict[str, Any] = {**outcome.metrics, **outcome.facts}
    return Learned(
        bits=found["test_bits_per_byte"] * size / characters,
        validation=found["validation_bits_per_byte"],
        floor=found["test_bits_per_byte_by_frequency"] * size / characters,
        seconds=seconds,
        parameters=found["parameters"],
        tokens=found["tokens"],
    )


def mean(values: list[float]) -> str:
    """The mean, and how far the seeds are apart."""
    spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.3f}{spread}"


def tried(options: argparse.Namespace, parts: dict[str, list[str]]) -> None:
    """Each kind at each rate, told by the validation text."""
    print("| bits per byte of the validation text | " + " | ".join(f"{rate:g}" for rate in options.rates) + " |")
    print("|---" * (1 + len(options.rates)) + "|")
    for kind in KINDS:
        found = [
            learn(Kind(name=kind.name, width=kind.width, ternary=kind.ternary, rate=rate), 0, options, parts)
            for rate in options.rates
        ]
        cells = " | ".join(f"{one.validation:.3f}" for one in found)
        print(f"| {kind.name}, width {kind.width} | {cells} |", flush=True)


def compared(options: argparse.Namespace, parts: dict[str, list[str]]) -> bool:
    """All kinds with all seeds; whether the gaps are as small as they must be."""
    found: dict[str, list[Learned]] = {kind.name: [] for kind in KINDS}
    for seed in range(1, options.seeds + 1):
        for kind in KINDS:
            found[kind.name].append(learn(kind, seed, options, parts))
            last = found[kind.name][-1]
            print(f"seed {seed}, {kind.name}: {last.bits:.4f} ({last.seconds:.0f} s)", file=sys.stderr, flush=True)
    sizes = {name: sum(map(len, texts)) for name, texts in parts.items()}
    one = found["ternary"][0]
    print(
        f"Python {platform.python_version()}'s topics and docstrings: {sizes['train']:,} characters to learn from, "
        f"{sizes['test']:,} held out; {one.tokens:,} tokens each, {options.layers} layers; by how often each "
        f"character stands, {one.floor:.3f} bits.\n"
    )
    seeds = " | ".join(f"seed {seed}" for seed in range(1, options.seeds + 1))
    print(f"| bits per character of the held-out text | parameters | rate | {seeds} | mean | CPU seconds |")
    print("|---" * (options.seeds + 5) + "|")
    for kind in KINDS:
        runs = found[kind.name]
        cells = " | ".join(f"{run.bits:.3f}" for run in runs)
        print(
            f"| {kind.name}, width {kind.width} | {runs[0].parameters:,} | {kind.rate:g} | {cells} | "
            f"{mean([run.bits for run in runs])} | {max(run.seconds for run in runs):.0f} at most |"
        )
    good = True
    for name, limit, what in (("float", EQUAL, "equal width"), ("float, half", DOUBLE, "double width")):
        gaps = [mine.bits - theirs.bits for mine, theirs in zip(found["ternary"], found[name], strict=True)]
        good &= statistics.fmean(gaps) <= limit
        cells = " | ".join(f"{gap:+.3f}" for gap in gaps)
        print(f"| ternary less {name}: {what}, ≤ {limit:.2f} | | | {cells} | {mean(gaps)} | |")
    return good


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--try", dest="rates", type=float, nargs="+")
    options = parser.parse_args()
    parts = pages()
    if options.rates:
        tried(options, parts)
    elif not compared(options, parts):
        sys.exit("The gap is wider than it may be.")


if __name__ == "__main__":
    main()
