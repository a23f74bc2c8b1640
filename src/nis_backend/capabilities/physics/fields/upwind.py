"""What is carried along faster than it spreads: limited upwind differences, which give no new extrema."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.axes import Axis
    from nis_backend.capabilities.physics.fields.given import Given
    from nis_backend.capabilities.physics.fields.grid import Grid

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

COURANT = 0.4
"""Part of the longest step that keeps bounds which is taken."""
MOST_STEPS = 60_000


@dataclass(frozen=True, kw_only=True)
class Flow:
    """u_t = D Δu - v·grad u + rate·u + source on evenly spaced nodes."""

    grid: Grid
    source: Given
    rate: float

    def carried(self, whole: Array, duration: float, frames: int) -> Iterator[Array]:
        """Advance values at all nodes `(nx, ny)` and yield them after each of so many parts of the time.

        Second order where the field is smooth, first at extrema; the step is chosen so that no value leaves the bounds
        of its neighbours'.
        """
        steps = max(1, math.ceil(duration / frames / self.longest()))
        if steps * frames > MOST_STEPS:
            raise InvalidRequest(
                f"{steps * frames} steps would be needed: it is carried {duration * self._turns():.3g} times through.",
                field="duration",
                value=duration,
                remedy="Ask for a shorter time or a slower flow.",
            )
        h = duration / frames / steps
        x = self.grid.x.nodes[:, None], self.grid.y.nodes[None, :]
        t = 0.0
        for number in range(frames):
            for step in range(steps):
                t = (number * steps + step) * h
                one = self._held(whole + h * self._rate(whole, x, t), t + h)
                two = self._held(0.75 * whole + 0.25 * (one + h * self._rate(one, x, t + h)), t + h / 2)
                whole = self._held((whole + 2 * (two + h * self._rate(two, x, t + h / 2))) / 3, t + h)
            yield whole

    def longest(self) -> float:
        """The step: a part of the longest with which a step of Euler's method keeps bounds."""
        terms = self.grid.terms
        shares = abs(self.rate)
        for v, axis in zip(terms.velocity, (self.grid.x, self.grid.y), strict=True):
            if len(axis.nodes) > 1:
                h = axis.length / axis.cut.intervals
                most = max(one.coefficient for one in axis.sides)
                shares += 1.5 * abs(v) / h + 2 * self._most_spread() / h**2 + 2 * self._most_spread() * most / h
        return COURANT / shares

    def _most_spread(self) -> float:
        terms = self.grid.terms
        return terms.spread * (1.0 if terms.profile is None else float(terms.profile(self.grid.x.nodes).max()))

    def _turns(self) -> float:
        terms = self.grid.terms
        return max(abs(v) / length for v, length in zip(terms.velocity, terms.lengths, strict=True) if length)

    def _held(self, whole: Array, t: float) -> Array:
        return self.grid.filled(whole[np.ix_(self.grid.x.free, self.grid.y.free)], t)

    def _rate(self, whole: Array, places: tuple[Array, Array], t: float) -> Array:
        rate = self.rate * whole
        if not self.source.zero:
            rate = rate + self.source.event(*places, t)
        seen = self.grid.edges_at(t)
        terms = self.grid.terms
        rate = rate + _along(
            whole, self.grid.x, terms.velocity[0], self._spread_x(), (seen.get("left"), seen.get("right"))
        )
        if len(self.grid.y.nodes) > 1:
            up = _along(whole.T, self.grid.y, terms.velocity[1], terms.spread, (seen.get("bottom"), seen.get("top")))
            rate = rate + up.T
        return rate

    def _spread_x(self) -> float | Array:
        """The diffusivity between nodes."""
        terms = self.grid.terms
        if terms.profile is None:
            return terms.spread
        values = terms.spread * terms.profile(self.grid.x.nodes)
        between = (values[1:] + values[:-1]) / 2
        return np.concatenate([between[:1], between, between[-1:]])[:, None]


def _along(u: Array, axis: Axis, v: float, spread: float | Array, given: tuple[Array | None, Array | None]) -> Array:
    """(D u_x)_x - v u_x along the first axis."""
    h = axis.length / axis.cut.intervals
    wide = _widened(u, axis, h, given)
    steps = np.diff(wide, axis=0)  # of n + 4 values n + 3
    before, after = steps[:-1], steps[1:]
    product = before * after
    both = before + after
    half = np.where(product > 0, product / np.where(product > 0, both, 1.0), 0.0)  # van Leer's slope, halved
    if v >= 0:
        edge = wide[1:-1] + half
        carried = v * (edge[1:-1] - edge[:-2])
    else:
        edge = wide[1:-1] - half
        carried = v * (edge[2:] - edge[1:-1])
    inner = steps[1:-1] * spread
    return np.diff(inner, axis=0) / h**2 - carried / h


def _widened(u: Array, axis: Axis, h: float, given: tuple[Array | None, Array | None]) -> Array:
    """Two nodes more beyond each end."""
    if axis.periodic:
        return np.concatenate([u[-2:], u, u[:2]])
    return np.concatenate([_beyond(u, axis, h, given[0], 0)[::-1], u, _beyond(u, axis, h, given[1], 1)])


def _beyond(u: Array, axis: Axis, h: float, given: Array | None, end: Literal[0, 1]) -> Array:
    side = axis.sides[end]
    inward = u if end == 0 else u[::-1]
    if side.kind == "dirichlet" or given is None:
        return np.stack([inward[0], inward[0]])
    slope = given - side.coefficient * inward[0]
    return np.stack([inward[1] + 2 * h * slope, inward[2] + 4 * h * slope])
