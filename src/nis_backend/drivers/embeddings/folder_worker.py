"""A worker process of one embedding model from a folder."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.cores import allowed_threads
from nis_backend.drivers.embeddings.folder_head import head_of
from nis_backend.drivers.embeddings.folder_model import FolderModel
from nis_backend.drivers.embeddings.static_model import StaticModel, StaticWorker
from nis_backend.drivers.embeddings.tokens_worker import MOST_AT_ONCE, TokensWorker
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from nis_backend.drivers.compute.base import Json, WorkerContext
    from nis_backend.drivers.embeddings.folder_head import Head


def open_worker(options: Json) -> FolderWorker:
    """The pool's entry: loads the model as its folder describes it."""
    return FolderWorker(Path(options["folder"]), options["threads"])


class FolderWorker:
    """Answers as the model's own worker does; a call of another version than is loaded has it loaded anew."""

    def __init__(self, folder: Path, threads: int | None) -> None:
        self._folder = folder
        self._threads = threads
        self._turn = asyncio.Lock()
        self._head = self._read()
        self._worker = self._load(self._head)

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        """See `Handler.handle`.

        Raises:
            Unavailable: the files are of another version, and cannot be loaded.
        """
        async with self._turn:
            if payload["version"] != self._head.version:
                head = await asyncio.to_thread(self._read)
                if head.version != payload["version"]:
                    raise Unavailable(f"The files of {self._folder.name} have just changed.", remedy="Ask again.")
                self._worker, self._head = await asyncio.to_thread(self._load, head), head
            worker = self._worker
        async for item in worker.handle(payload, ctx):
            yield item

    def _read(self) -> Head:
        try:
            return head_of(self._folder)
        except (OSError, ValueError) as error:
            raise Unavailable(f"The model in {self._folder.name} is gone: {error}.", remedy="Put it back.") from None

    def _load(self, head: Head) -> TokensWorker | StaticWorker:
        if head.kind == "static":
            return StaticWorker(StaticModel(head.weights, head.tokenizer, head.layers))
        threads = allowed_threads(self._threads)
        # Torch's threads are one number for the whole process.
        at_once = min(threads, MOST_AT_ONCE) if head.kind == "onnx" else 1
        return TokensWorker(FolderModel(head, threads // at_once), at_once)
