"""Films that are not made of ISO's boxes: WebM and Matroska, AVI."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from nis_backend.headers.span import Broken, Facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nis_backend.headers.span import Span

MOST_ELEMENTS = 10_000

_SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_SCALE, _DURATION, _ENTRY, _VIDEO, _WIDTH, _HEIGHT = 0x2AD7B1, 0x4489, 0xAE, 0xE0, 0xB0, 0xBA


def matroska(span: Span) -> Facts:
    """RFC 9559: Info has the length in units of nanoseconds, a track's Video its sides; up to the first Cluster."""
    seconds, sides = None, (0, 0)
    for kind, at, end in _elements(span, 0, span.size):
        if kind != _SEGMENT:
            continue
        for inner, start, stop in _elements(span, at, end):
            if inner == _INFO:
                seconds = _info(span, start, stop)
            elif inner == _TRACKS:
                sides = max(sides, _video(span, start, stop), key=lambda side: side[0] * side[1])
            elif inner == _CLUSTER:
                break
    return Facts(width=sides[0] or None, height=sides[1] or None, seconds=seconds)


def _info(span: Span, at: int, end: int) -> float | None:
    scale, length = 1_000_000, None
    for kind, start, stop in _elements(span, at, end):
        if kind == _SCALE:
            scale = span.number(start, min(8, stop - start))
        elif kind == _DURATION and stop - start in {4, 8}:
            length = float(struct.unpack(">f" if stop - start == 4 else ">d", span.exactly(start, stop - start))[0])
    return None if length is None else length * scale / 1e9


def _video(span: Span, at: int, end: int) -> tuple[int, int]:
    sides = (0, 0)
    for kind, start, stop in _elements(span, at, end):
        if kind == _ENTRY:
            for inner, video, close in _elements(span, start, stop):
                if inner == _VIDEO:
                    found = {one: span.number(a, min(8, z - a)) for one, a, z in _elements(span, video, close)}
                    sides = max(
                        sides, (found.get(_WIDTH, 0), found.get(_HEIGHT, 0)), key=lambda side: side[0] * side[1]
                    )
    return sides


def _elements(span: Span, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """RFC 8794: an id and a size, each as long as its first byte says; a size of ones alone is unknown."""
    for _ in range(MOST_ELEMENTS):
        if at + 2 > end:
            return
        long = _length(span.number(at, 1), 4)
        kind = span.number(at, long)
        at += long
        long = _length(span.number(at, 1), 8)
        size = span.number(at, long) & (1 << 7 * long) - 1
        at += long
        stop = end if size == (1 << 7 * long) - 1 else min(end, at + size)
        yield kind, at, stop
        at = stop


def _length(first: int, longest: int) -> int:
    long = 9 - first.bit_length()
    if long > longest:
        raise Broken
    return long


def avi(span: Span) -> Facts:
    """RIFF AVI: `avih` is the first chunk of the first list."""
    if span.exactly(12, 4) != b"LIST" or span.exactly(20, 8) != b"hdrlavih":
        raise Broken
    apart, frames = span.number(32, 4, "little"), span.number(48, 4, "little")
    return Facts(
        width=span.number(64, 4, "little"),
        height=span.number(68, 4, "little"),
        frames=frames or None,
        seconds=apart * frames / 1e6 or None,
    )
