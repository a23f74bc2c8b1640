"""Two networks, PaddleOCR's PP-OCRv6 small: where text is, and what a strip of it says.

They are files out of rapidocr's wheel, and what goes in and comes out is as that package does it, which is not used:
it downloads, logs and holds a picture to a side of 2,000 pixels.

Source: Liao et al., Real-time scene text detection with differentiable binarization (2020); Graves et al.,
Connectionist temporal classification (2006), of which the reading takes the likeliest sign at each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from nis_backend.capabilities.vision.compute.session import open_network

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cv2.typing import MatLike

    from nis_backend.capabilities.vision.compute.arrays import Floats as Map
    from nis_backend.capabilities.vision.compute.arrays import Picture
    from nis_backend.drivers.compute.base import ComputingContext

STRIP_HEIGHT = 48
"""Pixels of a strip's height, to which the reader of strips was trained."""
SHORTEST_STRIP = 320
WIDEST_STRIP = 4800
TILE = 1280
"""Pixels of the side of a piece that is looked at in one go: what bounds the memory, about 500 MB."""
OVERLAP = 96
_GRAIN = 32
_BATCH = 6


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a strip says, and the mean of the likelihoods of its signs."""

    text: str
    score: float


class Letters:
    """The networks, opened."""

    def __init__(self, finds: Path, reads: Path) -> None:
        self._finds, self._reads = open_network(str(finds)), open_network(str(reads))
        signs = self._reads.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._signs = ["", *signs, " "]

    def find(self, picture: Picture) -> Map:
        """How likely each pixel belongs to the inner part of a line of text, as (height, width) of the picture."""
        height, width = picture.shape[:2]
        likely = np.zeros((height, width), np.float32)
        for top, bottom, upper, lower in _pieces(height):
            for left, right, first, last in _pieces(width):
                piece = self._piece(picture[top:bottom, left:right])
                likely[upper:lower, first:last] = piece[upper - top : lower - top, first - left : last - left]
        return likely

    def _piece(self, picture: Picture) -> Map:
        height, width = picture.shape[:2]
        down, right = -height % _GRAIN, -width % _GRAIN
        padded = cv2.copyMakeBorder(picture, 0, down, 0, right, cv2.BORDER_REPLICATE)
        return _run(self._finds, _numbers(padded)[None])[0, 0, :height, :width]

    def read(self, strips: Sequence[Picture]) -> list[Reading]:
        """What each strip says; those of like widths are read together."""
        order = sorted(range(len(strips)), key=lambda one: strips[one].shape[1])
        readings: dict[int, Reading] = {}
        for batch in _batches(len(order), _BATCH):
            chosen = [order[one] for one in batch]
            width = max(SHORTEST_STRIP, *(strips[one].shape[1] for one in chosen))
            inputs = np.zeros((len(chosen), 3, STRIP_HEIGHT, width), np.float32)
            for place, one in enumerate(chosen):
                inputs[place, :, :, : strips[one].shape[1]] = _numbers(strips[one])
            for one, steps in zip(chosen, _run(self._reads, inputs), strict=True):
                readings[one] = self._decoded(steps)
        return [readings[one] for one in range(len(strips))]

    def _decoded(self, steps: Map) -> Reading:
        """The likeliest sign at each step; one that repeats counts once, sign 0 is the gap between two."""
        best = steps.argmax(axis=1)
        kept = np.flatnonzero((best != 0) & np.insert(best[1:] != best[:-1], 0, values=True))
        likely = steps.max(axis=1)[kept]
        return Reading(
            text="".join(self._signs[sign] for sign in best[kept]),
            score=float(likely.mean()) if kept.size else 0.0,
        )


def open_letters(ctx: ComputingContext) -> Letters:
    """The networks, once a process.

    Raises:
        Unavailable: their files are not here.
    """
    return ctx.keep(
        "vision:pp-ocrv6-small", lambda: Letters(ctx.weight("pp-ocrv6-small-det"), ctx.weight("pp-ocrv6-small-rec"))
    )


def _run(session: Any, inputs: Map) -> Map:  # Any: onnxruntime has no types
    return session.run(None, {"x": inputs})[0]


def _numbers(picture: MatLike) -> Map:
    """Red, green, blue from 0 to 255 as blue, green, red from -1 to 1, colours first."""
    return picture[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) / 127.5 - 1.0


def _batches(count: int, size: int) -> list[range]:
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def _pieces(length: int) -> list[tuple[int, int, int, int]]:
    """Pieces of a side: where each begins and ends, and from where to where it counts."""
    if length <= TILE:
        return [(0, length, 0, length)]
    count = -(-(length - OVERLAP) // (TILE - OVERLAP))
    starts = [round(one * (length - TILE) / (count - 1)) for one in range(count)]
    middles = [(starts[one] + TILE + starts[one + 1]) // 2 for one in range(count - 1)]
    edges = [0, *middles, length]
    return [(start, start + TILE, edges[one], edges[one + 1]) for one, start in enumerate(starts)]
