"""What a step response looks like: how soon it rises and settles, how far it overshoots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def shape(
    time: Array, step: Array, final: float | None, band: float
) -> tuple[float | None, float | None, float | None, float | None]:
    """Rise time, settling time, overshoot in percent, and when it peaks."""
    if not final:
        return None, None, None, None
    share = step / final
    low, high = _crossing(time, share, 0.1), _crossing(time, share, 0.9)
    outside = np.nonzero(np.abs(share - 1) > band)[0]
    settled: float | None = 0.0
    if len(outside):
        last = int(outside[-1])
        edge = 1 + band if share[last] > 1 else 1 - band
        settled = _between(time, share, last, edge) if last + 1 < len(time) else None
    top = int(np.argmax(share))
    over = 100 * (float(share[top]) - 1)
    if over <= 1e-6 * 100 or top in (0, len(time) - 1):
        return _less(high, low), settled, max(0.0, over) if over > 1e-4 else 0.0, None  # noqa: PLR2004 - rounding
    peak, at = _peak(time[top - 1 : top + 2], share[top - 1 : top + 2])
    return _less(high, low), settled, 100 * (peak - 1), at


def _peak(time: Array, share: Array) -> tuple[float, float]:
    """The top of the parabola through three points, and when it is reached."""
    (a, b, c), (t, u, v) = (list(map(float, one)) for one in (share, time))
    first, second = (b - a) / (u - t), (c - b) / (v - u)
    bent = (second - first) / (v - t)
    if not bent:
        return b, u
    at = (t + u) / 2 - first / (2 * bent)
    return a + first * (at - t) + bent * (at - t) * (at - u), at


def _less(high: float | None, low: float | None) -> float | None:
    return None if high is None or low is None else high - low


def _crossing(time: Array, share: Array, level: float) -> float | None:
    above = np.nonzero(share >= level)[0]
    if not len(above):
        return None
    return _between(time, share, int(above[0]) - 1, level) if above[0] else 0.0


def _between(time: Array, share: Array, place: int, level: float) -> float:
    a, b = float(share[place]), float(share[place + 1])
    return (
        float(time[place]) + (level - a) / (b - a) * float(time[place + 1] - time[place])
        if b != a
        else float(time[place])
    )
