"""The order in which a person reads lines: columns from the left, what spans them where it stands, rows from the top.

a title over both              The title is a row of its own. Below it, no line crosses the gutter, and lines on both
left one    right one          sides are long: two columns. Were they short, as in a table or a bill, the rows would
left two    right two          be read across.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

GUTTER = 1.2
"""Width of the gap between two columns, in heights of a line, at least."""
PROSE = 7.0
"""Median width of a column's lines, in heights, from which it is read by itself and not across."""
NEXT = 0.9
"""Gap to the next line of a block, in heights, at most."""
ALIKE = 1.5
"""Height of a block's lines to one another, at most."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """What a line takes of an upright page, pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Pixels."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Half way down."""
        return (self.top + self.bottom) / 2


Row = list[int]


def blocks_of(spans: Sequence[Span]) -> list[list[Row]]:
    """Blocks in reading order; each has rows, and a row the numbers of its lines from left to right."""
    if not spans:
        return []
    height = float(np.median([span.height for span in spans]))
    found: list[list[Row]] = []
    for group, gutter in _groups(spans, height):
        sides = [group]
        if gutter is not None:
            sides = [[one for one in group if _centre(spans[one]) < gutter]]
            sides.append([one for one in group if one not in sides[0]])
        for side in sides:
            found += _parted(_rows(side, spans), spans)
    return found


def _centre(span: Span) -> float:
    return (span.left + span.right) / 2


def _groups(spans: Sequence[Span], height: float) -> list[tuple[list[int], float | None]]:
    """Runs of rows that share their columns, or have none, from the top; each with its gutter."""
    groups: list[tuple[list[int], float | None]] = []
    for row in _rows(range(len(spans)), spans):
        own = _gutter(row, spans, height)
        if groups:
            group, gutter = groups[-1]
            wider = _gutter([*group, *row], spans, height)
            if wider is not None or gutter is None is own:
                groups[-1] = ([*group, *row], wider)
                continue
        groups.append((row, own))
    return groups


def _gutter(group: Sequence[int], spans: Sequence[Span], height: float) -> float | None:
    """The middle of the widest gap that no line of the group crosses, between two columns of prose."""
    edges = sorted((spans[one].left, spans[one].right) for one in group)
    reach, best, place = edges[0][1], GUTTER * height, None
    for left, right in edges[1:]:
        if left - reach >= best:
            best, place = left - reach, (left + reach) / 2
        reach = max(reach, right)
    if place is None:
        return None
    for inside in (
        (one for one in group if _centre(spans[one]) < place),
        (one for one in group if _centre(spans[one]) > place),
    ):
        if np.median([spans[one].right - spans[one].left for one in inside]) < PROSE * height:
            return None
    return place


def _rows(group: Sequence[int], spans: Sequence[Span]) -> list[Row]:
    """Lines side by side are a row: the middle of each is within the height of the one before."""
    rows: list[Row] = []
    for one in sorted(group, key=lambda one: spans[one].middle):
        last = spans[rows[-1][0]] if rows else None
        if last is not None and spans[one].middle < last.middle + min(last.height, spans[one].height) / 2:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda one: spans[one].left) for row in rows]


def _parted(rows: Sequence[Row], spans: Sequence[Span]) -> list[list[Row]]:
    """Rows that follow closely, of like height and one above the other, are a block."""
    blocks: list[list[Row]] = []
    for row in rows:
        if blocks and _goes_on(blocks[-1][-1], row, spans):
            blocks[-1].append(row)
        else:
            blocks.append([row])
    return blocks


def _goes_on(above: Row, below: Row, spans: Sequence[Span]) -> bool:
    first, second = ([spans[one] for one in row] for row in (above, below))
    tall, small = sorted((max(one.height for one in first), max(one.height for one in second)), reverse=True)
    gap = min(one.top for one in second) - max(one.bottom for one in first)
    overlap = min(max(one.right for one in first), max(one.right for one in second)) - max(
        min(one.left for one in first), min(one.left for one in second)
    )
    return gap <= NEXT * small and tall <= ALIKE * small and overlap > 0
