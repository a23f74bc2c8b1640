"""Where the rows of datasets are worked on, from file to file: a few here, many in a process apart."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from nis_backend.errors import Conflict, NotFound, Unavailable
from nis_backend.made import MADE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from nis_backend.context import Context
    from nis_backend.operation import Model, Operation

POOL = "datasets"
SMALL = 500_000
"""Bytes that are worked on in a thread of the server: within a tenth of a second or two."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

Req = TypeVar("Req", bound="Model")
Res = TypeVar("Res")


class Here:
    """What code in a worker may use, where it is in no worker."""

    def __init__(self, heard: Callable[[float, str], None] | None = None) -> None:
        self._heard = heard

    def progress(self, fraction: float, message: str = "", values: Mapping[str, float] | None = None) -> None:
        """See `WorkerContext.progress`."""
        del values
        if self._heard is not None:
            self._heard(fraction, message)

    def cancelled(self) -> bool:
        """See `WorkerContext.cancelled`."""
        return False


async def worked(ctx: Context, operation: Operation[Req, Res], request: Req, size: int) -> Res:
    """What an operation on files answers: here, where its input is no larger than `SMALL`, else by a worker."""
    if size <= SMALL:
        apart: Any = Here()
        return await asyncio.to_thread(operation.function, request, apart)
    return await ctx.call(operation, request)


@contextmanager
def made_file(ctx: Context) -> Generator[Path]:
    """A file to write to, which is gone afterwards."""
    folder = ctx.settings.data / MADE
    folder.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(suffix=".rows", dir=folder)
    os.close(number)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def writing() -> Generator[None]:
    """Where a file is written.

    Raises:
        Unavailable: the disk takes no more.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise Unavailable(
            "The disk takes no more: rows cannot be written, and nothing is changed.",
            remedy="Free some space in the data folder (NIS_DATA), and do it again.",
        ) from None


async def path_of(ctx: Context, blob_id: str | None) -> str | None:
    """The file with a version's lines.

    Raises:
        Conflict: they were withdrawn meanwhile.
    """
    if blob_id is None:
        return None
    try:
        return str(await ctx.drivers.contents.local(blob_id))
    except NotFound:
        raise withdrawn() from None


def withdrawn() -> Conflict:
    """The refusal where the rows that were to be read are no more."""
    return Conflict("Rows of the version were withdrawn meanwhile.", field="version", remedy="Do it again.")


@contextmanager
def opened(path: str) -> Generator[BinaryIO]:
    """A version's file, to be read.

    Raises:
        Conflict: it was withdrawn meanwhile.
    """
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below
    except FileNotFoundError:
        raise withdrawn() from None
    with file:
        yield file
