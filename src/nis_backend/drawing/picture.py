"""A picture and what was found in it: its boxes, polygons, lines and points over its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drawing.paper import EDGE, FONT, cut, meet, short, width_of

if TYPE_CHECKING:
    from nis_backend.drawing.paper import Paper, Room
    from nis_backend.view import Image

TAG = FONT + 5
"""Pixels of the height of a label."""
TALLEST = 1600
LONG = 24
"""Letters of a label that is drawn: a longer one, such as a line of text, would cover what is beside it."""


def height_of(view: Image, width: int) -> int:
    """As high as the picture is at this width, with its title."""
    return min(TALLEST, round(_title(view) + width * view.height / max(1, view.width)))


def _title(view: Image) -> float:
    return 38 if view.title else 0


def draw(paper: Paper, view: Image, content: str) -> None:
    """The pixels, or an empty frame where they are not there, and what was found over them."""
    top = _title(view)
    if view.title:
        paper.heading()
    scale = min(paper.width / max(1, view.width), (paper.height - top) / max(1, view.height))
    left = (paper.width - view.width * scale) / 2
    if content:
        paper.image(left, top, view.width * scale, view.height * scale, content)
    else:
        paper.box(left, top, view.width * scale, view.height * scale, fill=paper.theme.grid, cls="frame")
    taken: list[Room] = []
    names = list(dict.fromkeys(one.label for one in (*view.boxes, *view.shapes)))
    for shape in view.shapes:
        colour = paper.colour(names.index(shape.label))
        points = [(left + x * scale, top + y * scale) for x, y in shape.points]
        if shape.form == "points":
            for x, y in points:
                paper.mark(x, y, 0, fill=colour, tip=shape.label)
        else:
            d = "M" + "L".join(f"{short(x)} {short(y)}" for x, y in points)
            closed = shape.form == "polygon"
            paper.path(d + "z" * closed, stroke=colour, width=2, cls="shape")
        if shape.label:
            _tag(paper, taken, shape.label, points[0], colour)
    for box in view.boxes:
        colour = paper.colour(names.index(box.label))
        x, y = left + box.x * scale, top + box.y * scale
        text = box.label if box.score is None else f"{box.label} {_scored(box.score)}".strip()
        paper.box(x, y, box.width * scale, box.height * scale, fill="none", stroke=colour, cls="box", tip=text, thick=2)
        if text:
            _tag(paper, taken, text, (x, y), colour)


def _scored(score: float) -> str:
    """Hundredths of what goes up to 1; a count as one."""
    return f"{score:.2f}" if abs(score) <= 1 else f"{score:.4g}"


def _tag(paper: Paper, taken: list[Room], text: str, place: tuple[float, float], colour: str) -> None:
    """A label on its colour, above what it names where there is room; one over another is left to the table."""
    text = cut(text, paper.width - 2 * EDGE)
    width = width_of(text) + 8
    x = max(0.0, min(place[0] - 1, paper.width - width))
    y = min(place[1] - TAG if place[1] >= TAG else place[1], paper.height - TAG)
    room = x, y, x + width, y + TAG
    if len(text) > LONG or any(meet(room, other) for other in taken):
        return
    taken.append(room)
    paper.box(x, y, width, TAG, fill=colour, cls="tag")
    paper.text(x + 4, y + FONT + 1, text, fill=paper.theme.page, cls="tag")
