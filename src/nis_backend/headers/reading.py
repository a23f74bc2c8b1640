"""Which reader reads which media type."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from nis_backend.headers import boxes, films, pictures, sounds
from nis_backend.headers.span import Facts, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

READERS: Mapping[str, Callable[[Span], Facts]] = {
    "image/png": pictures.png,
    "image/jpeg": pictures.jpeg,
    "image/gif": pictures.gif,
    "image/webp": pictures.webp,
    "image/bmp": pictures.bmp,
    "image/tiff": pictures.tiff,
    "image/avif": boxes.heif,
    "image/heic": boxes.heif,
    "audio/wav": sounds.wav,
    "audio/aiff": sounds.aiff,
    "audio/flac": sounds.flac,
    "audio/ogg": sounds.ogg,
    "audio/mpeg": sounds.mp3,
    "audio/mp4": boxes.film,
    "video/mp4": boxes.film,
    "video/quicktime": boxes.film,
    "video/webm": films.matroska,
    "audio/webm": films.matroska,
    "video/x-matroska": films.matroska,
    "video/x-msvideo": films.avi,
}
"""By media type, as `media.media_type_of` answers it."""


def facts_of(file: BinaryIO, kind: str, most: int) -> Facts:
    """What the header of a file of this media type tells; nothing of a type that is not read here.

    Of pictures in one file, few more than `most` are counted.

    Raises:
        Broken: it is not what its beginning promises.
    """
    reader = READERS.get(kind)
    if reader is None:
        return Facts()
    span = Span(file, most)
    try:
        return reader(span)
    finally:
        span.close()
