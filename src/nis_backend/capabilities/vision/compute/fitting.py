"""A picture brought to the size that a model wants, and places found there brought back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.vision.cards import Card
    from nis_backend.capabilities.vision.compute.arrays import Picture


@dataclass(frozen=True)
class Fitted:
    """A picture in a model's size: a pixel (x, y) of it lies at (x · scale_x + left, y · scale_y + top) here."""

    picture: Picture
    scale_x: float
    scale_y: float
    left: float
    top: float

    def back(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Places in the model's size as places in the picture."""
        return (x - self.left) / self.scale_x, (y - self.top) / self.scale_y


def fitted(picture: Picture, card: Card) -> Fitted:
    """The picture in the card's size, as its `fit` says."""
    if card.fit == "letterbox":
        return letterbox(picture, card.width, card.height, card.fill)
    if card.fit == "crop":
        picture = _middle(picture, card)
    height, width = picture.shape[:2]
    return Fitted(resized(picture, card.width, card.height), card.width / width, card.height / height, 0, 0)


def letterbox(picture: Picture, width: int, height: int, fill: int = 0) -> Fitted:
    """The whole picture in the middle, its proportions kept, and bars at two sides."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    wide, high = (max(1, round(side * scale)) for side in (picture.shape[1], picture.shape[0]))
    left, top = (width - wide) // 2, (height - high) // 2
    canvas = np.full((height, width, 3), fill, np.uint8)
    canvas[top : top + high, left : left + wide] = resized(picture, wide, high)
    return Fitted(canvas, wide / picture.shape[1], high / picture.shape[0], left, top)


def numbers(picture: Picture, card: Card) -> NDArray[np.float32]:
    """What a model is given: (1, 3, height, width), in the card's order of colours, less its mean, by its deviation."""
    colours = picture if card.colours == "rgb" else picture[..., ::-1]
    scaled = (colours.astype(np.float32) - np.array(card.mean, np.float32)) / np.array(card.std, np.float32)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def resized(picture: Picture, width: int, height: int) -> Picture:
    """By the mean of what falls on a pixel, where it becomes smaller; else bilinear."""
    smaller = width * height < picture.shape[0] * picture.shape[1]
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return cv2.resize(picture, (width, height), interpolation=method).astype(np.uint8, copy=False)


def _middle(picture: Picture, card: Card) -> Picture:
    """As much of the middle as has the input's proportions."""
    high, wide = picture.shape[:2]
    scale = card.middle * min(wide / card.width, high / card.height)
    width, height = (max(1, int(scale * side)) for side in (card.width, card.height))
    left, top = (wide - width) // 2, (high - height) // 2
    return picture[top : top + height, left : left + width]
