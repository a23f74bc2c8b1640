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


def fitted(picture: NDArray[np.uint8], longest: int) -> tuple[NDArray[np.uint8], float]:
    """The picture with no side longer than `longest`, and how much a pixel of it is of the original."""
    height, width = picture.shape[:2]
    by = max(height, width) / longest
    if by <= 1:
        return picture, 1.0
    size = (max(1, round(width / by)), max(1, round(height / by)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False), by


def disc(radius: int) -> Mask:
    """A round neighbourhood, for what is done to masks."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.uint8)


def outlines(mask: Mask) -> list[NDArray[np.int32]]:
    """The outer borders of a mask's parts, each `(points, 2)` in x and y; by Suzuki & Abe 1985."""
    return [one for one, hole in borders(mask) if not hole]


def borders(mask: Mask) -> list[tuple[NDArray[np.int32], bool]]:
    """The borders of a mask's parts as `outlines` has them, those of holes too, and which are of holes."""
    found, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    parents = np.asarray(tree, np.int32).reshape(-1, 4)[:, 3] if found else ()
    return [(np.asarray(one, np.int32).reshape(-1, 2), parent >= 0) for one, parent in zip(found, parents, strict=True)]


def connected(mask: Mask) -> NDArray[np.int32]:
    """A number for each part of a mask, from 1 on, whose pixels touch by side or corner; 0 where there is none."""
    return np.asarray(cv2.connectedComponents(mask, connectivity=8)[1], np.int32)


def grown(labels: NDArray[np.int32], mask: Mask) -> NDArray[np.int32]:
    """Labels that have spread through the mask, a pixel at a time, as far as it joins."""
    filled = labels.astype(np.float32)
    while True:
        near = np.asarray(cv2.dilate(filled, np.ones((3, 3), np.uint8)), np.float32)
        bare = (filled == 0) & (mask > 0) & (near > 0)
        if not bare.any():
            return filled.astype(np.int32)
        filled[bare] = near[bare]
