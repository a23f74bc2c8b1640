"""Trainings of language models small enough for a test: texts by a little grammar, jobs over them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from nis_backend.capabilities.training.job import Job
from nis_backend.capabilities.training.settings.bitnet import Settings
from nis_backend.drivers.compute.base import Json

WHO = ("the cat", "a small dog", "the old owl", "her horse", "no bird")
DOES = ("sat on", "looked at", "ran around", "slept near", "jumped over")
WHAT = ("the mat", "a stone", "the river", "that hill", "an oak")
TINY: Json = {"width": 32, "layers": 1, "heads": 2, "context": 32, "batch": 8, "learning_rate": 0.01}


def sentences(count: int, seed: int) -> list[str]:
    """Sentences that are foretold well by who has learned the grammar, and badly by how often each letter stands."""
    chance = random.Random(seed)  # noqa: S311 - texts of a test
    return [f"{chance.choice(WHO)} {chance.choice(DOES)} {chance.choice(WHAT)}." for _ in range(count)]


def texts(count: int, seed: int) -> list[Json]:
    """Rows of twelve sentences each."""
    return [{"text": " ".join(sentences(12, 1000 * seed + row))} for row in range(count)]


def talks(count: int, seed: int) -> list[Json]:
    """Rows of a question, and its answer in capital letters."""
    return [
        {"messages": [{"role": "user", "content": one}, {"role": "assistant", "content": one.upper()}]}
        for one in sentences(count, seed)
    ]


def write_rows(folder: Path, **splits: Iterable[Json]) -> None:
    """The splits of a training's folder; one that is not named is empty."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for split in ("train", "validation", "test"):
        lines = [json.dumps(row) + "\n" for row in splits.get(split, ())]
        (folder / "data" / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")


def training(
    folder: Path,
    settings: Any = None,
    *,
    steps: int = 10,
    seed: int = 1,
    base: Path | None = None,
    seconds: float | None = None,
    save_seconds: float = 1e9,
    heard: Callable[[Json], None] = lambda _: None,
) -> Job:
    """A job over the folder's rows."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    return Job(
        settings=Settings.model_validate(TINY) if settings is None else settings,
        seed=seed,
        folder=folder,
        out=out,
        data={split: folder / "data" / f"{split}.jsonl" for split in ("train", "validation", "test")},
        base=base,
        steps=steps,
        seconds=seconds,
        threads=1,
        save_seconds=save_seconds,
        heard=heard,
    )
