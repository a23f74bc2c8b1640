"""A picture as numbers, in the worker: opened within its limits, upright, three colours a pixel.

    picture = upright(request.image.path, field="image", limits=request.image.limits)

Whatever looks at a picture or learns from one opens it here, so that all count pixels from the same corner: boxes are
in pixels of what `upright` answers. `encoded` is the way back.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

from nis_backend.errors import InvalidRequest, NisError, TooLarge, WrongMedia
from nis_backend.limits import USUAL, refuse_sides

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nis_backend.limits import Limits

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF")
"""What is decoded, by Pillow's names. Not what draws (EPS, PDF, WMF) and not what is rarely met and little tested."""

MOST_SCANS = 64
"""Of a progressive JPEG; each takes as long as a whole picture."""

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings a picture upright, by EXIF's orientation; 1 and what is unknown stay."""


def upright(file: Path | io.BytesIO, *, field: str = "image", limits: Limits = USUAL) -> NDArray[np.uint8]:
    """The picture of a file, (height, width, 3) in red, green, blue, turned as its EXIF orientation says.

    Of an animation the first frame, of a TIFF the first page. What is transparent lies over white. Sixteen bits become
    eight by their upper half; whole numbers of 32 bits and floats are stretched from their lowest to their highest.
    CMYK is mixed plainly, without its colour profile, and no other profile is applied.

    Raises:
        TooLarge: it has more pixels than `limits` allow; nothing was decoded.
        WrongMedia: it is no picture that is read here.
        InvalidRequest: it is cut short or broken.
    """
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities that decode all the same
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as opened:
                refuse_sides(opened.width, opened.height, field, limits)
                _refuse_scans(opened.format, file, field)
                # For what a header does not tell: a tile, or a frame that is larger than its screen.
                Image.MAX_IMAGE_PIXELS = limits.pixels
                return _colours(_turned(opened))
    except (NisError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooLarge(
            f"{field} has a part of more than {limits.pixels} pixels.", field=field, remedy="Send it smaller."
        ) from None
    except Image.UnidentifiedImageError:
        raise WrongMedia(
            f"{field} is no picture that can be read.",
            field=field,
            remedy="Send a PNG, JPEG, GIF, WebP, TIFF, BMP or AVIF file.",
        ) from None
    except Exception as error:  # on hostile bytes decoders raise whatever they meet: struct.error, KeyError
        raise InvalidRequest(
            f"{field} is a picture that cannot be decoded: it is cut short or broken.",
            field=field,
            remedy="Send the whole file, as it was made.",
        ) from error


def encoded(picture: NDArray[np.uint8], kind: Literal["PNG", "JPEG", "WEBP"] = "PNG", quality: int = 90) -> bytes:
    """A picture, (height, width, 3) or (height, width), as a file; `quality`, 1 to 100, is that of JPEG and WebP."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, kind, quality=quality)
    return file.getvalue()


def _refuse_scans(kind: str | None, file: Path | io.BytesIO, field: str) -> None:
    """Refuse a JPEG that is sent over and over: each scan is decoded into all of the picture, however short it is.

    Between scans 0xFF is followed by other bytes (ITU T.81, F.1.2.3); a preview in the header has a few of its own.
    """
    if kind not in {"JPEG", "MPO"}:
        return
    data = file.getvalue() if isinstance(file, io.BytesIO) else file.read_bytes()
    if (scans := data.count(b"\xff\xda")) > MOST_SCANS:
        raise TooLarge(
            f"{field} is a JPEG of {scans} scans; at most {MOST_SCANS} are read.",
            field=field,
            value=scans,
            remedy="Write it anew: encoders send ten or so.",
        )


def _turned(picture: Image.Image) -> Image.Image:
    try:
        turn = _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - what EXIF says is read from bytes that may be anything; the picture stays one
        turn = None
    return picture if turn is None else picture.transpose(turn)


def _colours(picture: Image.Image) -> NDArray[np.uint8]:
    """Three bytes a pixel, whatever it was."""
    picture.load()
    if picture.mode.startswith("I;16"):
        return _grey((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in {"I", "F"}:
        return _grey(_stretched(np.asarray(picture, dtype=np.float64)))
    if picture.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in picture.info:
        above = picture.convert("RGBA")
        picture = Image.new("RGB", above.size, "white")
        picture.paste(above, mask=above.getchannel("A"))
    return np.array(picture.convert("RGB"))  # a copy, which may be drawn on


def _grey(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(values[..., None], 3, axis=2)


def _stretched(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    known = values[np.isfinite(values)]
    low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
    scaled = (values - low) / ((high - low) or 1.0)
    return np.round(255 * np.nan_to_num(scaled, nan=0.0, posinf=1.0, neginf=0.0)).astype(np.uint8)
