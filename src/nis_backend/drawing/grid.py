"""A table of numbers as colours: a heat map, a field, a spectrogram."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nis_backend.drawing.colours import PARTING, RISING, colour_at, is_dark, raster, written
from nis_backend.drawing.frame import Side, categories, frame, left_of, shown
from nis_backend.drawing.paper import EDGE, LINE, cut, width_of
from nis_backend.drawing.scale import number, span, ticks
from nis_backend.told import named

if TYPE_CHECKING:
    from nis_backend.drawing.colours import Colour
    from nis_backend.drawing.paper import Paper
    from nis_backend.drawing.scale import Scale
    from nis_backend.view import Axis, Grid

MOST_CELLS = 2500
"""More are drawn as one picture, a pixel each."""
BAR = 14
"""Pixels across the scale of colours."""


def draw(paper: Paper, view: Grid) -> None:
    """The cells, and the scale of their colours at the right."""
    top = paper.heading()
    low, high = ends(view)
    across, up = _side(view.x, max(map(len, view.cells), default=0)), _side(view.y, len(view.cells))
    if up.names:
        up = replace(up, low=up.high, high=up.low)
    bottom = paper.height - EDGE / 2
    key = _key_width(low, high)
    left, right = left_of([up], bottom - top - 60), paper.width - EDGE - key - 16
    x, y = frame(paper, across, up, left=left, right=right, top=top, bottom=bottom)
    if view.cells and view.cells[0]:
        _cells(paper, view, x, y, (low, high))
    _key(paper, view, (low, high), right + 16, (y.end, y.start))


def ends(view: Grid) -> tuple[float, float]:
    """The numbers at the ends of the colours; as far on both sides of a middle."""
    low, high = span(cell for row in view.cells for cell in row)
    if view.middle is not None:
        reach = max(abs(high - view.middle), abs(view.middle - low))
        return view.middle - reach, view.middle + reach
    return low, high


def _side(axis: Axis, count: int) -> Side:
    """Cells are about their values: the axis goes half a cell further at both ends."""
    if axis.names:
        return categories(named(axis.label, axis.unit), axis.names)
    values = [value for value in axis.values if value is not None] or [0.0, float(max(0, count - 1))]
    step = abs(values[-1] - values[0]) / max(1, len(values) - 1) or 1.0
    name = named(axis.label, axis.unit)
    return Side(
        name=name,
        low=min(values) - step / 2,
        high=max(values) + step / 2,
        kind="time" if axis.scale == "time" else "linear",
    )


def _cells(paper: Paper, view: Grid, x: Scale, y: Scale, between: tuple[float, float]) -> None:
    rows, columns = len(view.cells), max(map(len, view.cells))
    # The first row is at the first value of `y`: named rows are read from the top, numbers rise from the bottom.
    upright = view.cells if view.y.names else view.cells[::-1]
    top, height = min(y.start, y.end), abs(y.end - y.start)
    if rows * columns > MOST_CELLS:
        empty = tuple(bytes.fromhex(paper.theme.grid[1:]))
        pixels = [
            [
                _colour(view, cell, between) or (empty[0], empty[1], empty[2])
                for cell in [*row, *[None] * (columns - len(row))]
            ]
            for row in upright
        ]
        paper.image(x.start, top, x.end - x.start, height, raster(pixels), sharp=True)
        return
    wide, high = (x.end - x.start) / columns, height / rows
    texts = [[number(float(f"{cell:.3g}")) if cell is not None else "" for cell in row] for row in upright]
    # All of them or none: a few would look chosen.
    fit = high >= LINE and max(width_of(text) for row in texts for text in row) + 4 <= wide
    for down, row in enumerate(upright):
        for right, cell in enumerate(row):
            colour = _colour(view, cell, between)
            place = x.start + right * wide, top + down * high
            tip = shown(cell, view.unit) if cell is not None else "missing"
            fill = written(colour) if colour else paper.theme.grid
            paper.box(*place, wide + 0.5, high + 0.5, fill=fill, cls="mark" if colour else "missing", tip=tip)
            if colour and fit:
                ink = "#ffffff" if is_dark(colour) else "#1b2430"
                paper.text(
                    place[0] + wide / 2,
                    place[1] + high / 2 + 4,
                    texts[down][right],
                    anchor="middle",
                    fill=ink,
                    cls="cell",
                )


def _colour(view: Grid, cell: float | None, between: tuple[float, float]) -> Colour | None:
    if cell is None:
        return None
    low, high = between
    share = (cell / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5
    return colour_at(share, RISING if view.middle is None else PARTING)


def _key_width(low: float, high: float) -> float:
    return BAR + 8 + max(width_of(number(one)) for one in ticks(low, high, 5))


def _key(paper: Paper, view: Grid, between: tuple[float, float], left: float, ends_at: tuple[float, float]) -> None:
    top, bottom = ends_at
    stops = RISING if view.middle is None else PARTING
    steps = [[colour_at(1 - row / 63, stops)] for row in range(64)]
    paper.image(left, top, BAR, bottom - top, raster(steps))
    low, high = between
    for tick in ticks(low, high, 5):
        y = bottom - (tick / 2 - low / 2) / (high / 2 - low / 2) * (bottom - top)
        paper.text(left + BAR + 5, y + 4, number(tick), cls="tick")
    name = named(view.label, view.unit)
    room = paper.width - EDGE - 150
    paper.text(paper.width - EDGE, top - 10, cut(name, room), anchor="end", fill=paper.theme.ink, cls="name")
