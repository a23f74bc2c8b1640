"""A series as one SVG picture, for clients that have no chart of their own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from nis_backend.view import Axis, Series

WIDTH, PANEL, LEFT, RIGHT, TOP = 640, 240, 64, 16, 44
LEGEND = 20
COLOURS = ("#1f5fbf", "#c2571a", "#2b8a5a", "#8a4bb0", "#a8324a", "#5a6b7b")
"""Dark enough on white for text, told apart by people who see few colours in this order."""
FINEST = 640
"""More points than pixels are not seen: of a longer line the extremes of each stretch are drawn."""

Scale = tuple[float, float]


def draw_chart(series: Series) -> str:
    """The lines over their axis, one panel for each unit: two scales in one panel would invite false comparison."""
    panels = list(_by_unit(series.lines)) or [[]]
    height = TOP + sum(PANEL + _legend_height(lines) for lines in panels) + 16
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12" fill="#4a5560">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="26" font-size="15" font-weight="600" fill="#1b2430">{_words(series.title, 72)}</text>',
    ]
    across = _range([series.x])
    top = TOP
    for lines in panels:
        parts += _panel(lines, series.x, across, top)
        top += PANEL + _legend_height(lines)
    return "".join([*parts, "</svg>"])


def _by_unit(lines: Sequence[Axis]) -> Iterator[list[Axis]]:
    for unit in dict.fromkeys(line.unit for line in lines):
        yield [line for line in lines if line.unit == unit]


def _legend_height(lines: Sequence[Axis]) -> int:
    return LEGEND * math.ceil(len(lines) / 3) if len(lines) > 1 else 0


def _panel(lines: Sequence[Axis], x: Axis, across: Scale, top: int) -> Iterator[str]:
    yield from _legend(lines, top)
    top += _legend_height(lines)
    left, right, upper, lower = LEFT, WIDTH - RIGHT, top + 20, top + PANEL - 44
    up = _range(lines)
    name = _name(lines[0]) if len(lines) == 1 else (lines[0].unit if lines else "")
    yield f'<text x="{left}" y="{top + 10}" fill="#1b2430">{_words(name, 80)}</text>'
    for tick in ticks(*up):
        y = lower - _share(tick, up) * (lower - upper)
        yield f'<path d="M{left} {y:.1f}H{right}" stroke="#e3e7ec"/>'
        yield f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{number(tick)}</text>'
    for tick in ticks(*across):
        at = left + _share(tick, across) * (right - left)
        yield f'<path d="M{at:.1f} {lower}v5" stroke="#8b96a1"/>'
        yield f'<text x="{at:.1f}" y="{lower + 18}" text-anchor="middle">{number(tick)}</text>'
    yield f'<path d="M{left} {lower}H{right}" stroke="#8b96a1"/>'
    yield f'<text x="{right}" y="{lower + 36}" text-anchor="end" fill="#1b2430">{_words(_name(x), 80)}</text>'
    for line, colour in zip(lines, _colours(), strict=False):
        points = [
            f"{left + _share(a, across) * (right - left):.1f} {lower - _share(b, up) * (lower - upper):.1f}"
            for a, b in _thin(
                [(a, b) for a, b in zip(x.values, line.values, strict=False) if a is not None and b is not None]
            )
        ]
        if len(points) == 1:
            cx, _, cy = points[0].partition(" ")
            yield f'<circle cx="{cx}" cy="{cy}" r="3" fill="{colour}"/>'
        elif points:
            stroke = f'fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"'
            yield f'<path d="M{"L".join(points)}" {stroke}/>'


def _legend(lines: Sequence[Axis], top: int) -> Iterator[str]:
    if len(lines) < 2:  # noqa: PLR2004 - one line is named by its axis
        return
    column = (WIDTH - LEFT - RIGHT) // 3
    for index, (line, colour) in enumerate(zip(lines, _colours(), strict=False)):
        x, y = LEFT + index % 3 * column, top + index // 3 * LEGEND
        yield f'<path d="M{x} {y + 4}h16" stroke="{colour}" stroke-width="3"/>'
        yield f'<text x="{x + 22}" y="{y + 8}">{_words(line.label, 26)}</text>'


def _colours() -> Iterator[str]:
    while True:
        yield from COLOURS


def _thin(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most about `FINEST` points: of each stretch the lowest and the highest, in their order."""
    if len(points) <= FINEST:
        return points
    size = math.ceil(2 * len(points) / FINEST)
    kept = {0, len(points) - 1}
    for start in range(0, len(points), size):
        stretch = range(start, min(start + size, len(points)))
        kept |= {min(stretch, key=lambda at: points[at][1]), max(stretch, key=lambda at: points[at][1])}
    return [points[at] for at in sorted(kept)]


def _range(axes: Sequence[Axis]) -> Scale:
    values = [value for axis in axes for value in axis.values if value is not None]
    return (min(values), max(values)) if values else (0.0, 1.0)


def _share(value: float, scale: Scale) -> float:
    """Where `value` lies between the ends, 0 to 1; halves, because the difference of two doubles can overflow."""
    low, high = scale
    span = high / 2 - low / 2
    return (value / 2 - low / 2) / span if span > 0 else 0.5


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers between the ends, about as many as wanted; the ends alone where there are none."""
    span = high - low
    # Beyond these, steps are no longer told apart from the ends in double precision.
    if not 1e-12 * max(abs(low), abs(high), 1e-280) < span < 1e300:  # noqa: PLR2004 - see above
        return sorted({low, high})
    rough = span / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def number(value: float) -> str:
    """A number as a person writes it; ten digits keep what was computed and hide binary rounding."""
    return f"{value:.10g}"


def _name(axis: Axis) -> str:
    return f"{axis.label} ({axis.unit})" if axis.unit else axis.label


def _words(text: str, limit: int) -> str:
    """Text for XML, which has no control characters; what is cut is in the picture's description."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return escape(printable if len(printable) <= limit else f"{printable[: limit - 1]}…")
