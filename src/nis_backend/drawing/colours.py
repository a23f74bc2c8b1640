"""Colours for numbers, even to the eye and told apart by people who see few, and a raster of them as PNG."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Colour = tuple[int, int, int]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"

RISING = ("440154", "482878", "3e4a89", "31688e", "26838f", "1f9e89", "35b779", "6cce59", "b4de2c", "fde725")
"""Viridis at ten places, CC0: rises in lightness all along. Source: Smith & van der Walt (2015)."""
PARTING = ("2166ac", "4393c3", "92c5de", "d1e5f0", "f7f7f7", "fddbc7", "f4a582", "d6604d", "b2182b")
"""Blue and red from a light middle: RdBu of ColorBrewer, which colour-blind people tell apart, Apache-2.0."""


def colour_at(share: float, stops: Sequence[str]) -> Colour:
    """The colour at a share of the way, 0 to 1."""
    place = min(1.0, max(0.0, share)) * (len(stops) - 1)
    index = min(len(stops) - 2, int(place))
    part = place - index
    first, second = (tuple(bytes.fromhex(stops[at])) for at in (index, index + 1))
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return red, green, blue


def written(colour: Colour) -> str:
    """A colour as SVG has it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def is_dark(colour: Colour) -> bool:
    """Whether white is read better on it than black; luminance as in Rec. 709, without gamma."""
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2] < 140  # noqa: PLR2004 - about the middle to the eye


def raster(rows: Sequence[Sequence[Colour]]) -> str:
    """Pixels as the `data:` address of a PNG file: 8 bits a colour, no filter. Source: PNG, third edition, W3C 2025."""
    height, width = len(rows), len(rows[0])
    body = b"".join(b"\0" + bytes(value for pixel in row for value in pixel) for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = b"".join(
        _chunk(name, data) for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(body)), (b"IEND", b""))
    )
    return f"data:image/png;base64,{base64.b64encode(_SIGNATURE + chunks).decode()}"


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
