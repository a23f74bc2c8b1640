"""An axis of a field cut into elements: its nodes, its diffusion operator with boundaries, and the operator's modes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which
    Modal = NDArray[Any]  # real or complex

linalg: Any = import_module("scipy.linalg")  # Any: scipy has no types

Kind = Literal["dirichlet", "neumann", "robin", "periodic"]

MOST_CONDITION = 1e6
"""Condition of the modes beyond which they say too little: more than six digits are lost."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """What holds at an end of an axis: u = g, u_n = g, or u_n + coefficient·u = g; n points outwards."""

    kind: Kind
    coefficient: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Cut:
    """How an axis is cut: so many elements of this degree; of degree 1 they are finite volumes around the nodes."""

    elements: int
    degree: int

    @property
    def intervals(self) -> int:
        """Between nodes, of which there is one more."""
        return self.elements * self.degree


@dataclass(frozen=True, kw_only=True)
class Axis:
    """An axis: `nodes (n,)` and `weights (n,)`, and the operator on those nodes that are not given: `free (m,)`.

    `operator (m, m)` is a u_xx - v u_x; what the ends' values add to it stands in `low (m,)` and `high (m,)`.
    """

    length: float
    cut: Cut
    nodes: Array
    weights: Array
    free: NDArray[np.int64]
    sides: tuple[Side, Side]
    operator: Array
    low: Array
    high: Array
    symmetric: bool
    even: bool = True
    """Whether it is the same everywhere."""

    @cached_property
    def modes(self) -> Modes:
        """The operator's modes."""
        return _modes(self)

    @property
    def periodic(self) -> bool:
        """Whether its end is its beginning."""
        return self.sides[0].kind == "periodic"

    def onto(self, places: Array) -> Array:
        """What takes values at the nodes to values at these places `(k,)`: `(k, n)`, by each element's polynomial."""
        taken = onto_places(self.cut, self.length, places)
        if len(self.nodes) == 1:
            return np.ones((len(places), 1))
        if self.periodic:
            taken[:, 0] += taken[:, -1]
            taken = taken[:, :-1]
        return taken


@dataclass(frozen=True, kw_only=True)
class Modes:
    """An operator's eigenvalues `(m,)` and vectors, a column each, with the inverse of these."""

    values: Modal
    vectors: Modal
    inverse: Modal
    condition: float


POINT = Axis(
    length=1.0,
    cut=Cut(elements=1, degree=1),
    nodes=np.zeros(1),
    weights=np.ones(1),
    free=np.zeros(1, dtype=np.int64),
    sides=(Side(kind="neumann"), Side(kind="neumann")),
    operator=np.zeros((1, 1)),
    low=np.zeros(1),
    high=np.zeros(1),
    symmetric=True,
)
"""The second axis of what has one."""


@lru_cache(maxsize=64)
def lobatto(degree: int) -> tuple[Array, Array, Array]:
    """Gauss-Lobatto-Legendre nodes and weights on [-1, 1], and the derivative's matrix.

    Source: Canuto, Hussaini, Quarteroni & Zang, Spectral Methods: Fundamentals (2006), 2.3.
    """
    k = np.arange(1, degree - 1)
    beside = np.sqrt(k * (k + 2) / ((2 * k + 1) * (2 * k + 3)))
    inner = linalg.eigvalsh_tridiagonal(np.zeros(degree - 1), beside) if degree > 1 else np.zeros(0)
    x = np.concatenate([[-1.0], inner, [1.0]])
    top = np.polynomial.legendre.legval(x, [0.0] * degree + [1.0])
    with np.errstate(divide="ignore"):
        derivative = top[:, None] / top[None, :] / (x[:, None] - x[None, :] + np.eye(degree + 1))
    np.fill_diagonal(derivative, 0.0)
    np.fill_diagonal(derivative, -derivative.sum(axis=1))
    return x, 2 / (degree * (degree + 1) * top**2), derivative


def lay(  # noqa: PLR0913 - each is one term of the operator
    length: float,
    cut: Cut,
    low: Side,
    high: Side,
    *,
    spread: float,
    profile: Callable[[Array], Array] | None = None,
    velocity: float = 0.0,
) -> Axis:
    """The axis with the operator of (spread·profile u')' - velocity u', in its weak form on Lobatto's nodes.

    Source: Canuto et al., Spectral Methods: Evolution to Complex Geometries (2007), 5.3: mass by the same nodes, which
    makes it diagonal, and what leaves one node enters others.
    """
    x, w, d = lobatto(cut.degree)
    size = length / cut.elements
    count = cut.intervals + 1
    nodes, weights = span(cut, length), np.zeros(count)
    stiff, slope = np.zeros((count, count)), np.zeros((count, count))
    for one in range(cut.elements):
        at = slice(one * cut.degree, one * cut.degree + cut.degree + 1)
        conducts = spread * (np.ones_like(x) if profile is None else profile(nodes[at]))
        stiff[at, at] += (d.T * (w * conducts)) @ d * (2 / size)
        slope[at, at] += velocity * w[:, None] * d
        weights[at] += w * size / 2
    if low.kind == "periodic":
        nodes, weights = nodes[:-1], _folded(weights)
        stiff, slope = _folded(_folded(stiff).T).T, _folded(_folded(slope).T).T
    matrix = -(stiff + slope)
    ends = (0, len(nodes) - 1)
    conducting = [float(spread * (1 if profile is None else profile(nodes[[end]])[0])) for end in ends]
    added = [np.zeros(len(nodes)), np.zeros(len(nodes))]
    for number, side in enumerate((low, high)):
        end = ends[number]
        if side.kind == "dirichlet":
            added[number] = matrix[:, end] / weights
        elif side.kind != "periodic":
            matrix[end, end] -= conducting[number] * side.coefficient
            added[number][end] = conducting[number] / weights[end]
    given = [end for end, side in zip(ends, (low, high), strict=True) if side.kind == "dirichlet"]
    free = np.setdiff1d(np.arange(len(nodes)), given)
    return Axis(
        length=length,
        cut=cut,
        nodes=nodes,
        weights=weights,
        free=free,
        sides=(low, high),
        operator=(matrix / weights[:, None])[np.ix_(free, free)],
        low=added[0][free],
        high=added[1][free],
        symmetric=velocity == 0,
        even=profile is None,
    )


def modes(axis: Axis) -> Modes:
    """An axis's modes, found once."""
    return axis.modes


def _modes(axis: Axis) -> Modes:
    """The operator's modes; where nothing is carried along they are at right angles, by the nodes' weights."""
    if axis.symmetric:
        root = np.sqrt(axis.weights[axis.free])
        even = axis.operator * root[:, None] / root[None, :]
        if axis.cut.degree == 1 and not axis.periodic and len(root) > 1:
            values, vectors = linalg.eigh_tridiagonal(np.diag(even), np.diag(even, 1))
        elif axis.cut.degree == 1 and axis.periodic and axis.even:
            values, vectors = _round(even)
        else:
            values, vectors = linalg.eigh((even + even.T) / 2)
        return Modes(values=values, vectors=vectors / root[:, None], inverse=vectors.T * root, condition=1.0)
    if axis.cut.degree == 1 and not axis.periodic and len(axis.free) > 1:
        below, above = np.diag(axis.operator, -1), np.diag(axis.operator, 1)
        if np.all(below > 0) and np.all(above > 0):
            return _balanced(np.diag(axis.operator), below, above)
    found: tuple[Modal, Modal] = linalg.eig(axis.operator)
    values, vectors = found
    condition = float(np.linalg.cond(vectors))
    inverse: Modal = np.linalg.inv(vectors) if condition < MOST_CONDITION else vectors
    return Modes(values=values, vectors=vectors, inverse=inverse, condition=condition)


def _balanced(middle: Array, below: Array, above: Array) -> Modes:
    """Of three diagonals, those beside the middle positive: symmetric once each node is scaled."""
    scale = np.concatenate([[0.0], np.cumsum(np.log(below / above)) / 2])
    scale -= scale.mean()
    condition = float(np.exp(min(np.ptp(scale), 700.0)))
    if condition >= MOST_CONDITION:
        return Modes(values=middle, vectors=np.eye(len(middle)), inverse=np.eye(len(middle)), condition=condition)
    values, vectors = linalg.eigh_tridiagonal(middle, np.sqrt(below * above))
    grown = np.exp(scale)[:, None]
    return Modes(values=values, vectors=grown * vectors, inverse=(vectors / grown).T, condition=condition)


def _folded(array: Array) -> Array:
    """The last entry added to the first: a circle's ends are one."""
    folded = array[:-1].copy()
    folded[0] += array[-1]
    return folded


def _round(circle: Array) -> tuple[Array, Array]:
    """A circulant's values and vectors, by Fourier's series."""
    count = len(circle)
    angle = 2 * np.pi * np.outer(np.arange(count), np.arange(count // 2 + 1)) / count
    share = np.full(count // 2 + 1, np.sqrt(2 / count))
    share[0] = np.sqrt(1 / count)
    if count % 2 == 0:
        share[-1] = np.sqrt(1 / count)
    odd = slice(1, (count + 1) // 2)
    vectors = np.concatenate([np.cos(angle) * share, np.sin(angle[:, odd]) * share[odd]], axis=1)
    values = np.cos(angle).T @ circle[0]
    return np.concatenate([values, values[odd]]), vectors


def span(cut: Cut, length: float) -> Array:
    """The nodes of a cut, ends included."""
    x, _, _ = lobatto(cut.degree)
    size = length / cut.elements
    inner = [size * (one + (x[:-1] + 1) / 2) for one in range(cut.elements)]
    return np.concatenate([*inner, [length]])


def onto_places(cut: Cut, length: float, places: Array) -> Array:
    """What takes values at a cut's nodes, ends included, to values at these places: `(k, n)`."""
    x, _, _ = lobatto(cut.degree)
    size = length / cut.elements
    apart = x[:, None] - x[None, :]
    np.fill_diagonal(apart, 1.0)
    # Of barycentric weights only the ratios matter: a half of 4 for each factor keeps them within a double.
    heavy = 1 / np.prod(2 * apart, axis=1)
    element = np.clip((places / size).astype(int), 0, cut.elements - 1)
    away = (2 * (places / size - element) - 1)[:, None] - x[None, :]
    on_node: Array = np.abs(away) < 1e-14  # noqa: PLR2004 - the node itself, to rounding
    share = heavy / np.where(on_node, 1.0, away)
    at_node: Array = np.any(on_node, axis=1, keepdims=True)
    share = np.where(at_node, on_node, share)
    taken = np.zeros((len(places), cut.intervals + 1))
    columns = element[:, None] * cut.degree + np.arange(cut.degree + 1)[None, :]
    np.put_along_axis(taken, columns, share / share.sum(axis=1)[:, None], axis=1)
    return taken
