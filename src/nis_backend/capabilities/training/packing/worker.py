"""The worker of the pool `packing`: makes one file of a model at a time, in a thread."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.trained.manifest import sha256_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nis_backend.drivers.compute.base import Json, WorkerContext


def open_worker(options: Json) -> PackingWorker:
    """The pool's entry."""
    del options
    return PackingWorker()


class PackingWorker:
    """Answers `{"folder", "format", "called", "into"}` with `{"sha256"}` of the file that it has made or found."""

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        """See `Handler.handle`; a cancel ends the process: what is half made is under a name that nobody reads."""
        del ctx
        yield await asyncio.get_running_loop().run_in_executor(None, _made, payload)


def _made(payload: Json) -> Json:
    from nis_backend.capabilities.training.packing.exporting import Exporting, export  # noqa: PLC0415 - heavy

    asked = Exporting(
        folder=Path(payload["folder"]),
        format=str(payload["format"]),
        called=str(payload["called"]),
        into=Path(payload["into"]),
    )
    return {"sha256": sha256_of(export(asked))}
