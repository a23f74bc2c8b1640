"""What fields are given in time: the start, sources and edges, how large and how smooth they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.fields.given import Edges, Given, Smoothness, Written, along_edges, smoothness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.given import Place

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

FRAMES = 32
"""Times at which the middle and the mean are told."""
MISFIT = 1e-4
"""Part of the largest value by which a start that counts as smooth may miss what edges hold."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """The start, sources and edges of a field that changes in time."""

    start: Place
    source: Given
    edges: Edges
    lengths: tuple[float, float]
    duration: float

    @property
    def steady(self) -> bool:
        """Whether nothing given depends on time."""
        return self.source.steady and self.edges.steady

    def places(self, count: int) -> tuple[Array, Array]:
        """So many places along each side, as a column and a row."""
        a, b = self.lengths
        return np.linspace(0, a, count)[:, None], np.linspace(0, b, count if b else 1)[None, :]

    def largest(self, reach: float) -> float:
        """The largest value of the start and of what edges hold; sources and slopes count for what they make.

        `reach` is the time, of waves half its square, in which a source makes what it makes.
        """
        x, y = self.places(101)
        values = [float(np.max(np.abs(self.start(x, y))))]
        if isinstance(self.start, Written) and (seen := self.start.sight) is not None:
            values.append(seen.largest)
        sides = self.edges.sides
        for t in np.linspace(0, self.duration, 9):
            for name, one in along_edges(self.edges, x[:, 0], y[0], self.lengths, float(t)).items():
                across = self.lengths[1 if name in {"bottom", "top"} else 0]
                values.append(float(np.max(np.abs(one))) * (1.0 if sides[name].kind == "dirichlet" else across))
            if not self.source.zero:
                values.append(float(np.max(np.abs(self.source.event(x, y, float(t))))) * reach)
        return max(values)

    def smoothness(self, tolerance: float, more: dict[str, Place]) -> Smoothness:
        """How well polynomials meet all of it, and `more`; a start that misses what edges hold is rough."""
        places: dict[str, Place] = {"the start": self.start, **more}
        for part in () if self.source.zero else (0.0, 0.37, 1.0):
            t = part * self.duration
            places["the source" if self.source.steady else f"the source at t = {t:.3g} s"] = self.source.at(
                t, self.lengths
            )
        found = smoothness(places, self.lengths, flat=self.lengths[1] > 0, wanted=tolerance / 10)
        missed, name = max((self._misfit(one), name) for name, one in places.items())
        if found.first is not None and missed > MISFIT * max(found.largest, missed):
            words = f"rough data: at an edge {name} misses what is held there, or jumps across it, by {missed:.3g}"
            return replace(found, first=None, words=words)
        return found

    def _misfit(self, place: Place) -> float:
        """By how much data jumps where a periodic edge meets its counterpart, the start by what it misses edges."""
        x, y = self.places(41)
        given = along_edges(self.edges, x[:, 0], y[0], self.lengths, 0.0)
        whole = place(x, y)
        ends = {"left": whole[0], "right": whole[-1], "bottom": whole[:, 0], "top": whole[:, -1]}
        sides = self.edges.sides
        held = [name for name in given if sides[name].kind == "dirichlet" and place is self.start]
        apart = [given[name] - ends[name] for name in held]
        around = (("left", "right"), ("bottom", "top"))
        apart += [ends[one] - ends[other] for one, other in around if sides[one].kind == "periodic"]
        return max((float(np.max(np.abs(one))) for one in apart), default=0.0)
