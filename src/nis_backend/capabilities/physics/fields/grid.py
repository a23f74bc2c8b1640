"""A field on the nodes of both its axes: what is given there, and what is seen of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.fields.axes import POINT, Axis, Cut, lay
from nis_backend.capabilities.physics.fields.given import Edges, Given, along_edges, means

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.given import Place, Profile

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The linear part of an equation on a region: u' or u'' = (a u_x)_x + (a u_y)_y - v·grad u and more."""

    length: float
    width: float | None
    edges: Edges
    spread: float
    profile: Profile | None = None
    velocity: tuple[float, float] = (0.0, 0.0)
    laid: dict[tuple[Cut, Cut | None], Grid] = field(
        default_factory=dict["tuple[Cut, Cut | None]", "Grid"], compare=False
    )
    """The grid used last, which is asked for again with more steps."""

    @property
    def lengths(self) -> tuple[float, float]:
        """Along x and y; 0 along what is not there."""
        return self.length, self.width or 0.0

    def grid(self, cut: Cut, cut_y: Cut | None = None) -> Grid:
        """Its axes, cut alike where no other cut is given for y."""
        if (cut, cut_y) in self.laid:
            return self.laid[cut, cut_y]
        x = lay(self.length, cut, *self.edges.x, spread=self.spread, profile=self.profile, velocity=self.velocity[0])
        y = (
            POINT
            if self.width is None
            else lay(self.width, cut_y or cut, *self.edges.y, spread=self.spread, velocity=self.velocity[1])
        )
        self.laid.clear()
        self.laid[cut, cut_y] = Grid(terms=self, x=x, y=y)
        return self.laid[cut, cut_y]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Both axes; arrays are `(nx, ny)` over all nodes, `(mx, my)` over those that are free."""

    terms: Terms
    x: Axis
    y: Axis

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Both."""
        return self.x, self.y

    @property
    def coarse(self) -> bool:
        """Whether it is of volumes, not of polynomials."""
        return self.x.cut.degree == 1

    @property
    def unknowns(self) -> int:
        """Free nodes."""
        return len(self.x.free) * len(self.y.free)

    def at_start(self, place: Place, *, smooth: bool = False) -> Array:
        """Values at free nodes; of volumes, their means."""
        if self.coarse:
            return means(place, self.x, self.y, fine=not smooth)[np.ix_(self.x.free, self.y.free)]
        return np.array(place(self._free_x, self._free_y))

    def forcing(self, source: Given) -> Callable[[float], Array]:
        """What sources and edges add to u' at free nodes, as a function of time."""
        y, x = self.y.nodes[self.y.free], self.x.nodes[self.x.free]
        steady = means_of(source, self) if self.coarse and source.steady and not source.zero else None
        edges = self.terms.edges
        held = along_edges(edges, x, y, self.terms.lengths, 0.0) if edges.steady else None

        def given(t: float) -> Array:
            added = np.zeros((len(x), len(y)))
            if steady is not None:
                added += steady
            elif not source.zero:
                added += source.event(self._free_x, self._free_y, t)
            seen = held or along_edges(edges, x, y, self.terms.lengths, t)
            for name, shape in (("left", self.x.low), ("right", self.x.high)):
                if name in seen:
                    added += shape[:, None] * seen[name][None, :]
            for name, shape in (("bottom", self.y.low), ("top", self.y.high)):
                if name in seen:
                    added += seen[name][:, None] * shape[None, :]
            return added

        return given

    def filled(self, free: Array, t: float) -> Array:
        """Values at all nodes: what the edges hold beside what is free."""
        whole = np.zeros((len(self.x.nodes), len(self.y.nodes)))
        whole[np.ix_(self.x.free, self.y.free)] = free
        seen = self.edges_at(t)
        for at, name, side in zip((0, -1), ("left", "right"), self.x.sides, strict=True):
            if side.kind == "dirichlet":
                whole[at, :] = seen[name]
        for at, name, side in zip((0, -1), ("bottom", "top"), self.y.sides, strict=True):
            if side.kind == "dirichlet":
                whole[:, at] = seen[name]
        return whole

    def mean(self, whole: Array) -> float:
        """Over the region, of values at all nodes."""
        return float(self.x.weights @ whole @ self.y.weights) / float(self.x.weights.sum() * self.y.weights.sum())

    def seen(self, whole: Array, points: int) -> Array:
        """Values at so many even places along each side, `(k, l)`."""
        along, up = self._onto(points)
        return along @ whole @ up.T

    def middle(self, whole: Array) -> float:
        """Value in the middle."""
        a, b = self._middle
        return float((a @ whole @ b.T)[0, 0])

    @cached_property
    def _middle(self) -> tuple[Array, Array]:
        a, b = (one.onto(np.array([one.length / 2])) for one in (self.x, self.y))
        return a, b

    @cached_property
    def _held(self) -> dict[str, Array]:
        """What edges that do not change hold, at all nodes."""
        return self._edges_at(0.0)

    def edges_at(self, t: float) -> dict[str, Array]:
        """What is given on the edges, at all nodes along them."""
        return self._held if self.terms.edges.steady else self._edges_at(t)

    def _edges_at(self, t: float) -> dict[str, Array]:
        return along_edges(self.terms.edges, self.x.nodes, self.y.nodes, self.terms.lengths, t)

    def _onto(self, points: int) -> tuple[Array, Array]:
        along = self.x.onto(np.linspace(0, self.x.length, points))
        return along, np.eye(1) if len(self.y.nodes) == 1 else self.y.onto(np.linspace(0, self.y.length, points))

    @cached_property
    def _free_x(self) -> Array:
        return self.x.nodes[self.x.free][:, None]

    @cached_property
    def _free_y(self) -> Array:
        return self.y.nodes[self.y.free][None, :]


def means_of(source: Given, grid: Grid) -> Array:
    """A source that does not change, averaged over the volumes of free nodes."""
    return means(source.at(0.0, grid.terms.lengths), grid.x, grid.y)[np.ix_(grid.x.free, grid.y.free)]
