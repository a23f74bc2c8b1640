"""A worker process of one embedding model from a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.cores import allowed_threads
from nis_backend.drivers.embeddings.folder_head import head_of
from nis_backend.drivers.embeddings.folder_model import FolderModel
from nis_backend.drivers.embeddings.static_model import StaticModel, StaticWorker
from nis_backend.drivers.embeddings.tokens_worker import MOST_AT_ONCE, TokensWorker
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import Json


def open_worker(options: Json) -> TokensWorker | StaticWorker:
    """The pool's entry: loads the model as its folder describes it."""
    folder = Path(options["folder"])
    try:
        head = head_of(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable(f"The model in {folder.name} is gone: {error}.", remedy="Put it back.") from None
    if head.kind == "static":
        return StaticWorker(StaticModel(head.weights, head.tokenizer))
    threads = allowed_threads(options["threads"])
    # Torch's threads are one number for the whole process.
    at_once = min(threads, MOST_AT_ONCE) if head.kind == "onnx" else 1
    return TokensWorker(FolderModel(head, threads // at_once), at_once)
