"""Groups of numbers side by side: the middle half as a box, the median in it, whiskers, and what lies beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drawing.frame import categories, frame, left_of, shown, side
from nis_backend.drawing.paper import EDGE, short
from nis_backend.view import Axis

if TYPE_CHECKING:
    from nis_backend.drawing.paper import Paper
    from nis_backend.view import BoxPlot

WIDEST = 80
"""Pixels of a box."""


def draw(paper: Paper, view: BoxPlot) -> None:
    """A box for each group."""
    top, bottom = paper.heading(), paper.height - EDGE / 2
    values = [value for one in view.boxes for value in (one.low, one.high, *one.outliers)]
    up = side([Axis(label=view.label, unit=view.unit, values=values)], pad=0.04)
    across = categories("", [f"{one.label} (n = {one.count})" for one in view.boxes])
    left, right = left_of([up], bottom - top - 60), paper.width - EDGE
    if not view.boxes:
        return
    x, y = frame(paper, across, up, left=left, right=right, top=top, bottom=bottom)
    half = min(WIDEST, (right - left) / len(view.boxes) * 0.6) / 2
    for at, one in enumerate(view.boxes):
        middle, colour = x.at(at), paper.colour(0)
        low, first, median, third, high = (
            y.at(value) for value in (one.low, one.first_quartile, one.median, one.third_quartile, one.high)
        )
        d = f"M{short(middle)} {short(low)}V{short(first)}M{short(middle)} {short(third)}V{short(high)}"
        caps = "".join(f"M{short(middle - half / 2)} {short(place)}h{short(half)}" for place in (low, high))
        paper.path(d + caps, stroke=colour, width=1.5, cls="whisker")
        tip = f"{one.label}: " + ", ".join(
            f"{name} {shown(value, view.unit)}"
            for name, value in (
                ("low", one.low),
                ("first quartile", one.first_quartile),
                ("median", one.median),
                ("third quartile", one.third_quartile),
                ("high", one.high),
            )
        )
        box = middle - half, third, 2 * half, first - third
        paper.box(*box, fill=paper.theme.page, stroke=colour, cls="mark", tip=tip, thick=1.5)
        paper.path(f"M{short(middle - half)} {short(median)}h{short(2 * half)}", stroke=paper.colour(1), width=2.5)
        for value in one.outliers:
            paper.mark(middle, y.at(value), 0, size=2.5, tip=shown(value, view.unit), fill=colour)
