"""Pictures that are answered: encoded, and small enough to leave the worker."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

from nis_backend.blob import Blob
from nis_backend.errors import TooLarge

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES = 15 * 1024 * 1024
"""Of all pictures in one answer: a frame from a worker holds 16 MiB, the answer's own text with it."""

Kind = Literal["PNG", "JPEG", "WEBP"]


def answered(picture: NDArray[np.uint8], name: str, kind: Kind = "PNG", quality: int = 90) -> Blob:
    """A picture, grey, in colours or with alpha as fourth, as a blob without any metadata.

    Raises:
        TooLarge: the file has more than `MOST_BYTES`.
    """
    file = io.BytesIO()
    # A level of three packs a photograph in two fifths of the time of the usual six, to a twentieth more bytes.
    Image.fromarray(np.ascontiguousarray(picture)).save(file, kind, quality=quality, compress_level=3)
    data = file.getvalue()
    if len(data) > MOST_BYTES:
        raise TooLarge(
            f"The picture that would be answered has {len(data)} bytes as {kind}; at most {MOST_BYTES} leave a worker.",
            field="image",
            value=f"{picture.shape[1]} × {picture.shape[0]}",
            remedy="Send a smaller picture, or ask for JPEG where a format can be chosen.",
        )
    return Blob.of(data, media_type=f"image/{kind.lower()}", name=f"{name}.{'jpg' if kind == 'JPEG' else kind.lower()}")
