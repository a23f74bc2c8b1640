"""From values to pixels: even, logarithmic, in time or in categories, and where the ticks are."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    Kind = Literal["linear", "log", "time"]

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(one * _MINUTE for one in (1, 2, 5, 10, 15, 30)),
    *(one * _HOUR for one in (1, 2, 3, 6, 12)),
    *(one * _DAY for one in (1, 2, 7, 14)),
)
"""Seconds between ticks, below a month."""
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
_MONTH = 30.44 * _DAY
_LEAST, _MOST = 1e-4, 1e6
"""Ticks whose largest is beyond these are written with a power of ten at the axis."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A stretch of values on a stretch of pixels."""

    low: float
    high: float
    start: float
    end: float
    kind: Kind = "linear"
    whole: bool = False
    """Whether its values are counts and the like, with nothing between them."""

    def at(self, value: float) -> float:
        """Where a value lies, in pixels, held between the ends."""
        return self.start + min(1.0, max(0.0, self.share(value))) * (self.end - self.start)

    def share(self, value: float) -> float:
        """Where a value lies between the ends, 0 to 1."""
        low, high = self.low, self.high
        if self.kind == "log":
            low, high, value = math.log10(low), math.log10(high), math.log10(value) if value > 0 else -math.inf
        # Halves, because the difference of two doubles can overflow.
        span = high / 2 - low / 2
        return (value / 2 - low / 2) / span if span else 0.5

    def ticks(self, wanted: float) -> list[tuple[float, str]]:
        """Values and what is written at them, about as many as wanted."""
        match self.kind:
            case "log":
                return _log_ticks(self.low, self.high, wanted)
            case "time":
                return _time_ticks(self.low, self.high, wanted)
            case "linear":
                power = self.power
                found = ticks(self.low, self.high, wanted, least=1.0 if self.whole else 0.0)
                return [(one, number(one / 10**power if power else one)) for one in found]

    @property
    def power(self) -> int:
        """The power of ten that the numbers at the axis are of."""
        most = max(abs(self.low), abs(self.high))
        if self.kind != "linear" or most == 0 or _LEAST <= most < _MOST:
            return 0
        # Beyond what a double divides exactly, numbers are written as they are.
        power = 3 * math.floor(math.log10(most) / 3)
        return power if abs(power) <= 300 else 0  # noqa: PLR2004 - see above


def span(
    values: Iterable[float | None], kind: Kind = "linear", *, zero: bool = False, pad: float = 0
) -> tuple[float, float]:
    """The ends of what is there; `zero` is among them where asked, `pad` is added at both as a share."""
    there = [one for one in values if one is not None and (kind != "log" or one > 0)]
    if not there:
        return (1.0, 10.0) if kind == "log" else (0.0, 1.0)
    low, high = min(there), max(there)
    if kind == "log":
        return (low / 2, high * 2) if low == high else (low, high)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if zero and low == high:
        return 0.0, 1.0
    if low == high:
        edge = abs(low) / 10 or 1.0
        # The greatest doubles have nothing beyond them.
        return (low - edge, high + edge) if math.isfinite(2 * edge + abs(low)) else (low, high)
    more = (high / 2 - low / 2) * 2 * pad
    padded = (low if zero and low == 0 else low - more, high if zero and high == 0 else high + more)
    return padded if all(map(math.isfinite, padded)) else (low, high)


def ticks(low: float, high: float, wanted: float = 5, *, least: float = 0) -> list[float]:
    """Round numbers between the ends, about as many as wanted, no nearer than `least`; else the ends alone."""
    width = high - low
    # Beyond these, steps are no longer told apart from the ends in double precision.
    if not 1e-12 * max(abs(low), abs(high), 1e-280) < width < 1e300:  # noqa: PLR2004 - see above
        return sorted({low, high})
    rough = max(width / max(1.0, wanted), least)
    power = 10.0 ** math.floor(math.log10(rough))
    steps = [power * factor for factor in (0.2, 0.5, 1, 2, 5, 10) if power * factor >= least * 0.999]
    at = next(at for at, one in enumerate(steps) if one >= rough * 0.999)
    found = [(step, math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)) for step in reversed(steps[: at + 1])]
    # Fewer than two say nothing of a scale: the next finer step has more.
    step, first, last = next((one for one in found if one[2] > one[1]), found[0])
    return [index * step for index in range(first, last + 1)] or [low, high]


def number(value: float) -> str:
    """A number as a person writes it; ten digits keep what was computed and hide binary rounding."""
    return f"{value:.10g}".replace("-", "\u2212")


def ten(power: int) -> str:
    """A power of ten."""
    return f"10{str(power).translate(_SUPERSCRIPT)}"


def _log_ticks(low: float, high: float, wanted: float) -> list[tuple[float, str]]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    decades = last - first + 1
    if decades < 2:  # noqa: PLR2004 - within a decade or so, ones in between are needed
        between = [
            factor * 10.0**power
            for power in range(first - 1, last + 1)
            for factor in (1, 2, 5)
            if low * 0.999 <= factor * 10.0**power <= high * 1.001
        ]
        return [(one, number(one)) for one in (between if len(between) > 1 else [low, high])]
    step = max(1, math.ceil(decades / max(2.0, wanted)))
    powers = range(first, last + 1, step)
    plain = all(-3 <= power <= 4 for power in powers)  # noqa: PLR2004 - from 0.001 to 10000, zeros are read at a glance
    return [(10.0**power, number(10.0**power) if plain else ten(power)) for power in powers]


def _time_ticks(low: float, high: float, wanted: float) -> list[tuple[float, str]]:
    rough = (high - low) / max(1.0, wanted)
    if rough < 0.5:  # noqa: PLR2004 - steps of a second would be too few
        return [(one, _parts_of_seconds(one)) for one in ticks(low, high, wanted)]
    step = next((one for one in _STEPS if one >= rough), None)
    try:
        if step is None:
            return _month_ticks(low, high, rough)
        moments = [index * step for index in range(math.ceil(low / step), math.floor(high / step) + 1)]
        form = "%Y-%m-%d" if step >= _DAY else "%H:%M" if step >= _MINUTE else "%H:%M:%S"
        if step < _DAY and math.floor(low / _DAY) != math.floor(high / _DAY):
            form = f"%m-%d {form}"
        return [(float(one), datetime.fromtimestamp(one, UTC).strftime(form)) for one in moments]
    except (ValueError, OverflowError, OSError):
        return [(one, number(one)) for one in ticks(low, high, wanted)]


def _parts_of_seconds(moment: float) -> str:
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S.%f").rstrip("0").rstrip(".")
    except (ValueError, OverflowError, OSError):
        return number(moment)


def _month_ticks(low: float, high: float, rough: float) -> list[tuple[float, str]]:
    step = next((one for one in _MONTHS if one * _MONTH >= 0.8 * rough), _MONTHS[-1])
    begin, finish = (datetime.fromtimestamp(one, UTC) for one in (low, high))
    months = range(-(-(begin.year * 12 + begin.month - 1) // step) * step, finish.year * 12 + finish.month, step)
    found = [datetime(one // 12, one % 12 + 1, 1, tzinfo=UTC) for one in months if one // 12 >= 1]
    form = "%Y" if step >= 12 else "%Y-%m"  # noqa: PLR2004 - months of a year
    return [(one.timestamp(), one.strftime(form)) for one in found if low <= one.timestamp() <= high]


def spread_out(places: Sequence[float], widths: Sequence[float], gap: float = 8) -> list[int]:
    """Which labels, centred at these places, can be shown without touching: every n-th, n as small as can be."""
    for step in range(1, len(places) + 1):
        kept = range(0, len(places), step)
        pairs = itertools.pairwise(kept)
        if all(abs(places[b] - places[a]) >= (widths[a] + widths[b]) / 2 + gap for a, b in pairs):
            return list(kept)
    return []
