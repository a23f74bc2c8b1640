"""A PDF page's letters as pieces of lines, and its drawn lines as rules, upright as the page is shown."""

from __future__ import annotations

import ctypes
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nis_backend.capabilities.documents.reading.placed import Box, Piece, around
from nis_backend.capabilities.documents.reading.ruled import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Place = Callable[[float, float], tuple[float, float]]

c: Any = import_module("pypdfium2.raw")  # Any: pypdfium2 has no types

MOST_LETTERS = 100_000
"""Of a page."""
MOST_OBJECTS = 20_000
MOST_STROKES = 200_000
"""Straight parts of a page's shapes: one with more is a drawing."""
MOST_POINTS = 400
"""Of a drawn shape: what has more is a curve or a picture, no rule."""
FARTHEST = 1e6
"""Points from a page's corner; the largest page has 14,400. What stands farther off, or nowhere, is on no page."""
WIDE = 1.2
"""Widths of type that part a line: justified lines have gaps of 0.8."""
THIN = 3.0
"""Points: a filled box so thin is a rule."""
SPACES = frozenset(" \t\r\n\u00a0\x00")
HYPHENS = {"\x02", "\ufffe", "\u00ad"}
"""What pdfium calls a hyphen at the end of a line."""


def placing(page: Any) -> tuple[Place, float, float]:  # Any: pypdfium2 has no types
    """How points of the page's own space become points from its upper left corner as it is shown; width and height."""
    left, bottom, right, top = page.get_bbox()
    match page.get_rotation():
        case 90:
            return (lambda x, y: (y - bottom, x - left)), top - bottom, right - left
        case 180:
            return (lambda x, y: (right - x, y - bottom)), right - left, top - bottom
        case 270:
            return (lambda x, y: (top - y, right - x)), top - bottom, right - left
        case _:
            return (lambda x, y: (x - left, top - y)), right - left, top - bottom


def box_of(place: Place, left: float, bottom: float, right: float, top: float) -> Box:
    """A box of the page's own space, as it is shown."""
    (x0, y0), (x1, y1) = place(left, bottom), place(right, top)
    return Box(left=min(x0, x1), top=min(y0, y1), right=max(x0, x1), bottom=max(y0, y1))


class _Line:
    """Letters of one piece, as they come."""

    def __init__(self, text: Any, index: int, size: float, box: Box) -> None:  # Any: as above
        self._text, self._first, self._last = text, index, index
        self.size, self.box = round(size, 1), box
        self._letters: list[str] = []

    def take(self, letter: str, index: int, box: Box, *, gap: bool) -> None:
        """Add a letter."""
        if gap and self._letters:
            self._letters.append(" ")
        self._letters.append("-" if letter in HYPHENS else letter)
        self.box = around([self.box, box])
        self._last = index

    def piece(self) -> Iterator[Piece]:
        """What has come, where that is something."""
        words = "".join(self._letters).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
        if words:
            yield Piece(
                box=self.box,
                text=words,
                size=self.size,
                bold=all(_is_bold(self._text, one) for one in {self._first, self._last}),
            )


def pieces(page: Any, place: Place, uprights: list[Rule]) -> tuple[list[Piece], bool]:  # Any: as above
    """The page's text in pieces, and whether there is more than is read; a rule between letters parts them."""
    text = page.get_textpage()
    try:
        many = text.count_chars()
        return list(_pieces(text, min(many, MOST_LETTERS), place, uprights)), many > MOST_LETTERS
    finally:
        text.close()


def _pieces(text: Any, many: int, place: Place, uprights: list[Rule]) -> Iterator[Piece]:  # Any: as above
    line: _Line | None = None
    gap = False
    for index in range(many):
        letter = chr(c.FPDFText_GetUnicode(text.raw, index))
        if letter in "\r\n" and line is not None:
            yield from line.piece()
            line = None
        gap = gap or letter in SPACES
        if letter in SPACES or (placed := _placed(text, index, place)) is None:
            continue
        box, size = placed
        if line is not None and _parts(line.box, box, size, uprights):
            yield from line.piece()
            line = None
        line = line or _Line(text, index, size, box)
        line.take(letter, index, box, gap=gap)
        gap = False
    if line is not None:
        yield from line.piece()


def _placed(text: Any, index: int, place: Place) -> tuple[Box, float] | None:  # Any: as above
    """Where a letter stands, and the size of its type; None where it stands nowhere."""
    rect = c.FS_RECTF()
    if not c.FPDFText_GetLooseCharBox(text.raw, index, ctypes.byref(rect)):
        return None
    box = box_of(place, rect.left, rect.bottom, rect.right, rect.top)
    if not _is_near(box):
        return None
    # What a font says of its size is scaled by where it is used: the box is not.
    size = c.FPDFText_GetFontSize(text.raw, index)
    return box, size if 0.5 * box.height <= size <= 2 * box.height else box.height


def _is_near(box: Box) -> bool:
    """Whether it can be on a page; what is no number is not."""
    return all(abs(one) <= FARTHEST for one in (box.left, box.top, box.right, box.bottom))


def _parts(before: Box, box: Box, size: float, uprights: list[Rule]) -> bool:
    """Whether a letter begins a new piece."""
    middle = box.middle[1]
    if not before.top - 0.3 * size <= middle <= before.bottom + 0.3 * size:
        return True
    gap = box.left - before.right
    if gap > WIDE * size or gap < -max(2 * size, 0.5 * before.width):
        return True
    return gap > 0 and any(
        before.right - 1 <= one.at <= box.left + 1 and one.start <= middle <= one.end for one in uprights
    )


def _is_bold(text: Any, index: int) -> bool:  # Any: as above
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(256)
    c.FPDFText_GetFontInfo(text.raw, index, name, 256, ctypes.byref(flags))
    weight = c.FPDFText_GetFontWeight(text.raw, index)
    return b"bold" in name.value.lower() or b"black" in name.value.lower() or weight >= 600  # noqa: PLR2004 - OpenType's


def rules(page: Any, place: Place) -> tuple[list[Rule], list[Rule]]:  # Any: as above
    """What is drawn along the axes: across, and down."""
    across: list[Rule] = []
    down: list[Rule] = []
    strokes = 0
    for number, shape in enumerate(page.get_objects(filter=[c.FPDF_PAGEOBJ_PATH], max_depth=3)):
        if number >= MOST_OBJECTS or strokes > MOST_STROKES:
            return [], []
        for box in _strokes(shape, place):
            strokes += 1
            if not _is_near(box):
                continue
            if box.height <= THIN and box.width > box.height:
                across.append(Rule(at=(box.top + box.bottom) / 2, start=box.left, end=box.right))
            elif box.width <= THIN and box.height > box.width:
                down.append(Rule(at=(box.left + box.right) / 2, start=box.top, end=box.bottom))
    return across, down


def _strokes(shape: Any, place: Place) -> Iterator[Box]:  # Any: as above
    """The straight parts of a drawn shape; of a thin filled box, the box."""
    left, bottom, right, top = shape.get_bounds()
    whole = box_of(place, left, bottom, right, top)
    if min(whole.width, whole.height) <= THIN:
        yield whole
        return
    many = c.FPDFPath_CountSegments(shape.raw)
    if not 1 < many <= MOST_POINTS or shape.container is not None:  # points of a form's shapes are in its own space
        return
    matrix = shape.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    begun = last = (0.0, 0.0)
    for index in range(many):
        part = c.FPDFPath_GetPathSegment(shape.raw, index)
        c.FPDFPathSegment_GetPoint(part, ctypes.byref(x), ctypes.byref(y))
        point = place(*matrix.on_point(x.value, y.value))
        kind = c.FPDFPathSegment_GetType(part)
        if kind == c.FPDF_SEGMENT_LINETO:
            yield _span(last, point)
        elif kind == c.FPDF_SEGMENT_MOVETO:
            begun = point
        last = point
        if c.FPDFPathSegment_GetClose(part):
            yield _span(last, begun)
            last = begun


def _span(first: tuple[float, float], second: tuple[float, float]) -> Box:
    return Box(
        left=min(first[0], second[0]),
        top=min(first[1], second[1]),
        right=max(first[0], second[0]),
        bottom=max(first[1], second[1]),
    )
