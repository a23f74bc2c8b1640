"""What formulas of the time alone do between the places that steps look at: peaks too narrow to be met by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.numerics.enclosure import enclose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nis_backend.numerics.formula import Formula

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

PARTS = 1200
"""Boxes of the time to begin with."""
MOST, HALVINGS = 60_000, 44
"""Boxes at once, and halvings of one."""
SHARP = 1e-11
"""Part of the whole area that a box may hide and is left alone."""
BOUNDLESS = 1e6
"""Times the largest value that what has no bounds counts for."""
NODES = np.array([0.0, 0.3, 0.8, 8 / 9, 1.0])
WEIGHTS = np.array([35 / 384, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84])
"""What a step of Dormand and Prince's method makes of a rate of the time alone."""
STOOD_OUT = 0.05
"""Part of the area beside the straight lines between the places seen that a sum over them lacks, of what they miss."""
MOST_PLACES = 500
"""Places that are told."""


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """What the steps between some times miss of a formula."""

    part: float
    """Of the area under its size."""
    places: list[float]
    """Where it stands out most, one a step."""


class Forcing:
    """A formula of the time, as far as bounds show it; `added` are the equations whose right sides it is added to."""

    def __init__(self, formula: Formula, start: float, end: float, added: tuple[int, ...] = ()) -> None:
        self.added = added
        self._value = formula.compile("t")
        low = start + (end - start) * np.arange(PARTS) / PARTS
        high = np.append(low[1:], end)
        edges, largest, area = [low, high], 0.0, 0.0
        self.hidden = 0.0
        for halving in range(HALVINGS + 1):
            a, b = self.at(low), self.at(high)
            size = np.maximum(np.abs(a), np.abs(b))
            largest = max(largest, float(size.max()))
            if halving == 0:
                area = float(np.sum((np.abs(a) + np.abs(b)) / 2 * (high - low)))
            bounds = enclose(formula, ("t",), low[None], high[None])
            excess = np.maximum(bounds.high - np.maximum(a, b), np.minimum(a, b) - bounds.low)
            hidden = np.clip(excess, 0, BOUNDLESS * (largest or 1.0)) * (high - low)
            least = SHARP * (area or largest * (end - start) or 1e-300)
            self.hidden = float(hidden[hidden > least].sum())
            middle, wide = (low + high) / 2, high - low
            m, p, q = self.at(middle), self.at(low + wide / 4), self.at(high - wide / 4)
            # Simpson's rule on the box and on its halves: they part at jumps and kinks, which bounds allow for.
            curved = np.abs(a + b + 6 * m - 4 * (p + q)) / 12
            open_ = (hidden > least) | (curved * wide > least)
            open_ &= (middle > low) & (middle < high)
            if not open_.any() or 2 * open_.sum() > MOST or halving == HALVINGS:
                break
            low, middle, high = low[open_], middle[open_], high[open_]
            edges.append(middle)
            low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
        self.edges = np.unique(np.concatenate(edges))
        self.area = float(np.trapezoid(np.abs(self.at(self.edges)), self.edges))

    def at(self, times: Array) -> Array:
        """Its values; 0 where it has none."""
        with np.errstate(all="ignore"):
            found = np.broadcast_to(np.asarray(self._value(times), dtype=float), times.shape)
        return np.where(np.isfinite(found), found, 0.0)

    def beside(self, times: Sequence[float]) -> Unseen:
        """What steps from each of these times to the next miss."""
        begin = np.array(times[:-1])
        wide = np.diff(np.array(times))
        seen = begin[:, None] + wide[:, None] * NODES
        values = self.at(seen)
        sums = (values @ WEIGHTS) * wide
        edges = np.unique(np.concatenate([self.edges, seen.ravel()]))
        middles, steps = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
        number = np.clip(np.searchsorted(begin, middles, side="right") - 1, 0, len(begin) - 1)
        order = np.argsort(seen.ravel(), kind="stable")
        known = seen.ravel()[order], values.ravel()[order]
        ends, between = self.at(edges), self.at(middles)
        off, across = np.abs(ends - np.interp(edges, *known)), np.abs(between - np.interp(middles, *known))
        # Simpson's rule on every piece.
        whole = np.bincount(number, (ends[:-1] + 4 * between + ends[1:]) / 6 * steps, len(begin))
        beside = np.bincount(number, (off[:-1] + 4 * across + off[1:]) / 6 * steps, len(begin))
        missed = np.minimum(np.abs(whole - sums), beside)
        missed[missed < STOOD_OUT * beside] = 0.0
        if not self.area or not missed.any():
            return Unseen(part=0.0, places=[])
        worst = np.argsort(-missed, kind="stable")[:MOST_PLACES]
        worst = worst[missed[worst] > 1e-3 * missed.sum()]
        firsts = np.searchsorted(edges, begin)
        lasts = np.append(firsts[1:], len(edges) - 1)
        places = [
            float(edges[a + int(np.argmax(np.abs(off[a : b + 1])))])
            for a, b in zip(firsts[worst], lasts[worst], strict=True)
        ]
        return Unseen(part=float(missed.sum()) / self.area, places=sorted(places))
