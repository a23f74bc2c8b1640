"""What a version comes to in numbers."""

from __future__ import annotations

import json
import re
from array import array
from collections import Counter
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.datasets.dataset import Splits
from nis_backend.capabilities.datasets.kinds import Kind, words_of
from nis_backend.capabilities.datasets.parting import key_of, part_of
from nis_backend.capabilities.datasets.work import POOL
from nis_backend.capabilities.datasets.writing import lines_in
from nis_backend.operation import Json, Model, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext

PIECE = re.compile(r"\w+|[^\w\s]")
MOST_LABELS, LABELS_TOLD = 10_000, 50
BINS = 12


class MeasureRows(Model):
    """A version's file, and how it is parted."""

    kind: Kind
    path: str
    splits: Splits | None = None
    groups: dict[str, str] | None = None


class Lengths(Model):
    """How long rows are, in characters of their words; of images, of their base64."""

    shortest: int
    median: int
    mean: float
    ninety_fifth: int = Field(description="95 of 100 rows are no longer.")
    longest: int
    edges: list[float] = Field(description="Where the bars of `counts` begin and end.")
    counts: list[int] = Field(description="Rows of each length, between two edges.")


class Measured(Model):
    """The numbers."""

    characters: int
    bytes: int
    words: int
    tokens: int
    turns: int
    lengths: Lengths
    labels: dict[str, int]
    other_labels: int
    parts: dict[str, int]


@operation("datasets.measure_rows", effect="reads", pool=POOL, time_limit=1200.0)
def measure_rows(request: MeasureRows, ctx: WorkerContext) -> Measured:
    """Measure a version."""
    lengths = array("Q")
    labels: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    sums = Counter({"bytes": 0, "words": 0, "tokens": 0, "turns": 0, "labelled": 0})
    for number, line in enumerate(lines_in(request.path), 1):
        row: Json = json.loads(line)
        words = words_of(request.kind, row)
        lengths.append(len(words))
        sums["bytes"] += len(words.encode())
        sums["turns"] += len(row.get("messages", ()))
        if request.kind != "images":
            sums["words"] += len(words.split())
            sums["tokens"] += sum(1 for _ in PIECE.finditer(words))
        label = str(row["label"]) if "label" in row else None
        sums["labelled"] += label is not None
        if label is not None and (label in labels or len(labels) < MOST_LABELS):
            labels[label] += 1
        if request.splits is not None:
            parts[part_of(key_of(line, request.splits.by, request.groups), request.splits)] += 1
        if number % 5000 == 0:
            ctx.progress(0.5, f"{number} rows")
    told = labels.most_common(LABELS_TOLD)
    labelled = sums.pop("labelled")
    return Measured(
        characters=sum(lengths),
        **sums,
        lengths=_spread(lengths),
        labels=dict(told),
        other_labels=labelled - sum(count for _, count in told),
        parts={name: parts[name] for name in ("train", "validation", "test")} if request.splits else {},
    )


def _spread(lengths: array[int]) -> Lengths:
    ordered = sorted(lengths) or [0]
    count, longest = len(ordered), ordered[-1]
    width = max(1.0, (longest + 1) / BINS)
    counts = [0] * BINS
    for one in lengths:
        counts[min(BINS - 1, int(one / width))] += 1
    return Lengths(
        shortest=ordered[0],
        median=ordered[(count - 1) // 2],
        mean=sum(ordered) / count,
        ninety_fifth=ordered[min(count - 1, (95 * count + 99) // 100 - 1)],
        longest=longest,
        edges=[place * width for place in range(BINS + 1)],
        counts=counts,
    )
