"""A version's file written anew without some of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.capabilities.datasets.kinds import digest_of
from nis_backend.capabilities.datasets.work import POOL, writing
from nis_backend.capabilities.datasets.writing import Lines, Written, lines_in
from nis_backend.operation import Model, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import WorkerContext


class LeaveRows(Model):
    """A version's file, the file to write, and the digests of the rows that stay behind."""

    path: str
    out: str
    without: list[str]


class Left(Written):
    """What is left."""

    removed: int = Field(description="Rows that are not there any more.")


@operation("datasets.leave_rows", effect="reads", pool=POOL, time_limit=1200.0)
def leave_rows(request: LeaveRows, ctx: WorkerContext) -> Left:
    """Write all rows but some."""
    without = frozenset(request.without)
    removed = 0
    with writing(), Path(request.out).open("wb") as file:
        lines = Lines(file=file)
        for number, line in enumerate(lines_in(request.path), 1):
            if digest_of(line) in without:
                removed += 1
            else:
                lines.add(line)
            if number % 10_000 == 0:
                ctx.progress(0.5, f"{number} rows")
        return Left(**lines.done().model_dump(), removed=removed)
