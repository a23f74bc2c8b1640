"""The two axes about a chart: their room, ticks, names, and the scales between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nis_backend.drawing.paper import EDGE, FONT, LINE, cut, width_of
from nis_backend.drawing.scale import Scale, number, span, spread_out, ten
from nis_backend.told import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nis_backend.drawing.paper import Paper
    from nis_backend.drawing.scale import Kind
    from nis_backend.view import Axis

TURN = 40
"""Degrees that labels are turned by where they do not fit side by side."""
_SIN, _COS = math.sin(math.radians(TURN)), math.cos(math.radians(TURN))
LONGEST = 150
"""Pixels of a label."""
APART = 42
"""Pixels between ticks upwards, about; sideways it is by their words."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """An axis before it has a place."""

    name: str
    low: float
    high: float
    kind: Kind = "linear"
    names: Sequence[str] = field(default_factory=list[str])
    whole: bool = False

    def placed(self, start: float, end: float) -> Scale:
        """The axis on a stretch of pixels."""
        return Scale(low=self.low, high=self.high, start=start, end=end, kind=self.kind, whole=self.whole)


def side(axes: Sequence[Axis], *, zero: bool = False, pad: float = 0, name: str | None = None) -> Side:
    """The axis that holds all values of these, with their errors."""
    first = axes[0]
    if first.names:
        return categories(named(first.label, first.unit), first.names)
    values = [*(value for axis in axes for value in axis.values)]
    for axis in axes:
        values += [*axis.edges]
        for value, error in zip(axis.values, axis.errors, strict=False):
            if value is not None and error is not None:
                values += [value - error, value + error]
    low, high = span(values, first.scale, zero=zero, pad=pad)
    unit = "UTC" if first.scale == "time" and not first.unit else first.unit
    return Side(
        name=named(first.label, unit) if name is None else name,
        low=low,
        high=high,
        kind=first.scale,
        whole=all(value is None or float(value).is_integer() for value in values),
    )


def categories(name: str, names: Sequence[str]) -> Side:
    """An axis of words, each in the middle of a band of its own."""
    return Side(name=name, low=-0.5, high=len(names) - 0.5, names=names)


def left_of(sides: Sequence[Side], height: float) -> float:
    """Room for what is written beside these axes, one of which is upright in each panel."""
    widest = max((width_of(text) for one in sides for _, text in _upright(one, height)), default=20)
    return EDGE + min(LONGEST, widest) + 8


def _upright(one: Side, height: float) -> list[tuple[float, str]]:
    if one.names:
        # Of many only some may have one.
        return [(float(index), cut(name, LONGEST)) for index, name in enumerate(one.names) if name]
    return one.placed(height, 0).ticks(max(2.0, height / APART))


def frame(  # noqa: PLR0913 - a place and its two axes
    paper: Paper, across: Side, up: Side, *, left: float, right: float, top: float, bottom: float, equal: bool = False
) -> tuple[Scale, Scale]:
    """Draw the axes within these pixels, `equal` ones with the same step on both; answers their scales."""
    inner = top + LINE + 4
    lower = bottom - foot_of(across, left, right) - (LINE if across.name else 0)
    if equal:
        step = max((across.high - across.low) / (right - left), (up.high - up.low) / (lower - inner))
        across, up = _spread(across, step * (right - left)), _spread(up, step * (lower - inner))
    x, y = across.placed(left, right), up.placed(lower, inner)
    name = _powered(up.name, y)
    paper.text(EDGE, top + 12, cut(name, paper.width - 2 * EDGE), fill=paper.theme.ink, cls="name")
    ticks = _upright(up, lower - inner)
    kept = spread_out([y.at(at) for at, _ in ticks], [FONT] * len(ticks), 3)
    for at, text in (ticks[index] for index in kept):
        place = y.at(at)
        if not up.names:
            paper.rule(left, place, right, place, paper.theme.grid)
        paper.text(left - 8, place + 4, text, anchor="end", cls="tick")
    paper.rule(left, lower, right, lower, paper.theme.rule)
    if up.kind == "linear" and up.low < 0 < up.high:
        paper.rule(left, y.at(0), right, y.at(0), paper.theme.rule)
    if across.names:
        _named_ticks(paper, across, x, lower)
    else:
        _ticks(paper, x, lower)
    label = _powered(across.name, x)
    middle = (left + right) / 2
    room = 2 * min(middle - EDGE, paper.width - EDGE - middle)
    paper.text(middle, bottom - 5, cut(label, room), anchor="middle", fill=paper.theme.ink, cls="name")
    return x, y


def _spread(one: Side, length: float) -> Side:
    """The axis with as much more on both sides as makes it so long."""
    more = max(0.0, (length - (one.high - one.low)) / 2)
    return replace(one, low=one.low - more, high=one.high + more)


def _powered(name: str, scale: Scale) -> str:
    """An axis's name, and what its numbers are times of."""
    return ", ".join(part for part in (name, f"×{ten(scale.power)}" if scale.power else "") if part)


def foot_of(across: Side, left: float, right: float) -> float:
    """Room for what is written under the lower axis, without its name."""
    if not across.names or _fits(across.names, right - left):
        return LINE + 8
    return 12 + _SIN * max(width_of(text) for text in _turned(across.names, left, right)) + FONT * _COS


def _fits(names: Sequence[str], width: float) -> bool:
    return max(map(width_of, names)) + 8 <= width / len(names)


def _turned(names: Sequence[str], left: float, right: float) -> list[str]:
    """Names as they fit to the left of their band's middle."""
    band = (right - left) / len(names)
    rooms = (min(LONGEST, (left + band * (at + 0.5) - EDGE / 2) / _COS) for at in range(len(names)))
    return [cut(name, room) for name, room in zip(names, rooms, strict=True)]


def _named_ticks(paper: Paper, across: Side, x: Scale, lower: float) -> None:
    places = [x.at(index) for index in range(len(across.names))]
    if _fits(across.names, x.end - x.start):
        for place, name in zip(places, across.names, strict=True):
            paper.text(place, lower + 18, cut(name, 10_000), anchor="middle", cls="tick")
        return
    texts = _turned(across.names, x.start, x.end)
    step = max(1, math.ceil((FONT + 3) / _SIN / (places[1] - places[0]))) if len(places) > 1 else 1
    for place, text in list(zip(places, texts, strict=True))[::step]:
        paper.text(place + 4, lower + 14, text, anchor="end", turn=-TURN, cls="tick")


def _ticks(paper: Paper, x: Scale, lower: float) -> None:
    ticks = x.ticks(max(2.0, (x.end - x.start) / 90))
    places = [x.at(at) for at, _ in ticks]
    widths = [width_of(text) for _, text in ticks]
    for index in spread_out(places, widths):
        paper.rule(places[index], lower, places[index], lower + 5, paper.theme.rule)
        # The last one's words stay on the paper.
        half = widths[index] / 2
        at = min(max(places[index], half + 2), paper.width - half - 2)
        paper.text(at, lower + 18, ticks[index][1], anchor="middle", cls="tick")


def shown(value: float, unit: str) -> str:
    """A value as it is told under the pointer."""
    return f"{number(float(f'{value:.6g}'))} {unit}".rstrip()
