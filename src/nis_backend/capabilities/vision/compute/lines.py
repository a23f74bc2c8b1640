"""From a map of where text is to lines: a box each, its middle line where it is bent, and the strip cut out upright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from nis_backend.capabilities.vision.compute.letters import STRIP_HEIGHT, WIDEST_STRIP

if TYPE_CHECKING:
    from cv2.typing import MatLike
    from numpy.typing import NDArray

    from nis_backend.capabilities.vision.compute.arrays import Floats as Map
    from nis_backend.capabilities.vision.compute.arrays import Mask, Picture

    Points = NDArray[np.float32]

LIKELY = 0.3
"""A pixel of the map that belongs to text, and below the mean that a box must have: rapidocr's own two."""
BOX_LIKELY = 0.5
UNCLIP = 1.6
"""The map shows a line's inner part: its outline stands off by area × this / perimeter (Liao et al., eq. 10)."""
THINNEST = 3
"""Pixels of the map."""
MOST_LINES = 1000
SLENDER = 5
"""Widths in heights from which a bend can be told."""
FILLED = 0.3
"""Of the usual height of the map's column: what has less is a line's end, or a speck."""
TALL = 1.5
"""Height over width from which a box holds a line that runs up or down."""
BENT = 0.12
"""Bend, in heights of the line, from which its strip is cut along the middle line."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of text in pixels of the picture."""

    box: Points
    """Corners from the one where the text begins at its top, clockwise, (4, 2)."""
    bend: tuple[float, ...] = ()
    """Coefficients of the middle line, highest power first: heights off the box's own, over -1 to 1 of its length."""
    thick: float = 1.0
    """Height of a bent line's strip, in heights of the box."""

    @property
    def width(self) -> float:
        """Pixels along the text."""
        return float(np.linalg.norm(self.box[1] - self.box[0]))

    @property
    def height(self) -> float:
        """Pixels across the text."""
        return float(np.linalg.norm(self.box[3] - self.box[0]))

    @property
    def slope(self) -> float:
        """Direction of the text, degrees clockwise from rightwards, -180 to 180."""
        along = self.box[1] - self.box[0]
        return float(np.degrees(np.arctan2(along[1], along[0])))


def lines_of(likely: Map, scale: float) -> list[Line]:
    """The lines in a map that is `scale` times as large as the picture."""
    mask = cv2.dilate((likely > LIKELY).astype(np.uint8), np.ones((2, 2), np.uint8))
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    height, width = likely.shape
    found: list[Line] = []
    for outline in outlines[:MOST_LINES]:
        line = _line(outline, likely)
        if line is not None:
            box = np.clip(line.box, 0, (width, height)) / scale
            found.append(Line(box=box.astype(np.float32), bend=line.bend, thick=line.thick))
    return found


def _line(outline: MatLike, likely: Map) -> Line | None:
    (x, y), (wide, high), angle = cv2.minAreaRect(outline)
    if min(wide, high) < THINNEST:
        return None
    left, top, across, down = cv2.boundingRect(outline)
    inside = np.zeros((down, across), np.uint8)
    cv2.drawContours(inside, [outline - (left, top)], -1, 1, cv2.FILLED)
    patch = likely[top : top + down, left : left + across]
    corners = cv2.boxPoints(((x - left, y - top), (wide, high), angle)).astype(np.int32)
    area = np.zeros_like(inside)
    cv2.fillPoly(area, [corners], 1)
    if cv2.mean(patch, area)[0] < BOX_LIKELY:
        return None
    off = wide * high * UNCLIP / (2 * (wide + high))
    box = _from_start(cv2.boxPoints(((x, y), (wide + 2 * off, high + 2 * off), angle)))
    return _bent(Line(box=box), inside, (left, top), 2 * off)


def _from_start(corners: MatLike) -> Points:
    """Corners clockwise, from the upper left one of a line that runs to the right, or downwards if it is tall."""
    middle = corners.mean(axis=0)
    turn = np.arctan2(*(corners - middle).T[::-1])
    corners = corners[np.argsort(turn)]
    start = int(np.argmin(corners.sum(axis=1)))
    return np.roll(corners, -start, axis=0).astype(np.float32)


def _bent(line: Line, inside: Mask, corner: tuple[int, int], off: float) -> Line:
    """The line with its middle line, where that is bent enough to matter; of a short one nothing can be told."""
    if line.width < SLENDER * line.height:
        return line
    along = (line.box[1] - line.box[0]) / line.width
    across = (line.box[3] - line.box[0]) / line.height
    pixels = np.argwhere(inside)[:, ::-1].astype(np.float64)
    from_middle = pixels + corner - line.box.mean(axis=0)
    place = np.asarray(from_middle @ along, np.float64)
    rise = np.asarray(from_middle @ across, np.float64)
    columns = np.asarray(np.round(place - np.min(place)), np.int64)
    count = np.bincount(columns).astype(np.float64)
    kept = count > FILLED * np.median(count)
    middle = np.bincount(columns, rise)[kept] / count[kept]
    where = np.bincount(columns, place)[kept] / count[kept] / (line.width / 2)
    bend = np.polyfit(where, middle / line.height, 3)
    at = np.asarray(np.polyval(bend, np.linspace(np.min(where), np.max(where), 33)), np.float64)
    if np.ptp(at) < BENT:
        return line
    thick = (float(np.median(count[kept])) + off) / line.height
    return Line(box=line.box, bend=tuple(bend.tolist()), thick=min(1.0, thick))


def strip_of(picture: Picture, line: Line) -> Picture:
    """The line cut out and laid flat, 48 pixels high; a tall one is turned by a quarter against the clock."""
    tall = line.height >= TALL * line.width and not line.bend
    box = np.roll(line.box, -1, axis=0) if tall else line.box
    along, across = box[1] - box[0], box[3] - box[0]
    high = float(np.linalg.norm(across)) * line.thick
    shrink = max(1.0, high / STRIP_HEIGHT)
    rows = round(STRIP_HEIGHT * shrink)
    columns = round(min(WIDEST_STRIP, max(1.0, np.linalg.norm(along) / high * STRIP_HEIGHT)) * shrink)
    place = (np.arange(columns, dtype=np.float32) + 0.5) / columns - 0.5
    rise = ((np.arange(rows, dtype=np.float32) + 0.5) / rows - 0.5) * line.thick
    off = np.polyval(line.bend, np.clip(place * 2, -1, 1)).astype(np.float32) if line.bend else np.zeros_like(place)
    down = off[None, :] + rise[:, None]
    middle = box.mean(axis=0) - 0.5  # pixels are counted at their middles
    x = middle[0] + along[0] * place[None, :] + across[0] * down
    y = middle[1] + along[1] * place[None, :] + across[1] * down
    strip = cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if shrink > 1:
        strip = cv2.resize(strip, (max(1, round(columns / shrink)), STRIP_HEIGHT), interpolation=cv2.INTER_AREA)
    return strip.astype(np.uint8, copy=False)
