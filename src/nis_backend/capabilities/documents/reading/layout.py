"""The reading order of a page: columns from the left, each from the top, by recursive cuts along its white space.

Source: Nagy & Seth (1984), Hierarchical representation of optically scanned documents, ICPR, 347-349 (X-Y cuts).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from nis_backend.capabilities.documents.reading.placed import Box, Piece, around

if TYPE_CHECKING:
    from collections.abc import Sequence

DEEPEST = 40
"""Cuts within cuts; pages of text take five."""
PROSE = 18
"""Characters of the piece in the middle, from which a column is one of sentences: cells of tables are shorter."""
GUTTER = 0.9
"""Widths of type between columns, at least."""
CLOSE = 0.75
"""Heights of type between lines of one paragraph, at most: lines are set at 1 to 1.5 heights."""
APART = 2.5
"""Heights of type between rows of one table, at most."""
ALIKE = 0.12
"""By how much the type of one paragraph differs, at most."""
SHORT = 0.25
"""Share of a paragraph's width by which a line is short; ragged ones seldom are by so much."""
LEAST_ROWS, MOST_ROWS = 3, 200
"""Rows of a table that has no rules: two lines with a gap each are often chance; what is longer goes on as another."""


@dataclass(kw_only=True)
class Region:
    """Pieces that are read together: rows from the top, each from the left."""

    rows: list[list[Piece]] = field(default_factory=list[list[Piece]])


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A paragraph, heading or table: rows of one region that belong together."""

    lines: list[str]
    short: list[bool]
    """Whether a line ends long before the longest does: what follows begins a line of its own."""
    box: Box
    size: float
    bold: bool
    table: list[list[str]] | None = None


def regions(pieces: Sequence[Piece]) -> list[Region]:
    """The page's regions in reading order."""
    found: list[Region] = []
    waiting: list[tuple[list[Piece], int]] = [(list(pieces), 0)]
    while waiting:
        some, depth = waiting.pop()
        parts = _cut(some) if depth < DEEPEST else None
        if parts is None:
            found.append(Region(rows=_rows(some)))
        else:
            waiting += [(part, depth + 1) for part in reversed(parts)]
    return [one for one in found if one.rows]


def _cut(pieces: list[Piece]) -> tuple[list[Piece], list[Piece]] | None:
    """Beside each other where two columns of sentences are; else above each other; None where nothing parts them."""
    if len(pieces) < 2:  # noqa: PLR2004 - nothing to part
        return None
    size = median([one.size for one in pieces if one.size] or [10.0])
    left, right = _widest([(one.box.left, one.box.right) for one in pieces], GUTTER * size)
    if right > left:
        sides = _parted(pieces, (left + right) / 2, "left")
        if all(map(_is_column, sides)):
            return sides
    top, bottom = _widest(_bands(pieces, size), CLOSE * size)
    if bottom > top and _has_columns(pieces, size):
        return _parted(pieces, (top + bottom) / 2, "top")
    return None


def _parted(pieces: list[Piece], at: float, side: str) -> tuple[list[Piece], list[Piece]]:
    first = [one for one in pieces if getattr(one.box, side) < at]
    return first, [one for one in pieces if getattr(one.box, side) >= at]


def _widest(spans: list[tuple[float, float]], least: float) -> tuple[float, float]:
    """The widest gap that nothing reaches into, (0, 0) where none is so wide."""
    found, reached = (0.0, 0.0), None
    for start, end in sorted(spans):
        if reached is not None and start - reached > max(least, found[1] - found[0]):
            found = (reached, start)
        reached = end if reached is None else max(reached, end)
    return found


def _bands(pieces: list[Piece], size: float) -> list[tuple[float, float]]:
    """From where to where rows go down; rows of cells that may be one table are not parted."""
    bands: list[tuple[float, float]] = []
    were_cells = False
    for row in _rows(pieces):
        box = around([one.box for one in row])
        cells = len(row) > 1 and median([len(one.text) for one in row]) < PROSE
        if bands and cells and were_cells and box.top - bands[-1][1] <= APART * size:
            bands[-1] = (bands[-1][0], box.bottom)
        else:
            bands.append((box.top, box.bottom))
        were_cells = cells
    return bands


def _is_column(pieces: list[Piece]) -> bool:
    texts = [len(one.text) for one in pieces if not one.rows]
    return bool(texts) and len(texts) > 1 and median(texts) >= PROSE


def _has_columns(pieces: list[Piece], size: float) -> bool:
    """Whether anything stands beside anything: else there is but one order, and paragraphs need no cut."""
    return any(
        second.box.left - first.box.right > GUTTER * size for row in _rows(pieces) for first, second in pairwise(row)
    )


def _rows(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces on one line together: the middle of one is beside another."""
    rows: list[list[Piece]] = []
    for one in sorted(pieces, key=lambda piece: (piece.box.middle[1], piece.box.left)):
        if rows and not one.rows and not rows[-1][0].rows and _beside(rows[-1][-1].box, one.box):
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda piece: piece.box.left) for row in rows]


def _beside(first: Box, second: Box) -> bool:
    return abs(first.middle[1] - second.middle[1]) < 0.4 * max(first.height, second.height)


def passages(region: Region) -> list[Passage]:
    """The region's paragraphs and tables."""
    found: list[Passage] = []
    rows = region.rows
    place = 0
    while place < len(rows):
        table, after = _aligned(rows, place)
        if rows[place][0].rows:
            piece = rows[place][0]
            found.append(Passage(lines=[], short=[], box=piece.box, size=0, bold=False, table=piece.rows))
            place += 1
        elif table is not None:
            box = around([one.box for row in rows[place:after] for one in row])
            found.append(Passage(lines=[], short=[], box=box, size=0, bold=False, table=table))
            place = after
        else:
            end = place + 1
            while end < len(rows) and _goes_on(rows, end):
                end += 1
            found.append(_paragraph(rows[place:end]))
            place = end
    return found


def _goes_on(rows: list[list[Piece]], place: int) -> bool:
    """Whether a row belongs to the paragraph of the one before it."""
    before, row = rows[place - 1], rows[place]
    if before[0].rows or row[0].rows or before[0].bold != row[0].bold:
        return False
    if place + LEAST_ROWS <= len(rows) and _aligned(rows, place)[0] is not None:
        return False
    size = max(before[0].size, row[0].size)
    gap = row[0].box.top - before[0].box.bottom
    return abs(before[0].size - row[0].size) <= ALIKE * size and gap <= CLOSE * size


def _paragraph(rows: list[list[Piece]]) -> Passage:
    every = [one for row in rows for one in row]
    box = around([one.box for one in every])
    return Passage(
        lines=["\t".join(one.text for one in row) for row in rows],
        short=[row[-1].box.right < box.right - SHORT * box.width for row in rows],
        box=box,
        size=max(one.size for one in every),
        bold=all(one.bold for one in every),
    )


def _aligned(rows: list[list[Piece]], place: int) -> tuple[list[list[str]] | None, int]:
    """A table without rules: rows one below the other, each of pieces that stand in the same columns."""
    end = place
    while end < min(len(rows), place + MOST_ROWS) and len(rows[end]) > 1:
        end += 1
    if end - place < LEAST_ROWS:
        return None, place
    spans = sorted((one.box.left, one.box.right) for row in rows[place:end] for one in row)
    columns: list[list[float]] = []
    for left, right in spans:
        if columns and left < columns[-1][1]:
            columns[-1][1] = max(columns[-1][1], right)
        else:
            columns.append([left, right])
    if len(columns) < 2:  # noqa: PLR2004 - nothing stands in columns
        return None, place
    table: list[list[str]] = []
    for row in rows[place:end]:
        cells = [""] * len(columns)
        for one in row:
            column = next(n for n, (left, right) in enumerate(columns) if left <= one.box.left <= right)
            cells[column] = f"{cells[column]} {one.text}".strip()
        table.append(cells)
    full = sum(map(bool, (cell for row in table for cell in row)))
    return (table, end) if full >= 0.6 * len(table) * len(columns) else (None, place)
