"""The stretches of a sound on a line of time; what is heard stands in its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drawing.paper import EDGE, cut
from nis_backend.drawing.scale import Scale

if TYPE_CHECKING:
    from nis_backend.drawing.paper import Paper
    from nis_backend.view import Audio

HEIGHT = 110
BAND = 26


def height_of(_view: Audio) -> int:
    """The title, the stretches, the seconds."""
    return HEIGHT


def draw(paper: Paper, view: Audio) -> None:
    """A box for each stretch."""
    top = paper.heading() + 6
    x = Scale(low=0, high=max(view.duration, 0.001), start=EDGE, end=paper.width - EDGE)
    paper.box(x.start, top, x.end - x.start, BAND, fill=paper.theme.grid, cls="frame")
    for at, one in enumerate(view.segments):
        start, end = x.at(one.start), x.at(one.end)
        paper.box(start, top, end - start, BAND, fill=paper.colour(at % 2), cls="mark", tip=one.text)
        paper.text(start + 4, top + 17, cut(one.text, end - start - 8), fill=paper.theme.page, cls="said")
    for at, text in x.ticks(6):
        place = x.at(at)
        paper.rule(place, top + BAND, place, top + BAND + 5, paper.theme.rule)
        paper.text(min(max(place, EDGE + 4), x.end - 8), top + BAND + 18, f"{text} s", anchor="middle", cls="tick")
