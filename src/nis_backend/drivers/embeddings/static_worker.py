"""The static model, the heavy half: a worker process of the pool `static`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nis_backend.drivers.embeddings.static import TOKENIZER, WEIGHT
from nis_backend.drivers.embeddings.static_model import StaticModel, StaticWorker
from nis_backend.weights.files import Weights

if TYPE_CHECKING:
    from nis_backend.drivers.compute.base import Json


def open_worker(options: Json) -> StaticWorker:
    """The pool's entry: checks the weights and maps them."""
    weights = Weights(Path(options["weights"]))
    return StaticWorker(StaticModel(weights.require(WEIGHT), weights.require(TOKENIZER)))
