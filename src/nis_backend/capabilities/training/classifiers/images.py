"""A classifier of pictures as it is applied: numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nis_backend.capabilities.training.classifiers.scoring import Linear, chances

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nis_backend.drivers.compute.base import Json

    Array = NDArray[np.float64]
    Single = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

Way = Literal["pixels", "vectors", "net"]
COPY = 16
"""Pixels of a side of the copy that is looked at pixel by pixel, at most."""
AT_ONCE = 64
"""Pictures that go through a network together."""


@dataclass(frozen=True, kw_only=True)
class Net:
    """Stages of two convolutions of 3 × 3 each, halved by maxima between them; their mean, then a linear layer.

    Of stage s the arrays are `s.0.weight` (out, in, 3, 3), `s.0.bias`, `s.1.weight`, `s.1.bias`: the normalisation of
    batches is in them. `mean` and `spread` are of the three colours, 0 to 255.
    """

    layers: Mapping[str, Single]

    @property
    def stages(self) -> int:
        """How many stages there are."""
        return sum(name.endswith(".0.weight") for name in self.layers)

    def raw(self, pixels: Pixels) -> Array:
        """Scores (pictures, labels) of (pictures, size, size, 3)."""
        parts = [self._raw(pixels[at : at + AT_ONCE]) for at in range(0, len(pixels), AT_ONCE)]
        return np.concatenate(parts).astype(np.float64)

    def _raw(self, pixels: Pixels) -> Single:
        x = (pixels.astype(np.float32) - self.layers["mean"]) / self.layers["spread"]
        for stage in range(self.stages):
            for number in range(2):
                name = f"{stage}.{number}"
                x = np.maximum(convolved(x, self.layers[f"{name}.weight"]) + self.layers[f"{name}.bias"], 0)
            if stage + 1 < self.stages:
                count, high, wide, channels = x.shape
                x = x.reshape(count, high // 2, 2, wide // 2, 2, channels).max(axis=(2, 4))
        return x.mean(axis=(1, 2)) @ self.layers["head.weight"].T + self.layers["head.bias"]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Its arrays."""
        return dict(self.layers)


def convolved(x: Single, weight: Single) -> Single:
    """A convolution with one pixel of nothing around: (pictures, high, wide, in) to (…, out)."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    flat = windows.reshape(*x.shape[:3], -1)
    return flat @ weight.reshape(len(weight), -1).T


def copied(pixels: Pixels) -> Array:
    """(pictures, numbers from 0 to 1): a copy of at most 16 × 16 pixels, each the mean of a square."""
    count, size = pixels.shape[:2]
    by = max(1, size // COPY)
    kept = size // by
    cut = pixels[:, : kept * by, : kept * by].astype(np.float64) / 255
    return cut.reshape(count, kept, by, kept, by, 3).mean(axis=(2, 4)).reshape(count, -1)


@dataclass(frozen=True, kw_only=True)
class ImageModel:
    """What scores pixels, or the vectors of another model."""

    way: Way
    size: int
    scorer: Linear | Net
    labels: tuple[str, ...]
    embedder: Mapping[str, Any] | None = None  # Any: JSON
    """The model of features."""

    def scores(self, pixels: Pixels, vectors: Array | None) -> Array:
        """Probabilities (pictures, labels) before they are calibrated."""
        if isinstance(self.scorer, Net):
            raw = self.scorer.raw(pixels)
            return chances(raw)
        return chances(self.scorer.raw(copied(pixels) if vectors is None or self.way == "pixels" else vectors))

    def plain(self) -> Json:
        """All but its arrays, as JSON has it."""
        return {"way": self.way, "size": self.size, "labels": list(self.labels), "embedder": self.embedder}

    @classmethod
    def read(cls, card: Json, arrays: Mapping[str, NDArray[Any]]) -> ImageModel:
        """From what `plain` and the scorer's `arrays` answered."""
        return cls(
            way=card["way"],
            size=int(card["size"]),
            scorer=Net(layers=dict(arrays)) if card["way"] == "net" else Linear.read(arrays),
            labels=tuple(card["labels"]),
            embedder=card["embedder"],
        )
