"""How close bodies come to each other on the way, also between the times of the answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Approach:
    """The least distance of each pair so far; `place` and `velocity` are `(n, d)`.

    The square of a distance and its slope are known at both ends of a step: between them it is a cubic.
    """

    def __init__(self, place: Array, velocity: Array) -> None:
        self.pairs = np.triu_indices(len(place), 1)
        self._time = 0.0
        self._square, self._half = self._of(place, velocity)
        self.squares = self._square.copy()
        self.times = np.zeros(len(self.squares))

    def _of(self, place: Array, velocity: Array) -> tuple[Array, Array]:
        """The squares of the distances, and half their slopes."""
        apart = place[self.pairs[0]] - place[self.pairs[1]]
        parting = velocity[self.pairs[0]] - velocity[self.pairs[1]]
        return np.einsum("ij,ij->i", apart, apart), np.einsum("ij,ij->i", apart, parting)

    def turns(self, place: Array, velocity: Array) -> bool:
        """Whether a pair that came closer at the last step parts here."""
        return bool(((self._half < 0) & (self._of(place, velocity)[1] > 0)).any())

    def look(self, time: float, place: Array, velocity: Array) -> None:
        """Go on to the end of a step."""
        square, half = self._of(place, velocity)
        turned = np.flatnonzero((self._half < 0) & (half > 0))
        if turned.size:
            least, part = _bottom(
                self._square[turned], square[turned], self._half[turned], half[turned], time - self._time
            )
            self._keep(turned, least, self._time + part * (time - self._time))
        self._keep(np.arange(len(square)), square, np.full(len(square), time))
        self._time, self._square, self._half = time, square, half

    def _keep(self, which: NDArray[np.intp], squares: Array, times: Array) -> None:
        nearer = squares < self.squares[which]
        self.squares[which[nearer]], self.times[which[nearer]] = squares[nearer], times[nearer]

    def closest(self) -> tuple[int, int, float, float]:
        """The two that come closest, when, and how close."""
        number = int(np.argmin(self.squares))
        first, second = (int(one[number]) for one in self.pairs)
        return first, second, float(self.times[number]), math.sqrt(max(0.0, float(self.squares[number])))

    def touching(self, radius: Array) -> tuple[int, int, float] | None:
        """Two that are nearer than their radii together, and when they are nearest; the first in time."""
        sums = radius[self.pairs[0]] + radius[self.pairs[1]]
        found = np.flatnonzero(np.sqrt(np.maximum(self.squares, 0)) < sums)
        if not found.size:
            return None
        number = found[int(np.argmin(self.times[found]))]
        return int(self.pairs[0][number]), int(self.pairs[1][number]), float(self.times[number])


def _bottom(a: Array, b: Array, slope_a: Array, slope_b: Array, h: float) -> tuple[Array, Array]:
    """The least value of Hermite's cubics that fall from `a` and rise to `b`, and where: half slopes a unit of time."""
    p, q = 2 * h * slope_a, 2 * h * slope_b
    # a + p s + u s² + w s³, whose slope p + 2 u s + 3 w s² is negative at 0 and positive at 1.
    u, w = 3 * (b - a) - 2 * p - q, p + q - 2 * (b - a)
    s = -p / (u + np.sqrt(np.maximum(u * u - 3 * w * p, 0)))
    return a + s * (p + s * (u + s * w)), s
