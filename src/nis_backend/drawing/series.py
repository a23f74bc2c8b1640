"""Lines, points and bars over one axis: a panel for each unit, for two scales in one would invite false comparison."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nis_backend.drawing.frame import frame, left_of, shown, side
from nis_backend.drawing.paper import EDGE, LINE, dash, rows_of, short
from nis_backend.drawing.thin import thinned
from nis_backend.told import named, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nis_backend.drawing.frame import Side
    from nis_backend.drawing.paper import Paper
    from nis_backend.drawing.scale import Scale
    from nis_backend.view import Axis, Series

    Marked = tuple[int, Axis]
    """A line and the place of its group among all, by which it is coloured."""

PANEL = 240
"""Pixels more for each panel after the first."""
MOST_TIPS = 400
"""Of more points than these, none is told under the pointer: the document would be mostly words."""
BAND = 0.8
"""The share of a category's band that its bars take."""


def height_of(view: Series, first: int) -> int:
    """Enough for each panel, and for a legend in rows."""
    panels = _panels(view.lines)
    return first + PANEL * (len(panels) - 1) + sum(LINE * _legend_rows([one for _, one in lines]) for lines in panels)


def _legend_rows(lines: Sequence[Axis]) -> int:
    return rows_of([one.label for one in lines], 640) if len(lines) > 1 else 0


def draw(paper: Paper, view: Series) -> None:
    """All panels, one below the other."""
    panels = _panels(view.lines) or [[]]
    top = paper.heading()
    each = (paper.height - top - EDGE / 2) / len(panels)
    ups = [_up(lines, view.y) for lines in panels]
    left = left_of([up for up in ups if up], each - 80)
    # Bars, points and curves need not begin at the very edge.
    pad = 0.02 if any(line.mark == "points" for line in view.lines) else 0
    across = side([view.x], pad=pad)
    if not across.names and any(line.mark == "bars" for line in view.lines):
        half = _width_of_bars(view.x) / 2
        across = side([view.x.model_copy(update={"errors": [half] * len(view.x.values)})])
    # The last tick's words may reach beyond the axis.
    right = paper.width - EDGE - (14 if not across.names else 0)
    for lines, up in zip(panels, ups, strict=True):
        if up is None:
            continue
        begin = top
        if len(lines) > 1:
            begin = paper.legend([(line.label, at, line.mark == "line") for at, line in lines], top)
        x, y = frame(paper, across, up, left=left, right=right, top=begin, bottom=top + each, equal=view.equal)
        _Panel(paper=paper, axis=view.x, x=x, y=y).draw(lines)
        top += each


def _panels(lines: Sequence[Axis]) -> list[list[Marked]]:
    units = dict.fromkeys((line.unit, line.scale) for line in lines)
    keys = list(dict.fromkeys(line.group or line.label for line in lines))
    marked = [(keys.index(line.group or line.label), line) for line in lines]
    return [[(at, line) for at, line in marked if (line.unit, line.scale) == unit] for unit in units]


def _up(lines: Sequence[Marked], measured: str) -> Side | None:
    axes = [line for _, line in lines]
    if not axes:
        return None
    bars = any(line.mark == "bars" for line in axes)
    name = named(measured or axes[0].label, axes[0].unit) if measured or len(axes) == 1 else axes[0].unit
    return side(axes, zero=bars and axes[0].scale == "linear", pad=0.04, name=name)


@dataclass(frozen=True, kw_only=True)
class _Panel:
    """What lines are drawn on: their axis below, and the scales of both."""

    paper: Paper
    axis: Axis
    x: Scale
    y: Scale

    def draw(self, lines: Sequence[Marked]) -> None:
        """Bars under lines under points."""
        bars = [line for _, line in lines if line.mark == "bars"]
        order = {id(line): (at, len(bars)) for at, line in enumerate(bars)}
        for at, line in lines:
            if line.mark == "bars":
                self.bars(line, at, order[id(line)])
        for at, line in lines:
            if line.mark == "line":
                self.line(line, at)
            if line.errors:
                self.errors(line, at, self.shift(order.get(id(line))))
            if line.mark == "points":
                self.points(line, at)

    def there(self, line: Axis) -> Iterator[tuple[int, float, float]]:
        """What can be drawn: both values are there, and on a logarithmic axis above 0."""
        places = [*map(float, range(len(self.axis.names)))] if self.axis.names else self.axis.values
        for at, (a, b) in enumerate(zip(places, line.values, strict=False)):
            if a is not None and b is not None and _allowed(self.axis, a) and _allowed(line, b):
                yield at, a, b

    def line(self, line: Axis, index: int) -> None:
        """A line with a gap wherever a value is missing; a value alone between gaps is a dot."""
        colour = self.paper.colour(index)
        for stretch in self.stretches(line):
            places = [(self.x.at(a), self.y.at(b)) for a, b in stretch]
            if len(places) == 1:
                self.paper.mark(*places[0], 0, size=3, fill=colour)
                continue
            kept = thinned([a for a, _ in stretch], [[b for _, b in stretch]], max(8, int(self.x.end - self.x.start)))
            d = "L".join(f"{short(places[at][0])} {short(places[at][1])}" for at in kept)
            self.paper.path(f"M{d}", stroke=colour, width=2, dash=dash(index), cls="line")

    def stretches(self, line: Axis) -> list[list[tuple[float, float]]]:
        """What is drawn without a gap."""
        found: list[list[tuple[float, float]]] = []
        last = -2
        for at, a, b in self.there(line):
            if at != last + 1:
                found.append([])
            found[-1].append((a, b))
            last = at
        return found

    def points(self, line: Axis, index: int) -> None:
        """A mark for each value."""
        there = list(self.there(line))
        few = len(there) <= MOST_TIPS
        for _, a, b in there:
            tip = f"{self.told(a)}, {shown(b, line.unit)}" if few else ""
            self.paper.mark(self.x.at(a), self.y.at(b), index, size=3.5 if few else 2, tip=tip)

    def told(self, value: float) -> str:
        """A value of the axis, in words."""
        if self.axis.names:
            return self.axis.names[int(value)]
        return when(value) if self.axis.scale == "time" else shown(value, self.axis.unit)

    def bars(self, line: Axis, index: int, order: tuple[int, int]) -> None:
        """A bar for each value, from 0 where the axis has it; `order` is its place among bars side by side."""
        y = self.y
        floor = y.at(max(y.low, min(0.0, y.high))) if y.kind == "linear" else y.at(y.low)
        few = len(line.values) <= MOST_TIPS
        for at, a, b in self.there(line):
            begin, end, label = self.band(at, a, order)
            top = y.at(b)
            tip = f"{label}: {shown(b, line.unit)}" if few else ""
            high = abs(floor - top)
            self.paper.box(
                begin, min(top, floor), end - begin, high, fill=self.paper.colour(index), cls="mark", tip=tip
            )

    def band(self, at: int, value: float, order: tuple[int, int]) -> tuple[float, float, str]:
        """Where a bar begins and ends, and what it is the bar of."""
        edges = self.axis.edges
        if edges:
            begin, end = self.x.at(edges[at]), self.x.at(edges[at + 1])
            # A hair between bars that touch, where there is room for one.
            hair = 0.5 if end - begin > 3 else 0  # noqa: PLR2004 - pixels
            label = f"{shown(edges[at], '')} to {shown(edges[at + 1], self.axis.unit)}"
            return begin + hair, end - hair, label
        half = BAND * _width_of_bars(self.axis) / 2
        first, last = self.x.at(value - half), self.x.at(value + half)
        each = (last - first) / order[1]
        return first + each * order[0], first + each * (order[0] + 1), self.told(value)

    def shift(self, order: tuple[int, int] | None) -> float:
        """How far the middle of one of several bars lies beside the value, in pixels."""
        if order is None or self.axis.edges:
            return 0.0
        band = abs(self.x.at(self.x.low + BAND * _width_of_bars(self.axis)) - self.x.at(self.x.low))
        return band * ((order[0] + 0.5) / order[1] - 0.5)

    def errors(self, line: Axis, index: int, shift: float) -> None:
        """How far each value may be off, as a stroke with ends."""
        colour = self.paper.theme.ink if line.mark == "bars" else self.paper.colour(index)
        for at, a, b in self.there(line):
            error = line.errors[at] if at < len(line.errors) else None
            if not error:
                continue
            place = self.x.at(a) + shift
            low = self.y.at(b - error) if _allowed(line, b - error) else self.y.at(self.y.low)
            high = self.y.at(b + error)
            d = f"M{short(place)} {short(low)}V{short(high)}M{short(place - 4)} {short(low)}h8"
            self.paper.path(f"{d}M{short(place - 4)} {short(high)}h8", stroke=colour, width=1.3, cls="error")


def _allowed(axis: Axis, value: float) -> bool:
    return axis.scale != "log" or value > 0


def _width_of_bars(axis: Axis) -> float:
    """The least distance of two values, so that no bars overlap."""
    if axis.names:
        return 1.0
    values = sorted({value for value in axis.values if value is not None})
    return min((b - a for a, b in itertools.pairwise(values)), default=1.0)
