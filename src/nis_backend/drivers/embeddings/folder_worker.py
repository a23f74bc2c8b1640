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

TRIES = 3
"""Times that a model is loaded whose files change meanwhile."""


def open_worker(options: Json) -> FolderWorker:
    """The pool's entry: loads the model as its folder describes it."""
    return FolderWorker(Path(options["folder"]), options["threads"])


class FolderWorker:
    """Answers as the model's own worker does; a call of another version than is loaded has it loaded anew."""

    def __init__(self, folder: Path, threads: int | None) -> None:
        self._folder = folder
        self._threads = threads
        self._turn = asyncio.Lock()
        self._head, self._worker = self._open()

    async def handle(self, payload: Json, ctx: WorkerContext) -> AsyncIterator[Json]:
        """See `Handler.handle`.

        Raises:
            Unavailable: the files are of another version, and cannot be loaded.
        """
        async with self._turn:
            if payload["version"] != self._head.version:
                self._head, self._worker = await asyncio.to_thread(self._open)
            if payload["version"] != self._head.version:
                raise self._changed()
            worker = self._worker
        async for item in worker.handle(payload, ctx):
            yield item

    def _open(self) -> tuple[Head, TokensWorker | StaticWorker]:
        """The model, and what its files said before it was loaded and say after that."""
        head = self._read()
        for _ in range(TRIES):
            worker = self._load(head)
            before, head = head, self._read()
            if head.version == before.version:
                return head, worker
        raise self._changed()

    def _changed(self) -> Unavailable:
        return Unavailable(f"The files of {self._folder.name} have just changed.", remedy="Ask again.")

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
