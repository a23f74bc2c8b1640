"""The passes in which text is read: look, turn, look again enlarged, read, read poor lines again.

What is done to a picture is decided by measures of it, and by what the recogniser says of its own readings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from nis_backend.capabilities.vision.compute.arrays import Picture, luma
from nis_backend.capabilities.vision.compute.layout import Span, blocks_of
from nis_backend.capabilities.vision.compute.letters import Reading, open_letters
from nis_backend.capabilities.vision.compute.lines import TALL, Line, lines_of, strip_of
from nis_backend.capabilities.vision.places import Point
from nis_backend.capabilities.vision.reading import ReadRequest, TextBlock, TextLine, TextRead, TextRow
from nis_backend.pictures import upright

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from nis_backend.capabilities.vision.compute.letters import Letters
    from nis_backend.drivers.compute.base import ComputingContext

    Turn = Literal[0, 90, 180, 270]
    Tell = Callable[[float, str], None]

SHORT_SIDE, LONG_SIDE = 736, 2000
"""Pixels of a picture's shorter side in the first look, at least, and of its longer, at most: rapidocr's own."""
MOST_PIXELS = 6_000_000
"""Pixels of a look, at most: about 10 s of one core."""
SMALL = 24.0
"""Height of a line, pixels of the picture, below which it is read from an enlarged one."""
SMALL_LOOK = 14.0
"""Height of a line, pixels of the first look, below which a second one is taken, enlarged."""
LOOKED_HEIGHT = 28.0
GRAINY = 5.0
"""Noise, of 255, from which it is smoothed away: below, smoothing costs more than it gives."""
FAINT = 90.0
"""Range of luma, of 255, below which it is stretched."""
VOTERS = 6
"""Lines, the longest, that are read both ways up."""
CLEARLY = 0.1
"""By how much a text on its head is read better when it is turned: measured, 0.85 to 0.98 against 0.44 to 0.58."""
POOR = 0.9
LEAST = 0.5
"""Score below which a line is read again, and then left out: the last is rapidocr's own."""
_TURNS: dict[tuple[bool, bool], Turn] = {(False, False): 0, (True, False): 90, (False, True): 180, (True, True): 270}
_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True, kw_only=True)
class ReadLine:
    """A line that was read, its corners in pixels of the picture, clockwise from where the text begins at its top."""

    text: str
    score: float
    corners: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a picture says, and what was done to it."""

    blocks: list[list[list[ReadLine]]]
    """Blocks, rows, and the lines of a row from left to right, in reading order."""
    turn: Turn
    skew: float
    noise: float
    amended: list[str]

    @property
    def text(self) -> str:
        """A row a line, tabs between what stands side by side, empty lines between blocks."""
        blocks = ("\n".join("\t".join(one.text for one in row) for row in block) for block in self.blocks)
        return "\n\n".join(blocks)


def read(request: ReadRequest, ctx: ComputingContext) -> TextRead:
    """The text of a picture's file."""
    letters = open_letters(ctx)
    picture = upright(request.image.path, limits=request.image.limits)
    sheet = read_sheet(letters, picture, ctx.progress)
    return TextRead(
        width=picture.shape[1],
        height=picture.shape[0],
        text=sheet.text,
        blocks=[
            TextBlock(rows=[TextRow(lines=[_told(one) for one in row]) for row in block]) for block in sheet.blocks
        ],
        turn=sheet.turn,
        skew=round(sheet.skew, 2),
        noise=round(sheet.noise, 2),
        amended=sheet.amended,
    )


def _told(line: ReadLine) -> TextLine:
    corners = [Point(x=round(float(x), 1), y=round(float(y), 1)) for x, y in line.corners]
    return TextLine(text=line.text, score=round(line.score, 4), corners=corners)


def read_sheet(letters: Letters, picture: Picture, tell: Tell) -> Sheet:
    """The text of a picture, (height, width, 3)."""
    noise = grain_of(picture)
    clear, amended = _cleared(picture, noise)
    tell(0.05, "looking for text")
    scale = _first_scale(picture)
    lines = _look(letters, clear, scale)
    quarter = _runs_down(lines)
    if quarter:
        clear = np.ascontiguousarray(np.rot90(clear, -1))
        lines = _look(letters, clear, scale)
    tell(0.4, "looking which way up it stands")
    half = bool(lines) and _on_its_head(letters, clear, lines)
    if half:
        clear, lines = _headed(clear, lines)
    small = _median_height(lines)
    if lines and small * scale < SMALL_LOOK:
        scale = _bounded(clear, LOOKED_HEIGHT / small)
        tell(0.45, f"looking again, {scale:.1f} times as large")
        lines = _look(letters, clear, scale)
        amended.append(f"looked at {scale:.1f} times as large")
    tell(0.6, "reading")
    readings = _read(letters, clear, lines, amended)
    tell(0.9, "ordering")
    kept = [(line, one) for line, one in zip(lines, readings, strict=True) if one.score >= LEAST and one.text.strip()]
    return _sheet(kept, picture, _TURNS[quarter, half], noise, amended)


def grain_of(picture: Picture) -> float:
    """Standard deviation of the noise in the luma, by the median of Immerkær's mask: print is too little to move it."""
    grey = luma(picture).astype(np.float32)
    if min(grey.shape) < 3:  # noqa: PLR2004 - the mask's side
        return 0.0
    return float(np.median(np.abs(cv2.filter2D(grey, cv2.CV_32F, _MASK)[1:-1, 1:-1]))) / (6 * 0.6745)


def _cleared(picture: Picture, noise: float) -> tuple[Picture, list[str]]:
    """The picture with what can be told from it amended."""
    amended: list[str] = []
    if noise > GRAINY:
        picture = _smoothed(picture, noise)
        amended.append(f"noise of {noise:.0f} smoothed")
    low, high = np.percentile(luma(picture), (0.5, 99.5))
    if 0 < high - low < FAINT:
        stretched = (picture.astype(np.float32) - low) * (255 / (high - low))
        picture = np.clip(stretched, 0, 255).astype(np.uint8)
        amended.append(f"contrast of {high - low:.0f} stretched")
    return picture, amended


def _smoothed(picture: Picture, noise: float) -> Picture:
    """By non-local means, grey (Buades, Coll & Morel 2005); a large picture, whose print is large, by a small blur."""
    if picture.shape[0] * picture.shape[1] > MOST_PIXELS:
        return _bytes(cv2.GaussianBlur(picture, (0, 0), 0.7))
    smooth = cv2.fastNlMeansDenoising(luma(picture), None, noise, 5, 15)
    return np.repeat(_bytes(smooth)[..., None], 3, axis=2)


def _first_scale(picture: Picture) -> float:
    short, long = sorted(picture.shape[:2])
    return _bounded(picture, min(max(1.0, SHORT_SIDE / short), LONG_SIDE / long))


def _bounded(picture: Picture, scale: float) -> float:
    height, width = picture.shape[:2]
    return min(scale, float(np.sqrt(MOST_PIXELS / (height * width))))


def _look(letters: Letters, picture: Picture, scale: float) -> list[Line]:
    return lines_of(letters.find(scaled(picture, scale)), scale)


def scaled(picture: Picture, scale: float) -> Picture:
    """The picture so many times as large, and at least a pixel."""
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return picture
    return _bytes(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC))


def _median_height(lines: Sequence[Line]) -> float:
    """Pixels across the text, of the line in the middle; lines that run down are as high as they are wide."""
    return float(np.median([min(line.width, line.height) for line in lines])) if lines else 0.0


def _runs_down(lines: Sequence[Line]) -> bool:
    """Whether most of the text, by its length, runs up or down."""
    down = sum(line.height for line in lines if line.height >= TALL * line.width)
    across = sum(line.width for line in lines if line.width >= TALL * line.height)
    return down > across


def _on_its_head(letters: Letters, picture: Picture, lines: Sequence[Line]) -> bool:
    """By which way up the longest lines are read with clearly better scores."""
    strips = [strip_of(picture, line) for line in sorted(lines, key=lambda line: -line.width)[:VOTERS]]
    turned = [np.ascontiguousarray(np.rot90(strip, 2)) for strip in strips]
    return _score(letters.read(turned)) > _score(letters.read(strips)) + CLEARLY


def _score(readings: Sequence[Reading]) -> float:
    return float(np.mean([one.score for one in readings]))


def _headed(picture: Picture, lines: Sequence[Line]) -> tuple[Picture, list[Line]]:
    """The picture turned half round, and its lines with it."""
    size = np.array([picture.shape[1], picture.shape[0]], np.float32)
    turned = [replace(line, box=np.roll(size - line.box, 2, axis=0), bend=_reversed(line.bend)) for line in lines]
    return np.ascontiguousarray(np.rot90(picture, 2)), turned


def _reversed(bend: tuple[float, ...]) -> tuple[float, ...]:
    """A polynomial p with -p(-x) in its stead."""
    top = len(bend) - 1
    return tuple(-one if (top - place) % 2 == 0 else one for place, one in enumerate(bend))


def _read(letters: Letters, picture: Picture, lines: Sequence[Line], amended: list[str]) -> list[Reading]:
    """Each line from a picture in which it is high enough; a poor one again, wider and not straightened."""
    scale = _bounded(picture, 2.0) if _median_height(lines) < SMALL else 1.0
    source = scaled(picture, scale)
    if lines and scale > 1:
        amended.append(f"read {scale:.1f} times as large")
    placed = [replace(line, box=line.box * scale) for line in lines]
    readings = letters.read([strip_of(source, line) for line in placed])
    poor = [place for place, one in enumerate(readings) if one.score < POOR]
    for vary in VARIED if poor else ():
        again = letters.read([strip_of(source, vary(placed[place])) for place in poor])
        for place, one in zip(poor, again, strict=True):
            if one.score > readings[place].score and one.text.strip():
                readings[place] = one
    return readings


def _wider(line: Line) -> Line:
    """A tenth higher on both sides: where the box has cut the text."""
    middle = (line.box + line.box[[3, 2, 1, 0]]) / 2
    return replace(line, box=middle + (line.box - middle) * np.float32(1.2))


def _straight(line: Line) -> Line:
    return replace(line, bend=(), thick=1.0)


VARIED: tuple[Callable[[Line], Line], ...] = (_wider, _straight)


def _sheet(
    kept: Sequence[tuple[Line, Reading]], picture: Picture, turn: Turn, noise: float, amended: list[str]
) -> Sheet:
    skew = float(np.median([line.slope for line, _ in kept])) if kept else 0.0
    blocks = blocks_of([_span(line, skew) for line, _ in kept])
    lines = [
        ReadLine(text=one.text.strip(), score=one.score, corners=_turned_back(line.box, picture, turn))
        for line, one in kept
    ]
    return Sheet(
        blocks=[[[lines[one] for one in row] for row in block] for block in blocks],
        turn=turn,
        skew=skew,
        noise=noise,
        amended=amended,
    )


def _span(line: Line, skew: float) -> Span:
    """The line's place once the page is turned by its skew."""
    angle = np.radians(-skew)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    x, y = (line.box @ turn).T
    return Span(left=float(x.min()), top=float(y.min()), right=float(x.max()), bottom=float(y.max()))


def _turned_back(box: NDArray[np.float32], picture: Picture, turn: Turn) -> NDArray[np.float32]:
    """Corners in the picture as it came in, of which the one that was read is turned clockwise by `turn`."""
    height, width = picture.shape[:2]
    x, y = box.T
    back = {0: (x, y), 90: (y, height - x), 180: (width - x, height - y), 270: (width - y, x)}[turn]
    return np.stack(back, axis=1)


def _bytes(pixels: NDArray[np.generic]) -> Picture:
    return pixels.astype(np.uint8, copy=False)
