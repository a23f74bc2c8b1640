"""Fewer points that look the same: what lies in one column of pixels is drawn by its extremes."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def thinned(x: Sequence[float | None], lines: Sequence[Sequence[float | None]], columns: int) -> list[int]:
    """Which points of lines over `x` to keep: in each column the first, the last and the extremes of each line.

    A gap stays one: a missing value in a column is kept. Where `x` does not rise, a column is a stretch of the list.
    """
    count = len(x)
    if count <= 2 * columns:
        return list(range(count))
    kept: set[int] = set()
    for part in _columns(x, columns):
        kept |= {part[0], part[-1]}
        for line in lines:
            there = [at for at in part if line[at] is not None]
            if there:
                kept |= {min(there, key=lambda at: line[at] or 0.0), max(there, key=lambda at: line[at] or 0.0)}
            if len(there) < len(part):
                kept.add(next(at for at in part if line[at] is None))
    return sorted(kept)


def _columns(x: Sequence[float | None], columns: int) -> Iterator[list[int]]:
    there = [one for one in x if one is not None]
    rises = len(there) == len(x) and all(a <= b for a, b in itertools.pairwise(there))
    width = (there[-1] / columns - there[0] / columns) if rises else 0.0
    if width <= 0 or not math.isfinite(width):
        size = math.ceil(len(x) / columns)
        yield from (list(range(start, min(start + size, len(x)))) for start in range(0, len(x), size))
        return
    part: list[int] = []
    column = 0
    for at, value in enumerate(there):
        here = min(columns - 1, int(value / width - there[0] / width))
        if here != column and part:
            yield part
            part = []
        column = here
        part.append(at)
    yield part


def sifted(points: Sequence[tuple[float, float]], most: int, size: tuple[float, float]) -> tuple[list[int], int]:
    """Which of many points to keep so that none of the area they cover is lost, and the side of a cell in pixels.

    Of the points in one square cell of pixels the first is kept; cells grow until at most `most` are left.
    """
    if len(points) <= most:
        return list(range(len(points))), 0
    xs, ys = zip(*points, strict=True)
    low, wide = (min(xs), min(ys)), (max(xs) - min(xs) or 1.0, max(ys) - min(ys) or 1.0)
    side = 1
    while True:
        first: dict[tuple[int, int], int] = {}
        for at, (a, b) in enumerate(points):
            cell = int((a - low[0]) / wide[0] * size[0] / side), int((b - low[1]) / wide[1] * size[1] / side)
            first.setdefault(cell, at)
        if len(first) <= most:
            return sorted(first.values()), side
        side += 1
