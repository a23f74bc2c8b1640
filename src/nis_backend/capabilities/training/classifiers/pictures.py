"""Pictures as small squares of pixels, opened within limits."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from nis_backend.errors import InvalidRequest, NisError, TooLarge
from nis_backend.limits import USUAL, refuse_sides

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.limits import Limits

    Pixels = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
MOST_BYTES = 400_000_000
"""Of all pictures of a dataset at their small size."""
SMALLEST, LARGEST, STEP = 8, 64, 8
"""Sides that are chosen where none is told."""


def opened(file: Path | io.BytesIO, field: str, limits: Limits = USUAL) -> Image.Image:
    """A picture in three colours, upright, what is transparent over white; of several the first.

    Raises:
        TooLarge: it has more pixels than `limits` allow; nothing was decoded.
        InvalidRequest: it is none, or it is broken.
    """
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities that decode all the same
            with Image.open(file, formats=FORMATS) as picture:
                refuse_sides(picture.width, picture.height, field, limits)
                return _colours(picture)
    except (NisError, MemoryError):
        raise
    except Exception as error:  # on hostile bytes decoders raise whatever they meet: struct.error, KeyError
        raise InvalidRequest(
            f"{field} is no picture that can be read: it is of another kind, cut short or broken.",
            field=field,
            remedy="Give the whole file, PNG or JPEG.",
        ) from error


def _colours(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        above = picture.convert("RGBA")
        picture = Image.new("RGB", above.size, "white")
        picture.paste(above, mask=above.getchannel("A"))
    return picture.convert("RGB")


def squared(picture: Image.Image, size: int) -> Pixels:
    """(size, size, 3), stretched to a square; each pixel the mean of what falls on it where it becomes smaller."""
    smaller = picture.width * picture.height > size * size
    method = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    return np.asarray(picture.resize((size, size), method), np.uint8)


def of_row(row: Mapping[str, Any], where: str) -> Image.Image:  # Any: JSON
    """The picture of a row.

    Raises:
        InvalidRequest: it has none.
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
    return opened(io.BytesIO(data), f"{where}.image")


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
