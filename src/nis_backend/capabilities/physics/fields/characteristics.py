"""Waves in one dimension of data that jumps or bends: in a step they pass one interval, so that none disperses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.given import Given
    from nis_backend.capabilities.physics.fields.grid import Grid

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

METHOD = "leapfrog along characteristics"
SOURCE = "Courant, Friedrichs & Lewy, Math. Ann. 100 (1928), 32-74; Strikwerda, Finite Difference Schemes (2004), 8.2"
MOST_STEPS = 200_000


@dataclass(frozen=True, kw_only=True)
class String:
    """u_tt + damping·u_t = speed² u_xx + source, on evenly spaced nodes `(n,)`."""

    grid: Grid
    speed: float
    damping: float
    source: Given

    def moved(self, start: Array, velocity: Array, duration: float, frames: int) -> Iterator[Array]:
        """The wave after each of so many parts of the time.

        Leapfrog with a step in which the wave passes one interval: exact at the nodes where nothing damps or drives it
        (d'Alembert), else of second order; between two steps straight lines.
        """
        h = self.grid.x.length / self.grid.x.cut.intervals
        step = h / self.speed
        steps = math.ceil(duration / step)
        if steps > MOST_STEPS:
            raise InvalidRequest(
                f"The wave passes {self.speed * duration / self.grid.x.length:.3g} lengths.",
                field="duration",
                value=duration,
                remedy="Ask for a shorter time or smooth data.",
            )
        before, now = start, self._first(start, velocity, step)
        wanted, number = 1, 1
        while wanted <= frames:
            t = duration * wanted / frames / step
            if t <= number:
                part = t - (number - 1)
                yield (1 - part) * before + part * now
                wanted += 1
                continue
            before, now = now, self._next(now, before, number * step, step)
            number += 1

    def _first(self, start: Array, velocity: Array, step: float) -> Array:
        """One step from the start, by d'Alembert's formula."""
        fade = 1 - self.damping * step / 2
        around = self._around(start, 0.0)
        h = self.grid.x.length / self.grid.x.cut.intervals
        for end, side in zip((0, -1), self.grid.x.sides, strict=True):
            around[end] -= 2 * h * side.coefficient * start[end]
        speeds = self._around(velocity, 0.0, still=True)
        then = around / 2 + step * fade * (speeds + 2 * velocity) / 4 + step**2 / 2 * self._driven(0.0)
        return self._held(then, step)

    def _next(self, now: Array, before: Array, t: float, step: float) -> Array:
        # In e^(-damping·t/2) w, w'' has no damping but grows by damping²/4·w.
        fade = math.exp(-self.damping * step / 2)
        grows = 1 + (self.damping * step) ** 2 / 8
        around = self._around(now, t)
        then = fade * grows * around - fade**2 * before + step**2 * fade * self._driven(t)
        return self._held(self._robin(then, fade**2 * before), t + step)

    def _driven(self, t: float) -> Array | float:
        if self.source.zero:
            return 0.0
        return self.source.event(self.grid.x.nodes[:, None], np.zeros((1, 1)), t)[:, 0]

    def _around(self, u: Array, t: float, *, still: bool = False) -> Array:
        """The sum of both neighbours; beyond an edge what it says."""
        if self.grid.x.periodic:
            return np.roll(u, 1) + np.roll(u, -1)
        h = self.grid.x.length / self.grid.x.cut.intervals
        summed = np.empty_like(u)
        summed[1:-1] = u[2:] + u[:-2]
        summed[0], summed[-1] = 2 * u[1], 2 * u[-2]
        if not still:
            seen = self.grid.edges_at(t)
            for end, name, side in zip((0, -1), ("left", "right"), self.grid.x.sides, strict=True):
                if side.kind in {"neumann", "robin"}:
                    summed[end] += 2 * h * float(seen[name][0])
        return summed

    def _robin(self, then: Array, before: Array) -> Array:
        """An edge that gives way takes the mean of the steps before and after: stable for any coefficient."""
        h = self.grid.x.length / self.grid.x.cut.intervals
        for end, side in zip((0, -1), self.grid.x.sides, strict=True):
            if side.kind == "robin":
                share = h * side.coefficient
                then[end] = (then[end] - share * before[end]) / (1 + share)
        return then

    def _held(self, whole: Array, t: float) -> Array:
        return self.grid.filled(whole[self.grid.x.free][:, None], t)[:, 0]
