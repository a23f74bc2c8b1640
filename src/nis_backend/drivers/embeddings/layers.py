"""What a model's pooled vectors pass before they are its own. Loads in the worker only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nis_backend.drivers.embeddings.safetensors import tensors
from nis_backend.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nis_backend.drivers.embeddings.folder_head import Layer

    Array = NDArray[np.float32]


class Layers:
    """Dense layers, in their order."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = [(one, tensors(one.weights)) for one in layers]
        for one, weights in self._layers:
            if "linear.weight" not in weights:
                raise Unavailable(
                    f"{one.weights.parent.name}/{one.weights.name} has no linear.weight of floats.",
                    remedy="Save the model again.",
                )

    def __call__(self, vectors: Array) -> Array:
        """The vectors `(texts, width)` behind the last layer."""
        for one, weights in self._layers:
            out = vectors @ weights["linear.weight"].astype(np.float32).T + weights.get("linear.bias", 0.0)
            out = np.tanh(out) if one.activation == "tanh" else out
            if one.residual:
                wide = weights.get("residual.weight")
                out += vectors if wide is None else vectors @ wide.astype(np.float32).T
            vectors = out.astype(np.float32)
        return vectors
