"""Kinds of arrays of pixels, and what most operations do first."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Picture: TypeAlias = NDArray[np.uint8]
"""`(height, width, 3)`, red green blue, 0 to 255."""
Grey: TypeAlias = NDArray[np.uint8]
"""`(height, width)`, 0 to 255."""
Mask: TypeAlias = NDArray[np.uint8]
"""`(height, width)`, 0 or 255."""
Floats: TypeAlias = NDArray[np.float32]

cv2.setNumThreads(1)  # each process of the pool has one core's work
cv2.setRNGSeed(0)


def luma(picture: Picture) -> Grey:
    """0.299 R + 0.587 G + 0.114 B."""
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
