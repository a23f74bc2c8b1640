"""Pictures: PNG, JPEG, GIF, WebP, BMP and TIFF. Each function is one format's layout, as its specification has it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from nis_backend.headers.span import STEPS, Broken, Facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.headers.span import Span


def png(span: Span) -> Facts:
    """W3C PNG, 3rd edition: IHDR comes first; an animation says its frames in acTL, before IDAT."""
    if span.exactly(12, 4) != b"IHDR":
        raise Broken
    at, frames = 8, 1
    for _ in range(STEPS):
        kind = span.some(at + 4, 4) if at + 4 <= span.size else b""
        if kind == b"acTL":
            frames = span.number(at + 8, 4)
        if kind in {b"IDAT", b"IEND", b""}:
            break
        at += 12 + span.number(at, 4)
    return Facts(width=span.number(16, 4), height=span.number(20, 4), frames=frames)


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


def jpeg(span: Span) -> Facts:
    """ITU T.81: segments with their lengths, up to the first frame header (SOF)."""
    at = 2
    for _ in range(STEPS):
        if span.exactly(at, 1) != b"\xff":
            raise Broken
        while (marker := span.number(at + 1, 1)) == 0xFF:  # fill bytes
            at += 1
        if marker in _FRAMES:
            return Facts(width=span.number(at + 7, 2), height=span.number(at + 5, 2), frames=1)
        if marker in {0xD9, 0xDA}:
            raise Broken
        at += 2 if marker in _BARE else 2 + max(2, span.number(at + 2, 2))
    raise Broken


def gif(span: Span) -> Facts:
    """CompuServe GIF89a: the screen, then blocks, of which those that begin with a comma are frames."""
    width, height = span.number(6, 2, "little"), span.number(8, 2, "little")
    frames = sum(1 for _ in islice(_gif_frames(span), span.most + 1))
    return Facts(width=width, height=height, frames=frames)


def _gif_frames(span: Span) -> Iterator[int]:
    """Where each frame begins; a file that is cut short has those that are there."""
    at = 13 + _palette(span.number(10, 1))
    steps = 0
    while steps < STEPS and at < span.size:
        block = span.exactly(at, 1)
        if block == b",":
            yield at
            at += 11 + _palette(span.number(at + 9, 1)) if at + 10 <= span.size else 11
        elif block == b"!":
            at += 2
        else:
            return
        while at < span.size and steps < STEPS and (size := span.number(at, 1)):
            at += 1 + size
            steps += 1
        at += 1
        steps += 1


def _palette(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def webp(span: Span) -> Facts:
    """RFC 9649: a canvas (VP8X) with a chunk for each frame, or one picture, lossy (VP8) or not (VP8L)."""
    kind = span.exactly(12, 4)
    if kind == b"VP8X":
        width, height = 1 + span.number(24, 3, "little"), 1 + span.number(27, 3, "little")
        frames = sum(1 for _ in islice((one for one in _chunks(span) if one == b"ANMF"), span.most + 1))
        return Facts(width=width, height=height, frames=max(1, frames))
    if kind == b"VP8L":
        bits = span.number(21, 4, "little")
        return Facts(width=1 + (bits & 0x3FFF), height=1 + (bits >> 14 & 0x3FFF), frames=1)
    if kind == b"VP8 " and span.exactly(23, 3) == b"\x9d\x01\x2a":
        return Facts(
            width=span.number(26, 2, "little") & 0x3FFF, height=span.number(28, 2, "little") & 0x3FFF, frames=1
        )
    raise Broken


def _chunks(span: Span) -> Iterator[bytes]:
    at = 12
    for _ in range(STEPS):
        if at + 8 > span.size:
            return
        yield span.exactly(at, 4)
        size = span.number(at + 4, 4, "little")
        at += 8 + size + size % 2


def bmp(span: Span) -> Facts:
    """Windows bitmap: a header of 12 bytes has sides of 16 bits; in the others a negative height counts from above."""
    if span.number(14, 4, "little") == 12:
        return Facts(width=span.number(18, 2, "little"), height=span.number(20, 2, "little"), frames=1)
    height = int.from_bytes(span.exactly(22, 4), "little", signed=True)
    width = int.from_bytes(span.exactly(18, 4), "little", signed=True)
    return Facts(width=abs(width), height=abs(height), frames=1)


_WIDTH, _HEIGHT = 256, 257
_SIZES = {1: 1, 3: 2, 4: 4, 16: 8}
"""Bytes of a TIFF's number, by its type."""


def tiff(span: Span) -> Facts:
    """TIFF 6.0: a chain of directories, one a page. A chain that leads back to itself is broken."""
    order = "little" if span.exactly(0, 2) == b"II" else "big"
    at, seen, first = span.number(4, 4, order), set[int](), Facts()
    while at and len(seen) <= span.most:
        if at in seen:
            raise Broken
        seen.add(at)
        entries = span.number(at, 2, order)
        if len(seen) == 1:
            sides = _sides(span, at + 2, entries, order)
            first = Facts(width=sides.get(_WIDTH), height=sides.get(_HEIGHT))
        at = span.number(at + 2 + 12 * entries, 4, order)
    if not (first.width and first.height):
        raise Broken
    return Facts(width=first.width, height=first.height, frames=len(seen))


def _sides(span: Span, at: int, entries: int, order: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for place in range(at, at + 12 * entries, 12):
        tag, kind = span.number(place, 2, order), span.number(place + 2, 2, order)
        if tag in {_WIDTH, _HEIGHT} and kind in _SIZES:
            found[tag] = span.number(place + 8, min(4, _SIZES[kind]), order)
    return found
