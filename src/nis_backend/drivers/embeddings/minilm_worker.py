"""The embedding model in the box, the heavy half: a worker process of the pool `embeddings`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.cores import allowed_threads
from nis_backend.drivers.embeddings.minilm import WEIGHT
from nis_backend.drivers.embeddings.minilm_model import MiniLMModel
from nis_backend.drivers.embeddings.tokens_worker import MOST_AT_ONCE, TokensWorker
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import Json


def open_worker(options: Json) -> TokensWorker:
    """The pool's entry: checks the weight and loads it."""
    path = Weights(Path(options["weights"])).require(WEIGHT)
    threads = allowed_threads(options["threads"])
    at_once = min(threads, MOST_AT_ONCE)
    return TokensWorker(MiniLMModel(path, threads // at_once), at_once)
