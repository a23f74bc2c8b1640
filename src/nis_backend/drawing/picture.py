"""A picture and what was found in it: its boxes, polygons, lines and points over its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nis_backend.drawing.paper import EDGE, FONT, cut, short, width_of

if TYPE_CHECKING:
    from nis_backend.drawing.paper import Paper
    from nis_backend.view import Image

TAG = FONT + 5
"""Pixels of the height of a label."""
TALLEST = 1600


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
            _tag(paper, shape.label, points[0][0], points[0][1], colour)
    for box in view.boxes:
        colour = paper.colour(names.index(box.label))
        x, y = left + box.x * scale, top + box.y * scale
        text = box.label if box.score is None else f"{box.label} {box.score:.2f}".strip()
        paper.box(x, y, box.width * scale, box.height * scale, fill="none", stroke=colour, cls="box", tip=text, thick=2)
        if text:
            _tag(paper, text, x, y, colour)


def _tag(paper: Paper, text: str, x: float, y: float, colour: str) -> None:
    """A label on its colour, above what it names where there is room."""
    text = cut(text, paper.width - 2 * EDGE)
    width = width_of(text) + 8
    x = min(max(0.0, x - 1), paper.width - width)
    y = y - TAG if y >= TAG else y
    paper.box(x, min(y, paper.height - TAG), width, TAG, fill=colour, cls="tag")
    paper.text(x + 4, min(y, paper.height - TAG) + FONT + 1, text, fill=paper.theme.page, cls="tag")
