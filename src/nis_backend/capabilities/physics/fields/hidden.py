"""What formulas hide between the places looked at: found by bounds on boxes that are halved until they hold tightly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.numerics.enclosure import enclose

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.numerics.formula import Formula

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

PARTS = {1: 1200, 2: 96, 3: 16}
"""Boxes along each of so many variables, to begin with."""
HIGH = {1: 1e-6, 2: 1e-2, 3: 1e-2}
"""Part of the largest value by which a formula may leave the corners of a box that counts as seen."""
MOST = 150_000
"""Boxes at once: beyond, what is left is told."""
HALVINGS = 40
STEEP = 0.02
"""Part of its range by which a formula of one variable may change across a piece that is integrated."""
BOUNDLESS = 1e6
"""Times the largest value that what has no bounds counts for: sin(x - a)/(x - a) has none around a."""
BENT = 1e-6
"""Part of its range by which it may leave a straight line there: kinks are closed in upon."""
POLE = 1e7
"""Times what nine of ten corners do not exceed, from which what has no bounds is a pole."""
KEPT = 2000
"""Places at which the formula is seen to bend most."""


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A formula, as far as bounds show it."""

    edges: Array
    """Of one variable: pieces over which it changes little."""
    places: dict[str, Array]
    """By variable: where it bends most, most first."""
    left: float
    """What may still hide: the most that it adds to the mean, as a part of the largest value."""
    largest: float


@lru_cache(maxsize=32)
def sight(formula: Formula, extents: tuple[tuple[str, float], ...]) -> Sight:
    """Look at a formula from 0 to the extent of each variable; those it does not hold are not looked along."""
    names = tuple(name for name, _ in extents if name in formula.names)
    reach = np.array([one for name, one in extents if name in names])
    other = {name: one / 2 for name, one in extents if name not in names}
    if not names:
        return Sight(edges=np.zeros(0), places={}, left=0.0, largest=abs(float(formula.compile()())))
    search = _Search(formula, names, reach)
    search.run()
    order = np.argsort(-search.bends, kind="stable")[:KEPT]
    found = dict(zip(names, search.middles[:, order], strict=True))
    return Sight(
        edges=search.edges if len(names) == 1 else np.zeros(0),
        places={**found, **{name: np.full(len(order), one) for name, one in other.items()}},
        left=search.left,
        largest=search.largest,
    )


class _Search:
    """Boxes of one formula, halved along every variable where bounds are loose."""

    def __init__(self, formula: Formula, names: tuple[str, ...], reach: Array) -> None:
        self._formula, self._names, self._reach = formula, names, reach
        self._value = formula.compile(*names)
        self._corners = np.array(list(product((0.0, 1.0), repeat=len(names)))).T  # (d, 2^d)
        self.middles, self.bends = np.zeros((len(names), 0)), np.zeros(0)
        self.edges: Array = np.zeros(0)
        self.left, self.largest = 0.0, 0.0
        self._range, self._usual = 0.0, 0.0

    def run(self) -> None:
        count = len(self._names)
        parts = PARTS[count]
        cells = np.array(list(product(range(parts), repeat=count)), dtype=float).T
        low = cells / parts * self._reach[:, None]
        wide = self._reach / parts
        for halving in range(HALVINGS + 1):
            open_, excess = self._loose(low, wide)
            most = BOUNDLESS * (self.largest or 1.0)
            self.left = float(np.sum(np.minimum(excess, most)) * np.prod(wide / self._reach)) / (self.largest or 1.0)
            if self.largest > POLE * self._usual > 0 and np.any(np.isinf(excess)):
                self.left = 1.0
            if count == 1:
                self.edges = np.concatenate([self.edges, low[0], low[0, -1:] + wide[0]])
            if not np.any(open_) or np.sum(open_) * 2**count > MOST or halving == HALVINGS:
                break
            low, wide = self._halved(low[:, open_], wide)
        self.edges = np.unique(self.edges)

    def _loose(self, low: Array, wide: Array) -> tuple[Array, Array]:
        """Which boxes are to be halved, and by how much bounds of those leave their corners."""
        at = low[:, None, :] + self._corners[:, :, None] * wide[:, None, None]
        seen, middle = self._at(at), self._at(low + wide[:, None] / 2)
        span = enclose(self._formula, self._names, low, low + wide[:, None])
        least, most = np.min(seen, axis=0), np.max(seen, axis=0)
        self.largest = max(self.largest, float(np.max(np.abs(seen))), float(np.max(np.abs(middle))))
        self._range = max(self._range, float(np.max(most) - np.min(least)))
        excess = np.maximum(span.high - most, least - span.low)
        open_ = excess > HIGH[len(self._names)] * self.largest
        self._usual = self._usual or float(np.quantile(np.abs(seen), 0.9))
        bends = np.abs(middle - seen.mean(axis=0))
        if len(self._names) == 1:
            open_ |= (most - least > STEEP * self._range) | (bends > BENT * self._range)
        self.middles = np.concatenate([self.middles, (low + wide[:, None] / 2)[:, open_]], axis=1)
        self.bends = np.concatenate([self.bends, bends[open_]])
        return open_, np.where(excess > HIGH[len(self._names)] * self.largest, excess, 0.0)

    def _at(self, places: Array) -> Array:
        with np.errstate(all="ignore"):
            values = np.broadcast_to(np.asarray(self._value(*places), dtype=float), places.shape[1:])
        return np.where(np.isfinite(values), values, 0.0)

    def _halved(self, low: Array, wide: Array) -> tuple[Array, Array]:
        half = wide / 2
        whole = low[:, None, :] + self._corners[:, :, None] * half[:, None, None]
        return whole.reshape(len(low), -1), half


def integral(value: Callable[[Array], Array], edges: Array) -> Array:
    """Of a function over each piece between the edges, by Gauss's rule of four places."""
    gauss, weight = np.polynomial.legendre.leggauss(4)
    wide = np.diff(edges)
    places = edges[:-1, None] + wide[:, None] * (gauss[None, :] + 1) / 2
    return value(places.ravel()).reshape(places.shape) @ weight / 2 * wide
