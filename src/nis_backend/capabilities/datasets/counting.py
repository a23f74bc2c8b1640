"""How a version falls into the parts of a split."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.datasets.dataset import Splits
from nis_backend.capabilities.datasets.parting import key_of, part_of
from nis_backend.capabilities.datasets.work import POOL
from nis_backend.capabilities.datasets.writing import lines_in
from nis_backend.operation import Model, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext


class CountParts(Model):
    """A version's file, and how it is parted."""

    path: str
    splits: Splits
    groups: dict[str, str] | None = None


class PartsCounted(Model):
    """How many rows are in each part."""

    sizes: dict[str, int]
    keys: int = Field(description="Different keys.")
    found: bool = Field(description="Whether a row has what the split goes by.")


@operation("datasets.count_parts", effect="reads", pool=POOL, time_limit=600.0)
def count_parts(request: CountParts, ctx: WorkerContext) -> PartsCounted:
    """Count the rows of each part."""
    by = request.splits.by
    mark = f"{by} "
    sizes: Counter[str] = Counter()
    keys: set[int] = set()
    found = by == "row"
    for number, line in enumerate(lines_in(request.path), 1):
        key = key_of(line, by, request.groups)
        found = found or key.startswith(mark)
        keys.add(hash(key))
        sizes[part_of(key, request.splits)] += 1
        if number % 10_000 == 0:
            ctx.progress(0.5, f"{number} rows")
    return PartsCounted(sizes=sizes, keys=len(keys), found=found)
