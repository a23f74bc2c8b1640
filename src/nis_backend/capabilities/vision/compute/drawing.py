"""Boxes, shapes and words drawn on a picture."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nis_backend.capabilities.vision.compute.answers import answered
from nis_backend.capabilities.vision.editing import AnnotateRequest, BoxMark, MadeImage, ShapeMark, TextMark
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.capabilities.vision.places import Point

COLOURS = ("#e6194b", "#0072b2", "#009e73", "#d55e00", "#7b3fa0", "#b8860b", "#008080", "#c2185b")
"""Told apart by most who see few colours, and dark enough for white letters on them."""


FONT = "NotoSans[wdth,wght].ttf"
"""Latin with all its accents, Greek, Cyrillic, Devanagari."""


def _font(size: float) -> ImageFont.FreeTypeFont:
    """The typeface of charts; Pillow's own has no accents."""
    with as_file(files("fontpkg_noto_sans") / "files" / FONT) as path:
        return ImageFont.truetype(path, size)


@dataclass(frozen=True, kw_only=True)
class _Pen:
    """What draws on one picture."""

    draw: ImageDraw.ImageDraw
    width: int
    letters: float

    def label(self, x: float, y: float, text: str, colour: str) -> None:
        """White words on a ground of their colour, above a place and within the picture."""
        if not text:
            return
        font = _font(self.letters)
        left, top, right, bottom = self.draw.textbbox((0, 0), text, font=font)
        size = self.draw.im.size
        x = min(max(0.0, x), max(0.0, size[0] - (right - left) - 4))
        y = min(max(0.0, y - (bottom - top) - 4), max(0.0, size[1] - (bottom - top) - 4))
        self.draw.rectangle((x, y, x + right - left + 3, y + bottom - top + 3), fill=colour)
        self.draw.text((x + 2 - left, y + 2 - top), text, fill="#ffffff", font=font)


def annotate(request: AnnotateRequest) -> MadeImage:
    """Draw what is asked for."""
    picture = Image.fromarray(upright(request.image.path))
    longest = max(picture.size)
    pen = _Pen(
        draw=ImageDraw.Draw(picture),
        width=request.line_width or max(1, round(longest / 300)),
        letters=max(10.0, longest / 50),
    )
    for shape in request.shapes:
        _shape(pen, shape)
    for box in request.boxes:
        _box(pen, box)
    for text in request.texts:
        _text(pen, text)
    made = answered(np.asarray(picture), "annotated")
    return MadeImage(width=picture.width, height=picture.height, image=made)


def _box(pen: _Pen, mark: BoxMark) -> None:
    """The line lies within the box: its outer border is the box's own."""
    colour, at = mark.colour or _colour(mark.label), mark.box
    left, top = round(at.x), round(at.y)
    right, bottom = max(left, round(at.x + at.width) - 1), max(top, round(at.y + at.height) - 1)
    pen.draw.rectangle((left, top, right, bottom), outline=colour, width=pen.width)
    pen.label(left, top, mark.label, colour)


def _shape(pen: _Pen, mark: ShapeMark) -> None:
    colour, places = mark.colour or _colour(mark.label), _places(mark.points)
    if mark.form == "points" or len(places) == 1:
        radius = 1.5 * pen.width
        for x, y in places:
            pen.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    else:
        closed = [*places, places[0]] if mark.form == "polygon" else places
        pen.draw.line(closed, fill=colour, width=pen.width, joint="curve")
    pen.label(*places[0], mark.label, colour)


def _text(pen: _Pen, mark: TextMark) -> None:
    font = _font(mark.size or pen.letters)
    colour = mark.colour or COLOURS[0]
    pen.draw.text((mark.at.x, mark.at.y), mark.text, fill=colour, font=font)


def _places(points: Sequence[Point]) -> list[tuple[float, float]]:
    return [(one.x, one.y) for one in points]


def _colour(label: str) -> str:
    """One for each label, the same in every picture."""
    return COLOURS[hashlib.sha256(label.encode()).digest()[0] % len(COLOURS)] if label else COLOURS[0]
