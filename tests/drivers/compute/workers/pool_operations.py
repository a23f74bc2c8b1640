"""Operations that are computed in a worker."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.errors import Conflict
from nis_backend.operation import Model, operation

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import ComputingContext, WorkerContext


class Numbers(Model):
    """Numbers to add."""

    numbers: list[float] = Field(max_length=100)


class Sum(Model):
    """Their sum, and who added them."""

    total: float
    pid: int
    thread: str


@operation("sums.add_numbers", effect="reads", pool="science")
def add_numbers(request: Numbers, ctx: WorkerContext) -> Sum:
    """Add numbers."""
    if len(request.numbers) == 1:
        raise Conflict("One number is no sum.", field="numbers", value=request.numbers, remedy="Give two.")
    return Sum(total=sum(request.numbers), pid=os.getpid(), thread=threading.current_thread().name)


@operation("sums.wait_forever", effect="reads", pool="science")
def wait_forever(request: Numbers, ctx: WorkerContext) -> Sum:
    """Say that it has begun, and wait without end."""
    ctx.progress(0.0, "begun")
    threading.Event().wait()
    raise AssertionError(request, ctx)


class Halves(Model):
    """Bytes to join, and how often."""

    halves: list[Blob] = Field(max_length=4)
    times: int = 1


@operation("sums.join_blobs", effect="reads", pool="science")
def join_blobs(request: Halves, ctx: WorkerContext) -> Blob:
    """Join bytes: read from their files, answered as a new blob."""
    joined = b"".join(half.path.read_bytes() for half in request.halves)
    return Blob.of(joined * request.times, media_type="application/x-joined", name="joined")


class Die(Model):
    """A file that remembers how often the worker died, and how often it shall."""

    marks: str
    times: int


def _die(request: Die) -> Sum:
    with Path(request.marks).open("ab+") as marks:
        marks.write(b"x")
        died = marks.tell()
    if died <= request.times:
        os.kill(os.getpid(), signal.SIGKILL)
    return Sum(total=died, pid=os.getpid(), thread="")


@operation("sums.die_reading", effect="reads", pool="science")
def die_reading(request: Die, ctx: WorkerContext) -> Sum:
    """Take the worker along a few times, changing nothing else."""
    return _die(request)


@operation("sums.die_writing", effect="writes", pool="science")
def die_writing(request: Die, ctx: WorkerContext) -> Sum:
    """Take the worker along a few times, as what changes something."""
    return _die(request)


class Named(Model):
    """A model file's name."""

    name: str


class Found(Model):
    """Where it lies."""

    path: str


@operation("sums.find_weight", effect="reads", pool="science")
def find_weight(request: Named, ctx: ComputingContext) -> Found:
    """Find a model file."""
    return Found(path=str(ctx.weight(request.name)))
