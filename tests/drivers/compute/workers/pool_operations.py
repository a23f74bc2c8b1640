"""Operations that are computed in a worker."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from pydantic import Field

from nis_backend.blob import Blob
from nis_backend.errors import Conflict
from nis_backend.operation import Model, operation

if TYPE_CHECKING:
    from nis_backend.context import Context


class Numbers(Model):
    """Numbers to add."""

    numbers: list[float] = Field(max_length=100)


class Sum(Model):
    """Their sum, and who added them."""

    total: float
    pid: int
    thread: str


@operation("sums.add_numbers", effect="reads", pool="science")
def add_numbers(request: Numbers, ctx: Context) -> Sum:
    """Add numbers."""
    if len(request.numbers) == 1:
        raise Conflict("One number is no sum.", field="numbers", value=request.numbers, remedy="Give two.")
    return Sum(total=sum(request.numbers), pid=os.getpid(), thread=threading.current_thread().name)


@operation("sums.wait_forever", effect="reads", pool="science")
def wait_forever(request: Numbers, ctx: Context) -> Sum:
    """Wait without end."""
    threading.Event().wait()
    raise AssertionError(request, ctx)


class Halves(Model):
    """Bytes to join, and how often."""

    halves: list[Blob] = Field(max_length=4)
    times: int = 1


@operation("sums.join_blobs", effect="reads", pool="science")
def join_blobs(request: Halves, ctx: Context) -> Blob:
    """Join bytes: read from their files, answered as a new blob."""
    joined = b"".join(half.path.read_bytes() for half in request.halves)
    return Blob.of(joined * request.times, media_type="application/x-joined", name="joined")
