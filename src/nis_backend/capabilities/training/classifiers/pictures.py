"""Pictures as small squares of pixels."""

from __future__ import annotations

import base64
import binascii
import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from nis_backend.errors import InvalidRequest, TooLarge
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

MOST_BYTES = 400_000_000
"""Of all pictures of a dataset at their small size."""
SMALLEST, LARGEST, STEP = 8, 64, 8
"""Sides that are chosen where none is told."""


def squared(picture: Pixels, size: int) -> Pixels:
    """(size, size, 3), stretched to a square; each pixel the mean of what falls on it where it becomes smaller."""
    smaller = picture.shape[0] * picture.shape[1] > size * size
    method = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(picture).resize((size, size), method), np.uint8)


def of_row(row: Mapping[str, Any], where: str) -> Pixels:  # Any: JSON
    """The picture of a row; see `upright`.

    Raises:
        InvalidRequest: it has none, or one that is broken.
        WrongMedia: it is no picture.
        TooLarge: it has too many pixels.
    """
    text = row.get("image")
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        raise InvalidRequest(
            f"{where} has no picture.",
            field=f"{where}.image",
            remedy="Give each row a picture as the base64 of a PNG or JPEG, and a label.",
        )
    return upright(io.BytesIO(data), field=f"{where}.image")


def side_of(sides: Sequence[int]) -> int:
    """The side that most pictures have, in steps and within bounds."""
    middle = float(np.median(sides))
    return int(min(LARGEST, max(SMALLEST, STEP * round(middle / STEP))))


def refuse_many(count: int, size: int) -> None:
    """Refuse more pictures than fit into memory.

    Raises:
        TooLarge: they are.
    """
    if count * size * size * 3 > MOST_BYTES:
        raise TooLarge(
            f"{count} pictures of {size} × {size} pixels are more than {MOST_BYTES} bytes.",
            field="dataset",
            value=count,
            remedy="Take fewer pictures, or a smaller size.",
        )
