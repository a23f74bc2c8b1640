"""What is made of boxes (ISO 14496-12): AVIF and HEIC pictures, MP4 and QuickTime films, M4A sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.headers.span import Broken, Facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.headers.span import Span

MOST_BOXES = 10_000
"""Boxes in one box; a film has a few beside its data."""


def boxes(span: Span, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind, the beginning and the end of the content of each box."""
    for _ in range(MOST_BOXES):
        if at + 8 > end:
            return
        size, kind, content = span.number(at, 4), span.exactly(at + 4, 4), at + 8
        if size == 1:
            size, content = span.number(at + 8, 8), at + 16
        elif size == 0:
            size = end - at
        if size < content - at:
            raise Broken
        yield kind, content, min(at + size, end)
        at += size


def inside(span: Span, path: Sequence[bytes], at: int, end: int) -> Iterator[tuple[int, int]]:
    """Every box at the end of a path of boxes."""
    for kind, start, stop in boxes(span, at, end):
        if kind == path[0]:
            if len(path) > 1:
                yield from inside(span, path[1:], start, stop)
            else:
                yield start, stop


def heif(span: Span) -> Facts:
    """ISO 23008-12: of all sizes that are told of its parts, the largest is the picture's."""
    sides: list[tuple[int, int]] = []
    for meta, end in inside(span, (b"meta",), 0, span.size):
        for at, _ in inside(span, (b"iprp", b"ipco", b"ispe"), meta + 4, end):
            sides.append((span.number(at + 4, 4), span.number(at + 8, 4)))
            if len(sides) > span.most:
                raise Broken
    if not sides:
        raise Broken
    width, height = max(sides, key=lambda side: side[0] * side[1])
    return Facts(width=width, height=height, frames=max(1, film(span).frames or 1))


def film(span: Span) -> Facts:
    """The longest track's length, the largest picture's sides, the most samples of a track that has a picture."""
    width, height, frames, seconds = 0, 0, 0, 0.0
    for moov, end in inside(span, (b"moov",), 0, span.size):
        for at, _ in inside(span, (b"mvhd",), moov, end):
            seconds = max(seconds, _length(span, at))
        for trak, stop in inside(span, (b"trak",), moov, end):
            wide, high = _sides(span, trak, stop)
            if wide and high:
                width, height = max((width, height), (wide, high), key=lambda side: side[0] * side[1])
                frames = max([frames, *_samples(span, trak, stop)])
            for at, _ in inside(span, (b"mdia", b"mdhd"), trak, stop):
                seconds = max(seconds, _length(span, at))
    return Facts(width=width or None, height=height or None, frames=frames or None, seconds=seconds or None)


def _length(span: Span, at: int) -> float:
    """Of `mvhd` or `mdhd`: version 1 has longer numbers."""
    long = span.number(at, 1) == 1
    scale, place = span.number(at + (20 if long else 12), 4), at + (24 if long else 16)
    length = span.number(place, 8 if long else 4)
    unknown = length == (1 << (64 if long else 32)) - 1
    return 0.0 if unknown or not scale else length / scale


def _sides(span: Span, at: int, end: int) -> tuple[int, int]:
    """Of `tkhd`, whose sides have 16 bits before the point."""
    for place, _ in inside(span, (b"tkhd",), at, end):
        sides = place + (88 if span.number(place, 1) == 1 else 76)
        return span.number(sides, 4) >> 16, span.number(sides + 4, 4) >> 16
    return 0, 0


def _samples(span: Span, at: int, end: int) -> list[int]:
    return [span.number(place + 8, 4) for place, _ in inside(span, (b"mdia", b"minf", b"stbl", b"stsz"), at, end)]
