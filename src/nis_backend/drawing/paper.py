"""What is drawn on: an SVG document under way, its colours, and how wide words are."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from collections.abc import Sequence

Anchor = Literal["start", "middle", "end"]
Room = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Colours on light or on dark."""

    page: str
    ink: str
    """Titles and names."""
    quiet: str
    """Numbers at the axes."""
    rule: str
    grid: str
    marks: tuple[str, ...]
    """Told apart by people who see few colours, in this order; each has a contrast of 3 or more with the page."""


LIGHT = Theme(
    page="#ffffff",
    ink="#1b2430",
    quiet="#4a5560",
    rule="#8b96a1",
    grid="#e3e7ec",
    marks=("#1f5fbf", "#c2571a", "#2b8a5a", "#8a4bb0", "#a8324a", "#5a6b7b"),
)
DARK = Theme(
    page="#14181d",
    ink="#eef1f4",
    quiet="#b3bcc6",
    rule="#76828e",
    grid="#2b323a",
    marks=("#6da3f5", "#ef8d4e", "#57c08d", "#c493e6", "#ee7f95", "#a4b3c1"),
)

FONT = 12
TITLE = 15
LINE = 18
"""Pixels from one line of words to the next."""
EDGE = 12
"""Pixels left free at the borders."""

_NARROW, _WIDE = frozenset("ijl.,:;'|!()[]{} tfrI·"), frozenset("mwMW@%—…ΩΣ")
_FULL = 0x1100
"""From here on, scripts of East Asia: a character is as wide as it is high."""


def width_of(text: str, size: float = FONT) -> float:
    """About how many pixels a line of words takes, rather more than fewer: the reader's font is not known."""
    ems = 0.0
    for char in text:
        if ord(char) >= _FULL and not 0x2000 <= ord(char) < 0x2E80:  # noqa: PLR2004 - punctuation, arrows, mathematics
            ems += 1.0
        else:
            ems += 0.36 if char in _NARROW else 0.95 if char in _WIDE else 0.7 if char.isupper() else 0.6
    return ems * size


JOINERS = "\u200c\u200d"
"""Of which words of some scripts and composed emoji are made, though nothing of them is printed."""


def plain(text: str) -> str:
    """Without what XML forbids and what turns other words about."""
    return "".join(char if char.isprintable() or char in JOINERS else " " for char in text)


def cut(text: str, room: float, size: float = FONT) -> str:
    """As much of a text as there is room for; what was cut is in the drawing's description or table."""
    text = plain(text)
    if width_of(text, size) <= room:
        return text
    while text and width_of(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…" if text else ""


def meet(one: Room, other: Room) -> bool:
    """Whether two lie over each other."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def short(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


@dataclass(kw_only=True)
class Paper:
    """A document of a given size under way."""

    width: int
    height: int
    theme: Theme
    title: str
    described: str
    _parts: list[str] = field(default_factory=list[str])

    def svg(self) -> str:
        """The whole document."""
        size = f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="Noto Sans, sans-serif" '
            f'font-size="{FONT}" fill="{self.theme.quiet}"><title>{escape(plain(self.described))}</title>'
            f'<rect width="{self.width}" height="{self.height}" fill="{self.theme.page}"/>'
        )
        return "".join([head, *self._parts, "</svg>"])

    def heading(self) -> float:
        """Draw the title, if there is one; answers where what follows may begin."""
        if not self.title:
            return EDGE / 2
        self.text(EDGE, 26, cut(self.title, self.width - 2 * EDGE, TITLE), size=TITLE, fill=self.theme.ink, bold=True)
        return 38

    def text(  # noqa: PLR0913 - the attributes of a text
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: Anchor = "start",
        size: float = FONT,
        fill: str = "",
        bold: bool = False,
        turn: float = 0,
        cls: str = "",
    ) -> None:
        """A line of words; `turn` is in degrees, against the clock where negative."""
        attributes = "" if anchor == "start" else f' text-anchor="{anchor}"'
        attributes += "" if size == FONT else f' font-size="{size:g}"'
        attributes += f' fill="{fill}"' if fill else ""
        attributes += ' font-weight="600"' if bold else ""
        attributes += f' transform="rotate({turn:g} {short(x)} {short(y)})"' if turn else ""
        attributes += f' class="{cls}"' if cls else ""
        self._parts.append(f'<text x="{short(x)}" y="{short(y)}"{attributes}>{escape(plain(text))}</text>')

    def rule(self, x: float, y: float, x2: float, y2: float, stroke: str) -> None:
        """A straight line."""
        self.path(f"M{short(x)} {short(y)}L{short(x2)} {short(y2)}", stroke=stroke)

    def path(  # noqa: PLR0913 - the attributes of a path
        self,
        d: str,
        *,
        stroke: str = "none",
        width: float = 1,
        fill: str = "none",
        dash: str = "",
        cls: str = "",
        opacity: float = 1,
    ) -> None:
        """A path as SVG writes it."""
        attributes = f' stroke="{stroke}" stroke-width="{width:g}" stroke-linejoin="round"' if stroke != "none" else ""
        attributes += f' stroke-dasharray="{dash}"' if dash else ""
        attributes += f' opacity="{opacity:g}"' if opacity != 1 else ""
        attributes += f' class="{cls}"' if cls else ""
        self._parts.append(f'<path d="{d}" fill="{fill}"{attributes}/>')

    def box(  # noqa: PLR0913 - the attributes of a rectangle
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str,
        stroke: str = "",
        cls: str = "",
        tip: str = "",
        thick: float = 1,
    ) -> None:
        """A rectangle; `tip` is shown under the pointer."""
        place = f'x="{short(x)}" y="{short(y)}" width="{short(max(0, width))}" height="{short(max(0, height))}"'
        line = f' stroke="{stroke}" stroke-width="{thick:g}"' if stroke else ""
        name = f' class="{cls}"' if cls else ""
        self._parts.append(f'<rect {place} fill="{fill}"{line}{name}{_tipped("rect", tip)}')

    def mark(  # noqa: PLR0913 - the attributes of a point
        self, x: float, y: float, index: int, *, size: float = 3.5, tip: str = "", fill: str = "", cls: str = "mark"
    ) -> None:
        """A point; its form tells groups apart as its colour does."""
        colour = fill or self.colour(index)
        r = size
        match index % 4:
            case 0:
                self._parts.append(
                    f'<circle cx="{short(x)}" cy="{short(y)}" r="{r:g}" fill="{colour}" class="{cls}"'
                    f"{_tipped('circle', tip)}"
                )
                return
            case 1:
                d = f"M{short(x - r)} {short(y - r)}h{2 * r:g}v{2 * r:g}h{-2 * r:g}z"
            case 2:
                d = f"M{short(x)} {short(y - r - 1)}l{r + 1:g} {2 * r:g}h{-2 * (r + 1):g}z"
            case _:
                d = f"M{short(x)} {short(y - r - 1)}l{r + 1:g} {r + 1:g}l{-r - 1:g} {r + 1:g}l{-r - 1:g} {-r - 1:g}z"
        self._parts.append(f'<path d="{d}" fill="{colour}" class="{cls}"{_tipped("path", tip)}')

    def image(  # noqa: PLR0913 - the attributes of an image
        self, x: float, y: float, width: float, height: float, address: str, *, sharp: bool = False
    ) -> None:
        """A picture by its `data:` address; `sharp` keeps its pixels as squares."""
        place = f'x="{short(x)}" y="{short(y)}" width="{short(width)}" height="{short(height)}"'
        style = ' image-rendering="optimizeSpeed" style="image-rendering:pixelated"' if sharp else ""
        self._parts.append(f'<image {place} preserveAspectRatio="none"{style} href={quoteattr(address)}/>')

    def colour(self, index: int) -> str:
        """The colour of the group of this index."""
        return self.theme.marks[index % len(self.theme.marks)]

    def legend(self, entries: Sequence[tuple[str, int, bool]], top: float) -> float:
        """Names with their colours in rows, outside of what is drawn; answers where that may begin.

        An entry is a name, the index of its colour, and whether it is a line.
        """
        x, y = float(EDGE), top
        for name, index, is_line in entries:
            shown = cut(name, min(self.width - 2 * EDGE - 24, 220))
            room = 24 + width_of(shown) + 14
            if x > EDGE and x + room > self.width - EDGE:
                x, y = float(EDGE), y + LINE
            if is_line:
                self.path(
                    f"M{short(x)} {short(y + 6)}h16", stroke=self.colour(index), width=3, dash=dash(index), cls="key"
                )
            else:
                self.mark(x + 8, y + 6, index, size=5, cls="key")
            self.text(x + 22, y + 10, shown, cls="key")
            x += room
        return y + LINE + 4 if entries else top


def dash(index: int) -> str:
    """How a line is broken: whole for as many lines as there are colours, then in pieces."""
    return ("", "7 4", "2 3")[min(2, index // len(LIGHT.marks))]


def _tipped(kind: str, tip: str) -> str:
    return f"><title>{escape(plain(tip))}</title></{kind}>" if tip else "/>"


def rows_of(names: Sequence[str], width: int) -> int:
    """About how many rows a legend takes."""
    return math.ceil(sum(38 + min(220.0, width_of(name)) for name in names) / max(1, width - 2 * EDGE))
